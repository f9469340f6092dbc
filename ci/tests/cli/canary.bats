#!/usr/bin/env bats
# A second mechanism beside each latency launch, and what is no canary.

. "$SOURCE_DIR/ci/tests/cli/room.sh"

setup() {
	# shellcheck source=ci/tests/cli/made_runs.sh
	. "$SOURCE_DIR/ci/tests/cli/made_runs.sh"
	clean_room
}

# rows FIELD... WHERE: of run/results.csv, one row a line, "|" between.
rows() {
	sqlite3 :memory: ".import --csv run/results.csv r" "select $1 from r where $2"
}

@test "each latency launch of another mechanism has the canary's round trip" {
	"$IPCMARK" run --mechanisms pipe,futex,floor_syscall --tests latency,throughput \
		--sizes 64,4K --launches 1 --slices 2 --slice 100us --warm-up 1ms \
		--placements unpinned --canary futex --out run >out 2>err
	[ "$(rows 'count(*), min(canary), min(canary_ns + 0 > 0)' \
		"mechanism = 'pipe' and test = 'latency'")" = "2|futex|1" ]
	[ "$(rows 'count(*)' "status = 'ok' and canary <> ''")" -eq 2 ]
	[ "$(rows 'count(*)' "status = 'ok' and canary = ''")" -eq 4 ]
	grep -qx 'option.canary,futex' run/environment.csv
	# A run against itself, with its canaries: too few launches, and no error.
	ends 3 "$IPCMARK" compare run run
	grep -q 'against the canary futex; +0.0 % as it was measured' out
}

@test "what cannot be a canary is named" {
	refused 2 "ipcmark: --canary: there is no mechanism 'futx'; did you mean futex?" \
		run --canary futx --dry-run
	refused 2 "ipcmark: --canary: shm_spin cannot be one: a canary is a round trip of two processes that sleep while they wait, such as futex or pipe" \
		run --canary shm_spin --dry-run
	refused 2 "ipcmark: --canary: floor_memcpy cannot be one: a canary is a round trip of two processes that sleep while they wait, such as futex or pipe" \
		run --canary floor_memcpy --dry-run
}
