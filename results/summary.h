/* summary.h: the numbers of each case, from its launches. */
#ifndef IPCMARK_SUMMARY_H
#define IPCMARK_SUMMARY_H

#include <stddef.h>

#include "harness/base/why.h"
#include "results/cases.h"
#include "results/run_directory.h"

/* Fewer samples than this beyond a percentile, and it is left unknown. */
#define SUMMARY_SAMPLES_BEYOND 10
#define SUMMARY_CONFIDENCE     0.95

/* Computes the rows of summary.csv from results.csv and the histograms, in the order of
 * mechanisms.def, test, placement and size. Works on an interrupted run and on one that
 * can only be read. The caller frees *rows. 0 or -errno in words. */
int summary_compute(const struct run_directory *run, struct summary_row **rows,
	size_t *count, struct why *why);

/* The same for cases that were loaded already: rows[i] is that of items[i]. */
int summary_of_cases(const struct run_directory *run, const struct cases *cases,
	struct summary_row **rows, struct why *why);

/* CPUs that both sides kept busy, 0 to 2: the median over launches of latency or
 * throughput; NAN of other tests and where the CPU time is unknown. */
double summary_busy_cpus(const struct result_row *const *rows, size_t count);

/* Leaves out cases of joined messages that follow the same case without, in the order of
 * the summary: a claim rests on them, and no table or curve has room for both. Returns
 * how many are left. */
size_t summary_leave_joined(struct summary_row *rows, size_t count);

#endif
