#include "harness/statistics.h"

#include <math.h>
#include <stdlib.h>

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

double statistics_median(double *values, size_t count)
{
	if (!count)
		return NAN;
	qsort(values, count, sizeof *values, compare);
	/* Halves are added rather than the sum halved: the sum could overflow. */
	return count % 2 ? values[count / 2]
			 : values[count / 2 - 1] / 2 + values[count / 2] / 2;
}

double statistics_quantile(const double *sorted, size_t count, double q)
{
	double position, whole;
	size_t index;

	if (!count)
		return NAN;
	if (!(q > 0))
		return sorted[0];
	if (q >= 1)
		return sorted[count - 1];
	position = (double)(count - 1) * q;
	whole = floor(position);
	index = (size_t)whole;
	if (index + 1 >= count)
		return sorted[count - 1];
	return sorted[index] + (position - whole) * (sorted[index + 1] - sorted[index]);
}

/* P(X = k) for X binomial(n, 1/2); by logarithms, because 2^-n underflows at n > 1074. */
static double binomial_half(size_t n, size_t k)
{
	double log_choose = lgamma((double)n + 1) - lgamma((double)k + 1) -
			    lgamma((double)(n - k) + 1);

	return exp(log_choose - (double)n * M_LN2);
}

struct interval statistics_median_interval(
	const double *sorted, size_t count, double confidence)
{
	struct interval interval = { NAN, NAN, 0 };
	double outside = 0; /* probability that the median lies below rank `rank` */

	if (count < STATISTICS_LAUNCHES_MIN)
		return interval;
	/* The median lies between the ranks k and n + 1 - k (from 1) unless fewer than k
	 * of n values fall on one side of it. */
	for (size_t rank = 0; rank < count / 2; rank++) {
		double coverage;

		outside += binomial_half(count, rank);
		coverage = 1 - 2 * outside;
		if (coverage < confidence - 1e-12)
			break;
		interval = (struct interval) { sorted[rank], sorted[count - 1 - rank],
			coverage };
	}
	return interval;
}
