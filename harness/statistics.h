/* statistics.h: medians and their intervals by order statistics.
 *
 * The unit is the launch: samples inside a launch are not independent, and an interval
 * computed from them is too narrow by a factor of hundreds. */
#ifndef IPCMARK_STATISTICS_H
#define IPCMARK_STATISTICS_H

#include <stddef.h>

/* Below this many launches no interval of 95 % exists: the range of 5 covers 93.75 %. */
#define STATISTICS_LAUNCHES_MIN 6

struct interval {
	double low, high;
	double coverage; /* what the ranks reach, at least the wanted; 0: no interval */
};

/* Sorts `values` in place and returns the median (NAN when count is 0). */
double statistics_median(double *values, size_t count);

/* Quantile q of sorted values, linear between neighbours (Hyndman and Fan 1996, type 7).
 */
double statistics_quantile(const double *sorted, size_t count, double q);

/* Distribution-free interval of the median from sorted launch-level values: the narrowest
 * symmetric pair of ranks whose binomial coverage is at least `confidence`. Below
 * STATISTICS_LAUNCHES_MIN values low and high are NAN and coverage is 0. */
struct interval statistics_median_interval(
	const double *sorted, size_t count, double confidence);

#endif
