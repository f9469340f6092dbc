/* series_draw.c: many series in one panel, or by family, with names at the line ends. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plots/labels.h"
#include "plots/series.h"

#define TOGETHER_MAX 12 /* series in one panel; above, a panel a family */
#define NAME_GAP     23.0 /* between two names at line ends */
#define NAME_INDENT  26.0 /* from the panel to its names; the leaders run there */
#define NAME_WIDTH   245.0
#define TICKS_LEFT   112.0
#define FAMILY_PAGE  1440.0
#define PANEL_GAP    30.0
#define HEIGHT_ONE   560.0
#define HEIGHT_LEAST 250.0

struct frame {
	struct axis x, y;
	enum axis_unit x_unit, y_unit;
};

static bool is_reference(const struct series_list *list, const struct series *series)
{
	return series->subject->is_floor && series_has_mechanisms(list);
}

static bool is_in(
	const struct series_list *list, const struct series *series, const char *family)
{
	return is_reference(list, series) || !family ||
	       strcmp(series->subject->family, family) == 0;
}

static double names_width(const struct series_list *list, const char *family)
{
	double width = 60;

	for (size_t i = 0; i < list->count; i++)
		if (is_in(list, &list->items[i], family))
			width = fmax(width, labels_width(list->items[i].subject->title,
						    label_points[LABEL_END]));
	return fmin(width, NAME_WIDTH);
}

static void draw_curve(struct page *page, const struct series *series, bool is_grey)
{
	struct look look = series->subject->look;

	if (is_grey) {
		look.line = PALETTE_FAINT;
		look.dash = 2;
		look.marker = 0;
	}
	page_curve(page, &look);
	/* References go without intervals. */
	for (size_t p = 0; p < series->count; p++)
		page_point(page, series->points[p], is_grey ? 2 : PAGE_CURVE);
}

struct name {
	const struct series *series;
	double x, y; /* where the line ends */
	bool is_grey;
};

static void draw_names(struct page *page, const struct panel *panel,
	const struct name *names, size_t count)
{
	double *places = calloc(count + 1, sizeof *places);
	char text[ROW_TEXT];

	if (!places)
		return;
	for (size_t i = 0; i < count; i++)
		places[i] = names[i].y;
	labels_spread(places, count, NAME_GAP, panel->top, panel->bottom);
	for (size_t i = 0; i < count; i++) {
		const struct look *look = &names[i].series->subject->look;
		uint32_t line = names[i].is_grey ? PALETTE_FAINT : look->line;

		if (names[i].x < panel->right - 3)
			page_rule(page, names[i].x + 5, names[i].y, panel->right,
				names[i].y, line, 3);
		page_rule(page, panel->right + 2, names[i].y,
			panel->right + NAME_INDENT - 5, places[i], line, 1);
		labels_fit(names[i].series->subject->title, label_points[LABEL_END],
			NAME_WIDTH, text, sizeof text);
		page_label(page, LABEL_END, LABEL_LEFT, panel->right + NAME_INDENT,
			places[i], names[i].is_grey ? PALETTE_MUTED : look->text, text);
	}
	free(places);
}

static void fill_panel(
	struct page *page, const struct series_list *list, const char *family)
{
	struct panel *panel = &page->panels[page->panel_count - 1];
	struct name *names = calloc(list->count + 1, sizeof *names);
	size_t count = 0;

	if (!names)
		return;
	/* References first, so that what was measured lies above them. */
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < list->count; i++) {
			const struct series *series = &list->items[i];
			bool is_grey = is_reference(list, series);
			const double *end;

			if (is_grey == (pass == 1) || !is_in(list, series, family) ||
				!series->count)
				continue;
			draw_curve(page, series, is_grey);
			end = series->points[series->count - 1];
			names[count++] = (struct name) { series, panel_x(panel, end[0]),
				panel_y(panel, end[1]), is_grey };
		}
	draw_names(page, panel, names, count);
	free(names);
}

static size_t members(const struct series_list *list, const char *family)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += is_in(list, &list->items[i], family);
	return count;
}

static void set_axes(struct panel *panel, const struct frame *frame,
	enum axis_unit x_unit, double width)
{
	size_t ticks = (size_t)(width / (x_unit == AXIS_TAIL ? 62 : 80));

	panel->x = frame->x;
	panel->y = frame->y;
	if (x_unit == AXIS_TAIL || x_unit == AXIS_BYTES)
		axis_log(&panel->x, x_unit, frame->x.low, frame->x.high, 0, ticks);
	panel->has_x_text = panel->has_y_text = true;
}

static void draw_together(const struct series_list *list, const struct frame *frame,
	double top, struct page *page)
{
	double width = page->width - PAGE_MARGIN - TICKS_LEFT - NAME_INDENT -
		       names_width(list, NULL);
	double height = fmax(HEIGHT_ONE, NAME_GAP * (double)members(list, NULL));
	struct panel *panel = page_panel(
		page, PAGE_MARGIN + TICKS_LEFT - 20, top, width, height);

	set_axes(panel, frame, frame->x_unit, width);
	fill_panel(page, list, NULL);
	page->height = top + height + PAGE_TICK_ROOM + page->foot;
}

#define FAMILIES_MAX 32

static size_t families(const struct series_list *list, const char **found)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count && count < FAMILIES_MAX; i++) {
		const struct series *series = &list->items[i];
		size_t f = 0;

		while (f < count && strcmp(found[f], series->subject->family) != 0)
			f++;
		if (f == count && !is_reference(list, series))
			found[count++] = series->subject->family;
	}
	return count;
}

static void family_title(struct page *page, const struct series_list *list,
	const char *family, double x, double y)
{
	uint32_t colour = PALETTE_INK;
	char text[80];

	for (size_t i = list->count; i-- > 0;)
		if (strcmp(list->items[i].subject->family, family) == 0)
			colour = list->items[i].subject->look.text;
	snprintf(text, sizeof text, "%s", family);
	if (text[0] >= 'a' && text[0] <= 'z')
		text[0] = (char)(text[0] - 'a' + 'A');
	page_label(page, LABEL_PANEL, LABEL_LEFT, x, y, colour, text);
}

static void draw_families(const struct series_list *list, const struct frame *frame,
	double top, struct page *page)
{
	const char *names[FAMILIES_MAX];
	size_t count = families(list, names), columns = count > 1 ? 2 : 1;
	double column, names_room = names_width(list, NULL);

	page->width = FAMILY_PAGE;
	column = (page->width - 2 * PAGE_MARGIN + 20) / (double)columns;
	for (size_t i = 0; i < list->count; i++) {
		page_grey_curve(page);
		for (size_t p = 0; p < list->items[i].count; p++)
			page_grey_point(page, list->items[i].points[p][0],
				list->items[i].points[p][1]);
	}
	for (size_t row = 0; row * columns < count; row++) {
		double height = HEIGHT_LEAST;

		for (size_t f = row * columns; f < count && f < (row + 1) * columns; f++)
			height = fmax(height,
				NAME_GAP * ((double)members(list, names[f]) - 0.5));
		for (size_t f = row * columns; f < count && f < (row + 1) * columns;
			f++) {
			double left = PAGE_MARGIN + TICKS_LEFT - 20 +
				      column * (double)(f - row * columns);
			double width = column - TICKS_LEFT - NAME_INDENT - names_room;
			struct panel *panel = page_panel(
				page, left, top + 16, width, height);

			set_axes(panel, frame, frame->x_unit, width);
			family_title(page, list, names[f], left, top - 4);
			fill_panel(page, list, names[f]);
		}
		top += 16 + height + PAGE_TICK_ROOM + PANEL_GAP;
	}
	page->height = top - PANEL_GAP + page->foot;
}

void series_draw(const struct series_list *list, enum axis_unit x_unit,
	enum axis_unit y_unit, double top, struct page *page)
{
	struct frame frame = { .x_unit = x_unit, .y_unit = y_unit };
	double low, high;

	if (!series_range(list, 0, 0, &low, &high))
		low = high = 1;
	axis_log(&frame.x, x_unit, low, high, 0, AXIS_TICKS);
	series_range(list, 1, 1, &low, &high);
	axis_log(&frame.y, y_unit, low, high, 0.04, 9);
	if (members(list, NULL) > TOGETHER_MAX)
		draw_families(list, &frame, top, page);
	else
		draw_together(list, &frame, top, page);
}
