#!/usr/bin/env bats
# A run as its user meets it: what it writes, what it says, how it is ended and resumed.

. "$SOURCE_DIR/ci/tests/cli/room.sh"

setup() {
	clean_room
	mkdir tmp shm
	export TMPDIR=$PWD/tmp
	# CLOCK_MONOTONIC and sides that are not pinned leave no reason for a retry.
	quiet=(--clock monotonic --placements unpinned --warm-up 1ms)
	small=("${quiet[@]}" --mechanisms "pipe,shm_futex" --tests "latency,throughput"
		--sizes "64,4K" --launches 1 --slices 2 --slice 1ms)
	# 16 launches of two sizes, about 0.1 s each.
	many=("${quiet[@]}" --mechanisms "pipe,shm_futex" --tests latency --sizes "64,4K"
		--launches 8 --slices 2 --slice 20ms)
}

teardown() {
	local directory
	for directory in tmp shm; do
		[ -z "$(ls -A "$BATS_TEST_TMPDIR/$directory")" ] || {
			ls -A "$BATS_TEST_TMPDIR/$directory"
			return 1
		}
	done
}

sql() {
	sqlite3 :memory: ".import --csv ${2-run}/results.csv r" \
		".import --csv ${2-run}/summary.csv s" "$1"
}

# lacks PATTERN FILE...: a bare "! grep" would not fail a test.
lacks() {
	if grep "$@"; then
		return 1
	fi
}

# until_true SECONDS COMMAND...: polls.
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || {
			echo "never: $*"
			return 1
		}
		sleep 0.02
	done
}

# Starts ipcmark in the background as `pid`; as root with a private /dev/shm, so that what
# is left there was left by it. A shell ignores SIGINT in the background; a user does not.
start() {
	if [ "$(id -u)" -eq 0 ] && unshare --mount --propagation private true 2>/dev/null; then
		# shellcheck disable=SC2016 # expanded inside
		env --default-signal=INT unshare --mount --propagation private bash -c '
			mount --bind "$1" /dev/shm && shift && exec "$@"' bash \
			"$PWD/shm" "$IPCMARK" "$@" >out 2>err 3>&- &
	else
		env --default-signal=INT "$IPCMARK" "$@" >out 2>err 3>&- &
	fi
	pid=$!
}

# ended CODE: waits for what start() started.
ended() {
	local status=0
	wait "$pid" || status=$?
	[ "$status" -eq "$1" ] && return
	echo "exit $status, not $1"
	cat out err
	return 1
}

has_rows() {
	[ -e run/results.csv ] && [ "$(wc -l <run/results.csv)" -gt "$1" ]
}

# Processes of a run: its children inherit TMPDIR, and no other has this value.
no_process() {
	local process
	for process in /proc/[0-9]*; do
		[[ $(cat "$process/comm" 2>/dev/null) == ipcmark* ]] || continue
		if grep -qzxF "TMPDIR=$TMPDIR" "$process/environ" 2>/dev/null; then
			return 1
		fi
	done
}

# A side of the run, by its parent.
side_of() {
	local child children=()
	read -r -a children <"/proc/$1/task/$1/children" || true
	for child in "${children[@]}"; do
		if [[ $(cat "/proc/$child/comm" 2>/dev/null) == ipcmark-[01]-* ]]; then
			echo "$child"
			return
		fi
	done
	return 1
}

# Is a side there, and past its first slice?
side_works() {
	side=$(side_of "$pid") &&
		[ "$(awk '{ print $14 + $15 }' "/proc/$side/stat" 2>/dev/null)" -gt 5 ]
}

@test "a run leaves each planned case in results.csv, and the rest beside it" {
	"$IPCMARK" run "${small[@]}" --seed 5 --out run >out 2>err
	[ "$(sql "select mechanism, test, size_bytes, placement, status, reason from r
		order by mechanism, test, 0 + size_bytes")" = \
"pipe|latency|64|unpinned|ok|
pipe|latency|4096|unpinned|ok|
pipe|throughput|64|unpinned|ok|
pipe|throughput|4096|unpinned|ok|
shm_futex|latency|64|unpinned|ok|
shm_futex|latency|4096|unpinned|ok|
shm_futex|throughput|64|unpinned|ok|
shm_futex|throughput|4096|unpinned|ok|" ]
	[ "$(sql "select group_concat(distinct launch) from (select launch from r order by launch)")" = 0,1,2,3 ]
	[ "$(sql "select count(*), sum(launches), min(status), max(status) from s")" = "8|8|ok|ok" ]
	[ "$(sql "select count(*) from r join s using (mechanism, test, size_bytes)
		where r.median_ns = s.median_ns and r.median_ns > 0")" -ge 4 ]
	grep -qx 'option.seed,5' run/environment.csv
	grep -qx 'option.clock,monotonic' run/environment.csv
	grep -q '^kernel.release,.' run/environment.csv
	[ "$(find run/histograms -name '*.csv' | wc -l)" -eq 4 ]
	[ "$(cat run/histograms/*.csv | awk -F, '$3 > 0 { n += $3 } END { printf "%d", n }')" = \
		"$(sql "select sum(samples) from r where test = 'latency'")" ]
	[ -z "$(find run -name '.*.tmp')" ]
}

@test "the tables have the columns of columns.def, and open in readers as they are" {
	"$IPCMARK" run "${small[@]}" --out run >out 2>err
	local table
	for table in RESULT:results SUMMARY:summary; do
		[ "$(head -1 "run/${table#*:}.csv")" = "$(sed -n \
			"s/^${table%:*}([A-Z]*, \([a-z0-9_]*\),.*/\1/p" \
			"$SOURCE_DIR/results/columns.def" | paste -sd,)" ]
	done
	sqlite3 :memory: ".import --csv run/results.csv r" "select count(*) from r" >got 2>&1
	[ "$(cat got)" = 8 ] # and no complaint
	command -v python3 || skip "python3 is not installed"
	python3 - "$SOURCE_DIR/results/columns.def" run/results.csv run/summary.csv <<-'TEXT'
		import csv, math, re, sys
		kinds = {}
		for line in open(sys.argv[1], encoding="utf-8"):
		    found = re.match(r"(RESULT|SUMMARY)\(([A-Z]+), (\w+),", line)
		    if found:
		        kinds.setdefault(found[1], {})[found[3]] = found[2]
		for path, table in zip(sys.argv[2:], ("RESULT", "SUMMARY")):
		    with open(path, newline="", encoding="utf-8") as file:
		        rows = list(csv.DictReader(file))
		    assert len(rows) == 8, path
		    for row in rows:
		        assert list(row) == list(kinds[table]), path
		        for name, text in row.items():
		            assert text is not None, (path, name)
		            if text and kinds[table][name] == "INT":
		                int(text)
		            elif text and kinds[table][name] == "REAL":
		                assert math.isfinite(float(text)), (path, name, text)
	TEXT
}

@test "stdout has the table only, stderr the plan and one line a launch" {
	"$IPCMARK" run "${small[@]}" --out run >out 2>err
	grep -v '^ipcmark: warning: ' err >lines # somebody else may be busy here
	[ "$(wc -l <lines)" -eq 5 ]
	head -1 lines | grep -qE '^ipcmark: 4 launches, about [0-9]+ s, into run$'
	local i
	for i in 1 2 3 4; do
		sed -n $((i + 1))p lines |
			grep -qE "^\[$i/4\] (pipe|shm_futex) (latency|throughput) unpinned: 64 B: "
	done
	lacks $'[\033\r]' out err
	grep -q '^run: run$' out
	grep -qE '^ +pipe +[0-9]' out
	lacks '\[1/4\]' out
	"$IPCMARK" show run >again 2>errors
	[ ! -s errors ]
	diff out again
}

@test "colour is for a terminal, and not with NO_COLOR" {
	command -v script || skip "script(1) is not installed"
	unset NO_COLOR
	export TERM=xterm
	"$IPCMARK" run "${small[@]}" --out run >out 2>err
	script -qec "$IPCMARK show run" /dev/null </dev/null >terminal
	grep -q $'\033\\[[0-9;]*m' terminal
	NO_COLOR=1 script -qec "$IPCMARK show run" /dev/null </dev/null >terminal
	lacks $'\033\\[[0-9;]*m' terminal
	# On a terminal progress is one line that is drawn over.
	NO_COLOR=1 script -qec "$IPCMARK run ${small[*]} --slice 30ms --out again" /dev/null \
		</dev/null >terminal
	grep -q $'\r.*/4 .* left ' terminal
	lacks '\[1/4\]' terminal
	lacks $'\033\\[[0-9;]*m' terminal
}

@test "topology.xml is one that --topology reads again" {
	"$IPCMARK" list placements | grep -q '^same-cpu .*CPU' || skip "built without hwloc"
	"$IPCMARK" run "${small[@]}" --out run >out 2>err
	if command -v python3; then
		python3 -c 'import sys, xml.dom.minidom as x; x.parse(sys.argv[1])' run/topology.xml
	fi
	"$IPCMARK" run --dry-run --topology run/topology.xml --placements same-cpu | grep -q '^same-cpu '
}

@test "--seed makes the same order, another seed another" {
	local seed
	for seed in 1 1 2; do
		rm -rf run
		"$IPCMARK" run "${many[@]}" --slice 100us --seed $seed --out run >out 2>err
		sql "select mechanism, launch from r order by 0 + launch" >>order.$seed
	done
	[ "$(wc -l <order.1)" -eq 64 ]
	diff <(head -32 order.1) <(tail -32 order.1)
	if diff -q <(head -32 order.1) order.2; then
		return 1
	fi
}

@test "--dry-run prints the plan and writes nothing" {
	"$IPCMARK" run "${small[@]}" --seed 7 --dry-run >out 2>err
	[ ! -s err ]
	grep -qE '^unpinned .* any +any$' out
	grep -qE '^pipe +latency +1 +2$' out
	grep -qE '^shm_futex +throughput +1 +2$' out
	grep -qE '^4 launches, about [0-9]+ s; 2 slices of 1 ms a size and launch; seed 7$' out
	[ "$(ls)" = "$(printf '%s\n' err out shm tmp)" ]
}

@test "all pairs of a machine that one does not have are planned" {
	"$IPCMARK" list placements | grep -q '^same-cpu .*CPU' || skip "built without hwloc"
	"$IPCMARK" run --dry-run --topology "pack:2 numa:1 l3:2 l2:4 core:1 pu:2" \
		--placements all-pairs >out
	[ "$(grep -c '^pair ' out)" -eq 120 ]
	[ "$(awk '/^pair / { print $2 }' out | sort | uniq -c | awk '{ print $2 "=" $1 }' | paste -sd' ')" = \
		"cross-package=64 same-package=32 shared-l3=24" ]
	grep -qE '^pair +cross-package +14 +16 +0 +1$' out
	"$IPCMARK" run --dry-run --topology "pack:4 l3:9 l2:8 core:1 pu:2" \
		--placements all-pairs >out
	grep -q '^all-pairs: 576 PUs make 165600 pairs; .* evenly .*planned$' out
	[ "$(grep -c '^pair ' out)" -le 200 ]
	[ ! -e runs ]
}

@test "options become columns" {
	"$IPCMARK" run "${quiet[@]}" --mechanisms pipe --tests latency,throughput --sizes 4K \
		--launches 1 --slices 2 --slice 1ms --gap 100us --chunk 1K \
		--payload verify --set pipe.size=16K --out run >out 2>err
	[ "$(sql "select test, payload, gap_ns, chunk_bytes, settings, clock, status from r order by test")" = \
"latency|verify|100000||pipe.size=16384|monotonic|ok
throughput|verify|0|1024|pipe.size=16384|monotonic|ok" ]
	# An idle time before each round trip leaves room for few of them.
	[ "$(sql "select 0 + messages <= 100 from r where test = 'latency'")" = 1 ]
	grep -qx 'option.set,pipe.size=16384' run/environment.csv
}

@test "--cpus pins the sides where it says" {
	local allowed
	allowed=$(taskset -cp $$ | sed 's/.*: //')
	local first=${allowed%%[,-]*} last=${allowed##*[,-]}
	"$IPCMARK" run --mechanisms pipe --tests latency --sizes 64 --launches 1 --slices 2 \
		--slice 1ms --warm-up 1ms --cpus "$last,$first" --out run >out 2>err
	[ "$(sql "select distinct placement, cpu_a, cpu_b, status from r where status = 'ok'")" = \
		"cpus|$last|$first|ok" ]
}

@test "--sched fifo:10 is what the sides ran under" {
	chrt -f 12 true 2>/dev/null || skip "SCHED_FIFO is not permitted"
	"$IPCMARK" run "${small[@]}" --sched fifo:10 --out run >out 2>err
	[ "$(sql "select distinct sched, status from r")" = "fifo:10|ok" ]
}

@test "environment variables are defaults that options go before" {
	IPCMARK_MECHANISMS=pipe,fifo IPCMARK_TESTS=latency IPCMARK_SIZES=64 \
		IPCMARK_LAUNCHES=1 IPCMARK_SLICES=2 IPCMARK_SLICE=1ms \
		IPCMARK_WARM_UP=1ms IPCMARK_PAYLOAD=none \
		IPCMARK_PLACEMENTS=unpinned IPCMARK_SEED=9 IPCMARK_CLOCK=monotonic \
		IPCMARK_GAP=10us IPCMARK_SET=pipe.size=8K IPCMARK_OUT=run \
		"$IPCMARK" run --mechanisms pipe >out 2>err
	[ "$(sql "select mechanism, test, size_bytes, placement, payload, gap_ns, settings from r")" = \
		"pipe|latency|64|unpinned|none|10000|pipe.size=8192" ]
	grep -qx 'option.seed,9' run/environment.csv
}

@test "without --out a run goes below runs/" {
	"$IPCMARK" run "${small[@]}" >out 2>err
	[[ $(ls runs) =~ ^20[0-9]{6}T[0-9]{6}Z-[^/]+$ ]]
	grep -qx "run: runs/$(ls runs)" out
	"$IPCMARK" show "runs/$(ls runs)" | diff out -
}

@test "two runs side by side do not disturb each other" {
	"$IPCMARK" run "${small[@]}" --slice 10ms --out one >out.1 2>err.1 3>&- &
	local first=$!
	"$IPCMARK" run "${small[@]}" --slice 10ms --out two >out.2 2>err.2 3>&- &
	local second=$!
	wait $first
	wait $second
	[ "$(sql "select count(*), min(status), max(status) from r" one)" = "8|ok|ok" ]
	[ "$(sql "select count(*), min(status), max(status) from r" two)" = "8|ok|ok" ]
	# And one directory has one writer.
	start run "${many[@]}" --slice 400ms --out run
	until_true 20 test -e run/results.csv
	local status=0
	"$IPCMARK" run --resume run >out.1 2>err.1 || status=$?
	[ "$status" -eq 2 ]
	[ "$(cat err.1)" = "ipcmark: 'run' is being written by another ipcmark" ]
	kill -TERM "$pid"
	ended 143
}

# ends_midway SIGNAL CODE: all finished rows are kept, and --resume does the missing ones.
ends_midway() {
	local rows done_before
	start run "${many[@]}" --seed 3 --out run
	until_true 20 has_rows 6
	kill "-$1" "$pid"
	ended "$2"
	until_true 5 no_process
	[ -z "$(ls -A tmp)" ]
	cp run/results.csv before
	cp err err.first
	rows=$(($(wc -l <before) - 1))
	[ $rows -ge 6 ] && [ $rows -lt 32 ]
	done_before=$((rows / 2))
	"$IPCMARK" run --resume run >out 2>err
	head -1 err | grep -qE "^ipcmark: $((16 - done_before)) launch(es)? left, about [0-9]+ s, into run$"
	cmp -n "$(head -n $((1 + 2 * done_before)) before | wc -c)" before run/results.csv
	[ "$(sql "select count(*), count(distinct launch), min(attempt), max(attempt),
		min(status), max(status) from r")" = "32|16|1|1|ok|ok" ]
	[ "$(sql "select mechanism, size_bytes, launches, status from s
		order by mechanism, 0 + size_bytes")" = \
"pipe|64|8|ok
pipe|4096|8|ok
shm_futex|64|8|ok
shm_futex|4096|8|ok" ]
	grep -q '^run: run$' out
	# Nothing is left to do, and nothing is done.
	cp run/results.csv whole
	"$IPCMARK" run --resume run >again 2>err
	[ "$(cat err)" = "ipcmark: nothing is left to measure in run" ]
	diff out again
	cmp whole run/results.csv
	# Whole means in the same order as if nothing had happened.
	sql "select launch, mechanism from r order by 0 + launch" >order
	"$IPCMARK" run "${many[@]}" --slice 100us --seed 3 --out straight >/dev/null 2>&1
	sql "select launch, mechanism from r order by 0 + launch" straight | diff order -
}

@test "SIGINT ends a run in words with all that was finished; --resume does the rest" {
	ends_midway INT 130
	[ "$(tail -1 err.first)" = "ipcmark: ended by a signal; every finished launch is kept, and 'ipcmark run --resume run' does the rest" ]
}

@test "so does SIGTERM" {
	ends_midway TERM 143
	grep -q "'ipcmark run --resume run' does the rest" err.first
}

@test "SIGKILL loses no finished row; --resume does the rest" {
	ends_midway KILL 137
}

# One of the sides is sent a signal in the first of two launches.
side_gets() {
	start run "${quiet[@]}" --mechanisms pipe,shm_futex --tests latency --sizes 64 \
		--launches 1 --slices 2 --slice 1s --deadline 4s --out run
	side=
	until_true 20 side_works
	kill "-$1" "$side"
	ended 0
	[ "$(sql "select count(*), sum(status = 'failed'), sum(status = 'ok') from r")" = "2|1|1" ]
	sql "select reason from r where status = 'failed'" >reason
	grep -q 'Not measured, or not in all launches' out
	grep -qE '^ +(pipe|shm_futex) +[0-9.]+ .s' out
	until_true 5 no_process
	[ "$(sql "select group_concat(status) from (select status from s order by status)")" = failed,ok ]
}

@test "a side that is killed fails its case with the reason, and the run goes on" {
	side_gets KILL
	grep -qE "^(pipe|shm_futex): side [01] \(process $side\) was killed by signal 9 \(Killed\) in a latency slice" reason ||
		{ cat reason && false; }
}

@test "a side that is stopped fails its case at the deadline, and the run goes on" {
	side_gets STOP
	grep -qE "^(pipe|shm_futex): side [01] \(process $side\) is stopped .* before the deadline" reason ||
		{ cat reason && false; }
}

@test "doctor says what it sees, the clock and the floors" {
	"$IPCMARK" doctor >out 2>err
	[ ! -s err ]
	grep -qE '^Clock$' out
	grep -qE 'a stamp costs [0-9.]+ ns' out
	grep -qE '^ +system call +[0-9.]+ ns' out
	grep -qE '^ +memcpy +[0-9.]+ .B/s' out
	[ "$(ls)" = "$(printf '%s\n' err out shm tmp)" ]
}

@test "plot draws the figures of a run and names them" {
	command -v gnuplot || skip "gnuplot is not installed"
	"$IPCMARK" run "${small[@]}" --out run >out 2>err
	"$IPCMARK" plot run >out 2>err
	[ -s out ]
	local figure
	while IFS= read -r figure; do
		[[ $figure == run/figures/*.svg || $figure == run/figures/*.png ]]
		[ -s "$figure" ]
	done <out
	ls run/figures/latency*.svg
}
