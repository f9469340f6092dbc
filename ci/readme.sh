#!/usr/bin/env bash
# Write the table of mechanisms into README.md, from what the program lists.
#     ci/readme.sh            rewrite what stands between the two marks
#     ci/readme.sh --check    change nothing; end with 1 where it is out of date
# The program is $IPCMARK, or the newest build here; $README names another file.
set -euo pipefail
cd "$(dirname "$0")/.."

begin='<!-- mechanisms: written by ci/readme.sh -->'
end='<!-- mechanisms: end -->'
readme=${README:-README.md}

fail() {
	echo "ci/readme.sh: $*" >&2
	exit 2
}

case ${1-} in
'' | --check) ;;
*) fail "unknown argument '$1'; --check is the only one" ;;
esac
if [ -z "${IPCMARK-}" ]; then
	# shellcheck disable=SC2012 # the names are ours
	IPCMARK=$(ls -t build/*/ipcmark 2>/dev/null | head -n 1)
	[ -n "$IPCMARK" ] || fail "no program in build/; build it, or name it in IPCMARK"
fi
[ -f "$readme" ] || fail "$readme is not there"
for mark in "$begin" "$end"; do
	[ "$(grep -cxF -e "$mark" "$readme" || true)" = 1 ] ||
		fail "$readme must have the line '$mark' once, around the table"
done
[ "$(grep -nxF -e "$begin" "$readme" | cut -d: -f1)" -lt \
	"$(grep -nxF -e "$end" "$readme" | cut -d: -f1)" ] ||
	fail "$readme has the line '$end' before '$begin'"

# CSV as RFC 4180 has it, without line breaks in fields, which the list has none of.
table() {
	"$IPCMARK" list mechanisms --format csv | awk '
		function split_csv(line, fields,    n, i, c, quoted) {
			n = 1
			fields[1] = ""
			quoted = 0
			for (i = 1; i <= length(line); i++) {
				c = substr(line, i, 1)
				pair = substr(line, i, 2)
				if (quoted && pair == "\"\"") {
					fields[n] = fields[n] c
					i++
				} else if (c == "\"")
					quoted = !quoted
				else if (c == "," && !quoted)
					fields[++n] = ""
				else
					fields[n] = fields[n] c
			}
			return n
		}
		function plain(text) {
			gsub(/\|/, "\\|", text)
			return text
		}
		# What tells mechanisms apart, in a word or two.
		function properties(caps,    list, n, i, words) {
			caps = ";" caps ";"
			words = index(caps, ";payload;") ? "" : "no payload"
			n = split("boundaries;in place;spins;lossy;coalesces;" \
				"unrelated processes;cross-host", list, ";")
			for (i = 1; i <= n; i++)
				if (index(caps, ";" list[i] ";"))
					words = words (words == "" ? "" : ", ") list[i]
			return words
		}
		{ sub(/\r$/, "") }
		NR == 1 {
			count = split_csv($0, names)
			for (i = 1; i <= count; i++)
				at[names[i]] = i
			print "| mechanism | family | what it is | tests | properties |"
			print "|---|---|---|---|---|"
			next
		}
		{
			split_csv($0, f)
			tests = f[at["tests"]]
			gsub(/;/, ", ", tests)
			printf "| `%s` | %s | %s | %s | %s |\n", f[at["mechanism"]],
				f[at["family"]], plain(f[at["says"]]), tests,
				properties(f[at["caps"]])
		}'
}

new=$(mktemp)
trap 'rm -f "$new"' EXIT
rows=$(table)
[ "$(wc -l <<<"$rows")" -gt 2 ] || fail "$IPCMARK lists no mechanisms"
while IFS= read -r line || [ -n "$line" ]; do
	if [ "$line" = "$begin" ]; then
		printf '%s\n\n%s\n\n' "$line" "$rows"
		skip=1
	elif [ "$line" = "$end" ]; then
		skip=
	fi
	[ "${skip-}" ] || printf '%s\n' "$line"
done <"$readme" >"$new"

cmp -s "$new" "$readme" && exit 0
if [ "${1-}" = --check ]; then
	diff "$readme" "$new" || true
	echo "ci/readme.sh: the table in $readme is out of date; run ci/readme.sh" >&2
	exit 1
fi
cat "$new" >"$readme"
