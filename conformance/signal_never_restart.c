/* Calls that fail with EINTR after a handler, even one that asks for a restart. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/signal_help.h"
#include "conformance/sleep_help.h"

static int64_t recv_byte(const struct bed *bed)
{
	char byte;

	return recv(bed->end[0], &byte, 1, 0);
}

static void with_epoll(struct scene *scene, struct bed *bed)
{
	bed->file = SETUP(scene, epoll_create1(0));
}

static int64_t epoll_for_ever(const struct bed *bed)
{
	struct epoll_event event;

	return epoll_wait(bed->file, &event, 1, -1);
}

static int64_t poll_for_ever(const struct bed *bed)
{
	(void)bed;
	return poll(NULL, 0, -1);
}

static int64_t ppoll_for_ever(const struct bed *bed)
{
	(void)bed;
	return ppoll(NULL, 0, NULL, NULL);
}

static int64_t select_for_ever(const struct bed *bed)
{
	(void)bed;
	return select(0, NULL, NULL, NULL, NULL);
}

static int64_t pselect_for_ever(const struct bed *bed)
{
	(void)bed;
	return pselect(0, NULL, NULL, NULL, NULL, NULL);
}

static int64_t sleep_long(const struct bed *bed)
{
	(void)bed;
	return nanosleep(&(struct timespec) { .tv_sec = 3600 }, NULL);
}

static int64_t clock_sleep_long(const struct bed *bed)
{
	(void)bed;
	errno = clock_nanosleep(
		CLOCK_MONOTONIC, 0, &(struct timespec) { .tv_sec = 3600 }, NULL);
	return errno ? -1 : 0;
}

static int64_t wait_for_signal(const struct bed *bed)
{
	sigset_t set = signal_set(SIGUSR2);

	(void)bed;
	/* Raw: a C library may go on by itself. */
#ifdef SYS_rt_sigtimedwait
	return syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, NSIG / 8);
#else
	return syscall(SYS_rt_sigtimedwait_time64, &set, NULL, NULL, NSIG / 8);
#endif
}

static int64_t pause_for_ever(const struct bed *bed)
{
	(void)bed;
	return pause();
}

static int64_t suspend(const struct bed *bed)
{
	sigset_t none;

	(void)bed;
	sigemptyset(&none);
	return sigsuspend(&none);
}

static void with_sysv_queue(struct scene *scene, struct bed *bed)
{
	bed->id = scene_sysv(scene, LEDGER_SYSV_MSG, 0);
}

static int64_t sysv_receive(const struct bed *bed)
{
	struct {
		long type;
		char text[8];
	} message;

	return msgrcv(bed->id, &message, sizeof message.text, 0, 0);
}

static void with_sysv_set(struct scene *scene, struct bed *bed)
{
	bed->id = scene_sysv(scene, LEDGER_SYSV_SEM, 1);
}

static int64_t sysv_take(const struct bed *bed)
{
	return semop(bed->id, &(struct sembuf) { .sem_op = -1 }, 1);
}

static void with_timeout(struct scene *scene, struct bed *bed)
{
	struct timeval hour = { .tv_sec = 3600 };

	SETUP(scene, socketpair(AF_UNIX, SOCK_STREAM, 0, bed->end));
	SETUP(scene,
		setsockopt(bed->end[0], SOL_SOCKET, SO_RCVTIMEO, &hour, sizeof hour));
}

enum kind {
	POLL,
	PPOLL,
	SELECT,
	PSELECT,
	EPOLL_WAIT,
	NANOSLEEP,
	CLOCK_NANOSLEEP,
	SIGWAITINFO,
	PAUSE,
	SIGSUSPEND,
	MSGRCV,
	SEMOP,
	RCVTIMEO
};

static const struct sleep sleeps[] = {
	[POLL] = { NULL, poll_for_ever, NULL },
	[PPOLL] = { NULL, ppoll_for_ever, NULL },
	[SELECT] = { NULL, select_for_ever, NULL },
	[PSELECT] = { NULL, pselect_for_ever, NULL },
	[EPOLL_WAIT] = { with_epoll, epoll_for_ever, NULL },
	[NANOSLEEP] = { NULL, sleep_long, NULL },
	[CLOCK_NANOSLEEP] = { NULL, clock_sleep_long, NULL },
	[SIGWAITINFO] = { NULL, wait_for_signal, NULL },
	[PAUSE] = { NULL, pause_for_ever, NULL },
	[SIGSUSPEND] = { NULL, suspend, NULL },
	[MSGRCV] = { with_sysv_queue, sysv_receive, NULL },
	[SEMOP] = { with_sysv_set, sysv_take, NULL },
	[RCVTIMEO] = { with_timeout, recv_byte, NULL },
};

static void restart_never_list(struct scene *scene)
{
	sleep_expect_eintr(scene, &sleeps[scene->number], SA_RESTART);
}

static const struct value never[] = { { "poll", POLL }, { "ppoll", PPOLL },
	{ "select", SELECT }, { "pselect", PSELECT }, { "epoll_wait", EPOLL_WAIT },
	{ "nanosleep", NANOSLEEP }, { "clock_nanosleep", CLOCK_NANOSLEEP },
	{ "sigwaitinfo", SIGWAITINFO }, { "pause", PAUSE }, { "sigsuspend", SIGSUSPEND },
	{ "msgrcv", MSGRCV }, { "semop", SEMOP }, { "so_rcvtimeo", RCVTIMEO },
	{ NULL, 0 } };

static const struct check checks[] = {
	{ .id = "signal.restart_never_list",
		.run = restart_never_list,
		.needs = NEED_PROC,
		.values = never },
	{ .id = NULL },
};

const struct suite signal_never_restart_suite = { "signal_never_restart", checks };
