/* presets.h: how much is measured. One row a preset. */
#ifndef IPCMARK_PRESETS_H
#define IPCMARK_PRESETS_H

#include "harness/options.h"
#include "mechanisms/mechanism.h"

/* Of one test. */
struct preset_test {
	const char *sizes; /* of messages, or of writes */
	unsigned launches; /* 0: as many as of the others */
	const char *mechanisms; /* names and globs; NULL: all */
	bool on_one_placement; /* the first of two CPUs, where there is one */
};

struct preset {
	struct preset_test tests[TESTS];
	unsigned launches, pair_launches;
	unsigned slices; /* of each size in a launch */
	unsigned sweep_values; /* of a size setting, at most; 0: all powers of two */
	unsigned placements; /* at most; 0: all */
	unsigned pairs; /* of the core-pair map, at most */
};

extern const struct preset presets[]; /* by enum run_preset */

#endif
