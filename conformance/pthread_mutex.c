/* Mutexes that processes share: who gets in, who waits and who is refused. */
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/sync_help.h"

static void mutex_blocks(struct scene *scene)
{
	struct shared *shared = sync_normal(scene);
	pid_t waiter;

	EXPECT_CODE(scene, pthread_mutex_lock(&shared->mutex), 0);
	waiter = scene_fork(scene);
	if (waiter == 0) {
		EXPECT_CODE(scene, pthread_mutex_trylock(&shared->mutex), EBUSY);
		EXPECT_CODE(scene, pthread_mutex_lock(&shared->mutex), 0);
		EXPECT_CODE(scene, pthread_mutex_unlock(&shared->mutex), 0);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_FUTEX);
	EXPECT_CODE(scene, pthread_mutex_unlock(&shared->mutex), 0);
	EXPECT_EXIT(scene, waiter, 0);
	EXPECT_CODE(scene, pthread_mutex_trylock(&shared->mutex), 0);
}

static void mutex_timedlock(struct scene *scene)
{
	struct shared *shared = sync_normal(scene);
	pid_t waiter;

	SETUP_CODE(scene, pthread_mutex_lock(&shared->mutex));
	waiter = scene_fork(scene);
	if (waiter == 0) {
		struct timespec limit = sync_after_ms(CLOCK_REALTIME, 5);

		EXPECT_CODE(scene, pthread_mutex_timedlock(&shared->mutex, &limit),
			ETIMEDOUT);
		EXPECT(scene, sync_is_past(CLOCK_REALTIME, &limit), "too early");
		limit.tv_nsec = 1000000000;
		EXPECT_CODE(
			scene, pthread_mutex_timedlock(&shared->mutex, &limit), EINVAL);
		_exit(0);
	}
	EXPECT_EXIT(scene, waiter, 0);
}

enum type { ERRORCHECK, RECURSIVE };

static void mutex_type(struct scene *scene)
{
	bool is_recursive = scene->number == RECURSIVE;
	struct shared *shared = sync_shared(scene,
		is_recursive ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_ERRORCHECK,
		PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE);
	pid_t other;

	EXPECT_CODE(scene, pthread_mutex_unlock(&shared->mutex), EPERM);
	EXPECT_CODE(scene, pthread_mutex_lock(&shared->mutex), 0);
	EXPECT_CODE(
		scene, pthread_mutex_lock(&shared->mutex), is_recursive ? 0 : EDEADLK);
	other = scene_fork(scene);
	if (other == 0) {
		EXPECT_CODE(scene, pthread_mutex_unlock(&shared->mutex), EPERM);
		EXPECT_CODE(scene, pthread_mutex_trylock(&shared->mutex), EBUSY);
		scene_open(scene, 0);
		scene_wait(scene, 1);
		/* Once for each time that it was locked. */
		EXPECT_CODE(scene, pthread_mutex_trylock(&shared->mutex),
			is_recursive ? EBUSY : 0);
		_exit(0);
	}
	scene_wait(scene, 0);
	EXPECT_CODE(scene, pthread_mutex_unlock(&shared->mutex), 0);
	scene_open(scene, 1);
	EXPECT_EXIT(scene, other, 0);
	EXPECT_CODE(
		scene, pthread_mutex_unlock(&shared->mutex), is_recursive ? 0 : EPERM);
}

static const struct value types[] = { { "errorcheck", ERRORCHECK },
	{ "recursive", RECURSIVE }, { NULL, 0 } };

static const struct check checks[] = {
	{ .id = "pthread.mutex_blocks", .run = mutex_blocks, .needs = NEED_PROC },
	{ .id = "pthread.mutex_timedlock", .run = mutex_timedlock },
	{ .id = "pthread.mutex_type", .run = mutex_type, .values = types },
	{ .id = NULL },
};

const struct suite pthread_mutex_suite = { "pthread_mutex", checks };
