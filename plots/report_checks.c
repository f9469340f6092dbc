/* report_checks.c: what the conformance suite found, where the run holds that, and what
 * of the folklore is true here. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plots/report_parts.h"
#include "results/claims.h"
#include "results/stored_checks.h"

static void put_check(struct report_page *page, const struct stored_check *check)
{
	html_print(page->out,
		"<tr><th scope=\"row\"><code>%s</code></th><td class=\"words\">%s</td><td "
		"class=\"words\">%s</td><td class=\"words\">%s</td><td "
		"class=\"words\">%s</td><td class=\"words\">",
		check->id, check->promise, check->verdict, check->got, check->want);
	html_print(page->out, "%s</td></tr>\n", check->reason);
}

/* The checks that ended so, or with `kept`; returns how many. */
static size_t put_table(struct report_page *page, const struct stored_checks *checks,
	enum kept kept, const char *name)
{
	size_t lines = 0;

	for (size_t i = 0; i < checks->count; i++) {
		if (checks->items[i].kept != kept)
			continue;
		if (!lines++) {
			report_table(page, name);
			fputs("<thead><tr><th scope=\"col\">Check</th><th scope=\"col\" "
			      "class=\"words\">Promise</th><th scope=\"col\" "
			      "class=\"words\">Verdict</th><th scope=\"col\" "
			      "class=\"words\">Got</th><th scope=\"col\" "
			      "class=\"words\">Wanted</th><th scope=\"col\" "
			      "class=\"words\">Why</th></tr></thead>\n<tbody>\n",
				page->out);
		}
		if (lines <= REPORT_LINES)
			put_check(page, &checks->items[i]);
	}
	if (!lines)
		return 0;
	fputs("</tbody>", page->out);
	report_table_end(page);
	if (lines > REPORT_LINES)
		html_print(page->out, "<p class=\"note\">%zu more are in %s.</p>\n",
			lines - REPORT_LINES, STORED_CHECKS_FILE);
	return lines;
}

static void put_checks(struct report_page *page, const struct stored_checks *checks)
{
	size_t counts[KEPT_UNKNOWN + 1] = { 0 };

	for (size_t i = 0; i < checks->count; i++)
		counts[checks->items[i].kept]++;
	html_print(page->out,
		"<p>%zu promises of POSIX, of the manual pages and of practice were checked: "
		"<strong>%zu kept, %zu not kept</strong>, %zu could not be told.</p>\n",
		checks->count, counts[KEPT_YES], counts[KEPT_NO], counts[KEPT_UNKNOWN]);
	fputs("<h3>Not kept, or done otherwise than others do</h3>\n", page->out);
	if (!put_table(page, checks, KEPT_NO, "checks that failed"))
		fputs("<p class=\"note\">None.</p>\n", page->out);
	fputs("<details><summary>Could not be told</summary>\n", page->out);
	if (!put_table(page, checks, KEPT_UNKNOWN, "checks without a verdict"))
		fputs("<p class=\"note\">None.</p>\n", page->out);
	fputs("</details>\n", page->out);
}

void report_checks(struct report_page *page, const struct report_run *run)
{
	struct stored_checks checks;
	struct why why = { "" };
	int error = stored_checks_read(run->directory, &checks, &why);

	report_begin(page, run, "conformance", "Conformance");
	if (error == -ENOENT) {
		fputs("<p class=\"note\">The run holds no checks; 'ipcmark run "
		      "--with-checks' makes them.</p>\n",
			page->out);
	} else if (error) {
		html_print(page->out, "<p class=\"note\">%s.</p>\n", why.text);
	} else {
		put_checks(page, &checks);
		stored_checks_free(&checks);
	}
	report_end(page);
}

static void put_evidence(FILE *out, const struct judged_claim *claim)
{
	if (claim->evidence_count)
		html_print(out, "<details><summary>Evidence (%zu)</summary><ul>\n",
			claim->evidence_count);
	for (size_t i = 0; i < claim->evidence_count && i < REPORT_LINES; i++)
		html_print(out, "<li>%s</li>\n", claim->evidence[i].text);
	if (claim->evidence_count)
		fputs("</ul></details>", out);
}

static void put_claim(struct report_page *page, const struct judged_claim *claim)
{
	static const char *const classes[CLAIM_VERDICTS] = { [CLAIM_CONFIRMED] = "better",
		[CLAIM_REFUTED] = "worse",
		[CLAIM_DEPENDS] = "depends",
		[CLAIM_UNDECIDED] = "same" };

	html_print(page->out,
		"<tr><th scope=\"row\" class=\"claim\">%s <code>%s</code></th><td "
		"class=\"words %s\">%s</td><td class=\"words\">%s",
		claim->claim, claim->id, classes[claim->verdict],
		claim_verdict_words[claim->verdict],
		claim->because ? claim->because : "");
	put_evidence(page->out, claim);
	fputs("</td></tr>\n", page->out);
}

static void put_claims(struct report_page *page, const struct judged_claims *judged)
{
	fputs("<p>What people say of IPC, decided by what this run measured and checked: ",
		page->out);
	for (size_t i = 0; i < CLAIM_VERDICTS; i++)
		html_print(page->out, "%s<strong>%zu %s</strong>", i ? ", " : "",
			judged->counts[i], claim_verdict_words[i]);
	fputs(". The latency of a claim is one way, half a round trip; \"about a to b\" has a "
	      "quarter of room, \"about a\" goes from its half to its double.</p>\n",
		page->out);
	report_table(page, "claims");
	fputs("<thead><tr><th scope=\"col\" class=\"claim\">Claim</th><th scope=\"col\" "
	      "class=\"words\">Here</th><th "
	      "scope=\"col\" class=\"words\">Why</th></tr></thead>\n<tbody>\n",
		page->out);
	for (size_t i = 0; i < judged->count; i++)
		put_claim(page, &judged->items[i]);
	fputs("</tbody>", page->out);
	report_table_end(page);
}

void report_claims(struct report_page *page, const struct report_run *run)
{
	struct judged_claims judged;
	struct why why = { "" };

	report_begin(page, run, "folklore", "Folklore");
	if (claims_judge(run->directory, &judged, &why)) {
		html_print(page->out, "<p class=\"note\">%s.</p>\n", why.text);
	} else {
		put_claims(page, &judged);
		judged_claims_free(&judged);
	}
	report_end(page);
}
