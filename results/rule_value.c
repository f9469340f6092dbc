#include "results/rule_value.h"

#include <math.h>
#include <string.h>

#include "mechanisms/mechanism.h"

/* A floor is a limit and no way to communicate: only its own name, or a glob of floors,
 * means it. */
static bool names_floors(const struct rule *rule, struct names names)
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

bool term_takes(
	const struct rule *rule, const struct node *node, const struct one_case *from)
{
	const struct summary_row *row = &from->row;
	int64_t batch = row->coalesce == ROW_UNKNOWN ? 1 : row->coalesce;

	return strcmp(row->status, "ok") == 0 &&
	       strcmp(row->test, node->quantity->test) == 0 &&
	       rule_names_match(rule, node->names, row->mechanism) &&
	       (names_floors(rule, node->names) || !is_floor(row->mechanism)) &&
	       batch == node->batch &&
	       /* Bytes that nobody touches did not move, a pair that idles measures how
		* it wakes up, and a swept setting is not what people have. */
	       strcmp(row->payload, "none") != 0 && row->gap_ns <= 0 &&
	       row->sweep_wanted == ROW_UNKNOWN;
}

bool term_has_sizes(
	const struct rule *rule, const struct node *node, const struct witness *witness)
{
	for (size_t i = 0; i < witness->cases.count; i++)
		if (witness->cases.items[i].row.size_bytes > 0 &&
			term_takes(rule, node, &witness->cases.items[i]))
			return true;
	return false;
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
	const struct point *point)
{
	const struct summary_row *row = &from->row;
	const struct summary_row *place = point->place->row;

	if (strcmp(row->placement, place->placement) != 0 || row->cpu_a != place->cpu_a ||
		row->cpu_b != place->cpu_b || strcmp(row->sched, place->sched) != 0)
		return false;
	if (!has_sizes)
		return true;
	if (node->size_bytes >= 0)
		return row->size_bytes == node->size_bytes;
	if (point->statement->is_best_size)
		return row->size_bytes > 0;
	return row->size_bytes == point->size_bytes;
}

static bool term_amount(const struct rule *rule, const struct node *node,
	const struct witness *witness, const struct point *point, struct amount *amount,
	const char **mechanism)
{
	bool more = node->quantity->more_is_better, is_found = false;
	bool has_sizes = term_has_sizes(rule, node, witness);

	for (size_t i = 0; i < witness->cases.count; i++) {
		const struct one_case *from = &witness->cases.items[i];
		struct amount other;

		if (!term_takes(rule, node, from) ||
			!is_at(from, node, has_sizes, point) ||
			!quantity_of_case(node->quantity, from, &other))
			continue;
		if (!is_found || (more ? other.value > amount->value
				       : other.value < amount->value))
			*mechanism = from->row.mechanism;
		*amount = is_found ? amount_best(*amount, other, more) : other;
		is_found = true;
	}
	return is_found;
}

bool node_amount(const struct rule *rule, size_t index, const struct witness *witness,
	const struct point *point, struct amount *amount, const char **mechanism)
{
	static struct amount (*const joins[])(struct amount, struct amount) = {
		[NODE_ADD] = amount_add,
		[NODE_SUBTRACT] = amount_subtract,
		[NODE_MULTIPLY] = amount_multiply,
		[NODE_DIVIDE] = amount_divide,
	};
	const struct node *node = &rule->nodes[index];
	struct amount left, right;
	const char *ignored;

	switch (node->kind) {
	case NODE_AMOUNT:
		*amount = amount_exact(node->amount, node->unit);
		return true;
	case NODE_TERM:
		return term_amount(rule, node, witness, point, amount, mechanism);
	default:
		/* The right side of a node is no deeper than the brackets of the rule,
		 * its left side than the terms. */
		if (!node_amount(rule, node->left, witness, point, &left, &ignored) ||
			!node_amount(rule, node->right, witness, point, &right, &ignored))
			return false;
		*amount = joins[node->kind](left, right);
		return isfinite(amount->value);
	}
}
