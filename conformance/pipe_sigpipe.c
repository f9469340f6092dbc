/* When the last reader of a pipe goes: SIGPIPE and EPIPE. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/pipe_help.h"

/* A pipe that nobody can read from. */
static int widowed(struct scene *scene)
{
	int end[2];

	scene_pipe(scene, end);
	close(end[0]);
	return end[1];
}

static void block_sigpipe(struct scene *scene)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	SETUP_CODE(scene, pthread_sigmask(SIG_BLOCK, &set, NULL));
}

static bool is_pending(struct scene *scene)
{
	sigset_t set;

	EXPECT_OK(scene, sigpending(&set));
	return sigismember(&set, SIGPIPE);
}

static void default_kills(struct scene *scene)
{
	int fd = widowed(scene);
	pid_t writer = scene_fork(scene);

	if (writer == 0) {
		(void)!write(fd, "x", 1);
		_exit(0);
	}
	EXPECT_KILLED(scene, writer, SIGPIPE);
}

static void ignored_epipe(struct scene *scene)
{
	int fd = widowed(scene);

	signal(SIGPIPE, SIG_IGN);
	EXPECT_ERROR(scene, write(fd, "x", 1), EPIPE);
}

static void caught_once(struct scene *scene)
{
	int fd = widowed(scene);

	scene_catch(scene, SIGPIPE, 0);
	for (int i = 1; i <= 3; i++) {
		EXPECT_ERROR(scene, write(fd, "x", 1), EPIPE);
		EXPECT_INT(scene, scene_caught(SIGPIPE), i);
	}
}

struct writer {
	struct scene *scene;
	int fd;
};

static void *write_in_thread(void *argument)
{
	struct writer *writer = argument;

	EXPECT_ERROR(writer->scene, write(writer->fd, "x", 1), EPIPE);
	EXPECT_INT(writer->scene, is_pending(writer->scene), true);
	scene_open(writer->scene, 0);
	scene_wait(writer->scene, 1);
	return NULL;
}

/* Blocked in both threads, the signal stays where it was sent. */
static void thread_directed(struct scene *scene)
{
	struct writer writer = { scene, widowed(scene) };
	pthread_t thread;

	block_sigpipe(scene);
	SETUP_CODE(scene, pthread_create(&thread, NULL, write_in_thread, &writer));
	scene_wait(scene, 0);
	EXPECT_INT(scene, is_pending(scene), false);
	scene_open(scene, 1);
	SETUP_CODE(scene, pthread_join(thread, NULL));
	EXPECT_INT(scene, is_pending(scene), false);
}

static void blocked_pending(struct scene *scene)
{
	int fd = widowed(scene), signal = 0;
	sigset_t set;

	block_sigpipe(scene);
	EXPECT_ERROR(scene, write(fd, "x", 1), EPIPE);
	EXPECT_ERROR(scene, write(fd, "x", 1), EPIPE);
	EXPECT_INT(scene, is_pending(scene), true);
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	SETUP_CODE(scene, sigwait(&set, &signal));
	EXPECT_INT(scene, signal, SIGPIPE);
	EXPECT_INT(scene, is_pending(scene), false);
}

enum { DEFAULT, IGNORED };
static const struct value dispositions[] = { { "default", DEFAULT },
	{ "ignored", IGNORED }, { NULL, 0 } };

static void blocked_writer_woken(struct scene *scene)
{
	pid_t writer;
	int end[2];

	scene_pipe(scene, end);
	pipe_fill(scene, end[1]);
	signal(SIGPIPE, scene->number == IGNORED ? SIG_IGN : SIG_DFL);
	writer = pipe_writer(scene, end[1], end[0], 1);
	EXPECT_BLOCKED(scene, writer, SYS_write);
	close(end[0]);
	if (scene->number == DEFAULT) {
		EXPECT_KILLED(scene, writer, SIGPIPE);
	} else {
		EXPECT_EXIT(scene, writer, 0);
		EXPECT_INT(scene, scene->common->cells[PIPE_WRITTEN], -EPIPE);
	}
}

/* The signal is blocked, so that it can be asked for after the write. */
static void blocked_writer_partial(struct scene *scene)
{
	size_t capacity;
	pid_t writer;
	char *data;
	int end[2];

	scene_pipe(scene, end);
	capacity = (size_t)pipe_fill(scene, end[1]);
	pipe_drain(scene, end[0], NULL, SIZE_MAX);
	data = scene_memory(scene, 2 * capacity);
	writer = scene_fork(scene);
	if (writer == 0) {
		close(end[0]);
		block_sigpipe(scene);
		EXPECT_INT(scene, write(end[1], data, 2 * capacity), capacity);
		note(scene, "SIGPIPE is %s", is_pending(scene) ? "raised" : "not raised");
		EXPECT_ERROR(scene, write(end[1], data, 1), EPIPE);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, writer, SYS_write);
	close(end[0]);
	EXPECT_EXIT(scene, writer, 0);
}

static void zero_length(struct scene *scene)
{
	int fd = widowed(scene);

	scene_catch(scene, SIGPIPE, 0);
	EXPECT_INT(scene, write(fd, "", 0), 0);
	EXPECT_INT(scene, scene_caught(SIGPIPE), 0);
}

static const struct check checks[] = {
	{ .id = "pipe.sigpipe.default_kills", .run = default_kills },
	{ .id = "pipe.sigpipe.ignored_epipe", .run = ignored_epipe },
	{ .id = "pipe.sigpipe.caught_once_epipe", .run = caught_once },
	{ .id = "pipe.sigpipe.thread_directed", .run = thread_directed },
	{ .id = "pipe.sigpipe.blocked_pending", .run = blocked_pending },
	{ .id = "pipe.sigpipe.blocked_writer_woken",
		.run = blocked_writer_woken,
		.needs = NEED_PROC,
		.values = dispositions },
	{ .id = "pipe.sigpipe.blocked_writer_partial",
		.run = blocked_writer_partial,
		.needs = NEED_PROC },
	{ .id = "pipe.sigpipe.zero_len_no_epipe", .run = zero_length },
	{ .id = NULL },
};

const struct suite pipe_sigpipe_suite = { "pipe_sigpipe", checks };
