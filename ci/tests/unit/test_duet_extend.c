/* Which further launches a duet makes: of open cases only, not for ever. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/random.h"
#include "harness/duet_extend.h"
#include "harness/vocabulary.h"
#include "results/pairs.h"

#define PLANNED 16

static const struct rule standard = RULE_STANDARD;
static struct plan plan, further;
static struct result_row *rows[2];
static size_t row_count;
static struct changes *changes;
static struct why why;

/* Two mechanisms with two sizes each, a wake-up with none. */
static int enter(void **state)
{
	struct topology *topology = NULL;
	struct options options;

	(void)state;
	options_default(&options);
	options.seed = 1;
	options.mechanisms = "pipe,unix_stream,eventfd";
	options.tests = "latency";
	options.sizes = "64,4K";
	options.placements = "unpinned";
	options.launches = PLANNED;
	if (topology_load(NULL, &topology, &why) ||
		plan_make(&options, topology, &plan, &why))
		fail_msg("%s", why.text);
	topology_free(topology);
	row_count = 0;
	return 0;
}

static int leave(void **state)
{
	(void)state;
	plan_free(&plan);
	free(further.launches);
	further = (struct plan) { 0 };
	changes_free(changes);
	changes = NULL;
	for (int side = 0; side < 2; side++) {
		free(rows[side]);
		rows[side] = NULL;
	}
	return 0;
}

/* The row of a launch in which the candidate is `factor` times the base. */
static void add(const struct planned *planned, size_t size, size_t number, double factor)
{
	struct result_row row;

	row_clear(&result_table, &row);
	row.launch = (int64_t)number;
	row_text(row.mechanism, planned->mechanism->name);
	row_text(row.test, test_names[planned->test]);
	row_text(row.placement, planned->placement.name);
	row_text(row.status, "ok");
	row.size_bytes = (int64_t)size;
	for (int side = 0; side < 2; side++) {
		rows[side] = realloc(rows[side], (row_count + 1) * sizeof row);
		row.median_ns = side ? 5000 * factor : 5000;
		rows[side][row_count] = row;
	}
	row_count++;
}

/* Every launch of `of`: pairs of `wide` at `size` scatter by `spread`, others by little.
 */
static void measure(const struct plan *of, size_t from, const char *wide, size_t size,
	double centre, double spread)
{
	for (size_t i = 0; i < of->count; i++)
		for (size_t j = 0; j < of->launches[i].size_count; j++) {
			const struct planned *planned = &of->launches[i];
			bool is_wide = !strcmp(planned->mechanism->name, wide) &&
				       planned->sizes[j] == size;
			double to = (double)(planned->repetition * 7 % PLANNED) /
					    PLANNED * 2 -
				    1;

			add(planned, planned->sizes[j], from + i,
				is_wide ? centre * (1 + spread * to) : 1 + 0.002 * to);
		}
}

static void judge(void)
{
	const struct pairs pairs = { { rows[0], rows[1] }, row_count,
		(int64_t)plan.count };

	changes_free(changes);
	changes = changes_create(DESIGN_PAIRED, &standard, "base", "candidate");
	assert_non_null(changes);
	assert_int_equal(pairs_add(&pairs, changes), 0);
	assert_int_equal(changes_settle(changes, &why), 0);
}

static void more(unsigned round)
{
	free(further.launches);
	if (extend_plan(&plan, PLANNED, changes, round, &further, &why))
		fail_msg("%s", why.text);
}

static void rounds_grow_by_half(void **state)
{
	static const size_t launches[] = { 16, 24, 36, 54, 81, 122 };

	(void)state;
	assert_int_equal(EXTEND_ROUNDS, 5);
	for (unsigned round = 0; round <= EXTEND_ROUNDS; round++)
		assert_int_equal(extend_launches(16, round), launches[round]);
	assert_int_equal(extend_launches(1, 1), 2);
}

static void nothing_open_takes_nothing(void **state)
{
	(void)state;
	measure(&plan, 0, "", 0, 1, 0);
	judge();
	assert_int_equal(changes->whole, VERDICT_NO_CHANGE);
	more(1);
	assert_int_equal(further.count, 0);
	assert_null(further.launches);
	assert_int_equal(pairs_note(changes), 0);
	assert_int_equal(changes->note_count, 0);
}

static void only_open_cases_are_measured_again(void **state)
{
	(void)state;
	measure(&plan, 0, "unix_stream", 4096, 1, 0.04);
	judge();
	assert_int_equal(changes->counts[VERDICT_INCONCLUSIVE], 1);
	more(1);
	assert_int_equal(further.count, 8);
	for (size_t i = 0; i < further.count; i++) {
		assert_string_equal(further.launches[i].mechanism->name, "unix_stream");
		assert_int_equal(further.launches[i].size_count, 1);
		assert_int_equal(further.launches[i].sizes[0], 4096);
		assert_in_range(further.launches[i].repetition, 16, 23);
		for (size_t j = 0; j < i; j++)
			assert_true(further.launches[i].seed != further.launches[j].seed);
	}
	more(2);
	assert_int_equal(further.count, 12);
}

/* A wake-up has no size. */
static void a_case_without_a_size_is_found(void **state)
{
	(void)state;
	measure(&plan, 0, "eventfd", 0, 1, 0.04);
	judge();
	more(1);
	assert_int_equal(further.count, 8);
	assert_string_equal(further.launches[0].mechanism->name, "eventfd");
}

static void open_cases_end_without_change_or_stay(void **state)
{
	size_t from = plan.count;
	unsigned round = 1;

	(void)state;
	measure(&plan, 0, "unix_stream", 64, 1, 0.04);
	judge();
	for (; round <= EXTEND_ROUNDS; round++) {
		more(round);
		if (!further.count)
			break;
		measure(&further, from, "unix_stream", 64, 1, 0.04);
		from += further.count;
		judge();
	}
	assert_in_range(round, 2, EXTEND_ROUNDS);
	assert_int_equal(changes->whole, VERDICT_NO_CHANGE);
	assert_int_equal(pairs_note(changes), 0);
	assert_int_equal(changes->note_count, 1);
	assert_non_null(
		strstr(changes->notes[0], "1 case that the planned launches left"));
	assert_non_null(strstr(changes->notes[0], "1 came out without change"));
}

/* What turns up later is no alarm, at no round; and the rounds have an end. */
static void further_launches_never_alarm(void **state)
{
	size_t from = plan.count, launches = PLANNED;

	(void)state;
	measure(&plan, 0, "pipe", 64, 1, 0.04);
	judge();
	for (unsigned round = 1; round <= EXTEND_ROUNDS; round++) {
		more(round);
		launches += further.count;
		measure(&further, from, "pipe", 64, 1.3, 0.01);
		from += further.count;
		judge();
		assert_int_equal(changes->counts[VERDICT_SLOWER], 0);
		assert_int_equal(changes->counts[VERDICT_INCONCLUSIVE], 1);
	}
	assert_int_equal(launches, 122);
}

static void what_is_slower_is_enough(void **state)
{
	(void)state;
	measure(&plan, 0, "pipe", 64, 1.1, 0.001);
	for (size_t i = 0; i < row_count; i++)
		if (rows[1][i].size_bytes == 4096)
			rows[1][i].median_ns *= i % 2 ? 1.05 : 0.95;
	judge();
	assert_int_equal(changes->whole, VERDICT_SLOWER);
	assert_true(changes->counts[VERDICT_INCONCLUSIVE] > 0);
	more(1);
	assert_int_equal(further.count, 0);
}

/* Fewer launches than a test needs: more of them would not be tested either. */
static void too_few_planned_launches_stay_too_few(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++)
		add(&plan.launches[0], plan.launches[0].sizes[0], i, i % 2 ? 1.04 : 0.97);
	judge();
	assert_int_equal(changes->whole, VERDICT_INCONCLUSIVE);
	more(1);
	assert_int_equal(further.count, 0);
}

/* Is a case with these launches without change at any of the looks? */
static bool comes_out_unchanged(const double *base, const double *candidate)
{
	for (unsigned round = 0; round <= EXTEND_ROUNDS; round++) {
		size_t count = extend_launches(PLANNED, round);
		struct decision decision = { .design = DESIGN_PAIRED,
			.planned = PLANNED };
		struct decision *list[] = { &decision };

		decision_measure(&decision, base, count, candidate, count, &standard);
		assert_int_equal(decision_settle(list, 1, &standard), 0);
		if (decision.verdict == VERDICT_NO_CHANGE)
			return true;
	}
	return false;
}

/* The bound that the header gives: 6 looks with half of alpha each. */
static void a_change_of_the_margin_is_rarely_missed(void **state)
{
	double base[122], candidate[122];
	struct random random = { 5 };
	int wrong = 0, right = 0;

	(void)state;
	for (int i = 0; i < 800; i++) {
		double changed = i % 2 ? 1 + standard.margin : 1;

		for (size_t j = 0; j < 122; j++) {
			double noise = 0;

			/* Near to normal, with a deviation of 2.4 %. */
			for (int k = 0; k < 6; k++)
				noise += (double)random_below(&random, 100001) / 1e5 -
					 0.5;
			base[j] = 5000;
			candidate[j] = 5000 * changed * exp(0.034 * noise);
		}
		if (comes_out_unchanged(base, candidate))
			*(i % 2 ? &wrong : &right) += 1;
	}
	assert_in_range(wrong, 1, 12);
	assert_in_range(right, 380, 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
		TEST(rounds_grow_by_half),
		TEST(nothing_open_takes_nothing),
		TEST(only_open_cases_are_measured_again),
		TEST(a_case_without_a_size_is_found),
		TEST(open_cases_end_without_change_or_stay),
		TEST(further_launches_never_alarm),
		TEST(what_is_slower_is_enough),
		TEST(too_few_planned_launches_stay_too_few),
		TEST(a_change_of_the_margin_is_rarely_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
