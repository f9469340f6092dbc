/* figure_changes.c: the change of each case, candidate against base. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "mechanisms/mechanism.h"
#include "plots/figure_one.h"
#include "plots/labels.h"
#include "results/format.h"

#define ROW_HEIGHT   32.0
#define GROUP_GAP    14.0
#define HEAD_HEIGHT  44.0 /* of a section: its name and the directions */
#define SECTION_GAP  (PAGE_TICK_ROOM + 34.0)
#define ROWS_MOST    90
#define RIGHT_ROOM   280.0 /* change and verdict */
#define RANGE_LEAST  0.05
#define RANGE_MOST   0.6
#define SHADE        0xf1f3f5u
#define VERDICT_ROOM 118.0

static const uint32_t verdict_colours[VERDICTS] = { [VERDICT_NO_CHANGE] = 0x6b7280,
	[VERDICT_FASTER] = 0x0072b2,
	[VERDICT_SLOWER] = 0xb84f00,
	[VERDICT_INCONCLUSIVE] = 0x8a6300 };

static const struct section {
	const char *title, *less, *more;
} sections[QUANTITIES] = {
	[QUANTITY_TIME] = { "Time", "◀ faster", "slower ▶" },
	[QUANTITY_RATE] = { "Throughput", "◀ slower", "faster ▶" },
	[QUANTITY_CAPACITY] = { "Capacity", "◀ smaller", "larger ▶" },
	[QUANTITY_MEMORY] = { "Memory", "◀ smaller", "larger ▶" },
};

struct rows {
	const struct change **items;
	size_t count, left_out, same_capacities;
	bool has_blocks; /* more than one: each row names its own */
	double left;
	double ranges[QUANTITIES];
	bool goes_on; /* an interval is wider than its panel */
};

static bool is_drawn(const struct change *change)
{
	return isfinite(change->decision.ratio);
}

/* What has changed or may have comes first, then the rest while there is room; all in
 * their order. */
static int choose(const struct changes *changes, struct rows *rows)
{
	size_t wanted = 0, quiet = 0, room;

	rows->items = calloc(changes->count + 1, sizeof(void *));
	if (!rows->items)
		return -ENOMEM;
	for (size_t i = 0; i < changes->count; i++) {
		const struct change *change = &changes->items[i];

		wanted += is_drawn(change) &&
			  change->decision.verdict != VERDICT_NO_CHANGE;
	}
	room = wanted < ROWS_MOST ? ROWS_MOST - wanted : 0;
	for (const struct change *change = changes_next(changes, NULL); change;
		change = changes_next(changes, change)) {
		bool is_quiet = change->decision.verdict == VERDICT_NO_CHANGE;

		if (!is_drawn(change))
			continue;
		if (is_quiet && change->quantity == QUANTITY_CAPACITY) {
			rows->same_capacities++;
		} else if (is_quiet ? quiet >= room : rows->count - quiet >= ROWS_MOST) {
			rows->left_out++;
		} else {
			rows->items[rows->count++] = change;
			quiet += is_quiet;
			rows->has_blocks |= change->block != rows->items[0]->block;
		}
	}
	return 0;
}

static const char *title_of(const struct change *change)
{
	const struct mechanism *mechanism = mechanism_find(change->mechanism);

	return mechanism ? mechanism->title : change->mechanism;
}

/* "shared-l3, 64 KiB". */
static void row_label(
	const struct rows *rows, const struct change *change, char *text, size_t size)
{
	char bytes[TEXT_QUANTITY] = "no payload";

	if (change->size_bytes > 0)
		text_bytes((double)change->size_bytes, bytes);
	snprintf(text, size, "%.60s%s%.90s%s%.180s%s%.30s",
		rows->has_blocks ? change->placement : "",
		rows->has_blocks && *change->where ? " " : "",
		rows->has_blocks ? change->where : "", rows->has_blocks ? ", " : "",
		change->detail, *change->detail ? ", " : "", bytes);
}

/* How far an interval, or a dot without one, lies from 0. */
static double reach(const struct change *change)
{
	const struct decision *decision = &change->decision;

	return decision->coverage > 0
		       ? fmax(fabs(decision->low - 1), fabs(decision->high - 1))
		       : fabs(decision->ratio - 1);
}

static void measure(struct rows *rows)
{
	double names = 0, labels = 0;

	for (int i = 0; i < QUANTITIES; i++)
		rows->ranges[i] = RANGE_LEAST;
	for (size_t i = 0; i < rows->count; i++) {
		const struct change *change = rows->items[i];
		double *range = &rows->ranges[change->quantity];
		char text[2 * ROW_TEXT];

		row_label(rows, change, text, sizeof text);
		names = fmax(names, PAGE_BOLD * labels_width(title_of(change),
							label_points[LABEL_PANEL]));
		labels = fmax(labels, labels_width(text, label_points[LABEL_END]));
		*range = fmax(*range,
			1.1 * fmax(reach(change), fabs(change->decision.ratio - 1)));
		rows->goes_on |= reach(change) > RANGE_MOST;
	}
	for (int i = 0; i < QUANTITIES; i++)
		rows->ranges[i] = fmin(rows->ranges[i], RANGE_MOST);
	rows->left = PAGE_MARGIN + fmin(names, 260) + 18 + fmin(labels, 260) + 14;
}

static void set_x_axis(struct axis *axis, double range)
{
	static const double steps[] = { 0.01, 0.02, 0.05, 0.1, 0.2 };
	size_t step = 0;

	while (step + 1 < sizeof steps / sizeof steps[0] && range / steps[step] > 4)
		step++;
	*axis = (struct axis) { .low = -range, .high = range, .is_linear = true };
	for (int i = -6; i <= 6 && axis->tick_count < AXIS_TICKS; i++) {
		double at = i * steps[step];
		struct tick *tick = &axis->ticks[axis->tick_count];

		if (fabs(at) > range)
			continue;
		tick->at = at;
		snprintf(tick->text, sizeof tick->text, i ? "%s%.0f %%" : "0",
			i < 0 ? "−" : "+", fabs(100 * at));
		axis->tick_count++;
	}
}

/* "−0.4 %", with a sign of the right width. */
static void percent_text(const struct change *change, char *text)
{
	char number[FORMAT_TEXT];

	format_percent(change->decision.ratio, number);
	snprintf(text, FORMAT_TEXT + 2, "%s%s", *number == '-' ? "−" : "",
		number + (*number == '-'));
}

static void draw_row(struct page *page, const struct rows *rows,
	const struct change *change, size_t panel_index, double y)
{
	const struct panel *panel = &page->panels[panel_index];
	const struct decision *decision = &change->decision;
	uint32_t colour = verdict_colours[decision->verdict];
	struct look look = { colour, colour, 1, 7 };
	bool has_bar = decision->coverage > 0;
	double at = decision->ratio - 1, range = rows->ranges[change->quantity];
	double low = has_bar ? decision->low - 1 : at;
	double high = has_bar ? decision->high - 1 : at;
	char text[2 * ROW_TEXT], fitted[2 * ROW_TEXT];

	page_curve(page, &look);
	page_point(page,
		(double[]) { fmin(fmax(at, -range), range), panel->bottom - y,
			fmax(low, -range), fmin(high, range) },
		4);
	row_label(rows, change, text, sizeof text);
	labels_fit(text, label_points[LABEL_END], 260, fitted, sizeof fitted);
	page_label(
		page, LABEL_END, LABEL_RIGHT, rows->left - 14, y, PALETTE_MUTED, fitted);
	percent_text(change, text);
	page_label(page, LABEL_END, LABEL_RIGHT,
		page->width - PAGE_MARGIN - VERDICT_ROOM - 24, y, colour, text);
	page_label(page, LABEL_END, LABEL_LEFT, page->width - PAGE_MARGIN - VERDICT_ROOM,
		y, colour, change_verdict(change));
}

static void draw_head(struct page *page, const struct rows *rows, enum quantity quantity,
	double right, double y)
{
	const struct section *section = &sections[quantity];
	bool is_more = quantity_more_is_better(quantity);

	page_label(page, LABEL_PANEL, LABEL_LEFT, PAGE_MARGIN, y, PALETTE_INK,
		section->title);
	page_label(page, LABEL_END, LABEL_LEFT, rows->left, y,
		verdict_colours[is_more ? VERDICT_SLOWER : VERDICT_FASTER],
		section->less);
	page_label(page, LABEL_END, LABEL_RIGHT, right, y,
		verdict_colours[is_more ? VERDICT_FASTER : VERDICT_SLOWER],
		section->more);
	page_label(page, LABEL_END, LABEL_RIGHT,
		page->width - PAGE_MARGIN - VERDICT_ROOM - 24, y, PALETTE_MUTED,
		"change");
	page_label(page, LABEL_END, LABEL_LEFT, page->width - PAGE_MARGIN - VERDICT_ROOM,
		y, PALETTE_MUTED, "verdict");
}

static bool opens_group(const struct change *change, const struct change *previous)
{
	return !previous || strcmp(change->mechanism, previous->mechanism) != 0 ||
	       change->block != previous->block;
}

static double section_height(const struct rows *rows, enum quantity quantity)
{
	const struct change *previous = NULL;
	double height = 0;

	for (size_t i = 0; i < rows->count; i++) {
		const struct change *change = rows->items[i];

		if (change->quantity != quantity)
			continue;
		height += ROW_HEIGHT;
		if (previous && opens_group(change, previous))
			height += GROUP_GAP;
		previous = change;
	}
	return height;
}

/* One panel for each test; returns where the next one can begin. */
static double draw_section(struct page *page, const struct rows *rows,
	const struct changes *changes, enum quantity quantity, double top)
{
	double height = section_height(rows, quantity), y = top + HEAD_HEIGHT;
	double right = page->width - PAGE_MARGIN - RIGHT_ROOM;
	const struct look zero = { PALETTE_FAINT, PALETTE_FAINT, 1, 7 };
	const struct change *previous = NULL;
	double margin = changes->rule.margin, range = rows->ranges[quantity];
	struct panel *panel;
	size_t index;

	if (height <= 0)
		return top;
	draw_head(page, rows, quantity, right, top + 8);
	panel = page_panel(page, rows->left, y - 8, right - rows->left, height + 16);
	index = page->panel_count - 1;
	set_x_axis(&panel->x, range);
	panel->y = (struct axis) {
		.low = 0, .high = panel->bottom - panel->top, .is_linear = true
	};
	panel->has_x_text = true;
	if (margin > 0)
		page_cell(page, panel_x(panel, fmax(-range, 1 / (1 + margin) - 1)),
			panel->top, panel_x(panel, fmin(range, margin)), panel->bottom,
			SHADE);
	page_curve(page, &zero);
	page_point(page, (double[]) { 0, 0 }, 2);
	page_point(page, (double[]) { 0, panel->bottom - panel->top }, 2);
	for (size_t i = 0; i < rows->count; i++) {
		const struct change *change = rows->items[i];
		char name[ROW_TEXT];

		if (change->quantity != quantity)
			continue;
		if (previous && opens_group(change, previous))
			y += GROUP_GAP;
		if (opens_group(change, previous)) {
			labels_fit(title_of(change),
				PAGE_BOLD * label_points[LABEL_PANEL], 260, name,
				sizeof name);
			page_label(page, LABEL_PANEL, LABEL_LEFT, PAGE_MARGIN,
				y + ROW_HEIGHT / 2, PALETTE_INK, name);
		}
		draw_row(page, rows, change, index, y + ROW_HEIGHT / 2);
		y += ROW_HEIGHT;
		previous = change;
	}
	return y + SECTION_GAP;
}

static void head_words(const struct changes *changes, const struct rows *rows,
	char subtitle[PAGE_LABEL_TEXT], char note[PAGE_LABEL_TEXT])
{
	size_t used = (size_t)snprintf(subtitle, PAGE_LABEL_TEXT,
		"Dot: median ratio; bar: %.4g %% interval; shaded: within ±%.3g %%, counted as "
		"no change.",
		100 * (1 - changes->rule.alpha), 100 * changes->rule.margin);

	if (rows->same_capacities)
		used += (size_t)snprintf(subtitle + used, PAGE_LABEL_TEXT - used,
			" Capacities without change: %zu, not shown.",
			rows->same_capacities);
	if (rows->goes_on)
		used += (size_t)snprintf(subtitle + used, PAGE_LABEL_TEXT - used,
			" A bar that reaches the edge goes on beyond it.");
	if (rows->left_out)
		snprintf(subtitle + used, PAGE_LABEL_TEXT - used,
			" %zu more cases are left out.", rows->left_out);
	snprintf(note, PAGE_LABEL_TEXT, "%.80s%s%.120s%s  →  %.80s%s%.120s%s",
		changes->base_name, *changes->base_says ? " (" : "", changes->base_says,
		*changes->base_says ? ")" : "", changes->candidate_name,
		*changes->candidate_says ? " (" : "", changes->candidate_says,
		*changes->candidate_says ? ")" : "");
}

int figure_changes(const struct changes *changes, const char *path, struct why *why)
{
	char subtitle[PAGE_LABEL_TEXT], note[PAGE_LABEL_TEXT];
	struct rows rows = { .items = NULL };
	struct page page;
	double top;
	int error = choose(changes, &rows);

	if (error)
		return why_say(why, ENOMEM, "draw %s", path);
	if (!rows.count) {
		free(rows.items);
		why_say(why, 0, "%s is not drawn: %s", path,
			rows.same_capacities ? "only capacities were compared, and none "
					       "changed"
					     : "no case could be compared");
		return -ENODATA;
	}
	measure(&rows);
	head_words(changes, &rows, subtitle, note);
	page_open(&page);
	top = page_head(&page, "Change by case, candidate against base", subtitle, note);
	for (int i = 0; i < QUANTITIES; i++)
		top = draw_section(&page, &rows, changes, (enum quantity)i, top);
	page.height = top - SECTION_GAP + PAGE_TICK_ROOM + page.foot + 12;
	error = figure_one_draw("changes", &page, path, why);
	page_close(&page);
	free(rows.items);
	return error;
}
