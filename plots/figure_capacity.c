/* figure_capacity.c: bytes accepted while nobody reads: a panel for each mechanism with a
 * size setting, and lines for those without. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "plots/dots.h"
#include "plots/figure.h"
#include "plots/labels.h"
#include "plots/series.h"

#define TICKS_LEFT  92.0
#define NAMES_RIGHT 84.0 /* write sizes at the line ends */
#define NAMES_GAP   20.0
#define TITLE_ROOM  26.0
#define ROW_GAP     72.0
#define AXIS_NAME   60.0 /* below a panel */

/* Columns of a point beside x (the setting) and y (bytes accepted). */
enum { IS_EXACT = 2, WRITE_SIZE = 3, IS_STANDARD = 4 };

/* One panel: the series (one a write size) first..first + count - 1 of the list. */
struct holder {
	const struct subject *subject;
	size_t first, count;
	char setting[ROW_TEXT]; /* "": none to sweep */
	bool is_in_bytes;
};

struct capacity {
	struct series_list list;
	struct holder *holders;
	size_t count;
};

static bool is_in_bytes(const struct summary_row *row)
{
	const struct mechanism *mechanism = mechanism_find(row->mechanism);
	int index = mechanism ? mechanism_setting(mechanism, row->sweep_setting) : -1;

	return index < 0 || strcmp(mechanism->settings[index].unit, "bytes") == 0;
}

static void add_row(struct capacity *capacity, const struct subject *subject,
	const struct summary_row *row)
{
	struct holder *holder = capacity->count ? &capacity->holders[capacity->count - 1]
						: NULL;
	double numbers[PAGE_CURVE] = { NAN, (double)row->capacity_bytes,
		row->is_exact == 1, (double)row->size_bytes,
		row->sweep_wanted == ROW_UNKNOWN, NAN };
	bool is_new = !holder || holder->subject != subject;

	if (is_new) {
		capacity->holders = page_grow(
			capacity->holders, capacity->count, sizeof *capacity->holders);
		holder = &capacity->holders[capacity->count++];
		*holder = (struct holder) { .subject = subject,
			.first = capacity->list.count,
			.is_in_bytes = is_in_bytes(row) };
	}
	if (row->sweep_setting[0] && row->sweep_value > 0) {
		numbers[0] = (double)row->sweep_value;
		memcpy(holder->setting, row->sweep_setting, ROW_TEXT);
	}
	if (is_new ||
		capacity->list.items[capacity->list.count - 1].points[0][WRITE_SIZE] !=
			numbers[WRITE_SIZE]) {
		series_begin(&capacity->list, subject);
		holder->count++;
	}
	series_point(&capacity->list, numbers);
}

static void collect(
	const struct figure_data *data, const char *placement, struct capacity *capacity)
{
	for (size_t s = 0; s < data->subject_count; s++) {
		const struct summary_row *row = NULL;

		while ((row = figure_row(data, row, TEST_CAPACITY, placement,
				data->subjects[s].name)))
			if (row->capacity_bytes > 0)
				add_row(capacity, &data->subjects[s], row);
	}
}

/* x covers the settings of all panels that are counted in bytes, or of this one alone. */
static void set_x(
	struct panel *panel, const struct capacity *capacity, const struct holder *holder)
{
	double low = INFINITY, high = 0;
	size_t ticks = (size_t)((panel->right - panel->left) / 72);

	for (size_t h = 0; h < capacity->count; h++) {
		const struct holder *other = &capacity->holders[h];
		const struct series_list part = { &capacity->list.items[other->first],
			other->count };
		double least, most;

		if ((other != holder && !(holder->is_in_bytes && other->is_in_bytes)) ||
			!series_range(&part, 0, 0, &least, &most))
			continue;
		low = fmin(low, least);
		high = fmax(high, most);
	}
	axis_log(&panel->x, holder->is_in_bytes ? AXIS_BYTES : AXIS_COUNT, low, high,
		0.06, ticks);
	panel->has_x_text = true;
}

/* As many bytes as the setting says. */
static void draw_diagonal(struct page *page, const struct panel *panel)
{
	double low = fmax(panel->x.low, panel->y.low);
	double high = fmin(panel->x.high, panel->y.high);

	if (low < high)
		page_rule(page, panel_x(panel, low), panel_y(panel, low),
			panel_x(panel, high), panel_y(panel, high), PALETTE_FAINT, 3);
}

static void draw_standard(struct page *page, const struct panel *panel,
	const struct capacity *capacity, const struct holder *holder)
{
	for (size_t i = 0; i < holder->count; i++) {
		const struct series *series = &capacity->list.items[holder->first + i];

		for (size_t p = 0; p < series->count; p++)
			if (series->points[p][IS_STANDARD] == 1 &&
				series->points[p][0] > 0) {
				double x = panel_x(panel, series->points[p][0]);

				page_rule(page, x, panel->top, x, panel->bottom,
					PALETTE_FAINT, 2);
				return;
			}
	}
}

/* What the system chooses by itself, and changes while it is filled (TCP), is no value of
 * the sweep: it stands alone. */
static bool is_apart(const double *point)
{
	return point[IS_STANDARD] == 1 && point[IS_EXACT] != 1 && !isnan(point[0]);
}

/* The point where the name of a curve is tied: the last one that is drawn; NULL where
 * none is. */
static const double *curve_end(const struct series *series)
{
	const double *apart = NULL;

	for (size_t p = series->count; p-- > 0;) {
		if (!is_apart(series->points[p]) && !isnan(series->points[p][0]))
			return series->points[p];
		if (is_apart(series->points[p]))
			apart = series->points[p];
	}
	return apart;
}

/* What has no place on a logarithmic axis (a setting of 0) is in the data only. */
static void draw_points(struct page *page, const struct series *series)
{
	for (int pass = 0; pass < 2; pass++)
		for (size_t p = 0; p < series->count; p++) {
			if (is_apart(series->points[p]) != (pass == 1) ||
				isnan(series->points[p][0]))
				continue;
			if (pass == 1)
				page_gap(page);
			page_point(page, series->points[p], PAGE_CURVE);
		}
}

/* The write size of a curve at its end. */
static void name_curve(struct page *page, const struct panel *panel, const double *end,
	const struct look *look, double place)
{
	double y = panel_y(panel, end[1]);
	char text[TEXT_QUANTITY];

	page_rule(
		page, panel_x(panel, end[0]) + 8, y, panel->right - 2, y, look->line, 3);
	page_rule(page, panel->right - 2, y, panel->right + 13, place, look->line, 1);
	page_label(page, LABEL_SMALL, LABEL_LEFT, panel->right + 17, place, look->text,
		text_bytes(end[WRITE_SIZE], text));
}

static void draw_writes(struct page *page, const struct panel *panel,
	const struct capacity *capacity, const struct holder *holder)
{
	const struct series *writes = &capacity->list.items[holder->first];
	double *places = calloc(holder->count + 1, sizeof *places);
	struct look look;
	size_t count = 0;

	for (size_t i = 0; places && i < holder->count; i++) {
		palette_look(holder->subject->family, i, &look);
		page_curve(page, &look);
		draw_points(page, &writes[i]);
		if (curve_end(&writes[i]))
			places[count++] = panel_y(panel, curve_end(&writes[i])[1]);
	}
	if (places)
		labels_spread(places, count, NAMES_GAP, panel->top, panel->bottom);
	count = 0;
	for (size_t i = 0; places && i < holder->count; i++) {
		palette_look(holder->subject->family, i, &look);
		if (curve_end(&writes[i]))
			name_curve(page, panel, curve_end(&writes[i]), &look,
				places[count++]);
	}
	free(places);
}

static void draw_panel(struct page *page, struct panel *panel,
	const struct capacity *capacity, const struct holder *holder)
{
	double width = panel->right - panel->left;
	char text[ROW_TEXT];

	labels_fit(holder->subject->title, PAGE_BOLD * label_points[LABEL_PANEL],
		width + NAMES_RIGHT - 24, text, sizeof text);
	page_label(page, LABEL_PANEL, LABEL_LEFT, panel->left, panel->top - 13,
		holder->subject->look.text, text);
	labels_fit(holder->setting, label_points[LABEL_SMALL], width, text, sizeof text);
	page_label(page, LABEL_SMALL, LABEL_CENTER, panel->left + width / 2,
		panel->bottom + AXIS_NAME, PALETTE_MUTED, text);
	if (holder->is_in_bytes)
		draw_diagonal(page, panel);
	draw_standard(page, panel, capacity, holder);
	draw_writes(page, panel, capacity, holder);
}

/* A panel for each mechanism with a size setting; returns where they end. */
static double draw_panels(const struct capacity *capacity, double top, struct page *page)
{
	size_t count = 0, columns, rows, at = 0;
	double pitch_x, pitch_y, height, low, high;

	for (size_t h = 0; h < capacity->count; h++)
		count += capacity->holders[h].setting[0] != '\0';
	if (!count)
		return top;
	columns = count < 3 ? count : 3;
	rows = (count + columns - 1) / columns;
	pitch_x = (page->width - 2 * PAGE_MARGIN + 20) / (double)columns;
	height = columns == 1 ? 420 : columns == 2 ? 320 : 240;
	pitch_y = height + TITLE_ROOM + PAGE_TICK_ROOM + ROW_GAP - 16;
	series_range(&capacity->list, 1, 1, &low, &high);
	for (size_t h = 0; h < capacity->count; h++) {
		size_t row = at / columns;
		struct panel *panel;

		if (!capacity->holders[h].setting[0])
			continue;
		panel = page_panel(page,
			PAGE_MARGIN + TICKS_LEFT - 20 + pitch_x * (double)(at % columns),
			top + TITLE_ROOM - 8 + pitch_y * (double)row,
			pitch_x - TICKS_LEFT - NAMES_RIGHT + 16, height);
		axis_log(&panel->y, AXIS_BYTES, low, high, 0.08, 7);
		panel->has_y_text = true;
		set_x(panel, capacity, &capacity->holders[h]);
		draw_panel(page, panel, capacity, &capacity->holders[h]);
		at++;
	}
	top += pitch_y * (double)rows;
	page->height = top - ROW_GAP + 40 + page->foot;
	return top;
}

/* The column of a write size; -1 where there is no room for it. */
static int write_column(const double *sizes, size_t count, double size)
{
	for (size_t i = 0; i < count; i++)
		if (sizes[i] == size)
			return (int)i;
	return -1;
}

/* The write sizes of those without size setting, ascending, as many as have room. */
static size_t find_writes(const struct capacity *capacity, double sizes[DOTS_COLUMNS])
{
	size_t count = 0;

	for (size_t h = 0; h < capacity->count; h++)
		for (size_t i = 0; i < capacity->holders[h].count; i++) {
			const struct holder *holder = &capacity->holders[h];
			double size = capacity->list.items[holder->first + i]
					      .points[0][WRITE_SIZE];
			size_t at = count;

			if (holder->setting[0] || count == DOTS_COLUMNS ||
				write_column(sizes, count, size) >= 0)
				continue;
			for (; at > 0 && sizes[at - 1] > size; at--)
				sizes[at] = sizes[at - 1];
			sizes[at] = size;
			count++;
		}
	return count;
}

static void put_line(const struct capacity *capacity, const struct holder *holder,
	const double *sizes, struct dots *dots)
{
	struct dots_line *line = dots_add(dots, holder->subject);

	for (size_t i = 0; i < holder->count; i++) {
		const double *point = capacity->list.items[holder->first + i].points[0];
		int column = write_column(sizes, dots->column_count, point[WRITE_SIZE]);
		char text[TEXT_QUANTITY];

		if (column >= 0)
			snprintf(line->words[column], TEXT_QUANTITY, "%s%.24s",
				point[IS_EXACT] == 1 ? "" : "~",
				text_bytes(point[1], text));
	}
}

/* A mark for each write size, as in the panels. */
static void draw_marks(struct page *page, const struct capacity *capacity,
	const struct holder *holder, double y)
{
	for (size_t i = 0; i < holder->count; i++) {
		const double *point = capacity->list.items[holder->first + i].points[0];
		struct look look;

		palette_look(holder->subject->family, i, &look);
		page_curve(page, &look);
		page_point(page, (double[]) { point[1], y, point[IS_EXACT] }, 3);
	}
}

/* A line for each mechanism without size setting. */
static void draw_lines(const struct capacity *capacity, double top, struct page *page)
{
	struct dots dots = { 0 };
	double sizes[DOTS_COLUMNS], low, high;
	size_t at = 0;

	dots.column_count = find_writes(capacity, sizes);
	for (size_t i = 0; i < dots.column_count; i++)
		text_bytes(sizes[i], dots.titles[i]);
	for (size_t h = 0; h < capacity->count; h++)
		if (!capacity->holders[h].setting[0])
			put_line(capacity, &capacity->holders[h], sizes, &dots);
	if (dots.count) {
		series_range(&capacity->list, 1, 1, &low, &high);
		dots_draw(&dots, "Without a size option, by write size", AXIS_BYTES, low,
			high, top, page);
	}
	for (size_t h = 0; h < capacity->count; h++)
		if (!capacity->holders[h].setting[0])
			draw_marks(page, capacity, &capacity->holders[h],
				dots.lines[at++].y);
	dots_free(&dots);
}

/* Capacity has nothing to do with where the sides run: the first placement is shown. */
bool figure_capacity(const struct figure *figure, const struct figure_data *data,
	const char *placement, struct page *page, FILE *csv)
{
	const struct summary_row *first = figure_row(
		data, NULL, figure->test, placement, NULL);
	struct capacity capacity = { 0 };

	if (first)
		collect(data, first->placement, &capacity);
	if (capacity.count) {
		double top = figure_head(figure, data, first->placement, "", page);

		top = draw_panels(&capacity, top, page);
		draw_lines(&capacity, top, page);
		series_write(&capacity.list, figure->columns, IS_STANDARD + 1, csv);
	}
	series_free(&capacity.list);
	free(capacity.holders);
	return page->panel_count > 0;
}
