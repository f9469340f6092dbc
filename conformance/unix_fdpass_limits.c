/* Descriptors in messages: what is cut off, kept open and collected. */
#include <errno.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "conformance/pass_help.h"
#include "conformance/socket_help.h"

static void max253(struct scene *scene)
{
	int end[2], fds[PASS_MOST], count = (int)scene->number;
	ssize_t sent;

	socket_pair(scene, SOCK_STREAM, end);
	for (int i = 0; i < PASS_MOST; i++)
		fds[i] = 0;
	sent = pass_send(end[0], "x", 1, fds, count);
	/* A C library may copy the control data to a smaller buffer of its own. */
	if (sent == -1 && errno == ENOMEM)
		SKIP(scene, "there is no memory for a message with %d descriptors",
			count);
	if (count < PASS_MOST)
		EXPECT_INT(scene, sent, 1);
	else
		EXPECT_ERROR(scene, sent, EINVAL);
	EXPECT_INT(scene, socket_drain(scene, end[1]), count < PASS_MOST ? 1 : 0);
}

/* Two pipes, whose write ends only a message holds. */
static void two_in_flight(struct scene *scene, const int end[2], int read_ends[2])
{
	int one[2], two[2];

	scene_pipe(scene, one);
	scene_pipe(scene, two);
	SETUP(scene, pass_send(end[0], "x", 1, (int[]) { one[1], two[1] }, 2));
	close(one[1]);
	close(two[1]);
	read_ends[0] = one[0];
	read_ends[1] = two[0];
}

static void ctrunc_closes(struct scene *scene)
{
	struct passed passed;
	int end[2], read_ends[2], room = (int)scene->number;
	char byte = 0;

	socket_pair(scene, SOCK_STREAM, end);
	two_in_flight(scene, end, read_ends);
	EXPECT_INT(scene, pass_receive(end[1], &byte, 1, MSG_DONTWAIT, room, &passed), 1);
	EXPECT_BYTES(scene, &byte, "x", 1);
	EXPECT(scene, passed.flags & MSG_CTRUNC, "msg_flags 0x%x without MSG_CTRUNC",
		passed.flags);
	EXPECT_INT(scene, passed.count, room);
	pass_expect_pipe_end(scene, read_ends[1]);
	if (room) {
		scene_nonblock(scene, read_ends[0], true);
		EXPECT_ERROR(scene, read(read_ends[0], &byte, 1), EAGAIN);
	}
}

/* recv(2) takes the bytes and drops the descriptors. */
static void plain_recv_closes(struct scene *scene)
{
	int end[2], read_ends[2];
	char byte = 0;

	socket_pair(scene, SOCK_STREAM, end);
	two_in_flight(scene, end, read_ends);
	EXPECT_INT(scene, recv(end[1], &byte, 1, MSG_DONTWAIT), 1);
	EXPECT_BYTES(scene, &byte, "x", 1);
	pass_expect_pipe_end(scene, read_ends[0]);
	pass_expect_pipe_end(scene, read_ends[1]);
}

static void emfile_truncates(struct scene *scene)
{
	struct passed passed;
	struct rlimit limit;
	int end[2], read_ends[2], count = 0;
	char byte = 0;

	socket_pair(scene, SOCK_STREAM, end);
	two_in_flight(scene, end, read_ends);
	SETUP(scene, getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = 64;
	SETUP(scene, setrlimit(RLIMIT_NOFILE, &limit));
	while (dup(end[0]) >= 0)
		count++;
	EXPECT_INT(scene, errno, EMFILE);
	EXPECT(scene, count > 0, "no descriptor was left from the beginning");
	close(63);
	EXPECT_INT(scene, pass_receive(end[1], &byte, 1, MSG_DONTWAIT, 2, &passed), 1);
	EXPECT_BYTES(scene, &byte, "x", 1);
	EXPECT_INT(scene, passed.count, 1);
	EXPECT_INT(scene, passed.fds[0], 63);
	EXPECT(scene, passed.flags & MSG_CTRUNC, "msg_flags 0x%x without MSG_CTRUNC",
		passed.flags);
	pass_expect_pipe_end(scene, read_ends[1]);
}

static void inflight_keeps_open(struct scene *scene)
{
	int end[2], read_ends[2];
	char byte;

	socket_pair(scene, (int)scene->number, end);
	two_in_flight(scene, end, read_ends);
	close(end[0]);
	scene_nonblock(scene, read_ends[0], true);
	EXPECT_ERROR(scene, read(read_ends[0], &byte, 1), EAGAIN);
	scene_nonblock(scene, read_ends[0], false);
	close(end[1]);
	pass_expect_pipe_end(scene, read_ends[0]);
	pass_expect_pipe_end(scene, read_ends[1]);
}

static void toomanyrefs(struct scene *scene)
{
	struct rlimit limit;
	int end[2];
	pid_t child = scene_fork(scene);

	if (child == 0) {
		int most = 32, sent = 0;

		if (geteuid() == 0)
			scene_become_nobody(scene);
		SETUP(scene, getrlimit(RLIMIT_NOFILE, &limit));
		limit.rlim_cur = (rlim_t)most;
		SETUP(scene, setrlimit(RLIMIT_NOFILE, &limit));
		socket_pair(scene, SOCK_STREAM, end);
		scene_nonblock(scene, end[0], true);
		while (sent <= most + 1 && pass_send(end[0], "x", 1, end, 1) == 1)
			sent++;
		EXPECT(scene, sent <= most + 1, "%d are in flight, the limit is %d", sent,
			most);
		EXPECT_CODE(scene, errno, ETOOMANYREFS);
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
}

/* A socket that only its own queue still holds, and the write end of a pipe with it;
 * returns the pipe's read end. */
static int make_cycle(struct scene *scene)
{
	int end[2], pipe_end[2];

	socket_pair(scene, SOCK_STREAM, end);
	scene_pipe(scene, pipe_end);
	SETUP(scene, pass_send(end[0], "x", 1, (int[]) { end[1], pipe_end[1] }, 2));
	close(pipe_end[1]);
	close(end[0]);
	close(end[1]);
	return pipe_end[0];
}

/* The collector is called when a socket goes for good. One in flight does not go, it only
 * loses a descriptor: this pair is not in flight. */
static void kick_collector(struct scene *scene)
{
	int end[2];

	socket_pair(scene, SOCK_STREAM, end);
	close(end[0]);
	close(end[1]);
}

static void gc_cycle(struct scene *scene)
{
	struct pollfd pipe_end = { .fd = make_cycle(scene), .events = POLLIN };

	PROMISED(scene, "the end of file of a pipe held by garbage only");
	do {
		kick_collector(scene);
	} while (poll(&pipe_end, 1, 10) == 0);
	arrived(scene);
	EXPECT_INT(scene, pipe_end.revents, POLLHUP);
}

/* One process looks at a message while the other gives the collector work. */
static void peek_gc_safe(struct scene *scene)
{
	struct passed passed;
	int end[2], pipe_end[2];
	pid_t looker;
	char byte;

	socket_pair(scene, SOCK_STREAM, end);
	scene_pipe(scene, pipe_end);
	/* It holds its own receiver too: a cycle, but for our descriptor. */
	SETUP(scene, pass_send(end[0], "x", 1, (int[]) { end[1], pipe_end[1] }, 2));
	close(pipe_end[1]);
	looker = scene_fork(scene);
	if (looker == 0) {
		for (int i = 0; i < 300; i++) {
			EXPECT_INT(scene,
				pass_receive(end[1], &byte, 1, MSG_PEEK | MSG_DONTWAIT, 2,
					&passed),
				1);
			EXPECT_INT(scene, passed.count, 2);
			close(passed.fds[0]);
			close(passed.fds[1]);
		}
		_exit(0);
	}
	for (int i = 0; i < 100; i++)
		close(make_cycle(scene));
	EXPECT_EXIT(scene, looker, 0);
	EXPECT_INT(scene, pass_receive(end[1], &byte, 1, MSG_DONTWAIT, 2, &passed), 1);
	EXPECT_INT(scene, passed.count, 2);
	EXPECT_INT(scene, write(passed.fds[1], "p", 1), 1);
	EXPECT_INT(scene, read(pipe_end[0], &byte, 1), 1);
}

static const struct value counts[] = {
	{ "1", 1 },
	{ "253", 253 },
	{ "254", PASS_MOST },
	{ NULL, 0 },
};

static const struct value rooms[] = {
	{ "none", 0 },
	{ "one", 1 },
	{ NULL, 0 },
};

static const struct check checks[] = {
	{ .id = "unix.scm_rights.max253", .run = max253, .values = counts },
	{ .id = "unix.scm_rights.ctrunc_closes", .run = ctrunc_closes, .values = rooms },
	{ .id = "unix.scm_rights.plain_recv_closes", .run = plain_recv_closes },
	{ .id = "unix.scm_rights.emfile_truncates",
		.run = emfile_truncates,
		.needs = NEED_DESCRIPTORS },
	{ .id = "unix.scm_rights.inflight_keeps_open",
		.run = inflight_keeps_open,
		.values = socket_types },
	{ .id = "unix.scm_rights.gc_cycle", .run = gc_cycle },
	{ .id = "unix.scm_rights.peek_gc_safe", .run = peek_gc_safe },
	{ .id = "unix.scm_rights.toomanyrefs",
		.run = toomanyrefs,
		.needs = NEED_DESCRIPTORS },
	{ .id = NULL },
};

const struct suite unix_fdpass_limits_suite = { "unix_fdpass_limits", checks };
