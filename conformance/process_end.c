/* What the end of a process leaves behind, and what it runs and flushes. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conformance/check.h"

enum channel { PIPE, FIFO, SOCKET };

static void exit_flushes_kernel_only(struct scene *scene)
{
	int end[2];
	pid_t child;
	char got[8] = "";

	if (scene->number == SOCKET) {
		SETUP(scene, socketpair(AF_UNIX, SOCK_STREAM, 0, end));
	} else if (scene->number == FIFO) {
		SETUP(scene, mkfifo("fifo", 0600));
		end[0] = SETUP(scene, open("fifo", O_RDONLY | O_NONBLOCK));
		end[1] = SETUP(scene, open("fifo", O_WRONLY));
		scene_nonblock(scene, end[0], false);
	} else {
		scene_pipe(scene, end);
	}
	child = scene_fork(scene);
	if (child == 0) {
		FILE *out = SETUP_POINTER(scene, fdopen(end[1], "w"));

		SETUP(scene, write(end[1], "kept", 4));
		fputs("lost", out);
		_exit(0);
	}
	close(end[1]);
	EXPECT_EXIT(scene, child, 0);
	EXPECT_INT(scene, read(end[0], got, sizeof got), 4);
	EXPECT_BYTES(scene, got, "kept", 4);
	EXPECT_INT(scene, read(end[0], got, sizeof got), 0);
}

static int exit_pipe[2];

static void say_first(void)
{
	(void)!write(exit_pipe[1], "1", 1);
}

static void say_second(void)
{
	(void)!write(exit_pipe[1], "2", 1);
}

static void exit_handlers(struct scene *scene)
{
	char got[8] = "";
	pid_t child;

	scene_pipe(scene, exit_pipe);
	child = scene_fork(scene);
	if (child == 0) {
		SETUP_CODE(scene, atexit(say_first));
		SETUP_CODE(scene, atexit(say_second));
		if (scene->number)
			exit(0);
		_exit(0);
	}
	close(exit_pipe[1]);
	EXPECT_EXIT(scene, child, 0);
	EXPECT_INT(scene, read(exit_pipe[0], got, sizeof got), scene->number ? 2 : 0);
	EXPECT_BYTES(scene, got, "21", scene->number ? 2 : 0);
}

/* What stands in a buffer of the C library is in the child's copy, too. */
static void fork_stdio_dup(struct scene *scene)
{
	FILE *out = SETUP_POINTER(scene, fopen("file", "w"));
	char got[16] = "";
	pid_t child;
	int fd;

	fputs("twice", out);
	if (scene->number)
		SETUP(scene, fflush(out));
	child = scene_fork(scene);
	if (child == 0) {
		SETUP(scene, fflush(out));
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
	fclose(out);
	fd = SETUP(scene, open("file", O_RDONLY));
	EXPECT_INT(scene, read(fd, got, sizeof got), scene->number ? 5 : 10);
	EXPECT_BYTES(scene, got, "twicetwice", scene->number ? 5 : 10);
}

static const struct value channels[] = { { "pipe", PIPE }, { "fifo", FIFO },
	{ "socket", SOCKET }, { NULL, 0 } };

static const struct value exits[] = { { "_exit", 0 }, { "exit", 1 }, { NULL, 0 } };

static const struct value flushes[] = { { "unflushed", 0 }, { "flushed", 1 },
	{ NULL, 0 } };

static const struct check checks[] = {
	{ .id = "proc.exit_flushes_kernel_only",
		.run = exit_flushes_kernel_only,
		.values = channels },
	{ .id = "proc.exit_handlers", .run = exit_handlers, .values = exits },
	{ .id = "proc.fork_stdio_dup", .run = fork_stdio_dup, .values = flushes },
	{ .id = NULL },
};

const struct suite process_end_suite = { "process_end", checks };
