#include "results/rule_scan.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define WORD_MOST 128

void scan_space(struct scan *scan)
{
	while (isspace((unsigned char)*scan->at))
		scan->at++;
}

int scan_fail(struct scan *scan, const char *wanted)
{
	int error;

	scan_space(scan);
	error = why_say(
		scan->why, 0, "character %td: %s", scan->at - scan->begin + 1, wanted);

	if (*scan->at)
		why_add(scan->why, "here is '%.24s'", scan->at);
	else
		why_add(scan->why, "here the rule ends");
	return error;
}

bool scan_is_name(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("_.*?-", c));
}

/* Takes a sign such as ";" or ".." if it is next. */
bool scan_sign(struct scan *scan, const char *sign)
{
	scan_space(scan);
	if (strncmp(scan->at, sign, strlen(sign)) != 0)
		return false;
	scan->at += strlen(sign);
	return true;
}

/* Takes a whole word if it is next. */
bool scan_word(struct scan *scan, const char *word)
{
	size_t length = strlen(word);

	scan_space(scan);
	if (strncmp(scan->at, word, length) != 0 || scan_is_name(scan->at[length]))
		return false;
	scan->at += length;
	return true;
}

int scan_demand(struct scan *scan, const char *sign, const char *wanted)
{
	return scan_sign(scan, sign) ? 0 : scan_fail(scan, wanted);
}

struct piece scan_piece(const struct scan *scan, const char *begin)
{
	const char *end = scan->at;

	while (end > begin && isspace((unsigned char)end[-1]))
		end--;
	return (struct piece) { begin, (size_t)(end - begin) };
}

int scan_names(struct scan *scan, struct names *names)
{
	struct claim_rule *rule = scan->rule;

	*names = (struct names) { rule->name_count, 0 };
	do {
		const char *begin;

		scan_space(scan);
		begin = scan->at;
		scan->at += *begin == '!';
		if (!scan_is_name(*scan->at))
			return scan_fail(scan, "a name is missing");
		while (scan_is_name(*scan->at))
			scan->at++;
		if (scan->at - begin >= WORD_MOST)
			return scan_fail(scan, "the name before this is too long");
		if (rule->name_count == RULE_NAMES)
			return scan_fail(scan, "too many names in one rule");
		rule->names[rule->name_count++] = scan_piece(scan, begin);
		names->count++;
	} while (scan_sign(scan, ","));
	return 0;
}

static const struct {
	const char *suffix;
	double factor;
	enum unit unit;
} suffixes[] = {
	{ "KB/s", 1e3, UNIT_RATE },
	{ "MB/s", 1e6, UNIT_RATE },
	{ "GB/s", 1e9, UNIT_RATE },
	{ "ns", 1, UNIT_TIME },
	{ "us", 1e3, UNIT_TIME },
	{ "ms", 1e6, UNIT_TIME },
	{ "s", 1e9, UNIT_TIME },
	{ "B", 1, UNIT_BYTES },
	{ "K", 1024, UNIT_BYTES },
	{ "M", 1024.0 * 1024, UNIT_BYTES },
	{ "G", 1024.0 * 1024 * 1024, UNIT_BYTES },
};

/* Digits, with a dot among them; ".." is not part of a number. */
static int scan_digits(struct scan *scan, double *number)
{
	char digits[24];
	size_t length = 0;

	scan_space(scan);
	while (isdigit((unsigned char)*scan->at) ||
		(*scan->at == '.' && length && isdigit((unsigned char)scan->at[1]))) {
		if (length == sizeof digits - 1)
			return scan_fail(scan, "a number with fewer digits is needed");
		digits[length++] = *scan->at++;
	}
	digits[length] = '\0';
	if (!length)
		return scan_fail(scan, "a number is missing");
	*number = strtod(digits, NULL);
	return 0;
}

int scan_amount(struct scan *scan, double *amount, enum unit *unit)
{
	int error = scan_digits(scan, amount);

	*unit = UNIT_NUMBER;
	if (error)
		return error;
	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		size_t length = strlen(suffixes[i].suffix);

		if (strncmp(scan->at, suffixes[i].suffix, length) == 0) {
			scan->at += length;
			*amount *= suffixes[i].factor;
			*unit = suffixes[i].unit;
			break;
		}
	}
	if (isalnum((unsigned char)*scan->at) || *scan->at == '_')
		return scan_fail(scan,
			"an amount ends in ns, us, ms, s, B, K, M, G, KB/s, "
			"MB/s, GB/s or nothing");
	return 0;
}

int scan_size(struct scan *scan, int64_t *size_bytes)
{
	double amount;
	enum unit unit;
	int error = scan_amount(scan, &amount, &unit);

	if (error)
		return error;
	if ((unit != UNIT_BYTES && unit != UNIT_NUMBER) || !(amount <= 1e15))
		return scan_fail(scan, "a size such as 64 or 4K is missing");
	*size_bytes = (int64_t)amount;
	return 0;
}
