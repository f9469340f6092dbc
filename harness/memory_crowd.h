/* memory_crowd.h: many channels of a mechanism at once, and two processes that have
 * attached to all of them. For memory_cost.c.
 *
 * The state that the harness keeps of channels is laid out, and its pages are there,
 * before the first of them is made; so a crowd without channels has all that one with
 * channels has, but for the channels. */
#ifndef IPCMARK_MEMORY_CROWD_H
#define IPCMARK_MEMORY_CROWD_H

#include "harness/pair.h"

struct crowd_spec {
	const struct pair_context *context;
	const struct pair_spec *pair;
	size_t room; /* channels that state is laid out for */
	size_t size; /* bytes of a write */
	uint64_t fill_bytes; /* written after so many, no more channels are filled */
	uint64_t deadline_ns;
};

struct crowd;

/* Makes `count` channels, at most spec->room, and starts two processes that attach to all
 * of them and wait. `spec` lives as long as the crowd. On failure everything is undone. 0
 * or -errno in words. */
int crowd_open(const struct crowd_spec *spec, size_t count, struct crowd **opened,
	struct why *why);

/* Side 0 fills direction 0 of one channel after the other; `filled` is how many. */
int crowd_fill(struct crowd *crowd, size_t *filled, struct why *why);

/* What both processes have themselves, and the page faults of all three so far. */
int64_t crowd_bytes(const struct crowd *crowd);
int64_t crowd_faults(const struct crowd *crowd);

/* Ends the processes, lets go of the channels and removes their names. NULL is fine. */
void crowd_close(struct crowd *crowd);

#endif
