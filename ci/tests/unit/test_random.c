/* Numbers for order: reproducible, without bias, and every order equally likely. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/random.h"

/* Chi-square over `cells` counts that should be equal. */
static double chi_square(const unsigned *counts, size_t cells, unsigned draws)
{
	double expected = (double)draws / (double)cells, sum = 0;

	for (size_t i = 0; i < cells; i++) {
		double off = (double)counts[i] - expected;

		sum += off * off / expected;
	}
	return sum;
}

/* First values of splitmix64 from seed 1234567, as its authors' reference code gives
 * them. */
static void it_is_splitmix64(void **state)
{
	struct random random = { 1234567 };

	(void)state;
	assert_true(random_next(&random) == 6457827717110365317u);
	assert_true(random_next(&random) == 3203168211198807973u);
	assert_true(random_next(&random) == 9817491932198370423u);
	assert_true(random_next(&random) == 4593380528125082431u);
	assert_true(random_next(&random) == 16408922859458223821u);
}

static void below_stays_below(void **state)
{
	struct random random = { 1 };
	static const uint64_t limits[] = { 1, 2, 3, 7, 1000, (uint64_t)1 << 63,
		UINT64_MAX };

	(void)state;
	for (size_t l = 0; l < sizeof limits / sizeof limits[0]; l++)
		for (unsigned i = 0; i < 2000; i++)
			assert_true(random_below(&random, limits[l]) < limits[l]);
}

/* Three quarters of all values as a limit: a plain remainder would fall below a third of
 * it half of the time, and here it may do so in a third only. */
static void below_has_no_bias(void **state)
{
	struct random random = { 2 };
	uint64_t limit = (uint64_t)3 << 62;
	unsigned thirds[3] = { 0 };

	(void)state;
	for (unsigned i = 0; i < 30000; i++)
		thirds[random_below(&random, limit) / (limit / 3)]++;
	/* 2 degrees of freedom: above 13.8 once in a thousand seeds; biased it is 3750.
	 */
	assert_true(chi_square(thirds, 3, 30000) < 13.8);
}

static void small_limits_are_even(void **state)
{
	struct random random = { 3 };
	unsigned counts[10] = { 0 };

	(void)state;
	for (unsigned i = 0; i < 50000; i++)
		counts[random_below(&random, 10)]++;
	/* 9 degrees of freedom, one in a thousand. */
	assert_true(chi_square(counts, 10, 50000) < 27.9);
}

static void shuffle_keeps_every_element(void **state)
{
	struct random random = { 4 };
	struct element {
		unsigned char bytes[64];
	} elements[100];

	(void)state;
	for (unsigned char size = 1; size <= 64; size++) {
		bool seen[100] = { false };
		unsigned char *at = (unsigned char *)elements;
		bool is_moved = false;

		for (size_t i = 0; i < 100; i++)
			memset(at + i * size, (int)i, size);
		random_shuffle(&random, elements, 100, size);
		for (size_t i = 0; i < 100; i++) {
			unsigned value = at[i * size];

			assert_in_range(value, 0, 99);
			assert_false(seen[value]);
			seen[value] = true;
			is_moved = is_moved || value != i;
			/* Moved as a whole. */
			for (size_t b = 1; b < size; b++)
				assert_int_equal(at[i * size + b], value);
		}
		assert_true(is_moved);
	}
	random_shuffle(&random, elements, 1, 64);
	random_shuffle(&random, elements, 0, 64);
}

/* All 24 orders of four elements equally often. */
static void every_order_is_as_likely(void **state)
{
	struct random random = { 5 };
	unsigned counts[256] = { 0 }, orders[24] = { 0 };
	size_t used = 0;

	(void)state;
	for (unsigned i = 0; i < 24000; i++) {
		unsigned char four[4] = { 0, 1, 2, 3 };

		random_shuffle(&random, four, 4, 1);
		counts[four[0] | four[1] << 2 | four[2] << 4 | four[3] << 6]++;
	}
	for (size_t i = 0; i < 256; i++)
		if (counts[i]) {
			assert_true(used < 24);
			orders[used++] = counts[i];
		}
	assert_int_equal(used, 24);
	/* 23 degrees of freedom, one in a thousand. */
	assert_true(chi_square(orders, 24, 24000) < 49.7);
}

static void seeds_decide(void **state)
{
	struct random one = { 6 }, same = { 6 }, other = { 7 };
	unsigned char a[50], b[50], c[50];

	(void)state;
	for (unsigned char i = 0; i < 50; i++)
		a[i] = b[i] = c[i] = i;
	random_shuffle(&one, a, 50, 1);
	random_shuffle(&same, b, 50, 1);
	random_shuffle(&other, c, 50, 1);
	assert_memory_equal(a, b, 50);
	assert_memory_not_equal(a, c, 50);
}

static void secrets_differ(void **state)
{
	uint64_t secrets[64];

	(void)state;
	for (size_t i = 0; i < 64; i++) {
		secrets[i] = random_secret();
		for (size_t j = 0; j < i; j++)
			assert_true(secrets[i] != secrets[j]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_splitmix64),
		cmocka_unit_test(below_stays_below),
		cmocka_unit_test(below_has_no_bias),
		cmocka_unit_test(small_limits_are_even),
		cmocka_unit_test(shuffle_keeps_every_element),
		cmocka_unit_test(every_order_is_as_likely),
		cmocka_unit_test(seeds_decide),
		cmocka_unit_test(secrets_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
