#!/usr/bin/env bats
# --batch: what is planned, measured, recorded and said with it.

. "$SOURCE_DIR/ci/tests/cli/room.sh"

setup() {
	clean_room
	mkdir tmp
	export TMPDIR=$PWD/tmp
	quiet=(--clock monotonic --placements unpinned --warm-up 1ms --launches 1
		--slices 2 --slice 1ms)
}

sql() {
	sqlite3 :memory: ".import --csv run/results.csv r" \
		".import --csv run/summary.csv s" "$1"
}

@test "streams are measured with it, and it is recorded in both tables" {
	"$IPCMARK" run "${quiet[@]}" --mechanisms pipe,unix_stream --payload verify \
		--tests throughput --sizes 7,4K --batch 16 --out run >shown 2>said
	[ "$(sql "select distinct coalesce, status from r")" = "16|ok" ]
	[ "$(sql "select count(*), group_concat(distinct coalesce) from s")" = "4|16" ]
	grep -q "16 messages joined for each send (--batch)" shown
}

@test "without it each message leaves by itself, and what has no stream has no number" {
	"$IPCMARK" run "${quiet[@]}" --mechanisms pipe,unix_dgram --sizes 64 \
		--tests latency,throughput --out run >shown 2>said
	[ "$(sql "select mechanism, test, coalesce from r order by 1, 2")" = \
"pipe|latency|
pipe|throughput|1
unix_dgram|latency|
unix_dgram|throughput|" ]
	run grep -e --batch shown
	[ "$status" -eq 1 ]
}

@test "what has no stream is left out of throughput, with a note, and of nothing else" {
	run "$IPCMARK" run "${quiet[@]}" --mechanisms pipe,unix_dgram,shm_futex,floor_stream \
		--tests latency,throughput --batch 4 --dry-run
	[ "$status" -eq 0 ]
	[[ $output == *"left out of the throughput test,"*": unix_dgram, shm_futex."* ]]
	[ "$(grep -c "^unix_dgram .*throughput\|^shm_futex .*throughput" <<<"$output")" = 0 ]
	grep -q "^unix_dgram .*latency" <<<"$output"
	grep -q "^pipe .*throughput" <<<"$output"
	grep -q "^floor_stream .*throughput" <<<"$output"
}

@test "nothing left to measure: 77, in words" {
	run "$IPCMARK" run "${quiet[@]}" --mechanisms unix_dgram --tests throughput \
		--batch 4 --out run
	[ "$status" -eq 77 ]
	[[ $output == *"nothing to run"*"with messages joined by --batch"* ]]
	[ ! -e run ]
}

@test "more than a send may take is skipped, with the reason" {
	"$IPCMARK" run "${quiet[@]}" --mechanisms pipe --tests throughput --sizes 64,1M \
		--batch 17 --out run >shown 2>said
	[ "$(sql "select size_bytes, status from r order by size_bytes + 0")" = \
"64|ok
1048576|skipped" ]
	[ "$(sql "select reason from r where status = 'skipped'")" = \
"17 messages of 1048576 bytes are more than one send may take (--batch, 16 MiB)" ]
}

@test "wrong numbers: 2, and the range" {
	local number
	for number in 0 -1 65537 4KB x ""; do
		run "$IPCMARK" run "${quiet[@]}" --batch "$number" --dry-run
		echo "$number: $output"
		[ "$status" -eq 2 ]
		[[ $output == *"--batch"* ]]
	done
	run "$IPCMARK" run --batch 65537 --dry-run
	[[ $output == *"1 to 65536"* ]]
}
