/* sleep_help.h: a child asleep in a call of some kind, and a handler that disturbs it. */
#ifndef IPCMARK_SLEEP_HELP_H
#define IPCMARK_SLEEP_HELP_H

#include <mqueue.h>
#include <semaphore.h>

#include "conformance/calls.h"
#include "conformance/check.h"

/* All the calls that are slept in, and no other that the sleeper makes. */
#define IN_ANY_SLEEP                                                                     \
	IN_POLL, IN_SELECT, IN_EPOLL, IN_SLEEP, IN_SIGWAIT, IN_SEMOP, IN_MSGRCV,         \
		IN_MQ_RECEIVE, IN_WAIT, IN_FCNTL, IN_OPEN, IN_ACCEPT, IN_RECV, IN_FUTEX, \
		SYS_read, SYS_write, SYS_flock, SYS_rt_sigsuspend

/* What a call sleeps on. */
struct bed {
	int end[2], file, id;
	mqd_t queue;
	sem_t *semaphore;
};

/* A kind of call: what there must be, the sleep itself, and how it is ended. The first
 * and the last may be NULL. */
struct sleep {
	void (*prepare)(struct scene *scene, struct bed *bed);
	int64_t (*call)(const struct bed *bed);
	void (*release)(struct scene *scene, const struct bed *bed);
};

/* Puts a child to sleep in the call. Its exit status tells what came of it: SLEEP_DONE (a
 * result above 0), SLEEP_INTERRUPTED (EINTR), or another. */
pid_t sleep_start(struct scene *scene, const struct sleep *sleep, struct bed *bed);
#define SLEEP_DONE        7
#define SLEEP_INTERRUPTED 9

/* From here on SIGUSR1 is handled, with these flags of sigaction(2), here and in
 * children; how often it has been. */
void sleep_handle(struct scene *scene, int flags);
int64_t sleep_handled(void);

/* The call must fail with EINTR when the handler has run. */
void sleep_expect_eintr(struct scene *scene, const struct sleep *sleep, int flags);

#endif
