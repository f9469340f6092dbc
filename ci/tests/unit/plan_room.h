/* plan_room.h: topologies and plans for the tests of plans. */
#ifndef IPCMARK_PLAN_ROOM_H
#define IPCMARK_PLAN_ROOM_H

#include "harness/plan.h"

static struct why why;

static inline struct topology *load(const char *source)
{
	struct topology *topology = NULL;

	why_clear(&why);
	if (topology_load(source, &topology, &why))
		fail_msg("%s", why.text);
	return topology;
}

static inline struct options defaults(void)
{
	struct options options;

	options_default(&options);
	options.seed = 1;
	return options;
}

static inline struct plan make(const struct options *options, const char *source)
{
	struct topology *topology = load(source);
	struct plan plan;

	if (plan_make(options, topology, &plan, &why))
		fail_msg("%s", why.text);
	topology_free(topology);
	return plan;
}

#endif
