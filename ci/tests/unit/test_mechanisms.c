/* Every row of mechanisms[] carries what it is given: sizes, order, gaps, capacity. The
 * tests read caps, never names, so that a new row is tested by being there. */
#include "ground_helper.h"

#include "harness/side.h"

#define MIB ((size_t)1 << 20)

/* --- transfers
 * ---------------------------------------------------------------------------- */

static struct pair *start(const struct mechanism *mechanism, size_t size_max)
{
	struct pair_spec spec = spec_of(mechanism, -1, -1, size_max);
	struct pair *pair = NULL;

	why_clear(&why);
	spec.chunk_max = MIB;
	if (pair_start(&ground.context, &spec, from_now(PATIENCE), &pair, &why))
		fail_msg("%s", why.text);
	return pair;
}

static const struct report *run(
	struct pair *pair, const struct mechanism *mechanism, const struct slice *slice)
{
	bool is_first = slice->kind == SLICE_LATENCY || (mechanism->caps & CAP_SOLO);

	why_clear(&why);
	if (pair_slice(pair, slice, from_now(PATIENCE), &why))
		fail_msg("%s, slice kind %d of %zu bytes, chunk %zu: %s", mechanism->name,
			(int)slice->kind, slice->size, slice->chunk, why.text);
	return pair_report(pair, is_first ? 0 : 1);
}

static const size_t sizes[] = { 1, 7, 64, 4095, 4096, 4097, 65535, 65536, MIB - 1 };
static const size_t chunks[] = { 0, 1000, 100000 };

static void carry_size(struct pair *pair, const struct mechanism *mechanism, size_t size)
{
	size_t most = pair_channel(pair)->size_max;
	struct slice slice = slice_of(TEST_LATENCY, size < most ? size : most, MS / 10);
	const struct report *report;

	slice.size = some_size(mechanism, slice.size);
	if (mechanism->tests & TEST_BIT(TEST_LATENCY)) {
		report = run(pair, mechanism, &slice);
		assert_true(report->messages >= 1);
		assert_int_equal(report->bytes,
			mechanism->work ? 0 : report->messages * slice.size);
		assert_true(pair_histogram(pair, 0)->count >= 1);
	}
	slice.kind = SLICE_THROUGHPUT;
	for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
		if (!(mechanism->tests & TEST_BIT(TEST_THROUGHPUT)))
			break;
		slice.chunk = chunks[i] ? chunks[i] : slice.size;
		report = run(pair, mechanism, &slice);
		assert_true(report->cost_messages > slice.handover || mechanism->work);
		assert_true(report->bytes <= report->cost_messages * slice.size);
	}
}

static void odd_and_greatest_sizes_arrive_intact(void **state)
{
	size_t descriptors = open_descriptors();

	(void)state;
	for (size_t i = 0; i < mechanism_count; i++) {
		const struct mechanism *mechanism = mechanisms[i];
		size_t most = mechanism->caps & CAP_PAYLOAD ? MIB - 1 : 0;
		struct pair *pair;

		if (!is_usable(&ground.context, mechanism))
			continue;
		pair = start(mechanism, most);
		if (pair_channel(pair)->size_max < most)
			assert_true(pair_channel(pair)->size_limit.text[0] != '\0');
		for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
			if (!s || most)
				carry_size(pair, mechanism, sizes[s]);
		pair_stop(pair);
		assert_only_ground(&ground, descriptors);
	}
}

/* A message written in place is one cache line of a ring of 4 MiB, so that 65536 of them
 * are once round; the other rows have nothing that comes round so late. */
static void many_messages_stay_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < mechanism_count; i++) {
		const struct mechanism *mechanism = mechanisms[i];
		struct slice slice = slice_of(TEST_THROUGHPUT, 9, 10 * MS);
		uint64_t enough = mechanism->caps & CAP_INPLACE ? 100000 : 20000;
		uint64_t messages = 0;
		struct pair *pair;

		if (!(mechanism->tests & TEST_BIT(TEST_THROUGHPUT)) || mechanism->work ||
			!is_usable(&ground.context, mechanism))
			continue;
		pair = start(mechanism, slice.size);
		/* Sequence numbers go on from slice to slice. */
		while (messages < enough)
			messages += run(pair, mechanism, &slice)->cost_messages;
		pair_stop(pair);
	}
}

static void gaps_lie_between_round_trips(void **state)
{
	(void)state;
	for (size_t i = 0; i < mechanism_count; i++) {
		const struct mechanism *mechanism = mechanisms[i];
		struct slice slice = slice_of(
			TEST_LATENCY, some_size(mechanism, 64), 2 * MS);
		const struct report *report;
		struct pair *pair;

		if (!(mechanism->tests & TEST_BIT(TEST_LATENCY)) || mechanism->work ||
			!is_usable(&ground.context, mechanism))
			continue;
		pair = start(mechanism, slice.size);
		slice.gap_ns = MS / 10;
		report = run(pair, mechanism, &slice);
		assert_true(report->messages >= 1);
		/* Less than this is impossible, whatever else the machine does. */
		assert_true(report->elapsed_ns >= (report->messages - 1) * slice.gap_ns);
		assert_int_equal(pair_histogram(pair, 0)->count, report->messages);
		pair_stop(pair);
	}
}

/* --- connections, pieces, lone sends
 * ------------------------------------------------------ */

static const size_t more_sizes[] = { 2, 64, 4097 };

/* Messages of all sizes arrive whole, whoever connects and however they are cut; the pair
 * goes on with what attach made. */
static void connections_and_pieces_carry_messages(void **state)
{
	static const enum test tests[] = { TEST_CONNECT, TEST_PIECES, TEST_LATENCY };
	unsigned rows[3] = { 0 };

	(void)state;
	for (size_t i = 0; i < mechanism_count; i++) {
		const struct mechanism *mechanism = mechanisms[i];
		size_t descriptors = open_descriptors();
		struct pair *pair;

		if (!(mechanism->tests &
			    (TEST_BIT(TEST_CONNECT) | TEST_BIT(TEST_PIECES))) ||
			!is_usable(&ground.context, mechanism))
			continue;
		pair = start(mechanism, more_sizes[2]);
		for (size_t s = 0; s < 3; s++)
			for (size_t t = 0; t < 3; t++) {
				struct slice slice = slice_of(
					tests[t], more_sizes[s], MS);
				const struct report *report;

				if (!(mechanism->tests & TEST_BIT(tests[t])))
					continue;
				rows[t]++;
				slice.pieces = 2 + s;
				slice.pieces = slice.pieces < slice.size ? slice.pieces
									 : slice.size;
				(void)run(pair, mechanism, &slice);
				report = pair_report(pair, 0);
				assert_true(report->messages >= 1);
				assert_int_equal(
					report->bytes, report->messages * slice.size);
				assert_int_equal(report->cost_messages,
					pair_report(pair, 1)->cost_messages);
			}
		pair_stop(pair);
		assert_only_ground(&ground, descriptors);
	}
	assert_true(rows[0] && rows[1] && rows[2]);
}

static void find_room(const struct mechanism *mechanism, size_t size)
{
	struct pair *pair = start(mechanism, size);
	struct slice slice = slice_of(TEST_SEND, size, MS);
	uint64_t room;

	if (pair_channel(pair)->size_max < size) {
		pair_stop(pair);
		return;
	}
	slice.is_warm_up = true;
	(void)run(pair, mechanism, &slice);
	room = pair_report(pair, 0)->room;
	if (!room && size == 64)
		fail_msg("%s: not one message of 64 bytes fits", mechanism->name);
	slice.is_warm_up = false;
	slice.batch = measure_burst(room, size);
	for (unsigned turn = 0; room && turn < 3; turn++) {
		const struct report *report = pair_report(pair, 0);

		assert_in_range(slice.batch, 1, room);
		(void)run(pair, mechanism, &slice);
		assert_true(report->messages >= slice.batch);
		assert_int_equal(report->messages % slice.batch, 0);
		assert_int_equal(report->messages, pair_report(pair, 1)->cost_messages);
	}
	pair_stop(pair);
}

/* What is found to fit is sent without the receiver's help, and then read, in order. */
static void lone_sends_find_room(void **state)
{
	static const size_t some[] = { 64, 8192, 65536 };
	unsigned rows = 0;

	(void)state;
	for (size_t i = 0; i < mechanism_count; i++) {
		if (!(mechanisms[i]->tests & TEST_BIT(TEST_SEND)) ||
			!is_usable(&ground.context, mechanisms[i]))
			continue;
		rows++;
		for (size_t s = 0; s < 3; s++)
			find_room(mechanisms[i], some[s]);
	}
	assert_true(rows > 0);
}

/* --- capacity
 * ----------------------------------------------------------------------------- */

static struct capacity capacity_of(const struct mechanism *mechanism, size_t *size)
{
	struct pair *pair = start(mechanism, *size);
	struct slice slice = slice_of(TEST_CAPACITY, *size, 0);
	struct capacity capacity;

	if (*size > pair_channel(pair)->size_max)
		*size = slice.size = slice.chunk = pair_channel(pair)->size_max;
	(void)run(pair, mechanism, &slice);
	capacity = *pair_capacity(pair);
	pair_stop(pair);
	return capacity;
}

static void capacity_is_what_comes_out(void **state)
{
	static const size_t write_sizes[] = { 64, 4097, 65536 };

	(void)state;
	for (size_t i = 0; i < mechanism_count; i++) {
		const struct mechanism *mechanism = mechanisms[i];
		unsigned caps = mechanism->caps;

		if (!(mechanism->tests & TEST_BIT(TEST_CAPACITY)) ||
			!is_usable(&ground.context, mechanism))
			continue;
		for (size_t s = 0; s < sizeof write_sizes / sizeof write_sizes[0]; s++) {
			size_t size = write_sizes[s];
			struct capacity first = capacity_of(mechanism, &size);

			assert_false(first.is_unbounded);
			assert_true(first.messages >= 1);
			assert_in_range(first.reopen_bytes, 1, first.bytes);
			if (caps & CAP_BOUNDARIES) {
				assert_int_equal(first.bytes, first.messages * size);
				assert_int_equal(first.reopen_bytes % size, 0);
			} else {
				assert_true(first.bytes <= first.messages * size);
			}
			if (caps & CAP_EXACT_CAPACITY) {
				struct capacity second = capacity_of(mechanism, &size);

				assert_int_equal(first.bytes, second.bytes);
				assert_int_equal(first.messages, second.messages);
				assert_int_equal(first.reopen_bytes, second.reopen_bytes);
			}
		}
	}
}

/* A pair finds the same again and again: nothing stays behind in the channel. */
static void capacity_slices_repeat(void **state)
{
	(void)state;
	for (size_t i = 0; i < mechanism_count; i++) {
		const struct mechanism *mechanism = mechanisms[i];
		struct slice slice = slice_of(TEST_CAPACITY, 1000, 0);
		uint64_t bytes = 0;
		struct pair *pair;

		if (!(mechanism->caps & CAP_EXACT_CAPACITY) ||
			!is_usable(&ground.context, mechanism))
			continue;
		pair = start(mechanism, slice.size);
		for (unsigned turn = 0; turn < 3; turn++) {
			(void)run(pair, mechanism, &slice);
			/* In a ring the gap before the end lies elsewhere each time. */
			if (turn && !(mechanism->caps & CAP_INPLACE))
				assert_int_equal(pair_capacity(pair)->bytes, bytes);
			bytes = pair_capacity(pair)->bytes;
		}
		pair_stop(pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(odd_and_greatest_sizes_arrive_intact),
		cmocka_unit_test(many_messages_stay_in_order),
		cmocka_unit_test(gaps_lie_between_round_trips),
		cmocka_unit_test(connections_and_pieces_carry_messages),
		cmocka_unit_test(lone_sends_find_room),
		cmocka_unit_test(capacity_is_what_comes_out),
		cmocka_unit_test(capacity_slices_repeat),
	};

	return cmocka_run_group_tests(tests, set_up_ground, tear_down_ground);
}
