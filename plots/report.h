/* report.h: one page of HTML about a run, or about several side by side. */
#ifndef IPCMARK_REPORT_H
#define IPCMARK_REPORT_H

#include <stddef.h>
#include <stdio.h>

#include "harness/base/why.h"
#include "results/run_directory.h"

/* More rows of results.csv than this are not read for a page. */
#define REPORT_ROWS 400000

/* Writes the page: one file that needs nothing else, neither a network nor scripts. The
 * runs are only read, and nothing in them is trusted. What could not be shown (figures
 * without gnuplot) says so in its place. 0, or -errno in words. */
int report_write(
	struct run_directory *const *runs, size_t count, FILE *out, struct why *why);

#endif
