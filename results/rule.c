#include "results/rule.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "results/rule_scan.h"

#define DEPTH_MOST  16 /* of brackets */
#define WORD_MOST   128
#define ABOUT_SPAN  1.25 /* "about" widens two bounds by a quarter, */
#define ABOUT_POINT 2.0 /* and a single amount from its half to its double */

static int add_node(struct scan *scan, struct node node, size_t *index)
{
	if (scan->rule->node_count == RULE_NODES)
		return scan_fail(scan, "too many terms in one rule");
	*index = scan->rule->node_count++;
	scan->rule->nodes[*index] = node;
	return 0;
}

static int parse_sum(struct scan *scan, size_t *index);

static int parse_term(struct scan *scan, size_t *index)
{
	const char *begin = scan->at, *nearest;
	struct node node = { .kind = NODE_TERM, .size_bytes = -1, .batch = 1 };
	int error;

	while (scan_is_name(*scan->at))
		scan->at++;
	node.metric = metric_find(begin, (size_t)(scan->at - begin));
	if (!node.metric) {
		nearest = metric_nearest(begin, (size_t)(scan->at - begin));
		scan->at = begin;
		error = scan_fail(scan, "a metric, an amount or a bracket is missing");
		if (nearest)
			why_add(scan->why, "did you mean %s?", nearest);
		return error;
	}
	node.unit = node.metric->unit;
	error = scan_demand(scan, "(", "'(' and the names of mechanisms are missing");
	if (!error)
		error = scan_names(scan, &node.names);
	while (!error && !scan_sign(scan, ")")) {
		if (scan_word(scan, "at"))
			error = scan_size(scan, &node.size_bytes);
		else if (scan_word(scan, "batch"))
			error = scan_size(scan, &node.batch);
		else
			error = scan_fail(scan, "')', 'at' or 'batch' is missing");
	}
	node.text = scan_piece(scan, begin);
	return error ? error : add_node(scan, node, index);
}

static int parse_factor(struct scan *scan, size_t *index)
{
	struct node node = { .kind = NODE_AMOUNT };
	const char *begin;
	int error;

	scan_space(scan);
	begin = scan->at;
	if (scan_sign(scan, "(")) {
		if (++scan->depth > DEPTH_MOST)
			return scan_fail(scan, "too many brackets");
		error = parse_sum(scan, index);
		scan->depth--;
		return error ? error : scan_demand(scan, ")", "')' is missing");
	}
	if (!isdigit((unsigned char)*begin))
		return parse_term(scan, index);
	error = scan_amount(scan, &node.amount, &node.unit);
	node.text = scan_piece(scan, begin);
	return error ? error : add_node(scan, node, index);
}

static int same_units(struct scan *scan, enum unit a, enum unit b)
{
	char words[128];

	if (a == b)
		return 0;
	snprintf(words, sizeof words, "%s and %s cannot be set against each other",
		unit_names[a], unit_names[b]);
	return scan_fail(scan, words);
}

/* The unit of what is put together. */
static int join_units(struct scan *scan, struct node *node)
{
	enum unit left = scan->rule->nodes[node->left].unit;
	enum unit right = scan->rule->nodes[node->right].unit;

	node->unit = left;
	if (node->kind == NODE_ADD || node->kind == NODE_SUBTRACT)
		return same_units(scan, left, right);
	if (node->kind == NODE_MULTIPLY && left == UNIT_NUMBER)
		node->unit = right;
	else if (node->kind == NODE_DIVIDE && left == right)
		node->unit = UNIT_NUMBER;
	else if (right != UNIT_NUMBER)
		return scan_fail(
			scan, "the product or quotient before this has no meaning");
	return 0;
}

/* One operand and what is joined to it by one of two signs. */
static int parse_joined(struct scan *scan, int (*operand)(struct scan *, size_t *),
	const char *signs, enum node_kind first, size_t *index)
{
	const char *begin;
	int error;

	scan_space(scan);
	begin = scan->at;
	error = operand(scan, index);
	while (!error) {
		struct node node = { .left = *index };

		scan_space(scan);
		if (*scan->at != signs[0] && *scan->at != signs[1])
			return 0;
		node.kind = *scan->at++ == signs[0] ? first : first + 1;
		error = operand(scan, &node.right);
		node.text = scan_piece(scan, begin);
		if (!error)
			error = join_units(scan, &node);
		if (!error)
			error = add_node(scan, node, index);
	}
	return error;
}

static int parse_product(struct scan *scan, size_t *index)
{
	return parse_joined(scan, parse_factor, "*/", NODE_MULTIPLY, index);
}

static int parse_sum(struct scan *scan, size_t *index)
{
	return parse_joined(scan, parse_product, "+-", NODE_ADD, index);
}

static int parse_bounds(struct scan *scan, struct statement *statement, bool is_about)
{
	enum unit side = scan->rule->nodes[statement->sides[0]].unit, unit;
	double widen = ABOUT_SPAN;
	int error = scan_amount(scan, &statement->low, &unit);

	if (!error)
		error = same_units(scan, side, unit);
	statement->high = statement->low;
	if (!error && scan_sign(scan, "..")) {
		error = scan_amount(scan, &statement->high, &unit);
		if (!error)
			error = same_units(scan, side, unit);
	} else if (!error && is_about) {
		widen = ABOUT_POINT;
	} else if (!error) {
		error = scan_fail(scan, "'..' and a second amount are missing");
	}
	if (!error && statement->high < statement->low)
		error = scan_fail(scan, "the bounds before this are the wrong way round");
	if (is_about) {
		statement->low /= widen;
		statement->high *= widen;
	}
	statement->kind = STATEMENT_IN;
	return error;
}

static int parse_sizes(struct scan *scan, struct statement *statement)
{
	int error = 0;

	if (scan_word(scan, "best")) {
		statement->is_best_size = true;
		return scan_word(scan, "size") ? 0 : scan_fail(scan, "'size' is missing");
	}
	do {
		int64_t least = 0, most;

		if (statement->size_count == STATEMENT_SIZES)
			return scan_fail(scan, "too many sizes in one statement");
		if (!scan_sign(scan, ".."))
			error = scan_size(scan, &least);
		else
			scan->at -= 2;
		most = least;
		if (!error && scan_sign(scan, ".."))
			error = scan_size(scan, &most);
		if (error)
			return error;
		statement->sizes[statement->size_count].least = least;
		statement->sizes[statement->size_count++].most = most;
	} while (scan_sign(scan, ","));
	return 0;
}

static int parse_where(struct scan *scan, struct statement *statement)
{
	int error = 0;

	while (!error) {
		if (scan_word(scan, "at"))
			error = parse_sizes(scan, statement);
		else if (scan_word(scan, "on"))
			error = scan_names(scan, &statement->places);
		else
			return 0;
	}
	return error;
}

/* The sign between two sides of a comparison, or 0. */
static char take_relation(struct scan *scan)
{
	if (scan_sign(scan, "=="))
		return '=';
	if (scan_sign(scan, "<"))
		return '<';
	return scan_sign(scan, ">") ? '>' : 0;
}

static int parse_comparison(struct scan *scan, struct statement *statement)
{
	int error = parse_sum(scan, &statement->sides[0]);
	char relation;

	statement->side_count = 1;
	statement->kind = STATEMENT_COMPARES;
	if (!error && (scan_word(scan, "in")))
		return parse_bounds(scan, statement, false);
	if (!error && scan_word(scan, "about"))
		return parse_bounds(scan, statement, true);
	while (!error && (relation = take_relation(scan))) {
		size_t side;

		if (statement->side_count == STATEMENT_SIDES)
			return scan_fail(scan, "too many sides in one comparison");
		error = parse_sum(scan, &side);
		if (!error)
			error = same_units(scan,
				scan->rule->nodes[statement->sides[0]].unit,
				scan->rule->nodes[side].unit);
		statement->relations[statement->side_count] = relation;
		statement->sides[statement->side_count++] = side;
	}
	if (!error && statement->side_count == 1)
		error = scan_fail(scan, "'<', '>', '==', 'in' or 'about' is missing");
	return error;
}

static int parse_statement(struct scan *scan)
{
	struct claim_rule *rule = scan->rule;
	struct statement *statement = &rule->statements[rule->statement_count];
	const char *begin;
	int error;

	if (rule->statement_count == RULE_STATEMENTS)
		return scan_fail(scan, "too many statements in one rule");
	*statement = (struct statement) { .kind = STATEMENT_KEPT,
		.first_node = rule->node_count };
	scan_space(scan);
	begin = scan->at;
	statement->is_not = scan_word(scan, "not");
	if (!statement->is_not && scan_word(scan, "system"))
		statement->kind = STATEMENT_SYSTEM;
	else if (!statement->is_not && scan_word(scan, "see"))
		statement->kind = STATEMENT_SEE;
	else if (!scan_word(scan, "kept"))
		statement->kind = STATEMENT_COMPARES;
	if (statement->kind != STATEMENT_COMPARES) {
		error = scan_demand(scan, "(", "'(' and names are missing");
		if (!error)
			error = scan_names(scan, &statement->names);
		if (!error)
			error = scan_demand(scan, ")", "')' or ',' is missing");
	} else if (statement->is_not) {
		error = scan_fail(scan, "'kept' is missing after 'not'");
	} else {
		error = parse_comparison(scan, statement);
		if (!error)
			error = parse_where(scan, statement);
	}
	statement->text = scan_piece(scan, begin);
	statement->node_count = rule->node_count - statement->first_node;
	rule->statement_count += !error;
	return error;
}

int rule_parse(const char *text, struct claim_rule *rule, struct why *why)
{
	struct scan scan = { .begin = text, .at = text, .rule = rule, .why = why };
	int error;

	memset(rule, 0, sizeof *rule);
	do {
		error = parse_statement(&scan);
	} while (!error && scan_sign(&scan, ";"));
	scan_space(&scan);
	if (!error && *scan.at)
		error = scan_fail(&scan, "';' or the end of the rule is missing");
	return error;
}

bool rule_name_matches(struct piece name, const char *word)
{
	char glob[WORD_MOST];

	snprintf(glob, sizeof glob, "%.*s", (int)name.length, name.text);
	return fnmatch(glob, word, 0) == 0 ||
	       (strncmp(glob, word, name.length) == 0 && word[name.length] == '.');
}

bool rule_names_match(const struct claim_rule *rule, struct names names, const char *word)
{
	bool is_in = false, is_out = false, has_in = false;

	for (size_t i = names.first; i < names.first + names.count; i++) {
		struct piece name = rule->names[i];

		if (*name.text == '!') {
			is_out |= rule_name_matches(
				(struct piece) { name.text + 1, name.length - 1 }, word);
		} else {
			has_in = true;
			is_in |= rule_name_matches(name, word);
		}
	}
	return (is_in || !has_in) && !is_out;
}
