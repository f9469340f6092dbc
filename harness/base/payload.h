/* payload.h: where a message's bytes come from and what is done with them, the same for
 * all mechanisms and chosen outside the timed loop.
 *
 * none: nobody looks at the bytes. touch: one word of each cache line is written by the
 * sender and read by the receiver, so that the lines move. verify: every byte follows
 * from direction, sequence number and offset, and is checked. */
#ifndef IPCMARK_PAYLOAD_H
#define IPCMARK_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum payload { PAYLOAD_NONE, PAYLOAD_TOUCH, PAYLOAD_VERIFY, PAYLOADS };
extern const char *const payload_names[]; /* ends with NULL */

#define PAYLOAD_LINE 64

/* A message may begin anywhere: behind another one, or in memory of a library's own. */
typedef uint64_t __attribute__((aligned(1), may_alias)) payload_word;

/* How many lines have a whole word to touch, counted from the start of a message, and
 * whether a last one has less. Written so that a loop over messages of one size counts
 * once. */
static inline size_t payload_words(size_t size)
{
	return size / PAYLOAD_LINE + (size % PAYLOAD_LINE >= sizeof(payload_word));
}

static inline bool payload_has_rest(size_t size)
{
	return size % PAYLOAD_LINE - 1 < sizeof(payload_word) - 1;
}

static inline void payload_touch_write(void *tx, size_t size, uint64_t sequence)
{
	unsigned char *at = tx;

	/* Volatile: the stores are the point, nobody may merge or drop them. */
	for (size_t words = payload_words(size); words; words--, at += PAYLOAD_LINE)
		*(volatile payload_word *)(void *)at = sequence;
	if (payload_has_rest(size))
		*(volatile unsigned char *)at = (unsigned char)sequence;
}

static inline void payload_touch_read(const void *rx, size_t size)
{
	const unsigned char *at = rx;

	for (size_t words = payload_words(size); words; words--, at += PAYLOAD_LINE)
		(void)*(const volatile payload_word *)(const void *)at;
	if (payload_has_rest(size))
		(void)*(const volatile unsigned char *)at;
}

/* Writes bytes offset..offset+size-1 of message `sequence` of a direction (0 or 1). */
void payload_fill(
	void *tx, size_t size, unsigned direction, uint64_t sequence, size_t offset);

/* Returns how many bytes are as payload_fill() writes them, from the first on: `size`
 * when all are right. */
size_t payload_check(const void *rx, size_t size, unsigned direction, uint64_t sequence,
	size_t offset);

#endif
