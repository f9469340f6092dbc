/* series.h: the values of one mechanism along an axis, and figures made of many of
 * them. */
#ifndef IPCMARK_SERIES_H
#define IPCMARK_SERIES_H

#include "plots/figure_data.h"

struct series {
	const struct subject *subject;
	double (*points)[PAGE_CURVE]; /* x, y, and what the figure takes besides */
	size_t count;
	bool has_no_size; /* wake-ups: one value, at no size */
};

struct series_list {
	struct series *items;
	size_t count;
};

/* One series a mechanism that has values: x is the message size, the rest are REAL
 * columns of the summary by their offsets. Values that a logarithmic axis cannot show
 * are left out. */
void series_collect(const struct figure_data *data, enum test test, const char *placement,
	const size_t *columns, size_t column_count, struct series_list *list);

/* Begins a series; series_point() adds to the last one. */
void series_begin(struct series_list *list, const struct subject *subject);
void series_point(struct series_list *list, const double numbers[PAGE_CURVE]);
void series_free(struct series_list *list);

/* Whether there is anything but floors. */
bool series_has_mechanisms(const struct series_list *list);

/* Least and greatest of columns first..last of all points; false when there is none. */
bool series_range(const struct series_list *list, size_t first, size_t last, double *low,
	double *high);

/* How a list becomes a figure. */
struct series_form {
	enum axis_unit x, y;
	size_t value_count; /* columns of a point that the y axis has to hold */
	bool is_parted; /* a panel each, however few they are */
};

/* Comes before the head of the page: where each mechanism gets a panel it adds a sentence
 * about the others to the words, and where these are many it widens the page. */
void series_prepare(const struct series_list *list, const struct series_form *form,
	struct page *page, char *words, size_t size);

/* Draws all series below `top`: in one panel with names at the line ends or, where there
 * are many, in a panel each. Floors are grey references. Sets the height of the page. */
void series_draw(const struct series_list *list, const struct series_form *form,
	double top, struct page *page);
/* The same in a panel each; how many that are. */
size_t series_panel_count(const struct series_list *list);
void series_panels(const struct series_list *list, const struct series_form *form,
	double top, struct page *page);

/* Writes "mechanism,title,family,<columns>" and the points. */
void series_write(const struct series_list *list, const char *columns,
	size_t column_count, FILE *csv);

#endif
