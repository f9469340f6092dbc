/* Pipe ends as descriptors: shared, passed on, reopened, inherited, closed. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/pipe_help.h"

static const struct value ends[] = { { "read_end", 0 }, { "write_end", 1 }, { NULL, 0 } };

union control {
	char space[CMSG_SPACE(sizeof(int))];
	struct cmsghdr aligned;
};

static void send_fd(struct scene *scene, int channel, int fd)
{
	union control control = { { 0 } };
	struct iovec byte = { "x", 1 };
	struct msghdr message = { .msg_iov = &byte,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof control.space };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(header), &fd, sizeof fd);
	EXPECT_INT(scene, sendmsg(channel, &message, 0), 1);
}

static int receive_fd(struct scene *scene, int channel)
{
	union control control = { { 0 } };
	char byte;
	struct iovec into = { &byte, 1 };
	struct msghdr message = { .msg_iov = &into,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof control.space };
	struct cmsghdr *header;
	int fd = -1;

	EXPECT_INT(scene, recvmsg(channel, &message, 0), 1);
	header = CMSG_FIRSTHDR(&message);
	EXPECT(scene, header && header->cmsg_type == SCM_RIGHTS, "no descriptor came");
	memcpy(&fd, CMSG_DATA(header), sizeof fd);
	return fd;
}

/* The receiver is forked before there is a pipe. */
static void fdpass(struct scene *scene)
{
	int channel[2], end[2], is_write = (int)scene->number;
	pid_t receiver;
	char got[4];

	SETUP(scene, socketpair(AF_UNIX, SOCK_STREAM, 0, channel));
	receiver = scene_fork(scene);
	if (receiver == 0) {
		int fd = receive_fd(scene, channel[1]);

		if (is_write)
			EXPECT_INT(scene, write(fd, "abc", 3), 3);
		else
			EXPECT_INT(scene, read(fd, got, sizeof got), 3);
		EXPECT_BYTES(scene, is_write ? "abc" : got, "abc", 3);
		_exit(0);
	}
	scene_pipe(scene, end);
	send_fd(scene, channel[0], end[is_write]);
	close(end[is_write]);
	if (is_write) {
		pipe_read_all(scene, end[0], got, 3);
		EXPECT_BYTES(scene, got, "abc", 3);
	} else {
		EXPECT_INT(scene, write(end[1], "abc", 3), 3);
	}
	EXPECT_EXIT(scene, receiver, 0);
}

static void proc_path(char path[32], int fd)
{
	snprintf(path, 32, "/proc/self/fd/%d", fd);
}

/* The other end of the pipe, opened by the name of this one. */
static void reopen_opposite(struct scene *scene)
{
	int end[2], opened, other = !scene->number;
	char path[32], got;

	scene_pipe(scene, end);
	proc_path(path, end[scene->number]);
	PROMISED(scene, "the open returns");
	opened = EXPECT_OK(scene, open(path, other ? O_WRONLY : O_RDONLY));
	arrived(scene);
	close(end[other]);
	EXPECT_INT(scene, write(other ? opened : end[1], "x", 1), 1);
	EXPECT_INT(scene, read(other ? end[0] : opened, &got, 1), 1);
	EXPECT_BYTES(scene, &got, "x", 1);
}

enum { LSTAT, STAT, READLINK };
static const struct value looks[] = { { "lstat", LSTAT }, { "stat", STAT },
	{ "readlink", READLINK }, { NULL, 0 } };

static void stat_no_ref(struct scene *scene)
{
	char path[32], target[64], got;
	struct stat status;
	int end[2];

	scene_pipe(scene, end);
	proc_path(path, end[1]);
	if (scene->number == LSTAT)
		EXPECT_OK(scene, lstat(path, &status));
	else if (scene->number == STAT)
		EXPECT_OK(scene, stat(path, &status));
	else
		EXPECT_OK(scene, readlink(path, target, sizeof target));
	close(end[1]);
	scene_nonblock(scene, end[0], true);
	EXPECT_INT(scene, read(end[0], &got, 1), 0);
}

enum { CHILD, DUPLICATE };
static const struct value sharers[] = { { "child", CHILD }, { "duplicate", DUPLICATE },
	{ NULL, 0 } };

static void shared_flags(struct scene *scene)
{
	pid_t child;
	int end[2], other;
	char got;

	scene_pipe(scene, end);
	other = SETUP(scene, dup(end[0]));
	if (scene->number == CHILD) {
		child = scene_fork(scene);
		if (child == 0) {
			SETUP(scene, fcntl(end[0], F_SETFL, O_NONBLOCK));
			_exit(0);
		}
		EXPECT_EXIT(scene, child, 0);
	} else {
		SETUP(scene, fcntl(other, F_SETFL, O_NONBLOCK));
	}
	EXPECT_INT(scene, fcntl(end[0], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	PROMISED(scene, "the read does not block");
	EXPECT_ERROR(scene, read(end[0], &got, 1), EAGAIN);
	arrived(scene);
}

/* Each end has flags of its own. */
static void flags_of_one_end(struct scene *scene)
{
	int end[2], set = (int)scene->number;

	scene_pipe(scene, end);
	SETUP(scene, fcntl(end[set], F_SETFL, O_NONBLOCK));
	EXPECT_INT(scene, fcntl(end[set], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	EXPECT_INT(scene, fcntl(end[!set], F_GETFL) & O_NONBLOCK, 0);
}

/* How the end was made close-on-exec, or not. */
enum { KEPT, BY_FCNTL, BY_PIPE2 };
static const struct value marks[] = { { "kept", KEPT }, { "by_fcntl", BY_FCNTL },
	{ "by_pipe2", BY_PIPE2 }, { NULL, 0 } };

/* A shell that cannot redirect from a descriptor does not exit with 0. */
static void across_exec(struct scene *scene)
{
	int end[2], status;
	pid_t shell;

	SETUP(scene, scene->number == BY_PIPE2 ? pipe2(end, O_CLOEXEC) : pipe(end));
	if (scene->number == BY_FCNTL)
		SETUP(scene, fcntl(end[0], F_SETFD, FD_CLOEXEC));
	if (end[0] > 9)
		BROKEN(scene, "a shell need not know descriptor %d", end[0]);
	shell = scene_fork(scene);
	if (shell == 0) {
		char script[] = "exec 2>/dev/null; exec <&N && exit 3";

		script[strlen("exec 2>/dev/null; exec <&")] = (char)('0' + end[0]);
		execl("/bin/sh", "sh", "-c", script, (char *)NULL);
		SKIP(scene, "needs /bin/sh");
	}
	status = REAP(scene, shell, "the shell ends");
	if (scene->number == KEPT)
		EXPECT_INT(scene, WEXITSTATUS(status), 3);
	else
		EXPECT(scene, WEXITSTATUS(status) != 3, "the descriptor is still open");
}

/* How the last descriptors go. */
enum { BY_CLOSE, BY_EXIT, BY_KILL };
static const struct value goings[] = { { "by_close", BY_CLOSE }, { "by_exit", BY_EXIT },
	{ "by_kill", BY_KILL }, { NULL, 0 } };

/* A FIFO, since a pipe without descriptors cannot be looked into. */
static void open_ends(struct scene *scene, int end[2])
{
	end[0] = SETUP(scene, open("fifo", O_RDONLY | O_NONBLOCK));
	end[1] = SETUP(scene, open("fifo", O_WRONLY | O_NONBLOCK));
}

static void data_dies(struct scene *scene)
{
	pid_t holder;
	int end[2];
	char got;

	SETUP(scene, mkfifo("fifo", 0600));
	holder = scene_fork(scene);
	if (holder == 0) {
		open_ends(scene, end);
		SETUP(scene, write(end[1], "abc", 3));
		scene_open(scene, 0);
		if (scene->number == BY_EXIT)
			_exit(0);
		if (scene->number == BY_CLOSE) {
			close(end[0]);
			close(end[1]);
			scene_open(scene, 1);
		}
		for (;;)
			pause();
	}
	scene_wait(scene, 0);
	if (scene->number == BY_CLOSE)
		scene_wait(scene, 1);
	else if (scene->number == BY_EXIT)
		EXPECT_EXIT(scene, holder, 0);
	else
		scene_end(scene, holder);
	open_ends(scene, end);
	EXPECT_ERROR(scene, read(end[0], &got, 1), EAGAIN);
}

struct reader {
	struct scene *scene;
	int fd;
	_Atomic pid_t thread;
};

static void *read_in_thread(void *argument)
{
	struct reader *reader = argument;
	char got;

	reader->thread = (pid_t)syscall(SYS_gettid);
	scene_open(reader->scene, 0);
	EXPECT_INT(reader->scene, read(reader->fd, &got, 1), 1);
	EXPECT_BYTES(reader->scene, &got, "x", 1);
	return NULL;
}

static void close_other_thread(struct scene *scene)
{
	struct reader reader = { .scene = scene };
	pthread_t thread;
	pid_t waiter;
	int end[2];

	scene_pipe(scene, end);
	reader.fd = end[0];
	SETUP_CODE(scene, pthread_create(&thread, NULL, read_in_thread, &reader));
	scene_wait(scene, 0);
	waiter = reader.thread;
	EXPECT_BLOCKED(scene, waiter, SYS_read);
	EXPECT_INT(scene, close(end[0]), 0);
	EXPECT_BLOCKED(scene, waiter, SYS_read);
	signal(SIGPIPE, SIG_IGN);
	EXPECT_INT(scene, write(end[1], "x", 1), 1);
	PROMISED(scene, "the reader gets the byte");
	SETUP_CODE(scene, pthread_join(thread, NULL));
	arrived(scene);
}

static const struct check checks[] = {
	{ .id = "pipe.fdpass.unrelated_process", .run = fdpass, .values = ends },
	{ .id = "pipe.procfd.reopen_opposite",
		.run = reopen_opposite,
		.needs = NEED_PROC,
		.values = ends },
	{ .id = "pipe.procfd.stat_no_ref",
		.run = stat_no_ref,
		.needs = NEED_PROC,
		.values = looks },
	{ .id = "pipe.flags.shared_by_description",
		.run = shared_flags,
		.values = sharers },
	{ .id = "pipe.flags.of_one_end", .run = flags_of_one_end, .values = ends },
	{ .id = "pipe.cloexec.not_inherited_exec", .run = across_exec, .values = marks },
	{ .id = "pipe.lifetime.data_dies_with_fds", .run = data_dies, .values = goings },
	{ .id = "pipe.read.close_other_thread",
		.run = close_other_thread,
		.needs = NEED_PROC },
	{ .id = NULL },
};

const struct suite pipe_descriptor_suite = { "pipe_descriptor", checks };
