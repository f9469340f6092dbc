/* series_panels.c: small multiples: a panel a mechanism, the others in grey, so that
 * crossing lines never tangle. What has one value and no size is a line of dots below. */
#include <math.h>
#include <stdlib.h>

#include "plots/dots.h"
#include "plots/labels.h"
#include "plots/series.h"

#define TICKS_LEFT  92.0
#define PANEL_GAP_X 24.0
#define TITLE_ROOM  26.0 /* above a panel */
#define ROW_GAP     12.0
#define FLOORS_MOST 235.0 /* right of the last panel, for the names of the floors */
#define TICK_HALF   24.0 /* half of a tick's words */
#define FLOORS_GAP  17.0
#define FLOORS_FAR  30.0 /* what is lower by this factor does not stretch the axis */
#define GREY_POINTS 12 /* of a curve that is repeated in every panel */

struct grid {
	size_t count, columns; /* of panels */
	double top, width, height, pitch; /* of a panel; from row to row */
};

static void make_grid(
	struct grid *grid, size_t count, double top, double floors, double page_width)
{
	static const double heights[] = { 0, 480, 330, 230, 190, 150 };
	double room;

	*grid = (struct grid) { .count = count, .top = top };
	grid->columns = count <= 3 ? count : count <= 12 ? 3 : count <= 20 ? 4 : 5;
	room = page_width - 2 * PAGE_MARGIN - TICKS_LEFT + 20 - floors;
	grid->width = (room - PANEL_GAP_X * (double)(grid->columns - 1)) /
		      (double)grid->columns;
	grid->height = heights[grid->columns];
	grid->pitch = grid->height + TITLE_ROOM + PAGE_TICK_ROOM + ROW_GAP;
}

static bool is_floor(const struct series_list *list, const struct series *series)
{
	return series->subject->is_floor && series_has_mechanisms(list);
}

static bool has_panel(const struct series_list *list, const struct series *series)
{
	return !is_floor(list, series) && !series->has_no_size;
}

size_t series_panel_count(const struct series_list *list)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += has_panel(list, &list->items[i]);
	return count;
}

/* Floors stand in the panels; where there are none, among the dots. */
static bool is_dot(
	const struct series_list *list, const struct series *series, size_t panels)
{
	return series->has_no_size && (!is_floor(list, series) || !panels);
}

/* All panels have their names in one size: the larger one if all names fit. */
static enum label_kind title_kind(const struct series_list *list, double room)
{
	double points = PAGE_BOLD * label_points[LABEL_PANEL];

	for (size_t i = 0; i < list->count; i++)
		if (has_panel(list, &list->items[i]) &&
			labels_width(list->items[i].subject->title, points) > room)
			return LABEL_NARROW;
	return LABEL_PANEL;
}

static void title_panel(struct page *page, const struct panel *panel,
	const struct series_list *list, const struct series *series)
{
	double room = panel->right - panel->left + PANEL_GAP_X;
	enum label_kind kind = title_kind(list, room);
	char text[ROW_TEXT];

	labels_fit(series->subject->title, PAGE_BOLD * label_points[kind], room, text,
		sizeof text);
	page_label(page, kind, LABEL_LEFT, panel->left, panel->top - 13,
		series->subject->look.text, text);
}

static double floor_value(const struct series *floor)
{
	return floor->points[floor->count - 1][1];
}

#define FLOOR_TEXT (ROW_TEXT + TEXT_QUANTITY + 8)
/* "system call 88.1 ns"; an arrow where it lies below the panel. A floor that has sizes
 * is a curve, and its value no one number. */
static void floor_text(const struct series *floor, bool is_below, char *text)
{
	char value[TEXT_QUANTITY] = "", name[ROW_TEXT];

	if (floor->has_no_size)
		text_ns(floor_value(floor), value);
	labels_fit(floor->subject->title, label_points[LABEL_SMALL],
		FLOORS_MOST - 40 - labels_width(value, label_points[LABEL_SMALL]), name,
		sizeof name);
	snprintf(text, FLOOR_TEXT, "%s%s%s%s", is_below ? "↓ " : "", name,
		*value ? " " : "", value);
}

/* What the names of the floors take at the right of the grid. */
static double floors_room(const struct series_list *list)
{
	char text[FLOOR_TEXT];
	double room = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (!is_floor(list, &list->items[i]))
			continue;
		floor_text(&list->items[i], true, text);
		room = fmax(room, labels_width(text, label_points[LABEL_SMALL]) + 20);
	}
	return room;
}

/* A floor in one panel: a dashed line, or a dashed curve. */
static void draw_floor(struct page *page, const struct series *floor)
{
	const struct panel *panel = &page->panels[page->panel_count - 1];
	const struct look look = { .line = PALETTE_FAINT, .dash = 2, .marker = 0 };

	if (floor->has_no_size) {
		double y = panel_y(panel, floor_value(floor));

		page_rule(page, panel->left, y, panel->right, y, PALETTE_FAINT, 2);
		return;
	}
	page_curve(page, &look);
	/* References go without intervals. */
	for (size_t p = 0; p < floor->count; p++)
		page_point(page, floor->points[p], 2);
}

static bool is_below(const struct panel *panel, const struct series *floor)
{
	return floor_value(floor) < panel->y.low;
}

/* The names of the floors, right of the last panel of a row. */
static void name_floors(struct page *page, const struct series_list *list)
{
	const struct panel *panel = &page->panels[page->panel_count - 1];
	double *places = calloc(list->count + 1, sizeof *places);
	size_t count = 0;

	for (size_t i = 0; places && i < list->count; i++)
		if (is_floor(list, &list->items[i]))
			places[count++] = fmin(panel->bottom,
				panel_y(panel, floor_value(&list->items[i])));
	if (places)
		labels_spread(places, count, FLOORS_GAP, panel->top, panel->bottom);
	count = 0;
	for (size_t i = 0; places && i < list->count; i++) {
		const struct series *floor = &list->items[i];
		char text[FLOOR_TEXT];

		if (!is_floor(list, floor))
			continue;
		if (!is_below(panel, floor))
			page_rule(page, panel->right + 2,
				panel_y(panel, floor_value(floor)), panel->right + 15,
				places[count], PALETTE_FAINT, 1);
		floor_text(floor, is_below(panel, floor), text);
		page_label(page, LABEL_SMALL, LABEL_LEFT, panel->right + 19,
			places[count++], PALETTE_MUTED, text);
	}
	free(places);
}

/* What is drawn in panels decides; floors far below it would press it together. */
static void y_range(const struct series_list *list, const struct series_form *form,
	double *low, double *high)
{
	double all;
	struct series_list one;

	series_range(list, 1, form->value_count, &all, high);
	*low = INFINITY;
	for (size_t i = 0; i < list->count; i++) {
		double least, most;

		one = (struct series_list) { &list->items[i], 1 };
		if (has_panel(list, &list->items[i]) &&
			series_range(&one, 1, form->value_count, &least, &most))
			*low = fmin(*low, least);
	}
	*low = fmax(all, *low / FLOORS_FAR);
}

static void make_axes(const struct series_list *list, const struct series_form *form,
	const struct grid *grid, struct axis *x, struct axis *y)
{
	const bool is_tail = form->x == AXIS_TAIL;
	double low, high;

	series_range(list, 0, 0, &low, &high);
	axis_log(x, form->x, low, high, is_tail ? 0 : 0.02,
		(size_t)(grid->width / (is_tail ? 52 : 82)) + (is_tail ? 0 : 2));
	/* Words at the ends would run into those of the next panel. */
	axis_trim(x, is_tail ? 0 : TICK_HALF / grid->width, TICK_HALF / grid->width);
	y_range(list, form, &low, &high);
	axis_log(y, form->y, low, high, 0.03, (size_t)(grid->height / 30));
}

static void draw_panel(
	struct page *page, const struct series_list *list, const struct series *series)
{
	struct look look = series->subject->look;

	title_panel(page, &page->panels[page->panel_count - 1], list, series);
	for (size_t i = 0; i < list->count; i++)
		if (is_floor(list, &list->items[i]) &&
			!is_below(&page->panels[page->panel_count - 1], &list->items[i]))
			draw_floor(page, &list->items[i]);
	look.dash = 1; /* nothing to be told from */
	page_curve(page, &look);
	for (size_t p = 0; p < series->count; p++)
		page_point(page, series->points[p], PAGE_CURVE);
}

/* Returns where it ends. */
static double draw_grid(const struct series_list *list, const struct grid *grid,
	const struct axis *x, const struct axis *y, struct page *page)
{
	size_t at = 0, rows = (grid->count + grid->columns - 1) / grid->columns;

	for (size_t i = 0; i < list->count; i++) {
		size_t row = at / grid->columns, column = at % grid->columns;
		struct panel *panel;

		if (!has_panel(list, &list->items[i]))
			continue;
		panel = page_panel(page,
			PAGE_MARGIN + TICKS_LEFT - 20 +
				(double)column * (grid->width + PANEL_GAP_X),
			grid->top + TITLE_ROOM - 8 + (double)row * grid->pitch,
			grid->width, grid->height);
		panel->x = *x;
		panel->y = *y;
		panel->has_x_text = x->tick_count > 0;
		panel->has_y_text = column == 0;
		draw_panel(page, list, &list->items[i]);
		at++;
		if (column + 1 == grid->columns || at == grid->count)
			name_floors(page, list);
	}
	return grid->top + grid->pitch * (double)rows;
}

/* The bands of the panels lie along the line here. The script takes x, y, and both ends
 * of the light and of the dark band. The median is a curve of its own: timed in batches,
 * it may lie outside of the bands. */
static void draw_bands(struct page *page, const struct series *series, double y)
{
	static const struct {
		size_t column; /* of the series */
		bool is_dark;
	} places[] = { { 2, false }, { 3, false }, { 3, true }, { 4, true }, { 4, false },
		{ 5, false } };
	const double half = 0.3; /* of a line */
	const double *value = series->points[0];
	struct look look = series->subject->look;

	look.marker = DOTS_FILLED;
	page_curve(page, &look);
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		double dark = places[i].is_dark ? half : 0;

		page_point(page,
			(double[]) { value[places[i].column], NAN, y - half, y - dark,
				y + dark, y + half },
			6);
	}
	page_curve(page, &look);
	page_point(page, (double[]) { value[1], y }, 2);
}

static void draw_dots(const struct series_list *list, const struct series_form *form,
	size_t panels, double top, struct page *page)
{
	struct series_list shown = { 0 };
	struct dots dots = { .titles = { "median", "p95" }, .column_count = 2 };
	double low, high;

	for (size_t i = 0; i < list->count; i++) {
		const struct series *series = &list->items[i];
		struct dots_line *line;

		if (!is_dot(list, series, panels))
			continue;
		shown.items = page_grow(shown.items, shown.count, sizeof *shown.items);
		shown.items[shown.count++] = *series;
		line = dots_add(&dots, series->subject);
		text_ns(series->points[0][1], line->words[0]);
		text_ns(series->points[0][5], line->words[1]);
	}
	if (shown.count) {
		series_range(&shown, 1, form->value_count, &low, &high);
		dots_draw(&dots, "Without payload", form->y, low, high, top, page);
	}
	for (size_t i = 0; i < shown.count; i++)
		draw_bands(page, &shown.items[i], dots.lines[i].y);
	free(shown.items);
	dots_free(&dots);
}

/* The outline is enough, and each panel has it again. */
static void draw_grey(struct page *page, const struct series *series)
{
	size_t step = 1 + series->count / GREY_POINTS;

	page_grey_curve(page);
	for (size_t p = 0; p < series->count; p++)
		if (p % step == 0 || p + 1 == series->count)
			page_grey_point(page, series->points[p][0], series->points[p][1]);
}

void series_panels(const struct series_list *list, const struct series_form *form,
	double top, struct page *page)
{
	size_t count = series_panel_count(list);

	for (size_t i = 0; i < list->count; i++)
		if (has_panel(list, &list->items[i]))
			draw_grey(page, &list->items[i]);
	if (count) {
		struct grid grid;
		struct axis x, y;

		make_grid(&grid, count, top, floors_room(list), page->width);
		make_axes(list, form, &grid, &x, &y);
		top = draw_grid(list, &grid, &x, &y, page);
		page->height = top - ROW_GAP + page->foot;
		top += TITLE_ROOM;
	}
	draw_dots(list, form, count, top, page);
}
