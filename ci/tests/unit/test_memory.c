/* What channels cost in memory: crowds of them are made, filled and gone without a trace;
 * what cannot be told is said, and no number made up. */
#include <math.h>
#include <sys/resource.h>

#include "launch_helper.h"

#include "harness/memory_crowd.h"
#include "harness/memory_use.h"

#define CHANNELS 5u

static int set_up(void **state)
{
	(void)state;
	return launch_make();
}

static struct crowd_spec crowd_of(const struct pair_spec *pair)
{
	return (struct crowd_spec) { .context = &ground.context,
		.pair = pair,
		.room = CHANNELS,
		.size = 1000,
		.fill_bytes = 1 << 20,
		.deadline_ns = from_now(PATIENCE) };
}

static bool has_memory(const struct mechanism *mechanism)
{
	return (mechanism->tests & TEST_BIT(TEST_MEMORY)) &&
	       is_usable(&ground.context, mechanism);
}

static void crowds_come_and_go(void **state)
{
	unsigned rows = 0;

	(void)state;
	for (size_t i = 0; i < mechanism_count; i++) {
		struct pair_spec pair = spec_of(mechanisms[i], -1, -1, 1000);
		struct crowd_spec spec = crowd_of(&pair);
		size_t descriptors = open_descriptors(), filled = 0;
		struct crowd *crowd = NULL;

		if (!has_memory(mechanisms[i]))
			continue;
		rows++;
		why_clear(&why);
		if (crowd_open(&spec, CHANNELS, &crowd, &why))
			fail_msg("%s", why.text);
		if (crowd_fill(crowd, &filled, &why))
			fail_msg("%s", why.text);
		if (mechanisms[i]->offer)
			assert_in_range(filled, 1, CHANNELS);
		else
			assert_int_equal(filled, 0);
		crowd_close(crowd);
		assert_only_ground(&ground, descriptors);
	}
	assert_true(rows > 0);
}

static int attach_fails(struct channel *channel)
{
	return channel->side == 1 ? why_say(channel->why, EIO, "no attach today") : 0;
}

static void a_crowd_that_fails_leaves_nothing(void **state)
{
	struct mechanism mechanism = *mechanism_find("pipe");
	struct pair_spec pair = spec_of(&mechanism, -1, -1, 1000);
	struct crowd_spec spec = crowd_of(&pair);
	size_t descriptors = open_descriptors();
	struct rlimit before, few;
	struct crowd *crowd = NULL;

	(void)state;
	mechanism.attach = attach_fails;
	why_clear(&why);
	assert_int_equal(crowd_open(&spec, CHANNELS, &crowd, &why), -EIO);
	assert_non_null(strstr(why.text, "no attach today"));
	assert_only_ground(&ground, descriptors);
	/* A limit in the middle of the making. */
	getrlimit(RLIMIT_NOFILE, &before);
	few = before;
	few.rlim_cur = (rlim_t)descriptors + 12;
	setrlimit(RLIMIT_NOFILE, &few);
	why_clear(&why);
	mechanism.attach = mechanism_find("pipe")->attach;
	assert_int_equal(crowd_open(&spec, CHANNELS, &crowd, &why), -EMFILE);
	setrlimit(RLIMIT_NOFILE, &before);
	assert_non_null(strstr(why.text, "create"));
	assert_only_ground(&ground, descriptors);
}

static void a_deadline_is_kept(void **state)
{
	struct mechanism mechanism = *mechanism_find("pipe");
	struct pair_spec pair = spec_of(&mechanism, -1, -1, 1000);
	struct crowd_spec spec = crowd_of(&pair);
	size_t descriptors = open_descriptors();
	struct crowd *crowd = NULL;

	(void)state;
	mechanism.attach = NULL;
	mechanism.ready = NULL;
	spec.deadline_ns = from_now(0);
	why_clear(&why);
	assert_int_equal(crowd_open(&spec, 0, &crowd, &why), -ETIMEDOUT);
	assert_non_null(strstr(why.text, "before the deadline"));
	assert_only_ground(&ground, descriptors);
}

/* A value or a reason, never both and never neither. */
static void a_launch_has_a_value_or_says_why(void **state)
{
	struct launch_spec spec = { .pair_count = 1,
		.test = TEST_MEMORY,
		.sizes = { 1000 },
		.size_count = 1,
		.deadline_ns = 3 * PATIENCE };
	struct measured *measured = &launch->measured[0][0];
	size_t descriptors = open_descriptors();

	(void)state;
	spec.pairs[0] = spec_of(mechanism_find("pipe"), -1, -1, 0);
	launch_run(&ground.context, &spec, launch);
	if (measured->outcome == OUTCOME_OK) {
		assert_true(measured->memory.rest_bytes >= 0);
		assert_true(measured->memory.channels >= 1);
		assert_true(isnan(measured->memory.used_bytes) ==
			    (measured->memory.used_doubt.text[0] != '\0'));
		if (!isnan(measured->memory.used_bytes))
			assert_true(measured->memory.used_bytes >=
				    measured->memory.rest_bytes);
	} else {
		assert_true(measured->why.text[0] != '\0');
		assert_true(isnan(measured->memory.rest_bytes));
		assert_int_not_equal(measured->outcome, OUTCOME_SKIPPED);
	}
	launch_end(launch);
	assert_only_ground(&ground, descriptors);
}

static int create_fails(struct channel *channel)
{
	return why_say(channel->why, EACCES, "no channel for you");
}

static void what_cannot_be_made_fails(void **state)
{
	struct mechanism mechanism = *mechanism_find("pipe");
	struct launch_spec spec = { .pair_count = 1,
		.test = TEST_MEMORY,
		.sizes = { 1000 },
		.size_count = 1,
		.deadline_ns = PATIENCE };

	(void)state;
	mechanism.create = create_fails;
	spec.pairs[0] = spec_of(&mechanism, -1, -1, 0);
	launch_run(&ground.context, &spec, launch);
	assert_outcome(0, 0, OUTCOME_FAILED, "no channel for you");
	launch_end(launch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crowds_come_and_go),
		cmocka_unit_test(a_crowd_that_fails_leaves_nothing),
		cmocka_unit_test(a_deadline_is_kept),
		cmocka_unit_test(a_launch_has_a_value_or_says_why),
		cmocka_unit_test(what_cannot_be_made_fails),
	};

	return cmocka_run_group_tests(tests, set_up, launch_remove);
}
