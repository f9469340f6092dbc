/* show_more.c: what stands in no table of round trips and throughput, each in one of its
 * own. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "harness/base/text.h"
#include "results/show_tables.h"

static void begin(const struct show *page, const char *title)
{
	putc('\n', page->sheet.out);
	sheet_style(&page->sheet, STYLE_BOLD);
	sheet_wrap(&page->sheet, 0, 2, title);
	sheet_plain(&page->sheet);
}

/* A table whose lines come from a function: row `index` of the page makes one, or none.
 */
struct table_of {
	const char *title;
	const struct grid_span *titles;
	size_t title_count;
	const bool *columns; /* of all but the first: is it flush left? */
	size_t column_count;
	bool (*put)(const struct show *page, size_t index, const void *context,
		struct grid_line *line);
	const void *context;
};

static void show_table(const struct show *page, const struct table_of *table)
{
	struct grid_line line;
	struct grid grid;
	bool has_lines = false;

	grid_clear(&grid);
	for (size_t i = 0; i < table->column_count; i++)
		grid_column(&grid, 2, table->columns[i]);
	for (size_t i = 0; i < page->count; i++) {
		memset(&line, 0, sizeof line);
		if (!table->put(page, i, table->context, &line))
			continue;
		grid_measure(&grid, &line);
		has_lines = true;
	}
	if (!has_lines)
		return;
	grid_measure_spans(&grid, table->titles, table->title_count);
	grid_fit(&grid);
	begin(page, table->title);
	grid_print_spans(&grid, &page->sheet, table->titles, table->title_count);
	for (size_t i = 0; i < page->count; i++) {
		memset(&line, 0, sizeof line);
		if (table->put(page, i, table->context, &line))
			grid_print(&grid, &page->sheet, &line);
	}
}

static bool is_of(const struct summary_row *row, const char *test)
{
	return show_is_ok(row) && strcmp(row->test, test) == 0;
}

/* The round trip of the same mechanism, size and place, or NULL. */
static const struct summary_row *plain_round_trip(
	const struct show *page, const struct summary_row *row)
{
	for (size_t i = 0; i < page->count; i++) {
		const struct summary_row *other = &page->rows[i];

		if (show_is_latency(other) && show_is_ok(other) && other->gap_ns <= 0 &&
			other->size_bytes == row->size_bytes &&
			strcmp(other->mechanism, row->mechanism) == 0 &&
			show_same_block(other, row))
			return other;
	}
	return NULL;
}

/* A test of round trips, each beside the plain one. */
static bool put_against(const struct show *page, size_t index, const void *context,
	struct grid_line *line)
{
	const struct summary_row *row = &page->rows[index], *plain;
	double times;

	if (!is_of(row, context))
		return false;
	snprintf(line->cells[0], ROW_TEXT, "%s", row->mechanism);
	snprintf(line->cells[1], ROW_TEXT, "%s", row->placement);
	text_bytes((double)row->size_bytes, line->cells[2]);
	text_ns(row->median_ns, line->cells[3]);
	show_interval(
		row->median_ns, row->median_low_ns, row->median_high_ns, line->cells[4]);
	plain = plain_round_trip(page, row);
	snprintf(line->cells[5], ROW_TEXT, "-");
	if (plain) {
		text_ns(plain->median_ns, line->cells[5]);
		times = row->median_ns / plain->median_ns;
		snprintf(line->cells[6], ROW_TEXT,
			times < 100 ? "%.3g times" : "%.0f times", times);
	}
	return true;
}

static const bool against_columns[] = { true, false, false, true, false, false };

void show_connect(const struct show *page)
{
	static const struct grid_span titles[] = { { 0, 0, "mechanism" },
		{ 1, 1, "where" }, { 2, 2, "size" }, { 3, 4, "round trip" },
		{ 5, 6, "on an open one" } };

	show_table(
		page, &(struct table_of) {
			      "A connection for each round trip: connect, ask, answer, "
			      "close",
			      titles, sizeof titles / sizeof titles[0], against_columns,
			      6, put_against, "connect" });
}

void show_pieces(const struct show *page)
{
	static const struct grid_span titles[] = { { 0, 0, "mechanism" },
		{ 1, 1, "where" }, { 2, 2, "size" }, { 3, 4, "round trip" },
		{ 5, 6, "sent at once" } };

	show_table(page, &(struct table_of) {
				 "A question that leaves in pieces (--pieces), such as a "
				 "header and a body",
				 titles, sizeof titles / sizeof titles[0],
				 against_columns, 6, put_against, "pieces" });
}

#define SEND_SIZES 5

/* The sizes of the test, ascending; of many, those that are spread over them. */
static size_t send_sizes(const struct show *page, int64_t sizes[SEND_SIZES])
{
	int64_t all[64];
	size_t count = 0, kept;

	for (size_t i = 0; i < page->count && count < 64; i++) {
		int64_t size = page->rows[i].size_bytes;
		size_t at = count;

		if (!is_of(&page->rows[i], "send"))
			continue;
		for (size_t j = 0; j < count; j++)
			if (all[j] == size)
				at = 64;
		if (at == 64)
			continue;
		for (; at > 0 && all[at - 1] > size; at--)
			all[at] = all[at - 1];
		all[at] = size;
		count++;
	}
	kept = count < SEND_SIZES ? count : SEND_SIZES;
	for (size_t i = 0; i < kept; i++)
		sizes[i] = all[kept < 2 ? 0 : i * (count - 1) / (kept - 1)];
	return kept;
}

struct sends {
	int64_t sizes[SEND_SIZES];
	size_t count;
};

/* The first row of a mechanism and place makes the line. */
static bool put_send(const struct show *page, size_t index, const void *context,
	struct grid_line *line)
{
	const struct summary_row *row = &page->rows[index];
	const struct sends *sends = context;

	if (!is_of(row, "send"))
		return false;
	for (size_t i = 0; i < index; i++)
		if (is_of(&page->rows[i], "send") &&
			show_same_block(&page->rows[i], row) &&
			strcmp(page->rows[i].mechanism, row->mechanism) == 0)
			return false;
	snprintf(line->cells[0], ROW_TEXT, "%s", row->mechanism);
	for (size_t s = 0; s < sends->count; s++)
		snprintf(line->cells[1 + s], ROW_TEXT, "-");
	for (size_t i = index; i < page->count; i++)
		for (size_t s = 0; s < sends->count; s++)
			if (is_of(&page->rows[i], "send") &&
				show_same_block(&page->rows[i], row) &&
				strcmp(page->rows[i].mechanism, row->mechanism) == 0 &&
				page->rows[i].size_bytes == sends->sizes[s])
				text_ns(page->rows[i].median_ns, line->cells[1 + s]);
	return true;
}

void show_send(const struct show *page)
{
	static const bool columns[SEND_SIZES] = { false };
	struct grid_span titles[1 + SEND_SIZES] = { { 0, 0, "mechanism" } };
	char words[SEND_SIZES][TEXT_QUANTITY];
	struct sends sends;

	sends.count = send_sizes(page, sends.sizes);
	for (size_t s = 0; s < sends.count; s++)
		titles[1 + s] = (struct grid_span) { 1 + s, 1 + s,
			text_bytes((double)sends.sizes[s], words[s]) };
	show_table(page, &(struct table_of) {
				 "Send: what one costs the sender alone, with room and "
				 "nobody reading",
				 titles, 1 + sends.count, columns, sends.count, put_send,
				 &sends });
}

static bool put_memory(const struct show *page, size_t index, const void *context,
	struct grid_line *line)
{
	const struct summary_row *row = &page->rows[index];

	(void)context;
	if (!is_of(row, "memory") || isnan(row->memory_bytes))
		return false;
	snprintf(line->cells[0], ROW_TEXT, "%s", row->mechanism);
	text_bytes(row->memory_bytes, line->cells[1]);
	show_interval(row->memory_bytes, row->memory_bytes_low, row->memory_bytes_high,
		line->cells[2]);
	text_bytes(row->memory_used_bytes, line->cells[3]);
	if (isnan(row->page_faults))
		snprintf(line->cells[4], ROW_TEXT, "-");
	else
		snprintf(line->cells[4], ROW_TEXT, "%.1f", fabs(row->page_faults));
	return true;
}

void show_memory(const struct show *page)
{
	static const bool columns[] = { false, true, false, false };
	static const struct grid_span titles[] = { { 0, 0, "mechanism" },
		{ 1, 2, "at rest" }, { 3, 3, "filled" }, { 4, 4, "page faults" } };

	show_table(page,
		&(struct table_of) {
			"Memory of one channel, of the system and both sides", titles,
			sizeof titles / sizeof titles[0], columns, 4, put_memory, NULL });
}
