/* pairs.h: the rows of the two sides of a duet, launch by launch, become changes. */
#ifndef IPCMARK_PAIRS_H
#define IPCMARK_PAIRS_H

#include "results/change.h"
#include "results/run_directory.h"

/* rows[0][i] and rows[1][i] were alternated in one launch. */
struct pairs {
	struct result_row *rows[2];
	size_t count;
	int64_t planned; /* launches from this number on are further ones (decision.h) */
};

/* Facts of a run directory that is a side of a duet. */
#define PAIRS_DUET    "duet.id" /* the same on both sides, and in no other duet */
#define PAIRS_ROLE    "duet.role" /* "base" or "candidate" */
#define PAIRS_PLANNED "duet.planned" /* launches of the plan */

/* Gathers the rows into cases, one pair of values a launch. 0 or -ENOMEM. */
int pairs_add(const struct pairs *pairs, struct changes *changes);

/* After changes_settle(): leaves a sentence where cases got further launches. 0 or
 * -ENOMEM. */
int pairs_note(struct changes *changes);

/* Are these two sides of one duet? Either way round. */
bool pairs_are_duet(
	const struct run_directory *base, const struct run_directory *candidate);

/* Reads the rows of both sides of a duet and puts those of a launch beside each other;
 * where the duet's candidate is taken as base, the ratios are turned round. What was cut
 * off on one side is left out. The caller frees both rows. 0 or -errno in words. */
int pairs_load(const struct run_directory *base, const struct run_directory *candidate,
	struct pairs *pairs, struct why *why);

#endif
