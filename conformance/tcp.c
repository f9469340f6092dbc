/* How bytes go through TCP: as a stream. */
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "conformance/socket_help.h"

static void accept_new_eof(struct scene *scene)
{
	struct address address = address_ipv4();
	int listener = socket_listening(scene, SOCK_STREAM, &address, 2);
	int end[2], other[2];
	char got[8];

	socket_connected(scene, listener, SOCK_STREAM, &address, end);
	EXPECT(scene, end[0] != listener, "accept returned the listener");
	socket_connected(scene, listener, SOCK_STREAM, &address, other);
	EXPECT_INT(scene, send(end[1], "abc", 3, 0), 3);
	EXPECT_INT(scene, send(other[1], "de", 2, 0), 2);
	close(end[1]);
	EXPECT_INT(scene, socket_receive(scene, end[0], got, 3, MSG_WAITALL), 3);
	EXPECT_BYTES(scene, got, "abc", 3);
	EXPECT_INT(scene, socket_receive(scene, end[0], got, 8, 0), 0);
	EXPECT_INT(scene, socket_receive(scene, other[0], got, 2, MSG_WAITALL), 2);
	EXPECT_BYTES(scene, got, "de", 2);
}

/* Waits until so many bytes can be received. */
static void await_bytes(struct scene *scene, int fd, int count)
{
	int there = 0;

	PROMISED(scene, "what was sent arrives");
	for (;;) {
		SETUP(scene, ioctl(fd, FIONREAD, &there));
		if (there >= count)
			break;
		sched_yield();
	}
	arrived(scene);
}

static void coalesce(struct scene *scene)
{
	int end[2];
	char got[8];

	socket_tcp(scene, end);
	EXPECT_INT(scene, send(end[1], "abc", 3, 0), 3);
	EXPECT_INT(scene, send(end[1], "def", 3, 0), 3);
	await_bytes(scene, end[0], 6);
	note(scene, "two sends of 3 bytes, one recv of %zd",
		recv(end[0], got, 8, MSG_PEEK));
	EXPECT_INT(scene, socket_receive(scene, end[0], got, 6, MSG_WAITALL), 6);
	EXPECT_BYTES(scene, got, "abcdef", 6);
}

static void split(struct scene *scene)
{
	const size_t total = 1 << 20, part = 1 << 16;
	unsigned char *bytes = scene_memory(scene, total);
	static unsigned char got[1 << 16];
	size_t position = 0;
	int end[2], parts = 0;
	pid_t sender;

	for (size_t i = 0; i < total; i++)
		bytes[i] = (unsigned char)(i * 31 + (i >> 8));
	socket_tcp(scene, end);
	sender = scene_fork(scene);
	if (sender == 0) {
		EXPECT_INT(scene, send(end[1], bytes, total, 0), total);
		_exit(0);
	}
	close(end[1]);
	for (;; parts++) {
		ssize_t size = socket_receive(scene, end[0], got, part, 0);

		if (size == 0)
			break;
		EXPECT(scene, size > 0 && position + (size_t)size <= total,
			"recv returned %zd after %zu bytes", size, position);
		EXPECT_BYTES(scene, got, bytes + position, (size_t)size);
		position += (size_t)size;
	}
	note(scene, "%d parts", parts);
	EXPECT_INT(scene, position, total);
	EXPECT_EXIT(scene, sender, 0);
}

#define FRAMES 12

/* A frame is its length in two bytes, and as many bytes; they are of lengths 0, 1, 4,
 * 9... Returns the length of all. */
static size_t make_frames(unsigned char *bytes)
{
	size_t used = 0;

	for (size_t frame = 0; frame < FRAMES; frame++) {
		size_t length = frame * frame;

		bytes[used++] = (unsigned char)(length >> 8);
		bytes[used++] = (unsigned char)length;
		memset(bytes + used, (int)frame, length);
		used += length;
	}
	return used;
}

/* The value: how many bytes are sent, and received, at a time. */
static void length_prefix(struct scene *scene)
{
	unsigned char sent[1024], got[1024];
	size_t chunk = (size_t)scene->number, total = make_frames(sent), position = 0;
	int end[2];

	socket_tcp(scene, end);
	socket_set(scene, end[1], IPPROTO_TCP, TCP_NODELAY, 1);
	for (size_t i = 0; i < total; i += chunk) {
		size_t size = total - i < chunk ? total - i : chunk;

		EXPECT_INT(scene, send(end[1], sent + i, size, 0), size);
	}
	for (size_t frame = 0; frame < FRAMES; frame++) {
		size_t need = 2, have = 0;

		while (have < need) {
			size_t size = need - have < chunk ? need - have : chunk;
			ssize_t some = socket_receive(scene, end[0], got + have, size, 0);

			EXPECT(scene, some > 0, "recv returned %zd", some);
			have += (size_t)some;
			if (have == 2)
				need = 2 + (size_t)(got[0] << 8 | got[1]);
			EXPECT(scene, need <= sizeof got, "a frame of %zu bytes", need);
		}
		EXPECT_INT(scene, need, 2 + frame * frame);
		EXPECT_BYTES(scene, got, sent + position, need);
		position += need;
	}
}

static void backpressure(struct scene *scene)
{
	const size_t total = 1 << 20;
	char *bytes = scene_memory(scene, total);
	struct address address = address_ipv4();
	int listener = socket_listening(scene, SOCK_STREAM, &address, 1), end[2];
	size_t got = 0;
	ssize_t size;
	pid_t sender;

	/* So that they do not grow. */
	socket_set(scene, listener, SOL_SOCKET, SO_RCVBUF, 1 << 16);
	socket_connected(scene, listener, SOCK_STREAM, &address, end);
	socket_set(scene, end[1], SOL_SOCKET, SO_SNDBUF, 1 << 16);
	sender = scene_fork(scene);
	if (sender == 0) {
		EXPECT_INT(scene, send(end[1], bytes, total, 0), total);
		_exit(0);
	}
	close(end[1]);
	EXPECT_BLOCKED(scene, sender, IN_SEND);
	while ((size = socket_receive(scene, end[0], bytes, total, 0)) > 0)
		got += (size_t)size;
	EXPECT_INT(scene, got, total);
	EXPECT_EXIT(scene, sender, 0);
}

static void nonblock_eagain(struct scene *scene)
{
	static char chunk[65536];
	int end[2];
	ssize_t sent;
	char byte;

	socket_tcp(scene, end);
	scene_nonblock(scene, end[1], true);
	PROMISED(scene, "EAGAIN of a socket");
	EXPECT_ERROR(scene, recv(end[1], &byte, 1, 0), EAGAIN);
	while ((sent = send(end[1], chunk, sizeof chunk, 0)) > 0)
		;
	EXPECT_ERROR(scene, sent, EAGAIN);
	arrived(scene);
}

static void out_of_band(struct scene *scene)
{
	int end[2];
	char got[8];

	socket_tcp(scene, end);
	SETUP(scene, send(end[1], "ab", 2, 0));
	EXPECT_INT(scene, send(end[1], "c", 1, MSG_OOB), 1);
	SETUP(scene, send(end[1], "de", 2, 0));
	EXPECT(scene, socket_await(scene, end[0], POLLPRI) & POLLPRI,
		"poll returned without POLLPRI");
	await_bytes(scene, end[0], 2);
	EXPECT_INT(scene, sockatmark(end[0]), 0);
	EXPECT_INT(scene, socket_receive(scene, end[0], got, 8, 0), 2);
	EXPECT_BYTES(scene, got, "ab", 2);
	EXPECT_INT(scene, sockatmark(end[0]), 1);
	EXPECT_INT(scene, recv(end[0], got, 1, MSG_OOB), 1);
	EXPECT_BYTES(scene, got, "c", 1);
	EXPECT_INT(scene, socket_receive(scene, end[0], got, 2, MSG_WAITALL), 2);
	EXPECT_BYTES(scene, got, "de", 2);
}

static void nodelay_roundtrip(struct scene *scene)
{
	int fd = socket_new(scene, AF_INET, SOCK_STREAM);

	EXPECT_INT(scene, socket_get(scene, fd, IPPROTO_TCP, TCP_NODELAY), 0);
	socket_set(scene, fd, IPPROTO_TCP, TCP_NODELAY, 1);
	EXPECT(scene, socket_get(scene, fd, IPPROTO_TCP, TCP_NODELAY) != 0,
		"TCP_NODELAY is 0 after it was set");
	socket_set(scene, fd, IPPROTO_TCP, TCP_NODELAY, 0);
	EXPECT_INT(scene, socket_get(scene, fd, IPPROTO_TCP, TCP_NODELAY), 0);
}

static void option_roundtrip(struct scene *scene)
{
	int fd = socket_new(scene, AF_INET, SOCK_STREAM), option = (int)scene->number;

	socket_set(scene, fd, IPPROTO_TCP, option, 7);
	EXPECT_INT(scene, socket_get(scene, fd, IPPROTO_TCP, option), 7);
}

static const struct value chunks[] = {
	{ "1", 1 },
	{ "2", 2 },
	{ "3", 3 },
	{ "7", 7 },
	{ "64", 64 },
	{ "1024", 1024 },
	{ NULL, 0 },
};

static const struct value options[] = {
	{ "tcp_keepidle", TCP_KEEPIDLE },
	{ "tcp_keepintvl", TCP_KEEPINTVL },
	{ "tcp_keepcnt", TCP_KEEPCNT },
	{ "tcp_user_timeout", TCP_USER_TIMEOUT },
	{ "tcp_syncnt", TCP_SYNCNT },
	{ NULL, 0 },
};

static const struct check checks[] = {
	{ .id = "tcp.accept_new_eof", .run = accept_new_eof, .needs = NEED_IPV4 },
	{ .id = "tcp.coalesce", .run = coalesce, .needs = NEED_IPV4 },
	{ .id = "tcp.split", .run = split, .needs = NEED_IPV4 },
	{ .id = "tcp.framing.length_prefix",
		.run = length_prefix,
		.needs = NEED_IPV4,
		.values = chunks },
	{ .id = "tcp.backpressure", .run = backpressure, .needs = NEED_IPV4 | NEED_PROC },
	{ .id = "tcp.nodelay_roundtrip", .run = nodelay_roundtrip, .needs = NEED_IPV4 },
	{ .id = "tcp.nonblock_eagain", .run = nonblock_eagain, .needs = NEED_IPV4 },
	{ .id = "tcp.out_of_band", .run = out_of_band, .needs = NEED_IPV4 },
	{ .id = "tcp.option_roundtrip",
		.run = option_roundtrip,
		.needs = NEED_IPV4,
		.values = options },
	{ .id = NULL },
};

const struct suite tcp_suite = { "tcp", checks };
