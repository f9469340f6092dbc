/* Judged claims in each format, against golden files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "golden.h"
#include "results/claims_print.h"

static struct claim_evidence for_and_against[] = {
	{ (char[]) { "64 B, same-cpu: pipe 2.56 µs (2.50 to 2.61) < tcp 12.8 µs (12.1 to "
		     "13.0)" },
		TRUTH_TRUE },
	{ (char[]) {
		  "1 MiB, same-cpu: pipe 658 µs (640 to 671), not < tcp 612 µs (600 to "
		  "620)" },
		TRUTH_FALSE },
};
static struct claim_evidence check[] = {
	{ (char[]) { "pipe.fdpass.unrelated_process.read_end: ok" }, TRUTH_FALSE },
};
static struct claim_evidence hostile_evidence[] = {
	{ (char[]) { "<script>alert(1)</script> | \"quoted\", =1+1 *and* _more_" },
		TRUTH_TIE },
};
static struct judged_claim items[] = {
	{ .id = "perf.local_beats_tcp",
		.kind = "performance",
		.claim = "Local IPC is more efficient than loopback networking",
		.rule = "latency(pipe) < latency(tcp)",
		.verdict = CLAIM_DEPENDS,
		.because = (char[]) { "true on same-cpu at 64 B; false on same-cpu at 1 "
				      "MiB" },
		.evidence = for_and_against,
		.evidence_count = 2 },
	{ .id = "pipe.related_only",
		.kind = "semantics",
		.claim = "A pipe works only between related processes",
		.rule = "not kept(pipe.fdpass.unrelated_process)",
		.verdict = CLAIM_REFUTED,
		.because = (char[]) { "an end that is passed through a UNIX socket works "
				      "in a process that never inherited it" },
		.evidence = check,
		.evidence_count = 1 },
	{ .id = "x.hostile",
		.kind = "<b>",
		.claim = "=cmd|' /C calc'!A0",
		.rule = "kept(a, b); kept(c)",
		.verdict = CLAIM_UNDECIDED,
		.because = (char[]) { "missing: the checks, and much else that is needed "
				      "before anything at all could be said of this" },
		.evidence = hostile_evidence,
		.evidence_count = 1 },
	{ .id = "pipe.half_duplex",
		.kind = "semantics",
		.claim = "A pipe is half duplex",
		.rule = "kept(pipe.half_duplex)",
		.verdict = CLAIM_CONFIRMED,
		.because = (char[]) { "2 checks for it" } },
};
static const struct judged_claims claims = { .items = items,
	.count = sizeof items / sizeof items[0],
	.counts = { 1, 1, 1, 1 },
	.caution = "CPU 0 is 100 % busy (most of it cc, process 7)" };

enum print { TABLE, FULL_TABLE, COLOURED, CSV, MARKDOWN, JSON };

static void is_golden(enum print print, const char *name)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	struct sheet sheet = { out, print == COLOURED };
	struct why why = { "" };

	assert_non_null(out);
	if (print == CSV)
		claims_print_csv(&claims, out);
	else if (print == MARKDOWN)
		claims_print_markdown(&claims, out);
	else if (print == JSON)
		assert_int_equal(claims_print_json(&claims, out, &why), 0);
	else
		claims_print_table(&claims, &sheet, print == FULL_TABLE);
	fclose(out);
	golden_compare(name, text);
	free(text);
}

static void a_table_has_the_verdict_and_a_line_of_evidence(void **state)
{
	(void)state;
	is_golden(TABLE, "claims/table.txt");
}

static void a_full_table_has_rules_and_all_evidence(void **state)
{
	(void)state;
	is_golden(FULL_TABLE, "claims/table-full.txt");
}

static void verdicts_are_coloured(void **state)
{
	(void)state;
	is_golden(COLOURED, "claims/table-coloured.txt");
}

static void csv_keeps_every_text(void **state)
{
	(void)state;
	is_golden(CSV, "claims/claims.csv");
}

static void markdown_takes_no_markup_from_texts(void **state)
{
	(void)state;
	is_golden(MARKDOWN, "claims/markdown.md");
}

static void json_says_which_way_evidence_speaks(void **state)
{
#if IPCMARK_HAS_JSON
	(void)state;
	is_golden(JSON, "claims/claims.json");
#else
	(void)state;
	skip();
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_has_the_verdict_and_a_line_of_evidence),
		cmocka_unit_test(a_full_table_has_rules_and_all_evidence),
		cmocka_unit_test(verdicts_are_coloured),
		cmocka_unit_test(csv_keeps_every_text),
		cmocka_unit_test(markdown_takes_no_markup_from_texts),
		cmocka_unit_test(json_says_which_way_evidence_speaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
