/* figure_cost.c: round trip against the CPU time of both sides, one point a mechanism. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plots/dots.h"
#include "plots/figure.h"
#include "plots/labels.h"
#include "plots/scatter.h"
#include "plots/series.h"

#define TICKS_LEFT  92.0
#define BUSY_ROOM   26.0 /* above the panel, for what the dashed lines mean */
#define BUSY_RIGHT  112.0 /* and beside it */
#define FAMILY_ROOM 30.0
#define HEIGHT      520.0
#define NAME_ROOM   1.08 /* capitals are wider than the average */
#define NAMES_MOST  24 /* points; more are named below alone */
#define AXIS_NAME   60.0 /* below the panel */
#define DOTS_ROOM   50.0 /* from there to the lines below */

/* Columns of a point: x and y, and what the lines below tell besides. */
enum { CPU = 0, ROUND_TRIP = 1, USER = 2, SYSTEM = 3, SIZE = 4, SWITCHES = 5, BUSY = 6 };

/* One series of one point a mechanism; floors only where there is nothing else. */
static void collect(const struct figure_data *data, const char *placement,
	bool has_floors, struct series_list *list)
{
	for (size_t s = 0; s < data->subject_count; s++) {
		const struct subject *subject = &data->subjects[s];
		const struct summary_row *row = figure_small_row(
			data, placement, subject->name);
		double cpu;

		if (!row || subject->is_floor != has_floors)
			continue;
		cpu = row->user_ns + row->system_ns;
		/* A logarithmic axis has no place for nothing. */
		if (!(cpu > 0) || !(row->median_ns > 0))
			continue;
		series_begin(list, subject);
		series_point(list, (double[PAGE_CURVE]) { [CPU] = cpu,
					   [ROUND_TRIP] = row->median_ns,
					   [USER] = row->user_ns,
					   [SYSTEM] = row->system_ns,
					   [SIZE] = (double)row->size_bytes,
					   [SWITCHES] = row->switches,
					   [BUSY] = row->busy_cpus });
	}
}

/* The line of `cpus` CPUs that are busy all the time, named at its upper end. Returns
 * where it runs; outside of the panel nowhere. */
static struct scatter_line draw_busy(
	struct page *page, const struct panel *panel, double cpus, const char *name)
{
	struct scatter_line line = { 0, 0, 0, 0 };
	double low = fmax(panel->x.low, panel->y.low * cpus);
	double high = fmin(panel->x.high, panel->y.high * cpus);
	double x, y;

	if (!(low < high))
		return line;
	x = panel_x(panel, high);
	y = panel_y(panel, high / cpus);
	line = (struct scatter_line) { panel_x(panel, low), panel_y(panel, low / cpus), x,
		y };
	page_rule(page, line.x0, line.y0, x, y, PALETTE_FAINT, 2);
	if (x > panel->right - 1)
		page_label(page, LABEL_SMALL, LABEL_LEFT, x + 8, y, PALETTE_MUTED, name);
	else
		page_label(page, LABEL_SMALL, cpus < 2 ? LABEL_RIGHT : LABEL_LEFT, x,
			y - 12, PALETTE_MUTED, name);
	return line;
}

/* The families in their hues, in a line above the panel. */
static void name_families(struct page *page, const struct series_list *list, double y)
{
	double x = PAGE_MARGIN;

	for (size_t i = 0; i < list->count; i++) {
		const struct subject *subject = list->items[i].subject;
		struct look look;

		if (i && strcmp(list->items[i - 1].subject->family, subject->family) == 0)
			continue;
		palette_look(subject->family, 0, &look);
		page_cell(page, x, y - 6, x + 12, y + 6, look.line);
		page_label(page, LABEL_END, LABEL_LEFT, x + 18, y, look.text,
			subject->family);
		x += 18 + labels_width(subject->family, label_points[LABEL_END]) + 26;
	}
}

static void draw_names(struct page *page, const struct panel *panel,
	const struct series_list *list, const struct scatter_line lines[2])
{
	struct scatter_name *names = calloc(list->count + 1, sizeof *names);

	if (!names)
		return;
	for (size_t i = 0; i < list->count; i++) {
		const double *point = list->items[i].points[0];

		names[i] = (struct scatter_name) { .x = panel_x(panel, point[0]),
			.y = panel_y(panel, point[1]),
			.width = NAME_ROOM * labels_width(list->items[i].subject->title,
						     label_points[LABEL_SMALL]) };
	}
	scatter_place(names, list->count, lines, 2, panel->left + 4, panel->top + 2,
		panel->right - 2, panel->bottom - 4);
	for (size_t i = 0; i < list->count; i++) {
		const struct subject *subject = list->items[i].subject;

		if (names[i].has_leader)
			page_rule(page, names[i].x, names[i].y, names[i].end_x,
				names[i].end_y, subject->look.line, 1);
		page_label(page, LABEL_SMALL, LABEL_LEFT, names[i].left, names[i].middle,
			subject->look.text, subject->title);
	}
	free(names);
}

static void set_axes(struct panel *panel, const struct series_list *list)
{
	double low, high;

	series_range(list, 0, 0, &low, &high);
	axis_log(&panel->x, AXIS_NS, low, high, 0.09, 12);
	series_range(list, 1, 1, &low, &high);
	axis_log(&panel->y, AXIS_NS, low, high, 0.07, 12);
	panel->has_x_text = panel->has_y_text = true;
}

static void draw_scatter(struct page *page, const struct series_list *list, double top)
{
	struct scatter_line lines[2];
	struct panel *panel = page_panel(page, PAGE_MARGIN + TICKS_LEFT - 20, top,
		page->width - 2 * PAGE_MARGIN - TICKS_LEFT + 20 - BUSY_RIGHT, HEIGHT);

	set_axes(panel, list);
	lines[0] = draw_busy(page, panel, 1, "one CPU busy");
	lines[1] = draw_busy(page, panel, 2, "two CPUs busy");
	for (size_t i = 0; i < list->count; i++) {
		page_curve(page, &list->items[i].subject->look);
		page_point(page, list->items[i].points[0], PAGE_CURVE);
	}
	if (list->count <= NAMES_MOST)
		draw_names(page, panel, list, lines);
	page_label(page, LABEL_SMALL, LABEL_CENTER, (panel->left + panel->right) / 2,
		panel->bottom + AXIS_NAME, PALETTE_MUTED,
		"CPU time of both sides per round trip");
}

/* A ring at the CPU time, a disc at the round trip, and a line from one to the other. */
static void draw_marks(struct page *page, const struct panel *panel,
	const struct series *series, double y)
{
	const double *point = series->points[0];
	struct look look = series->subject->look;

	page_rule(page, panel_x(panel, point[CPU]), panel_y(panel, y),
		panel_x(panel, point[ROUND_TRIP]), panel_y(panel, y), look.line, 1);
	look.marker = DOTS_HOLLOW;
	page_curve(page, &look);
	page_point(page, (double[]) { point[CPU], y }, 2);
	look.marker = DOTS_FILLED;
	page_curve(page, &look);
	page_point(page, (double[]) { point[ROUND_TRIP], y }, 2);
}

static void put_number(double value, char *words)
{
	snprintf(words, TEXT_QUANTITY, "-");
	if (!isnan(value))
		snprintf(words, TEXT_QUANTITY, "%.2f", value);
}

/* The same values by name, and what they are made of. */
static void draw_lines(struct page *page, const struct series_list *list, double top)
{
	struct dots dots = { .titles = { "round trip", "user", "system", "CPUs busy",
				     "switches" },
		.column_count = 5 };
	struct panel *panel;
	double low, high;

	for (size_t i = 0; i < list->count; i++) {
		const double *point = list->items[i].points[0];
		struct dots_line *line = dots_add(&dots, list->items[i].subject);

		text_ns(point[ROUND_TRIP], line->words[0]);
		text_ns(point[USER], line->words[1]);
		text_ns(point[SYSTEM], line->words[2]);
		put_number(point[BUSY], line->words[3]);
		put_number(point[SWITCHES], line->words[4]);
	}
	series_range(list, CPU, ROUND_TRIP, &low, &high);
	panel = dots_draw(&dots, "Round trip (disc) and CPU time (ring)", AXIS_NS, low,
		high, top, page);
	for (size_t i = 0; i < list->count; i++)
		draw_marks(page, panel, &list->items[i], dots.lines[i].y);
	dots_free(&dots);
}

bool figure_cost(const struct figure *figure, const struct figure_data *data,
	const char *placement, struct page *page, FILE *csv)
{
	struct series_list list = { 0 };

	collect(data, placement, false, &list);
	if (!list.count)
		collect(data, placement, true, &list);
	if (list.count) {
		double top = figure_head(figure, data, placement, "", page);

		name_families(page, &list, top);
		top += FAMILY_ROOM + BUSY_ROOM;
		draw_scatter(page, &list, top);
		draw_lines(page, &list, top + HEIGHT + AXIS_NAME + DOTS_ROOM);
		series_write(&list, figure->columns, PAGE_CURVE, csv);
	}
	series_free(&list);
	return page->panel_count > 0;
}
