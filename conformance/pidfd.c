/* Descriptors of processes. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/calls.h"
#include "conformance/check.h"
#include "conformance/signal_help.h"

/* Younger than some headers. */
#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#ifndef PIDFD_NONBLOCK
#define PIDFD_NONBLOCK O_NONBLOCK
#endif

static long open_pid(pid_t pid, unsigned flags)
{
	return syscall(SYS_pidfd_open, pid, flags);
}

static long send(int pidfd, int number)
{
	return syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0);
}

static long fetch(int pidfd, int fd)
{
	return syscall(SYS_pidfd_getfd, pidfd, fd, 0);
}

/* A child that exits with 7 when the gate is opened. */
static pid_t start_child(struct scene *scene)
{
	pid_t child = scene_fork(scene);

	if (child == 0) {
		scene_wait(scene, 0);
		_exit(7);
	}
	return child;
}

static int open_child(struct scene *scene, pid_t *child, unsigned flags)
{
	*child = start_child(scene);
	return EXPECT_OK(scene, open_pid(*child, flags));
}

static int states(struct scene *scene, int pidfd, int timeout_ms)
{
	struct pollfd polled = { .fd = pidfd, .events = POLLIN };

	SETUP(scene, poll(&polled, 1, timeout_ms));
	return polled.revents;
}

static void poll_signal(struct scene *scene)
{
	pid_t child;
	int pidfd = open_child(scene, &child, 0);
	siginfo_t info = { 0 };

	EXPECT_INT(scene, states(scene, pidfd, 0), 0);
	EXPECT_OK(scene, send(pidfd, 0));
	EXPECT_OK(scene, send(pidfd, SIGTERM));
	PROMISED(scene, "the end of the process wakes who polls");
	EXPECT_INT(scene, states(scene, pidfd, -1) & POLLIN, POLLIN);
	arrived(scene);
	/* A zombie is still somebody. */
	EXPECT_OK(scene, send(pidfd, 0));
	EXPECT_OK(scene, waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED));
	EXPECT_INT(scene, info.si_pid, child);
	EXPECT_INT(scene, info.si_code, CLD_KILLED);
	EXPECT_INT(scene, info.si_status, SIGTERM);
	EXPECT_ERROR(scene, send(pidfd, 0), ESRCH);
	EXPECT_INT(scene, states(scene, pidfd, 0) & POLLIN, POLLIN);
}

static void wakes_poller(struct scene *scene)
{
	pid_t child, poller;
	int pidfd = open_child(scene, &child, 0);
	int epoll = SETUP(scene, epoll_create1(0));
	struct epoll_event event = { .events = EPOLLIN };

	SETUP(scene, epoll_ctl(epoll, EPOLL_CTL_ADD, pidfd, &event));
	poller = scene_fork(scene);
	if (poller == 0) {
		/* A brother, not a parent: anybody may watch. */
		EXPECT_INT(scene,
			scene->number ? epoll_wait(epoll, &event, 1, -1)
				      : states(scene, pidfd, -1) & POLLIN,
			1);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, poller, IN_POLL, IN_EPOLL);
	scene_open(scene, 0);
	EXPECT_EXIT(scene, poller, 0);
	EXPECT_EXIT(scene, child, 7);
}

static void siginfo(struct scene *scene)
{
	int pidfd = EXPECT_OK(scene, open_pid(getpid(), 0));

	signal_record(scene, SIGUSR1, 0);
	EXPECT_OK(scene, send(pidfd, SIGUSR1));
	EXPECT_INT(scene, signal_recorded(), 1);
	EXPECT_INT(scene, signal_delivery(0).code, SI_USER);
	EXPECT_INT(scene, signal_delivery(0).pid, getpid());
	EXPECT_INT(scene, signal_delivery(0).uid, getuid());
}

enum refusal {
	OPEN_ZERO,
	OPEN_NEGATIVE,
	OPEN_FLAGS,
	OPEN_GONE,
	SEND_FLAGS,
	SEND_NUMBER,
	SEND_OTHER,
	SEND_FORGED
};

static void refused(struct scene *scene)
{
	int pidfd = SETUP(scene, open_pid(getpid(), 0)), end[2];
	siginfo_t info = { .si_signo = SIGUSR2, .si_code = SI_QUEUE };

	scene_pipe(scene, end);
	switch ((enum refusal)scene->number) {
	case OPEN_ZERO:
		EXPECT_ERROR(scene, open_pid(0, 0), EINVAL);
		break;
	case OPEN_NEGATIVE:
		EXPECT_ERROR(scene, open_pid(-1, 0), EINVAL);
		break;
	case OPEN_FLAGS:
		EXPECT_ERROR(scene, open_pid(getpid(), 1), EINVAL);
		break;
	case OPEN_GONE:
		EXPECT_ERROR(scene, open_pid(signal_past_process(scene), 0), ESRCH);
		break;
	case SEND_FLAGS:
		EXPECT_ERROR(scene,
			syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0x8000), EINVAL);
		break;
	case SEND_NUMBER:
		EXPECT_ERROR(scene, send(pidfd, SIGRTMAX + 1), EINVAL);
		break;
	case SEND_OTHER:
		EXPECT_ERROR(scene, send(end[0], 0), EBADF);
		EXPECT_ERROR(scene, send(-1, 0), EBADF);
		break;
	case SEND_FORGED:
		/* It says another number than it is sent as. */
		EXPECT_ERROR(scene,
			syscall(SYS_pidfd_send_signal, pidfd, SIGUSR1, &info, 0), EINVAL);
		break;
	}
}

static void send_eperm(struct scene *scene)
{
	pid_t stranger;
	int pidfd = SETUP(scene, open_pid(getpid(), 0));

	stranger = scene_fork(scene);
	if (stranger == 0) {
		scene_become_nobody(scene);
		EXPECT_ERROR(scene, send(pidfd, SIGTERM), EPERM);
		EXPECT_ERROR(scene, send(pidfd, 0), EPERM);
		_exit(0);
	}
	EXPECT_EXIT(scene, stranger, 0);
}

static void flags(struct scene *scene)
{
	pid_t child;
	int pidfd = open_child(scene, &child, 0), other;

	EXPECT_INT(scene, fcntl(pidfd, F_GETFD), FD_CLOEXEC);
	EXPECT_INT(scene, fcntl(pidfd, F_GETFL) & O_NONBLOCK, 0);
	other = EXPECT_OK(scene, open_pid(child, PIDFD_NONBLOCK));
	EXPECT_INT(scene, fcntl(other, F_GETFD), FD_CLOEXEC);
	EXPECT_INT(scene, fcntl(other, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	scene_open(scene, 0);
	EXPECT_EXIT(scene, child, 7);
}

static void nonblock_wait(struct scene *scene)
{
	pid_t child;
	int pidfd = open_child(scene, &child, PIDFD_NONBLOCK);
	siginfo_t info = { 0 };

	EXPECT_ERROR(
		scene, waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED), EAGAIN);
	scene_open(scene, 0);
	PROMISED(scene, "the end of the process wakes who polls");
	states(scene, pidfd, -1);
	arrived(scene);
	EXPECT_OK(scene, waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED));
	EXPECT_INT(scene, info.si_status, 7);
}

/* Waiting is for the parent alone, whoever has the descriptor. */
static void wait_echild(struct scene *scene)
{
	pid_t child, brother;
	int pidfd = open_child(scene, &child, 0);

	brother = scene_fork(scene);
	if (brother == 0) {
		siginfo_t info;

		EXPECT_ERROR(scene,
			waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG),
			ECHILD);
		_exit(0);
	}
	EXPECT_EXIT(scene, brother, 0);
	scene_open(scene, 0);
	EXPECT_EXIT(scene, child, 7);
}

static void getfd(struct scene *scene)
{
	int pidfd, end[2], number[2], got, byte = 0;
	pid_t child;

	scene_pipe(scene, number);
	child = scene_fork(scene);
	if (child == 0) {
		scene_pipe(scene, end);
		SETUP(scene, write(end[1], "x", 1));
		SETUP(scene, write(number[1], &end[0], sizeof end[0]));
		scene_wait(scene, 0);
		_exit(0);
	}
	SETUP(scene, read(number[0], &end[0], sizeof end[0]));
	pidfd = SETUP(scene, open_pid(child, 0));
	/* Yama and the like may forbid it even to a parent. */
	got = SETUP(scene, fetch(pidfd, end[0]));
	EXPECT_INT(scene, read(got, &byte, 1), 1);
	EXPECT_INT(scene, fcntl(got, F_GETFD), FD_CLOEXEC);
	/* One description, two descriptors: a change of its flags is seen by both. */
	scene_nonblock(scene, got, true);
	EXPECT_ERROR(scene, read(got, &byte, 1), EAGAIN);
	EXPECT_ERROR(scene, fetch(pidfd, 4711), EBADF);
	EXPECT_ERROR(scene, syscall(SYS_pidfd_getfd, pidfd, end[0], 1), EINVAL);
	EXPECT_ERROR(scene, fetch(number[0], end[0]), EBADF);
	scene_open(scene, 0);
	EXPECT_EXIT(scene, child, 0);
	EXPECT_ERROR(scene, fetch(pidfd, end[0]), ESRCH);
}

static void getfd_eperm(struct scene *scene)
{
	int pidfd = SETUP(scene, open_pid(getpid(), 0));
	pid_t stranger = scene_fork(scene);

	if (stranger == 0) {
		scene_become_nobody(scene);
		EXPECT_ERROR(scene, fetch(pidfd, 0), EPERM);
		_exit(0);
	}
	EXPECT_EXIT(scene, stranger, 0);
}

static const struct value pollers[] = { { "poll", 0 }, { "epoll", 1 }, { NULL, 0 } };

static const struct value refusals[] = { { "open_zero", OPEN_ZERO },
	{ "open_negative", OPEN_NEGATIVE }, { "open_flags", OPEN_FLAGS },
	{ "open_gone", OPEN_GONE }, { "send_flags", SEND_FLAGS },
	{ "send_number", SEND_NUMBER }, { "send_other", SEND_OTHER },
	{ "send_forged", SEND_FORGED }, { NULL, 0 } };

static const struct check checks[] = {
	{ .id = "pidfd.poll_signal", .run = poll_signal },
	{ .id = "pidfd.wakes_poller",
		.run = wakes_poller,
		.needs = NEED_PROC,
		.values = pollers },
	{ .id = "pidfd.siginfo", .run = siginfo },
	{ .id = "pidfd.refused", .run = refused, .values = refusals },
	{ .id = "pidfd.send_eperm", .run = send_eperm, .needs = NEED_ROOT },
	{ .id = "pidfd.flags", .run = flags },
	{ .id = "pidfd.nonblock_wait", .run = nonblock_wait },
	{ .id = "pidfd.wait_echild", .run = wait_echild },
	{ .id = "pidfd.getfd", .run = getfd },
	{ .id = "pidfd.getfd_eperm", .run = getfd_eperm, .needs = NEED_ROOT },
	{ .id = NULL },
};

const struct suite pidfd_suite = { "pidfd", checks };
