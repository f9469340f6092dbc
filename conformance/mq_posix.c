/* POSIX message queues that nobody waits for: order, sizes, attributes, polling. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/mq_help.h"

enum order_case {
	ORDER_PRIORITY,
	ORDER_FIFO,
	ORDER_EMPTY,
	ORDER_SHORT,
	ORDER_LONG,
	ORDER_PRIO_MAX,
	ORDER_PRIO_MOST,
	ORDER_ZERO,
};

static void priorities(struct scene *scene, mqd_t queue)
{
	EXPECT_INT(scene, mq_help_send(queue, "low", 1), 0);
	EXPECT_INT(scene, mq_help_send(queue, "high", 9), 0);
	EXPECT_INT(scene, mq_help_send(queue, "middle", 5), 0);
	mq_help_expect(scene, queue, "high", 9);
	mq_help_expect(scene, queue, "middle", 5);
	mq_help_expect(scene, queue, "low", 1);
}

static void fifo(struct scene *scene, mqd_t queue)
{
	EXPECT_INT(scene, mq_help_send(queue, "first", 2), 0);
	EXPECT_INT(scene, mq_help_send(queue, "second", 2), 0);
	EXPECT_INT(scene, mq_help_send(queue, "third", 2), 0);
	mq_help_expect(scene, queue, "first", 2);
	EXPECT_INT(scene, mq_help_send(queue, "fourth", 2), 0);
	mq_help_expect(scene, queue, "second", 2);
	mq_help_expect(scene, queue, "third", 2);
	mq_help_expect(scene, queue, "fourth", 2);
}

static void order_sizes(struct scene *scene)
{
	char name[LEDGER_NAME], got[MQ_SIZE], bytes[MQ_SIZE + 1] = "";
	mqd_t queue = mq_help_make(scene, name, O_NONBLOCK);
	unsigned most = (unsigned)sysconf(_SC_MQ_PRIO_MAX);

	switch ((enum order_case)scene->number) {
	case ORDER_PRIORITY:
		priorities(scene, queue);
		break;
	case ORDER_FIFO:
		fifo(scene, queue);
		break;
	case ORDER_EMPTY:
		EXPECT_ERROR(scene, mq_help_receive(queue), EAGAIN);
		break;
	case ORDER_SHORT:
		EXPECT_INT(scene, mq_help_send(queue, "x", 0), 0);
		EXPECT_ERROR(scene, mq_receive(queue, got, MQ_SIZE - 1, NULL), EMSGSIZE);
		mq_help_expect(scene, queue, "x", 0);
		break;
	case ORDER_LONG:
		EXPECT_INT(scene, mq_send(queue, bytes, MQ_SIZE, 0), 0);
		EXPECT_ERROR(scene, mq_send(queue, bytes, MQ_SIZE + 1, 0), EMSGSIZE);
		EXPECT_INT(scene, mq_help_receive(queue), MQ_SIZE);
		break;
	case ORDER_PRIO_MAX:
		EXPECT_ERROR(scene, mq_help_send(queue, "x", most), EINVAL);
		break;
	case ORDER_PRIO_MOST:
		EXPECT_INT(scene, mq_help_send(queue, "x", most - 1), 0);
		mq_help_expect(scene, queue, "x", most - 1);
		break;
	case ORDER_ZERO:
		EXPECT_INT(scene, mq_help_send(queue, "", 3), 0);
		mq_help_expect(scene, queue, "", 3);
		break;
	}
	EXPECT_INT(scene, mq_help_count(scene, queue), 0);
}

static const struct value order_cases[] = {
	{ "priority", ORDER_PRIORITY },
	{ "fifo", ORDER_FIFO },
	{ "empty", ORDER_EMPTY },
	{ "short_buffer", ORDER_SHORT },
	{ "long_message", ORDER_LONG },
	{ "prio_max", ORDER_PRIO_MAX },
	{ "prio_below_max", ORDER_PRIO_MOST },
	{ "zero_length", ORDER_ZERO },
	{ NULL, 0 },
};

enum attr_case { ATTR_MADE, ATTR_FULL, ATTR_CURRENT, ATTR_SET, ATTR_OLD };

static void attributes(struct scene *scene)
{
	char name[LEDGER_NAME];
	mqd_t queue = mq_help_make(scene, name, O_NONBLOCK);
	struct mq_attr got, asked = { .mq_flags = 0, .mq_maxmsg = 1, .mq_msgsize = 1 };

	switch ((enum attr_case)scene->number) {
	case ATTR_MADE:
		EXPECT_INT(scene, mq_getattr(queue, &got), 0);
		EXPECT_INT(scene, got.mq_flags, O_NONBLOCK);
		EXPECT_INT(scene, got.mq_maxmsg, MQ_MESSAGES);
		EXPECT_INT(scene, got.mq_msgsize, MQ_SIZE);
		EXPECT_INT(scene, got.mq_curmsgs, 0);
		break;
	case ATTR_FULL:
		mq_help_fill(scene, queue);
		EXPECT_ERROR(scene, mq_help_send(queue, "x", 0), EAGAIN);
		EXPECT_INT(scene, mq_help_count(scene, queue), MQ_MESSAGES);
		break;
	case ATTR_CURRENT:
		EXPECT_INT(scene, mq_help_send(queue, "x", 0), 0);
		EXPECT_INT(scene, mq_help_send(queue, "y", 0), 0);
		EXPECT_INT(scene, mq_help_count(scene, queue), 2);
		mq_help_expect(scene, queue, "x", 0);
		EXPECT_INT(scene, mq_help_count(scene, queue), 1);
		break;
	case ATTR_SET:
		EXPECT_INT(scene, mq_setattr(queue, &asked, NULL), 0);
		EXPECT_INT(scene, mq_getattr(queue, &got), 0);
		EXPECT_INT(scene, got.mq_flags, 0);
		EXPECT_INT(scene, got.mq_maxmsg, MQ_MESSAGES);
		EXPECT_INT(scene, got.mq_msgsize, MQ_SIZE);
		break;
	case ATTR_OLD:
		EXPECT_INT(scene, mq_setattr(queue, &asked, &got), 0);
		EXPECT_INT(scene, got.mq_flags, O_NONBLOCK);
		EXPECT_INT(scene, got.mq_maxmsg, MQ_MESSAGES);
		break;
	}
}

static const struct value attr_cases[] = {
	{ "made", ATTR_MADE },
	{ "full", ATTR_FULL },
	{ "curmsgs", ATTR_CURRENT },
	{ "setattr", ATTR_SET },
	{ "setattr_old", ATTR_OLD },
	{ NULL, 0 },
};

static void expect_events(struct scene *scene, mqd_t queue, int want)
{
	struct pollfd polled = { (int)queue, POLLIN | POLLOUT, 0 };

	EXPECT_INT(scene, poll(&polled, 1, 0), want ? 1 : 0);
	EXPECT_INT(scene, polled.revents, want);
}

static void epolled(struct scene *scene, mqd_t queue)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = SETUP(scene, epoll_create1(EPOLL_CLOEXEC));

	EXPECT_INT(scene, epoll_ctl(epoll, EPOLL_CTL_ADD, (int)queue, &event), 0);
	EXPECT_INT(scene, epoll_wait(epoll, &event, 1, 0), 0);
	EXPECT_INT(scene, mq_help_send(queue, "x", 0), 0);
	EXPECT_INT(scene, epoll_wait(epoll, &event, 1, 0), 1);
	EXPECT_INT(scene, event.events, EPOLLIN);
}

enum poll_case { POLL_EMPTY, POLL_SOME, POLL_FULL, POLL_EPOLL, POLL_CLOEXEC };

static void poll_cloexec(struct scene *scene)
{
	char name[LEDGER_NAME];
	mqd_t queue = mq_help_make(scene, name, 0);

	switch ((enum poll_case)scene->number) {
	case POLL_EMPTY:
		expect_events(scene, queue, POLLOUT);
		break;
	case POLL_SOME:
		EXPECT_INT(scene, mq_help_send(queue, "x", 0), 0);
		expect_events(scene, queue, POLLIN | POLLOUT);
		break;
	case POLL_FULL:
		mq_help_fill(scene, queue);
		expect_events(scene, queue, POLLIN);
		break;
	case POLL_EPOLL:
		epolled(scene, queue);
		break;
	case POLL_CLOEXEC:
		EXPECT_INT(scene, fcntl((int)queue, F_GETFD), FD_CLOEXEC);
		break;
	}
}

static const struct value poll_cases[] = {
	{ "empty", POLL_EMPTY },
	{ "some", POLL_SOME },
	{ "full", POLL_FULL },
	{ "epoll", POLL_EPOLL },
	{ "cloexec", POLL_CLOEXEC },
	{ NULL, 0 },
};

static void bad_descriptor(struct scene *scene)
{
	char name[LEDGER_NAME];
	mqd_t queue = mq_help_make(scene, name, 0);
	struct mq_attr got;

	EXPECT_INT(scene, mq_close(queue), 0);
	EXPECT_ERROR(scene, mq_close(queue), EBADF);
	EXPECT_ERROR(scene, mq_help_send(queue, "x", 0), EBADF);
	EXPECT_ERROR(scene, mq_help_receive(queue), EBADF);
	EXPECT_ERROR(scene, mq_getattr(queue, &got), EBADF);
	/* A descriptor of something else is no better. */
	EXPECT_ERROR(scene, mq_help_send((mqd_t)0, "x", 0), EBADF);
}

static void shares_description(struct scene *scene)
{
	char name[LEDGER_NAME];
	mqd_t queue = mq_help_make(scene, name, 0);
	struct mq_attr nonblock = { .mq_flags = O_NONBLOCK }, got;
	pid_t child = scene_fork(scene);

	if (child == 0) {
		EXPECT_INT(scene, mq_setattr(queue, &nonblock, NULL), 0);
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
	EXPECT_INT(scene, mq_getattr(queue, &got), 0);
	EXPECT_INT(scene, got.mq_flags, O_NONBLOCK);
	/* Another opening is another description. */
	queue = SETUP(scene, mq_open(name, O_RDWR));
	EXPECT_INT(scene, mq_getattr(queue, &got), 0);
	EXPECT_INT(scene, got.mq_flags, 0);
}

static const struct check checks[] = {
	{ .id = "mq.order_sizes",
		.run = order_sizes,
		.needs = NEED_POSIX_MQ,
		.values = order_cases },
	{ .id = "mq.attributes",
		.run = attributes,
		.needs = NEED_POSIX_MQ,
		.values = attr_cases },
	{ .id = "mq.poll_cloexec",
		.run = poll_cloexec,
		.needs = NEED_POSIX_MQ,
		.values = poll_cases },
	{ .id = "mq.bad_descriptor", .run = bad_descriptor, .needs = NEED_POSIX_MQ },
	{ .id = "mq.fork.shares_description",
		.run = shares_description,
		.needs = NEED_POSIX_MQ },
	{ .id = NULL },
};

const struct suite mq_posix_suite = { "mq_posix", checks };
