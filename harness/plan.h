/* plan.h: which launches a run is made of, in which order.
 *
 * The plan follows from the options, the machine and the seed alone, so that a run that
 * was interrupted can be finished: launch number n is the same launch again. */
#ifndef IPCMARK_PLAN_H
#define IPCMARK_PLAN_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "harness/launch.h"
#include "harness/options.h"
#include "harness/topology.h"

struct planned {
	const struct mechanism *mechanism;
	enum test test;
	struct placement placement;
	int sweep; /* index of the setting that is swept, -1: none */
	int64_t sweep_value; /* SETTING_UNSET: the system's own */
	size_t sizes[LAUNCH_SIZES];
	size_t size_count;
	unsigned joined; /* messages a send, for the preset's sake; 0: as --batch says */
	unsigned repetition; /* 0.. of the same launch */
	uint64_t seed; /* of the order of its slices */
};

struct plan {
	struct planned *launches; /* shuffled */
	size_t count;
	uint64_t seed;
	uint64_t planned_ns;
	unsigned slices;
	const struct mechanism *canary; /* of the latency launches, or NULL */
	struct placements placements;
	char note[1024]; /* what was left out and why, one sentence a line */
};

/* Makes the plan. What the options ask for and nobody can do is an error in words
 * (unknown names with the nearest right one, values out of range); what this mechanism or
 * placement cannot do together stays in the plan and is told as skipped by the run. 0,
 * -EINVAL, or -ENOENT when nothing is left to run. */
int plan_make(const struct options *options, const struct topology *topology,
	struct plan *plan, struct why *why);
void plan_free(struct plan *plan);

/* Brings the launches into an order that follows from plan->seed; gives each a seed. */
void plan_shuffle(struct plan *plan);

/* Why this launch makes no sense, in words; returns false where it does. */
bool plan_is_pointless(const struct planned *planned, struct why *why);

/* The launch in full, ready to run. */
void plan_launch(const struct options *options, const struct plan *plan,
	const struct planned *planned, struct launch_spec *spec);

/* The plan for people (`--dry-run`): placements and their CPUs, launches, time. */
void plan_print(const struct options *options, const struct plan *plan, FILE *out);

/* "pipe latency shared-l3 (CPU 0 and 1)", for progress and messages. */
#define PLAN_TITLE 160
char *plan_title(const struct planned *planned, char *title);

#endif
