/* clock.h: the clock that stamps samples.
 *
 * rdtscp where the TSC is constant, nonstop and the kernel's own clocksource, else
 * clock_gettime(CLOCK_MONOTONIC). Stamps are in ticks; ticks become nanoseconds outside
 * the timed part. What a stamp costs is measured and stored, never subtracted. */
#ifndef IPCMARK_CLOCK_H
#define IPCMARK_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#if defined(__x86_64__) || defined(__i386__)
#include <x86intrin.h>
#define CLOCK_HAS_TSC 1
#else
#define CLOCK_HAS_TSC 0
#endif

struct clock {
	bool is_tsc;
	double ns_per_tick; /* 1 for CLOCK_MONOTONIC */
	double cost_ns; /* median time between two stamps in a row */
	double resolution_ns; /* smallest difference seen between two stamps that is not 0
			       */
};

static inline uint64_t clock_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* rdtscp waits for earlier instructions and loads; stores may still be on their way,
 * which is what a sender's clock should see. */
static inline uint64_t clock_stamp(const struct clock *clock)
{
#if CLOCK_HAS_TSC
	if (clock->is_tsc) {
		unsigned processor;

		return __rdtscp(&processor);
	}
#else
	(void)clock;
#endif
	return clock_now_ns();
}

/* Chooses a clock (the TSC only where it may be trusted and `allow_tsc`), calibrates it
 * over 20 ms and measures its cost. */
void clock_choose(bool allow_tsc, struct clock *clock);

/* Ticks per nanosecond measured between two points in time; the difference of two such
 * values, in parts per million, tells whether a launch can be trusted. */
struct clock_point {
	uint64_t ticks, ns;
};
struct clock_point clock_point(const struct clock *clock);
double clock_drift_ppm(
	const struct clock *clock, struct clock_point start, struct clock_point end);

static inline uint64_t clock_ticks(const struct clock *clock, uint64_t ns)
{
	return (uint64_t)((double)ns / clock->ns_per_tick);
}

#endif
