#include "results/format.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/statistics.h"

int format_changes(enum format format, const struct changes *const *list, size_t count,
	FILE *out, bool is_coloured, struct why *why)
{
	switch (format) {
	case FORMAT_MARKDOWN:
		format_markdown(list, count, out);
		return 0;
	case FORMAT_JSON:
		return format_json(list, count, out, why);
	case FORMAT_JUNIT:
		format_junit(list, count, out);
		return 0;
	default:
		format_table(list, count, out, is_coloured);
		return 0;
	}
}

size_t format_character(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t length = c[0] < 0x80                   ? 1
			: c[0] >= 0xc2 && c[0] < 0xe0 ? 2
			: c[0] >= 0xe0 && c[0] < 0xf0 ? 3
			: c[0] >= 0xf0 && c[0] < 0xf5 ? 4
						      : 0;

	for (size_t i = 1; i < length; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, beyond Unicode. */
	if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
		(c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f))
		return 0;
	return length;
}

char *format_clean(const char *text, char *clean, size_t size)
{
	size_t used = 0;

	while (*text && used + 1 < size) {
		size_t length = format_character(text);
		bool is_text = length && (unsigned char)*text >= ' ' && *text != 0x7f;

		if (used + length >= size)
			break;
		if (is_text)
			memcpy(clean + used, text, length);
		else
			clean[used] = '?';
		used += is_text ? length : 1;
		text += length ? length : 1;
	}
	clean[used] = '\0';
	return clean;
}

/* Three digits, and no more than one after the point: "+0.4", "+12.3", "+250". */
static void percent(double ratio, char *text, size_t size)
{
	double value = change_percent(ratio);

	if (isnan(value))
		snprintf(text, size, "-");
	else
		snprintf(text, size, "%+.*f", fabs(value) < 99.95 ? 1 : 0, value);
}

char *format_percent(double ratio, char *text)
{
	percent(ratio, text, FORMAT_TEXT - 3);
	if (!isnan(ratio))
		strcat(text, " %");
	return text;
}

char *format_interval(const struct decision *decision, char *text)
{
	char low[12], high[12];

	if (!(decision->coverage > 0) || isnan(decision->p)) {
		snprintf(text, FORMAT_TEXT, "-");
		return text;
	}
	percent(decision->low, low, sizeof low);
	percent(decision->high, high, sizeof high);
	snprintf(text, FORMAT_TEXT, "%s to %s %%", low, high);
	return text;
}

char *format_headline(const struct changes *changes, char *text)
{
	static const struct {
		enum verdict verdict;
		const char *says;
	} parts[] = { { VERDICT_SLOWER, "slower" },
		{ VERDICT_INCONCLUSIVE, "inconclusive" }, { VERDICT_FASTER, "faster" },
		{ VERDICT_NO_CHANGE, "without change" } };
	size_t used = (size_t)snprintf(text, FORMAT_LINE,
		"%s (%zu case%s: ", verdict_name(changes->whole), changes->count,
		changes->count == 1 ? "" : "s");
	const char *between = "";

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		if (!changes->counts[parts[i].verdict])
			continue;
		used += (size_t)snprintf(text + used, FORMAT_LINE - used, "%s%zu %s",
			between, changes->counts[parts[i].verdict], parts[i].says);
		between = ", ";
	}
	snprintf(text + used, FORMAT_LINE - used, ")");
	return text;
}

char *format_method(const struct changes *changes, char *text)
{
	snprintf(text, FORMAT_LINE,
		"A case counts as changed when the %s test on its launches stays below %.3g "
		"after Holm's correction over %zu case%s and the median ratio is off by at "
		"least %.3g %%; as unchanged when the %.4g %% interval lies within that.",
		changes->design == DESIGN_PAIRED ? "Wilcoxon signed-rank"
						 : "Mann-Whitney",
		changes->rule.alpha, changes->family, changes->family == 1 ? "" : "s",
		100 * changes->rule.margin, 100 * (1 - changes->rule.alpha));
	return text;
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/* The shares of one test's cases, sorted; *blind counts those where there is none. */
static size_t collect(const struct changes *changes, enum quantity quantity,
	double *shares, size_t *blind)
{
	size_t known = 0;

	for (const struct change *change = changes_next(changes, NULL); change;
		change = changes_next(changes, change)) {
		if (change->quantity != quantity)
			continue;
		if (isinf(change->visible))
			++*blind;
		else if (!isnan(change->visible))
			shares[known++] = 100 * (change->visible - 1);
	}
	qsort(shares, known, sizeof *shares, compare);
	return known;
}

static char *rounded(double share, char *text)
{
	snprintf(text, FORMAT_TEXT, "%.*f", share < 9.95 ? 1 : 0, share);
	return text;
}

char *format_power(const struct changes *changes, char *text)
{
	static const char *const tests[] = { [QUANTITY_TIME] = "latency",
		[QUANTITY_RATE] = "throughput",
		[QUANTITY_CAPACITY] = "capacity",
		[QUANTITY_MEMORY] = "memory" };
	double *shares = calloc(changes->count + 1, sizeof *shares);
	char half[FORMAT_TEXT], most[FORMAT_TEXT];
	size_t blind = 0, used = 0;

	*text = '\0';
	for (int i = 0; shares && i < QUANTITIES; i++) {
		size_t known = collect(changes, (enum quantity)i, shares, &blind);

		if (known)
			used += (size_t)snprintf(text + used, FORMAT_LINE - used,
				"%s%s %s %% in half of the cases, %s %% in nine of ten",
				used ? "; " : "Could have been seen, 8 times in 10: ",
				tests[i],
				rounded(statistics_quantile(shares, known, 0.5), half),
				rounded(statistics_quantile(shares, known, 0.9), most));
	}
	if (blind)
		snprintf(text + used, FORMAT_LINE - used,
			"%so change of any size in %zu case%s: too few launches.",
			used ? ". N" : "Could have been seen: n", blind,
			blind == 1 ? "" : "s");
	else if (used)
		snprintf(text + used, FORMAT_LINE - used, ".");
	free(shares);
	return text;
}
