/* Listening, connecting and accepting in the UNIX domain. */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "conformance/socket_help.h"

static int listen_here(struct scene *scene, struct address *address, int backlog)
{
	*address = address_path("socket");
	return socket_listening(scene, SOCK_STREAM, address, backlog);
}

static void accept_eagain(struct scene *scene)
{
	struct address address;
	int listener = listen_here(scene, &address, 1);

	scene_nonblock(scene, listener, true);
	PROMISED(scene, "EAGAIN of accept without a connection");
	EXPECT_ERROR(scene, accept(listener, NULL, NULL), EAGAIN);
	arrived(scene);
}

static void accept_blocks(struct scene *scene)
{
	struct address address;
	int listener = listen_here(scene, &address, 1), client;
	pid_t server = scene_fork(scene);

	if (server == 0) {
		EXPECT_OK(scene, accept(listener, NULL, NULL));
		_exit(0);
	}
	EXPECT_BLOCKED(scene, server, IN_ACCEPT);
	client = socket_new(scene, AF_UNIX, SOCK_STREAM);
	SETUP(scene, address_connect(client, &address));
	EXPECT_EXIT(scene, server, 0);
}

static void accept_order(struct scene *scene)
{
	struct address address;
	int listener = listen_here(scene, &address, 3), fd;
	char got = 0;

	for (const char *word = "abc"; *word; word++) {
		fd = socket_new(scene, AF_UNIX, SOCK_STREAM);
		SETUP(scene, address_connect(fd, &address));
		SETUP(scene, send(fd, word, 1, 0));
	}
	for (const char *word = "abc"; *word; word++) {
		fd = EXPECT_OK(scene, accept(listener, NULL, NULL));
		EXPECT_INT(scene, socket_receive(scene, fd, &got, 1, 0), 1);
		EXPECT_INT(scene, got, *word);
	}
}

static void accept_not_listening(struct scene *scene)
{
	int end[2];

	socket_pair(scene, SOCK_STREAM, end);
	EXPECT_ERROR(scene, accept(end[0], NULL, NULL), EINVAL);
}

static void accept_dgram(struct scene *scene)
{
	int fd = socket_new(scene, AF_UNIX, SOCK_DGRAM);

	EXPECT_ERROR(scene, accept(fd, NULL, NULL), EOPNOTSUPP);
}

static void accept_unnamed(struct scene *scene)
{
	struct address address, peer = { .length = sizeof peer.un };
	int listener = listen_here(scene, &address, 1);
	int client = socket_new(scene, AF_UNIX, SOCK_STREAM);

	SETUP(scene, address_connect(client, &address));
	EXPECT_OK(scene, accept(listener, &peer.any, &peer.length));
	EXPECT_INT(scene, peer.length, sizeof(sa_family_t));
	EXPECT_INT(scene, peer.any.sa_family, AF_UNIX);
}

static void accept_named(struct scene *scene)
{
	struct address address, peer = { .length = sizeof peer.un };
	struct address name = address_path("client");
	int listener = listen_here(scene, &address, 1);
	int client = socket_bound(scene, SOCK_STREAM, &name);

	SETUP(scene, address_connect(client, &address));
	EXPECT_OK(scene, accept(listener, &peer.any, &peer.length));
	EXPECT_INT(scene, peer.length, name.length);
	EXPECT_BYTES(scene, peer.un.sun_path, "client", 7);
}

static void listen_dgram(struct scene *scene)
{
	struct address address = address_path("socket");
	int fd = socket_bound(scene, SOCK_DGRAM, &address);

	EXPECT_ERROR(scene, listen(fd, 1), EOPNOTSUPP);
}

static void listen_unbound(struct scene *scene)
{
	int fd = socket_new(scene, AF_UNIX, SOCK_STREAM);

	EXPECT_ERROR(scene, listen(fd, 1), EDESTADDRREQ);
}

static void acceptconn(struct scene *scene)
{
	struct address address = address_path("socket");
	int fd = socket_bound(scene, SOCK_STREAM, &address);

	EXPECT_INT(scene, socket_get(scene, fd, SOL_SOCKET, SO_ACCEPTCONN), 0);
	SETUP(scene, listen(fd, 1));
	EXPECT(scene, socket_get(scene, fd, SOL_SOCKET, SO_ACCEPTCONN) != 0,
		"SO_ACCEPTCONN is 0 of a listening socket");
}

static void connect_not_listening(struct scene *scene)
{
	struct address address = address_path("socket");
	int client = socket_new(scene, AF_UNIX, (int)scene->number);

	socket_bound(scene, (int)scene->number, &address);
	EXPECT_ERROR(scene, address_connect(client, &address), ECONNREFUSED);
}

static void connect_twice(struct scene *scene)
{
	struct address address;
	int client = socket_new(scene, AF_UNIX, SOCK_STREAM);

	listen_here(scene, &address, 2);
	SETUP(scene, address_connect(client, &address));
	EXPECT_ERROR(scene, address_connect(client, &address), EISCONN);
}

/* Connects until it would block; how many were admitted. */
static int fill_backlog(struct scene *scene, const struct address *address, int most)
{
	for (int admitted = 0; admitted <= most; admitted++) {
		int client = socket_new(scene, AF_UNIX, SOCK_STREAM);

		scene_nonblock(scene, client, true);
		if (address_connect(client, address) == 0)
			continue;
		EXPECT_INT(scene, errno, EAGAIN);
		close(client);
		return admitted;
	}
	return most + 1;
}

static void backlog_eagain(struct scene *scene)
{
	int backlog = (int)scene->number, admitted;
	struct address address;
	int listener = listen_here(scene, &address, backlog);

	admitted = fill_backlog(scene, &address, backlog + 1);
	note(scene, "listen(%d) admits %d", backlog, admitted);
	EXPECT(scene, admitted >= backlog, "%d admitted, %d are the backlog", admitted,
		backlog);
	EXPECT(scene, admitted <= backlog + 1, "connection %d did not fail with EAGAIN",
		admitted);
	SETUP(scene, accept(listener, NULL, NULL));
	EXPECT_INT(scene, fill_backlog(scene, &address, 1), 1);
}

static void connect_blocks(struct scene *scene)
{
	struct address address;
	int listener = listen_here(scene, &address, 1), fd;
	pid_t client;

	fill_backlog(scene, &address, 2);
	fd = socket_new(scene, AF_UNIX, SOCK_STREAM);
	client = scene_fork(scene);
	if (client == 0) {
		EXPECT_OK(scene, address_connect(fd, &address));
		_exit(0);
	}
	EXPECT_BLOCKED(scene, client, IN_CONNECT);
	SETUP(scene, accept(listener, NULL, NULL));
	EXPECT_EXIT(scene, client, 0);
}

static void embryo_reset(struct scene *scene)
{
	struct address address;
	int listener = listen_here(scene, &address, 1);
	int client = socket_new(scene, AF_UNIX, SOCK_STREAM);
	char byte;

	SETUP(scene, address_connect(client, &address));
	close(listener);
	EXPECT_ERROR(scene, recv(client, &byte, 1, MSG_DONTWAIT), ECONNRESET);
	EXPECT_INT(scene, recv(client, &byte, 1, MSG_DONTWAIT), 0);
}

static const struct value backlogs[] = {
	{ "1", 1 },
	{ "2", 2 },
	{ "16", 16 },
	{ NULL, 0 },
};

static const struct check checks[] = {
	{ .id = "unix.backlog_eagain", .run = backlog_eagain, .values = backlogs },
	{ .id = "unix.embryo_reset", .run = embryo_reset },
	{ .id = "unix.accept.eagain_nonblock", .run = accept_eagain },
	{ .id = "unix.accept.blocks", .run = accept_blocks, .needs = NEED_PROC },
	{ .id = "unix.accept.order", .run = accept_order },
	{ .id = "unix.accept.not_listening", .run = accept_not_listening },
	{ .id = "unix.accept.dgram", .run = accept_dgram },
	{ .id = "unix.accept.unnamed", .run = accept_unnamed },
	{ .id = "unix.accept.named", .run = accept_named },
	{ .id = "unix.listen.dgram", .run = listen_dgram },
	{ .id = "unix.listen.unbound", .run = listen_unbound },
	{ .id = "unix.listen.acceptconn", .run = acceptconn },
	{ .id = "unix.connect.not_listening",
		.run = connect_not_listening,
		.values = socket_connection_types },
	{ .id = "unix.connect.twice", .run = connect_twice },
	{ .id = "unix.connect.blocks", .run = connect_blocks, .needs = NEED_PROC },
	{ .id = NULL },
};

const struct suite unix_listen_suite = { "unix_listen", checks };
