# shellcheck shell=bash
# made_runs.sh: runs that are made up, and how a call of ipcmark ends. Sourced by the
# tests of what reads runs.

# made_run DIR FACTOR [MECHANISM...]: a run of 12 launches of each mechanism, 64 B and
# 4 KiB, whose medians lie close around 5000 ns times FACTOR.
made_run() {
	local directory=$1 factor=$2
	shift 2
	mkdir -p "$directory"
	printf 'key,value\ntime.utc,%s\nkernel.release,%s\nbuild.commit,%s\n' \
		"2026-01-${DAY:-01}T00:00:00Z" "${KERNEL:-6.1.0}" "${COMMIT:-4f2c9e1}" \
		>"$directory/environment.csv"
	head -1 "$SOURCE_DIR/ci/tests/golden/run-small/results.csv" |
		awk -F, -v OFS=, -v factor="$factor" -v names="${*:-pipe}" \
			-v launches="${LAUNCHES:-12}" '
		{
			print
			for (i = 1; i <= NF; i++)
				at[$i] = i
			for (i = 1; i <= NF; i++)
				$i = ""
			$at["schema"] = $at["attempt"] = 1
			$at["test"] = "latency"
			$at["placement"] = "shared-l3"
			$at["cpu_a"] = 0
			$at["cpu_b"] = 1
			$at["payload"] = "touch"
			$at["gap_ns"] = 0
			$at["sched"] = "other"
			$at["status"] = "ok"
			count = split(names, name, " ")
			for (n = 1; n <= count; n++)
				for (l = 0; l < launches; l++) {
					$at["mechanism"] = name[n]
					$at["launch"] = launch++
					for (size = 64; size <= 4096; size *= 64) {
						$at["size_bytes"] = size
						ns = 5000 + (l * 5 + size) % 12 * 2
						ns *= size == 64 ? factor : 1
						$at["median_ns"] = ns
						print
					}
				}
		}' >"$directory/results.csv"
}

# ends CODE COMMAND...: runs it into the files `out` and `err` and expects that exit code.
ends() {
	local expected=$1 status=0
	shift
	"$@" >out 2>err || status=$?
	[ "$status" -eq "$expected" ] && return
	echo "$*: exit $status, not $expected"
	cat out err
	return 1
}

# refused CODE SENTENCE OPTION...: this one line on stderr, nothing on stdout.
refused() {
	local code=$1 sentence=$2
	shift 2
	ends "$code" "$IPCMARK" "$@" || return 1
	[ ! -s out ] && [ "$(cat err)" = "$sentence" ] && return
	echo "ipcmark $*:"
	cat out err
	echo "expected: $sentence"
	return 1
}
