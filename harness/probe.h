/* probe.h: is a mechanism usable here? Asked in a child, because the answer may be a
 * crash or silence. */
#ifndef IPCMARK_PROBE_H
#define IPCMARK_PROBE_H

#include "harness/base/janitor.h"
#include "harness/base/why.h"
#include "mechanisms/mechanism.h"

/* Asks the mechanism's own probe, or makes its objects with default settings and lets go
 * of them. A child that crashes, or says nothing for 5 s, is not usable either. 0 when
 * usable, else -errno in words. */
int probe_mechanism(
	const struct mechanism *mechanism, struct janitor *janitor, struct why *why);

#endif
