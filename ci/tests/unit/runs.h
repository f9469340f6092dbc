/* runs.h: run directories made up for a test, in a private directory that is gone
 * afterwards. */
#ifndef IPCMARK_TESTS_RUNS_H
#define IPCMARK_TESTS_RUNS_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "results/run_directory.h"

static char runs_home[64];

static inline int runs_remove_one(
	const char *path, const struct stat *status, int flag, struct FTW *ftw)
{
	(void)status;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline int runs_enter(void **state)
{
	(void)state;
	strcpy(runs_home, "/tmp/ipcmark-test-XXXXXX");
	return !mkdtemp(runs_home) || chdir(runs_home);
}

static inline int runs_leave(void **state)
{
	(void)state;
	return chdir("/") || nftw(runs_home, runs_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* A new run with these facts: key, value, ..., NULL. */
static inline struct run_directory *runs_make(const char *path, const char *const *facts)
{
	const char *keys[64], *values[64];
	struct run_directory *run;
	struct why why = { "" };
	size_t count = 0;

	if (run_directory_create(path, &run, &why))
		fail_msg("%s", why.text);
	for (; facts && facts[2 * count]; count++) {
		keys[count] = facts[2 * count];
		values[count] = facts[2 * count + 1];
	}
	if (run_directory_put_environment(run, keys, values, count, &why))
		fail_msg("%s", why.text);
	return run;
}

/* A launch of pipe, latency, 64 B, on shared-l3. */
static inline struct result_row runs_row(int64_t launch, double median_ns)
{
	struct result_row row;

	row_clear(&result_table, &row);
	row.launch = launch;
	row.attempt = 1;
	row_text(row.mechanism, "pipe");
	row_text(row.test, "latency");
	row_text(row.placement, "shared-l3");
	row_text(row.payload, "touch");
	row_text(row.status, "ok");
	row_text(row.sched, "other");
	row.size_bytes = 64;
	row.cpu_a = 0;
	row.cpu_b = 1;
	row.gap_ns = 0;
	row.median_ns = median_ns;
	return row;
}

static inline void runs_append(struct run_directory *run, const struct result_row *row)
{
	struct why why = { "" };

	if (run_directory_append(run, row, 1, &why))
		fail_msg("%s", why.text);
}

#endif
