/* figure_capacity.c: bytes accepted while nobody reads, by the mechanism's size
 * setting. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "plots/figure.h"
#include "plots/labels.h"
#include "plots/series.h"

#define TICKS_LEFT  92.0
#define NAMES_RIGHT 84.0 /* write sizes at the line ends */
#define NAMES_GAP   20.0
#define TITLE_ROOM  26.0
#define ROW_GAP     60.0

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

		if (other != holder && !(holder->is_in_bytes && other->is_in_bytes))
			continue;
		for (size_t i = 0; i < other->count; i++) {
			const struct series *series =
				&capacity->list.items[other->first + i];

			for (size_t p = 0; p < series->count; p++)
				if (series->points[p][0] > 0) {
					low = fmin(low, series->points[p][0]);
					high = fmax(high, series->points[p][0]);
				}
		}
	}
	if (!(high > 0) || !holder->setting[0]) {
		axis_log(&panel->x, AXIS_BYTES, 1, 4, 0, 1);
		panel->x.tick_count = 0;
		return;
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

/* The point where the name of a curve is tied: its last one. */
static const double *curve_end(const struct series *series)
{
	for (size_t p = series->count; p-- > 0;)
		if (!is_apart(series->points[p]))
			return series->points[p];
	return series->points[series->count - 1];
}

/* What has no place on a logarithmic axis (a setting of 0) is in the data only. */
static void draw_points(struct page *page, const struct series *series, bool has_setting)
{
	for (int pass = 0; pass < 2; pass++)
		for (size_t p = 0; p < series->count; p++) {
			double numbers[PAGE_CURVE];

			if (is_apart(series->points[p]) != (pass == 1) ||
				(has_setting && isnan(series->points[p][0])))
				continue;
			if (pass == 1)
				page_gap(page);
			memcpy(numbers, series->points[p], sizeof numbers);
			if (isnan(numbers[0]))
				numbers[0] =
					2; /* the middle of the axis without values */
			page_point(page, numbers, PAGE_CURVE);
		}
}

static void draw_writes(struct page *page, const struct panel *panel,
	const struct capacity *capacity, const struct holder *holder)
{
	double *places = calloc(holder->count + 1, sizeof *places);
	char text[TEXT_QUANTITY];

	for (size_t i = 0; places && i < holder->count; i++) {
		const struct series *series = &capacity->list.items[holder->first + i];
		struct look look;

		palette_look(holder->subject->family, i, &look);
		page_curve(page, &look);
		draw_points(page, series, holder->setting[0]);
		places[i] = panel_y(panel, curve_end(series)[1]);
	}
	if (places)
		labels_spread(
			places, holder->count, NAMES_GAP, panel->top, panel->bottom);
	for (size_t i = 0; places && i < holder->count; i++) {
		const struct series *series = &capacity->list.items[holder->first + i];
		const double *end = curve_end(series);
		struct look look;

		palette_look(holder->subject->family, i, &look);
		page_rule(page,
			isnan(end[0]) ? (panel->left + panel->right) / 2 + 8
				      : panel_x(panel, end[0]) + 8,
			panel_y(panel, end[1]), panel->right - 2, panel_y(panel, end[1]),
			look.line, 3);
		page_rule(page, panel->right - 2, panel_y(panel, end[1]),
			panel->right + 13, places[i], look.line, 1);
		page_label(page, LABEL_SMALL, LABEL_LEFT, panel->right + 17, places[i],
			look.text, text_bytes(end[WRITE_SIZE], text));
	}
	free(places);
}

static void draw_panel(struct page *page, struct panel *panel,
	const struct capacity *capacity, const struct holder *holder)
{
	const char *option = holder->setting[0] ? holder->setting : "no size option";
	double width = panel->right - panel->left;
	char text[ROW_TEXT];

	labels_fit(holder->subject->title, PAGE_BOLD * label_points[LABEL_PANEL],
		width + NAMES_RIGHT - 24, text, sizeof text);
	page_label(page, LABEL_PANEL, LABEL_LEFT, panel->left, panel->top - 13,
		holder->subject->look.text, text);
	/* As the name of the x axis, below its ticks. */
	labels_fit(option, label_points[LABEL_SMALL], width, text, sizeof text);
	page_label(page, LABEL_SMALL, LABEL_CENTER, panel->left + width / 2,
		panel->bottom + (panel->has_x_text ? 46 : 18), PALETTE_MUTED, text);
	if (holder->setting[0] && holder->is_in_bytes)
		draw_diagonal(page, panel);
	draw_standard(page, panel, capacity, holder);
	draw_writes(page, panel, capacity, holder);
}

static void draw_all(const struct capacity *capacity, double top, struct page *page)
{
	size_t columns = capacity->count < 3 ? capacity->count : 3, rows;
	double pitch_x = (page->width - 2 * PAGE_MARGIN + 20) / (double)columns;
	double height = columns == 1 ? 420 : columns == 2 ? 320 : 240;
	double pitch_y = height + TITLE_ROOM + PAGE_TICK_ROOM + ROW_GAP - 16;
	double low, high;

	rows = (capacity->count + columns - 1) / columns;
	series_range(&capacity->list, 1, 1, &low, &high);
	for (size_t h = 0; h < capacity->count; h++) {
		const struct holder *holder = &capacity->holders[h];
		size_t row = h / columns;
		struct panel *panel = page_panel(page,
			PAGE_MARGIN + TICKS_LEFT - 20 + pitch_x * (double)(h % columns),
			top + TITLE_ROOM - 8 + pitch_y * (double)row,
			pitch_x - TICKS_LEFT - NAMES_RIGHT + 16, height);

		axis_log(&panel->y, AXIS_BYTES, low, high, 0.08, 7);
		panel->has_y_text = true;
		set_x(panel, capacity, holder);
		draw_panel(page, panel, capacity, holder);
	}
	page->height = top + pitch_y * (double)rows - ROW_GAP + 32 + page->foot;
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

		draw_all(&capacity, top, page);
		series_write(&capacity.list, figure->columns, IS_STANDARD + 1, csv);
	}
	series_free(&capacity.list);
	free(capacity.holders);
	return page->panel_count > 0;
}
