#include <math.h>
#include <string.h>

#include "harness/base/text.h"
#include "results/compare.h"
#include "results/divisive.h"
#include "results/format.h"
#include "results/history.h"
#include "results/show_tables.h"

#define NAME_WIDTH 52

/* "2026-01-06T00:00:00Z, 4f2c9e1 (runs/6)" */
static void name_run(const struct export_run *run, char *text, size_t size)
{
	snprintf(text, size, "%s%s%s (%s)", *run->time_utc ? run->time_utc : "no time",
		*run->commit ? ", " : "", run->commit,
		run_directory_path(run->directory));
}

static char *value_text(const struct history_series *series, double value, char *text)
{
	struct change like = { .quantity = series->quantity, .unit = series->unit };

	return quantity_text(&like, value, text);
}

static const char *verdict_word(
	const struct history_series *series, const struct history_change *change)
{
	return quantity_verdict(series->quantity, change->verdict);
}

static void print_change(const struct sheet *page, const struct history *history,
	const struct history_change *change)
{
	const struct history_series *series = &history->series[change->series];
	char text[FORMAT_TEXT], quantity[TEXT_QUANTITY];

	fputs("  ", page->out);
	if (strlen(series->name) < NAME_WIDTH) {
		sheet_cell(page, NAME_WIDTH, series->name);
	} else {
		sheet_wrap(page, 2, 2, series->name);
		sheet_cell(page, NAME_WIDTH + 2, "");
	}
	sheet_cell(page, -10, value_text(series, change->low_level, quantity));
	sheet_cell(page, -10, value_text(series, change->high_level, quantity));
	sheet_cell(
		page, -9, format_percent(change->high_level / change->low_level, text));
	sheet_cell(page, -8, verdict_word(series, change));
	snprintf(text, sizeof text, "%.2g", change->p);
	sheet_cell(page, -9, text);
	putc('\n', page->out);
}

/* What is not the same in the runs on either side of a change. */
static void print_differences(
	const struct sheet *page, const struct export_run *a, const struct export_run *b)
{
	struct rule rule = RULE_STANDARD;
	struct changes *changes = changes_create(DESIGN_UNPAIRED, &rule, "", "");

	if (changes && compare_environments(changes, a->directory, b->directory) == 0)
		for (size_t i = 0; i < changes->difference_count; i++) {
			const struct difference *difference = &changes->differences[i];
			char line[700];

			snprintf(line, sizeof line, "%s: '%s' and '%s'", difference->says,
				difference->base, difference->candidate);
			fputs("    ", page->out);
			sheet_wrap(page, 4, 6, line);
		}
	changes_free(changes);
}

static void print_title(const struct sheet *page, const struct history *history,
	const struct history_change *change)
{
	const struct export_run *before = &history->runs[change->before];
	const struct export_run *after = &history->runs[change->at];
	char one[512], other[512], line[1200];

	name_run(before, one, sizeof one);
	name_run(after, other, sizeof other);
	snprintf(line, sizeof line, "Between %s and %s", one, other);
	putc('\n', page->out);
	sheet_style(page, STYLE_BOLD);
	sheet_wrap(page, 0, 2, line);
	sheet_plain(page);
	print_differences(page, before, after);
	fputs("  case", page->out);
	sheet_cell(page, -58, "before");
	fputs("     after   change            p\n", page->out);
}

void history_print(const struct history *history, FILE *out, bool is_coloured)
{
	const struct sheet page = { .out = out, .is_coloured = is_coloured };
	const struct history_change *last = NULL;
	size_t series = history->series_count - history->too_short;
	char one[512], other[512], line[1400];

	name_run(&history->runs[0], one, sizeof one);
	name_run(&history->runs[history->run_count - 1], other, sizeof other);
	snprintf(line, sizeof line, "%zu runs, from %s to %s", history->run_count, one,
		other);
	sheet_wrap(&page, 0, 2, line);
	for (size_t i = 0; i < history->change_count; i++) {
		const struct history_change *change = &history->changes[i];

		if (!last || last->at != change->at || last->before != change->before)
			print_title(&page, history, change);
		print_change(&page, history, change);
		last = change;
	}
	putc('\n', out);
	snprintf(line, sizeof line,
		"%zu change%s in %zu series. Each is where E-divisive splits its series, so "
		"well that at most %.3g %% of series without any change would show one, and "
		"at least %.3g %% in size; of as many series about %.2g would all the same.",
		history->change_count, history->change_count == 1 ? "" : "s", series,
		100 * history->rule.alpha, 100 * history->rule.margin,
		(double)series * history->rule.alpha);
	sheet_wrap(&page, 0, 2, line);
	if (history->too_short) {
		snprintf(line, sizeof line,
			"%zu series are too short: a change takes at least %zu runs.",
			history->too_short, divisive_values_least(history->rule.alpha));
		sheet_wrap(&page, 0, 2, line);
	}
}
