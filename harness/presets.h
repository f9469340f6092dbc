/* presets.h: how much is measured. One row a preset. */
#ifndef IPCMARK_PRESETS_H
#define IPCMARK_PRESETS_H

#include "harness/options.h"
#include "mechanisms/mechanism.h"

/* Of one test. */
struct preset_test {
	const char *sizes; /* of messages, or of writes */
	unsigned launches; /* 0: as many as of the others */
	const char *mechanisms; /* names and globs, "!" takes away; NULL: all */
	bool on_one_placement; /* the first of two CPUs, where there is one */
};

/* Throughput once more, with the messages of a stream joined as by --batch: what a
 * buffered writer gains. */
struct preset_joined {
	const char *mechanisms, *sizes;
	unsigned batch; /* messages a send; 0: not measured */
};

/* Launches of some tests of some mechanisms, where the user names neither. */
struct preset_count {
	const char *mechanisms; /* names and globs; NULL ends the list */
	unsigned tests; /* TEST_BIT()s */
	unsigned launches;
};

struct preset {
	struct preset_test tests[TESTS];
	struct preset_joined joined;
	unsigned launches, pair_launches;
	struct preset_count counts[4]; /* the first one that applies */
	unsigned slices; /* of each size in a launch */
	unsigned sweep_values; /* of a size setting, at most; 0: all powers of two */
	unsigned placements; /* at most; 0: all */
	unsigned pairs; /* of the core-pair map, at most */
};

extern const struct preset presets[]; /* by enum run_preset */

#endif
