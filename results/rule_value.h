/* rule_value.h: the amounts of a rule, taken from the cases of a run. */
#ifndef IPCMARK_RULE_VALUE_H
#define IPCMARK_RULE_VALUE_H

#include "results/rule_judge.h"

/* One comparison: where, and at which sizes. */
struct spot {
	const struct place *place;
	const struct statement *statement; /* with "at best size" its sizes count */
	int64_t size_bytes; /* or NO_SIZE */
};

/* Can the case be an amount of this term, at some size and in some place? */
bool term_takes(const struct claim_rule *rule, const struct node *node,
	const struct one_case *from);

/* What the run has of a term: its cases and their amounts, looked up once. */
struct supply {
	struct {
		const struct one_case *from;
		struct amount amount;
	} * items;
	size_t count;
	bool has_sizes; /* any of its mechanisms has a message size */
};

struct supplies {
	const struct claim_rule *rule;
	struct supply of[RULE_NODES]; /* by node; empty for what is no term */
};

void supplies_open(const struct claim_rule *rule, const struct witness *witness,
	struct supplies *supplies);
void supplies_close(struct supplies *supplies);

bool statement_takes_size(const struct statement *statement, int64_t size_bytes);

/* Which of the mechanisms of a term was best, and of how many. The interval of its amount
 * is that of the best of them, whichever it is. */
struct winner {
	const char *mechanism;
	size_t of;
};

/* The amount of a node. False where the run has none. Of anything but a term *winner is
 * left alone. */
bool node_amount(const struct supplies *supplies, size_t index, const struct spot *spot,
	struct amount *amount, struct winner *winner);

#endif
