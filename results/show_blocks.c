/* show_blocks.c: which rows were measured in one place and in one way. */
#include <stdlib.h>
#include <string.h>

#include "results/show_tables.h"

bool show_is_in_block(const struct summary_row *row)
{
	return show_is_ok(row) &&
	       (show_is_latency(row) || strcmp(row->test, "throughput") == 0);
}

/* What a row says of how it was measured, and what it leaves open: a row without payload
 * (a wake-up, a floor) stands in the block of any payload, throughput in that of any gap.
 * The first row that says more decides. */
static struct summary_row block_of(const struct show *page, size_t index)
{
	struct summary_row block = page->rows[index];

	for (size_t i = 0; i < page->count; i++) {
		const struct summary_row *row = &page->rows[i];

		if (!show_is_in_block(row) || !show_same_block(row, &block))
			continue;
		if (!*block.payload)
			row_text(block.payload, row->payload);
		if (!show_is_latency(&block) && show_is_latency(row)) {
			row_text(block.test, row->test);
			block.gap_ns = row->gap_ns;
		}
	}
	return block;
}

struct summary_row *show_blocks(const struct show *page, size_t *count)
{
	struct summary_row *blocks = malloc((page->count + 1) * sizeof *blocks);

	*count = 0;
	for (size_t i = 0; blocks && i < page->count; i++) {
		size_t known = 0;

		if (!show_is_in_block(&page->rows[i]))
			continue;
		blocks[*count] = block_of(page, i);
		while (!show_same_block(&blocks[known], &blocks[*count]))
			known++;
		*count += known == *count;
	}
	return blocks;
}
