/* figure_data.h: what a run has measured, in the order and with the names of the
 * figures. */
#ifndef IPCMARK_FIGURE_DATA_H
#define IPCMARK_FIGURE_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "mechanisms/mechanism.h"
#include "plots/page.h"
#include "results/run_directory.h"

/* A mechanism that the run has rows of. One that this build does not know (a run of
 * another version) is shown under its name, in a family of its own. */
struct subject {
	char name[ROW_TEXT];
	char title[ROW_TEXT];
	char family[64];
	bool is_floor;
	struct look look;
};

struct figure_data {
	const struct run_directory *run;
	struct summary_row *rows; /* by subject, test, placement, size, swept value */
	size_t row_count;
	struct result_row *results; /* for slices and histograms; none is no error */
	size_t result_count;
	struct subject *subjects; /* in the order of mechanisms.def, families together */
	size_t subject_count;
	char (*placements)[ROW_TEXT]; /* in the order of the summary */
	size_t placement_count;
};

int figure_data_open(
	const struct run_directory *run, struct figure_data *data, struct why *why);
void figure_data_close(struct figure_data *data);

/* The next measured row after `after` (NULL: the first) of a test; placement and
 * mechanism NULL stand for any. NULL at the end. */
const struct summary_row *figure_row(const struct figure_data *data,
	const struct summary_row *after, enum test test, const char *placement,
	const char *mechanism);

/* The row of a mechanism's round trips at 64 B, or at the size next to it; the one of a
 * wake-up where nothing is carried. NULL where there is none. */
#define FIGURE_SMALL 64 /* bytes */
const struct summary_row *figure_small_row(
	const struct figure_data *data, const char *placement, const char *mechanism);

/* Whether a row of results.csv is a measured one of them. */
bool figure_has(const struct result_row *row, enum test test, const char *placement,
	const char *mechanism);

/* How many different pairs of CPUs the rows of a placement ran on. A figure by placement
 * means something for one. */
size_t figure_cpu_pairs(
	const struct figure_data *data, enum test test, const char *placement);

/* "Placement shared-l2: CPU 0 ↔ 1, 12 launches of 40 slices." and the footnote: host,
 * kernel, samples, commit, load, as far as they are known. Placement and
 * mechanism NULL stand for any. */
void figure_how(const struct figure_data *data, enum test test, const char *placement,
	const char *mechanism, char *text, size_t size);
void figure_note(const struct figure_data *data, enum test test, const char *placement,
	const char *mechanism, char *text, size_t size);

/* The row of results.csv that belongs to a row of the summary, or NULL. */
const struct result_row *figure_result(
	const struct figure_data *data, const struct summary_row *row);

/* "1 234 567": a count in groups of three. Returns `text` of TEXT_QUANTITY bytes. */
char *figure_count(int64_t count, char *text);

#endif
