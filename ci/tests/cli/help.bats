#!/usr/bin/env bats
# Help, manual page and completion tell the same story, and a wrong command line is told
# what is wrong with it.

. "$SOURCE_DIR/ci/tests/cli/room.sh"

setup() {
	page=$SOURCE_DIR/harness/ipcmark.1
	clean_room
}

commands() {
	"$IPCMARK" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

# Options as "--help --seed ..." of everything that --help shows, sorted.
help_of_all() {
	local command
	"$IPCMARK" --help
	for command in $(commands); do
		"$IPCMARK" "$command" --help
	done
}

help_options() {
	help_of_all | sed -n 's/^  \(-[a-zA-Z], \)\{0,1\}\(--[a-z-]*\).*/\2/p' | sort -u
}

# Runs ipcmark and expects exit code 2, nothing on stdout and this one line on stderr.
refused() {
	local expected=$1 status=0
	shift
	"$IPCMARK" "$@" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || status=$?
	if [ "$status" -ne 2 ] || [ -s "$BATS_TEST_TMPDIR/out" ] ||
		[ "$(cat "$BATS_TEST_TMPDIR/err")" != "$expected" ]; then
		echo "ipcmark $*: exit $status"
		cat "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/err"
		echo "expected: $expected"
		return 1
	fi
}

@test "--help and each command's help go to stdout and exit 0" {
	[ "$(commands | wc -l)" -ge 6 ]
	local command
	"$IPCMARK" --help 2>"$BATS_TEST_TMPDIR/err" | grep -q '^Usage: ipcmark'
	for command in $(commands); do
		"$IPCMARK" "$command" --help 2>>"$BATS_TEST_TMPDIR/err" |
			grep -q "^Usage: ipcmark $command"
		"$IPCMARK" "$command" -h >/dev/null
	done
	[ ! -s "$BATS_TEST_TMPDIR/err" ]
}

@test "help fits into 80 columns" {
	help_of_all >"$BATS_TEST_TMPDIR/help"
	run awk 'length > 80' "$BATS_TEST_TMPDIR/help"
	[ -z "$output" ]
}

@test "--version names the version" {
	run "$IPCMARK" --version
	[ "$status" -eq 0 ]
	[[ $output =~ ^ipcmark\ [0-9]+\.[0-9]+\.[0-9]+ ]]
	[ "$output" = "$("$IPCMARK" -V)" ]
}

@test "the manual page has the options of --help, and no others" {
	help_options >"$BATS_TEST_TMPDIR/help"
	sed -n 's/^\.It Fl \([a-zA-Z] , Fl \)\{0,1\}-\([a-z-]*\).*/--\2/p' "$page" |
		sort -u >"$BATS_TEST_TMPDIR/page"
	[ -s "$BATS_TEST_TMPDIR/help" ]
	diff "$BATS_TEST_TMPDIR/help" "$BATS_TEST_TMPDIR/page"
}

@test "the manual page has the short options and the words of --help" {
	help_of_all | sed -n 's/^  \(-.*\)/\1/p' | sort -u >"$BATS_TEST_TMPDIR/help"
	# ".It Fl o , Fl -out Ar DIR" becomes "-o, --out DIR"
	sed -n 's/^\.It Fl \(.*\)/-\1/p' "$page" |
		sed -e 's/ , Fl /, -/' -e 's/ \(Ar\|Cm\) / /g' -e 's/ Ns = Ns /=/' \
			-e 's/\\&//g' -e 's/ Ns / /' -e 's/=Ar /=/' -e 's/: Ar /:/' \
			-e 's/: \([A-Z]\)/:\1/' -e 's/ | /|/g' |
		sort -u >"$BATS_TEST_TMPDIR/page"
	diff "$BATS_TEST_TMPDIR/help" "$BATS_TEST_TMPDIR/page"
}

@test "the manual page has the environment variables of --help, and no others" {
	help_of_all | grep -o 'IPCMARK_[A-Z_]*' | sort -u >"$BATS_TEST_TMPDIR/help"
	sed -n 's/^\.It Ev \(IPCMARK_[A-Z_]*\)$/\1/p' "$page" | grep -v IPCMARK_PLOTS |
		sort -u >"$BATS_TEST_TMPDIR/page"
	[ -s "$BATS_TEST_TMPDIR/help" ]
	diff "$BATS_TEST_TMPDIR/help" "$BATS_TEST_TMPDIR/page"
}

@test "the manual page has the commands of --help, and no others" {
	commands | sort >"$BATS_TEST_TMPDIR/help"
	sed -n '/^\.Sh COMMANDS/,/^\.Sh OPTIONS/s/^\.It Cm \([a-z]*\).*/\1/p' "$page" |
		sort >"$BATS_TEST_TMPDIR/page"
	diff "$BATS_TEST_TMPDIR/help" "$BATS_TEST_TMPDIR/page"
}

@test "the manual page has the placements that are listed, and no others" {
	"$IPCMARK" list placements --format csv | sed -e 1d -e 's/,.*//' |
		sort >"$BATS_TEST_TMPDIR/list"
	sed -n '/^\.Sh PLACEMENTS/,/^\.Sh RESULTS/s/^\.It Cm \(.*\)/\1/p' "$page" |
		sort >"$BATS_TEST_TMPDIR/page"
	[ -s "$BATS_TEST_TMPDIR/list" ]
	diff "$BATS_TEST_TMPDIR/list" "$BATS_TEST_TMPDIR/page"
}

@test "the manual page has the columns of the tables, and no others" {
	sed -n 's/^\(RESULT\|SUMMARY\)([A-Z]*, \([a-z0-9_]*\),.*/\2/p' \
		"$SOURCE_DIR/results/columns.def" | sort -u >"$BATS_TEST_TMPDIR/tables"
	sed -n 's/^\.It Va \(.*\)/\1/p' "$page" | sed 's/ , /\n/g' |
		sort -u >"$BATS_TEST_TMPDIR/page"
	[ -s "$BATS_TEST_TMPDIR/tables" ]
	diff "$BATS_TEST_TMPDIR/tables" "$BATS_TEST_TMPDIR/page"
}

@test "the manual page is clean for mandoc and groff" {
	command -v mandoc || skip "mandoc is not installed"
	run mandoc -Tlint -Wwarning "$page"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	command -v groff || skip "groff is not installed"
	run groff -mandoc -Tutf8 -ww -z "$page"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "completion lists every command and option, and is sound bash" {
	"$IPCMARK" completion bash >"$BATS_TEST_TMPDIR/completion"
	bash -n "$BATS_TEST_TMPDIR/completion"
	if command -v shellcheck; then
		shellcheck -s bash "$BATS_TEST_TMPDIR/completion"
	fi
	local word
	for word in $(commands) $(help_options); do
		grep -qE -- "[ \"]${word}[ \"]" "$BATS_TEST_TMPDIR/completion"
	done
}

# complete WORD...: what completion offers for the last word, sorted on one line.
complete_words() {
	bash -c '
		. "$1"
		shift
		compopt() { :; }
		COMP_WORDS=(ipcmark "$@")
		COMP_CWORD=$#
		COMPREPLY=()
		_ipcmark
		printf "%s\n" "${COMPREPLY[@]}"' bash "$BATS_TEST_TMPDIR/completion" "$@" |
		sort | paste -sd' '
}

@test "completion offers what can stand there" {
	"$IPCMARK" completion bash >"$BATS_TEST_TMPDIR/completion"
	[ "$(complete_words ru)" = run ]
	[ "$(complete_words run --pre)" = --preset ]
	[ "$(complete_words run --preset q)" = quick ]
	[ "$(complete_words run --preset = s)" = standard ]
	[ "$(complete_words run --payload =)" = "none touch verify" ]
	[ "$(complete_words run --tests latency,t)" = latency,throughput ]
	[ "$(complete_words run --seed "")" = "" ]
	[ "$(complete_words run --mechanisms zzz)" = "" ]
	[ "$(complete_words list t)" = tests ]
	[ "$(complete_words list --format c)" = csv ]
	[ "$(complete_words show --pre)" = "" ]
	cd "$BATS_TEST_TMPDIR"
	mkdir some-run
	[ "$(complete_words plot some)" = some-run ]
	[ "$(complete_words run --out some)" = some-run ]
}

@test "what is misspelt gets the nearest" {
	refused "ipcmark: unknown command 'rnu'; did you mean run?" rnu
	refused "ipcmark: unknown command 'zzz'; 'ipcmark --help' names them all" zzz
	refused "ipcmark run: unknown option '--mechansims'; did you mean --mechanisms?" \
		run --mechansims
	refused "ipcmark run: unknown option '-seed'; did you mean --seed?" run -seed 4
	refused "ipcmark run: unknown option '-z'" run -z
	refused "ipcmark show: unknown option '--seed'; it belongs after 'ipcmark run'" \
		show --seed 4
	refused "ipcmark run: --preset: 'quik' is none of quick, standard, full; did you mean quick?" \
		run --preset quik
	refused "ipcmark list: --format: 'cvs' is none of table, csv; did you mean csv?" \
		list --format cvs
	refused "ipcmark list: 'test' is none of mechanisms, tests, placements, checks; did you mean tests?" \
		list test
	refused "ipcmark completion: 'zsh' is none of bash; did you mean bash?" completion zsh
}

@test "wrong values are named with what is right" {
	refused "ipcmark run: --seed: -1 is out of range; it can be 0 to 9223372036854775807" \
		run --seed -1
	refused "ipcmark run: --launches: '1e99' is not a whole number" run --launches 1e99
	refused "ipcmark run: --slice: 20us is out of range; it can be 100us to 10s" \
		run --slice=20us
	refused "ipcmark run: --gap: '5' has no unit; times are written 250ns, 10us, 1.5ms or 2s" \
		run --gap 5
	refused "ipcmark run: --chunk: '4KB' is not a size; did you mean 4K? (powers of 1024)" \
		run --chunk 4KB
	refused "ipcmark run: --cpus: a pair of CPUs is wanted, such as 0,1 (the same twice for one CPU)" \
		run --cpus 0
	refused "ipcmark run: --sched: fifo needs a priority, such as fifo:10" run --sched fifo
	refused "ipcmark run: --set: 'pipe.size' is not NAME=VALUE, such as pipe.size=1M" \
		run --set pipe.size
	refused "ipcmark run: --sizes: an empty value; LIST is wanted" run --sizes ""
	refused "ipcmark run: --out needs a value: --out DIR" run --out
	refused "ipcmark run: --dry-run takes no value" run --dry-run=yes
}

@test "what is missing, too much or at odds is named" {
	refused "ipcmark: a command is missing; 'ipcmark --help' names them all"
	refused "ipcmark show: something is missing: ipcmark show RUN" show
	refused "ipcmark show: 'b' is one word too many: ipcmark show RUN" show a b
	refused "ipcmark doctor: 'x' is one word too many: ipcmark doctor" doctor x
	refused "ipcmark plot: something is missing: ipcmark plot RUN..." plot
	refused "ipcmark run: --cpus and --placements exclude each other; leave one out" \
		run --placements smt --cpus 0,1
	refused "ipcmark run: --resume finishes the plan the run was begun with; leave out --sizes, or begin a new run" \
		run --resume x --sizes 64
	refused "ipcmark run: --topology plans for another machine, where nothing can be measured; add --dry-run" \
		run --topology "pack:2 core:2 pu:1"
}

@test "environment variables are named when they are wrong" {
	export IPCMARK_PRESET=quik
	refused "ipcmark run: IPCMARK_PRESET: 'quik' is none of quick, standard, full; did you mean quick?" \
		run
	"$IPCMARK" list tests
	IPCMARK_FORMAT=csv "$IPCMARK" list tests | grep -q '^test,says$'
	IPCMARK_FORMAT=csv "$IPCMARK" list tests --format table | grep -q '^latency  '
}

@test "lists are made for people and for programs" {
	"$IPCMARK" list | grep -qE '^pipe +pipe +latency,throughput,capacity,send,pieces,memory +(yes|no)$'
	"$IPCMARK" list mechanisms --format csv >"$BATS_TEST_TMPDIR/csv"
	head -1 "$BATS_TEST_TMPDIR/csv" | grep -q '^mechanism,title,family,'
	[ "$(wc -l <"$BATS_TEST_TMPDIR/csv")" -eq \
		"$(($(grep -c '^ROW(' "$SOURCE_DIR/mechanisms/mechanisms.def") + 1))" ]
	grep -qE '^pipe,.*,pipe\.size=[0-9]*:[0-9]+\.\.[0-9]+:bytes,' "$BATS_TEST_TMPDIR/csv"
	"$IPCMARK" list placements | grep -q unpinned
}

@test "colour is for terminals only, and not with NO_COLOR" {
	command -v script || skip "script(1) is not installed"
	unset NO_COLOR
	export TERM=xterm
	script -qec "$IPCMARK list" /dev/null </dev/null | grep -q $'\033\\[1mpipe'
	[ "$("$IPCMARK" list | grep -c $'\033')" -eq 0 ]
	[ "$(NO_COLOR=1 script -qec "$IPCMARK list" /dev/null </dev/null |
		grep -c $'\033')" -eq 0 ]
	[ "$(TERM=dumb script -qec "$IPCMARK list" /dev/null </dev/null |
		grep -c $'\033')" -eq 0 ]
}

@test "a mechanism that cannot be made here says why" {
	run bash -c 'ulimit -q 0 && "$IPCMARK" list mechanisms --format csv'
	[ "$status" -eq 0 ]
	[[ $output =~ posix_mq,[^$'\n']*,no,[^$'\n']+ ]]
}

@test "listing leaves nothing behind" {
	export TMPDIR=$BATS_TEST_TMPDIR/private
	mkdir "$TMPDIR"
	"$IPCMARK" list >/dev/null
	[ -z "$(ls -A "$TMPDIR")" ]
}

@test "output that cannot be written is noticed, a reader that goes is not" {
	[ -w /dev/full ] || skip "there is no /dev/full"
	local status=0
	"$IPCMARK" list tests >/dev/full 2>"$BATS_TEST_TMPDIR/err" || status=$?
	[ "$status" -eq 3 ]
	grep -q '^ipcmark: write the standard output: No space left' "$BATS_TEST_TMPDIR/err"
	status=0
	"$IPCMARK" list tests >&- 2>"$BATS_TEST_TMPDIR/err" || status=$?
	[ "$status" -eq 3 ]
	run bash -c '"$IPCMARK" run --help | true; echo "${PIPESTATUS[0]}"'
	[ "$output" = 0 ]
}

@test "closed standard descriptors do not become somebody else's files" {
	# The janitor closes its own; were its pipe one of them, it would clear up now.
	"$IPCMARK" list --format csv <&- >"$BATS_TEST_TMPDIR/csv"
	grep -qE '^fifo,.*,yes,$' "$BATS_TEST_TMPDIR/csv"
}

@test "a run directory that is none is named, and the exit code is 3" {
	cd "$BATS_TEST_TMPDIR"
	local command
	for command in show plot report; do
		run "$IPCMARK" "$command" nowhere
		[ "$status" -eq 3 ]
		[[ $output == "ipcmark: "*nowhere* ]]
	done
}
