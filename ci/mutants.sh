#!/usr/bin/env bash
# Can every check fail? Runs checks under the mutants of ci/mutants/mutants.csv that are
# meant to kill them, and writes the kill matrix.
#     ci/mutants.sh [CHECK-GLOB...]
# A check is killed when it passes on this system and deviates under a mutant. Where this
# system is known to deviate it is the other way round: a mutant called promised_... does
# what is promised, and the check must pass. Exit 1 if a check that passes has no killer,
# or a mutant kills nothing or cannot be run. What deviates with no such mutant, or is
# skipped on this machine, is named. In build/PRESET/mutants, PRESET being
# IPCMARK_PRESET or dev:
#     matrix.csv   one row a check: its points, how many of them die, and of which mutants
#     kills.csv    one row a mutant and point: the verdict
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
. ci/steps.sh

need_packages test
preset=${IPCMARK_PRESET:-dev}
out=build/$preset/mutants
ipcmark=build/$preset/ipcmark
if [ ! -f "build/$preset/CMakeCache.txt" ]; then configure "$preset"; fi
build "$preset" ipcmark interpose
library=$PWD/build/$preset/libinterpose.so
rm -rf "$out"
mkdir -p "$out/runs"
globs=("$@")

# One line a mutant, fields separated by the unit separator; no field holds one.
separator=$'\x1f'
sqlite3 -cmd '.mode csv' :memory: '.import ci/mutants/mutants.csv m' \
	".separator '$separator' '\n'" '.mode list' ".separator '$separator'" \
	'SELECT mutant, "call", "when", "then", kills FROM m' >"$out/mutants.txt"

# What this system does without any lie.
echo "== without a mutant" >&2
"$ipcmark" check --strict --format csv "${globs[@]}" >"$out/truth.csv" \
	2>"$out/truth.log" ||
	true
tail -n 1 "$out/truth.log" >&2

# under NAME CALL WHEN THEN KILLS...: the verdicts, with the mutant's name before each.
under() {
	local name=$1 spec="$2|$3|$4" ids status=0

	read -ra ids <<<"$5"
	IPCMARK_MUTANT=$spec LD_PRELOAD=$library "$ipcmark" check --strict --format csv \
		--deadline-scale 0.15 --jobs 2 "${ids[@]}" \
		>"$out/runs/$name.csv" 2>"$out/runs/$name.log" || status=$?
	case $status in
	0 | 1 | 3 | 77) ;;
	*) echo "mutant that cannot be run: $name: $(head -n 1 "$out/runs/$name.log")" \
		>>"$out/refused.txt" ;;
	esac
}

# Is any of the ids of $1 asked for?
is_chosen() {
	local id glob

	[ "${#globs[@]}" -gt 0 ] || return 0
	for id in $1; do
		for glob in "${globs[@]}"; do
			# shellcheck disable=SC2053 # both are patterns
			[[ $id == $glob || $id == $glob.* || $glob == $id ]] && return 0
		done
	done
	return 1
}

echo "== under $(wc -l <"$out/mutants.txt") mutants" >&2
: >"$out/refused.txt"
jobs=0
# Most of them wait, for what does not come or for a deadline.
most=$((2 * $(nproc)))
while IFS=$separator read -r name call condition action kills; do
	is_chosen "$kills" || continue
	under "$name" "$call" "$condition" "$action" "$kills" &
	jobs=$((jobs + 1))
	if [ "$jobs" -ge "$most" ]; then
		wait -n || true
		jobs=$((jobs - 1))
	fi
done <"$out/mutants.txt"
wait

# A check's id is its points' id without the value's name; `list` knows both.
"$ipcmark" list checks --format csv >"$out/checks.csv"
imports=(".mode csv" ".import $out/checks.csv c" ".import $out/truth.csv truth")
imports+=("CREATE TABLE ran(id,suite,promise,verdict,what,got,want,errno,reason,location,
	seen,cite,repeats,same,duration_ms);"
	"CREATE TABLE kills(mutant,id,verdict);")
for run in "$out"/runs/*.csv; do
	[ -e "$run" ] || continue
	name=$(basename "$run" .csv)
	imports+=("DELETE FROM ran;" ".import --skip 1 $run ran"
		"INSERT INTO kills SELECT '$name', id, verdict FROM ran;")
done
printf '%s\n' "${imports[@]}" >"$out/import.sql"
cat >>"$out/import.sql" <<'SQL'
CREATE TABLE state AS
	SELECT c."check" AS id,
		max(truth.verdict = 'ok') AS passes,
		max(truth.verdict IN ('known', 'deviates')) AS deviates
	FROM truth JOIN c ON c.id = truth.id GROUP BY c."check";
CREATE TABLE dead AS
	SELECT DISTINCT c."check" AS id, kills.id AS point, kills.mutant AS mutant
	FROM kills JOIN c ON c.id = kills.id JOIN truth ON truth.id = kills.id
	WHERE (kills.verdict = 'deviates' AND truth.verdict = 'ok')
		OR (kills.verdict IN ('ok', 'unexpected pass')
			AND truth.verdict IN ('known', 'deviates'));
SQL
database=$out/kills.db
sqlite3 "$database" <"$out/import.sql"
sqlite3 -header -csv "$database" \
	'SELECT mutant, id AS "check", verdict FROM kills ORDER BY 1, 2' >"$out/kills.csv"

sqlite3 -header -csv "$database" \
	'SELECT c."check", count(DISTINCT c.id) AS points,
	        count(DISTINCT dead.point) AS killed,
	        group_concat(DISTINCT dead.mutant) AS mutants
	 FROM c JOIN truth ON truth.id = c.id
			AND truth.verdict IN ('"'ok', 'known', 'deviates'"')
	        LEFT JOIN dead ON dead.id = c."check"
	 GROUP BY c."check" ORDER BY 1' >"$out/matrix.csv"

ask() { sqlite3 -noheader -list "$database" "$1"; }
idle=$(ask "SELECT DISTINCT 'mutant that kills nothing: ' || mutant FROM kills
	JOIN truth USING (id)
	WHERE truth.verdict = 'ok' AND mutant NOT LIKE 'promised#_%' ESCAPE '#'
		AND mutant NOT IN (SELECT mutant FROM dead)")
survivors=$(ask "SELECT 'check that nothing kills: ' || id FROM state
	WHERE passes AND id NOT IN (SELECT id FROM dead)")
alive='deviates AND NOT passes AND id NOT IN (SELECT id FROM dead)'
ask "SELECT 'deviates here, and nothing makes it pass: ' || id FROM state WHERE $alive"
ask "SELECT 'not run here: ' || id FROM state WHERE NOT passes AND NOT deviates"
echo "== $(ask 'SELECT count(*) FROM state') checks:" \
	"$(ask 'SELECT count(DISTINCT id) FROM dead') killed by" \
	"$(ask 'SELECT count(DISTINCT mutant) FROM dead') mutants," \
	"$(ask "SELECT count(*) FROM state WHERE $alive") fail with and without one," \
	"$(ask 'SELECT count(*) FROM state WHERE NOT passes AND NOT deviates') not run here"
refused=$(sort "$out/refused.txt")
for bad in "$refused" "$idle" "$survivors"; do
	[ -z "$bad" ] || echo "$bad"
done
[ -z "$refused$idle$survivors" ]
