/* point.h: what is run and reported as one line: a check, with one of its values. */
#ifndef IPCMARK_POINT_H
#define IPCMARK_POINT_H

#include "conformance/check.h"
#include "conformance/texts.h"
#include "conformance/verdict.h"

#define POINT_ID 128

struct point {
	char id[POINT_ID]; /* "pipe.atomic.not_interleaved.4096" */
	const struct suite *suite;
	const struct check *check;
	const struct value *value; /* or NULL */
	const struct text *text; /* never NULL */
	struct outcome outcome; /* of all repetitions: the first that was not ok, or ok */
	enum verdict_kind first; /* of the first repetition */
	int repeats; /* made */
	int same; /* that ended with the same verdict as the first */
};

/* All points whose id, or whose check's or suite's, matches one of the globs (all of them
 * if there are none), in the order of the suites. The caller frees *points. 0, or -EINVAL
 * in words that name the glob that matches nothing, and the nearest id. */
int points_choose(char *const *globs, size_t glob_count, struct point **points,
	size_t *count, struct why *why);

#endif
