/* random.h: seeded numbers for order, unseeded ones for names. */
#ifndef IPCMARK_BASE_RANDOM_H
#define IPCMARK_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* A small reproducible generator (splitmix64, Steele, Lea and Flood 2014): the order of
 * launches and slices follows from the seed that is stored with the run. */
struct random {
	uint64_t state;
};

uint64_t random_next(struct random *random);

/* A number below `limit` (> 0), without modulo bias. */
uint64_t random_below(struct random *random, uint64_t limit);

/* Shuffles `count` elements of `size` bytes (<= 64) in place (Fisher and Yates). */
void random_shuffle(struct random *random, void *elements, size_t count, size_t size);

/* 64 unpredictable bits from the kernel, for names and seeds. */
uint64_t random_secret(void);

#endif
