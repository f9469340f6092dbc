/* ranks.h: exact rank tests and the intervals that belong to them.
 *
 * Values are taken as they come: of launches, which are independent; never of samples
 * inside one. Nothing is assumed of their distribution but, for paired values, that the
 * differences lie symmetrically about their median. */
#ifndef IPCMARK_RANKS_H
#define IPCMARK_RANKS_H

#include <stddef.h>

#include "harness/statistics.h"

/* Above this many values a test or an interval takes the normal distribution instead of
 * the exact one (with the correction for ties and for continuity); the error is far below
 * a thousandth there. */
#define RANKS_EXACT_MOST 120

/* Two-sided p of the Wilcoxon signed-rank test on paired differences. The distribution is
 * that over all signs of the ranks at hand, so that it is exact with ties (which share
 * their ranks) and with zeros (which take part in the ranking and then drop out; Pratt
 * 1959). 1 when nothing differs, NAN without values or memory. */
double ranks_signed_p(const double *differences, size_t count);

/* Two-sided p of the Mann-Whitney test (Wilcoxon rank sum), exact over all ways to choose
 * `b_count` of the ranks at hand. NAN where a side has no values, or without memory. */
double ranks_sum_p(const double *a, size_t a_count, const double *b, size_t b_count);

/* The least p that each of the two can give, whatever the values. */
double ranks_signed_least_p(size_t count);
double ranks_sum_least_p(size_t a_count, size_t b_count);

/* The centre of paired differences: the interval of Hodges and Lehmann (1963) from the
 * ordered means of all pairs. `coverage` is what it reaches, at least `confidence`; 0
 * where no interval of that confidence exists (99 % asks for 8 values). */
struct interval ranks_centre_interval(
	const double *differences, size_t count, double confidence);

/* By how much b lies above a: the ordered differences b - a of all pairs. */
struct interval ranks_shift_interval(const double *a, size_t a_count, const double *b,
	size_t b_count, double confidence);

/* Such an interval ends at this rank, from 1, of the ordered means or differences from
 * either end; 0 where there is none. It excludes 0 where the test of that level rejects.
 */
size_t ranks_centre_end(size_t count, double confidence, double *coverage);
size_t ranks_shift_end(
	size_t a_count, size_t b_count, double confidence, double *coverage);

/* The median of all differences b - a (Hodges and Lehmann); NAN where a side is empty. */
double ranks_shift(const double *a, size_t a_count, const double *b, size_t b_count);

/* Adjusts p values for having been `count` (Holm 1979): each is the least family-wise
 * error rate at which it still counts. `adjusted` may be `p`; a NAN is no member of the
 * family and stays. 0 or -ENOMEM. */
int ranks_holm(const double *p, size_t count, double *adjusted);

#endif
