# shellcheck shell=bash
# packages.sh: what the scripts of this folder need, and how it gets onto the machine.
#
# Sourced. Runs where there is nothing but bash and the essential packages of Debian.

# purpose, Debian package, how to see that it is there. What is there counts however it
# came: a cmake in /usr/local is as good as the package. Probes:
#     command:A|B       any of these commands
#     cmake:VERSION     cmake, at least this version
#     header:NAME       the C compiler finds the header
#     module:NAME       pkg-config knows the library
#     font:NAME         fontconfig knows the family (figures; only asked for on Debian)
#     link:FLAGS        the compiler named first links a program with these flags
#     python:MODULE     the system's Python imports it
#     file:PATH         there is such a file
# What is `maybe` there adds mechanisms or formats: installed where that can be done
# without asking anybody, and nothing ends without it. `look` is the same for the tests:
# what looks at the report and reads the formats, which they skip where it is not.
package_table='
bench gcc            command:gcc
bench libc6-dev      header:stdio.h
bench cmake          cmake:3.25
bench ninja-build    command:ninja|make
bench pkg-config     command:pkg-config
bench libhwloc-dev   module:hwloc
bench gnuplot-nox    command:gnuplot
bench fonts-inter    font:Inter
bench git            command:git
maybe libzmq3-dev    header:zmq.h
maybe libnng-dev     header:nng/nng.h
maybe liburing-dev   module:liburing
maybe libsystemd-dev header:systemd/sd-bus.h
maybe libjansson-dev module:jansson
test  bats           command:bats
test  libcmocka-dev  module:cmocka
test  clang          command:clang
test  libclang-rt-dev link:clang,-fsanitize=fuzzer
test  clang-format   command:clang-format
test  clang-tidy     command:clang-tidy
test  cppcheck       command:cppcheck
test  shellcheck     command:shellcheck
test  mandoc         command:mandoc
test  man-db         command:man
test  sqlite3        command:sqlite3
test  libxml2-utils  command:xmllint
test  musl-tools     command:musl-gcc
test  gcc-multilib   link:gcc,-m32
test  perl           command:prove
test  procps         command:ps
test  util-linux     command:prlimit
test  valgrind       command:valgrind
look  chromium       command:chromium|chromium-browser
look  python3        command:python3
look  python3-junitparser python:junitparser
look  python3-prometheus-client python:prometheus_client
look  python3-jsonschema python:jsonschema
look  python3-scipy  python:scipy.stats
look  libbenchmark-tools file:/usr/share/benchmark/compare.py
'

# Is version $1 at least $2? Dotted numbers.
version_at_least() {
	[ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

# The family is listed, or, where fontconfig's programs are not there, packaged.
have_font() {
	if command -v fc-list >/dev/null; then
		[ -n "$(fc-list "$1" 2>/dev/null)" ]
	else
		dpkg-query -W -f '${db:Status-Status}' "fonts-${1,,}" 2>/dev/null |
			grep -qx installed
	fi
}

# Does the machine pass this probe?
have() {
	local value=${1#*:} name

	case $1 in
	command:*)
		for name in ${value//|/ }; do
			command -v "$name" >/dev/null && return
		done
		return 1
		;;
	cmake:*)
		name=$(cmake --version 2>/dev/null | sed -n 's/^cmake version //p')
		[ -n "$name" ] && version_at_least "$name" "$value"
		;;
	header:*)
		# No pipe: a compiler that does not read would break it.
		gcc -E - <<<"#include <$value>" >/dev/null 2>&1
		;;
	module:*)
		pkg-config --exists "$value" 2>/dev/null
		;;
	python:*)
		/usr/bin/python3 -c "import $value" 2>/dev/null
		;;
	file:*)
		[ -f "$value" ]
		;;
	font:*)
		have_font "$value"
		;;
	link:*)
		# libFuzzer brings main() and wants this function; others want main().
		name='#include <errno.h>
			int LLVMFuzzerTestOneInput(void);
			int LLVMFuzzerTestOneInput(void) { return 0; }'
		[[ $value == *fuzzer* ]] || name+=' int main(void) { return errno; }'
		# shellcheck disable=SC2086 # a list of flags
		${value//,/ } -x c - -o /dev/null <<<"$name" >/dev/null 2>&1
		;;
	esac
}

# What a probe asks for, in words that mean something on any distribution.
in_words() {
	local value=${1#*:}

	case $1 in
	command:*) echo "the command ${value//|/ or }" ;;
	cmake:*) echo "the command cmake, version $value or newer" ;;
	header:*) echo "the headers of the C library ($value)" ;;
	python:*) echo "the Python module $value" ;;
	file:*) echo "the file $value" ;;
	module:*) echo "the library $value with its headers and its pkg-config file" ;;
	font:*) echo "the font $value" ;;
	link:*) echo "what '${value//,/ }' needs to link a program" ;;
	esac
}

# The rows of a purpose that this machine does not satisfy, those of `test` with those of
# `bench`: "package probe" lines.
missing_rows() {
	local purpose package probe

	while read -r purpose package probe; do
		[ -n "$purpose" ] || continue
		case $1:$purpose in
		test:bench) ;;
		*) [ "$1" = "$purpose" ] || continue ;;
		esac
		[ "$package" != gcc-multilib ] || [ "$(uname -m)" = x86_64 ] || continue
		have "$probe" || echo "$package $probe"
	done <<<"$package_table"
}

# The name of the package here: the run-time library carries the version of clang.
package_name() {
	local version

	if [ "$1" != libclang-rt-dev ]; then
		echo "$1"
		return
	fi
	version=$(clang -dumpversion 2>/dev/null ||
		apt-cache show clang 2>/dev/null | sed -n 's/^Version: [0-9]*://p')
	version=${version%%.*}
	echo "libclang-rt-${version:-14}-dev"
}

package_names() {
	local package probe

	while read -r package probe; do
		package_name "$package"
	done <<<"$1"
}

# Ends with 0 where packages can be had with apt-get.
is_debian() {
	(
		# shellcheck disable=SC1090 # a file of the system
		. "${IPCMARK_OS_RELEASE:-/etc/os-release}" 2>/dev/null || exit 1
		[[ " ${ID-} ${ID_LIKE-} " =~ \ (debian|ubuntu)\  ]]
	)
}

# Says what a machine that is no Debian lacks, and ends; a font is no reason to.
name_what_is_missing() {
	local package probe needed=

	while read -r package probe; do
		[[ $probe == font:* ]] || needed+="    $(in_words "$probe")"$'\n'
	done <<<"$1"
	[ -n "$needed" ] || return 0
	printf '%s: %s\n%s' "$0" \
		"not a Debian or Ubuntu; install by hand what is missing:" "$needed" >&2
	exit 2
}

# Installs the packages of the rows $2 with the prefix $1 ("" or "sudo -n").
install_rows() {
	local names

	echo "== Installing packages"
	$1 apt-get update -q
	mapfile -t names < <(package_names "$2")
	echo "${names[*]}"
	$1 env DEBIAN_FRONTEND=noninteractive \
		apt-get install -qy --no-install-recommends "${names[@]}"
}

# want_packages maybe|look: installs what the package lists know of it, if nobody has to
# be asked for a password. Goes on without what cannot be had.
want_packages() {
	local names=() package rows prefix=()

	rows=$(missing_rows "$1")
	is_debian && [ -n "$rows" ] && command -v apt-cache >/dev/null || return 0
	[ "$(id -u)" = 0 ] || prefix=(sudo -n)
	"${prefix[@]}" true 2>/dev/null || return 0
	while read -r package _; do
		# Else every run would try again what cannot be had.
		apt-cache show "$package" >/dev/null 2>&1 && names+=("$package")
	done <<<"$rows"
	[ ${#names[@]} -gt 0 ] || return 0
	echo "== Installing what adds to the rest"
	"${prefix[@]}" env DEBIAN_FRONTEND=noninteractive \
		apt-get install -qy --no-install-recommends "${names[@]}" ||
		echo "$0: goes on without ${names[*]}" >&2
}

# The rows of purpose $1 are satisfied, or installed by prefix $2, or the script ends.
need_rows() {
	local rows as_root=$2

	rows=$(missing_rows "$1")
	[ -n "$rows" ] || return 0
	if ! is_debian; then
		name_what_is_missing "$rows"
		return 0
	fi
	if [ -n "$as_root" ] && ! sudo -n true 2>/dev/null; then
		# shellcheck disable=SC2046 # one package a word
		set -- $(package_names "$rows")
		cat >&2 <<-TEXT
			$0: packages are missing: $*
			Root can install them, or a user whose sudo asks for no
			password. As root (or with sudo before each apt-get), type
			    apt-get update
			    apt-get install --no-install-recommends $*
			and start this again.
		TEXT
		exit 2
	fi
	if ! install_rows "$as_root" "$rows"; then
		echo "$0: the packages could not be installed; apt-get says why above" >&2
		exit 2
	fi
	hash -r
	rows=$(missing_rows "$1")
	[ -z "$rows" ] && return 0
	echo "$0: the packages are installed, but still missing:" >&2
	while read -r _ probe; do
		echo "    $(in_words "$probe")" >&2
	done <<<"$rows"
	exit 2
}

# need_packages bench|test: everything the purpose needs is there, or the script ends with
# 2 and has said what to install; what is `maybe` there is wanted too. Asks apt for
# nothing where nothing is missing.
need_packages() {
	local as_root=

	[ "$(id -u)" = 0 ] || as_root="sudo -n"
	need_rows "$1" "$as_root"
	want_packages maybe
}
