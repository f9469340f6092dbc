#!/usr/bin/env bats
# Many runs: where a case changed, between which commits, and what is refused. The runs are
# made up.

. "$SOURCE_DIR/ci/tests/cli/room.sh"

setup() {
	# shellcheck source=ci/tests/cli/made_runs.sh
	. "$SOURCE_DIR/ci/tests/cli/made_runs.sh"
	clean_room
}

# made_history FACTOR...: runs 01, 02, ..., a day and a commit each, a launch of each case.
made_history() {
	local factor number=1
	for factor; do
		LAUNCHES=1 DAY=$(printf %02d "$number") COMMIT=$(printf 'c%02d' "$number") \
			KERNEL=${KERNEL:-6.1.0} made_run "$(printf %02d "$number")" "$factor"
		number=$((number + 1))
	done
}

@test "history: a step is found between its commits, and the rest is left alone" {
	made_history 1.00 1.01 0.99 1.00 1.02 0.99 1.01 1.11 1.10 1.12 1.09 1.10 1.11
	sed -i s/6.1.0/6.6.0/ 0[89]/environment.csv 1?/environment.csv
	# In whatever order they are given.
	ends 1 "$IPCMARK" history 12 0* 10 11 13
	[ ! -s err ]
	head -1 out | grep -q '^13 runs, from 2026-01-01T00:00:00Z, c01 (01) to '
	tr -s '\n ' ' ' <out >flat
	grep -qF 'Between 2026-01-07T00:00:00Z, c07 (07) and 2026-01-08T00:00:00Z, c08 (08)' flat
	grep -qF "kernel: '6.1.0' and '6.6.0'" flat
	grep -qE '^  pipe/latency/64/shared-l3/touch .* \+1[01]\.[0-9] %  slower ' out
	[ "$(grep -c pipe/latency out)" -eq 1 ]
	grep -qF '1 change in 2 series' flat
}

@test "history: what became faster in the end is no finding" {
	made_history 1.10 1.11 1.09 1.10 1.12 1.09 1.11 1.00 1.01 1.02 0.99 1.00 1.01
	ends 0 "$IPCMARK" history ./??
	grep -qE '^  pipe/latency/64/.*  faster ' out
	ends 0 "$IPCMARK" history ./?? --margin 20
	grep -q '^0 changes in 2 series' out
}

@test "history: what is wrong is named" {
	made_history 1 1 1
	refused 3 "ipcmark: 3 runs are too few: a change of level takes at least 10 that measured the same case" \
		history 01 02 03
	refused 2 "ipcmark history: something is missing: ipcmark history RUN... [OPTION...]" \
		history 01
	refused 2 "ipcmark history: unknown option '--apha'; did you mean --alpha?" \
		history 01 02 --apha 1
	refused 3 "ipcmark: open the directory 'nowhere': No such file or directory" \
		history 01 nowhere
}
