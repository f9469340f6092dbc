#include "conformance/exec_report.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "conformance/check.h"

static void look_at_signals(struct exec_report *report)
{
	sigset_t blocked, pending;

	sigemptyset(&blocked);
	sigemptyset(&pending);
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	sigpending(&pending);
	for (int number = 1; number < NSIG; number++) {
		struct sigaction action = { .sa_handler = SIG_DFL };

		sigaction(number, NULL, &action);
		report->dispositions[number] = action.sa_handler == SIG_DFL   ? 'D'
					       : action.sa_handler == SIG_IGN ? 'I'
									      : 'C';
		report->blocked[number] = sigismember(&blocked, number) == 1;
		report->pending[number] = sigismember(&pending, number) == 1;
	}
}

static int count_threads(void)
{
	DIR *tasks = opendir("/proc/self/task");
	const struct dirent *entry;
	int count = 0;

	while (tasks && (entry = readdir(tasks)))
		count += entry->d_name[0] != '.';
	if (tasks)
		closedir(tasks);
	return count;
}

int exec_report_timers(void)
{
	int count = 0;

	/* The kernel numbers them from 0. */
	for (int id = 0; id < 16; id++)
		count += syscall(SYS_timer_getoverrun, id) >= 0;
	return count;
}

static void add_text(struct exec_report *report, const char *text)
{
	size_t used = strlen(report->texts);

	snprintf(report->texts + used, sizeof report->texts - used, "%s\n", text);
}

static void look_around(struct exec_report *report)
{
	struct stat here = { 0 };
	stack_t stack = { 0 };

	report->pid = getpid();
	report->parent = getppid();
	report->group = getpgrp();
	report->session = getsid(0);
	report->thread = (pid_t)syscall(SYS_gettid);
	report->threads = count_threads();
	report->timers = exec_report_timers();
	for (int fd = 0; fd < EXEC_REPORT_FDS; fd++)
		report->fds[fd] = fcntl(fd, F_GETFD) >= 0;
	sigaltstack(NULL, &stack);
	report->stack = stack.ss_flags & SS_DISABLE ? 0 : (uintptr_t)stack.ss_sp;
	report->alarm_s = alarm(0);
	report->umask = umask(0);
	stat(".", &here);
	report->directory = here.st_ino;
}

void check_executed(int argc, char **argv)
{
	const char *name = argc > 1 ? strrchr(argv[0], '/') : NULL;
	struct exec_report report;
	char byte;
	int fd;

	name = name ? name + 1 : argc > 1 ? argv[0] : "";
	if (strcmp(name, CHECK_EXECUTED) != 0)
		return;
	memset(&report, 0, sizeof report);
	fd = (int)strtol(argv[1], NULL, 10);
	look_at_signals(&report);
	look_around(&report);
	report.arguments = argc;
	for (int i = 2; i < argc; i++)
		add_text(&report, argv[i]);
	for (char **variable = environ; *variable; variable++)
		add_text(&report, *variable);
	if (write(fd, &report, sizeof report) != (ssize_t)sizeof report)
		_exit(9);
	/* Stays to be looked at until the other side has seen enough. */
	while (read(fd, &byte, 1) > 0)
		;
	_exit(7);
}
