/* doctor.h: says in words what on this machine disturbs measurements and what does not.
 */
#ifndef IPCMARK_DOCTOR_H
#define IPCMARK_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "harness/environment.h"

/* Writes a summary line, each of the `count` things that disturbs with its remedy, the
 * others in one list, and the clock. `colour`: with terminal escapes. */
void doctor_print(FILE *out, const struct facts *facts, const struct disturbance *list,
	size_t count, bool colour);

#endif
