#include "results/rule_value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mechanisms/mechanism.h"

/* A floor is a limit and no way to communicate: only its own name, or a glob of floors,
 * means it. */
static bool names_floors(const struct claim_rule *rule, struct names names)
{
	for (size_t i = names.first; i < names.first + names.count; i++)
		if (strncmp(rule->names[i].text, "floor", 5) == 0)
			return true;
	return false;
}

static bool is_floor(const char *name)
{
	const struct mechanism *mechanism = mechanism_find(name);

	return mechanism && (mechanism->caps & CAP_FLOOR);
}

bool term_takes(const struct claim_rule *rule, const struct node *node,
	const struct one_case *from)
{
	const struct summary_row *row = &from->row;
	int64_t batch = row->coalesce == ROW_UNKNOWN ? 1 : row->coalesce;

	return case_counts(from) && strcmp(row->test, node->metric->test) == 0 &&
	       rule_names_match(rule, node->names, row->mechanism) &&
	       (names_floors(rule, node->names) || !is_floor(row->mechanism)) &&
	       batch == node->batch;
}

static void fill(const struct claim_rule *rule, const struct node *node,
	const struct witness *witness, struct supply *supply)
{
	supply->items = calloc(witness->cases.count + 1, sizeof *supply->items);
	if (!supply->items)
		abort();
	for (size_t i = 0; i < witness->cases.count; i++) {
		const struct one_case *from = &witness->cases.items[i];

		if (!term_takes(rule, node, from) ||
			!metric_of_case(
				node->metric, from, &supply->items[supply->count].amount))
			continue;
		supply->items[supply->count++].from = from;
		supply->has_sizes |= from->row.size_bytes > 0;
	}
}

void supplies_open(const struct claim_rule *rule, const struct witness *witness,
	struct supplies *supplies)
{
	*supplies = (struct supplies) { .rule = rule };
	for (size_t i = 0; i < rule->node_count; i++)
		if (rule->nodes[i].kind == NODE_TERM)
			fill(rule, &rule->nodes[i], witness, &supplies->of[i]);
}

void supplies_close(struct supplies *supplies)
{
	for (size_t i = 0; i < RULE_NODES; i++)
		free(supplies->of[i].items);
}

bool statement_takes_size(const struct statement *statement, int64_t size_bytes)
{
	for (size_t i = 0; i < statement->size_count; i++)
		if (size_bytes >= statement->sizes[i].least &&
			size_bytes <= statement->sizes[i].most)
			return true;
	return statement->size_count == 0;
}

static bool is_at(const struct one_case *from, const struct node *node, bool has_sizes,
	const struct spot *spot)
{
	const struct summary_row *row = &from->row;

	if (!case_is_at(from, spot->place))
		return false;
	if (!has_sizes)
		return true;
	if (node->size_bytes >= 0)
		return row->size_bytes == node->size_bytes;
	if (spot->statement->is_best_size)
		return row->size_bytes > 0;
	return row->size_bytes == spot->size_bytes;
}

static bool term_amount(const struct node *node, const struct supply *supply,
	const struct spot *spot, struct amount *amount, struct winner *winner)
{
	bool more = node->metric->more_is_better, is_found = false;

	for (size_t i = 0; i < supply->count; i++) {
		const struct one_case *from = supply->items[i].from;
		const struct amount *other = &supply->items[i].amount;

		if (!is_at(from, node, supply->has_sizes, spot))
			continue;
		/* One that lost launches and so its interval would take that of all. */
		if (is_found && isnan(other->low) && !isnan(amount->low))
			continue;
		if (is_found && isnan(amount->low) && !isnan(other->low))
			is_found = false;
		winner->of = is_found ? winner->of + 1 : 1;
		if (!is_found || (more ? other->value > amount->value
				       : other->value < amount->value))
			winner->mechanism = from->row.mechanism;
		*amount = is_found ? amount_best(*amount, *other, more) : *other;
		is_found = true;
	}
	return is_found;
}

bool node_amount(const struct supplies *supplies, size_t index, const struct spot *spot,
	struct amount *amount, struct winner *winner)
{
	static struct amount (*const joins[])(struct amount, struct amount) = {
		[NODE_ADD] = amount_add,
		[NODE_SUBTRACT] = amount_subtract,
		[NODE_MULTIPLY] = amount_multiply,
		[NODE_DIVIDE] = amount_divide,
	};
	const struct node *node = &supplies->rule->nodes[index];
	struct amount left, right;
	struct winner ignored;

	switch (node->kind) {
	case NODE_AMOUNT:
		*amount = amount_exact(node->amount, node->unit);
		return true;
	case NODE_TERM:
		return term_amount(node, &supplies->of[index], spot, amount, winner);
	default:
		/* The right side of a node is no deeper than the brackets of the rule,
		 * its left side than the terms. */
		if (!node_amount(supplies, node->left, spot, &left, &ignored) ||
			!node_amount(supplies, node->right, spot, &right, &ignored))
			return false;
		*amount = joins[node->kind](left, right);
		return isfinite(amount->value);
	}
}
