/* The counter behind an eventfd descriptor. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conformance/check.h"

/* The highest value that the counter takes. */
#define MOST (UINT64_MAX - 1)

static int64_t add(int fd, uint64_t value)
{
	return write(fd, &value, sizeof value);
}

/* What a read yields; it must yield something. */
static uint64_t take(struct scene *scene, int fd)
{
	uint64_t value = 0;

	EXPECT_INT(scene, read(fd, &value, sizeof value), sizeof value);
	return value;
}

static void expect_value(struct scene *scene, int fd, uint64_t want)
{
	uint64_t got = take(scene, fd);

	EXPECT(scene, got == want, "%llu instead of %llu", (unsigned long long)got,
		(unsigned long long)want);
}

static void values(struct scene *scene)
{
	uint64_t value = (uint64_t)scene->number;
	int fd = EXPECT_OK(scene, eventfd(0, EFD_NONBLOCK));

	EXPECT_INT(scene, add(fd, value), sizeof value);
	expect_value(scene, fd, value);
	/* Reading resets, writing adds. */
	EXPECT_INT(scene, add(fd, value), sizeof value);
	EXPECT_INT(scene, add(fd, 0), sizeof value);
	if (value <= MOST - value)
		EXPECT_INT(scene, add(fd, value), sizeof value);
	expect_value(scene, fd, value <= MOST - value ? 2 * value : value);
	EXPECT_ERROR(scene, read(fd, &value, sizeof value), EAGAIN);
}

static void initial(struct scene *scene)
{
	uint64_t want = (uint64_t)scene->number;
	int fd = EXPECT_OK(scene, eventfd((unsigned)want, EFD_NONBLOCK));
	uint64_t value;

	if (want)
		expect_value(scene, fd, want);
	EXPECT_ERROR(scene, read(fd, &value, sizeof value), EAGAIN);
}

static void semaphore(struct scene *scene)
{
	int fd = EXPECT_OK(scene, eventfd(2, EFD_NONBLOCK | EFD_SEMAPHORE));
	uint64_t value;

	SETUP(scene, add(fd, 1));
	for (int i = 0; i < 3; i++)
		expect_value(scene, fd, 1);
	EXPECT_ERROR(scene, read(fd, &value, sizeof value), EAGAIN);
}

enum refusal { MAXIMUM, SHORT_WRITE, SHORT_READ };

static void refused(struct scene *scene)
{
	int fd = SETUP(scene, eventfd(5, EFD_NONBLOCK));
	uint64_t value = 0;

	if (scene->number == MAXIMUM)
		EXPECT_ERROR(scene, add(fd, UINT64_MAX), EINVAL);
	if (scene->number == SHORT_WRITE)
		EXPECT_ERROR(scene, write(fd, &value, 7), EINVAL);
	if (scene->number == SHORT_READ)
		EXPECT_ERROR(scene, read(fd, &value, 7), EINVAL);
	expect_value(scene, fd, 5);
}

static void overflow_eagain(struct scene *scene)
{
	int fd = SETUP(scene, eventfd(0, EFD_NONBLOCK));

	EXPECT_INT(scene, add(fd, MOST), sizeof(uint64_t));
	EXPECT_ERROR(scene, add(fd, 1), EAGAIN);
	EXPECT_INT(scene, add(fd, 0), sizeof(uint64_t));
	expect_value(scene, fd, MOST);
}

static void long_read(struct scene *scene)
{
	int fd = SETUP(scene, eventfd(3, EFD_NONBLOCK));
	uint64_t pair[2] = { 0, 77 };

	EXPECT_INT(scene, read(fd, pair, sizeof pair), sizeof pair[0]);
	EXPECT(scene, pair[0] == 3 && pair[1] == 77, "more than 8 bytes were written");
}

/* Accepted by some kernels and refused by others. */
static void long_write(struct scene *scene)
{
	int fd = SETUP(scene, eventfd(0, EFD_NONBLOCK));
	uint64_t pair[2] = { 1, 1 };
	ssize_t got = write(fd, pair, sizeof pair);

	note(scene, "a write of 16 bytes %s", got < 0 ? "is refused" : "is taken");
	EXPECT(scene, got == 8 || (got == -1 && errno == EINVAL), "%zd: %s", got,
		strerror(errno));
}

static void flags(struct scene *scene)
{
	int plain = EXPECT_OK(scene, eventfd(0, 0));
	int both = EXPECT_OK(scene, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));

	EXPECT_INT(scene, fcntl(plain, F_GETFL) & O_NONBLOCK, 0);
	EXPECT_INT(scene, fcntl(plain, F_GETFD), 0);
	EXPECT_INT(scene, fcntl(both, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	EXPECT_INT(scene, fcntl(both, F_GETFD), FD_CLOEXEC);
	EXPECT_ERROR(scene, eventfd(0, 0x40000000), EINVAL);
}

static int states(struct scene *scene, int fd)
{
	struct pollfd polled = { .fd = fd, .events = POLLIN | POLLOUT };

	SETUP(scene, poll(&polled, 1, 0));
	return polled.revents;
}

static void poll_states(struct scene *scene)
{
	int fd = SETUP(scene, eventfd(0, EFD_NONBLOCK));

	EXPECT_INT(scene, states(scene, fd), POLLOUT);
	SETUP(scene, add(fd, 1));
	EXPECT_INT(scene, states(scene, fd), POLLIN | POLLOUT);
	SETUP(scene, add(fd, MOST - 1));
	EXPECT_INT(scene, states(scene, fd), POLLIN);
	take(scene, fd);
	EXPECT_INT(scene, states(scene, fd), POLLOUT);
}

static void shared_by_fork(struct scene *scene)
{
	int fd = SETUP(scene, eventfd(1, EFD_NONBLOCK));
	pid_t child = scene_fork(scene);

	if (child == 0) {
		SETUP(scene, add(fd, 10));
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
	expect_value(scene, fd, 11);
}

/* Room for one descriptor in a message. */
union control {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(sizeof(int))];
};

static void pass(struct scene *scene, int socket, int fd)
{
	union control control = { .bytes = { 0 } };
	char byte = 'x';
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes };
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(head), &fd, sizeof fd);
	SETUP(scene, sendmsg(socket, &message, 0));
}

static int take_passed(struct scene *scene, int socket)
{
	union control control = { .bytes = { 0 } };
	char byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes };
	int fd = -1;

	SETUP(scene, recvmsg(socket, &message, 0));
	if (CMSG_FIRSTHDR(&message))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
	return SETUP(scene, fd);
}

static void shared_by_passing(struct scene *scene)
{
	int ends[2], fd;
	pid_t child;

	SETUP(scene, socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	child = scene_fork(scene);
	if (child == 0) {
		/* Made after the fork: nothing but the message can bring it. */
		fd = take_passed(scene, ends[1]);
		expect_value(scene, fd, 5);
		SETUP(scene, add(fd, 20));
		_exit(0);
	}
	fd = SETUP(scene, eventfd(5, EFD_NONBLOCK));
	pass(scene, ends[0], fd);
	EXPECT_EXIT(scene, child, 0);
	expect_value(scene, fd, 20);
}

static void block_overflow(struct scene *scene)
{
	int fd = SETUP(scene, eventfd(0, 0));
	pid_t writer;

	SETUP(scene, add(fd, MOST));
	writer = scene_fork(scene);
	if (writer == 0) {
		EXPECT_INT(scene, add(fd, 3), sizeof(uint64_t));
		_exit(0);
	}
	EXPECT_BLOCKED(scene, writer, SYS_write);
	expect_value(scene, fd, MOST);
	EXPECT_EXIT(scene, writer, 0);
	expect_value(scene, fd, 3);
}

static void block_empty(struct scene *scene)
{
	int fd = SETUP(scene, eventfd(0, (int)scene->number));
	pid_t reader = scene_fork(scene);

	if (reader == 0) {
		expect_value(scene, fd, scene->number == EFD_SEMAPHORE ? 1 : 2);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, reader, SYS_read);
	SETUP(scene, add(fd, 0));
	EXPECT_BLOCKED(scene, reader, SYS_read);
	SETUP(scene, add(fd, 2));
	EXPECT_EXIT(scene, reader, 0);
}

static void epollet_each_write(struct scene *scene)
{
	int fd = SETUP(scene, eventfd(0, EFD_NONBLOCK));
	int epoll = SETUP(scene, epoll_create1(0));
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };

	SETUP(scene, epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
	for (int i = 0; i < 3; i++) {
		SETUP(scene, add(fd, 1));
		EXPECT_INT(scene, epoll_wait(epoll, &event, 1, 0), 1);
		EXPECT_INT(scene, epoll_wait(epoll, &event, 1, 0), 0);
	}
	expect_value(scene, fd, 3);
}

static const struct value counts[] = { { "1", 1 }, { "2", 2 },
	{ "4294967296", 4294967296 }, { "half", (int64_t)(MOST / 2) },
	{ "most", (int64_t)MOST }, { NULL, 0 } };

static const struct value initials[] = { { "0", 0 }, { "1", 1 },
	{ "4294967295", 4294967295 }, { NULL, 0 } };

static const struct value refusals[] = { { "maximum", MAXIMUM },
	{ "short_write", SHORT_WRITE }, { "short_read", SHORT_READ }, { NULL, 0 } };

static const struct value modes[] = { { "counter", 0 }, { "semaphore", EFD_SEMAPHORE },
	{ NULL, 0 } };

static const struct check checks[] = {
	{ .id = "eventfd.values", .run = values, .values = counts },
	{ .id = "eventfd.initial", .run = initial, .values = initials },
	{ .id = "eventfd.semaphore", .run = semaphore },
	{ .id = "eventfd.refused", .run = refused, .values = refusals },
	{ .id = "eventfd.overflow_eagain", .run = overflow_eagain },
	{ .id = "eventfd.long_read", .run = long_read },
	{ .id = "eventfd.long_write", .run = long_write },
	{ .id = "eventfd.flags", .run = flags },
	{ .id = "eventfd.poll_states", .run = poll_states },
	{ .id = "eventfd.fork", .run = shared_by_fork },
	{ .id = "eventfd.passed", .run = shared_by_passing },
	{ .id = "eventfd.block_overflow", .run = block_overflow, .needs = NEED_PROC },
	{ .id = "eventfd.block_empty",
		.run = block_empty,
		.needs = NEED_PROC,
		.values = modes },
	{ .id = "eventfd.epollet_each_write", .run = epollet_each_write },
	{ .id = NULL },
};

const struct suite eventfd_suite = { "eventfd", checks };
