/* strays.h: processes that a check left behind. The runner is their subreaper (prctl(2)),
 * so they become its children when the check has ended. */
#ifndef IPCMARK_STRAYS_H
#define IPCMARK_STRAYS_H

#include <stddef.h>
#include <sys/types.h>

/* Kills and reaps all children of this process but those in `ours`; returns how many. */
size_t strays_end(const pid_t *ours, size_t count);

#endif
