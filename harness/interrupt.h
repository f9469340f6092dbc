/* interrupt.h: SIGINT, SIGTERM and SIGHUP end a run cleanly.
 *
 * The signals are blocked except while the coordinator sleeps, so that none arrives
 * between a look and a sleep. */
#ifndef IPCMARK_INTERRUPT_H
#define IPCMARK_INTERRUPT_H

#include <signal.h>

/* Starts to watch; also ignores SIGPIPE. */
void interrupt_watch(void);

/* The signal that arrived, or 0. */
int interrupt_signal(void);

/* The mask to sleep with, for ppoll(2). */
const sigset_t *interrupt_mask(void);

#endif
