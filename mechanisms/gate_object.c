#include "mechanisms/gate_object.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/sem.h>
#include <unistd.h>

/* A take or give that fails for another reason than a signal can only mean that the
 * object is gone with the channel: it then returns early, as commit may. */

const struct gate_kind gate_kind_none = { .create = NULL };

/* --- a process-shared mutex and condition variable ------------------------------------
 */

static int mutex_init(struct channel *channel, struct gate *gate)
{
	pthread_mutexattr_t mutex;
	pthread_condattr_t condition;
	int error = pthread_mutexattr_init(&mutex);

	if (!error)
		error = pthread_condattr_init(&condition);
	if (!error)
		error = pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
	if (!error)
		error = pthread_condattr_setpshared(&condition, PTHREAD_PROCESS_SHARED);
	if (!error)
		error = pthread_mutex_init(&gate->object.lock.mutex, &mutex);
	if (!error)
		error = pthread_cond_init(&gate->object.lock.condition, &condition);
	/* No destroy: neither owns anything outside the memory it is in. */
	return error ? why_say(channel->why, error,
			       "%s: make a process-shared mutex and condition variable",
			       channel->mechanism->name)
		     : 0;
}

void mutex_prepare(struct gate *gate)
{
	pthread_mutex_lock(&gate->object.lock.mutex);
	atomic_store_explicit(&gate->waiting, 1, memory_order_relaxed);
}

void mutex_commit(struct gate *gate, const struct channel *channel)
{
	(void)channel;
	while (atomic_load_explicit(&gate->waiting, memory_order_relaxed))
		pthread_cond_wait(&gate->object.lock.condition, &gate->object.lock.mutex);
	pthread_mutex_unlock(&gate->object.lock.mutex);
}

void mutex_cancel(struct gate *gate)
{
	atomic_store_explicit(&gate->waiting, 0, memory_order_relaxed);
	pthread_mutex_unlock(&gate->object.lock.mutex);
}

/* Signals after the mutex is free, or the waiter would wake only to wait for that. */
void mutex_notify(struct gate *gate)
{
	bool is_awaited;

	pthread_mutex_lock(&gate->object.lock.mutex);
	is_awaited = atomic_load_explicit(&gate->waiting, memory_order_relaxed);
	atomic_store_explicit(&gate->waiting, 0, memory_order_relaxed);
	pthread_mutex_unlock(&gate->object.lock.mutex);
	if (is_awaited)
		pthread_cond_signal(&gate->object.lock.condition);
}

const struct gate_kind gate_kind_mutex = { .init = mutex_init };

/* --- an unnamed POSIX semaphore -------------------------------------------------------
 */

static int semaphore_init(struct channel *channel, struct gate *gate)
{
	if (sem_init(&gate->object.semaphore, 1, 0) == 0)
		return 0;
	return why_say(channel->why, errno, "%s: make a process-shared semaphore",
		channel->mechanism->name);
}

void semaphore_take(struct gate *gate)
{
	while (sem_wait(&gate->object.semaphore) && errno == EINTR)
		;
}

void semaphore_give(struct gate *gate)
{
	sem_post(&gate->object.semaphore);
}

const struct gate_kind gate_kind_semaphore = { .init = semaphore_init };

/* --- a set of System V semaphores -----------------------------------------------------
 */

static int sysv_create(struct channel *channel, union gate_object objects[GATES])
{
	int id;
	int error = ledger_sysv(
		channel->ledger, LEDGER_SYSV_SEM, GATES + 1, &id, channel->why);

	if (error)
		return error;
	/* Number 0 is not used: a number that is not 0 says that the set was made. Linux
	 * makes semaphores with the value 0, POSIX leaves it open. */
	for (unsigned short number = 1; number <= GATES; number++) {
		objects[number - 1].sysv.id = id;
		objects[number - 1].sysv.number = number;
	}
	for (int number = 1; number <= GATES; number++)
		if (semctl(id, number, SETVAL, 0))
			return why_say(channel->why, errno,
				"%s: set a System V semaphore to 0",
				channel->mechanism->name);
	return 0;
}

static void sysv_add(struct gate *gate, short value)
{
	struct sembuf operation = { .sem_num = gate->object.sysv.number,
		.sem_op = value };

	while (semop(gate->object.sysv.id, &operation, 1) && errno == EINTR)
		;
}

void sysv_take(struct gate *gate)
{
	sysv_add(gate, -1);
}

void sysv_give(struct gate *gate)
{
	sysv_add(gate, 1);
}

/* Removing a set ends every wait for it: only when nobody uses it. */
static void sysv_remove_set(struct channel *channel, union gate_object objects[GATES])
{
	if (objects[0].sysv.number)
		ledger_remove_sysv(channel->ledger, LEDGER_SYSV_SEM, objects[0].sysv.id);
}

const struct gate_kind gate_kind_sysv = { .create = sysv_create,
	.remove = sysv_remove_set };

/* --- descriptors ----------------------------------------------------------------------
 */

/* 0 is a descriptor like any other: none is told by -1. */
static void no_ends(union gate_object objects[GATES])
{
	for (int i = 0; i < GATES; i++)
		objects[i].ends[0] = objects[i].ends[1] = -1;
}

static void close_ends(union gate_object objects[GATES])
{
	for (int i = 0; i < GATES; i++) {
		if (objects[i].ends[0] >= 0)
			close(objects[i].ends[0]);
		if (objects[i].ends[1] >= 0 && objects[i].ends[1] != objects[i].ends[0])
			close(objects[i].ends[1]);
	}
}

static int eventfd_create(struct channel *channel, union gate_object objects[GATES])
{
	no_ends(objects);
	for (int i = 0; i < GATES; i++) {
		int fd = eventfd(0, EFD_CLOEXEC);

		if (fd < 0)
			return why_say(channel->why, errno, "%s: make an eventfd",
				channel->mechanism->name);
		objects[i].ends[0] = objects[i].ends[1] = fd;
	}
	return 0;
}

void eventfd_take(struct gate *gate)
{
	uint64_t count;

	while (read(gate->object.ends[0], &count, sizeof count) < 0 && errno == EINTR)
		;
}

void eventfd_give(struct gate *gate)
{
	const uint64_t one = 1;

	while (write(gate->object.ends[1], &one, sizeof one) < 0 && errno == EINTR)
		;
}

const struct gate_kind gate_kind_eventfd = { .create = eventfd_create,
	.detach = close_ends };

static int pipe_create(struct channel *channel, union gate_object objects[GATES])
{
	no_ends(objects);
	for (int i = 0; i < GATES; i++)
		if (pipe2(objects[i].ends, O_CLOEXEC))
			return why_say(channel->why, errno, "%s: make a pipe",
				channel->mechanism->name);
	return 0;
}

void pipe_take(struct gate *gate)
{
	char byte;

	while (read(gate->object.ends[0], &byte, 1) < 0 && errno == EINTR)
		;
}

void pipe_give(struct gate *gate)
{
	while (write(gate->object.ends[1], "", 1) < 0 && errno == EINTR)
		;
}

const struct gate_kind gate_kind_pipe = { .create = pipe_create, .detach = close_ends };
