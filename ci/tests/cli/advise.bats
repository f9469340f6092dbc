# Which mechanism for a need, by what a run has measured.

# shellcheck source=ci/tests/cli/made_runs.sh
. "$BATS_TEST_DIRNAME/made_runs.sh"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

@test "advice ranks what was measured, and calls a tie a tie" {
	made_run run 1 pipe tcp
	ends 0 "$IPCMARK" advise run
	grep -q '^Round trips of 64 B, on shared-l3$' out
	grep -q '^  Take pipe or tcp: a tie, the intervals overlap$' out
	grep -q '1= pipe' out
	grep -q '1= tcp' out
	ends 0 "$IPCMARK" advise --need cross-host run
	grep -q '^  Take tcp$' out
	ends 0 "$IPCMARK" advise --size 1M --max-cpu 150% run
	grep -q '1 MiB was not measured, and nothing is put in between; the nearest is 4 KiB' out
}

@test "a run without the pattern has nothing to advise by" {
	made_run run 1
	ends 77 "$IPCMARK" advise --pattern stream run
	[ "$(cat err)" = "ipcmark: this run measured nothing to advise by; to measure: ipcmark run --tests throughput" ]
}

@test "what advise cannot read or do is said" {
	made_run run 1
	refused 2 "ipcmark: --placement: nothing was measured on 'shared-l2' in this run; it has shared-l3 (did you mean shared-l3?)" \
		advise run --placement shared-l2
	refused 2 "ipcmark: --need: 'boundary' is none of unrelated, boundaries, cross-host, pollable, reliable, sleeping (did you mean boundaries?)" \
		advise run --need unrelated,boundary
	refused 2 "ipcmark: --need: an item is empty or too long" advise run --need unrelated,
	for wrong in 5x 0% 201% -3% 5; do
		refused 2 "ipcmark: --max-cpu: '$wrong' is neither a share of one CPU by both sides, above 0% and up to 200%, nor a time a message, such as 5us" \
			advise run "--max-cpu=$wrong"
	done
	refused 2 "ipcmark advise: --pattern: 'rcp' is none of rpc, stream, wake; did you mean rpc?" \
		advise run --pattern rcp
	refused 3 "ipcmark: open the directory 'gone': No such file or directory" advise gone
}
