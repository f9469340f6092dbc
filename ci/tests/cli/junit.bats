#!/usr/bin/env bats
# JUnit that a CI server takes: by the schema, and with counts that are right.

. "$SOURCE_DIR/ci/tests/cli/room.sh"

setup() {
	clean_room
	command -v xmllint >/dev/null || skip "xmllint is not installed"
	# shellcheck source=ci/tests/cli/made_runs.sh
	. "$SOURCE_DIR/ci/tests/cli/made_runs.sh"
}

# valid FILE: by the schema, and each suite counts its cases.
valid() {
	local wrong='//testsuite[@tests != count(testcase) or @skipped != count(*/skipped)
		or @failures != count(*/failure) or @errors != count(*/error)]'
	local sums='/*[@tests != count(//testcase) or @failures != count(//failure)
		or @errors != count(//error)]'

	xmllint --noout --schema "$SOURCE_DIR/ci/tests/junit.xsd" "$1" 2>log &&
		[ "$(xmllint --xpath "count($wrong | $sums)" "$1")" -eq 0 ] && return
	cat log "$1"
	return 1
}

# spoiled SED-SCRIPT: the file `good` is valid no longer.
spoiled() {
	sed "$1" good >bad
	if cmp -s good bad; then
		echo "changes nothing: $1"
		return 1
	fi
	! valid bad >/dev/null && return
	echo "still valid: $1"
	return 1
}

@test "JUnit: what no server takes is refused here too" {
	made_run base 1
	made_run slow 1.05
	ends 1 "$IPCMARK" compare base slow --format junit
	mv out good
	valid good
	spoiled 's/ errors="0"//'
	spoiled 's/ errors="0"/ errors="none"/'
	spoiled 's/ failures="1"/ failures="2"/'
	spoiled 's/<testcase classname="[^"]*" name/<testcase classname/'
	spoiled 's/<testcase /&severity="high" /'
	spoiled 's/<testcase /&time="1e-3" /'
	spoiled 's/failure/regression/'
	spoiled 's/testsuites/suites/'
	spoiled 's/<property name=/<property key=/'
	spoiled 's/ %/ \&percent;/'
	spoiled 's/ %/ \xff/'
}

@test "JUnit: checks, with every verdict there is" {
	printf 'id,verdict,reason,reference\neventfd.flags,deviates,"<so> & ""so""",x\n' >own.csv
	# Too few descriptors for some checks, a set-up that fails for others.
	"$REFUSE" EINVAL=eventfd2 -- sh -c 'ulimit -n 20; exec "$@"' sh "$IPCMARK" check \
		--target ./own.csv --junit junit.xml pipe_end descriptor eventfd >out 2>err ||
		[ $? -ne 77 ] || skip "no filters of system calls here"
	valid junit.xml
	grep -q '<failure type="deviates"' junit.xml
	grep -q '<error type="broken"' junit.xml
	grep -q '<skipped type="skipped"' junit.xml
	grep -q '<skipped type="known' junit.xml
	[ "$(xmllint --xpath 'count(//testcase[not(*)])' junit.xml)" -gt 0 ]
}

@test "JUnit: comparisons, one and several, of runs with any name" {
	local name=$'<new> & "old" \xff\x01'
	made_run base 1
	made_run "$name" 1.05
	LAUNCHES=2 made_run few 1
	ends 1 "$IPCMARK" compare base "$name" few --format junit
	valid out
	[ "$(xmllint --xpath 'count(//testsuite)' out)" -eq 2 ]
	grep -q '<skipped ' out
	valid "$SOURCE_DIR/ci/tests/golden/changes/junit.xml"
}
