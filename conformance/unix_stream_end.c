/* What a UNIX stream or sequence of packets does when one side goes. */
#include <errno.h>
#include <signal.h>
#include <sys/uio.h>
#include <unistd.h>

#include "conformance/socket_help.h"

static void unread_close_econnreset(struct scene *scene)
{
	int end[2];
	char got[4];

	socket_pair(scene, (int)scene->number, end);
	SETUP(scene, send(end[0], "abc", 3, 0));
	close(end[1]);
	EXPECT_ERROR(scene, recv(end[0], got, 4, MSG_DONTWAIT), ECONNRESET);
	EXPECT_INT(scene, recv(end[0], got, 4, MSG_DONTWAIT), 0);
}

static void drain_then_zero(struct scene *scene)
{
	int end[2];
	char got[4];

	socket_pair(scene, (int)scene->number, end);
	SETUP(scene, send(end[0], "abc", 3, 0));
	close(end[0]);
	EXPECT_INT(scene, socket_receive(scene, end[1], got, 4, 0), 3);
	EXPECT_INT(scene, socket_receive(scene, end[1], got, 4, 0), 0);
	EXPECT_INT(scene, socket_receive(scene, end[1], got, 4, 0), 0);
}

static void copy_keeps_open(struct scene *scene)
{
	int end[2], copy;
	char byte;

	socket_pair(scene, (int)scene->number, end);
	copy = SETUP(scene, dup(end[0]));
	close(end[0]);
	EXPECT_ERROR(scene, recv(end[1], &byte, 1, MSG_DONTWAIT), EAGAIN);
	EXPECT_INT(scene, send(copy, "x", 1, 0), 1);
	EXPECT_INT(scene, socket_receive(scene, end[1], &byte, 1, 0), 1);
	close(copy);
	EXPECT_INT(scene, socket_receive(scene, end[1], &byte, 1, 0), 0);
}

/* A child that waits for something to receive, and must get the end of file. */
static pid_t fork_receiver(struct scene *scene, const int end[2])
{
	pid_t receiver = scene_fork(scene);
	char byte;

	if (receiver == 0) {
		close(end[0]);
		EXPECT_INT(scene, recv(end[1], &byte, 1, 0), 0);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, receiver, IN_RECV);
	return receiver;
}

static void close_wakes_reader(struct scene *scene)
{
	int end[2];
	pid_t receiver;

	socket_pair(scene, (int)scene->number, end);
	receiver = fork_receiver(scene, end);
	close(end[0]);
	EXPECT_EXIT(scene, receiver, 0);
}

static void shutdown_wakes_reader(struct scene *scene)
{
	int end[2];
	pid_t receiver;

	socket_pair(scene, (int)scene->number, end);
	receiver = fork_receiver(scene, end);
	SETUP(scene, shutdown(end[0], SHUT_WR));
	EXPECT_EXIT(scene, receiver, 0);
}

/* The value: how the receiver's own socket is shut down by another process. */
static void shutdown_wakes_own_reader(struct scene *scene)
{
	int end[2];
	pid_t receiver;

	socket_pair(scene, SOCK_STREAM, end);
	receiver = fork_receiver(scene, end);
	SETUP(scene, shutdown(end[1], (int)scene->number));
	EXPECT_EXIT(scene, receiver, 0);
}

static void close_wakes_writer(struct scene *scene)
{
	int end[2];
	pid_t sender;

	socket_pair(scene, (int)scene->number, end);
	socket_fill(scene, end[0], 1000);
	sender = scene_fork(scene);
	if (sender == 0) {
		close(end[1]);
		EXPECT_INT(scene, send(end[0], "x", 1, MSG_NOSIGNAL), -1);
		EXPECT(scene, errno == EPIPE || errno == ECONNRESET,
			"errno %d, neither EPIPE nor ECONNRESET", errno);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, sender, IN_SEND);
	close(end[1]);
	EXPECT_EXIT(scene, sender, 0);
}

static void sigpipe_kills(struct scene *scene)
{
	int end[2];
	pid_t sender;

	socket_pair(scene, SOCK_STREAM, end);
	close(end[1]);
	sender = scene_fork(scene);
	if (sender == 0) {
		(void)!send(end[0], "x", 1, 0);
		_exit(0);
	}
	EXPECT_KILLED(scene, sender, SIGPIPE);
}

/* The value: flags of send(2). */
static void sigpipe_nosignal(struct scene *scene)
{
	int end[2];

	socket_pair(scene, SOCK_STREAM, end);
	close(end[1]);
	scene_catch(scene, SIGPIPE, 0);
	EXPECT_ERROR(scene, send(end[0], "x", 1, (int)scene->number), EPIPE);
	EXPECT_INT(scene, scene_caught(SIGPIPE), scene->number ? 0 : 1);
}

static void sigpipe_ignored(struct scene *scene)
{
	int end[2];

	socket_pair(scene, SOCK_STREAM, end);
	close(end[1]);
	signal(SIGPIPE, SIG_IGN);
	EXPECT_ERROR(scene, send(end[0], "x", 1, 0), EPIPE);
}

static void sigpipe_seqpacket(struct scene *scene)
{
	int end[2];

	socket_pair(scene, SOCK_SEQPACKET, end);
	close(end[1]);
	scene_catch(scene, SIGPIPE, 0);
	EXPECT_ERROR(scene, send(end[0], "x", 1, 0), EPIPE);
	EXPECT_INT(scene, scene_caught(SIGPIPE), 1);
}

enum call { BY_WRITE, BY_WRITEV, BY_SENDTO, BY_SENDMSG };

static ssize_t send_by(enum call call, int fd)
{
	char byte = 'x';
	struct iovec piece = { .iov_base = &byte, .iov_len = 1 };
	const struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };

	switch (call) {
	case BY_WRITE:
		return write(fd, &byte, 1);
	case BY_WRITEV:
		return writev(fd, &piece, 1);
	case BY_SENDTO:
		return sendto(fd, &byte, 1, 0, NULL, 0);
	default:
		return sendmsg(fd, &message, 0);
	}
}

static void sigpipe_by(struct scene *scene)
{
	int end[2];

	socket_pair(scene, SOCK_STREAM, end);
	close(end[1]);
	scene_catch(scene, SIGPIPE, 0);
	EXPECT_ERROR(scene, send_by((enum call)scene->number, end[0]), EPIPE);
	EXPECT_INT(scene, scene_caught(SIGPIPE), 1);
}

static void unconnected_send(struct scene *scene)
{
	int fd = socket_new(scene, AF_UNIX, (int)scene->number);

	EXPECT_ERROR(scene, send(fd, "x", 1, MSG_NOSIGNAL), ENOTCONN);
}

static void unconnected_recv(struct scene *scene)
{
	int fd = socket_new(scene, AF_UNIX, (int)scene->number);
	char byte;

	EXPECT_ERROR(scene, recv(fd, &byte, 1, MSG_DONTWAIT), ENOTCONN);
}

static const struct value own_ways[] = {
	{ "shut_rd", SHUT_RD },
	{ "shut_rdwr", SHUT_RDWR },
	{ NULL, 0 },
};

static const struct value signal_flags[] = {
	{ "signal", 0 },
	{ "msg_nosignal", MSG_NOSIGNAL },
	{ NULL, 0 },
};

static const struct value calls[] = {
	{ "write", BY_WRITE },
	{ "writev", BY_WRITEV },
	{ "sendto", BY_SENDTO },
	{ "sendmsg", BY_SENDMSG },
	{ NULL, 0 },
};

/* Both types of connection, and a process whose blocking can be seen. */
#define BLOCKS .needs = NEED_PROC, .values = socket_connection_types

static const struct check checks[] = {
	{ .id = "unix.stream.unread_close_econnreset",
		.run = unread_close_econnreset,
		.values = socket_connection_types },
	{ .id = "unix.end.drain_then_zero",
		.run = drain_then_zero,
		.values = socket_connection_types },
	{ .id = "unix.end.copy_keeps_open",
		.run = copy_keeps_open,
		.values = socket_connection_types },
	{ .id = "unix.end.close_wakes_reader", .run = close_wakes_reader, BLOCKS },
	{ .id = "unix.end.shutdown_wakes_reader", .run = shutdown_wakes_reader, BLOCKS },
	{ .id = "unix.end.shutdown_wakes_own_reader",
		.run = shutdown_wakes_own_reader,
		.needs = NEED_PROC,
		.values = own_ways },
	{ .id = "unix.end.close_wakes_writer", .run = close_wakes_writer, BLOCKS },
	{ .id = "unix.stream.sigpipe_kills", .run = sigpipe_kills },
	{ .id = "unix.stream.sigpipe_nosignal",
		.run = sigpipe_nosignal,
		.values = signal_flags },
	{ .id = "unix.stream.sigpipe_ignored", .run = sigpipe_ignored },
	{ .id = "unix.stream.sigpipe_by", .run = sigpipe_by, .values = calls },
	{ .id = "unix.seqpacket.sigpipe", .run = sigpipe_seqpacket },
	{ .id = "unix.end.unconnected_send",
		.run = unconnected_send,
		.values = socket_connection_types },
	{ .id = "unix.end.unconnected_recv",
		.run = unconnected_recv,
		.values = socket_connection_types },
	{ .id = NULL },
};

const struct suite unix_stream_end_suite = { "unix_stream_end", checks };
