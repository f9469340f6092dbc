/* texts.h: what checks.csv says about each check, in words; the one home of these texts.
 * The file is part of the program. */
#ifndef IPCMARK_TEXTS_H
#define IPCMARK_TEXTS_H

#include <stddef.h>

#include "harness/base/why.h"

enum promise {
	PROMISE_POSIX, /* a deviation is a failure */
	PROMISE_LINUX, /* of the manual pages: likewise */
	PROMISE_OBSERVED, /* what implementations do: reported, fails with --strict */
};

/* "POSIX", "LINUX", "OBSERVED"; ends with NULL. */
extern const char *const promise_names[];

struct text {
	const char *id;
	enum promise promise;
	const char *says; /* what must hold */
	const char *cite; /* where that stands */
	const char *method; /* how it is tested */
	const char *differs; /* systems that are known to differ */
	const char *breaks; /* what goes wrong in programs where it does not hold */
};

/* Reads all texts, once; they live as long as the process. 0 or -EINVAL in words. */
int texts_load(struct why *why);

/* The text of a check, or NULL. */
const struct text *text_of(const char *id);

/* All of them, in the order of the file. */
const struct text *texts_all(size_t *count);

#endif
