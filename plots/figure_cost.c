/* figure_cost.c: round trip against the CPU time of both sides, one point a mechanism. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plots/figure.h"
#include "plots/labels.h"
#include "plots/scatter.h"
#include "plots/series.h"

#define TICKS_LEFT  92.0
#define BUSY_ROOM   26.0 /* above the panel, for what the dashed lines mean */
#define BUSY_RIGHT  112.0 /* and beside it */
#define FAMILY_ROOM 30.0
#define HEIGHT_FEW  560.0
#define HEIGHT_MANY 860.0
#define MANY        24
#define AXIS_NAME   46.0 /* below the panel */

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
		series_point(
			list, (double[PAGE_CURVE]) { cpu, row->median_ns, row->user_ns,
				      row->system_ns, (double)row->size_bytes, NAN });
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
			.width = labels_width(list->items[i].subject->title,
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

bool figure_cost(const struct figure *figure, const struct figure_data *data,
	const char *placement, struct page *page, FILE *csv)
{
	struct series_list list = { 0 };

	collect(data, placement, false, &list);
	if (!list.count)
		collect(data, placement, true, &list);
	if (list.count) {
		double height = list.count > MANY ? HEIGHT_MANY : HEIGHT_FEW;
		double top = figure_head(figure, data, placement, "", page);
		struct scatter_line lines[2];
		struct panel *panel;

		name_families(page, &list, top);
		top += FAMILY_ROOM + BUSY_ROOM;
		panel = page_panel(page, PAGE_MARGIN + TICKS_LEFT - 20, top,
			page->width - 2 * PAGE_MARGIN - TICKS_LEFT + 20 - BUSY_RIGHT,
			height);
		set_axes(panel, &list);
		lines[0] = draw_busy(page, panel, 1, "one CPU busy");
		lines[1] = draw_busy(page, panel, 2, "two CPUs busy");
		for (size_t i = 0; i < list.count; i++) {
			page_curve(page, &list.items[i].subject->look);
			page_point(page, list.items[i].points[0], PAGE_CURVE);
		}
		draw_names(page, panel, &list, lines);
		page_label(page, LABEL_SMALL, LABEL_CENTER,
			(panel->left + panel->right) / 2, panel->bottom + AXIS_NAME,
			PALETTE_MUTED, "CPU time of both sides per round trip");
		page->height = panel->bottom + AXIS_NAME + 18 + page->foot;
		series_write(&list, figure->columns, 5, csv);
	}
	series_free(&list);
	return page->panel_count > 0;
}
