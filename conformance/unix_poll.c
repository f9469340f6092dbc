/* What poll(2) says of UNIX sockets. */
#include <poll.h>
#include <unistd.h>

#include "conformance/socket_help.h"

#define ALL (POLLIN | POLLOUT | POLLRDHUP)

/* The value: the type. */
static void rdhup_hup(struct scene *scene)
{
	int end[2];

	socket_pair(scene, (int)scene->number, end);
	EXPECT_INT(scene, socket_events(scene, end[1], ALL), POLLOUT);
	SETUP(scene, shutdown(end[0], SHUT_WR));
	EXPECT_INT(
		scene, socket_events(scene, end[1], ALL), POLLIN | POLLOUT | POLLRDHUP);
	close(end[0]);
	EXPECT_INT(scene, socket_events(scene, end[1], ALL),
		POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
}

static void listener_readable(struct scene *scene)
{
	struct address address = address_path("socket");
	int listener = socket_listening(scene, SOCK_STREAM, &address, 2);
	int client = socket_new(scene, AF_UNIX, SOCK_STREAM);

	EXPECT_INT(scene, socket_events(scene, listener, POLLIN), 0);
	SETUP(scene, address_connect(client, &address));
	EXPECT_INT(scene, socket_await(scene, listener, POLLIN), POLLIN);
	SETUP(scene, accept(listener, NULL, NULL));
	EXPECT_INT(scene, socket_events(scene, listener, POLLIN), 0);
}

static void readable(struct scene *scene)
{
	int end[2];
	char byte;

	socket_pair(scene, (int)scene->number, end);
	EXPECT_INT(scene, socket_events(scene, end[1], POLLIN), 0);
	SETUP(scene, send(end[0], "x", 1, 0));
	EXPECT_INT(scene, socket_await(scene, end[1], POLLIN), POLLIN);
	SETUP(scene, recv(end[1], &byte, 1, 0));
	EXPECT_INT(scene, socket_events(scene, end[1], POLLIN), 0);
}

static void wakes(struct scene *scene)
{
	int end[2];
	pid_t waiter;

	socket_pair(scene, (int)scene->number, end);
	waiter = scene_fork(scene);
	if (waiter == 0) {
		EXPECT_INT(scene, socket_await(scene, end[1], POLLIN), POLLIN);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_POLL);
	SETUP(scene, send(end[0], "x", 1, 0));
	EXPECT_EXIT(scene, waiter, 0);
}

static void full_not_writable(struct scene *scene)
{
	int end[2];

	socket_pair(scene, (int)scene->number, end);
	EXPECT_INT(scene, socket_events(scene, end[0], POLLOUT), POLLOUT);
	socket_fill(scene, end[0], 1000);
	EXPECT_INT(scene, socket_events(scene, end[0], POLLOUT), 0);
	socket_drain(scene, end[1]);
	EXPECT_INT(scene, socket_await(scene, end[0], POLLOUT), POLLOUT);
}

/* The reader makes room while poll(2) waits for it. */
static void room_wakes(struct scene *scene)
{
	int end[2];
	pid_t waiter;

	socket_pair(scene, (int)scene->number, end);
	socket_fill(scene, end[0], 1000);
	waiter = scene_fork(scene);
	if (waiter == 0) {
		EXPECT_INT(scene, socket_await(scene, end[0], POLLOUT), POLLOUT);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_POLL);
	socket_drain(scene, end[1]);
	EXPECT_EXIT(scene, waiter, 0);
}

static void zero_datagram(struct scene *scene)
{
	int end[2];
	char byte;

	socket_pair(scene, SOCK_DGRAM, end);
	SETUP(scene, send(end[0], "", 0, 0));
	EXPECT_INT(scene, socket_await(scene, end[1], POLLIN), POLLIN);
	EXPECT_INT(scene, recv(end[1], &byte, 1, MSG_DONTWAIT), 0);
	EXPECT_INT(scene, socket_events(scene, end[1], POLLIN), 0);
}

static const struct check checks[] = {
	{ .id = "unix.poll.rdhup_hup",
		.run = rdhup_hup,
		.values = socket_connection_types },
	{ .id = "unix.poll.listener_readable", .run = listener_readable },
	{ .id = "unix.poll.readable", .run = readable, .values = socket_types },
	{ .id = "unix.poll.wakes",
		.run = wakes,
		.needs = NEED_PROC,
		.values = socket_types },
	{ .id = "unix.poll.full_not_writable",
		.run = full_not_writable,
		.values = socket_types },
	{ .id = "unix.poll.room_wakes",
		.run = room_wakes,
		.needs = NEED_PROC,
		.values = socket_types },
	{ .id = "unix.poll.zero_datagram", .run = zero_datagram },
	{ .id = NULL },
};

const struct suite unix_poll_suite = { "unix_poll", checks };
