# What people say of IPC, decided by a run.

# shellcheck source=ci/tests/cli/made_runs.sh
. "$BATS_TEST_DIRNAME/made_runs.sh"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

# verdict ID: of that claim in the file `out`, which is CSV.
verdict() {
	sed -n "s/^$1,.*\(confirmed\|refuted\|depends\|not decidable here\),.*/\1/p" out
}

@test "claims are decided by the medians and the checks of a run" {
	made_run run 1 pipe unix_stream
	# Every median is near 5 µs.
	ends 0 "$IPCMARK" claims run --format csv
	[ "$(head -1 out)" = id,kind,claim,verdict,because,rule,evidence ]
	[ "$(verdict perf.latency.unix)" = confirmed ]
	[ "$(verdict perf.latency.pipe)" = refuted ]
	[ "$(verdict pipe.half_duplex)" = 'not decidable here' ]

	"$IPCMARK" check pipe --format csv >run/checks.csv 2>err
	ends 0 "$IPCMARK" claims run --format csv
	[ "$(verdict pipe.half_duplex)" = confirmed ]
	[ "$(verdict pipe.related_only)" = refuted ]
	[ "$(verdict pipe.sigpipe)" = depends ]
	grep -q 'pipe.sigpipe.ignored_epipe: ok' out
}

@test "a table says how many, and what is missing; --explain gives rules and evidence" {
	made_run run 1
	ends 0 "$IPCMARK" claims run
	grep -qE '^[0-9]+ claims: ' out
	grep -q 'ipcmark run --with-checks' out
	[ "$(wc -L <out)" -le 100 ]
	[ "$(grep -c 'rule: ' out)" -eq 0 ]
	ends 0 "$IPCMARK" claims --explain run
	grep -q 'rule: latency(pipe)/2 about 5us..10us at 64' out
	grep -q 'against: 64 B, shared-l3: latency(pipe)/2 = ' out
}

@test "what any option of claims takes, it takes" {
	made_run run 1
	ends 0 "$IPCMARK" claims run --format markdown
	grep -q '^| claim | verdict | because | evidence |$' out
	"$IPCMARK" claims run --format json >out 2>err ||
		grep -q 'JSON is not built in' err
}

@test "what claims cannot read or do is said" {
	refused 2 "ipcmark claims: something is missing: ipcmark claims RUN [OPTION...]" claims
	refused 3 "ipcmark: open the directory 'gone': No such file or directory" claims gone
	made_run run 1
	refused 2 "ipcmark claims: --format: 'jsn' is none of table, csv, json, markdown; did you mean json?" \
		claims run --format jsn
}
