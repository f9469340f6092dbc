/* metric.h: what of a case can be spoken of, its unit, and amounts with their
 * intervals. */
#ifndef IPCMARK_METRIC_H
#define IPCMARK_METRIC_H

#include <stdbool.h>
#include <stddef.h>

#include "results/cases.h"

enum unit {
	UNIT_NUMBER,
	UNIT_TIME, /* ns */
	UNIT_RATE, /* bytes per second */
	UNIT_BYTES,
};

extern const char *const unit_names[]; /* "a number", "a time", ... by enum unit */

/* How sure a value is, from its launches. */
enum spread {
	SPREAD_RANKS, /* the interval of the median from ranks; none below 6 launches */
	SPREAD_RANGE, /* counted, not timed: the least and the most of the launches */
};

#define METRIC_COLUMNS 4

struct metric {
	const char *name; /* "latency" */
	const char *test; /* whose launches know it */
	const char *columns[METRIC_COLUMNS]; /* of results.csv, added up */
	const char *says; /* "round trip" */
	enum unit unit;
	enum spread spread;
	bool more_is_better;
	const char *noise; /* a column: how far a launch's value may be off; or NULL */
};

/* Ends with a NULL name. */
extern const struct metric metrics[];

/* The metric of that name, or NULL. */
const struct metric *metric_find(const char *name, size_t length);

/* The nearest name to a misspelt one, or NULL. */
const char *metric_nearest(const char *name, size_t length);

struct amount {
	double value;
	double low, high; /* NAN: no interval is known */
	enum unit unit;
};

/* A number that is known exactly. */
struct amount amount_exact(double value, enum unit unit);

/* The metric over the launches of a case. False where no launch knows it. */
bool metric_of_case(
	const struct metric *metric, const struct one_case *from, struct amount *amount);

/* Interval arithmetic: whatever the true values are within their intervals, the true
 * result lies within its own. */
struct amount amount_add(struct amount a, struct amount b);
struct amount amount_subtract(struct amount a, struct amount b);
struct amount amount_multiply(struct amount a, struct amount b);
struct amount amount_divide(struct amount a, struct amount b);

/* The best of two, and so of many: value, low and high each the least (or the most). */
struct amount amount_best(struct amount a, struct amount b, bool more_is_better);

/* "2.56 µs (2.50 to 2.61)"; without an interval "2.56 µs"; exact ones stand alone.
 * `text` has AMOUNT_TEXT bytes; returns it. */
#define AMOUNT_TEXT 112
char *amount_text(struct amount amount, char *text);

/* The value alone: "2.56 µs". */
char *amount_value_text(double value, enum unit unit, char *text);

#endif
