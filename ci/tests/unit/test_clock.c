/* The clock: stamps in order, ticks that become the nanoseconds they are, drift. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "harness/base/text.h"
#include "harness/clock.h"

#define KINDS 2 /* index: is the TSC allowed? */

static struct clock clocks[KINDS];

static int choose_both(void **state)
{
	(void)state;
	for (int allow_tsc = 0; allow_tsc < KINDS; allow_tsc++)
		clock_choose(allow_tsc, &clocks[allow_tsc]);
	return 0;
}

static void tsc_is_not_used_when_not_allowed(void **state)
{
	(void)state;
	assert_false(clocks[0].is_tsc);
	assert_true(clocks[0].ns_per_tick == 1);
}

static void tsc_is_used_only_with_the_kernels_consent(void **state)
{
	char source[32] = "";

	(void)state;
	(void)text_file("/sys/devices/system/clocksource/clocksource0/"
			"current_clocksource",
		source, sizeof source);
	if (strcmp(source, "tsc") != 0)
		assert_false(clocks[1].is_tsc);
}

static void stamps_never_go_backwards(void **state)
{
	(void)state;
	for (int kind = 0; kind < KINDS; kind++) {
		uint64_t last = clock_stamp(&clocks[kind]);

		for (int i = 0; i < 200000; i++) {
			uint64_t now = clock_stamp(&clocks[kind]);

			assert_true(now >= last);
			last = now;
		}
	}
}

/* The two clocks read the same stretch; each bracket holds the stretch that the other
 * measures, so that a pre-emption anywhere cannot turn the test red. */
static void ticks_are_the_nanoseconds_they_say(void **state)
{
	struct timespec wait = { .tv_nsec = 5000000 };

	(void)state;
	for (int kind = 0; kind < KINDS; kind++) {
		const struct clock *clock = &clocks[kind];
		uint64_t outer = clock_now_ns();
		uint64_t start = clock_stamp(clock);
		uint64_t inner = clock_now_ns();
		double least, measured, most;

		nanosleep(&wait, NULL);
		inner = clock_now_ns() - inner;
		measured = (double)(clock_stamp(clock) - start) * clock->ns_per_tick;
		outer = clock_now_ns() - outer;
		least = (double)inner * 0.5;
		most = (double)outer * 2;
		assert_true(measured >= least);
		assert_true(measured <= most);
	}
}

static void nanoseconds_become_ticks_and_back(void **state)
{
	struct clock slow = { .is_tsc = true, .ns_per_tick = 0.5 };

	(void)state;
	assert_int_equal(clock_ticks(&slow, 1000), 2000);
	assert_int_equal(clock_ticks(&clocks[0], 12345), 12345);
}

static void cost_and_resolution_are_known(void **state)
{
	(void)state;
	for (int kind = 0; kind < KINDS; kind++) {
		assert_true(isfinite(clocks[kind].cost_ns));
		assert_true(clocks[kind].cost_ns > 0);
		assert_true(clocks[kind].resolution_ns > 0);
	}
}

static void points_move_forward(void **state)
{
	(void)state;
	for (int kind = 0; kind < KINDS; kind++) {
		struct clock_point first = clock_point(&clocks[kind]);
		struct clock_point second = clock_point(&clocks[kind]);

		assert_true(second.ticks >= first.ticks);
		assert_true(second.ns >= first.ns);
		assert_true(first.ns > 0);
	}
}

static void drift_is_exact(void **state)
{
	struct clock half = { .is_tsc = true, .ns_per_tick = 0.5 };
	struct clock_point start = { .ticks = 1000, .ns = 5000 };
	struct clock_point same = { .ticks = 1000 + 2000000, .ns = 5000 + 1000000 };
	struct clock_point fast = { .ticks = 1000 + 2000200, .ns = 5000 + 1000000 };
	struct clock_point slow = { .ticks = 1000 + 1999000, .ns = 5000 + 1000000 };

	(void)state;
	assert_true(clock_drift_ppm(&half, start, same) == 0);
	assert_true(fabs(clock_drift_ppm(&half, start, fast) - 100) < 1e-6);
	assert_true(fabs(clock_drift_ppm(&half, start, slow) + 500) < 1e-6);
	assert_true(isnan(clock_drift_ppm(&half, start, start)));
	assert_true(isnan(clock_drift_ppm(&half, same, start)));
}

static void monotonic_clock_never_drifts(void **state)
{
	struct clock_point start = clock_point(&clocks[0]), end;
	struct timespec wait = { .tv_nsec = 1000000 };

	(void)state;
	nanosleep(&wait, NULL);
	end = clock_point(&clocks[0]);
	assert_true(clock_drift_ppm(&clocks[0], start, end) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tsc_is_not_used_when_not_allowed),
		cmocka_unit_test(tsc_is_used_only_with_the_kernels_consent),
		cmocka_unit_test(stamps_never_go_backwards),
		cmocka_unit_test(ticks_are_the_nanoseconds_they_say),
		cmocka_unit_test(nanoseconds_become_ticks_and_back),
		cmocka_unit_test(cost_and_resolution_are_known),
		cmocka_unit_test(points_move_forward),
		cmocka_unit_test(drift_is_exact),
		cmocka_unit_test(monotonic_clock_never_drifts),
	};

	return cmocka_run_group_tests(tests, choose_both, NULL);
}
