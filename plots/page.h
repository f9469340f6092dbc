/* page.h: one figure, laid out: panels, curves, words and rules, in pixels from the
 * page's top left. What gnuplot gets is a file of numbers and quoted words; it computes
 * nothing. */
#ifndef IPCMARK_PAGE_H
#define IPCMARK_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "plots/axis.h"
#include "plots/palette.h"

#define PAGE_WIDTH     1280.0
#define PAGE_MARGIN    29.0
#define PAGE_CURVE     7 /* numbers a point of a curve can have */
#define PAGE_BOLD      1.1 /* how much wider bold words are */
#define PAGE_TICK_ROOM 42.0 /* below a panel, for the ticks of its x axis */

/* The fonts of style.gp, in the same order. */
enum label_kind {
	LABEL_TITLE,
	LABEL_SUBTITLE,
	LABEL_NOTE,
	LABEL_PANEL,
	LABEL_END,
	LABEL_SMALL,
	LABEL_VALUE,
	LABEL_NARROW, /* panels too narrow for names in LABEL_PANEL */
	LABEL_KINDS
};
extern const double label_points[LABEL_KINDS];

enum label_side { LABEL_LEFT, LABEL_CENTER, LABEL_RIGHT };

struct panel {
	double left, right, top, bottom;
	struct axis x, y;
	bool has_x_text, has_y_text; /* ticks are drawn always, their words where asked */
	size_t first_curve, curve_count;
};

#define PAGE_LABEL_TEXT 512
struct page_label {
	enum label_kind kind;
	enum label_side side;
	double x, y; /* y below 0: from the lower edge */
	uint32_t colour;
	char text[PAGE_LABEL_TEXT];
};
struct page_rule {
	double x0, y0, x1, y1;
	uint32_t colour;
	int dash;
};
struct page_cell {
	double x0, y0, x1, y1;
	uint32_t colour;
};

struct page {
	double width, height;
	double foot; /* what the footnote takes below the figure */
	struct panel *panels;
	size_t panel_count;
	struct page_label *labels;
	size_t label_count;
	struct page_rule *rules;
	size_t rule_count;
	struct page_cell *cells;
	size_t cell_count;
	struct look *looks; /* of each curve */
	size_t curve_count;
	char *curve_text, *grey_text;
	size_t curve_size, grey_size;
	FILE *curves, *grey; /* streams into them */
};

/* An empty page. page_close() frees what it holds. Out of memory ends the program. */
void page_open(struct page *page);
void page_close(struct page *page);

/* Title, subtitle (broken into lines where it is long) and footnote. Returns where the
 * figure can begin; the footnote takes page->foot from below, and the height may be set
 * later. */
double page_head(
	struct page *page, const char *title, const char *subtitle, const char *note);

/* Adds a panel; the pointer holds until the next one is added. */
struct panel *page_panel(
	struct page *page, double left, double top, double width, double height);

/* Pixels of a value in a panel. */
double panel_x(const struct panel *panel, double value);
double panel_y(const struct panel *panel, double value);

/* Words at a place: any text; vertically centred there. */
void page_label(struct page *page, enum label_kind kind, enum label_side side, double x,
	double y, uint32_t colour, const char *text);

/* A straight line; dash as in struct look. Behind the curves. */
void page_rule(struct page *page, double x0, double y0, double x1, double y1,
	uint32_t colour, int dash);

/* A filled rectangle. */
void page_cell(
	struct page *page, double x0, double y0, double x1, double y1, uint32_t colour);

/* Begins a curve of the last panel; page_point() adds points to it: x, y and what the
 * figure's script takes besides (at most PAGE_CURVE numbers). NAN is a gap. */
void page_curve(struct page *page, const struct look *look);
void page_point(struct page *page, const double *numbers, size_t count);

/* Lifts the pen: the next point is not joined to the last one. */
void page_gap(struct page *page);

/* The same for the grey curves that stand behind those of every panel. */
void page_grey_curve(struct page *page);
void page_grey_point(struct page *page, double x, double y);

/* Writes what the scripts load. */
void page_write(const struct page *page, FILE *out);

/* Writes text as a single-quoted gnuplot string whose characters all stand for
 * themselves, also in enhanced text: braces and the like are escaped, single quotes
 * become U+2019, control characters spaces, what is not UTF-8 becomes U+FFFD. */
void page_quote(FILE *out, const char *text);

/* Makes room for one more item; ends the program when there is none. */
void *page_grow(void *items, size_t count, size_t item_size);

#endif
