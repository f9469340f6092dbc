/* namespace_help.h: an IPC namespace of a check's own, where its keys, its limits and its
 * objects are nobody else's. See ipc_namespaces(7). */
#ifndef IPCMARK_NAMESPACE_HELP_H
#define IPCMARK_NAMESPACE_HELP_H

#include <stdint.h>

struct scene;

/* Moves the calling process into a new one, for good; without privilege, in a new user
 * namespace where it is root. What it makes there is not to be entered into the ledger,
 * and goes when its last process does. Set-up. */
void namespace_help_enter(struct scene *scene);

/* Writes to a limit of /proc/sys ("kernel/shmmni") of the namespace that was entered.
 * Where that is not allowed the check is skipped; a limit of the namespace that the run
 * itself is in is never written to. */
void namespace_help_limit(struct scene *scene, const char *limit, const char *text);

/* The number that a limit of /proc/sys is; skipped where there is none to read. */
int64_t namespace_help_ask(struct scene *scene, const char *limit);

#endif
