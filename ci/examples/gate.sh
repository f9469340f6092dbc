#!/usr/bin/env bash
# Is this commit slower? A gate for any CI: builds two commits of ipcmark, sets one
# against the other and ends with 1 when a case is slower.
#     ci/examples/gate.sh [BASE [CANDIDATE]]    commits; by default origin/main and HEAD
# Writes duet/report.md, and the rows of both sides into duet/run/.
#     GATE_OPTIONS   further options of `ipcmark duet`: "--mechanisms pipe,tcp --sizes 64"
#     GATE_FORMAT    junit: duet/report.xml instead; json, table
#     GATE_STRICT    no: 0 instead of 3 where nothing is slower but something is
#                    inconclusive, for machines that are never quiet
set -euo pipefail

base=${1:-origin/main}
candidate=${2:-HEAD}
top=$(git rev-parse --show-toplevel)
work=$(mktemp -d)
# shellcheck disable=SC2317 # called by the trap
cleanup() {
	git -C "$top" worktree remove --force "$work/base" 2>/dev/null || true
	git -C "$top" worktree remove --force "$work/candidate" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT

# build NAME COMMIT: into $work/NAME/build/release
build() {
	git -C "$top" worktree add --detach "$work/$1" "$2"
	(
		cd "$work/$1"
		cmake --preset release
		cmake --build --preset release -j "$(nproc)" --target ipcmark
	)
}
build base "$base" >&2
build candidate "$candidate" >&2

format=${GATE_FORMAT:-markdown}
case $format in
markdown) report=duet/report.md ;;
junit) report=duet/report.xml ;;
*) report=duet/report.$format ;;
esac
read -r -a options <<<"${GATE_OPTIONS-}" || true
status=0
rm -rf duet
mkdir duet
"$work/candidate/build/release/ipcmark" duet "${options[@]}" --out duet/run \
	--base "$work/base/build/release/ipcmark" \
	--candidate "$work/candidate/build/release/ipcmark" \
	--format "$format" >"$report" || status=$?
cat "$report"
if [ "$status" -eq 3 ] && [ "${GATE_STRICT-}" = no ]; then
	status=0
fi
exit "$status"
