#!/usr/bin/env bats
# Runs against runs: exit codes, sentences, formats. The runs are made up.

setup() {
	local name
	for name in $(compgen -e IPCMARK_); do
		unset "$name"
	done
	cd "$BATS_TEST_TMPDIR"
}

# made_run DIR FACTOR [MECHANISM...]: a run of 12 launches of each mechanism, 64 B and
# 4 KiB, whose medians lie close around 5000 ns times FACTOR.
made_run() {
	local directory=$1 factor=$2
	shift 2
	mkdir -p "$directory"
	printf 'key,value\ntime.utc,%s\nkernel.release,%s\nbuild.commit,%s\n' \
		"2026-01-0${TIME:-1}T00:00:00Z" "${KERNEL:-6.1.0}" "${COMMIT:-4f2c9e1}" \
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
						$at["median_ns"] = (size == 64 ? factor : 1) * \
							(5000 + (l * 5 + size) % 12 * 2)
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

@test "compare: no change is 0, slower 1, faster 0, inconclusive 3" {
	made_run base 1
	made_run same 1
	made_run slow 1.05
	made_run fast 0.95
	LAUNCHES=2 made_run few 1.05
	ends 0 "$IPCMARK" compare base same
	[ ! -s err ]
	tail -1 out | grep -qx 'no change (2 cases: 2 without change)'
	ends 1 "$IPCMARK" compare base slow
	tail -1 out | grep -qx 'slower (2 cases: 1 slower, 1 without change)'
	grep -qE '^  pipe +latency +64 B .* \+5\.0 %.*  slower$' out
	ends 0 "$IPCMARK" compare base fast
	tail -1 out | grep -qx 'faster (2 cases: 1 faster, 1 without change)'
	ends 3 "$IPCMARK" compare base few
	grep -q 'too few launches' out
	# Slower is worse than inconclusive, whichever comes last.
	ends 1 "$IPCMARK" compare base few slow
	ends 1 "$IPCMARK" compare base slow few
	ends 3 "$IPCMARK" compare base same few
}

@test "compare: margin and alpha move the verdict" {
	made_run base 1
	made_run slow 1.05
	ends 0 "$IPCMARK" compare base slow --margin 10%
	ends 0 env IPCMARK_MARGIN=10 "$IPCMARK" compare base slow
	ends 1 env IPCMARK_MARGIN=10 "$IPCMARK" compare base slow --margin 0.5
	# At this alpha 12 launches a side cannot pass any more.
	ends 3 "$IPCMARK" compare base slow --alpha 1e-9
}

@test "compare: every difference of the machines is named" {
	made_run base 1
	KERNEL=6.6.0 COMMIT=8d07b3a made_run new 1
	ends 0 "$IPCMARK" compare base new
	grep -qx "  kernel: '6.1.0' and '6.6.0'" out
	grep -qx "  ipcmark commit: '4f2c9e1' and '8d07b3a'" out
}

@test "compare: formats are what they say" {
	made_run base 1
	made_run slow 1.05
	ends 1 "$IPCMARK" compare base slow --format markdown
	head -1 out | grep -q '^### ipcmark: slower'
	ends 1 "$IPCMARK" compare base slow --format junit
	grep -q '<failure message="slower: +5.0 % ' out
	if command -v xmllint; then
		xmllint --noout out
	fi
	# Without jansson it says so.
	if "$IPCMARK" compare base slow --format json >out 2>err || [ ! -s err ]; then
		[ "$(sqlite3 :memory: "select value ->> '$.verdict', value ->> '$.exit',
			json_array_length(value, '$.cases[0].base.launches')
			from json_each(readfile('out'), '$.comparisons')")" = "slower|1|12" ]
	else
		grep -q libjansson err
	fi
}

@test "compare: what is wrong is named" {
	made_run base 1
	made_run other 1 fifo
	refused 2 "ipcmark compare: something is missing: ipcmark compare BASE NEW [MORE...] [OPTION...]" \
		compare base
	refused 2 "ipcmark compare: --format: 'makdown' is none of table, markdown, json, junit; did you mean markdown?" \
		compare base base --format makdown
	refused 2 "ipcmark compare: unknown option '--magin'; did you mean --margin?" \
		compare base base --magin 3
	refused 2 "ipcmark compare: --margin: 'two' is not a percentage; it is written 2 or 0.5" \
		compare base base --margin two
	refused 2 "ipcmark compare: --margin: 101 is out of range; it can be 0 to 100" \
		compare base base --margin 101
	refused 2 "ipcmark compare: --alpha: 0 is out of range; it can be above 0 and up to 0.5" \
		compare base base --alpha 0
	refused 2 "ipcmark compare: --alpha: 'nan' is not a probability; it is written 0.01" \
		compare base base --alpha nan
	refused 2 "ipcmark show: unknown option '--margin'; it belongs after 'ipcmark compare'" \
		show --margin 2 base
	refused 3 "ipcmark: open the directory 'nowhere': No such file or directory" \
		compare base nowhere
	refused 3 "ipcmark: no case was measured in both base and other" compare base other
}

@test "compare: --format keeps its meaning for list" {
	ends 0 "$IPCMARK" list tests --format csv
	grep -q '^test,says$' out
	refused 2 "ipcmark list: --format: 'junit' is none of table, csv" \
		list tests --format junit
}
