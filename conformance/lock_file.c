/* Locks of an open file description: flock(), and fcntl(F_OFD_SETLK). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include "conformance/calls.h"
#include "conformance/check.h"
#include "conformance/file_help.h"
#include "conformance/lock_help.h"

static void ofd(struct scene *scene)
{
	int fd = file_help_open(scene), other = file_help_open(scene), copy;
	pid_t child;

	EXPECT_OK(scene, lock_help(fd, F_OFD_SETLK, F_WRLCK, 0, 10));
	/* Another description of the same process is in the way of itself. */
	EXPECT_INT(scene, lock_help(other, F_OFD_SETLK, F_WRLCK, 5, 1), -1);
	EXPECT(scene, errno == EAGAIN || errno == EACCES, "errno %d", errno);
	EXPECT_OK(scene, lock_help(other, F_OFD_SETLK, F_WRLCK, 10, 1));
	child = scene_fork(scene);
	if (child == 0) {
		/* Inherited: the description is the same, so is its lock. */
		EXPECT_OK(scene, lock_help(fd, F_OFD_SETLK, F_RDLCK, 0, 10));
		EXPECT_OK(scene, lock_help(fd, F_OFD_SETLK, F_WRLCK, 0, 10));
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
	/* Neither the end of a process nor another's descriptor releases it. */
	EXPECT_OK(scene, close(file_help_open(scene)));
	EXPECT_INT(scene, lock_help(other, F_OFD_SETLK, F_RDLCK, 0, 1), -1);
	copy = SETUP(scene, dup(fd));
	EXPECT_OK(scene, close(fd));
	EXPECT_INT(scene, lock_help(other, F_OFD_SETLK, F_RDLCK, 0, 1), -1);
	EXPECT_OK(scene, close(copy));
	EXPECT_OK(scene, lock_help(other, F_OFD_SETLK, F_WRLCK, 0, 10));
}

static void ofd_getlk(struct scene *scene)
{
	int fd = file_help_open(scene), other = file_help_open(scene);
	struct flock got = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	SETUP(scene, lock_help(fd, F_OFD_SETLK, F_WRLCK, 100, 10));
	EXPECT_OK(scene, fcntl(other, F_OFD_GETLK, &got));
	EXPECT_INT(scene, got.l_type, F_WRLCK);
	EXPECT_INT(scene, got.l_start, 100);
	EXPECT_INT(scene, got.l_len, 10);
	EXPECT_INT(scene, got.l_pid, -1); /* no process owns it */
	/* To a process's lock it is in the way as well. */
	got = (struct flock) { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	EXPECT_OK(scene, fcntl(fd, F_GETLK, &got));
	EXPECT_INT(scene, got.l_type, F_WRLCK);
	EXPECT_INT(scene, got.l_pid, -1);
	/* l_pid is for answers. */
	got = (struct flock) { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_pid = 1 };
	EXPECT_ERROR(scene, fcntl(other, F_OFD_SETLK, &got), EINVAL);
}

static void ofd_waits(struct scene *scene)
{
	int fd = file_help_open(scene);
	pid_t waiter;

	SETUP(scene, lock_help(fd, F_OFD_SETLK, F_WRLCK, 0, 0));
	waiter = scene_fork(scene);
	if (waiter == 0) {
		int own = file_help_open(scene);

		close(fd);
		EXPECT_OK(scene, lock_help(own, F_OFD_SETLKW, F_WRLCK, 0, 1));
		_exit(7);
	}
	EXPECT_BLOCKED(scene, waiter, IN_FCNTL);
	if (scene->number)
		EXPECT_OK(scene, close(fd));
	else
		EXPECT_OK(scene, lock_help(fd, F_OFD_SETLK, F_UNLCK, 0, 0));
	EXPECT_EXIT(scene, waiter, 7);
}

static void flock_shared_fork(struct scene *scene)
{
	int fd = file_help_open(scene), other = file_help_open(scene);
	pid_t child;

	EXPECT_OK(scene, flock(fd, LOCK_EX));
	EXPECT_ERROR(scene, flock(other, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	child = scene_fork(scene);
	if (child == 0) {
		EXPECT_OK(scene, flock(fd, LOCK_EX | LOCK_NB));
		EXPECT_OK(scene, close(fd));
		EXPECT_ERROR(scene, flock(other, LOCK_SH | LOCK_NB), EWOULDBLOCK);
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
	EXPECT_ERROR(scene, flock(other, LOCK_SH | LOCK_NB), EWOULDBLOCK);
	child = scene_fork(scene);
	if (child == 0) {
		EXPECT_OK(scene, flock(fd, LOCK_UN));
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
	EXPECT_OK(scene, flock(other, LOCK_EX | LOCK_NB));
}

static void flock_modes(struct scene *scene)
{
	int first = file_help_open(scene), second = file_help_open(scene),
	    third = file_help_open(scene);

	EXPECT_OK(scene, flock(first, LOCK_SH));
	EXPECT_OK(scene, flock(second, LOCK_SH | LOCK_NB));
	EXPECT_ERROR(scene, flock(third, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	/* A conversion that has to wait. */
	EXPECT_ERROR(scene, flock(first, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	EXPECT_OK(scene, flock(second, LOCK_UN));
	EXPECT_OK(scene, flock(first, LOCK_EX | LOCK_NB));
	EXPECT_ERROR(scene, flock(third, LOCK_SH | LOCK_NB), EWOULDBLOCK);
	EXPECT_OK(scene, flock(first, LOCK_SH));
	EXPECT_OK(scene, flock(third, LOCK_SH | LOCK_NB));
	EXPECT_ERROR(scene, flock(first, 0), EINVAL);
	EXPECT_ERROR(scene, flock(-1, LOCK_SH), EBADF);
}

/* How it is opened does not matter to flock(). */
static void flock_read_only(struct scene *scene)
{
	int fd;

	SETUP(scene, close(file_help_open(scene)));
	fd = SETUP(scene, open("file", O_RDONLY));
	EXPECT_OK(scene, flock(fd, LOCK_EX | LOCK_NB));
	EXPECT_ERROR(scene, flock(file_help_open(scene), LOCK_SH | LOCK_NB), EWOULDBLOCK);
}

static void flock_released_on_kill(struct scene *scene)
{
	pid_t holder = scene_fork(scene), waiter;

	if (holder == 0) {
		SETUP(scene, flock(file_help_open(scene), LOCK_EX));
		scene_open(scene, 0);
		for (;;)
			pause();
	}
	scene_wait(scene, 0);
	waiter = scene_fork(scene);
	if (waiter == 0) {
		EXPECT_OK(scene, flock(file_help_open(scene), LOCK_EX));
		_exit(7);
	}
	EXPECT_BLOCKED(scene, waiter, SYS_flock);
	SETUP(scene, kill(holder, SIGKILL));
	EXPECT_EXIT(scene, waiter, 7);
}

/* On local file systems the kinds of lock do not see each other. */
static void flock_beside_fcntl(struct scene *scene)
{
	int fd = file_help_open(scene);
	pid_t other;

	SETUP(scene, flock(fd, LOCK_EX));
	other = scene_fork(scene);
	if (other == 0) {
		int own = file_help_open(scene);
		struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

		EXPECT_OK(scene, fcntl(own, F_SETLK, &lock));
		_exit(0);
	}
	EXPECT_EXIT(scene, other, 0);
}

static const struct value releases[] = { { "unlock", 0 }, { "close", 1 }, { NULL, 0 } };

static const struct check checks[] = {
	{ .id = "lock.ofd", .run = ofd },
	{ .id = "lock.ofd_getlk", .run = ofd_getlk },
	{ .id = "lock.ofd_waits",
		.run = ofd_waits,
		.needs = NEED_PROC,
		.values = releases },
	{ .id = "lock.flock_shared_fork", .run = flock_shared_fork },
	{ .id = "lock.flock_modes", .run = flock_modes },
	{ .id = "lock.flock_read_only", .run = flock_read_only },
	{ .id = "lock.flock_released_on_kill",
		.run = flock_released_on_kill,
		.needs = NEED_PROC },
	{ .id = "lock.flock_beside_fcntl", .run = flock_beside_fcntl },
	{ .id = NULL },
};

const struct suite lock_file_suite = { "lock_file", checks };
