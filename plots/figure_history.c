/* figure_history.c: cases over many runs, those that changed first. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "plots/figure_one.h"
#include "plots/labels.h"
#include "results/format.h"

#define PANELS_MOST 24
#define COLUMNS     2
#define TICKS_LEFT  84.0
#define PANEL_GAP   104.0
#define PANEL_HIGH  150.0
#define TITLE_ROOM  40.0
#define ROW_GAP     52.0
#define SLOWER      0xb84f00u
#define FASTER      0x0072b2u

static const struct look quiet = { 0x6b7280, 0x6b7280, 1, 7 };

static const struct history_change *next_change(
	const struct history *history, size_t series, const struct history_change *after)
{
	const struct history_change *end = history->changes + history->change_count;
	const struct history_change *change = after ? after + 1 : history->changes;

	while (change && change < end && change->series != series)
		change++;
	return change && change < end ? change : NULL;
}

static enum axis_unit unit_of(const struct history_series *series)
{
	return series->quantity == QUANTITY_TIME ? AXIS_NS
	       : series->quantity == QUANTITY_CAPACITY ||
			       series->quantity == QUANTITY_MEMORY
		       ? AXIS_BYTES
	       : strcmp(series->unit, "B/s") == 0 ? AXIS_RATE
						  : AXIS_COUNT;
}

static bool range_of(
	const struct history_series *series, size_t count, double *low, double *high)
{
	*low = INFINITY;
	*high = 0;
	for (size_t i = 0; i < count; i++)
		if (series->values[i] > 0) {
			*low = fmin(*low, series->values[i]);
			*high = fmax(*high, series->values[i]);
		}
	return *high > 0;
}

/* Ticks of y where a logarithmic axis over less than an octave would have none: its ends.
 */
static void set_y_axis(
	struct axis *axis, const struct history_series *series, double low, double high)
{
	axis_log(axis, unit_of(series), low / 1.02, high * 1.02, 0.04, 5);
	if (axis->tick_count >= 2)
		return;
	axis->tick_count = 0;
	for (int i = 0; i < 2; i++) {
		struct tick *tick = &axis->ticks[axis->tick_count];
		struct change like = { .quantity = series->quantity,
			.unit = series->unit };

		tick->at = i ? high : low;
		quantity_text(&like, tick->at, tick->text);
		/* One level needs one word. */
		axis->tick_count += !i || high > low * 1.01;
	}
}

static void draw_changes(struct page *page, const struct history *history, size_t index,
	size_t panel_index)
{
	const struct history_change *change = NULL;
	double right = 0;

	while ((change = next_change(history, index, change))) {
		const struct panel *panel = &page->panels[panel_index];
		double x = panel_x(
			panel, ((double)change->before + (double)change->at) / 2);
		uint32_t colour = change->verdict == VERDICT_SLOWER ? SLOWER : FASTER;
		char text[FORMAT_TEXT + 96], percent[FORMAT_TEXT];
		double half;

		page_rule(page, x, panel->top, x, panel->bottom, colour, 2);
		snprintf(text, sizeof text, "%s %.40s",
			format_percent(change->high_level / change->low_level, percent),
			history->runs[change->at].commit);
		half = labels_width(text, label_points[LABEL_SMALL]) / 2;
		/* Words that would run into those before them are left away; the dashed
		 * line stays. */
		if (x - half < right)
			continue;
		page_label(page, LABEL_SMALL, LABEL_CENTER,
			fmax(fmin(x, panel->right - half), panel->left + half),
			panel->top - 8, colour, text);
		right = x + half + 8;
	}
}

static void draw_series(struct page *page, const struct history *history, size_t index,
	double left, double top, double width)
{
	const struct history_series *series = &history->series[index];
	char text[EXPORT_NAME];
	struct panel *panel;
	double low, high;

	if (!range_of(series, history->run_count, &low, &high))
		return;
	panel = page_panel(page, left, top + TITLE_ROOM, width, PANEL_HIGH);
	panel->x = (struct axis) {
		.low = -0.5, .high = (double)history->run_count - 0.5, .is_linear = true
	};
	set_y_axis(&panel->y, series, low, high);
	panel->has_y_text = true;
	labels_fit(series->name, PAGE_BOLD * label_points[LABEL_END], width, text,
		sizeof text);
	page_label(page, LABEL_END, LABEL_LEFT, left, top + 8, PALETTE_INK, text);
	page_curve(page, &quiet);
	for (size_t i = 0; i < history->run_count; i++) {
		/* The line of a level ends where the next one begins. */
		if (i && !isnan(series->levels[i]) && !isnan(series->levels[i - 1]) &&
			fabs(series->levels[i] / series->levels[i - 1] - 1) > 1e-12)
			page_gap(page);
		page_point(page,
			(double[]) { (double)i, series->values[i], series->levels[i] },
			3);
	}
	draw_changes(page, history, index, page->panel_count - 1);
}

/* Series with changes first. `order` has room for all; returns how many are drawn. */
static size_t choose(const struct history *history, size_t *order)
{
	size_t count = 0;

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < history->series_count && count < PANELS_MOST;
			i++) {
			bool has = next_change(history, i, NULL) != NULL;

			if (has == (pass == 0) && history->series[i].known > 1)
				order[count++] = i;
		}
	return count;
}

static void head_words(const struct history *history, size_t drawn,
	char subtitle[PAGE_LABEL_TEXT], char note[PAGE_LABEL_TEXT])
{
	const struct export_run *first = history->runs;
	const struct export_run *last = first + history->run_count - 1;
	size_t used = (size_t)snprintf(subtitle, PAGE_LABEL_TEXT,
		"Dot: median of a run; line: its level; dashed: where the level changed, "
		"by how much, and the first commit after.");

	if (drawn < history->series_count)
		snprintf(subtitle + used, PAGE_LABEL_TEXT - used,
			" %zu more cases are left out.", history->series_count - drawn);
	snprintf(note, PAGE_LABEL_TEXT,
		"%zu runs, %.40s%s%.60s  →  %.40s%s%.60s, equally spaced in the order of time",
		history->run_count, first->time_utc, *first->commit ? " " : "",
		first->commit, last->time_utc, *last->commit ? " " : "", last->commit);
}

int figure_history(const struct history *history, const char *path, struct why *why)
{
	char subtitle[PAGE_LABEL_TEXT], note[PAGE_LABEL_TEXT];
	size_t *order = calloc(history->series_count + 1, sizeof *order);
	double pitch = TITLE_ROOM + PANEL_HIGH + ROW_GAP, top, width;
	struct page page;
	size_t count, rows;
	int error;

	if (!order)
		return why_say(why, ENOMEM, "draw %s", path);
	count = choose(history, order);
	head_words(history, count, subtitle, note);
	page_open(&page);
	top = page_head(&page, "Cases over many runs", subtitle, note);
	width = (page.width - 2 * PAGE_MARGIN - TICKS_LEFT + 20 - PANEL_GAP) / COLUMNS;
	rows = (count + COLUMNS - 1) / COLUMNS;
	for (size_t i = 0; i < count; i++) {
		size_t row = i / COLUMNS;

		draw_series(&page, history, order[i],
			PAGE_MARGIN + TICKS_LEFT - 20 +
				(double)(i % COLUMNS) * (width + PANEL_GAP),
			top + (double)row * pitch, width);
	}
	page.height = top + (double)rows * pitch - ROW_GAP + 20 + page.foot;
	error = page.panel_count ? figure_one_draw("history", &page, path, why)
				 : why_say(why, ENODATA, "draw %s", path);
	page_close(&page);
	free(order);
	return error;
}
