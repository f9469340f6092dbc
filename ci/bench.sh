#!/usr/bin/env bash
# Measure this machine, draw what was measured and write a page about it.
#     ci/bench.sh [--no-checks] [OPTION OF 'ipcmark run']...
# Installs what is missing, builds, runs the quick preset (or the one given) and the
# conformance checks, and says where results, figures and the page are.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
. ci/steps.sh

need_packages bench
configure release
build release

ipcmark=build/release/ipcmark
run=runs/$(date -u +%Y%m%dT%H%M%SZ)-$(uname -n)
preset=(--preset quick)
out=(--out "$run")
checks=(--with-checks)
if [ "${1-}" = --no-checks ]; then
	checks=()
	shift
fi
previous=
for argument; do
	case $previous in
	--out | --resume) run=$argument ;;
	esac
	case $argument in
	--out=* | --resume=*) run=${argument#*=} ;;
	esac
	case $argument in
	--resume | --resume=*) out=() preset=() ;;
	--out | --out=*) out=() ;;
	--preset | --preset=*) preset=() ;;
	--dry-run | --help | -h) exec "$ipcmark" run "$@" ;;
	esac
	previous=$argument
done

# A run in which a case failed, or which was interrupted, is shown all the same.
status=0
"$ipcmark" run "${preset[@]}" "${out[@]}" "${checks[@]}" "$@" || status=$?
[ -f "$run/results.csv" ] || exit "$status"
"$ipcmark" plot "$run" || status=$?
"$ipcmark" report "$run" --output "$run/report.html" >/dev/null || status=$?

cat <<TEXT

Results:  $run/results.csv (one row a launch), $run/summary.csv (one row a case)
Figures:  $run/figures/
Claims:   $ipcmark claims $run
TEXT
[ ! -f "$run/report.html" ] || echo "Report:   $run/report.html"
echo "Again:    $ipcmark show $run"
exit "$status"
