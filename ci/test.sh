#!/usr/bin/env bash
# Is this build good? Installs what the tests need, builds and runs all of them.
# Every step runs, whatever became of the one before; failed ones are named at the end.
# While tests run, what comes next is built; while the first one is built, the rest of the
# packages come.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
. ci/steps.sh

need_packages test
scratch=$(mktemp -d)
beside=
trap 'rm -rf "$scratch"; [ -z "$beside" ] || kill -- "-$beside"' EXIT
touch "$scratch/durations" "$scratch/failed"

# step NAME COMMAND...: a heading, the command, its duration.
step() {
	local name=$1 start=$SECONDS status note=
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
	if [ "$status" -ne 0 ]; then
		note='  FAILED'
		echo "$name" >>"$scratch/failed"
	fi
	printf '%4d s  %s%s\n' $((SECONDS - start)) "$name" "$note" >>"$scratch/durations"
	printf '== %s: %d s\n' "$name" $((SECONDS - start))
}

# meanwhile COMMAND...: its steps beside those that follow, up to `join`. Tests wait more
# than they compute; where both want a CPU, they come first.
meanwhile() {
	# A process group of its own, which ends with this script.
	set -m
	{
		renice -n 19 -p "$BASHPID" >/dev/null
		"$@"
	} >"$scratch/meanwhile" 2>&1 &
	beside=$!
	set +m
}

# Waits for what went on meanwhile, and shows it.
join() {
	wait "$beside" || true
	beside=
	cat "$scratch/meanwhile"
}

built() {
	configure "$1"
	build "$1"
}

# The tests of a preset; further arguments are ctest's.
tested() {
	local name=$1
	shift

	ctest --preset "$name" -j "$((2 * $(nproc)))" "$@" 2>&1 | tee "$scratch/$name.log"
}

# A build for which there are no test libraries: does the program start and measure?
smoke() {
	local ipcmark=build/$1/ipcmark cpus

	cpus=$(two_cpus)
	"$ipcmark" --version
	"$ipcmark" list mechanisms
	"$ipcmark" run --preset quick --cpus "$cpus" --launches 1 --sizes 64 \
		--mechanisms pipe,unix_stream,posix_mq,shm_futex --out "$scratch/$1"
	grep -q ',ok,' "$scratch/$1/results.csv"
}

fuzzers() {
	basename -s .c ci/tests/fuzz/fuzz_*.c
}

# The parsers' targets only; other presets build the tests.
built_fuzz() {
	local names

	mapfile -t names < <(fuzzers)
	configure fuzz
	build fuzz "${names[@]}"
}

# Some seconds for each parser, starting from its seeds.
fuzz() {
	local name seeds

	for name in $(fuzzers); do
		seeds=(build/fuzz/corpus/"$name" ci/tests/fuzz/corpus/"$name")
		mkdir -p "${seeds[0]}"
		[ -d "${seeds[1]}" ] || unset 'seeds[1]'
		build/fuzz/ci/tests/"$name" -max_total_time=3 -timeout=10 -verbosity=0 \
			-print_final_stats=1 -artifact_prefix=build/fuzz/ "${seeds[@]}"
	done
}

# Static with musl and, where there is one, 32 bits.
bare=(musl)
[ "$(uname -m)" != x86_64 ] || bare+=(m32)

lint_and_asan() {
	step "lint" ci/lint.sh
	step "build asan" built asan
}

fuzz_and_bare() {
	local name

	step "build fuzz" built_fuzz
	for name in "${bare[@]}"; do
		step "build $name" built "$name"
	done
}

meanwhile step "packages to look with" want_packages look
step "build ci" built ci
join
meanwhile lint_and_asan
step "tests, ci" tested ci
join
meanwhile step "build clang" built clang
step "tests, asan" tested asan -LE slow
join
meanwhile fuzz_and_bare
# The command line is the same under both compilers.
step "tests, clang" tested clang -LE slow -E '^cli'
join
meanwhile step "fuzz" fuzz
step "kill matrix" env IPCMARK_PRESET=ci ci/mutants.sh
join
for name in "${bare[@]}"; do
	step "without libraries, $name" smoke "$name"
done

printf '\n== Summary\n'
cat "$scratch/durations"
printf '%4d s  in all; of steps that ran beside each other, both are listed\n' "$SECONDS"
for name in clang asan ci; do
	[ -f "$scratch/$name.log" ] || continue
	printf '\nctest, preset %s:\n' "$name"
	sed -n '/tests passed/,$p' "$scratch/$name.log"
done
if [ -s "$scratch/failed" ]; then
	printf '\nci/test.sh: failed: %s\n' "$(paste -s -d ';' "$scratch/failed")"
	exit 1
fi
