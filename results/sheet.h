/* sheet.h: words on a terminal: cells, wrapped text, and tables whose columns are as wide
 * as what stands in them. */
#ifndef IPCMARK_SHEET_H
#define IPCMARK_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "results/row.h"

#define SHEET_COLUMNS 100

/* Where and how it is printed. */
struct sheet {
	FILE *out;
	bool is_coloured;
};

enum sheet_style { STYLE_BOLD = 1, STYLE_RED = 31, STYLE_YELLOW = 33, STYLE_BLUE = 34 };

void sheet_style(const struct sheet *sheet, enum sheet_style style);
void sheet_plain(const struct sheet *sheet);

/* Prints a text with its control characters made visible, in at most `width` columns of
 * UTF-8 characters, filled up with spaces: on the right, or for width < 0 on the left. */
void sheet_cell(const struct sheet *sheet, int width, const char *text);

/* The columns of a text, or `width` where that is more. */
int sheet_widest(int width, const char *text);

/* Prints words between margins, broken at spaces; the first line begins at column `at`.
 */
void sheet_wrap(const struct sheet *sheet, int at, int indent, const char *text);

/* A line of a table, and the widths of all of them. The first cell is a name; one that is
 * too long for the sheet stands in a line of its own, for a cut one could be another's.
 */
#define GRID_COLUMNS 10
struct grid_line {
	char cells[GRID_COLUMNS][ROW_TEXT];
};
struct grid {
	size_t column_count;
	bool is_left[GRID_COLUMNS]; /* else the cells are aligned on the right */
	int gaps[GRID_COLUMNS]; /* before each column */
	int widths[GRID_COLUMNS];
};

/* A title over the columns from the first to the last one. */
struct grid_span {
	size_t first, last;
	const char *text;
};

/* A name and nothing else yet. */
void grid_clear(struct grid *grid);

/* Adds a column; returns its index. */
size_t grid_column(struct grid *grid, int gap, bool is_left);

/* Makes the columns wide enough for a line, or for titles. When all were measured,
 * grid_fit() leaves the names what room there is. */
void grid_measure(struct grid *grid, const struct grid_line *line);
void grid_measure_spans(struct grid *grid, const struct grid_span *spans, size_t count);
void grid_fit(struct grid *grid);

/* Prints a line, without spaces at its end. Titles over several columns are centred, the
 * others aligned as their column is. */
void grid_print(
	const struct grid *grid, const struct sheet *sheet, const struct grid_line *line);
void grid_print_spans(const struct grid *grid, const struct sheet *sheet,
	const struct grid_span *spans, size_t count);

#endif
