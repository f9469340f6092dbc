/* Descriptors in messages: what arrives is the same open file. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conformance/pass_help.h"
#include "conformance/socket_help.h"

static void shares_description(struct scene *scene)
{
	int end[2], fd, same;
	char got[4] = "";

	fd = SETUP(scene, open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	SETUP(scene, write(fd, "abcdef", 6));
	SETUP(scene, lseek(fd, 0, SEEK_SET));
	socket_pair(scene, (int)scene->number, end);
	same = pass_one(scene, end, fd);
	EXPECT(scene, same != fd, "the number is that of the original, %d", same);
	EXPECT_INT(scene, read(same, got, 3), 3);
	EXPECT_BYTES(scene, got, "abc", 3);
	EXPECT_INT(scene, lseek(fd, 0, SEEK_CUR), 3);
	SETUP(scene, lseek(fd, 5, SEEK_SET));
	EXPECT_INT(scene, read(same, got, 3), 1);
	SETUP(scene, fcntl(same, F_SETFL, O_APPEND));
	EXPECT(scene, SETUP(scene, fcntl(fd, F_GETFL)) & O_APPEND,
		"a status flag set on the one is not seen on the other");
}

enum kind { KIND_FILE, KIND_DIRECTORY, KIND_PIPE, KIND_SOCKET, KIND_MEMORY };

static int open_kind(struct scene *scene, enum kind kind)
{
	int end[2];

	switch (kind) {
	case KIND_FILE:
		return SETUP(scene, open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	case KIND_DIRECTORY:
		return SETUP(scene, open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	case KIND_PIPE:
		scene_pipe(scene, end);
		return end[1];
	case KIND_SOCKET:
		return socket_new(scene, AF_UNIX, SOCK_STREAM);
	default:
		return SETUP(scene, memfd_create("ipcmark", MFD_CLOEXEC));
	}
}

/* To another process, which did not inherit it. */
static void kind(struct scene *scene)
{
	struct stat original, received;
	struct passed passed;
	int end[2], fd;
	char byte;
	pid_t child;

	socket_pair(scene, SOCK_STREAM, end);
	child = scene_fork(scene);
	if (child == 0) {
		struct stat *seen = &received;

		PROMISED(scene, "a message with a descriptor");
		EXPECT_INT(scene, pass_receive(end[1], &byte, 1, 0, 1, &passed), 1);
		arrived(scene);
		EXPECT_INT(scene, passed.count, 1);
		EXPECT_OK(scene, fstat(passed.fds[0], seen));
		atomic_store(&scene->common->cells[0], (int64_t)seen->st_ino);
		atomic_store(&scene->common->cells[1], (int64_t)seen->st_dev);
		atomic_store(&scene->common->cells[2], seen->st_mode);
		_exit(0);
	}
	fd = open_kind(scene, (enum kind)scene->number);
	SETUP(scene, fstat(fd, &original));
	EXPECT_INT(scene, pass_send(end[0], "x", 1, &fd, 1), 1);
	EXPECT_EXIT(scene, child, 0);
	EXPECT_INT(scene, atomic_load(&scene->common->cells[0]), original.st_ino);
	EXPECT_INT(scene, atomic_load(&scene->common->cells[1]), original.st_dev);
	EXPECT_INT(scene, atomic_load(&scene->common->cells[2]), original.st_mode);
}

/* Three pipes, in another order, and one of them twice. */
static void order(struct scene *scene)
{
	static const int sequence[] = { 2, 0, 1, 0 };
	struct passed passed;
	int end[2], pipes[3][2], fds[4];
	char byte;

	for (int i = 0; i < 3; i++)
		scene_pipe(scene, pipes[i]);
	for (int i = 0; i < 4; i++)
		fds[i] = pipes[sequence[i]][1];
	socket_pair(scene, SOCK_STREAM, end);
	EXPECT_INT(scene, pass_send(end[0], "x", 1, fds, 4), 1);
	EXPECT_INT(scene, pass_receive(end[1], &byte, 1, MSG_DONTWAIT, 4, &passed), 1);
	EXPECT_INT(scene, passed.count, 4);
	EXPECT_INT(scene, passed.flags & MSG_CTRUNC, 0);
	EXPECT(scene, passed.fds[1] != passed.fds[3], "both copies are number %d",
		passed.fds[1]);
	for (int i = 0; i < 4; i++) {
		scene_nonblock(scene, pipes[sequence[i]][0], true);
		EXPECT_INT(scene, write(passed.fds[i], "p", 1), 1);
		EXPECT_INT(scene, read(pipes[sequence[i]][0], &byte, 1), 1);
	}
}

static void keeps_access(struct scene *scene)
{
	struct passed passed;
	int end[2], fd;
	char byte = 0;
	pid_t child;

	fd = SETUP(scene, open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	SETUP(scene, write(fd, "s", 1));
	SETUP(scene, lseek(fd, 0, SEEK_SET));
	socket_pair(scene, SOCK_STREAM, end);
	child = scene_fork(scene);
	if (child == 0) {
		close(fd);
		scene_become_nobody(scene);
		EXPECT_INT(scene, open("file", O_RDONLY), -1);
		PROMISED(scene, "a message with a descriptor");
		EXPECT_INT(scene, pass_receive(end[1], &byte, 1, 0, 1, &passed), 1);
		arrived(scene);
		EXPECT_INT(scene, passed.count, 1);
		EXPECT_INT(scene, read(passed.fds[0], &byte, 1), 1);
		EXPECT_BYTES(scene, &byte, "s", 1);
		_exit(0);
	}
	SETUP(scene, pass_send(end[0], "x", 1, &fd, 1));
	EXPECT_EXIT(scene, child, 0);
}

/* The value: flags of recvmsg(2). */
static void cloexec_flag(struct scene *scene)
{
	struct passed passed;
	int end[2], pipe_end[2], flags;
	char byte;

	SETUP(scene, pipe2(pipe_end, O_CLOEXEC));
	socket_pair(scene, SOCK_STREAM, end);
	SETUP(scene, pass_send(end[0], "x", 1, pipe_end, 1));
	EXPECT_INT(scene,
		pass_receive(
			end[1], &byte, 1, (int)scene->number | MSG_DONTWAIT, 1, &passed),
		1);
	EXPECT_INT(scene, passed.count, 1);
	flags = EXPECT_OK(scene, fcntl(passed.fds[0], F_GETFD));
	EXPECT_INT(scene, flags & FD_CLOEXEC, scene->number ? FD_CLOEXEC : 0);
}

static void peek_dups(struct scene *scene)
{
	struct passed peeked, passed;
	int end[2], pipe_end[2];
	char byte;

	scene_pipe(scene, pipe_end);
	socket_pair(scene, SOCK_STREAM, end);
	SETUP(scene, pass_send(end[0], "x", 1, &pipe_end[1], 1));
	for (int i = 0; i < 2; i++) {
		EXPECT_INT(scene,
			pass_receive(
				end[1], &byte, 1, MSG_PEEK | MSG_DONTWAIT, 1, &peeked),
			1);
		EXPECT_INT(scene, peeked.count, 1);
		EXPECT_INT(scene, write(peeked.fds[0], "p", 1), 1);
		EXPECT_INT(scene, read(pipe_end[0], &byte, 1), 1);
	}
	EXPECT_INT(scene, pass_receive(end[1], &byte, 1, MSG_DONTWAIT, 1, &passed), 1);
	EXPECT_INT(scene, passed.count, 1);
	EXPECT(scene, passed.fds[0] != peeked.fds[0], "both are number %d",
		passed.fds[0]);
	EXPECT_INT(scene, write(passed.fds[0], "p", 1), 1);
}

static void read_barrier(struct scene *scene)
{
	struct passed passed;
	int end[2], pipe_end[2];
	char got[8];

	scene_pipe(scene, pipe_end);
	socket_pair(scene, SOCK_STREAM, end);
	SETUP(scene, send(end[0], "a", 1, 0));
	SETUP(scene, pass_send(end[0], "d", 1, pipe_end, 1));
	SETUP(scene, send(end[0], "b", 1, 0));
	SETUP(scene, pass_send(end[0], "e", 1, pipe_end, 1));
	EXPECT_INT(scene, pass_receive(end[1], got, 8, MSG_DONTWAIT, 1, &passed), 2);
	EXPECT_BYTES(scene, got, "ad", 2);
	EXPECT_INT(scene, passed.count, 1);
	EXPECT_INT(scene, pass_receive(end[1], got, 8, MSG_DONTWAIT, 1, &passed), 2);
	EXPECT_BYTES(scene, got, "be", 2);
	EXPECT_INT(scene, passed.count, 1);
}

static void bad_fd(struct scene *scene)
{
	int end[2], fds[2];
	char byte;

	socket_pair(scene, (int)scene->number, end);
	fds[0] = end[0];
	fds[1] = SETUP(scene, dup(end[0]));
	close(fds[1]);
	EXPECT_ERROR(scene, pass_send(end[0], "x", 1, fds, 2), EBADF);
	EXPECT_ERROR(scene, recv(end[1], &byte, 1, MSG_DONTWAIT), EAGAIN);
}

/* A stream carries descriptors with bytes only, a datagram without any too. */
static void without_data(struct scene *scene)
{
	struct passed passed;
	int end[2], pipe_end[2];
	bool is_stream = scene->number == SOCK_STREAM;
	char byte;

	scene_pipe(scene, pipe_end);
	socket_pair(scene, (int)scene->number, end);
	EXPECT_INT(scene, pass_send(end[0], "", 0, pipe_end, 1), 0);
	EXPECT_INT(scene, pass_receive(end[1], &byte, 1, MSG_DONTWAIT, 1, &passed),
		is_stream ? -1 : 0);
	EXPECT_INT(scene, passed.count, is_stream ? 0 : 1);
}

static const struct value kinds[] = {
	{ "file", KIND_FILE },
	{ "directory", KIND_DIRECTORY },
	{ "pipe", KIND_PIPE },
	{ "socket", KIND_SOCKET },
	{ "memory", KIND_MEMORY },
	{ NULL, 0 },
};

static const struct value cloexec_flags[] = {
	{ "cleared", 0 },
	{ "msg_cmsg_cloexec", MSG_CMSG_CLOEXEC },
	{ NULL, 0 },
};

static const struct check checks[] = {
	{ .id = "unix.scm_rights.shares_description",
		.run = shares_description,
		.values = socket_types },
	{ .id = "unix.scm_rights.kind", .run = kind, .values = kinds },
	{ .id = "unix.scm_rights.order", .run = order },
	{ .id = "unix.scm_rights.keeps_access", .run = keeps_access, .needs = NEED_ROOT },
	{ .id = "unix.scm_rights.cloexec_flag",
		.run = cloexec_flag,
		.values = cloexec_flags },
	{ .id = "unix.scm_rights.peek_dups", .run = peek_dups },
	{ .id = "unix.scm_rights.read_barrier", .run = read_barrier },
	{ .id = "unix.scm_rights.bad_fd", .run = bad_fd, .values = socket_types },
	{ .id = "unix.scm_rights.without_data",
		.run = without_data,
		.values = socket_types },
	{ .id = NULL },
};

const struct suite unix_fdpass_suite = { "unix_fdpass", checks };
