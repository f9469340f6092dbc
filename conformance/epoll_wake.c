/* Who is woken by an event that several wait for. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/calls.h"
#include "conformance/check.h"
#include "conformance/epoll_help.h"

static void put(struct scene *scene, int fd)
{
	SETUP(scene, write(fd, "x", 1));
}

/* A child that waits, with an instance of its own if there is none for all; it takes a
 * byte for the event that it gets, if it still finds one. */
static void start_waiter(struct scene *scene, int shared, int fd, uint32_t events)
{
	pid_t waiter = scene_fork(scene);

	if (waiter == 0) {
		int epoll = shared < 0 ? epoll_help_make(scene) : shared;
		struct epoll_event event;
		char byte;

		if (shared < 0)
			epoll_help_watch(scene, epoll, fd, events);
		EXPECT_INT(scene, epoll_wait(epoll, &event, 1, -1), 1);
		_exit(read(fd, &byte, 1) == 1 ? 7 : 8);
	}
	EXPECT_BLOCKED(scene, waiter, IN_EPOLL);
}

/* Ends the waiters by one event after another: each must reach somebody. */
static void feed(struct scene *scene, int fd)
{
	int left = 3, status;

	while (left > 0) {
		bool is_taken = false;

		put(scene, fd);
		/* Whoever takes the byte may be preceded by some who came in vain. */
		while (!is_taken && left > 0) {
			PROMISED(scene, "an event wakes somebody who waits");
			SETUP(scene, wait(&status));
			arrived(scene);
			is_taken = WEXITSTATUS(status) == 7;
			left--;
		}
	}
}

static void exclusive_wakes_at_least_one(struct scene *scene)
{
	int end[2];

	scene_pipe(scene, end);
	scene_nonblock(scene, end[0], true);
	for (int i = 0; i < 3; i++)
		start_waiter(scene, -1, end[0], EPOLLIN | EPOLLEXCLUSIVE);
	feed(scene, end[1]);
}

static void fork_wakeup_both(struct scene *scene)
{
	int end[2], epoll = epoll_help_make(scene);

	scene_pipe(scene, end);
	scene_nonblock(scene, end[0], true);
	epoll_help_watch(scene, epoll, end[0], EPOLLIN | (uint32_t)scene->number);
	for (int i = 0; i < 3; i++)
		start_waiter(scene, epoll, end[0], 0);
	feed(scene, end[1]);
}

/* Without EPOLLEXCLUSIVE each instance reports an event that nobody takes. */
static void instances_all_woken(struct scene *scene)
{
	pid_t waiters[3];
	int end[2];

	scene_pipe(scene, end);
	for (int i = 0; i < 3; i++) {
		waiters[i] = scene_fork(scene);
		if (waiters[i] == 0) {
			int epoll = epoll_help_make(scene);
			struct epoll_event event;

			epoll_help_watch(scene, epoll, end[0], EPOLLIN);
			EXPECT_INT(scene, epoll_wait(epoll, &event, 1, -1), 1);
			_exit(0);
		}
		EXPECT_BLOCKED(scene, waiters[i], IN_EPOLL);
	}
	put(scene, end[1]);
	for (int i = 0; i < 3; i++) {
		pid_t waiter = waiters[i];

		EXPECT_EXIT(scene, waiter, 0);
	}
}

/* A wait that has begun learns of what is added then. */
static void added_while_waiting(struct scene *scene)
{
	int epoll = epoll_help_make(scene), event = SETUP(scene, eventfd(1, 0));
	pid_t waiter = scene_fork(scene);

	if (waiter == 0) {
		struct epoll_event got;

		EXPECT_INT(scene, epoll_wait(epoll, &got, 1, -1), 1);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_EPOLL);
	epoll_help_watch(scene, epoll, event, EPOLLIN);
	EXPECT_EXIT(scene, waiter, 0);
}

static const struct value triggers[] = { { "level", 0 }, { "edge", (int64_t)EPOLLET },
	{ NULL, 0 } };

static const struct check checks[] = {
	{ .id = "epoll.exclusive_wakes_at_least_one",
		.run = exclusive_wakes_at_least_one,
		.needs = NEED_PROC },
	{ .id = "epoll.instances_all_woken",
		.run = instances_all_woken,
		.needs = NEED_PROC },
	{ .id = "epoll.fork_wakeup_both",
		.run = fork_wakeup_both,
		.needs = NEED_PROC,
		.values = triggers },
	{ .id = "epoll.added_while_waiting",
		.run = added_while_waiting,
		.needs = NEED_PROC },
	{ .id = NULL },
};

const struct suite epoll_wake_suite = { "epoll_wake", checks };
