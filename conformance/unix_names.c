/* Names of UNIX sockets: paths with their modes, and abstract ones. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/socket_help.h"

static void lifecycle_modes(struct scene *scene)
{
	struct address address = address_path("socket");
	int fd = socket_new(scene, AF_UNIX, SOCK_STREAM);
	int other = socket_new(scene, AF_UNIX, SOCK_STREAM);
	struct stat status;

	umask((mode_t)scene->number);
	EXPECT_OK(scene, address_bind(fd, &address));
	EXPECT_OK(scene, stat("socket", &status));
	EXPECT(scene, S_ISSOCK(status.st_mode), "mode 0%o is not of a socket",
		(unsigned)status.st_mode);
	EXPECT_INT(scene, status.st_mode & 0777, 0777 & ~scene->number);
	EXPECT_ERROR(scene, address_bind(other, &address), EADDRINUSE);
	SETUP(scene, listen(fd, 1));
	close(fd);
	EXPECT_OK(scene, stat("socket", &status));
	EXPECT_ERROR(scene, address_bind(other, &address), EADDRINUSE);
}

static void refused_after_close(struct scene *scene)
{
	struct address address = address_path("socket");
	int listener = socket_listening(scene, SOCK_STREAM, &address, 1);
	int client = socket_new(scene, AF_UNIX, SOCK_STREAM);

	close(listener);
	EXPECT_ERROR(scene, address_connect(client, &address), ECONNREFUSED);
	SETUP(scene, unlink("socket"));
	EXPECT_ERROR(scene, address_connect(client, &address), ENOENT);
}

/* Unlinking takes the name away, not the socket. */
static void unlinked_stays_connected(struct scene *scene)
{
	struct address address = address_path("socket");
	int listener = socket_listening(scene, SOCK_STREAM, &address, 1);
	int end[2];
	char byte;

	socket_connected(scene, listener, SOCK_STREAM, &address, end);
	SETUP(scene, unlink("socket"));
	EXPECT_INT(scene, send(end[1], "x", 1, 0), 1);
	EXPECT_INT(scene, socket_receive(scene, end[0], &byte, 1, 0), 1);
	EXPECT_OK(scene, address_bind(socket_new(scene, AF_UNIX, SOCK_STREAM), &address));
}

static void renamed(struct scene *scene)
{
	struct address address = address_path("socket"), moved = address_path("moved");
	int client = socket_new(scene, AF_UNIX, SOCK_STREAM);

	socket_listening(scene, SOCK_STREAM, &address, 1);
	SETUP(scene, rename("socket", "moved"));
	EXPECT_ERROR(scene, address_connect(client, &address), ENOENT);
	EXPECT_OK(scene, address_connect(client, &moved));
}

static void bind_twice(struct scene *scene)
{
	struct address address = address_path("one"), other = address_path("two");
	int fd = socket_bound(scene, (int)scene->number, &address);

	EXPECT_ERROR(scene, address_bind(fd, &other), EINVAL);
}

static void through_symlink(struct scene *scene)
{
	struct address address = address_path("socket"), link = address_path("link");
	int client = socket_new(scene, AF_UNIX, SOCK_STREAM);

	socket_listening(scene, SOCK_STREAM, &address, 1);
	SETUP(scene, symlink("socket", "link"));
	EXPECT_OK(scene, address_connect(client, &link));
}

/* A process without privileges: of another user if this one has them. */
static pid_t fork_unprivileged(struct scene *scene)
{
	pid_t pid = scene_fork(scene);

	if (pid == 0 && geteuid() == 0)
		scene_become_nobody(scene);
	return pid;
}

/* The value: the type. The mode lets nobody write, the owner included. */
static void connect_needs_write(struct scene *scene)
{
	struct address address = address_path("socket");
	int type = (int)scene->number, fd = socket_bound(scene, type, &address);
	pid_t client;

	if (type != SOCK_DGRAM)
		SETUP(scene, listen(fd, 1));
	SETUP(scene, chmod("socket", 0555));
	SETUP(scene, chmod(".", 0711));
	client = fork_unprivileged(scene);
	if (client == 0) {
		fd = socket_new(scene, AF_UNIX, type);
		EXPECT_ERROR(scene, address_connect(fd, &address), EACCES);
		scene_open(scene, 0);
		scene_wait(scene, 1);
		EXPECT_OK(scene, address_connect(fd, &address));
		_exit(0);
	}
	scene_wait(scene, 0);
	SETUP(scene, chmod("socket", 0222));
	scene_open(scene, 1);
	EXPECT_EXIT(scene, client, 0);
}

static void needs_search(struct scene *scene)
{
	struct address address = address_path("inner/socket");
	pid_t client;
	int status;

	SETUP(scene, mkdir("inner", 0700));
	socket_listening(scene, SOCK_STREAM, &address, 1);
	SETUP(scene, chmod("inner/socket", 0777));
	SETUP(scene, chmod(".", 0711));
	SETUP(scene, chmod("inner", 0666));
	client = fork_unprivileged(scene);
	if (client == 0) {
		int fd = socket_new(scene, AF_UNIX, SOCK_STREAM);

		_exit(address_connect(fd, &address) ? errno : 0);
	}
	status = REAP(scene, client, "the client ends");
	/* Else the directory could not be removed. */
	SETUP(scene, chmod("inner", 0700));
	EXPECT_CODE(scene, WEXITSTATUS(status), EACCES);
}

/* The value: two types, the server's and 16 times the client's. */
static void type_mismatch(struct scene *scene)
{
	struct address address = address_path("socket");
	int server = (int)scene->number % 16, client = (int)scene->number / 16;
	int fd = socket_bound(scene, server, &address);

	if (server != SOCK_DGRAM)
		SETUP(scene, listen(fd, 1));
	fd = socket_new(scene, AF_UNIX, client);
	EXPECT_ERROR(scene, address_connect(fd, &address), EPROTOTYPE);
}

static void sun_path_108(struct scene *scene)
{
	struct address address = { .un.sun_family = AF_UNIX }, link;
	size_t size = sizeof address.un.sun_path;
	char name[sizeof address.un.sun_path + 1] = "";
	int fd = socket_new(scene, AF_UNIX, SOCK_STREAM);
	int client = socket_new(scene, AF_UNIX, SOCK_STREAM);

	EXPECT_INT(scene, size, 108);
	memset(name, 'n', size);
	memcpy(address.un.sun_path, name, size);
	address.length = (socklen_t)sizeof address.un;
	EXPECT_OK(scene, address_bind(fd, &address));
	EXPECT_OK(scene, access(name, F_OK));
	SETUP(scene, listen(fd, 1));
	EXPECT_OK(scene, address_connect(client, &address));
	/* One byte longer than the structure. */
	link = address;
	link.length++;
	fd = socket_new(scene, AF_UNIX, SOCK_STREAM);
	EXPECT_ERROR(scene, address_bind(fd, &link), EINVAL);
}

static void path_name_returned(struct scene *scene)
{
	struct address address = address_path("socket"), got;
	int listener = socket_listening(scene, SOCK_STREAM, &address, 1);
	int end[2];

	socket_connected(scene, listener, SOCK_STREAM, &address, end);
	got = address_of(scene, listener);
	EXPECT_INT(scene, got.length, address.length);
	EXPECT_BYTES(scene, got.un.sun_path, "socket", 7);
	got = address_of_peer(scene, end[1]);
	EXPECT_INT(scene, got.length, address.length);
	EXPECT_BYTES(scene, got.un.sun_path, "socket", 7);
}

static void unnamed(struct scene *scene)
{
	int end[2];

	socket_pair(scene, (int)scene->number, end);
	EXPECT_INT(scene, address_of(scene, end[0]).length, sizeof(sa_family_t));
	EXPECT_INT(scene, address_of(scene, end[0]).any.sa_family, AF_UNIX);
	EXPECT_INT(scene, address_of_peer(scene, end[0]).length, sizeof(sa_family_t));
}

static const struct value umasks[] = {
	{ "umask_000", 0 },
	{ "umask_022", 022 },
	{ "umask_077", 077 },
	{ "umask_177", 0177 },
	{ NULL, 0 },
};

static const struct value mismatches[] = {
	{ "stream_to_dgram", SOCK_DGRAM + 16 * SOCK_STREAM },
	{ "dgram_to_stream", SOCK_STREAM + 16 * SOCK_DGRAM },
	{ "seqpacket_to_stream", SOCK_STREAM + 16 * SOCK_SEQPACKET },
	{ NULL, 0 },
};

static const struct check checks[] = {
	{ .id = "unix.path.lifecycle_modes", .run = lifecycle_modes, .values = umasks },
	{ .id = "unix.path.refused_after_close", .run = refused_after_close },
	{ .id = "unix.path.unlinked_stays_connected", .run = unlinked_stays_connected },
	{ .id = "unix.path.renamed", .run = renamed },
	{ .id = "unix.path.bind_twice", .run = bind_twice, .values = socket_types },
	{ .id = "unix.path.through_symlink", .run = through_symlink },
	{ .id = "unix.path.connect_needs_write",
		.run = connect_needs_write,
		.values = socket_types },
	{ .id = "unix.path.needs_search", .run = needs_search },
	{ .id = "unix.path.type_mismatch", .run = type_mismatch, .values = mismatches },
	{ .id = "unix.path.sun_path_108", .run = sun_path_108 },
	{ .id = "unix.path.name_returned", .run = path_name_returned },
	{ .id = "unix.path.unnamed", .run = unnamed, .values = socket_types },
	{ .id = NULL },
};

const struct suite unix_names_suite = { "unix_names", checks };
