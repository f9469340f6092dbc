#include "harness/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#if CLOCK_HAS_TSC
#include <cpuid.h>
#include <sys/prctl.h>
#endif

#include "harness/base/text.h"

#define CALIBRATION_NS 20000000u
/* An interrupt between the reads of a bracket widens it; one of so many is undisturbed.
 */
#define BRACKETS 32
#define PAIRS    1001
/* A clock that does not move within so many reads is taken to have no finer resolution
 * than what it showed during calibration. */
#define STAMPS_TO_MOVE 50000000u

#if CLOCK_HAS_TSC
/* Intel SDM volume 3, 18.17.1 "Invariant TSC": leaf 0x80000007 EDX bit 8 promises a
 * constant rate in all P-, C- and T-states, which is what the kernel calls constant_tsc
 * and nonstop_tsc. Leaf 0x80000001 EDX bit 27 is rdtscp. */
static bool processor_has_invariant_tsc(void)
{
	unsigned eax, ebx, ecx, edx;

	if (!__get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx) || !(edx & 1u << 27))
		return false;
	return __get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx) && edx & 1u << 8;
}
#endif

static bool tsc_is_trusted(void)
{
#if CLOCK_HAS_TSC
	char source[32];
	int mode = PR_TSC_ENABLE;

	/* The kernel compares the TSCs of all CPUs and gives up the clocksource when they
	 * disagree: its choice says more than the processor's promise. */
	if (!processor_has_invariant_tsc() ||
		text_file("/sys/devices/system/clocksource/clocksource0/"
			  "current_clocksource",
			source, sizeof source) ||
		strcmp(source, "tsc") != 0)
		return false;
	/* PR_SET_TSC can make rdtscp a SIGSEGV. */
	return prctl(PR_GET_TSC, &mode) || mode == PR_TSC_ENABLE;
#else
	return false;
#endif
}

struct clock_point clock_point(const struct clock *clock)
{
	struct clock_point tightest = { 0, 0 };
	uint64_t width = UINT64_MAX;

	if (!clock->is_tsc) {
		tightest.ns = tightest.ticks = clock_now_ns();
		return tightest;
	}
	for (int i = 0; i < BRACKETS; i++) {
		uint64_t before = clock_stamp(clock);
		uint64_t ns = clock_now_ns();
		uint64_t after = clock_stamp(clock);

		if (after - before >= width)
			continue;
		width = after - before;
		tightest.ticks = before + width / 2;
		tightest.ns = ns;
	}
	return tightest;
}

double clock_drift_ppm(
	const struct clock *clock, struct clock_point start, struct clock_point end)
{
	double ns = (double)(end.ns - start.ns);

	if (end.ns <= start.ns)
		return NAN;
	return ((double)(end.ticks - start.ticks) * clock->ns_per_tick - ns) / ns * 1e6;
}

static void calibrate(struct clock *clock)
{
	struct timespec wait = { .tv_nsec = 1000000 };
	struct clock_point start = clock_point(clock), end;

	while (clock_now_ns() - start.ns < CALIBRATION_NS)
		nanosleep(&wait, NULL);
	end = clock_point(clock);
	clock->ns_per_tick = (double)(end.ns - start.ns) /
			     (double)(end.ticks - start.ticks);
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void measure_cost(struct clock *clock)
{
	uint64_t difference[PAIRS];
	uint64_t first = clock_stamp(clock), before, least = 0;
	uint64_t middle;
	double total;

	for (size_t i = 0; i < PAIRS; i++) {
		before = clock_stamp(clock);
		difference[i] = clock_stamp(clock) - before;
	}
	total = (double)(clock_stamp(clock) - first);
	qsort(difference, PAIRS, sizeof difference[0], by_size);
	for (size_t i = 0; i < PAIRS && !least; i++)
		least = difference[i];
	before = clock_stamp(clock);
	for (uint32_t i = 0; i < STAMPS_TO_MOVE && !least; i++)
		least = clock_stamp(clock) - before;
	clock->resolution_ns = (double)least * clock->ns_per_tick;
	/* On a clock coarser than its own cost most pairs differ by 0; the mean is all
	 * that can be known then. */
	middle = difference[PAIRS / 2];
	clock->cost_ns = middle ? (double)middle : total / (2.0 * PAIRS);
	clock->cost_ns *= clock->ns_per_tick;
}

void clock_choose(bool allow_tsc, struct clock *clock)
{
	*clock = (struct clock) { .is_tsc = allow_tsc && tsc_is_trusted(),
		.ns_per_tick = 1 };
	if (clock->is_tsc)
		calibrate(clock);
	/* A TSC that an emulator stops or leaps is not one to trust, whatever it says. */
	if (!isfinite(clock->ns_per_tick) || clock->ns_per_tick <= 0)
		*clock = (struct clock) { .ns_per_tick = 1 };
	measure_cost(clock);
}
