/* Axes: ticks at round places, and where values lie. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "plots/axis.h"

#define assert_near(got, wanted, margin) assert_true(fabs((got) - (wanted)) <= (margin))

static void assert_ticks(const struct axis *axis, const char *words)
{
	char text[1024] = "";
	size_t used = 0;

	for (size_t i = 0; i < axis->tick_count; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "%s%s",
			i ? "|" : "", axis->ticks[i].text);
	assert_string_equal(text, words);
}

static void byte_ticks_are_powers_of_two(void **state)
{
	struct axis axis;

	(void)state;
	axis_log(&axis, AXIS_BYTES, 1, 1 << 20, 0, 4);
	assert_ticks(&axis, "1 B|64 B|4 KiB|256 KiB");
	axis_trim(&axis, 0.1, 0);
	assert_ticks(&axis, "64 B|4 KiB|256 KiB");
	axis_trim(&axis, 0, 0.2);
	assert_ticks(&axis, "64 B|4 KiB");
	axis_log(&axis, AXIS_BYTES, 64, 64, 0, 4);
	assert_true(axis.low < 64 && axis.high > 64);
	assert_ticks(&axis, "32 B|64 B|128 B");
}

static void time_ticks_fit_the_range(void **state)
{
	struct axis axis;

	(void)state;
	axis_log(&axis, AXIS_NS, 300, 2e6, 0, 8);
	assert_ticks(&axis, "1 µs|10 µs|100 µs|1 ms");
	axis_log(&axis, AXIS_NS, 900, 6000, 0, 8);
	assert_ticks(&axis, "1 µs|2 µs|5 µs");
	axis_log(&axis, AXIS_NS, 1, 1e9, 0, 5);
	assert_ticks(&axis, "1 ns|100 ns|10 µs|1 ms|100 ms");
	axis_log(&axis, AXIS_COUNT, 0.8, 120, 0, 3);
	assert_ticks(&axis, "1|10|100");
}

static void tail_ticks_are_nines(void **state)
{
	struct axis axis;

	(void)state;
	axis_log(&axis, AXIS_TAIL, 1, 3e4, 0, 11);
	assert_ticks(&axis, "min|50 %|90 %|99 %|99.9 %|99.99 %");
	axis_log(&axis, AXIS_TAIL, 1, 3e4, 0, 4);
	assert_ticks(&axis, "min|99 %|99.99 %");
}

static void places_are_logarithmic(void **state)
{
	struct axis axis;

	(void)state;
	axis_log(&axis, AXIS_NS, 10, 1000, 0, 8);
	assert_near(axis_place(&axis, 100), 0.5, 1e-9);
	axis_linear_ns(&axis, 400, 6);
	assert_ticks(&axis, "0 ns|100 ns|200 ns|300 ns|400 ns");
	assert_near(axis_place(&axis, 100), 0.25, 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(byte_ticks_are_powers_of_two),
		cmocka_unit_test(time_ticks_fit_the_range),
		cmocka_unit_test(tail_ticks_are_nines),
		cmocka_unit_test(places_are_logarithmic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
