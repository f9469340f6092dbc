/* witness.h: all that a run knows, for whoever judges by it. */
#ifndef IPCMARK_WITNESS_H
#define IPCMARK_WITNESS_H

#include "results/cases.h"
#include "results/stored_checks.h"

/* Where two sides ran, and how they were scheduled. */
struct place {
	const struct summary_row *row; /* one that says it */
	char name[ROW_TEXT]; /* "same-cpu"; with CPUs where the name is not the only one
			      */
};

/* What rules ask: all that a run knows. */
struct witness {
	const struct run_directory *run;
	struct cases cases;
	struct place *places;
	size_t place_count;
	struct stored_checks checks;
	bool has_checks;
};

/* 0 or -errno in words. */
int witness_open(
	const struct run_directory *run, struct witness *witness, struct why *why);
void witness_close(struct witness *witness);

/* Is it a case that claims and advice rest on? Bytes that nobody touches did not move, a
 * pair that idles measures how it wakes up, and a swept setting is not what people have.
 */
bool case_counts(const struct one_case *from);

bool case_is_at(const struct one_case *from, const struct place *place);

#endif
