/* cases.h: launches become cases.
 *
 * A case is what was planned once: mechanism, test, size, placement, CPUs, payload, gap,
 * chunk, scheduling policy, and the settings, or what of them was swept. */
#ifndef IPCMARK_CASES_H
#define IPCMARK_CASES_H

#include <stddef.h>

#include "harness/base/why.h"
#include "results/row.h"
#include "results/run_directory.h"

struct one_case {
	struct summary_row row; /* what names the case, its status and reason; how many
				 * launches count and how many were retried */
	const struct result_row *const *launches; /* that count, one attempt each */
	size_t launch_count;
};

struct cases {
	struct one_case
		*items; /* in the order of mechanisms.def, test, placement, size */
	size_t count;
	struct result_row *rows; /* all of results.csv */
	size_t row_count;
	const struct result_row **chosen; /* what `launches` points into */
};

/* Works on an interrupted run and on one that can only be read. 0 or -errno in words. */
int cases_load(const struct run_directory *run, struct cases *cases, struct why *why);
void cases_free(struct cases *cases);

#endif
