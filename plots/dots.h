/* dots.h: many mechanisms, a line each: families and names on the left, marks along one
 * axis, and in words on the right what the marks say. */
#ifndef IPCMARK_DOTS_H
#define IPCMARK_DOTS_H

#include "harness/base/text.h"
#include "plots/figure_data.h"

#define DOTS_COLUMNS 6
#define DOTS_FILLED  7 /* gnuplot's point types: a disc and a ring */
#define DOTS_HOLLOW  6

struct dots_line {
	const struct subject *subject;
	char words[DOTS_COLUMNS][TEXT_QUANTITY];
	double y; /* on the panel's axis, set by dots_draw() */
};

struct dots {
	struct dots_line *lines; /* members of a family together */
	size_t count;
	char titles[DOTS_COLUMNS][TEXT_QUANTITY]; /* of the columns of words */
	size_t column_count;
};

/* Adds a line, without words yet; the pointer holds until the next one is added. */
struct dots_line *dots_add(struct dots *dots, const struct subject *subject);
void dots_free(struct dots *dots);

/* Draws all but the marks below `top`, in a panel whose x axis is logarithmic over
 * low..high, and sets the height of the page. The marks are curves of that panel, at the
 * y of their lines. */
struct panel *dots_draw(struct dots *dots, const char *title, enum axis_unit unit,
	double low, double high, double top, struct page *page);

#endif
