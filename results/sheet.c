#include "results/sheet.h"

#include <string.h>

#define INDENT 2 /* of a table */

void sheet_style(const struct sheet *sheet, enum sheet_style style)
{
	if (sheet->is_coloured)
		fprintf(sheet->out, "\033[%dm", (int)style);
}

void sheet_plain(const struct sheet *sheet)
{
	if (sheet->is_coloured)
		fputs("\033[0m", sheet->out);
}

static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static int text_width(const char *text)
{
	int width = 0;

	for (; *text; text++)
		width += !continues(*text);
	return width;
}

int sheet_widest(int width, const char *text)
{
	int other = text_width(text);

	return other > width ? other : width;
}

/* A run directory may come from anywhere, and a terminal obeys control characters. */
static void print_clean(const struct sheet *sheet, const char *text, const char *end)
{
	for (; text < end; text++)
		putc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text,
			sheet->out);
}

void sheet_cell(const struct sheet *sheet, int width, const char *text)
{
	int wanted = width < 0 ? -width : width, used = 0;
	const char *end = text;

	for (; *end && (continues(*end) || used < wanted); end++)
		used += !continues(*end);
	for (int i = used; width < 0 && i < wanted; i++)
		putc(' ', sheet->out);
	print_clean(sheet, text, end);
	for (int i = used; width > 0 && i < wanted; i++)
		putc(' ', sheet->out);
}

void sheet_wrap(const struct sheet *sheet, int at, int indent, const char *text)
{
	bool is_first = true;

	while (*text) {
		const char *end = text + strcspn(text, " ");
		int width = 0;

		for (const char *c = text; c < end; c++)
			width += !continues(*c);
		if (!is_first && at + 1 + width > SHEET_COLUMNS) {
			fprintf(sheet->out, "\n%*s", indent, "");
			at = indent;
		} else if (!is_first) {
			putc(' ', sheet->out);
			at++;
		}
		print_clean(sheet, text, end);
		at += width;
		is_first = false;
		text = end + strspn(end, " ");
	}
	putc('\n', sheet->out);
}

void grid_clear(struct grid *grid)
{
	*grid = (struct grid) { .column_count = 1, .is_left = { true } };
}

size_t grid_column(struct grid *grid, int gap, bool is_left)
{
	grid->gaps[grid->column_count] = gap;
	grid->is_left[grid->column_count] = is_left;
	return grid->column_count++;
}

void grid_measure(struct grid *grid, const struct grid_line *line)
{
	for (size_t c = 0; c < grid->column_count; c++)
		grid->widths[c] = sheet_widest(grid->widths[c], line->cells[c]);
}

static int span_width(const struct grid *grid, size_t first, size_t last)
{
	int width = grid->widths[first];

	for (size_t c = first + 1; c <= last; c++)
		width += grid->gaps[c] + grid->widths[c];
	return width;
}

void grid_measure_spans(struct grid *grid, const struct grid_span *spans, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int lacking = text_width(spans[i].text) -
			      span_width(grid, spans[i].first, spans[i].last);

		if (lacking > 0)
			grid->widths[spans[i].first] += lacking;
	}
}

void grid_fit(struct grid *grid)
{
	const int least = 9;
	int room = SHEET_COLUMNS - INDENT -
		   (span_width(grid, 0, grid->column_count - 1) - grid->widths[0]);

	if (grid->widths[0] > room)
		grid->widths[0] = room > least ? room : least;
}

/* Spaces are owed until something follows them. */
static void print_cell(const struct grid *grid, const struct sheet *sheet, size_t column,
	const char *text, int *owed)
{
	int rest = grid->widths[column] - text_width(text);

	if (rest < 0)
		rest = 0;
	*owed += grid->gaps[column];
	if (*text) {
		fprintf(sheet->out, "%*s", *owed + (grid->is_left[column] ? 0 : rest),
			"");
		sheet_cell(sheet, grid->widths[column] - rest, text);
		*owed = grid->is_left[column] ? rest : 0;
	} else {
		*owed += grid->widths[column];
	}
}

void grid_print(
	const struct grid *grid, const struct sheet *sheet, const struct grid_line *line)
{
	bool is_long = text_width(line->cells[0]) > grid->widths[0];
	int owed = INDENT;

	if (is_long) {
		fprintf(sheet->out, "%*s", INDENT, "");
		sheet_wrap(sheet, INDENT, INDENT, line->cells[0]);
	}
	for (size_t c = 0; c < grid->column_count; c++)
		print_cell(grid, sheet, c, is_long && !c ? "" : line->cells[c], &owed);
	putc('\n', sheet->out);
}

void grid_print_spans(const struct grid *grid, const struct sheet *sheet,
	const struct grid_span *spans, size_t count)
{
	int at = 0;

	for (size_t i = 0; i < count; i++) {
		size_t first = spans[i].first, last = spans[i].last;
		int length = text_width(spans[i].text);
		int start = INDENT + span_width(grid, 0, first) - grid->widths[first];
		int rest = span_width(grid, first, last) - length;

		start += first < last ? rest / 2 : grid->is_left[first] ? 0 : rest;
		fprintf(sheet->out, "%*s", start - at, "");
		sheet_cell(sheet, length, spans[i].text);
		at = start + length;
	}
	putc('\n', sheet->out);
}
