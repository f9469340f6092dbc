#include "results/divisive.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/random.h"
#include "harness/statistics.h"

#define MERGES_MOST 100

struct search {
	const double *values;
	const struct divisive_rule *rule;
	double alpha; /* of each window */
	size_t shufflings;
	struct random random;
	double *work; /* room for a shuffled segment */
	struct change_point *points;
	size_t count;
};

double divisive_split(const double *values, size_t count, size_t *at)
{
	double between = 0, left = 0, right = 0, best = 0;

	*at = 0;
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++)
			right += fabs(values[i] - values[j]);
	/* values[k] goes from the right part to the left one. */
	for (size_t k = 0; k + DIVISIVE_LEAST < count; k++) {
		double to_left = 0, to_right = 0, m = (double)k + 1;
		double n = (double)(count - k - 1), distance;

		for (size_t i = 0; i < k; i++)
			to_left += fabs(values[k] - values[i]);
		for (size_t i = k + 1; i < count; i++)
			to_right += fabs(values[k] - values[i]);
		between += to_right - to_left;
		left += to_left;
		right -= to_right;
		if (k + 1 < DIVISIVE_LEAST)
			continue;
		distance = 2 * between / (m * n) - 2 * left / (m * (m - 1)) -
			   2 * right / (n * (n - 1));
		distance *= m * n / (m + n);
		if (distance > best) {
			best = distance;
			*at = k + 1;
		}
	}
	return best;
}

/* How often shuffles split at least as well. Stops where it cannot pass any more. */
static double probability(
	struct search *search, const double *values, size_t count, double found)
{
	size_t as_good = 1, at;

	memcpy(search->work, values, count * sizeof *values);
	for (size_t i = 0; i < search->shufflings; i++) {
		random_shuffle(&search->random, search->work, count, sizeof *values);
		as_good += divisive_split(search->work, count, &at) >=
			   found * (1 - 1e-12);
		if ((double)as_good > search->alpha * (double)(search->shufflings + 1))
			break;
	}
	return (double)as_good / (double)(search->shufflings + 1);
}

/* Splits values[low..high) as often as it can be split. */
static void split(struct search *search, size_t low, size_t high)
{
	const double *values = search->values + low;
	size_t count = high - low, at;
	double found, p;

	if (count < 2 * DIVISIVE_LEAST)
		return;
	found = divisive_split(values, count, &at);
	if (!at)
		return;
	p = probability(search, values, count, found);
	if (p > search->alpha)
		return;
	split(search, low, low + at);
	search->points[search->count++] = (struct change_point) { low + at, p };
	split(search, low + at, high);
}

/* A distant great change hides a small one near by, so the series is looked at in windows
 * that overlap; each begins at the last change that was found, or half a window on. */
static void split_in_windows(struct search *search, size_t count)
{
	for (size_t start = 0; start < count;) {
		size_t end = start + DIVISIVE_WINDOW < count ? start + DIVISIVE_WINDOW
							     : count;
		size_t before = search->count, next = start + DIVISIVE_WINDOW / 2;

		split(search, start, end);
		if (search->count > before && search->points[search->count - 1].at > next)
			next = search->points[search->count - 1].at;
		if (end == count)
			return;
		start = next;
	}
}

size_t divisive_windows(size_t count)
{
	const size_t step = DIVISIVE_WINDOW / 2;

	return count <= DIVISIVE_WINDOW ? 1
					: 1 + (count - DIVISIVE_WINDOW + step - 1) / step;
}

static double level(struct search *search, size_t low, size_t high)
{
	memcpy(search->work, search->values + low, (high - low) * sizeof(double));
	return statistics_median(search->work, high - low);
}

/* Looks again at a point between its neighbours. Returns whether it stays. */
static bool stays(struct search *search, size_t index, size_t count)
{
	struct change_point *point = &search->points[index];
	size_t low = index ? search->points[index - 1].at : 0;
	size_t high = index + 1 < search->count ? search->points[index + 1].at : count;
	size_t at;
	double found;

	/* What is farther away than a window has been seen before. */
	if (point->at > low + DIVISIVE_WINDOW)
		low = point->at - DIVISIVE_WINDOW;
	if (high > point->at + DIVISIVE_WINDOW)
		high = point->at + DIVISIVE_WINDOW;
	if (high - low < 2 * DIVISIVE_LEAST)
		return false;
	found = divisive_split(search->values + low, high - low, &at);
	if (!at)
		return false;
	point->at = low + at;
	point->p = probability(search, search->values + low, high - low, found);
	return point->p <= search->alpha &&
	       fabs(level(search, low, point->at) - level(search, point->at, high)) >=
		       search->rule->least;
}

static void drop(struct search *search, size_t index)
{
	search->count--;
	memmove(&search->points[index], &search->points[index + 1],
		(search->count - index) * sizeof *search->points);
}

/* Points that were found twice, or that do not hold between their neighbours, go; after
 * each that goes the others are looked at again. */
static void merge(struct search *search, size_t count)
{
	for (int round = 0; round < MERGES_MOST; round++) {
		size_t i = 0;

		while (i < search->count &&
			!(i && search->points[i].at <= search->points[i - 1].at) &&
			stays(search, i, count))
			i++;
		if (i == search->count)
			return;
		drop(search, i);
	}
}

static int compare_points(const void *left, const void *right)
{
	const struct change_point *a = left, *b = right;

	return (a->at > b->at) - (a->at < b->at);
}

int divisive_find(const double *values, size_t count, const struct divisive_rule *rule,
	struct change_point *points)
{
	double alpha = rule->alpha / (double)divisive_windows(count);
	/* Two of them may split as well where there is a change. */
	struct search search = { .values = values,
		.rule = rule,
		.alpha = alpha,
		.shufflings = (size_t)fmax(DIVISIVE_SHUFFLINGS, ceil(2 / alpha)),
		.random = { rule->seed } };
	size_t room = count / DIVISIVE_LEAST;

	search.work = calloc(count + 1, sizeof *search.work);
	/* Windows overlap: a point can be found twice. */
	search.points = calloc(2 * room + 1, sizeof *search.points);
	if (!search.work || !search.points) {
		free(search.work);
		free(search.points);
		return -ENOMEM;
	}
	split_in_windows(&search, count);
	qsort(search.points, search.count, sizeof *search.points, compare_points);
	merge(&search, count);
	memcpy(points, search.points, search.count * sizeof *points);
	free(search.work);
	free(search.points);
	return (int)search.count;
}

size_t divisive_values_least(double alpha)
{
	size_t count = 2 * DIVISIVE_LEAST;

	/* A split in the middle, and its mirror, among all choices of a half. */
	while (count < 1000) {
		double half = floor((double)count / 2), n = (double)count;

		if (log(2) + lgamma(half + 1) + lgamma(n - half + 1) - lgamma(n + 1) <=
			log(alpha))
			break;
		count++;
	}
	return count;
}
