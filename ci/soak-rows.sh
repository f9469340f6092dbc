#!/usr/bin/env bash
# Every row, long enough to meet what is rare: are messages lost, repeated, changed?
#     ci/soak-rows.sh [SECONDS=60 [AT_ONCE=1]]
# Each usable row is measured for so many seconds with `--payload verify`, on two CPUs of
# which the second is kept busy by something else: rounds of a few seconds, each with
# fresh processes and kernel objects, latency and throughput in turn, odd and even sizes.
# A row without payload makes its round trips. A row that fails is not gone on with.
#
# AT_ONCE rows are soaked at the same time, each in namespaces of its own (root), so that
# what is left behind is still known to be a row's; all of them on the two CPUs, with the
# one busy loop. That is more interruption for each row and fewer messages in its time.
#
# Writes one line a row to a CSV file, as soon as the row is done: seconds measured, how
# many messages they were (a round trip counts as one, warm-ups do not), launches that
# failed and the first reason, things left behind, AT_ONCE. Started again it goes on where
# it was: lines of the same commit and kernel, and of at least as many seconds, stand.
#     IPCMARK_SOAK_FILE    that file; results/reference/soak-rows.csv
#     IPCMARK_SOAK_ROWS    only these rows, separated by commas; all
#     IPCMARK              another program than the one it builds
# Ends with 1 if any line tells of a failure or of something left, 2 if it could not work.
# As root it works in namespaces of its own (ci/leftovers.sh). Takes rows x SECONDS, by
# AT_ONCE.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/leftovers.sh
. ci/steps.sh

seconds=${1:-60} at_once=${2:-1}
if ! [[ $# -le 2 && $seconds =~ ^[1-9][0-9]*$ && $at_once =~ ^[1-9][0-9]?$ ]]; then
	echo "usage: ci/soak-rows.sh [SECONDS=60 [AT_ONCE=1]], AT_ONCE at most 99" >&2
	exit 2
fi
# Of several rows at once, each is left to another process of this script, a part. It is
# told how many there are, and what keeps the CPU busy.
in_line=${IPCMARK_SOAK_PART:-1} hog=${IPCMARK_SOAK_HOG-}
if [ -z "${IPCMARK_ALONE-}" ] && [ -z "${IPCMARK-}" ]; then
	configure release >/dev/null
	build release >/dev/null
fi
if [ "$at_once" -eq 1 ]; then
	alone "$@"
elif [ "$(id -u)" != 0 ] || ! unshare --mount --ipc true 2>/dev/null; then
	echo "soak-rows.sh: several rows at once need root and namespaces (unshare);" \
		"soak one at a time" >&2
	exit 2
fi

ipcmark=${IPCMARK:-build/release/ipcmark}
file=${IPCMARK_SOAK_FILE:-results/reference/soak-rows.csv}
sizes=1,7,64,1000,4095,4096,4097,8191,65507,65535,65536,1048575
round_ns=10000000000 # a launch is not to take longer than this
most_slices=256 # of a size, that a launch can have
patience=300s # only ends what hangs; on a busy machine all of it may take long
columns=mechanism,payload,seconds,messages,failures,leftovers,reason,at_once
columns+=,kernel,commit

scratch=$(mktemp -d)
running='' own_hog=''
declare -A row_of=() # by the process of a part
cleanup() {
	local pid

	# A shell that has only just been started can lose a gentler signal.
	[ -z "$own_hog" ] || kill -KILL "$own_hog" || true
	for pid in $running "${!row_of[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	wait 2>/dev/null || true
	unwatch_objects
	rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
[ "$at_once" -gt 1 ] || watch_objects "$scratch"

sql() {
	sqlite3 -batch -bail -separator ' ' "$scratch/soak.db" "$@"
}

fail() {
	echo "soak-rows.sh: $*" >&2
	exit 2
}

# --- rows and lines ---------------------------------------------------------------------

commit=$("$ipcmark" --version | sed -n '1s/.*(\([^ )]*\).*/\1/p')
kernel=$(uname -r)
[[ $commit$kernel != *\'* ]] || fail "strange names: $commit, $kernel"
these="\"commit\" = '$commit' and kernel = '$kernel'"
"$ipcmark" list mechanisms --format csv >"$scratch/rows.csv"
sql ".import --csv $scratch/rows.csv listed" \
	"create table soaked (\"${columns//,/\",\"}\")" # no types: what is there is kept
# Lines of a file, beside those there are.
read_lines() {
	local complaints

	[ "$(head -n 1 "$1")" = "$columns" ] || fail "$1 has other columns"
	complaints=$(sql ".import --csv --skip 1 '$1' soaked" 2>&1) || true
	[ -z "$complaints" ] || fail "$1: $complaints"
}
[ ! -s "$file" ] || read_lines "$file"
mkdir -p "$(dirname "$file")"

# Is there a line of this row that stands?
is_done() {
	[ "$(sql "select count(*) from soaked where mechanism = '$1' and $these and
		(cast(seconds as real) >= $seconds or failures + leftovers > 0)")" -gt 0 ]
}

# Writes all lines, in the order of the rows; a reader sees the old file or the new one.
write_file() {
	local new

	new=$(mktemp "$file.XXXXXX")
	{
		echo "$columns"
		sql -csv "select soaked.* from soaked left join listed using (mechanism)
			order by listed.rowid" | tr -d '\r'
	} >"$new"
	chmod 644 "$new"
	mv "$new" "$file"
}

# --- one row ----------------------------------------------------------------------------

# The CPUs of a row: one of its sides at least beside the hog. What works alone is on the
# CPU that is named first.
cpus_of() {
	case ";$(sql "select caps from listed where mechanism = '$1'");" in
	*";one CPU;"*) echo "$busy,$busy" ;;
	*";one side;"*) echo "$busy,$free" ;;
	*) echo "$free,$busy" ;;
	esac
}

# run_round ROW SLICES: measures, and puts into the table `round` what came of it.
run_round() {
	local run=$scratch/run status=0 private

	private=$(mktemp -d "$scratch/tmp.XXXXXX") # a new one: by it processes are known
	TMPDIR=$private "$ipcmark" run --mechanisms "$1" --tests latency,throughput \
		--sizes "$sizes" --payload verify --cpus "$(cpus_of "$1")" --launches 1 \
		--clock monotonic --deadline "$patience" --slice 20ms \
		--slices "$2" --out "$run" >"$scratch/log" 2>&1 &
	running=$!
	wait "$running" || status=$?
	running=
	kill -0 "$hog" 2>/dev/null || fail "the hog is gone, CPU $busy was not busy"
	[ -s "$run/results.csv" ] ||
		fail "$1: status $status: $(tail -n 3 "$scratch/log")"
	look_for_leftovers "$before" "$private"
	sql "drop table if exists round" ".import --csv $run/results.csv round"
	rm -rf "$run" "$private"
}

# Measures a row until its time is over or something is wrong; writes its line.
soak_row() {
	local row=$1 measured_ns=0 messages=0 failures=0 slices=1 ns=0
	local ok more before payload reason count wanted_ns

	before=$(objects)
	while [ "$failures" -eq 0 ] && [ -z "$left" ] &&
		[ "$measured_ns" -lt $((seconds * 1000000000)) ]; do
		# The first round shows what a slice of every size takes here and now.
		if [ "$ns" -gt 0 ]; then
			wanted_ns=$((seconds * 1000000000 - measured_ns))
			[ "$wanted_ns" -lt "$round_ns" ] || wanted_ns=$round_ns
			slices=$((wanted_ns / (ns / slices + 1)))
			[ "$slices" -ge 1 ] || slices=1
			[ "$slices" -le "$most_slices" ] || slices=$most_slices
		fi
		run_round "$row" "$slices"
		read -r ok failures ns more payload < <(sql "select
			sum(status = 'ok'),
			count(distinct case status when 'failed' then test end),
			cast(sum(elapsed_ns) as integer), cast(sum(messages) as integer),
			max(payload) from round")
		messages=$((messages + more))
		measured_ns=$((measured_ns + ns))
		# Skipped, inconclusive: nobody looked at a message.
		[ "$ok" -gt 0 ] || [ "$failures" -gt 0 ] || failures=1
	done
	reason=$(sql "select reason from round where status <> 'ok'
		order by status = 'failed' desc, rowid limit 1")
	[ "$failures" -gt 0 ] || reason=
	[ -z "$left" ] || reason+="${reason:+; }left: ${left//$'\n'/; }"
	count=$(grep -c . <<<"$left") || true
	sql "delete from soaked where mechanism = '$row'" \
		"insert into soaked values ('$row', '$payload',
			printf('%.1f', $measured_ns / 1e9), $messages, $failures, $count,
			'${reason//\'/\'\'}', $in_line, '$kernel', '$commit')"
	write_file
	left=
}

# --- all of them ------------------------------------------------------------------------

# Keeps a CPU busy until this script is gone, however it went.
hog() {
	# shellcheck disable=SC2016 # for the other shell to expand
	exec taskset -c "$1" "$BASH" -c 'while kill -0 "$1" 2>/dev/null; do
		for ((i = 0; i < 100000; i++)); do :; done; done' hog $$
}

cpus=$(two_cpus)
free=${cpus%,*} busy=${cpus#*,}
if [ -z "$hog" ]; then
	hog "$busy" &
	hog=$! own_hog=$!
fi

# Usable rows that were asked for and pass messages.
rows=()
while read -r row reason; do
	[[ ,${IPCMARK_SOAK_ROWS:-$row}, == *,$row,* ]] || continue
	if [ -n "$reason" ]; then
		echo "$row is left out: $reason"
	else
		rows+=("$row")
	fi
done < <(sql "select mechanism, case when usable <> 'yes' then reason
	when tests = 'capacity' then 'it passes no messages' else '' end from listed")
[ ${#rows[@]} -gt 0 ] || fail "no such row is usable here"

number=0
tell_row() {
	number=$((number + 1))
	sql "select '[$number/${#rows[@]}] ' || mechanism || ': ' || seconds || ' s, ' ||
		messages || ' messages, ' || failures || ' failed, ' || leftovers ||
		' left behind' || iif(reason = '', '', ': ' || reason)
		from soaked where mechanism = '$1'"
}

# Starts a part.
start_part() {
	IPCMARK=$ipcmark IPCMARK_SOAK_ROWS=$1 IPCMARK_SOAK_FILE=$scratch/$1.csv \
		IPCMARK_SOAK_HOG=$hog IPCMARK_SOAK_PART=$at_once \
		"$BASH" ci/soak-rows.sh "$seconds" >"$scratch/$1.log" 2>&1 &
	row_of[$!]=$1
}

# Waits for any part and takes over its line.
end_part() {
	local pid status=0 row

	wait -n -p pid "${!row_of[@]}" || status=$?
	row=${row_of[$pid]}
	unset "row_of[$pid]"
	[ "$status" -le 1 ] || fail "$row: $(tail -n 3 "$scratch/$row.log")"
	sql "delete from soaked where mechanism = '$row'"
	read_lines "$scratch/$row.csv"
	write_file
	tell_row "$row"
}

for row in "${rows[@]}"; do
	if is_done "$row"; then
		tell_row "$row"
	elif [ "$at_once" -eq 1 ]; then
		soak_row "$row"
		tell_row "$row"
	else
		[ ${#row_of[@]} -lt "$at_once" ] || end_part
		start_part "$row"
	fi
done
while [ ${#row_of[@]} -gt 0 ]; do
	end_part
done

in_rows=$(printf "'%s'," "${rows[@]}")
read -r lines messages failures leftovers < <(sql "select count(*), sum(messages),
	sum(failures), sum(leftovers) from soaked where mechanism in (${in_rows%,})")
echo "soak-rows.sh: $lines rows, $messages messages, $failures launches failed," \
	"$leftovers things left behind: $file"
[ $((failures + leftovers)) -eq 0 ]
