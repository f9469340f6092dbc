#!/usr/bin/env bats
# ci/examples: the shell of each step as it stands there, in a fresh clone, where the
# builds are those that are at hand. No speed is asserted.

setup() {
	# shellcheck source=ci/tests/cli/made_runs.sh
	. "$SOURCE_DIR/ci/tests/cli/made_runs.sh" # ends
	git -C "$SOURCE_DIR" rev-parse -q --verify HEAD >/dev/null 2>&1 ||
		skip "not a clone"
	cd "$BATS_TEST_TMPDIR"
	export GIT_CONFIG_SYSTEM=$PWD/gitconfig HOME=$PWD
	git config --global --add safe.directory '*'
	git clone -q "$SOURCE_DIR" clone
	# What is tested may not be committed yet.
	cp "$SOURCE_DIR"/ci/examples/* clone/ci/examples/
	mkdir bin
	export PATH=$PWD/bin:$PATH
	export GATE_OPTIONS="--mechanisms pipe --sizes 64 --placements same-cpu --launches 1 --slices 2"
	# shellcheck disable=SC2016 # expanded inside
	stands_in sudo 'while [ "${1#-}" != "$1" ]; do shift; done; exec "$@"'
	# shellcheck disable=SC2016
	stands_in apt-get 'echo "$@" >>"$HOME/apt"'
	# shellcheck disable=SC2016
	stands_in cmake 'case $1 in
	--preset) [ -e CMakePresets.json ] ;;
	--build) mkdir -p build/release && ln -s "$IPCMARK" build/release/ipcmark ;;
	esac'
	cd clone
}

# stands_in NAME SCRIPT
stands_in() {
	printf '#!/bin/bash\n%s\n' "$2" >"bin/$1"
	chmod +x "bin/$1"
}

# step FILE N: the shell of the Nth `run:`, `script:` or `before_script:`.
step() {
	awk -v wanted="$2" '
		function indent(text) {
			match(text, /[^ ]/)
			return RSTART
		}
		inside && NF && indent($0) <= base { inside = 0 }
		inside {
			if (!margin)
				margin = indent($0)
			line = substr($0, margin)
			if (is_list)
				sub(/^- (>-$)?/, "", line)
			print line
		}
		/^ *(run|script|before_script):/ && ++count == wanted {
			base = indent($0)
			is_list = !/run:/
			if (/run: [^|]/) {
				sub(/^ *run: /, "")
				print
			} else {
				inside = 1
			}
		}' "ci/examples/$1" | sed -e ':a' -e '/-recommends.*[^\\]$/{N;s/\n */ /}'
}

# Nothing is left of the worktrees.
tidy() {
	[ "$(git worktree list | wc -l)" -eq 1 ]
}

@test "examples: the steps of the GitHub workflow" {
	local status=0
	step github.yml 1 >install
	step github.yml 2 >measure
	step github.yml 3 >show
	bash -e install
	grep -q "^install .* libhwloc-dev ninja-build" ../apt
	GATE_STRICT=no BASE=HEAD bash -e measure || status=$?
	[ "$status" -eq 0 ] || [ "$status" -eq 1 ]
	GITHUB_STEP_SUMMARY=summary bash -e show
	head -1 summary | grep '^### ipcmark: '
	[ -s duet/run/base/results.csv ]
	tidy
	# Where there is no report nothing fails.
	rm -r duet
	GITHUB_STEP_SUMMARY=none bash -e show
	[ ! -e none ]
}

@test "examples: the scripts of the GitLab job" {
	local status=0
	step gitlab.yml 1 >before
	step gitlab.yml 2 >script
	bash -e before
	grep -q "^install .*ca-certificates .* libhwloc-dev ninja-build" ../apt
	GATE_FORMAT=junit GATE_STRICT=no CI_MERGE_REQUEST_DIFF_BASE_SHA=HEAD \
		bash -e script || status=$?
	[ "$status" -eq 0 ] || [ "$status" -eq 1 ]
	head -1 duet/report.xml | grep '^<?xml '
	tidy
}

@test "examples: the gate tells what a duet tells" {
	local status=0
	ci/examples/gate.sh HEAD HEAD >out || status=$?
	# One launch decides nothing.
	[ "$status" -eq 3 ]
	diff out duet/report.md
	status=0
	ci/examples/gate.sh no-such-commit HEAD >out 2>err || status=$?
	[ "$status" -eq 128 ]
	grep -q no-such-commit err
	tidy
	# Slower: a capacity that one launch tells.
	cat >../bin/cmake <<'EOF'
#!/bin/bash
[ "$1" = --build ] || exit 0
mkdir -p build/release
case $PWD in
*/candidate) set -- "--set pipe.size=4K" ;;
*) set -- "" ;;
esac
printf '#!/bin/sh\n[ "$1" = duet ] && exec "%s" "$@"\nexec "%s" %s "$@"\n' \
	"$IPCMARK" "$IPCMARK" "$1" >build/release/ipcmark
chmod +x build/release/ipcmark
EOF
	export GATE_OPTIONS="$GATE_OPTIONS --tests capacity" GATE_STRICT=no GATE_FORMAT=json
	status=0
	ci/examples/gate.sh HEAD HEAD >out || status=$?
	[ "$status" -eq 1 ]
	grep -q '"exit": 1' duet/report.json
	tidy
}
