/* show_tables.h: the blocks of which show.c makes its page. */
#ifndef IPCMARK_SHOW_TABLES_H
#define IPCMARK_SHOW_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "results/row.h"

#define SHOW_COLUMNS 100

/* Where and how the page is printed. */
struct sheet {
	FILE *out;
	bool is_coloured;
	const struct summary_row *rows; /* the whole summary, in its order */
	size_t count;
};

enum sheet_style { STYLE_BOLD = 1, STYLE_RED = 31, STYLE_YELLOW = 33, STYLE_BLUE = 34 };

/* Prints a text with its control characters made visible, in at most `width` columns of
 * UTF-8 characters, filled up with spaces: on the right, or for width < 0 on the left. */
void sheet_cell(const struct sheet *page, int width, const char *text);

/* Prints words between margins, broken at spaces; the first line begins at column `at`.
 */
void sheet_wrap(const struct sheet *page, int at, int indent, const char *text);

void sheet_style(const struct sheet *page, enum sheet_style style);
void sheet_plain(const struct sheet *page);

bool show_is_ok(const struct summary_row *row);
bool show_is_floor(const struct summary_row *row);

/* Were both measured in the same place and in the same way? */
bool show_same_block(const struct summary_row *a, const struct summary_row *b);

/* "shared-l3, CPUs 0 and 1, payload touch, gap 1 ms, fifo:10". */
void show_block_name(const struct summary_row *row, char *text, size_t size);

/* The message size that ranks a block (64 B where it was measured), or 0. */
int64_t show_rank_size(const struct sheet *page, const struct summary_row *block);

/* The row of the block that ranks a mechanism: the latency at `size`, or of a wake-up;
 * NULL when there is none. */
const struct summary_row *show_rank_row(const struct sheet *page,
	const struct summary_row *block, const char *mechanism, int64_t size);

/* Prints the mechanisms of a block, fastest first, and its floors. `block` is any row of
 * it. */
void show_block(const struct sheet *page, const struct summary_row *block);

/* Prints what each mechanism holds while nobody reads. */
void show_capacity(const struct sheet *page);

#endif
