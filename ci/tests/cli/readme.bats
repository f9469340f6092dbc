#!/usr/bin/env bats
# shellcheck disable=SC2016 # the backquotes are Markdown
# The table of mechanisms in README.md follows from the program.

setup() {
	script=${SOURCE_DIR:-$(cd "$BATS_TEST_DIRNAME/../../.." && pwd)}/ci/readme.sh
	export IPCMARK README=$BATS_TEST_TMPDIR/README.md
	begin='<!-- mechanisms: written by ci/readme.sh -->'
	end='<!-- mechanisms: end -->'
	printf '%s\n' "# Title" "" "before" "$begin" "old" "$end" "after" >"$README"
}

@test "the table is written between the marks, and nothing else is changed" {
	run "$script"
	[ "$status" -eq 0 ]
	[ "$(head -n 4 "$README")" = "$(printf '%s\n' "# Title" "" before "$begin")" ]
	[ "$(tail -n 2 "$README")" = "$(printf '%s\n' "$end" after)" ]
	run grep -x old "$README"
	[ "$status" -eq 1 ]
	[ "$(grep -c '^| `' "$README")" = \
		"$(("$("$IPCMARK" list mechanisms --format csv | wc -l)" - 1))" ]
	grep -qF '| `pipe` | pipe | anonymous pipe, one a direction | latency, throughput, capacity, send, pieces, memory |' \
		"$README"
	grep -q '^| `eventfd` .*| no payload' "$README"
}

@test "--check: 0 when it is right, 1 and a difference when it is not" {
	run "$script" --check
	[ "$status" -eq 1 ]
	[[ $output == *"< old"* ]]
	[[ $output == *"out of date; run ci/readme.sh"* ]]
	grep -qx old "$README"
	"$script"
	cp "$README" "$BATS_TEST_TMPDIR/right"
	run "$script" --check
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	"$script"
	cmp "$README" "$BATS_TEST_TMPDIR/right"
	sed -i 's/^| `pipe` .*//' "$README"
	run "$script" --check
	[ "$status" -eq 1 ]
}

@test "no marks, half of them, the wrong order, no file: 2, in words" {
	printf 'text\n' >"$README"
	run "$script"
	[ "$status" -eq 2 ]
	[[ $output == *"must have the line '$begin' once"* ]]
	printf '%s\n' "$begin" >"$README"
	run "$script" --check
	[ "$status" -eq 2 ]
	[[ $output == *"must have the line '$end' once"* ]]
	printf '%s\n' "$end" "$begin" >"$README"
	run "$script"
	[ "$status" -eq 2 ]
	rm "$README"
	run "$script"
	[ "$status" -eq 2 ]
	[[ $output == *"is not there"* ]]
}
