/* Abstract names of UNIX sockets. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "conformance/socket_help.h"

static void autobind_lifetime(struct scene *scene)
{
	struct address family = { .un.sun_family = AF_UNIX,
		.length = sizeof(sa_family_t) };
	int fd = socket_new(scene, AF_UNIX, SOCK_STREAM), other, copy;
	struct address name;

	EXPECT_OK(scene, address_bind(fd, &family));
	name = address_of(scene, fd);
	EXPECT_INT(scene, name.length, sizeof(sa_family_t) + 6);
	EXPECT_INT(scene, name.un.sun_path[0], 0);
	EXPECT_INT(scene, strspn(name.un.sun_path + 1, "0123456789abcdef"), 5);
	other = socket_new(scene, AF_UNIX, SOCK_STREAM);
	EXPECT_ERROR(scene, address_bind(other, &name), EADDRINUSE);
	copy = SETUP(scene, dup(fd));
	close(fd);
	EXPECT_ERROR(scene, address_bind(other, &name), EADDRINUSE);
	close(copy);
	/* Free now, if nobody else's autobind has just taken it. */
	if (address_bind(other, &name) != 0)
		EXPECT_INT(scene, errno, EADDRINUSE);
}

static void lifetime(struct scene *scene)
{
	struct address name = address_abstract();
	int fd = socket_bound(scene, (int)scene->number, &name);
	int other = socket_new(scene, AF_UNIX, (int)scene->number);
	int copy = SETUP(scene, dup(fd));

	EXPECT_ERROR(scene, address_bind(other, &name), EADDRINUSE);
	close(fd);
	EXPECT_ERROR(scene, address_bind(other, &name), EADDRINUSE);
	close(copy);
	EXPECT_OK(scene, address_bind(other, &name));
}

static void vanishes_with_process(struct scene *scene)
{
	struct address name = address_abstract();
	int fd = socket_new(scene, AF_UNIX, SOCK_STREAM);
	pid_t owner = scene_fork(scene);

	if (owner == 0) {
		socket_listening(scene, SOCK_STREAM, &name, 1);
		_exit(0);
	}
	EXPECT_EXIT(scene, owner, 0);
	EXPECT_ERROR(scene, address_connect(fd, &name), ECONNREFUSED);
	EXPECT_OK(scene, address_bind(fd, &name));
}

static void connects(struct scene *scene)
{
	struct address name = address_abstract();
	int listener = socket_listening(scene, SOCK_STREAM, &name, 1);
	int end[2];
	char got[2];

	socket_connected(scene, listener, SOCK_STREAM, &name, end);
	EXPECT_INT(scene, send(end[1], "ab", 2, 0), 2);
	EXPECT_INT(scene, socket_receive(scene, end[0], got, 2, MSG_WAITALL), 2);
	EXPECT_BYTES(scene, got, "ab", 2);
}

/* Zero bytes count: a name is as long as its length says. */
static void length_counts(struct scene *scene)
{
	struct address name = address_abstract(), longer = name, got;
	int fd = socket_new(scene, AF_UNIX, SOCK_STREAM);

	longer.length++;
	socket_listening(scene, SOCK_STREAM, &name, 1);
	EXPECT_ERROR(scene, address_connect(fd, &longer), ECONNREFUSED);
	EXPECT_OK(scene, address_bind(fd, &longer));
	got = address_of(scene, fd);
	EXPECT_INT(scene, got.length, longer.length);
	EXPECT_BYTES(scene, got.un.sun_path, longer.un.sun_path,
		longer.length - offsetof(struct sockaddr_un, sun_path));
}

static void no_file(struct scene *scene)
{
	struct address name = address_abstract();

	socket_bound(scene, SOCK_STREAM, &name);
	EXPECT_ERROR(scene, access(name.un.sun_path + 1, F_OK), ENOENT);
}

/* Modes mean nothing to an abstract name: another user may connect. */
static void no_modes(struct scene *scene)
{
	struct address name = address_abstract();
	pid_t client;

	socket_listening(scene, SOCK_STREAM, &name, 1);
	client = scene_fork(scene);
	if (client == 0) {
		scene_become_nobody(scene);
		EXPECT_OK(scene,
			address_connect(socket_new(scene, AF_UNIX, SOCK_STREAM), &name));
		_exit(0);
	}
	EXPECT_EXIT(scene, client, 0);
}

static const struct check checks[] = {
	{ .id = "unix.abstract.autobind_lifetime", .run = autobind_lifetime },
	{ .id = "unix.abstract.lifetime", .run = lifetime, .values = socket_types },
	{ .id = "unix.abstract.vanishes_with_process", .run = vanishes_with_process },
	{ .id = "unix.abstract.connects", .run = connects },
	{ .id = "unix.abstract.length_counts", .run = length_counts },
	{ .id = "unix.abstract.no_file", .run = no_file },
	{ .id = "unix.abstract.no_modes", .run = no_modes, .needs = NEED_ROOT },
	{ .id = NULL },
};

const struct suite unix_abstract_suite = { "unix_abstract", checks };
