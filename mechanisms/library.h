/* library.h: what the rows share that go through somebody's library.
 *
 * Such a library starts threads and takes descriptors. The harness binds a side to its
 * CPU before attach, so that is where contexts are made: their threads inherit the
 * binding, and their time is in the side's cost. A library is linked where the build
 * found it; a row without it stays in the table and its probe says what is missing. */
#ifndef IPCMARK_LIBRARY_H
#define IPCMARK_LIBRARY_H

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <unistd.h>

#include "harness/base/futex.h"
#include "harness/base/random.h"
#include "mechanisms/mechanism.h"

/* Descriptors that a side's library may want at once; libzmq ends the process, and nng
 * waits for ever, where some of them cannot be had. */
#define LIBRARY_DESCRIPTORS 24

/* What the queues of one side may hold at the largest message. */
#define LIBRARY_QUEUE_BYTES ((size_t)64 << 20)

/* A setting that bounds a queue in messages: lowered where the largest message makes it
 * too much memory. */
static inline void library_bound_queue(const struct channel *channel, int64_t *messages)
{
	int64_t most = (int64_t)(LIBRARY_QUEUE_BYTES / channel->size_max);

	if (*messages > most)
		*messages = most > 0 ? most : 1;
}

/* "ipc://<a name in the private directory>". The directory is in the ledger with all it
 * holds. 0, or -ENAMETOOLONG in words. */
static inline int library_ipc_url(struct channel *channel, char *url, size_t size)
{
	const struct sockaddr_un *address = NULL;
	int length = snprintf(url, size, "ipc://%s/%s-%016" PRIx64, channel->directory,
		channel->mechanism->name, random_secret());

	if (length > 0 && (size_t)length < size &&
		(size_t)length - strlen("ipc://") < sizeof address->sun_path)
		return 0;
	url[0] = '\0';
	why_say(channel->why, ENAMETOOLONG, "%s: make a socket in %s",
		channel->mechanism->name, channel->directory);
	why_add(channel->why,
		"a path of a socket has at most %zu bytes, unix(7); set TMPDIR",
		sizeof address->sun_path - 1);
	return -ENAMETOOLONG;
}

/* Where side 1 listens, and whether it does. Names are gone before `ready` is called, so
 * both sides meet in attach. */
struct library_meeting {
	char url[256];
	futex_word is_listening;
};

static inline void library_listens(struct library_meeting *meeting)
{
	atomic_store(&meeting->is_listening, 1);
	futex_wake(&meeting->is_listening, 1);
}

/* For side 0; a side 1 that fails instead ends both. */
static inline void library_await(struct library_meeting *meeting)
{
	while (!atomic_load(&meeting->is_listening))
		(void)futex_wait(&meeting->is_listening, 0, -1);
}

/* Removes the socket of library_ipc_url(); none is no error. */
static inline void library_unlink(const char *url)
{
	if (strncmp(url, "ipc://", 6) == 0)
		unlink(url + 6);
}

/* Sees that the library will get its descriptors. */
static inline int library_descriptors(struct channel *channel)
{
	struct rlimit limit = { 0, 0 };
	int held[LIBRARY_DESCRIPTORS];
	int count = 0, error = 0;

	for (; count < LIBRARY_DESCRIPTORS && !error; count++) {
		held[count] = dup(0);
		if (held[count] < 0)
			held[count] = dup(1);
		if (held[count] < 0)
			held[count] = dup(2);
		error = held[count] < 0 ? errno : 0;
	}
	for (int i = 0; i < count; i++)
		if (held[i] >= 0)
			close(held[i]);
	/* Without any standard stream there is nothing to try with: let it go on. */
	if (!error || error == EBADF)
		return 0;
	why_say(channel->why, error, "%s: make room for the library's descriptors",
		channel->mechanism->name);
	getrlimit(RLIMIT_NOFILE, &limit);
	why_add(channel->why, "it takes about %d, RLIMIT_NOFILE is %llu",
		LIBRARY_DESCRIPTORS, (unsigned long long)limit.rlim_cur);
	return -error;
}

/* The operations of a row whose library the build did not find: each says what probe
 * says. Nothing but create is ever called. */
static inline int library_absent_create(struct channel *channel)
{
	return channel->mechanism->probe(channel->why);
}

static inline int library_absent_send(struct channel *channel, size_t size)
{
	(void)size;
	return library_absent_create(channel);
}

static inline int library_absent_recv(
	struct channel *channel, size_t size, const void **rx, size_t *len)
{
	(void)size;
	(void)rx;
	(void)len;
	return library_absent_create(channel);
}

static inline void library_absent_detach(struct channel *channel)
{
	(void)channel;
}

#define LIBRARY_ABSENT                                                                   \
	.create = library_absent_create, .send = library_absent_send,                    \
	.recv = library_absent_recv, .detach = library_absent_detach

static inline ssize_t library_absent_offer(
	struct channel *channel, const void *bytes, size_t size)
{
	(void)bytes;
	(void)size;
	return library_absent_create(channel);
}

#define LIBRARY_ABSENT_OFFER .offer = library_absent_offer

#endif
