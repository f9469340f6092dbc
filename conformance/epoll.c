/* Interest lists: what epoll reports, how often, and what it refuses. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/epoll_help.h"

/* How many events there are now, of at most 8; the first one's bits. */
static int ready(struct scene *scene, int epoll, uint32_t *events)
{
	struct epoll_event event[8] = { { .events = 0 } };
	int count = EXPECT_OK(scene, epoll_wait(epoll, event, 8, 0));

	if (events)
		*events = event[0].events;
	return count;
}

static void put(struct scene *scene, int fd)
{
	SETUP(scene, write(fd, "x", 1));
}

static void take(struct scene *scene, int fd)
{
	char byte;

	SETUP(scene, read(fd, &byte, 1));
}

static void level_triggered(struct scene *scene)
{
	int epoll = epoll_help_make(scene), end[2];
	uint32_t events;

	scene_pipe(scene, end);
	epoll_help_watch(scene, epoll, end[0], EPOLLIN);
	EXPECT_INT(scene, ready(scene, epoll, &events), 0);
	put(scene, end[1]);
	for (int i = 0; i < 3; i++) {
		EXPECT_INT(scene, ready(scene, epoll, &events), 1);
		EXPECT_INT(scene, events, EPOLLIN);
	}
	take(scene, end[0]);
	EXPECT_INT(scene, ready(scene, epoll, &events), 0);
}

static void edge_triggered(struct scene *scene)
{
	int epoll = epoll_help_make(scene), end[2];

	scene_pipe(scene, end);
	put(scene, end[1]);
	/* What is ready when it is added counts as an edge. */
	epoll_help_watch(scene, epoll, end[0], EPOLLIN | EPOLLET);
	EXPECT_INT(scene, ready(scene, epoll, NULL), 1);
	EXPECT_INT(scene, ready(scene, epoll, NULL), 0);
	take(scene, end[0]);
	put(scene, end[1]);
	EXPECT_INT(scene, ready(scene, epoll, NULL), 1);
	EXPECT_INT(scene, ready(scene, epoll, NULL), 0);
	/* So does what is ready when it is changed. */
	SETUP(scene, epoll_help_control(epoll, EPOLL_CTL_MOD, end[0], EPOLLIN | EPOLLET));
	EXPECT_INT(scene, ready(scene, epoll, NULL), 1);
	EXPECT_INT(scene, ready(scene, epoll, NULL), 0);
}

static void oneshot(struct scene *scene)
{
	int epoll = epoll_help_make(scene), end[2];

	scene_pipe(scene, end);
	epoll_help_watch(scene, epoll, end[0], EPOLLIN | EPOLLONESHOT);
	put(scene, end[1]);
	EXPECT_INT(scene, ready(scene, epoll, NULL), 1);
	EXPECT_INT(scene, ready(scene, epoll, NULL), 0);
	put(scene, end[1]);
	EXPECT_INT(scene, ready(scene, epoll, NULL), 0);
	/* Not even the end of the other side: it is disarmed. */
	close(end[1]);
	EXPECT_INT(scene, ready(scene, epoll, NULL), 0);
	EXPECT_OK(scene,
		epoll_help_control(epoll, EPOLL_CTL_MOD, end[0], EPOLLIN | EPOLLONESHOT));
	EXPECT_INT(scene, ready(scene, epoll, NULL), 1);
	EXPECT_INT(scene, ready(scene, epoll, NULL), 0);
}

static void hup_unasked(struct scene *scene)
{
	int epoll = epoll_help_make(scene), end[2];
	uint32_t events;

	scene_pipe(scene, end);
	epoll_help_watch(scene, epoll, end[0], 0);
	EXPECT_INT(scene, ready(scene, epoll, &events), 0);
	close(end[1]);
	EXPECT_INT(scene, ready(scene, epoll, &events), 1);
	EXPECT_INT(scene, events, EPOLLHUP);
}

static void data_returned(struct scene *scene)
{
	int epoll = epoll_help_make(scene), end[2];
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = 0x0123456789abcdefu };

	scene_pipe(scene, end);
	SETUP(scene, epoll_ctl(epoll, EPOLL_CTL_ADD, end[0], &event));
	put(scene, end[1]);
	event.data.u64 = 0;
	EXPECT_INT(scene, epoll_wait(epoll, &event, 1, 0), 1);
	EXPECT(scene, event.data.u64 == 0x0123456789abcdefu, "0x%llx",
		(unsigned long long)event.data.u64);
	event = (struct epoll_event) { .events = EPOLLIN, .data.u64 = 4711 };
	SETUP(scene, epoll_ctl(epoll, EPOLL_CTL_MOD, end[0], &event));
	EXPECT_INT(scene, epoll_wait(epoll, &event, 1, 0), 1);
	EXPECT_INT(scene, event.data.u64, 4711);
}

/* With room for one, all that are ready get their turn. */
static void round_robin(struct scene *scene)
{
	int epoll = epoll_help_make(scene), end[3][2];
	struct epoll_event event;
	unsigned seen = 0;

	for (int i = 0; i < 3; i++) {
		scene_pipe(scene, end[i]);
		event = (struct epoll_event) { .events = EPOLLIN,
			.data.u32 = (uint32_t)i };
		SETUP(scene, epoll_ctl(epoll, EPOLL_CTL_ADD, end[i][0], &event));
		put(scene, end[i][1]);
	}
	EXPECT_INT(scene, ready(scene, epoll, NULL), 3);
	for (int i = 0; i < 3; i++) {
		EXPECT_INT(scene, epoll_wait(epoll, &event, 1, 0), 1);
		seen |= 1u << event.data.u32;
	}
	EXPECT_INT(scene, seen, 7);
}

static void dup_close_still_reported(struct scene *scene)
{
	int epoll = epoll_help_make(scene), end[2], copy;

	scene_pipe(scene, end);
	epoll_help_watch(scene, epoll, end[0], EPOLLIN);
	copy = SETUP(scene, dup(end[0]));
	close(end[0]);
	put(scene, end[1]);
	EXPECT_INT(scene, ready(scene, epoll, NULL), 1);
	EXPECT_ERROR(scene, epoll_help_control(epoll, EPOLL_CTL_DEL, end[0], 0), EBADF);
	EXPECT_ERROR(scene, epoll_help_control(epoll, EPOLL_CTL_DEL, copy, 0), ENOENT);
	EXPECT_INT(scene, ready(scene, epoll, NULL), 1);
	/* The last descriptor of the description takes the registration with it. */
	close(copy);
	EXPECT_INT(scene, ready(scene, epoll, NULL), 0);
}

static void dup_twice(struct scene *scene)
{
	int epoll = epoll_help_make(scene), end[2], copy;

	scene_pipe(scene, end);
	copy = SETUP(scene, dup(end[0]));
	epoll_help_watch(scene, epoll, end[0], EPOLLIN);
	EXPECT_OK(scene, epoll_help_control(epoll, EPOLL_CTL_ADD, copy, EPOLLIN));
	put(scene, end[1]);
	EXPECT_INT(scene, ready(scene, epoll, NULL), 2);
	EXPECT_OK(scene, epoll_help_control(epoll, EPOLL_CTL_DEL, end[0], 0));
	EXPECT_INT(scene, ready(scene, epoll, NULL), 1);
}

static void nested(struct scene *scene)
{
	int inner = epoll_help_make(scene), outer = epoll_help_make(scene), end[2];
	uint32_t events;

	scene_pipe(scene, end);
	epoll_help_watch(scene, inner, end[0], EPOLLIN);
	epoll_help_watch(scene, outer, inner, EPOLLIN);
	EXPECT_INT(scene, ready(scene, outer, &events), 0);
	put(scene, end[1]);
	EXPECT_INT(scene, ready(scene, outer, &events), 1);
	EXPECT_INT(scene, events, EPOLLIN);
	take(scene, end[0]);
	EXPECT_INT(scene, ready(scene, outer, &events), 0);
}

enum refusal {
	EXISTS,
	NOT_THERE,
	ITSELF,
	NO_EPOLL,
	NO_FD,
	LOOP,
	NO_ROOM,
	NO_OPERATION,
	EXCLUSIVE_MOD,
	EXCLUSIVE_ONESHOT,
	EXCLUSIVE_NESTED,
	SIZE,
	FLAGS
};

static void refused_wait(struct scene *scene, int epoll, int pipe)
{
	struct epoll_event event;
	volatile int negative = -1; /* compilers know better */

	if (scene->number == NO_ROOM) {
		EXPECT_ERROR(scene, epoll_wait(epoll, &event, 0, 0), EINVAL);
		EXPECT_ERROR(scene, epoll_wait(epoll, &event, negative, 0), EINVAL);
	}
	if (scene->number == NO_EPOLL) {
		EXPECT_ERROR(scene,
			epoll_help_control(pipe, EPOLL_CTL_ADD, epoll, EPOLLIN), EINVAL);
		EXPECT_ERROR(scene, epoll_help_control(-1, EPOLL_CTL_ADD, pipe, EPOLLIN),
			EBADF);
		EXPECT_ERROR(scene, epoll_wait(pipe, &event, 1, 0), EINVAL);
	}
	if (scene->number == SIZE)
		EXPECT_ERROR(scene, epoll_create(0), EINVAL);
	if (scene->number == FLAGS)
		EXPECT_ERROR(scene, epoll_create1(1), EINVAL);
}

static void refused_exclusive(struct scene *scene, int epoll, int pipe)
{
	if (scene->number == EXCLUSIVE_MOD) {
		epoll_help_watch(scene, epoll, pipe, EPOLLIN | EPOLLEXCLUSIVE);
		EXPECT_ERROR(scene,
			epoll_help_control(epoll, EPOLL_CTL_MOD, pipe, EPOLLIN), EINVAL);
	}
	if (scene->number == EXCLUSIVE_ONESHOT)
		EXPECT_ERROR(scene,
			epoll_help_control(epoll, EPOLL_CTL_ADD, pipe,
				EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT),
			EINVAL);
	if (scene->number == EXCLUSIVE_NESTED)
		EXPECT_ERROR(scene,
			epoll_help_control(epoll, EPOLL_CTL_ADD, epoll_help_make(scene),
				EPOLLIN | EPOLLEXCLUSIVE),
			EINVAL);
}

static void refused(struct scene *scene)
{
	int epoll = epoll_help_make(scene), other = epoll_help_make(scene), end[2];

	scene_pipe(scene, end);
	refused_wait(scene, epoll, end[0]);
	refused_exclusive(scene, epoll, end[0]);
	if (scene->number == EXISTS) {
		epoll_help_watch(scene, epoll, end[0], EPOLLIN);
		EXPECT_ERROR(scene,
			epoll_help_control(epoll, EPOLL_CTL_ADD, end[0], EPOLLIN),
			EEXIST);
	}
	if (scene->number == NOT_THERE) {
		EXPECT_ERROR(scene,
			epoll_help_control(epoll, EPOLL_CTL_MOD, end[0], EPOLLIN),
			ENOENT);
		EXPECT_ERROR(scene, epoll_help_control(epoll, EPOLL_CTL_DEL, end[0], 0),
			ENOENT);
	}
	if (scene->number == ITSELF)
		EXPECT_ERROR(scene,
			epoll_help_control(epoll, EPOLL_CTL_ADD, epoll, EPOLLIN), EINVAL);
	if (scene->number == NO_FD)
		EXPECT_ERROR(scene, epoll_help_control(epoll, EPOLL_CTL_ADD, -1, EPOLLIN),
			EBADF);
	if (scene->number == LOOP) {
		epoll_help_watch(scene, epoll, other, EPOLLIN);
		EXPECT_ERROR(scene,
			epoll_help_control(other, EPOLL_CTL_ADD, epoll, EPOLLIN), ELOOP);
	}
	if (scene->number == NO_OPERATION)
		EXPECT_ERROR(
			scene, epoll_help_control(epoll, 4711, end[0], EPOLLIN), EINVAL);
}

/* What is always ready is nothing to wait for. */
static void regular_eperm(struct scene *scene)
{
	char path[] = "fileXXXXXX";
	int epoll = epoll_help_make(scene), fd = SETUP(scene, mkstemp(path));
	int directory = SETUP(scene, open(".", O_RDONLY));

	EXPECT_ERROR(scene, epoll_help_control(epoll, EPOLL_CTL_ADD, fd, EPOLLIN), EPERM);
	EXPECT_ERROR(scene, epoll_help_control(epoll, EPOLL_CTL_ADD, directory, EPOLLIN),
		EPERM);
}

static void cloexec(struct scene *scene)
{
	EXPECT_INT(scene, fcntl(EXPECT_OK(scene, epoll_create1(0)), F_GETFD), 0);
	EXPECT_INT(scene, fcntl(EXPECT_OK(scene, epoll_create1(EPOLL_CLOEXEC)), F_GETFD),
		FD_CLOEXEC);
}

static const struct value refusals[] = { { "exists", EXISTS }, { "not_there", NOT_THERE },
	{ "itself", ITSELF }, { "no_epoll", NO_EPOLL }, { "no_fd", NO_FD },
	{ "loop", LOOP }, { "no_room", NO_ROOM }, { "operation", NO_OPERATION },
	{ "exclusive_mod", EXCLUSIVE_MOD }, { "exclusive_oneshot", EXCLUSIVE_ONESHOT },
	{ "exclusive_nested", EXCLUSIVE_NESTED }, { "size", SIZE }, { "flags", FLAGS },
	{ NULL, 0 } };

static const struct check checks[] = {
	{ .id = "epoll.level_triggered", .run = level_triggered },
	{ .id = "epoll.edge_triggered", .run = edge_triggered },
	{ .id = "epoll.oneshot_regular_eperm", .run = oneshot },
	{ .id = "epoll.regular_eperm", .run = regular_eperm },
	{ .id = "epoll.hup_unasked", .run = hup_unasked },
	{ .id = "epoll.data_returned", .run = data_returned },
	{ .id = "epoll.round_robin", .run = round_robin },
	{ .id = "epoll.dup_close_still_reported", .run = dup_close_still_reported },
	{ .id = "epoll.dup_twice", .run = dup_twice },
	{ .id = "epoll.nested", .run = nested },
	{ .id = "epoll.refused", .run = refused, .values = refusals },
	{ .id = "epoll.cloexec", .run = cloexec },
	{ .id = NULL },
};

const struct suite epoll_suite = { "epoll", checks };
