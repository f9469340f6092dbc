/* Buckets, error bound, merging and quantiles against a sorted array. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "harness/base/random.h"
#include "harness/histogram.h"

static struct histogram first, second, both;

/* cmocka compares floats only in single precision. */
static void assert_near(double got, double wanted, double tolerance)
{
	if (!(fabs(got - wanted) <= tolerance))
		fail_msg("%.17g is not %.17g", got, wanted);
}

static int clear_all(void **state)
{
	(void)state;
	histogram_clear(&first);
	histogram_clear(&second);
	histogram_clear(&both);
	return 0;
}

static void buckets_tile_the_range(void **state)
{
	(void)state;
	assert_int_equal(histogram_low(0), 0);
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		uint64_t low = histogram_low(i), high = histogram_high(i);

		assert_true(low < high);
		assert_int_equal(histogram_index(low), i);
		assert_int_equal(histogram_index(high - 1), i);
		if (i + 1 < HISTOGRAM_BUCKETS)
			assert_int_equal(histogram_low(i + 1), high);
		if (low < 512)
			assert_int_equal(high - low, 1);
		else
			assert_true((double)(high - low) / (double)low <= 0.004);
	}
	assert_int_equal(histogram_high(HISTOGRAM_BUCKETS - 1), (uint64_t)1 << 48);
}

static void boundaries_follow_the_formula(void **state)
{
	(void)state;
	assert_int_equal(histogram_index(255), 255);
	assert_int_equal(histogram_index(256), 256);
	assert_int_equal(histogram_index(511), 511);
	assert_int_equal(histogram_index(512), 512);
	assert_int_equal(histogram_index(513), 512);
	assert_int_equal(histogram_index(1023), 767);
	assert_int_equal(histogram_index(1024), 768);
	assert_int_equal(histogram_index(((uint64_t)1 << 48) - 1), HISTOGRAM_BUCKETS - 1);
	assert_int_equal(histogram_index((uint64_t)1 << 48), HISTOGRAM_BUCKETS - 1);
	assert_int_equal(histogram_index(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
}

static void an_empty_one_knows_nothing(void **state)
{
	(void)state;
	assert_true(isnan(histogram_quantile(&first, 0.5)));
	assert_true(isnan(histogram_mean(&first)));
	histogram_merge(&first, &second);
	assert_int_equal(first.count, 0);
	assert_true(isnan(histogram_quantile(&first, 0)));
}

static void small_values_are_exact(void **state)
{
	(void)state;
	for (uint64_t value = 0; value < 512; value++)
		histogram_add(&first, value);
	for (uint64_t k = 1; k < 512; k++)
		assert_near(
			histogram_quantile(&first, (double)k / 512), (double)(k - 1), 0);
	assert_near(histogram_mean(&first), 255.5, 1e-12);
	assert_near(histogram_quantile(&first, 0), 0, 0);
	assert_near(histogram_quantile(&first, 1), 511, 0);
}

static void extremes_are_exact(void **state)
{
	(void)state;
	histogram_add(&first, 1000001);
	assert_near(histogram_quantile(&first, 0.5), 1000001, 0);
	histogram_add(&first, UINT64_MAX);
	assert_int_equal(first.min, 1000001);
	assert_true(first.max == UINT64_MAX);
	assert_near(histogram_quantile(&first, 1), (double)UINT64_MAX, 0);
	assert_true(histogram_quantile(&first, 0.99) <= (double)UINT64_MAX);
	assert_true(histogram_quantile(&first, 0.99) >=
		    (double)histogram_low(HISTOGRAM_BUCKETS - 1));
}

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

static void quantiles_agree_with_a_sorted_array(void **state)
{
	static uint64_t values[20000];
	const size_t count = sizeof values / sizeof values[0];
	const double wanted[] = { 0.0001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999,
		0.99995 };
	struct random random = { 7 };

	(void)state;
	for (size_t i = 0; i < count; i++) {
		/* spread over many octaves */
		values[i] = random_next(&random) >> (20 + random_below(&random, 40));
		histogram_add(&first, values[i]);
	}
	qsort(values, count, sizeof values[0], compare);
	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
		double rank = ceil(wanted[i] * (double)count);
		double exact = (double)values[(size_t)rank - 1];
		double got = histogram_quantile(&first, wanted[i]);

		assert_true(fabs(got - exact) <= 0.004 * exact);
	}
	assert_int_equal(first.min, values[0]);
	assert_int_equal(first.max, values[count - 1]);
	/* More of the samples never means less time. */
	for (double q = 0, last = 0; q <= 1; q += 0.001) {
		double now = histogram_quantile(&first, q);

		assert_true(now >= last);
		last = now;
	}
}

static void merging_is_adding_to_one(void **state)
{
	struct random random = { 3 };

	(void)state;
	for (int i = 0; i < 5000; i++) {
		uint64_t value = random_below(&random, 1000000);

		histogram_add(i % 3 ? &first : &second, value);
		histogram_add(&both, value);
	}
	histogram_merge(&first, &second);
	assert_memory_equal(&first, &both, sizeof both);
	histogram_clear(&second);
	histogram_merge(&second, &both);
	assert_memory_equal(&second, &both, sizeof both);
}

/* 2.5 ticks a nanosecond: 1000 ticks are 400 ns, rounded to the nearest. */
static void ticks_become_nanoseconds(void **state)
{
	static const uint32_t ticks[] = { 0, 1, 2, 1000, 1001, UINT32_MAX };
	static const uint64_t ns[] = { 0, 0, 1, 400, 400, 1717986918 };
	static struct histogram scaled, added;

	(void)state;
	histogram_add_scaled(&scaled, ticks, 6, 0.4);
	for (size_t i = 0; i < 6; i++)
		histogram_add(&added, ns[i]);
	assert_memory_equal(&scaled, &added, sizeof scaled);
	histogram_add_scaled(&scaled, ticks, 0, 0.4);
	assert_int_equal(scaled.count, 6);
	histogram_clear(&scaled);
	histogram_add_scaled(&scaled, ticks + 3, 1, 1.0);
	assert_int_equal(scaled.max, 1000);
	histogram_add_scaled(&scaled, ticks + 5, 1, 2.0);
	assert_int_equal(scaled.max, 2 * (uint64_t)UINT32_MAX);
}

static void what_was_added_since_a_copy(void **state)
{
	static struct histogram all, part, since;

	(void)state;
	for (uint64_t value = 100; value < 200; value++)
		histogram_add(&all, value);
	since = all;
	for (uint64_t value = 1000; value < 1400; value += 4) {
		histogram_add(&all, value);
		histogram_add(&part, value);
	}
	histogram_since(&since, &all);
	assert_int_equal(since.count, 100);
	assert_memory_equal(since.buckets, part.buckets, sizeof part.buckets);
	assert_true(fabs(histogram_mean(&since) - histogram_mean(&part)) < 1e-9);
	assert_true(fabs(histogram_quantile(&since, .5) - histogram_quantile(&part, .5)) <
		    1e-9);
	/* Nothing since. */
	since = all;
	histogram_since(&since, &all);
	assert_true(isnan(histogram_quantile(&since, .5)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(buckets_tile_the_range, clear_all),
		cmocka_unit_test_setup(boundaries_follow_the_formula, clear_all),
		cmocka_unit_test(ticks_become_nanoseconds),
		cmocka_unit_test_setup(an_empty_one_knows_nothing, clear_all),
		cmocka_unit_test_setup(small_values_are_exact, clear_all),
		cmocka_unit_test_setup(extremes_are_exact, clear_all),
		cmocka_unit_test_setup(quantiles_agree_with_a_sorted_array, clear_all),
		cmocka_unit_test_setup(merging_is_adding_to_one, clear_all),
		cmocka_unit_test(what_was_added_since_a_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
