/* poll() and select(): what they look at, and what they leave alone. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <unistd.h>

#include "conformance/check.h"

/* Not every C library's macros take an int. */
static void put_in(fd_set *set, int fd)
{
	FD_SET((unsigned)fd, set);
}

static bool is_in(const fd_set *set, int fd)
{
	return FD_ISSET((unsigned)fd, set);
}

static void negative_fd_nval(struct scene *scene)
{
	int end[2], closed;
	struct pollfd polled[3];

	scene_pipe(scene, end);
	closed = SETUP(scene, dup(end[0]));
	close(closed);
	polled[0] = (struct pollfd) { .fd = -1, .events = POLLIN, .revents = 0x7f };
	polled[1] = (struct pollfd) { .fd = closed, .events = POLLIN };
	polled[2] = (struct pollfd) { .fd = end[1], .events = POLLOUT };
	EXPECT_INT(scene, poll(polled, 3, -1), 2);
	EXPECT_INT(scene, polled[0].revents, 0);
	EXPECT_INT(scene, polled[1].revents, POLLNVAL);
	EXPECT_INT(scene, polled[2].revents, POLLOUT);
	/* Nothing but ignored ones is nothing. */
	EXPECT_INT(scene, poll(polled, 1, 0), 0);
	EXPECT_INT(scene, poll(NULL, 0, 0), 0);
}

/* The number of entries that have something to report, and all of revents anew. */
static void revents_exact(struct scene *scene)
{
	int end[2];
	struct pollfd polled[4];

	scene_pipe(scene, end);
	SETUP(scene, write(end[1], "x", 1));
	polled[0] = (struct pollfd) { .fd = end[0], .events = 0, .revents = -1 };
	polled[1] = (struct pollfd) { .fd = end[0], .events = POLLIN | POLLPRI };
	polled[2] = (struct pollfd) { .fd = end[0], .events = POLLIN };
	polled[3] = (struct pollfd) { .fd = end[1], .events = POLLIN, .revents = -1 };
	EXPECT_INT(scene, poll(polled, 4, 0), 2);
	EXPECT_INT(scene, polled[0].revents, 0);
	EXPECT_INT(scene, polled[1].revents, POLLIN);
	EXPECT_INT(scene, polled[2].revents, POLLIN);
	EXPECT_INT(scene, polled[3].revents, 0);
	for (int i = 0; i < 4; i++)
		EXPECT_INT(scene, polled[i].fd, i == 3 ? end[1] : end[0]);
}

static void regular_file_ready(struct scene *scene)
{
	char path[] = "fileXXXXXX";
	struct pollfd polled = { .fd = SETUP(scene, mkstemp(path)),
		.events = POLLIN | POLLOUT };
	fd_set in, out;

	EXPECT_INT(scene, poll(&polled, 1, 0), 1);
	EXPECT_INT(scene, polled.revents, POLLIN | POLLOUT);
	FD_ZERO(&in);
	put_in(&in, polled.fd);
	out = in;
	/* Two sets, so two. */
	EXPECT_INT(scene, select(polled.fd + 1, &in, &out, NULL, &(struct timeval) { 0 }),
		2);
}

static void wakes_by_data(struct scene *scene)
{
	int end[2];
	pid_t poller;

	scene_pipe(scene, end);
	poller = scene_fork(scene);
	if (poller == 0) {
		struct pollfd polled = { .fd = end[0], .events = POLLIN };

		EXPECT_INT(scene, poll(&polled, 1, -1), 1);
		EXPECT_INT(scene, polled.revents, POLLIN);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, poller, IN_POLL);
	SETUP(scene, write(end[1], "x", 1));
	EXPECT_EXIT(scene, poller, 0);
}

static void too_many(struct scene *scene)
{
	struct rlimit limit;
	struct pollfd polled[8];

	for (int i = 0; i < 8; i++)
		polled[i] = (struct pollfd) { .fd = -1 };
	SETUP(scene, getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = 7;
	SETUP(scene, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_INT(scene, poll(polled, 7, 0), 0);
	EXPECT_ERROR(scene, poll(polled, 8, 0), EINVAL);
}

/* A descriptor that select() has no bit for. */
static int high_fd(struct scene *scene, int fd)
{
	struct rlimit limit;

	SETUP(scene, getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = FD_SETSIZE + 10;
	if (limit.rlim_max < limit.rlim_cur)
		SKIP(scene, "no descriptor of FD_SETSIZE is allowed");
	SETUP(scene, setrlimit(RLIMIT_NOFILE, &limit));
	return SETUP(scene, fcntl(fd, F_DUPFD, FD_SETSIZE));
}

static void fd_setsize(struct scene *scene)
{
	struct pollfd polled = { .events = POLLIN };
	int end[2];

	scene_pipe(scene, end);
	polled.fd = high_fd(scene, end[0]);
	EXPECT(scene, polled.fd >= FD_SETSIZE, "%d", polled.fd);
	EXPECT_INT(scene, poll(&polled, 1, 0), 0);
	EXPECT_INT(scene, ppoll(&polled, 1, &(struct timespec) { 0 }, NULL), 0);
	SETUP(scene, write(end[1], "x", 1));
	EXPECT_INT(scene, poll(&polled, 1, 0), 1);
	EXPECT_INT(scene, polled.revents, POLLIN);
	EXPECT_INT(scene, ppoll(&polled, 1, NULL, NULL), 1);
}

/* Room for more than select() promises to look at, so that looking does no harm. */
static void nfds_above(struct scene *scene)
{
	static fd_set sets[2];

	EXPECT_ERROR(scene,
		select(FD_SETSIZE + 1, sets, NULL, NULL, &(struct timeval) { 0 }),
		EINVAL);
}

enum refusal { NEGATIVE_NFDS, CLOSED_FD, NEGATIVE_TIME, MANY_NANOSECONDS };

static void select_refused(struct scene *scene)
{
	struct timeval none = { 0 }, negative = { .tv_sec = -1 };
	struct timespec many = { .tv_nsec = 1000000000 };
	int end[2];
	fd_set set;

	scene_pipe(scene, end);
	FD_ZERO(&set);
	put_in(&set, end[0]);
	close(end[0]);
	switch ((enum refusal)scene->number) {
	case NEGATIVE_NFDS:
		EXPECT_ERROR(scene, select(-1, NULL, NULL, NULL, &none), EINVAL);
		break;
	case CLOSED_FD:
		EXPECT_ERROR(scene, select(end[0] + 1, &set, NULL, NULL, &none), EBADF);
		break;
	case NEGATIVE_TIME:
		EXPECT_ERROR(scene, select(0, NULL, NULL, NULL, &negative), EINVAL);
		break;
	case MANY_NANOSECONDS:
		EXPECT_ERROR(scene, pselect(0, NULL, NULL, NULL, &many, NULL), EINVAL);
		break;
	}
}

static void select_sets(struct scene *scene)
{
	int empty[2], full[2];
	fd_set in, out;

	scene_pipe(scene, empty);
	scene_pipe(scene, full);
	SETUP(scene, write(full[1], "x", 1));
	FD_ZERO(&in);
	FD_ZERO(&out);
	put_in(&in, empty[0]);
	put_in(&in, full[0]);
	put_in(&out, empty[1]);
	EXPECT_INT(
		scene, select(full[1] + 1, &in, &out, NULL, &(struct timeval) { 0 }), 2);
	EXPECT(scene, !is_in(&in, empty[0]), "an empty pipe can be read");
	EXPECT(scene, is_in(&in, full[0]), "a full pipe cannot be read");
	EXPECT(scene, is_in(&out, empty[1]), "an empty pipe cannot be written");
	/* Nothing ready: the sets are cleared. */
	FD_ZERO(&in);
	put_in(&in, empty[0]);
	EXPECT_INT(
		scene, select(full[1] + 1, &in, NULL, NULL, &(struct timeval) { 0 }), 0);
	EXPECT(scene, !is_in(&in, empty[0]), "the set is not cleared");
	/* Only descriptors below nfds. */
	put_in(&in, full[0]);
	EXPECT_INT(scene, select(full[0], &in, NULL, NULL, &(struct timeval) { 0 }), 0);
}

/* The caller's time-out, and nobody changes it. */
static void timeout_kept(struct scene *scene)
{
	struct timespec limit = { .tv_sec = 1, .tv_nsec = 5 };
	struct pollfd polled = { .events = POLLIN };
	int end[2];
	fd_set in;

	scene_pipe(scene, end);
	SETUP(scene, write(end[1], "x", 1));
	polled.fd = end[0];
	FD_ZERO(&in);
	put_in(&in, end[0]);
	if (scene->number)
		EXPECT_INT(scene, ppoll(&polled, 1, &limit, NULL), 1);
	else
		EXPECT_INT(scene, pselect(end[0] + 1, &in, NULL, NULL, &limit, NULL), 1);
	EXPECT_INT(scene, limit.tv_sec, 1);
	EXPECT_INT(scene, limit.tv_nsec, 5);
}

static const struct value refusals[] = { { "negative_nfds", NEGATIVE_NFDS },
	{ "closed_fd", CLOSED_FD }, { "negative_time", NEGATIVE_TIME },
	{ "nanoseconds", MANY_NANOSECONDS }, { NULL, 0 } };

static const struct value calls[] = { { "pselect", 0 }, { "ppoll", 1 }, { NULL, 0 } };

static const struct check checks[] = {
	{ .id = "poll.negative_fd_nval", .run = negative_fd_nval },
	{ .id = "poll.revents_exact", .run = revents_exact },
	{ .id = "poll.regular_file_ready", .run = regular_file_ready },
	{ .id = "poll.wakes_by_data", .run = wakes_by_data, .needs = NEED_PROC },
	{ .id = "poll.too_many", .run = too_many },
	{ .id = "select.fd_setsize", .run = fd_setsize },
	{ .id = "select.nfds_above", .run = nfds_above },
	{ .id = "select.refused", .run = select_refused, .values = refusals },
	{ .id = "select.sets", .run = select_sets },
	{ .id = "poll.timeout_kept", .run = timeout_kept, .values = calls },
	{ .id = NULL },
};

const struct suite poll_suite = { "poll", checks };
