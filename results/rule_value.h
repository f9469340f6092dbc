/* rule_value.h: the amounts of a rule, taken from the cases of a run. */
#ifndef IPCMARK_RULE_VALUE_H
#define IPCMARK_RULE_VALUE_H

#include "results/rule_judge.h"

/* One comparison: where, and at which sizes. */
struct point {
	const struct place *place;
	const struct statement *statement; /* with "at best size" its sizes count */
	int64_t size_bytes; /* or NO_SIZE */
};

/* Can the case be an amount of this term, at some size and in some place? */
bool term_takes(
	const struct rule *rule, const struct node *node, const struct one_case *from);

/* Has any mechanism of the term a message size? */
bool term_has_sizes(
	const struct rule *rule, const struct node *node, const struct witness *witness);

bool statement_takes_size(const struct statement *statement, int64_t size_bytes);

/* The amount of a node. False where the run has none. Of a term, *mechanism is the one
 * that was best; of anything else it is left alone. */
bool node_amount(const struct rule *rule, size_t index, const struct witness *witness,
	const struct point *point, struct amount *amount, const char **mechanism);

#endif
