/* Reads arbitrary bytes as results.csv or as summary.csv. What is accepted must be
 * written and read again without loss, and written again to the same bytes. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *write_table(
	const struct table *table, const char *rows, size_t count, size_t *length)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, length);

	if (!out)
		abort();
	csv_header(out, table);
	for (size_t i = 0; i < count; i++)
		csv_row(out, table, rows + i * table->row_size);
	if (fclose(out))
		abort();
	return text;
}

/* Text that was written by ourselves, once more through reader and writer. */
static void demand_fixed_point(
	const struct table *table, const char *text, size_t length, size_t wanted_count)
{
	char *copy = malloc(length), *again;
	void *rows;
	size_t count, again_length;
	struct why why = { "" };

	if (!copy)
		abort();
	memcpy(copy, text, length);
	if (csv_table(table, copy, length, &rows, &count, &why) || count != wanted_count)
		abort();
	again = write_table(table, rows, count, &again_length);
	if (again_length != length || memcmp(again, text, length))
		abort();
	free(again);
	free(rows);
	free(copy);
}

/* The first byte chooses the table and whether its header is put before the rest: without
 * it hardly any input would come as far as the rows. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct table *table;
	struct why why = { "" };
	size_t header_length = 0, count, written_length;
	char *header, *text, *written;
	void *rows;

	if (!size)
		return 0;
	table = data[0] & 1 ? &summary_table : &result_table;
	header = write_table(table, NULL, 0, &header_length);
	if (data[0] & 2)
		header_length = 0;
	/* Exactly as long as the text, so that a step beyond it is seen. */
	text = malloc(header_length + size - 1 ? header_length + size - 1 : 1);
	if (!text)
		abort();
	memcpy(text, header, header_length);
	memcpy(text + header_length, data + 1, size - 1);
	free(header);
	if (csv_table(table, text, header_length + size - 1, &rows, &count, &why) == 0) {
		written = write_table(table, rows, count, &written_length);
		demand_fixed_point(table, written, written_length, count);
		free(written);
		free(rows);
	} else if (!why.text[0]) {
		abort(); /* refused without a word */
	}
	free(text);
	return 0;
}
