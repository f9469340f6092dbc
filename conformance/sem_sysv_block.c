/* Waiting for System V semaphores, and what ends it. */
#include <errno.h>
#include <signal.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/sysv_help.h"

static int set_value(int set, int index, int value)
{
	return semctl(set, index, SETVAL, (union sem_argument) { .value = value });
}

/* A child that operates on the first semaphore, which must end in `error` or with 0, and
 * exits with 0; it is asleep in the call. */
static pid_t sleeper(struct scene *scene, int set, int delta, int error)
{
	pid_t waiter = scene_fork(scene);

	if (waiter == 0) {
		if (error)
			EXPECT_ERROR(scene, sysv_help_semop(set, 0, delta, 0), error);
		else
			EXPECT_INT(scene, sysv_help_semop(set, 0, delta, 0), 0);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_SEMOP);
	return waiter;
}

enum count_case { COUNT_DECREASE, COUNT_ZERO, COUNT_PID };

static void block_counts(struct scene *scene)
{
	int set = scene_sysv(scene, LEDGER_SYSV_SEM, 1);
	bool is_zero = scene->number == COUNT_ZERO;
	int counter = is_zero ? GETZCNT : GETNCNT;
	pid_t waiter;

	EXPECT_INT(scene, semctl(set, 0, counter), 0);
	if (is_zero)
		SETUP(scene, set_value(set, 0, 1));
	waiter = sleeper(scene, set, is_zero ? 0 : -1, 0);
	EXPECT_INT(scene, semctl(set, 0, counter), 1);
	EXPECT_INT(scene, semctl(set, 0, is_zero ? GETNCNT : GETZCNT), 0);
	EXPECT_INT(scene, sysv_help_semop(set, 0, is_zero ? -1 : 1, 0), 0);
	EXPECT_EXIT(scene, waiter, 0);
	EXPECT_INT(scene, semctl(set, 0, counter), 0);
	EXPECT_INT(scene, semctl(set, 0, GETVAL), 0);
	if (scene->number == COUNT_PID) {
		EXPECT_INT(scene, semctl(set, 0, GETPID), waiter);
		EXPECT_INT(scene, sysv_help_semop(set, 0, 1, 0), 0);
		EXPECT_INT(scene, semctl(set, 0, GETPID), getpid());
	}
}

static const struct value count_cases[] = {
	{ "decrease", COUNT_DECREASE },
	{ "zero", COUNT_ZERO },
	{ "pid", COUNT_PID },
	{ NULL, 0 },
};

/* Waits for both of two; holds neither meanwhile. */
static void array_holds_nothing(struct scene *scene)
{
	int set = scene_sysv(scene, LEDGER_SYSV_SEM, 2);
	pid_t waiter;

	SETUP(scene, set_value(set, 0, 1));
	waiter = scene_fork(scene);
	if (waiter == 0) {
		struct sembuf both[] = { { 0, -1, 0 }, { 1, -1, 0 } };

		EXPECT_INT(scene, semop(set, both, 2), 0);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_SEMOP);
	EXPECT_INT(scene, semctl(set, 0, GETVAL), 1);
	EXPECT_INT(scene, sysv_help_semop(set, 0, -1, IPC_NOWAIT), 0);
	EXPECT_INT(scene, sysv_help_semop(set, 1, 1, 0), 0);
	EXPECT_BLOCKED(scene, waiter, IN_SEMOP);
	EXPECT_INT(scene, semctl(set, 1, GETVAL), 1);
	EXPECT_INT(scene, sysv_help_semop(set, 0, 1, 0), 0);
	EXPECT_EXIT(scene, waiter, 0);
	EXPECT_INT(scene, semctl(set, 0, GETVAL), 0);
	EXPECT_INT(scene, semctl(set, 1, GETVAL), 0);
}

static void removed(struct scene *scene)
{
	int set = scene_sysv(scene, LEDGER_SYSV_SEM, 1);
	pid_t first, second;

	SETUP(scene, set_value(set, 0, 1));
	first = sleeper(scene, set, -2, EIDRM);
	second = sleeper(scene, set, 0, EIDRM);
	EXPECT_INT(scene, sysv_help_remove(LEDGER_SYSV_SEM, set), 0);
	EXPECT_EXIT(scene, first, 0);
	EXPECT_EXIT(scene, second, 0);
}

static void interrupted(struct scene *scene)
{
	int set = scene_sysv(scene, LEDGER_SYSV_SEM, 1);
	pid_t waiter;

	scene_catch(scene, SIGUSR1, (int)scene->number);
	waiter = sleeper(scene, set, -1, EINTR);
	EXPECT_INT(scene, semctl(set, 0, GETNCNT), 1);
	SETUP(scene, kill(waiter, SIGUSR1));
	EXPECT_EXIT(scene, waiter, 0);
	EXPECT_INT(scene, semctl(set, 0, GETNCNT), 0);
	EXPECT_INT(scene, semctl(set, 0, GETVAL), 0);
}

static const struct value interrupt_flags[] = {
	{ "plain", 0 },
	{ "sa_restart", SA_RESTART },
	{ NULL, 0 },
};

#define WAITERS 3

/* One token at a time: whoever ends has got it. */
static void fifo(struct scene *scene)
{
	int set = scene_sysv(scene, LEDGER_SYSV_SEM, 1);
	pid_t waiters[WAITERS];

	for (int i = 0; i < WAITERS; i++)
		waiters[i] = sleeper(scene, set, -1, 0);
	for (int i = 0; i < WAITERS; i++) {
		pid_t ended;

		EXPECT_INT(scene, sysv_help_semop(set, 0, 1, 0), 0);
		PROMISED(scene, "one of the waiters ends");
		ended = SETUP(scene, waitpid(-1, NULL, 0));
		arrived(scene);
		EXPECT_INT(scene, ended, waiters[i]);
	}
}

static void zero_wakes_all(struct scene *scene)
{
	int set = scene_sysv(scene, LEDGER_SYSV_SEM, 1);
	pid_t waiters[WAITERS];

	SETUP(scene, set_value(set, 0, 1));
	for (int i = 0; i < WAITERS; i++)
		waiters[i] = sleeper(scene, set, 0, 0);
	EXPECT_INT(scene, semctl(set, 0, GETZCNT), WAITERS);
	EXPECT_INT(scene, sysv_help_semop(set, 0, -1, 0), 0);
	for (int i = 0; i < WAITERS; i++)
		EXPECT_EXIT(scene, waiters[i], 0);
	EXPECT_INT(scene, semctl(set, 0, GETZCNT), 0);
}

/* An increase is for whoever it is enough for, and for no more than that. */
static void wakes_enough(struct scene *scene)
{
	int set = scene_sysv(scene, LEDGER_SYSV_SEM, 1);
	pid_t one = sleeper(scene, set, -1, 0), two = sleeper(scene, set, -1, 0);
	pid_t three = sleeper(scene, set, -1, 0);

	EXPECT_INT(scene, sysv_help_semop(set, 0, 2, 0), 0);
	EXPECT_EXIT(scene, one, 0);
	EXPECT_EXIT(scene, two, 0);
	EXPECT_BLOCKED(scene, three, IN_SEMOP);
	EXPECT_INT(scene, semctl(set, 0, GETNCNT), 1);
	EXPECT_INT(scene, semctl(set, 0, GETVAL), 0);
	EXPECT_INT(scene, sysv_help_semop(set, 0, 1, 0), 0);
	EXPECT_EXIT(scene, three, 0);
}

static void setval_wakes(struct scene *scene)
{
	int set = scene_sysv(scene, LEDGER_SYSV_SEM, 1);
	pid_t waiter = sleeper(scene, set, -2, 0);
	unsigned short value = 2;

	if (scene->number)
		EXPECT_INT(scene,
			semctl(set, 0, SETALL, (union sem_argument) { .values = &value }),
			0);
	else
		EXPECT_INT(scene, set_value(set, 0, 2), 0);
	EXPECT_EXIT(scene, waiter, 0);
	EXPECT_INT(scene, semctl(set, 0, GETVAL), 0);
}

static const struct value setters[] = {
	{ "setval", 0 },
	{ "setall", 1 },
	{ NULL, 0 },
};

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

enum timed_case { TIMED_OUT, TIMED_FREE, TIMED_INVALID, TIMED_BOTH };

#define INTERVAL_NS 20000000

static void timedop(struct scene *scene)
{
	int set = scene_sysv(scene, LEDGER_SYSV_SEM, 1);
	struct sembuf down = { 0, -1, 0 };
	struct timespec interval = { 0, INTERVAL_NS };
	int64_t begin_ns = now_ns(), end_ns;

	switch ((enum timed_case)scene->number) {
	case TIMED_OUT:
		EXPECT_ERROR(scene, semtimedop(set, &down, 1, &interval), EAGAIN);
		end_ns = now_ns();
		EXPECT(scene, end_ns - begin_ns >= INTERVAL_NS, "after %lld ns",
			(long long)(end_ns - begin_ns));
		EXPECT_INT(scene, semctl(set, 0, GETNCNT), 0);
		break;
	case TIMED_FREE:
		SETUP(scene, set_value(set, 0, 1));
		interval.tv_nsec = 0;
		EXPECT_INT(scene, semtimedop(set, &down, 1, &interval), 0);
		EXPECT_INT(scene, semctl(set, 0, GETVAL), 0);
		break;
	case TIMED_INVALID:
		interval.tv_nsec = 1000000000;
		EXPECT_ERROR(scene, semtimedop(set, &down, 1, &interval), EINVAL);
		interval = (struct timespec) { -1, 0 };
		EXPECT_ERROR(scene, semtimedop(set, &down, 1, &interval), EINVAL);
		break;
	case TIMED_BOTH:
		down.sem_flg = IPC_NOWAIT;
		interval.tv_sec = 3600;
		EXPECT_ERROR(scene, semtimedop(set, &down, 1, &interval), EAGAIN);
		break;
	}
}

static const struct value timed_cases[] = {
	{ "out", TIMED_OUT },
	{ "free", TIMED_FREE },
	{ "invalid", TIMED_INVALID },
	{ "nowait", TIMED_BOTH },
	{ NULL, 0 },
};

#define WAITING (NEED_SYSV_SEM | NEED_PROC)

static const struct check checks[] = {
	{ .id = "sem.sysv.block_counts_pid",
		.run = block_counts,
		.needs = WAITING,
		.values = count_cases },
	{ .id = "sem.sysv.array_order_wakeup",
		.run = array_holds_nothing,
		.needs = WAITING },
	{ .id = "sem.sysv.rmid_eidrm", .run = removed, .needs = WAITING },
	{ .id = "sem.sysv.eintr_never_restart",
		.run = interrupted,
		.needs = WAITING,
		.values = interrupt_flags },
	{ .id = "sem.sysv.fifo_fair_waiters", .run = fifo, .needs = WAITING },
	{ .id = "sem.sysv.zero_wakes_all", .run = zero_wakes_all, .needs = WAITING },
	{ .id = "sem.sysv.wakes_enough", .run = wakes_enough, .needs = WAITING },
	{ .id = "sem.sysv.setval_wakes",
		.run = setval_wakes,
		.needs = WAITING,
		.values = setters },
	{ .id = "sem.sysv.timedop",
		.run = timedop,
		.needs = NEED_SYSV_SEM,
		.values = timed_cases },
	{ .id = NULL },
};

const struct suite sem_sysv_block_suite = { "sem_sysv_block", checks };
