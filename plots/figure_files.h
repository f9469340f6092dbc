/* figure_files.h: the files of a figure, written beside the old ones and then renamed.
 *
 *     figures/<name>.svg, <name>.png     what is looked at
 *     figures/data/<name>.csv            what it shows
 *     figures/data/<name>.gp             where it is drawn; the script loads it */
#ifndef IPCMARK_FIGURE_FILES_H
#define IPCMARK_FIGURE_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

#include "plots/page.h"
#include "results/run_directory.h"

#define FIGURE_NAME 160

struct figure_files {
	char path[PATH_MAX]; /* of the run directory, absolute */
	int figures, data; /* descriptors of figures/ and figures/data/ */
	bool is_private; /* closing removes all of it */
	bool is_svg_only; /* no PNG is wanted */
};

/* "<figure>" or "<figure>-<placement>", where all but letters, digits, '-' and '_' of the
 * placement has become '-'. `name` has FIGURE_NAME bytes. */
void figure_files_name(const char *figure, const char *placement, char *name);

/* Makes the folders; links in their place are refused. 0 or -errno in words. */
int figure_files_open(
	const struct run_directory *run, struct figure_files *files, struct why *why);
/* The same in a new directory below $TMPDIR (or /tmp) that only this user can open, and
 * that is gone when the files are closed. */
int figure_files_open_private(struct figure_files *files, struct why *why);
void figure_files_close(struct figure_files *files);

/* Opens the CSV of a figure to be written. It is put in place by figure_files_draw(), or
 * dropped; both close it. */
int figure_files_begin(
	struct figure_files *files, const char *name, FILE **csv, struct why *why);
void figure_files_abandon(struct figure_files *files, FILE *csv);

/* Writes the page, draws it with the script `figure` as SVG and PNG and puts all the
 * files in place; when that fails the old ones stay. */
int figure_files_draw(struct figure_files *files, const char *scripts, const char *figure,
	const char *name, const struct page *page, FILE *csv, struct why *why);

#endif
