#include "results/power.h"

#include <math.h>
#include <stdlib.h>

#include "harness/base/random.h"
#include "harness/ranks.h"
#include "harness/statistics.h"

#define DRAWS      200
#define PAIRS_MOST 100000 /* differences or means of one draw */

struct draws {
	const double *base, *candidate; /* what each launch lies beside its median */
	size_t base_count, candidate_count; /* paired: candidate_count is 0 */
	double *drawn, *pairs; /* room */
	struct random random;
};

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static size_t pair_count(size_t base_count, size_t candidate_count)
{
	return candidate_count ? base_count * candidate_count
			       : base_count * (base_count + 1) / 2;
}

/* Draws launches anew and lists their differences (or, paired, the means), sorted. */
static void draw(struct draws *draws)
{
	size_t a = draws->base_count, b = draws->candidate_count, used = 0;
	double *base = draws->drawn, *candidate = draws->drawn + a;

	for (size_t i = 0; i < a; i++)
		base[i] = draws->base[random_below(&draws->random, a)];
	for (size_t i = 0; i < b; i++)
		candidate[i] = draws->candidate[random_below(&draws->random, b)];
	for (size_t i = 0; i < a; i++)
		for (size_t j = b ? 0 : i; j < (b ? b : a); j++)
			draws->pairs[used++] = b ? candidate[j] - base[i]
						 : base[i] / 2 + base[j] / 2;
	qsort(draws->pairs, used, sizeof *draws->pairs, compare);
}

/* A shift is found when it lifts the interval of the strictest level above 0 and the
 * estimate to the margin; so each draw has a least shift, and the answer is a quantile.
 */
static double least_shift(struct draws *draws, size_t end, double margin)
{
	size_t pairs = pair_count(draws->base_count, draws->candidate_count);
	double shifts[DRAWS], centre;

	for (size_t i = 0; i < DRAWS; i++) {
		double low;

		draw(draws);
		low = draws->pairs[end - 1];
		centre = statistics_quantile(draws->pairs, pairs, 0.5);
		shifts[i] = fmax(-low, margin - centre);
	}
	qsort(shifts, DRAWS, sizeof *shifts, compare);
	return statistics_quantile(shifts, DRAWS, POWER_WANTED);
}

/* Distances from the median, widened by what a sample of this size is too narrow. */
static void centre(double *logs, size_t count, double *work)
{
	double median, wider = sqrt((double)count / (double)(count - 1));

	for (size_t i = 0; i < count; i++)
		work[i] = logs[i];
	median = statistics_median(work, count);
	for (size_t i = 0; i < count; i++)
		logs[i] = (logs[i] - median) * wider;
}

static bool is_value(double value)
{
	return isfinite(value) && value > 0;
}

/* The logarithms of what can be used: ratios where paired, else base, then candidate. */
static void gather(struct draws *draws, const struct decision *decision,
	const double *base, size_t base_count, const double *candidate,
	size_t candidate_count, double *logs)
{
	bool is_paired = decision->design == DESIGN_PAIRED;
	size_t a = 0, b = 0;

	for (size_t i = 0; i < base_count; i++) {
		double value = !is_paired ? base[i]
			       : i < candidate_count
				       ? decision_pair_ratio(decision, base, candidate, i)
				       : NAN;

		if (is_value(value))
			logs[a++] = log(value);
	}
	for (size_t i = 0; !is_paired && i < candidate_count; i++)
		if (is_value(candidate[i]))
			logs[a + b++] = log(candidate[i]);
	draws->base = logs;
	draws->base_count = a;
	draws->candidate = logs + a;
	draws->candidate_count = b;
}

static double visible(
	struct draws *draws, bool is_paired, double level, double margin, double *logs)
{
	size_t a = draws->base_count, b = draws->candidate_count, end = 0;
	double coverage, shift;

	if (a < 2 || (!is_paired && b < 2))
		return INFINITY;
	if (pair_count(a, b) > PAIRS_MOST)
		return NAN;
	end = is_paired ? ranks_centre_end(a, 1 - level, &coverage)
			: ranks_shift_end(a, b, 1 - level, &coverage);
	if (!end)
		return INFINITY;
	draws->pairs = calloc(pair_count(a, b), sizeof *draws->pairs);
	if (!draws->pairs)
		return NAN;
	centre(logs, a, draws->drawn);
	if (b)
		centre(logs + a, b, draws->drawn);
	shift = least_shift(draws, end, margin);
	free(draws->pairs);
	return exp(shift);
}

double power_visible(const struct decision *decision, const double *base,
	size_t base_count, const double *candidate, size_t candidate_count, size_t cases,
	const struct rule *rule)
{
	bool is_paired = decision->design == DESIGN_PAIRED;
	size_t room = base_count + candidate_count + 1;
	double *logs = calloc(room, sizeof *logs), factor = NAN;
	struct draws draws = { .drawn = calloc(room, sizeof *draws.drawn),
		.random = { 1 } };

	if (logs && draws.drawn && decision->design != DESIGN_EXACT) {
		gather(&draws, decision, base, base_count, candidate, candidate_count,
			logs);
		factor = visible(&draws, is_paired,
			rule->alpha / (double)(cases ? cases : 1), log1p(rule->margin),
			logs);
	}
	free(logs);
	free(draws.drawn);
	return factor;
}
