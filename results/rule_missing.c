#include "results/rule_missing.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "results/rule_value.h"

/* What is missing, one after the other. */
struct missing {
	FILE *out;
	size_t count;
};

static void begin_item(struct missing *missing)
{
	if (missing->count++)
		fputs("; ", missing->out);
}

/* What the run says of the cases of a name that were planned, or NULL. */
static const struct summary_row *find_unmeasured(
	const struct witness *witness, const struct node *node, struct piece name)
{
	for (size_t i = 0; i < witness->cases.count; i++) {
		const struct summary_row *row = &witness->cases.items[i].row;

		if (strcmp(row->test, node->metric->test) == 0 &&
			strcmp(row->status, "ok") != 0 &&
			rule_name_matches(name, row->mechanism))
			return row;
	}
	return NULL;
}

static bool is_measured(const struct claim_rule *rule, const struct node *node,
	const struct witness *witness, struct piece name, bool *is_at_size)
{
	bool is_any = false, has_sizes = false;
	bool wants_size = node->size_bytes >= 0;
	struct amount ignored;

	*is_at_size = !wants_size;
	for (size_t i = 0; i < witness->cases.count; i++) {
		const struct one_case *from = &witness->cases.items[i];

		if (!term_takes(rule, node, from) ||
			!rule_name_matches(name, from->row.mechanism) ||
			!metric_of_case(node->metric, from, &ignored))
			continue;
		is_any = true;
		has_sizes |= from->row.size_bytes > 0;
		*is_at_size |= from->row.size_bytes == node->size_bytes;
	}
	*is_at_size |= !has_sizes;
	return is_any;
}

static void look_for_name(const struct claim_rule *rule, const struct node *node,
	const struct witness *witness, struct piece name, struct missing *missing)
{
	const struct summary_row *row;
	char size[TEXT_QUANTITY];
	bool is_at_size;

	if (is_measured(rule, node, witness, name, &is_at_size) && is_at_size)
		return;
	begin_item(missing);
	fprintf(missing->out, "%s of %.*s", node->metric->name, (int)name.length,
		name.text);
	if (node->size_bytes > 0)
		fprintf(missing->out, " at %s",
			text_bytes((double)node->size_bytes, size));
	if (node->batch > 1)
		fprintf(missing->out, " in batches of %d", (int)node->batch);
	row = find_unmeasured(witness, node, name);
	if (row)
		fprintf(missing->out, " (%s: %s)", row->status, row->reason);
}

static void look_for_term(const struct claim_rule *rule, const struct node *node,
	const struct witness *witness, struct missing *missing)
{
	for (size_t i = 0; i < node->names.count; i++) {
		struct piece name = rule->names[node->names.first + i];

		if (*name.text != '!')
			look_for_name(rule, node, witness, name, missing);
	}
}

/* A list of words without repetition: "--tests latency,throughput". */
struct words {
	const char *option;
	const char *items[RULE_NAMES];
	size_t lengths[RULE_NAMES];
	size_t count;
};

static void add_word(struct words *words, const char *text, size_t length)
{
	for (size_t i = 0; i < words->count; i++)
		if (words->lengths[i] == length &&
			memcmp(words->items[i], text, length) == 0)
			return;
	if (words->count == RULE_NAMES)
		return;
	words->items[words->count] = text;
	words->lengths[words->count++] = length;
}

static void put_words(FILE *out, const struct words *words)
{
	bool is_glob = false;

	for (size_t i = 0; i < words->count; i++)
		is_glob |= memchr(words->items[i], '*', words->lengths[i]) != NULL;
	for (size_t i = 0; i < words->count; i++)
		fprintf(out, "%s%s%.*s", i ? "," : words->option,
			!i && is_glob ? "'" : "", (int)words->lengths[i],
			words->items[i]);
	fputs(words->count && is_glob ? "'" : "", out);
}

/* The options of a run that measures all that the rule speaks of. */
static void put_options(FILE *out, const struct claim_rule *rule)
{
	struct words mechanisms = { .option = " --mechanisms " };
	struct words tests = { .option = " --tests " };

	for (size_t n = 0; n < rule->node_count; n++) {
		const struct node *node = &rule->nodes[n];

		if (node->kind != NODE_TERM)
			continue;
		add_word(&tests, node->metric->test, strlen(node->metric->test));
		for (size_t i = 0; i < node->names.count; i++) {
			struct piece name = rule->names[node->names.first + i];

			if (*name.text != '!')
				add_word(&mechanisms, name.text, name.length);
		}
	}
	fputs("; to measure: ipcmark run", out);
	put_words(out, &mechanisms);
	put_words(out, &tests);
}

static void look_for_checks(const struct claim_rule *rule,
	const struct statement *statement, const struct witness *witness,
	struct missing *missing)
{
	for (size_t i = 0; witness->has_checks && i < statement->names.count; i++) {
		struct piece name = rule->names[statement->names.first + i];
		const struct stored_check *untold = NULL;
		bool is_told = *name.text == '!';

		for (size_t c = 0; c < witness->checks.count && !is_told; c++) {
			const struct stored_check *check = &witness->checks.items[c];

			if (!rule_name_matches(name, check->id))
				continue;
			is_told = check->kept != KEPT_UNKNOWN;
			untold = check;
		}
		if (is_told)
			continue;
		begin_item(missing);
		fprintf(missing->out, "check %.*s", (int)name.length, name.text);
		if (untold)
			fprintf(missing->out, " (%s: %s)", untold->verdict,
				untold->reason);
	}
	if (!witness->has_checks) {
		begin_item(missing);
		fputs("the checks; to add them: ipcmark run --with-checks", missing->out);
	}
}

char *rule_missing(const struct claim_rule *rule, size_t index,
	const struct witness *witness, const struct findings *findings)
{
	const struct statement *statement = &rule->statements[index];
	const size_t *votes = findings->votes[index];
	struct missing missing = { 0 };
	char *text = NULL;
	size_t length;

	missing.out = open_memstream(&text, &length);
	if (!missing.out)
		abort();
	if (statement->kind == STATEMENT_KEPT) {
		look_for_checks(rule, statement, witness, &missing);
	} else {
		for (size_t n = 0; n < statement->node_count; n++) {
			const struct node *node = &rule->nodes[statement->first_node + n];

			if (node->kind == NODE_TERM)
				look_for_term(rule, node, witness, &missing);
		}
		if (!missing.count && !votes[0] && !votes[1] && !votes[2]) {
			begin_item(&missing);
			fprintf(missing.out,
				"a place and a size in which all of it was measured: %.*s",
				(int)statement->text.length, statement->text.text);
		}
		if (missing.count)
			put_options(missing.out, rule);
	}
	if (fclose(missing.out))
		abort();
	if (missing.count)
		return text;
	free(text);
	return NULL;
}
