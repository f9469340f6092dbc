/* Change points: against direct formulas, published series and simulated ones. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/random.h"
#include "results/divisive.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define POINTS       100

static const struct divisive_rule standard = { 0.01, 0, 1 };

static void assert_near(double got, double wanted, double tolerance)
{
	if (!(fabs(got - wanted) <= tolerance))
		fail_msg("%.17g is not %.17g", got, wanted);
}

static double noise(struct random *random)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += (double)random_below(random, 1000001) / 1e6;
	return sum; /* nearly normal, variance 1 */
}

/* The examples in the tests and in the README of Hunter, by which it shows what it finds.
 */
static const double halved[] = { 1.02, .95, .99, 1, 1.12, 1, 1.01, .98, 1.01, .96, .5,
	.51, .48, .48, .55, .5, .49, .51, .5, .49 };
static const double metric1[] = { 154023, 138455, 143112, 149190, 132098, 151344, 155145,
	148889, 149466, 148209 };
static const double metric2[] = { 10.43, 10.23, 10.29, 10.91, 10.34, 10.69, 9.23, 9.11,
	9.13, 9.03 };

/* By the double sums of Matteson and James, in numpy. */
static void the_statistic(void **state)
{
	double logs[COUNT(metric2)];
	size_t at;

	(void)state;
	assert_near(divisive_split(halved, COUNT(halved), &at), 4.68222222222222, 1e-12);
	assert_int_equal(at, 10);
	assert_near(divisive_split(metric1, COUNT(metric1), &at), 8505.4, 1e-8);
	assert_int_equal(at, 5);
	for (size_t i = 0; i < COUNT(metric2); i++)
		logs[i] = log(metric2[i]);
	assert_near(divisive_split(logs, COUNT(metric2), &at), 0.565872273417573, 1e-12);
	assert_int_equal(at, 6);
	assert_near(divisive_split(halved, 3, &at), 0, 0);
	assert_int_equal(at, 0);
	assert_near(divisive_split(halved, 0, &at), 0, 0);
}

static void published_series(void **state)
{
	/* Ten values allow no p much below 1 %. */
	const struct divisive_rule short_series = { 0.02, 0, 1 };
	struct change_point points[POINTS];

	(void)state;
	assert_int_equal(divisive_find(halved, COUNT(halved), &standard, points), 1);
	assert_int_equal(points[0].at, 10);
	assert_near(points[0].p, 1.0 / 2000, 1e-9);
	assert_int_equal(
		divisive_find(metric1, COUNT(metric1), &short_series, points), 0);
	assert_int_equal(
		divisive_find(metric2, COUNT(metric2), &short_series, points), 1);
	assert_int_equal(points[0].at, 6);
	/* 0.0098 by 9999 shuffles of another generator */
	assert_near(points[0].p, 0.0098, 0.005);
}

static void steps_are_found(void **state)
{
	struct random random = { 11 };
	int exact = 0;

	(void)state;
	for (int round = 0; round < 20; round++) {
		struct change_point points[POINTS];
		double values[60];
		int found;

		for (int i = 0; i < 60; i++)
			values[i] = (i < 20 ? 0 : i < 40 ? 5 : 8) + noise(&random);
		found = divisive_find(values, 60, &standard, points);
		assert_in_range(found, 2, 3);
		for (int i = 0; i < 2; i++) {
			size_t wanted = i ? 40 : 20;
			bool is_near = false;

			for (int j = 0; j < found; j++) {
				is_near |= points[j].at + 2 >= wanted &&
					   points[j].at <= wanted + 2;
				exact += points[j].at == wanted;
			}
			assert_true(is_near);
		}
	}
	assert_true(exact >= 30);
}

/* A level that is not left, one wild value, no change at all. */
static void what_is_no_change_is_left_alone(void **state)
{
	struct random random = { 12 };
	int alarms = 0, spikes = 0;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct change_point points[POINTS];
		double values[30];

		for (int i = 0; i < 30; i++)
			values[i] = noise(&random);
		alarms += divisive_find(values, 30, &standard, points) > 0;
		values[17] += 40;
		spikes += divisive_find(values, 30, &standard, points) > 0;
	}
	/* 1 % of 300 is 3. */
	assert_in_range(alarms, 0, 9);
	assert_in_range(spikes, 0, 9);
	{
		struct change_point points[POINTS];
		double same[40] = { 0 };

		assert_int_equal(divisive_find(same, 40, &standard, points), 0);
		assert_int_equal(divisive_find(same, 0, &standard, points), 0);
		assert_int_equal(divisive_find(same, 3, &standard, points), 0);
	}
}

/* Shifting and scaling change nothing, reversing mirrors. */
static void transformed_series(void **state)
{
	struct random random = { 13 };

	(void)state;
	for (int round = 0; round < 20; round++) {
		struct change_point points[POINTS], others[POINTS];
		double values[40], scaled[40], back[40];
		int found;

		for (int i = 0; i < 40; i++)
			values[i] = (i < 13 ? 0 : 6) + noise(&random);
		for (int i = 0; i < 40; i++) {
			scaled[i] = values[i] * 8 + 1024;
			back[39 - i] = values[i];
		}
		found = divisive_find(values, 40, &standard, points);
		assert_true(found >= 1);
		assert_int_equal(divisive_find(scaled, 40, &standard, others), found);
		for (int i = 0; i < found; i++)
			assert_int_equal(points[i].at, others[i].at);
		if (found == 1 && divisive_find(back, 40, &standard, others) == 1)
			assert_int_equal(others[0].at, 40 - points[0].at);
	}
}

static void small_changes_do_not_count(void **state)
{
	const struct divisive_rule strict = { 0.01, 0.6, 1 }, loose = { 0.01, 0.4, 1 };
	struct change_point points[POINTS];

	(void)state;
	/* The median falls by 0.5. */
	assert_int_equal(divisive_find(halved, COUNT(halved), &strict, points), 0);
	assert_int_equal(divisive_find(halved, COUNT(halved), &loose, points), 1);
}

/* Longer than a window, with a small change far from a great one. */
static void long_series(void **state)
{
	struct random random = { 14 };
	struct change_point points[POINTS];
	double values[200];
	int found;

	(void)state;
	for (int i = 0; i < 200; i++)
		values[i] = (i < 60 ? 0 : 100) + (i < 150 ? 0 : 3) + noise(&random);
	found = divisive_find(values, 200, &standard, points);
	assert_in_range(found, 2, 4);
	for (int i = 1; i < found; i++)
		assert_true(points[i].at > points[i - 1].at);
	assert_int_equal(points[0].at, 60);
	{
		bool is_there = false;

		for (int i = 0; i < found; i++)
			is_there |= points[i].at >= 148 && points[i].at <= 152;
		assert_true(is_there);
	}
}

/* Windows share the chance of a false alarm: of series of noise as few show a change when
 * they are long as when they are short. */
static void long_noise_is_no_change(void **state)
{
	static double values[400];
	static struct change_point points[200];
	struct random random = { 5 };
	int alarms = 0;

	(void)state;
	assert_int_equal(divisive_windows(50), 1);
	assert_int_equal(divisive_windows(51), 2);
	assert_int_equal(divisive_windows(100), 3);
	for (uint64_t series = 0; series < 40; series++) {
		const struct divisive_rule rule = { 0.05, 0, series };

		for (size_t i = 0; i < 400; i++)
			values[i] = noise(&random);
		alarms += divisive_find(values, 400, &rule, points) > 0;
	}
	/* Of 40 series 2 are allowed; each window by itself would make about 10. */
	assert_in_range(alarms, 0, 5);
}

/* A smaller alpha takes more shuffles, not a change away. */
static void a_small_alpha_still_finds(void **state)
{
	double values[40];
	struct change_point points[20];
	const struct divisive_rule rule = { DIVISIVE_ALPHA, 0, 1 };

	(void)state;
	for (size_t i = 0; i < 40; i++)
		values[i] = (i < 20 ? 0.1 : 0.15) + 0.001 * (double)(i * 7 % 5);
	assert_int_equal(divisive_find(values, 40, &rule, points), 1);
	assert_int_equal(points[0].at, 20);
}

static void the_least_number_of_values(void **state)
{
	(void)state;
	/* 2 / C(9, 4) = .0159, 2 / C(10, 5) = .0079; 2 / C(7, 3) = .057 */
	assert_int_equal(divisive_values_least(0.01), 10);
	assert_int_equal(divisive_values_least(0.05), 8);
	assert_int_equal(divisive_values_least(0.5), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_statistic),
		cmocka_unit_test(published_series),
		cmocka_unit_test(steps_are_found),
		cmocka_unit_test(what_is_no_change_is_left_alone),
		cmocka_unit_test(transformed_series),
		cmocka_unit_test(small_changes_do_not_count),
		cmocka_unit_test(long_series),
		cmocka_unit_test(long_noise_is_no_change),
		cmocka_unit_test(a_small_alpha_still_finds),
		cmocka_unit_test(the_least_number_of_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
