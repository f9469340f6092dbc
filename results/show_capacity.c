/* show_capacity.c: what each mechanism holds while nobody reads, as a table. */
#include <inttypes.h>
#include <string.h>

#include "harness/base/text.h"
#include "results/show_tables.h"

static void capacity_words(const struct summary_row *row, char *text, size_t size)
{
	char bytes[TEXT_QUANTITY], each[TEXT_QUANTITY];

	if (row->capacity_bytes == ROW_UNKNOWN) {
		snprintf(text, size, "-");
		return;
	}
	snprintf(text, size, "%s%s in %" PRId64 " x %s", row->is_exact == 0 ? "~" : "",
		text_bytes((double)row->capacity_bytes, bytes),
		row->capacity_messages == ROW_UNKNOWN ? 0 : row->capacity_messages,
		text_bytes((double)row->size_bytes, each));
}

/* The row of this mechanism with the least or the greatest writes, at its own setting. */
static const struct summary_row *capacity_row(
	const struct show *page, const struct summary_row *like, bool is_greatest)
{
	const struct summary_row *found = NULL;

	for (size_t i = 0; i < page->count; i++) {
		const struct summary_row *row = &page->rows[i];

		if (!show_is_ok(row) || strcmp(row->test, "capacity") ||
			row->sweep_wanted != ROW_UNKNOWN ||
			strcmp(row->mechanism, like->mechanism))
			continue;
		if (!found || (is_greatest ? row->size_bytes > found->size_bytes
					   : row->size_bytes < found->size_bytes))
			found = row;
	}
	return found;
}

/* The line of the mechanism whose rows begin at `index`; false where none does that has
 * something to say. */
static bool put_line(const struct show *page, size_t index, struct grid_line *line)
{
	const struct summary_row *row = &page->rows[index], *least, *most;

	if (index && strcmp(row->mechanism, row[-1].mechanism) == 0)
		return false;
	least = capacity_row(page, row, false);
	if (!least)
		return false;
	most = capacity_row(page, row, true);
	memset(line, 0, sizeof *line);
	snprintf(line->cells[0], ROW_TEXT, "%s", row->mechanism);
	capacity_words(least, line->cells[1], ROW_TEXT);
	if (most != least)
		capacity_words(most, line->cells[2], ROW_TEXT);
	if (most->reopen_bytes == ROW_UNKNOWN)
		snprintf(line->cells[3], ROW_TEXT, "-");
	else
		text_bytes((double)most->reopen_bytes, line->cells[3]);
	return true;
}

void show_capacity(const struct show *page)
{
	static const struct grid_span titles[] = { { 0, 0, "mechanism" },
		{ 1, 1, "small writes" }, { 2, 2, "large writes" },
		{ 3, 3, "reopens after" } };
	const size_t title_count = sizeof titles / sizeof titles[0];
	struct grid_line line;
	struct grid grid;
	bool has_lines = false;

	grid_clear(&grid);
	for (size_t i = 1; i < title_count; i++)
		grid_column(&grid, 2, true);
	for (size_t i = 0; i < page->count; i++)
		if (put_line(page, i, &line)) {
			grid_measure(&grid, &line);
			has_lines = true;
		}
	if (!has_lines)
		return;
	grid_measure_spans(&grid, titles, title_count);
	grid_fit(&grid);
	putc('\n', page->sheet.out);
	sheet_style(&page->sheet, STYLE_BOLD);
	fputs("Capacity: what is accepted while nobody reads, at default settings\n",
		page->sheet.out);
	sheet_plain(&page->sheet);
	grid_print_spans(&grid, &page->sheet, titles, title_count);
	for (size_t i = 0; i < page->count; i++)
		if (put_line(page, i, &line))
			grid_print(&grid, &page->sheet, &line);
}
