/* duet_changes.h: what the alternated rows of a duet say. */
#ifndef IPCMARK_DUET_CHANGES_H
#define IPCMARK_DUET_CHANGES_H

#include "harness/duet.h"
#include "results/change.h"

/* Gathers the rows into cases, one pair of values a launch, decides, and names what is
 * not the same in the facts of the two. The caller frees *changes. 0 or -errno in words.
 */
int duet_changes(const struct duet *duet, const struct rule *rule,
	struct changes **changes, struct why *why);

/* Of a side against itself: how far the cases come out from no change, in a sentence. */
void duet_spread(const struct changes *changes, char *sentence, size_t size);

#endif
