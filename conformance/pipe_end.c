/* When the last writer of a pipe goes: end of file. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/pipe_help.h"

static void drain_then_zero(struct scene *scene)
{
	int end[2];
	char got[8];

	scene_pipe(scene, end);
	SETUP(scene, write(end[1], "abc", 3));
	close(end[1]);
	PROMISED(scene, "the data and the end come");
	EXPECT_INT(scene, read(end[0], got, 2), 2);
	EXPECT_INT(scene, read(end[0], got, 2), 1);
	EXPECT_BYTES(scene, got, "c", 1);
	EXPECT_INT(scene, read(end[0], got, 2), 0);
	EXPECT_INT(scene, read(end[0], got, 2), 0);
}

enum { DUPLICATE, CHILD };
static const struct value holders[] = { { "duplicate", DUPLICATE }, { "child", CHILD },
	{ NULL, 0 } };

static void last_writer_only(struct scene *scene)
{
	int end[2], other = -1;
	pid_t child = -1;
	char got;

	scene_pipe(scene, end);
	if (scene->number == DUPLICATE) {
		other = SETUP(scene, dup(end[1]));
	} else {
		child = scene_fork(scene);
		if (child == 0) {
			scene_wait(scene, 0);
			_exit(0);
		}
	}
	close(end[1]);
	scene_nonblock(scene, end[0], true);
	EXPECT_ERROR(scene, read(end[0], &got, 1), EAGAIN);
	if (scene->number == DUPLICATE) {
		close(other);
	} else {
		scene_open(scene, 0);
		EXPECT_EXIT(scene, child, 0);
	}
	EXPECT_INT(scene, read(end[0], &got, 1), 0);
}

static pid_t blocked_reader(struct scene *scene, const int end[2])
{
	pid_t reader = scene_fork(scene);
	char byte;

	if (reader == 0) {
		close(end[1]);
		EXPECT_INT(scene, read(end[0], &byte, 1), 0);
		_exit(0);
	}
	return reader;
}

static void wakes_blocked_reader(struct scene *scene)
{
	int end[2];
	pid_t reader;

	scene_pipe(scene, end);
	reader = blocked_reader(scene, end);
	EXPECT_BLOCKED(scene, reader, SYS_read);
	close(end[1]);
	EXPECT_EXIT(scene, reader, 0);
}

#define READERS 32
static const struct value crowds[] = { { "2", 2 }, { "8", 8 }, { "32", READERS },
	{ NULL, 0 } };

static void wakes_all_readers(struct scene *scene)
{
	pid_t reader[READERS];
	int end[2], readers = (int)scene->number;

	scene_pipe(scene, end);
	for (int i = 0; i < readers; i++)
		reader[i] = blocked_reader(scene, end);
	for (int i = 0; i < readers; i++)
		EXPECT_BLOCKED(scene, reader[i], SYS_read);
	close(end[1]);
	for (int i = 0; i < readers; i++)
		EXPECT_EXIT(scene, reader[i], 0);
}

static void writer_sigkill(struct scene *scene)
{
	pid_t writer;
	char got[8];
	int end[2];

	scene_pipe(scene, end);
	writer = scene_fork(scene);
	if (writer == 0) {
		EXPECT_INT(scene, write(end[1], "abc", 3), 3);
		scene_open(scene, 0);
		for (;;)
			pause();
	}
	close(end[1]);
	scene_wait(scene, 0);
	SETUP(scene, kill(writer, SIGKILL));
	EXPECT_KILLED(scene, writer, SIGKILL);
	PROMISED(scene, "the data and the end come");
	EXPECT_INT(scene, read(end[0], got, sizeof got), 3);
	EXPECT_BYTES(scene, got, "abc", 3);
	EXPECT_INT(scene, read(end[0], got, sizeof got), 0);
	arrived(scene);
}

/* A shell that says something has been executed; it waits for its input. */
static void exec_cloexec(struct scene *scene)
{
	int end[2], input[2], output[2];
	pid_t shell;
	char got;

	SETUP(scene, pipe2(end, O_CLOEXEC));
	scene_pipe(scene, input);
	scene_pipe(scene, output);
	shell = scene_fork(scene);
	if (shell == 0) {
		SETUP(scene, dup2(input[0], 0));
		SETUP(scene, dup2(output[1], 1));
		close(input[1]);
		execl("/bin/sh", "sh", "-c", "echo; read line", (char *)NULL);
		SKIP(scene, "needs /bin/sh");
	}
	close(end[1]);
	pipe_read_all(scene, output[0], &got, 1);
	scene_nonblock(scene, end[0], true);
	EXPECT_INT(scene, read(end[0], &got, 1), 0);
	close(input[1]);
	REAP(scene, shell, "the shell ends");
}

static const struct check checks[] = {
	{ .id = "pipe.eof.drain_then_zero", .run = drain_then_zero },
	{ .id = "pipe.eof.last_writer_only", .run = last_writer_only, .values = holders },
	{ .id = "pipe.eof.wakes_blocked_reader",
		.run = wakes_blocked_reader,
		.needs = NEED_PROC },
	{ .id = "pipe.eof.wakes_all_readers",
		.run = wakes_all_readers,
		.needs = NEED_PROC,
		.values = crowds },
	{ .id = "pipe.eof.writer_sigkill", .run = writer_sigkill },
	{ .id = "pipe.eof.exec_cloexec", .run = exec_cloexec },
	{ .id = NULL },
};

const struct suite pipe_end_suite = { "pipe_end", checks };
