/* quantity.h: what of a case can be spoken of, its unit, and amounts with their
 * intervals. */
#ifndef IPCMARK_QUANTITY_H
#define IPCMARK_QUANTITY_H

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

#define QUANTITY_COLUMNS 4

struct quantity {
	const char *name; /* "latency" */
	const char *test; /* whose launches know it */
	const char *columns[QUANTITY_COLUMNS]; /* of results.csv, added up */
	const char *says; /* "round trip" */
	enum unit unit;
	enum spread spread;
	bool more_is_better;
};

/* Ends with a NULL name. */
extern const struct quantity quantities[];

/* The quantity of that name, or NULL. */
const struct quantity *quantity_find(const char *name, size_t length);

/* The nearest name to a misspelt one, or NULL. */
const char *quantity_nearest(const char *name, size_t length);

struct amount {
	double value;
	double low, high; /* NAN: no interval is known */
	enum unit unit;
};

/* A number that is known exactly. */
struct amount amount_exact(double value, enum unit unit);

/* The quantity over the launches of a case. False where no launch knows it. */
bool quantity_of_case(const struct quantity *quantity, const struct one_case *from,
	struct amount *amount);

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
