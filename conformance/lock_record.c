/* Locks of a process on bytes of a file: fcntl(F_SETLK). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "conformance/calls.h"
#include "conformance/check.h"

static struct flock range(int type, off_t start, off_t length)
{
	return (struct flock) { .l_type = (short)type,
		.l_whence = SEEK_SET,
		.l_start = start,
		.l_len = length };
}

static int64_t try_lock(int fd, int type, off_t start, off_t length)
{
	struct flock lock = range(type, start, length);

	return fcntl(fd, F_SETLK, &lock);
}

static void lock(struct scene *scene, int fd, int type, off_t start, off_t length)
{
	SETUP(scene, try_lock(fd, type, start, length));
}

static int64_t wait_for_lock(int fd, int type, off_t start, off_t length)
{
	struct flock wanted = range(type, start, length);

	return fcntl(fd, F_SETLKW, &wanted);
}

static int open_file(struct scene *scene)
{
	return SETUP(scene, open("file", O_RDWR | O_CREAT, 0600));
}

/* What another process than `holder` is told would be in the way; F_UNLCK: nothing. A
 * process of its own asks, for nobody is in his own way. */
static struct flock in_the_way(struct scene *scene, int type, off_t start, off_t length)
{
	struct flock *answer = scene_memory(scene, sizeof *answer);
	pid_t asker = scene_fork(scene);

	if (asker == 0) {
		int fd = open_file(scene);

		*answer = range(type, start, length);
		EXPECT_OK(scene, fcntl(fd, F_GETLK, answer));
		_exit(0);
	}
	EXPECT_EXIT(scene, asker, 0);
	return *answer;
}

static void expect_free(struct scene *scene, off_t start, off_t length)
{
	EXPECT_INT(scene, in_the_way(scene, F_WRLCK, start, length).l_type, F_UNLCK);
}

static void expect_locked(
	struct scene *scene, int type, off_t start, off_t length, pid_t holder)
{
	struct flock got = in_the_way(scene, F_WRLCK, start, length);

	EXPECT_INT(scene, got.l_type, type);
	EXPECT_INT(scene, got.l_pid, holder);
}

enum closing { FORK, CLOSE_OTHER, CLOSE_COPY };

static void fcntl_fork_close(struct scene *scene)
{
	int fd = open_file(scene), other = open_file(scene), copy = SETUP(scene, dup(fd));
	pid_t child;

	lock(scene, fd, F_WRLCK, 0, 10);
	expect_locked(scene, F_WRLCK, 0, 10, getpid());
	if (scene->number == FORK) {
		child = scene_fork(scene);
		if (child == 0) {
			/* The lock is another's, and closing what was inherited does not
			 * release it. */
			EXPECT_INT(scene, try_lock(fd, F_WRLCK, 0, 10), -1);
			EXPECT(scene, errno == EAGAIN || errno == EACCES, "errno %d",
				errno);
			close(fd);
			_exit(0);
		}
		EXPECT_EXIT(scene, child, 0);
		expect_locked(scene, F_WRLCK, 0, 10, getpid());
		return;
	}
	EXPECT_OK(scene, close(scene->number == CLOSE_OTHER ? other : copy));
	expect_free(scene, 0, 10);
}

static void conflict(struct scene *scene)
{
	int held = (int)scene->number, fd = open_file(scene);
	pid_t other;

	lock(scene, fd, held, 100, 10);
	other = scene_fork(scene);
	if (other == 0) {
		int own = open_file(scene);

		EXPECT_INT(scene, try_lock(own, F_WRLCK, 109, 1), -1);
		EXPECT(scene, errno == EAGAIN || errno == EACCES, "errno %d", errno);
		EXPECT_INT(
			scene, try_lock(own, F_RDLCK, 90, 11), held == F_RDLCK ? 0 : -1);
		/* Beside it there is room. */
		EXPECT_OK(scene, try_lock(own, F_WRLCK, 90, 10));
		EXPECT_OK(scene, try_lock(own, F_WRLCK, 110, 0));
		_exit(0);
	}
	EXPECT_EXIT(scene, other, 0);
	/* One's own lock is replaced. */
	EXPECT_OK(scene, try_lock(fd, held == F_RDLCK ? F_WRLCK : F_RDLCK, 100, 10));
	expect_locked(scene, held == F_RDLCK ? F_WRLCK : F_RDLCK, 100, 10, getpid());
}

static void getlk_tells(struct scene *scene)
{
	int fd = open_file(scene);
	struct flock got;

	lock(scene, fd, F_WRLCK, 100, 10);
	lock(scene, fd, F_RDLCK, 50, 10);
	got = in_the_way(scene, F_RDLCK, 0, 0);
	EXPECT_INT(scene, got.l_type, F_WRLCK);
	EXPECT_INT(scene, got.l_whence, SEEK_SET);
	EXPECT_INT(scene, got.l_start, 100);
	EXPECT_INT(scene, got.l_len, 10);
	EXPECT_INT(scene, got.l_pid, getpid());
	/* To nothing in the way, only the type is changed. */
	got = in_the_way(scene, F_WRLCK, 60, 40);
	EXPECT_INT(scene, got.l_type, F_UNLCK);
	EXPECT_INT(scene, got.l_start, 60);
	EXPECT_INT(scene, got.l_len, 40);
	/* One's own locks are not in one's way. */
	got = range(F_WRLCK, 0, 0);
	EXPECT_OK(scene, fcntl(fd, F_GETLK, &got));
	EXPECT_INT(scene, got.l_type, F_UNLCK);
}

static void split_merge(struct scene *scene)
{
	int fd = open_file(scene);

	lock(scene, fd, F_WRLCK, 0, 100);
	EXPECT_OK(scene, try_lock(fd, F_UNLCK, 40, 20));
	expect_locked(scene, F_WRLCK, 0, 40, getpid());
	expect_free(scene, 40, 20);
	expect_locked(scene, F_WRLCK, 60, 40, getpid());
	EXPECT_OK(scene, try_lock(fd, F_RDLCK, 30, 40));
	expect_locked(scene, F_WRLCK, 29, 1, getpid());
	expect_locked(scene, F_RDLCK, 30, 1, getpid());
	expect_locked(scene, F_RDLCK, 69, 1, getpid());
	expect_locked(scene, F_WRLCK, 70, 1, getpid());
	EXPECT_OK(scene, try_lock(fd, F_UNLCK, 0, 0));
	expect_free(scene, 0, 0);
}

/* From where it is counted, backwards, and to wherever the file may end. */
static void whence(struct scene *scene)
{
	int fd = open_file(scene);
	struct flock at = { .l_type = F_WRLCK, .l_whence = (short)scene->number };

	SETUP(scene, ftruncate(fd, 1000));
	SETUP(scene, lseek(fd, 500, SEEK_SET));
	at.l_start = scene->number == SEEK_END   ? -600
		     : scene->number == SEEK_CUR ? -100
						 : 400;
	at.l_len = -50;
	EXPECT_OK(scene, fcntl(fd, F_SETLK, &at));
	expect_free(scene, 300, 50);
	expect_locked(scene, F_WRLCK, 350, 1, getpid());
	expect_locked(scene, F_WRLCK, 399, 1, getpid());
	expect_free(scene, 400, 0);
	at.l_start += 300;
	at.l_len = 0;
	EXPECT_OK(scene, fcntl(fd, F_SETLK, &at));
	expect_locked(scene, F_WRLCK, 1 << 30, 1, getpid());
}

enum refusal { READ_OF_WRONLY, WRITE_OF_RDONLY, NEGATIVE, BAD_TYPE, BAD_WHENCE };

static void refused(struct scene *scene)
{
	int fd = open_file(scene);
	struct flock bad = range(F_WRLCK, 0, 1);

	switch ((enum refusal)scene->number) {
	case READ_OF_WRONLY:
		fd = SETUP(scene, open("file", O_WRONLY));
		EXPECT_ERROR(scene, try_lock(fd, F_RDLCK, 0, 1), EBADF);
		EXPECT_OK(scene, try_lock(fd, F_WRLCK, 0, 1));
		break;
	case WRITE_OF_RDONLY:
		fd = SETUP(scene, open("file", O_RDONLY));
		EXPECT_ERROR(scene, try_lock(fd, F_WRLCK, 0, 1), EBADF);
		EXPECT_OK(scene, try_lock(fd, F_RDLCK, 0, 1));
		break;
	case NEGATIVE:
		EXPECT_ERROR(scene, try_lock(fd, F_WRLCK, -1, 1), EINVAL);
		EXPECT_ERROR(scene, try_lock(fd, F_WRLCK, 10, -11), EINVAL);
		break;
	case BAD_TYPE:
		EXPECT_ERROR(scene, try_lock(fd, 77, 0, 1), EINVAL);
		break;
	case BAD_WHENCE:
		bad.l_whence = 77;
		EXPECT_ERROR(scene, fcntl(fd, F_SETLK, &bad), EINVAL);
		break;
	}
}

/* A child that waits for the byte, and exits with 7 when it has it. */
static pid_t start_waiter(struct scene *scene, off_t byte)
{
	pid_t waiter = scene_fork(scene);

	if (waiter == 0) {
		int fd = open_file(scene);

		EXPECT_OK(scene, wait_for_lock(fd, F_WRLCK, byte, 1));
		_exit(7);
	}
	EXPECT_BLOCKED(scene, waiter, IN_FCNTL);
	return waiter;
}

enum release { UNLOCK, CLOSE, REPLACE };

static void waiter_proceeds(struct scene *scene)
{
	int fd = open_file(scene);
	pid_t waiter;

	lock(scene, fd, F_WRLCK, 0, 1);
	waiter = start_waiter(scene, 0);
	if (scene->number == UNLOCK)
		EXPECT_OK(scene, try_lock(fd, F_UNLCK, 0, 0));
	if (scene->number == CLOSE)
		EXPECT_OK(scene, close(fd));
	if (scene->number == REPLACE) {
		EXPECT_OK(scene, try_lock(fd, F_RDLCK, 0, 1));
		EXPECT_BLOCKED(scene, waiter, IN_FCNTL);
		EXPECT_OK(scene, try_lock(fd, F_UNLCK, 0, 1));
	}
	EXPECT_EXIT(scene, waiter, 7);
}

static void released_on_kill(struct scene *scene)
{
	pid_t holder = scene_fork(scene), waiter;

	if (holder == 0) {
		int fd = open_file(scene);

		lock(scene, fd, F_WRLCK, 0, 0);
		scene_open(scene, 0);
		scene_wait(scene, 1);
		_exit(0);
	}
	scene_wait(scene, 0);
	waiter = start_waiter(scene, 5);
	if (scene->number)
		scene_open(scene, 1);
	else
		SETUP(scene, kill(holder, SIGKILL));
	EXPECT_EXIT(scene, waiter, 7);
	expect_free(scene, 0, 0);
}

static void deadlock_edeadlk(struct scene *scene)
{
	int fd = open_file(scene);
	pid_t waiter;

	lock(scene, fd, F_WRLCK, 0, 1);
	waiter = scene_fork(scene);
	if (waiter == 0) {
		int own = open_file(scene);

		lock(scene, own, F_WRLCK, 1, 1);
		EXPECT_OK(scene, wait_for_lock(own, F_WRLCK, 0, 1));
		_exit(7);
	}
	EXPECT_BLOCKED(scene, waiter, IN_FCNTL);
	PROMISED(scene, "the cycle is noticed");
	EXPECT_ERROR(scene, wait_for_lock(fd, F_WRLCK, 1, 1), EDEADLK);
	arrived(scene);
	/* Whoever was told lets go, and the other goes on. */
	EXPECT_OK(scene, try_lock(fd, F_UNLCK, 0, 1));
	EXPECT_EXIT(scene, waiter, 7);
}

static void lockf_calls(struct scene *scene)
{
	int fd = open_file(scene);
	pid_t other;

	SETUP(scene, lseek(fd, 10, SEEK_SET));
	EXPECT_OK(scene, lockf(fd, F_TLOCK, 5));
	EXPECT_OK(scene, lockf(fd, F_TEST, 5));
	other = scene_fork(scene);
	if (other == 0) {
		int own = open_file(scene);

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
	expect_free(scene, 0, 0);
	EXPECT_ERROR(scene, lockf(fd, 77, 5), EINVAL);
}

static const struct value closings[] = { { "fork", FORK }, { "close_other", CLOSE_OTHER },
	{ "close_copy", CLOSE_COPY }, { NULL } };

static const struct value types[] = { { "read", F_RDLCK }, { "write", F_WRLCK },
	{ NULL } };

static const struct value whences[] = { { "set", SEEK_SET }, { "cur", SEEK_CUR },
	{ "end", SEEK_END }, { NULL } };

static const struct value refusals[] = { { "read_of_wronly", READ_OF_WRONLY },
	{ "write_of_rdonly", WRITE_OF_RDONLY }, { "negative", NEGATIVE },
	{ "type", BAD_TYPE }, { "whence", BAD_WHENCE }, { NULL } };

static const struct value releases[] = { { "unlock", UNLOCK }, { "close", CLOSE },
	{ "replace", REPLACE }, { NULL } };

static const struct value ends[] = { { "killed", 0 }, { "exited", 1 }, { NULL } };

static const struct check checks[] = {
	{ .id = "lock.fcntl_fork_close", .run = fcntl_fork_close, .values = closings },
	{ .id = "lock.conflict", .run = conflict, .values = types },
	{ .id = "lock.getlk_tells", .run = getlk_tells },
	{ .id = "lock.split_merge", .run = split_merge },
	{ .id = "lock.whence", .run = whence, .values = whences },
	{ .id = "lock.refused", .run = refused, .values = refusals },
	{ .id = "lock.waiter_proceeds",
		.run = waiter_proceeds,
		.needs = NEED_PROC,
		.values = releases },
	{ .id = "lock.released_on_kill",
		.run = released_on_kill,
		.needs = NEED_PROC,
		.values = ends },
	{ .id = "lock.deadlock_edeadlk", .run = deadlock_edeadlk, .needs = NEED_PROC },
	{ .id = "lock.lockf_calls", .run = lockf_calls },
	{ .id = NULL },
};

const struct suite lock_record_suite = { "lock_record", checks };
