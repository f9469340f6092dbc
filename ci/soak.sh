#!/usr/bin/env bash
# Does the suite of checks always say the same? Runs all of it many times, half of them on
# an idle machine, half beside two CPU hogs and a memory hog, in turns of ten.
#     ci/soak.sh [RUNS=1000 [idle|busy]]
# With a condition only that half of the runs, for a machine that is not always idle.
# Compares each verdict with the first run's, and looks for objects, files, processes and
# zombies that were left behind. Counts go into files that are renewed after each run;
# started again with the same program and kernel it goes on where it was.
#     IPCMARK_SOAK_COUNTS   results/reference/soak-checks.csv: one line for idle, one for
#                           busy: runs, runs that differed, things left, zombies, seconds,
#                           and the mean load of the machine, other work included
#     IPCMARK_SOAK_VERDICTS results/reference/soak-verdicts.csv: what is compared with
#     IPCMARK_SOAK_MINUTES  ends after so many minutes, whatever is missing; 170
#     IPCMARK               another program than the one it builds
# Each difference is told on the standard output as it is seen. Ends with 1 if any run
# differed or left something, 2 if it could not work, 3 if runs are missing.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/leftovers.sh
. ci/steps.sh

runs=${1:-1000}
only=${2-}
if ! [[ $# -le 2 && $runs =~ ^[1-9][0-9]*$ && $only =~ ^(idle|busy|)$ ]]; then
	echo "usage: ci/soak.sh [RUNS=1000 [idle|busy]]" >&2
	exit 2
fi
if [ -z "${IPCMARK_ALONE-}" ] && [ -z "${IPCMARK-}" ]; then
	configure release >/dev/null
	build release >/dev/null
fi
alone "$@"

ipcmark=${IPCMARK:-build/release/ipcmark}
counts_file=${IPCMARK_SOAK_COUNTS:-results/reference/soak-checks.csv}
verdicts_file=${IPCMARK_SOAK_VERDICTS:-results/reference/soak-verdicts.csv}
end=$((SECONDS + 60 * ${IPCMARK_SOAK_MINUTES:-170}))
columns='condition,runs,differed,left,zombies,seconds,load,kernel,commit'
kernel=$(uname -r)
commit=$("$ipcmark" --version | sed -n '1s/.*(\([^ )]*\).*/\1/p')

scratch=$(mktemp -d)
hogs=()
stop_hogs() {
	[ "${#hogs[@]}" -eq 0 ] || kill "${hogs[@]}" 2>/dev/null || true
	hogs=()
	wait
}
cleanup() {
	stop_hogs
	unwatch_objects
	rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
watch_objects "$scratch"

declare -A done_runs=([idle]=0 [busy]=0) differed=([idle]=0 [busy]=0)
declare -A left_over=([idle]=0 [busy]=0) zombies=([idle]=0 [busy]=0)
declare -A spent=([idle]=0 [busy]=0)
declare -A load=([idle]=0 [busy]=0)

# What an earlier soak of the same program has counted.
if [ -s "$counts_file" ] && [ -s "$verdicts_file" ]; then
	while IFS=, read -r condition count differ leftover zombie seconds mean k c; do
		[ "$k,$c" = "$kernel,$commit" ] || continue
		done_runs[$condition]=$count differed[$condition]=$differ
		left_over[$condition]=$leftover zombies[$condition]=$zombie
		spent[$condition]=$seconds load[$condition]=$mean
	done < <(tail -n +2 "$counts_file")
fi
if [ $((done_runs[idle] + done_runs[busy])) -eq 0 ]; then rm -f "$verdicts_file"; fi
mkdir -p "$(dirname "$counts_file")"

write_counts() {
	local new condition fields

	new=$(mktemp "$counts_file.XXXXXX")
	{
		echo "$columns"
		for condition in idle busy; do
			fields=("$condition" "${done_runs[$condition]}"
				"${differed[$condition]}" "${left_over[$condition]}"
				"${zombies[$condition]}" "${spent[$condition]}"
				"${load[$condition]}" "$kernel" "$commit")
			(
				IFS=,
				echo "${fields[*]}"
			)
		done
	} >"$new"
	chmod 644 "$new"
	mv "$new" "$counts_file"
}

# Two that only compute, and one that writes to 256 MiB again and again.
start_hogs() {
	local _

	for _ in 1 2; do
		(while :; do :; done) &
		hogs+=($!)
	done
	(while :; do head -c 256M /dev/zero | tail -c 1 >/dev/null; done) &
	hogs+=($!)
}

zombies_of() {
	ps -o stat= --ppid "$1" 2>/dev/null | awk '/^Z/ { n++ } END { print n + 0 }'
}

# run_once CONDITION
run_once() {
	local condition=$1 private status=0 before since=$EPOCHREALTIME

	before=$(objects)
	private=$(mktemp -d "$scratch/tmp.XXXXXX")
	TMPDIR=$private "$ipcmark" check --format csv >"$scratch/out.csv" \
		2>"$scratch/log" || status=$?
	[ "$status" -le 1 ] || [ "$status" -eq 3 ] || {
		echo "soak.sh: exit $status: $(tail -n 3 "$scratch/log")" >&2
		exit 2
	}
	spent[$condition]=$(awk -v a="$since" -v b="$EPOCHREALTIME" \
		-v s="${spent[$condition]}" \
		'BEGIN { printf "%.1f", s + b - a }')
	# id and verdict are first and fourth, and hold no comma.
	cut -d, -f1,4 "$scratch/out.csv" >"$scratch/verdicts.csv"
	[ -s "$verdicts_file" ] || cp "$scratch/verdicts.csv" "$verdicts_file"
	if ! diff "$verdicts_file" "$scratch/verdicts.csv" >"$scratch/diff"; then
		differed[$condition]=$((differed[$condition] + 1))
		echo "run ${done_runs[$condition]}, $condition:"
		cat "$scratch/diff"
		sed -n 's/^> \([^,]*\),.*/^\1,/p' "$scratch/diff" >"$scratch/ids"
		grep -f "$scratch/ids" "$scratch/out.csv" || true
	fi
	look_for_leftovers "$before" "$private"
	if [ -n "$left" ]; then
		left_over[$condition]=$((left_over[$condition] + 1))
		echo "$left"
	fi
	zombies[$condition]=$((zombies[$condition] + $(zombies_of $$)))
	rm -rf "$private"
	done_runs[$condition]=$((done_runs[$condition] + 1))
	load[$condition]=$(awk -v mean="${load[$condition]}" \
		-v n="${done_runs[$condition]}" \
		'{ printf "%.1f", mean + ($1 - mean) / n }' /proc/loadavg)
	write_counts
}

declare -A wanted=([idle]=$((runs / 2)) [busy]=$((runs - runs / 2)))

# is_missing CONDITION: is there a run to do, and time for it?
is_missing() {
	[ -z "$only" ] || [ "$only" = "$1" ] || return 1
	[ "${done_runs[$1]}" -lt "${wanted[$1]}" ] && [ "$SECONDS" -lt "$end" ]
}

while is_missing idle || is_missing busy; do
	for condition in idle busy; do
		is_missing "$condition" || continue
		[ "$condition" = idle ] || start_hogs
		for _ in {1..10}; do
			is_missing "$condition" || break
			run_once "$condition"
		done
		stop_hogs
	done
done
column -t -s , "$counts_file" 2>/dev/null || cat "$counts_file"
if [ $((differed[idle] + differed[busy] + left_over[idle] + left_over[busy] + \
	zombies[idle] + zombies[busy])) -gt 0 ]; then
	exit 1
fi
for condition in ${only:-idle busy}; do
	[ "${done_runs[$condition]}" -ge "${wanted[$condition]}" ] || exit 3
done
