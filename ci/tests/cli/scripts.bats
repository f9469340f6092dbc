#!/usr/bin/env bats
# The scripts of ci/, on machines that are not this one: programs and /etc/os-release are
# replaced by fakes.

setup() {
	top=${SOURCE_DIR:-$(cd "$BATS_TEST_DIRNAME/../../.." && pwd)}
	fakes=$BATS_TEST_TMPDIR/bin
	mkdir "$fakes"
	# A machine with the essential packages only: what is not linked is not installed.
	for name in bash cat dirname env grep head id mkdir mktemp rm sed sort uname; do
		ln -s "$(command -v "$name")" "$fakes/$name"
	done
	echo 'ID=debian' >"$BATS_TEST_TMPDIR/debian"
	printf 'ID=fedora\nID_LIKE="rhel centos"\n' >"$BATS_TEST_TMPDIR/fedora"
	printf 'ID=mint\nID_LIKE="ubuntu debian"\n' >"$BATS_TEST_TMPDIR/mint"
}

# fake NAME SCRIPT...: a program that logs its arguments and runs the script.
fake() {
	local name=$1
	shift
	rm -f "$fakes/$name"
	printf '#!%s\necho "%s $*" >>"%s"\n%s\n' "$BASH" "$name" "$BATS_TEST_TMPDIR/log" \
		"$*" >"$fakes/$name"
	chmod +x "$fakes/$name"
}

# never NAME: that fake was not called.
never() {
	run grep "^$1" "$BATS_TEST_TMPDIR/log"
	[ "$status" -ne 0 ]
}

# on DISTRIBUTION COMMAND...: there, with the fakes and nothing else.
on() {
	local distribution=$1
	shift
	env -i PATH="$fakes" IPCMARK_OS_RELEASE="$BATS_TEST_TMPDIR/$distribution" "$@"
}

# All that `bench` asks for.
fake_bench_tools() {
	for name in gcc make pkg-config gnuplot git; do
		fake "$name" 'exit 0'
	done
	fake cmake "echo cmake version ${1:-3.25.1}"
	fake fc-list 'echo Inter'
}

@test "no root, no sudo: the exact packages, and 2" {
	fake id 'echo 1000'
	fake apt-get 'exit 0'
	run on debian "$top/ci/bench.sh"
	[ "$status" -eq 2 ]
	[[ $output == *"apt-get install --no-install-recommends gcc libc6-dev "* ]]
	[[ $output == *"libhwloc-dev"*"gnuplot-nox"* ]]
	never apt-get
}

@test "no root, sudo wants a password: 2, and apt is not called" {
	fake_bench_tools
	rm "$fakes/gnuplot"
	fake id 'echo 1000'
	fake sudo 'exit 1'
	fake apt-get 'exit 0'
	run on debian "$top/ci/bench.sh"
	[ "$status" -eq 2 ]
	[[ $output == *"packages are missing: gnuplot-nox"$'\n'* ]]
	never apt-get
}

@test "ci/test.sh asks for the packages of the tests too" {
	fake id 'echo 1000'
	run on debian "$top/ci/test.sh"
	[ "$status" -eq 2 ]
	[[ $output == *" cmake "*" libcmocka-dev "*" libclang-rt-14-dev "* ]]
}

@test "root: installs what is missing and nothing else" {
	fake_bench_tools
	rm "$fakes/gnuplot"
	fake id 'echo 0'
	# The package brings the program.
	fake apt-get "[ \$1 = update ] || cp $fakes/git $fakes/gnuplot"
	ln -s "$(command -v cp)" "$fakes/cp"
	run on debian bash -c \
		". $top/ci/packages.sh; need_packages bench; need_packages bench"
	[ "$status" -eq 0 ]
	run grep apt-get "$BATS_TEST_TMPDIR/log"
	[ "${#lines[@]}" -eq 2 ]
	[ "${lines[0]}" = "apt-get update -q" ]
	[ "${lines[1]}" = "apt-get install -qy --no-install-recommends gnuplot-nox" ]
}

@test "sudo without a password, on a derivative: installs through it" {
	fake_bench_tools
	rm "$fakes/gnuplot"
	fake id 'echo 1000'
	fake sudo 'shift; exec "$@"'
	fake true 'exit 0'
	fake apt-get "[ \$1 = update ] || cp $fakes/git $fakes/gnuplot"
	ln -s "$(command -v cp)" "$fakes/cp"
	run on mint bash -c ". $top/ci/packages.sh; need_packages bench"
	[ "$status" -eq 0 ]
	grep -q "sudo -n apt-get update" "$BATS_TEST_TMPDIR/log"
	grep -q "sudo -n env .*apt-get install .*gnuplot-nox" "$BATS_TEST_TMPDIR/log"
}

@test "apt-get fails: 2" {
	fake id 'echo 0'
	fake apt-get 'exit 100'
	run on debian "$top/ci/bench.sh"
	[ "$status" -eq 2 ]
	[[ $output == *"could not be installed"* ]]
}

@test "a cmake that is too old counts as missing, before and after the packages" {
	fake_bench_tools 3.9.6
	fake id 'echo 0'
	fake apt-get 'exit 0'
	run on debian "$top/ci/bench.sh"
	[ "$status" -eq 2 ]
	[[ $output == *"the command cmake, version 3.25 or newer"* ]]
}

@test "nothing missing: apt is not called, root or not" {
	fake_bench_tools 3.31.0
	fake apt-get 'exit 100'
	fake sudo 'exit 1'
	run on debian bash -c ". $top/ci/packages.sh; need_packages bench"
	[ "$status" -eq 0 ]
	never apt-get
	never sudo
}

@test "another distribution: names what is missing, and 2" {
	fake id 'echo 0'
	fake apt-get 'exit 0'
	run on fedora "$top/ci/bench.sh"
	[ "$status" -eq 2 ]
	[[ $output == *"the command cmake, version 3.25 or newer"* ]]
	[[ $output == *"the library hwloc with its headers"* ]]
	[[ $output != *"libhwloc-dev"* && $output != *"font"* ]]
	never apt-get
}

# tree: a copy of what the layers are made of.
tree() {
	mkdir "$BATS_TEST_TMPDIR/tree"
	cd "$BATS_TEST_TMPDIR/tree"
	mkdir -p harness/base mechanisms conformance results plots
	echo '#include "mechanisms/mechanism.h"' >harness/pair.c
	echo '#include "harness/base/why.h"' >mechanisms/pipe.c
	echo '#include "harness/base/why.h"' >harness/base/why.c
}

@test "the layers of these sources are respected" {
	run "$top/ci/layers.sh" "$top"
	[ "$status" -eq 0 ]
	tree
	run "$top/ci/layers.sh" .
	[ "$status" -eq 0 ]
}

# crosses FILE INCLUDE: with this include the layers are crossed, and it is named.
crosses() {
	echo "#include $2" >"$1"
	run "$top/ci/layers.sh" .
	echo "$1 includes $2: $output"
	[ "$status" -eq 1 ]
	[[ $output == *"$1:1: "* ]]
	rm "$1"
}

@test "each way to cross the layers is found" {
	tree
	crosses mechanisms/a.c '"harness/pair.h"'
	crosses mechanisms/a.c '"results/row.h"'
	crosses mechanisms/a.c '"../harness/pair.h"'
	crosses mechanisms/a.h '<harness/clock.h>'
	crosses conformance/a.c '"harness/clock.h"'
	crosses harness/base/a.c '"mechanisms/mechanism.h"'
	crosses harness/base/a.c '"harness/clock.h"'
	crosses harness/a.c '"mechanisms/ring.h"'
	crosses harness/a.c '"conformance/runner.h"'
	crosses results/a.c '"mechanisms/mechanisms.def"'
	crosses plots/a.c '"mechanisms/ring.h"'
}

@test "a place without sources is no success" {
	cd "$BATS_TEST_TMPDIR"
	run "$top/ci/layers.sh" .
	[ "$status" -eq 2 ]
}

@test "libraries to measure: installed when they can be had, and missed by nobody" {
	fake_bench_tools
	fake id 'echo 0'
	fake gcc 'case $* in *-E*) exit 1 ;; esac' # no header is there
	sed 's/^bench libc6-dev.*//' "$top/ci/packages.sh" >"$BATS_TEST_TMPDIR/packages.sh"
	# shellcheck disable=SC2016 # for the fake to expand
	fake apt-cache '[ "$2" = libzmq3-dev ]'
	fake apt-get 'exit 100'
	run on debian bash -c ". $BATS_TEST_TMPDIR/packages.sh; need_packages bench"
	[ "$status" -eq 0 ]
	[[ $output == *"goes on without libzmq3-dev" ]]
	run grep apt-get "$BATS_TEST_TMPDIR/log"
	[ "${#lines[@]}" -eq 1 ]
	[ "${lines[0]}" = "apt-get install -qy --no-install-recommends libzmq3-dev" ]
}

@test "libraries to measure: nobody is asked for a password" {
	fake_bench_tools
	fake id 'echo 1000'
	fake sudo 'exit 1'
	fake gcc 'case $* in *-E*) exit 1 ;; esac'
	sed 's/^bench libc6-dev.*//' "$top/ci/packages.sh" >"$BATS_TEST_TMPDIR/packages.sh"
	fake apt-cache 'exit 0'
	fake apt-get 'exit 0'
	run on debian bash -c ". $BATS_TEST_TMPDIR/packages.sh; need_packages bench"
	[ "$status" -eq 0 ]
	never apt-get
}
