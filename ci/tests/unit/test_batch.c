/* Messages that a stream's sender joins before it sends them (--batch): nothing is lost,
 * repeated or out of place, and they do leave together. */
#include "ground_helper.h"

/* A throughput launch of a few short slices. */
static struct launch_spec some_launch(
	const struct mechanism *mechanism, uint64_t coalesce)
{
	struct launch_spec spec = { .pair_count = 1,
		.test = TEST_THROUGHPUT,
		.sizes = { 1, 7, 64, 4097, 65535 },
		.size_count = 5,
		.coalesce = coalesce,
		.slice_ns = 2 * MS,
		.slices = 3,
		.warm_up_ns = 5 * MS,
		.deadline_ns = PATIENCE,
		.seed = 1 };

	spec.pairs[0].mechanism = mechanism;
	spec.pairs[0].placement = (struct placement) { .cpu = { -1, -1 },
		.node = { -1, -1 } };
	spec.pairs[0].payload = PAYLOAD_VERIFY;
	mechanism_defaults(mechanism, spec.pairs[0].settings);
	return spec;
}

static void run(const struct launch_spec *spec, struct launch *launch)
{
	launch_run(&ground.context, spec, launch);
	for (size_t size = 0; size < spec->size_count; size++) {
		const struct measured *measured = &launch->measured[0][size];

		if (measured->outcome != OUTCOME_OK)
			fail_msg("%s, %zu bytes, %llu joined: %s",
				spec->pairs[0].mechanism->name, spec->sizes[size],
				(unsigned long long)spec->coalesce, measured->why.text);
		assert_true(measured->messages > 0);
	}
}

static void every_stream_survives_verification(void **state)
{
	static const uint64_t counts[] = { 2, 3, 64, 200 };
	size_t streams = 0;

	(void)state;
	for (size_t i = 0; i < mechanism_count; i++) {
		const struct mechanism *mechanism = mechanisms[i];

		if (!launch_can_coalesce(mechanism) ||
			!(mechanism->tests & TEST_BIT(TEST_THROUGHPUT)) ||
			!is_usable(&ground.context, mechanism))
			continue;
		streams++;
		for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
			struct launch_spec spec = some_launch(mechanism, counts[c]);
			struct launch *launch = calloc(1, sizeof *launch);

			assert_non_null(launch);
			run(&spec, launch);
			launch_end(launch);
			free(launch);
		}
	}
	assert_true(streams > 0);
}

/* Sizes of the sends of one process, as its own operation sees them. */
struct seen {
	uint64_t sends, wrong;
	uint64_t most;
};
static struct seen *seen;
static const struct mechanism *real;
static size_t whole; /* bytes of a full buffer */
static size_t one; /* bytes of a message */

static int watched_send(struct channel *channel, size_t size)
{
	seen->sends++;
	seen->wrong += size % one != 0 || size > whole;
	if (size > seen->most)
		seen->most = size;
	return real->send(channel, size);
}

static void messages_leave_together(void **state)
{
	struct mechanism watched;
	struct launch *launch = calloc(1, sizeof *launch);
	struct launch_spec spec;

	(void)state;
	real = mechanism_find("pipe");
	watched = *real;
	watched.send = watched_send;
	spec = some_launch(&watched, 50);
	spec.sizes[0] = one = 100;
	spec.size_count = 1;
	whole = 50 * one;
	seen = shared_memory(sizeof *seen);
	assert_non_null(launch);
	run(&spec, launch);
	assert_int_equal(seen->wrong, 0);
	assert_int_equal(seen->most, whole);
	/* All but the ends of slices leave by fifty. */
	assert_true(seen->sends < launch->measured[0][0].cost_messages[0]);
	launch_end(launch);
	free(launch);
	munmap(seen, sizeof *seen);
}

static void each_leaves_by_itself_without(void **state)
{
	struct mechanism watched;
	struct launch *launch = calloc(1, sizeof *launch);
	struct launch_spec spec;

	(void)state;
	real = mechanism_find("pipe");
	watched = *real;
	watched.send = watched_send;
	spec = some_launch(&watched, 1);
	spec.sizes[0] = one = whole = 100;
	spec.size_count = 1;
	seen = shared_memory(sizeof *seen);
	assert_non_null(launch);
	run(&spec, launch);
	assert_int_equal(seen->wrong, 0);
	assert_int_equal(seen->most, one);
	launch_end(launch);
	free(launch);
	munmap(seen, sizeof *seen);
}

static void too_much_in_one_send_is_skipped_in_words(void **state)
{
	struct launch_spec spec = some_launch(mechanism_find("pipe"), COALESCE_MOST);
	struct launch *launch = calloc(1, sizeof *launch);

	(void)state;
	assert_non_null(launch);
	spec.sizes[0] = COALESCE_BYTES / COALESCE_MOST;
	spec.sizes[1] = spec.sizes[0] + 1;
	spec.size_count = 2;
	launch_run(&ground.context, &spec, launch);
	if (launch->measured[0][0].outcome != OUTCOME_OK)
		fail_msg("%s", launch->measured[0][0].why.text);
	assert_int_equal(launch->measured[0][1].outcome, OUTCOME_SKIPPED);
	assert_string_equal(launch->measured[0][1].why.text,
		"65536 messages of 257 bytes are more than one send may take "
		"(--batch, 16 MiB)");
	launch_end(launch);
	free(launch);
}

/* What has ends of its own, is written in place or carries nothing is never joined. */
static void only_streams_can(void **state)
{
	const struct mechanism *pipe_row = mechanism_find("pipe");
	static const unsigned caps[] = { CAP_BOUNDARIES, CAP_INPLACE };
	struct mechanism row = *pipe_row;

	(void)state;
	assert_true(launch_can_coalesce(&row));
	for (size_t i = 0; i < sizeof caps / sizeof caps[0]; i++) {
		row.caps = pipe_row->caps | caps[i];
		assert_false(launch_can_coalesce(&row));
	}
	row.caps = pipe_row->caps & ~(unsigned)CAP_PAYLOAD;
	assert_false(launch_can_coalesce(&row));
	assert_false(launch_can_coalesce(mechanism_find("floor_stream")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_stream_survives_verification),
		cmocka_unit_test(messages_leave_together),
		cmocka_unit_test(each_leaves_by_itself_without),
		cmocka_unit_test(too_much_in_one_send_is_skipped_in_words),
		cmocka_unit_test(only_streams_can),
	};

	return cmocka_run_group_tests(tests, set_up_ground, tear_down_ground);
}
