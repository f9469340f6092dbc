/* claims.h: what people say of IPC, decided from what a run has measured and checked.
 *
 * claims.csv holds the claims and, beside each, the rule that decides it (rule.h). The
 * file is part of the program. */
#ifndef IPCMARK_CLAIMS_H
#define IPCMARK_CLAIMS_H

#include <stddef.h>

#include "harness/base/why.h"
#include "results/run_directory.h"
#include "results/truth.h"

enum claim_verdict {
	CLAIM_CONFIRMED,
	CLAIM_REFUTED,
	CLAIM_DEPENDS, /* true here and false there */
	CLAIM_UNDECIDED, /* something is missing, or the intervals overlap */
};
#define CLAIM_VERDICTS 4

/* "confirmed", "refuted", "depends", "not decidable here". */
extern const char *const claim_verdict_words[];

/* What speaks for a claim, against it, or neither. */
struct claim_evidence {
	char *text; /* "64 B, same-cpu: pipe 2.56 µs (2.50 to 2.61) < tcp 12.8 µs (...)",
		     * or "pipe.eof.drain_then_zero: ok" */
	enum truth truth;
};

struct judged_claim {
	const char *id, *kind, *claim, *rule;
	enum claim_verdict verdict;
	char *because; /* why, on what it depends, or what is missing */
	struct claim_evidence *evidence; /* the most telling ones first */
	size_t evidence_count;
};

struct judged_claims {
	struct judged_claim *items; /* in the order of claims.csv */
	size_t count;
	size_t counts[CLAIM_VERDICTS];
	char caution[256]; /* what disturbed the run while it measured; or "" */
};

/* Judges all claims by a run, also an interrupted one. 0 or -errno in words. */
int claims_judge(
	const struct run_directory *run, struct judged_claims *judged, struct why *why);
void judged_claims_free(struct judged_claims *judged);

#endif
