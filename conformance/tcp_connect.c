/* How a TCP connection begins: ports, refusal, connecting without waiting. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "conformance/socket_help.h"

static void refused_addrinuse(struct scene *scene)
{
	struct address address = address_ipv4();
	int client = socket_new(scene, AF_INET, SOCK_STREAM);
	int other = socket_new(scene, AF_INET, SOCK_STREAM);

	socket_bound(scene, SOCK_STREAM, &address);
	EXPECT_ERROR(scene, address_bind(other, &address), EADDRINUSE);
	PROMISED(scene, "connect fails");
	EXPECT_ERROR(scene, address_connect(client, &address), ECONNREFUSED);
	arrived(scene);
}

static void refused_nonblock(struct scene *scene)
{
	struct address address = address_ipv4();
	int client = socket_new(scene, AF_INET, SOCK_STREAM), error;

	socket_bound(scene, SOCK_STREAM, &address);
	scene_nonblock(scene, client, true);
	EXPECT_INT(scene, address_connect(client, &address), -1);
	error = errno;
	if (error == EINPROGRESS) {
		socket_await(scene, client, POLLOUT);
		error = socket_get(scene, client, SOL_SOCKET, SO_ERROR);
	}
	EXPECT_CODE(scene, error, ECONNREFUSED);
}

static void accept_nonblock_not_inherited(struct scene *scene)
{
	struct address address = address_ipv4();
	int listener = socket_listening(scene, SOCK_STREAM, &address, 1);
	int client = socket_new(scene, AF_INET, SOCK_STREAM), fd;

	scene_nonblock(scene, listener, true);
	EXPECT_ERROR(scene, accept(listener, NULL, NULL), EAGAIN);
	SETUP(scene, address_connect(client, &address));
	socket_await(scene, listener, POLLIN);
	fd = EXPECT_OK(scene, accept(listener, NULL, NULL));
	EXPECT_INT(scene, fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
}

static void connect_nonblock_inprogress(struct scene *scene)
{
	struct address address = address_ipv4();
	int listener = socket_listening(scene, SOCK_STREAM, &address, 1);
	int client = socket_new(scene, AF_INET, SOCK_STREAM), got;
	char byte;

	scene_nonblock(scene, client, true);
	got = address_connect(client, &address);
	EXPECT(scene, got == 0 || errno == EINPROGRESS, "errno %d, not EINPROGRESS",
		errno);
	note(scene, "%s", got ? "EINPROGRESS" : "at once");
	EXPECT_INT(scene, socket_await(scene, client, POLLOUT), POLLOUT);
	EXPECT_CODE(scene, socket_get(scene, client, SOL_SOCKET, SO_ERROR), 0);
	EXPECT_INT(scene, send(client, "x", 1, 0), 1);
	PROMISED(scene, "the connection is accepted");
	listener = EXPECT_OK(scene, accept(listener, NULL, NULL));
	arrived(scene);
	EXPECT_INT(scene, socket_receive(scene, listener, &byte, 1, 0), 1);
}

/* Gives a listener all the connections it takes: one more waits to be established. */
static void fill_backlog(struct scene *scene, int listener, const struct address *address)
{
	for (int i = 0; i < 8; i++) {
		int client = socket_new(scene, AF_INET, SOCK_STREAM);

		scene_nonblock(scene, client, true);
		if (address_connect(client, address) && errno != EINPROGRESS)
			SETUP(scene, -1);
		/* With a backlog of 0 Linux has enough of the first, once it is there. */
		socket_await(scene, listener, POLLIN);
		if (!(socket_events(scene, client, POLLOUT) & POLLOUT))
			return;
	}
	SKIP(scene, "a listener with a backlog of 0 accepts any number of connections");
}

static void interrupted_child(struct scene *scene, int fd, const struct address *address)
{
	scene_catch(scene, SIGUSR1, 0);
	EXPECT_ERROR(scene, address_connect(fd, address), EINTR);
	scene_nonblock(scene, fd, true);
	EXPECT_ERROR(scene, address_connect(fd, address), EALREADY);
	scene_open(scene, 0);
	EXPECT_INT(scene, socket_await(scene, fd, POLLOUT), POLLOUT);
	EXPECT_CODE(scene, socket_get(scene, fd, SOL_SOCKET, SO_ERROR), 0);
	EXPECT_INT(scene, send(fd, "x", 1, 0), 1);
	_exit(0);
}

/* What completes the connection is not the listener, which would take until the first
 * segment is repeated after a second, but a connection from the same port in the other
 * direction: a simultaneous open, RFC 9293 3.5. */
static void connect_eintr_completes(struct scene *scene)
{
	struct address address = address_ipv4(), client_address = address_ipv4();
	int listener = socket_new(scene, AF_INET, SOCK_STREAM);
	int server = socket_new(scene, AF_INET, SOCK_STREAM);
	int fd = socket_bound(scene, SOCK_STREAM, &client_address);
	pid_t client;
	char byte;

	socket_set(scene, listener, SOL_SOCKET, SO_REUSEPORT, 1);
	socket_set(scene, server, SOL_SOCKET, SO_REUSEPORT, 1);
	SETUP(scene, address_bind(listener, &address));
	address = address_of(scene, listener);
	SETUP(scene, listen(listener, 0));
	SETUP(scene, address_bind(server, &address));
	fill_backlog(scene, listener, &address);
	client = scene_fork(scene);
	if (client == 0)
		interrupted_child(scene, fd, &address);
	EXPECT_BLOCKED(scene, client, IN_CONNECT);
	SETUP(scene, kill(client, SIGUSR1));
	PROMISED(scene, "connect returns when a signal is caught");
	scene_wait(scene, 0);
	SETUP(scene, address_connect(server, &client_address));
	arrived(scene);
	EXPECT_INT(scene, socket_receive(scene, server, &byte, 1, 0), 1);
	EXPECT_EXIT(scene, client, 0);
}

static bool is_same(const struct address *one, const struct address *other)
{
	return one->in.sin_port == other->in.sin_port &&
	       one->in.sin_addr.s_addr == other->in.sin_addr.s_addr;
}

static void self_connect_guard(struct scene *scene)
{
	struct address address = address_ipv4(), peer;
	int fd = socket_bound(scene, SOCK_STREAM, &address);
	char byte;

	PROMISED(scene, "connect returns");
	EXPECT_OK(scene, address_connect(fd, &address));
	arrived(scene);
	peer = address_of_peer(scene, fd);
	EXPECT(scene, is_same(&address, &peer), "the peer has another name");
	EXPECT_INT(scene, send(fd, "x", 1, 0), 1);
	EXPECT_INT(scene, socket_receive(scene, fd, &byte, 1, 0), 1);
}

/* The side that closes first keeps the port; with SO_REUSEADDR it can be had again. */
static void reuseaddr_time_wait(struct scene *scene)
{
	struct address address = address_ipv4();
	int listener = socket_listening(scene, SOCK_STREAM, &address, 1);
	int end[2], again;
	char byte;

	socket_connected(scene, listener, SOCK_STREAM, &address, end);
	close(listener);
	close(end[0]);
	EXPECT_INT(scene, socket_receive(scene, end[1], &byte, 1, 0), 0);
	close(end[1]);
	again = socket_new(scene, AF_INET, SOCK_STREAM);
	EXPECT_ERROR(scene, address_bind(again, &address), EADDRINUSE);
	socket_set(scene, again, SOL_SOCKET, SO_REUSEADDR, 1);
	EXPECT_OK(scene, address_bind(again, &address));
	EXPECT_OK(scene, listen(again, 1));
}

static void names(struct scene *scene)
{
	struct address one, other;
	int end[2];

	socket_tcp(scene, end);
	for (int side = 0; side < 2; side++) {
		one = address_of(scene, end[side]);
		other = address_of_peer(scene, end[!side]);
		EXPECT(scene, one.in.sin_port != 0, "the port is 0");
		EXPECT_INT(scene, one.length, sizeof one.in);
		EXPECT(scene, is_same(&one, &other),
			"port %d on one side, %d on the other", ntohs(one.in.sin_port),
			ntohs(other.in.sin_port));
	}
}

static void connect_twice(struct scene *scene)
{
	struct address address;
	int end[2];

	socket_tcp(scene, end);
	address = address_of(scene, end[0]);
	EXPECT_ERROR(scene, address_connect(end[1], &address), EISCONN);
}

static void unconnected_recv(struct scene *scene)
{
	int fd = socket_new(scene, AF_INET, SOCK_STREAM);
	char byte;

	EXPECT_ERROR(scene, recv(fd, &byte, 1, MSG_DONTWAIT), ENOTCONN);
}

static void unconnected_send(struct scene *scene)
{
	int fd = socket_new(scene, AF_INET, SOCK_STREAM);

	EXPECT_ERROR(scene, send(fd, "x", 1, MSG_NOSIGNAL), ENOTCONN);
}

static void ipv6(struct scene *scene)
{
	struct address address = address_ipv6();
	int listener = socket_listening(scene, SOCK_STREAM, &address, 1), end[2];
	char got[2];

	socket_connected(scene, listener, SOCK_STREAM, &address, end);
	EXPECT_INT(scene, address_of_peer(scene, end[1]).length, sizeof address.in6);
	EXPECT_INT(scene, send(end[1], "ab", 2, 0), 2);
	EXPECT_INT(scene, socket_receive(scene, end[0], got, 2, MSG_WAITALL), 2);
	EXPECT_BYTES(scene, got, "ab", 2);
}

static const struct check checks[] = {
	{ .id = "tcp.refused_addrinuse", .run = refused_addrinuse, .needs = NEED_IPV4 },
	{ .id = "tcp.accept_nonblock_not_inherited",
		.run = accept_nonblock_not_inherited,
		.needs = NEED_IPV4 },
	{ .id = "tcp.connect_nonblock_inprogress",
		.run = connect_nonblock_inprogress,
		.needs = NEED_IPV4 },
	{ .id = "tcp.connect_eintr_completes",
		.run = connect_eintr_completes,
		.needs = NEED_IPV4 | NEED_PROC },
	{ .id = "tcp.self_connect_guard", .run = self_connect_guard, .needs = NEED_IPV4 },
	{ .id = "tcp.reuseaddr_time_wait",
		.run = reuseaddr_time_wait,
		.needs = NEED_IPV4 },
	{ .id = "tcp.refused_nonblock", .run = refused_nonblock, .needs = NEED_IPV4 },
	{ .id = "tcp.names", .run = names, .needs = NEED_IPV4 },
	{ .id = "tcp.connect_twice", .run = connect_twice, .needs = NEED_IPV4 },
	{ .id = "tcp.unconnected_recv", .run = unconnected_recv, .needs = NEED_IPV4 },
	{ .id = "tcp.unconnected_send", .run = unconnected_send, .needs = NEED_IPV4 },
	{ .id = "tcp.ipv6", .run = ipv6, .needs = NEED_IPV6 },
	{ .id = NULL },
};

const struct suite tcp_connect_suite = { "tcp_connect", checks };
