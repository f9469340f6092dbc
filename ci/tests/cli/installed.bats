#!/usr/bin/env bats
# What `cmake --install` puts in place is whole: it works where it was put and wherever it
# is moved to, and needs nothing of the source tree.

. "$SOURCE_DIR/ci/tests/cli/room.sh"

setup_file() {
	local build
	build=$(dirname "$IPCMARK")
	export prefix=$BATS_FILE_TMPDIR/prefix
	# CMake leaves a list of what it installed in the build tree.
	[ -e "$build/cmake_install.cmake" ] && [ -w "$build" ] || return 0
	cmake --install "$build" --prefix "$prefix" >"$BATS_FILE_TMPDIR/log" || {
		cat "$BATS_FILE_TMPDIR/log"
		return 1
	}
}

setup() {
	[ -d "$prefix" ] || skip "$IPCMARK is not in a build tree that can be written"
	clean_room
	mkdir tmp
	export TMPDIR=$PWD/tmp
	export HOME=$PWD
}

# A copy of a run of long ago.
old_run() {
	cp -r "$SOURCE_DIR/ci/tests/golden/run-small" "$1"
	chmod -R u+w "$1"
}

# sourceless COMMAND...: runs it where the source tree is an empty directory.
sourceless() {
	unshare --mount --propagation private true 2>/dev/null ||
		skip "hiding the source tree takes root"
	[[ $PWD != "$SOURCE_DIR"/* ]] || skip "the temporary directory is in the source tree"
	# shellcheck disable=SC2016 # expanded inside
	unshare --mount --propagation private bash -c '
		mount -t tmpfs -o ro none "$1" && [ -z "$(ls -A "$1")" ] && shift && exec "$@"' \
		bash "$SOURCE_DIR" "$@"
}

@test "program, manual page, plot scripts and completion are in place" {
	[ -x "$prefix/bin/ipcmark" ]
	[ "$("$prefix/bin/ipcmark" --version)" = "$("$IPCMARK" --version)" ]
	cmp "$SOURCE_DIR/harness/ipcmark.1" "$prefix/share/man/man1/ipcmark.1"
	diff <(cd "$SOURCE_DIR/plots" && cat -- *.gp) \
		<(cd "$prefix/share/ipcmark/plots" && cat -- *.gp)
	bash -n "$prefix/share/bash-completion/completions/ipcmark"
	diff "$prefix/share/bash-completion/completions/ipcmark" \
		<("$prefix/bin/ipcmark" completion bash)
	if command -v man; then
		MANPATH=$prefix/share/man man -w ipcmark
	fi
}

@test "nothing else is installed" {
	[ "$(cd "$prefix" && find . -type f | sed 's/[^/]*\.gp$/*.gp/' | sort -u)" = \
"./bin/ipcmark
./share/bash-completion/completions/ipcmark
./share/ipcmark/plots/*.gp
./share/man/man1/ipcmark.1" ]
}

@test "the installed program measures" {
	"$prefix/bin/ipcmark" run --mechanisms pipe --tests latency --sizes 64 --launches 1 \
		--slices 2 --slice 100us --warm-up 1ms --placements unpinned \
		--out run >out
	grep -q '^run: run$' out
	[ -z "$(ls -A tmp)" ]
}

@test "a prefix that is moved away still finds its plot scripts" {
	command -v gnuplot || skip "gnuplot is not installed"
	cp -r "$prefix" elsewhere
	old_run run
	elsewhere/bin/ipcmark plot run >out 2>err || { cat err && false; }
	grep -q '^run/figures/.*\.svg$' out
	local figure
	while IFS= read -r figure; do
		[ -s "$figure" ]
	done <out
	# So it is by a link, and by a name found in PATH.
	mkdir bin
	ln -s ../elsewhere/bin/ipcmark bin/ipcmark
	old_run linked
	PATH=$PWD/bin:$PATH ipcmark plot linked >out
	grep -q '^linked/figures/.*\.svg$' out
	diff <(ls linked/figures) <(ls run/figures)
	# And they are those: what is broken there breaks.
	echo 'no gnuplot (' >elsewhere/share/ipcmark/plots/style.gp
	old_run broken
	local status=0
	elsewhere/bin/ipcmark plot broken >out 2>err || status=$?
	[ "$status" -eq 3 ]
	grep -q '^ipcmark: gnuplot could not draw .*style.gp' err
}

@test "the source tree is not needed" {
	command -v gnuplot || skip "gnuplot is not installed"
	cp -r "$prefix" elsewhere
	old_run run
	local command
	for command in "plot run" "show run" list "run --dry-run"; do
		# shellcheck disable=SC2086 # two words
		sourceless elsewhere/bin/ipcmark $command >"out.${command%% *}" 2>err ||
			{ cat err && false; }
	done
	grep -q '^run/figures/latency.*\.svg$' out.plot
}

@test "without its plot scripts the program says where it looked" {
	cp -r "$prefix" elsewhere
	rm -r elsewhere/share/ipcmark
	old_run run
	command -v gnuplot || skip "gnuplot is not installed"
	local status=0
	sourceless elsewhere/bin/ipcmark plot run >out 2>err || status=$?
	[ "$status" -eq 3 ]
	grep -q "^ipcmark: the scripts of the figures are not found (.*IPCMARK_PLOTS.*elsewhere" err || { cat err && false; }
	[ ! -s out ]
}
