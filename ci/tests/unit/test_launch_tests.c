/* The launch in the throughput and capacity tests: what one slice or size finds is kept,
 * what it cannot find is not made up. */
#include "launch_helper.h"

#include "harness/side.h"

static const struct mechanism *base;

/* In memory that the sides share with the test. */
static struct {
	_Atomic int sender;
	futex_word sends;
} * watched;

static int set_up(void **state)
{
	(void)state;
	watched = shared_memory(sizeof *watched);
	return launch_make();
}

static struct launch_spec launch_of(const struct mechanism *mechanism, enum test test)
{
	struct launch_spec spec = { .pair_count = 1,
		.test = test,
		.sizes = { 64, 4096 },
		.size_count = 2,
		.slice_ns = MS,
		.slices = 4,
		.warm_up_ns = 2 * MS,
		.deadline_ns = PATIENCE };

	spec.pairs[0] = spec_of(mechanism, -1, -1, 0);
	return spec;
}

/* --- throughput
 * --------------------------------------------------------------------------------- */

static void every_slice_gives_a_value(void **state)
{
	const struct mechanism *mechanism = row_with(
		CAP_PAYLOAD | CAP_BLOCKS | CAP_BOUNDARIES, CAP_NAMED);
	struct launch_spec spec = launch_of(mechanism, TEST_THROUGHPUT);

	(void)state;
	launch_run(&ground.context, &spec, launch);
	for (size_t size = 0; size < 2; size++) {
		const struct measured *measured = &launch->measured[0][size];

		assert_outcome(0, size, OUTCOME_OK, "");
		assert_int_equal(measured->slices, 4);
		assert_int_equal(measured->slice_value_count, 4);
		for (size_t i = 0; i < 4; i++)
			assert_true(measured->slice_values[i] > 0);
		assert_int_equal(measured->bytes, measured->messages * spec.sizes[size]);
		assert_int_equal(measured->cost_messages[0], measured->cost_messages[1]);
		assert_int_equal(measured->cost[0].pieces, 4);
		assert_int_equal(measured->cost[1].pieces, 4);
	}
	launch_end(launch);
}

static int noted_send(struct channel *channel, size_t size)
{
	atomic_store(&watched->sender, getpid());
	atomic_fetch_add(&watched->sends, 1);
	return base->send(channel, size);
}

/* Reads when the sender has sent everything and sleeps: it all comes at once. */
static int patient_recv(
	struct channel *channel, size_t size, const void **rx, size_t *len)
{
	static uint32_t seen;
	uint64_t end = from_now(PATIENCE);

	while (clock_now_ns() < end &&
		(atomic_load(&watched->sends) == seen ||
			process_state(atomic_load(&watched->sender)) != 'S'))
		sched_yield();
	seen = atomic_load(&watched->sends);
	return base->recv(channel, size, rx, len);
}

static void nothing_to_time_is_no_rate(void **state)
{
	struct mechanism mechanism;
	struct launch_spec spec;

	(void)state;
	base = row_with(CAP_PAYLOAD | CAP_BLOCKS, CAP_BOUNDARIES | CAP_NAMED);
	mechanism = *base;
	mechanism.send = noted_send;
	mechanism.recv = patient_recv;
	spec = launch_of(&mechanism, TEST_THROUGHPUT);
	spec.sizes[0] = 1;
	spec.size_count = 1;
	spec.chunk = 65536;
	spec.slice_ns = spec.warm_up_ns = 1;
	launch_run(&ground.context, &spec, launch);
	assert_outcome(0, 0, OUTCOME_INCONCLUSIVE, "--chunk");
	assert_int_equal(launch->measured[0][0].slice_value_count, 0);
	assert_int_equal(launch->measured[0][0].messages, 0);
	launch_end(launch);
}

/* --- capacity
 * ----------------------------------------------------------------------------------- */

static ssize_t offer_small(struct channel *channel, const void *bytes, size_t size)
{
	if (size > 64)
		return why_say(channel->why, EIO, "too large an offer");
	return base->offer(channel, bytes, size);
}

static void a_capacity_that_was_found_is_kept(void **state)
{
	struct mechanism mechanism;
	struct launch_spec spec;

	(void)state;
	base = row_with(CAP_PAYLOAD | CAP_BLOCKS | CAP_EXACT_CAPACITY, CAP_NAMED);
	mechanism = *base;
	mechanism.offer = offer_small;
	spec = launch_of(&mechanism, TEST_CAPACITY);
	launch_run(&ground.context, &spec, launch);
	assert_outcome(0, 0, OUTCOME_OK, "");
	assert_true(launch->measured[0][0].capacity.bytes >= 64);
	assert_outcome(0, 1, OUTCOME_FAILED, "too large an offer");
	launch_end(launch);
	/* The other way round nothing was found. */
	spec.sizes[0] = 4096;
	spec.sizes[1] = 64;
	launch_run(&ground.context, &spec, launch);
	assert_outcome(0, 0, OUTCOME_FAILED, "too large an offer");
	assert_outcome(0, 1, OUTCOME_FAILED, "too large an offer");
	launch_end(launch);
}

/* Accepts for ever, and gives back what the pattern says. */
static ssize_t endless_offer(struct channel *channel, const void *bytes, size_t size)
{
	(void)channel;
	(void)bytes;
	return (ssize_t)size;
}

static int endless_recv(
	struct channel *channel, size_t size, const void **rx, size_t *len)
{
	static uint64_t position;

	payload_fill(channel->rx, size, 0, 0, (size_t)position);
	position += size;
	*rx = channel->rx;
	*len = size;
	return 0;
}

static void what_never_fills_is_inconclusive(void **state)
{
	struct mechanism mechanism;
	struct launch_spec spec;
	uint64_t start_ns;

	(void)state;
	base = row_with(CAP_PAYLOAD | CAP_BLOCKS, CAP_BOUNDARIES | CAP_NAMED);
	mechanism = *base;
	mechanism.offer = endless_offer;
	mechanism.recv = endless_recv;
	spec = launch_of(&mechanism, TEST_CAPACITY);
	spec.sizes[0] = 1;
	spec.size_count = 1;
	spec.deadline_ns = 3 * PATIENCE;
	start_ns = clock_now_ns();
	launch_run(&ground.context, &spec, launch);
	/* Not said before it was so. */
	assert_true(clock_now_ns() - start_ns >= CAPACITY_FILL_S * S);
	assert_outcome(0, 0, OUTCOME_INCONCLUSIVE, "still accepting after 2 s");
	assert_true(launch->measured[0][0].capacity.is_unbounded);
	launch_end(launch);
}

/* A wedge: full at once, read empty, and yet nothing more is accepted. */
static ssize_t wedged_offer(struct channel *channel, const void *bytes, size_t size)
{
	static bool is_wedged;

	if (is_wedged)
		return -EAGAIN;
	is_wedged = true;
	return base->offer(channel, bytes, size);
}

static void what_never_reopens_is_told(void **state)
{
	struct mechanism mechanism;
	struct launch_spec spec;

	(void)state;
	base = row_with(CAP_PAYLOAD | CAP_BLOCKS, CAP_BOUNDARIES | CAP_NAMED);
	mechanism = *base;
	mechanism.offer = wedged_offer;
	spec = launch_of(&mechanism, TEST_CAPACITY);
	spec.size_count = 1;
	launch_run(&ground.context, &spec, launch);
	assert_outcome(0, 0, OUTCOME_FAILED, "no write of 64 bytes is accepted");
	launch_end(launch);
}

/* --- pieces and send
 * ---------------------------------------------------------------------------- */

static void what_makes_too_few_pieces_is_skipped(void **state)
{
	struct launch_spec spec = launch_of(mechanism_find("pipe"), TEST_PIECES);

	(void)state;
	spec.sizes[0] = 2;
	spec.pieces = 3;
	launch_run(&ground.context, &spec, launch);
	assert_outcome(0, 0, OUTCOME_SKIPPED, "does not make 3 pieces (--pieces)");
	assert_outcome(0, 1, OUTCOME_OK, "");
	assert_true(launch_singles(launch, 0, 1)->count > 0);
	launch_end(launch);
}

static void what_does_not_fit_is_no_lone_send(void **state)
{
	struct launch_spec spec = launch_of(mechanism_find("pipe"), TEST_SEND);

	(void)state;
	spec.sizes[1] = 1 << 20;
	launch_run(&ground.context, &spec, launch);
	assert_outcome(0, 0, OUTCOME_OK, "");
	assert_true(launch->measured[0][0].batch > 1);
	assert_true(launch_batches(launch, 0, 0)->count > 0);
	assert_int_equal(launch_singles(launch, 0, 0)->count, 0);
	assert_outcome(0, 1, OUTCOME_SKIPPED, "does not take a message of 1048576 bytes");
	launch_end(launch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_makes_too_few_pieces_is_skipped),
		cmocka_unit_test(what_does_not_fit_is_no_lone_send),
		cmocka_unit_test(every_slice_gives_a_value),
		cmocka_unit_test(nothing_to_time_is_no_rate),
		cmocka_unit_test(a_capacity_that_was_found_is_kept),
		cmocka_unit_test(what_never_fills_is_inconclusive),
		cmocka_unit_test(what_never_reopens_is_told),
	};

	return cmocka_run_group_tests(tests, set_up, launch_remove);
}
