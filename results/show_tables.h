/* show_tables.h: the blocks of which show.c makes its page. */
#ifndef IPCMARK_SHOW_TABLES_H
#define IPCMARK_SHOW_TABLES_H

#include <stdbool.h>
#include <stddef.h>

#include "results/sheet.h"

/* A summary, and the page it is printed on. */
struct show {
	struct sheet sheet;
	const struct summary_row *rows; /* in its order */
	size_t count;
};

bool show_is_ok(const struct summary_row *row);
bool show_is_floor(const struct summary_row *row);

bool show_is_latency(const struct summary_row *row);

/* Were both measured in the same place and in the same way, as far as they say? No
 * payload goes with any, and there is no gap but in round trips. */
bool show_same_block(const struct summary_row *a, const struct summary_row *b);

/* Are both reasons one, but for their numbers (one for each size)? */
bool show_same_words(const char *a, const char *b);

/* Does it stand in the table of its place: round trips and throughput? */
bool show_is_in_block(const struct summary_row *row);

/* The blocks of the page, in the order of their first rows: a row each that says all that
 * its rows say. free() the result; NULL without memory. */
struct summary_row *show_blocks(const struct show *page, size_t *count);

/* "shared-l3, CPUs 0 and 1, payload touch, gap 1 ms, fifo:10". */
void show_block_name(const struct summary_row *row, char *text, size_t size);

/* The message size that ranks a block (64 B where it was measured), or 0. */
int64_t show_rank_size(const struct show *page, const struct summary_row *block);

/* The row of the block that ranks a mechanism: the latency at `size`, or of a wake-up;
 * NULL when there is none. */
const struct summary_row *show_rank_row(const struct show *page,
	const struct summary_row *block, const char *mechanism, int64_t size);

/* Prints the mechanisms of a block, fastest first, and its floors. `block` is a row that
 * says all that its rows say. */
void show_block(const struct show *page, const struct summary_row *block);

/* Prints what each mechanism holds while nobody reads. */
void show_capacity(const struct show *page);

/* Print what a connection for each request costs, what a message in pieces does, each
 * beside the round trip of the same size and place; what a send costs the sender alone;
 * and what a channel takes in memory. */
void show_connect(const struct show *page);
void show_pieces(const struct show *page);
void show_send(const struct show *page);
void show_memory(const struct show *page);

/* "±3 %" of a median, with its interval; "" where there is none. */
void show_interval(double median, double low, double high, char cell[ROW_TEXT]);

#endif
