/* semaphore.c: wake-ups by semaphores, one a direction: POSIX with and without a name,
 * and System V. See sem_overview(7), sysvipc(7). */
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <sys/sem.h>

#include "mechanisms/wakeup.h"

static int post(struct channel *channel, sem_t *semaphore)
{
	if (sem_post(semaphore))
		return why_say(
			channel->why, errno, "%s: sem_post", channel->mechanism->name);
	return 0;
}

static int await(struct channel *channel, sem_t *semaphore, const void **rx, size_t *len)
{
	while (sem_wait(semaphore))
		if (errno != EINTR)
			return why_say(channel->why, errno, "%s: sem_wait",
				channel->mechanism->name);
	return wakeup_arrived(rx, len);
}

/* By direction. */
struct posix_sem_shared {
	struct {
		_Alignas(WAKEUP_LINE) sem_t semaphore;
	} directions[2];
};

static int posix_sem_create(struct channel *channel)
{
	struct posix_sem_shared *shared = channel->shared;

	for (unsigned direction = 0; direction < 2; direction++)
		if (sem_init(&shared->directions[direction].semaphore, 1, 0))
			return why_say(channel->why, errno,
				"posix_sem: initialise a process-shared semaphore");
	return 0;
}

static int posix_sem_send(struct channel *channel, size_t size)
{
	struct posix_sem_shared *shared = channel->shared;

	(void)size;
	return post(channel, &shared->directions[channel->side].semaphore);
}

static int posix_sem_recv(
	struct channel *channel, size_t size, const void **rx, size_t *len)
{
	struct posix_sem_shared *shared = channel->shared;

	(void)size;
	return await(channel, &shared->directions[!channel->side].semaphore, rx, len);
}

const struct mechanism posix_sem_mechanism = {
	.name = "posix_sem",
	.title = "POSIX semaphore",
	.cite = "sem_overview(7)",
	.says = "unnamed semaphore in shared memory",
	.caps = CAP_BLOCKS,
	.shared_size = sizeof(struct posix_sem_shared),
	.create = posix_sem_create,
	.send = posix_sem_send,
	.recv = posix_sem_recv,
	.detach = wakeup_let_go,
	WAKEUP_ROW,
};

/* By direction. The parent makes the names and both sides open them. */
struct named_shared {
	char name[2][LEDGER_NAME];
};
struct named_own {
	sem_t *semaphore[2];
	bool is_attached;
};

static int named_open(struct channel *channel, unsigned direction, int flags)
{
	struct named_shared *shared = channel->shared;
	struct named_own *own = channel->own;
	sem_t *semaphore = sem_open(shared->name[direction], flags, 0600, 0);

	if (semaphore == SEM_FAILED)
		return why_say(channel->why, errno, "posix_sem_named: open a semaphore");
	own->semaphore[direction] = semaphore;
	return 0;
}

static int posix_sem_named_create(struct channel *channel)
{
	struct named_shared *shared = channel->shared;

	for (unsigned direction = 0; direction < 2; direction++) {
		char *name = shared->name[direction];
		int error = ledger_name(channel->ledger, LEDGER_SEM, name, channel->why);

		if (error) {
			name[0] = '\0';
			return error;
		}
		error = named_open(channel, direction, O_CREAT | O_EXCL);
		if (error)
			return error;
	}
	return 0;
}

static int posix_sem_named_attach(struct channel *channel)
{
	struct named_own *own = channel->own;
	int error;

	own->is_attached = true;
	error = named_open(channel, 0, 0);
	return error ? error : named_open(channel, 1, 0);
}

static int posix_sem_named_send(struct channel *channel, size_t size)
{
	struct named_own *own = channel->own;

	(void)size;
	return post(channel, own->semaphore[channel->side]);
}

static int posix_sem_named_recv(
	struct channel *channel, size_t size, const void **rx, size_t *len)
{
	struct named_own *own = channel->own;

	(void)size;
	return await(channel, own->semaphore[!channel->side], rx, len);
}

static void posix_sem_named_detach(struct channel *channel)
{
	struct named_shared *shared = channel->shared;
	struct named_own *own = channel->own;

	for (unsigned direction = 0; direction < 2; direction++) {
		if (own->semaphore[direction])
			sem_close(own->semaphore[direction]);
		own->semaphore[direction] = NULL;
		if (!own->is_attached && shared->name[direction][0])
			ledger_remove(
				channel->ledger, LEDGER_SEM, shared->name[direction]);
	}
}

const struct mechanism posix_sem_named_mechanism = {
	.name = "posix_sem_named",
	.title = "named semaphore",
	.cite = "sem_overview(7)",
	.says = "POSIX semaphore with a name",
	.caps = CAP_BLOCKS | CAP_NAMED | CAP_UNRELATED,
	.shared_size = sizeof(struct named_shared),
	.own_size = sizeof(struct named_own),
	.create = posix_sem_named_create,
	.attach = posix_sem_named_attach,
	.send = posix_sem_named_send,
	.recv = posix_sem_named_recv,
	.detach = posix_sem_named_detach,
	WAKEUP_ROW,
};

/* A set of two semaphores, by direction. */
struct sysv_sem_shared {
	int id;
	bool is_made;
};

static int sysv_sem_create(struct channel *channel)
{
	struct sysv_sem_shared *shared = channel->shared;
	int error = ledger_sysv(
		channel->ledger, LEDGER_SYSV_SEM, 2, &shared->id, channel->why);

	shared->is_made = !error;
	return error;
}

static int operate(struct channel *channel, unsigned direction, short change)
{
	const struct sysv_sem_shared *shared = channel->shared;
	struct sembuf operation = { .sem_num = (unsigned short)direction,
		.sem_op = change };

	while (semop(shared->id, &operation, 1))
		if (errno != EINTR)
			return why_say(channel->why, errno, "sysv_sem: semop");
	return 0;
}

static int sysv_sem_send(struct channel *channel, size_t size)
{
	(void)size;
	return operate(channel, channel->side, 1);
}

/* The kernel may take the unit on behalf of a sleeper, who then finds it done; but the
 * answer is an operation on the other semaphore, which only the peer itself performs. */
static int sysv_sem_recv(
	struct channel *channel, size_t size, const void **rx, size_t *len)
{
	int error = operate(channel, !channel->side, -1);

	(void)size;
	return error ? error : wakeup_arrived(rx, len);
}

/* A System V set is gone for its users too once it is removed: not before they are. */
static void sysv_sem_remove(struct channel *channel)
{
	struct sysv_sem_shared *shared = channel->shared;

	if (shared->is_made)
		ledger_remove_sysv(channel->ledger, LEDGER_SYSV_SEM, shared->id);
	shared->is_made = false;
}

const struct mechanism sysv_sem_mechanism = {
	.name = "sysv_sem",
	.title = "System V semaphore",
	.cite = "sysvipc(7)",
	.says = "System V semaphores, a set of two",
	.caps = CAP_BLOCKS | CAP_NAMED | CAP_UNRELATED,
	.shared_size = sizeof(struct sysv_sem_shared),
	.create = sysv_sem_create,
	.send = sysv_sem_send,
	.recv = sysv_sem_recv,
	.detach = wakeup_let_go,
	.remove = sysv_sem_remove,
	WAKEUP_ROW,
};
