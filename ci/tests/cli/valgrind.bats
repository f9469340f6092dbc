#!/usr/bin/env bats
# memcheck finds nothing in the process that runs the checks. The checks themselves are
# silent: some hand bad addresses to the system on purpose.

setup() {
	command -v valgrind >/dev/null || skip "valgrind is not installed"
	cd "$BATS_TEST_TMPDIR" || exit
	export TMPDIR=$BATS_TEST_TMPDIR
	valgrind -q "$IPCMARK" --version >/dev/null 2>&1 ||
		skip "this build does not run under valgrind"
}

# What it opened itself and did not close.
left_open() {
	awk '/Open file descriptor/ { opened = $0; getline; if (!/inherited/) print opened }' log
}

# clean ARGUMENT...: ipcmark runs, whatever comes of it, without an error, a lost block or
# a descriptor left open.
clean() {
	valgrind --child-silent-after-fork=yes --leak-check=full --track-fds=yes \
		--log-file=log "$IPCMARK" "$@" >out 2>err || true
	grep -q 'ERROR SUMMARY: 0 errors' log && [ -z "$(left_open)" ] && return
	cat log err
	return 1
}

@test "the runner: verdicts of all kinds, repetitions, several at a time, JUnit" {
	clean check --jobs 4 --repeat 2 --junit junit.xml pipe.eof sysv_get wait.nohang
	grep -q '^ok ' out
	grep -q '</testsuites>' junit.xml
}

@test "a deadline that passes, a target of one's own, CSV" {
	printf 'id,verdict,reason,reference\npipe.eof.drain_then_zero,deviates,so,x\n' >own.csv
	clean check --deadline-scale 0.01 --target ./own.csv --format csv pipe.eof
	grep -q '^pipe\.eof\.' out
}

@test "texts, lists and what is not understood" {
	clean check --explain 'pipe.*' && [ -s out ]
	clean list checks --format csv
	clean check no.such.check
	clean check --target none
	clean check --junit nowhere/junit.xml pipe.eof
}
