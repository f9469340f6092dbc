/* presets.h: how much is measured. One row a preset. */
#ifndef IPCMARK_PRESETS_H
#define IPCMARK_PRESETS_H

#include "harness/options.h"

struct preset {
	const char *sizes; /* latency and throughput */
	const char *write_sizes; /* capacity */
	unsigned launches, capacity_launches, pair_launches;
	unsigned slices; /* of each size in a launch */
	unsigned sweep_values; /* of a size setting, at most; 0: all powers of two */
	unsigned placements; /* at most; 0: all */
	unsigned pairs; /* of the core-pair map, at most */
};

extern const struct preset presets[]; /* by enum run_preset */

#endif
