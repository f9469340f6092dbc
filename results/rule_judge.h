/* rule_judge.h: what a run says of the statements of a rule. */
#ifndef IPCMARK_RULE_JUDGE_H
#define IPCMARK_RULE_JUDGE_H

#include "results/rule.h"
#include "results/witness.h"

#define NO_PLACE SIZE_MAX
#define NO_SIZE  (-1)

/* What was found in one place and at one size, or of one check. */
struct finding {
	enum truth truth;
	size_t statement;
	size_t place; /* or NO_PLACE: of a check */
	int64_t size_bytes; /* or NO_SIZE: it says nothing of sizes */
	char *text; /* the evidence, in one line */
};

struct findings {
	struct finding *items; /* statement by statement, place by place, by size */
	size_t count;
	size_t votes[RULE_STATEMENTS][3]; /* by enum truth: how often it came out so */
	size_t without_interval; /* ties for having fewer than 6 launches */
	char *missing; /* what the first statement that cannot be decided lacks; or NULL
			*/
};

/* Judges each statement. The caller frees the findings. */
void rule_judge(const struct claim_rule *rule, const struct witness *witness,
	struct findings *findings);
void findings_free(struct findings *findings);

#endif
