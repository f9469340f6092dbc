/* pthread.c: wake-ups by what POSIX threads synchronise with, shared between processes.
 * See pthreads(7). */
#include <pthread.h>

#include "mechanisms/wakeup.h"

/* By direction: a flag that says "go", and what protects and announces it. */
struct cond_shared {
	struct {
		_Alignas(WAKEUP_LINE) pthread_mutex_t mutex;
		pthread_cond_t condition;
		bool is_raised;
	} directions[2];
};

static int pthread_cond_create(struct channel *channel)
{
	struct cond_shared *shared = channel->shared;
	pthread_mutexattr_t mutex_attributes;
	pthread_condattr_t condition_attributes;
	int error = 0;

	pthread_mutexattr_init(&mutex_attributes);
	pthread_condattr_init(&condition_attributes);
	error = pthread_mutexattr_setpshared(&mutex_attributes, PTHREAD_PROCESS_SHARED);
	if (!error)
		error = pthread_condattr_setpshared(
			&condition_attributes, PTHREAD_PROCESS_SHARED);
	for (unsigned direction = 0; direction < 2 && !error; direction++) {
		error = pthread_mutex_init(
			&shared->directions[direction].mutex, &mutex_attributes);
		if (!error)
			error = pthread_cond_init(
				&shared->directions[direction].condition,
				&condition_attributes);
	}
	pthread_mutexattr_destroy(&mutex_attributes);
	pthread_condattr_destroy(&condition_attributes);
	return error ? why_say(channel->why, error,
			       "pthread_cond: make a process-shared condition variable")
		     : 0;
}

static int pthread_cond_send(struct channel *channel, size_t size)
{
	struct cond_shared *shared = channel->shared;
	pthread_mutex_t *mutex = &shared->directions[channel->side].mutex;

	(void)size;
	pthread_mutex_lock(mutex);
	shared->directions[channel->side].is_raised = true;
	pthread_cond_signal(&shared->directions[channel->side].condition);
	pthread_mutex_unlock(mutex);
	return 0;
}

static int pthread_cond_recv(
	struct channel *channel, size_t size, const void **rx, size_t *len)
{
	struct cond_shared *shared = channel->shared;
	pthread_mutex_t *mutex = &shared->directions[!channel->side].mutex;

	(void)size;
	pthread_mutex_lock(mutex);
	while (!shared->directions[!channel->side].is_raised)
		pthread_cond_wait(&shared->directions[!channel->side].condition, mutex);
	shared->directions[!channel->side].is_raised = false;
	pthread_mutex_unlock(mutex);
	return wakeup_arrived(rx, len);
}

const struct mechanism pthread_cond_mechanism = {
	.name = "pthread_cond",
	.title = "condition variable",
	.cite = "pthread_cond_wait(3)",
	.says = "process-shared mutex and condition variable",
	.caps = CAP_BLOCKS | CAP_COALESCES,
	.shared_size = sizeof(struct cond_shared),
	.create = pthread_cond_create,
	.send = pthread_cond_send,
	.recv = pthread_cond_recv,
	.detach = wakeup_let_go,
	WAKEUP_ROW,
};

/* One barrier of two: sender and receiver meet, so a round trip is two meetings. */
struct barrier_shared {
	pthread_barrier_t barrier;
};

static int pthread_barrier_create(struct channel *channel)
{
	struct barrier_shared *shared = channel->shared;
	pthread_barrierattr_t attributes;
	int error;

	pthread_barrierattr_init(&attributes);
	error = pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	if (!error)
		error = pthread_barrier_init(&shared->barrier, &attributes, 2);
	pthread_barrierattr_destroy(&attributes);
	return error ? why_say(channel->why, error,
			       "pthread_barrier: make a process-shared barrier")
		     : 0;
}

static int meet(struct channel *channel)
{
	struct barrier_shared *shared = channel->shared;
	int error = pthread_barrier_wait(&shared->barrier);

	if (error && error != PTHREAD_BARRIER_SERIAL_THREAD)
		return why_say(
			channel->why, error, "pthread_barrier: pthread_barrier_wait");
	return 0;
}

static int pthread_barrier_send(struct channel *channel, size_t size)
{
	(void)size;
	return meet(channel);
}

static int pthread_barrier_recv(
	struct channel *channel, size_t size, const void **rx, size_t *len)
{
	int error = meet(channel);

	(void)size;
	return error ? error : wakeup_arrived(rx, len);
}

const struct mechanism pthread_barrier_mechanism = {
	.name = "pthread_barrier",
	.title = "barrier",
	.cite = "pthread_barrier_wait(3p)",
	.says = "process-shared barrier of two; both sides meet in each direction",
	.caps = CAP_BLOCKS,
	.shared_size = sizeof(struct barrier_shared),
	.create = pthread_barrier_create,
	.send = pthread_barrier_send,
	.recv = pthread_barrier_recv,
	.detach = wakeup_let_go,
	WAKEUP_ROW,
};
