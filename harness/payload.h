/* payload.h: where a message's bytes come from and what is done with them, the same for
 * all mechanisms and chosen outside the timed loop.
 *
 * none: nobody looks at the bytes. touch: one word of each cache line is written by the
 * sender and read by the receiver, so that the lines move. verify: every byte follows
 * from direction, sequence number and offset, and is checked. */
#ifndef IPCMARK_PAYLOAD_H
#define IPCMARK_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum payload { PAYLOAD_NONE, PAYLOAD_TOUCH, PAYLOAD_VERIFY, PAYLOADS };
extern const char *const payload_names[]; /* ends with NULL */

#define PAYLOAD_LINE 64

static inline void payload_touch_write(void *tx, size_t size, uint64_t sequence)
{
	unsigned char *bytes = tx;
	size_t i = 0;

	/* Volatile: the stores are the point, nobody may merge or drop them. */
	for (; i + sizeof sequence <= size; i += PAYLOAD_LINE)
		*(volatile uint64_t *)(void *)(bytes + i) = sequence;
	for (; i < size; i += PAYLOAD_LINE)
		*(volatile unsigned char *)(bytes + i) = (unsigned char)sequence;
}

/* A library hands out its own memory, wherever in it the message begins. */
typedef uint64_t __attribute__((aligned(1), may_alias)) payload_word;

static inline void payload_touch_read(const void *rx, size_t size)
{
	const unsigned char *bytes = rx;
	size_t i = 0;

	for (; i + sizeof(uint64_t) <= size; i += PAYLOAD_LINE)
		(void)*(const volatile payload_word *)(const void *)(bytes + i);
	for (; i < size; i += PAYLOAD_LINE)
		(void)*(const volatile unsigned char *)(bytes + i);
}

/* Writes bytes offset..offset+size-1 of message `sequence` of a direction (0 or 1). */
void payload_fill(
	void *tx, size_t size, unsigned direction, uint64_t sequence, size_t offset);

/* Returns how many bytes are as payload_fill() writes them, from the first on: `size`
 * when all are right. */
size_t payload_check(const void *rx, size_t size, unsigned direction, uint64_t sequence,
	size_t offset);

#endif
