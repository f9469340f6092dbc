#!/usr/bin/env bats
# Exports on the command line, and what the tools they are for make of them, where those
# are installed.

. "$SOURCE_DIR/ci/tests/cli/room.sh"

setup() {
	clean_room
	run=$SOURCE_DIR/ci/tests/golden/run-small
}

# refused CODE SENTENCE OPTION...: this one line on stderr, nothing on stdout.
refused() {
	local code=$1 sentence=$2 status=0
	shift 2
	"$IPCMARK" "$@" >out 2>err || status=$?
	[ "$status" -eq "$code" ] && [ ! -s out ] && [ "$(cat err)" = "$sentence" ] && return
	echo "ipcmark $*: exit $status"
	cat out err
	echo "expected: $sentence"
	return 1
}

# JSON may not be built in.
need_json() {
	"$IPCMARK" export bencher "$run" >/dev/null || skip "built without jansson"
}

# need_python MODULE...
need_python() {
	local module
	for module; do
		/usr/bin/python3 -c "import $module" 2>/dev/null ||
			skip "python has no $module"
	done
}

@test "export: what is wrong is named" {
	refused 2 "ipcmark export: something is missing: ipcmark export FORMAT RUN..." export
	refused 2 "ipcmark export: something is missing: ipcmark export FORMAT RUN..." \
		export otava
	"$IPCMARK" export openmetric "$run" 2>err || [ $? -eq 2 ]
	grep -q "^ipcmark export: 'openmetric' is none of .*; did you mean openmetrics?$" err
	refused 2 "ipcmark: openmetrics takes one run; '$run' is one too many" \
		export openmetrics "$run" "$run"
	refused 3 "ipcmark: open the directory 'nowhere': No such file or directory" \
		export openmetrics nowhere
}

@test "export: a run without a measured case is nothing to export" {
	mkdir empty
	head -1 "$run/results.csv" >empty/results.csv
	refused 77 "ipcmark: empty: nothing to export; no case of this run was measured" \
		export openmetrics empty
}

@test "export: formats complete, and then paths" {
	"$IPCMARK" completion bash >words
	mkdir some-run
	# shellcheck disable=SC2016 # expanded inside
	run bash -c '
		. ./words
		compopt() { :; }
		COMP_WORDS=(ipcmark export "open") COMP_CWORD=2 COMPREPLY=()
		_ipcmark
		echo "${COMPREPLY[@]}"
		COMP_WORDS=(ipcmark export openmetrics some) COMP_CWORD=3 COMPREPLY=()
		_ipcmark
		echo "${COMPREPLY[@]}"'
	[ "$output" = $'openmetrics\nsome-run' ]
}

@test "export: OpenMetrics is what its parser reads" {
	need_python prometheus_client.openmetrics.parser
	"$IPCMARK" export openmetrics "$run" >out
	/usr/bin/python3 -c '
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
families = list(parse(open("out").read()))
assert any(f.name == "ipcmark_round_trip_seconds" and f.samples for f in families)'
}

@test "export: Google Benchmark compares it" {
	need_json
	need_python numpy scipy.stats
	local tool=/usr/share/benchmark/compare.py
	[ -f "$tool" ] || skip "libbenchmark-tools is not installed"
	"$IPCMARK" export google-benchmark "$run" >base.json
	/usr/bin/python3 "$tool" --no-color benchmarks base.json base.json >out
	grep -qE '^pipe/latency/64/shared-l3/none +\+0\.0000 ' out
}

# The schema that bencher.dev publishes for its format.
@test "export: Bencher's schema accepts it" {
	need_json
	need_python jsonschema
	"$IPCMARK" export bencher "$run" >out
	/usr/bin/python3 -c '
import json, jsonschema
number = {"type": "number"}
metric = {"type": "object", "required": ["value"],
          "properties": {"value": number, "lower_value": number, "upper_value": number}}
measures = {"type": "object", "patternProperties": {".+": metric}}
made = json.load(open("out"))
jsonschema.validate(made, {"type": "object", "patternProperties": {".+": measures}})
assert "latency" in made["pipe/latency/64/shared-l3/none"]'
}

# Every entry has a name, a unit and a number; the rest is optional text.
@test "export: github-action-benchmark finds what it asks for" {
	need_json
	local format
	for format in github-action-benchmark github-action-benchmark-bigger; do
		"$IPCMARK" export "$format" "$run" >out
		[ "$(sqlite3 :memory: "select count(*) > 0 and min(
			json_type(value, '$.name') = 'text' and
			json_type(value, '$.unit') = 'text' and
			json_type(value, '$.value') in ('real', 'integer') and
			coalesce(json_type(value, '$.range'), 'text') = 'text')
			from json_each(readfile('out'))")" = 1 ]
	done
}

@test "export: JUnit of a comparison is what its parser reads" {
	need_python junitparser
	"$IPCMARK" compare "$run" "$run" --format junit >out || [ $? -eq 3 ]
	/usr/bin/python3 -c '
from junitparser import JUnitXml
for suite in JUnitXml.fromfile("out"):
    assert suite.tests == len(list(suite)) > 0 and suite.failures == 0'
}
