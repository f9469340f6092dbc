#include "results/modes.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "harness/statistics.h"

#define DEVIATIONS    6
#define APART         0.0953 /* log(1.1) */
#define LAUNCHES_MIN  3
#define SHARE_MIN     10 /* one in so many */
#define LAUNCHES_MOST 4096

static bool is_value(double value)
{
	return isfinite(value) && value > 0;
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static size_t take(const double *values, size_t count, double *logs)
{
	size_t taken = 0;

	for (size_t i = 0; i < count; i++)
		if (is_value(values[i]))
			logs[taken++] = log(values[i]);
	return taken;
}

/* Sum of squared distances from their mean, of sorted values. */
static double squares(const double *values, size_t count, double *mean)
{
	double sum = 0, sum_squares = 0;

	for (size_t i = 0; i < count; i++)
		sum += values[i];
	*mean = sum / (double)count;
	for (size_t i = 0; i < count; i++)
		sum_squares += (values[i] - *mean) * (values[i] - *mean);
	return sum_squares;
}

/* How many of the sorted values belong to the lower group; 0 where it is one. The best
 * parting is that which leaves the least squares (k-means with two means, in one
 * dimension exact). */
static size_t part(const double *logs, size_t count)
{
	size_t least = count / SHARE_MIN > LAUNCHES_MIN ? count / SHARE_MIN
							: LAUNCHES_MIN;
	double best = INFINITY, apart = 0;
	size_t at = 0;

	for (size_t i = 1; i < count; i++) {
		double low, high;
		double sum = squares(logs, i, &low) + squares(logs + i, count - i, &high);

		if (sum >= best)
			continue;
		best = sum;
		at = i;
		apart = high - low;
	}
	if (at < least || count - at < least || apart < APART ||
		apart < DEVIATIONS * sqrt(best / (double)(count - 2)))
		return 0;
	return at;
}

static bool is_in(double value, double border, int upper)
{
	return is_value(value) && (log(value) > border) == (bool)upper;
}

static double median_in(const double *values, size_t count, double border, int upper,
	double *work, size_t *counted)
{
	*counted = 0;
	for (size_t i = 0; i < count; i++)
		if (is_in(values[i], border, upper))
			work[(*counted)++] = values[i];
	return statistics_median(work, *counted);
}

/* Of the pairs of launches that are both in the mode. */
static double paired_in(const double *base, const double *candidate, const double *ratios,
	size_t count, double border, int upper, double *work)
{
	size_t taken = 0;

	for (size_t i = 0; i < count; i++)
		if (is_in(base[i], border, upper) && is_in(candidate[i], border, upper))
			work[taken++] = is_value(ratios[i]) ? ratios[i]
							    : candidate[i] / base[i];
	return statistics_median(work, taken);
}

void modes_find(const double *base, size_t base_count, const double *candidate,
	size_t candidate_count, const double *ratios, struct modes *modes)
{
	size_t room = base_count + candidate_count, count, low;
	double *logs = room && room <= LAUNCHES_MOST ? calloc(room, sizeof *logs) : NULL;

	modes->count = 0;
	if (!logs)
		return;
	count = take(base, base_count, logs);
	count += take(candidate, candidate_count, logs + count);
	qsort(logs, count, sizeof *logs, compare);
	low = part(logs, count);
	if (low) {
		double border = (logs[low - 1] + logs[low]) / 2;

		modes->count = 2;
		modes->mode[0].level = exp(statistics_quantile(logs, low, .5));
		modes->mode[1].level = exp(
			statistics_quantile(logs + low, count - low, .5));
		for (int i = 0; i < 2; i++) {
			struct mode *mode = &modes->mode[i];
			double a = median_in(
				base, base_count, border, i, logs, &mode->base);
			double b = median_in(candidate, candidate_count, border, i, logs,
				&mode->candidate);

			mode->ratio = ratios ? paired_in(base, candidate, ratios,
						       base_count, border, i, logs)
					     : b / a;
		}
		if (!(modes->mode[0].base && modes->mode[1].base) &&
			!(modes->mode[0].candidate && modes->mode[1].candidate))
			modes->count = 0;
	}
	free(logs);
}
