/* When launches fall in two groups, and when they only scatter. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/base/random.h"
#include "results/modes.h"

#define LAUNCHES 16

static double uniform(struct random *random)
{
	return (double)random_below(random, 1000001) / 1e6;
}

static double normal(struct random *random)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += uniform(random);
	return sum;
}

static void two_groups_are_told_apart(void **state)
{
	struct random random = { 1 };
	double base[LAUNCHES], candidate[LAUNCHES], ratios[LAUNCHES];
	struct modes modes;

	(void)state;
	for (int i = 0; i < LAUNCHES; i++) {
		base[i] = (i < 9 ? 31e3 : 66e3) * exp(0.03 * normal(&random));
		candidate[i] = (i < 4 ? 31e3 : 66e3) * exp(0.03 * normal(&random));
		ratios[i] = i < 4 ? 1.01 : i < 9 ? 2 : 1.05;
	}
	modes_find(base, LAUNCHES, candidate, LAUNCHES, ratios, &modes);
	assert_int_equal(modes.count, 2);
	assert_int_equal(modes.mode[0].base, 9);
	assert_int_equal(modes.mode[0].candidate, 4);
	assert_int_equal(modes.mode[1].base, 7);
	assert_int_equal(modes.mode[1].candidate, 12);
	assert_true(fabs(modes.mode[0].level / 31e3 - 1) < 0.05);
	assert_true(fabs(modes.mode[1].level / 66e3 - 1) < 0.05);
	/* Of the pairs that did not change over. */
	assert_true(fabs(modes.mode[0].ratio - 1.01) < 1e-9);
	assert_true(fabs(modes.mode[1].ratio - 1.05) < 1e-9);
	/* Two runs: medians of those in the mode. */
	modes_find(base, LAUNCHES, candidate, LAUNCHES, NULL, &modes);
	assert_int_equal(modes.count, 2);
	assert_true(fabs(modes.mode[0].ratio - 1) < 0.05);
}

static void each_side_in_a_group_of_its_own(void **state)
{
	double base[8], candidate[6];
	struct modes modes;

	(void)state;
	for (int i = 0; i < 8; i++)
		base[i] = 100 + i % 3;
	for (int i = 0; i < 6; i++)
		candidate[i] = 200 + i % 3;
	modes_find(base, 8, candidate, 6, NULL, &modes);
	assert_int_equal(modes.count, 0);
	/* One launch among the others is enough. */
	candidate[0] = 101;
	candidate[5] = NAN;
	modes_find(base, 8, candidate, 6, NULL, &modes);
	assert_int_equal(modes.count, 2);
	assert_int_equal(modes.mode[0].base, 8);
	assert_int_equal(modes.mode[0].candidate, 1);
	assert_int_equal(modes.mode[1].candidate, 4);
	assert_true(fabs(modes.mode[0].ratio - 1) < 0.02);
	assert_true(isnan(modes.mode[1].ratio));
}

static size_t found(double (*draw)(struct random *), double width)
{
	struct random random = { 7 };
	size_t count = 0;

	for (int trial = 0; trial < 1000; trial++) {
		double base[LAUNCHES], candidate[LAUNCHES];
		struct modes modes;

		for (int i = 0; i < LAUNCHES; i++) {
			base[i] = 5000 * exp(width * draw(&random));
			candidate[i] = 5000 * exp(width * draw(&random));
		}
		modes_find(base, LAUNCHES, candidate, LAUNCHES, NULL, &modes);
		count += modes.count != 0;
	}
	return count;
}

static void what_only_scatters_has_none(void **state)
{
	(void)state;
	assert_true(found(normal, 0.2) <= 2);
	assert_true(found(uniform, 1) <= 2);
}

static void few_or_near_ones_are_none(void **state)
{
	double base[LAUNCHES], candidate[LAUNCHES];
	struct modes modes;

	(void)state;
	/* Two outliers are no mode. */
	for (int i = 0; i < LAUNCHES; i++)
		base[i] = candidate[i] = 100 + i % 2;
	base[0] = candidate[0] = 500;
	modes_find(base, LAUNCHES, candidate, LAUNCHES, NULL, &modes);
	assert_int_equal(modes.count, 0);
	base[1] = 500;
	modes_find(base, LAUNCHES, candidate, LAUNCHES, NULL, &modes);
	assert_int_equal(modes.count, 2);
	/* 5 % apart is not worth a word. */
	for (int i = 0; i < LAUNCHES; i++)
		base[i] = candidate[i] = i % 2 ? 100 : 105;
	modes_find(base, LAUNCHES, candidate, LAUNCHES, NULL, &modes);
	assert_int_equal(modes.count, 0);
	modes_find(NULL, 0, NULL, 0, NULL, &modes);
	assert_int_equal(modes.count, 0);
	modes_find(base, 1, candidate, 1, NULL, &modes);
	assert_int_equal(modes.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_groups_are_told_apart),
		cmocka_unit_test(each_side_in_a_group_of_its_own),
		cmocka_unit_test(what_only_scatters_has_none),
		cmocka_unit_test(few_or_near_ones_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
