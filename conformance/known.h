/* known.h: deviations that a target is known for (known/<target>.csv): they are reported
 * as TAP's TODO. A row says that the point deviates there, always or sometimes; one that
 * never does any more is a fault of the file, and fails. */
#ifndef IPCMARK_KNOWN_H
#define IPCMARK_KNOWN_H

#include <stdbool.h>

#include "harness/base/why.h"

struct known;

struct known_deviation {
	const char *id; /* of the point, or of all points of a check */
	bool is_certain; /* the verdict is "deviates", not "varies" */
	const char *reason, *reference;
};

/* Reads the file of a target: the name of one that is built in, or a path with a '/' or
 * ".csv" in it. Returns 0 and sets *known, or -EINVAL / -errno in words (which name the
 * nearest target). */
int known_load(const char *target, struct known **known, struct why *why);
void known_free(struct known *known);

/* What is known of a point, or NULL. `check_id` is that of its check. */
const struct known_deviation *known_of(
	const struct known *known, const char *point_id, const char *check_id);

#endif
