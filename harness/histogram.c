#include "harness/histogram.h"

#include <math.h>
#include <string.h>

#define SUB_BUCKETS ((uint64_t)1 << HISTOGRAM_SUB_BITS)

void histogram_clear(struct histogram *histogram)
{
	memset(histogram, 0, sizeof *histogram);
}

size_t histogram_index(uint64_t value)
{
	unsigned exponent;
	size_t index;

	if (value < SUB_BUCKETS)
		return (size_t)value;
	exponent = 63 - (unsigned)__builtin_clzll(value) - HISTOGRAM_SUB_BITS;
	index = ((size_t)exponent << HISTOGRAM_SUB_BITS) + (size_t)(value >> exponent);
	return index < HISTOGRAM_BUCKETS ? index : HISTOGRAM_BUCKETS - 1;
}

/* The first value that belongs to bucket `index`, or to the one after the last. */
static uint64_t lower_bound(size_t index)
{
	uint64_t octave = index >> HISTOGRAM_SUB_BITS;

	if (octave == 0)
		return index;
	return (SUB_BUCKETS + (index & (SUB_BUCKETS - 1))) << (octave - 1);
}

uint64_t histogram_low(size_t index)
{
	return lower_bound(index);
}

uint64_t histogram_high(size_t index)
{
	return lower_bound(index + 1);
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
	if (!histogram->count || value < histogram->min)
		histogram->min = value;
	if (!histogram->count || value > histogram->max)
		histogram->max = value;
	histogram->count++;
	histogram->sum += (double)value;
	histogram->buckets[histogram_index(value)]++;
}

void histogram_add_scaled(struct histogram *histogram, const uint32_t *ticks,
	size_t count, double ns_per_tick)
{
	/* Fixed point: a double conversion each way would double the cost. */
	const uint64_t whole = (uint64_t)ns_per_tick;
	const uint64_t part = (uint64_t)((ns_per_tick - (double)whole) * 4294967295.0);
	const uint64_t half = (uint64_t)1 << 31;
	uint64_t least = UINT64_MAX, most = 0, sum = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t value = ticks[i] * whole + ((ticks[i] * part + half) >> 32);

		least = value < least ? value : least;
		most = value > most ? value : most;
		sum += value;
		histogram->buckets[histogram_index(value)]++;
	}
	if (!count)
		return;
	if (!histogram->count || least < histogram->min)
		histogram->min = least;
	if (!histogram->count || most > histogram->max)
		histogram->max = most;
	histogram->count += count;
	histogram->sum += (double)sum;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
	if (!from->count)
		return;
	if (!into->count || from->min < into->min)
		into->min = from->min;
	if (!into->count || from->max > into->max)
		into->max = from->max;
	into->count += from->count;
	into->sum += from->sum;
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		into->buckets[i] += from->buckets[i];
}

void histogram_since(struct histogram *copy, const struct histogram *now)
{
	copy->min = now->min;
	copy->max = now->max;
	copy->count = now->count - copy->count;
	copy->sum = now->sum - copy->sum;
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		copy->buckets[i] = now->buckets[i] - copy->buckets[i];
}

double histogram_quantile(const struct histogram *histogram, double q)
{
	double rank = q * (double)histogram->count, below = 0;
	double min = (double)histogram->min, max = (double)histogram->max;
	size_t i = 0;
	double low, high, value;

	if (!histogram->count)
		return NAN;
	if (!(q > 0))
		return min;
	if (q >= 1)
		return max;
	for (; i < HISTOGRAM_BUCKETS - 1; i++) {
		double inside = (double)histogram->buckets[i];

		if (inside > 0 && below + inside >= rank)
			break;
		below += inside;
	}
	if (!histogram->buckets[i])
		return max;
	/* Values are whole, so a bucket that is 1 wide stands for exactly its own; the
	 * last bucket also holds what lies beyond it. */
	low = (double)histogram_low(i);
	high = i == HISTOGRAM_BUCKETS - 1 ? max : (double)(histogram_high(i) - 1);
	value = low + (rank - below) / (double)histogram->buckets[i] * (high - low);
	return fmin(fmax(value, min), max);
}

double histogram_mean(const struct histogram *histogram)
{
	return histogram->count ? histogram->sum / (double)histogram->count : NAN;
}
