/* What exec keeps of a process, and what it resets. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/report_line_help.h"
#include "conformance/signal_help.h"
#include "conformance/sync_help.h"

enum kept { HANDLER, IGNORED, MASK, PENDING };

static void exec_dispositions(struct scene *scene)
{
	struct report_line line = report_line_open(scene);
	pid_t executed = scene_fork(scene);
	struct exec_report report;

	if (executed == 0) {
		signal_record(scene, SIGUSR1, SA_ONSTACK);
		SETUP(scene, signal(SIGUSR2, SIG_IGN) == SIG_ERR ? -1 : 0);
		signal_block(scene, SIGTERM);
		signal_block(scene, SIGRTMAX);
		SETUP(scene, raise(SIGRTMAX));
		EXPECT_OK(scene, report_line_execute(&line));
	}
	report = report_line_hear(scene, &line);
	switch ((enum kept)scene->number) {
	case HANDLER:
		EXPECT_INT(scene, report.dispositions[SIGUSR1], 'D');
		break;
	case IGNORED:
		EXPECT_INT(scene, report.dispositions[SIGUSR2], 'I');
		break;
	case MASK:
		EXPECT_INT(scene, report.blocked[SIGTERM], 1);
		EXPECT_INT(scene, report.blocked[SIGUSR1], 0);
		break;
	case PENDING:
		EXPECT_INT(scene, report.pending[SIGRTMAX], 1);
		EXPECT_INT(scene, report.pending[SIGTERM], 0);
		break;
	}
	report_line_end(scene, &line, executed);
}

static void fds(struct scene *scene)
{
	struct report_line line = report_line_open(scene);
	int end[2], open_fd, closed_fd, flagged;
	pid_t executed;
	struct exec_report report;

	scene_pipe(scene, end);
	open_fd = SETUP(scene, fcntl(end[0], F_DUPFD, 40));
	closed_fd = SETUP(scene, fcntl(end[0], F_DUPFD_CLOEXEC, 45));
	flagged = SETUP(scene, fcntl(end[0], F_DUPFD, 50));
	SETUP(scene, fcntl(flagged, F_SETFD, FD_CLOEXEC));
	executed = scene_fork(scene);
	if (executed == 0)
		EXPECT_OK(scene, report_line_execute(&line));
	report = report_line_hear(scene, &line);
	EXPECT_INT(scene, report.fds[open_fd], 1);
	EXPECT_INT(scene, report.fds[closed_fd], 0);
	EXPECT_INT(scene, report.fds[flagged], 0);
	report_line_end(scene, &line, executed);
}

static void ids(struct scene *scene)
{
	struct report_line line = report_line_open(scene);
	pid_t executed = scene_fork(scene);
	struct exec_report report;

	if (executed == 0) {
		SETUP(scene, setpgid(0, 0));
		EXPECT_OK(scene, report_line_execute(&line));
	}
	report = report_line_hear(scene, &line);
	EXPECT_INT(scene, report.pid, executed);
	EXPECT_INT(scene, report.parent, getpid());
	EXPECT_INT(scene, report.group, executed);
	EXPECT_INT(scene, report.session, getsid(0));
	report_line_end(scene, &line, executed);
}

static void surroundings(struct scene *scene)
{
	struct report_line line = report_line_open(scene);
	pid_t executed = scene_fork(scene);
	struct exec_report report;
	struct stat inner;

	if (executed == 0) {
		SETUP(scene, mkdir("inner", 0700));
		SETUP(scene, chdir("inner"));
		umask(0123);
		SETUP(scene, alarm(1000));
		EXPECT_OK(scene, report_line_execute(&line));
	}
	report = report_line_hear(scene, &line);
	SETUP(scene, stat("inner", &inner));
	EXPECT(scene, report.directory == inner.st_ino, "another working directory");
	EXPECT_INT(scene, report.umask, 0123);
	EXPECT(scene, report.alarm_s > 0 && report.alarm_s <= 1000,
		"%u s are left of an alarm in 1000 s", report.alarm_s);
	report_line_end(scene, &line, executed);
}

/* What belonged to the old program's memory is gone with it. */
static void memory_bound(struct scene *scene)
{
	struct report_line line = report_line_open(scene);
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	struct itimerspec hour = { .it_value.tv_sec = 3600 };
	stack_t stack = { .ss_sp = scene_memory(scene, 65536), .ss_size = 65536 };
	pid_t executed = scene_fork(scene);
	struct exec_report report;
	timer_t timer;

	if (executed == 0) {
		SETUP(scene, sigaltstack(&stack, NULL));
		SETUP(scene, timer_create(CLOCK_MONOTONIC, &event, &timer));
		SETUP(scene, timer_settime(timer, 0, &hour, NULL));
		if (exec_report_timers() != 1)
			SKIP(scene, "the kernel numbers timers in another way");
		EXPECT_OK(scene, report_line_execute(&line));
	}
	report = report_line_hear(scene, &line);
	/* What runs before main() may have set another. */
	EXPECT(scene, report.stack != (uintptr_t)stack.ss_sp, "the stack is still set");
	EXPECT_INT(scene, report.timers, 0);
	report_line_end(scene, &line, executed);
}

static void *sleep_on(void *argument)
{
	(void)argument;
	for (;;)
		pause();
	return NULL;
}

static void *execute(void *argument)
{
	report_line_execute(argument);
	return NULL;
}

/* One thread goes on, as the first of its process, whichever it was. */
static void threads(struct scene *scene)
{
	struct report_line line = report_line_open(scene);
	pid_t executed = scene_fork(scene);
	struct exec_report report;
	pthread_t thread;

	if (executed == 0) {
		SETUP_CODE(scene, pthread_create(&thread, NULL, sleep_on, NULL));
		if (scene->number)
			SETUP_CODE(scene, pthread_create(&thread, NULL, execute, &line));
		else
			EXPECT_OK(scene, report_line_execute(&line));
		sleep_on(NULL);
	}
	report = report_line_hear(scene, &line);
	EXPECT_INT(scene, report.threads, 1);
	EXPECT_INT(scene, report.thread, executed);
	EXPECT_INT(scene, report.pid, executed);
	report_line_end(scene, &line, executed);
}

/* Locks are the process's, and the process goes on. */
static void locks(struct scene *scene)
{
	struct report_line line = report_line_open(scene);
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = SETUP(scene, open("file", O_RDWR | O_CREAT, 0600));
	pid_t executed = scene_fork(scene);

	if (executed == 0) {
		SETUP(scene, fcntl(fd, F_SETLK, &lock));
		EXPECT_OK(scene, report_line_execute(&line));
	}
	report_line_hear(scene, &line);
	EXPECT_OK(scene, fcntl(fd, F_GETLK, &lock));
	EXPECT_INT(scene, lock.l_type, F_WRLCK);
	EXPECT_INT(scene, lock.l_pid, executed);
	report_line_end(scene, &line, executed);
}

/* Robust mutexes are the old program's, which is no more. */
static void robust_told(struct scene *scene)
{
	struct report_line line = report_line_open(scene);
	struct shared *shared = sync_shared(
		scene, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST, PTHREAD_PRIO_NONE);
	pid_t executed = scene_fork(scene);

	if (executed == 0) {
		SETUP_CODE(scene, pthread_mutex_lock(&shared->mutex));
		EXPECT_OK(scene, report_line_execute(&line));
	}
	report_line_hear(scene, &line);
	EXPECT_CODE(scene, pthread_mutex_trylock(&shared->mutex), EOWNERDEAD);
	report_line_end(scene, &line, executed);
}

static const struct value kept[] = { { "handler_reset", HANDLER },
	{ "ignored_kept", IGNORED }, { "mask_kept", MASK }, { "pending_kept", PENDING },
	{ NULL, 0 } };

static const struct value executors[] = { { "first", 0 }, { "other", 1 }, { NULL, 0 } };

static const struct check checks[] = {
	{ .id = "signal.exec_dispositions",
		.run = exec_dispositions,
		.needs = NEED_PROC,
		.values = kept },
	{ .id = "exec.fds", .run = fds, .needs = NEED_PROC | NEED_DESCRIPTORS },
	{ .id = "exec.ids", .run = ids, .needs = NEED_PROC },
	{ .id = "exec.surroundings", .run = surroundings, .needs = NEED_PROC },
	{ .id = "exec.memory_bound", .run = memory_bound, .needs = NEED_PROC },
	{ .id = "exec.threads", .run = threads, .needs = NEED_PROC, .values = executors },
	{ .id = "exec.locks", .run = locks, .needs = NEED_PROC },
	{ .id = "exec.robust_told", .run = robust_told, .needs = NEED_PROC },
	{ .id = NULL },
};

const struct suite exec_suite = { "exec", checks };
