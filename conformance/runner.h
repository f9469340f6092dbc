/* runner.h: runs points, each in a child of its own, and says what became of them. */
#ifndef IPCMARK_RUNNER_H
#define IPCMARK_RUNNER_H

#include <signal.h>

#include "conformance/point.h"

struct runner_options {
	int jobs; /* checks that run at a time; serial ones run alone, after the others */
	int repeats; /* of each point */
	double deadline_scale; /* 1: DEADLINE_S for each repetition */
	const sigset_t *sleep_mask; /* of ppoll(2): what may interrupt the run; or NULL */
	int (*interrupted)(void); /* the signal that has, or 0; or NULL */
};

/* As many jobs as this process may use CPUs. */
int runner_default_jobs(void);

/* What a check may take. Only one that hangs takes it. */
#define DEADLINE_S 10

/* Runs the points and calls done() for each, in their order, as soon as it and all before
 * it are ready. Nothing of theirs is left behind. 0; -EINTR when interrupted; or -errno
 * in words when the machine lets no check be run. */
int runner_run(struct point *points, size_t count, const struct runner_options *options,
	void (*done)(struct point *point, void *context), void *context, struct why *why);

#endif
