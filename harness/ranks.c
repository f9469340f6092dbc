#include "harness/ranks.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* More differences between two samples than this are not listed. */
#define PAIRS_MOST 4000000

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

struct item {
	double value; /* to rank by */
	size_t rank2; /* twice the rank: ties share halves */
	int sign; /* of a difference; 1 for values of b, else 0 */
};

static int compare_items(const void *left, const void *right)
{
	const struct item *a = left, *b = right;

	return (a->value > b->value) - (a->value < b->value);
}

/* Sorts and gives the ranks from 1; equal values share the mean of theirs. Returns the
 * sum over the groups of ties of t^3 - t, which the normal distribution is corrected by.
 */
static double rank(struct item *items, size_t count)
{
	double ties = 0;

	qsort(items, count, sizeof *items, compare_items);
	for (size_t i = 0, next; i < count; i = next) {
		double group;

		for (next = i; next < count && items[next].value <= items[i].value;)
			next++;
		for (size_t j = i; j < next; j++)
			items[j].rank2 = i + 1 + next;
		group = (double)(next - i);
		ties += group * group * group - group;
	}
	return ties;
}

static double tail(double z)
{
	return erfc(z / M_SQRT2) / 2;
}

/* The z that a normal variable passes with probability `p` < 1/2. */
static double tail_inverse(double p)
{
	double low = 0, high = 40;

	while (high - low > 1e-12 * high) {
		double middle = (low + high) / 2;

		*(tail(middle) > p ? &low : &high) = middle;
	}
	return low;
}

/* Twice the smaller tail; `distribution` has `size` values of an integer. */
static double two_sided(const double *distribution, size_t size, size_t at)
{
	double below = 0, above = 0;

	for (size_t i = 0; i <= at && i < size; i++)
		below += distribution[i];
	for (size_t i = at; i < size; i++)
		above += distribution[i];
	return fmin(1, 2 * fmin(below, above));
}

/* Twice the tail beyond `distance` from the mean of a sum of ranks, which moves in steps
 * of one. */
static double two_sided_normal(double distance, double variance)
{
	double z = (fabs(distance) - 0.5) / sqrt(variance);

	return variance > 0 ? fmin(1, 2 * tail(fmax(0, z))) : 1;
}

/* P(sum = s) where each of the ranks is in the sum or not, as a fair coin falls. The
 * caller frees it; *size is the number of sums. */
static double *coin_sums(const struct item *items, size_t count, size_t *size)
{
	size_t total = 0, reached = 0;
	double *sums;

	for (size_t i = 0; i < count; i++)
		total += items[i].sign ? items[i].rank2 : 0;
	sums = calloc(total + 1, sizeof *sums);
	if (!sums)
		return NULL;
	sums[0] = 1;
	for (size_t i = 0; i < count; i++) {
		size_t r = items[i].rank2;

		if (!items[i].sign)
			continue;
		reached += r;
		for (size_t s = reached + 1; s-- > 0;)
			sums[s] = sums[s] / 2 + (s >= r ? sums[s - r] / 2 : 0);
	}
	*size = total + 1;
	return sums;
}

double ranks_signed_p(const double *differences, size_t count)
{
	struct item *items = calloc(count + 1, sizeof *items);
	double p = NAN, squares = 0, total = 0;
	size_t positive = 0, size = 0;

	if (!items || !count)
		goto out;
	for (size_t i = 0; i < count; i++) {
		double d = differences[i];

		items[i] = (struct item) { fabs(d), 0, (d > 0) - (d < 0) };
	}
	rank(items, count);
	for (size_t i = 0; i < count; i++) {
		double r = items[i].sign ? (double)items[i].rank2 / 2 : 0;

		positive += items[i].sign > 0 ? items[i].rank2 : 0;
		total += r;
		squares += r * r;
	}
	if (count > RANKS_EXACT_MOST) {
		p = two_sided_normal((double)positive / 2 - total / 2, squares / 4);
	} else {
		double *sums = coin_sums(items, count, &size);

		p = sums ? two_sided(sums, size, positive) : NAN;
		free(sums);
	}
out:
	free(items);
	return p;
}

/* P(sum = s) where `chosen` of the ranks are in the sum, all choices alike. */
static double *choice_sums(
	const struct item *items, size_t count, size_t chosen, size_t *size)
{
	size_t total = 0, width;
	double *ways, *sums = NULL, all = 0;

	/* The greatest ranks come last. */
	for (size_t i = count - chosen; i < count; i++)
		total += items[i].rank2;
	width = total + 1;
	ways = calloc((chosen + 1) * width, sizeof *ways);
	if (!ways)
		return NULL;
	ways[0] = 1;
	for (size_t i = 0; i < count; i++) {
		size_t r = items[i].rank2;

		for (size_t k = i + 1 < chosen ? i + 1 : chosen; k > 0; k--)
			for (size_t s = r; s < width; s++)
				ways[k * width + s] += ways[(k - 1) * width + s - r];
	}
	sums = calloc(width, sizeof *sums);
	for (size_t s = 0; sums && s < width; s++)
		all += sums[s] = ways[chosen * width + s];
	for (size_t s = 0; sums && s < width; s++)
		sums[s] /= all;
	free(ways);
	*size = width;
	return sums;
}

double ranks_sum_p(const double *a, size_t a_count, const double *b, size_t b_count)
{
	size_t count = a_count + b_count, sum = 0, size = 0;
	/* The smaller side is the one that is chosen: less to count. */
	size_t chosen = a_count < b_count ? a_count : b_count;
	struct item *items = calloc(count + 1, sizeof *items);
	double p = NAN, ties, n = (double)count, mean;

	if (!items || !chosen)
		goto out;
	for (size_t i = 0; i < count; i++)
		items[i] = (struct item) { i < a_count ? a[i] : b[i - a_count], 0,
			(i < a_count) == (chosen == a_count) };
	ties = rank(items, count);
	for (size_t i = 0; i < count; i++)
		sum += items[i].sign ? items[i].rank2 : 0;
	mean = (double)chosen * (n + 1) / 2;
	if (count > RANKS_EXACT_MOST) {
		double variance = (double)a_count * (double)b_count / 12 *
				  (n + 1 - ties / (n * (n - 1)));

		p = two_sided_normal((double)sum / 2 - mean, variance);
	} else {
		double *sums = choice_sums(items, count, chosen, &size);

		p = sums ? two_sided(sums, size, sum) : NAN;
		free(sums);
	}
out:
	free(items);
	return p;
}

double ranks_signed_least_p(size_t count)
{
	return count ? fmin(1, exp2(1 - (double)count)) : 1;
}

double ranks_sum_least_p(size_t a_count, size_t b_count)
{
	double a = (double)a_count, b = (double)b_count;

	if (!a_count || !b_count)
		return 1;
	return fmin(1, 2 * exp(lgamma(a + 1) + lgamma(b + 1) - lgamma(a + b + 1)));
}

/* The rank from either end at which the interval ends, from 1, and what is then covered;
 * 0 where even the whole range covers too little. */
static size_t end_rank(
	const double *distribution, size_t size, double confidence, double *coverage)
{
	double below = 0;
	size_t k = 0;

	while (k < size && below + distribution[k] <= (1 - confidence) / 2 + 1e-15)
		below += distribution[k++];
	*coverage = 1 - 2 * below;
	return k;
}

static size_t end_rank_normal(
	double mean, double variance, double confidence, double *coverage)
{
	double k = floor(mean - tail_inverse((1 - confidence) / 2) * sqrt(variance));

	*coverage = confidence;
	return k < 1 ? 0 : (size_t)k;
}

static struct interval between(double *ordered, size_t count, size_t end, double coverage)
{
	struct interval interval = { NAN, NAN, 0 };

	if (!end)
		return interval;
	qsort(ordered, count, sizeof *ordered, compare);
	interval.low = ordered[end - 1];
	interval.high = ordered[count - end];
	interval.coverage = coverage;
	return interval;
}

/* Ranks 1..count without ties, not doubled. */
static struct item *plain_ranks(size_t count)
{
	struct item *items = calloc(count + 1, sizeof *items);

	for (size_t i = 0; items && i < count; i++)
		items[i] = (struct item) { 0, i + 1, 1 };
	return items;
}

size_t ranks_centre_end(size_t count, double confidence, double *coverage)
{
	double n = (double)count;
	struct item *items;
	double *sums = NULL;
	size_t end = 0, size;

	*coverage = 0;
	if (count > RANKS_EXACT_MOST)
		return end_rank_normal(n * (n + 1) / 4, n * (n + 1) * (2 * n + 1) / 24,
			confidence, coverage);
	items = plain_ranks(count);
	if (items)
		sums = coin_sums(items, count, &size);
	if (sums)
		end = end_rank(sums, size, confidence, coverage);
	free(sums);
	free(items);
	return end;
}

struct interval ranks_centre_interval(
	const double *differences, size_t count, double confidence)
{
	size_t pairs = count * (count + 1) / 2, used = 0, end;
	struct interval interval = { NAN, NAN, 0 };
	double coverage, *means;

	means = count && pairs <= PAIRS_MOST ? calloc(pairs, sizeof *means) : NULL;
	if (!means)
		return interval;
	for (size_t i = 0; i < count; i++)
		for (size_t j = i; j < count; j++)
			means[used++] = differences[i] / 2 + differences[j] / 2;
	end = ranks_centre_end(count, confidence, &coverage);
	interval = between(means, pairs, end, coverage);
	free(means);
	return interval;
}

size_t ranks_shift_end(
	size_t a_count, size_t b_count, double confidence, double *coverage)
{
	size_t count = a_count + b_count, end = 0, size;
	size_t chosen = a_count < b_count ? a_count : b_count;
	size_t least = chosen * (chosen + 1) / 2; /* sum of any choice */
	double pairs = (double)a_count * (double)b_count;
	struct item *items;
	double *sums = NULL;

	*coverage = 0;
	if (count > RANKS_EXACT_MOST)
		return end_rank_normal(pairs / 2, pairs * (double)(count + 1) / 12,
			confidence, coverage);
	items = plain_ranks(count);
	if (items)
		sums = choice_sums(items, count, chosen, &size);
	if (sums)
		end = end_rank(sums + least, size - least, confidence, coverage);
	free(sums);
	free(items);
	return end;
}

/* All differences b - a, NULL where there are none or too many. */
static double *list_differences(
	const double *a, size_t a_count, const double *b, size_t b_count)
{
	size_t pairs = a_count * b_count;
	double *list = pairs && pairs <= PAIRS_MOST ? calloc(pairs, sizeof *list) : NULL;

	for (size_t i = 0; list && i < pairs; i++)
		list[i] = b[i / a_count] - a[i % a_count];
	return list;
}

struct interval ranks_shift_interval(const double *a, size_t a_count, const double *b,
	size_t b_count, double confidence)
{
	double *list = list_differences(a, a_count, b, b_count);
	struct interval interval = { NAN, NAN, 0 };
	double coverage;
	size_t end;

	if (!list)
		return interval;
	end = ranks_shift_end(a_count, b_count, confidence, &coverage);
	interval = between(list, a_count * b_count, end, coverage);
	free(list);
	return interval;
}

double ranks_shift(const double *a, size_t a_count, const double *b, size_t b_count)
{
	double *list = list_differences(a, a_count, b, b_count);
	double shift = list ? statistics_median(list, a_count * b_count) : NAN;

	free(list);
	return shift;
}

struct member {
	double p;
	size_t index;
};

static int compare_members(const void *left, const void *right)
{
	const struct member *a = left, *b = right;

	return (a->p > b->p) - (a->p < b->p);
}

int ranks_holm(const double *p, size_t count, double *adjusted)
{
	struct member *members = calloc(count + 1, sizeof *members);
	size_t family = 0;
	double least = 0;

	if (!members)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (isnan(p[i]))
			adjusted[i] = p[i];
		else
			members[family++] = (struct member) { p[i], i };
	}
	qsort(members, family, sizeof *members, compare_members);
	for (size_t i = 0; i < family; i++) {
		least = fmax(least, (double)(family - i) * members[i].p);
		adjusted[members[i].index] = fmin(1, least);
	}
	free(members);
	return 0;
}
