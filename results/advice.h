/* advice.h: which mechanism for a need, by what a run has measured. */
#ifndef IPCMARK_ADVICE_H
#define IPCMARK_ADVICE_H

#include <stdint.h>

#include "results/metric.h"
#include "results/sheet.h"
#include "results/witness.h"

enum advice_pattern {
	ADVICE_RPC, /* a question and its answer: by round trip */
	ADVICE_STREAM, /* bulk in one direction: by throughput */
	ADVICE_WAKE, /* news without payload: by round trip of those that carry none */
};

struct advice_need {
	enum advice_pattern pattern;
	int64_t size_bytes; /* of the messages; a wake-up has none */
	unsigned needs; /* enum mechanism_caps that it must have */
	unsigned forbids; /* and must not have */
	double max_cpu_ns; /* CPU time of both sides a message; NAN: any */
	double max_cpu_share; /* of one CPU, both sides together: 2 is two busy ones; NAN:
			       * any */
	const char *placement; /* or NULL: every place */
};

/* What can be asked of a mechanism, and what is told of each. Ends with a NULL word. */
struct advice_wish {
	const char *word; /* "unrelated" */
	const char *lacks; /* what is said of those that lack it: "spins"; or NULL */
	unsigned needs, forbids; /* enum mechanism_caps */
};
extern const struct advice_wish advice_wishes[];

/* What one place has for the need. */
struct advice_item {
	const char *mechanism;
	struct amount amount; /* round trip or throughput */
	struct amount cpu, switches; /* of a message; value NAN where it is not known */
	unsigned caps;
	unsigned rank; /* from 1; 0: a floor, or left out */
	bool is_tied; /* with another of its rank: their intervals overlap */
	bool is_floor;
	bool is_too_dear; /* left out for its CPU time */
};

struct advice {
	const struct place *place;
	int64_t size_bytes; /* at which it was ranked: the nearest that was measured */
	bool is_nearest; /* and not the one that was asked for */
	int64_t below, above; /* the measured sizes around that one; -1: none */
	struct advice_item
		*items; /* best first, then what is too dear, then the floors */
	size_t count, ranked, unfit; /* `unfit`: that lack what is needed */
};

/* Ranks what was measured in one place; the caller frees the advice. False where nothing
 * of the kind was measured there. */
bool advice_make(const struct witness *witness, const struct place *place,
	const struct advice_need *need, struct advice *advice);
void advice_free(struct advice *advice);

/* Prints it: what to take, the ranks with their evidence, what was left out, the limits.
 */
void advice_print(const struct advice *advice, const struct advice_need *need,
	const struct sheet *sheet);

#endif
