/* Locks of a process on bytes of a file: fcntl(F_SETLK). */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/file_help.h"
#include "conformance/lock_help.h"

enum closing { FORK, CLOSE_OTHER, CLOSE_COPY };

static void fcntl_fork_close(struct scene *scene)
{
	int fd = file_help_open(scene), other = file_help_open(scene),
	    copy = SETUP(scene, dup(fd));
	pid_t child;

	SETUP(scene, lock_help(fd, F_SETLK, F_WRLCK, 0, 10));
	lock_help_expect_locked(scene, F_WRLCK, 0, 10, getpid());
	if (scene->number == FORK) {
		child = scene_fork(scene);
		if (child == 0) {
			/* The lock is another's, and closing what was inherited does not
			 * release it. */
			EXPECT_INT(scene, lock_help(fd, F_SETLK, F_WRLCK, 0, 10), -1);
			EXPECT(scene, errno == EAGAIN || errno == EACCES, "errno %d",
				errno);
			close(fd);
			_exit(0);
		}
		EXPECT_EXIT(scene, child, 0);
		lock_help_expect_locked(scene, F_WRLCK, 0, 10, getpid());
		return;
	}
	EXPECT_OK(scene, close(scene->number == CLOSE_OTHER ? other : copy));
	lock_help_expect_free(scene, 0, 10);
}

static void conflict(struct scene *scene)
{
	int held = (int)scene->number, fd = file_help_open(scene);
	pid_t other;

	SETUP(scene, lock_help(fd, F_SETLK, held, 100, 10));
	other = scene_fork(scene);
	if (other == 0) {
		int own = file_help_open(scene);

		EXPECT_INT(scene, lock_help(own, F_SETLK, F_WRLCK, 109, 1), -1);
		EXPECT(scene, errno == EAGAIN || errno == EACCES, "errno %d", errno);
		EXPECT_INT(scene, lock_help(own, F_SETLK, F_RDLCK, 90, 11),
			held == F_RDLCK ? 0 : -1);
		/* Beside it there is room. */
		EXPECT_OK(scene, lock_help(own, F_SETLK, F_WRLCK, 90, 10));
		EXPECT_OK(scene, lock_help(own, F_SETLK, F_WRLCK, 110, 0));
		_exit(0);
	}
	EXPECT_EXIT(scene, other, 0);
	/* One's own lock is replaced. */
	EXPECT_OK(scene,
		lock_help(fd, F_SETLK, held == F_RDLCK ? F_WRLCK : F_RDLCK, 100, 10));
	lock_help_expect_locked(
		scene, held == F_RDLCK ? F_WRLCK : F_RDLCK, 100, 10, getpid());
}

static void getlk_tells(struct scene *scene)
{
	int fd = file_help_open(scene);
	struct flock got;

	SETUP(scene, lock_help(fd, F_SETLK, F_WRLCK, 100, 10));
	SETUP(scene, lock_help(fd, F_SETLK, F_RDLCK, 50, 10));
	got = lock_help_in_the_way(scene, F_RDLCK, 0, 0);
	EXPECT_INT(scene, got.l_type, F_WRLCK);
	EXPECT_INT(scene, got.l_whence, SEEK_SET);
	EXPECT_INT(scene, got.l_start, 100);
	EXPECT_INT(scene, got.l_len, 10);
	EXPECT_INT(scene, got.l_pid, getpid());
	/* To nothing in the way, only the type is changed. */
	got = lock_help_in_the_way(scene, F_WRLCK, 60, 40);
	EXPECT_INT(scene, got.l_type, F_UNLCK);
	EXPECT_INT(scene, got.l_start, 60);
	EXPECT_INT(scene, got.l_len, 40);
	/* One's own locks are not in one's way. */
	got = lock_help_range(F_WRLCK, 0, 0);
	EXPECT_OK(scene, fcntl(fd, F_GETLK, &got));
	EXPECT_INT(scene, got.l_type, F_UNLCK);
}

static void split_merge(struct scene *scene)
{
	int fd = file_help_open(scene);

	SETUP(scene, lock_help(fd, F_SETLK, F_WRLCK, 0, 100));
	EXPECT_OK(scene, lock_help(fd, F_SETLK, F_UNLCK, 40, 20));
	lock_help_expect_locked(scene, F_WRLCK, 0, 40, getpid());
	lock_help_expect_free(scene, 40, 20);
	lock_help_expect_locked(scene, F_WRLCK, 60, 40, getpid());
	EXPECT_OK(scene, lock_help(fd, F_SETLK, F_RDLCK, 30, 40));
	lock_help_expect_locked(scene, F_WRLCK, 29, 1, getpid());
	lock_help_expect_locked(scene, F_RDLCK, 30, 1, getpid());
	lock_help_expect_locked(scene, F_RDLCK, 69, 1, getpid());
	lock_help_expect_locked(scene, F_WRLCK, 70, 1, getpid());
	EXPECT_OK(scene, lock_help(fd, F_SETLK, F_UNLCK, 0, 0));
	lock_help_expect_free(scene, 0, 0);
}

/* From where it is counted, backwards, and to wherever the file may end. */
static void whence(struct scene *scene)
{
	int fd = file_help_open(scene);
	struct flock at = { .l_type = F_WRLCK, .l_whence = (short)scene->number };

	SETUP(scene, ftruncate(fd, 1000));
	SETUP(scene, lseek(fd, 500, SEEK_SET));
	at.l_start = scene->number == SEEK_END   ? -600
		     : scene->number == SEEK_CUR ? -100
						 : 400;
	at.l_len = -50;
	EXPECT_OK(scene, fcntl(fd, F_SETLK, &at));
	lock_help_expect_free(scene, 300, 50);
	lock_help_expect_locked(scene, F_WRLCK, 350, 1, getpid());
	lock_help_expect_locked(scene, F_WRLCK, 399, 1, getpid());
	lock_help_expect_free(scene, 400, 0);
	at.l_start += 300;
	at.l_len = 0;
	EXPECT_OK(scene, fcntl(fd, F_SETLK, &at));
	lock_help_expect_locked(scene, F_WRLCK, 1 << 30, 1, getpid());
}

enum refusal { READ_OF_WRONLY, WRITE_OF_RDONLY, NEGATIVE, BAD_TYPE, BAD_WHENCE };

static void refused(struct scene *scene)
{
	int fd = file_help_open(scene);
	struct flock bad = lock_help_range(F_WRLCK, 0, 1);

	switch ((enum refusal)scene->number) {
	case READ_OF_WRONLY:
		fd = SETUP(scene, open("file", O_WRONLY));
		EXPECT_ERROR(scene, lock_help(fd, F_SETLK, F_RDLCK, 0, 1), EBADF);
		EXPECT_OK(scene, lock_help(fd, F_SETLK, F_WRLCK, 0, 1));
		break;
	case WRITE_OF_RDONLY:
		fd = SETUP(scene, open("file", O_RDONLY));
		EXPECT_ERROR(scene, lock_help(fd, F_SETLK, F_WRLCK, 0, 1), EBADF);
		EXPECT_OK(scene, lock_help(fd, F_SETLK, F_RDLCK, 0, 1));
		break;
	case NEGATIVE:
		EXPECT_ERROR(scene, lock_help(fd, F_SETLK, F_WRLCK, -1, 1), EINVAL);
		EXPECT_ERROR(scene, lock_help(fd, F_SETLK, F_WRLCK, 10, -11), EINVAL);
		break;
	case BAD_TYPE:
		EXPECT_ERROR(scene, lock_help(fd, F_SETLK, 77, 0, 1), EINVAL);
		break;
	case BAD_WHENCE:
		bad.l_whence = 77;
		EXPECT_ERROR(scene, fcntl(fd, F_SETLK, &bad), EINVAL);
		break;
	}
}

static void lockf_calls(struct scene *scene)
{
	int fd = file_help_open(scene);
	pid_t other;

	SETUP(scene, lseek(fd, 10, SEEK_SET));
	EXPECT_OK(scene, lockf(fd, F_TLOCK, 5));
	EXPECT_OK(scene, lockf(fd, F_TEST, 5));
	other = scene_fork(scene);
	if (other == 0) {
		int own = file_help_open(scene);

		SETUP(scene, lseek(own, 14, SEEK_SET));
		EXPECT_INT(scene, lockf(own, F_TEST, 1), -1);
		EXPECT(scene, errno == EAGAIN || errno == EACCES, "errno %d", errno);
		EXPECT_INT(scene, lockf(own, F_TLOCK, 1), -1);
		SETUP(scene, lseek(own, 15, SEEK_SET));
		EXPECT_OK(scene, lockf(own, F_TEST, 0));
		EXPECT_OK(scene, lockf(own, F_TLOCK, 0));
		_exit(0);
	}
	EXPECT_EXIT(scene, other, 0);
	EXPECT_OK(scene, lockf(fd, F_ULOCK, 5));
	lock_help_expect_free(scene, 0, 0);
	EXPECT_ERROR(scene, lockf(fd, 77, 5), EINVAL);
}

static const struct value closings[] = { { "fork", FORK }, { "close_other", CLOSE_OTHER },
	{ "close_copy", CLOSE_COPY }, { NULL, 0 } };

static const struct value types[] = { { "read", F_RDLCK }, { "write", F_WRLCK },
	{ NULL, 0 } };

static const struct value whences[] = { { "set", SEEK_SET }, { "cur", SEEK_CUR },
	{ "end", SEEK_END }, { NULL, 0 } };

static const struct value refusals[] = { { "read_of_wronly", READ_OF_WRONLY },
	{ "write_of_rdonly", WRITE_OF_RDONLY }, { "negative", NEGATIVE },
	{ "type", BAD_TYPE }, { "whence", BAD_WHENCE }, { NULL, 0 } };

static const struct check checks[] = {
	{ .id = "lock.fcntl_fork_close", .run = fcntl_fork_close, .values = closings },
	{ .id = "lock.conflict", .run = conflict, .values = types },
	{ .id = "lock.getlk_tells", .run = getlk_tells },
	{ .id = "lock.split_merge", .run = split_merge },
	{ .id = "lock.whence", .run = whence, .values = whences },
	{ .id = "lock.refused", .run = refused, .values = refusals },
	{ .id = "lock.lockf_calls", .run = lockf_calls },
	{ .id = NULL },
};

const struct suite lock_record_suite = { "lock_record", checks };
