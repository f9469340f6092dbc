#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "results/format.h"
#include "results/sheet.h"

#define NAME_WIDTH 17
#define RUNS       4 /* side by side against the base */

/* What stands for a verdict where there is no room for the word. */
static const char marks[VERDICTS] = {
	[VERDICT_NO_CHANGE] = ' ',
	[VERDICT_FASTER] = '*',
	[VERDICT_SLOWER] = '!',
	[VERDICT_INCONCLUSIVE] = '?',
};

/* A word or a number in the colour of the verdict. */
static void print_coloured(
	const struct sheet *page, enum verdict verdict, int width, const char *text)
{
	if (verdict == VERDICT_SLOWER)
		sheet_style(page, STYLE_RED);
	else if (verdict == VERDICT_FASTER)
		sheet_style(page, STYLE_BLUE);
	else if (verdict == VERDICT_INCONCLUSIVE)
		sheet_style(page, STYLE_YELLOW);
	sheet_cell(page, width ? width : (int)strlen(text), text);
	if (verdict != VERDICT_NO_CHANGE)
		sheet_plain(page);
}

static void print_title(const struct sheet *page, const char *title)
{
	putc('\n', page->out);
	sheet_style(page, STYLE_BOLD);
	sheet_wrap(page, 0, 2, title);
	sheet_plain(page);
}

static void print_line(const struct sheet *page, const char *text)
{
	fputs("  ", page->out);
	sheet_wrap(page, 2, 4, text);
}

/* "base       runs/a: ipcmark 0.1.0, Linux 6.1.0" */
static void print_side(
	const struct sheet *page, const char *side, const char *name, const char *says)
{
	char line[600];

	snprintf(line, sizeof line, "%s%s%s", name, *says ? ": " : "", says);
	sheet_cell(page, 11, side);
	sheet_wrap(page, 11, 11, line);
}

static void print_differences(const struct sheet *page, const struct changes *changes)
{
	if (changes->difference_count)
		print_title(page, "What else is not the same");
	for (size_t i = 0; i < changes->difference_count; i++) {
		const struct difference *difference = &changes->differences[i];
		char line[700];

		snprintf(line, sizeof line, "%s: '%s' and '%s'", difference->says,
			difference->base, difference->candidate);
		print_line(page, line);
	}
}

/* Mechanism, test and size, which begin each row. */
static void print_case(const struct sheet *page, const struct change *change)
{
	char size[TEXT_QUANTITY] = "";

	fputs("  ", page->out);
	if (strlen(change->mechanism) < NAME_WIDTH) {
		sheet_cell(page, NAME_WIDTH, change->mechanism);
	} else { /* a cut name could be another's */
		sheet_wrap(page, 2, 2, change->mechanism);
		sheet_cell(page, NAME_WIDTH + 2, "");
	}
	sheet_cell(page, 11, change->test);
	if (change->size_bytes > 0)
		text_bytes((double)change->size_bytes, size);
	sheet_cell(page, -7, size);
}

static void print_detail(const struct sheet *page, const struct change *change)
{
	char remark[CHANGE_REMARK], line[CHANGE_REMARK + ROW_TEXT + 2];

	snprintf(line, sizeof line, "%s%s%s", change->detail,
		*change->detail && *change_remark(change, remark) ? "; " : "",
		change_remark(change, remark));
	if (!*line)
		return;
	fputs("      ", page->out);
	sheet_wrap(page, 6, 6, line);
}

static void print_change(const struct sheet *page, const struct change *change)
{
	const struct decision *decision = &change->decision;
	char text[TEXT_QUANTITY], number[FORMAT_TEXT];

	print_case(page, change);
	sheet_cell(page, -11, quantity_text(change, decision->base, text));
	sheet_cell(page, -11, quantity_text(change, decision->candidate, text));
	sheet_cell(page, -9, format_percent(decision->ratio, number));
	sheet_cell(page, -18, format_interval(decision, number));
	fputs("  ", page->out);
	print_coloured(page, decision->verdict, 0, change_verdict(change));
	putc('\n', page->out);
	print_detail(page, change);
}

static bool opens_block(const struct change *change, const struct change *previous)
{
	return !previous || previous->block != change->block;
}

static void print_block(const struct sheet *page, const struct change *change)
{
	char name[CHANGE_NAME];

	print_title(page, change_block_name(change, name));
}

static void print_cases(const struct sheet *page, const struct changes *changes)
{
	const struct change *previous = NULL;
	char title[FORMAT_TEXT];

	for (const struct change *change = changes_next(changes, NULL); change;
		change = changes_next(changes, change)) {
		if (opens_block(change, previous)) {
			print_block(page, change);
			fputs("  mechanism        test          size       base  "
			      "candidate   change",
				page->out);
			snprintf(title, sizeof title, "%.4g %% interval",
				100 * (1 - changes->rule.alpha));
			sheet_cell(page, -18, title);
			fputs("  verdict\n", page->out);
		}
		print_change(page, change);
		previous = change;
	}
}

/* Mostly all have the same payload. */
static void short_name(const struct change *change, char *name)
{
	struct change without = *change;

	*without.payload = '\0';
	change_name(&without, name);
}

static bool same_reason(const struct change *a, const struct change *b)
{
	return strcmp(a->decision.why, b->decision.why) == 0;
}

/* "pipe latency 64 B, same-cpu; fifo latency 64 B, same-cpu: why", or "12 cases: why". */
static void print_reason(const struct sheet *page, const struct changes *changes,
	const struct change *first)
{
	char name[CHANGE_NAME], line[2 * CHANGE_NAME + DECISION_WHY] = "";
	size_t count = 0, used = 0;

	for (const struct change *change = first; change;
		change = changes_next(changes, change)) {
		if (!same_reason(change, first))
			continue;
		short_name(change, name);
		if (used < CHANGE_NAME)
			used += (size_t)snprintf(line + used, sizeof line - used, "%s%s",
				count ? "; " : "", name);
		count++;
	}
	if (count > 3)
		used = (size_t)snprintf(line, sizeof line, "%zu cases", count);
	snprintf(line + used, sizeof line - used, ": %s", first->decision.why);
	print_line(page, line);
}

/* Words that several cases share are printed once. */
static void print_reasons(const struct sheet *page, const struct changes *changes)
{
	bool is_titled = false;

	for (const struct change *change = changes_next(changes, NULL); change;
		change = changes_next(changes, change)) {
		const struct change *first = changes_next(changes, NULL);

		while (!same_reason(first, change))
			first = changes_next(changes, first);
		if (!*change->decision.why || first != change)
			continue;
		if (!is_titled)
			print_title(page, "Why, and what it would take");
		is_titled = true;
		print_reason(page, changes, change);
	}
}

static void print_headline(
	const struct sheet *page, const struct changes *changes, const char *before)
{
	char line[FORMAT_LINE];

	fputs(before, page->out);
	print_coloured(page, changes->whole, 0, format_headline(changes, line));
	putc('\n', page->out);
}

static void print_end(const struct sheet *page, const struct changes *changes)
{
	char line[FORMAT_LINE];

	putc('\n', page->out);
	for (size_t i = 0; i < changes->note_count; i++)
		sheet_wrap(page, 0, 2, changes->notes[i]);
	if (*format_power(changes, line))
		sheet_wrap(page, 0, 2, line);
	sheet_wrap(page, 0, 2, format_method(changes, line));
}

static void print_pair(const struct sheet *page, const struct changes *changes)
{
	print_side(page, "base", changes->base_name, changes->base_says);
	print_side(page, "candidate", changes->candidate_name, changes->candidate_says);
	print_differences(page, changes);
	print_cases(page, changes);
	print_reasons(page, changes);
	print_end(page, changes);
	print_headline(page, changes, "\n");
}

static bool is_in(
	const struct changes *const *list, size_t count, const struct change *change)
{
	for (size_t i = 0; i < count; i++)
		if (changes_find(list[i], change))
			return true;
	return false;
}

static void print_row(const struct sheet *page, const struct changes *const *list,
	size_t first, size_t last, const struct change *change)
{
	char text[TEXT_QUANTITY], percent[FORMAT_TEXT];

	print_case(page, change);
	sheet_cell(page, -11, quantity_text(change, change->decision.base, text));
	for (size_t i = first; i < last; i++) {
		const struct change *other = changes_find(list[i], change);
		enum verdict verdict = other ? other->decision.verdict
					     : VERDICT_NO_CHANGE;

		print_coloured(page, verdict, -10,
			other ? format_percent(other->decision.ratio, percent) : "-");
		/* No line ends in spaces. */
		if (marks[verdict] != ' ' || i + 1 < last)
			fprintf(page->out, " %c", marks[verdict]);
	}
	putc('\n', page->out);
	print_detail(page, change);
}

/* Runs first to last of the list side by side. Cases that a run lacks come with the first
 * run that has them. */
static void print_side_by_side(const struct sheet *page,
	const struct changes *const *list, size_t count, size_t first, size_t last)
{
	for (size_t i = 0; i < count; i++) {
		const struct change *previous = NULL;

		for (const struct change *change = changes_next(list[i], NULL); change;
			change = changes_next(list[i], change)) {
			if (is_in(list, i, change))
				continue;
			if (opens_block(change, previous)) {
				print_block(page, change);
				fputs("  mechanism        test          size       base",
					page->out);
				for (size_t run = first; run < last; run++) {
					char title[FORMAT_TEXT];

					snprintf(title, sizeof title, "[%zu]", run + 1);
					sheet_cell(page, run > first ? -12 : -10, title);
				}
				putc('\n', page->out);
			}
			print_row(page, list, first, last, change);
			previous = change;
		}
	}
}

static void print_many(
	const struct sheet *page, const struct changes *const *list, size_t count)
{
	char name[FORMAT_TEXT], line[FORMAT_LINE];

	print_side(page, "base", list[0]->base_name, list[0]->base_says);
	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof name, "[%zu]", i + 1);
		print_side(page, name, list[i]->candidate_name, list[i]->candidate_says);
	}
	for (size_t i = 0; i < count; i += RUNS)
		print_side_by_side(
			page, list, count, i, i + RUNS < count ? i + RUNS : count);
	fputs("\nChange against the base: ! slower (smaller), * faster (larger), "
	      "? inconclusive\n",
		page->out);
	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof name, "\n[%zu] ", i + 1);
		print_headline(page, list[i], name);
		for (size_t j = 0; j < list[i]->difference_count; j++) {
			const struct difference *difference = &list[i]->differences[j];

			snprintf(line, sizeof line, "%s: '%.150s' and '%.150s'",
				difference->says, difference->base,
				difference->candidate);
			print_line(page, line);
		}
		if (*format_power(list[i], line))
			print_line(page, line);
	}
	putc('\n', page->out);
	sheet_wrap(page, 0, 2, format_method(list[0], line));
}

void format_table(
	const struct changes *const *list, size_t count, FILE *out, bool is_coloured)
{
	const struct sheet page = { .out = out, .is_coloured = is_coloured };

	if (count == 1)
		print_pair(&page, list[0]);
	else
		print_many(&page, list, count);
}
