/* compare.h: two stored runs become a list of changes. */
#ifndef IPCMARK_COMPARE_H
#define IPCMARK_COMPARE_H

#include "harness/base/why.h"
#include "results/change.h"
#include "results/run_directory.h"

/* Finds the cases that both runs planned, takes the launches of each, decides, and names
 * what else differs between the runs. The two sides of one duet are compared launch by
 * launch, as the duet did (pairs.h). The caller frees *changes. 0, or -errno in words,
 * also when no case was measured in both. */
int compare_runs(const struct run_directory *base, const struct run_directory *candidate,
	const struct rule *rule, struct changes **changes, struct why *why);

/* Names each fact of the environment that is not the same in both, most telling first. 0
 * or -ENOMEM. */
int compare_environments(struct changes *changes, const struct run_directory *base,
	const struct run_directory *candidate);

#endif
