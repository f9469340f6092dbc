/* rule_missing.h: what a run lacks for a rule, and what would measure it. */
#ifndef IPCMARK_RULE_MISSING_H
#define IPCMARK_RULE_MISSING_H

#include "results/rule_judge.h"

/* What statement `index` lacks, in words that the caller frees; NULL where it lacks
 * nothing. Every name of a rule has to be there: what was said of two mechanisms is not
 * decided by one. */
char *rule_missing(const struct claim_rule *rule, size_t index,
	const struct witness *witness, const struct findings *findings);

#endif
