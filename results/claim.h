/* claim.h: a claim with its rule, and how it is judged. */
#ifndef IPCMARK_CLAIM_H
#define IPCMARK_CLAIM_H

#include "results/claims.h"
#include "results/rule_judge.h"

struct claim {
	const char *id, *kind, *claim; /* as claims.csv has them */
	const char *rule_text;
	const char *words[CLAIM_UNDECIDED]; /* what each decided verdict means; or "" */
	struct claim_rule rule;
};

/* All claims, read once; they live as long as the process. 0 or -EINVAL in words that
 * name the claim and the place in its rule. */
int claims_load(const struct claim **claims, size_t *count, struct why *why);

/* Judges one claim by what was opened of a run. */
void claim_judge(const struct claim *claim, const struct witness *witness,
	struct judged_claim *judged);
void judged_claim_free(struct judged_claim *judged);

#endif
