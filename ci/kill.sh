#!/usr/bin/env bash
# Nothing outlives a SIGKILL: no process, file, segment, queue; results stay readable.
#     ci/kill.sh [N=50] [SEED]
# Runs `ipcmark run --preset quick` N times and kills it at a random moment. As root it
# works in IPC and mount namespaces of its own, so that whatever is there afterwards was
# left behind; otherwise only names that begin with "ipcmark" are looked at. IPCMARK names
# another program to run than the one it builds. Ends with 1 if anything was left, 2 if
# nothing could be learned. Takes about 3 s a kill.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/leftovers.sh
. ci/steps.sh

count=${1:-50}
seed=${2:-$((16#$(od -An -N2 -tx2 /dev/urandom | tr -d ' ')))}
if ! [[ $count =~ ^[1-9][0-9]*$ && $seed =~ ^[0-9]+$ ]]; then
	echo "usage: ci/kill.sh [N=50] [SEED]" >&2
	exit 2
fi
if [ -z "${IPCMARK_ALONE-}" ] && [ -z "${IPCMARK-}" ]; then
	configure release >/dev/null
	build release >/dev/null
fi
alone "$count" "$seed"

ipcmark=${IPCMARK:-build/release/ipcmark}
scratch=$(mktemp -d)
cleanup() {
	unwatch_objects
	rm -rf "$scratch"
}
trap cleanup EXIT
watch_objects "$scratch"

# Each record has as many fields as the header; prints the number of rows.
rows_of() {
	local complaints

	complaints=$(sqlite3 :memory: ".import --csv $1 t" "select count(*) from t" \
		2>&1) || true
	if ! [[ $complaints =~ ^[0-9]+$ ]]; then # a number, and no word about a line
		printf '%s\n' "$complaints" >&2
		return 1
	fi
	echo "$complaints"
}

killed=0 with_rows=0 rows=0 bad=0
found() {
	printf 'kill.sh: kill %d after %s s: %s:\n%s\n' "$i" "$moment" "$1" "$2" >&2
	bad=$((bad + 1))
}

RANDOM=$seed
before=$(objects)
for ((i = 1; i <= count; i++)); do
	private=$scratch/tmp.$i
	run=$scratch/run.$i
	mkdir "$private"
	# Every third one early, while objects are made for the first time.
	moment=$((i % 3 == 0 ? RANDOM % 300 : RANDOM % 5000))
	moment=$((moment / 1000)).$(printf '%03d' $((moment % 1000)))
	TMPDIR=$private "$ipcmark" run --preset quick --out "$run" \
		>"$private.log" 2>&1 &
	pid=$!
	sleep "$moment"
	if kill -9 "$pid" 2>/dev/null; then
		killed=$((killed + 1))
	fi
	wait "$pid" 2>/dev/null || true

	look_for_leftovers "$before" "$private"
	[ -z "$left" ] || found "left" "$left"
	if [ -s "$run/results.csv" ]; then
		if more=$(rows_of "$run/results.csv"); then
			rows=$((rows + more))
			[ "$more" -eq 0 ] || with_rows=$((with_rows + 1))
		else
			found "results.csv cannot be read" "$run/results.csv"
		fi
	fi
	rm -rf "$private" "$private.log" "$run"
done

cat <<TEXT
kill.sh: seed $seed: $killed of $count runs killed; $with_rows had results ($rows rows)
kill.sh: $bad things left behind; waited $late times 50 ms for processes to end
TEXT
[ "$bad" -eq 0 ] || exit 1
if [ "$killed" -eq 0 ] || { [ "$count" -ge 10 ] && [ "$rows" -eq 0 ]; }; then
	echo "kill.sh: no run lived long enough to be killed, or none had results" >&2
	exit 2
fi
