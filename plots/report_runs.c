/* report_runs.c: several runs side by side, on one scale, against the first of them. A
 * difference is marked where `compare` finds one, and nowhere else. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "plots/report_parts.h"
#include "results/change.h"
#include "results/compare.h"
#include "results/format.h"

#define STRIP_WIDTH 150.0
#define STRIP_ROOM  8.0 /* at both ends, for the marks */

/* The comparisons of each later run with the first: lists[i] is that of run i + 1, NULL
 * where they have nothing in common. */
struct side_by_side {
	struct changes **lists;
	struct why *whys; /* why not */
	size_t count;
	double low[QUANTITIES], high[QUANTITIES]; /* the scales */
};

static void put_names(struct report_page *page)
{
	fputs("<ol class=\"runs\">\n", page->out);
	for (size_t i = 0; i < page->run_count; i++) {
		const struct report_run *run = &page->runs[i];

		html_print(page->out,
			"<li><a href=\"#%srun\">%s</a> %s, Linux %s, %s</li>\n",
			run->prefix, run->name, report_fact(run, "cpu.model"),
			report_fact(run, "kernel.release"), report_fact(run, "time.utc"));
	}
	fputs("</ol>\n", page->out);
}

static bool is_same_everywhere(const struct report_page *page, const char *key)
{
	for (size_t i = 1; i < page->run_count; i++)
		if (strcmp(report_fact(&page->runs[0], key),
			    report_fact(&page->runs[i], key)) != 0)
			return false;
	return true;
}

/* Facts that are another each time and say nothing. */
static bool is_of_the_moment(const char *key)
{
	static const char *const keys[] = { "time.utc", "load.1", "memory.available",
		"run.planned_s", "option.seed", "option.out", "clock.ns_per_tick", NULL };

	for (size_t i = 0; keys[i]; i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

static void put_machines(struct report_page *page)
{
	const struct facts *facts = &page->runs[0].facts;
	size_t lines = 0;

	report_begin(page, NULL, "machines", "Machines");
	fputs("<p>What is not the same in all runs.</p>\n", page->out);
	report_table(page, "what is not the same");
	fputs("<thead><tr><th scope=\"col\">Fact</th>", page->out);
	for (size_t i = 0; i < page->run_count; i++)
		html_print(page->out, "<th scope=\"col\" class=\"words\">%zu. %s</th>",
			i + 1, page->runs[i].name);
	fputs("</tr></thead>\n<tbody>\n", page->out);
	for (size_t f = 0; f < facts->count && lines < REPORT_LINES; f++) {
		const char *key = facts->items[f].key;

		if (is_of_the_moment(key) || is_same_everywhere(page, key))
			continue;
		html_print(page->out, "<tr><th scope=\"row\"><code>%s</code></th>", key);
		for (size_t i = 0; i < page->run_count; i++)
			html_print(page->out, "<td class=\"words\">%s</td>",
				report_fact(&page->runs[i], key));
		fputs("</tr>\n", page->out);
		lines++;
	}
	fputs("</tbody>", page->out);
	report_table_end(page);
	if (!lines)
		fputs("<p class=\"note\">Nothing that the runs recorded differs.</p>\n",
			page->out);
	report_end(page);
}

static void stretch(struct side_by_side *sides, enum quantity quantity, double value)
{
	if (!(value > 0) || isinf(value))
		return;
	if (!(sides->low[quantity] <= value))
		sides->low[quantity] = value;
	if (!(sides->high[quantity] >= value))
		sides->high[quantity] = value;
}

/* The next case of a comparison; NULL after the last one. */
static const struct change *next_change(
	const struct side_by_side *sides, size_t list, const struct change *previous)
{
	return sides->lists[list] ? changes_next(sides->lists[list], previous) : NULL;
}

static void find_scales(struct side_by_side *sides)
{
	for (size_t i = 0; i < QUANTITIES; i++)
		sides->low[i] = sides->high[i] = NAN;
	for (size_t i = 0; i < sides->count; i++)
		for (const struct change *change = next_change(sides, i, NULL); change;
			change = next_change(sides, i, change)) {
			stretch(sides, change->quantity, change->decision.base);
			stretch(sides, change->quantity, change->decision.candidate);
		}
}

static double strip_x(
	const struct side_by_side *sides, enum quantity quantity, double value)
{
	double low = log(sides->low[quantity]), high = log(sides->high[quantity]);
	double part = high > low ? (log(value) - low) / (high - low) : 0.5;

	return STRIP_ROOM + part * (STRIP_WIDTH - 2 * STRIP_ROOM);
}

/* Dots of all runs on the scale that all cases of the quantity have. */
static void put_strip(FILE *out, const struct side_by_side *sides,
	const struct change *first, const struct change *const *others)
{
	enum quantity quantity = first->quantity;

	html_print(out,
		"<td class=\"strip\"><svg viewBox=\"0 0 %.0f 16\" width=\"%.0f\" height=\"16\" "
		"aria-hidden=\"true\"><path d=\"M0 8H%.0f\"/>",
		STRIP_WIDTH, STRIP_WIDTH, STRIP_WIDTH);
	if (first->decision.base > 0)
		html_print(out, "<circle class=\"base\" cx=\"%.1f\" cy=\"8\" r=\"5\"/>",
			strip_x(sides, quantity, first->decision.base));
	for (size_t i = 0; i < sides->count; i++)
		if (others[i] && others[i]->decision.candidate > 0)
			html_print(out,
				"<circle class=\"run%zu\" cx=\"%.1f\" cy=\"8\" r=\"3\"/>",
				(i + 1) % 6,
				strip_x(sides, quantity, others[i]->decision.candidate));
	fputs("</svg></td>", out);
}

static void put_change(FILE *out, const struct change *change)
{
	static const struct {
		const char *class, *mark;
	} looks[VERDICTS] = { [VERDICT_NO_CHANGE] = { "same", "" },
		[VERDICT_INCONCLUSIVE] = { "same", "" },
		[VERDICT_SLOWER] = { "worse", "▼ " },
		[VERDICT_FASTER] = { "better", "▲ " } };
	const struct decision *decision;
	char value[TEXT_QUANTITY], percent[FORMAT_TEXT], interval[FORMAT_TEXT];

	if (!change) {
		fputs("<td></td><td></td>", out);
		return;
	}
	decision = &change->decision;
	report_cell(out, decision->candidate, false);
	html_print(out, "%s</td>", quantity_text(change, decision->candidate, value));
	format_interval(decision, interval);
	html_print(out,
		"<td class=\"%s\" data-v=\"%.6g\">%s%s <small>%s%s%s</small></td>",
		looks[decision->verdict].class, change_percent(decision->ratio),
		looks[decision->verdict].mark, format_percent(decision->ratio, percent),
		change_verdict(change), strcmp(interval, "-") ? "; " : "",
		strcmp(interval, "-") ? interval : "");
}

static bool is_marked(const struct change *change)
{
	return change && (change->decision.verdict == VERDICT_SLOWER ||
				 change->decision.verdict == VERDICT_FASTER);
}

static void put_table_head(struct report_page *page)
{
	report_table(page, "runs side by side");
	fputs("<thead><tr><th scope=\"col\">Mechanism</th><th scope=\"col\" "
	      "class=\"words\">Test</th><th scope=\"col\" class=\"words\">Where</th>"
	      "<th scope=\"col\">Size</th><th scope=\"col\">1</th>",
		page->out);
	for (size_t i = 1; i < page->run_count; i++)
		html_print(page->out,
			"<th scope=\"col\">%zu</th><th scope=\"col\">%zu against 1</th>",
			i + 1, i + 1);
	fputs("<th scope=\"col\" class=\"words\">One scale</th></tr></thead>\n<tbody>\n",
		page->out);
}

static void put_case(struct report_page *page, const struct side_by_side *sides,
	const struct change *first, const struct change *const *others)
{
	char text[TEXT_QUANTITY], where[CHANGE_NAME];

	report_mechanism(page, first->mechanism);
	html_print(page->out,
		"<td class=\"words\">%s</td><td class=\"words\">%s%s%s</td>", first->test,
		change_block_name(first, where), *first->detail ? ", " : "",
		first->detail);
	html_print(page->out, "<td data-v=\"%lld\">%s</td><td data-v=\"%.6g\">%s</td>",
		(long long)first->size_bytes,
		first->size_bytes ? text_bytes((double)first->size_bytes, text) : "",
		first->decision.base,
		quantity_text(first, first->decision.base, (char[TEXT_QUANTITY]) { "" }));
	for (size_t i = 0; i < sides->count; i++)
		put_change(page->out, others[i]);
	put_strip(page->out, sides, first, others);
	fputs("</tr>\n", page->out);
}

/* Finds the case in all comparisons. False where it is one for an earlier list. */
static bool gather(const struct side_by_side *sides, size_t list,
	const struct change *change, const struct change **others, bool *marked)
{
	*marked = false;
	for (size_t i = 0; i < sides->count; i++) {
		others[i] = i == list         ? change
			    : sides->lists[i] ? changes_find(sides->lists[i], change)
					      : NULL;
		if (i < list && others[i])
			return false;
		*marked |= is_marked(others[i]);
	}
	return true;
}

/* Writes the cases that are marked, or those that are not. Returns how many. */
static size_t put_cases(
	struct report_page *page, const struct side_by_side *sides, bool marked)
{
	const struct change **others = calloc(sides->count, sizeof(void *));
	size_t lines = 0;

	for (size_t i = 0; others && i < sides->count; i++)
		for (const struct change *change = next_change(sides, i, NULL); change;
			change = next_change(sides, i, change)) {
			bool is_one;

			if (!gather(sides, i, change, others, &is_one) ||
				is_one != marked)
				continue;
			if (!lines++)
				put_table_head(page);
			if (lines <= REPORT_LINES)
				put_case(page, sides, change, others);
		}
	free(others);
	if (!lines)
		return 0;
	fputs("</tbody>", page->out);
	report_table_end(page);
	if (lines > REPORT_LINES)
		html_print(page->out,
			"<p class=\"note\">%zu more; 'ipcmark compare' lists all.</p>\n",
			lines - REPORT_LINES);
	return lines;
}

/* What a run is against the first. That something could not be told apart is no news to
 * who looks for differences, so it comes last. */
static void put_headline(FILE *out, const struct changes *changes)
{
	size_t slower = changes->counts[VERDICT_SLOWER],
	       faster = changes->counts[VERDICT_FASTER];

	if (slower || faster)
		html_print(
			out, "<strong>%zu slower, %zu faster</strong>", slower, faster);
	else
		fputs("<strong>no difference was found</strong>", out);
	html_print(out,
		" (%zu cases: %zu are without change, in %zu one of %.3g %% could not be told "
		"from chance)",
		changes->count, changes->counts[VERDICT_NO_CHANGE],
		changes->counts[VERDICT_INCONCLUSIVE], 100 * changes->rule.margin);
}

static void put_headlines(struct report_page *page, const struct side_by_side *sides)
{
	char text[FORMAT_LINE];

	for (size_t i = 0; i < sides->count; i++)
		if (sides->lists[i]) {
			html_print(page->out, "<p>%s</p>\n",
				format_method(sides->lists[i], text));
			break;
		}
	fputs("<ul>\n", page->out);
	for (size_t i = 0; i < sides->count; i++) {
		html_print(page->out, "<li>Run %zu against run 1: ", i + 2);
		if (sides->lists[i])
			put_headline(page->out, sides->lists[i]);
		else
			html_print(page->out, "<strong>%s</strong>", sides->whys[i].text);
		fputs("</li>\n", page->out);
	}
	fputs("</ul>\n", page->out);
}

static void put_comparison(struct report_page *page, const struct side_by_side *sides)
{
	report_begin(page, NULL, "differences", "Differences");
	put_headlines(page, sides);
	fputs("<h3>Differences that exceed their intervals</h3>\n", page->out);
	if (!put_cases(page, sides, true))
		fputs("<p class=\"note\">None.</p>\n", page->out);
	fputs("<details><summary>All other cases: no difference was found, or it cannot be "
	      "told from chance</summary>\n",
		page->out);
	if (!put_cases(page, sides, false))
		fputs("<p class=\"note\">None.</p>\n", page->out);
	fputs("</details>\n", page->out);
	for (size_t i = 0; i < sides->count; i++)
		for (size_t n = 0; sides->lists[i] && n < sides->lists[i]->note_count;
			n++)
			html_print(page->out, "<p class=\"note\">Run %zu: %s</p>\n",
				i + 2, sides->lists[i]->notes[n]);
	report_end(page);
}

int report_runs(struct report_page *page, struct why *why)
{
	struct side_by_side sides = { .count = page->run_count - 1 };
	const struct rule rule = RULE_STANDARD;

	sides.lists = calloc(sides.count, sizeof(void *));
	sides.whys = calloc(sides.count, sizeof *sides.whys);
	if (!sides.lists || !sides.whys) {
		free(sides.lists);
		free(sides.whys);
		return why_say(why, ENOMEM, "compare the runs");
	}
	for (size_t i = 0; i < sides.count; i++)
		if (compare_runs(page->runs[0].directory, page->runs[i + 1].directory,
			    &rule, &sides.lists[i], &sides.whys[i]))
			sides.lists[i] = NULL;
	find_scales(&sides);
	put_names(page);
	report_answers_aside(page);
	put_comparison(page, &sides);
	put_machines(page);
	for (size_t i = 0; i < sides.count; i++)
		changes_free(sides.lists[i]);
	free(sides.lists);
	free(sides.whys);
	return 0;
}
