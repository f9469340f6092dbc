#include "plots/dots.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plots/labels.h"

#define PITCH       21.0 /* from line to line */
#define FAMILY_GAP  0.5 /* between families, in lines */
#define TITLE_ROOM  44.0 /* for the title, and the ticks above the panel */
#define TICKS_ABOVE 14.0
#define NAMES_MOST  190.0
#define COLUMNS_GAP 18.0 /* before the columns of words */
#define COLUMN      92.0
#define TICK_HALF   12.0 /* nearer to an end no tick has words */
#define RANGE_LEAST 6.0 /* of the axis, so that ticks fall into it */
#define MANY        20 /* lines: the ticks stand above them too */

struct dots_line *dots_add(struct dots *dots, const struct subject *subject)
{
	dots->lines = page_grow(dots->lines, dots->count, sizeof *dots->lines);
	dots->lines[dots->count] = (struct dots_line) { .subject = subject };
	return &dots->lines[dots->count++];
}

void dots_free(struct dots *dots)
{
	free(dots->lines);
	*dots = (struct dots) { 0 };
}

static bool opens_family(const struct dots *dots, size_t line)
{
	return !line || strcmp(dots->lines[line].subject->family,
				dots->lines[line - 1].subject->family) != 0;
}

/* Gives each line its place, from the top; returns how high all are, in lines. */
static double place_lines(struct dots *dots)
{
	double height = 0;

	for (size_t i = 0; i < dots->count; i++) {
		if (i && opens_family(dots, i))
			height += FAMILY_GAP;
		dots->lines[i].y = height + 0.5;
		height++;
	}
	for (size_t i = 0; i < dots->count; i++)
		dots->lines[i].y = height - dots->lines[i].y;
	return height;
}

/* What the families and the names take on the left. */
static double names_room(const struct dots *dots)
{
	double families = 0, names = 0;

	for (size_t i = 0; i < dots->count; i++) {
		const struct subject *subject = dots->lines[i].subject;

		families = fmax(families, PAGE_BOLD * labels_width(subject->family,
							      label_points[LABEL_PANEL]));
		names = fmax(
			names, labels_width(subject->title, label_points[LABEL_SMALL]));
	}
	return families + 18 + fmin(names, NAMES_MOST) + 14;
}

static double column_right(const struct panel *panel, size_t column)
{
	return panel->right + COLUMNS_GAP + COLUMN * (double)(column + 1);
}

static void draw_line(const struct dots *dots, size_t line, const struct panel *panel,
	struct page *page)
{
	const struct subject *subject = dots->lines[line].subject;
	double y = panel_y(panel, dots->lines[line].y);
	char text[ROW_TEXT];

	page_rule(page, panel->left, y, panel->right, y, PALETTE_HAIR, 1);
	if (opens_family(dots, line)) {
		struct look look;

		palette_look(subject->family, 0, &look);
		page_label(page, LABEL_PANEL, LABEL_LEFT, PAGE_MARGIN, y, look.text,
			subject->family);
	}
	labels_fit(
		subject->title, label_points[LABEL_SMALL], NAMES_MOST, text, sizeof text);
	page_label(page, LABEL_SMALL, LABEL_RIGHT, panel->left - 12, y,
		subject->look.text, text);
	for (size_t c = 0; c < dots->column_count; c++)
		page_label(page, LABEL_SMALL, LABEL_RIGHT, column_right(panel, c), y,
			PALETTE_MUTED, dots->lines[line].words[c]);
}

static void draw_ticks(
	const struct dots *dots, const struct panel *panel, struct page *page)
{
	for (size_t i = 0; i < panel->x.tick_count; i++) {
		double x = panel_x(panel, panel->x.ticks[i].at);

		page_rule(page, x, panel->top, x, panel->bottom, PALETTE_HAIR, 1);
		if (dots->count > MANY)
			page_label(page, LABEL_SMALL, LABEL_CENTER, x,
				panel->top - TICKS_ABOVE, PALETTE_MUTED,
				panel->x.ticks[i].text);
	}
	for (size_t c = 0; c < dots->column_count; c++)
		page_label(page, LABEL_SMALL, LABEL_RIGHT, column_right(panel, c),
			panel->top - TICKS_ABOVE, PALETTE_INK, dots->titles[c]);
}

struct panel *dots_draw(struct dots *dots, const char *title, enum axis_unit unit,
	double low, double high, double top, struct page *page)
{
	double lines = place_lines(dots);
	double left = PAGE_MARGIN + names_room(dots);
	double width = page->width - PAGE_MARGIN - COLUMNS_GAP -
		       COLUMN * (double)dots->column_count - left;
	double widen = sqrt(fmax(1, RANGE_LEAST * low / high));
	struct panel *panel;

	page_label(
		page, LABEL_PANEL, LABEL_LEFT, PAGE_MARGIN, top - 4, PALETTE_INK, title);
	panel = page_panel(page, left, top + TITLE_ROOM, width, PITCH * lines);
	axis_log(&panel->x, unit, low / widen, high * widen, 0.03, (size_t)(width / 72));
	axis_trim(&panel->x, TICK_HALF / width, TICK_HALF / width);
	panel->y = (struct axis) { .low = 0, .high = lines, .is_linear = true };
	panel->has_x_text = true;
	draw_ticks(dots, panel, page);
	for (size_t i = 0; i < dots->count; i++)
		draw_line(dots, i, panel, page);
	page->height = panel->bottom + PAGE_TICK_ROOM + page->foot;
	return panel;
}
