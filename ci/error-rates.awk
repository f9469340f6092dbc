# How often each rule was wrong, from suites.csv and cases.csv of ci/error-rates.sh.
#
# The rules on the same launches:
#     duet          the verdict of ipcmark duet
#     fixed5        medians of all launches of each side, alternated, differ by 5 %
#     fixed5-apart  the base's median over the first half of the launches, the
#                   candidate's over the second: as where one is run after the other
#     t-test        p < .05 between the samples of one launch a side, apart in time;
#                   centre and spread are taken from the quartiles, which outliers leave
#                   alone: deviations of 1.349 to the interquartile range, and a standard
#                   error of a median of 1.2533 deviations over the root of the count
# A delay counts as what it was of the case's median in the suite itself, where the machine
# may have had another pace than when it was chosen: 2 to 4 % as +3 %, to 7.5 % as +5 %, to
# 15 % as +10 %; what is beyond is in none of them.
#
# Bounds are one-sided, 95 %, of Clopper and Pearson: the rate is at most that for alarms,
# at least that for what was found. 0 in 30 is "at most 9.5 %".
BEGIN {
	FS = ","
	rule_count = split("duet fixed5 fixed5-apart t-test", rules, " ")
	percent_count = split("3 5 10", percents, " ")
}

function sort_values(v, n,    i, j, x) {
	for (i = 2; i <= n; i++) {
		x = v[i]
		for (j = i - 1; j > 0 && v[j] > x; j--)
			v[j + 1] = v[j]
		v[j + 1] = x
	}
}

# Median of words `from` to `to` of a list; 0 where there is none.
function median(list, from, to,    words, n, v, i, count) {
	n = split(list, words, " ")
	if (to > n)
		to = n
	for (i = from; i <= to; i++)
		if (words[i] > 0)
			v[++count] = words[i] + 0
	if (!count)
		return 0
	sort_values(v, count)
	return count % 2 ? v[(count + 1) / 2] : (v[count / 2] + v[count / 2 + 1]) / 2
}

# -1, 0, 1: faster, no alarm, slower.
function by_percent(base, candidate) {
	if (!base || !candidate)
		return 0
	return candidate > base * 1.05 ? 1 : base > candidate * 1.05 ? -1 : 0
}

function by_samples(base, candidate,    b, c, error) {
	if (split(base, b, " ") < 4 || split(candidate, c, " ") < 4 || !b[1] || !c[1])
		return 0
	error = 1.2533 / 1.349 * sqrt((b[4] - b[2]) ^ 2 / b[1] + (c[4] - c[2]) ^ 2 / c[1])
	if (c[3] - b[3] > 1.96 * error)
		return 1
	return b[3] - c[3] > 1.96 * error ? -1 : 0
}

function turned_out(share) {
	return share < 2 || share >= 15 ? "none" : share < 4 ? 3 : share < 7.5 ? 5 : 10
}

function judge(rule,    n, half, words) {
	if (rule == "duet")
		return $7 == "slower" ? 1 : $7 == "faster" ? -1 : 0
	if (rule == "t-test")
		return by_samples($11, $12)
	n = split($9, words, " ")
	if (rule == "fixed5")
		return by_percent(median($9, 1, n), median($10, 1, n))
	half = int(n / 2)
	return by_percent(median($9, 1, half), median($10, half + 1, n))
}

# P(X <= hits) of `of` trials of chance p.
function below(hits, of, p,    i, sum, term) {
	if (p <= 0)
		return 1
	if (p >= 1)
		return hits >= of
	term = of * log(1 - p)
	for (i = 0; i <= hits; i++) {
		sum += exp(term)
		term += log((of - i) > 0 ? of - i : 1) - log(i + 1) + log(p) - log(1 - p)
	}
	return sum
}

function bound(hits, of, is_upper,    low, high, p, i) {
	if (is_upper ? hits == of : hits == 0)
		return is_upper
	high = 1
	for (i = 0; i < 60; i++) {
		p = (low + high) / 2
		if (is_upper ? below(hits, of, p) > .05 : 1 - below(hits - 1, of, p) < .05)
			low = p
		else
			high = p
	}
	return p
}

function say(rule, what, hits, of, is_upper) {
	if (of)
		printf "%s,%s,%d,%d,%.1f %%,%s %.1f %%\n", rule, what, hits, of,
			100 * hits / of, is_upper ? "at most" : "at least",
			100 * bound(hits, of, is_upper)
}

{
	gsub(/["\r]/, "")
}

FNR == 1 {
	file++
	next
}

file == 1 {
	kind[$1] = $2
	percent[$1] = $8 == "" ? $3 : turned_out($8 + 0)
	suites[$2]++
	next
}

{
	if (kind[$1] == "aa") {
		unchanged += $7 == "no change"
		compared++
	}
	for (r = 1; r <= rule_count; r++) {
		alarm = judge(rules[r])
		if ($6 == 1) {
			found[r, percent[$1]] += alarm == 1
			if (r == 1)
				injected[percent[$1]]++
			continue
		}
		alarmed[r] += alarm != 0
		if (r == 1)
			untouched++
		if (alarm && !(($1, r) in seen)) {
			seen[$1, r] = 1
			wrong[r, kind[$1]]++
		}
	}
}

END {
	print "rule,what,count,of,rate,bound_95"
	say("duet", "A/A cases told to be without change", unchanged, compared, 0)
	for (r = 1; r <= rule_count; r++) {
		say(rules[r], "A/A suites with an alarm", wrong[r, "aa"], suites["aa"], 1)
		say(rules[r], "injected suites with an alarm elsewhere", wrong[r, "injected"],
			suites["injected"], 1)
		say(rules[r], "cases alarmed that nothing was done to", alarmed[r], untouched, 1)
		for (i = 1; i <= percent_count; i++)
			say(rules[r], "found at +" percents[i] " %", found[r, percents[i]],
				injected[percents[i]], 0)
	}
}
