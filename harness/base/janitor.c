#include "harness/base/janitor.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Without close_range(2), an old kernel: as many as the limit lets there be. */
static void close_from(int first)
{
	struct rlimit limit = { 1024, 1024 };

#ifdef SYS_close_range
	if (syscall(SYS_close_range, first, ~0u, 0) == 0)
		return;
#endif
	getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur > 65536)
		limit.rlim_cur = 65536;
	for (int fd = first; (rlim_t)fd < limit.rlim_cur; fd++)
		close(fd);
}

static _Noreturn void keep_watch(const struct janitor *janitor, int watched_fd)
{
	sigset_t all;
	char byte;

	setsid();
	prctl(PR_SET_NAME, "ipcmark-janitor");
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	/* Whoever reads what the parent writes must not wait for the janitor, nor must
	 * another janitor of this parent, whose lifeline is open here too. */
	watched_fd = dup2(watched_fd, 0);
	close_from(1);
	while (read(watched_fd, &byte, 1) < 0 && errno == EINTR)
		;
	ledger_clear(janitor->ledger);
	_exit(0);
}

/* Until the janitor has a session of its own and has closed what it inherited. Whoever
 * kills the group of this process before kills the janitor too. */
static void await_session(int settled_fd)
{
	char byte;

	while (read(settled_fd, &byte, 1) < 0 && errno == EINTR)
		;
}

int janitor_start(struct janitor *janitor, struct why *why)
{
	int ends[2], settled[2];
	int error;

	*janitor = (struct janitor) { .lifeline_fd = -1 };
	janitor->ledger = ledger_create(why);
	if (!janitor->ledger)
		return -ENOMEM;
	if (pipe2(ends, O_CLOEXEC))
		return why_say(why, errno, "make the janitor's pipe");
	janitor->lifeline_fd = ends[1];
	if (pipe2(settled, O_CLOEXEC)) {
		error = why_say(why, errno, "make the janitor's pipe");
		close(ends[0]);
		janitor_stop(janitor);
		return error;
	}
	fflush(NULL);
	janitor->pid = fork();
	if (janitor->pid == 0)
		keep_watch(janitor, ends[0]);
	error = janitor->pid < 0 ? why_say(why, errno, "start the janitor") : 0;
	close(ends[0]);
	close(settled[1]);
	if (!error)
		await_session(settled[0]);
	close(settled[0]);
	if (!error)
		error = ledger_directory(janitor->ledger, janitor->directory, why);
	if (error)
		janitor_stop(janitor);
	return error;
}

void janitor_stop(struct janitor *janitor)
{
	if (janitor->lifeline_fd >= 0)
		close(janitor->lifeline_fd);
	janitor->lifeline_fd = -1;
	if (janitor->pid > 0)
		while (waitpid(janitor->pid, NULL, 0) < 0 && errno == EINTR)
			;
	janitor->pid = 0;
	/* All of it is gone, unless the janitor was killed. */
	if (janitor->ledger)
		ledger_clear(janitor->ledger);
}

static _Noreturn void be_child(
	struct janitor *janitor, pid_t parent, int (*run)(void *), void *argument)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0); /* the parent died before the line above */
	setpgid(0, 0);
	close(janitor->lifeline_fd);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	_exit(run(argument));
}

int child_start(struct janitor *janitor, int (*run)(void *), void *argument,
	struct child *child, struct why *why)
{
	pid_t parent = getpid();
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		be_child(janitor, parent, run, argument);
	if (pid < 0)
		return why_say(why, errno, "fork a child process");
	if (ledger_add_process(janitor->ledger, pid, why)) {
		struct child lost = { pid, -1 };

		child_end(janitor, &lost);
		return -ENOSPC;
	}
	*child = (struct child) { pid, -1 };
	return 0;
}

int child_watch(struct child *child, struct why *why)
{
	/* Not reaped yet, so the number cannot be anybody else's. */
	child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
	return child->pidfd < 0 ? why_say(why, errno, "open a pidfd (Linux 5.3)") : 0;
}

/* Without priority: the kernel takes a process out of /proc in a loop that waits for
 * whoever looks at it just now, and who has only the CPU that a real-time loop holds
 * never ends. */
static void reap(pid_t pid, int *status)
{
	int policy = sched_getscheduler(0);
	int kind = policy < 0 ? policy : policy & ~SCHED_RESET_ON_FORK;
	struct sched_param priority, none = { 0 };
	bool is_lowered = (kind == SCHED_FIFO || kind == SCHED_RR) &&
			  sched_getparam(0, &priority) == 0 &&
			  sched_setscheduler(0, SCHED_OTHER | (policy ^ kind), &none) ==
				  0;

	while (waitpid(pid, status, 0) < 0 && errno == EINTR)
		;
	if (is_lowered)
		sched_setscheduler(0, policy, &priority);
}

int child_end(struct janitor *janitor, struct child *child)
{
	int status = 0;

	if (child->pid > 0) {
		kill(child->pid, SIGKILL);
		ledger_forget_process(janitor->ledger, child->pid);
		reap(child->pid, &status);
	}
	if (child->pidfd >= 0)
		close(child->pidfd);
	*child = (struct child) { 0, -1 };
	return status;
}
