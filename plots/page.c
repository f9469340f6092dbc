#include "plots/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plots/labels.h"

const double label_points[LABEL_KINDS] = { 22, 14, 11, 15, 14, 11, 16, 13 };

#define LINE_HEIGHT 25.0
#define NOTE_HEIGHT 20.0

void *page_grow(void *items, size_t count, size_t item_size)
{
	/* Doubling at the powers of two. */
	if (count & (count - 1))
		return items;
	items = realloc(items, (count ? 2 * count : 1) * item_size);
	if (!items) {
		fputs("ipcmark: no memory left for figures\n", stderr);
		exit(EXIT_FAILURE);
	}
	return items;
}

void page_open(struct page *page)
{
	*page = (struct page) { .width = PAGE_WIDTH };
	page->curves = open_memstream(&page->curve_text, &page->curve_size);
	page->grey = open_memstream(&page->grey_text, &page->grey_size);
	if (!page->curves || !page->grey) {
		fputs("ipcmark: no memory left for figures\n", stderr);
		exit(EXIT_FAILURE);
	}
}

void page_close(struct page *page)
{
	fclose(page->curves);
	fclose(page->grey);
	free(page->curve_text);
	free(page->grey_text);
	free(page->panels);
	free(page->labels);
	free(page->rules);
	free(page->cells);
	free(page->looks);
}

/* Lines of a long text, from `y` on downwards; returns how many. */
static size_t paragraph(struct page *page, enum label_kind kind, double y,
	double line_height, const char *text)
{
	size_t lines = 0;

	while (*text) {
		char line[PAGE_LABEL_TEXT];
		size_t length = labels_break(
			text, label_points[kind], page->width - 2 * PAGE_MARGIN);

		snprintf(line, sizeof line, "%.*s", (int)length, text);
		page_label(page, kind, LABEL_LEFT, PAGE_MARGIN,
			y + (double)lines * line_height, PALETTE_MUTED, line);
		text += length;
		text += strspn(text, " \n");
		lines++;
	}
	return lines;
}

double page_head(
	struct page *page, const char *title, const char *subtitle, const char *note)
{
	size_t lines, notes;

	page_label(page, LABEL_TITLE, LABEL_LEFT, PAGE_MARGIN, 42, PALETTE_INK, title);
	lines = paragraph(page, LABEL_SUBTITLE, 84, LINE_HEIGHT, subtitle);
	notes = paragraph(page, LABEL_NOTE, -22, NOTE_HEIGHT, note);
	/* The last line of the footnote has a fixed place; the others stand above it. */
	for (size_t i = 0; i < notes; i++)
		page->labels[page->label_count - 1 - i].y = -22 - NOTE_HEIGHT * (double)i;
	page->foot = 34 + NOTE_HEIGHT * (double)notes;
	return 84 + LINE_HEIGHT * (double)lines + 28;
}

struct panel *page_panel(
	struct page *page, double left, double top, double width, double height)
{
	struct panel *panel;

	page->panels = page_grow(page->panels, page->panel_count, sizeof *page->panels);
	panel = &page->panels[page->panel_count++];
	*panel = (struct panel) { .left = left,
		.right = left + width,
		.top = top,
		.bottom = top + height,
		.first_curve = page->curve_count };
	return panel;
}

double panel_x(const struct panel *panel, double value)
{
	return panel->left + axis_place(&panel->x, value) * (panel->right - panel->left);
}

double panel_y(const struct panel *panel, double value)
{
	return panel->bottom -
	       axis_place(&panel->y, value) * (panel->bottom - panel->top);
}

void page_label(struct page *page, enum label_kind kind, enum label_side side, double x,
	double y, uint32_t colour, const char *text)
{
	struct page_label *label;

	page->labels = page_grow(page->labels, page->label_count, sizeof *page->labels);
	label = &page->labels[page->label_count++];
	*label = (struct page_label) {
		.kind = kind, .side = side, .x = x, .y = y, .colour = colour
	};
	snprintf(label->text, sizeof label->text, "%s", text);
}

void page_rule(struct page *page, double x0, double y0, double x1, double y1,
	uint32_t colour, int dash)
{
	page->rules = page_grow(page->rules, page->rule_count, sizeof *page->rules);
	page->rules[page->rule_count++] = (struct page_rule) { x0, y0, x1, y1, colour,
		dash };
}

void page_cell(
	struct page *page, double x0, double y0, double x1, double y1, uint32_t colour)
{
	page->cells = page_grow(page->cells, page->cell_count, sizeof *page->cells);
	page->cells[page->cell_count++] = (struct page_cell) { x0, y0, x1, y1, colour };
}

void page_curve(struct page *page, const struct look *look)
{
	page->looks = page_grow(page->looks, page->curve_count, sizeof *page->looks);
	page->looks[page->curve_count] = *look;
	/* Two empty lines end a data set; the point without value keeps an empty curve
	 * from swallowing them. */
	fputs(page->curve_count ? "\n\n" : "", page->curves);
	page_point(page, (double[]) { NAN }, 1);
	page->curve_count++;
	page->panels[page->panel_count - 1].curve_count++;
}

void page_point(struct page *page, const double *numbers, size_t count)
{
	for (size_t i = 0; i < PAGE_CURVE; i++) {
		double number = i < count ? numbers[i] : NAN;

		fprintf(page->curves, i ? " " : "");
		if (isfinite(number))
			fprintf(page->curves, "%.8g", number);
		else
			fprintf(page->curves, "NaN");
	}
	fprintf(page->curves, "\n");
}

void page_gap(struct page *page)
{
	fprintf(page->curves, "\n");
}

void page_grey_curve(struct page *page)
{
	fprintf(page->grey, "\n"); /* one empty line lifts the pen */
}

void page_grey_point(struct page *page, double x, double y)
{
	if (isfinite(x) && isfinite(y))
		fprintf(page->grey, "%.8g %.8g\n", x, y);
}
