/* run.h: carries out a plan: launches, retries, rows, histograms. */
#ifndef IPCMARK_RUN_H
#define IPCMARK_RUN_H

#include "harness/pair.h"
#include "harness/plan.h"
#include "harness/progress.h"
#include "results/run_directory.h"

struct run {
	const struct options *options;
	const struct plan *plan;
	struct pair_context context;
	struct run_directory *directory;
	struct progress progress;
	const bool *is_done; /* by launch number: already in results.csv; NULL: none */
	size_t measured; /* launches that gave at least one value */
};

/* Runs what is not done yet, in order; each launch's rows are on disk before the next one
 * starts. 0; -EINTR when a signal ended it; -errno in words when results cannot be
 * written. */
int run_all(struct run *run, struct why *why);

#endif
