/* launch_helper.h: a launch on a ground of the test's own, and what is expected of it. */
#ifndef IPCMARK_TESTS_LAUNCH_HELPER_H
#define IPCMARK_TESTS_LAUNCH_HELPER_H

#include "pair_helper.h"

static struct ground ground;
static struct why why;
static struct launch *launch;

static inline int launch_make(void)
{
	launch = calloc(1, sizeof *launch);
	return !launch || ground_make(&ground, &why);
}

static inline int launch_remove(void **state)
{
	(void)state;
	free(launch);
	return ground_remove(&ground);
}

static inline void assert_outcome(
	size_t pair, size_t size, enum outcome outcome, const char *words)
{
	const struct measured *measured = &launch->measured[pair][size];

	if (measured->outcome != outcome || !strstr(measured->why.text, words))
		fail_msg("pair %zu, size %zu is %s: '%s'", pair, size,
			outcome_names[measured->outcome], measured->why.text);
}

#endif
