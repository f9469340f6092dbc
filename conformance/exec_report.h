/* exec_report.h: what a process finds when a check has executed it: the program itself,
 * under another name, writes down what exec left to it. */
#ifndef IPCMARK_EXEC_REPORT_H
#define IPCMARK_EXEC_REPORT_H

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

#define EXEC_REPORT_FDS  64
#define EXEC_REPORT_TEXT 512

struct exec_report {
	pid_t pid, parent, group, session, thread;
	char dispositions[NSIG]; /* 'D'efault, 'I'gnored, 'C'aught */
	char blocked[NSIG], pending[NSIG]; /* 1: it is */
	char fds[EXEC_REPORT_FDS]; /* 1: open */
	uint64_t stack; /* where the alternate one begins; 0: there is none */
	unsigned alarm_s, umask;
	uint64_t directory; /* inode number of the working one */
	int threads;
	int timers; /* of timer_create(2) */
	int arguments; /* argc, with all that stands below */
	char texts[EXEC_REPORT_TEXT]; /* the arguments and the environment, line by line
				       */
};

/* How many timers the process has, of those that it could have made first. */
int exec_report_timers(void);

#endif
