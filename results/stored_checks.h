/* stored_checks.h: the verdicts of the conformance suite that a run holds, in checks.csv,
 * which is as `ipcmark check --format csv` writes it. */
#ifndef IPCMARK_STORED_CHECKS_H
#define IPCMARK_STORED_CHECKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "harness/base/why.h"
#include "results/run_directory.h"
#include "results/sheet.h"

/* What became of a check, for whoever asks whether the promise was kept. */
enum kept {
	KEPT_YES,
	KEPT_NO, /* deviates, known or not; does otherwise than others do */
	KEPT_UNKNOWN, /* skipped, broken, unstable */
};

struct stored_check {
	const char *id, *suite, *promise;
	const char *verdict; /* "ok", "deviates", ...: a judgement_name */
	const char *what, *got, *want, *reason, *where, *cite;
	enum kept kept;
};

struct stored_checks {
	struct stored_check *items; /* in the order of the suites */
	size_t count;
	char *text; /* what the fields point into */
};

/* Reads them. 0; -ENOENT, without a word, where the run has none; or -errno in words. The
 * file is written as a whole, so that none is a run without checks or an interrupted one.
 */
int stored_checks_read(
	const struct run_directory *run, struct stored_checks *checks, struct why *why);
void stored_checks_free(struct stored_checks *checks);

/* "Checks: 742 ok, 12 skipped, 1 deviates; pipe.x". */
void stored_checks_show(const struct stored_checks *checks, const struct sheet *sheet);

#define STORED_CHECKS_FILE "checks.csv"

#endif
