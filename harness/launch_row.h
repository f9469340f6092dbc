/* launch_row.h: what a launch found, as rows of results.csv. */
#ifndef IPCMARK_LAUNCH_ROW_H
#define IPCMARK_LAUNCH_ROW_H

#include "harness/launch.h"
#include "harness/plan.h"
#include "results/row.h"

/* Fills the row of one size of the launch's first pair. `attempt` counts from 1;
 * `retry_cause` is why the attempt before was not counted, or NULL. */
void launch_row(struct launch *launch, const struct planned *planned, size_t number,
	size_t size, unsigned attempt, const char *retry_cause, const struct clock *clock,
	struct result_row *row);

/* A row of a launch that was not run, because it cannot be: OUTCOME_SKIPPED. */
void launch_row_skipped(const struct launch_spec *spec, const struct planned *planned,
	size_t number, size_t size, const char *reason, struct result_row *row);

#endif
