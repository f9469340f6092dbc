/* How a TCP connection ends. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "conformance/socket_help.h"

static void halfclose(struct scene *scene)
{
	int end[2];
	char got[8];

	socket_tcp(scene, end);
	SETUP(scene, send(end[0], "ab", 2, 0));
	SETUP(scene, shutdown(end[0], SHUT_WR));
	EXPECT_INT(scene, socket_receive(scene, end[1], got, 2, MSG_WAITALL), 2);
	EXPECT_INT(scene, socket_receive(scene, end[1], got, 8, 0), 0);
	EXPECT_INT(scene, send(end[1], "xyz", 3, 0), 3);
	EXPECT_INT(scene, socket_receive(scene, end[0], got, 3, MSG_WAITALL), 3);
	EXPECT_BYTES(scene, got, "xyz", 3);
	EXPECT_ERROR(scene, send(end[0], "c", 1, MSG_NOSIGNAL), EPIPE);
}

static void linger0_rst(struct scene *scene)
{
	const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
	int end[2];
	char byte;

	socket_tcp(scene, end);
	SETUP(scene, setsockopt(end[0], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once));
	close(end[0]);
	EXPECT_ERROR(scene, socket_receive(scene, end[1], &byte, 1, 0), ECONNRESET);
	EXPECT_INT(scene, socket_receive(scene, end[1], &byte, 1, 0), 0);
}

static void unread_close_rst(struct scene *scene)
{
	int end[2];
	char byte;

	socket_tcp(scene, end);
	SETUP(scene, send(end[1], "x", 1, 0));
	socket_await(scene, end[0], POLLIN);
	close(end[0]);
	EXPECT_ERROR(scene, socket_receive(scene, end[1], &byte, 1, 0), ECONNRESET);
	EXPECT_INT(scene, socket_receive(scene, end[1], &byte, 1, 0), 0);
}

/* The value: flags of send(2). */
static void sigpipe(struct scene *scene)
{
	int end[2];

	socket_tcp(scene, end);
	scene_catch(scene, SIGPIPE, 0);
	SETUP(scene, shutdown(end[0], SHUT_WR));
	EXPECT_ERROR(scene, send(end[0], "x", 1, (int)scene->number), EPIPE);
	EXPECT_INT(scene, scene_caught(SIGPIPE), scene->number ? 0 : 1);
}

static void sigpipe_after_reset(struct scene *scene)
{
	const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
	int end[2];
	char byte;

	socket_tcp(scene, end);
	SETUP(scene, setsockopt(end[0], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once));
	close(end[0]);
	EXPECT_ERROR(scene, socket_receive(scene, end[1], &byte, 1, 0), ECONNRESET);
	scene_catch(scene, SIGPIPE, 0);
	EXPECT_ERROR(scene, send(end[1], "x", 1, 0), EPIPE);
	EXPECT_INT(scene, scene_caught(SIGPIPE), 1);
}

static void drain_then_zero(struct scene *scene)
{
	int end[2];
	char got[8];

	socket_tcp(scene, end);
	SETUP(scene, send(end[1], "abc", 3, 0));
	close(end[1]);
	EXPECT_INT(scene, socket_receive(scene, end[0], got, 3, MSG_WAITALL), 3);
	EXPECT_BYTES(scene, got, "abc", 3);
	EXPECT_INT(scene, socket_receive(scene, end[0], got, 8, 0), 0);
	EXPECT_INT(scene, socket_receive(scene, end[0], got, 8, 0), 0);
}

static void wakes_blocked_reader(struct scene *scene)
{
	int end[2];
	pid_t reader;
	char byte;

	socket_tcp(scene, end);
	reader = scene_fork(scene);
	if (reader == 0) {
		close(end[1]);
		EXPECT_INT(scene, recv(end[0], &byte, 1, 0), 0);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, reader, IN_RECV);
	close(end[1]);
	EXPECT_EXIT(scene, reader, 0);
}

/* A process that dies closes its connections. */
static void killed_peer(struct scene *scene)
{
	int end[2];
	pid_t peer;
	char byte;

	socket_tcp(scene, end);
	peer = scene_fork(scene);
	if (peer == 0) {
		close(end[0]);
		pause();
	}
	close(end[1]);
	EXPECT_ERROR(scene, recv(end[0], &byte, 1, MSG_DONTWAIT), EAGAIN);
	SETUP(scene, kill(peer, SIGKILL));
	EXPECT_INT(scene, socket_receive(scene, end[0], &byte, 1, 0), 0);
	scene_end(scene, peer);
}

static void poll_end(struct scene *scene)
{
	const int events = POLLIN | POLLRDHUP;
	int end[2];

	socket_tcp(scene, end);
	EXPECT_INT(scene, socket_events(scene, end[1], events), 0);
	SETUP(scene, shutdown(end[0], SHUT_WR));
	socket_await(scene, end[1], POLLRDHUP);
	EXPECT_INT(scene, socket_events(scene, end[1], events), events);
	SETUP(scene, shutdown(end[1], SHUT_WR));
	EXPECT_INT(scene, socket_events(scene, end[1], events), events | POLLHUP);
}

static void shutdown_wakes_accept(struct scene *scene)
{
	struct address address = address_ipv4();
	int listener = socket_listening(scene, SOCK_STREAM, &address, 1);
	pid_t server = scene_fork(scene);

	if (server == 0) {
		EXPECT_ERROR(scene, accept(listener, NULL, NULL), EINVAL);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, server, IN_ACCEPT);
	SETUP(scene, shutdown(listener, SHUT_RD));
	EXPECT_EXIT(scene, server, 0);
}

static const struct value signal_flags[] = {
	{ "signal", 0 },
	{ "msg_nosignal", MSG_NOSIGNAL },
	{ NULL, 0 },
};

static const struct check checks[] = {
	{ .id = "tcp.halfclose", .run = halfclose, .needs = NEED_IPV4 },
	{ .id = "tcp.linger0_rst", .run = linger0_rst, .needs = NEED_IPV4 },
	{ .id = "tcp.unread_close_rst", .run = unread_close_rst, .needs = NEED_IPV4 },
	{ .id = "tcp.sigpipe",
		.run = sigpipe,
		.needs = NEED_IPV4,
		.values = signal_flags },
	{ .id = "tcp.sigpipe_after_reset",
		.run = sigpipe_after_reset,
		.needs = NEED_IPV4 },
	{ .id = "tcp.drain_then_zero", .run = drain_then_zero, .needs = NEED_IPV4 },
	{ .id = "tcp.wakes_blocked_reader",
		.run = wakes_blocked_reader,
		.needs = NEED_IPV4 | NEED_PROC },
	{ .id = "tcp.killed_peer", .run = killed_peer, .needs = NEED_IPV4 },
	{ .id = "tcp.poll_end", .run = poll_end, .needs = NEED_IPV4 },
	{ .id = "tcp.shutdown_wakes_accept",
		.run = shutdown_wakes_accept,
		.needs = NEED_IPV4 | NEED_PROC },
	{ .id = NULL },
};

const struct suite tcp_end_suite = { "tcp_end", checks };
