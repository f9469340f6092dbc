/* Waiting for a lock on bytes of a file: fcntl(F_SETLKW). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "conformance/calls.h"
#include "conformance/check.h"
#include "conformance/file_help.h"
#include "conformance/lock_help.h"

/* A child that waits for the byte, and exits with 7 when it has it. */
static pid_t start_waiter(struct scene *scene, off_t byte)
{
	pid_t waiter = scene_fork(scene);

	if (waiter == 0) {
		int fd = file_help_open(scene);

		EXPECT_OK(scene, lock_help(fd, F_SETLKW, F_WRLCK, byte, 1));
		_exit(7);
	}
	EXPECT_BLOCKED(scene, waiter, IN_FCNTL);
	return waiter;
}

enum release { UNLOCK, CLOSE, REPLACE };

static void waiter_proceeds(struct scene *scene)
{
	int fd = file_help_open(scene);
	pid_t waiter;

	SETUP(scene, lock_help(fd, F_SETLK, F_WRLCK, 0, 1));
	waiter = start_waiter(scene, 0);
	if (scene->number == UNLOCK)
		EXPECT_OK(scene, lock_help(fd, F_SETLK, F_UNLCK, 0, 0));
	if (scene->number == CLOSE)
		EXPECT_OK(scene, close(fd));
	if (scene->number == REPLACE) {
		EXPECT_OK(scene, lock_help(fd, F_SETLK, F_RDLCK, 0, 1));
		EXPECT_BLOCKED(scene, waiter, IN_FCNTL);
		EXPECT_OK(scene, lock_help(fd, F_SETLK, F_UNLCK, 0, 1));
	}
	EXPECT_EXIT(scene, waiter, 7);
}

static void released_on_kill(struct scene *scene)
{
	pid_t holder = scene_fork(scene), waiter;

	if (holder == 0) {
		int fd = file_help_open(scene);

		SETUP(scene, lock_help(fd, F_SETLK, F_WRLCK, 0, 0));
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
	lock_help_expect_free(scene, 0, 0);
}

static void deadlock_edeadlk(struct scene *scene)
{
	int fd = file_help_open(scene);
	pid_t waiter;

	SETUP(scene, lock_help(fd, F_SETLK, F_WRLCK, 0, 1));
	waiter = scene_fork(scene);
	if (waiter == 0) {
		int own = file_help_open(scene);

		SETUP(scene, lock_help(own, F_SETLK, F_WRLCK, 1, 1));
		EXPECT_OK(scene, lock_help(own, F_SETLKW, F_WRLCK, 0, 1));
		_exit(7);
	}
	EXPECT_BLOCKED(scene, waiter, IN_FCNTL);
	PROMISED(scene, "the cycle is noticed");
	EXPECT_ERROR(scene, lock_help(fd, F_SETLKW, F_WRLCK, 1, 1), EDEADLK);
	arrived(scene);
	/* Whoever was told lets go, and the other goes on. */
	EXPECT_OK(scene, lock_help(fd, F_SETLK, F_UNLCK, 0, 1));
	EXPECT_EXIT(scene, waiter, 7);
}

static const struct value releases[] = { { "unlock", UNLOCK }, { "close", CLOSE },
	{ "replace", REPLACE }, { NULL, 0 } };

static const struct value ends[] = { { "killed", 0 }, { "exited", 1 }, { NULL, 0 } };

static const struct check checks[] = {
	{ .id = "lock.waiter_proceeds",
		.run = waiter_proceeds,
		.needs = NEED_PROC,
		.values = releases },
	{ .id = "lock.released_on_kill",
		.run = released_on_kill,
		.needs = NEED_PROC,
		.values = ends },
	{ .id = "lock.deadlock_edeadlk", .run = deadlock_edeadlk, .needs = NEED_PROC },
	{ .id = NULL },
};

const struct suite lock_wait_suite = { "lock_wait", checks };
