/* ground_helper.h: the ground that the tests of one program share, and what it has to be
 * like when they have ended: nothing named, no process. */
#ifndef IPCMARK_TESTS_GROUND_HELPER_H
#define IPCMARK_TESTS_GROUND_HELPER_H

#include "pair_helper.h"

static struct ground ground;
static struct why why;

static inline int set_up_ground(void **state)
{
	(void)state;
	return place_make() || ground_start(&ground, &why);
}

static inline int tear_down_ground(void **state)
{
	(void)state;
	janitor_stop(&ground.janitor);
	assert_nothing_named();
	assert_false(has_children());
	return place_remove();
}

#endif
