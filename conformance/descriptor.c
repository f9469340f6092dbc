/* Descriptors: which number one gets, what duplicates share, what closing does. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/file_help.h"

/* Younger than some headers. */
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif

static long close_between(unsigned first, unsigned last, unsigned flags)
{
	return syscall(SYS_close_range, first, last, flags);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

enum maker { BY_OPEN, BY_DUP, BY_SOCKET, BY_DUPFD, BY_PIPE };

static int make(struct scene *scene, enum maker maker)
{
	int end[2] = { -1, -1 };

	switch (maker) {
	case BY_OPEN:
		return open("/", O_RDONLY);
	case BY_DUP:
		return dup(0);
	case BY_SOCKET:
		return socket(AF_UNIX, SOCK_STREAM, 0);
	case BY_DUPFD:
		return fcntl(0, F_DUPFD, 0);
	case BY_PIPE:
		EXPECT_OK(scene, pipe(end));
		EXPECT_INT(scene, end[1], 7);
		break;
	}
	return end[0];
}

static void lowest(struct scene *scene)
{
	enum maker maker = (enum maker)scene->number;

	for (int fd = 3; fd < 10; fd++)
		SETUP(scene, dup2(0, fd));
	SETUP(scene, close(7));
	SETUP(scene, close(5));
	EXPECT_INT(scene, make(scene, maker), 5);
	if (maker != BY_PIPE)
		EXPECT_INT(scene, make(scene, maker), 7);
	EXPECT_INT(scene, dup(0), 10);
}

static void dup_keeps_open(struct scene *scene)
{
	int end[2], copy;
	char byte;

	scene_pipe(scene, end);
	scene_nonblock(scene, end[0], true);
	copy = EXPECT_OK(scene, dup(end[1]));
	EXPECT_OK(scene, close(end[1]));
	EXPECT_ERROR(scene, read(end[0], &byte, 1), EAGAIN);
	EXPECT_INT(scene, write(copy, "x", 1), 1);
	EXPECT_INT(scene, read(end[0], &byte, 1), 1);
	EXPECT_OK(scene, close(copy));
	EXPECT_INT(scene, read(end[0], &byte, 1), 0);
}

static void dup2_atomic_same(struct scene *scene)
{
	int fd = file_help_of(scene, "abc");

	SETUP(scene, fcntl(fd, F_SETFD, FD_CLOEXEC));
	EXPECT_INT(scene, dup2(fd, fd), fd);
	EXPECT_INT(scene, fcntl(fd, F_GETFD), FD_CLOEXEC);
	EXPECT_ERROR(scene, dup2(50, 50), EBADF);
	EXPECT_INT(scene, dup2(fd, 51), 51);
	EXPECT_INT(scene, fcntl(51, F_GETFD), 0);
}

enum dup3_case { DUP3_SAME, DUP3_FLAGS, DUP3_CLOEXEC };

static void dup3_same(struct scene *scene)
{
	int fd = file_help_of(scene, "abc");

	if (scene->number == DUP3_SAME)
		EXPECT_ERROR(scene, dup3(fd, fd, 0), EINVAL);
	if (scene->number == DUP3_FLAGS)
		EXPECT_ERROR(scene, dup3(fd, 50, O_APPEND), EINVAL);
	if (scene->number == DUP3_CLOEXEC) {
		EXPECT_INT(scene, dup3(fd, 50, O_CLOEXEC), 50);
		EXPECT_INT(scene, fcntl(50, F_GETFD), FD_CLOEXEC);
	}
}

static void dup2_closes(struct scene *scene)
{
	int fd = file_help_of(scene, "abc"), end[2];
	char byte;

	scene_pipe(scene, end);
	EXPECT_INT(scene, dup2(fd, end[1]), end[1]);
	/* That was the only writer. */
	scene_nonblock(scene, end[0], true);
	EXPECT_INT(scene, read(end[0], &byte, 1), 0);
	EXPECT_INT(scene, read(end[1], &byte, 1), 1);
	/* A failure leaves the target as it is. */
	EXPECT_ERROR(scene, dup2(50, end[1]), EBADF);
	EXPECT_INT(scene, read(end[1], &byte, 1), 1);
}

static int duplicate(int64_t way, int fd)
{
	return way == BY_DUP ? dup(fd) : fcntl(fd, F_DUPFD, 20);
}

/* One description: its offset and status flags are shared, the descriptor's are not. */
static void dup_shares(struct scene *scene)
{
	int fd = file_help_of(scene, "abcdef"), copy;
	char byte;

	SETUP(scene, fcntl(fd, F_SETFD, FD_CLOEXEC));
	copy = EXPECT_OK(scene, duplicate(scene->number, fd));
	EXPECT(scene, scene->number == BY_DUP || copy >= 20, "%d is below 20", copy);
	EXPECT_INT(scene, fcntl(copy, F_GETFD), 0);
	EXPECT_INT(scene, read(fd, &byte, 1), 1);
	EXPECT_INT(scene, read(copy, &byte, 1), 1);
	EXPECT_BYTES(scene, &byte, "b", 1);
	SETUP(scene, lseek(copy, 5, SEEK_SET));
	EXPECT_INT(scene, read(fd, &byte, 1), 1);
	EXPECT_BYTES(scene, &byte, "f", 1);
	SETUP(scene, fcntl(copy, F_SETFL, O_APPEND));
	EXPECT_INT(scene, fcntl(fd, F_GETFL) & O_APPEND, O_APPEND);
	SETUP(scene, fcntl(copy, F_SETFD, FD_CLOEXEC));
	SETUP(scene, fcntl(fd, F_SETFD, 0));
	EXPECT_INT(scene, fcntl(copy, F_GETFD), FD_CLOEXEC);
}

enum closed_call {
	CLOSE,
	DUP,
	READ,
	WRITE,
	FCNTL,
	LSEEK,
	NEGATIVE,
	DUP2_NEGATIVE,
	DUPFD_NEGATIVE
};

static void closed_ebadf(struct scene *scene)
{
	int fd = file_help_of(scene, "abc");
	char byte = 'x';

	EXPECT_OK(scene, close(fd));
	switch ((enum closed_call)scene->number) {
	case CLOSE:
		EXPECT_ERROR(scene, close(fd), EBADF);
		break;
	case DUP:
		EXPECT_ERROR(scene, dup(fd), EBADF);
		break;
	case READ:
		EXPECT_ERROR(scene, read(fd, &byte, 1), EBADF);
		break;
	case WRITE:
		EXPECT_ERROR(scene, write(fd, &byte, 1), EBADF);
		break;
	case FCNTL:
		EXPECT_ERROR(scene, fcntl(fd, F_GETFL), EBADF);
		break;
	case LSEEK:
		EXPECT_ERROR(scene, lseek(fd, 0, SEEK_SET), EBADF);
		break;
	case NEGATIVE:
		EXPECT_ERROR(scene, close(-1), EBADF);
		break;
	case DUP2_NEGATIVE:
		EXPECT_ERROR(scene, dup2(0, -1), EBADF);
		break;
	case DUPFD_NEGATIVE:
		EXPECT_ERROR(scene, fcntl(0, F_DUPFD, -1), EINVAL);
		break;
	}
}

static void limit_emfile(struct scene *scene)
{
	struct rlimit limit;
	int fd, high = SETUP(scene, dup2(0, 30));

	SETUP(scene, getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = 8;
	SETUP(scene, setrlimit(RLIMIT_NOFILE, &limit));
	for (fd = 3; fd < 8; fd++)
		EXPECT_INT(scene, dup(0), fd);
	EXPECT_ERROR(scene, dup(0), EMFILE);
	EXPECT_ERROR(scene, open("/", O_RDONLY), EMFILE);
	EXPECT_ERROR(scene, fcntl(0, F_DUPFD, 0), EMFILE);
	EXPECT_ERROR(scene, fcntl(0, F_DUPFD, 8), EINVAL);
	EXPECT_ERROR(scene, dup2(0, 8), EBADF);
	/* What is above the limit already stays. */
	EXPECT(scene, is_open(high), "a lower limit closes what is open");
	EXPECT_OK(scene, close(5));
	EXPECT_INT(scene, dup(0), 5);
}

static void close_range_all(struct scene *scene)
{
	int end[2];
	pid_t child;
	char byte;

	scene_pipe(scene, end);
	SETUP(scene, dup2(end[1], 40));
	SETUP(scene, dup2(end[1], 300));
	child = scene_fork(scene);
	if (child == 0) {
		/* One of a pool, that inherited the writing end. */
		EXPECT_OK(scene, close_between(3, ~0u, 0));
		EXPECT(scene, !is_open(end[0]) && !is_open(40) && !is_open(300),
			"something is still open");
		EXPECT(scene, is_open(2), "what is below the range is closed");
		scene_open(scene, 0);
		scene_wait(scene, 1);
		_exit(0);
	}
	scene_wait(scene, 0);
	EXPECT_OK(scene, close_between((unsigned)end[1], (unsigned)end[1], 0));
	EXPECT_OK(scene, close_between(40, 299, 0));
	scene_nonblock(scene, end[0], true);
	EXPECT_ERROR(scene, read(end[0], &byte, 1), EAGAIN);
	EXPECT_OK(scene, close_between(300, 300, 0));
	EXPECT_INT(scene, read(end[0], &byte, 1), 0);
	scene_open(scene, 1);
	EXPECT_EXIT(scene, child, 0);
}

static void close_range_flags(struct scene *scene)
{
	SETUP(scene, dup2(0, 40));
	SETUP(scene, dup2(0, 45));
	EXPECT_OK(scene, close_between(40, 44, CLOSE_RANGE_CLOEXEC));
	EXPECT_INT(scene, fcntl(40, F_GETFD), FD_CLOEXEC);
	EXPECT_INT(scene, fcntl(45, F_GETFD), 0);
	EXPECT_ERROR(scene, close_between(45, 44, 0), EINVAL);
	EXPECT_ERROR(scene, close_between(45, 45, 0x8000), EINVAL);
	EXPECT(scene, is_open(45), "a refused range is closed");
}

static const struct value makers[] = { { "open", BY_OPEN }, { "dup", BY_DUP },
	{ "socket", BY_SOCKET }, { "f_dupfd", BY_DUPFD }, { "pipe", BY_PIPE },
	{ NULL, 0 } };

static const struct value dup3_cases[] = { { "same", DUP3_SAME }, { "flags", DUP3_FLAGS },
	{ "cloexec", DUP3_CLOEXEC }, { NULL, 0 } };

static const struct value duplications[] = { { "dup", BY_DUP }, { "f_dupfd", BY_DUPFD },
	{ NULL, 0 } };

static const struct value closed_calls[] = { { "close", CLOSE }, { "dup", DUP },
	{ "read", READ }, { "write", WRITE }, { "fcntl", FCNTL }, { "lseek", LSEEK },
	{ "negative", NEGATIVE }, { "dup2_negative", DUP2_NEGATIVE },
	{ "dupfd_negative", DUPFD_NEGATIVE }, { NULL, 0 } };

static const struct check checks[] = {
	{ .id = "fd.lowest", .run = lowest, .values = makers },
	{ .id = "fd.dup_keeps_open", .run = dup_keeps_open },
	{ .id = "fd.dup2_atomic_same",
		.run = dup2_atomic_same,
		.needs = NEED_DESCRIPTORS },
	{ .id = "fd.dup3_same",
		.run = dup3_same,
		.needs = NEED_DESCRIPTORS,
		.values = dup3_cases },
	{ .id = "fd.dup2_closes", .run = dup2_closes },
	{ .id = "fd.dup_shares",
		.run = dup_shares,
		.needs = NEED_DESCRIPTORS,
		.values = duplications },
	{ .id = "fd.closed_ebadf", .run = closed_ebadf, .values = closed_calls },
	{ .id = "fd.limit_emfile", .run = limit_emfile, .needs = NEED_DESCRIPTORS },
	{ .id = "fd.close_range", .run = close_range_all, .needs = NEED_DESCRIPTORS },
	{ .id = "fd.close_range_flags",
		.run = close_range_flags,
		.needs = NEED_DESCRIPTORS },
	{ .id = NULL },
};

const struct suite descriptor_suite = { "descriptor", checks };
