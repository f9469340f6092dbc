/* duet_record.h: what a duet leaves on disk: in its folder a run directory of each side.
 */
#ifndef IPCMARK_DUET_RECORD_H
#define IPCMARK_DUET_RECORD_H

#include "harness/duet.h"

/* Makes the directories, names[0] for the base, and writes down what is known beforehand.
 * 0 or -errno in words. */
int duet_record_open(struct duet *duet, const char *folder, const char *const names[2],
	struct why *why);

/* Writes the facts of both sides, which the first launch tells, and the summaries of the
 * rows so far. 0 or -errno in words. */
int duet_record_summarize(struct duet *duet, struct why *why);

/* Closes the directories; without a row they are taken back. */
void duet_record_close(struct duet *duet, const char *folder);

#endif
