/* figure_panels.c: small multiples by message size: one panel a mechanism. */
#include <math.h>
#include <stdlib.h>

#include "harness/base/text.h"
#include "plots/figure.h"
#include "plots/labels.h"
#include "plots/series.h"

#define TICKS_LEFT  92.0
#define PANEL_GAP_X 24.0
#define TITLE_ROOM  26.0 /* above a panel */
#define ROW_GAP     16.0
#define FLOORS_MOST 215.0 /* right of the last panel, for the names of the floors */
#define TICK_HALF   24.0 /* half of a tick's words */
#define FLOORS_GAP  17.0

struct grid {
	size_t count, columns; /* of panels */
	double top, width, height, pitch; /* of a panel; from row to row */
};

static struct grid make_grid(size_t count, double top, double page_width, double floors)
{
	static const double heights[] = { 0, 480, 330, 230, 190 };
	struct grid grid = { .count = count, .top = top };
	double room = page_width - 2 * PAGE_MARGIN - TICKS_LEFT + 20 - floors;

	grid.columns = count <= 3 ? count : count <= 12 ? 3 : 4;
	grid.width = (room - PANEL_GAP_X * (double)(grid.columns - 1)) /
		     (double)grid.columns;
	grid.height = heights[grid.columns];
	grid.pitch = grid.height + TITLE_ROOM + PAGE_TICK_ROOM + ROW_GAP;
	return grid;
}

static bool has_panel(const struct series_list *list, const struct series *series)
{
	return !series->subject->is_floor || !series_has_mechanisms(list);
}

static void draw_series(struct page *page, const struct series *series)
{
	const struct panel *panel = &page->panels[page->panel_count - 1];
	struct look look = series->subject->look;
	double ends[] = { panel->x.low, panel->x.high };
	double numbers[PAGE_CURVE];

	if (series->has_no_size)
		look.marker = 0;
	page_curve(page, &look);
	for (size_t p = 0; !series->has_no_size && p < series->count; p++)
		page_point(page, series->points[p], PAGE_CURVE);
	for (size_t e = 0; series->has_no_size && e < 2; e++) {
		numbers[0] = ends[e];
		for (size_t c = 1; c < PAGE_CURVE; c++)
			numbers[c] = series->points[0][c];
		page_point(page, numbers, PAGE_CURVE);
	}
}

static void title_panel(
	struct page *page, const struct panel *panel, const struct series *series)
{
	char text[ROW_TEXT];

	labels_fit(series->subject->title, PAGE_BOLD * label_points[LABEL_PANEL],
		panel->right - panel->left, text, sizeof text);
	page_label(page, LABEL_PANEL, LABEL_LEFT, panel->left, panel->top - 13,
		series->subject->look.text, text);
	/* Instead of sizes, which mean nothing here. */
	if (series->has_no_size)
		page_label(page, LABEL_SMALL, LABEL_CENTER,
			(panel->left + panel->right) / 2, panel->bottom + 18,
			PALETTE_MUTED, "wake-up, no payload");
}

#define FLOOR_TEXT (ROW_TEXT + TEXT_QUANTITY)
static void floor_text(const struct series *floor, char *text)
{
	char value[TEXT_QUANTITY], name[ROW_TEXT];

	text_ns(floor->points[0][1], value);
	labels_fit(floor->subject->title, label_points[LABEL_SMALL],
		FLOORS_MOST - 20 - labels_width(value, label_points[LABEL_SMALL]), name,
		sizeof name);
	snprintf(text, FLOOR_TEXT, "%s %s", name, value);
}

/* What the names of the floors take at the right of the grid. */
static double floors_room(const struct series_list *list)
{
	char text[FLOOR_TEXT];
	double room = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (has_panel(list, &list->items[i]) || !list->items[i].has_no_size)
			continue;
		floor_text(&list->items[i], text);
		room = fmax(room, labels_width(text, label_points[LABEL_SMALL]) + 20);
	}
	return room;
}

/* The floors without size: a dashed line in every panel of a row, named at its end. */
static void draw_floors(struct page *page, const struct series_list *list, size_t first)
{
	const struct panel *left = &page->panels[first];
	const struct panel *right = &page->panels[page->panel_count - 1];
	double *places = calloc(list->count + 1, sizeof *places);
	size_t count = 0;

	for (size_t i = 0; places && i < list->count; i++)
		if (!has_panel(list, &list->items[i]) && list->items[i].has_no_size)
			places[count++] = panel_y(left, list->items[i].points[0][1]);
	if (places)
		labels_spread(places, count, FLOORS_GAP, left->top, left->bottom);
	count = 0;
	for (size_t i = 0; places && i < list->count; i++) {
		const struct series *floor = &list->items[i];
		char text[FLOOR_TEXT];
		double y;

		if (has_panel(list, floor) || !floor->has_no_size)
			continue;
		y = panel_y(left, floor->points[0][1]);
		for (size_t p = first; p < page->panel_count; p++)
			page_rule(page, page->panels[p].left, y, page->panels[p].right, y,
				PALETTE_FAINT, 2);
		page_rule(page, right->right + 2, y, right->right + 15, places[count],
			PALETTE_FAINT, 1);
		floor_text(floor, text);
		page_label(page, LABEL_SMALL, LABEL_LEFT, right->right + 19,
			places[count], PALETTE_MUTED, text);
		count++;
	}
	free(places);
}

static void make_axes(const struct series_list *list, const struct figure *figure,
	const struct grid *grid, struct axis *x, struct axis *y)
{
	double low, high;

	if (!series_range(list, 0, 0, &low, &high)) {
		low = 1;
		high = 1 << 20;
	}
	/* Words at the ends would run into those of the next panel. */
	axis_log(x, AXIS_BYTES, low, high, 0.02, (size_t)(grid->width / 82) + 2);
	axis_trim(x, TICK_HALF / grid->width);
	series_range(list, 1, figure->value_count, &low, &high);
	axis_log(y, figure->unit, low, high, 0.03, (size_t)(grid->height / 30));
}

static void draw_grid(const struct series_list *list, const struct grid *grid,
	const struct axis *x, const struct axis *y, struct page *page)
{
	size_t at = 0, row_first = 0;

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
		panel->has_x_text = x->tick_count > 0 && !list->items[i].has_no_size;
		panel->has_y_text = column == 0;
		if (column == 0)
			row_first = page->panel_count - 1;
		title_panel(page, panel, &list->items[i]);
		draw_series(page, &list->items[i]);
		at++;
		if (column + 1 == grid->columns || at == grid->count)
			draw_floors(page, list, row_first);
	}
}

bool figure_panels(const struct figure *figure, const struct figure_data *data,
	const char *placement, struct page *page, FILE *csv)
{
	struct series_list list = { 0 };
	struct grid grid;
	struct axis x, y;
	size_t count = 0, rows;

	series_collect(data, figure->test, placement, figure->values, figure->value_count,
		&list);
	for (size_t i = 0; i < list.count; i++) {
		count += has_panel(&list, &list.items[i]);
		if (!has_panel(&list, &list.items[i]) || list.items[i].has_no_size)
			continue;
		page_grey_curve(page);
		for (size_t p = 0; p < list.items[i].count; p++)
			page_grey_point(page, list.items[i].points[p][0],
				list.items[i].points[p][1]);
	}
	if (count) {
		double top = figure_head(figure, data, placement,
			count > 1 ? "The other mechanisms in grey." : "", page);

		grid = make_grid(count, top, page->width, floors_room(&list));
		make_axes(&list, figure, &grid, &x, &y);
		draw_grid(&list, &grid, &x, &y, page);
		rows = (count + grid.columns - 1) / grid.columns;
		page->height = top + (double)rows * grid.pitch - ROW_GAP + page->foot;
		series_write(&list, figure->columns, figure->value_count + 1, csv);
	}
	series_free(&list);
	return page->panel_count > 0;
}
