/* memory_cost.h: what one channel costs in memory.
 *
 * Many channels of a mechanism are made, and two fresh processes attach to all of them,
 * as they would to one. What the system and the two have then is set against two
 * processes without a channel. This is done in rounds, and all that was made stays until
 * the last of them, so that none finds free places that another has left; the mean of the
 * middle rounds counts, for what other processes do in the meantime makes single ones too
 * large or too small. Where these are apart all the same, the rounds are done again,
 * three times at most. As many channels are made as limits (descriptors, IPC objects,
 * memory) allow, at most 2000. */
#ifndef IPCMARK_MEMORY_COST_H
#define IPCMARK_MEMORY_COST_H

#include <stddef.h>
#include <stdint.h>

#include "harness/pair.h"

struct memory_cost {
	size_t channels; /* that one was found from */
	/* Of one channel: at rest; and with direction 0 filled by writes of the size, NAN
	 * where that cannot be or could not be told. */
	double rest_bytes, used_bytes;
	double noise_bytes; /* how far the middle rounds at rest are from their mean */
	double faults; /* page faults of making it, in all processes */
	struct why doubt; /* why there is no value at rest, "" where there is */
	struct why used_doubt;
};

/* 0, or -errno in words: -ETIMEDOUT, -EINTR and what the first channel said. */
int memory_cost_find(const struct pair_context *context, const struct pair_spec *spec,
	size_t size, uint64_t deadline_ns, struct memory_cost *found, struct why *why);

#endif
