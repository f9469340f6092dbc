#!/usr/bin/env bats
# ci/soak-rows.sh with a program that only says it has measured: what is counted, what
# makes it fail, what is not done again, what it leaves behind.

setup() {
	top=${SOURCE_DIR:-$(cd "$BATS_TEST_DIRNAME/../../.." && pwd)}
	for tool in sqlite3 taskset; do
		command -v $tool >/dev/null || skip "$tool is missing"
	done
	export IPCMARK=$BATS_TEST_TMPDIR/ipcmark LOG=$BATS_TEST_TMPDIR/log
	export IPCMARK_SOAK_FILE=$BATS_TEST_TMPDIR/soak.csv
	export VERSION=aaaa STORY=$BATS_TEST_TMPDIR/story
	echo ':' >"$STORY"
	# The story is what befalls a run; it may change $status, $reason and $messages.
	cat >"$IPCMARK" <<-'FAKE'
		#!/usr/bin/env bash
		case $1 in
		--version) echo "ipcmark 1 ($VERSION)" ;;
		list)
			echo mechanism,tests,caps,usable,reason
			echo 'one,latency;throughput;capacity,payload;blocks,yes,'
			echo 'two,latency,blocks;one CPU,yes,'
			echo 'three,latency;throughput,payload;blocks,no,the reason'
			echo 'four,capacity,payload;blocks,yes,'
			;;
		run)
			while [ $# -gt 0 ]; do
				case $1 in
				--mechanisms) row=$2 ;;
				--cpus) cpus=$2 ;;
				--out) out=$2 ;;
				esac
				shift
			done
			echo "$row $cpus" >>"$LOG"
			status=ok reason= messages=1000
			. "$STORY"
			mkdir -p "$out"
			{
				echo "mechanism,test,payload,status,reason,messages,elapsed_ns"
				echo "$row,latency,verify,$status,\"$reason\",$messages,400000000"
			} >"$out/results.csv"
			;;
		esac
	FAKE
	chmod +x "$IPCMARK"
}

# The fields of a row's line.
line_of() {
	grep "^$1," "$IPCMARK_SOAK_FILE"
}

@test "soak: every usable row for its time, on two CPUs or on one" {
	run "$top/ci/soak-rows.sh" 2
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"three is left out: the reason"* ]]
	[[ $output == *"four is left out: it passes no messages"* ]]
	[[ $output == *"2 rows, 10000 messages, 0 launches failed, 0 things left"* ]]
	[ "$(head -n 1 "$IPCMARK_SOAK_FILE")" = \
		"mechanism,payload,seconds,messages,failures,leftovers,reason,at_once,kernel,commit" ]
	# Rounds of 0.4 s.
	[[ $(line_of one) == "one,verify,2.0,5000,0,0,\"\",1,$(uname -r),aaaa" ]]
	[ "$(grep -c '^one ' "$LOG")" -eq 5 ]
	[ "$(wc -l <"$IPCMARK_SOAK_FILE")" -eq 3 ]
	grep -Eq '^two ([0-9]+),\1$' "$LOG"
}

@test "soak: goes on where it was, and begins anew for another commit" {
	# shellcheck disable=SC2016 # for the fake to expand
	echo '[ "$row" = one ] || kill -TERM $PPID' >"$STORY"
	run "$top/ci/soak-rows.sh" 1
	[ "$status" -eq 143 ]
	[ "$(wc -l <"$IPCMARK_SOAK_FILE")" -eq 2 ]
	echo ':' >"$STORY"
	: >"$LOG"
	run "$top/ci/soak-rows.sh" 1
	[ "$status" -eq 0 ]
	[ "$(cut -d' ' -f1 "$LOG" | sort -u)" = two ]
	: >"$LOG"
	run "$top/ci/soak-rows.sh" 1
	[ "$status" -eq 0 ]
	[ ! -s "$LOG" ]
	[[ $output == *"2 rows, 6000 messages"* ]]
	VERSION=bbbb IPCMARK_SOAK_ROWS=one run "$top/ci/soak-rows.sh" 1
	[ "$status" -eq 0 ]
	[[ $(line_of one) == *,bbbb ]]
	[[ $(line_of two) == *,aaaa ]]
	[ "$(wc -l <"$IPCMARK_SOAK_FILE")" -eq 3 ]
	run "$top/ci/soak-rows.sh" 2
	[[ $(line_of two) == "two,verify,2.0,"* ]]
}

@test "soak: a failed launch is told and remembered, and the others are soaked" {
	# shellcheck disable=SC2016 # for the fake to expand
	echo '[ "$row" = two ] || { status=failed reason="it'"'"'s, lost"; }' >"$STORY"
	for again in 1 2; do
		run "$top/ci/soak-rows.sh" 1
		echo "$again: $output"
		[ "$status" -eq 1 ]
		[[ $(line_of one) == one,verify,*,1,0,\"it\'s,\ lost\",* ]]
		[[ $(line_of two) == two,verify,1.2,3000,0,0,* ]]
	done
	[ "$(grep -c '^one ' "$LOG")" -eq 1 ]
}

@test "soak: several rows at once, each in a place of its own, beside one busy loop" {
	if [ "$(id -u)" != 0 ] || ! unshare --mount --ipc true; then
		run "$top/ci/soak-rows.sh" 1 2
		[ "$status" -eq 2 ]
		[[ $output == *"soak one at a time"* ]]
		skip "no namespaces of its own here"
	fi
	# Each waits until both have begun; what one leaves is not the other's.
	# shellcheck disable=SC2016 # for the fake to expand
	echo 'touch "$LOG.$row"
	for ((i = 0; i < 400; i++)); do
		[ -e "$LOG.one" ] && [ -e "$LOG.two" ] && break
		sleep 0.05
	done
	[ "$row" = two ] || touch /dev/shm/kept
	echo "$IPCMARK_SOAK_HOG" >>"$LOG.hogs"' >"$STORY"
	run "$top/ci/soak-rows.sh" 2 2
	echo "$output"
	[ "$status" -eq 1 ]
	[ -e "$LOG.one" ] && [ -e "$LOG.two" ]
	[ "$(sort -u "$LOG.hogs" | grep -c .)" -eq 1 ]
	[[ $(line_of one) == one,verify,*,0,1,*/kept*,2,* ]]
	[[ $(line_of two) == two,verify,2.0,5000,0,0,*,2,* ]]
	[[ $output == *"2 rows, "*"1 things left behind"* ]]
	[ ! -e /dev/shm/kept ]
}

@test "soak: nothing measured is no success" {
	echo 'status=skipped reason="no such size" messages=' >"$STORY"
	IPCMARK_SOAK_ROWS=one run "$top/ci/soak-rows.sh" 1
	[ "$status" -eq 1 ]
	[[ $(line_of one) == *",1,0,\"no such size\","* ]]
}

@test "soak: what a row leaves behind is counted once, against that row" {
	# shellcheck disable=SC2016 # for the fake to expand
	echo '[ "$row" = two ] || { touch "$TMPDIR/kept"; sleep 600 >/dev/null 2>&1 & }' >"$STORY"
	run "$top/ci/soak-rows.sh" 1
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $(line_of one) == one,*,0,2,*"process "*" sleep; file in TMPDIR "*/kept* ]]
	[[ $(line_of two) == two,*,0,0,* ]]
	kill "$(sed -n 's/.*process \([0-9]*\) sleep.*/\1/p' "$IPCMARK_SOAK_FILE")"
}

@test "soak: the second CPU is busy, and not any more when the script was killed" {
	# shellcheck disable=SC2016 # for the fake to expand
	echo 'for pid in $(cat /proc/$PPID/task/$PPID/children); do
		[ "$pid" = $$ ] || echo "$pid" "$(taskset -cp "$pid")" "$cpus"
	done >"$LOG.hog"
	kill -KILL $PPID' >"$STORY"
	[ -e /proc/self/task/$BASHPID/children ] || skip "no lists of children in /proc"
	export TMPDIR=$BATS_TEST_TMPDIR # nobody cleans up after SIGKILL
	IPCMARK_SOAK_ROWS=one run "$top/ci/soak-rows.sh" 1
	[ "$status" -eq 137 ]
	read -r hog words <"$LOG.hog"
	[[ $words =~ list:\ ([0-9]+)\ [0-9]+,\1$ ]]
	for ((i = 0; i < 200; i++)); do
		[ -e "/proc/$hog" ] || return 0
		sleep 0.05
	done
	echo "the hog $hog lives"
	kill "$hog"
	false
}
