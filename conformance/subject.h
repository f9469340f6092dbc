/* subject.h: a check as the process it runs in, seen from both sides. */
#ifndef IPCMARK_SUBJECT_H
#define IPCMARK_SUBJECT_H

#include "conformance/point.h"

struct subject {
	struct scene scene;
	char directory[LEDGER_NAME];
	int stderr_fd; /* a file in memory: what the check, or a sanitizer, complains of
			*/
};

/* Makes what the runner and a check share. 0 or -errno in words. */
int subject_open(struct subject *subject, struct why *why);
void subject_close(struct subject *subject);

/* Makes ready for a point: a new private directory, nothing said yet. */
int subject_prepare(struct subject *subject, const struct point *point,
	struct ledger *ledger, struct why *why);

/* The child, with its struct subject: isolates itself, runs the body. */
int subject_run(void *argument);

/* What became of it, by what it said and by how it ended (waitpid(2)); `late_ms` is the
 * deadline if it was missed, else 0. */
void subject_outcome(const struct subject *subject, int status, uint64_t late_ms,
	struct outcome *outcome);

#endif
