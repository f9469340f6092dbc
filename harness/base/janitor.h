/* janitor.h: whoever dies, nothing is left behind.
 *
 * A janitor process in a session of its own waits on a pipe that only the parent holds.
 * When the parent dies, however it dies, the pipe ends; the janitor then kills the
 * children and removes the names that stand in the ledger. All children of a run are
 * started here, so that none of them keeps the pipe open. */
#ifndef IPCMARK_BASE_JANITOR_H
#define IPCMARK_BASE_JANITOR_H

#include <sys/types.h>

#include "harness/base/ledger.h"
#include "harness/base/why.h"

struct janitor {
	struct ledger *ledger;
	char directory[LEDGER_NAME]; /* private, 0700, for FIFOs and socket paths */
	int lifeline_fd; /* closed by the kernel when the parent dies */
	pid_t pid;
};

/* Starts the janitor and makes the private directory (in TMPDIR, else /tmp). 0 or -errno.
 */
int janitor_start(struct janitor *janitor, struct why *why);

/* Removes what is left, dismisses the janitor and waits for it. */
void janitor_stop(struct janitor *janitor);

struct child {
	pid_t pid;
	int pidfd; /* -1 before child_watch() */
};

/* Forks a child that runs `run(argument)` and exits with what it returned. It is in a
 * process group of its own (a terminal's interrupt is the parent's business), dies with
 * its parent, has default signal dispositions and an empty signal mask. `child` is set on
 * success only. 0 or -errno. */
int child_start(struct janitor *janitor, int (*run)(void *), void *argument,
	struct child *child, struct why *why);

/* Opens `pidfd`, which is readable when the child has ended. 0 or -errno: where there are
 * no such descriptors (an old kernel, a sandbox) the child runs on, and is the caller's
 * to end.
 */
int child_watch(struct child *child, struct why *why);

/* Kills the child if it is still there, waits for it and closes its descriptor. Returns
 * the status as waitpid(2) gives it. */
int child_end(struct janitor *janitor, struct child *child);

#endif
