/* cmd_run_checks.h: the whole conformance suite beside the measurements of a run. */
#ifndef IPCMARK_CMD_RUN_CHECKS_H
#define IPCMARK_CMD_RUN_CHECKS_H

#include "harness/options.h"
#include "results/run_directory.h"

/* Runs every check and keeps the verdicts as checks.csv, unless the run has them. The
 * file is written when the last check has ended, and not at all when a signal comes
 * first, so that there are all verdicts or none.
 *
 * It is called after the measurements: checks fill limits, kill processes and heat
 * caches, which would meet the launches that happened to follow; and what takes longest
 * to get is safe first. 0; -EINTR; or -errno in words. A deviation is a result, and no
 * error. */
int run_checks(
	struct run_directory *directory, const struct options *options, struct why *why);

#endif
