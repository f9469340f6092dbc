#!/usr/bin/env bats
# Runs against runs: exit codes, sentences, formats. The runs are made up.

. "$SOURCE_DIR/ci/tests/cli/room.sh"

setup() {
	# shellcheck source=ci/tests/cli/made_runs.sh
	. "$SOURCE_DIR/ci/tests/cli/made_runs.sh"
	clean_room
}

@test "compare: no change is 0, slower 1, faster 0, inconclusive 3" {
	made_run base 1
	made_run same 1
	made_run slow 1.05
	made_run fast 0.95
	LAUNCHES=2 made_run few 1.05
	ends 0 "$IPCMARK" compare base same
	[ ! -s err ]
	tail -1 out | grep -qx 'no change (2 cases: 2 without change)'
	ends 1 "$IPCMARK" compare base slow
	tail -1 out | grep -qx 'slower (2 cases: 1 slower, 1 without change)'
	grep -qE '^  pipe +latency +64 B .* \+5\.0 %.*  slower$' out
	ends 0 "$IPCMARK" compare base fast
	tail -1 out | grep -qx 'faster (2 cases: 1 faster, 1 without change)'
	ends 3 "$IPCMARK" compare base few
	grep -q 'too few launches' out
	# Slower is worse than inconclusive, whichever comes last.
	ends 1 "$IPCMARK" compare base few slow
	ends 1 "$IPCMARK" compare base slow few
	ends 3 "$IPCMARK" compare base same few
}

@test "compare: margin and alpha move the verdict" {
	made_run base 1
	made_run slow 1.05
	ends 0 "$IPCMARK" compare base slow --margin 10%
	ends 0 env IPCMARK_MARGIN=10 "$IPCMARK" compare base slow
	ends 1 env IPCMARK_MARGIN=10 "$IPCMARK" compare base slow --margin 0.5
	# At this alpha 12 launches a side cannot pass any more.
	ends 3 "$IPCMARK" compare base slow --alpha 1e-9
}

@test "compare: every difference of the machines is named" {
	made_run base 1
	KERNEL=6.6.0 COMMIT=8d07b3a made_run new 1
	ends 0 "$IPCMARK" compare base new
	grep -qx "  kernel: '6.1.0' and '6.6.0'" out
	grep -qx "  ipcmark commit: '4f2c9e1' and '8d07b3a'" out
}

@test "compare: formats are what they say" {
	made_run base 1
	made_run slow 1.05
	ends 1 "$IPCMARK" compare base slow --format markdown
	head -1 out | grep -q '^### ipcmark: slower'
	ends 1 "$IPCMARK" compare base slow --format junit
	grep -q '<failure message="slower: +5.0 % ' out
	# Without jansson it says so.
	if "$IPCMARK" compare base slow --format json >out 2>err || [ ! -s err ]; then
		[ "$(sqlite3 :memory: "select value ->> '$.verdict', value ->> '$.exit',
			json_array_length(value, '$.cases[0].base.launches')
			from json_each(readfile('out'), '$.comparisons')")" = "slower|1|12" ]
	else
		grep -q libjansson err
	fi
}

@test "compare: what is wrong is named" {
	made_run base 1
	made_run other 1 fifo
	refused 2 "ipcmark compare: something is missing: ipcmark compare BASE NEW [MORE...] [OPTION...]" \
		compare base
	refused 2 "ipcmark compare: --format: 'makdown' is none of table, markdown, json, junit; did you mean markdown?" \
		compare base base --format makdown
	refused 2 "ipcmark compare: unknown option '--magin'; did you mean --margin?" \
		compare base base --magin 3
	refused 2 "ipcmark compare: --margin: 'two' is not a percentage; it is written 2 or 0.5" \
		compare base base --margin two
	refused 2 "ipcmark compare: --margin: 101 is out of range; it can be 0 to 100" \
		compare base base --margin 101
	refused 2 "ipcmark compare: --alpha: 0 is out of range; it can be above 0 and up to 0.5" \
		compare base base --alpha 0
	refused 2 "ipcmark compare: --alpha: 'nan' is not a probability; it is written 0.01" \
		compare base base --alpha nan
	refused 2 "ipcmark show: unknown option '--margin'; it belongs after 'ipcmark compare'" \
		show --margin 2 base
	refused 3 "ipcmark: open the directory 'nowhere': No such file or directory" \
		compare base nowhere
	refused 3 "ipcmark: no case was measured in both base and other" compare base other
}

@test "compare: --format keeps its meaning for list" {
	ends 0 "$IPCMARK" list tests --format csv
	grep -q '^test,says$' out
	refused 2 "ipcmark list: --format: 'junit' is none of table, csv" \
		list tests --format junit
}

@test "compare and history: figures are drawn where they are asked for" {
	command -v gnuplot || skip "gnuplot is not installed"
	mkdir tmp
	export TMPDIR=$PWD/tmp
	made_run base 1
	made_run slow 1.05
	echo old >change.svg
	ends 1 "$IPCMARK" compare base slow --figure change.svg
	grep -q '<svg' change.svg
	grep -q '>slower<' change.svg
	ends 1 "$IPCMARK" compare base slow --figure change.png
	[ "$(head -c 4 change.png | tail -c 3)" = PNG ]
	local day
	for day in 01 02 03 04 05 06 07 08 09 10; do
		LAUNCHES=1 DAY=$day made_run "run-$day" 1
	done
	ends 0 "$IPCMARK" history run-* --figure history.svg
	grep -q 'pipe/latency/64' history.svg
	# Nothing is left, neither beside the figures nor where they were made.
	[ -z "$(ls -A tmp)" ]
	[ "$(find . -maxdepth 1 -name '*.svg*' -o -maxdepth 1 -name '*.png*' | wc -l)" -eq 3 ]
}

@test "compare and history: figures that cannot be drawn are named" {
	made_run base 1
	made_run slow 1.05
	refused 2 "ipcmark: --figure: 'change.pdf' is no name of a figure; it ends in .svg or .png" \
		compare base slow --figure change.pdf
	refused 2 "ipcmark: --figure shows two runs; leave out 'slow' and what follows" \
		compare base slow slow --figure change.svg
	refused 2 "ipcmark: --figure: 'x' is no name of a figure; it ends in .svg or .png" \
		history base slow --figure x
	command -v gnuplot || skip "gnuplot is not installed"
	ends 3 "$IPCMARK" compare base slow --figure nowhere/change.svg
	grep -q '^ipcmark: write nowhere/change.svg: No such file or directory' err
}
