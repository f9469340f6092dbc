/* plan_choose.h: what the options and the preset ask for, before it is multiplied out.
 * Only the plan needs it. */
#ifndef IPCMARK_PLAN_CHOOSE_H
#define IPCMARK_PLAN_CHOOSE_H

#include "harness/plan.h"
#include "harness/presets.h"

/* What is chosen before it is multiplied out. */
struct choice {
	const struct mechanism *mechanisms[256];
	size_t mechanism_count;
	bool tests[TESTS];
	/* By test: whether each mechanism of the above is in it, what sizes it has, how
	 * often. */
	bool has[TESTS][256];
	size_t sizes[TESTS][LAUNCH_SIZES];
	size_t size_counts[TESTS];
	unsigned launches[TESTS];
	bool is_joined[256]; /* throughput again, with messages joined */
	size_t joined_sizes[LAUNCH_SIZES], joined_size_count;
	bool has_counts; /* those of the preset, of some mechanisms */
	const struct mechanism *canary; /* or NULL */
	const struct preset *preset;
};

/* How many launches a test of mechanism number `index` has in each place. */
unsigned choice_launches(const struct choice *choice, enum test test, size_t index);

/* Reads the lists of the options; what they do not name comes from the preset. 0 or
 * -EINVAL in words that name the option, the value and the nearest right one. */
int plan_choose(const struct options *options, struct choice *choice, struct why *why);

/* Finds the placements and notes in the plan what was left out. 0 or -errno in words. */
int plan_choose_placements(const struct options *options, const struct topology *topology,
	const struct preset *preset, struct plan *plan, struct why *why);

#endif
