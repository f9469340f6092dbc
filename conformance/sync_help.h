/* sync_help.h: a mutex and a condition that processes share. */
#ifndef IPCMARK_SYNC_HELP_H
#define IPCMARK_SYNC_HELP_H

#include <pthread.h>
#include <time.h>

#include "conformance/check.h"

/* In memory that children share, zeroed beyond the mutex and the condition. */
struct shared {
	pthread_mutex_t mutex;
	pthread_cond_t condition;
	_Atomic int count;
};

/* Set-up, by which the promise that there are such mutexes is not tested. `type`,
 * `robustness` and `protocol` as the attributes have them. */
struct shared *sync_shared(struct scene *scene, int type, int robustness, int protocol);

/* An ordinary one. */
struct shared *sync_normal(struct scene *scene);

/* A moment, on a clock. */
struct timespec sync_after_ms(clockid_t clock, int64_t ms);
bool sync_is_past(clockid_t clock, const struct timespec *moment);

#endif
