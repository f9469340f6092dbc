/* rule.h: the language in which claims.csv says what decides a claim.
 *
 *     rule       = statement { ";" statement }
 *     statement  = "system(" name ")"
 *                | [ "not" ] "kept(" names ")" | "see(" names ")"
 *                | sum { "<" sum | ">" sum | "==" sum } where
 *                | sum ( "in" | "about" ) amount [ ".." amount ] where
 *     where      = { "at" ( sizes | "best size" ) | "on" names }
 *     sum        = product { "+" product | "-" product }
 *     product    = factor { "*" factor | "/" factor }
 *     factor     = amount | "(" sum ")"
 *                | metric "(" names { "at" size | "batch" number } ")"
 *     sizes      = size [ ".." size ] { "," size [ ".." size ] }
 *     names      = [ "!" ] name { "," [ "!" ] name }
 *
 * A name may be a glob; one after "!" takes away, and where all do, they take away from
 * everything. A metric of several mechanisms is that of the best of them. Amounts are
 * 50ns, 10us, 1.5ms, 2s (times), 64B, 4K, 1M (bytes, powers of 1024), 20GB/s (rates,
 * powers of 1000) and plain numbers.
 *
 * A comparison is made for every size, and in every place (CPUs and scheduling), in which
 * all it speaks of was measured. It is true or false only where the intervals are apart,
 * and a tie elsewhere. "in" asks whether an interval lies within two bounds; "about"
 * widens these by a quarter, and takes a single amount from its half to its double.
 * "at best size" takes the best over all sizes. A message size that was given in the term
 * ("latency(pipe at 1)"), or a mechanism without payload, goes with every size.
 * "kept" is true when all checks of these names ended ok; "not kept" is then false, and
 * else cannot be told: what is broken, in whatever way, is not the opposite. "see" shows
 * checks, and decides nothing. "system" leaves the claim open on any other system. */
#ifndef IPCMARK_RULE_H
#define IPCMARK_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/why.h"
#include "results/metric.h"
#include "results/truth.h"

/* A part of the text of the rule, which must outlive it. */
struct piece {
	const char *text;
	size_t length;
};

/* Some of the rule's names. */
struct names {
	size_t first, count;
};

enum node_kind {
	NODE_AMOUNT,
	NODE_TERM,
	NODE_ADD,
	NODE_SUBTRACT,
	NODE_MULTIPLY,
	NODE_DIVIDE,
};

struct node {
	enum node_kind kind;
	enum unit unit;
	struct piece text;
	size_t left, right; /* nodes that are put together */
	double amount; /* NODE_AMOUNT */
	const struct metric *metric; /* NODE_TERM: of these mechanisms */
	struct names names;
	int64_t size_bytes; /* -1: that of the comparison */
	int64_t batch; /* messages a send */
};

#define STATEMENT_SIDES 5
#define STATEMENT_SIZES 8

enum statement_kind {
	STATEMENT_SYSTEM,
	STATEMENT_KEPT,
	STATEMENT_SEE,
	STATEMENT_COMPARES,
	STATEMENT_IN,
};

struct statement {
	enum statement_kind kind;
	struct piece text;
	bool is_not; /* of "kept" */
	struct names names; /* of checks, or the one system */
	size_t first_node, node_count; /* of all its sides */
	size_t sides[STATEMENT_SIDES], side_count; /* nodes */
	char relations[STATEMENT_SIDES]; /* '<', '>' or '=' before the side */
	double low, high; /* of "in" and "about", which has widened them */
	struct {
		int64_t least, most;
	} sizes[STATEMENT_SIZES];
	size_t size_count; /* 0: every size */
	bool is_best_size;
	struct names places; /* none: every place */
};

#define RULE_STATEMENTS 8
#define RULE_NODES      64
#define RULE_NAMES      96

struct claim_rule {
	struct statement statements[RULE_STATEMENTS];
	size_t statement_count;
	struct node nodes[RULE_NODES];
	size_t node_count;
	struct piece names[RULE_NAMES]; /* with "!" where it takes away */
	size_t name_count;
};

/* Reads a rule. 0, or -EINVAL in words that say where it goes wrong, and the nearest
 * right word. */
int rule_parse(const char *text, struct claim_rule *rule, struct why *why);

/* Does one of the names match? */
bool rule_names_match(
	const struct claim_rule *rule, struct names names, const char *word);

/* Does the glob? A name that is a whole part of a word up to a dot stands for all below
 * it ("pipe.eof" for "pipe.eof.drain_then_zero"). */
bool rule_name_matches(struct piece name, const char *word);

#endif
