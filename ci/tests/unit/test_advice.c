/* Advice: ranks and ties, what is left out, the nearest size, floors as limits. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "golden.h"
#include "mechanisms/mechanism.h"
#include "results/advice.h"
#include "runs.h"

#define LAUNCHES 12

static struct run_directory *run;
static struct witness witness;
static struct advice advice;
static struct advice_need need;
static struct why why;
static int64_t next_launch;

static int enter(void **state)
{
	next_launch = 0;
	why_clear(&why);
	need = (struct advice_need) { .pattern = ADVICE_RPC,
		.size_bytes = 64,
		.max_cpu_ns = NAN,
		.max_cpu_share = NAN };
	if (runs_enter(state))
		return -1;
	run = runs_make("run", NULL);
	return 0;
}

static int leave(void **state)
{
	advice_free(&advice);
	witness_close(&witness);
	run_directory_close(run);
	return runs_leave(state);
}

/* Launches whose medians lie within 1 % around `median_ns`; both sides burn `cpu_ns`. */
static void add(
	const char *mechanism, int64_t size_bytes, double median_ns, double cpu_ns)
{
	for (int i = 0; i < LAUNCHES; i++) {
		struct result_row row = runs_row(
			next_launch++, median_ns * (1 + 0.01 * (i - 5.5) / 6));

		row_text(row.mechanism, mechanism);
		row.size_bytes = size_bytes;
		row.user_a_ns = cpu_ns / 4;
		row.system_b_ns = cpu_ns * 3 / 4;
		row.voluntary_a = row.voluntary_b = 1;
		runs_append(run, &row);
	}
}

static bool advised(void)
{
	advice_free(&advice);
	witness_close(&witness);
	if (witness_open(run, &witness, &why))
		fail_msg("%s", why.text);
	assert_int_equal(witness.place_count, 1);
	return advice_make(&witness, &witness.places[0], &need, &advice);
}

static void item_is(size_t index, const char *mechanism, unsigned rank, bool is_tied)
{
	assert_true(index < advice.count);
	assert_string_equal(advice.items[index].mechanism, mechanism);
	assert_int_equal(advice.items[index].rank, rank);
	assert_int_equal(advice.items[index].is_tied, is_tied);
}

static void add_some(void)
{
	add("pipe", 64, 5000, 5000);
	add("fifo", 64, 5010, 4800);
	add("shm_spin", 64, 300, 600);
	add("tcp", 64, 9000, 9500);
	add("udp", 64, 8000, 8500);
	add("floor_cacheline", 0, 100, 200);
	add("eventfd", 0, 4900, 4900);
}

static void overlapping_intervals_share_a_rank(void **state)
{
	(void)state;
	add_some();
	assert_true(advised());
	item_is(0, "shm_spin", 1, false);
	item_is(1, "pipe", 2, true);
	item_is(2, "fifo", 2, true);
	item_is(3, "udp", 4, false);
	item_is(4, "tcp", 5, false);
	/* A limit, and no advice; a wake-up carries nothing. */
	item_is(5, "floor_cacheline", 0, false);
	assert_int_equal(advice.count, 6);
	assert_int_equal(advice.ranked, 5);
	assert_float_equal(advice.items[0].cpu.value, 600, 1e-6);
	assert_float_equal(advice.items[0].switches.value, 2, 1e-6);
}

static void what_is_asked_for_is_kept(void **state)
{
	(void)state;
	add_some();
	need.needs = CAP_UNRELATED;
	need.forbids = CAP_SPINS | CAP_LOSSY;
	assert_true(advised());
	item_is(0, "fifo", 1, false);
	item_is(1, "tcp", 2, false);
	assert_int_equal(advice.ranked, 2);
	assert_int_equal(advice.unfit, 3);
	need.needs = CAP_PAYLOAD;
	need.forbids = CAP_PAYLOAD;
	assert_true(advised());
	assert_int_equal(advice.ranked, 0);
	assert_int_equal(advice.unfit, 5);
}

/* The CPU is charged for the stamps between messages, which their median leaves out. */
static void what_is_dear_is_told_by_wall_time(void **state)
{
	(void)state;
	for (int i = 0; i < LAUNCHES; i++) {
		struct result_row row = runs_row(next_launch++, 300);

		row_text(row.mechanism, "shm_spin");
		row.size_bytes = 64;
		row.user_a_ns = row.user_b_ns = 165;
		row.messages = 100;
		row.elapsed_ns = 33000;
		runs_append(run, &row);
	}
	need.max_cpu_share = 1.05;
	assert_true(advised());
	assert_false(advice.items[0].is_too_dear);
	need.max_cpu_share = 0.95;
	assert_true(advised());
	assert_true(advice.items[0].is_too_dear);
}

static void what_is_too_dear_is_told_and_not_ranked(void **state)
{
	(void)state;
	add_some();
	need.max_cpu_share = 1.1; /* shm_spin: 600 of 300 ns */
	assert_true(advised());
	item_is(0, "pipe", 1, true);
	item_is(4, "shm_spin", 0, false);
	assert_true(advice.items[4].is_too_dear);
	item_is(5, "floor_cacheline", 0, false);
	need.max_cpu_share = NAN;
	need.max_cpu_ns = 4900;
	assert_true(advised());
	item_is(0, "shm_spin", 1, false);
	item_is(1, "fifo", 2, false);
	assert_int_equal(advice.ranked, 2);
}

static void the_nearest_size_is_ranked_and_said(void **state)
{
	(void)state;
	add("pipe", 64, 5000, 5000);
	add("pipe", 4096, 6000, 5000);
	add("pipe", 65536, 9000, 5000);
	need.size_bytes = 5000;
	assert_true(advised());
	assert_true(advice.is_nearest);
	assert_int_equal(advice.size_bytes, 4096);
	assert_int_equal(advice.below, 4096);
	assert_int_equal(advice.above, 65536);
	assert_float_equal(advice.items[0].amount.value, 6000, 1);
	need.size_bytes = 1 << 20;
	assert_true(advised());
	assert_int_equal(advice.size_bytes, 65536);
	assert_int_equal(advice.above, -1);
	need.size_bytes = 64;
	assert_true(advised());
	assert_false(advice.is_nearest);
}

static void wake_ups_are_those_that_carry_nothing(void **state)
{
	(void)state;
	add_some();
	add("futex", 0, 4000, 4000);
	need.pattern = ADVICE_WAKE;
	assert_true(advised());
	item_is(0, "futex", 1, false);
	item_is(1, "eventfd", 2, false);
	assert_int_equal(advice.ranked, 2);
}

static void streams_go_by_throughput(void **state)
{
	(void)state;
	add("pipe", 64, 5000, 5000);
	need.pattern = ADVICE_STREAM;
	assert_false(advised());
	for (int i = 0; i < LAUNCHES; i++) {
		struct result_row row = runs_row(next_launch++, 1000);

		row_text(row.test, "throughput");
		row.bytes_per_s = 1e9 + i;
		row.user_a_ns = 1500;
		runs_append(run, &row);
		row.launch = next_launch++;
		row_text(row.mechanism, "tcp");
		row.bytes_per_s = 2e9 + i;
		row.coalesce = 1;
		runs_append(run, &row);
		/* What was joined by the sender is another thing. */
		row.launch = next_launch++;
		row.bytes_per_s = 9e9 + i;
		row.coalesce = 128;
		runs_append(run, &row);
	}
	assert_true(advised());
	item_is(0, "tcp", 1, false);
	item_is(1, "pipe", 2, false);
	assert_int_equal(advice.count, 2);
	need.max_cpu_share = 1.4;
	assert_true(advised());
	assert_int_equal(advice.ranked, 0);
}

static void without_intervals_all_is_a_tie(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		struct result_row row = runs_row(next_launch++, 1000);

		runs_append(run, &row);
		row.launch = next_launch++;
		row_text(row.mechanism, "tcp");
		row.median_ns = 9000;
		runs_append(run, &row);
	}
	assert_true(advised());
	item_is(0, "pipe", 1, true);
	item_is(1, "tcp", 1, true);
}

static void a_page_says_what_to_take_and_why(void **state)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	struct sheet sheet = { out, false };

	(void)state;
	assert_non_null(out);
	add_some();
	need.size_bytes = 100;
	need.max_cpu_ns = 9000;
	need.forbids = CAP_LOSSY;
	assert_true(advised());
	advice_print(&advice, &need, &sheet);
	need.needs = CAP_PAYLOAD;
	need.forbids = CAP_PAYLOAD;
	need.size_bytes = 64;
	assert_true(advised());
	advice_print(&advice, &need, &sheet);
	fclose(out);
	golden_compare("advice.txt", text);
	free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(overlapping_intervals_share_a_rank),
		TEST(what_is_asked_for_is_kept),
		TEST(what_is_dear_is_told_by_wall_time),
		TEST(what_is_too_dear_is_told_and_not_ranked),
		TEST(the_nearest_size_is_ranked_and_said),
		TEST(wake_ups_are_those_that_carry_nothing),
		TEST(streams_go_by_throughput),
		TEST(without_intervals_all_is_a_tie),
		TEST(a_page_says_what_to_take_and_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
