#include "conformance/junit.h"

#include <string.h>

#include "conformance/errors.h"

/* Escaped; a character that XML 1.0 cannot hold becomes a question mark. */
static void xml(FILE *out, const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		switch (*c) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\n':
			fputs("&#10;", out);
			break;
		default:
			putc(*c < ' ' && *c != '\t' ? '?' : *c, out);
		}
}

static void attribute(FILE *out, const char *name, const char *text)
{
	fprintf(out, " %s=\"", name);
	xml(out, text);
	putc('"', out);
}

static void detail(FILE *out, const char *name, const char *text)
{
	if (!*text)
		return;
	fprintf(out, "%s: ", name);
	xml(out, text);
	putc('\n', out);
}

static void fault(FILE *out, const char *element, const struct point *point,
	const struct judgement *judgement)
{
	const struct outcome *outcome = &point->outcome;
	char name[ERROR_NAME];

	fprintf(out, "      <%s", element);
	attribute(out, "type", judgement_names[judgement->kind]);
	attribute(out, "message",
		judgement->words[0] ? judgement->words : point->text->says);
	fputs(">\n", out);
	detail(out, "says", point->text->says);
	detail(out, "cite", point->text->cite);
	detail(out, "what", outcome->what);
	detail(out, "got", outcome->got);
	detail(out, "want", outcome->want);
	detail(out, "errno", outcome->error ? error_name(outcome->error, name) : "");
	detail(out, "where", outcome->where);
	detail(out, "seen", outcome->notes);
	fprintf(out, "      </%s>\n", element);
}

static void test_case(
	FILE *out, const struct point *point, const struct judgement *judgement)
{
	fputs("    <testcase", out);
	attribute(out, "classname", point->suite->name);
	attribute(out, "name", point->id);
	fprintf(out, " time=\"%.6f\">\n", (double)point->outcome.duration_ns / 1e9);
	if (judgement->is_finding) {
		fault(out, "failure", point, judgement);
	} else if (judgement->kind == JUDGED_BROKEN) {
		fault(out, "error", point, judgement);
	} else if (judgement->kind == JUDGED_SKIPPED || judgement->kind == JUDGED_KNOWN) {
		fputs("      <skipped", out);
		attribute(out, "type", judgement_names[judgement->kind]);
		attribute(out, "message", judgement->words);
		fputs("/>\n", out);
	}
	fputs("    </testcase>\n", out);
}

struct counts {
	size_t tests, failures, errors, skipped;
	double spent_s;
};

static struct counts count_all(const struct point *points,
	const struct judgement *judgements, size_t first, size_t end)
{
	struct counts counts = { .tests = end - first };

	for (size_t i = first; i < end; i++) {
		counts.failures += judgements[i].is_finding;
		counts.errors += judgements[i].kind == JUDGED_BROKEN;
		counts.skipped += judgements[i].kind == JUDGED_SKIPPED ||
				  judgements[i].kind == JUDGED_KNOWN;
		counts.spent_s += (double)points[i].outcome.duration_ns / 1e9;
	}
	return counts;
}

/* The counts of a suite or, as `testsuites`, of all: its skipped ones are a suite's only
 * (junit-10.xsd of the xUnit plugin of Jenkins). */
static void open_element(
	FILE *out, const char *element, const char *name, const struct counts *counts)
{
	fprintf(out, "<%s", element);
	attribute(out, "name", name);
	fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", counts->tests,
		counts->failures, counts->errors);
	if (strcmp(element, "testsuite") == 0)
		fprintf(out, " skipped=\"%zu\"", counts->skipped);
	fprintf(out, " time=\"%.6f\">\n", counts->spent_s);
}

void junit_write(FILE *out, const struct point *points,
	const struct judgement *judgements, size_t count)
{
	struct counts counts = count_all(points, judgements, 0, count);

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", out);
	open_element(out, "testsuites", "ipcmark check", &counts);
	for (size_t first = 0, end; first < count; first = end) {
		for (end = first;
			end < count && points[end].suite == points[first].suite;)
			end++;
		counts = count_all(points, judgements, first, end);
		fputs("  ", out);
		open_element(out, "testsuite", points[first].suite->name, &counts);
		for (size_t i = first; i < end; i++)
			test_case(out, &points[i], &judgements[i]);
		fputs("  </testsuite>\n", out);
	}
	fputs("</testsuites>\n", out);
}
