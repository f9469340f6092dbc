/* What holds for the calls of the socket interface: descriptors, interruption, vectors.
 */
#include <errno.h>
#include <signal.h>
#include <sys/uio.h>
#include <unistd.h>

#include "conformance/socket_help.h"

enum call {
	BY_ACCEPT,
	BY_BIND,
	BY_CONNECT,
	BY_GETPEERNAME,
	BY_GETSOCKNAME,
	BY_GETSOCKOPT,
	BY_LISTEN,
	BY_RECV,
	BY_RECVMSG,
	BY_SEND,
	BY_SENDMSG,
	BY_SETSOCKOPT,
	BY_SHUTDOWN
};

static ssize_t call_on(enum call call, int fd)
{
	struct address address = address_path("socket");
	char byte = 0;
	struct iovec piece = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
	int value = 1;
	socklen_t length = sizeof value;

	switch (call) {
	case BY_ACCEPT:
		return accept(fd, NULL, NULL);
	case BY_BIND:
		return address_bind(fd, &address);
	case BY_CONNECT:
		return address_connect(fd, &address);
	case BY_GETPEERNAME:
		return getpeername(fd, &address.any, &address.length);
	case BY_GETSOCKNAME:
		return getsockname(fd, &address.any, &address.length);
	case BY_GETSOCKOPT:
		return getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &length);
	case BY_LISTEN:
		return listen(fd, 1);
	case BY_RECV:
		return recv(fd, &byte, 1, 0);
	case BY_RECVMSG:
		return recvmsg(fd, &message, 0);
	case BY_SEND:
		return send(fd, &byte, 1, 0);
	case BY_SENDMSG:
		return sendmsg(fd, &message, 0);
	case BY_SETSOCKOPT:
		return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, sizeof value);
	default:
		return shutdown(fd, SHUT_RDWR);
	}
}

static void enotsock(struct scene *scene)
{
	int end[2];

	scene_pipe(scene, end);
	EXPECT_ERROR(scene, call_on((enum call)scene->number, end[1]), ENOTSOCK);
}

static void ebadf(struct scene *scene)
{
	int end[2];

	scene_pipe(scene, end);
	close(end[1]);
	EXPECT_ERROR(scene, call_on((enum call)scene->number, end[1]), EBADF);
}

/* The value: flags of sigaction(2). */
static void recv_interrupted(struct scene *scene)
{
	int end[2];
	pid_t receiver;
	char byte;

	socket_pair(scene, SOCK_STREAM, end);
	receiver = scene_fork(scene);
	if (receiver == 0) {
		scene_catch(scene, SIGUSR1, (int)scene->number);
		if (scene->number) {
			EXPECT_INT(scene, recv(end[1], &byte, 1, 0), 1);
			EXPECT_INT(scene, scene_caught(SIGUSR1), 1);
		} else {
			EXPECT_ERROR(scene, recv(end[1], &byte, 1, 0), EINTR);
		}
		_exit(0);
	}
	EXPECT_BLOCKED(scene, receiver, IN_RECV);
	SETUP(scene, kill(receiver, SIGUSR1));
	if (scene->number)
		SETUP(scene, send(end[0], "x", 1, 0));
	EXPECT_EXIT(scene, receiver, 0);
}

static void error_option(struct scene *scene)
{
	int end[2];
	char byte;

	socket_pair(scene, SOCK_STREAM, end);
	EXPECT_INT(scene, socket_get(scene, end[0], SOL_SOCKET, SO_ERROR), 0);
	SETUP(scene, send(end[0], "x", 1, 0));
	close(end[1]);
	EXPECT_CODE(scene, socket_get(scene, end[0], SOL_SOCKET, SO_ERROR), ECONNRESET);
	EXPECT_INT(scene, socket_get(scene, end[0], SOL_SOCKET, SO_ERROR), 0);
	EXPECT_INT(scene, recv(end[0], &byte, 1, MSG_DONTWAIT), 0);
}

static void vectors(struct scene *scene)
{
	char one[] = "ab", two[] = "cdef", first[3] = "", second[3] = "", third[3] = "";
	struct iovec out[] = { { one, 2 }, { NULL, 0 }, { two, 4 } };
	struct iovec in[] = { { first, 1 }, { second, 2 }, { third, 3 } };
	const struct msghdr sent = { .msg_iov = out, .msg_iovlen = 3 };
	struct msghdr got = { .msg_iov = in, .msg_iovlen = 3 };
	int end[2];

	socket_pair(scene, (int)scene->number, end);
	EXPECT_INT(scene, sendmsg(end[0], &sent, 0), 6);
	EXPECT_INT(scene, recvmsg(end[1], &got, MSG_DONTWAIT), 6);
	EXPECT_BYTES(scene, first, "a", 1);
	EXPECT_BYTES(scene, second, "bc", 2);
	EXPECT_BYTES(scene, third, "def", 3);
}

static void iov_max(struct scene *scene)
{
	long most = sysconf(_SC_IOV_MAX);
	struct msghdr message = { .msg_iovlen = 0 };
	int end[2];

	if (most < 0)
		SKIP(scene, "this system has no IOV_MAX");
	message.msg_iov = scene_memory(scene, (size_t)(most + 1) * sizeof(struct iovec));
	socket_pair(scene, SOCK_STREAM, end);
	/* An int in one C library, a size_t in the other. */
	message.msg_iovlen = (__typeof__(message.msg_iovlen))(most + 1);
	EXPECT_ERROR(scene, sendmsg(end[0], &message, 0), EMSGSIZE);
	EXPECT_ERROR(scene, recvmsg(end[1], &message, MSG_DONTWAIT), EMSGSIZE);
}

static void rcvlowat(struct scene *scene)
{
	int end[2];
	char got[8];
	pid_t receiver;

	socket_pair(scene, SOCK_STREAM, end);
	socket_set(scene, end[1], SOL_SOCKET, SO_RCVLOWAT, 4);
	EXPECT_INT(scene, socket_get(scene, end[1], SOL_SOCKET, SO_RCVLOWAT), 4);
	SETUP(scene, send(end[0], "ab", 2, 0));
	receiver = scene_fork(scene);
	if (receiver == 0) {
		EXPECT_INT(scene, recv(end[1], got, 8, 0), 4);
		EXPECT_BYTES(scene, got, "abcd", 4);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, receiver, IN_RECV);
	SETUP(scene, send(end[0], "cd", 2, 0));
	EXPECT_EXIT(scene, receiver, 0);
}

static void buffer_doubled(struct scene *scene)
{
	int end[2], option = (int)scene->number;

	socket_pair(scene, SOCK_STREAM, end);
	socket_set(scene, end[0], SOL_SOCKET, option, 16384);
	EXPECT_INT(scene, socket_get(scene, end[0], SOL_SOCKET, option), 32768);
}

static void several_messages(struct scene *scene)
{
	char out[] = "abbccc", in[4][4] = { "" };
	struct iovec pieces[4] = { { out, 1 }, { out + 1, 2 }, { out + 3, 3 } };
	struct mmsghdr messages[4] = { 0 };
	int end[2];

	for (int i = 0; i < 4; i++)
		messages[i].msg_hdr = (struct msghdr) { .msg_iov = &pieces[i],
			.msg_iovlen = 1 };
	socket_pair(scene, (int)scene->number, end);
	EXPECT_INT(scene, sendmmsg(end[0], messages, 3, 0), 3);
	for (int i = 0; i < 4; i++) {
		pieces[i] = (struct iovec) { in[i], 4 };
		if (i < 3)
			EXPECT_INT(scene, messages[i].msg_len, i + 1);
	}
	EXPECT_INT(scene, recvmmsg(end[1], messages, 4, MSG_DONTWAIT, NULL), 3);
	for (int i = 0; i < 3; i++)
		EXPECT_INT(scene, messages[i].msg_len, i + 1);
	EXPECT_BYTES(scene, in[2], "ccc", 3);
}

static const struct value calls[] = {
	{ "accept", BY_ACCEPT },
	{ "bind", BY_BIND },
	{ "connect", BY_CONNECT },
	{ "getpeername", BY_GETPEERNAME },
	{ "getsockname", BY_GETSOCKNAME },
	{ "getsockopt", BY_GETSOCKOPT },
	{ "listen", BY_LISTEN },
	{ "recv", BY_RECV },
	{ "recvmsg", BY_RECVMSG },
	{ "send", BY_SEND },
	{ "sendmsg", BY_SENDMSG },
	{ "setsockopt", BY_SETSOCKOPT },
	{ "shutdown", BY_SHUTDOWN },
	{ NULL, 0 },
};

static const struct value restarts[] = {
	{ "eintr", 0 },
	{ "sa_restart", SA_RESTART },
	{ NULL, 0 },
};

static const struct value buffers[] = {
	{ "so_sndbuf", SO_SNDBUF },
	{ "so_rcvbuf", SO_RCVBUF },
	{ NULL, 0 },
};

static const struct check checks[] = {
	{ .id = "sock.enotsock", .run = enotsock, .values = calls },
	{ .id = "sock.ebadf", .run = ebadf, .values = calls },
	{ .id = "sock.recv_interrupted",
		.run = recv_interrupted,
		.needs = NEED_PROC,
		.values = restarts },
	{ .id = "sock.error_option", .run = error_option },
	{ .id = "sock.vectors", .run = vectors, .values = socket_types },
	{ .id = "sock.iov_max", .run = iov_max },
	{ .id = "sock.rcvlowat", .run = rcvlowat, .needs = NEED_PROC },
	{ .id = "sock.buffer_doubled", .run = buffer_doubled, .values = buffers },
	{ .id = "sock.several_messages",
		.run = several_messages,
		.values = socket_record_types },
	{ .id = NULL },
};

const struct suite socket_calls_suite = { "socket_calls", checks };
