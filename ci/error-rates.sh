#!/usr/bin/env bash
# How often is `ipcmark duet` wrong? Runs whole suites of 40 cases and counts.
#     ci/error-rates.sh [--aa N] [--injected N] [--rates]
#     --aa N         until there are N suites of a build against itself, where every
#                    alarm is false
#     --injected N   until there are N suites with one case, chosen at random, slowed down
#                    by a known delay (ci/delay) of 3, 5 or 10 % in turn. Such a suite has
#                    one mechanism's cases only, and an alpha smaller in proportion, so
#                    that each case is judged as strictly as among 40
#     --rates        only prints what has been counted (so does every call, at its end)
# Both kinds take turns, so that whenever it ends each has its share. Counts are kept from
# call to call, whatever the machine, in results/reference/error-rates/:
#     suites.csv     one line a suite: what was injected, and how much that was of the
#                    case's median in the suite itself; time, load, kernel, commit
#     cases.csv      one line a case of a suite: verdict, ratio, all planned launches (the
#                    further ones of --extend take no part in the other rules), and of
#                    each side one launch's samples, quartiles: "N P25 P50 P75"
#     rates.csv      how often each rule was wrong (ci/error-rates.awk), with 95 % bounds
# IPCMARK_RATES_MINUTES: ends after so many minutes, whatever is missing; 170
# IPCMARK_RATES: another directory; IPCMARK: another program than the one it builds, with
# libdelay.so beside it. Ends with 2 if it could not work, 3 if suites are missing.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/steps.sh

usage() {
	echo "usage: ci/error-rates.sh [--aa N] [--injected N] [--rates]" >&2
	exit 2
}
declare -A wanted=([aa]=0 [injected]=0)
[ $# -gt 0 ] || usage
while [ $# -gt 0 ]; do
	case $1 in
	--aa | --injected)
		[[ ${2-} =~ ^[0-9]+$ ]] || usage
		wanted[${1#--}]=$2
		shift 2
		;;
	--rates) shift ;;
	*) usage ;;
	esac
done
end=$((SECONDS + 60 * ${IPCMARK_RATES_MINUTES:-170}))
directory=${IPCMARK_RATES:-results/reference/error-rates}
mkdir -p "$directory"
suites=$directory/suites.csv
cases=$directory/cases.csv
if [ ! -s "$suites" ]; then
	columns=suite,kind,percent,mechanism,size_bytes,placement,delay_ns,true_percent
	columns+=,cases,launches
	echo "$columns,seconds,load_before,load_after,sched,kernel,commit" >"$suites"
	columns=suite,mechanism,size_bytes,placement,cpu_b,is_injected,verdict,ratio
	echo "$columns,base,candidate,base_one,candidate_one" >"$cases"
fi
kernel=$(uname -r)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Kernel mechanisms. What injects has to know the size of a message, and by its CPU the
# placement; of shm_futex it sees no message, so that is never slowed down.
delayed=(pipe fifo unix_stream unix_dgram unix_seqpacket tcp udp posix_mq sysv_msg)
mechanisms=$(printf '%s,' "${delayed[@]}")shm_futex
suite_cases=40
suite_alpha=.01

# ask SQL: with the tables `suites` and `cases`.
ask() {
	sqlite3 -batch -noheader -list :memory: ".import --csv $suites suites" \
		".import --csv $cases cases" "$1"
}

counted() {
	ask "select count(*) from suites where kind = '$1'"
}

one_of() {
	local list=("$@")

	echo "${list[RANDOM % $#]}"
}

# The percentage that was injected least often.
least_percent() {
	ask "with percents(percent) as (values (3), (5), (10))
		select percent from percents left join suites using (percent)
		group by percent order by count(suite), percent limit 1"
}

# Chooses a case of mechanism $1 to be slowed down by $2 %, which its median now says in
# nanoseconds: "size|placement|cpu|delay_ns|placements".
choose() {
	rm -rf "$scratch/pace"
	"$ipcmark" run --mechanisms "$1" --tests latency --sizes "$(one_of 64 4K)" \
		--launches 5 --slices 10 --slice 2ms --warm-up 10ms --sched fifo:10 \
		--out "$scratch/pace" >"$scratch/log" 2>&1 || return
	sqlite3 -batch -noheader -list :memory: \
		".import --csv $scratch/pace/summary.csv summary" \
		"select size_bytes, placement, cpu_b,
			cast(round(median_ns * $2 / 100) as integer),
			(select count(*) from summary)
		from summary where status = 'ok' order by random() limit 1"
}

# Turns the duet in $scratch into lines of cases.csv for suite $1, of which case
# "$2|$3|$4" was slowed down; launches up to number $5 were planned. One launch of each is
# far from the other in time, as where one build is run after the other.
write_cases() {
	sqlite3 -batch -noheader -csv :memory: \
		".import --csv $scratch/run/base/results.csv b" \
		".import --csv $scratch/run/candidate/results.csv c" \
		"create table one as
			select mechanism, size_bytes, placement, max(cpu_b) as cpu_b,
				min(0 + launch) as first, max(0 + launch) as last
			from b where status = 'ok' and 0 + launch < 0 + '$5'
			group by mechanism, size_bytes, placement;
		with found as (
			select value as v from json_each(readfile('$scratch/duet.json'),
				'$.comparisons[0].cases'))
		select '$1',
			v ->> 'mechanism', v ->> 'size_bytes', v ->> 'placement', cpu_b,
			v ->> 'mechanism' = '$2' and v ->> 'size_bytes' = 0 + '$3'
				and v ->> 'placement' = '$4',
			v ->> 'verdict', printf('%.5f', v ->> 'ratio'),
			(select group_concat(printf('%.5g', value), ' ')
				from json_each(v, '$.base.launches')
				where key < 0 + (v ->> '$.planned_launches')),
			(select group_concat(printf('%.5g', value), ' ')
				from json_each(v, '$.candidate.launches')
				where key < 0 + (v ->> '$.planned_launches')),
			(select printf('%d %.5g %.5g %.5g', samples,
				p25_ns, p50_ns, p75_ns)
				from b where b.mechanism = one.mechanism
				and b.size_bytes = one.size_bytes
				and b.placement = one.placement and 0 + b.launch = first),
			(select printf('%d %.5g %.5g %.5g', samples,
				p25_ns, p50_ns, p75_ns)
				from c where c.mechanism = one.mechanism
				and c.size_bytes = one.size_bytes
				and c.placement = one.placement and 0 + c.launch = last)
		from found left join one on one.mechanism = v ->> 'mechanism'
			and one.size_bytes = v ->> 'size_bytes'
			and one.placement = v ->> 'placement'" | tr -d '\r'
}

load() {
	cut -d ' ' -f 1 /proc/loadavg
}

# fact KEY: of the duet in $scratch.
fact() {
	sed -n "s/^$1,//p" "$scratch/run/base/environment.csv" | tr -d '\r'
}

# one_suite KIND: nothing is kept of one that is not finished.
one_suite() {
	local kind=$1 percent='' mechanism='' size='' placement='' cpu='' delay_ns=''
	local suite before status=0 sides=() start=$SECONDS count placements
	local launches sched fields chosen=$mechanisms alpha=$suite_alpha true_percent=''

	if [ "$kind" = injected ]; then
		percent=$(least_percent)
		mechanism=$(one_of "${delayed[@]}")
		IFS='|' read -r size placement cpu delay_ns placements < <(
			choose "$mechanism" "$percent") || {
			echo "error-rates.sh: $(tail -n 1 "$scratch/log")" >&2
			return 1
		}
		chosen=$mechanism
		alpha=$(awk "BEGIN {
			print $suite_alpha * 2 * $placements / $suite_cases }")
		local side="env LD_PRELOAD='$library' IPCMARK_DELAY=$mechanism"

		sides=(--base "$side:0:$size:$cpu '$ipcmark'" --alpha "$alpha"
			--candidate "$side:$delay_ns:$size:$cpu '$ipcmark'")
	fi
	suite=$(date -u +%Y%m%dT%H%M%SZ)
	before=$(load)
	rm -rf "$scratch/run"
	"$ipcmark" duet --mechanisms "$chosen" --sizes 64,4K "${sides[@]}" \
		--out "$scratch/run" --format json >"$scratch/duet.json" \
		2>"$scratch/log" || status=$?
	if [ ! -s "$scratch/duet.json" ]; then
		echo "error-rates.sh: exit $status: $(tail -n 1 "$scratch/log")" >&2
		return 1
	fi
	write_cases "$suite" "$mechanism" "$size" "$placement" "$(
		fact duet.planned)" >"$scratch/cases"
	count=$(wc -l <"$scratch/cases")
	cat "$scratch/cases" >>"$cases"
	launches=$(sqlite3 :memory: "select readfile('$scratch/duet.json') ->>
		'$.comparisons[0].cases[0].planned_launches'")
	sched=$(fact duet.sched)
	[ -z "$delay_ns" ] || true_percent=$(
		sqlite3 :memory: "select printf('%.1f',
				100.0 * $delay_ns / (v ->> '$.base.median'))
			from (select value as v from json_each(
				readfile('$scratch/duet.json'), '$.comparisons[0].cases'))
			where v ->> 'mechanism' = '$mechanism'
				and v ->> 'size_bytes' = 0 + '$size'
				and v ->> 'placement' = '$placement'"
	)
	fields=("$suite" "$kind" "$percent" "$mechanism" "$size" "$placement" "$delay_ns"
		"$true_percent" "$count" "$launches" $((SECONDS - start))
		"$before" "$(load)" "$sched"
		"$kernel" "$commit")
	(
		IFS=,
		echo "${fields[*]}"
	) >>"$suites"
	echo "$suite $kind" "${percent:+$mechanism $size B $placement +$percent % }($(
		cut -d, -f7 "$scratch/cases" | tr -d '"' | sort | uniq -c |
			awk '{ $1 = $1; printf "%s%s", s, $0; s = ", " }'
	)), $((SECONDS - start)) s"
}

if [ $((wanted[aa] + wanted[injected])) -gt 0 ]; then
	ipcmark=${IPCMARK-}
	if [ -z "$ipcmark" ]; then
		configure release >&2
		build release ipcmark delay >&2
		ipcmark=$PWD/build/release/ipcmark
	fi
	library=$(dirname "$ipcmark")/libdelay.so
	commit=$("$ipcmark" --version | sed -n '1s/.*(\([^ )]*\).*/\1/p')
fi
# The kind of which the smaller share is there; nothing when none is missing.
next_kind() {
	local aa injected

	aa=$(counted aa)
	injected=$(counted injected)
	missing=$((aa < wanted[aa] ? wanted[aa] - aa : 0))
	[ "$injected" -ge "${wanted[injected]}" ] ||
		missing=$((missing + wanted[injected] - injected))
	if [ "$missing" -eq 0 ]; then
		kind=''
	elif [ $((aa * wanted[injected])) -le $((injected * wanted[aa])) ] &&
		[ "$aa" -lt "${wanted[aa]}" ] || [ "$injected" -ge "${wanted[injected]}" ]; then
		kind=aa
	else
		kind=injected
	fi
}

failed=0
while next_kind && [ -n "$kind" ] && [ "$SECONDS" -lt "$end" ]; do
	if one_suite $kind; then
		failed=0
	else
		failed=$((failed + 1))
	fi
	[ $failed -lt 10 ] || exit 2
done

new=$(mktemp "$directory/rates.XXXXXX")
awk -f ci/error-rates.awk "$suites" "$cases" >"$new"
chmod 644 "$new"
mv "$new" "$directory/rates.csv"
column -t -s , "$directory/rates.csv" 2>/dev/null || cat "$directory/rates.csv"
[ "$missing" -eq 0 ] || {
	echo "error-rates.sh: $missing suites are missing" >&2
	exit 3
}
