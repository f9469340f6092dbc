#!/usr/bin/env bats
# What a user can get wrong and what a machine can refuse: a sentence that names the thing,
# the value and the way out, the right exit code, and nothing left behind.

. "$SOURCE_DIR/ci/tests/cli/room.sh"

setup() {
	clean_room
	mkdir tmp
	export TMPDIR=$PWD/tmp
	# A launch of a few milliseconds.
	small=(--sizes 64 --launches 1 --slices 2 --slice 100us --warm-up 1ms)
	pipe=(--mechanisms pipe --tests latency "${small[@]}" --placements unpinned)
}

teardown() {
	[ ! -d tmp ] || [ -z "$(ls -A tmp)" ] # nobody left anything in TMPDIR
}

# ends CODE COMMAND...: runs it into the files `out` and `err` and expects that exit code.
ends() {
	local expected=$1 status=0
	shift
	"$@" >out 2>err || status=$?
	[ "$status" -eq "$expected" ] && return
	echo "$*: exit $status, not $expected"
	cat out err
	return 1
}

# refused CODE SENTENCE OPTION...: `ipcmark run` says this one line and measures nothing.
refused() {
	local code=$1 sentence=$2
	shift 2
	ends "$code" "$IPCMARK" run "$@" || return 1
	[ ! -s out ] && [ "$(cat err)" = "$sentence" ] && return
	echo "ipcmark run $*:"
	cat out err
	echo "expected: $sentence"
	return 1
}

# says PATTERN: a line of `err` matches the glob.
says() {
	local line
	while IFS= read -r line; do
		# shellcheck disable=SC2053 # a pattern is wanted
		[[ $line == $1 ]] && return
	done <err
	echo "no line is like: $1"
	cat err
	return 1
}

# rows DIR FIELD...: these fields of results.csv, one row a line, "|" between.
rows() {
	local directory=$1 fields
	shift
	fields=$(IFS=, && echo "$*")
	sqlite3 :memory: ".import --csv $directory/results.csv r" \
		"select $fields from r order by launch, attempt"
}

# Runs a command with the standard descriptors only; bats has others open.
bare() {
	# shellcheck disable=SC2016 # expanded inside
	bash -c '
		for fd in /proc/self/fd/*; do
			fd=${fd##*/}
			[ "$fd" -le 2 ] || eval "exec $fd>&-"
		done
		exec "$@"' bash "$@"
}

# Mount and IPC namespaces of one's own take root.
need_namespaces() {
	unshare --mount --propagation private true 2>/dev/null ||
		skip "mount namespaces take root here"
}

# hidden DIR COMMAND...: runs it with an empty, read-only DIR.
hidden() {
	# shellcheck disable=SC2016 # expanded inside
	unshare --mount --propagation private bash -c '
		mount -t tmpfs -o ro none "$1" && shift && exec "$@"' bash "$@"
}

# Runs a command without privileges: root may write everywhere.
unprivileged() {
	if [ "$(id -u)" -ne 0 ]; then
		"$@"
	else
		setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs "$@"
	fi
}

# Only what this run of bats made is opened to others.
need_unprivileged() {
	local directory=$PWD
	chmod 1777 tmp
	[ "$(id -u)" -eq 0 ] || return 0
	while [[ $directory == "$BATS_RUN_TMPDIR"* ]]; do
		chmod a+rx "$directory"
		directory=$(dirname "$directory")
	done
	unprivileged test -w tmp || skip "an unprivileged user does not reach $PWD"
	unprivileged "$IPCMARK" --version >/dev/null ||
		skip "an unprivileged user does not reach the program"
}

@test "unknown mechanisms, tests and placements are named with the nearest" {
	refused 2 "ipcmark: --mechanisms: there is no mechanism 'piep'; did you mean pipe?" \
		--mechanisms pipe,piep
	refused 2 "ipcmark: --mechanisms: there is no mechanism 'zzzzz'; see 'ipcmark list mechanisms'" \
		--mechanisms zzzzz
	refused 2 "ipcmark: --tests: 'latancy' is none of latency, throughput, capacity, connect, send, pieces, memory; did you mean latency?" \
		--tests latancy
	refused 2 "ipcmark: --placements: 'unpined' is not a placement; did you mean unpinned? (there are same-cpu, smt, shared-l2, shared-l3, same-package, cross-package, cross-numa, unpinned, all-pairs)" \
		--placements unpined
	refused 2 "ipcmark: --set: no chosen mechanism has a setting 'pipe.szie'; did you mean pipe.size?" \
		--set pipe.szie=4K
	refused 2 "ipcmark: --mechanisms: an empty name in the list" --mechanisms pipe,,fifo
	[ ! -e runs ]
}

@test "sizes that are none are named with what is right" {
	refused 2 "ipcmark: --sizes: '4KB' is not a size; did you mean 4K? (powers of 1024)" \
		--sizes 64,4KB
	refused 2 "ipcmark: --sizes: '-1' is not a size; sizes are written 64, 4K or 1M" \
		--sizes -1
	refused 2 "ipcmark: --sizes: '1e99' is not a size; sizes are written 64, 4K or 1M" \
		--sizes 1e99
	refused 2 "ipcmark run: --sizes: an empty value; LIST is wanted" --sizes ""
	refused 2 "ipcmark: --sizes: an empty size in the list" --sizes 64,,128
	refused 2 "ipcmark: --sizes: 0 is out of range; it can be 1 to 1M" --sizes 0
	refused 2 "ipcmark: --sizes: 2M is out of range; it can be 1 to 1M" --sizes 2M
	refused 2 "ipcmark: --sizes: the size '99999999999999999999' is too large; the greatest is 9223372036854775807" \
		--sizes 99999999999999999999
	[ ! -e runs ]
}

@test "a combination that leaves nothing to run exits 77" {
	refused 77 "ipcmark: nothing to run: none of the mechanisms takes part in the tests" \
		--mechanisms floor_switch --tests capacity
}

@test "a placement the machine does not have is told with those it has" {
	"$IPCMARK" list placements | grep -q '^same-cpu .*CPU' || skip "built without hwloc"
	refused 2 "ipcmark: --placements: the placement smt needs two CPUs in one core; this topology has same-cpu, shared-l3, unpinned, all-pairs" \
		--dry-run --topology "pack:1 l3:1 core:2 pu:1" --placements smt
	refused 2 "ipcmark: --placements: the placement cross-numa needs CPUs in two NUMA nodes; this topology has same-cpu, shared-l3, unpinned, all-pairs" \
		--dry-run --topology "pack:1 l3:1 core:2 pu:1" --placements cross-numa
	refused 2 "ipcmark: '$PWD/none.xml' is neither a readable hwloc XML file nor a synthetic topology such as \"pack:2 l3:2 core:4 pu:2\"" \
		--dry-run --topology "$PWD/none.xml"
}

@test "CPUs that do not exist or are not allowed are named" {
	local allowed
	allowed=$(taskset -cp $$ | sed 's/.*: //')
	ends 2 "$IPCMARK" run --cpus "${allowed%%[,-]*},99999"
	says "ipcmark: CPU 99999 does not exist here; this process may use CPU *"
	[ "$(nproc)" -ge 2 ] || skip "there is one CPU only"
	local first=${allowed%%[,-]*} last=${allowed##*[,-]}
	ends 2 taskset -c "$first" "$IPCMARK" run --cpus "$first,$last"
	[ "$(cat err)" = "ipcmark: CPU $last is not one that this process may use, which are $first; taskset, a cgroup or the kernel keeps it away" ]
	"$IPCMARK" list placements | grep -q '^same-cpu .*CPU' || return 0
	ends 2 taskset -c "$first" "$IPCMARK" run --placements smt
	says "*smt needs two CPUs in one core*this machine has same-cpu, unpinned (this process may use CPU $first only)"
}

@test "with one CPU what needs two is skipped and the rest is measured" {
	local first
	first=$(taskset -cp $$ | sed 's/.*: \([0-9]*\).*/\1/')
	"$IPCMARK" list placements | grep -q '^same-cpu .*CPU' || skip "built without hwloc"
	ends 0 taskset -c "$first" "$IPCMARK" run --mechanisms pipe,floor_cacheline,floor_stream \
		--tests latency,throughput "${small[@]}" --placements same-cpu --out run
	[ "$(rows run mechanism test status "reason like '% needs two CPUs'" cpu_a cpu_b | sort)" = \
"floor_cacheline|latency|skipped|1|$first|$first
floor_stream|throughput|skipped|1|$first|$first
pipe|latency|ok|0|$first|$first
pipe|throughput|ok|0|$first|$first" ]
	grep -q 'needs two CPUs' out
}

@test "--out that is not empty, no directory or a link is left as it is" {
	mkdir full
	touch full/precious plain
	ln -s full link
	refused 2 "ipcmark: 'full' is not empty; give --out another directory (or finish that run with --resume full)" \
		"${pipe[@]}" --out full
	refused 2 "ipcmark: 'plain' is not a directory" "${pipe[@]}" --out plain
	refused 2 "ipcmark: make the directory 'plain/run': Not a directory (give --out a directory that can be written)" \
		"${pipe[@]}" --out plain/run
	refused 2 "ipcmark: 'link' is a symbolic link; give the directory it points to" \
		"${pipe[@]}" --out link
	refused 2 "ipcmark run: --out: an empty value; DIR is wanted" "${pipe[@]}" --out ""
	[ "$(ls full)" = precious ]
	[ ! -s full/precious ]
	[ ! -s plain ]
}

@test "--out that cannot be written is named" {
	need_unprivileged
	mkdir -m 555 closed
	[ "$(id -u)" -ne 0 ] || chown 65534 closed
	ends 2 unprivileged "$IPCMARK" run "${pipe[@]}" --out closed/run
	[ "$(cat err)" = "ipcmark: make the directory 'closed/run': Permission denied (give --out a directory that can be written)" ]
	ends 2 unprivileged "$IPCMARK" run "${pipe[@]}" --out closed
	[ "$(cat err)" = "ipcmark: make closed/histograms: Permission denied (give --out a directory that can be written)" ]
	# shellcheck disable=SC2016 # expanded inside
	ends 2 unprivileged bash -c 'cd closed && exec "$IPCMARK" run "$@"' bash "${pipe[@]}"
	says "ipcmark: make the directory 'runs/*': Permission denied (give --out a directory that can be written)"
	[ -z "$(ls closed)" ]
}

@test "a disk that is full at the start leaves nothing" {
	need_namespaces
	mkdir disk
	# shellcheck disable=SC2016 # expanded inside
	ends 3 unshare --mount --propagation private bash -c '
		mount -t tmpfs -o size=16k none disk
		"$IPCMARK" run "$@" --out disk/run
		code=$?
		[ -z "$(ls disk)" ] || { ls -lR disk; exit 99; }
		exit $code' bash "${pipe[@]}"
	[ "$(cat err)" = "ipcmark: write disk/run/environment.csv: No space left on device (make room, or give --out a directory elsewhere)" ]
	# Not even room for the first name.
	# shellcheck disable=SC2016
	ends 3 unshare --mount --propagation private bash -c '
		mount -t tmpfs -o nr_inodes=2 none disk
		"$IPCMARK" run "$@" --out disk/run
		code=$?
		[ -z "$(ls disk)" ] || { ls -lR disk; exit 99; }
		exit $code' bash "${pipe[@]}"
	says "ipcmark: make disk/run/histograms: No space left on device (make room, or give --out a directory elsewhere)"
}

@test "a disk that gets full keeps whole launches and is resumed when there is room" {
	need_namespaces
	mkdir disk
	# shellcheck disable=SC2016 # expanded inside
	ends 0 unshare --mount --propagation private bash -c '
		mount -t tmpfs -o size=48k none disk
		"$IPCMARK" run --mechanisms pipe --tests throughput --placements unpinned \
			--sizes 1,64,4K --launches 60 --slices 1 --slice 100us \
			--warm-up 1ms \
			--seed 1 --out disk/run >/dev/null 2>first || code=$?
		[ "$code" -eq 3 ] || { cat first; exit 99; }
		wc -l <disk/run/results.csv >lines
		mount -o remount,size=4M disk
		"$IPCMARK" run --resume disk/run && cp -r disk/run whole'
	cat first >>err
	says "ipcmark: append to disk/run/results.csv: No space left on device (make room, then finish with --resume disk/run)"
	[ "$(rows whole "count(*)" "count(distinct launch)" "min(status)" "max(status)")" = "180|60|ok|ok" ]
	local lines
	lines=$(cat lines)
	[ "$lines" -gt 1 ]
	[ "$((lines % 3))" -eq 1 ] # the header and whole launches of three sizes
}

@test "without /dev/shm the rings are skipped and the rest is measured" {
	need_namespaces
	ends 0 hidden /dev/shm "$IPCMARK" run --mechanisms pipe,shm_futex,shm_spin --tests latency \
		"${small[@]}" --placements unpinned --out run
	[ "$(rows run mechanism status reason | sort)" = \
"pipe|ok|
shm_futex|skipped|shm_futex: create in /dev/shm: Read-only file system (it needs a tmpfs there that this user can write)
shm_spin|skipped|shm_spin: create in /dev/shm: Read-only file system (it needs a tmpfs there that this user can write)" ]
	says "ipcmark: shm_spin is skipped: shm_spin: create in /dev/shm: *"
	grep -q 'shm_spin *skipped' out
	ends 3 hidden /dev/shm "$IPCMARK" run --mechanisms shm_futex --tests latency \
		"${small[@]}" --placements unpinned --out nothing
	says "ipcmark: nothing could be measured; the reasons are above"
	grep -q '^Nothing was measured' out
}

@test "too few descriptors are named with their limit, whatever fails of it" {
	local limit code
	for limit in 5 6 7 8 9 10 11; do
		code=0
		bare prlimit --nofile=$limit "$IPCMARK" run --mechanisms pipe,tcp \
			--tests latency "${small[@]}" --placements unpinned --out "run$limit" \
			>out 2>err || code=$?
		# One more is a mechanism more, but never more than there are.
		[ $code -eq 3 ] || { [ $code -eq 0 ] && [ $limit -gt 8 ]; }
		says "*Too many open files (RLIMIT_NOFILE is $limit; 'ulimit -n 256' is enough)*"
		[ ! -e "run$limit" ] || "$IPCMARK" show "run$limit" >/dev/null
	done
	ends 3 bare prlimit --nofile=8 "$IPCMARK" run --mechanisms pipe,tcp --tests latency \
		"${small[@]}" --placements unpinned --out run
	[ "$(rows run mechanism "status <> 'ok'" "reason like '%RLIMIT_NOFILE is 8%'" | sort)" = \
"pipe|1|1
tcp|1|1" ]
	says "ipcmark: nothing could be measured; the reasons are above"
}

@test "without message queues posix_mq is skipped and the rest is measured" {
	ends 0 prlimit --msgqueue=0 "$IPCMARK" run --mechanisms pipe,posix_mq --tests latency \
		"${small[@]}" --placements unpinned --out run
	rows run mechanism status reason | sort >got
	head -1 got | grep -qx 'pipe|ok|'
	tail -1 got | grep -q "^posix_mq|skipped|posix_mq: create a queue.*(RLIMIT_MSGQUEUE is 0 bytes, 'ulimit -q' sets it; fs.mqueue.queues_max is"
}

@test "fs.pipe-max-size is the limit of --set pipe.size for everybody" {
	local most
	most=$(cat /proc/sys/fs/pipe-max-size) || skip "there is no /proc"
	need_unprivileged
	[ "$most" -lt 2147483648 ] || skip "fs.pipe-max-size is as large as it can be"
	refused 2 "ipcmark: --set pipe.size=$((2 * most)) is out of range; it can be 4096 to $most (fs.pipe-max-size)" \
		"${pipe[@]}" --set "pipe.size=$((2 * most))"
	ends 2 unprivileged "$IPCMARK" run "${pipe[@]}" --set "pipe.size=$((2 * most))"
	says "*out of range; it can be 4096 to $most (fs.pipe-max-size)"
	mkdir -m 777 open
	ends 0 unprivileged "$IPCMARK" run --mechanisms pipe --tests capacity --sizes 4K \
		--launches 1 --slices 1 --placements unpinned --set pipe.size=64K \
		--out open/run
	[ "$(rows open/run status capacity_bytes)" = "ok|65536" ]
}

@test "the pages that a user may hold in pipes are a reason in words, not a wrong number" {
	need_unprivileged
	[ "$(id -u)" -eq 0 ] || skip "fs.pipe-user-pages-soft can be used up by root only"
	local soft
	soft=$(cat /proc/sys/fs/pipe-user-pages-soft) || skip "there is no /proc"
	[ "$soft" -gt 0 ] && [ "$soft" -le 65536 ] || skip "no limit of pages"
	local python
	python=$(unprivileged sh -c 'command -v python3') || skip "python3 is not installed"
	mkdir -m 777 open
	cat >hold.py <<-'TEXT'
		import fcntl, os, subprocess, sys
		held = []
		try:  # grow pipes to 1 MiB until the soft limit refuses it
		    while len(held) < 400:
		        held.append(os.pipe())
		        fcntl.fcntl(held[-1][1], 1031, 1 << 20)
		except PermissionError:
		    pass
		sys.exit(subprocess.run(sys.argv[1:]).returncode)
	TEXT
	ends 0 unprivileged "$python" hold.py "$IPCMARK" run --mechanisms pipe,tcp --tests latency \
		"${small[@]}" --placements unpinned --set pipe.size=1M --out open/run
	rows open/run mechanism status reason >got
	grep -qx 'tcp|ok|' got
	grep -qE '^pipe\|(skipped|failed)\|pipe: set .*(Operation not permitted|Device or resource busy)' got ||
		{ cat got && false; }
}

@test "a truncated run directory is read as far as it goes" {
	cp -r "$SOURCE_DIR/ci/tests/golden/run-small" run
	chmod -R u+w run
	head -c -20 run/results.csv >shorter
	cp shorter run/results.csv
	ends 0 "$IPCMARK" show run
	head -1 "$SOURCE_DIR/ci/tests/golden/run-small/results.csv" >run/results.csv
	ends 0 "$IPCMARK" show run
	grep -q '^Nothing was measured' out
}

@test "foreign run directories are named by show, plot and --resume" {
	local command code kind sentence
	cp -r "$SOURCE_DIR/ci/tests/golden/run-small" good
	chmod -R u+w good
	while IFS=: read -r kind sentence; do
		for command in show plot report "run --resume"; do
			code=3
			[ "$command" != "run --resume" ] || code=2
			rm -rf run
			cp -r good run
			case $kind in
			none) rm -rf run ;;
			file) rm -rf run && echo text >run ;;
			other) rm run/results.csv ;;
			empty) : >run/results.csv ;;
			foreign) printf 'a,b\n1,2\n' >run/results.csv ;;
			binary) head -c 3000 /dev/zero >run/results.csv ;;
			nul) sed -i "2s/,pipe,/,pi\x00pe,/" run/results.csv ;;
			directory) rm run/results.csv && mkdir run/results.csv ;;
			version) sed -i '2s/^1,/9,/' run/results.csv ;;
			fifo) rm run/results.csv && mkfifo run/results.csv ;;
			esac
			# shellcheck disable=SC2086 # two words
			ends $code timeout 10 "$IPCMARK" $command run
			says "ipcmark: $sentence"
			[ ! -s out ]
			[ ! -e run/figures ]
		done
	done <<-'TEXT'
		none:open the directory 'run': No such file or directory
		file:'run' is not a directory
		other:'run' is not a run directory: it has no results.csv
		empty:run/results.csv: line 1: the names of the columns are missing
		foreign:run/results.csv: line 1: column schema is missing
		binary:run/results.csv is no text: it has a NUL byte
		nul:run/results.csv is no text: it has a NUL byte
		directory:run/results.csv is not a regular file
		version:run/results.csv has schema 9, this ipcmark reads schema 1; use the version that wrote it
		fifo:run/results.csv is not a regular file
	TEXT
}

@test "--resume refuses what was planned elsewhere and keeps its rows" {
	"$IPCMARK" run "${pipe[@]}" --launches 2 --out run >/dev/null 2>&1
	cp run/results.csv before
	cp run/environment.csv environment
	rm run/environment.csv
	refused 2 "ipcmark: run/environment.csv does not say how the run was begun (option.seed is missing); begin a new run" \
		--resume run
	sed 's/^option.launches,2/option.launches,3/' environment >run/environment.csv
	refused 2 "ipcmark: 'run' was planned as 2 launches, and its options make 3 here and now; finish it on the machine and under the limits it was begun with, or begin a new run" \
		--resume run
	sed 's/^option.mechanisms,pipe/option.mechanisms,fifo/' environment >run/environment.csv
	refused 2 "ipcmark: 'run' has results that its options do not lead to here and now; finish it on the machine and under the limits it was begun with, or begin a new run" \
		--resume run
	sed 's/^option.mechanisms,pipe/option.mechanisms,gone/' environment >run/environment.csv
	ends 2 "$IPCMARK" run --resume run
	says "ipcmark: --mechanisms: there is no mechanism 'gone'*"
	cmp before run/results.csv
}

@test "a TMPDIR that cannot be used is named, and no run is begun" {
	TMPDIR=$PWD/nowhere ends 3 "$IPCMARK" run "${pipe[@]}" --out run
	says "ipcmark: make the private directory $PWD/nowhere/ipcmark-*: No such file or directory (set TMPDIR to a directory that can be written)"
	[ ! -e run ]
	local long
	long=$PWD/$(printf 'x%.0s' {1..100})
	mkdir "$long"
	TMPDIR=$long ends 3 "$IPCMARK" run "${pipe[@]}" --out run
	[ "$(cat err)" = "ipcmark: make a private directory in $long: File name too long (set TMPDIR to a shorter path)" ]
	[ ! -e run ]
	need_unprivileged
	mkdir -m 555 closed
	mkdir -m 777 open
	TMPDIR=$PWD/closed ends 3 unprivileged "$IPCMARK" run "${pipe[@]}" --out open/run
	says "ipcmark: make the private directory $PWD/closed/ipcmark-*: Permission denied (set TMPDIR to a directory that can be written)"
	[ ! -e open/run ]
}

@test "without /proc everything is measured, and what is not known is left empty" {
	need_namespaces
	ends 0 hidden /proc "$IPCMARK" run --mechanisms pipe,fifo,tcp,posix_mq,shm_futex \
		--tests latency,throughput "${small[@]}" --placements unpinned --out run
	[ "$(rows run "count(*)" "count(distinct mechanism)" "min(status)" "max(status)" "max(steal_ms)")" = \
		"10|5|ok|ok|" ] || { rows run mechanism test status reason steal_ms && false; }
	ends 0 hidden /proc timeout 60 "$IPCMARK" doctor
	grep -q 'load is unknown' out
}

@test "SCHED_FIFO that is refused is told, and no run is begun" {
	need_unprivileged
	mkdir -m 777 open
	[ "$(unprivileged bash -c 'ulimit -r')" = 0 ] || skip "RLIMIT_RTPRIO allows it"
	ends 3 unprivileged "$IPCMARK" run "${pipe[@]}" --sched fifo:10 --out open/run
	[ "$(cat err)" = "ipcmark: --sched fifo:10: set SCHED_FIFO, priority 12: Operation not permitted (it takes root, CAP_SYS_NICE or 'ulimit -r 99')" ]
	[ -z "$(ls open)" ]
}

@test "what a sandbox refuses is a reason in words" {
	command -v python3 >/dev/null || skip "python3 is not installed"
	[ "$(uname -m)" = x86_64 ] || skip "the filter knows the numbers of x86-64 only"
	# socket(2) fails with EPERM, by a seccomp filter that is inherited.
	cat >refuse.py <<-'TEXT'
		import ctypes, os, struct, sys
		libc = ctypes.CDLL(None, use_errno=True)
		code = [(0x20, 0, 0, 0), (0x15, 0, 1, 41),
		        (6, 0, 0, 0x50001), (6, 0, 0, 0x7fff0000)]
		filters = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *c) for c in code))
		program = struct.pack("HxxxxxxP", len(code), ctypes.addressof(filters))
		if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, program, 0, 0):
		    sys.exit(97)
		os.execv(sys.argv[1], sys.argv[1:])
	TEXT
	python3 refuse.py /bin/true || skip "seccomp filters are not allowed here"
	ends 0 python3 refuse.py "$IPCMARK" run --mechanisms pipe,tcp --tests latency "${small[@]}" \
		--placements unpinned --out run
	[ "$(rows run mechanism status reason | sort)" = \
"pipe|ok|
tcp|skipped|tcp: socket for 127.0.0.1: Operation not permitted" ]
}

@test "a table that cannot be written is noticed, and the rows are kept" {
	[ -w /dev/full ] || skip "there is no /dev/full"
	local status=0
	"$IPCMARK" run "${pipe[@]}" --out run >/dev/full 2>err || status=$?
	[ "$status" -eq 3 ]
	says "ipcmark: write the standard output: No space left on device"
	[ "$(rows run status)" = ok ]
}
