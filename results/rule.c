#include "results/rule.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MOST  16 /* of brackets */
#define WORD_MOST   128
#define ABOUT_SPAN  1.25 /* "about" widens two bounds by a quarter, */
#define ABOUT_POINT 2.0 /* and a single amount from its half to its double */

struct parser {
	const char *begin, *at;
	struct claim_rule *rule;
	struct why *why;
	unsigned depth;
};

static void skip_space(struct parser *parser)
{
	while (isspace((unsigned char)*parser->at))
		parser->at++;
}

static int fail(struct parser *parser, const char *wanted)
{
	int error;

	skip_space(parser);
	error = why_say(parser->why, 0, "character %td: %s",
		parser->at - parser->begin + 1, wanted);

	if (*parser->at)
		why_add(parser->why, "here is '%.24s'", parser->at);
	else
		why_add(parser->why, "here the rule ends");
	return error;
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("_.*?-", c));
}

/* Takes a sign such as ";" or ".." if it is next. */
static bool take(struct parser *parser, const char *sign)
{
	skip_space(parser);
	if (strncmp(parser->at, sign, strlen(sign)) != 0)
		return false;
	parser->at += strlen(sign);
	return true;
}

/* Takes a whole word if it is next. */
static bool take_word(struct parser *parser, const char *word)
{
	size_t length = strlen(word);

	skip_space(parser);
	if (strncmp(parser->at, word, length) != 0 || is_name(parser->at[length]))
		return false;
	parser->at += length;
	return true;
}

static int demand(struct parser *parser, const char *sign, const char *wanted)
{
	return take(parser, sign) ? 0 : fail(parser, wanted);
}

static struct piece piece_since(const struct parser *parser, const char *begin)
{
	const char *end = parser->at;

	while (end > begin && isspace((unsigned char)end[-1]))
		end--;
	return (struct piece) { begin, (size_t)(end - begin) };
}

static int parse_names(struct parser *parser, struct names *names)
{
	struct claim_rule *rule = parser->rule;

	*names = (struct names) { rule->name_count, 0 };
	do {
		const char *begin;

		skip_space(parser);
		begin = parser->at;
		parser->at += *begin == '!';
		if (!is_name(*parser->at))
			return fail(parser, "a name is missing");
		while (is_name(*parser->at))
			parser->at++;
		if (parser->at - begin >= WORD_MOST)
			return fail(parser, "the name before this is too long");
		if (rule->name_count == RULE_NAMES)
			return fail(parser, "too many names in one rule");
		rule->names[rule->name_count++] = piece_since(parser, begin);
		names->count++;
	} while (take(parser, ","));
	return 0;
}

static const struct {
	const char *suffix;
	double factor;
	enum unit unit;
} suffixes[] = {
	{ "KB/s", 1e3, UNIT_RATE },
	{ "MB/s", 1e6, UNIT_RATE },
	{ "GB/s", 1e9, UNIT_RATE },
	{ "ns", 1, UNIT_TIME },
	{ "us", 1e3, UNIT_TIME },
	{ "ms", 1e6, UNIT_TIME },
	{ "s", 1e9, UNIT_TIME },
	{ "B", 1, UNIT_BYTES },
	{ "K", 1024, UNIT_BYTES },
	{ "M", 1024.0 * 1024, UNIT_BYTES },
	{ "G", 1024.0 * 1024 * 1024, UNIT_BYTES },
};

/* Digits, with a dot among them; ".." is not part of a number. */
static int parse_digits(struct parser *parser, double *number)
{
	char digits[24];
	size_t length = 0;

	skip_space(parser);
	while (isdigit((unsigned char)*parser->at) ||
		(*parser->at == '.' && length && isdigit((unsigned char)parser->at[1]))) {
		if (length == sizeof digits - 1)
			return fail(parser, "a number with fewer digits is needed");
		digits[length++] = *parser->at++;
	}
	digits[length] = '\0';
	if (!length)
		return fail(parser, "a number is missing");
	*number = strtod(digits, NULL);
	return 0;
}

static int parse_amount(struct parser *parser, double *amount, enum unit *unit)
{
	int error = parse_digits(parser, amount);

	*unit = UNIT_NUMBER;
	if (error)
		return error;
	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		size_t length = strlen(suffixes[i].suffix);

		if (strncmp(parser->at, suffixes[i].suffix, length) == 0) {
			parser->at += length;
			*amount *= suffixes[i].factor;
			*unit = suffixes[i].unit;
			break;
		}
	}
	if (isalnum((unsigned char)*parser->at) || *parser->at == '_')
		return fail(parser, "an amount ends in ns, us, ms, s, B, K, M, G, KB/s, "
				    "MB/s, GB/s or nothing");
	return 0;
}

static int parse_size(struct parser *parser, int64_t *size_bytes)
{
	double amount;
	enum unit unit;
	int error = parse_amount(parser, &amount, &unit);

	if (error)
		return error;
	if ((unit != UNIT_BYTES && unit != UNIT_NUMBER) || !(amount <= 1e15))
		return fail(parser, "a size such as 64 or 4K is missing");
	*size_bytes = (int64_t)amount;
	return 0;
}

static int add_node(struct parser *parser, struct node node, size_t *index)
{
	if (parser->rule->node_count == RULE_NODES)
		return fail(parser, "too many terms in one rule");
	*index = parser->rule->node_count++;
	parser->rule->nodes[*index] = node;
	return 0;
}

static int parse_sum(struct parser *parser, size_t *index);

static int parse_term(struct parser *parser, size_t *index)
{
	const char *begin = parser->at, *nearest;
	struct node node = { .kind = NODE_TERM, .size_bytes = -1, .batch = 1 };
	int error;

	while (is_name(*parser->at))
		parser->at++;
	node.metric = metric_find(begin, (size_t)(parser->at - begin));
	if (!node.metric) {
		nearest = metric_nearest(begin, (size_t)(parser->at - begin));
		parser->at = begin;
		error = fail(parser, "a metric, an amount or a bracket is missing");
		if (nearest)
			why_add(parser->why, "did you mean %s?", nearest);
		return error;
	}
	node.unit = node.metric->unit;
	error = demand(parser, "(", "'(' and the names of mechanisms are missing");
	if (!error)
		error = parse_names(parser, &node.names);
	while (!error && !take(parser, ")")) {
		if (take_word(parser, "at"))
			error = parse_size(parser, &node.size_bytes);
		else if (take_word(parser, "batch"))
			error = parse_size(parser, &node.batch);
		else
			error = fail(parser, "')', 'at' or 'batch' is missing");
	}
	node.text = piece_since(parser, begin);
	return error ? error : add_node(parser, node, index);
}

static int parse_factor(struct parser *parser, size_t *index)
{
	struct node node = { .kind = NODE_AMOUNT };
	const char *begin;
	int error;

	skip_space(parser);
	begin = parser->at;
	if (take(parser, "(")) {
		if (++parser->depth > DEPTH_MOST)
			return fail(parser, "too many brackets");
		error = parse_sum(parser, index);
		parser->depth--;
		return error ? error : demand(parser, ")", "')' is missing");
	}
	if (!isdigit((unsigned char)*begin))
		return parse_term(parser, index);
	error = parse_amount(parser, &node.amount, &node.unit);
	node.text = piece_since(parser, begin);
	return error ? error : add_node(parser, node, index);
}

static int same_units(struct parser *parser, enum unit a, enum unit b)
{
	char words[128];

	if (a == b)
		return 0;
	snprintf(words, sizeof words, "%s and %s cannot be set against each other",
		unit_names[a], unit_names[b]);
	return fail(parser, words);
}

/* The unit of what is put together. */
static int join_units(struct parser *parser, struct node *node)
{
	enum unit left = parser->rule->nodes[node->left].unit;
	enum unit right = parser->rule->nodes[node->right].unit;

	node->unit = left;
	if (node->kind == NODE_ADD || node->kind == NODE_SUBTRACT)
		return same_units(parser, left, right);
	if (node->kind == NODE_MULTIPLY && left == UNIT_NUMBER)
		node->unit = right;
	else if (node->kind == NODE_DIVIDE && left == right)
		node->unit = UNIT_NUMBER;
	else if (right != UNIT_NUMBER)
		return fail(parser, "the product or quotient before this has no meaning");
	return 0;
}

/* One operand and what is joined to it by one of two signs. */
static int parse_joined(struct parser *parser, int (*operand)(struct parser *, size_t *),
	const char *signs, enum node_kind first, size_t *index)
{
	const char *begin;
	int error;

	skip_space(parser);
	begin = parser->at;
	error = operand(parser, index);
	while (!error) {
		struct node node = { .left = *index };

		skip_space(parser);
		if (*parser->at != signs[0] && *parser->at != signs[1])
			return 0;
		node.kind = *parser->at++ == signs[0] ? first : first + 1;
		error = operand(parser, &node.right);
		node.text = piece_since(parser, begin);
		if (!error)
			error = join_units(parser, &node);
		if (!error)
			error = add_node(parser, node, index);
	}
	return error;
}

static int parse_product(struct parser *parser, size_t *index)
{
	return parse_joined(parser, parse_factor, "*/", NODE_MULTIPLY, index);
}

static int parse_sum(struct parser *parser, size_t *index)
{
	return parse_joined(parser, parse_product, "+-", NODE_ADD, index);
}

static int parse_bounds(struct parser *parser, struct statement *statement, bool is_about)
{
	enum unit side = parser->rule->nodes[statement->sides[0]].unit, unit;
	double widen = ABOUT_SPAN;
	int error = parse_amount(parser, &statement->low, &unit);

	if (!error)
		error = same_units(parser, side, unit);
	statement->high = statement->low;
	if (!error && take(parser, "..")) {
		error = parse_amount(parser, &statement->high, &unit);
		if (!error)
			error = same_units(parser, side, unit);
	} else if (!error && is_about) {
		widen = ABOUT_POINT;
	} else if (!error) {
		error = fail(parser, "'..' and a second amount are missing");
	}
	if (!error && statement->high < statement->low)
		error = fail(parser, "the bounds before this are the wrong way round");
	if (is_about) {
		statement->low /= widen;
		statement->high *= widen;
	}
	statement->kind = STATEMENT_IN;
	return error;
}

static int parse_sizes(struct parser *parser, struct statement *statement)
{
	int error = 0;

	if (take_word(parser, "best")) {
		statement->is_best_size = true;
		return take_word(parser, "size") ? 0 : fail(parser, "'size' is missing");
	}
	do {
		int64_t least = 0, most;

		if (statement->size_count == STATEMENT_SIZES)
			return fail(parser, "too many sizes in one statement");
		if (!take(parser, ".."))
			error = parse_size(parser, &least);
		else
			parser->at -= 2;
		most = least;
		if (!error && take(parser, ".."))
			error = parse_size(parser, &most);
		if (error)
			return error;
		statement->sizes[statement->size_count].least = least;
		statement->sizes[statement->size_count++].most = most;
	} while (take(parser, ","));
	return 0;
}

static int parse_where(struct parser *parser, struct statement *statement)
{
	int error = 0;

	while (!error) {
		if (take_word(parser, "at"))
			error = parse_sizes(parser, statement);
		else if (take_word(parser, "on"))
			error = parse_names(parser, &statement->places);
		else
			return 0;
	}
	return error;
}

/* The sign between two sides of a comparison, or 0. */
static char take_relation(struct parser *parser)
{
	if (take(parser, "=="))
		return '=';
	if (take(parser, "<"))
		return '<';
	return take(parser, ">") ? '>' : 0;
}

static int parse_comparison(struct parser *parser, struct statement *statement)
{
	int error = parse_sum(parser, &statement->sides[0]);
	char relation;

	statement->side_count = 1;
	statement->kind = STATEMENT_COMPARES;
	if (!error && (take_word(parser, "in")))
		return parse_bounds(parser, statement, false);
	if (!error && take_word(parser, "about"))
		return parse_bounds(parser, statement, true);
	while (!error && (relation = take_relation(parser))) {
		size_t side;

		if (statement->side_count == STATEMENT_SIDES)
			return fail(parser, "too many sides in one comparison");
		error = parse_sum(parser, &side);
		if (!error)
			error = same_units(parser,
				parser->rule->nodes[statement->sides[0]].unit,
				parser->rule->nodes[side].unit);
		statement->relations[statement->side_count] = relation;
		statement->sides[statement->side_count++] = side;
	}
	if (!error && statement->side_count == 1)
		error = fail(parser, "'<', '>', '==', 'in' or 'about' is missing");
	return error;
}

static int parse_statement(struct parser *parser)
{
	struct claim_rule *rule = parser->rule;
	struct statement *statement = &rule->statements[rule->statement_count];
	const char *begin;
	int error;

	if (rule->statement_count == RULE_STATEMENTS)
		return fail(parser, "too many statements in one rule");
	*statement = (struct statement) { .kind = STATEMENT_KEPT,
		.first_node = rule->node_count };
	skip_space(parser);
	begin = parser->at;
	statement->is_not = take_word(parser, "not");
	if (!statement->is_not && take_word(parser, "system"))
		statement->kind = STATEMENT_SYSTEM;
	else if (!statement->is_not && take_word(parser, "see"))
		statement->kind = STATEMENT_SEE;
	else if (!take_word(parser, "kept"))
		statement->kind = STATEMENT_COMPARES;
	if (statement->kind != STATEMENT_COMPARES) {
		error = demand(parser, "(", "'(' and names are missing");
		if (!error)
			error = parse_names(parser, &statement->names);
		if (!error)
			error = demand(parser, ")", "')' or ',' is missing");
	} else if (statement->is_not) {
		error = fail(parser, "'kept' is missing after 'not'");
	} else {
		error = parse_comparison(parser, statement);
		if (!error)
			error = parse_where(parser, statement);
	}
	statement->text = piece_since(parser, begin);
	statement->node_count = rule->node_count - statement->first_node;
	rule->statement_count += !error;
	return error;
}

int rule_parse(const char *text, struct claim_rule *rule, struct why *why)
{
	struct parser parser = { .begin = text, .at = text, .rule = rule, .why = why };
	int error;

	memset(rule, 0, sizeof *rule);
	do {
		error = parse_statement(&parser);
	} while (!error && take(&parser, ";"));
	skip_space(&parser);
	if (!error && *parser.at)
		error = fail(&parser, "';' or the end of the rule is missing");
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
