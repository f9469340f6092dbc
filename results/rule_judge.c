#include "results/rule_judge.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "results/rule_missing.h"
#include "results/rule_value.h"

#define SIZES_MOST 256

static char *format(const char *words, ...) __attribute__((format(printf, 1, 2)));

static char *format(const char *words, ...)
{
	char *text = NULL;
	va_list arguments;

	va_start(arguments, words);
	if (vasprintf(&text, words, arguments) < 0)
		abort();
	va_end(arguments);
	return text;
}

/* Takes `text` over. */
static void add_finding(struct findings *findings, struct finding finding)
{
	struct finding *grown = reallocarray(
		findings->items, findings->count + 1, sizeof *findings->items);

	if (!grown)
		abort();
	findings->items = grown;
	grown[findings->count++] = finding;
}

/* `a` against `b`: an order only where the intervals are apart. */
static enum truth compare(struct amount a, char relation, struct amount b)
{
	if (isnan(a.low) || isnan(a.high) || isnan(b.low) || isnan(b.high))
		return TRUTH_TIE;
	if (relation == '>')
		return compare(b, '<', a);
	if (a.high < b.low)
		return relation == '<' ? TRUTH_TRUE : TRUTH_FALSE;
	if (a.low > b.high)
		return TRUTH_FALSE;
	if (relation == '=' && a.low == a.high && b.low == b.high)
		return TRUTH_TRUE;
	return TRUTH_TIE;
}

static enum truth is_within(struct amount amount, double low, double high)
{
	if (isnan(amount.low) || isnan(amount.high))
		return TRUTH_TIE;
	if (amount.low >= low && amount.high <= high)
		return TRUTH_TRUE;
	return amount.high < low || amount.low > high ? TRUTH_FALSE : TRUTH_TIE;
}

/* One is false: all are. None is, and one cannot be told: neither can all. */
static enum truth both(enum truth a, enum truth b)
{
	if (a == TRUTH_FALSE || b == TRUTH_FALSE)
		return TRUTH_FALSE;
	return a == TRUTH_TIE || b == TRUTH_TIE ? TRUTH_TIE : TRUTH_TRUE;
}

/* "pipe 2.56 µs (2.50 to 2.61)", "pipe (best of 7) 2.56 µs (2.49 to 2.60)"; of what is no
 * single term: "latency(pipe)/2 = 1.28 µs".
 */
static void put_side(FILE *out, const struct claim_rule *rule, size_t index,
	const struct amount *amount, const struct winner *winner)
{
	const struct node *node = &rule->nodes[index];
	char text[AMOUNT_TEXT];

	if (node->kind == NODE_TERM)
		fprintf(out, winner->of > 1 ? "%s (best of %zu) " : "%s ",
			winner->mechanism, winner->of);
	else if (node->kind != NODE_AMOUNT)
		fprintf(out, "%.*s = ", (int)node->text.length, node->text.text);
	if (node->kind == NODE_TERM && node->size_bytes > 0)
		fprintf(out, "at %s: ", text_bytes((double)node->size_bytes, text));
	if (node->kind == NODE_TERM && node->batch > 1)
		fprintf(out, "in batches of %d ", (int)node->batch);
	fputs(amount_text(*amount, text), out);
}

/* The words for a spot: "64 B, same-cpu: ". */
static void put_spot(FILE *out, const struct spot *spot)
{
	char size[TEXT_QUANTITY];

	if (spot->statement->is_best_size)
		fputs("best size, ", out);
	else if (spot->size_bytes != NO_SIZE)
		fprintf(out, "%s, ", text_bytes((double)spot->size_bytes, size));
	fprintf(out, "%s: ", spot->place->name);
}

/* The sides of a comparison in one place and at one size. False where one is missing. */
static bool judge_spot(
	const struct supplies *supplies, const struct spot *spot, struct finding *finding)
{
	static const char *const signs[] = { "", ", not", ", perhaps" };
	const struct statement *statement = spot->statement;
	struct amount amounts[STATEMENT_SIDES];
	struct winner winners[STATEMENT_SIDES] = { { NULL, 0 } };
	char low[AMOUNT_TEXT], high[AMOUNT_TEXT];
	size_t length;
	FILE *out;

	for (size_t i = 0; i < statement->side_count; i++)
		if (!node_amount(supplies, statement->sides[i], spot, &amounts[i],
			    &winners[i]))
			return false;
	out = open_memstream(&finding->text, &length);
	if (!out)
		abort();
	put_spot(out, spot);
	put_side(out, supplies->rule, statement->sides[0], &amounts[0], &winners[0]);
	finding->truth = TRUTH_TRUE;
	if (statement->kind == STATEMENT_IN) {
		finding->truth = is_within(amounts[0], statement->low, statement->high);
		fprintf(out, "%s within %s to %s", signs[finding->truth],
			amount_value_text(statement->low, amounts[0].unit, low),
			amount_value_text(statement->high, amounts[0].unit, high));
	}
	for (size_t i = 1; i < statement->side_count; i++) {
		enum truth truth = compare(
			amounts[i - 1], statement->relations[i], amounts[i]);

		finding->truth = both(finding->truth, truth);
		fprintf(out, "%s %s ", signs[truth],
			statement->relations[i] == '<'   ? "<"
			: statement->relations[i] == '>' ? ">"
							 : "==");
		put_side(out, supplies->rule, statement->sides[i], &amounts[i],
			&winners[i]);
	}
	if (fclose(out))
		abort();
	return true;
}

static bool has_intervals(const struct supplies *supplies, const struct spot *spot)
{
	struct winner ignored;
	struct amount amount;

	for (size_t i = 0; i < spot->statement->side_count; i++)
		if (node_amount(supplies, spot->statement->sides[i], spot, &amount,
			    &ignored) &&
			isnan(amount.low))
			return false;
	return true;
}

static int compare_sizes(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

/* The sizes of any term that leaves its size to the statement, ascending; NO_SIZE alone
 * where there is none. */
static size_t find_sizes(const struct supplies *supplies,
	const struct statement *statement, int64_t sizes[SIZES_MOST])
{
	bool is_any = false;
	size_t count = 0;

	for (size_t n = 0; n < statement->node_count && !statement->is_best_size; n++) {
		size_t index = statement->first_node + n;
		const struct supply *supply = &supplies->of[index];

		if (supplies->rule->nodes[index].size_bytes >= 0 || !supply->has_sizes)
			continue;
		is_any = true;
		for (size_t i = 0; i < supply->count && count < SIZES_MOST; i++) {
			int64_t size = supply->items[i].from->row.size_bytes;
			size_t known = 0;

			if (size <= 0 || !statement_takes_size(statement, size))
				continue;
			while (known < count && sizes[known] != size)
				known++;
			if (known == count)
				sizes[count++] = size;
		}
	}
	if (!is_any)
		sizes[count++] = NO_SIZE;
	qsort(sizes, count, sizeof *sizes, compare_sizes);
	return count;
}

static void judge_comparison(const struct supplies *supplies, size_t index,
	const struct witness *witness, struct findings *findings)
{
	const struct claim_rule *rule = supplies->rule;
	const struct statement *statement = &rule->statements[index];
	int64_t sizes[SIZES_MOST];
	size_t size_count = find_sizes(supplies, statement, sizes);

	for (size_t p = 0; p < witness->place_count; p++) {
		const struct place *place = &witness->places[p];

		if (statement->places.count &&
			!rule_names_match(rule, statement->places, place->row->placement))
			continue;
		for (size_t s = 0; s < size_count; s++) {
			struct spot spot = { place, statement, sizes[s] };
			struct finding finding = {
				.statement = index, .place = p, .size_bytes = sizes[s]
			};

			if (!judge_spot(supplies, &spot, &finding))
				continue;
			findings->votes[index][finding.truth]++;
			findings->without_interval += !has_intervals(supplies, &spot);
			add_finding(findings, finding);
		}
	}
}

/* A promise that is kept speaks against "not kept"; one that is broken, in whatever way,
 * does not show that the opposite is true. */
static enum truth kept_truth(const struct statement *statement, bool is_kept)
{
	if (statement->is_not)
		return is_kept ? TRUTH_FALSE : TRUTH_TIE;
	return is_kept ? TRUTH_TRUE : TRUTH_FALSE;
}

static void judge_check(const struct statement *statement,
	const struct stored_check *check, struct finding *finding)
{
	if (check->kept == KEPT_UNKNOWN || statement->kind == STATEMENT_SEE)
		finding->truth = TRUTH_TIE;
	else
		finding->truth = kept_truth(statement, check->kept == KEPT_YES);
	if (*check->want)
		finding->text = format("%s: %s: %s: got %s, want %s", check->id,
			check->verdict, check->what, check->got, check->want);
	else
		finding->text = format("%s: %s%s%s", check->id, check->verdict,
			*check->reason ? ": " : "", check->reason);
}

/* In the order of the rule's names, which go from the telling to the rest. */
static void judge_checks(const struct claim_rule *rule, size_t index,
	const struct witness *witness, struct findings *findings)
{
	const struct statement *statement = &rule->statements[index];
	bool is_kept = true;
	size_t told = 0;

	for (size_t n = 0; n < statement->names.count; n++)
		for (size_t i = 0; i < witness->checks.count; i++) {
			const struct stored_check *check = &witness->checks.items[i];
			struct finding finding = { .statement = index,
				.place = NO_PLACE,
				.size_bytes = NO_SIZE };

			if (!rule_name_matches(
				    rule->names[statement->names.first + n], check->id) ||
				!rule_names_match(rule, statement->names, check->id))
				continue;
			judge_check(statement, check, &finding);
			told += check->kept != KEPT_UNKNOWN;
			is_kept &= check->kept != KEPT_NO;
			add_finding(findings, finding);
		}
	if (told && statement->kind == STATEMENT_KEPT)
		findings->votes[index][kept_truth(statement, is_kept)]++;
}

/* A run directory is of the system it was made on; those of earlier versions do not say
 * so, and are of Linux. */
static bool is_system(const struct claim_rule *rule, const struct statement *statement,
	const struct witness *witness, char system[TEXT_QUANTITY])
{
	if (!run_directory_environment(
		    witness->run, "kernel.name", system, TEXT_QUANTITY) ||
		!*system)
		snprintf(system, TEXT_QUANTITY, "Linux");
	return rule_names_match(rule, statement->names, system);
}

static void judge_statement(const struct supplies *supplies, size_t index,
	const struct witness *witness, struct findings *findings)
{
	const struct claim_rule *rule = supplies->rule;
	enum statement_kind kind = rule->statements[index].kind;

	if (kind == STATEMENT_KEPT || kind == STATEMENT_SEE)
		judge_checks(rule, index, witness, findings);
	else
		judge_comparison(supplies, index, witness, findings);
	if (!findings->missing && kind != STATEMENT_SEE)
		findings->missing = rule_missing(rule, index, witness, findings);
}

void rule_judge(const struct claim_rule *rule, const struct witness *witness,
	struct findings *findings)
{
	struct supplies *supplies = malloc(sizeof *supplies);
	char system[TEXT_QUANTITY];

	if (!supplies)
		abort();
	*findings = (struct findings) { 0 };
	supplies_open(rule, witness, supplies);
	for (size_t i = 0; i < rule->statement_count; i++) {
		const struct statement *statement = &rule->statements[i];

		if (statement->kind != STATEMENT_SYSTEM) {
			judge_statement(supplies, i, witness, findings);
		} else if (!is_system(rule, statement, witness, system)) {
			findings->missing = format("a run on %.*s; this one is of %s",
				(int)rule->names[statement->names.first].length,
				rule->names[statement->names.first].text, system);
			break;
		}
	}
	supplies_close(supplies);
	free(supplies);
}

void findings_free(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		free(findings->items[i].text);
	free(findings->items);
	free(findings->missing);
	*findings = (struct findings) { 0 };
}
