/* futex_help.h: the system call futex(2) itself, and processes that wait in it. */
#ifndef IPCMARK_FUTEX_HELP_H
#define IPCMARK_FUTEX_HELP_H

#include <stdint.h>
#include <time.h>

#include "conformance/check.h"

/* As the manual page has it. Where the fourth argument is a number, see futex_count(). */
long futex_call(void *word, int operation, uint32_t value, const struct timespec *timeout,
	void *second, uint32_t third);

/* A number in place of the time-out. */
const struct timespec *futex_count(int count);

/* A child that waits while *word is 0, by FUTEX_WAIT | `flags`, and exits with 0 when it
 * has been woken. It is asleep when this returns. */
pid_t futex_sleeper(struct scene *scene, void *word, int flags);

#endif
