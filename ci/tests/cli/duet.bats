#!/usr/bin/env bats
# A duet as its user meets it: a build against itself, how it is ended, and commands that
# are no ipcmark, or lie. No speed is asserted.

. "$SOURCE_DIR/ci/tests/cli/room.sh"

setup() {
	# shellcheck source=ci/tests/cli/made_runs.sh
	. "$SOURCE_DIR/ci/tests/cli/made_runs.sh" # ends
	clean_room
	mkdir tmp
	export TMPDIR=$PWD/tmp
	# All that a duet starts inherits it, and nothing else has it.
	mark=DUET_MARK=$$.$RANDOM.$RANDOM
	few=(--launches 13 --mechanisms pipe --sizes 64 --placements same-cpu --slices 2
		--slice 1ms --warm-up 1ms --extend 0 --out run)
	# Where it is not the verdict that is looked at.
	one=("${few[@]}" --launches 1)
}

teardown() {
	nothing_left
}

# Processes of the duets of this test: command lines.
processes() {
	local process
	while IFS= read -r process; do
		tr '\0' ' ' <"${process%environ}cmdline" 2>/dev/null || continue
		echo
	done < <(grep -lzxF "$mark" /proc/[0-9]*/environ 2>/dev/null)
}

# A janitor ends a little after the one it cleans up for.
nothing_left() {
	local end=$((SECONDS + 10))
	until [ -z "$(processes)" ] && [ -z "$(ls -A tmp)" ]; do
		[ $SECONDS -lt $end ] || {
			echo "left behind:"
			processes
			ls -A tmp
			return 1
		}
		sleep 0.02
	done
}

duet() {
	env "$mark" "$IPCMARK" duet "$@"
}

# Any verdict will do: nothing is known of the speed of this machine.
ends_judged() {
	local status=0
	duet "$@" >out 2>err || status=$?
	[ "$status" -eq 0 ] || [ "$status" -eq 1 ] || [ "$status" -eq 3 ] || {
		echo "exit $status"
		cat out err
		return 1
	}
	echo "$status" >status
}

# liar NAME <SCRIPT: a command that can be given as --candidate ./NAME; `ipcmark` in it is
# this build, `serve` "$@".
liar() {
	{
		printf '#!/bin/bash\nipcmark() { "%s" "$@"; }\n' "$IPCMARK"
		cat
	} >"$1"
	chmod +x "$1"
}

# caught SIDE SENTENCE OPTION...: the liar as that side; the duet ends with 3, one line
# tells on whom it is and why, and nothing was measured.
caught() {
	local side=$1 sentence=$2
	shift 2
	ends 3 duet "${one[@]}" "--$side" ./liar "$@" || return 1
	[ "$(grep -c '^ipcmark: [bc]a' err)" -eq 1 ] &&
		[ "$(tail -1 err)" = "ipcmark: $side: './liar serve': $sentence" ] &&
		[ ! -s out ] && [ ! -e run ] && nothing_left && return
	echo "not: ipcmark: $side: './liar serve': $sentence"
	cat out err
	ls
	return 1
}

@test "duet: a build against itself ends and says how" {
	ends_judged "${few[@]}"
	case $(<status) in
	0) tail -1 out | grep -qE '^(no change|faster) \(1 case: ' ;;
	1) tail -1 out | grep -qx 'slower (1 case: 1 slower)' ;;
	3) tail -1 out | grep -qx 'inconclusive (1 case: 1 inconclusive)' ;;
	esac
	grep -qE '^  pipe +latency +64 B ' out
	grep -qE '^base .* serve: ipcmark ' out
	grep -qx "ipcmark: 1 case, 13 launches of both sides, about [0-9]* s, into run" err
}

@test "duet: the rows of both sides are kept, launch by launch" {
	ends_judged "${few[@]}" --launches 3 --mechanisms pipe,eventfd --sizes 64,4K
	[ "$(sqlite3 :memory: '.import --csv run/base/results.csv b' \
		'.import --csv run/candidate/results.csv c' \
		"select count(*), sum(b.status = 'ok' and c.status = 'ok'),
			count(distinct b.launch)
		from b join c using (launch, mechanism, size_bytes, placement, cpu_a)" \
		'select count(*) from b' 'select count(*) from c')" = $'9|9|6\n9\n9' ]
	# What they are compared by is what `compare` reads.
	local status=0
	"$IPCMARK" compare run/base run/candidate >out 2>err || status=$?
	[ "$status" -eq 0 ] || [ "$status" -eq 1 ] || [ "$status" -eq 3 ]
	grep -qE '^  eventfd +latency ' out
}

@test "duet: slices beside each other give the ratio, and where they tell nothing the rows do" {
	ratios() {
		rm -rf run
		ends_judged "${one[@]}" --candidate ./liar || return 1
		sqlite3 :memory: '.import --csv run/base/results.csv b' \
			'.import --csv run/candidate/results.csv c' \
			"select b.duet_ratio, $1 from b join c using (launch)"
	}
	# More than a quarter of an hour.
	liar liar <<<'ipcmark "$@" | sed -u "s/^done,.*/done,1e12/"'
	[ "$(ratios 'c.duet_ratio > 1000')" = '|1' ]
	liar liar <<<'ipcmark "$@" | sed -u "s/^done,.*/done,/"'
	[ "$(ratios c.duet_ratio)" = '|' ]
	run grep -c 'no launch of' out
	[ "$output" = 0 ]
}

# Sides whose slices say what the test wants: the base always the same, the candidate of
# launch n what the expression of awk says of it.
scripted() {
	liar flat <<<'ipcmark "$@" | sed -u "s/^done,.*/done,1000/"'
	liar liar <<EOF
n=\$(cat launches 2>/dev/null || echo 0)
echo \$((n + 1)) >launches
value=\$(awk -v n=\$n "BEGIN { print $1 }")
ipcmark "\$@" | sed -u "s/^done,.*/done,\$value/"
EOF
}

# By up to 4 % to either side.
wide='1000 * (1 + 0.04 * (n * 7 % 13 - 6) / 6)'

rows() {
	tail -n +2 "run/$1/results.csv" | wc -l
}

@test "duet: what the planned launches leave open gets further ones" {
	scripted "$wide"
	ends 3 duet "${few[@]}" --base ./flat --candidate ./liar
	[ "$(rows base)" -eq 13 ]
	grep -q 'is wider than the margin of 2 %' out
	run ! grep -q further out
	rm -r run launches
	ends 0 duet "${few[@]}" --base ./flat --candidate ./liar --extend 60s
	[ "$(rows base)" -gt 13 ]
	[ "$(rows base)" -eq "$(rows candidate)" ]
	grep -q '^1 case that the planned launches left open got up to ' out
	tail -1 out | grep -qx 'no change (1 case: 1 without change)'
	grep -qx 'ipcmark: 1 case is open: 7 launches more, about [0-9]* s, as far as --extend gives them time' err
	grep -qx 'duet.planned,13' run/base/environment.csv
	# The two directories say the same again.
	mv out told
	ends 0 "$IPCMARK" compare run/base run/candidate
	diff <(grep -E '^  pipe|further' told) <(grep -E '^  pipe|further' out)
	ends 0 "$IPCMARK" compare run/candidate run/base
	# What else people try with them.
	refused 3 "ipcmark: 'run' is a duet; name its sides, run/base and run/candidate" \
		compare run run
	refused 2 "ipcmark: 'run/base' is the base of a duet, which cannot be finished; 'ipcmark compare' judges what it has" \
		run --resume run/base
}

@test "duet: the figure is drawn, or its name refused before anything runs" {
	ends 2 duet "${one[@]}" --figure change.pdf
	[ "$(cat err)" = "ipcmark: --figure: 'change.pdf' is no name of a figure; it ends in .svg or .png" ]
	[ ! -e run ]
	command -v gnuplot || skip "gnuplot is not installed"
	ends_judged "${few[@]}" --figure change.svg
	grep -q '<svg' change.svg
}

@test "duet: no time for a further launch makes none" {
	scripted "$wide"
	ends 3 duet "${few[@]}" --base ./flat --candidate ./liar --extend 1ns
	[ "$(rows base)" -eq 13 ]
}

@test "duet: ended amid further launches it keeps what is finished" {
	scripted "$wide"
	duet "${few[@]}" --base ./flat --candidate ./liar --margin 0.1 --extend 3600s \
		>out 2>err 3>&- &
	local pid=$! end=$((SECONDS + 60)) child status=0
	until [ -e run/candidate ] && [ "$(rows candidate)" -gt 14 ]; do
		[ $SECONDS -lt $end ]
		sleep 0.02
	done
	# `duet` is a function: a shell may stand between.
	read -r -a child <"/proc/$pid/task/$pid/children" || true
	if [[ $(tr '\0' ' ' <"/proc/$pid/cmdline") != *--candidate* ]]; then
		pid=${child[0]}
	fi
	kill -TERM "$pid"
	wait $! || status=$?
	[ "$status" -eq 143 ]
	[ ! -s out ]
	[ "$(rows base)" -gt 14 ]
	[ "$(rows base)" -eq "$(rows candidate)" ]
	# What was planned is there, so that it can be judged.
	ends 3 "$IPCMARK" compare run/base run/candidate --margin 0.1
	grep -q 'the planned 13' out
}

@test "duet: formats parse" {
	local format
	for format in markdown junit json; do
		rm -rf run
		ends_judged "${one[@]}" --format $format
		mv out out.$format
		mv err err.$format
	done
	head -1 out.markdown | grep -qE '^### ipcmark: (no change|inconclusive|faster|slower)'
	if command -v xmllint >/dev/null; then
		xmllint --noout --schema "$SOURCE_DIR/ci/tests/junit.xsd" out.junit
	else
		head -1 out.junit | grep -q '^<?xml '
		tail -1 out.junit | grep -qx '</testsuites>'
	fi
	sqlite3 :memory: "select json_extract(readfile('out.json'), '$.comparisons[0].cases[0].mechanism')" |
		grep -qx pipe
}

@test "duet: a setting for one side reaches that side only" {
	ends_judged "${few[@]}" --tests capacity --launches 2 --candidate-set pipe.size=4K
	grep -qE '^  pipe +capacity .*smaller' out
	[ "$(<status)" -eq 1 ]
	grep -qF "serve: " out
	sqlite3 :memory: '.import --csv run/candidate/environment.csv e' \
		"select value from e where key = 'option.command'" |
		grep -q -- '--set pipe.size=4096 serve$'
}

@test "duet: wrong options are named before anything runs" {
	refuses() {
		local sentence=$1
		shift
		ends 2 duet "${one[@]}" "$@" || return 1
		[ "$(cat err)" = "$sentence" ] && [ ! -s out ] && [ ! -e run ] && return
		cat err
		return 1
	}
	refuses "ipcmark: --base-set: no chosen mechanism has a setting 'pipe.sice'; did you mean pipe.size?" \
		--base-set pipe.sice=1M
	refuses "ipcmark: --candidate-set: 'pipe' is not NAME=VALUE, such as pipe.size=1M" \
		--candidate-set pipe
	refuses "ipcmark duet: --sched: 0 is out of range; it can be 1 to 97" --sched fifo:0
	refuses "ipcmark duet: --format: 'jsn' is none of table, markdown, json, junit; did you mean json?" \
		--format jsn
	refuses "ipcmark duet: unknown option '--candidat'; did you mean --candidate?" \
		--candidat x
	refuses "ipcmark duet: --extend: '2x' is not a time; times are written 250ns, 10us, 1.5ms or 2s" \
		--extend 2x
	refuses "ipcmark duet: --alpha: 2 is out of range; it can be above 0 and up to 0.5" \
		--alpha 2
	# A value that only the system can judge.
	ends 2 duet "${one[@]}" --candidate-set pipe.size=x
	grep -q "^ipcmark: --candidate-set: pipe.size: 'x' is not a size" err
}

@test "duet: a command that ends at once is named with its exit status" {
	liar liar <<<'exit 7'
	caught candidate "it ended with exit status 7"
	caught base "it ended with exit status 7"
	liar liar <<<'kill -KILL $$'
	# Shells differ in whether they stand between.
	ends 3 duet "${one[@]}" --candidate ./liar
	tail -1 err | grep -q "^ipcmark: candidate: './liar serve': it .*signal 9"
	ends 3 duet "${one[@]}" --candidate ./none
	[ "$(tail -1 err)" = "ipcmark: candidate: './none serve': it ended with exit status 127" ]
}

@test "duet: a command that is no ipcmark, or another one, is told so" {
	local greeting="it does not greet as 'ipcmark serve' does; a command of a duet is one that starts ipcmark, such as ./old/ipcmark"
	liar liar <<<'echo hello; exec sleep 100'
	caught candidate "$greeting"
	liar liar <<<'echo ipcmark-serve; exec sleep 100'
	caught base "$greeting"
	liar liar <<<'echo ipcmark-serve,1,9.9,abc; exec sleep 100'
	caught candidate "it speaks version 1 of the protocol, this is version 2"
	liar liar <<<'head -c 3000 /dev/zero; echo; exec sleep 100'
	caught candidate "$greeting"
	liar liar <<<'yes | tr -d "\n"'
	caught candidate "what it says has no end"
	liar liar <<<'echo "\"x"; exec sleep 100'
	caught candidate "what it says is no message of the protocol"
}

@test "duet: a command that answers something else is quoted, without control characters" {
	liar liar <<<'ipcmark "$@" | sed -u "s/^ready/maybe/"'
	caught candidate "to 'launch' it answers 'maybe'"
	liar liar <<<'ipcmark "$@" | sed -u "s/^done/\o33[31mdunno\o7/"'
	caught candidate "to 'slice' it answers '?[31mdunno?'"
	liar liar <<<'ipcmark "$@" | sed -u "s/^fact,.*/fiction/"'
	caught base "to 'facts' it answers 'fiction'"
	liar liar <<<'echo ipcmark-serve,2,0,0; yes fact,a,b'
	caught base "its facts have no end"
	# What it did not understand is what it says.
	liar liar <<<'sed -u "s/^slice.*/slice,77,0/" | ipcmark "$@"'
	caught candidate "no such slice: '77'"
}

@test "duet: a command that stalls or dies on the way is named" {
	liar liar <<<'exec sleep 100'
	caught candidate "no answer in time (--deadline gives it more)" --deadline 300ms
	liar liar <<<'ipcmark "$@" | { sed -u /^ready/Q; kill -KILL $$; }'
	ends 3 duet "${one[@]}" --candidate ./liar
	tail -1 err | grep -q "^ipcmark: candidate: './liar serve': it .*signal 9"
	nothing_left
	# Its children end as well.
	liar liar <<<'trap "" TERM INT HUP; read -r x; echo ipcmark-serve,2,0,0; sleep 100 & wait'
	caught base "no answer in time (--deadline gives it more)" --deadline 300ms
}

@test "duet: a launch whose side hangs is counted as failed, and the others go on" {
	# Its first launch is ready, and then a side of it is stopped.
	liar liar <<'EOF'
a_side() {
	local side
	for side in $(pgrep -x ipcmark-1-pipe); do
		! grep -qzxF "LIAR=$$" "/proc/$side/environ" || echo "$side"
	done
}
export LIAR=$$
ipcmark "$@" | while IFS= read -r line; do
	case $line in
	ready*) mkdir hangs 2>/dev/null && kill -STOP "$(a_side)" ;;
	esac
	printf '%s\n' "$line"
done
EOF
	ends 3 duet "${few[@]}" --launches 3 --deadline 3s --candidate ./liar
	[ "$(sqlite3 :memory: '.import --csv run/base/results.csv b' \
		'.import --csv run/candidate/results.csv c' \
		"select count(*), sum(b.status = 'failed' or c.status = 'failed'
			or 'skipped' in (b.status, c.status)) from b join c using (launch)")" = '3|1' ]
}

@test "duet: rows that are not of the launch are refused" {
	liar liar <<<'ipcmark "$@" | sed -u "/^row,/s/,pipe,/,fifo,/"'
	caught candidate "it gives a row of 'fifo', asked for pipe"
	liar liar <<<'ipcmark "$@" | sed -u /^row,/d'
	caught candidate "it gives 0 rows for 1 size"
	liar liar <<<'ipcmark "$@" | sed -u "/^row,/p"'
	caught candidate "it gives 2 rows for 1 size"
	liar liar <<<'ipcmark "$@" | sed -u /^columns,/d'
	caught base "to 'rows' it answers 'row'"
	# Fewer columns than fields.
	liar liar <<<'ipcmark "$@" | sed -u "s/^columns,.*/columns,schema,mechanism/"'
	ends 3 duet "${one[@]}" --candidate ./liar
	tail -1 err | grep "^ipcmark: candidate: './liar serve': "
	[ ! -e run ]
}

@test "duet: sides that measure something else are not compared" {
	liar liar <<<'sed -u "s/payload=touch/payload=none/" | ipcmark "$@"'
	ends 3 duet "${one[@]}" --payload touch --candidate ./liar
	tail -1 err | grep -q '^ipcmark: the two do not measure the same: base .*touch; candidate .*none$'
}

@test "duet: what one side refuses is skipped on both, and inconclusive" {
	liar liar <<<'sed -u "s/mechanisms=eventfd/mechanisms=nothing/" | ipcmark "$@"'
	ends 3 duet "${one[@]}" --mechanisms eventfd --candidate ./liar
	[ "$(cut -d, -f2- run/base/results.csv | grep -c skipped)" -eq 1 ]
	grep -q "nothing" out
}

@test "duet: a delay in one mechanism's peer is found there" {
	local library
	library=$(dirname "$IPCMARK")/libdelay.so
	[ -e "$library" ] || skip "libdelay.so is not built"
	! ldd "$IPCMARK" | grep -q libasan || skip "the sanitizer must be loaded first"
	# A hundred times what a round trip takes, so that no machine hides it.
	ends 1 duet "${few[@]}" --mechanisms pipe,fifo --sizes 64,4K \
		--candidate "env LD_PRELOAD='$library' IPCMARK_DELAY=pipe:300000:64 '$IPCMARK'"
	grep -qE '^  pipe +latency +64 B .* slower$' out
	[ "$(grep -cE '^  (pipe|fifo) +latency .* slower$' out)" -eq 1 ]
	# What is not understood is said by the library.
	rm -r run
	ends 3 duet "${one[@]}" --candidate \
		"env LD_PRELOAD='$library' IPCMARK_DELAY=pipe '$IPCMARK'"
	grep -qx "delay: IPCMARK_DELAY: 'pipe' is not MECHANISM:NS\[:SIZE\[:CPU\]\]" err
}

@test "serve: what it does not understand it says, and goes on" {
	local launch="launch,mechanisms=pipe,tests=latency,sizes=64,launches=1,placements=unpinned"
	printf '%s\n' x '"' slice,0,0 rows launch,foo launch,mechanisms=pip \
		launch,mechanisms=pipe,tests=latency,sizes=64,launches=2,placements=unpinned '' \
		"$launch,slice=1ms,warm-up=1ms" \
		slice,1,0 slice,-1,0 slice,0 slice,0,0 rows rows >questions
	ends 0 env "$mark" "$IPCMARK" serve <questions
	[ "$(grep -v ^row, out |
		sed -e 's/^\(ipcmark-serve,2\),.*/\1/' -e 's/^\(columns\),.*/\1/' \
			-e 's/^done,[0-9.e+]\+$/done,NS/')" = \
"ipcmark-serve,2
error,what is asked is not known: 'x'
error,that is no message: ''
error,no such slice: '0'
error,there is no launch: 'rows'
refused,'foo' is not NAME=VALUE
refused,\"--mechanisms: there is no mechanism 'pip'; did you mean pipe?\"
refused,these options make more than one launch
error,what is asked is not known: ''
ready,pipe,latency,64,touch
error,no such slice: '1'
error,no such slice: '-1'
error,no such slice: '0'
done,NS
columns
end
error,there is no launch: 'rows'" ]
	[ "$(grep -c '^row,' out)" -eq 1 ]
}

# Runs a duet where nobody else's objects are, ends it by a signal amid its launches and
# tells what is left there.
signalled() {
	local apart=(unshare --mount --ipc --propagation private)
	[ "$(id -u)" -eq 0 ] || apart+=(--user --map-root-user)
	"${apart[@]}" true 2>/dev/null || skip "no namespaces"
	# shellcheck disable=SC2016 # expanded inside
	env -u TMPDIR "${apart[@]}" bash -c '
		mount -t tmpfs none /dev/shm && mkdir q && mount -t mqueue none q || exit 99
		signal=$1 private=$2
		shift 2
		env TMPDIR="$private" "$@" >out 2>err 3>&- &
		pid=$! end=$((SECONDS + 60))
		until [ "$(cat run/candidate/results.csv 2>/dev/null | wc -l)" -gt 3 ]; do
			[ $SECONDS -lt $end ] || exit 98
			sleep 0.02
		done
		kill "-$signal" "$pid"
		wait "$pid"
		echo "exit $?"
		end=$((SECONDS + 10))
		while left=$(
				find q /dev/shm "$private" -mindepth 1
				grep -hv key /proc/sysvipc/{msg,sem,shm}
				grep -lzxF "${2}" /proc/[0-9]*/environ 2>/dev/null
			)
			[ -n "$left" ] && [ $SECONDS -lt $end ]; do
			sleep 0.02
		done
		echo "$left"' bash "$1" "$TMPDIR" env "$mark" "$IPCMARK" duet "${few[@]}" \
		--mechanisms posix_mq,sysv_msg,shm_futex,fifo "${@:2}" >told 2>/dev/null
	cat told err
	rmdir q
}

@test "duet: ended by TERM it keeps the rows and leaves nothing" {
	signalled TERM
	[ "$(cat told)" = "exit 143" ]
	[ "$(tail -1 err)" = "ipcmark: ended by a signal; the rows of every finished launch, if any, are in run" ]
	[ "$(wc -l <run/base/results.csv)" = "$(wc -l <run/candidate/results.csv)" ]
}

@test "duet: killed by SIGKILL it leaves nothing" {
	signalled KILL
	[ "$(cat told)" = "exit 137" ]
	nothing_left
	# Nor does it where a shell of the user's stands between.
	rm -rf run
	liar liar <<<'ipcmark "$@"; exit'
	signalled KILL --candidate ./liar
	[ "$(cat told)" = "exit 137" ]
}

@test "duet: killed by SIGKILL it ends what its commands started, even where that hangs" {
	liar liar <<<'trap "" TERM; sleep 1000 & touch hangs; wait'
	duet "${few[@]}" --candidate ./liar >out 2>err 3>&- &
	local pid=$! end=$((SECONDS + 60)) child
	until [ -e hangs ]; do
		[ $SECONDS -lt $end ]
		sleep 0.02
	done
	# `duet` is a function: a shell stands between.
	read -r -a child <"/proc/$pid/task/$pid/children" || true
	kill -KILL "$pid" "${child[@]}"
	nothing_left
}
