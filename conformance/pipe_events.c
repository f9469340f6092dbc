/* What poll(), select(), epoll and SIGIO say of a pipe. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/pipe_help.h"

/* What poll(2) says of it at once. */
static int events_of(struct scene *scene, int fd, short asked)
{
	struct pollfd polled = { fd, asked, 0 };

	EXPECT_OK(scene, poll(&polled, 1, 0));
	return polled.revents;
}

enum { EMPTY, DATA, DATA_AND_END, END };
static const struct value reader_states[] = { { "empty", EMPTY }, { "data", DATA },
	{ "data_no_writer", DATA_AND_END }, { "empty_no_writer", END }, { NULL, 0 } };

static void states_reader(struct scene *scene)
{
	static const int want[] = {
		[DATA] = POLLIN, [DATA_AND_END] = POLLIN | POLLHUP, [END] = POLLHUP
	};
	int end[2];

	scene_pipe(scene, end);
	if (scene->number == DATA || scene->number == DATA_AND_END)
		SETUP(scene, write(end[1], "x", 1));
	if (scene->number == DATA_AND_END || scene->number == END)
		close(end[1]);
	EXPECT_INT(scene, events_of(scene, end[0], POLLIN), want[scene->number]);
}

enum { ASKED, NOT_ASKED, FULL };
static const struct value writer_states[] = { { "asked", ASKED },
	{ "not_asked", NOT_ASKED }, { "full", FULL }, { NULL, 0 } };

static void err_writer(struct scene *scene)
{
	int end[2];

	scene_pipe(scene, end);
	if (scene->number == FULL)
		pipe_fill(scene, end[1]);
	close(end[0]);
	EXPECT_INT(scene,
		events_of(scene, end[1], scene->number == NOT_ASKED ? 0 : POLLOUT),
		scene->number == ASKED ? POLLERR | POLLOUT : POLLERR);
}

/* A full pipe, of which one byte after the other is read until there is POLLOUT. */
static void drain_until_out(struct scene *scene, const int end[2])
{
	int64_t filled = pipe_fill(scene, end[1]);

	scene_nonblock(scene, end[1], true);
	EXPECT_INT(scene, events_of(scene, end[1], POLLOUT), 0);
	while (filled-- && !events_of(scene, end[1], POLLOUT))
		SETUP(scene, pipe_drain(scene, end[0], NULL, 1));
	EXPECT_INT(scene, events_of(scene, end[1], POLLOUT), POLLOUT);
}

static void out_means_a_byte(struct scene *scene)
{
	int end[2];

	scene_pipe(scene, end);
	drain_until_out(scene, end);
	EXPECT_INT(scene, write(end[1], "x", 1), 1);
}

static void out_means_pipe_buf(struct scene *scene)
{
	size_t size;
	char *data;
	int end[2];

	scene_pipe(scene, end);
	size = pipe_buf(scene, end[1]);
	data = scene_memory(scene, size);
	drain_until_out(scene, end);
	EXPECT_INT(scene, write(end[1], data, size), size);
}

static const struct value sides[] = { { "reader", 0 }, { "writer", 1 }, { NULL, 0 } };

static void wakes_on_close(struct scene *scene)
{
	int end[2], side = (int)scene->number;
	pid_t waiter;

	scene_pipe(scene, end);
	if (side)
		pipe_fill(scene, end[1]);
	waiter = scene_fork(scene);
	if (waiter == 0) {
		struct pollfd polled = { end[side], side ? POLLOUT : POLLIN, 0 };

		close(end[!side]);
		EXPECT_INT(scene, poll(&polled, 1, -1), 1);
		EXPECT(scene, polled.revents & (side ? POLLERR : POLLHUP), "revents 0x%x",
			(unsigned)polled.revents);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_POLL);
	close(end[!side]);
	EXPECT_EXIT(scene, waiter, 0);
}

/* One that waits for a byte, or for room, is woken by it. */
static void wakes_on_data(struct scene *scene)
{
	int end[2], side = (int)scene->number;
	pid_t waiter;

	scene_pipe(scene, end);
	if (side)
		pipe_fill(scene, end[1]);
	waiter = scene_fork(scene);
	if (waiter == 0) {
		struct pollfd polled = { end[side], side ? POLLOUT : POLLIN, 0 };

		EXPECT_INT(scene, poll(&polled, 1, -1), 1);
		EXPECT_INT(scene, polled.revents, polled.events);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_POLL);
	if (side)
		pipe_drain(scene, end[0], NULL, SIZE_MAX);
	else
		SETUP(scene, write(end[1], "x", 1));
	EXPECT_EXIT(scene, waiter, 0);
}

enum { SELECT, PSELECT };
static const struct value selects[] = { { "select", SELECT }, { "pselect", PSELECT },
	{ NULL, 0 } };

static int readable(struct scene *scene, int fd)
{
	const size_t bit = (size_t)fd; /* the macros of musl divide it by one */
	const struct timespec no_time = { 0 };
	struct timeval no_time_either = { 0 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(bit, &set);
	if (scene->number == SELECT)
		EXPECT_OK(scene, select(fd + 1, &set, NULL, NULL, &no_time_either));
	else
		EXPECT_OK(scene, pselect(fd + 1, &set, NULL, NULL, &no_time, NULL));
	return FD_ISSET(bit, &set) != 0;
}

static void select_eof(struct scene *scene)
{
	int end[2];

	scene_pipe(scene, end);
	EXPECT_INT(scene, readable(scene, end[0]), 0);
	close(end[1]);
	EXPECT_INT(scene, readable(scene, end[0]), 1);
}

static int watch(struct scene *scene, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };
	int epoll = EXPECT_OK(scene, epoll_create1(EPOLL_CLOEXEC));

	EXPECT_OK(scene, epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
	return epoll;
}

/* The events that are reported now, 0 for none. */
static int64_t news(struct scene *scene, int epoll)
{
	struct epoll_event event = { 0 };
	int count = EXPECT_OK(scene, epoll_wait(epoll, &event, 1, 0));

	return count ? (int64_t)event.events : 0;
}

static void every_write(struct scene *scene)
{
	int end[2], epoll;

	scene_pipe(scene, end);
	epoll = watch(scene, end[0], EPOLLIN | EPOLLET);
	EXPECT_INT(scene, news(scene, epoll), 0);
	for (int i = 0; i < 3; i++) {
		SETUP(scene, write(end[1], "x", 1));
		EXPECT_INT(scene, news(scene, epoll), EPOLLIN);
	}
}

static void no_spurious_level(struct scene *scene)
{
	int end[2], epoll;

	scene_pipe(scene, end);
	epoll = watch(scene, end[0], EPOLLIN | EPOLLET);
	SETUP(scene, write(end[1], "xy", 2));
	EXPECT_INT(scene, news(scene, epoll), EPOLLIN);
	EXPECT_INT(scene, news(scene, epoll), 0);
	SETUP(scene, pipe_drain(scene, end[0], NULL, 1));
	EXPECT_INT(scene, news(scene, epoll), 0);
}

static void level_stays(struct scene *scene)
{
	int end[2], epoll;

	scene_pipe(scene, end);
	epoll = watch(scene, end[0], EPOLLIN);
	SETUP(scene, write(end[1], "x", 1));
	EXPECT_INT(scene, news(scene, epoll), EPOLLIN);
	EXPECT_INT(scene, news(scene, epoll), EPOLLIN);
	SETUP(scene, pipe_drain(scene, end[0], NULL, 1));
	EXPECT_INT(scene, news(scene, epoll), 0);
}

static void out_edge(struct scene *scene)
{
	int end[2], epoll;

	scene_pipe(scene, end);
	epoll = watch(scene, end[1], EPOLLOUT | EPOLLET);
	EXPECT_INT(scene, news(scene, epoll), EPOLLOUT);
	pipe_fill(scene, end[1]);
	EXPECT_INT(scene, news(scene, epoll), 0);
	pipe_drain(scene, end[0], NULL, SIZE_MAX);
	EXPECT_INT(scene, news(scene, epoll), EPOLLOUT);
	EXPECT_INT(scene, news(scene, epoll), 0);
}

static void epoll_closed(struct scene *scene)
{
	int end[2], side = (int)scene->number, epoll;

	scene_pipe(scene, end);
	if (side)
		pipe_fill(scene, end[1]);
	epoll = watch(scene, end[side], (side ? EPOLLOUT : EPOLLIN) | EPOLLET);
	EXPECT_INT(scene, news(scene, epoll), 0);
	close(end[!side]);
	EXPECT_INT(scene, news(scene, epoll), side ? EPOLLERR : EPOLLHUP);
}

static void sigio(struct scene *scene)
{
	sigset_t set;
	siginfo_t info;
	int end[2];

	scene_pipe(scene, end);
	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	SETUP(scene, sigprocmask(SIG_BLOCK, &set, NULL));
	EXPECT_OK(scene, fcntl(end[0], F_SETOWN, getpid()));
	EXPECT_OK(scene, fcntl(end[0], F_SETFL, O_ASYNC));
	SETUP(scene, write(end[1], "x", 1));
	PROMISED(scene, "SIGIO comes");
	EXPECT_INT(scene, sigwaitinfo(&set, &info), SIGIO);
	arrived(scene);
}

static const struct check checks[] = {
	{ .id = "pipe.poll.states_reader",
		.run = states_reader,
		.values = reader_states },
	{ .id = "pipe.poll.err_writer", .run = err_writer, .values = writer_states },
	{ .id = "pipe.poll.out_means_a_byte", .run = out_means_a_byte },
	{ .id = "pipe.poll.out_means_pipe_buf", .run = out_means_pipe_buf },
	{ .id = "pipe.poll.wakes_on_close",
		.run = wakes_on_close,
		.needs = NEED_PROC,
		.values = sides },
	{ .id = "pipe.poll.wakes_on_data",
		.run = wakes_on_data,
		.needs = NEED_PROC,
		.values = sides },
	{ .id = "pipe.select.eof_readable", .run = select_eof, .values = selects },
	{ .id = "pipe.epoll.level_stays", .run = level_stays },
	{ .id = "pipe.epollet.rearm_on_every_write", .run = every_write },
	{ .id = "pipe.epollet.no_spurious_level", .run = no_spurious_level },
	{ .id = "pipe.epollet.out_edge", .run = out_edge },
	{ .id = "pipe.epollet.peer_closed", .run = epoll_closed, .values = sides },
	{ .id = "pipe.async.sigio", .run = sigio },
	{ .id = NULL },
};

const struct suite pipe_events_suite = { "pipe_events", checks };
