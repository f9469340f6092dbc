/* power.h: which change could have been seen? */
#ifndef IPCMARK_POWER_H
#define IPCMARK_POWER_H

#include <stddef.h>

#include "results/decision.h"

#define POWER_WANTED 0.8 /* found in 4 of 5 comparisons */

/* The least change, as a factor above 1 (1.05: 5 %), that the rule would have found in
 * POWER_WANTED of comparisons with as many launches as these, scattered as these are,
 * when the case is tested together with others as the strictest of `cases`. Found by
 * drawing launches again from these, seeded, so that the answer is the same each time.
 * INFINITY where the launches are too few for any change; NAN where it cannot be
 * computed. */
double power_visible(const struct decision *decision, const double *base,
	size_t base_count, const double *candidate, size_t candidate_count, size_t cases,
	const struct rule *rule);

#endif
