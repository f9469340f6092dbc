/* Waiting for a signal: with a mask that is in force only then, and in several threads.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

#include "conformance/calls.h"
#include "conformance/check.h"
#include "conformance/signal_help.h"

/* Blocked and pending before the wait: were the mask not swapped within the call, the
 * signal would be handled before it, and the call would sleep for ever. */
static void make_pending(struct scene *scene)
{
	signal_record(scene, SIGUSR1, 0);
	signal_block(scene, SIGUSR1);
	signal_block(scene, SIGUSR2);
	SETUP(scene, kill(getpid(), SIGUSR1));
	EXPECT_INT(scene, signal_recorded(), 0);
}

static void expect_handled_and_restored(struct scene *scene)
{
	arrived(scene);
	EXPECT_INT(scene, signal_recorded(), 1);
	EXPECT(scene,
		signal_is_blocked(scene, SIGUSR1) && signal_is_blocked(scene, SIGUSR2),
		"the mask is not what it was before");
}

static void sigsuspend_atomic(struct scene *scene)
{
	sigset_t none;

	sigemptyset(&none);
	make_pending(scene);
	PROMISED(scene, "sigsuspend() returns, for there is a signal pending");
	EXPECT_ERROR(scene, sigsuspend(&none), EINTR);
	expect_handled_and_restored(scene);
}

enum waiter { IN_PPOLL, IN_PSELECT, IN_EPOLL_PWAIT };

static int wait_with_mask(int64_t waiter, int fd, int epoll, const sigset_t *mask)
{
	struct pollfd polled = { .fd = fd, .events = POLLIN };
	struct epoll_event event;
	fd_set set;

	if (waiter == IN_PPOLL)
		return ppoll(&polled, 1, NULL, mask);
	if (waiter == IN_EPOLL_PWAIT)
		return epoll_pwait(epoll, &event, 1, -1, mask);
	FD_ZERO(&set);
	FD_SET((unsigned)fd, &set);
	return pselect(fd + 1, &set, NULL, NULL, NULL, mask);
}

static void ppoll_atomic(struct scene *scene)
{
	struct epoll_event event = { .events = EPOLLIN };
	int end[2], epoll;
	sigset_t none;

	sigemptyset(&none);
	scene_pipe(scene, end);
	epoll = SETUP(scene, epoll_create1(0));
	SETUP(scene, epoll_ctl(epoll, EPOLL_CTL_ADD, end[0], &event));
	make_pending(scene);
	PROMISED(scene, "the wait ends, for there is a signal pending");
	EXPECT_ERROR(scene, wait_with_mask(scene->number, end[0], epoll, &none), EINTR);
	expect_handled_and_restored(scene);
	/* What is ready ends the wait just as well; the mask is put back then, too. */
	SETUP(scene, write(end[1], "x", 1));
	EXPECT_INT(scene, wait_with_mask(scene->number, end[0], epoll, &none), 1);
	expect_handled_and_restored(scene);
}

/* An ignored signal is no signal: the wait goes on. */
static void sigsuspend_not_by_ignored(struct scene *scene)
{
	pid_t waiter;
	sigset_t none;

	sigemptyset(&none);
	signal_record(scene, SIGUSR1, 0);
	SETUP(scene, signal(SIGUSR2, SIG_IGN) == SIG_ERR ? -1 : 0);
	waiter = scene_fork(scene);
	if (waiter == 0) {
		EXPECT_ERROR(scene, sigsuspend(&none), EINTR);
		EXPECT_INT(scene, signal_recorded(), 1);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, SYS_rt_sigsuspend);
	SETUP(scene, kill(waiter, SIGUSR2));
	EXPECT_BLOCKED(scene, waiter, SYS_rt_sigsuspend);
	SETUP(scene, kill(waiter, SIGUSR1));
	EXPECT_EXIT(scene, waiter, 0);
}

/* A signal that stops and continues ends no wait, for nothing was handled. */
static void pause_survives_stop(struct scene *scene)
{
	pid_t waiter;

	signal_record(scene, SIGUSR1, 0);
	waiter = scene_fork(scene);
	if (waiter == 0) {
		EXPECT_ERROR(scene, pause(), EINTR);
		EXPECT_INT(scene, signal_recorded(), 1);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_POLL, IN_SLEEP);
	SETUP(scene, kill(waiter, SIGSTOP));
	EXPECT_STATE(scene, waiter, "T");
	SETUP(scene, kill(waiter, SIGCONT));
	EXPECT_BLOCKED(scene, waiter, IN_POLL, IN_SLEEP);
	SETUP(scene, kill(waiter, SIGUSR1));
	EXPECT_EXIT(scene, waiter, 0);
}

struct taker {
	struct scene *scene;
	pthread_t thread;
	_Atomic pid_t id;
	int taken;
};

/* Takes signals until it is SIGUSR2. */
static void *take(void *argument)
{
	struct taker *taker = argument;
	sigset_t set = signal_set(SIGUSR1);
	int number = 0;

	sigaddset(&set, SIGUSR2);
	atomic_store(&taker->id, signal_thread());
	for (;;) {
		EXPECT_CODE(taker->scene, sigwait(&set, &number), 0);
		if (number == SIGUSR2)
			return NULL;
		taker->taken++;
	}
}

static void start_taker(struct scene *scene, struct taker *taker)
{
	taker->scene = scene;
	SETUP_CODE(scene, pthread_create(&taker->thread, NULL, take, taker));
	while (!atomic_load(&taker->id))
		sched_yield();
	EXPECT_BLOCKED(scene, taker->id, IN_SIGWAIT);
}

static void sigwait_one_thread(struct scene *scene)
{
	struct taker takers[3] = { 0 };
	int taken = 0;

	signal_block(scene, SIGUSR1);
	signal_block(scene, SIGUSR2);
	for (int i = 0; i < 3; i++)
		start_taker(scene, &takers[i]);
	EXPECT_OK(scene, kill(getpid(), SIGUSR1));
	/* Whoever took it is back in its sleep, or nobody did and all still are. */
	while (signal_is_pending(scene, SIGUSR1))
		sched_yield();
	for (int i = 0; i < 3; i++) {
		EXPECT_CODE(scene, pthread_kill(takers[i].thread, SIGUSR2), 0);
		SETUP_CODE(scene, pthread_join(takers[i].thread, NULL));
		taken += takers[i].taken;
	}
	EXPECT_INT(scene, taken, 1);
}

static void sigwaitinfo_blocks(struct scene *scene)
{
	sigset_t set = signal_set(SIGUSR1);
	pid_t waiter;

	signal_block(scene, SIGUSR1);
	waiter = scene_fork(scene);
	if (waiter == 0) {
		siginfo_t info = { 0 };

		EXPECT_INT(scene, sigwaitinfo(&set, &info), SIGUSR1);
		EXPECT_INT(scene, info.si_code, SI_USER);
		EXPECT_INT(scene, info.si_pid, getppid());
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_SIGWAIT);
	EXPECT_OK(scene, kill(waiter, SIGUSR1));
	EXPECT_EXIT(scene, waiter, 0);
}

static const struct value waiters[] = { { "ppoll", IN_PPOLL }, { "pselect", IN_PSELECT },
	{ "epoll_pwait", IN_EPOLL_PWAIT }, { NULL, 0 } };

static const struct check checks[] = {
	{ .id = "signal.sigsuspend_atomic", .run = sigsuspend_atomic },
	{ .id = "signal.ppoll_atomic", .run = ppoll_atomic, .values = waiters },
	{ .id = "signal.sigsuspend_not_by_ignored",
		.run = sigsuspend_not_by_ignored,
		.needs = NEED_PROC },
	{ .id = "signal.pause_survives_stop",
		.run = pause_survives_stop,
		.needs = NEED_PROC },
	{ .id = "signal.sigwait_one_thread",
		.run = sigwait_one_thread,
		.needs = NEED_PROC },
	{ .id = "signal.sigwaitinfo_blocks",
		.run = sigwaitinfo_blocks,
		.needs = NEED_PROC },
	{ .id = NULL },
};

const struct suite signal_wait_suite = { "signal_wait", checks };
