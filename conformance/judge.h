/* judge.h: what an outcome means for this target: a failure, or something to be told. */
#ifndef IPCMARK_JUDGE_H
#define IPCMARK_JUDGE_H

#include <stdbool.h>

#include "conformance/known.h"
#include "conformance/point.h"

enum judgement_kind {
	JUDGED_OK,
	JUDGED_DIFFERS, /* from what implementations are observed to do; no failure */
	JUDGED_SKIPPED,
	JUDGED_KNOWN, /* deviates, as the target is known to */
	JUDGED_DEVIATES,
	JUDGED_UNEXPECTED, /* passes, though it is known to deviate */
	JUDGED_UNSTABLE, /* repetitions ended differently */
	JUDGED_BROKEN,
};
#define JUDGEMENTS 8

/* "ok", "differs", "skipped", "known", "deviates", "unexpected pass", "unstable",
 * "broken". */
extern const char *const judgement_names[JUDGEMENTS];

struct judgement {
	enum judgement_kind kind;
	bool is_not_ok; /* a "not ok" line */
	bool is_finding; /* a reason to exit with 1 */
	char words[512]; /* the reason for a skip, TODO, or of what is broken; or "" */
};

/* `known` may be NULL. */
void judge(const struct point *point, const struct known *known, bool is_strict,
	struct judgement *judgement);

#endif
