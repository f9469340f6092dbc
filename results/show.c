#include "results/show.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "harness/vocabulary.h"
#include "results/show_tables.h"
#include "results/stored_checks.h"
#include "results/summary.h"

#define NAMES_MOST 30 /* columns of a name; what is longer is cut, its reason is not */

static void show_machine(const struct show *page, const struct run_directory *run)
{
	static const struct {
		const char *key, *before, *after;
	} facts[] = {
		{ "cpu.model", "", "" },
		{ "cpu.count", "", " CPUs" },
		{ "kernel.release", "Linux ", "" },
		{ "hypervisor", "hypervisor ", "" },
	};
	char line[2048] = "", value[256];

	for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
		size_t used = strlen(line);

		if (run_directory_environment(run, facts[i].key, value, sizeof value) &&
			*value)
			snprintf(line + used, sizeof line - used, "%s%s%s%s",
				used ? ", " : "", facts[i].before, value, facts[i].after);
	}
	if (*line)
		sheet_wrap(&page->sheet, 0, 2, line);
	fputs("run: ", page->sheet.out);
	sheet_wrap(&page->sheet, 5, 5, run_directory_path(run));
}

static bool overlaps(const struct summary_row *a, const struct summary_row *b)
{
	return a->median_low_ns <= b->median_high_ns &&
	       b->median_low_ns <= a->median_high_ns;
}

/* The fastest of the block that is no floor and comes after `than`, or NULL. */
static const struct summary_row *next_fastest(const struct show *page,
	const struct summary_row *block, int64_t size, const struct summary_row *than)
{
	const struct summary_row *best = NULL;

	for (size_t i = 0; i < page->count; i++) {
		const struct summary_row *row = &page->rows[i];

		if (!show_is_ok(row) || strcmp(row->test, "latency") ||
			show_is_floor(row) || !show_same_block(row, block) ||
			row->size_bytes != size || isnan(row->median_ns))
			continue;
		if (than && (row->median_ns < than->median_ns ||
				    (row->median_ns == than->median_ns && row <= than)))
			continue;
		if (!best || row->median_ns < best->median_ns)
			best = row;
	}
	return best;
}

/* Says who is fastest and what that rests on: an order is claimed only where the
 * intervals of two medians are apart. */
static void show_fastest(const struct show *page, const struct summary_row *block)
{
	int64_t size = show_rank_size(page, block);
	const struct summary_row *first = next_fastest(page, block, size, NULL);
	const struct summary_row *second = first ? next_fastest(page, block, size, first)
						 : NULL;
	char line[1024], low[TEXT_QUANTITY], high[TEXT_QUANTITY], time[TEXT_QUANTITY];
	size_t used;

	if (!first)
		return;
	snprintf(line, sizeof line, "Fastest round trip, %s, %s",
		size ? text_bytes((double)size, low) : "wake-up", first->placement);
	used = strlen(line);
	if (first->cpu_a >= 0 && first->cpu_b >= 0)
		snprintf(line + used, sizeof line - used, " %" PRId64 "-%" PRId64,
			first->cpu_a, first->cpu_b);
	used = strlen(line);
	snprintf(line + used, sizeof line - used, ": %s, %s", first->mechanism,
		text_ns(first->median_ns, time));
	used = strlen(line);
	if (!isnan(first->median_low_ns))
		snprintf(line + used, sizeof line - used, " (%s to %s)",
			text_ns(first->median_low_ns, low),
			text_ns(first->median_high_ns, high));
	used = strlen(line);
	if (second)
		snprintf(line + used, sizeof line - used, "; then %s, %s%s",
			second->mechanism, text_ns(second->median_ns, time),
			isnan(first->median_low_ns) || isnan(second->median_low_ns)
				? " (fewer than 6 launches: the order may be chance)"
			: overlaps(first, second)
				? " (the intervals overlap: no order is claimed)"
				: "");
	sheet_wrap(&page->sheet, 0, 2, line);
}

bool show_same_words(const char *a, const char *b)
{
	while (*a || *b) {
		while (isdigit((unsigned char)*a))
			a++;
		while (isdigit((unsigned char)*b))
			b++;
		if (*a != *b)
			return false;
		if (*a) {
			a++;
			b++;
		}
	}
	return true;
}

static bool is_alike(const struct summary_row *a, const struct summary_row *b)
{
	return (*b->reason || !show_is_ok(b)) &&
	       strcmp(a->mechanism, b->mechanism) == 0 &&
	       strcmp(a->status, b->status) == 0 && show_same_words(a->reason, b->reason);
}

/* "3 cases (latency, throughput)" */
static void count_alike(
	const struct show *page, const struct summary_row *row, char *text, size_t size)
{
	size_t counts[TESTS] = { 0 }, cases = 0;
	const char *before = " (";

	for (size_t i = 0; i < page->count; i++)
		for (size_t t = 0; is_alike(row, &page->rows[i]) && t < TESTS; t++)
			if (strcmp(page->rows[i].test, test_names[t]) == 0) {
				counts[t]++;
				cases++;
			}
	snprintf(text, size, "%zu %s", cases, cases == 1 ? "case" : "cases");
	for (size_t t = 0; t < TESTS; t++) {
		size_t used = strlen(text);

		if (!counts[t])
			continue;
		snprintf(text + used, size - used, "%s%s", before, test_names[t]);
		before = ", ";
	}
	if (cases)
		snprintf(text + strlen(text), size - strlen(text), ")");
}

/* Is this the first row that was not measured, or not in all launches, for its reason? */
static bool opens_reason(const struct show *page, size_t index)
{
	const struct summary_row *row = &page->rows[index];

	if (!*row->reason && show_is_ok(row))
		return false;
	for (size_t i = 0; i < index; i++)
		if (is_alike(&page->rows[i], row))
			return false;
	return true;
}

#define STATUS_WIDTH 13

static void show_not_measured(const struct show *page)
{
	const struct sheet *sheet = &page->sheet;
	int names = 0;

	for (size_t i = 0; i < page->count; i++)
		if (opens_reason(page, i))
			names = sheet_widest(names, page->rows[i].mechanism);
	if (!names)
		return;
	putc('\n', sheet->out);
	sheet_style(sheet, STYLE_BOLD);
	fputs("Not measured, or not in all launches\n", sheet->out);
	sheet_plain(sheet);
	if (names > NAMES_MOST)
		names = NAMES_MOST;
	for (size_t i = 0; i < page->count; i++) {
		const struct summary_row *row = &page->rows[i];
		int indent = 2 + names + 2 + STATUS_WIDTH;
		char line[3 * ROW_TEXT], cases[96];

		if (!opens_reason(page, i))
			continue;
		count_alike(page, row, cases, sizeof cases);
		fputs("  ", sheet->out);
		sheet_cell(sheet, names, row->mechanism);
		fputs("  ", sheet->out);
		sheet_style(
			sheet, strcmp(row->status, "failed") ? STYLE_YELLOW : STYLE_RED);
		sheet_cell(sheet, STATUS_WIDTH, show_is_ok(row) ? "partly" : row->status);
		sheet_plain(sheet);
		snprintf(line, sizeof line, "%s: %s", cases,
			*row->reason ? row->reason : "no reason was given");
		sheet_wrap(sheet, indent, indent, line);
	}
}

static void show_page(const struct show *page)
{
	int64_t retries = 0;
	bool is_measured = false;
	size_t count;
	struct summary_row *blocks = show_blocks(page, &count);

	for (size_t i = 0; i < count; i++)
		show_fastest(page, &blocks[i]);
	for (size_t i = 0; i < count; i++)
		show_block(page, &blocks[i]);
	free(blocks);
	show_connect(page);
	show_pieces(page);
	show_send(page);
	show_capacity(page);
	show_memory(page);
	show_not_measured(page);
	for (size_t i = 0; i < page->count; i++) {
		is_measured |= show_is_ok(&page->rows[i]);
		if (page->rows[i].retries > 0)
			retries += page->rows[i].retries;
	}
	if (!is_measured)
		fputs("Nothing was measured.\n", page->sheet.out);
	if (retries)
		fprintf(page->sheet.out,
			"\nMeasured again: %" PRId64
			" (results.csv keeps each attempt with its cause)\n",
			retries);
}

/* A file that cannot be read is told, and keeps nobody from the rest. */
static void show_checks(const struct show *page, const struct run_directory *run)
{
	struct stored_checks checks;
	struct why why = { "" };
	int error = stored_checks_read(run, &checks, &why);

	if (!error)
		stored_checks_show(&checks, &page->sheet);
	else if (error != -ENOENT)
		fprintf(page->sheet.out, "\nChecks: %s\n", why.text);
	if (!error)
		stored_checks_free(&checks);
}

int show_run(
	const struct run_directory *run, FILE *out, bool is_coloured, struct why *why)
{
	struct show page = { .sheet = { .out = out, .is_coloured = is_coloured } };
	struct summary_row *rows;
	int error = summary_compute(run, &rows, &page.count, why);

	if (error)
		return error;
	page.rows = rows;
	page.count = summary_leave_joined(rows, page.count);
	show_machine(&page, run);
	show_page(&page);
	show_checks(&page, run);
	free(rows);
	return 0;
}
