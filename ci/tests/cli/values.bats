#!/usr/bin/env bats
# What the numbers of a run rest on, where it can be told from the run itself.

. "$SOURCE_DIR/ci/tests/cli/room.sh"

setup() {
	clean_room
	mkdir tmp
	export TMPDIR=$PWD/tmp
	quiet=(--clock monotonic --placements unpinned --warm-up 1ms)
}

# ask SQL: of the rows of ./run.
ask() {
	sqlite3 :memory: ".import --csv run/results.csv r" "$1"
}

@test "parts of a message count in the rate of a stream" {
	"$IPCMARK" run "${quiet[@]}" --mechanisms tcp_buf256k,unix_stream \
		--tests throughput --sizes 1M --launches 3 --slices 1 --slice 2ms \
		--out run
	ask "select mechanism, bytes_per_s, bytes, elapsed_ns from r"
	[ "$(ask "select count(*) from r where status = 'ok'")" -eq 6 ]
	# One slice: the rate is its bytes by its time.
	[ "$(ask "select count(*) from r
		where abs(bytes_per_s / (1e9 * bytes / elapsed_ns) - 1) > 1e-6")" -eq 0 ]
}

@test "a burst of datagrams is not kept up by a window below it" {
	for setting in udp.window=8 udp.rcvbuf=4096; do
		rm -rf run
		"$IPCMARK" run "${quiet[@]}" --mechanisms udp,udp_connected --tests send \
			--sizes 1,1K --set "$setting" --launches 1 --slices 2 --slice 1ms \
			--deadline 5s --out run
		[ "$(ask "select group_concat(distinct status) from r")" = ok ]
	done
}

@test "what a gap costs is not that of a message" {
	# Shorter ones are spun away: all of it would be CPU time of side 0.
	"$IPCMARK" run "${quiet[@]}" --mechanisms eventfd,pipe --tests latency --sizes 64 \
		--gap 19us --launches 3 --slices 4 --slice 5ms --out run
	ask "select mechanism, user_a_ns + system_a_ns from r"
	[ "$(ask "select count(*) from r where status = 'ok'
		and user_a_ns + system_a_ns < 19000")" -eq 6 ]
}

@test "a run that is resumed is as good as it was" {
	set -- "${quiet[@]}" --mechanisms posix_mq --tests latency --sizes 64 --launches 2 --slices 1 \
		--slice 1ms --out run
	run "$REFUSE" EPERM=mq_open -- "$IPCMARK" run "$@"
	echo "$output"
	[ "$status" -eq 3 ]
	[ "$(ask "select count(*) from r where status != 'ok'")" -eq 2 ]
	run "$IPCMARK" run --resume run
	echo "$output"
	[ "$status" -eq 3 ]
	rm -rf run
	"$IPCMARK" run "$@"
	"$IPCMARK" run --resume run
}

@test "options that shape nothing are told" {
	local option
	for option in "--gap 1ms" "--canary futex" "--pieces 4" ; do
		# shellcheck disable=SC2086 # two words
		"$IPCMARK" run "${quiet[@]}" --mechanisms pipe --tests throughput $option \
			--dry-run >out 2>&1
		grep -qF -- "${option% *} changes nothing: no test that it shapes is made." out
	done
	for option in "--batch 8" "--chunk 4K"; do
		# shellcheck disable=SC2086
		"$IPCMARK" run "${quiet[@]}" --mechanisms pipe --tests latency $option \
			--dry-run >out 2>&1
		grep -qF -- "${option% *} changes nothing: no test that it shapes is made." out
	done
	"$IPCMARK" run "${quiet[@]}" --mechanisms pipe --gap 1ms --pieces 3 --batch 8 \
		--chunk 4K --dry-run >out 2>&1
	run grep -F "changes nothing" out
	[ "$status" -eq 1 ]
}

@test "a duet ends as a run does where there is nothing, or no room, for it" {
	run "$IPCMARK" duet --mechanisms floor_switch --tests capacity --out none
	echo "$output"
	[ "$status" -eq 77 ]
	mkdir -p full/base
	touch full/base/file
	run "$IPCMARK" duet --mechanisms pipe --sizes 64 --launches 1 --slices 1 \
		--placements unpinned --extend 0 --out full
	echo "$output"
	[ "$status" -eq 2 ]
	[[ $output == *"'full/base' is not empty; give --out another directory" ]]
}

@test "whoever serves can be ended while nobody asks" {
	local pid
	mkfifo questions
	sleep 60 >questions &
	local holder=$!
	"$IPCMARK" serve <questions >answers &
	pid=$!
	until [ -s answers ]; do
		sleep 0.02
	done
	kill -TERM "$pid"
	for _ in $(seq 500); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.02
	done
	run kill -0 "$pid"
	kill "$holder"
	[ "$status" -ne 0 ]
	[ -z "$(ls -A tmp)" ]
}
