/* peer.h: for mechanisms that reach into the other process, as ptrace(2) permits. */
#ifndef IPCMARK_PEER_H
#define IPCMARK_PEER_H

#include <errno.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "harness/base/text.h"
#include "harness/base/why.h"

/* Lets the peer reach into this process. The sides are children of one parent: Yama's
 * ptrace_scope 1 allows a process what it says of its own will, here to the parent and
 * its descendants; systems without Yama know no such call. After a change of user a
 * process is closed to its own user too, until it says otherwise. */
static inline void peer_let_in(void)
{
	prctl(PR_SET_DUMPABLE, 1);
	prctl(PR_SET_PTRACER, (unsigned long)getppid());
}

/* Adds to a sentence why the peer could not be reached, where that is known. */
static inline void peer_add_limit(struct why *why, int error)
{
	int64_t scope = text_file_number("/proc/sys/kernel/yama/ptrace_scope", -1);

	if (error == EPERM && scope > 1)
		why_add(why, "kernel.yama.ptrace_scope is %d; 1 is enough", (int)scope);
	else if (error == EPERM || error == ENOSYS)
		why_add(why, "a sandbox may forbid it");
}

#endif
