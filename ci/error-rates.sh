#!/usr/bin/env bash
# How often is `ipcmark duet` wrong? Runs whole suites of 40 cases and counts.
#     ci/error-rates.sh [--aa N] [--injected N] [--rates]
#     --aa N         until there are N suites of a build against itself, where every
#                    alarm is false
#     --injected N   until there are N suites with one case, chosen at random, slowed down
#                    by a known delay (ci/delay) of 3, 5 or 10 % in turn
#     --rates        only prints what has been counted (so does every call, at its end)
# Counts are kept from call to call, by kernel, in results/reference/error-rates/:
#     suites.csv     one line a suite: what was injected, time, load, kernel, commit
#     cases.csv      one line a case of a suite: verdict, ratio, all launches, and of each
#                    side one launch's samples, quartiles: "N P25 P50 P75"
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
	columns=suite,kind,percent,mechanism,size_bytes,placement,delay_ns,cases,launches
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
mechanisms=pipe,fifo,unix_stream,unix_dgram,unix_seqpacket,tcp,udp,posix_mq,sysv_msg
mechanisms+=,shm_futex
delayed="'$(printf '%s' "$mechanisms" | sed "s/,/','/g")'"

# ask SQL: with the tables `suites` and `cases`.
ask() {
	sqlite3 -batch -noheader -list :memory: ".import --csv $suites suites" \
		".import --csv $cases cases" "$1"
}

counted() {
	ask "select count(*) from suites where kind = '$1' and kernel = '$kernel'"
}

# Chooses what is slowed down: the percentage that was least often, and a case that the
# last suite measured: "percent|mechanism|size|placement|cpu|delay_ns|median". The delay
# is that part of the case's median in that suite.
choose() {
	ask "with percents(percent) as (values (3), (5), (10)),
		least as (
			select percent from percents left join suites using (percent)
			group by percent order by count(suite), percent limit 1),
		last as (
			select cases.*, substr(base_one, instr(base_one, ' ') + 1) as rest
			from cases
			where suite = (select suite from suites where kernel = '$kernel'
				order by rowid desc limit 1)
				and mechanism in ($delayed)
				and mechanism <> 'shm_futex' and base_one <> ''),
		known as (
			select *, 0.0 + substr(rest, instr(rest, ' ') + 1) as median_ns
			from last
			where (select count(*) from last as other
				where other.mechanism = last.mechanism
				and other.size_bytes = last.size_bytes
				and other.cpu_b = last.cpu_b) = 1)
		select percent, mechanism, size_bytes, placement, cpu_b,
			cast(round(median_ns * percent / 100) as integer)
		from known, least order by random() limit 1"
}

# Turns the duet in $scratch into lines of cases.csv for suite $1, of which case
# "$2|$3|$4" was slowed down. One launch of each is far from the other in time, as where
# one build is run after the other.
write_cases() {
	sqlite3 -batch -noheader -csv :memory: \
		".import --csv $scratch/run/base/results.csv b" \
		".import --csv $scratch/run/candidate/results.csv c" \
		"create table one as
			select mechanism, size_bytes, placement, max(cpu_b) as cpu_b,
				min(0 + launch) as first, max(0 + launch) as last
			from b where status = 'ok'
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
				from json_each(v, '$.base.launches')),
			(select group_concat(printf('%.5g', value), ' ')
				from json_each(v, '$.candidate.launches')),
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

# one_suite KIND: nothing is kept of one that is not finished.
one_suite() {
	local kind=$1 percent='' mechanism='' size='' placement='' cpu='' delay_ns=''
	local suite before status=0 sides=() start=$SECONDS count
	local launches sched fields

	if [ "$kind" = injected ]; then
		IFS='|' read -r percent mechanism size placement cpu delay_ns < <(choose)
		local side="env LD_PRELOAD='$library' IPCMARK_DELAY=$mechanism"

		sides=(--base "$side:0:$size:$cpu '$ipcmark'"
			--candidate "$side:$delay_ns:$size:$cpu '$ipcmark'")
	fi
	suite=$(date -u +%Y%m%dT%H%M%SZ)
	before=$(load)
	rm -rf "$scratch/run"
	"$ipcmark" duet --mechanisms "$mechanisms" --sizes 64,4K "${sides[@]}" \
		--out "$scratch/run" --format json >"$scratch/duet.json" \
		2>"$scratch/log" || status=$?
	if [ ! -s "$scratch/duet.json" ]; then
		echo "error-rates.sh: exit $status: $(tail -n 1 "$scratch/log")" >&2
		return 1
	fi
	write_cases "$suite" "$mechanism" "$size" "$placement" >"$scratch/cases"
	count=$(wc -l <"$scratch/cases")
	cat "$scratch/cases" >>"$cases"
	launches=$(sqlite3 :memory: "select json_array_length(
		readfile('$scratch/duet.json'),
		'$.comparisons[0].cases[0].base.launches')")
	sched=$(sed -n 's/^duet.sched,//p' "$scratch/run/base/environment.csv" |
		tr -d '\r')
	fields=("$suite" "$kind" "$percent" "$mechanism" "$size" "$placement" "$delay_ns"
		"$count" "$launches" $((SECONDS - start)) "$before" "$(load)" "$sched"
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
missing=0
for kind in aa injected; do
	failed=0
	# What to inject follows from what a suite has measured before.
	[ "$kind" = aa ] || [ "${wanted[injected]}" -eq 0 ] || [ -n "$(choose)" ] ||
		one_suite aa
	while have=$(counted $kind) && [ "$have" -lt "${wanted[$kind]}" ]; do
		if [ "$SECONDS" -ge "$end" ]; then
			missing=$((missing + wanted[$kind] - have))
			break
		fi
		one_suite $kind || failed=$((failed + 1))
		[ $failed -lt 3 ] || exit 2
	done
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
