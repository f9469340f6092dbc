/* Waiting for POSIX message queues, and what ends it. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/mq_help.h"

/* A child that receives, which ends in `error` or with a message; it is asleep. */
static pid_t receiver(struct scene *scene, mqd_t queue, int error)
{
	pid_t waiter = scene_fork(scene);

	if (waiter == 0) {
		if (error)
			EXPECT_ERROR(scene, mq_help_receive(queue), error);
		else
			EXPECT_INT(scene, mq_help_receive(queue), 1);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_MQ_RECEIVE);
	return waiter;
}

/* The same of sending. */
static pid_t sender(struct scene *scene, mqd_t queue, int error)
{
	pid_t waiter = scene_fork(scene);

	if (waiter == 0) {
		if (error)
			EXPECT_ERROR(scene, mq_help_send(queue, "y", 7), error);
		else
			EXPECT_INT(scene, mq_help_send(queue, "y", 7), 0);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_MQ_SEND);
	return waiter;
}

static void blocks(struct scene *scene)
{
	char name[LEDGER_NAME];
	mqd_t queue = mq_help_make(scene, name, 0);
	pid_t waiter;

	if (scene->number) {
		mq_help_fill(scene, queue);
		waiter = sender(scene, queue, 0);
		mq_help_expect(scene, queue, "x", 0);
		EXPECT_EXIT(scene, waiter, 0);
		EXPECT_INT(scene, mq_help_count(scene, queue), MQ_MESSAGES);
		mq_help_expect(scene, queue, "y", 7);
	} else {
		waiter = receiver(scene, queue, 0);
		EXPECT_INT(scene, mq_help_send(queue, "x", 0), 0);
		EXPECT_EXIT(scene, waiter, 0);
		EXPECT_INT(scene, mq_help_count(scene, queue), 0);
	}
}

static const struct value sides[] = {
	{ "receive", 0 },
	{ "send", 1 },
	{ NULL, 0 },
};

static void interrupted(struct scene *scene)
{
	char name[LEDGER_NAME];
	mqd_t queue = mq_help_make(scene, name, 0);
	pid_t waiter;

	scene_catch(scene, SIGUSR1, 0);
	if (scene->number)
		mq_help_fill(scene, queue);
	waiter = scene->number ? sender(scene, queue, EINTR)
			       : receiver(scene, queue, EINTR);
	SETUP(scene, kill(waiter, SIGUSR1));
	EXPECT_EXIT(scene, waiter, 0);
	EXPECT_INT(scene, mq_help_count(scene, queue), scene->number ? MQ_MESSAGES : 0);
}

static void restarted(struct scene *scene)
{
	char name[LEDGER_NAME];
	mqd_t queue = mq_help_make(scene, name, 0);
	pid_t waiter = scene_fork(scene);

	if (waiter == 0) {
		scene_catch(scene, SIGUSR1, SA_RESTART);
		EXPECT_INT(scene, mq_help_receive(queue), 1);
		EXPECT_INT(scene, scene_caught(SIGUSR1), 1);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_MQ_RECEIVE);
	SETUP(scene, kill(waiter, SIGUSR1));
	EXPECT_INT(scene, mq_help_send(queue, "x", 0), 0);
	EXPECT_EXIT(scene, waiter, 0);
}

static ssize_t timed(mqd_t queue, bool is_send, const struct timespec *until)
{
	char got[MQ_SIZE];

	return is_send ? mq_timedsend(queue, "x", 1, 0, until)
		       : mq_timedreceive(queue, got, sizeof got, NULL, until);
}

/* A queue on which that call has to wait, or has not. */
static mqd_t make_for(struct scene *scene, bool is_send, bool is_ready)
{
	char name[LEDGER_NAME];
	mqd_t queue = mq_help_make(scene, name, 0);

	if (is_send != is_ready)
		mq_help_fill(scene, queue);
	return queue;
}

enum until { UNTIL_SOON, UNTIL_PAST, UNTIL_ABOVE, UNTIL_NEGATIVE };

static struct timespec time_of(enum until until)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	time.tv_nsec += 20000000;
	if (time.tv_nsec >= 1000000000) {
		time.tv_nsec -= 1000000000;
		time.tv_sec++;
	}
	if (until == UNTIL_PAST)
		time.tv_sec = 1;
	else if (until != UNTIL_SOON)
		time.tv_nsec = until == UNTIL_ABOVE ? 1000000000 : -1;
	return time;
}

#define CASE(is_send, until) ((is_send) << 8 | (until))

static void must_wait(struct scene *scene)
{
	bool is_send = scene->number >> 8;
	enum until until = (enum until)(scene->number & 0xff);
	mqd_t queue = make_for(scene, is_send, false);
	struct timespec time = time_of(until), now;

	EXPECT_ERROR(scene, timed(queue, is_send, &time),
		until == UNTIL_SOON || until == UNTIL_PAST ? ETIMEDOUT : EINVAL);
	clock_gettime(CLOCK_REALTIME, &now);
	if (until == UNTIL_SOON)
		EXPECT(scene,
			now.tv_sec > time.tv_sec || (now.tv_sec == time.tv_sec &&
							    now.tv_nsec >= time.tv_nsec),
			"before its time");
	EXPECT_INT(scene, mq_help_count(scene, queue), is_send ? MQ_MESSAGES : 0);
}

static const struct value timeouts[] = {
	{ "send_soon", CASE(1, UNTIL_SOON) },
	{ "send_past", CASE(1, UNTIL_PAST) },
	{ "send_invalid", CASE(1, UNTIL_ABOVE) },
	{ "send_negative", CASE(1, UNTIL_NEGATIVE) },
	{ "receive_soon", CASE(0, UNTIL_SOON) },
	{ "receive_past", CASE(0, UNTIL_PAST) },
	{ "receive_invalid", CASE(0, UNTIL_ABOVE) },
	{ "receive_negative", CASE(0, UNTIL_NEGATIVE) },
	{ NULL, 0 },
};

static void past_when_ready(struct scene *scene)
{
	bool is_send = scene->number;
	mqd_t queue = make_for(scene, is_send, true);
	struct timespec past = time_of(UNTIL_PAST);

	EXPECT_INT(scene, timed(queue, is_send, &past), is_send ? 0 : 1);
}

static void validity_with_room(struct scene *scene)
{
	bool is_send = scene->number;
	mqd_t queue = make_for(scene, is_send, true);
	long before = mq_help_count(scene, queue);
	struct timespec invalid = time_of(UNTIL_NEGATIVE);
	ssize_t got = timed(queue, is_send, &invalid);
	long changed = is_send ? 1 : -1;

	note(scene, "%s", got < 0 ? "refused" : "not looked at");
	EXPECT(scene, got >= 0 || errno == EINVAL, "errno %d", errno);
	EXPECT_INT(scene, mq_help_count(scene, queue) - before, got < 0 ? 0 : changed);
}

/* A child of that priority, asleep in a receive. */
static pid_t ranked_receiver(struct scene *scene, mqd_t queue, int rank)
{
	struct sched_param parameters = {
		.sched_priority = sched_get_priority_min(SCHED_FIFO) + rank
	};
	pid_t waiter = scene_fork(scene);

	if (waiter == 0) {
		/* Raw: in musl the function only says that it is not there. */
		SETUP(scene, syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &parameters));
		EXPECT_INT(scene, mq_help_receive(queue), 1);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_MQ_RECEIVE);
	return waiter;
}

#define WAITERS 3

/* One message at a time: whoever ends has got it. */
static void ranked(struct scene *scene)
{
	/* Ranks in the order of coming, and who is served first, second, third. */
	static const int ranks[][WAITERS] = { { 0, 2, 1 }, { 1, 1, 1 } };
	static const int served[][WAITERS] = { { 1, 2, 0 }, { 0, 1, 2 } };
	char name[LEDGER_NAME];
	mqd_t queue = mq_help_make(scene, name, 0);
	pid_t waiters[WAITERS];

	for (int i = 0; i < WAITERS; i++)
		waiters[i] = ranked_receiver(scene, queue, ranks[scene->number][i]);
	for (int i = 0; i < WAITERS; i++) {
		pid_t ended;

		EXPECT_INT(scene, mq_help_send(queue, "x", 0), 0);
		PROMISED(scene, "one of the receivers ends");
		ended = SETUP(scene, waitpid(-1, NULL, 0));
		arrived(scene);
		EXPECT_INT(scene, ended, waiters[served[scene->number][i]]);
	}
}

static const struct value rank_cases[] = {
	{ "highest", 0 },
	{ "longest", 1 },
	{ NULL, 0 },
};

#define WAITING (NEED_POSIX_MQ | NEED_PROC)

static const struct check checks[] = {
	{ .id = "mq.block", .run = blocks, .needs = WAITING, .values = sides },
	{ .id = "mq.eintr", .run = interrupted, .needs = WAITING, .values = sides },
	{ .id = "mq.sa_restart", .run = restarted, .needs = WAITING },
	{ .id = "mq.full_attr_timeout",
		.run = must_wait,
		.needs = NEED_POSIX_MQ,
		.values = timeouts },
	{ .id = "mq.timeout.past_ok_when_ready",
		.run = past_when_ready,
		.needs = NEED_POSIX_MQ,
		.values = sides },
	{ .id = "mq.timeout_validity_with_room",
		.run = validity_with_room,
		.needs = NEED_POSIX_MQ,
		.values = sides },
	{ .id = "mq.priority_inheritance_waiters",
		.run = ranked,
		.needs = WAITING | NEED_FIFO_SCHED,
		.values = rank_cases },
	{ .id = NULL },
};

const struct suite mq_block_suite = { "mq_block", checks };
