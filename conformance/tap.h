/* tap.h: results as the Test Anything Protocol, version 13 or 14 (testanything.org): flat
 * points, with a YAML block where there is something to say. */
#ifndef IPCMARK_TAP_H
#define IPCMARK_TAP_H

#include <stdio.h>

#include "conformance/judge.h"

/* The version line and the plan. */
void tap_begin(FILE *out, int version, size_t count);

/* The line of point `number` (from 1), and its block. */
void tap_point(FILE *out, size_t number, const struct point *point,
	const struct judgement *judgement);

#endif
