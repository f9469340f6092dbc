/* divisive.h: where a series changed its level: E-divisive (Matteson and James 2014) in
 * windows, as Hunter does (Fleming and Kolesnichenko 2023).
 *
 * The split of a segment is where the energy distance of its two parts, weighed by their
 * sizes, is greatest; it counts when shuffles of the segment rarely have a greater one.
 * Nothing is assumed of the distribution. */
#ifndef IPCMARK_DIVISIVE_H
#define IPCMARK_DIVISIVE_H

#include <stddef.h>
#include <stdint.h>

#define DIVISIVE_LEAST      2 /* values of a level */
#define DIVISIVE_WINDOW     50
#define DIVISIVE_ALPHA      1e-4 /* the least that shuffles can show in bearable time */
#define DIVISIVE_SHUFFLINGS 1999 /* at least */

struct divisive_rule {
	double alpha; /* of the series: a window has its share */
	double least; /* smaller changes of the median do not count */
	uint64_t seed; /* of the shuffles: the same series gives the same answer */
};

struct change_point {
	size_t at; /* the first value of the new level */
	double p; /* of its window: shuffles that split as well */
};

/* How many windows a series without changes is looked at in. */
size_t divisive_windows(size_t count);

/* Finds the change points of a series without gaps, in order; `points` has room for
 * count / DIVISIVE_LEAST of them. Returns how many, or -ENOMEM. */
int divisive_find(const double *values, size_t count, const struct divisive_rule *rule,
	struct change_point *points);

/* The greatest weighed energy distance over all splits, and where it is; 0 where there is
 * none. */
double divisive_split(const double *values, size_t count, size_t *at);

/* The least number of values among which a change can pass `alpha`. */
size_t divisive_values_least(double alpha);

#endif
