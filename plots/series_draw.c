/* series_draw.c: some series in one panel, with names at the line ends. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plots/labels.h"
#include "plots/series.h"

#define TOGETHER_MAX 12 /* series in one panel; above, a panel each */
#define NAME_GAP     23.0 /* between two names at line ends */
#define NAME_INDENT  26.0 /* from the panel to its names; the leaders run there */
#define NAME_WIDTH   245.0
#define TICKS_LEFT   112.0
#define HEIGHT       560.0
#define PANELS_WIDE  20 /* panels; more of them take a wide page */
#define WIDE_PAGE    1440.0

static bool is_reference(const struct series_list *list, const struct series *series)
{
	return series->subject->is_floor && series_has_mechanisms(list);
}

static double names_width(const struct series_list *list)
{
	double width = 60;

	for (size_t i = 0; i < list->count; i++)
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

static void fill_panel(struct page *page, const struct series_list *list)
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

			if (is_grey == (pass == 1) || !series->count)
				continue;
			draw_curve(page, series, is_grey);
			end = series->points[series->count - 1];
			names[count++] = (struct name) { series, panel_x(panel, end[0]),
				panel_y(panel, end[1]), is_grey };
		}
	draw_names(page, panel, names, count);
	free(names);
}

static bool is_parted(const struct series_list *list, const struct series_form *form)
{
	return form->is_parted || list->count > TOGETHER_MAX;
}

void series_prepare(const struct series_list *list, const struct series_form *form,
	struct page *page, char *words, size_t size)
{
	size_t used = strlen(words), panels = series_panel_count(list);

	if (!is_parted(list, form))
		return;
	if (panels > 1)
		snprintf(words + used, size - used, "%sThe other mechanisms in grey.",
			used ? " " : "");
	if (panels > PANELS_WIDE)
		page->width = WIDE_PAGE;
}

void series_draw(const struct series_list *list, const struct series_form *form,
	double top, struct page *page)
{
	double width = page->width - PAGE_MARGIN - TICKS_LEFT - NAME_INDENT -
		       names_width(list);
	size_t ticks = (size_t)(width / (form->x == AXIS_TAIL ? 62 : 80));
	struct panel *panel;
	double low, high;

	if (is_parted(list, form)) {
		series_panels(list, form, top, page);
		return;
	}
	panel = page_panel(page, PAGE_MARGIN + TICKS_LEFT - 20, top, width, HEIGHT);
	if (!series_range(list, 0, 0, &low, &high))
		low = high = 1;
	axis_log(&panel->x, form->x, low, high, 0, ticks);
	series_range(list, 1, 1, &low, &high);
	axis_log(&panel->y, form->y, low, high, 0.04, 9);
	panel->has_x_text = panel->has_y_text = true;
	fill_panel(page, list);
	page->height = top + HEIGHT + PAGE_TICK_ROOM + page->foot;
}
