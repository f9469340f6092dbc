#!/usr/bin/env bash
# Is this build good? Installs what the tests need, builds and runs all of them.
# Every step runs, whatever became of the one before; failed ones are named at the end.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
. ci/steps.sh

need_packages test
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=()
durations=()

# step NAME COMMAND...: a heading, the command, its duration.
step() {
	local name=$1 start=$SECONDS status
	shift

	printf '\n== %s\n' "$name"
	# Not in a condition, where bash would pass over errors inside.
	set +e
	(
		set -e
		"$@"
	)
	status=$?
	set -e
	[ "$status" -eq 0 ] || failed+=("$name")
	durations+=("$(printf '%4d s  %s%s' $((SECONDS - start)) "$name" \
		"$([ "$status" -eq 0 ] || echo '  FAILED')")")
	printf '== %s: %d s\n' "$name" $((SECONDS - start))
}

# The preset, built and tested; further arguments are ctest's.
preset() {
	local name=$1
	shift

	configure "$name"
	build "$name"
	ctest --preset "$name" -j "$((2 * $(nproc)))" "$@" 2>&1 | tee "$scratch/$name.log"
}

# A build for which there are no test libraries: does the program start and measure?
smoke() {
	local ipcmark=build/$1/ipcmark cpus

	configure "$1"
	build "$1"
	cpus=$(two_cpus)
	"$ipcmark" --version
	"$ipcmark" list mechanisms
	"$ipcmark" run --preset quick --cpus "$cpus" --launches 1 --sizes 64 \
		--mechanisms pipe,unix_stream,posix_mq,shm_futex --out "$scratch/$1"
	grep -q ',ok,' "$scratch/$1/results.csv"
}

# Some seconds for each parser, starting from its seeds.
fuzz() {
	local source name seeds

	configure fuzz
	for source in ci/tests/fuzz/fuzz_*.c; do
		[ -e "$source" ] || continue
		name=$(basename "$source" .c)
		build fuzz "$name"
		seeds=(build/fuzz/corpus/"$name" ci/tests/fuzz/corpus/"$name")
		mkdir -p "${seeds[0]}"
		[ -d "${seeds[1]}" ] || unset 'seeds[1]'
		build/fuzz/ci/tests/"$name" -max_total_time=3 -timeout=10 -verbosity=0 \
			-print_final_stats=1 -artifact_prefix=build/fuzz/ "${seeds[@]}"
	done
}

step "preset ci" preset ci
step "lint" ci/lint.sh
step "preset asan" preset asan -LE slow
# The command line is the same under both compilers.
step "preset clang" preset clang -LE slow -E '^cli'
step "fuzz" fuzz
step "without hwloc: static, musl" smoke musl
if [ "$(uname -m)" = x86_64 ]; then
	step "without hwloc: 32 bits" smoke m32
fi

printf '\n== Summary\n'
printf '%s\n' "${durations[@]}"
for name in clang asan ci; do
	[ -f "$scratch/$name.log" ] || continue
	printf '\nctest, preset %s:\n' "$name"
	sed -n '/tests passed/,$p' "$scratch/$name.log"
done
if [ ${#failed[@]} -gt 0 ]; then
	printf '\nci/test.sh: failed: %s\n' "$(printf '%s; ' "${failed[@]}")"
	exit 1
fi
