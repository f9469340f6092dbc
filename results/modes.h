/* modes.h: do the launches of a case fall in two groups? A path that waits can have two
 * paces, such as a waiter caught before or after its idle CPU halts, or a core that
 * another one's work slows down; one number for both describes neither. */
#ifndef IPCMARK_MODES_H
#define IPCMARK_MODES_H

#include <stddef.h>

/* The smaller value first. */
struct modes {
	size_t count; /* 2, or 0: there are none to tell */
	struct mode {
		double level; /* median of the launches of both sides, in their unit */
		size_t base, candidate; /* launches of each side */
		double ratio; /* candidate over base among these; NAN where a side, or
			       * each pair, has none here */
	} mode[2];
};

/* Looks for them in the values of both sides together; ratios are those of the pairs of
 * launches, NULL where these are not paired. Two groups are told where they lie six of
 * their standard deviations and 10 % apart and each has a tenth of the launches: evenly
 * spread values and normal ones do not. Where each side is a group of its own that is the
 * change, and no mode. */
void modes_find(const double *base, size_t base_count, const double *candidate,
	size_t candidate_count, const double *ratios, struct modes *modes);

#endif
