#include "plots/report_matrix.h"

#include <math.h>
#include <string.h>

#include "harness/base/text.h"

#define WIDE 20 /* percent; an interval beyond that is seldom symmetric */

static bool is_in(const struct report_matrix *matrix, const struct summary_row *row)
{
	return strcmp(row->test, matrix->kind->test) == 0 &&
	       (matrix->kind->has_floors || !show_is_floor(row));
}

static size_t column_of(const struct report_matrix *matrix, int64_t size)
{
	size_t at = 0;

	while (at < matrix->size_count && matrix->sizes[at] != size)
		at++;
	return at;
}

static bool comes_after(int64_t a, int64_t b)
{
	return a == 0 || (b != 0 && a > b);
}

static void add_size(struct report_matrix *matrix, int64_t size)
{
	size_t at = matrix->size_count;

	if (column_of(matrix, size) < at || at == REPORT_SIZES)
		return;
	for (; at && comes_after(matrix->sizes[at - 1], size); at--)
		matrix->sizes[at] = matrix->sizes[at - 1];
	matrix->sizes[at] = size;
	matrix->size_count++;
}

static void find_best(struct report_matrix *matrix)
{
	for (size_t i = 0; i < REPORT_SIZES; i++)
		matrix->best[i].value = NAN;
	for (size_t i = 0; matrix->kind->value && i < matrix->block->count; i++) {
		const struct summary_row *row = matrix->block->rows[i];
		size_t column = column_of(matrix, row->size_bytes);

		if (!is_in(matrix, row) || show_is_floor(row) ||
			column == matrix->size_count ||
			!report_is_better(matrix->kind->value(row), matrix->best[column]))
			continue;
		matrix->best[column] = matrix->kind->value(row);
	}
}

static bool is_best(
	const struct report_matrix *matrix, const struct summary_row *row, size_t column)
{
	struct report_value value, best = matrix->best[column];

	if (!matrix->kind->value || show_is_floor(row))
		return false;
	value = matrix->kind->value(row);
	return !isnan(value.value) &&
	       (!report_is_better(best, value) || report_is_tie(best, value));
}

static void put_head(struct report_page *page, const struct report_matrix *matrix)
{
	char text[TEXT_QUANTITY];

	fputs("<thead><tr><th scope=\"col\">Mechanism</th>", page->out);
	for (size_t i = 0; i < matrix->size_count; i++)
		html_print(page->out, "<th scope=\"col\">%s</th>",
			matrix->sizes[i] ? text_bytes((double)matrix->sizes[i], text)
					 : "wake-up");
	fputs("</tr></thead>\n<tbody>\n", page->out);
}

/* Writes the row of the mechanism whose cases are those from `first` on. */
static void put_row(struct report_page *page, const struct report_matrix *matrix,
	const struct summary_row *const *first, size_t count)
{
	const struct summary_row *cells[REPORT_SIZES] = { NULL };

	for (size_t i = 0; i < count; i++) {
		size_t column = column_of(matrix, first[i]->size_bytes);

		/* Cases that differ in something else have the first one's place. */
		if (is_in(matrix, first[i]) && column < matrix->size_count &&
			!cells[column])
			cells[column] = first[i];
	}
	report_mechanism(page, first[0]->mechanism);
	for (size_t i = 0; i < matrix->size_count; i++)
		if (cells[i])
			matrix->kind->put(page->out, matrix, cells[i],
				is_best(matrix, cells[i], i));
		else
			fputs("<td></td>", page->out);
	fputs("</tr>\n", page->out);
}

static bool has_any(const struct report_matrix *matrix,
	const struct summary_row *const *first, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_in(matrix, first[i]))
			return true;
	return false;
}

static void put_rows(struct report_page *page, const struct report_matrix *matrix)
{
	const struct report_block *block = matrix->block;
	size_t lines = 0, left_out = 0;

	for (size_t i = 0, next; i < block->count; i = next) {
		for (next = i;
			next < block->count && strcmp(block->rows[next]->mechanism,
						       block->rows[i]->mechanism) == 0;)
			next++;
		if (!has_any(matrix, block->rows + i, next - i))
			continue;
		if (lines++ < REPORT_LINES)
			put_row(page, matrix, block->rows + i, next - i);
		else
			left_out++;
	}
	fputs("</tbody>", page->out);
	if (left_out)
		html_print(page->out,
			"<tfoot><tr><td colspan=\"%zu\">%zu more; summary.csv has "
			"them.</td></tr></tfoot>",
			matrix->size_count + 1, left_out);
}

bool report_matrix(struct report_page *page, const struct report_run *run,
	const struct report_block *block, const struct report_matrix_kind *kind)
{
	struct report_matrix matrix = { .kind = kind, .run = run, .block = block };
	char how[3 * ROW_TEXT], name[4 * ROW_TEXT];

	for (size_t i = 0; i < block->count; i++)
		if (is_in(&matrix, block->rows[i]))
			add_size(&matrix, block->rows[i]->size_bytes);
	if (!matrix.size_count)
		return false;
	find_best(&matrix);
	show_block_name(&block->like, how, sizeof how);
	snprintf(name, sizeof name, "%s, %s", kind->name, how);
	report_table(page, name);
	put_head(page, &matrix);
	put_rows(page, &matrix);
	report_table_end(page);
	return true;
}

void report_matrix_interval(
	FILE *out, struct report_value value, char *(*text)(double, char *))
{
	double half = 100 * fmax(value.high - value.value, value.value - value.low) /
		      value.value;
	char low[TEXT_QUANTITY], high[TEXT_QUANTITY];

	if (half <= WIDE)
		html_print(out, " <small>±%.*f&nbsp;%%</small>", half < 9.95, half);
	else if (!isnan(value.low))
		html_print(out, " <small>%s–%s</small>", text(value.low, low),
			text(value.high, high));
	fputs("</td>", out);
}
