/* mq_notify(): being told that a message has come. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/mq_help.h"
#include "harness/base/futex.h"

static const struct sigevent by_signal = { .sigev_notify = SIGEV_SIGNAL,
	.sigev_signo = SIGUSR1 };

/* A queue; the signal is held back, so that it can be asked for. */
static mqd_t make(struct scene *scene)
{
	char name[LEDGER_NAME];
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	SETUP(scene, sigprocmask(SIG_BLOCK, &signals, NULL));
	return mq_help_make(scene, name, O_NONBLOCK);
}

static void expect_told(struct scene *scene, siginfo_t *info)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	PROMISED(scene, "the notification");
	EXPECT_INT(scene, sigwaitinfo(&signals, info), SIGUSR1);
	arrived(scene);
}

/* What is sent of it is sent before mq_send() returns. */
static void expect_untold(struct scene *scene)
{
	sigset_t pending;

	SETUP(scene, sigpending(&pending));
	EXPECT(scene, !sigismember(&pending, SIGUSR1), "a notification came");
}

enum notify_case {
	NOTIFY_BUSY,
	NOTIFY_BUSY_SELF,
	NOTIFY_ONCE,
	NOTIFY_EDGE,
	NOTIFY_REMOVE
};

static void busy(struct scene *scene, mqd_t queue)
{
	pid_t other;

	EXPECT_INT(scene, mq_notify(queue, &by_signal), 0);
	if (scene->number == NOTIFY_BUSY_SELF) {
		EXPECT_ERROR(scene, mq_notify(queue, &by_signal), EBUSY);
		return;
	}
	other = scene_fork(scene);
	if (other == 0) {
		EXPECT_ERROR(scene, mq_notify(queue, &by_signal), EBUSY);
		_exit(0);
	}
	EXPECT_EXIT(scene, other, 0);
}

static void once(struct scene *scene, mqd_t queue)
{
	siginfo_t info;

	EXPECT_INT(scene, mq_notify(queue, &by_signal), 0);
	EXPECT_INT(scene, mq_help_send(queue, "x", 0), 0);
	expect_told(scene, &info);
	EXPECT_INT(scene, mq_help_receive(queue), 1);
	EXPECT_INT(scene, mq_help_send(queue, "x", 0), 0);
	expect_untold(scene);
	/* The place is free again. */
	EXPECT_INT(scene, mq_notify(queue, &by_signal), 0);
}

static void edge(struct scene *scene, mqd_t queue)
{
	siginfo_t info;

	EXPECT_INT(scene, mq_help_send(queue, "x", 0), 0);
	EXPECT_INT(scene, mq_notify(queue, &by_signal), 0);
	expect_untold(scene);
	EXPECT_INT(scene, mq_help_send(queue, "x", 0), 0);
	expect_untold(scene);
	EXPECT_INT(scene, mq_help_receive(queue), 1);
	EXPECT_INT(scene, mq_help_receive(queue), 1);
	expect_untold(scene);
	EXPECT_INT(scene, mq_help_send(queue, "x", 0), 0);
	expect_told(scene, &info);
}

static void removal(struct scene *scene, mqd_t queue)
{
	EXPECT_INT(scene, mq_notify(queue, &by_signal), 0);
	EXPECT_INT(scene, mq_notify(queue, NULL), 0);
	EXPECT_INT(scene, mq_help_send(queue, "x", 0), 0);
	expect_untold(scene);
	EXPECT_INT(scene, mq_notify(queue, &by_signal), 0);
}

static void oneshot(struct scene *scene)
{
	mqd_t queue = make(scene);

	switch ((enum notify_case)scene->number) {
	case NOTIFY_BUSY:
	case NOTIFY_BUSY_SELF:
		busy(scene, queue);
		break;
	case NOTIFY_ONCE:
		once(scene, queue);
		break;
	case NOTIFY_EDGE:
		edge(scene, queue);
		break;
	case NOTIFY_REMOVE:
		removal(scene, queue);
		break;
	}
}

static const struct value notify_cases[] = {
	{ "busy", NOTIFY_BUSY },
	{ "busy_self", NOTIFY_BUSY_SELF },
	{ "once", NOTIFY_ONCE },
	{ "edge", NOTIFY_EDGE },
	{ "remove", NOTIFY_REMOVE },
	{ NULL, 0 },
};

static void suppressed(struct scene *scene)
{
	mqd_t queue = make(scene);
	struct mq_attr blocking = { .mq_flags = 0 };
	siginfo_t info;
	pid_t receiver;

	SETUP(scene, mq_setattr(queue, &blocking, NULL));
	receiver = scene_fork(scene);
	if (receiver == 0) {
		EXPECT_INT(scene, mq_help_receive(queue), 1);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, receiver, IN_MQ_RECEIVE);
	EXPECT_INT(scene, mq_notify(queue, &by_signal), 0);
	EXPECT_INT(scene, mq_help_send(queue, "x", 0), 0);
	EXPECT_EXIT(scene, receiver, 0);
	expect_untold(scene);
	EXPECT_ERROR(scene, mq_notify(queue, &by_signal), EBUSY);
	EXPECT_INT(scene, mq_help_send(queue, "x", 0), 0);
	expect_told(scene, &info);
}

enum end_case { END_CLOSE, END_EXIT, END_KILL };

static void unregistered(struct scene *scene)
{
	mqd_t queue = make(scene);
	pid_t owner = scene_fork(scene);

	if (owner == 0) {
		EXPECT_INT(scene, mq_notify(queue, &by_signal), 0);
		if (scene->number == END_CLOSE)
			EXPECT_INT(scene, mq_close(queue), 0);
		scene_open(scene, 0);
		if (scene->number == END_KILL)
			kill(getpid(), SIGKILL);
		if (scene->number == END_CLOSE)
			scene_wait(scene, 1);
		_exit(0);
	}
	scene_wait(scene, 0);
	if (scene->number == END_EXIT)
		EXPECT_EXIT(scene, owner, 0);
	else if (scene->number == END_KILL)
		EXPECT_KILLED(scene, owner, SIGKILL);
	EXPECT_INT(scene, mq_notify(queue, &by_signal), 0);
	scene_open(scene, 1);
}

static const struct value end_cases[] = {
	{ "close", END_CLOSE },
	{ "exit", END_EXIT },
	{ "kill", END_KILL },
	{ NULL, 0 },
};

static void carries_value(struct scene *scene)
{
	mqd_t queue = make(scene);
	struct sigevent event = by_signal;
	siginfo_t info = { 0 };
	pid_t sender;

	event.sigev_value.sival_int = 0x1234567;
	EXPECT_INT(scene, mq_notify(queue, &event), 0);
	sender = scene_fork(scene);
	if (sender == 0) {
		EXPECT_INT(scene, mq_help_send(queue, "x", 0), 0);
		_exit(0);
	}
	expect_told(scene, &info);
	EXPECT_INT(scene, info.si_code, SI_MESGQ);
	EXPECT_INT(scene, info.si_value.sival_int, 0x1234567);
	EXPECT_INT(scene, info.si_pid, sender);
	EXPECT_INT(scene, info.si_uid, getuid());
	EXPECT_EXIT(scene, sender, 0);
}

static futex_word told; /* how often the function below was called */
static int told_value;

static void tell(union sigval value)
{
	told_value = value.sival_int;
	atomic_fetch_add(&told, 1);
	futex_wake(&told, 1);
}

/* Registers by thread, without attributes; sends, and waits to be told. */
static void expect_thread(struct scene *scene, mqd_t queue, int value)
{
	uint32_t before = atomic_load(&told);
	struct sigevent event = { .sigev_notify = SIGEV_THREAD };

	event.sigev_notify_function = tell;
	event.sigev_value.sival_int = value;
	EXPECT_INT(scene, mq_notify(queue, &event), 0);
	EXPECT_INT(scene, mq_help_send(queue, "x", 0), 0);
	PROMISED(scene, "the function is called");
	while (atomic_load(&told) == before)
		futex_wait(&told, before, -1);
	arrived(scene);
	EXPECT_INT(scene, told_value, value);
	EXPECT_INT(scene, mq_help_receive(queue), 1);
}

static void null_attributes(struct scene *scene)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD };
	mqd_t queue = make(scene);

	expect_thread(scene, queue, 1);
	event.sigev_notify_function = tell;
	EXPECT_INT(scene, mq_notify(queue, &event), 0);
	EXPECT_INT(scene, mq_notify(queue, NULL), 0);
	expect_thread(scene, queue, 2);
}

static void by_thread(struct scene *scene)
{
	mqd_t queue = make(scene);

	expect_thread(scene, queue, 0x1234567);
	/* Once: the place is free again. */
	EXPECT_INT(scene, mq_notify(queue, &by_signal), 0);
}

static void by_nothing(struct scene *scene)
{
	const struct sigevent none = { .sigev_notify = SIGEV_NONE };
	mqd_t queue = make(scene);

	EXPECT_INT(scene, mq_notify(queue, &none), 0);
	EXPECT_ERROR(scene, mq_notify(queue, &by_signal), EBUSY);
	EXPECT_INT(scene, mq_help_send(queue, "x", 0), 0);
	expect_untold(scene);
	EXPECT_INT(scene, mq_notify(queue, &by_signal), 0);
}

static void invalid(struct scene *scene)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = 12345 };
	mqd_t queue = make(scene);

	EXPECT_ERROR(scene, mq_notify(queue, &event), EINVAL);
	event.sigev_signo = SIGUSR1;
	event.sigev_notify = 12345;
	EXPECT_ERROR(scene, mq_notify(queue, &event), EINVAL);
	EXPECT_INT(scene, mq_notify(queue, &by_signal), 0);
	EXPECT_ERROR(scene, mq_notify((mqd_t)0, &by_signal), EBADF);
}

static const struct check checks[] = {
	{ .id = "mq.notify.oneshot_busy_edge",
		.run = oneshot,
		.needs = NEED_POSIX_MQ,
		.values = notify_cases },
	{ .id = "mq.notify.suppressed_by_receiver",
		.run = suppressed,
		.needs = NEED_POSIX_MQ | NEED_PROC },
	{ .id = "mq.notify.close_unregisters",
		.run = unregistered,
		.needs = NEED_POSIX_MQ,
		.values = end_cases },
	{ .id = "mq.notify.sigev_value", .run = carries_value, .needs = NEED_POSIX_MQ },
	{ .id = "mq.notify.thread", .run = by_thread, .needs = NEED_POSIX_MQ },
	{ .id = "mq.notify.null_attr_cve",
		.run = null_attributes,
		.needs = NEED_POSIX_MQ },
	{ .id = "mq.notify.none", .run = by_nothing, .needs = NEED_POSIX_MQ },
	{ .id = "mq.notify.invalid", .run = invalid, .needs = NEED_POSIX_MQ },
	{ .id = NULL },
};

const struct suite mq_notify_suite = { "mq_notify", checks };
