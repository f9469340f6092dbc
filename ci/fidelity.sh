#!/usr/bin/env bash
# How much does the harness itself cost, and how near do mechanisms come to what the
# machine can do? Not a test: a benchmark, with both sides alternated in one run on the
# same CPUs. Ends with 1 when a bound is missed with certainty, with 3 when something
# could not be measured.
#     ci/fidelity.sh [--fifo] [LAUNCHES [ROW]]
# LAUNCHES of each comparison, 20 by default, a few seconds together; ROW is a word in the
# name of a row, and only its comparisons are made; --fifo runs the sides at SCHED_FIFO
# (root), so that other work on the CPUs is not measured too.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
. ci/steps.sh

need_packages bench
configure release
build release fidelity
status=0
# Not by exec: the memory of the compiler would count as that of a child.
build/release/fidelity "$@" || status=$?

# For orientation beside the row `pipe` at 4 bytes; it cannot be alternated with ours.
perf_bench() {
	local where=$1 time
	shift

	if time=$("$@" perf bench sched pipe -l 100000 2>/dev/null |
		sed -n 's/^ *\([0-9.]*\) usecs\/op$/\1 µs/p') && [ -n "$time" ]; then
		echo "perf bench sched pipe, 4 B, $where: $time a round trip"
	else
		echo "perf bench sched pipe, $where: does not run here"
	fi
}
if command -v perf >/dev/null; then
	cpu=$(two_cpus)
	perf_bench "both ends on CPU ${cpu%,*}" taskset -c "${cpu%,*}"
	perf_bench "wherever the scheduler puts them" env
else
	echo "perf is not installed, so there is no perf bench sched pipe to compare with"
fi
exit "$status"
