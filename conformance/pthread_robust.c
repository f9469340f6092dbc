/* Mutexes whose owner dies, and mutexes that lend a waiter's priority to their owner. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/proc.h"
#include "conformance/sync_help.h"

static struct shared *robust(struct scene *scene, int protocol)
{
	return sync_shared(scene, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST, protocol);
}

/* A child that has locked the mutex and sleeps. */
static pid_t start_owner(struct scene *scene, struct shared *shared)
{
	pid_t owner = scene_fork(scene);

	if (owner == 0) {
		EXPECT_CODE(scene, pthread_mutex_lock(&shared->mutex), 0);
		scene_open(scene, 0);
		for (;;)
			pause();
	}
	scene_wait(scene, 0);
	return owner;
}

/* The owner ends with the mutex locked. */
static void lose_owner(struct scene *scene, struct shared *shared)
{
	pid_t owner = start_owner(scene, shared);

	EXPECT_CODE(scene, pthread_mutex_trylock(&shared->mutex), EBUSY);
	SETUP(scene, kill(owner, SIGKILL));
	EXPECT_KILLED(scene, owner, SIGKILL);
}

enum recovery { CONSISTENT, NOT_RECOVERABLE, CONSISTENT_PI, NOT_RECOVERABLE_PI };

static void robust_mutex(struct scene *scene)
{
	bool is_pi = scene->number == CONSISTENT_PI ||
		     scene->number == NOT_RECOVERABLE_PI;
	bool is_mended = scene->number == CONSISTENT || scene->number == CONSISTENT_PI;
	struct shared *shared = robust(
		scene, is_pi ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE);

	lose_owner(scene, shared);
	PROMISED(scene, "the lock of a dead owner is handed over");
	EXPECT_CODE(scene, pthread_mutex_lock(&shared->mutex), EOWNERDEAD);
	arrived(scene);
	if (is_mended)
		EXPECT_CODE(scene, pthread_mutex_consistent(&shared->mutex), 0);
	EXPECT_CODE(scene, pthread_mutex_unlock(&shared->mutex), 0);
	EXPECT_CODE(scene, pthread_mutex_lock(&shared->mutex),
		is_mended ? 0 : ENOTRECOVERABLE);
	if (!is_mended)
		EXPECT_CODE(
			scene, pthread_mutex_trylock(&shared->mutex), ENOTRECOVERABLE);
}

static void trylock(struct scene *scene)
{
	struct shared *shared = robust(scene, PTHREAD_PRIO_NONE);

	lose_owner(scene, shared);
	EXPECT_CODE(scene, pthread_mutex_trylock(&shared->mutex), EOWNERDEAD);
	/* Whoever was told has the lock. */
	EXPECT_CODE(scene, pthread_mutex_trylock(&shared->mutex), EBUSY);
	EXPECT_CODE(scene, pthread_mutex_consistent(&shared->mutex), 0);
	EXPECT_CODE(scene, pthread_mutex_consistent(&shared->mutex), EINVAL);
}

/* The owner goes while somebody waits for it, one way or the other. */
static void waiter_told(struct scene *scene)
{
	struct shared *shared = robust(scene, PTHREAD_PRIO_NONE);
	bool is_exit = scene->number;
	pid_t owner = scene_fork(scene), waiter;

	if (owner == 0) {
		EXPECT_CODE(scene, pthread_mutex_lock(&shared->mutex), 0);
		scene_open(scene, 0);
		scene_wait(scene, 1);
		_exit(0);
	}
	scene_wait(scene, 0);
	waiter = scene_fork(scene);
	if (waiter == 0) {
		EXPECT_CODE(scene, pthread_mutex_lock(&shared->mutex), EOWNERDEAD);
		EXPECT_CODE(scene, pthread_mutex_consistent(&shared->mutex), 0);
		EXPECT_CODE(scene, pthread_mutex_unlock(&shared->mutex), 0);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_FUTEX);
	if (is_exit)
		scene_open(scene, 1);
	else
		SETUP(scene, kill(owner, SIGKILL));
	EXPECT_EXIT(scene, waiter, 0);
	EXPECT_CODE(scene, pthread_mutex_lock(&shared->mutex), 0);
}

static bool sleeps_in_futex(pid_t pid)
{
	static const long calls[] = { IN_FUTEX };
	long call = proc_call(pid);

	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
		if (call == calls[i])
			return proc_state(pid) == 'S';
	return call == PROC_UNTOLD && proc_state(pid) == 'S';
}

/* Nobody can have it any more: all who wait are to learn that. Who is the first to end
 * has woken the other by then, or else nobody will. */
static void waiters_not_recoverable(struct scene *scene)
{
	struct shared *shared = robust(scene, PTHREAD_PRIO_NONE);
	pid_t waiters[2], first, second;

	lose_owner(scene, shared);
	EXPECT_CODE(scene, pthread_mutex_lock(&shared->mutex), EOWNERDEAD);
	for (int i = 0; i < 2; i++) {
		pid_t waiter = scene_fork(scene);

		if (waiter == 0) {
			EXPECT_CODE(scene, pthread_mutex_lock(&shared->mutex),
				ENOTRECOVERABLE);
			_exit(0);
		}
		EXPECT_BLOCKED(scene, waiter, IN_FUTEX);
		waiters[i] = waiter;
	}
	EXPECT_CODE(scene, pthread_mutex_unlock(&shared->mutex), 0);
	PROMISED(scene, "somebody who waits learns of it");
	first = SETUP(scene, wait(NULL));
	arrived(scene);
	second = waiters[first == waiters[0]];
	EXPECT(scene, !sleeps_in_futex(second), "one learns of it, the other sleeps on");
	EXPECT_EXIT(scene, second, 0);
}

/* Waiting for a condition needs the mutex again; its owner may have died meanwhile. */
static void cond_wait_told(struct scene *scene)
{
	struct shared *shared = robust(scene, PTHREAD_PRIO_NONE);
	pid_t waiter = scene_fork(scene), owner;

	if (waiter == 0) {
		int got = 0;

		EXPECT_CODE(scene, pthread_mutex_lock(&shared->mutex), 0);
		while (shared->count == 0 && got == 0)
			got = pthread_cond_wait(&shared->condition, &shared->mutex);
		EXPECT_CODE(scene, got, EOWNERDEAD);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_FUTEX);
	owner = scene_fork(scene);
	if (owner == 0) {
		EXPECT_CODE(scene, pthread_mutex_lock(&shared->mutex), 0);
		shared->count = 1;
		EXPECT_CODE(scene, pthread_cond_signal(&shared->condition), 0);
		_exit(0);
	}
	EXPECT_EXIT(scene, owner, 0);
	EXPECT_EXIT(scene, waiter, 0);
}

/* What the scheduler goes by, as /proc/PID/stat has it: below 0 is real-time. */
static int priority(struct scene *scene, pid_t pid)
{
	char path[64], text[512] = "";
	const char *at;
	int value = 0;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	file = SETUP_POINTER(scene, fopen(path, "re"));
	if (!fgets(text, sizeof text, file))
		BROKEN(scene, "%s is empty", path);
	fclose(file);
	at = strrchr(text, ')');
	/* The 18th field of proc(5); the third follows the name. */
	if (!at ||
		sscanf(at + 1,
			" %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %d",
			&value) != 1)
		BROKEN(scene, "%s has another form", path);
	return value;
}

static void priority_inherit(struct scene *scene)
{
	struct shared *shared = sync_shared(
		scene, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_INHERIT);
	struct sched_param fifo = { .sched_priority = sched_get_priority_min(SCHED_FIFO) +
						      3 };
	pid_t owner = start_owner(scene, shared), waiter;

	EXPECT(scene, priority(scene, owner) >= 0, "the owner is real-time already");
	waiter = scene_fork(scene);
	if (waiter == 0) {
		SETUP(scene, syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &fifo));
		EXPECT_CODE(scene, pthread_mutex_lock(&shared->mutex), 0);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_FUTEX);
	EXPECT_INT(scene, priority(scene, owner), priority(scene, waiter));
	note(scene, "priority %d instead of 20 or so", priority(scene, owner));
	/* The one who waits goes, and with it what was lent. */
	scene_end(scene, waiter);
	EXPECT(scene, priority(scene, owner) >= 0, "the owner keeps what was lent");
}

static void priority_inherit_locks(struct scene *scene)
{
	struct shared *shared = sync_shared(scene, PTHREAD_MUTEX_ERRORCHECK,
		PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_INHERIT);
	pid_t waiter;

	EXPECT_CODE(scene, pthread_mutex_lock(&shared->mutex), 0);
	EXPECT_CODE(scene, pthread_mutex_lock(&shared->mutex), EDEADLK);
	waiter = scene_fork(scene);
	if (waiter == 0) {
		EXPECT_CODE(scene, pthread_mutex_trylock(&shared->mutex), EBUSY);
		EXPECT_CODE(scene, pthread_mutex_unlock(&shared->mutex), EPERM);
		EXPECT_CODE(scene, pthread_mutex_lock(&shared->mutex), 0);
		EXPECT_CODE(scene, pthread_mutex_unlock(&shared->mutex), 0);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_FUTEX);
	EXPECT_CODE(scene, pthread_mutex_unlock(&shared->mutex), 0);
	EXPECT_EXIT(scene, waiter, 0);
	EXPECT_CODE(scene, pthread_mutex_trylock(&shared->mutex), 0);
}

static const struct value recoveries[] = { { "consistent", CONSISTENT },
	{ "not_recoverable", NOT_RECOVERABLE }, { "consistent_pi", CONSISTENT_PI },
	{ "not_recoverable_pi", NOT_RECOVERABLE_PI }, { NULL, 0 } };

static const struct value ends[] = { { "killed", 0 }, { "exited", 1 }, { NULL, 0 } };

static const struct check checks[] = {
	{ .id = "futex.robust_mutex", .run = robust_mutex, .values = recoveries },
	{ .id = "pthread.robust_trylock", .run = trylock },
	{ .id = "pthread.robust_waiter_told",
		.run = waiter_told,
		.needs = NEED_PROC,
		.values = ends },
	{ .id = "pthread.robust_not_recoverable",
		.run = waiters_not_recoverable,
		.needs = NEED_PROC },
	{ .id = "pthread.robust_cond_wait", .run = cond_wait_told, .needs = NEED_PROC },
	{ .id = "pthread.priority_inherit",
		.run = priority_inherit,
		.needs = NEED_PROC | NEED_FIFO_SCHED },
	{ .id = "pthread.priority_inherit_locks",
		.run = priority_inherit_locks,
		.needs = NEED_PROC },
	{ .id = NULL },
};

const struct suite pthread_robust_suite = { "pthread_robust", checks };
