#!/usr/bin/env bats
# The report: what stands in it, where it is written, and that a run cannot break it.

. "$SOURCE_DIR/ci/tests/cli/room.sh"

setup() {
	clean_room
	# shellcheck source=ci/tests/cli/made_runs.sh
	. "$SOURCE_DIR/ci/tests/cli/made_runs.sh"
	run_small=$SOURCE_DIR/ci/tests/golden/run-small
}

# shows TEXT...: each stands in report.html as it is.
shows() {
	local text
	for text; do
		grep -qF -- "$text" report.html && continue
		echo "report.html lacks: $text"
		return 1
	done
}

# hides TEXT: it stands nowhere in report.html.
hides() {
	! grep -nF -- "$1" report.html
}

# lacks PATTERN: no line of report.html matches.
lacks() {
	! grep -noE -- "$1" report.html
}

@test "report: a page is written and named" {
	ends 0 "$IPCMARK" report "$run_small"
	[ "$(cat out)" = report.html ]
	[ ! -s err ]
	shows '<!DOCTYPE html>' '</html>' 'Example CPU @ 2.00GHz' 'id="round-trips"' \
		'id="throughput"' 'id="figures"' 'id="cost"' 'id="floors"' 'id="capacity"' \
		'id="conformance"' 'id="folklore"' 'id="machine"' 'id="trust"' 'id="again"'
	# Nothing is fetched.
	hides 'http-equiv="refresh"'
	lacks '(src|href)="[^#"][^"]*"'
	# What the program wrote itself is markup, not text.
	lacks '&lt;/?(p|b|td|tr|div|span|code|small|a|li)[ &/]'
	ends 0 "$IPCMARK" report "$run_small" -o -
	cmp out report.html
	ends 0 "$IPCMARK" report "$run_small" -o sub.html
	cmp sub.html report.html
}

@test "report: numbers stand with their interval, floor and price" {
	ends 0 "$IPCMARK" report "$run_small"
	shows '10.3 µs <small>±2.4&nbsp;%</small>' '16384 bytes do not fit in a message'
	# 425 ns are 1.18 times the 360 ns of a cache line.
	grep -q 'data-v="1.18056">1.2 ×' report.html
}

@test "report: a run that can only be read, and one without gnuplot" {
	cp -R "$run_small" frozen
	find frozen -type f >before
	chmod -R a-w frozen
	ends 0 "$IPCMARK" report frozen
	find frozen -type f | cmp - before
	chmod -R u+w frozen
	mkdir empty
	PATH=$PWD/empty ends 0 "$IPCMARK" report frozen
	shows 'The figures could not be drawn' '10.3 µs'
	hides '<figure>'
}

@test "report: figures that lie in the run are not trusted" {
	command -v gnuplot >/dev/null || skip "no gnuplot"
	cp -R "$run_small" lied
	mkdir -p lied/figures
	echo "<svg>lie</svg>" >lied/figures/percentiles-shared-l3.svg
	mkdir private
	TMPDIR=$PWD/private ends 0 "$IPCMARK" report lied
	shows '<figure>' 'role="img"'
	hides 'lie</svg>'
	[ -z "$(ls private)" ]
}

@test "report: a hostile run is text" {
	command -v python3 >/dev/null || skip "no python3"
	python3 "$SOURCE_DIR/ci/tests/cli/hostile_run.py" "$run_small" evil
	ends 0 "$IPCMARK" report evil
	shows '&lt;script&gt;window.hacked=1'
	[ "$(grep -c '<script' report.html)" -eq 1 ]
	hides '<img'
	hides '<svg onload'
	hides $'\e'
	ends 0 "$IPCMARK" report evil "$run_small"
	[ "$(grep -o '<script' report.html | wc -l)" -eq 1 ]
	# Each of the evils in each place; figures take their time.
	local number
	for number in 1 2 3 4 5 6 7 8; do
		python3 "$SOURCE_DIR/ci/tests/cli/hostile_run.py" "$run_small" evil$number \
			$number
		IPCMARK_PLOTS=$PWD ends 0 "$IPCMARK" report evil$number "$run_small"
		[ "$(grep -o '<script' report.html | wc -l)" -eq 1 ]
		lacks '<(img|svg onload|textarea)|</textarea'
	done
}

@test "report: the command makes the same run again" {
	ends 0 "$IPCMARK" run --mechanisms pipe --tests latency --sizes 64 --launches 1 \
		--placements same-cpu --slice 1ms --slices 1 --set pipe.size=16K \
		--out here
	ends 0 "$IPCMARK" report here
	grep -o 'ipcmark run --preset.*</code></pre>' report.html >again
	sed -i 's,</code></pre>,,' again
	# shellcheck disable=SC2046 # the words of a command line
	ends 0 "$IPCMARK" $(sed 's/^ipcmark //' again) --out there
	for key in option.mechanisms option.tests option.sizes option.set option.seed \
		option.slices run.launches; do
		[ "$(grep "^$key," here/environment.csv)" = \
			"$(grep "^$key," there/environment.csv)" ]
	done
}

@test "report: two runs mark what differs, and nothing else" {
	made_run base 1
	made_run same 1
	made_run slow 1.2
	ends 0 "$IPCMARK" report base same
	shows 'id="differences"' 'class="note">None.'
	hides 'class="worse"'
	hides 'class="better"'
	ends 0 "$IPCMARK" report base same slow
	[ "$(grep -o 'class="worse"' report.html | wc -l)" -eq 1 ]
	hides 'class="better"'
	shows '▼ +20.0 %'
}

@test "report: what is wrong is named" {
	ends 3 "$IPCMARK" report nowhere
	grep -q "nowhere" err
	[ ! -e report.html ]
	ends 3 "$IPCMARK" report "$run_small" -o no/such/folder.html
	grep -q "no/such/folder.html" err
	ends 2 "$IPCMARK" report
	mkdir folder
	ends 3 "$IPCMARK" report "$run_small" -o folder/
	grep -q "folder/" err
}

@test "report: missing columns, NaN and too many rows are refused in words" {
	made_run broken 1
	sed -i '1s/median_ns/other_ns/' broken/results.csv
	ends 3 "$IPCMARK" report broken
	grep -q "median_ns" err
	made_run nan 1
	sed -i '2s/,touch,/,touch,NaN,/;2s/,$//' nan/results.csv
	ends 3 "$IPCMARK" report nan
	made_run huge 1
	tail -1 huge/results.csv >row
	yes "$(cat row)" | head -400001 >>huge/results.csv
	ends 3 "$IPCMARK" report huge
	grep -q "at the most" err
}

@test "report: a run with nothing measured is a page too" {
	mkdir bare
	head -1 "$run_small/results.csv" >bare/results.csv
	head -1 "$run_small/summary.csv" >bare/summary.csv
	ends 0 "$IPCMARK" report bare
	shows 'No mechanism was measured' 'environment.csv is missing'
}

# add_memory RUN BYTES: launches of the memory test.
add_memory() {
	awk -F, -v OFS=, -v bytes="$2" '
		NR == 1 {
			print $0, "channels", "memory_bytes", "memory_used_bytes"
			for (i = 1; i <= NF; i++)
				at[$i] = i
			next
		}
		{ print $0, "", "", "" }
		END {
			$at["test"] = "memory"
			$at["payload"] = $at["gap_ns"] = $at["median_ns"] = ""
			for (l = 0; l < 6; l++) {
				$at["launch"]++
				print $0, 100, bytes + l, bytes + 100
			}
		}' "$1/results.csv" >"$1/more.csv"
	mv "$1/more.csv" "$1/results.csv"
}

@test "report: times and memory have scales of their own" {
	made_run base 1
	made_run slow 1.2
	add_memory base 4096
	add_memory slow 8192
	"$IPCMARK" report base slow -o two.html
	# Of both the least and the greatest, at the ends.
	[ "$(grep -c '"base" cx="8.0".*"run1" cx="142.0"' two.html)" -eq 2 ]
}

@test "report: it is fit for people, in a browser" {
	command -v python3 >/dev/null || skip "no python3"
	"$IPCMARK" report "$run_small" -o one.html
	python3 "$SOURCE_DIR/ci/tests/cli/hostile_run.py" "$run_small" evil
	"$IPCMARK" report evil -o evil.html
	made_run base 1
	made_run slow 1.2
	"$IPCMARK" report base slow -o two.html
	local status=0
	python3 "$SOURCE_DIR/ci/tests/browser/look.py" one.html evil.html two.html \
		>wrong || status=$?
	[ "$status" -ne 77 ] || skip "$(cat wrong)"
	cat wrong
	[ "$status" -eq 0 ]
}
