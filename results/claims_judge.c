#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "results/claim.h"

#define PHRASES_MOST 3

/* How often the statements of a rule came out so, all together. */
static void sum_votes(
	const struct claim_rule *rule, const struct findings *findings, size_t votes[3])
{
	memset(votes, 0, 3 * sizeof *votes);
	for (size_t i = 0; i < rule->statement_count; i++)
		for (int truth = 0; truth < 3; truth++)
			votes[truth] += findings->votes[i][truth];
}

/* What becomes of one statement: true in one place and false in another, it depends; all
 * alike, that is it, unless there are more ties than answers. */
static enum claim_verdict decide_statement(const size_t votes[3])
{
	size_t told = votes[TRUTH_TRUE] + votes[TRUTH_FALSE];

	if (votes[TRUTH_TRUE] && votes[TRUTH_FALSE])
		return CLAIM_DEPENDS;
	if (told == 0 || told < votes[TRUTH_TIE])
		return CLAIM_UNDECIDED;
	return votes[TRUTH_TRUE] ? CLAIM_CONFIRMED : CLAIM_REFUTED;
}

static bool has_vote(const struct statement *statement)
{
	return statement->kind != STATEMENT_SYSTEM && statement->kind != STATEMENT_SEE;
}

/* Each statement is a part of what is claimed. Where two parts come out differently it
 * depends, whatever else is missing; else all have to be decided. */
static enum claim_verdict decide(
	const struct claim_rule *rule, const struct findings *findings)
{
	bool is_seen[CLAIM_VERDICTS] = { false };

	for (size_t i = 0; i < rule->statement_count; i++)
		if (has_vote(&rule->statements[i]))
			is_seen[decide_statement(findings->votes[i])] = true;
	if (is_seen[CLAIM_DEPENDS] ||
		(is_seen[CLAIM_CONFIRMED] && is_seen[CLAIM_REFUTED]))
		return CLAIM_DEPENDS;
	if (findings->missing || is_seen[CLAIM_UNDECIDED])
		return CLAIM_UNDECIDED;
	return is_seen[CLAIM_CONFIRMED] ? CLAIM_CONFIRMED : CLAIM_REFUTED;
}

/* Is there a finding of this statement and place, at any size, that came out otherwise?
 */
static bool is_mixed(const struct findings *findings, const struct finding *like)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *at = &findings->items[i];

		if (at->statement == like->statement && at->place == like->place &&
			at->truth != like->truth)
			return true;
	}
	return false;
}

/* Does the finding after this one, of the same place, say the same of the next size? */
static bool goes_on(const struct findings *findings, size_t index)
{
	const struct finding *at = &findings->items[index], *next = at + 1;

	return index + 1 < findings->count && next->statement == at->statement &&
	       next->place == at->place && next->truth == at->truth;
}

/* " at 64 B to 4 KiB, 1 MiB" of those from `index` on that are in one place and came out
 * as it did; their sizes ascend. */
static void put_sizes(FILE *out, const struct findings *findings, size_t index)
{
	const struct finding *first = &findings->items[index];
	const char *before = " at ";
	char from[TEXT_QUANTITY], to[TEXT_QUANTITY];

	for (size_t i = index; i < findings->count; i++) {
		const struct finding *at = &findings->items[i];
		size_t run = i;

		if (at->statement != first->statement || at->place != first->place ||
			at->truth != first->truth)
			continue;
		while (goes_on(findings, run))
			run++;
		fprintf(out, "%s%s", before, text_bytes((double)at->size_bytes, from));
		if (run > i)
			fprintf(out, "%s%s", run > i + 1 ? " to " : ", ",
				text_bytes((double)findings->items[run].size_bytes, to));
		i = run;
		before = ", ";
	}
}

/* "same-cpu at 64 B, 4 KiB; shared-l3": where a statement came out so. */
static void put_where(FILE *out, const struct findings *findings, size_t statement,
	enum truth truth, const struct witness *witness)
{
	size_t place = NO_PLACE;

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *at = &findings->items[i];

		if (at->statement != statement || at->truth != truth ||
			at->place == place)
			continue;
		fprintf(out, "%s%s", place == NO_PLACE ? " on " : " and on ",
			witness->places[at->place].name);
		place = at->place;
		if (at->size_bytes != NO_SIZE && is_mixed(findings, at))
			put_sizes(out, findings, i);
	}
}

/* "true on shared-l3; false on same-cpu at 64 B", statement by statement where there are
 * several. */
static void put_places(FILE *out, const struct claim_rule *rule,
	const struct findings *findings, const struct witness *witness)
{
	static const char *const words[] = { "true", "false", "not told apart" };
	const char *between = "";

	for (size_t s = 0; s < rule->statement_count; s++) {
		const struct statement *statement = &rule->statements[s];
		const char *before = "";

		if ((statement->kind != STATEMENT_COMPARES &&
			    statement->kind != STATEMENT_IN) ||
			!(findings->votes[s][0] + findings->votes[s][1] +
				findings->votes[s][2]))
			continue;
		fputs(between, out);
		if (rule->statement_count > 1)
			fprintf(out, "%.*s: ", (int)statement->text.length,
				statement->text.text);
		for (int truth = 0; truth < 3; truth++) {
			if (!findings->votes[s][truth])
				continue;
			fprintf(out, "%s%s", before, words[truth]);
			put_where(out, findings, s, (enum truth)truth, witness);
			before = "; ";
		}
		between = ". ";
	}
}

static bool is_measured(const struct claim_rule *rule)
{
	for (size_t i = 0; i < rule->statement_count; i++)
		if (rule->statements[i].kind == STATEMENT_COMPARES ||
			rule->statements[i].kind == STATEMENT_IN)
			return true;
	return false;
}

/* "12 checks for it". */
static void put_checks(
	FILE *out, const struct claim_rule *rule, const struct findings *findings)
{
	size_t counts[3] = { 0 };
	static const char *const words[] = { "for it", "against it",
		"without an answer" };
	const char *before = "";

	for (size_t i = 0; i < findings->count; i++)
		if (rule->statements[findings->items[i].statement].kind == STATEMENT_KEPT)
			counts[findings->items[i].truth]++;
	for (int truth = 0; truth < 3; truth++) {
		if (!counts[truth])
			continue;
		fprintf(out, "%s%zu %s %s", before, counts[truth],
			counts[truth] == 1 ? "check" : "checks", words[truth]);
		before = ", ";
	}
}

static bool has_broken(const struct claim_rule *rule, const struct findings *findings)
{
	for (size_t i = 0; i < rule->statement_count; i++)
		if (rule->statements[i].kind == STATEMENT_KEPT &&
			findings->votes[i][TRUTH_TIE])
			return true;
	return false;
}

static void put_undecided(
	FILE *out, const struct claim_rule *rule, const struct findings *findings)
{
	size_t votes[3];

	sum_votes(rule, findings, votes);
	if (findings->missing)
		fprintf(out, "missing: %s", findings->missing);
	else if (has_broken(rule, findings))
		fputs("what would refute it is not as promised here, which does not make it "
		      "true",
			out);
	else if (findings->without_interval)
		fputs("fewer than 6 launches have no interval; to measure: --launches 6",
			out);
	else
		fprintf(out,
			"it cannot be told in %zu of %zu comparisons; more --launches make the "
			"intervals narrower",
			votes[TRUTH_TIE],
			votes[TRUTH_TRUE] + votes[TRUTH_FALSE] + votes[TRUTH_TIE]);
}

static char *explain(const struct claim *claim, enum claim_verdict verdict,
	const struct findings *findings, const struct witness *witness)
{
	const char *words = verdict < CLAIM_UNDECIDED ? claim->words[verdict] : "";
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		abort();
	fputs(words, out);
	if (verdict == CLAIM_UNDECIDED)
		put_undecided(out, &claim->rule, findings);
	else if (is_measured(&claim->rule) && !(*words && verdict == CLAIM_CONFIRMED)) {
		fputs(*words ? ": " : "", out);
		put_places(out, &claim->rule, findings, witness);
		if (findings->missing)
			fprintf(out, ". Missing: %s", findings->missing);
	} else if (!*words) {
		put_checks(out, &claim->rule, findings);
	}
	if (fclose(out))
		abort();
	return text;
}

/* Texts of checks may have several lines. */
static char *one_line(char *text)
{
	for (char *at = text; *at; at++)
		if ((unsigned char)*at < ' ')
			*at = ' ';
	return text;
}

/* How telling a finding is: against the others of its kind first comes what the verdict
 * rests on. */
static int weight(enum claim_verdict verdict, enum truth truth)
{
	if (truth == TRUTH_TIE)
		return verdict == CLAIM_UNDECIDED ? 0 : 2;
	return verdict == CLAIM_REFUTED ? truth != TRUTH_FALSE : truth != TRUTH_TRUE;
}

/* Hands the findings over as evidence: first one of each outcome, then all others. */
static void keep_evidence(struct findings *findings, struct judged_claim *judged)
{
	bool *is_taken = calloc(findings->count + 1, sizeof *is_taken);

	judged->evidence = calloc(findings->count + 1, sizeof *judged->evidence);
	if (!judged->evidence || !is_taken)
		abort();
	for (int pass = 0; pass < PHRASES_MOST + 1; pass++)
		for (size_t i = 0; i < findings->count; i++) {
			struct finding *at = &findings->items[i];

			if (is_taken[i] ||
				(pass < PHRASES_MOST &&
					weight(judged->verdict, at->truth) != pass))
				continue;
			is_taken[i] = true;
			judged->evidence[judged->evidence_count++] =
				(struct claim_evidence) { one_line(at->text), at->truth };
			at->text = NULL;
			if (pass < PHRASES_MOST)
				break;
		}
	free(is_taken);
}

void claim_judge(const struct claim *claim, const struct witness *witness,
	struct judged_claim *judged)
{
	struct findings findings;

	rule_judge(&claim->rule, witness, &findings);
	*judged = (struct judged_claim) { .id = claim->id,
		.kind = claim->kind,
		.claim = claim->claim,
		.rule = claim->rule_text,
		.verdict = decide(&claim->rule, &findings) };
	judged->because = one_line(explain(claim, judged->verdict, &findings, witness));
	keep_evidence(&findings, judged);
	findings_free(&findings);
}

int claims_judge(
	const struct run_directory *run, struct judged_claims *judged, struct why *why)
{
	const struct claim *claims;
	struct witness witness;
	size_t count;
	int error = claims_load(&claims, &count, why);

	*judged = (struct judged_claims) { 0 };
	if (!error)
		error = witness_open(run, &witness, why);
	if (error)
		return error;
	judged->items = calloc(count + 1, sizeof *judged->items);
	if (!judged->items)
		abort();
	for (; judged->count < count; judged->count++) {
		struct judged_claim *item = &judged->items[judged->count];

		claim_judge(&claims[judged->count], &witness, item);
		judged->counts[item->verdict]++;
	}
	(void)run_directory_environment(
		run, "run.disturbed", judged->caution, sizeof judged->caution);
	witness_close(&witness);
	return 0;
}

void judged_claim_free(struct judged_claim *judged)
{
	for (size_t i = 0; i < judged->evidence_count; i++)
		free(judged->evidence[i].text);
	free(judged->evidence);
	free(judged->because);
	*judged = (struct judged_claim) { 0 };
}

void judged_claims_free(struct judged_claims *judged)
{
	for (size_t i = 0; i < judged->count; i++)
		judged_claim_free(&judged->items[i]);
	free(judged->items);
	*judged = (struct judged_claims) { 0 };
}
