#!/usr/bin/env bash
# Who may include whom: the layers of the source tree.
#     ci/layers.sh [TOP]
# Prints each include that crosses them; exit 1 if there is any.
set -euo pipefail
cd "${1:-$(dirname "$0")/..}"

# What a file may include of the folders of the project, as a pattern; "own" includes,
# without a folder, are anybody's right.
allowed() {
	case $1 in
	harness/base/*) echo '^harness/base/' ;;
	mechanisms/*) echo '^(harness/base|mechanisms)/' ;;
	conformance/*) echo '^(harness/base|conformance|results)/' ;;
	# A command puts things together, so it may know more than one header of each.
	harness/cmd_*) echo '^(harness|results|plots|mechanisms|conformance)/' ;;
	*)
		echo '^(harness|results|plots|(mechanisms/mechanism|mechanisms/transfer|conformance/check).h)'
		;;
	esac
}

folders='harness|mechanisms|conformance|results|plots'
bad=0
count=0
while IFS=: read -r file line text; do
	included=${text#*[<\"]}
	included=${included%%[>\"]*}
	count=$((count + 1))
	if [[ /$included/ == */../* ]]; then
		echo "$file:$line: includes \"$included\": name it from the top" >&2
		bad=1
	elif [[ $included =~ ^($folders)/ ]] &&
		! [[ $included =~ $(allowed "$file") ]]; then
		echo "$file:$line: may not include \"$included\"" >&2
		bad=1
	fi
done < <(find harness mechanisms conformance results plots -name '*.[ch]' \
	-exec grep -HnE '^\s*#\s*include\s*[<"]' {} + 2>/dev/null)
if [ "$count" -eq 0 ]; then
	echo "$0: no source files in $PWD" >&2
	exit 2
fi
exit "$bad"
