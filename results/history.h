/* history.h: many runs as series, a series a case, and where they changed. */
#ifndef IPCMARK_HISTORY_H
#define IPCMARK_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "harness/base/why.h"
#include "results/change.h"
#include "results/decision.h"
#include "results/export.h"
#include "results/run_directory.h"

/* A change of one series: between the run before `at` that has the case and `at`. */
struct history_change {
	size_t series, at, before;
	double low_level, high_level; /* medians of the levels before and after */
	double p;
	enum verdict verdict; /* faster or slower */
};

struct history_series {
	char name[EXPORT_NAME];
	enum quantity quantity;
	const char *unit;
	double *values; /* one a run; NAN where the case was not measured */
	size_t known;
	double *levels; /* of each run: the median between two changes */
};

struct history {
	struct export_run *runs; /* in the order of time, then of commits as given */
	size_t run_count;
	struct history_series *series;
	size_t series_count;
	struct history_change *changes; /* by run, then by series */
	size_t change_count;
	size_t too_short; /* series with fewer values than a change needs */
	struct rule rule;
};

/* Reads the runs (which stay the caller's and must outlive the history) and finds the
 * change points of each case. 0, or -errno in words. */
int history_open(struct run_directory *const *directories, size_t count,
	const struct rule *rule, struct history *history, struct why *why);
void history_close(struct history *history);

/* Prints the changes with the runs between which they happened, and what else is not the
 * same in those, in at most 100 columns. */
void history_print(const struct history *history, FILE *out, bool is_coloured);

/* Did the last change of any series make it slower? */
bool history_ends_slower(const struct history *history);

#endif
