#include <string.h>

#include "harness/base/text.h"
#include "results/format.h"

#define ROWS_MOST 400 /* of a verdict: a step summary holds 1 MiB */

/* A text inside a cell: what Markdown or HTML would read is escaped. */
static void put_text(FILE *out, const char *text)
{
	char clean[1024];

	for (const char *c = format_clean(text, clean, sizeof clean); *c; c++) {
		if (strchr("\\`*_[]<>|~", *c))
			putc('\\', out);
		putc(*c, out);
	}
}

static void put_case(FILE *out, const struct change *change)
{
	char text[CHANGE_NAME], size[TEXT_QUANTITY];

	fputs("| ", out);
	put_text(out, change->mechanism);
	fprintf(out, " %s", change->test);
	if (change->size_bytes > 0)
		fprintf(out, " %s", text_bytes((double)change->size_bytes, size));
	fputs(" | ", out);
	put_text(out, change_block_name(change, text));
	if (*change->detail) {
		fputs(", ", out);
		put_text(out, change->detail);
	}
}

static void put_row(FILE *out, const struct change *change)
{
	const struct decision *decision = &change->decision;
	char text[TEXT_QUANTITY], number[FORMAT_TEXT], remark[CHANGE_REMARK];

	put_case(out, change);
	fprintf(out, " | %s", quantity_text(change, decision->base, text));
	fprintf(out, " | %s", quantity_text(change, decision->candidate, text));
	fprintf(out, " | %s", format_percent(decision->ratio, number));
	fprintf(out, " | %s | ", format_interval(decision, number));
	if (decision->verdict == VERDICT_SLOWER)
		fprintf(out, "**%s**", change_verdict(change));
	else
		fputs(change_verdict(change), out);
	if (*decision->why) {
		fputs(": ", out);
		put_text(out, decision->why);
	}
	if (*change_remark(change, remark)) {
		fputs("; ", out);
		put_text(out, remark);
	}
	fputs(" |\n", out);
}

static void put_table(FILE *out, const struct changes *changes, enum verdict verdict)
{
	size_t count = 0;

	fprintf(out,
		"| case | where | base | candidate | change | %.4g %% interval | verdict |\n"
		"|---|---|---:|---:|---:|---:|---|\n",
		100 * (1 - changes->rule.alpha));
	for (const struct change *change = changes_next(changes, NULL); change;
		change = changes_next(changes, change))
		if (change->decision.verdict == verdict && count++ < ROWS_MOST)
			put_row(out, change);
	putc('\n', out);
	if (count > ROWS_MOST)
		fprintf(out, "%zu more are left out here.\n\n", count - ROWS_MOST);
}

/* What is no alarm folds away. */
static void put_folded(FILE *out, const struct changes *changes, enum verdict verdict)
{
	size_t count = changes->counts[verdict];

	if (!count)
		return;
	fprintf(out, "<details><summary>%zu %s</summary>\n\n", count,
		verdict == VERDICT_NO_CHANGE ? "without change" : verdict_name(verdict));
	put_table(out, changes, verdict);
	fputs("</details>\n\n", out);
}

static void put_side(FILE *out, const char *side, const char *name, const char *says)
{
	fprintf(out, "%s: ", side);
	put_text(out, name);
	if (*says) {
		fputs(" (", out);
		put_text(out, says);
		putc(')', out);
	}
	fputs("  \n", out);
}

static void put_differences(FILE *out, const struct changes *changes)
{
	if (!changes->difference_count)
		return;
	fputs("**What else is not the same**\n\n| | base | candidate |\n|---|---|---|\n",
		out);
	for (size_t i = 0; i < changes->difference_count; i++) {
		const struct difference *difference = &changes->differences[i];

		fputs("| ", out);
		put_text(out, difference->says);
		fputs(" | ", out);
		put_text(out, difference->base);
		fputs(" | ", out);
		put_text(out, difference->candidate);
		fputs(" |\n", out);
	}
	putc('\n', out);
}

static void put_comparison(FILE *out, const struct changes *changes)
{
	char line[FORMAT_LINE];

	fprintf(out, "### ipcmark: %s\n\n", format_headline(changes, line));
	put_side(out, "base", changes->base_name, changes->base_says);
	put_side(out, "candidate", changes->candidate_name, changes->candidate_says);
	putc('\n', out);
	if (changes->counts[VERDICT_SLOWER])
		put_table(out, changes, VERDICT_SLOWER);
	put_differences(out, changes);
	put_folded(out, changes, VERDICT_INCONCLUSIVE);
	put_folded(out, changes, VERDICT_FASTER);
	put_folded(out, changes, VERDICT_NO_CHANGE);
	for (size_t i = 0; i < changes->note_count; i++) {
		put_text(out, changes->notes[i]);
		fputs("  \n", out);
	}
	if (*format_power(changes, line))
		fprintf(out, "%s  \n", line);
	fprintf(out, "%s\n", format_method(changes, line));
}

void format_markdown(const struct changes *const *list, size_t count, FILE *out)
{
	for (size_t i = 0; i < count; i++) {
		if (i)
			putc('\n', out);
		put_comparison(out, list[i]);
	}
}
