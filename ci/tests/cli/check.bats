#!/usr/bin/env bats
# `ipcmark check` from outside: formats, exit codes, what it leaves, bad input.

bats_require_minimum_version 1.5.0

. "$SOURCE_DIR/ci/tests/cli/room.sh"

setup() {
	clean_room
	mkdir tmp
	export TMPDIR=$PWD/tmp
}

teardown() {
	[ ! -d tmp ] || [ -z "$(ls -A tmp)" ]
}

# ends CODE COMMAND...: runs it into `out` and `err` and expects that exit code.
ends() {
	local expected=$1 status=0
	shift
	"$@" >out 2>err || status=$?
	[ "$status" -eq "$expected" ] && return
	echo "$*: exit $status, not $expected"
	cat out err
	return 1
}

# A target's file under which a check that passes here fails as an unexpected pass.
wrong_target() {
	printf 'id,verdict,reason,reference\npipe.eof.drain_then_zero,deviates,"so, it is said",x\n' \
		>wrong.csv
}

@test "TAP: version, plan, one line a point; prove reads it" {
	ends 0 "$IPCMARK" check 'pipe.eof.*'
	[ "$(sed -n 1p out)" = "TAP version 13" ]
	[ "$(sed -n 2p out)" = "1..$(grep -cE '^(not )?ok ' out)" ]
	grep -q '^ok 1 - pipe\.eof\.' out
	grep -qE '^[0-9]+ checked in [0-9.]+ s: [0-9]+ ok' err
	ends 0 "$IPCMARK" check --tap-version 14 pipe.eof.drain_then_zero
	[ "$(sed -n 1p out)" = "TAP version 14" ]
	command -v prove || skip "prove is not installed"
	prove -e '' "$IPCMARK" :: check 'pipe.eof.*'
}

@test "CSV has a row for each point" {
	ends 0 "$IPCMARK" check --format csv 'pipe.eof.*'
	[ "$(head -n 1 out)" = id,suite,promise,verdict,what,got,want,errno,reason,where,seen,cite,repeats,same,duration_ms ]
	[ "$(tail -n +2 out | wc -l)" -eq "$("$IPCMARK" list checks --format csv | grep -c '^pipe\.eof\.')" ]
}

@test "a failure exits 1, is told on stderr and in JUnit" {
	wrong_target
	ends 1 "$IPCMARK" check --target ./wrong.csv --junit junit.xml \
		pipe.eof.drain_then_zero pipe.sigpipe.ignored_epipe
	grep -q '^not ok 1 - pipe.eof.drain_then_zero$' out
	grep -q 'verdict: "unexpected pass"' out
	grep -q '^ok 2 - ' out
	grep -q 'unexpected pass *pipe.eof.drain_then_zero: it holds here' err
	grep -q 'tests="2" failures="1" errors="0" time=' junit.xml
}

@test "repetitions are counted" {
	ends 0 "$IPCMARK" check --repeat 20 --format csv pipe.eof.drain_then_zero
	grep -qE '^pipe\.eof\.drain_then_zero,.*,20,20,[0-9.]+$' out
}

@test "a topic stands for what is under it, and a suite for its checks" {
	ends 0 "$IPCMARK" check pipe.eof
	grep -q ' - pipe\.eof\.drain_then_zero$' out
	run -1 grep sigpipe out
	ends 0 "$IPCMARK" check pipe_sigpipe
	grep -q sigpipe out
}

@test "each check is explained" {
	ends 0 "$IPCMARK" check --explain
	[ "$(grep -c '^  promised ' out)" -ge 10 ]
	[ "$(grep -c '^  promised ' out)" -eq "$(grep -c '^  breaks ' out)" ]
	run -1 grep -E '^  (promised|source|tested|breaks) *nothing is known' out
	run awk 'length > 100' out
	[ -z "$output" ]
}

@test "the list has every check, in a table and in CSV" {
	ends 0 "$IPCMARK" list checks
	[ "$(wc -l <out)" -ge 10 ]
	"$IPCMARK" list checks --format csv >list.csv
	[ "$(head -n 1 list.csv)" = id,check,suite,promise,needs,serial,says,cite,method,differs,breaks ]
}

@test "what is wrong on the command line is named" {
	ends 2 "$IPCMARK" check pipe.eof.drain_then_zer
	grep -q "no check matches 'pipe.eof.drain_then_zer' (did you mean pipe.eof.drain_then_zero?)" err
	ends 2 "$IPCMARK" check --target linus
	grep -q "there is no target 'linus' (did you mean linux?)" err
	ends 2 "$IPCMARK" check --format json
	grep -q "'json' is none of tap, csv" err
	ends 2 "$IPCMARK" check --deadline-scale 0
	grep -q "0 is out of range; it can be 0.01 to 1000" err
	ends 2 "$IPCMARK" check --repeat 0
	ends 2 "$IPCMARK" check --jobs 65
	ends 2 "$IPCMARK" check --preset quick
	ends 3 "$IPCMARK" check --junit nowhere/junit.xml pipe.eof.drain_then_zero
	grep -q "write nowhere/junit.xml: No such file or directory" err
}

@test "without a place for private directories it says so" {
	TMPDIR=$PWD/none ends 3 "$IPCMARK" check pipe.eof.drain_then_zero
	grep -q "make the private directory $PWD/none/ipcmark-" err
	grep -q '^Bail out!' out
}

@test "interrupted, it keeps what it had and leaves nothing" {
	"$IPCMARK" check --repeat 1000000 pipe.eof.drain_then_zero >out 2>err &
	local pid=$! status=0
	until [ -s out ]; do sleep 0.01; done
	kill -TERM "$pid"
	wait "$pid" || status=$?
	[ "$status" -eq 3 ]
	grep -q 'interrupted: 0 of 1 points were checked\|interrupted: 1 of 1' err
}

@test "killed, it leaves nothing either" {
	"$IPCMARK" check --repeat 1000000 pipe.eof.drain_then_zero >out 2>err &
	local pid=$! children
	until children=$(pgrep -P "$pid"); do sleep 0.01; done
	kill -KILL "$pid"
	wait "$pid" || true
	while [ -n "$children" ] && ps -o pid= -p "$(echo "$children" | paste -sd ,)"; do
		sleep 0.01
	done
	[ -z "$(ls -A tmp)" ]
}

@test "one CPU is enough" {
	ends 0 taskset -c "$(taskset -cp $$ | sed 's/.*: \([0-9]*\).*/\1/')" \
		"$IPCMARK" check pipe_end
}

# refused NAME... -- COMMAND...: where system calls fail; see ci/tests/refuse.c.
refused() {
	local status=0
	"$REFUSE" "$@" >out 2>err || status=$?
	[ "$status" -ne 77 ] || skip "no filters of system calls here"
	return "$status"
}

# In a mount namespace of its own, after the command $1.
within() {
	unshare --mount true 2>/dev/null || skip "needs leave to mount"
	unshare --mount sh -c "$1; exec \"\$@\"" sh "${@:2}" >out 2>err
}

@test "an old kernel without pidfds and close_range is no hindrance" {
	refused pidfd_open close_range memfd_create -- "$IPCMARK" check pipe_end futex pidfd
	run -1 grep '^not ok .*[a-z]$' out
	grep -q '^ok .*pidfd\.flags # SKIP not implemented by this system' out
}

@test "a measurement without pidfds says what is missing" {
	run -3 refused pidfd_open -- "$IPCMARK" run --out run --mechanisms pipe --cpus 0,0 \
		--launches 1 --sizes 1 --tests latency
	grep -rq 'open a pidfd (Linux 5.3): Function not implemented' run out err
}

@test "what is missing is a deviation from POSIX, and a skip for Linux" {
	run -1 refused mq_open eventfd2 -- "$IPCMARK" check mq_open eventfd
	grep -q '^not ok .* - mq\.' out
	run -1 grep '^not ok .* - eventfd\.' out
	grep -q 'needs POSIX message queues: Function not implemented' out
}

@test "what a sandbox forbids is a skip" {
	refused EPERM=unshare EPERM=process_vm_readv EPERM=process_vm_writev -- "$IPCMARK" check \
		sysv_limits process_vm
	grep -q 'SKIP needs leave to make namespaces' out
}

@test "without /proc nothing deviates or breaks" {
	! ldd "$IPCMARK" | grep -q libasan || skip "the sanitizer cannot do without /proc"
	within 'umount -l /proc' "$IPCMARK" check pipe_block memfd_seals sysv_limits mq_limits
	grep -q 'SKIP needs /proc' out
}

@test "few descriptors, no /dev/shm, a network that is down: skipped with the reason" {
	sh -c 'ulimit -n 20; exec "$@"' sh "$IPCMARK" check descriptor exec pipe_pool >out 2>err
	grep -q 'SKIP needs 128 descriptors (ulimit -n)' out
	within 'mount -t tmpfs -o ro none /dev/shm' "$IPCMARK" check shm_posix sem_posix
	grep -q 'SKIP needs a place for named shared memory' out
	unshare --net "$IPCMARK" check tcp pipe_end >out 2>err
	grep -q 'SKIP needs the IPv4 loopback interface' out
}

@test "nobody needs to be root" {
	[ "$(id -u)" = 0 ] || skip "already somebody else"
	chmod 777 tmp .
	chmod o+x "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR" || true
	setpriv --reuid 12345 --regid 12345 --clear-groups \
		env TMPDIR=/tmp "$IPCMARK" check pipe_end >out 2>err
	run -1 grep '^not ok' out
}
