/* wakeup.h: what mechanisms share that carry no payload, only "go".
 *
 * Every one is a strict ping-pong: a side sends only after it has consumed what the peer
 * sent, and it is the peer itself that must run to send. */
#ifndef IPCMARK_WAKEUP_H
#define IPCMARK_WAKEUP_H

#include "mechanisms/mechanism.h"

/* What all their rows say, but for those that have no object of their own. */
#define WAKEUP_ROW                                                                       \
	.family = "wake-up", .tests = TEST_BIT(TEST_LATENCY) | TEST_BIT(TEST_MEMORY)

/* One thing a direction, each on a cache line of its own. */
#define WAKEUP_LINE 64

/* The end of a receive: nothing came but the wake-up. */
static inline int wakeup_arrived(const void **rx, size_t *len)
{
	*rx = NULL;
	*len = 0;
	return 0;
}

/* detach of what is nothing but words in the channel's shared memory. The other side may
 * still be using them, so they are not destroyed; they go with the memory. */
static inline void wakeup_let_go(struct channel *channel)
{
	(void)channel;
}

#endif
