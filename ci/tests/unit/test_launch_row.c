/* What a launch found, as a row: a made-up launch with known contents, and nothing made
 * up where something is not known. */
#include "launch_helper.h"

#include <math.h>

#include "harness/launch_row.h"

static struct planned planned;
static struct result_row row;

static int set_up(void **state)
{
	(void)state;
	return launch_make();
}

/* A launch of one size with a pair that idles, whose histograms the tests fill. */
static void make(const struct mechanism *mechanism, enum test test)
{
	struct launch_spec spec = { .pair_count = 1,
		.test = test,
		.sizes = { 64 },
		.size_count = 1,
		.gap_ns = 17 };

	spec.pairs[0] = spec_of(mechanism, -1, -1, 64);
	spec.pairs[0].slots = 2;
	spec.pairs[0].sched = (struct sched) { SCHED_POLICY_OTHER, 0 };
	strcpy(spec.pairs[0].placement.name, "unpinned");
	*launch = (struct launch) { .spec = spec, .steal_ms = NAN, .clock_drift_ppm = 3 };
	if (pair_start(&ground.context, &spec.pairs[0], from_now(PATIENCE),
		    &launch->pairs[0], &why))
		fail_msg("%s", why.text);
	planned = (struct planned) { .mechanism = mechanism, .test = test, .sweep = -1 };
	launch->measured[0][0].batch = 1;
}

static void to_row(const char *retry_cause)
{
	launch_row(launch, &planned, 42, 0, 2, retry_cause, &ground.clock, &row);
}

static const struct mechanism *stream(void)
{
	return row_with(CAP_PAYLOAD | CAP_BLOCKS, CAP_BOUNDARIES | CAP_NAMED);
}

static void the_case_is_written(void **state)
{
	int policy = sched_getscheduler(0);

	(void)state;
	make(stream(), TEST_LATENCY);
	to_row("a cause");
	assert_int_equal(row.schema, ROW_SCHEMA);
	assert_int_equal(row.launch, 42);
	assert_int_equal(row.attempt, 2);
	assert_int_equal(strlen(row.utc), strlen("2000-01-01T00:00:00Z"));
	assert_string_equal(row.mechanism, stream()->name);
	assert_string_equal(row.test, "latency");
	assert_int_equal(row.size_bytes, 64);
	assert_string_equal(row.placement, "unpinned");
	assert_string_equal(row.relation, "");
	assert_string_equal(row.payload, "verify");
	assert_int_equal(row.gap_ns, 17);
	assert_string_equal(row.sched, "other");
	assert_string_equal(row.clock, "monotonic");
	assert_string_equal(row.retry_cause, "a cause");
	assert_string_equal(row.status, "ok");
	assert_string_equal(row.reason, "");
	/* Not pinned, no node, not a throughput test, no sweep, no TSC, no steal known.
	 */
	assert_int_equal(row.cpu_a, ROW_UNKNOWN);
	assert_int_equal(row.cpu_b, ROW_UNKNOWN);
	assert_int_equal(row.node_a, ROW_UNKNOWN);
	assert_int_equal(row.chunk_bytes, ROW_UNKNOWN);
	assert_string_equal(row.sweep_setting, "");
	assert_int_equal(row.sweep_wanted, ROW_UNKNOWN);
	assert_true(isnan(row.clock_drift_ppm));
	assert_true(isnan(row.steal_ms));
	launch->spec.pairs[0].placement.cpu[0] = 0;
	launch->spec.pairs[0].placement.cpu[1] = 3;
	launch->spec.pairs[0].placement.node[1] = 1;
	launch->spec.pairs[0].sched = (struct sched) { SCHED_POLICY_FIFO, 7 };
	launch->steal_ms = 2.5;
	to_row(NULL);
	assert_int_equal(row.cpu_a, 0);
	assert_int_equal(row.cpu_b, 3);
	assert_int_equal(row.node_a, ROW_UNKNOWN);
	assert_int_equal(row.node_b, 1);
	assert_string_equal(row.sched, "fifo:7");
	assert_string_equal(row.retry_cause, "");
	assert_true(row.steal_ms == 2.5);
	/* What is inherited is asked. */
	launch->spec.pairs[0].sched.policy = SCHED_INHERIT;
	to_row(NULL);
	if (policy == SCHED_OTHER)
		assert_string_equal(row.sched, "other");
	launch_end(launch);
}

static void latency_comes_from_histograms(void **state)
{
	struct measured *measured = &launch->measured[0][0];

	(void)state;
	make(stream(), TEST_LATENCY);
	for (uint64_t ns = 1; ns <= 100; ns++)
		histogram_add(launch_singles(launch, 0, 0), ns);
	measured->slices = 5;
	measured->messages = 100;
	measured->bytes = 6400;
	measured->elapsed_ns = 5050;
	to_row(NULL);
	assert_int_equal(row.samples, 100);
	assert_int_equal(row.slices, 5);
	assert_int_equal(row.messages, 100);
	assert_int_equal(row.bytes, 6400);
	assert_true(row.elapsed_ns == 5050);
	assert_int_equal(row.batch, 1);
	assert_true(row.min_ns == 1 && row.max_ns == 100);
	assert_true(row.mean_ns == 50.5);
	assert_true(row.median_ns > 49 && row.median_ns < 52);
	assert_true(row.p50_ns == row.median_ns);
	assert_true(row.p25_ns > 24 && row.p25_ns < 27);
	assert_true(row.p75_ns > 74 && row.p75_ns < 77);
	/* Fewer than ten samples lie beyond these. */
	assert_true(isnan(row.p01_ns) && isnan(row.p05_ns));
	assert_true(isnan(row.p95_ns) && isnan(row.p99_ns) && isnan(row.p999_ns));
	assert_true(isnan(row.bytes_per_s) && isnan(row.messages_per_s));
	assert_int_equal(row.capacity_bytes, ROW_UNKNOWN);
	assert_int_equal(row.is_exact, ROW_UNKNOWN);
	/* Sums of eight: the headline is one of them. */
	measured->batch = 8;
	histogram_add(launch_batches(launch, 0, 0), 160);
	to_row(NULL);
	assert_int_equal(row.batch, 8);
	assert_true(row.median_ns > 19.9 && row.median_ns < 20.2);
	assert_true(row.p50_ns > 49);
	assert_int_equal(row.samples, 100);
	launch_end(launch);
}

static void nothing_sampled_is_unknown(void **state)
{
	(void)state;
	make(stream(), TEST_LATENCY);
	to_row(NULL);
	assert_int_equal(row.samples, 0);
	assert_true(isnan(row.median_ns) && isnan(row.mean_ns) && isnan(row.min_ns));
	assert_true(isnan(row.p50_ns) && isnan(row.max_ns));
	launch_end(launch);
}

static void throughput_is_the_median_slice(void **state)
{
	struct measured *measured = &launch->measured[0][0];

	(void)state;
	make(stream(), TEST_THROUGHPUT);
	measured->slice_values[0] = 4000;
	measured->slice_values[1] = 1000;
	measured->slice_values[2] = 2000;
	measured->slice_value_count = 3;
	to_row(NULL);
	assert_true(row.messages_per_s == 2000);
	assert_true(row.bytes_per_s == 2000 * 64);
	assert_true(row.median_ns == 500000);
	assert_int_equal(row.chunk_bytes, 64);
	assert_true(isnan(row.p50_ns) && isnan(row.min_ns));
	assert_int_equal(row.samples, ROW_UNKNOWN);
	/* The measured values keep their order. */
	assert_true(measured->slice_values[0] == 4000);
	launch->spec.chunk = 1000;
	measured->slice_value_count = 0;
	to_row(NULL);
	assert_int_equal(row.chunk_bytes, 1000);
	assert_true(isnan(row.messages_per_s) && isnan(row.bytes_per_s));
	assert_true(isnan(row.median_ns));
	launch_end(launch);
}

static void cost_is_a_message(void **state)
{
	struct measured *measured = &launch->measured[0][0];

	(void)state;
	make(stream(), TEST_LATENCY);
	to_row(NULL);
	assert_true(isnan(row.user_a_ns) && isnan(row.system_b_ns));
	assert_true(isnan(row.voluntary_a) && isnan(row.involuntary_b));
	measured->cost[0] = (struct cost) { .user_ns = 500,
		.system_ns = 1000,
		.voluntary = 5,
		.involuntary = 1,
		.pieces = 1 };
	measured->cost_messages[0] = 10;
	measured->cost[1] = (struct cost) { .user_ns = 40,
		.cycles = 80,
		.instructions = 160,
		.has_hardware = true,
		.is_user_only = true,
		.pieces = 2 };
	measured->cost_messages[1] = 20;
	to_row(NULL);
	assert_true(row.user_a_ns == 50 && row.system_a_ns == 100);
	assert_true(row.voluntary_a == .5 && row.involuntary_a == .1);
	assert_true(row.user_b_ns == 2 && row.cycles_b == 4 && row.instructions_b == 8);
	/* Hardware counts that were not made are no zeros. */
	assert_true(isnan(row.cycles_a) && isnan(row.instructions_a));
	assert_int_equal(row.is_user_only, 1);
	measured->cost[1].is_user_only = false;
	to_row(NULL);
	assert_int_equal(row.is_user_only, 0);
	/* Nor is the cost of no message. */
	measured->cost_messages[1] = 0;
	to_row(NULL);
	assert_true(isnan(row.user_b_ns) && isnan(row.cycles_b));
	assert_true(row.is_user_only == ROW_UNKNOWN);
	launch_end(launch);
}

static void capacity_is_written(void **state)
{
	struct measured *measured = &launch->measured[0][0];
	const struct mechanism *mechanism = row_with(
		CAP_PAYLOAD | CAP_BLOCKS | CAP_EXACT_CAPACITY, CAP_NAMED);
	char words[ROW_TEXT];

	(void)state;
	make(mechanism, TEST_CAPACITY);
	planned.sweep = mechanism_setting(mechanism, mechanism->size_setting);
	planned.sweep_value = 5000;
	launch->spec.pairs[0].payload = PAYLOAD_NONE;
	measured->slices = 1;
	measured->capacity = (struct capacity) { 65536, 1024, 4096, false };
	to_row(NULL);
	assert_int_equal(row.capacity_bytes, 65536);
	assert_int_equal(row.capacity_messages, 1024);
	assert_int_equal(row.reopen_bytes, 4096);
	assert_int_equal(row.is_exact, 1);
	assert_string_equal(row.payload, "verify"); /* always, when it is drained */
	assert_string_equal(row.sweep_setting, mechanism->size_setting);
	assert_int_equal(row.sweep_wanted, 5000);
	/* What the system made of it, here without a wish. */
	assert_int_equal(
		row.sweep_value, pair_channel(launch->pairs[0])->settings[planned.sweep]);
	snprintf(words, sizeof words, "%s=%lld", mechanism->size_setting,
		(long long)row.sweep_value);
	assert_non_null(strstr(row.settings, words));
	assert_true(isnan(row.median_ns) && isnan(row.elapsed_ns));
	measured->capacity.is_unbounded = true;
	measured->outcome = OUTCOME_INCONCLUSIVE;
	planned.sweep_value = SETTING_UNSET;
	to_row(NULL);
	assert_string_equal(row.status, "inconclusive");
	assert_int_equal(row.capacity_bytes, 65536);
	assert_int_equal(row.reopen_bytes, ROW_UNKNOWN);
	assert_int_equal(row.sweep_wanted, ROW_UNKNOWN);
	launch_end(launch);
}

static void what_failed_has_no_numbers(void **state)
{
	struct measured *measured = &launch->measured[0][0];

	(void)state;
	make(stream(), TEST_LATENCY);
	histogram_add(launch_singles(launch, 0, 0), 5);
	measured->messages = 1;
	measured->outcome = OUTCOME_FAILED;
	strcpy(measured->why.text, "it broke");
	to_row(NULL);
	assert_string_equal(row.status, "failed");
	assert_string_equal(row.reason, "it broke");
	assert_true(isnan(row.median_ns) && isnan(row.user_a_ns));
	assert_int_equal(row.messages, ROW_UNKNOWN);
	/* One that does not count says what it found. */
	measured->outcome = OUTCOME_INCONCLUSIVE;
	to_row(NULL);
	assert_string_equal(row.status, "inconclusive");
	assert_int_equal(row.messages, 1);
	launch_end(launch);
	/* A pair that was never there. */
	measured->outcome = OUTCOME_FAILED;
	to_row(NULL);
	assert_string_equal(row.status, "failed");
	launch_row_skipped(&launch->spec, &planned, 7, 0, "not here", &row);
	assert_string_equal(row.status, "skipped");
	assert_string_equal(row.reason, "not here");
	assert_int_equal(row.launch, 7);
	assert_int_equal(row.attempt, 1);
	assert_int_equal(row.messages, ROW_UNKNOWN);
	assert_true(isnan(row.median_ns));
}

/* A long reason is cut between two characters. */
static void long_reasons_stay_text(void **state)
{
	struct measured *measured = &launch->measured[0][0];

	(void)state;
	make(stream(), TEST_LATENCY);
	measured->outcome = OUTCOME_FAILED;
	for (size_t length = ROW_TEXT - 4; length < ROW_TEXT; length++) {
		memset(measured->why.text, 'x', length);
		strcpy(measured->why.text + length, "µs and so on");
		to_row(NULL);
		assert_true(strlen(row.reason) < ROW_TEXT);
		assert_true(strlen(row.reason) >= ROW_TEXT - 2);
		/* 0xc2 begins the two bytes of a µ. */
		assert_int_not_equal(
			(unsigned char)row.reason[strlen(row.reason) - 1], 0xc2);
	}
	launch_end(launch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_case_is_written),
		cmocka_unit_test(latency_comes_from_histograms),
		cmocka_unit_test(nothing_sampled_is_unknown),
		cmocka_unit_test(throughput_is_the_median_slice),
		cmocka_unit_test(cost_is_a_message),
		cmocka_unit_test(capacity_is_written),
		cmocka_unit_test(what_failed_has_no_numbers),
		cmocka_unit_test(long_reasons_stay_text),
	};

	return cmocka_run_group_tests(tests, set_up, launch_remove);
}
