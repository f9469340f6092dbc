/* What holds for sockets of every family: time-outs, errors, flags, options. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "conformance/socket_help.h"

/* Linux counts time-outs of sockets in ticks. Where ticks come late, as on a busy virtual
 * CPU, several may be due when a wait begins, and it ends so much earlier (by 1.4 ms seen
 * of 20): half of the time tells a time-out from none. */
#define TIMEOUT_US 40000
#define LEAST_US   (TIMEOUT_US / 2)

static void set_timeout(struct scene *scene, int fd, int option)
{
	const struct timeval timeout = { .tv_usec = TIMEOUT_US };

	SETUP(scene, setsockopt(fd, SOL_SOCKET, option, &timeout, sizeof timeout));
}

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void expect_timeout(struct scene *scene, int64_t start_us)
{
	int64_t passed_us = now_us() - start_us;

	EXPECT(scene, passed_us >= LEAST_US, "%lld us after %d us were asked for",
		(long long)passed_us, TIMEOUT_US);
}

static void rcvtimeo_eagain(struct scene *scene)
{
	int64_t start_us;
	int end[2];
	char byte;

	socket_pair(scene, (int)scene->number, end);
	set_timeout(scene, end[0], SO_RCVTIMEO);
	start_us = now_us();
	PROMISED(scene, "recv returns after the time-out");
	EXPECT_ERROR(scene, recv(end[0], &byte, 1, 0), EAGAIN);
	arrived(scene);
	expect_timeout(scene, start_us);
}

static void accept_timeout(struct scene *scene)
{
	struct address address = address_path("socket");
	int listener = socket_listening(scene, SOCK_STREAM, &address, 1);
	int64_t start_us;

	set_timeout(scene, listener, SO_RCVTIMEO);
	start_us = now_us();
	PROMISED(scene, "accept returns after the time-out");
	EXPECT_ERROR(scene, accept(listener, NULL, NULL), EAGAIN);
	arrived(scene);
	expect_timeout(scene, start_us);
}

static void sndtimeo_eagain(struct scene *scene)
{
	int64_t start_us;
	int end[2];

	socket_pair(scene, (int)scene->number, end);
	socket_fill(scene, end[0], 1000);
	set_timeout(scene, end[0], SO_SNDTIMEO);
	start_us = now_us();
	PROMISED(scene, "send returns after the time-out");
	EXPECT_ERROR(scene, send(end[0], "x", 1, 0), EAGAIN);
	arrived(scene);
	expect_timeout(scene, start_us);
}

static void sndtimeo_partial(struct scene *scene)
{
	const size_t size = 1 << 24;
	void *bytes = scene_memory(scene, size);
	int64_t start_us;
	ssize_t sent;
	int end[2];

	socket_pair(scene, SOCK_STREAM, end);
	set_timeout(scene, end[0], SO_SNDTIMEO);
	start_us = now_us();
	PROMISED(scene, "send returns after the time-out");
	sent = send(end[0], bytes, size, 0);
	arrived(scene);
	expect_timeout(scene, start_us);
	EXPECT(scene, sent > 0 && (size_t)sent < size, "%zd of %zu bytes sent", sent,
		size);
	EXPECT_INT(scene, socket_drain(scene, end[1]), sent);
}

enum mistake { BAD_FAMILY, BAD_PROTOCOL, BAD_TYPE, NO_PAIRS };

static void socketpair_errors(struct scene *scene)
{
	int end[2] = { -1, -1 };

	switch ((enum mistake)scene->number) {
	case BAD_FAMILY:
		EXPECT_ERROR(
			scene, socketpair(AF_MAX, SOCK_STREAM, 0, end), EAFNOSUPPORT);
		break;
	case BAD_PROTOCOL:
		EXPECT_ERROR(scene, socketpair(AF_UNIX, SOCK_STREAM, 255, end),
			EPROTONOSUPPORT);
		break;
	case BAD_TYPE:
		EXPECT_ERROR(scene, socketpair(AF_UNIX, SOCK_RDM, 0, end), EPROTOTYPE);
		break;
	default:
		EXPECT_ERROR(scene, socketpair(AF_INET, SOCK_STREAM, 0, end), EOPNOTSUPP);
	}
}

static void socketpair_untouched(struct scene *scene)
{
	int end[2] = { -5, -6 };

	EXPECT_INT(scene, socketpair(AF_INET, SOCK_STREAM, 0, end), -1);
	EXPECT_INT(scene, end[0], -5);
	EXPECT_INT(scene, end[1], -6);
}

enum maker { BY_SOCKET, BY_SOCKETPAIR, BY_ACCEPT4 };

static int make_socket(struct scene *scene, enum maker maker, int flags)
{
	struct address address = address_abstract();
	int end[2], listener;

	switch (maker) {
	case BY_SOCKET:
		return EXPECT_OK(scene, socket(AF_UNIX, SOCK_STREAM | flags, 0));
	case BY_SOCKETPAIR:
		EXPECT_OK(scene, socketpair(AF_UNIX, SOCK_STREAM | flags, 0, end));
		EXPECT_INT(scene, fcntl(end[0], F_GETFD), fcntl(end[1], F_GETFD));
		EXPECT_INT(scene, fcntl(end[0], F_GETFL), fcntl(end[1], F_GETFL));
		return end[1];
	default:
		listener = socket_listening(scene, SOCK_STREAM, &address, 1);
		end[1] = socket_new(scene, AF_UNIX, SOCK_STREAM);
		SETUP(scene, address_connect(end[1], &address));
		return EXPECT_OK(scene, accept4(listener, NULL, NULL, flags));
	}
}

static void cloexec_nonblock_flags(struct scene *scene)
{
	enum maker maker = (enum maker)scene->number;
	int fd = make_socket(scene, maker, 0);

	EXPECT_INT(scene, fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	EXPECT_INT(scene, fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	fd = make_socket(scene, maker, SOCK_CLOEXEC);
	EXPECT_INT(scene, fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	EXPECT_INT(scene, fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	fd = make_socket(scene, maker, SOCK_NONBLOCK);
	EXPECT_INT(scene, fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	EXPECT_INT(scene, fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
}

static void shutdown_enotconn(struct scene *scene)
{
	int fd = socket_new(scene, (int)scene->number, SOCK_STREAM);

	EXPECT_ERROR(scene, shutdown(fd, SHUT_RDWR), ENOTCONN);
}

static void shutdown_einval(struct scene *scene)
{
	int end[2];

	socket_pair(scene, SOCK_STREAM, end);
	EXPECT_ERROR(scene, shutdown(end[0], (int)scene->number), EINVAL);
}

static void getpeername_enotconn(struct scene *scene)
{
	int fd = socket_new(scene, (int)scene->number, SOCK_STREAM);
	struct address got = { .length = sizeof got.un };

	EXPECT_ERROR(scene, getpeername(fd, &got.any, &got.length), ENOTCONN);
}

enum seek { SEEK_LSEEK, SEEK_PREAD, SEEK_PWRITE };

static void lseek_espipe(struct scene *scene)
{
	int end[2];
	char byte = 0;

	socket_pair(scene, SOCK_STREAM, end);
	switch ((enum seek)scene->number) {
	case SEEK_LSEEK:
		EXPECT_ERROR(scene, lseek(end[0], 0, SEEK_SET), ESPIPE);
		break;
	case SEEK_PREAD:
		EXPECT_ERROR(scene, pread(end[0], &byte, 1, 0), ESPIPE);
		break;
	default:
		EXPECT_ERROR(scene, pwrite(end[0], &byte, 1, 0), ESPIPE);
	}
}

static void type_option(struct scene *scene)
{
	struct stat status;
	int end[2];

	socket_pair(scene, (int)scene->number, end);
	EXPECT_INT(scene, socket_get(scene, end[0], SOL_SOCKET, SO_TYPE), scene->number);
	EXPECT_OK(scene, fstat(end[0], &status));
	EXPECT(scene, S_ISSOCK(status.st_mode), "mode 0%o is not of a socket",
		(unsigned)status.st_mode);
}

static const struct value mistakes[] = {
	{ "family", BAD_FAMILY },
	{ "protocol", BAD_PROTOCOL },
	{ "type", BAD_TYPE },
	{ "inet", NO_PAIRS },
	{ NULL, 0 },
};

static const struct value makers[] = {
	{ "socket", BY_SOCKET },
	{ "socketpair", BY_SOCKETPAIR },
	{ "accept4", BY_ACCEPT4 },
	{ NULL, 0 },
};

static const struct value families[] = {
	{ "unix", AF_UNIX },
	{ "inet", AF_INET },
	{ NULL, 0 },
};

static const struct value wrong_ways[] = {
	{ "minus_one", -1 },
	{ "three", 3 },
	{ NULL, 0 },
};

static const struct value seeks[] = {
	{ "lseek", SEEK_LSEEK },
	{ "pread", SEEK_PREAD },
	{ "pwrite", SEEK_PWRITE },
	{ NULL, 0 },
};

static const struct check checks[] = {
	{ .id = "sock.rcvtimeo_eagain", .run = rcvtimeo_eagain, .values = socket_types },
	{ .id = "sock.accept_timeout", .run = accept_timeout },
	{ .id = "sock.sndtimeo_eagain", .run = sndtimeo_eagain, .values = socket_types },
	{ .id = "sock.sndtimeo_partial", .run = sndtimeo_partial },
	{ .id = "sock.socketpair.errors", .run = socketpair_errors, .values = mistakes },
	{ .id = "sock.socketpair.untouched", .run = socketpair_untouched },
	{ .id = "sock.cloexec_nonblock_flags",
		.run = cloexec_nonblock_flags,
		.values = makers },
	{ .id = "sock.shutdown.enotconn", .run = shutdown_enotconn, .values = families },
	{ .id = "sock.shutdown.einval", .run = shutdown_einval, .values = wrong_ways },
	{ .id = "sock.getpeername_enotconn",
		.run = getpeername_enotconn,
		.values = families },
	{ .id = "sock.lseek_espipe", .run = lseek_espipe, .values = seeks },
	{ .id = "sock.type_option", .run = type_option, .values = socket_types },
	{ .id = NULL },
};

const struct suite socket_suite = { "socket", checks };
