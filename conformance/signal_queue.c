/* What waits until it can be delivered: pending signals, their queue and its order. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/signal_help.h"

static int queue(int number, int value)
{
	return sigqueue(getpid(), number, (union sigval) { .sival_int = value });
}

static void std_coalesce(struct scene *scene)
{
	bool is_queued = scene->number;

	signal_record(scene, SIGUSR1, 0);
	signal_block(scene, SIGUSR1);
	for (int i = 0; i < 5; i++)
		SETUP(scene, is_queued ? queue(SIGUSR1, i) : kill(getpid(), SIGUSR1));
	signal_unblock(scene, SIGUSR1);
	EXPECT_INT(scene, signal_recorded(), 1);
}

/* Takes the next pending one, which must be there. */
static void take(struct scene *scene, const sigset_t *set, siginfo_t *info)
{
	memset(info, 0, sizeof *info);
	EXPECT_OK(scene, sigtimedwait(set, info, &(struct timespec) { 0 }));
}

enum order { FIFO_HANDLED, FIFO_WAITED, LOWEST_HANDLED, LOWEST_WAITED };

static void rt_queue_order(struct scene *scene)
{
	bool is_fifo = scene->number == FIFO_HANDLED || scene->number == FIFO_WAITED;
	bool is_waited = scene->number == FIFO_WAITED || scene->number == LOWEST_WAITED;
	sigset_t set, old;
	siginfo_t info;

	sigemptyset(&set);
	for (int i = 0; i < 6; i++) {
		sigaddset(&set, SIGRTMIN + i);
		signal_record(scene, SIGRTMIN + i, 0);
	}
	SETUP(scene, sigprocmask(SIG_BLOCK, &set, &old));
	for (int i = 0; i < 6; i++)
		EXPECT_OK(scene,
			is_fifo ? queue(SIGRTMIN, i) : queue(SIGRTMIN + 5 - i, 5 - i));
	if (!is_waited)
		EXPECT_OK(scene, sigprocmask(SIG_SETMASK, &old, NULL));
	for (int i = 0; i < 6; i++) {
		if (is_waited)
			take(scene, &set, &info);
		EXPECT_INT(scene, is_waited ? info.si_signo : signal_delivery(i).signal,
			is_fifo ? SIGRTMIN : SIGRTMIN + i);
		EXPECT_INT(scene,
			is_waited ? info.si_value.sival_int : signal_delivery(i).value,
			i);
	}
	EXPECT_INT(scene, signal_recorded(), is_waited ? 0 : 6);
}

static void rt_queue_depth(struct scene *scene)
{
	sigset_t set = signal_set(SIGRTMAX);
	siginfo_t info;

	signal_block(scene, SIGRTMAX);
	for (int i = 0; i < _POSIX_SIGQUEUE_MAX; i++)
		EXPECT_OK(scene, queue(SIGRTMAX, i));
	for (int i = 0; i < _POSIX_SIGQUEUE_MAX; i++) {
		take(scene, &set, &info);
		EXPECT_INT(scene, info.si_value.sival_int, i);
	}
	EXPECT_ERROR(scene, sigtimedwait(&set, NULL, &(struct timespec) { 0 }), EAGAIN);
}

static void rt_numbers(struct scene *scene)
{
	EXPECT(scene, SIGRTMAX - SIGRTMIN + 1 >= _POSIX_RTSIG_MAX,
		"only %d real-time signals", SIGRTMAX - SIGRTMIN + 1);
	note(scene, "%d real-time signals", SIGRTMAX - SIGRTMIN + 1);
	for (int number = SIGRTMIN; number <= SIGRTMAX; number++) {
		signal_record(scene, number, 0);
		EXPECT_OK(scene, raise(number));
		EXPECT_INT(scene, signal_recorded(), 1);
		EXPECT_INT(scene, signal_delivery(0).signal, number);
		signal_forget();
	}
}

static void limit_pending(struct scene *scene, rlim_t most)
{
	struct rlimit limit;

	SETUP(scene, getrlimit(RLIMIT_SIGPENDING, &limit));
	limit.rlim_cur = most;
	SETUP(scene, setrlimit(RLIMIT_SIGPENDING, &limit));
}

/* Other processes of the user count, so that without a user of one's own only none at all
 * is exact. */
static void sigpending_limit(struct scene *scene)
{
	signal_record(scene, SIGUSR1, 0);
	signal_block(scene, SIGUSR1);
	signal_block(scene, SIGRTMIN);
	limit_pending(scene, 0);
	EXPECT_ERROR(scene, queue(SIGRTMIN, 1), EAGAIN);
	EXPECT(scene, !signal_is_pending(scene, SIGRTMIN), "the refused one is pending");
	EXPECT_OK(scene, kill(getpid(), SIGUSR1));
	signal_unblock(scene, SIGUSR1);
	EXPECT_INT(scene, signal_recorded(), 1);
}

static void sigpending_limit_exact(struct scene *scene)
{
	pid_t child = scene_fork(scene);
	sigset_t set = signal_set(SIGRTMIN);

	if (child == 0) {
		scene_become_nobody(scene);
		signal_block(scene, SIGRTMIN);
		limit_pending(scene, 3);
		for (int i = 0; i < 3; i++)
			EXPECT_OK(scene, queue(SIGRTMIN, i));
		EXPECT_ERROR(scene, queue(SIGRTMIN, 3), EAGAIN);
		SETUP(scene, sigtimedwait(&set, NULL, &(struct timespec) { 0 }));
		EXPECT_OK(scene, queue(SIGRTMIN, 4));
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
}

static void sigwaitinfo_value(struct scene *scene)
{
	sigset_t set = signal_set(SIGRTMIN);
	siginfo_t info = { 0 };
	pid_t sender, target = getpid();

	signal_block(scene, SIGRTMIN);
	sender = scene_fork(scene);
	if (sender == 0) {
		EXPECT_OK(scene,
			sigqueue(target, SIGRTMIN,
				(union sigval) { .sival_int = (int)scene->number }));
		_exit(0);
	}
	PROMISED(scene, "sigwaitinfo() returns");
	EXPECT_INT(scene, sigwaitinfo(&set, &info), SIGRTMIN);
	arrived(scene);
	EXPECT_INT(scene, info.si_signo, SIGRTMIN);
	EXPECT_INT(scene, info.si_code, SI_QUEUE);
	EXPECT_INT(scene, info.si_value.sival_int, scene->number);
	EXPECT_INT(scene, info.si_pid, sender);
	EXPECT_INT(scene, info.si_uid, getuid());
	EXPECT_EXIT(scene, sender, 0);
}

static void sigwait_takes(struct scene *scene)
{
	sigset_t set = signal_set(SIGUSR1);
	int number = 0;

	signal_block(scene, SIGUSR1);
	EXPECT_ERROR(scene, sigtimedwait(&set, NULL, &(struct timespec) { 0 }), EAGAIN);
	SETUP(scene, raise(SIGUSR1));
	EXPECT(scene, signal_is_pending(scene, SIGUSR1),
		"the blocked one is not pending");
	EXPECT(scene, !signal_is_pending(scene, SIGUSR2), "another one is pending");
	EXPECT_CODE(scene, sigwait(&set, &number), 0);
	EXPECT_INT(scene, number, SIGUSR1);
	EXPECT(scene, !signal_is_pending(scene, SIGUSR1), "the taken one is pending");
}

enum discarding { BY_IGNORING, BY_IGNORING_QUEUED, BY_DEFAULT };

static void ignore_discards_pending(struct scene *scene)
{
	int number = scene->number == BY_DEFAULT           ? SIGCHLD
		     : scene->number == BY_IGNORING_QUEUED ? SIGRTMIN
							   : SIGUSR1;
	struct sigaction action = { .sa_handler = scene->number == BY_DEFAULT ? SIG_DFL
									      : SIG_IGN };

	signal_record(scene, number, 0);
	signal_block(scene, number);
	for (int i = 0; i < 3; i++)
		SETUP(scene, queue(number, i));
	EXPECT(scene, signal_is_pending(scene, number), "the blocked one is not pending");
	EXPECT_OK(scene, sigaction(number, &action, NULL));
	EXPECT(scene, !signal_is_pending(scene, number), "it is still pending");
	signal_record(scene, number, 0);
	signal_unblock(scene, number);
	EXPECT_INT(scene, signal_recorded(), 0);
}

static void fork_clears_pending(struct scene *scene)
{
	pid_t child;

	signal_record(scene, SIGUSR1, 0);
	SETUP(scene, signal(SIGUSR2, SIG_IGN) == SIG_ERR ? -1 : 0);
	signal_block(scene, SIGUSR1);
	SETUP(scene, queue(SIGUSR1, 0));
	child = scene_fork(scene);
	if (child == 0) {
		EXPECT(scene, !signal_is_pending(scene, SIGUSR1),
			"the parent's pending signal is pending in the child");
		EXPECT(scene, signal_is_blocked(scene, SIGUSR1),
			"the mask is not inherited");
		EXPECT_OK(scene, kill(getpid(), SIGUSR2)); /* ignored */
		SETUP(scene, kill(getpid(), SIGUSR1));
		signal_unblock(scene, SIGUSR1);
		EXPECT_INT(scene, signal_recorded(), 1); /* the handler is inherited */
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
	EXPECT(scene, signal_is_pending(scene, SIGUSR1),
		"the parent's signal is not pending any more");
}

enum refusal { NUMBER_NEGATIVE, NUMBER_TOO_HIGH, NO_PROCESS };

static void sigqueue_refused(struct scene *scene)
{
	pid_t gone = signal_past_process(scene);

	EXPECT_OK(scene, queue(0, 0));
	if (scene->number == NUMBER_NEGATIVE)
		EXPECT_ERROR(scene, queue(-1, 0), EINVAL);
	if (scene->number == NUMBER_TOO_HIGH)
		EXPECT_ERROR(scene, queue(SIGRTMAX + 1, 0), EINVAL);
	if (scene->number == NO_PROCESS)
		EXPECT_ERROR(scene, sigqueue(gone, 0, (union sigval) { 0 }), ESRCH);
}

/* Nobody may say of a signal to another process that the kernel sent it, or kill(). */
static void forged_siginfo(struct scene *scene)
{
	siginfo_t info = { .si_signo = SIGUSR1, .si_code = (int)scene->number };
	pid_t target = scene_fork(scene);

	if (target == 0)
		for (;;)
			pause();
	EXPECT_ERROR(scene, syscall(SYS_rt_sigqueueinfo, target, SIGUSR1, &info), EPERM);
	info.si_code = SI_QUEUE;
	EXPECT_OK(scene, syscall(SYS_rt_sigqueueinfo, target, SIGUSR1, &info));
	EXPECT_KILLED(scene, target, SIGUSR1);
}

static const struct value senders[] = { { "kill", 0 }, { "sigqueue", 1 }, { NULL, 0 } };

static const struct value orders[] = { { "fifo_handled", FIFO_HANDLED },
	{ "fifo_waited", FIFO_WAITED }, { "lowest_handled", LOWEST_HANDLED },
	{ "lowest_waited", LOWEST_WAITED }, { NULL, 0 } };

static const struct value queued_values[] = { { "zero", 0 }, { "negative", -1 },
	{ "greatest", INT_MAX }, { NULL, 0 } };

static const struct value discarding[] = { { "ignored", BY_IGNORING },
	{ "ignored_queued", BY_IGNORING_QUEUED }, { "default", BY_DEFAULT },
	{ NULL, 0 } };

static const struct value refusals[] = { { "negative", NUMBER_NEGATIVE },
	{ "too_high", NUMBER_TOO_HIGH }, { "no_process", NO_PROCESS }, { NULL, 0 } };

static const struct value forgeries[] = { { "si_user", SI_USER }, { "si_kernel", 0x80 },
	{ "si_tkill", SI_TKILL }, { NULL, 0 } };

static const struct check checks[] = {
	{ .id = "signal.std_coalesce", .run = std_coalesce, .values = senders },
	{ .id = "signal.rt_queue_order", .run = rt_queue_order, .values = orders },
	{ .id = "signal.rt_queue_depth", .run = rt_queue_depth },
	{ .id = "signal.rt_numbers", .run = rt_numbers },
	{ .id = "signal.sigpending_limit", .run = sigpending_limit },
	{ .id = "signal.sigpending_limit_exact",
		.run = sigpending_limit_exact,
		.needs = NEED_ROOT },
	{ .id = "signal.sigwaitinfo_value",
		.run = sigwaitinfo_value,
		.values = queued_values },
	{ .id = "signal.sigwait_takes", .run = sigwait_takes },
	{ .id = "signal.ignore_discards_pending",
		.run = ignore_discards_pending,
		.values = discarding },
	{ .id = "signal.fork_clears_pending", .run = fork_clears_pending },
	{ .id = "signal.sigqueue_refused", .run = sigqueue_refused, .values = refusals },
	{ .id = "signal.forged_siginfo", .run = forged_siginfo, .values = forgeries },
	{ .id = NULL },
};

const struct suite signal_queue_suite = { "signal_queue", checks };
