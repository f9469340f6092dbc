# A run that holds the verdicts of the checks, also when it is interrupted.

# shellcheck source=ci/tests/cli/made_runs.sh
. "$BATS_TEST_DIRNAME/made_runs.sh"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	small=(--mechanisms floor_syscall --tests latency --launches 1 --slices 1)
}

@test "checks are added to a run, and told by show; a signal leaves none, --resume adds them" {
	"$IPCMARK" run "${small[@]}" --out run --with-checks >out 2>err &
	local pid=$! status=0
	until grep -q ' checks$' err 2>/dev/null; do
		kill -0 "$pid"
	done
	kill -TERM "$pid"
	wait "$pid" || status=$?
	[ "$status" -eq 143 ]
	grep -q -- '--resume run' err
	[ -s run/results.csv ]
	[ ! -e run/checks.csv ]

	# What the run was begun with is finished, without being asked for again.
	ends 0 "$IPCMARK" run --resume run
	grep -q '^Checks: ' out
	[ "$(head -1 run/checks.csv | cut -d, -f1-4)" = id,suite,promise,verdict ]
	diff <("$IPCMARK" list checks --format csv | sed 1d | cut -d, -f1) \
		<(sed 1d run/checks.csv | grep -E '^[a-z_]+\.' | cut -d, -f1)
	ends 0 "$IPCMARK" show run
	grep -q '^Checks: .* ok' out

	# They are not run again.
	cp run/checks.csv before
	ends 0 "$IPCMARK" run --resume run
	cmp before run/checks.csv
	[ "$(grep -c ' checks$' err)" -eq 0 ]
}

@test "a run without checks gets them by --resume --with-checks" {
	ends 0 "$IPCMARK" run "${small[@]}" --out run
	[ ! -e run/checks.csv ]
	[ "$(grep -c '^Checks' out)" -eq 0 ]
	"$IPCMARK" run --resume run --with-checks >out 2>err &
	local pid=$!
	until grep -q ' checks$' err 2>/dev/null; do
		kill -0 "$pid"
	done
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" -ne 0 ]
	[ ! -e run/checks.csv ]
}

@test "a file of checks that cannot be read is told and hides nothing else" {
	made_run run 1
	echo 'id,suite' >run/checks.csv
	ends 0 "$IPCMARK" show run
	grep -q "^Checks: checks.csv: no column 'promise'" out
	grep -q pipe out
	refused 3 "ipcmark: checks.csv: no column 'promise'" claims run
}
