/* What a preset makes of a plan: which tests, how often, and with what. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/presets.h"
#include "plan_room.h"

/* Launches of a mechanism's throughput with so many messages a send (0: as --batch). */
static size_t joined_launches(
	const struct options *options, const char *mechanism, unsigned joined)
{
	struct plan plan = make(options, NULL);
	size_t count = 0;

	for (size_t i = 0; i < plan.count; i++) {
		const struct planned *planned = &plan.launches[i];
		struct launch_spec spec;

		if (strcmp(planned->mechanism->name, mechanism) != 0 ||
			planned->test != TEST_THROUGHPUT || planned->joined != joined)
			continue;
		plan_launch(options, &plan, planned, &spec);
		assert_int_equal(spec.coalesce, joined ? (int)joined : options->batch);
		count++;
	}
	plan_free(&plan);
	return count;
}

static void messages_are_joined_where_the_preset_says(void **state)
{
	struct options options = defaults();

	(void)state;
	for (options.preset = PRESET_QUICK; options.preset < PRESET_FULL;
		options.preset++) {
		options.sizes = NULL;
		options.batch = 1;
		assert_int_equal(presets[options.preset].joined.batch, 128);
		assert_true(joined_launches(&options, "pipe", 128) > 0);
		assert_int_equal(joined_launches(&options, "pipe", 128),
			joined_launches(&options, "pipe", 0));
		assert_int_equal(joined_launches(&options, "tcp", 128), 0);
		/* Not where it is said how messages are sent. */
		options.sizes = "64";
		assert_int_equal(joined_launches(&options, "pipe", 128), 0);
		options.sizes = NULL;
		options.batch = 2;
		assert_int_equal(joined_launches(&options, "pipe", 128), 0);
	}
}

/* How often a test of a mechanism is made in each place. */
static size_t often(const struct options *options, const char *mechanism, enum test test)
{
	struct plan plan = make(options, NULL);
	size_t count = 0;

	for (size_t i = 0; i < plan.count; i++) {
		const struct planned *planned = &plan.launches[i];

		if (!planned->joined && planned->test == test &&
			!strcmp(planned->mechanism->name, mechanism) &&
			!strcmp(planned->placement.name, "unpinned"))
			count++;
	}
	plan_free(&plan);
	return count;
}

static void some_are_measured_more_often(void **state)
{
	unsigned launches = presets[PRESET_QUICK].launches;
	struct options options = defaults();

	(void)state;
	options.placements = "unpinned";
	assert_true(often(&options, "pipe", TEST_LATENCY) > launches);
	assert_true(often(&options, "pipe", TEST_THROUGHPUT) > launches);
	assert_true(often(&options, "pipe", TEST_SEND) > launches);
	assert_int_equal(often(&options, "tcp", TEST_PIECES), launches);
	assert_int_equal(often(&options, "fifo", TEST_LATENCY), launches);
	assert_int_equal(often(&options, "shm_sysv_futex", TEST_LATENCY), launches);
	assert_in_range(
		often(&options, "shm_sysv_futex", TEST_THROUGHPUT), 1, launches - 1);
	options.launches = 7;
	assert_int_equal(often(&options, "pipe", TEST_LATENCY), 7);
	assert_int_equal(often(&options, "shm_sysv_futex", TEST_THROUGHPUT), 7);
	options.launches = -1;
	options.mechanisms = "pipe,fifo";
	assert_int_equal(often(&options, "pipe", TEST_LATENCY), launches);
}

/* Names and globs. */
static void a_preset_leaves_out_tests_of_some(void **state)
{
	struct options options = defaults();

	(void)state;
	options.placements = "unpinned";
	assert_true(often(&options, "tcp", TEST_CONNECT) > 0);
	assert_int_equal(often(&options, "unix_abstract", TEST_CONNECT), 0);
	options.tests = "connect";
	assert_true(often(&options, "unix_stream_named", TEST_CONNECT) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_joined_where_the_preset_says),
		cmocka_unit_test(some_are_measured_more_often),
		cmocka_unit_test(a_preset_leaves_out_tests_of_some),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
