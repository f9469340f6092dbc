/* lock.c: wake-ups by handing over a file lock, of fcntl(2) and of flock(2).
 *
 * There are three locks. Turn t hands over lock t % 3: the sender, who has it, lets go of
 * it, and the receiver, who waits for it, gets it. Two would not do: the sender waits
 * next for the lock of turn t + 1, and were that the one it has just let go of, it could
 * take it back before the receiver has woken. So one lock changes hands each turn, the
 * sender has two of three, and a turn is one system call on each side. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "harness/base/random.h"
#include "mechanisms/wakeup.h"

#define LOCKS 3

struct lock_shared {
	char path[LOCKS][LEDGER_NAME + 32];
};

struct lock_own {
	int fd[LOCKS];
	uint64_t turn; /* of both sides together; even ones are side 0's to send */
	bool is_attached;
};

static int make_file(struct channel *channel, char *path, size_t size)
{
	int fd;

	/* The private directory is in the ledger with all it holds. */
	snprintf(path, size, "%s/lock-%016" PRIx64, channel->directory, random_secret());
	fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) {
		int error = why_say(channel->why, errno, "%s: create %s",
			channel->mechanism->name, path);

		path[0] = '\0';
		return error;
	}
	/* Inherited, it would be one and the same lock for both sides (flock), or drop
	 * the locks of the process that closes it (fcntl). */
	close(fd);
	return 0;
}

/* One file of three bytes, or three files. */
static int make_files(struct channel *channel, unsigned count)
{
	struct lock_shared *shared = channel->shared;
	int error = 0;

	for (unsigned i = 0; i < count && !error; i++)
		error = make_file(channel, shared->path[i], sizeof shared->path[i]);
	return error;
}

static int open_files(struct channel *channel, unsigned count)
{
	const struct lock_shared *shared = channel->shared;
	struct lock_own *own = channel->own;

	own->is_attached = true;
	for (unsigned i = 0; i < LOCKS; i++)
		own->fd[i] = -1;
	for (unsigned i = 0; i < count; i++) {
		own->fd[i] = open(shared->path[i], O_RDWR | O_CLOEXEC);
		if (own->fd[i] < 0)
			return why_say(channel->why, errno, "%s: open %s",
				channel->mechanism->name, shared->path[i]);
	}
	return 0;
}

static void lock_detach(struct channel *channel)
{
	const struct lock_shared *shared = channel->shared;
	struct lock_own *own = channel->own;

	for (unsigned i = 0; i < LOCKS; i++) {
		if (own->is_attached && own->fd[i] >= 0)
			close(own->fd[i]);
		if (!own->is_attached && shared->path[i][0])
			unlink(shared->path[i]);
	}
}

static int failed(struct channel *channel, int error, const char *action)
{
	int result = why_say(
		channel->why, error, "%s: %s a lock", channel->mechanism->name, action);

	if (error == ENOLCK)
		why_add(channel->why, "the file system of TMPDIR may have no locks");
	return result;
}

/* Side 0 begins with the locks of turns 0 and 2, side 1 with that of turn 1. */
static int take_first(
	struct channel *channel, int (*take)(struct channel *channel, unsigned lock))
{
	int error = take(channel, channel->side ? 1 : 0);

	return error || channel->side ? error : take(channel, 2);
}

static unsigned next_lock(struct lock_own *own)
{
	return (unsigned)(own->turn++ % LOCKS);
}

/* --- fcntl: one file, a byte a lock ----------------------------------------------------
 */

static int fcntl_change(struct channel *channel, unsigned lock, short type)
{
	const struct lock_own *own = channel->own;
	struct flock byte = {
		.l_type = type, .l_whence = SEEK_SET, .l_start = lock, .l_len = 1
	};

	while (fcntl(own->fd[0], F_SETLKW, &byte))
		if (errno != EINTR)
			return failed(
				channel, errno, type == F_UNLCK ? "let go of" : "take");
	return 0;
}

static int fcntl_take(struct channel *channel, unsigned lock)
{
	return fcntl_change(channel, lock, F_WRLCK);
}

static int fcntl_create(struct channel *channel)
{
	return make_files(channel, 1);
}

static int fcntl_attach(struct channel *channel)
{
	int error = open_files(channel, 1);

	return error ? error : take_first(channel, fcntl_take);
}

static int fcntl_send(struct channel *channel, size_t size)
{
	(void)size;
	return fcntl_change(channel, next_lock(channel->own), F_UNLCK);
}

static int fcntl_recv(struct channel *channel, size_t size, const void **rx, size_t *len)
{
	int error = fcntl_take(channel, next_lock(channel->own));

	(void)size;
	return error ? error : wakeup_arrived(rx, len);
}

const struct mechanism fcntl_lock_mechanism = {
	.name = "fcntl_lock",
	.title = "fcntl lock",
	.cite = "fcntl_locking(2)",
	.says = "record lock of a file handed over, F_SETLKW",
	.caps = CAP_BLOCKS | CAP_NAMED | CAP_UNRELATED,
	.shared_size = sizeof(struct lock_shared),
	.own_size = sizeof(struct lock_own),
	.create = fcntl_create,
	.attach = fcntl_attach,
	.send = fcntl_send,
	.recv = fcntl_recv,
	.detach = lock_detach,
	WAKEUP_ROW,
};

/* --- flock: a file a lock --------------------------------------------------------------
 */

static int flock_change(struct channel *channel, unsigned lock, int operation)
{
	const struct lock_own *own = channel->own;

	while (flock(own->fd[lock], operation))
		if (errno != EINTR)
			return failed(channel, errno,
				operation == LOCK_UN ? "let go of" : "take");
	return 0;
}

static int flock_take(struct channel *channel, unsigned lock)
{
	return flock_change(channel, lock, LOCK_EX);
}

static int flock_create(struct channel *channel)
{
	return make_files(channel, LOCKS);
}

static int flock_attach(struct channel *channel)
{
	int error = open_files(channel, LOCKS);

	return error ? error : take_first(channel, flock_take);
}

static int flock_send(struct channel *channel, size_t size)
{
	(void)size;
	return flock_change(channel, next_lock(channel->own), LOCK_UN);
}

static int flock_recv(struct channel *channel, size_t size, const void **rx, size_t *len)
{
	int error = flock_take(channel, next_lock(channel->own));

	(void)size;
	return error ? error : wakeup_arrived(rx, len);
}

const struct mechanism flock_mechanism = {
	.name = "flock",
	.title = "flock",
	.cite = "flock(2)",
	.says = "lock of a whole file handed over",
	.caps = CAP_BLOCKS | CAP_NAMED | CAP_UNRELATED,
	.shared_size = sizeof(struct lock_shared),
	.own_size = sizeof(struct lock_own),
	.create = flock_create,
	.attach = flock_attach,
	.send = flock_send,
	.recv = flock_recv,
	.detach = lock_detach,
	WAKEUP_ROW,
};
