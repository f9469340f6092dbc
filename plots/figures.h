/* figures.h: draws the figures of a run into its folder figures/. */
#ifndef IPCMARK_FIGURES_H
#define IPCMARK_FIGURES_H

#include <stddef.h>
#include <stdio.h>

#include "harness/base/why.h"
#include "results/run_directory.h"

/* Draws every figure that the run has data for, as SVG and as PNG, and writes what they
 * show to figures/data/ (CSV). Existing files are replaced as a whole. What is drawn,
 * and what is not and why, goes to `progress` (may be NULL), a line each; *drawn is the
 * number of figures, an SVG and its PNG counting as one.
 *
 * The scripts are those of $IPCMARK_PLOTS where that is set. Else they are looked for
 * in share/ipcmark/plots beside the folder of the program, where the project was
 * installed, and in its sources; the first that has style.gp is taken. 0, or -errno in
 * words: -ENOENT without gnuplot or scripts. */
int figures_draw(
	const struct run_directory *run, FILE *progress, size_t *drawn, struct why *why);

/* A figure that was drawn for a page. */
struct figure_drawn {
	const char *name; /* "latency_by_size-shared-l3" */
	const char *title; /* "Round trip by message size" */
	const char *says; /* how it is read */
	const char *placement; /* "" for all of them */
	const char *svg; /* as gnuplot drew it */
};

/* Draws the same figures, as SVG alone, into a private directory that is gone afterwards,
 * and hands each to `each`; the run is only read. 0, or -errno in words. */
int figures_each(const struct run_directory *run,
	void (*each)(const struct figure_drawn *drawn, void *context), void *context,
	struct why *why);

#endif
