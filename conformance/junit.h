/* junit.h: results as JUnit XML, which CI systems read: one test suite a suite. What is
 * skipped or known stays visible as `skipped` with its reason. */
#ifndef IPCMARK_JUNIT_H
#define IPCMARK_JUNIT_H

#include <stdio.h>

#include "conformance/judge.h"

/* Writes all points, in order of suites. */
void junit_write(FILE *out, const struct point *points,
	const struct judgement *judgements, size_t count);

#endif
