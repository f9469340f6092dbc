#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "harness/base/text.h"
#include "results/format.h"

/* Text of an attribute or an element (XML 1.0, 2.4). */
static void put_text(FILE *out, const char *text)
{
	char clean[1024];

	for (const char *c = format_clean(text, clean, sizeof clean); *c; c++) {
		if (*c == '&')
			fputs("&amp;", out);
		else if (*c == '<')
			fputs("&lt;", out);
		else if (*c == '>')
			fputs("&gt;", out);
		else if (*c == '"')
			fputs("&quot;", out);
		else
			putc(*c, out);
	}
}

/* "+9.4 % (+7.8 to +11.0 %), 5.1 µs to 5.6 µs" and the reason. */
static void put_message(FILE *out, const struct change *change)
{
	const struct decision *decision = &change->decision;
	char text[2][TEXT_QUANTITY], number[2][FORMAT_TEXT], line[1024];
	char remark[CHANGE_REMARK];
	size_t used;

	if (isnan(decision->ratio))
		snprintf(line, sizeof line, "%s: %s", change_verdict(change),
			decision->why);
	else
		snprintf(line, sizeof line, "%s: %s (%s), %s to %s%s%s",
			change_verdict(change),
			format_percent(decision->ratio, number[0]),
			format_interval(decision, number[1]),
			quantity_text(change, decision->base, text[0]),
			quantity_text(change, decision->candidate, text[1]),
			*decision->why ? "; " : "", decision->why);
	used = strlen(line);
	if (*change_remark(change, remark))
		snprintf(line + used, sizeof line - used, "; %s", remark);
	put_text(out, line);
}

static void put_case(FILE *out, const struct change *change)
{
	enum verdict verdict = change->decision.verdict;
	const char *element = verdict == VERDICT_SLOWER         ? "failure"
			      : verdict == VERDICT_INCONCLUSIVE ? "skipped"
								: NULL;
	char name[CHANGE_NAME];

	fputs("    <testcase classname=\"ipcmark.", out);
	put_text(out, change->mechanism);
	fputs("\" name=\"", out);
	put_text(out, change_name(change, name));
	if (element) {
		fprintf(out, "\">\n      <%s message=\"", element);
		put_message(out, change);
		fputs("\"/>\n    </testcase>\n", out);
	} else {
		fputs("\">\n      <system-out>", out);
		put_message(out, change);
		fputs("</system-out>\n    </testcase>\n", out);
	}
}

static void put_property(FILE *out, const char *name, const char *value)
{
	fputs("      <property name=\"", out);
	put_text(out, name);
	fputs("\" value=\"", out);
	put_text(out, value);
	fputs("\"/>\n", out);
}

static void put_properties(FILE *out, const struct changes *changes)
{
	char text[600];

	fputs("    <properties>\n", out);
	put_property(out, "base", changes->base_name);
	put_property(out, "base.is", changes->base_says);
	put_property(out, "candidate", changes->candidate_name);
	put_property(out, "candidate.is", changes->candidate_says);
	put_property(out, "verdict", verdict_name(changes->whole));
	put_property(out, "method", format_method(changes, text));
	put_property(out, "power", format_power(changes, text));
	for (size_t i = 0; i < changes->note_count; i++)
		put_property(out, "note", changes->notes[i]);
	for (size_t i = 0; i < changes->difference_count; i++) {
		const struct difference *difference = &changes->differences[i];

		snprintf(text, sizeof text, "%s | %s", difference->base,
			difference->candidate);
		put_property(out, difference->key, text);
	}
	fputs("    </properties>\n", out);
}

void format_junit(const struct changes *const *list, size_t count, FILE *out)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"ipcmark\">\n",
		out);
	for (size_t i = 0; i < count; i++) {
		const struct changes *changes = list[i];

		fputs("  <testsuite name=\"", out);
		put_text(out, changes->base_name);
		fputs(" and ", out);
		put_text(out, changes->candidate_name);
		fprintf(out,
			"\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
			"skipped=\"%zu\">\n",
			changes->count, changes->counts[VERDICT_SLOWER],
			changes->counts[VERDICT_INCONCLUSIVE]);
		put_properties(out, changes);
		for (const struct change *change = changes_next(changes, NULL); change;
			change = changes_next(changes, change))
			put_case(out, change);
		fputs("  </testsuite>\n", out);
	}
	fputs("</testsuites>\n", out);
}
