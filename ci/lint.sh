#!/usr/bin/env bash
# How the sources are written: format, shell, static analysis, line length, layers.
#     ci/lint.sh [--fix] [--deep]
# --fix lets clang-format mend what it can first; --deep has clang's analyzer walk through
# all paths as well, which takes some minutes more. All of it runs; exit 1 if any of it
# complains. Needs the packages of ci/test.sh.
# shellcheck disable=SC2317 # check() calls what looks unreachable
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/steps.sh

usage() {
	echo "usage: ci/lint.sh [--fix] [--deep]" >&2
	exit 2
}

fix='' status=0
# Added to the checks of .clang-tidy.
tidy_checks='-clang-analyzer-*'
for argument; do
	case $argument in
	--fix) fix=1 ;;
	--deep) tidy_checks='' ;;
	*) usage ;;
	esac
done

# Files of these names, committed or not; what is built and measured is not source.
sources() {
	local names=()

	for name; do
		names+=(-o -name "$name")
	done
	find . \( -path ./build -o -path ./runs -o -path ./.git \) -prune -o \
		-type f \( "${names[@]:1}" \) -print | sort
}

# check NAME COMMAND...
check() {
	local name=$1 start=$SECONDS
	shift

	if "$@"; then
		echo "lint: $name: good ($((SECONDS - start)) s)"
	else
		echo "lint: $name: FAILED ($((SECONDS - start)) s)"
		status=1
	fi
}

mapfile -t c_files < <(sources '*.c' '*.h')
mapfile -t shell_files < <(sources '*.sh')
mapfile -t bats_files < <(sources '*.bats')
mapfile -t narrow_files < <(sources '*.c' '*.h' '*.def' '*.sh' '*.bats' '*.gp')

# A message is not broken in two, so that it can be searched for: a line of C or shell
# with a string in it may be longer, and so may one of a test that expects a sentence.
lines_fit() {
	perl -CSD -ne 'BEGIN { $bad = 0 } chomp;
		1 while s/\t+/" " x (8 * length($&) - length($`) % 8)/e;
		my $limit = $ARGV =~ /\.(c|h|def|sh)$/ && /["\x27]/ ? 110 : 90;
		$limit = 300 if $ARGV =~ /\.bats$/ && /["\x27:|]/;
		if (length > $limit) {
			print "$ARGV:$.: ", length, " columns, $limit are the limit\n";
			$bad = 1;
		}
		close ARGV if eof;
		END { $? = $bad }' "$@"
}

# clang-tidy on what the ci preset compiles. One file a process: the analyzer of clang 14
# takes a va_list for uninitialized when it has seen another file before.
tidy() {
	sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' build/ci/compile_commands.json |
		sort -u |
		xargs -P "$(nproc)" -n 1 clang-tidy -p build/ci --quiet \
			--checks="$tidy_checks" 2>build/ci/tidy.log ||
		{
			grep -v -e 'warnings generated' -e '^Suppressed' build/ci/tidy.log
			return 1
		}
}

[ -z "$fix" ] || clang-format -i "${c_files[@]}"
check "clang-format" clang-format --dry-run -Werror "${c_files[@]}"
check "shellcheck" shellcheck -x "${shell_files[@]}" .ci/run
# Each bats test is a subshell on purpose, and ends at the first error.
check "shellcheck, bats" shellcheck -x -e SC2030,SC2031,SC2164 "${bats_files[@]}"
check "lines of 90 columns" lines_fit "${narrow_files[@]}"
check "layers" ci/layers.sh
check "cppcheck" cppcheck --quiet --enable=warning,performance,portability \
	--inline-suppr --error-exitcode=1 --std=c11 -j "$(nproc)" -I . \
	-D_GNU_SOURCE -DIPCMARK_HAS_HWLOC=1 --suppress=missingIncludeSystem \
	--suppress=unknownMacro --suppress=varFuncNullUB "${c_files[@]}"
[ -f build/ci/compile_commands.json ] || configure ci
check "generated headers" build ci ipcmark_commit
check "clang-tidy" tidy
while read -r lines file; do
	[ "$file" = total ] || [ "$lines" -le 500 ] ||
		echo "lint: warning: $file: $lines lines, what else has it become?"
done < <(wc -l "${c_files[@]}")
exit "$status"
