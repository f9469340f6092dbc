/* duet.h: two commands measured in turns: for each launch of a plan both are started, and
 * slices of a few milliseconds alternate between them in random order, so that whatever
 * the machine does meets both alike.
 *
 * The rows of each side go to a run directory of its own, launch n of one belonging to
 * launch n of the other. Source: Bulej et al. 2020, "Duet Benchmarking". */
#ifndef IPCMARK_DUET_H
#define IPCMARK_DUET_H

#include "harness/duet_side.h"
#include "harness/plan.h"
#include "harness/progress.h"
#include "results/run_directory.h"

struct duet {
	const struct options *options; /* what both are asked for */
	const struct plan *plan; /* what duet_run() runs */
	size_t planned; /* launches up to this number were planned; what follows are
			 * further ones */
	size_t next; /* number of the next launch, over all plans */
	uint64_t end_ns; /* no launch is begun that would not be over by then; 0: none */
	struct janitor *janitor;
	const struct clock *clock;
	struct sched fifo; /* for mechanisms that do not spin, where SCHED_FIFO is chosen
			    * by itself; else policy SCHED_INHERIT */
	struct duet_side sides[2]; /* role and command are set by the caller */
	struct run_directory *directories[2];
	char id[24]; /* both directories have it */
	const char *calibration; /* of the base against itself, in words; "": none */
	struct facts facts[2]; /* of the machine and the build of each */
	struct progress progress;

	struct result_row *rows[2]; /* rows[0][i] and rows[1][i] were alternated */
	size_t count, room;
};

/* Is the launch one of a duet? Those that sweep a setting or make no sense are not. */
bool duet_takes(const struct planned *planned);

/* Runs the launches of the plan; rows are on disk before the next launch begins. 0,
 * -EINTR when interrupted, or -errno in words: a side that cannot be talked to ends the
 * duet. */
int duet_run(struct duet *duet, struct why *why);

/* Frees the rows and the facts. */
void duet_free(struct duet *duet);

/* How long the plan takes with both sides. */
uint64_t duet_planned_ns(const struct options *options, const struct plan *plan);

#endif
