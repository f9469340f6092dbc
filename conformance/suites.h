/* suites.h: all the suites. */
#ifndef IPCMARK_SUITES_H
#define IPCMARK_SUITES_H

#include "conformance/check.h"

/* In the order of suites.def; ends with NULL. */
extern const struct suite *const suites[];

#endif
