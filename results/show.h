/* show.h: the table people see at the end of a run, and again through `ipcmark show`. */
#ifndef IPCMARK_SHOW_H
#define IPCMARK_SHOW_H

#include <stdbool.h>
#include <stdio.h>

#include "harness/base/why.h"
#include "results/run_directory.h"

/* Prints what was fastest, a table a placement, the floors, the capacities, and what was
 * not measured and why, in at most 100 columns. Computed from results.csv, so that an
 * interrupted run, or one that can only be read, is shown too. 0 or -errno in words. */
int show_run(
	const struct run_directory *run, FILE *out, bool is_coloured, struct why *why);

#endif
