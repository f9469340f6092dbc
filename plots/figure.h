/* figure.h: a figure as the table of figures.c describes it, and the ways to draw one. */
#ifndef IPCMARK_FIGURE_H
#define IPCMARK_FIGURE_H

#include "plots/figure_data.h"

#define FIGURE_COLUMNS (PAGE_CURVE - 1)

struct figure {
	const char *name; /* of its script and its files */
	const char *title; /* what is shown */
	const char *says; /* how it is read; how it was measured follows */
	const char *absent; /* the sentence where the run has nothing to show */
	enum test test;
	const char *mechanism; /* the only one it shows, or NULL */
	bool is_per_placement; /* one for each; else all placements in one */
	bool is_parted; /* a panel a mechanism, however few they are */
	enum axis_unit unit; /* of the values */
	const char *columns; /* header of the data, after mechanism,title,family */
	size_t values[FIGURE_COLUMNS]; /* REAL columns of the summary, by offset */
	size_t value_count;
	/* Lays out the page and writes its data; returns false where there is none. */
	bool (*draw)(const struct figure *figure, const struct figure_data *data,
		const char *placement, struct page *page, FILE *csv);
};

/* Curves by message size; values: the value and the ends of its interval or bands. */
bool figure_curves(const struct figure *figure, const struct figure_data *data,
	const char *placement, struct page *page, FILE *csv);
/* Percentiles, from the histograms at 64 B. */
bool figure_tail(const struct figure *figure, const struct figure_data *data,
	const char *placement, struct page *page, FILE *csv);
/* Round trip against CPU time, from the rows at 64 B. */
bool figure_cost(const struct figure *figure, const struct figure_data *data,
	const char *placement, struct page *page, FILE *csv);
/* What is accepted while nobody reads, by the size setting. */
bool figure_capacity(const struct figure *figure, const struct figure_data *data,
	const char *placement, struct page *page, FILE *csv);
/* Heat map over pairs of CPUs. */
bool figure_core_pairs(const struct figure *figure, const struct figure_data *data,
	const char *placement, struct page *page, FILE *csv);

/* Title, subtitle and footnote; `more` (or "") stands before how it was measured. Returns
 * where the figure can begin. */
double figure_head(const struct figure *figure, const struct figure_data *data,
	const char *placement, const char *more, struct page *page);

#endif
