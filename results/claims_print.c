#include "results/claims_print.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "results/csv.h"
#include "results/json.h"

#define INDENT 21 /* the widest verdict and its margins */

static const char *const truth_words[] = {
	[TRUTH_TRUE] = "for",
	[TRUTH_FALSE] = "against",
	[TRUTH_TIE] = "neither",
};

static enum sheet_style style_of(enum claim_verdict verdict)
{
	return verdict == CLAIM_REFUTED   ? STYLE_RED
	       : verdict == CLAIM_DEPENDS ? STYLE_YELLOW
					  : STYLE_BLUE;
}

/* "73 claims: 34 confirmed, ..." of one kind, or of all (NULL). */
static void put_counts(const struct judged_claims *judged, const char *kind, FILE *out)
{
	size_t counts[CLAIM_VERDICTS] = { 0 }, count = 0;
	const char *before = ": ";

	for (size_t i = 0; i < judged->count; i++)
		if (!kind || strcmp(judged->items[i].kind, kind) == 0) {
			counts[judged->items[i].verdict]++;
			count++;
		}
	fprintf(out, "%zu %s", count, count == 1 ? "claim" : "claims");
	for (int verdict = 0; verdict < CLAIM_VERDICTS; verdict++) {
		if (!counts[verdict])
			continue;
		fprintf(out, "%s%zu %s", before, counts[verdict],
			claim_verdict_words[verdict]);
		before = ", ";
	}
}

/* Is the claim the first of its kind? */
static bool opens_kind(const struct judged_claims *judged, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(judged->items[i].kind, judged->items[index].kind) == 0)
			return false;
	return true;
}

#define TITLE 64
static const char *capital(const char *kind, char *title)
{
	snprintf(title, TITLE, "%s", kind);
	*title = (char)toupper((unsigned char)*title);
	return title;
}

static void put_paragraph(const struct sheet *sheet, const char *before, const char *text)
{
	int used = fprintf(sheet->out, "%*s%s", INDENT, "", before);

	sheet_wrap(sheet, used, INDENT + 2, text);
}

static void print_claim(
	const struct judged_claim *claim, const struct sheet *sheet, bool is_full)
{
	size_t shown = is_full ? claim->evidence_count : 1;

	fputs("  ", sheet->out);
	sheet_style(sheet, style_of(claim->verdict));
	sheet_cell(sheet, INDENT - 2, claim_verdict_words[claim->verdict]);
	sheet_plain(sheet);
	sheet_style(sheet, STYLE_BOLD);
	sheet_wrap(sheet, INDENT, INDENT, claim->claim);
	sheet_plain(sheet);
	if (*claim->because)
		put_paragraph(sheet, "", claim->because);
	if (is_full) {
		put_paragraph(sheet, "id: ", claim->id);
		put_paragraph(sheet, "rule: ", claim->rule);
	}
	for (size_t i = 0; i < claim->evidence_count && i < shown; i++) {
		char before[16];

		snprintf(before, sizeof before,
			"%s: ", truth_words[claim->evidence[i].truth]);
		put_paragraph(sheet, is_full ? before : "", claim->evidence[i].text);
	}
}

void claims_print_table(
	const struct judged_claims *judged, const struct sheet *sheet, bool is_full)
{
	put_counts(judged, NULL, sheet->out);
	putc('\n', sheet->out);
	if (*judged->caution) {
		sheet_style(sheet, STYLE_YELLOW);
		fputs("Measured on a busy machine: ", sheet->out);
		sheet_plain(sheet);
		sheet_wrap(sheet, 28, 2, judged->caution);
	}
	for (size_t k = 0; k < judged->count; k++) {
		const char *kind = judged->items[k].kind;
		char title[TITLE];

		if (!opens_kind(judged, k))
			continue;
		putc('\n', sheet->out);
		sheet_style(sheet, STYLE_BOLD);
		fputs(capital(kind, title), sheet->out);
		sheet_plain(sheet);
		fputs(", ", sheet->out);
		put_counts(judged, kind, sheet->out);
		putc('\n', sheet->out);
		for (size_t i = k; i < judged->count; i++)
			if (strcmp(judged->items[i].kind, kind) == 0)
				print_claim(&judged->items[i], sheet, is_full);
	}
	if (!is_full)
		fputs("\n--explain shows the rule of each claim and all evidence.\n",
			sheet->out);
}

/* All evidence, a line each; free() it. */
static char *join_evidence(const struct judged_claim *claim)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		abort();
	for (size_t i = 0; i < claim->evidence_count; i++)
		fprintf(out, "%s%s: %s", i ? "\n" : "",
			truth_words[claim->evidence[i].truth], claim->evidence[i].text);
	if (fclose(out))
		abort();
	return text;
}

void claims_print_csv(const struct judged_claims *judged, FILE *out)
{
	fputs("id,kind,claim,verdict,because,rule,evidence\n", out);
	for (size_t i = 0; i < judged->count; i++) {
		const struct judged_claim *claim = &judged->items[i];
		char *evidence = join_evidence(claim);
		const char *const fields[] = { claim->id, claim->kind, claim->claim,
			claim_verdict_words[claim->verdict], claim->because, claim->rule,
			evidence };

		for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++) {
			if (f)
				putc(',', out);
			csv_field(out, fields[f]);
		}
		putc('\n', out);
		free(evidence);
	}
}

/* Text in a cell: nothing of it is markup. */
static void put_cell(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("\\|<>*_`[]&~#", *text))
			putc('\\', out);
		putc((unsigned char)*text < ' ' ? ' ' : *text, out);
	}
}

void claims_print_markdown(const struct judged_claims *judged, FILE *out)
{
	if (*judged->caution) {
		fputs("Measured on a busy machine: ", out);
		put_cell(out, judged->caution);
		fputs("\n\n", out);
	}
	for (size_t k = 0; k < judged->count; k++) {
		const char *kind = judged->items[k].kind;
		char title[TITLE];

		if (!opens_kind(judged, k))
			continue;
		fputs(k ? "\n### " : "### ", out);
		put_cell(out, capital(kind, title));
		fputs("\n", out);
		put_counts(judged, kind, out);
		fputs("\n\n| claim | verdict | because | evidence |\n|---|---|---|---|\n",
			out);
		for (size_t i = k; i < judged->count; i++) {
			const struct judged_claim *claim = &judged->items[i];

			if (strcmp(claim->kind, kind) != 0)
				continue;
			fputs("| ", out);
			put_cell(out, claim->claim);
			fprintf(out, " | **%s** | ", claim_verdict_words[claim->verdict]);
			put_cell(out, claim->because);
			fputs(" | ", out);
			if (claim->evidence_count)
				put_cell(out, claim->evidence[0].text);
			fputs(" |\n", out);
		}
	}
}

#if IPCMARK_HAS_JSON

#define CLAIMS_JSON_SCHEMA 1

static json_t *claim_value(const struct judged_claim *claim)
{
	json_t *made = json_object(), *evidence = json_array();

	for (size_t i = 0; i < claim->evidence_count; i++) {
		json_t *item = json_object();

		json_object_set_new(
			item, "speaks", json_text(truth_words[claim->evidence[i].truth]));
		json_object_set_new(item, "text", json_text(claim->evidence[i].text));
		json_array_append_new(evidence, item);
	}
	json_object_set_new(made, "id", json_text(claim->id));
	json_object_set_new(made, "kind", json_text(claim->kind));
	json_object_set_new(made, "claim", json_text(claim->claim));
	json_object_set_new(
		made, "verdict", json_text(claim_verdict_words[claim->verdict]));
	json_object_set_new(made, "because", json_text(claim->because));
	json_object_set_new(made, "rule", json_text(claim->rule));
	json_object_set_new(made, "evidence", evidence);
	return made;
}

int claims_print_json(const struct judged_claims *judged, FILE *out, struct why *why)
{
	json_t *made = json_object(), *counts = json_object(), *claims = json_array();

	for (int i = 0; i < CLAIM_VERDICTS; i++)
		json_object_set_new(counts, claim_verdict_words[i],
			json_integer((json_int_t)judged->counts[i]));
	for (size_t i = 0; i < judged->count; i++)
		json_array_append_new(claims, claim_value(&judged->items[i]));
	json_object_set_new(made, "schema", json_integer(CLAIMS_JSON_SCHEMA));
	json_object_set_new(made, "caution", json_text(judged->caution));
	json_object_set_new(made, "counts", counts);
	json_object_set_new(made, "claims", claims);
	return json_write(made, out, why);
}

#else

int claims_print_json(const struct judged_claims *judged, FILE *out, struct why *why)
{
	(void)judged;
	(void)out;
	return json_missing(why);
}

#endif
