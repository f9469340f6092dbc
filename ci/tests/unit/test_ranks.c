/* Rank tests against scipy 1.10: wilcoxon(mode="exact") and mannwhitneyu(method="exact")
 * where there are neither ties nor zeros, permutation_test(n_resamples=inf) over the same
 * rank sums where there are. The ends of intervals were found by shifting the values
 * until those tests reject. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/random.h"
#include "harness/ranks.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void assert_near(double got, double wanted, double tolerance)
{
	if (!(fabs(got - wanted) <= tolerance))
		fail_msg("%.17g is not %.17g", got, wanted);
}

static const double eight[] = { .021, .034, -.012, .055, .041, .018, .029, -.003 };
static const double thirteen[] = { .05, .048, .052, .047, .055, .049, .051, .046, .053,
	.0505, .0485, .0515, .0525 };
static const double sixteen[] = { .012, -.004, .021, .008, -.011, .015, .003, .019, -.007,
	.026, .001, .014, .009, -.002, .017, .006 };
static const double tied[] = { 1, 1, -1, 2, 2, -2, 3, 3, 3, -1 };
static const double zeros[] = { 0, 0, 1, 2, -1, 3, 4, 0, 5 };

static void signed_ranks(void **state)
{
	const double one[] = { 2 }, equal[] = { 0, 0, 0 };

	(void)state;
	assert_near(ranks_signed_p(eight, COUNT(eight)), 0.0390625, 1e-15);
	assert_near(ranks_signed_p(thirteen, COUNT(thirteen)), 0.000244140625, 1e-18);
	assert_near(ranks_signed_p(sixteen, COUNT(sixteen)), 0.013092041015625, 1e-15);
	assert_near(ranks_signed_p(tied, COUNT(tied)), 0.1015625, 1e-15);
	assert_near(ranks_signed_p(zeros, COUNT(zeros)), 0.09375, 1e-15);
	assert_near(ranks_signed_p(one, 1), 1, 0);
	assert_near(ranks_signed_p(equal, COUNT(equal)), 1, 0);
	assert_true(isnan(ranks_signed_p(one, 0)));
}

static void rank_sums(void **state)
{
	const double a[] = { 5.02, 5.11, 4.98, 5.30, 5.07, 5.15 };
	const double b[] = { 5.21, 5.44, 5.09, 5.38, 5.60, 5.27, 5.33 };
	const double c[] = { 1, 2, 2, 3, 3, 3, 5 }, d[] = { 2, 3, 4, 4, 5, 6, 6, 7 };
	const double e[] = { 1, 1, 1, 2 }, f[] = { 2, 2, 3 };

	(void)state;
	assert_near(ranks_sum_p(a, COUNT(a), b, COUNT(b)), 0.0221445221445221, 1e-14);
	assert_near(ranks_sum_p(c, COUNT(c), d, COUNT(d)), 0.0391608391608392, 1e-14);
	assert_near(ranks_sum_p(e, COUNT(e), f, COUNT(f)), 0.171428571428571, 1e-14);
	/* Exchanging the sides changes nothing, also with ties and unequal sides. */
	assert_near(ranks_sum_p(d, COUNT(d), c, COUNT(c)), 0.0391608391608392, 1e-14);
	assert_near(ranks_sum_p(f, COUNT(f), e, COUNT(e)), 0.171428571428571, 1e-14);
	assert_near(ranks_sum_p(e, COUNT(e), e, COUNT(e)), 1, 0);
	assert_true(isnan(ranks_sum_p(a, COUNT(a), b, 0)));
	assert_true(isnan(ranks_sum_p(a, 0, b, COUNT(b))));
}

/* scipy: wilcoxon(zero_method="pratt", correction=True, mode="approx"), and
 * mannwhitneyu(method="asymptotic"), both with ties. */
static void many_values_are_taken_as_normal(void **state)
{
	double d[200], a[80], b[90];

	(void)state;
	for (int i = 0; i < 200; i++)
		d[i] = (i * 37 % 101 - 45) / 1000.0;
	for (int i = 0; i < 80; i++)
		a[i] = i * 37 % 101 / 100.0;
	for (int i = 0; i < 90; i++)
		b[i] = (i * 53 % 103 + 6) / 100.0;
	assert_near(ranks_signed_p(d, 200), 0.0202284764979872, 1e-12);
	assert_near(ranks_sum_p(a, 80, b, 90), 0.297052573786887, 1e-12);
	assert_near(ranks_sum_p(b, 90, a, 80), 0.297052573786887, 1e-12);
}

/* The last exact count and the first normal one say nearly the same. */
static void exact_and_normal_meet(void **state)
{
	double d[RANKS_EXACT_MOST + 1];
	double exact, normal;
	struct interval narrow, wide;

	(void)state;
	for (int i = 0; i <= RANKS_EXACT_MOST; i++)
		d[i] = (i * 37 % 127 - 50) / 1000.0;
	exact = ranks_signed_p(d, RANKS_EXACT_MOST);
	normal = ranks_signed_p(d, RANKS_EXACT_MOST + 1);
	assert_near(exact, normal, 0.3 * exact);
	narrow = ranks_centre_interval(d, RANKS_EXACT_MOST, 0.99);
	wide = ranks_centre_interval(d, RANKS_EXACT_MOST + 1, 0.99);
	assert_near(narrow.low, wide.low, 1e-3);
	assert_near(narrow.high, wide.high, 1e-3);
	narrow = ranks_shift_interval(d, 60, d + 60, 60, 0.99);
	wide = ranks_shift_interval(d, 60, d + 60, 61, 0.99);
	assert_near(narrow.low, wide.low, 2e-3);
	assert_near(narrow.high, wide.high, 2e-3);
}

static void the_least_p(void **state)
{
	const double up[] = { 1, 2, 3, 4, 5, 6, 7 }, down[] = { -3, -2, -1, 0, -9 };

	(void)state;
	assert_near(ranks_signed_least_p(13), 0.000244140625, 1e-18);
	assert_near(ranks_signed_least_p(7), ranks_signed_p(up, 7), 1e-15);
	assert_near(ranks_signed_least_p(0), 1, 0);
	/* 2 / C(12, 5) = 2 / 792 */
	assert_near(ranks_sum_least_p(7, 5), 2.0 / 792, 1e-12);
	assert_near(ranks_sum_least_p(7, 5), ranks_sum_p(up, 7, down, 5), 1e-12);
	assert_near(ranks_sum_least_p(0, 5), 1, 0);
}

static void intervals_of_the_centre(void **state)
{
	struct interval interval = ranks_centre_interval(eight, 8, 0.95);

	(void)state;
	assert_near(interval.low, .003, 1e-15);
	assert_near(interval.high, .042, 1e-15);
	interval = ranks_centre_interval(eight, 8, 0.99);
	assert_near(interval.low, -.012, 0);
	assert_near(interval.high, .055, 0);
	assert_near(interval.coverage, 1 - 2.0 / 256, 1e-15);
	interval = ranks_centre_interval(thirteen, 13, 0.99);
	assert_near(interval.low, .048, 1e-15);
	assert_near(interval.high, .0525, 1e-15);
	interval = ranks_centre_interval(sixteen, 16, 0.99);
	assert_near(interval.low, -.0005, 1e-15);
	assert_near(interval.high, .0165, 1e-15);
	assert_true(interval.coverage >= 0.99);
	interval = ranks_centre_interval(sixteen, 16, 0.95);
	assert_near(interval.low, .002, 1e-15);
	assert_near(interval.high, .0145, 1e-15);
	/* Seven cannot cover 99 %: 1 - 2/128. */
	interval = ranks_centre_interval(eight, 7, 0.99);
	assert_true(isnan(interval.low) && isnan(interval.high));
	assert_near(interval.coverage, 0, 0);
}

static void intervals_of_the_shift(void **state)
{
	const double a[] = { 5.023, 5.117, 4.981, 5.304, 5.071, 5.156 };
	const double b[] = { 5.212, 5.445, 5.093, 5.388, 5.601, 5.279, 5.337 };
	struct interval interval = ranks_shift_interval(a, 6, b, 7, 0.95);

	(void)state;
	assert_near(interval.low, .033, 1e-12);
	assert_near(interval.high, .422, 1e-12);
	interval = ranks_shift_interval(a, 6, b, 7, 0.99);
	assert_near(interval.low, -.025, 1e-12);
	assert_near(interval.high, .484, 1e-12);
	assert_true(interval.coverage >= 0.99);
	interval = ranks_shift_interval(b, 7, a, 6, 0.99);
	assert_near(interval.low, -.484, 1e-12);
	assert_near(interval.high, .025, 1e-12);
	interval = ranks_shift_interval(a, 6, b, 7, 0.999);
	assert_near(interval.coverage, 0, 0);
	assert_near(ranks_shift(a, 6, b, 7), .2315, 1e-12);
	assert_true(isnan(ranks_shift(a, 0, b, 7)));
}

/* A shifted centre lies in the interval as often as it says. */
static void intervals_cover(void **state)
{
	struct random random = { 5 };
	int covered = 0, rejected = 0;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		double d[10];
		struct interval interval;

		for (size_t i = 0; i < COUNT(d); i++)
			d[i] = 3 + (double)random_below(&random, 1000001) / 1e6 -
			       (double)random_below(&random, 1000001) / 1e6;
		interval = ranks_centre_interval(d, COUNT(d), 0.9);
		covered += interval.low <= 3 && 3 <= interval.high;
		for (size_t i = 0; i < COUNT(d); i++)
			d[i] -= 3;
		rejected += ranks_signed_p(d, COUNT(d)) <= 1 - interval.coverage + 1e-12;
	}
	/* 90.2 % of 2000 are 1805, with a standard deviation of 13. */
	assert_in_range(covered, 1740, 1870);
	/* The interval excludes a centre exactly where the test rejects it. */
	assert_int_equal(covered + rejected, 2000);
}

static void holm_by_hand(void **state)
{
	const double p[] = { .01, .04, NAN, .03, .005 };
	double adjusted[5];

	(void)state;
	/* Sorted: .005 * 4, .01 * 3, .03 * 2, then .04, which may not be less. */
	assert_int_equal(ranks_holm(p, 5, adjusted), 0);
	assert_near(adjusted[4], .02, 1e-15);
	assert_near(adjusted[0], .03, 1e-15);
	assert_near(adjusted[3], .06, 1e-15);
	assert_near(adjusted[1], .06, 1e-15);
	assert_true(isnan(adjusted[2]));
	adjusted[0] = 0.4;
	adjusted[1] = 0.9;
	assert_int_equal(ranks_holm(adjusted, 2, adjusted), 0);
	assert_near(adjusted[0], 0.8, 1e-15);
	assert_near(adjusted[1], 0.9, 1e-15);
	assert_int_equal(ranks_holm(p, 0, adjusted), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signed_ranks),
		cmocka_unit_test(rank_sums),
		cmocka_unit_test(many_values_are_taken_as_normal),
		cmocka_unit_test(exact_and_normal_meet),
		cmocka_unit_test(the_least_p),
		cmocka_unit_test(intervals_of_the_centre),
		cmocka_unit_test(intervals_of_the_shift),
		cmocka_unit_test(intervals_cover),
		cmocka_unit_test(holm_by_hand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
