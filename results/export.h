/* export.h: a run in the words of other tools. Each format walks through the same list of
 * measured cases. */
#ifndef IPCMARK_EXPORT_H
#define IPCMARK_EXPORT_H

#include <stddef.h>
#include <stdio.h>

#include "harness/base/why.h"
#include "results/cases.h"
#include "results/change.h"
#include "results/run_directory.h"

#define EXPORT_NAME 512

/* A run with all that the writers ask for. */
struct export_run {
	const struct run_directory *directory;
	struct cases cases;
	struct summary_row *rows; /* rows[i] is that of cases.items[i] */
	char (*names)[EXPORT_NAME]; /* no two alike */
	char time_utc[40], commit[80];
};

/* One measured case. */
struct export_case {
	size_t index;
	const struct summary_row *row;
	const struct one_case *launches;
	const char *name; /* the same in every run of that case, without spaces:
			   * "pipe/latency/64/shared-l3/touch" */
	enum quantity quantity;
	double value, low,
		high; /* median over the launches in ns, B/s (messages/s without
		       * bytes) or B, and its interval; NAN where there is none */
	const char *unit;
};

int export_open(
	const struct run_directory *directory, struct export_run *run, struct why *why);
void export_close(struct export_run *run);

/* Fills in the case after `at` (a new walk: at->row is NULL). False at the end. What was
 * not measured is passed over. */
bool export_next(const struct export_run *run, struct export_case *at);

/* The case of that name in a run; false where it was not measured. */
bool export_find(
	const struct export_run *run, const char *name, struct export_case *found);

struct export_format {
	const char *name;
	const char *says;
	size_t runs_most; /* how many runs one file can hold */
	int (*write)(
		const struct export_run *runs, size_t count, FILE *out, struct why *why);
};

/* All formats; the names again, as words for the command line. Both end with NULL. */
extern const struct export_format export_formats[];
extern const char *const export_format_names[];

int export_github_smaller(
	const struct export_run *runs, size_t count, FILE *out, struct why *why);
int export_github_bigger(
	const struct export_run *runs, size_t count, FILE *out, struct why *why);
int export_google(
	const struct export_run *runs, size_t count, FILE *out, struct why *why);
int export_bencher(
	const struct export_run *runs, size_t count, FILE *out, struct why *why);
int export_otava(const struct export_run *runs, size_t count, FILE *out, struct why *why);
int export_otava_config(
	const struct export_run *runs, size_t count, FILE *out, struct why *why);
int export_openmetrics(
	const struct export_run *runs, size_t count, FILE *out, struct why *why);

#endif
