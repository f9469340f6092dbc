# shellcheck shell=bash
# steps.sh: configure and build a preset, the same in every script. Sourced, from the top.

# The generator of a build directory: the one it was made with, or else Ninja where it is.
generator() {
	local cache=build/$1/CMakeCache.txt

	if [ -f "$cache" ]; then
		sed -n 's/^CMAKE_GENERATOR:INTERNAL=//p' "$cache"
	elif command -v ninja >/dev/null; then
		echo Ninja
	else
		echo "Unix Makefiles"
	fi
}

# configure PRESET
configure() {
	cmake --preset "$1" -G "$(generator "$1")"
}

# build PRESET [TARGET...]: rebuilds what changed.
build() {
	local preset=$1

	shift
	cmake --build "build/$preset" -j "$(nproc)" ${1:+--target "$@"}
}

# Two CPUs this process may use, "A,B"; "A,A" where there is one.
two_cpus() {
	local list

	list=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
	echo "${list%%[,-]*},${list##*[,-]}"
}
