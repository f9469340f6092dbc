/* Medians, quantiles and intervals against values computed in exact fractions. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/statistics.h"

/* cmocka compares floats only in single precision. */
static void assert_near(double got, double wanted, double tolerance)
{
	if (!(fabs(got - wanted) <= tolerance))
		fail_msg("%.17g is not %.17g", got, wanted);
}

static void medians(void **state)
{
	double odd[] = { 9, 1, 5 }, even[] = { 4, 1, 3, 2 }, one[] = { -2 };
	double huge[] = { 1.7e308, 1.5e308 };

	(void)state;
	assert_true(isnan(statistics_median(NULL, 0)));
	assert_near(statistics_median(one, 1), -2, 0);
	assert_near(statistics_median(odd, 3), 5, 0);
	assert_near(odd[0], 1, 0); /* sorted in place */
	assert_near(odd[2], 9, 0);
	assert_near(statistics_median(even, 4), 2.5, 0);
	assert_near(statistics_median(huge, 2), 1.6e308, 1e294);
}

/* R: quantile(c(10, 20, 40, 80), p, type = 7) */
static void quantiles_are_type_7(void **state)
{
	const double sorted[] = { 10, 20, 40, 80 };

	(void)state;
	assert_true(isnan(statistics_quantile(sorted, 0, 0.5)));
	assert_near(statistics_quantile(sorted, 1, 0.9), 10, 0);
	assert_near(statistics_quantile(sorted, 4, 0), 10, 0);
	assert_near(statistics_quantile(sorted, 4, 0.25), 17.5, 1e-12);
	assert_near(statistics_quantile(sorted, 4, 0.5), 30, 1e-12);
	assert_near(statistics_quantile(sorted, 4, 0.9), 68, 1e-12);
	assert_near(statistics_quantile(sorted, 4, 1), 80, 0);
	assert_near(statistics_quantile(sorted, 4, 7), 80, 0);
	assert_near(statistics_quantile(sorted, 4, -1), 10, 0);
}

static void no_interval_below_six(void **state)
{
	const double sorted[] = { 1, 2, 3, 4, 5 };

	(void)state;
	for (size_t count = 0; count <= 5; count++) {
		struct interval interval = statistics_median_interval(sorted, count, 0.5);

		assert_true(isnan(interval.low) && isnan(interval.high));
		assert_near(interval.coverage, 0, 0);
	}
}

/* Rank of the lower end (from 1) and coverage: 1 - 2 sum_{i<k} C(n, i) / 2^n, summed in
 * exact fractions. Rank 0: even the whole range covers less than is wanted. */
static void intervals_have_the_ranks_of_the_binomial(void **state)
{
	static const struct {
		double confidence;
		size_t count, rank;
		double coverage;
	} rows[] = {
		{ 0.95, 6, 1, 0.96875 },
		{ 0.95, 7, 1, 0.984375 },
		{ 0.95, 8, 1, 0.9921875 },
		{ 0.95, 9, 2, 0.9609375 },
		{ 0.95, 10, 2, 0.978515625 },
		{ 0.95, 12, 3, 0.96142578125 },
		{ 0.95, 15, 4, 0.96484375 },
		{ 0.95, 20, 6, 0.9586105346679688 },
		{ 0.95, 30, 10, 0.9572260547429323 },
		{ 0.95, 50, 18, 0.9671608624357315 },
		{ 0.95, 100, 40, 0.9647997997822951 },
		{ 0.95, 2000, 956, 0.9534471795082162 },
		{ 0.96875, 6, 1, 0.96875 }, /* just enough is enough */
		{ 0.99, 6, 0, 0 },
		{ 0.99, 7, 0, 0 },
		{ 0.99, 8, 1, 0.9921875 },
		{ 0.99, 12, 2, 0.99365234375 },
		{ 0.99, 30, 8, 0.9947771206498146 },
		{ 0.99, 2000, 942, 0.9911251389760949 },
	};
	static double sorted[2000];

	(void)state;
	for (size_t i = 0; i < 2000; i++)
		sorted[i] = (double)i + 1; /* the value is its rank */
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct interval interval = statistics_median_interval(
			sorted, rows[i].count, rows[i].confidence);

		assert_near(interval.coverage, rows[i].coverage, 1e-10);
		if (!rows[i].rank) {
			assert_true(isnan(interval.low) && isnan(interval.high));
			continue;
		}
		assert_near(interval.low, (double)rows[i].rank, 0);
		assert_near(interval.high, (double)(rows[i].count + 1 - rows[i].rank), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(medians),
		cmocka_unit_test(quantiles_are_type_7),
		cmocka_unit_test(no_interval_below_six),
		cmocka_unit_test(intervals_have_the_ranks_of_the_binomial),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
