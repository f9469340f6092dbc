/* What a pipe does when one side goes: end of file, SIGPIPE. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "conformance/check.h"

static void drain_then_zero(struct scene *scene)
{
	int end[2];
	char got[8];

	scene_pipe(scene, end);
	SETUP(scene, write(end[1], "abc", 3));
	close(end[1]);
	EXPECT_INT(scene, read(end[0], got, 2), 2);
	EXPECT_INT(scene, read(end[0], got, 2), 1);
	EXPECT_BYTES(scene, got, "c", 1);
	EXPECT_INT(scene, read(end[0], got, 2), 0);
	EXPECT_INT(scene, read(end[0], got, 2), 0);
}

static void wakes_blocked_reader(struct scene *scene)
{
	int end[2];
	pid_t reader;
	char byte;

	scene_pipe(scene, end);
	reader = scene_fork(scene);
	if (reader == 0) {
		close(end[1]);
		EXPECT_INT(scene, read(end[0], &byte, 1), 0);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, reader, SYS_read);
	close(end[1]);
	EXPECT_EXIT(scene, reader, 0);
}

static void default_kills(struct scene *scene)
{
	int end[2];
	pid_t writer;

	scene_pipe(scene, end);
	close(end[0]);
	writer = scene_fork(scene);
	if (writer == 0) {
		(void)!write(end[1], "x", 1);
		_exit(0);
	}
	EXPECT_KILLED(scene, writer, SIGPIPE);
}

static void ignored_epipe(struct scene *scene)
{
	int end[2];

	scene_pipe(scene, end);
	close(end[0]);
	signal(SIGPIPE, SIG_IGN);
	EXPECT_ERROR(scene, write(end[1], "x", 1), EPIPE);
}

static const struct check checks[] = {
	{ .id = "pipe.eof.drain_then_zero", .run = drain_then_zero },
	{ .id = "pipe.eof.wakes_blocked_reader",
		.run = wakes_blocked_reader,
		.needs = NEED_PROC },
	{ .id = "pipe.sigpipe.default_kills", .run = default_kills },
	{ .id = "pipe.sigpipe.ignored_epipe", .run = ignored_epipe },
	{ .id = NULL },
};

const struct suite pipe_end_suite = { "pipe_end", checks };
