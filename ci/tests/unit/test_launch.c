/* The launch: order of slices, samples in their places, batches, and an outcome for every
 * size whatever happens. */
#include "launch_helper.h"

#include "harness/interrupt.h"

#define LOG 4096

/* What the made-up rows do, in memory that the sides share with the test. */
struct record {
	futex_word count;
	struct {
		uint16_t pair, size;
		uint32_t exchanges;
	} calls[LOG];
};

static struct record *record;

static int set_up(void **state)
{
	(void)state;
	record = shared_memory(sizeof *record);
	return launch_make();
}

/* Each call takes at least so long; nobody says how long at most. */
static void spend(uint64_t ns)
{
	uint64_t end = from_now(ns);

	while (clock_now_ns() < end)
		;
}

static uint64_t least_ns(size_t pair, size_t size)
{
	return 5000 * (3 * pair + size + 1);
}

static int noted_work(size_t pair, size_t size, uint64_t count)
{
	uint32_t index = atomic_fetch_add(&record->count, 1);

	if (index < LOG) {
		record->calls[index].pair = (uint16_t)pair;
		record->calls[index].size = (uint16_t)size;
		record->calls[index].exchanges = (uint32_t)count;
	}
	spend(least_ns(pair, size - 1) * count);
	return 0;
}

static int work_of_first(struct channel *channel, size_t size, uint64_t count)
{
	(void)channel;
	return noted_work(0, size, count);
}

static int work_of_second(struct channel *channel, size_t size, uint64_t count)
{
	(void)channel;
	return noted_work(1, size, count);
}

static int quick_work(struct channel *channel, size_t size, uint64_t count)
{
	(void)channel;
	(void)size;
	for (; count; count--)
		atomic_signal_fence(memory_order_seq_cst);
	return 0;
}

static struct mechanism made_up(
	int (*work)(struct channel *channel, size_t size, uint64_t count))
{
	return (struct mechanism) { .name = "made_up",
		.title = "made up",
		.family = "test",
		.cite = "nowhere",
		.says = "a row of this test",
		.caps = CAP_FLOOR | CAP_PAYLOAD | CAP_SOLO,
		.tests = TEST_BIT(TEST_LATENCY),
		.work = work };
}

static struct launch_spec launch_of(const struct mechanism *mechanism, enum test test)
{
	struct launch_spec spec = { .pair_count = 1,
		.test = test,
		.sizes = { 1, 2, 3 },
		.size_count = 3,
		.slice_ns = 1,
		.slices = 8,
		.warm_up_ns = 3,
		.deadline_ns = PATIENCE,
		.seed = 11 };

	spec.pairs[0] = spec_of(mechanism, -1, -1, 0);
	return spec;
}

static void run(const struct launch_spec *spec)
{
	memset(record, 0, sizeof *record);
	launch_run(&ground.context, spec, launch);
}

/* --- order
 * ------------------------------------------------------------------------------------ */

#define SLICE_CALLS                                                                      \
	3 /* hand-over, one sample, the last: a slice of 1 ns is over at once */

static void assert_one_slice(size_t slice, uint16_t *pair, uint16_t *size)
{
	size_t first = slice * SLICE_CALLS;

	*pair = record->calls[first].pair;
	*size = record->calls[first].size;
	for (size_t i = 1; i < SLICE_CALLS; i++) {
		assert_int_equal(record->calls[first + i].pair, *pair);
		assert_int_equal(record->calls[first + i].size, *size);
	}
}

static void run_two_pairs(uint64_t batch)
{
	/* They are asked again when the launch ends, after this function. */
	static struct mechanism first, second;
	struct launch_spec spec = launch_of(&first, TEST_LATENCY);

	first = made_up(work_of_first);
	second = made_up(work_of_second);
	spec.pair_count = 2;
	spec.pairs[1] = spec_of(&second, -1, -1, 0);
	spec.batch = batch;
	run(&spec);
	for (size_t pair = 0; pair < 2; pair++)
		for (size_t size = 0; size < 3; size++)
			assert_outcome(pair, size, OUTCOME_OK, "");
}

static void two_pairs_alternate(void **state)
{
	unsigned slices[2][4] = { 0 };
	unsigned first_of_0 = 0, moved = 0;
	uint16_t before = 0;

	(void)state;
	run_two_pairs(1);
	assert_int_equal(record->count, SLICE_CALLS * (2 * 3 + 2 * 3 * 8));
	for (size_t slice = 0; slice < 6; slice++) {
		uint16_t pair, size;

		assert_one_slice(slice, &pair, &size);
		assert_int_equal(slices[pair][size]++, 0); /* warm-up: each once */
	}
	memset(slices, 0, sizeof slices);
	for (size_t turn = 0; turn < 3 * 8; turn++) {
		uint16_t pairs[2], sizes[2];

		assert_one_slice(6 + 2 * turn, &pairs[0], &sizes[0]);
		assert_one_slice(6 + 2 * turn + 1, &pairs[1], &sizes[1]);
		/* Both sides of a comparison, one right after the other. */
		assert_int_equal(sizes[0], sizes[1]);
		assert_int_not_equal(pairs[0], pairs[1]);
		slices[pairs[0]][sizes[0]]++;
		slices[pairs[1]][sizes[1]]++;
		first_of_0 += pairs[0] == 0;
		moved += sizes[0] != before;
		before = sizes[0];
	}
	for (size_t pair = 0; pair < 2; pair++)
		for (size_t size = 1; size <= 3; size++)
			assert_int_equal(slices[pair][size], 8);
	/* In random order, and so are the sizes: not one after the other. */
	assert_in_range(first_of_0, 1, 23);
	assert_true(moved > 3);
	launch_end(launch);
}

static void samples_are_in_their_place(void **state)
{
	(void)state;
	run_two_pairs(1);
	for (size_t pair = 0; pair < 2; pair++)
		for (size_t size = 0; size < 3; size++) {
			const struct histogram *singles = launch_singles(
				launch, pair, size);
			const struct measured *measured = &launch->measured[pair][size];

			assert_int_equal(singles->count, 8);
			assert_true(singles->min >= least_ns(pair, size));
			assert_int_equal(launch_batches(launch, pair, size)->count, 0);
			/* Neither warm-up nor hand-over nor the last one is counted. */
			assert_int_equal(measured->messages, 8);
			assert_int_equal(measured->slices, 8);
			assert_int_equal(measured->batch, 1);
			assert_int_equal(measured->cost_messages[0], 8 * SLICE_CALLS);
			assert_int_equal(measured->cost_messages[1], 0);
			assert_true(measured->elapsed_ns >= 8 * least_ns(pair, size));
		}
	launch_end(launch);
}

static void batches_have_a_place_of_their_own(void **state)
{
	(void)state;
	run_two_pairs(3);
	for (size_t pair = 0; pair < 2; pair++)
		for (size_t size = 0; size < 3; size++) {
			const struct histogram *batches = launch_batches(
				launch, pair, size);

			assert_int_equal(launch_singles(launch, pair, size)->count, 4);
			assert_int_equal(batches->count, 4);
			assert_true(batches->min >= 3 * least_ns(pair, size));
			assert_int_equal(
				launch->measured[pair][size].messages, 4 + 4 * 3);
			assert_int_equal(launch->measured[pair][size].batch, 3);
		}
	launch_end(launch);
}

/* --- pace
 * ---------------------------------------------------------------------------------------
 */

static uint64_t batch_of(
	int (*work)(struct channel *channel, size_t size, uint64_t count),
	uint64_t gap_ns)
{
	struct mechanism mechanism = made_up(work);
	struct launch_spec spec = launch_of(&mechanism, TEST_LATENCY);
	uint64_t batch;

	spec.warm_up_ns = 3 * MS;
	spec.slices = 2;
	spec.gap_ns = gap_ns;
	run(&spec);
	assert_outcome(0, 0, OUTCOME_OK, "");
	batch = launch->measured[0][0].batch;
	assert_int_equal(launch_batches(launch, 0, 0)->count != 0, batch > 1);
	assert_true(launch_singles(launch, 0, 0)->count != 0);
	launch_end(launch);
	return batch;
}

static void only_quick_exchanges_are_batched(void **state)
{
	uint64_t batch = 1;

	(void)state;
	/* A few ns; where another process takes the CPU for long it may look slower once.
	 */
	for (unsigned turn = 0; turn < 20 && batch == 1; turn++)
		batch = batch_of(quick_work, 0);
	assert_true(batch > 1);
	assert_int_equal(batch_of(work_of_first, 0), 1); /* 5 us at least */
	assert_int_equal(batch_of(quick_work, 1), 1); /* a gap lies between any two */
}

static void hand_over_is_not_counted(void **state)
{
	const struct mechanism *mechanism = row_with(
		CAP_PAYLOAD | CAP_BLOCKS | CAP_BOUNDARIES, CAP_NAMED);
	struct pair_spec spec = spec_of(mechanism, -1, -1, 64);
	struct slice slice = slice_of(TEST_LATENCY, 64, MS);
	const struct report *first, *second;
	struct pair *pair;

	(void)state;
	assert_int_equal(
		pair_start(&ground.context, &spec, from_now(PATIENCE), &pair, &why), 0);
	first = pair_report(pair, 0);
	second = pair_report(pair, 1);
	slice.handover = 7;
	slice.is_warm_up = true;
	assert_int_equal(pair_slice(pair, &slice, from_now(PATIENCE), &why), 0);
	assert_int_equal(pair_histogram(pair, 0)->count, 0);
	slice.is_warm_up = false;
	assert_int_equal(pair_slice(pair, &slice, from_now(PATIENCE), &why), 0);
	assert_int_equal(first->cost_messages, 7 + first->messages + 1);
	assert_int_equal(second->cost_messages, first->cost_messages);
	assert_int_equal(first->bytes, 64 * first->messages);
	assert_int_equal(pair_histogram(pair, 0)->count, first->messages);
	slice.kind = SLICE_THROUGHPUT;
	assert_int_equal(pair_slice(pair, &slice, from_now(PATIENCE), &why), 0);
	assert_int_equal(second->messages, second->cost_messages - 7);
	assert_int_equal(second->bytes, 64 * second->messages);
	assert_int_equal(first->cost_messages, second->cost_messages);
	pair_stop(pair);
}

/* --- outcomes
 * ----------------------------------------------------------------------------------- */

static int fail_at_two(struct channel *channel, size_t size, uint64_t count)
{
	(void)count;
	return size == 2 ? why_say(channel->why, EIO, "size 2 is too much") : 0;
}

static int limit_size(struct channel *channel)
{
	channel->size_max = 2;
	why_say(&channel->size_limit, 0, "at most 2 bytes");
	return 0;
}

static int fail_create(struct channel *channel)
{
	return why_say(channel->why, EMFILE, "made up");
}

static void every_size_has_an_outcome(void **state)
{
	struct mechanism mechanism = made_up(fail_at_two);
	struct launch_spec spec = launch_of(&mechanism, TEST_LATENCY);

	(void)state;
	run(&spec);
	for (size_t size = 0; size < 3; size++)
		assert_outcome(0, size, OUTCOME_FAILED, "size 2 is too much: ");
	assert_false(launch->is_interrupted);
	launch_end(launch);
	/* What is too large is skipped, the rest is measured. */
	mechanism.create = limit_size;
	mechanism.work = quick_work;
	run(&spec);
	assert_outcome(0, 0, OUTCOME_OK, "");
	assert_outcome(0, 1, OUTCOME_OK, "");
	assert_outcome(0, 2, OUTCOME_SKIPPED, "at most 2 bytes");
	launch_end(launch);
	/* Skipped stays skipped, though the launch fails. */
	mechanism.work = fail_at_two;
	run(&spec);
	assert_outcome(0, 0, OUTCOME_FAILED, "too much");
	assert_outcome(0, 2, OUTCOME_SKIPPED, "at most 2 bytes");
	launch_end(launch);
	mechanism.create = fail_create;
	run(&spec);
	for (size_t size = 0; size < 3; size++)
		assert_outcome(0, size, OUTCOME_FAILED, "made up: Too many open files");
	assert_null(launch->pairs[0]);
	launch_end(launch);
}

static int interrupt_parent(struct channel *channel, size_t size, uint64_t count)
{
	(void)channel;
	(void)size;
	(void)count;
	kill(getppid(), SIGTERM);
	for (;;)
		pause();
	return 0;
}

static int be_interrupted(struct why *words)
{
	struct mechanism mechanism = made_up(interrupt_parent);
	struct launch_spec spec = launch_of(&mechanism, TEST_LATENCY);
	const struct measured *measured = &launch->measured[0][0];
	struct ground own;

	interrupt_watch();
	if (ground_start(&own, words))
		return -EIO;
	launch_run(&own.context, &spec, launch);
	launch_end(launch);
	janitor_stop(&own.janitor);
	if (!launch->is_interrupted || measured->outcome != OUTCOME_FAILED ||
		!strstr(measured->why.text, "ended by a signal"))
		return why_say(words, 0, "interrupted: %d, '%s'", launch->is_interrupted,
			measured->why.text);
	return 0;
}

static void a_signal_ends_it(void **state)
{
	(void)state;
	if (in_child(be_interrupted, &why))
		fail_msg("%s", why.text);
}

static int elsewhere; /* a CPU */

static int move_away(struct channel *channel, size_t size, uint64_t count)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)elsewhere, &one);
	(void)size;
	(void)count;
	return sched_setaffinity(0, sizeof one, &one)
		       ? why_say(channel->why, errno, "move away")
		       : 0;
}

static void a_side_that_moved_is_a_cause_to_retry(void **state)
{
	struct mechanism mechanism = made_up(quick_work);
	struct launch_spec spec = launch_of(&mechanism, TEST_LATENCY);
	cpu_set_t allowed;
	int cpus[2] = { -1, -1 }, count = 0;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof allowed, &allowed), 0);
	for (int cpu = 0; cpu < CPU_SETSIZE && count < 2; cpu++)
		if (CPU_ISSET((size_t)cpu, &allowed))
			cpus[count++] = cpu;
	spec.pairs[0].placement.cpu[0] = spec.pairs[0].placement.cpu[1] = cpus[0];
	run(&spec);
	assert_outcome(0, 0, OUTCOME_OK, "");
	assert_null(launch->retry_cause);
	launch_end(launch);
	if (count < 2)
		skip();
	elsewhere = cpus[1];
	mechanism.work = move_away;
	run(&spec);
	assert_outcome(0, 0, OUTCOME_OK, "");
	assert_string_equal(launch->retry_cause, "a side was found on another CPU");
	launch_end(launch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_pairs_alternate),
		cmocka_unit_test(samples_are_in_their_place),
		cmocka_unit_test(batches_have_a_place_of_their_own),
		cmocka_unit_test(only_quick_exchanges_are_batched),
		cmocka_unit_test(hand_over_is_not_counted),
		cmocka_unit_test(every_size_has_an_outcome),
		cmocka_unit_test(a_signal_ends_it),
		cmocka_unit_test(a_side_that_moved_is_a_cause_to_retry),
	};

	return cmocka_run_group_tests(tests, set_up, launch_remove);
}
