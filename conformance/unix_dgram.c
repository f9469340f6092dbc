/* Datagrams of the UNIX domain: boundaries, blocking, peers. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "conformance/socket_help.h"
#include "harness/base/text.h"

static void boundaries_zero_trunc_refused(struct scene *scene)
{
	int end[2], flags;
	char got[8];

	socket_pair(scene, SOCK_DGRAM, end);
	EXPECT_INT(scene, send(end[0], "abc", 3, 0), 3);
	EXPECT_INT(scene, send(end[0], "", 0, 0), 0);
	EXPECT_INT(scene, send(end[0], "defgh", 5, 0), 5);
	EXPECT_INT(scene, recv(end[1], got, 8, MSG_DONTWAIT), 3);
	EXPECT_INT(scene, recv(end[1], got, 8, MSG_DONTWAIT), 0);
	EXPECT_INT(scene, socket_receive_flags(scene, end[1], got, 2, &flags), 2);
	EXPECT_BYTES(scene, got, "de", 2);
	EXPECT(scene, flags & MSG_TRUNC, "msg_flags 0x%x without MSG_TRUNC", flags);
	EXPECT_ERROR(scene, recv(end[1], got, 8, MSG_DONTWAIT), EAGAIN);
	close(end[1]);
	EXPECT_INT(scene, send(end[0], "x", 1, MSG_NOSIGNAL), -1);
}

static void closed_peer(struct scene *scene)
{
	int end[2];
	char byte;

	socket_pair(scene, SOCK_DGRAM, end);
	close(end[1]);
	scene_catch(scene, SIGPIPE, 0);
	EXPECT_ERROR(scene, send(end[0], "x", 1, 0), ECONNREFUSED);
	EXPECT_INT(scene, scene_caught(SIGPIPE), 0);
	EXPECT_ERROR(scene, recv(end[0], &byte, 1, MSG_DONTWAIT), EAGAIN);
}

struct numbered {
	uint32_t number;
	char rest[28];
};

static void reliable_ordered(struct scene *scene)
{
	const uint32_t count = 5000;
	struct numbered datagram = { .number = 0 };
	int end[2];
	pid_t sender;

	socket_pair(scene, (int)scene->number, end);
	sender = scene_fork(scene);
	if (sender == 0) {
		close(end[1]);
		for (; datagram.number < count; datagram.number++)
			EXPECT_INT(scene, send(end[0], &datagram, sizeof datagram, 0),
				sizeof datagram);
		_exit(0);
	}
	close(end[0]);
	EXPECT_BLOCKED(scene, sender, IN_SEND);
	for (uint32_t i = 0; i < count; i++) {
		EXPECT_INT(scene,
			socket_receive(scene, end[1], &datagram, sizeof datagram, 0),
			sizeof datagram);
		EXPECT_INT(scene, datagram.number, i);
	}
	EXPECT_EXIT(scene, sender, 0);
}

static void full_semantics(struct scene *scene)
{
	int end[2];
	pid_t sender;
	char got = 0;

	socket_pair(scene, (int)scene->number, end);
	PROMISED(scene, "EAGAIN of a full socket");
	note(scene, "%lld datagrams", (long long)socket_fill(scene, end[0], 1));
	EXPECT_ERROR(scene, send(end[0], "x", 1, MSG_DONTWAIT), EAGAIN);
	arrived(scene);
	sender = scene_fork(scene);
	if (sender == 0) {
		EXPECT_INT(scene, send(end[0], "x", 1, 0), 1);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, sender, IN_SEND);
	while (got != 'x')
		EXPECT_INT(scene, socket_receive(scene, end[1], &got, 1, 0), 1);
	EXPECT_EXIT(scene, sender, 0);
}

/* How many a receiver takes, from as many senders as it needs: one alone may come to the
 * end of its own buffer first. */
static int64_t fill_receiver(
	struct scene *scene, const struct address *receiver, int most)
{
	int64_t count = 0, taken;

	do {
		int sender = socket_new(scene, AF_UNIX, SOCK_DGRAM);

		SETUP(scene, address_connect(sender, receiver));
		for (taken = 0; taken < 100; taken++)
			if (send(sender, "x", 1, MSG_DONTWAIT) < 0)
				break;
		if (taken < 100)
			EXPECT_INT(scene, errno, EAGAIN);
		count += taken;
	} while (taken && count < most);
	return count;
}

static void qlen(struct scene *scene)
{
	struct address address = address_path("socket");
	int receiver = socket_bound(scene, SOCK_DGRAM, &address);
	int64_t limit = text_file_number("/proc/sys/net/unix/max_dgram_qlen", -1);
	int64_t count = fill_receiver(scene, &address, 5000);

	note(scene, "%lld datagrams, net.unix.max_dgram_qlen is %lld", (long long)count,
		(long long)limit);
	if (limit < 0 || limit >= 5000)
		SKIP(scene, "the limit cannot be read, or is too large to be reached");
	EXPECT_INT(scene, count, limit + 1);
	EXPECT_INT(scene, socket_drain(scene, receiver), count);
}

static void emsgsize(struct scene *scene)
{
	int end[2];
	size_t size;
	void *bytes;

	socket_pair(scene, (int)scene->number, end);
	size = (size_t)socket_get(scene, end[0], SOL_SOCKET, SO_SNDBUF) + 1;
	bytes = scene_memory(scene, size);
	EXPECT_ERROR(scene, send(end[0], bytes, size, 0), EMSGSIZE);
	EXPECT_INT(scene, socket_events(scene, end[1], POLLIN), 0);
}

static void whole(struct scene *scene)
{
	int end[2];

	socket_pair(scene, SOCK_DGRAM, end);
	socket_expect_whole(scene, end, (size_t)scene->number);
}

static void trunc_length(struct scene *scene)
{
	int end[2];
	char got[4];

	socket_pair(scene, (int)scene->number, end);
	SETUP(scene, send(end[0], "abcde", 5, 0));
	EXPECT_INT(scene, recv(end[1], got, 2, MSG_TRUNC | MSG_PEEK | MSG_DONTWAIT), 5);
	EXPECT_INT(scene, recv(end[1], got, 2, MSG_TRUNC | MSG_DONTWAIT), 5);
	EXPECT_BYTES(scene, got, "ab", 2);
}

static void shutdown_one_sender(struct scene *scene)
{
	struct address address = address_path("socket");
	int receiver = socket_bound(scene, SOCK_DGRAM, &address);
	int one = socket_new(scene, AF_UNIX, SOCK_DGRAM);
	int other = socket_new(scene, AF_UNIX, SOCK_DGRAM);
	char got = 0;

	SETUP(scene, address_connect(one, &address));
	SETUP(scene, address_connect(other, &address));
	SETUP(scene, shutdown(one, SHUT_WR));
	EXPECT_ERROR(scene, send(one, "a", 1, MSG_NOSIGNAL), EPIPE);
	EXPECT_INT(scene, send(other, "b", 1, MSG_DONTWAIT), 1);
	EXPECT_INT(scene, recv(receiver, &got, 1, MSG_DONTWAIT), 1);
	EXPECT_BYTES(scene, &got, "b", 1);
}

static void default_peer(struct scene *scene)
{
	struct address address = address_path("receiver"), peer = address_path("peer");
	int receiver = socket_bound(scene, SOCK_DGRAM, &address);
	int friend = socket_bound(scene, SOCK_DGRAM, &peer);
	int stranger = socket_new(scene, AF_UNIX, SOCK_DGRAM);
	struct address nothing = address_nothing();
	char got = 0;

	SETUP(scene, address_connect(receiver, &peer));
	/* Whether the stranger is told is the system's choice. */
	(void)!address_send(stranger, "s", 1, MSG_DONTWAIT | MSG_NOSIGNAL, &address);
	EXPECT_INT(scene, address_send(friend, "f", 1, MSG_DONTWAIT, &address), 1);
	EXPECT_INT(scene, recv(receiver, &got, 1, MSG_DONTWAIT), 1);
	EXPECT_BYTES(scene, &got, "f", 1);
	EXPECT_ERROR(scene, recv(receiver, &got, 1, MSG_DONTWAIT), EAGAIN);
	EXPECT_INT(scene, send(receiver, "r", 1, MSG_DONTWAIT), 1);
	EXPECT_INT(scene, recv(friend, &got, 1, MSG_DONTWAIT), 1);

	EXPECT_OK(scene, address_connect(receiver, &nothing));
	EXPECT_INT(scene, address_send(stranger, "s", 1, MSG_DONTWAIT, &address), 1);
	EXPECT_INT(scene, recv(receiver, &got, 1, MSG_DONTWAIT), 1);
	EXPECT_BYTES(scene, &got, "s", 1);
}

static void sender_name(struct scene *scene)
{
	struct address address = address_path("receiver"), from = address_path("sender");
	struct address got = { .length = sizeof got.un };
	int receiver = socket_bound(scene, SOCK_DGRAM, &address);
	int sender = socket_bound(scene, SOCK_DGRAM, &from);
	char byte;

	SETUP(scene, address_send(sender, "x", 1, 0, &address));
	EXPECT_INT(scene,
		recvfrom(receiver, &byte, 1, MSG_DONTWAIT, &got.any, &got.length), 1);
	EXPECT_INT(scene, got.length, from.length);
	EXPECT_BYTES(scene, got.un.sun_path, "sender", 7);
	EXPECT_INT(scene, address_send(receiver, "y", 1, 0, &got), 1);
}

static void no_destination(struct scene *scene)
{
	int fd = socket_new(scene, AF_UNIX, SOCK_DGRAM);

	EXPECT_ERROR(scene, send(fd, "x", 1, 0), ENOTCONN);
}

static void outlives_sender(struct scene *scene)
{
	struct address address = address_path("socket");
	int receiver = socket_bound(scene, SOCK_DGRAM, &address);
	int sender = socket_new(scene, AF_UNIX, SOCK_DGRAM);
	char got[4];

	SETUP(scene, address_send(sender, "abc", 3, 0, &address));
	close(sender);
	EXPECT_INT(scene, recv(receiver, got, 4, MSG_DONTWAIT), 3);
	EXPECT_BYTES(scene, got, "abc", 3);
}

static const struct value sizes[] = {
	{ "0", 0 },
	{ "1", 1 },
	{ "4096", 4096 },
	{ "65536", 65536 },
	{ NULL, 0 },
};

static const struct check checks[] = {
	{ .id = "unix.dgram.boundaries_zero_trunc_refused",
		.run = boundaries_zero_trunc_refused },
	{ .id = "unix.dgram.closed_peer", .run = closed_peer },
	{ .id = "unix.dgram.reliable_ordered",
		.run = reliable_ordered,
		.needs = NEED_PROC,
		.values = socket_record_types },
	{ .id = "unix.dgram.full_semantics",
		.run = full_semantics,
		.needs = NEED_PROC,
		.values = socket_record_types },
	{ .id = "unix.dgram.qlen", .run = qlen },
	{ .id = "unix.dgram.emsgsize", .run = emsgsize, .values = socket_record_types },
	{ .id = "unix.dgram.whole", .run = whole, .values = sizes },
	{ .id = "unix.dgram.trunc_length",
		.run = trunc_length,
		.values = socket_record_types },
	{ .id = "unix.dgram.shutdown_one_sender", .run = shutdown_one_sender },
	{ .id = "unix.connect.dgram_default_peer", .run = default_peer },
	{ .id = "unix.dgram.sender_name", .run = sender_name },
	{ .id = "unix.dgram.no_destination", .run = no_destination },
	{ .id = "unix.dgram.outlives_sender", .run = outlives_sender },
	{ .id = NULL },
};

const struct suite unix_dgram_suite = { "unix_dgram", checks };
