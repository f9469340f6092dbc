#include "results/metric.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "harness/statistics.h"
#include "results/summary.h"

#define NAME_MOST 64

const char *const unit_names[] = {
	[UNIT_NUMBER] = "a number",
	[UNIT_TIME] = "a time",
	[UNIT_RATE] = "a rate",
	[UNIT_BYTES] = "a number of bytes",
};

#define CPU_COLUMNS                                                                      \
	{                                                                                \
		"user_a_ns", "system_a_ns", "user_b_ns", "system_b_ns"                   \
	}
#define SWITCH_COLUMNS                                                                   \
	{                                                                                \
		"voluntary_a", "voluntary_b", "involuntary_a", "involuntary_b"           \
	}

const struct metric metrics[] = {
	{ "latency", "latency", { "median_ns" }, "round trip", UNIT_TIME, SPREAD_RANKS,
		false, NULL },
	{ "cpu", "latency", CPU_COLUMNS, "CPU time of a round trip", UNIT_TIME,
		SPREAD_RANKS, false, NULL },
	{ "switches", "latency", SWITCH_COLUMNS, "context switches of a round trip",
		UNIT_NUMBER, SPREAD_RANKS, false, NULL },
	{ "throughput", "throughput", { "bytes_per_s" }, "throughput", UNIT_RATE,
		SPREAD_RANKS, true, NULL },
	{ "per_message", "throughput", { "median_ns" }, "time per message", UNIT_TIME,
		SPREAD_RANKS, false, NULL },
	{ "stream_cpu", "throughput", CPU_COLUMNS, "CPU time per message", UNIT_TIME,
		SPREAD_RANKS, false, NULL },
	{ "stream_switches", "throughput", SWITCH_COLUMNS, "context switches per message",
		UNIT_NUMBER, SPREAD_RANKS, false, NULL },
	{ "capacity", "capacity", { "capacity_bytes" }, "capacity", UNIT_BYTES,
		SPREAD_RANGE, true, NULL },
	{ "send", "send", { "median_ns" }, "time of a send", UNIT_TIME, SPREAD_RANKS,
		false, NULL },
	{ "pieces", "pieces", { "median_ns" }, "round trip in two sends", UNIT_TIME,
		SPREAD_RANKS, false, NULL },
	{ "connect", "connect", { "median_ns" }, "connect, request, reply and close",
		UNIT_TIME, SPREAD_RANKS, false, NULL },
	{ "memory", "memory", { "memory_bytes" }, "memory at rest", UNIT_BYTES,
		SPREAD_RANGE, false, "memory_noise_bytes" },
	{ "memory_used", "memory", { "memory_used_bytes" }, "memory in use", UNIT_BYTES,
		SPREAD_RANGE, false, "memory_noise_bytes" },
	{ "faults", "memory", { "page_faults" }, "page faults", UNIT_NUMBER, SPREAD_RANGE,
		false, NULL },
	{ NULL, NULL, { NULL }, NULL, UNIT_NUMBER, SPREAD_RANKS, false, NULL },
};

const struct metric *metric_find(const char *name, size_t length)
{
	for (const struct metric *at = metrics; at->name; at++)
		if (strlen(at->name) == length && memcmp(at->name, name, length) == 0)
			return at;
	return NULL;
}

const char *metric_nearest(const char *name, size_t length)
{
	const char *words[sizeof metrics / sizeof metrics[0]];
	char word[NAME_MOST];

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		words[i] = metrics[i].name;
	snprintf(word, sizeof word, "%.*s", (int)(length < NAME_MOST ? length : 0), name);
	return text_nearest(word, words);
}

struct amount amount_exact(double value, enum unit unit)
{
	return (struct amount) { value, value, value, unit };
}

/* The value of a column in a launch, or NAN: also where this version has no such one. */
static double column_value(const struct result_row *row, const char *name)
{
	for (size_t i = 0; i < result_table.column_count; i++) {
		const struct column *column = &result_table.columns[i];
		const void *field = (const char *)row + column->offset;

		if (strcmp(column->name, name) != 0)
			continue;
		if (column->type == COLUMN_REAL)
			return *(const double *)field;
		if (column->type == COLUMN_INT && *(const int64_t *)field != ROW_UNKNOWN)
			return (double)*(const int64_t *)field;
	}
	return NAN;
}

/* The sum over the columns; what a side that takes no part does not know adds nothing. */
static double launch_value(const struct metric *metric, const struct result_row *launch)
{
	double sum = NAN;

	for (size_t i = 0; i < METRIC_COLUMNS && metric->columns[i]; i++) {
		double value = column_value(launch, metric->columns[i]);

		if (!isnan(value))
			sum = isnan(sum) ? value : sum + value;
	}
	return sum;
}

bool metric_of_case(
	const struct metric *metric, const struct one_case *from, struct amount *amount)
{
	double *values = calloc(from->launch_count + 1, sizeof *values);
	struct interval interval;
	double noise = 0;
	size_t known = 0;

	if (!values)
		abort();
	for (size_t i = 0; i < from->launch_count; i++) {
		double value = launch_value(metric, from->launches[i]);

		if (isfinite(value))
			values[known++] = value;
		if (metric->noise)
			noise = fmax(
				noise, column_value(from->launches[i], metric->noise));
	}
	if (known) {
		*amount = (struct amount) { .value = statistics_median(values, known),
			.low = values[0] - noise,
			.high = values[known - 1] + noise,
			.unit = metric->unit };
		if (metric->spread == SPREAD_RANKS) {
			interval = statistics_median_interval(
				values, known, SUMMARY_CONFIDENCE);
			amount->low = interval.low;
			amount->high = interval.high;
		}
	}
	free(values);
	return known > 0;
}

struct amount amount_add(struct amount a, struct amount b)
{
	return (struct amount) { a.value + b.value, a.low + b.low, a.high + b.high,
		a.unit };
}

struct amount amount_subtract(struct amount a, struct amount b)
{
	return (struct amount) { a.value - b.value, a.low - b.high, a.high - b.low,
		a.unit };
}

/* NAN if any is: what fmin() and fmax() pass over is unknown here. */
static double least(double a, double b)
{
	return isnan(a) || isnan(b) ? NAN : fmin(a, b);
}

static double most(double a, double b)
{
	return isnan(a) || isnan(b) ? NAN : fmax(a, b);
}

static struct amount of_corners(double value, const double corners[4], enum unit unit)
{
	return (struct amount) { value,
		least(least(corners[0], corners[1]), least(corners[2], corners[3])),
		most(most(corners[0], corners[1]), most(corners[2], corners[3])), unit };
}

struct amount amount_multiply(struct amount a, struct amount b)
{
	const double corners[] = { a.low * b.low, a.low * b.high, a.high * b.low,
		a.high * b.high };

	return of_corners(
		a.value * b.value, corners, a.unit == UNIT_NUMBER ? b.unit : a.unit);
}

struct amount amount_divide(struct amount a, struct amount b)
{
	const double corners[] = { a.low / b.low, a.low / b.high, a.high / b.low,
		a.high / b.high };
	struct amount ratio = of_corners(
		a.value / b.value, corners, a.unit == b.unit ? UNIT_NUMBER : a.unit);

	/* By what may be 0, anything may come out. */
	if (!(b.low > 0 || b.high < 0))
		ratio.low = ratio.high = NAN;
	return ratio;
}

struct amount amount_best(struct amount a, struct amount b, bool more_is_better)
{
	double (*better)(double, double) = more_is_better ? most : least;

	return (struct amount) { better(a.value, b.value), better(a.low, b.low),
		better(a.high, b.high), a.unit };
}

char *amount_value_text(double value, enum unit unit, char *text)
{
	const char *sign = value < 0 ? "-" : "";
	char magnitude[TEXT_QUANTITY];

	switch (unit) {
	case UNIT_TIME:
		text_ns(fabs(value), magnitude);
		break;
	case UNIT_RATE:
		text_rate(fabs(value), magnitude);
		break;
	case UNIT_BYTES:
		text_bytes(fabs(value), magnitude);
		break;
	case UNIT_NUMBER:
		snprintf(magnitude, sizeof magnitude, "%.3g", fabs(value));
		break;
	}
	snprintf(text, AMOUNT_TEXT, "%s%s", sign, magnitude);
	return text;
}

/* "2.50 µs" to "2.50" where the other one ends in the same unit. */
static void drop_unit(char *text, const char *other)
{
	char *unit = strchr(text, ' ');
	const char *others = strchr(other, ' ');

	if (unit && others && strcmp(unit, others) == 0)
		*unit = '\0';
}

char *amount_text(struct amount amount, char *text)
{
	char value[AMOUNT_TEXT], low[AMOUNT_TEXT], high[AMOUNT_TEXT];

	amount_value_text(amount.value, amount.unit, value);
	if (isnan(amount.low) || amount.low == amount.high) {
		snprintf(text, AMOUNT_TEXT, "%.36s", value);
	} else {
		amount_value_text(amount.low, amount.unit, low);
		amount_value_text(amount.high, amount.unit, high);
		drop_unit(low, high);
		drop_unit(high, value);
		snprintf(text, AMOUNT_TEXT, "%.36s (%.34s to %.34s)", value, low, high);
	}
	return text;
}
