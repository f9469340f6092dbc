/* verdict.h: what became of a check, in memory that its processes share with the runner.
 * The first process that has something to say says it; later ones are not heard. */
#ifndef IPCMARK_VERDICT_H
#define IPCMARK_VERDICT_H

#include <stdatomic.h>
#include <stdint.h>

enum verdict_kind {
	VERDICT_NONE, /* nothing said yet */
	VERDICT_OK,
	VERDICT_DEVIATES,
	VERDICT_BROKEN,
	VERDICT_SKIPPED,
};

/* "none", "ok", "deviates", "broken", "skipped". */
extern const char *const verdict_names[];

#define VERDICT_WHAT  160
#define VERDICT_WORDS 240
#define VERDICT_NOTES 480

/* What is reported of one run of a point. Empty texts and 0 are unknown. */
struct outcome {
	enum verdict_kind kind;
	int error; /* errno of the call, or 0 */
	char what[VERDICT_WHAT]; /* the call, or the condition */
	char got[VERDICT_WORDS], want[VERDICT_WORDS];
	char reason[VERDICT_WORDS]; /* of a skip, of what is broken */
	char where[VERDICT_WHAT]; /* file:line */
	char notes[VERDICT_NOTES]; /* what was seen */
	uint64_t duration_ns;
};

struct verdict {
	_Atomic int is_claimed; /* somebody writes it */
	_Atomic int is_written;
	_Atomic int is_promised; /* `promise` is waited for */
	char promise[VERDICT_WORDS], promise_where[VERDICT_WHAT];
	struct outcome outcome;
};

#endif
