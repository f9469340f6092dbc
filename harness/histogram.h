/* histogram.h: a mergeable log-linear histogram of nanoseconds.
 *
 * 256 sub-buckets an octave over 40 octaves: relative error at most 0.4 %, exact below
 * 512 ns, 80 KiB, one insert a few instructions. Plain memory without pointers, so it can
 * be shared between processes. (Tene's HdrHistogram has the same shape.) */
#ifndef IPCMARK_HISTOGRAM_H
#define IPCMARK_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_SUB_BITS 8
#define HISTOGRAM_OCTAVES  40
#define HISTOGRAM_BUCKETS  ((HISTOGRAM_OCTAVES + 1) << HISTOGRAM_SUB_BITS)

struct histogram {
	uint64_t count;
	uint64_t min, max; /* exact; meaningless while count is 0 */
	double sum;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_clear(struct histogram *histogram);
void histogram_add(struct histogram *histogram, uint64_t value);

/* Adds `count` samples that are ticks of a clock. */
void histogram_add_scaled(struct histogram *histogram, const uint32_t *ticks,
	size_t count, double ns_per_tick);

void histogram_merge(struct histogram *into, const struct histogram *from);

/* Makes of an earlier copy what was added since; min and max are those of all. */
void histogram_since(struct histogram *copy, const struct histogram *now);

/* The value below which the fraction q (0..1) of the samples lies, interpolated inside
 * its bucket and never outside min and max; NAN when empty. */
double histogram_quantile(const struct histogram *histogram, double q);
double histogram_mean(const struct histogram *histogram);

/* Bounds of bucket `index`: low <= value < high. */
uint64_t histogram_low(size_t index);
uint64_t histogram_high(size_t index);
size_t histogram_index(uint64_t value);

#endif
