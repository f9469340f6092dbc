#include "conformance/tap.h"

#include <string.h>

#include "conformance/errors.h"

void tap_begin(FILE *out, int version, size_t count)
{
	fprintf(out, "TAP version %d\n1..%zu%s\n", version, count,
		count ? "" : " # SKIP no check was chosen");
}

/* In double quotes, so that no character means anything; YAML 1.2, section 7.3.1. */
static void yaml(FILE *out, const char *key, const char *text)
{
	if (!*text)
		return;
	fprintf(out, "  %s: \"", key);
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if (*c == '"' || *c == '\\')
			fprintf(out, "\\%c", *c);
		else if (*c < ' ' || *c == 0x7f)
			fprintf(out, "\\x%02x", *c);
		else
			putc(*c, out);
	fputs("\"\n", out);
}

/* After a directive, on one line, without another '#'. */
static void directive(FILE *out, const char *word, const char *text)
{
	fprintf(out, " # %s ", word);
	for (; *text; text++)
		putc((unsigned char)*text < ' ' || *text == '#' ? ' ' : *text, out);
}

static void block(FILE *out, const struct point *point, const struct judgement *judgement)
{
	const struct outcome *outcome = &point->outcome;
	char name[ERROR_NAME];

	fputs("  ---\n", out);
	yaml(out, "verdict", judgement_names[judgement->kind]);
	yaml(out, "says", point->text->says);
	yaml(out, "promise", promise_names[point->text->promise]);
	yaml(out, "cite", point->text->cite);
	yaml(out, "what", outcome->what);
	yaml(out, "got", outcome->got);
	yaml(out, "want", outcome->want);
	if (outcome->error)
		yaml(out, "errno", error_name(outcome->error, name));
	yaml(out, "reason", judgement->words);
	yaml(out, "where", outcome->where);
	yaml(out, "seen", outcome->notes);
	fputs("  ...\n", out);
}

void tap_point(FILE *out, size_t number, const struct point *point,
	const struct judgement *judgement)
{
	fprintf(out, "%s %zu - %s", judgement->is_not_ok ? "not ok" : "ok", number,
		point->id);
	if (judgement->kind == JUDGED_SKIPPED)
		directive(out, "SKIP", judgement->words);
	else if (judgement->kind == JUDGED_KNOWN)
		directive(out, "TODO", judgement->words);
	putc('\n', out);
	if (judgement->is_not_ok || judgement->kind == JUDGED_DIFFERS)
		block(out, point, judgement);
	else if (point->outcome.notes[0]) {
		fputs("  ---\n", out);
		yaml(out, "seen", point->outcome.notes);
		fputs("  ...\n", out);
	}
}
