/* axis.h: ranges, ticks and the places of values on a page. */
#ifndef IPCMARK_AXIS_H
#define IPCMARK_AXIS_H

#include <stdbool.h>
#include <stddef.h>

enum axis_unit { AXIS_NS, AXIS_BYTES, AXIS_RATE, AXIS_COUNT, AXIS_TAIL };

#define AXIS_TICKS 16
struct axis {
	double low, high;
	bool is_linear;
	size_t tick_count;
	struct tick {
		double at;
		char text[32];
	} ticks[AXIS_TICKS];
};

/* A logarithmic axis over low..high (both above 0) with at most `ticks_max` ticks at
 * round places: powers of two for bytes, decades for the rest (with 2 and 5 where there
 * are few), "nines" for AXIS_TAIL, where the value is 1 / (1 - q). A range without
 * width is widened around its value; `room` widens both ends by that part of the
 * length. */
void axis_log(struct axis *axis, enum axis_unit unit, double low, double high,
	double room, size_t ticks_max);

/* A linear axis from 0 to `high` in nanoseconds, its ticks at 1, 2 or 5 times a power of
 * ten. */
void axis_linear_ns(struct axis *axis, double high, size_t ticks_max);

/* Takes away the ticks that lie nearer than these parts of the length to the low and the
 * high end, unless none would be left. */
void axis_trim(struct axis *axis, double low_part, double high_part);

/* Where a value lies: 0 at the low end, 1 at the high end, beyond where it is outside. */
double axis_place(const struct axis *axis, double value);

#endif
