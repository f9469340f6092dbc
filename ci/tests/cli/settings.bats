#!/usr/bin/env bats
# Settings of mechanisms: each that a row declares is listed with its range, taken from
# --set, recorded as the system made it, and refused with the range where it is wrong. The
# cases come from the list itself, so that a new setting is tested as soon as it is there.

. "$SOURCE_DIR/ci/tests/cli/room.sh"

setup() {
	clean_room
	mkdir tmp
	export TMPDIR=$PWD/tmp
	# A launch of a few milliseconds.
	small=(--tests latency --sizes 64 --launches 1 --slices 1 --slice 100us
		--warm-up 1ms --placements unpinned)
}

teardown() {
	[ ! -d tmp ] || [ -z "$(ls -A tmp)" ] # nobody left anything in TMPDIR
}

# One line for each setting of the usable rows that have the same ones and round trips:
# "row,row... name default least most".
settings() {
	"$IPCMARK" list mechanisms --format csv >list.csv
	sqlite3 -separator ' ' :memory: ".import --csv list.csv l" \
		"select group_concat(mechanism), settings from l
		where settings <> '' and usable = 'yes' and tests like '%latency%'
		group by settings" |
		awk '{
			count = split($2, each, ";")
			for (i = 1; i <= count; i++) {
				split(each[i], part, /[=:]/)
				split(part[3], range, /\.\./)
				print $1, part[1], part[2] == "" ? "-" : part[2],
					range[1], range[2]
			}
		}'
}

# other DEFAULT LEAST MOST: a value that the row does not have by itself, and large enough
# for the message of this test.
other() {
	if [ "$2" -ge 64 ]; then
		echo $((4 * $2))
	elif [ "$3" -ge 128 ]; then
		echo 128
	elif [ "$1" = "$2" ]; then
		echo "$3"
	else
		echo "$2"
	fi
}

@test "each setting is listed with its range for people too" {
	settings >all
	[ "$(wc -l <all)" -ge 12 ]
	"$IPCMARK" list mechanisms >words
	local rows name standard least most
	while read -r rows name standard least most; do
		[ "$standard" = - ] || [ "$standard" -ge "$least" ]
		[ "$standard" = - ] || [ "$standard" -le "$most" ]
		grep -qF -e "--set $name=$least..$most" words || {
			echo "$rows: $name is not listed with $least..$most"
			return 1
		}
	done <all
}

@test "what --set asks for is what each row has, and what results.csv says" {
	settings >all
	local rows name standard least most set run=0
	for rows in $(cut -d' ' -f1 all | uniq); do
		set=
		while read -r _ name standard least most; do
			set=$set,$name=$(other "$standard" "$least" "$most")
		done < <(awk -v rows="$rows" '$1 == rows' all)
		set=${set#,}
		run=$((run + 1))
		"$IPCMARK" run --mechanisms "$rows" "${small[@]}" --set "$set" \
			--out run$run >out 2>err || {
			cat err
			return 1
		}
		sqlite3 :memory: ".import --csv run$run/results.csv r" \
			"select settings from r where status = 'ok'" >got
		[ "$(wc -l <got)" -eq "$(tr ',' '\n' <<<"$rows" | wc -l)" ] || {
			cat out
			return 1
		}
		for name in ${set//,/ }; do
			# The system doubles what it is asked for as a socket's buffer.
			awk -v one=";$name;" -v two=";${name%=*}=$((2 * ${name#*=}));" '
				!index(";" $0 ";", one) && !index(";" $0 ";", two) { exit 1 }' got || {
				echo "$rows: $name was asked for, but there is"
				cat got
				return 1
			}
		done
		grep '^option.set,' run$run/environment.csv | tr -d '"' |
			grep -qxF "option.set,$set"
	done
}

@test "what a setting cannot be is refused with what it can be" {
	settings | sort -u -k2,2 >all
	local rows name least most value status
	while read -r rows name _ least most; do
		for value in $((least - 1)) $((most + 1)) many; do
			status=0
			"$IPCMARK" run --mechanisms "$rows" "${small[@]}" \
				--set "$name=$value" --out run >out 2>err || status=$?
			[ "$status" -eq 2 ] && [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ] &&
				grep -q "^ipcmark.*--set.* $name.*; it can be $least to $most" err ||
				{
					echo "$rows: $name=$value: exit $status"
					cat err
					return 1
				}
		done
	done <all
	[ ! -e run ]
}

@test "a setting that no chosen mechanism has is refused, and one of some is theirs alone" {
	local status=0
	"$IPCMARK" run --mechanisms pipe "${small[@]}" --set tcp.nodelay=0 --out run \
		2>err || status=$?
	[ "$status" -eq 2 ]
	[ "$(cat err)" = "ipcmark: --set: no chosen mechanism has a setting 'tcp.nodelay'; see 'ipcmark list mechanisms'" ]
	[ ! -e run ]
	"$IPCMARK" run --mechanisms pipe,tcp "${small[@]}" --set tcp.nodelay=0 --out run \
		>out 2>err
	[ "$(sqlite3 :memory: ".import --csv run/results.csv r" \
		"select mechanism, settings like '%tcp.nodelay=0%' from r order by mechanism")" = \
"pipe|0
tcp|1" ]
}
