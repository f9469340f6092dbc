#include "conformance/report.h"

#include <string.h>

#include "conformance/errors.h"
#include "conformance/needs.h"
#include "results/csv.h"

#define COLUMNS 80

/* One record; the fields end with NULL. */
static void record(FILE *out, const char *const *fields)
{
	for (size_t i = 0; fields[i]; i++) {
		if (i)
			putc(',', out);
		csv_field(out, fields[i]);
	}
	putc('\n', out);
}

void report_csv_begin(FILE *out)
{
	record(out, (const char *const[]) { "id", "suite", "promise", "verdict", "what",
			    "got", "want", "errno", "reason", "where", "seen", "cite",
			    "repeats", "same", "duration_ms", NULL });
}

void report_csv_point(
	FILE *out, const struct point *point, const struct judgement *judgement)
{
	const struct outcome *outcome = &point->outcome;
	char error[ERROR_NAME] = "", repeats[16], same[16], duration_ms[32];

	if (outcome->error)
		error_name(outcome->error, error);
	snprintf(repeats, sizeof repeats, "%d", point->repeats);
	snprintf(same, sizeof same, "%d", point->same);
	snprintf(duration_ms, sizeof duration_ms, "%.3f",
		(double)outcome->duration_ns / 1e6);
	record(out, (const char *const[]) { point->id, point->suite->name,
			    promise_names[point->text->promise],
			    judgement_names[judgement->kind], outcome->what, outcome->got,
			    outcome->want, error, judgement->words, outcome->where,
			    outcome->notes, point->text->cite, repeats, same, duration_ms,
			    NULL });
}

static void summary_line(
	FILE *out, const struct point *point, const struct judgement *judgement)
{
	const struct outcome *outcome = &point->outcome;

	fprintf(out, "  %-16s%s: ", judgement_names[judgement->kind], point->id);
	if (outcome->want[0])
		fprintf(out, "%s%sgot %s, want %s\n", outcome->what,
			outcome->what[0] ? ": " : "", outcome->got, outcome->want);
	else if (judgement->kind == JUDGED_BROKEN || !outcome->got[0])
		fprintf(out, "%s\n", judgement->words);
	else
		fprintf(out, "%s\n", outcome->got);
}

static void summary_of(FILE *out, enum promise promise, const struct point *points,
	const struct judgement *judgements, size_t count)
{
	bool is_first = true;

	for (size_t i = 0; i < count; i++) {
		if (points[i].text->promise != promise ||
			judgements[i].kind == JUDGED_OK ||
			judgements[i].kind == JUDGED_SKIPPED)
			continue;
		if (is_first)
			fprintf(out, "%s\n",
				promise == PROMISE_POSIX ? "promised by POSIX"
				: promise == PROMISE_LINUX
					? "promised by Linux"
					: "observed of implementations");
		is_first = false;
		summary_line(out, &points[i], &judgements[i]);
	}
}

void report_summary(FILE *out, const struct point *points,
	const struct judgement *judgements, size_t count, double spent_s)
{
	size_t counts[JUDGEMENTS] = { 0 };

	for (size_t i = 0; i < count; i++)
		counts[judgements[i].kind]++;
	for (int promise = 0; promise_names[promise]; promise++)
		summary_of(out, (enum promise)promise, points, judgements, count);
	fprintf(out, "%zu checked in %.1f s:", count, spent_s);
	for (int kind = 0, shown = 0; kind < JUDGEMENTS; kind++)
		if (counts[kind])
			fprintf(out, "%s %zu %s", shown++ ? "," : "", counts[kind],
				judgement_names[kind]);
	putc('\n', out);
}

/* `label` in the first column, the text after it, broken between words. */
static void paragraph(FILE *out, const char *label, const char *text)
{
	int column = fprintf(out, "  %-10s", label);

	if (!*text)
		text = "nothing is known";
	while (*text) {
		int length = (int)strcspn(text, " ");

		if (column + 1 + length > COLUMNS && column > 12) {
			putc('\n', out);
			column = fprintf(out, "  %-10s", "");
		}
		column += fprintf(out, "%s%.*s", column > 12 ? " " : "", length, text);
		text += length;
		text += strspn(text, " ");
	}
	putc('\n', out);
}

void report_explain(FILE *out, const struct point *point)
{
	char needs[256];

	fprintf(out, "%s\n", point->id);
	paragraph(out, "promised", point->text->says);
	paragraph(out, "by",
		point->text->promise == PROMISE_POSIX ? "POSIX"
		: point->text->promise == PROMISE_LINUX
			? "the Linux manual"
			: "nobody; implementations do it");
	paragraph(out, "source", point->text->cite);
	paragraph(out, "tested", point->text->method);
	if (point->check->needs)
		paragraph(out, "needs",
			need_words(point->check->needs, ", ", needs, sizeof needs));
	paragraph(out, "differs", point->text->differs);
	paragraph(out, "breaks", point->text->breaks);
}

void report_list(FILE *out, const struct point *points, size_t count)
{
	size_t width = 0;

	for (size_t i = 0; i < count; i++)
		if (strlen(points[i].id) > width)
			width = strlen(points[i].id);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%-*s  %-8s  %s\n", (int)width, points[i].id,
			promise_names[points[i].text->promise], points[i].text->says);
}

void report_list_csv(FILE *out, const struct point *points, size_t count)
{
	char needs[256];

	record(out,
		(const char *const[]) { "id", "check", "suite", "promise", "needs",
			"serial", "says", "cite", "method", "differs", "breaks", NULL });
	for (size_t i = 0; i < count; i++) {
		const struct point *point = &points[i];

		record(out,
			(const char *const[]) { point->id, point->check->id,
				point->suite->name, promise_names[point->text->promise],
				need_words(point->check->needs, ";", needs, sizeof needs),
				point->check->is_serial ? "yes" : "no", point->text->says,
				point->text->cite, point->text->method,
				point->text->differs, point->text->breaks, NULL });
	}
}
