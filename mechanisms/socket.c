/* socket.c: UNIX sockets, made as a pair or meeting at a name. See unix(7), socket(7). */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "harness/base/random.h"
#include "mechanisms/events.h"
#include "mechanisms/listener.h"
#include "mechanisms/socket_buffers.h"

static const struct setting_spec settings[] = { UNIX_SNDBUF_SETTING, { .name = NULL } };
enum { SNDBUF };

static int set_sndbuf(struct channel *channel, int fd)
{
	return buffers_settle(channel, fd, SO_SNDBUF, &channel->settings[SNDBUF]);
}

/* --- pairs -----------------------------------------------------------------------------
 */

static int pair_create(struct channel *channel, int type)
{
	struct descriptor_pairs *pairs = channel->shared;
	int64_t wanted = channel->settings[SNDBUF];
	int ends[2];

	descriptors_clear(pairs);
	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends))
		return why_say(
			channel->why, errno, "%s: socketpair", channel->mechanism->name);
	for (unsigned side = 0; side < 2; side++)
		pairs->tx[side] = pairs->rx[side] = ends[side];
	for (unsigned side = 0; side < 2; side++) {
		int error;

		channel->settings[SNDBUF] = wanted;
		error = set_sndbuf(channel, ends[side]);
		if (error)
			return error;
	}
	return type == SOCK_STREAM
		       ? 0
		       : buffers_settle_datagram(channel, ends[0], ends[1], NULL, 0);
}

static int stream_create(struct channel *channel)
{
	return pair_create(channel, SOCK_STREAM);
}

static int dgram_create(struct channel *channel)
{
	return pair_create(channel, SOCK_DGRAM);
}

static int seqpacket_create(struct channel *channel)
{
	return pair_create(channel, SOCK_SEQPACKET);
}

#define UNIX_COMMON                                                                      \
	.family = "socket", .cite = "unix(7)", .settings = settings,                     \
	.offer = descriptors_offer

#define UNIX_BLOCKING                                                                    \
	.own_size = sizeof(struct descriptor_own), .send = descriptors_send,             \
	.recv = descriptors_recv

#define UNIX_PAIR                                                                        \
	.size_setting = "unix.sndbuf", .shared_size = sizeof(struct descriptor_pairs),   \
	.attach = descriptors_attach, .detach = descriptors_detach

#define UNIX_CAPS (CAP_PAYLOAD | CAP_BLOCKS | CAP_POLLABLE)

const struct mechanism unix_stream_mechanism = {
	.name = "unix_stream",
	.title = "UNIX stream",
	.says = "stream socketpair",
	.caps = UNIX_CAPS,
	.tests = TESTS_STREAM,
	.create = stream_create,
	UNIX_PAIR,
	UNIX_BLOCKING,
	UNIX_COMMON,
};

const struct mechanism unix_dgram_mechanism = {
	.name = "unix_dgram",
	.title = "UNIX datagram",
	.says = "datagram socketpair; never loses a message",
	.caps = UNIX_CAPS | CAP_BOUNDARIES,
	.tests = TESTS_CHANNEL,
	.create = dgram_create,
	UNIX_PAIR,
	UNIX_BLOCKING,
	UNIX_COMMON,
};

const struct mechanism unix_seqpacket_mechanism = {
	.name = "unix_seqpacket",
	.title = "UNIX seqpacket",
	.says = "socketpair that is a connection and keeps messages apart",
	.caps = UNIX_CAPS | CAP_BOUNDARIES,
	.tests = TESTS_CHANNEL,
	.create = seqpacket_create,
	UNIX_PAIR,
	UNIX_BLOCKING,
	UNIX_COMMON,
};

/* The capacity at its default; the sweep is that of `unix_stream`. */
const struct mechanism unix_stream_epoll_mechanism = {
	.name = "unix_stream_epoll",
	.title = "UNIX stream + epoll",
	.says = "non-blocking stream socketpair in an event loop",
	.caps = UNIX_CAPS,
	.tests = TESTS_STREAM,
	.shared_size = sizeof(struct descriptor_pairs),
	.own_size = sizeof(struct event_own),
	.create = stream_create,
	.attach = events_attach,
	.send = events_send,
	.recv = events_recv,
	.detach = events_detach,
	UNIX_COMMON,
};

/* --- names -----------------------------------------------------------------------------
 */

struct named_shared {
	struct listener_shared listener; /* first: shared with listener.c */
	char path[LEDGER_NAME + 32]; /* "": none, or an abstract one */
	int directory_plus_1; /* the private directory, open; 0: not needed */
};

/* sun_path holds 107 bytes. Where the path is longer, the directory is opened and the
 * socket is found behind its descriptor, which the sides inherit. */
static int fit_path(struct channel *channel, struct sockaddr_un *address)
{
	struct named_shared *shared = channel->shared;
	const char *name = strrchr(shared->path, '/') + 1;
	int directory;

	if (strlen(shared->path) < sizeof address->sun_path) {
		memcpy(address->sun_path, shared->path, strlen(shared->path) + 1);
		return 0;
	}
	directory = open(channel->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return why_say(channel->why, errno, "%s: open %s",
			channel->mechanism->name, channel->directory);
	shared->directory_plus_1 = directory + 1;
	snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%s",
		directory, name);
	if (access("/proc/self/fd", X_OK) == 0)
		return 0;
	why_say(channel->why, 0,
		"%s: %s is longer than the %zu bytes of a socket's path, and without "
		"/proc there is no way round",
		channel->mechanism->name, shared->path, sizeof address->sun_path - 1);
	why_add(channel->why, "set TMPDIR to something short");
	return -ENAMETOOLONG;
}

static int named_create(struct channel *channel)
{
	struct named_shared *shared = channel->shared;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int error;

	descriptors_clear(&shared->listener.pairs);
	/* The private directory is in the ledger with all it holds. */
	snprintf(shared->path, sizeof shared->path, "%s/unix-%016" PRIx64,
		channel->directory, random_secret());
	error = fit_path(channel, &address);
	if (error)
		return error;
	return listener_open(channel, (struct sockaddr *)&address, sizeof address,
		address.sun_path, set_sndbuf);
}

static int named_attach(struct channel *channel)
{
	return listener_attach(channel, set_sndbuf);
}

static void named_detach(struct channel *channel)
{
	const struct named_shared *shared = channel->shared;

	if (shared->directory_plus_1)
		close(shared->directory_plus_1 - 1);
	listener_detach(channel);
}

/* Not before: whoever dials goes by the path. */
static void named_remove(struct channel *channel)
{
	const struct named_shared *shared = channel->shared;

	if (shared->path[0])
		unlink(shared->path);
}

/* The name begins with a zero byte, ends where the length says, and is gone with its
 * socket. */
static int abstract_create(struct channel *channel)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1,
		"ipcmark-%016" PRIx64, random_secret());

	return listener_open(channel, (struct sockaddr *)&address,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length),
		"an abstract name", set_sndbuf);
}

static int abstract_attach(struct channel *channel)
{
	return listener_attach(channel, set_sndbuf);
}

/* Only what is wanted, as a program would that connects for each request. */
static int unix_dial_options(struct channel *channel, int fd)
{
	const struct listener_shared *shared = channel->shared;

	return buffers_set(channel, fd, SO_SNDBUF, shared->settings[SNDBUF]);
}

static int unix_dial(struct channel *channel)
{
	return listener_dial(channel, unix_dial_options);
}

#define UNIX_MEETING                                                                     \
	.tests = TESTS_STREAM | TEST_BIT(TEST_CONNECT),                                  \
	.own_size = sizeof(struct descriptor_own), .send = descriptors_send,             \
	.recv = descriptors_recv, .dial = unix_dial, .hang_up = listener_hang_up

const struct mechanism unix_stream_named_mechanism = {
	.name = "unix_stream_named",
	.title = "UNIX stream, path",
	.says = "stream sockets that meet at a path in a private directory",
	.caps = UNIX_CAPS | CAP_NAMED | CAP_UNRELATED,
	.shared_size = sizeof(struct named_shared),
	.create = named_create,
	.attach = named_attach,
	.detach = named_detach,
	.remove = named_remove,
	UNIX_MEETING,
	UNIX_COMMON,
};

const struct mechanism unix_abstract_mechanism = {
	.name = "unix_abstract",
	.title = "UNIX abstract",
	.says = "stream sockets that meet at an abstract name, no file",
	.caps = UNIX_CAPS | CAP_NAMED | CAP_UNRELATED,
	.shared_size = sizeof(struct listener_shared),
	.create = abstract_create,
	.attach = abstract_attach,
	.detach = listener_detach,
	UNIX_MEETING,
	UNIX_COMMON,
};
