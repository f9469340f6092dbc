/* signal_help.h: what the suites about signals share: sets of one signal, and a handler
 * that keeps what it was told. */
#ifndef IPCMARK_SIGNAL_HELP_H
#define IPCMARK_SIGNAL_HELP_H

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

#include "conformance/check.h"

#define DELIVERIES 64

struct delivery {
	int signal, code, value, status;
	pid_t pid, thread; /* who sent it, who handles it */
	uid_t uid;
	uintptr_t address;
};

/* Keeps every delivery of the signal from here on, in a handler that blocks all others;
 * `flags` besides SA_SIGINFO. */
void signal_record(struct scene *scene, int number, int flags);

/* How many were kept, of all signals, and the one at a place from 0. */
int signal_recorded(void);
struct delivery signal_delivery(int at);
void signal_forget(void);

/* Set-up: what is done to the mask of the calling thread. */
void signal_block(struct scene *scene, int number);
void signal_unblock(struct scene *scene, int number);
bool signal_is_blocked(struct scene *scene, int number);

/* Does it wait for this process or thread, as sigpending() has it? */
bool signal_is_pending(struct scene *scene, int number);

/* The set that holds this one signal. */
sigset_t signal_set(int number);

/* A number in a table of values: the real-time signals are not known when it is compiled.
 */
#define SIGNAL_LOWEST  1000
#define SIGNAL_HIGHEST 1001
int signal_number(int64_t value);

/* gettid(2), which not every C library has. */
pid_t signal_thread(void);

/* The number of a process that was, and is no more. */
pid_t signal_past_process(struct scene *scene);

#endif
