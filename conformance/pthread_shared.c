/* What POSIX threads offer for synchronisation, between processes. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/sync_help.h"

#define ROUNDS 2000

/* Counters that are only right if nobody else is in between. */
static void add_up(struct shared *shared, volatile long *sum)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&shared->mutex);
		sum[0]++;
		sum[1]--;
		pthread_mutex_unlock(&shared->mutex);
	}
}

static void mutex(struct scene *scene)
{
	struct shared *shared = sync_normal(scene);
	volatile long *sum = scene_memory(scene, 2 * sizeof *sum);
	pid_t child = scene_fork(scene);

	if (child == 0) {
		add_up(shared, sum);
		_exit(0);
	}
	add_up(shared, sum);
	EXPECT_EXIT(scene, child, 0);
	EXPECT_INT(scene, sum[0], 2 * ROUNDS);
	EXPECT_INT(scene, sum[1], -2 * ROUNDS);
}

/* A child that waits for count to become 1, and adds 10 when it has. */
static pid_t condition_waiter(struct scene *scene, struct shared *shared)
{
	pid_t waiter = scene_fork(scene);

	if (waiter == 0) {
		EXPECT_CODE(scene, pthread_mutex_lock(&shared->mutex), 0);
		while (shared->count == 0)
			EXPECT_CODE(scene,
				pthread_cond_wait(&shared->condition, &shared->mutex), 0);
		shared->count += 10;
		EXPECT_CODE(scene, pthread_mutex_unlock(&shared->mutex), 0);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_FUTEX);
	return waiter;
}

static void condition(struct scene *scene, int waiters, bool is_broadcast)
{
	struct shared *shared = sync_normal(scene);
	pid_t waiter[4];

	for (int i = 0; i < waiters; i++)
		waiter[i] = condition_waiter(scene, shared);
	/* Waiting has let go of the mutex. */
	EXPECT_CODE(scene, pthread_mutex_trylock(&shared->mutex), 0);
	shared->count = 1;
	EXPECT_CODE(scene,
		is_broadcast ? pthread_cond_broadcast(&shared->condition)
			     : pthread_cond_signal(&shared->condition),
		0);
	EXPECT_INT(scene, shared->count, 1);
	EXPECT_CODE(scene, pthread_mutex_unlock(&shared->mutex), 0);
	for (int i = 0; i < waiters; i++)
		EXPECT_EXIT(scene, waiter[i], 0);
	EXPECT_INT(scene, shared->count, 1 + 10 * waiters);
}

struct meeting {
	pthread_barrier_t barrier;
	pthread_rwlock_t rwlock;
	pthread_spinlock_t spinlock;
	_Atomic int serial, others, inside;
};

static void meet(struct meeting *meeting)
{
	int got = pthread_barrier_wait(&meeting->barrier);

	if (got == PTHREAD_BARRIER_SERIAL_THREAD)
		meeting->serial++;
	else if (got == 0)
		meeting->others++;
}

static void barrier(struct scene *scene)
{
	struct meeting *meeting = scene_memory(scene, sizeof *meeting);
	pthread_barrierattr_t attribute;
	pid_t waiter[2];

	SETUP_CODE(scene, pthread_barrierattr_init(&attribute));
	SETUP_CODE(scene,
		pthread_barrierattr_setpshared(&attribute, PTHREAD_PROCESS_SHARED));
	SETUP_CODE(scene, pthread_barrier_init(&meeting->barrier, &attribute, 3));
	for (int i = 0; i < 2; i++) {
		waiter[i] = scene_fork(scene);
		if (waiter[i] == 0) {
			for (int round = 0; round < 3; round++)
				meet(meeting);
			_exit(0);
		}
		EXPECT_BLOCKED(scene, waiter[i], IN_FUTEX);
	}
	PROMISED(scene, "the barrier lets all three pass, three times");
	for (int round = 0; round < 3; round++)
		meet(meeting);
	arrived(scene);
	EXPECT_EXIT(scene, waiter[0], 0);
	EXPECT_EXIT(scene, waiter[1], 0);
	EXPECT_INT(scene, meeting->serial, 3);
	EXPECT_INT(scene, meeting->others, 6);
}

static struct meeting *with_rwlock(struct scene *scene)
{
	struct meeting *meeting = scene_memory(scene, sizeof *meeting);
	pthread_rwlockattr_t attribute;

	SETUP_CODE(scene, pthread_rwlockattr_init(&attribute));
	SETUP_CODE(
		scene, pthread_rwlockattr_setpshared(&attribute, PTHREAD_PROCESS_SHARED));
	SETUP_CODE(scene, pthread_rwlock_init(&meeting->rwlock, &attribute));
	return meeting;
}

static void rwlock(struct scene *scene)
{
	struct meeting *meeting = with_rwlock(scene);
	pid_t waiter;

	EXPECT_CODE(scene, pthread_rwlock_rdlock(&meeting->rwlock), 0);
	waiter = scene_fork(scene);
	if (waiter == 0) {
		EXPECT_CODE(scene, pthread_rwlock_tryrdlock(&meeting->rwlock), 0);
		EXPECT_CODE(scene, pthread_rwlock_unlock(&meeting->rwlock), 0);
		EXPECT_CODE(scene, pthread_rwlock_trywrlock(&meeting->rwlock), EBUSY);
		EXPECT_CODE(scene, pthread_rwlock_wrlock(&meeting->rwlock), 0);
		scene_open(scene, 0);
		scene_wait(scene, 1);
		meeting->inside = 1;
		EXPECT_CODE(scene, pthread_rwlock_unlock(&meeting->rwlock), 0);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_FUTEX);
	EXPECT_CODE(scene, pthread_rwlock_unlock(&meeting->rwlock), 0);
	PROMISED(scene, "the writer gets the lock");
	scene_wait(scene, 0);
	arrived(scene);
	EXPECT_CODE(scene, pthread_rwlock_tryrdlock(&meeting->rwlock), EBUSY);
	scene_open(scene, 1);
	EXPECT_CODE(scene, pthread_rwlock_rdlock(&meeting->rwlock), 0);
	EXPECT_INT(scene, meeting->inside, 1);
	EXPECT_EXIT(scene, waiter, 0);
}

static void spinlock(struct scene *scene)
{
	struct meeting *meeting = scene_memory(scene, sizeof *meeting);
	pid_t child;

	SETUP_CODE(scene, pthread_spin_init(&meeting->spinlock, PTHREAD_PROCESS_SHARED));
	EXPECT_CODE(scene, pthread_spin_lock(&meeting->spinlock), 0);
	child = scene_fork(scene);
	if (child == 0) {
		EXPECT_CODE(scene, pthread_spin_trylock(&meeting->spinlock), EBUSY);
		scene_open(scene, 0);
		EXPECT_CODE(scene, pthread_spin_lock(&meeting->spinlock), 0);
		EXPECT_INT(scene, meeting->inside, 1);
		_exit(0);
	}
	scene_wait(scene, 0);
	meeting->inside = 1;
	EXPECT_CODE(scene, pthread_spin_unlock(&meeting->spinlock), 0);
	EXPECT_EXIT(scene, child, 0);
	EXPECT_CODE(scene, pthread_spin_trylock(&meeting->spinlock), EBUSY);
}

enum kind { MUTEX, SIGNAL, BROADCAST, BARRIER, RWLOCK, SPINLOCK };

static void pshared_cond_barrier(struct scene *scene)
{
	switch ((enum kind)scene->number) {
	case MUTEX:
		mutex(scene);
		break;
	case SIGNAL:
		condition(scene, 1, false);
		break;
	case BROADCAST:
		condition(scene, 4, true);
		break;
	case BARRIER:
		barrier(scene);
		break;
	case RWLOCK:
		rwlock(scene);
		break;
	case SPINLOCK:
		spinlock(scene);
		break;
	}
}

static void cond_timedwait(struct scene *scene)
{
	struct shared *shared = sync_normal(scene);
	struct timespec limit = sync_after_ms(CLOCK_MONOTONIC, 5);
	int got;

	SETUP_CODE(scene, pthread_mutex_lock(&shared->mutex));
	PROMISED(scene, "the wait ends after 5 ms");
	do
		got = pthread_cond_timedwait(&shared->condition, &shared->mutex, &limit);
	while (got == 0);
	arrived(scene);
	EXPECT_CODE(scene, got, ETIMEDOUT);
	EXPECT(scene, sync_is_past(CLOCK_MONOTONIC, &limit), "too early");
	EXPECT_CODE(scene, pthread_mutex_trylock(&shared->mutex), EBUSY);
}

static void defaults(struct scene *scene)
{
	pthread_mutexattr_t mutex_attribute;
	pthread_condattr_t cond_attribute;
	clockid_t clock = CLOCK_MONOTONIC;
	int got = -1;

	SETUP_CODE(scene, pthread_mutexattr_init(&mutex_attribute));
	SETUP_CODE(scene, pthread_condattr_init(&cond_attribute));
	EXPECT_CODE(scene, pthread_mutexattr_getpshared(&mutex_attribute, &got), 0);
	EXPECT_INT(scene, got, PTHREAD_PROCESS_PRIVATE);
	EXPECT_CODE(scene, pthread_mutexattr_getrobust(&mutex_attribute, &got), 0);
	EXPECT_INT(scene, got, PTHREAD_MUTEX_STALLED);
	EXPECT_CODE(scene, pthread_mutexattr_getprotocol(&mutex_attribute, &got), 0);
	EXPECT_INT(scene, got, PTHREAD_PRIO_NONE);
	EXPECT_CODE(scene, pthread_mutexattr_gettype(&mutex_attribute, &got), 0);
	EXPECT_INT(scene, got, PTHREAD_MUTEX_DEFAULT);
	EXPECT_CODE(scene, pthread_condattr_getpshared(&cond_attribute, &got), 0);
	EXPECT_INT(scene, got, PTHREAD_PROCESS_PRIVATE);
	EXPECT_CODE(scene, pthread_condattr_getclock(&cond_attribute, &clock), 0);
	EXPECT_INT(scene, clock, CLOCK_REALTIME);
}

static const struct value kinds[] = { { "mutex", MUTEX }, { "cond_signal", SIGNAL },
	{ "cond_broadcast", BROADCAST }, { "barrier", BARRIER }, { "rwlock", RWLOCK },
	{ "spinlock", SPINLOCK }, { NULL, 0 } };

static const struct check checks[] = {
	{ .id = "pthread.pshared_cond_barrier",
		.run = pshared_cond_barrier,
		.needs = NEED_PROC,
		.values = kinds },
	{ .id = "pthread.cond_timedwait", .run = cond_timedwait },
	{ .id = "pthread.defaults", .run = defaults },
	{ .id = NULL },
};

const struct suite pthread_shared_suite = { "pthread_shared", checks };
