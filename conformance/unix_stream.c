/* How bytes go through a UNIX stream: order, blocking, peeking. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "conformance/socket_help.h"

static void boundaries_halfclose(struct scene *scene)
{
	int end[2];
	char got[8];

	socket_pair(scene, SOCK_STREAM, end);
	EXPECT_INT(scene, send(end[0], "ab", 2, 0), 2);
	EXPECT_INT(scene, send(end[0], "cdef", 4, 0), 4);
	EXPECT_INT(scene, socket_receive(scene, end[1], got, 3, MSG_WAITALL), 3);
	EXPECT_BYTES(scene, got, "abc", 3);
	EXPECT_INT(scene, socket_receive(scene, end[1], got, 3, MSG_WAITALL), 3);
	EXPECT_BYTES(scene, got, "def", 3);
	SETUP(scene, shutdown(end[0], SHUT_WR));
	EXPECT_INT(scene, socket_receive(scene, end[1], got, 8, 0), 0);
	EXPECT_INT(scene, send(end[1], "back", 4, 0), 4);
	EXPECT_INT(scene, socket_receive(scene, end[0], got, 4, MSG_WAITALL), 4);
	EXPECT_BYTES(scene, got, "back", 4);
}

static void shutdown_write_epipe(struct scene *scene)
{
	int end[2];

	socket_pair(scene, (int)scene->number, end);
	SETUP(scene, shutdown(end[0], SHUT_WR));
	EXPECT_ERROR(scene, send(end[0], "x", 1, MSG_NOSIGNAL), EPIPE);
}

static unsigned char byte_at(size_t position)
{
	return (unsigned char)(position * 31 + (position >> 8));
}

/* Sends so many bytes of the pattern in chunks of the value's size. */
static void send_pattern(struct scene *scene, int fd, size_t total)
{
	static unsigned char chunk[1 << 16];
	size_t sent = 0;

	while (sent < total) {
		size_t size = (size_t)scene->number;

		if (size > total - sent)
			size = total - sent;
		for (size_t i = 0; i < size; i++)
			chunk[i] = byte_at(sent + i);
		EXPECT_INT(scene, send(fd, chunk, size, 0), size);
		sent += size;
	}
}

static void byte_exact(struct scene *scene)
{
	const size_t total = scene->number < 64 ? 1 << 10 : 1 << 20;
	unsigned char got[5000];
	size_t position = 0;
	ssize_t size;
	int end[2];
	pid_t sender;

	socket_pair(scene, SOCK_STREAM, end);
	sender = scene_fork(scene);
	if (sender == 0) {
		close(end[1]);
		send_pattern(scene, end[0], total);
		_exit(0);
	}
	close(end[0]);
	while ((size = socket_receive(scene, end[1], got, sizeof got, 0)) > 0)
		for (ssize_t i = 0; i < size; i++, position++)
			EXPECT(scene, got[i] == byte_at(position),
				"byte %zu is 0x%02x instead of 0x%02x", position, got[i],
				byte_at(position));
	EXPECT_INT(scene, size, 0);
	EXPECT_INT(scene, position, total);
	EXPECT_EXIT(scene, sender, 0);
}

static void backpressure(struct scene *scene)
{
	size_t size = (size_t)scene->number;
	void *bytes = scene_memory(scene, size);
	int64_t drained = 0;
	ssize_t got;
	int end[2];
	pid_t sender;

	socket_pair(scene, SOCK_STREAM, end);
	sender = scene_fork(scene);
	if (sender == 0) {
		close(end[1]);
		EXPECT_INT(scene, send(end[0], bytes, size, 0), size);
		_exit(0);
	}
	close(end[0]);
	EXPECT_BLOCKED(scene, sender, IN_SEND);
	while ((got = socket_receive(scene, end[1], bytes, size, 0)) > 0)
		drained += got;
	EXPECT_INT(scene, drained, size);
	EXPECT_EXIT(scene, sender, 0);
}

/* The value: by a flag, or by the state of the descriptor. */
static void nonblock_eagain(struct scene *scene)
{
	static char chunk[3000];
	int flags = (int)scene->number, end[2];
	int64_t filled = 0;
	ssize_t sent;

	socket_pair(scene, SOCK_STREAM, end);
	scene_nonblock(scene, end[0], !flags);
	PROMISED(scene, "EAGAIN of a full socket");
	while ((sent = send(end[0], chunk, sizeof chunk, flags)) > 0)
		filled += sent;
	EXPECT_ERROR(scene, sent, EAGAIN);
	arrived(scene);
	note(scene, "%lld bytes", (long long)filled);
	EXPECT_INT(scene, socket_drain(scene, end[1]), filled);
	EXPECT(scene, send(end[0], chunk, sizeof chunk, flags) > 0,
		"nothing is taken after all was received");
}

static void recv_eagain(struct scene *scene)
{
	int flags = (int)scene->number, end[2];
	char byte;

	socket_pair(scene, SOCK_STREAM, end);
	scene_nonblock(scene, end[1], !flags);
	PROMISED(scene, "EAGAIN of an empty socket");
	EXPECT_ERROR(scene, recv(end[1], &byte, 1, flags), EAGAIN);
	arrived(scene);
}

static void recv_blocks(struct scene *scene)
{
	int end[2];
	char byte = 0;
	pid_t receiver;

	socket_pair(scene, (int)scene->number, end);
	receiver = scene_fork(scene);
	if (receiver == 0) {
		EXPECT_INT(scene, recv(end[1], &byte, 1, 0), 1);
		EXPECT_BYTES(scene, &byte, "x", 1);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, receiver, IN_RECV);
	SETUP(scene, send(end[0], "x", 1, 0));
	EXPECT_EXIT(scene, receiver, 0);
}

static void peek_leaves(struct scene *scene)
{
	int end[2];
	char got[4] = "";

	socket_pair(scene, (int)scene->number, end);
	SETUP(scene, send(end[0], "abc", 3, 0));
	EXPECT_INT(scene, socket_receive(scene, end[1], got, 3, MSG_PEEK), 3);
	EXPECT_BYTES(scene, got, "abc", 3);
	EXPECT_INT(scene, recv(end[1], got, 2, MSG_PEEK | MSG_DONTWAIT), 2);
	memset(got, 0, sizeof got);
	EXPECT_INT(scene, recv(end[1], got, 3, MSG_DONTWAIT), 3);
	EXPECT_BYTES(scene, got, "abc", 3);
	EXPECT_ERROR(scene, recv(end[1], got, 3, MSG_PEEK | MSG_DONTWAIT), EAGAIN);
}

static void peek_waitall(struct scene *scene)
{
	int end[2];
	char got[6];
	pid_t receiver;

	socket_pair(scene, SOCK_STREAM, end);
	SETUP(scene, send(end[0], "ab", 2, 0));
	receiver = scene_fork(scene);
	if (receiver == 0) {
		EXPECT_INT(scene, recv(end[1], got, 2, MSG_PEEK), 2);
		EXPECT_INT(scene, recv(end[1], got, 6, MSG_WAITALL), 6);
		EXPECT_BYTES(scene, got, "abcdef", 6);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, receiver, IN_RECV);
	SETUP(scene, send(end[0], "cdef", 4, 0));
	EXPECT_EXIT(scene, receiver, 0);
}

static void waitall_eof(struct scene *scene)
{
	int end[2];
	char got[6];

	socket_pair(scene, SOCK_STREAM, end);
	SETUP(scene, send(end[0], "ab", 2, 0));
	SETUP(scene, shutdown(end[0], SHUT_WR));
	EXPECT_INT(scene, socket_receive(scene, end[1], got, 6, MSG_WAITALL), 2);
	EXPECT_INT(scene, socket_receive(scene, end[1], got, 6, MSG_WAITALL), 0);
}

static void fionread(struct scene *scene)
{
	int end[2], count = -1;
	char got[2];

	socket_pair(scene, SOCK_STREAM, end);
	EXPECT_OK(scene, ioctl(end[1], FIONREAD, &count));
	EXPECT_INT(scene, count, 0);
	SETUP(scene, send(end[0], "ab", 2, 0));
	SETUP(scene, send(end[0], "cde", 3, 0));
	EXPECT_OK(scene, ioctl(end[1], FIONREAD, &count));
	EXPECT_INT(scene, count, 5);
	SETUP(scene, recv(end[1], got, 2, 0));
	EXPECT_OK(scene, ioctl(end[1], FIONREAD, &count));
	EXPECT_INT(scene, count, 3);
}

static void oob(struct scene *scene)
{
	int end[2];
	char got[4];
	ssize_t sent;

	socket_pair(scene, SOCK_STREAM, end);
	sent = send(end[0], "abc", 3, MSG_OOB);
	if (sent == -1 && (errno == EOPNOTSUPP || errno == ENOTSUP))
		SKIP(scene, "this system has no out-of-band byte in UNIX streams");
	EXPECT_INT(scene, sent, 3);
	EXPECT(scene, socket_events(scene, end[1], POLLPRI) == POLLPRI,
		"poll does not show POLLPRI");
	EXPECT_INT(scene, recv(end[1], got, 1, MSG_OOB | MSG_DONTWAIT), 1);
	EXPECT_BYTES(scene, got, "c", 1);
	EXPECT_INT(scene, recv(end[1], got, 4, MSG_DONTWAIT), 2);
	EXPECT_BYTES(scene, got, "ab", 2);
	EXPECT_ERROR(scene, recv(end[1], got, 4, MSG_DONTWAIT), EAGAIN);
}

static const struct value chunks[] = {
	{ "1", 1 },
	{ "4095", 4095 },
	{ "4097", 4097 },
	{ "65536", 65536 },
	{ NULL, 0 },
};

static const struct value amounts[] = {
	{ "1_mib", 1 << 20 },
	{ "4_mib", 1 << 22 },
	{ NULL, 0 },
};

static const struct value ways[] = {
	{ "msg_dontwait", MSG_DONTWAIT },
	{ "o_nonblock", 0 },
	{ NULL, 0 },
};

static const struct check checks[] = {
	{ .id = "unix.stream.boundaries_halfclose", .run = boundaries_halfclose },
	{ .id = "unix.stream.byte_exact", .run = byte_exact, .values = chunks },
	{ .id = "unix.stream.backpressure",
		.run = backpressure,
		.needs = NEED_PROC,
		.values = amounts },
	{ .id = "unix.stream.nonblock_eagain", .run = nonblock_eagain, .values = ways },
	{ .id = "unix.stream.recv_eagain", .run = recv_eagain, .values = ways },
	{ .id = "unix.recv_blocks",
		.run = recv_blocks,
		.needs = NEED_PROC,
		.values = socket_types },
	{ .id = "unix.shutdown_write_epipe",
		.run = shutdown_write_epipe,
		.values = socket_types },
	{ .id = "unix.peek_leaves", .run = peek_leaves, .values = socket_types },
	{ .id = "unix.peek_waitall", .run = peek_waitall, .needs = NEED_PROC },
	{ .id = "unix.stream.waitall_eof", .run = waitall_eof },
	{ .id = "unix.stream.fionread", .run = fionread },
	{ .id = "unix.oob", .run = oob },
	{ .id = NULL },
};

const struct suite unix_stream_suite = { "unix_stream", checks };
