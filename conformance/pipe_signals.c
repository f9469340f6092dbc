/* What a signal does to somebody who waits at a pipe. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/pipe_help.h"

enum { READ, READV, WRITE, WRITEV };
static const struct value reads[] = { { "read", READ }, { "readv", READV }, { NULL, 0 } };
static const struct value writes[] = { { "write", WRITE }, { "writev", WRITEV },
	{ NULL, 0 } };

/* Opens gate 0 from the handler: an atomic store and a system call. */
static struct scene *handled;

static void tell(int number)
{
	(void)number;
	scene_open(handled, 0);
}

static void handle(struct scene *scene, int flags)
{
	struct sigaction action = { .sa_handler = tell, .sa_flags = flags };

	handled = scene;
	SETUP(scene, sigaction(SIGUSR1, &action, NULL));
}

static ssize_t transfer(const struct scene *scene, const int end[2], char *byte)
{
	const struct iovec one = { byte, 1 };

	switch (scene->number) {
	case READ:
		return read(end[0], byte, 1);
	case READV:
		return readv(end[0], &one, 1);
	case WRITE:
		return write(end[1], byte, 1);
	default:
		return writev(end[1], &one, 1);
	}
}

/* A child that waits to read from an empty pipe, or to write to a full one. */
static pid_t waiting(struct scene *scene, const int end[2], int flags)
{
	bool is_writer = scene->number == WRITE || scene->number == WRITEV;
	char byte = 'x';
	pid_t child;

	if (is_writer)
		pipe_fill(scene, end[1]);
	handle(scene, flags);
	child = scene_fork(scene);
	if (child == 0) {
		close(end[!is_writer]);
		if (flags & SA_RESTART)
			EXPECT_INT(scene, transfer(scene, end, &byte), 1);
		else
			EXPECT_ERROR(scene, transfer(scene, end, &byte), EINTR);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, child, SYS_read, SYS_readv, SYS_write, SYS_writev);
	return child;
}

static void eintr(struct scene *scene)
{
	pid_t child;
	int end[2];

	scene_pipe(scene, end);
	child = waiting(scene, end, 0);
	SETUP(scene, kill(child, SIGUSR1));
	EXPECT_EXIT(scene, child, 0);
}

static void sa_restart(struct scene *scene)
{
	bool is_writer = scene->number == WRITE || scene->number == WRITEV;
	pid_t child;
	int end[2];

	scene_pipe(scene, end);
	child = waiting(scene, end, SA_RESTART);
	SETUP(scene, kill(child, SIGUSR1));
	PROMISED(scene, "the handler runs");
	scene_wait(scene, 0);
	arrived(scene);
	EXPECT_BLOCKED(scene, child, SYS_read, SYS_readv, SYS_write, SYS_writev);
	if (is_writer)
		pipe_drain(scene, end[0], NULL, SIZE_MAX);
	else
		SETUP(scene, write(end[1], "y", 1));
	EXPECT_EXIT(scene, child, 0);
}

/* flags of the handler */
static const struct value flags[] = { { "no_sa_restart", 0 },
	{ "sa_restart", SA_RESTART }, { NULL, 0 } };

static void partial_write(struct scene *scene)
{
	size_t capacity;
	pid_t writer;
	int end[2];

	scene_pipe(scene, end);
	capacity = (size_t)pipe_fill(scene, end[1]);
	pipe_drain(scene, end[0], NULL, SIZE_MAX);
	handle(scene, (int)scene->number);
	writer = pipe_writer(scene, end[1], end[0], 2 * capacity);
	EXPECT_BLOCKED(scene, writer, SYS_write);
	SETUP(scene, kill(writer, SIGUSR1));
	EXPECT_EXIT(scene, writer, 0);
	EXPECT_INT(scene, scene->common->cells[PIPE_WRITTEN], capacity);
	EXPECT_INT(scene, pipe_drain(scene, end[0], NULL, SIZE_MAX), capacity);
}

static void poll_eintr(struct scene *scene)
{
	pid_t child;
	int end[2];

	scene_pipe(scene, end);
	handle(scene, (int)scene->number);
	child = scene_fork(scene);
	if (child == 0) {
		struct pollfd polled = { end[0], POLLIN, 0 };

		EXPECT_ERROR(scene, poll(&polled, 1, -1), EINTR);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, child, IN_POLL);
	SETUP(scene, kill(child, SIGUSR1));
	EXPECT_EXIT(scene, child, 0);
}

/* Stopped and continued, without a handler, it waits as before. */
static void stop_and_continue(struct scene *scene)
{
	pid_t reader;
	int end[2];
	char got;

	scene_pipe(scene, end);
	reader = scene_fork(scene);
	if (reader == 0) {
		close(end[1]);
		EXPECT_INT(scene, read(end[0], &got, 1), 1);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, reader, SYS_read);
	SETUP(scene, kill(reader, SIGSTOP));
	EXPECT_STATE(scene, reader, "T");
	SETUP(scene, kill(reader, SIGCONT));
	EXPECT_BLOCKED(scene, reader, SYS_read);
	SETUP(scene, write(end[1], "x", 1));
	EXPECT_EXIT(scene, reader, 0);
}

static const struct check checks[] = {
	{ .id = "pipe.signal.eintr_read",
		.run = eintr,
		.needs = NEED_PROC,
		.values = reads },
	{ .id = "pipe.signal.eintr_write",
		.run = eintr,
		.needs = NEED_PROC,
		.values = writes },
	{ .id = "pipe.signal.sa_restart_read",
		.run = sa_restart,
		.needs = NEED_PROC,
		.values = reads },
	{ .id = "pipe.signal.sa_restart_write",
		.run = sa_restart,
		.needs = NEED_PROC,
		.values = writes },
	{ .id = "pipe.signal.partial_write_count",
		.run = partial_write,
		.needs = NEED_PROC,
		.values = flags },
	{ .id = "pipe.signal.poll_eintr",
		.run = poll_eintr,
		.needs = NEED_PROC,
		.values = flags },
	{ .id = "pipe.signal.stop_and_continue",
		.run = stop_and_continue,
		.needs = NEED_PROC },
	{ .id = NULL },
};

const struct suite pipe_signals_suite = { "pipe_signals", checks };
