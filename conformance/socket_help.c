#include "conformance/socket_help.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/random.h"

const struct value socket_types[] = {
	{ "stream", SOCK_STREAM },
	{ "dgram", SOCK_DGRAM },
	{ "seqpacket", SOCK_SEQPACKET },
	{ NULL, 0 },
};

const struct value socket_connection_types[] = {
	{ "stream", SOCK_STREAM },
	{ "seqpacket", SOCK_SEQPACKET },
	{ NULL, 0 },
};

const struct value socket_record_types[] = {
	{ "dgram", SOCK_DGRAM },
	{ "seqpacket", SOCK_SEQPACKET },
	{ NULL, 0 },
};

static void skip_without_type(struct scene *scene, int type, int got)
{
	if (got == -1 && type == SOCK_SEQPACKET &&
		(errno == EPROTONOSUPPORT || errno == EPROTOTYPE ||
			errno == ESOCKTNOSUPPORT))
		SKIP(scene, "this system has no SOCK_SEQPACKET");
}

void socket_pair(struct scene *scene, int type, int end[2])
{
	int got = socketpair(AF_UNIX, type, 0, end);

	skip_without_type(scene, type, got);
	SETUP(scene, got);
}

int socket_new(struct scene *scene, int domain, int type)
{
	int fd = socket(domain, type, 0);

	skip_without_type(scene, type, fd);
	return SETUP(scene, fd);
}

ssize_t socket_receive(struct scene *scene, int fd, void *buffer, size_t size, int flags)
{
	ssize_t got;

	PROMISED(scene, "recv returns");
	got = recv(fd, buffer, size, flags);
	arrived(scene);
	return got;
}

ssize_t socket_receive_flags(
	struct scene *scene, int fd, void *buffer, size_t size, int *flags)
{
	struct iovec piece = { .iov_base = buffer, .iov_len = size };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
	ssize_t got;

	PROMISED(scene, "recvmsg returns");
	got = recvmsg(fd, &message, 0);
	arrived(scene);
	*flags = message.msg_flags;
	return got;
}

void socket_expect_whole(struct scene *scene, const int end[2], size_t size)
{
	unsigned char *sent = scene_memory(scene, size + 1);
	unsigned char *got = scene_memory(scene, size + 1);

	for (size_t i = 0; i < size; i++)
		sent[i] = (unsigned char)(i * 7 + 1);
	EXPECT_INT(scene, send(end[0], sent, size, MSG_DONTWAIT), size);
	EXPECT_INT(scene, socket_receive(scene, end[1], got, size + 1, 0), size);
	EXPECT_BYTES(scene, got, sent, size);
}

int socket_await(struct scene *scene, int fd, int events)
{
	struct pollfd poll_one = { .fd = fd, .events = (short)events };

	PROMISED(scene, "poll shows the event");
	SETUP(scene, poll(&poll_one, 1, -1));
	arrived(scene);
	return poll_one.revents;
}

int socket_events(struct scene *scene, int fd, int events)
{
	struct pollfd poll_one = { .fd = fd, .events = (short)events };

	SETUP(scene, poll(&poll_one, 1, 0));
	return poll_one.revents;
}

int64_t socket_fill(struct scene *scene, int fd, size_t size)
{
	static const char zeros[65536];
	int64_t filled = 0;
	ssize_t sent;

	while ((sent = send(fd, zeros, size, MSG_DONTWAIT)) > 0)
		filled += sent;
	if (errno != EAGAIN)
		SETUP(scene, sent);
	return filled;
}

int64_t socket_drain(struct scene *scene, int fd)
{
	static char bytes[65536];
	int64_t drained = 0;
	ssize_t got;

	while ((got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
		drained += got;
	if (got < 0 && errno != EAGAIN)
		SETUP(scene, got);
	return drained;
}

void socket_set(struct scene *scene, int fd, int level, int option, int value)
{
	SETUP(scene, setsockopt(fd, level, option, &value, sizeof value));
}

int socket_get(struct scene *scene, int fd, int level, int option)
{
	int value = -1;
	socklen_t length = sizeof value;

	SETUP(scene, getsockopt(fd, level, option, &value, &length));
	return value;
}

struct address address_path(const char *path)
{
	struct address address = { .un.sun_family = AF_UNIX };
	size_t length = strlen(path);

	memcpy(address.un.sun_path, path, length + 1);
	address.length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
	return address;
}

struct address address_abstract(void)
{
	struct address address = { .un.sun_family = AF_UNIX };
	int length = snprintf(address.un.sun_path + 1, sizeof address.un.sun_path - 1,
		"ipcmark-%016llx", (unsigned long long)random_secret());

	address.length = (socklen_t)offsetof(struct sockaddr_un, sun_path) + 1 +
			 (socklen_t)length;
	return address;
}

struct address address_ipv4(void)
{
	return (struct address) { .in = { .sin_family = AF_INET,
					  .sin_addr = { htonl(INADDR_LOOPBACK) } },
		.length = sizeof(struct sockaddr_in) };
}

struct address address_ipv6(void)
{
	return (struct address) { .in6 = { .sin6_family = AF_INET6,
					  .sin6_addr = IN6ADDR_LOOPBACK_INIT },
		.length = sizeof(struct sockaddr_in6) };
}

struct address address_nothing(void)
{
	return (struct address) { .any.sa_family = AF_UNSPEC,
		.length = sizeof(struct sockaddr) };
}

int address_bind(int fd, const struct address *address)
{
	return bind(fd, &address->any, address->length);
}

int address_connect(int fd, const struct address *address)
{
	return connect(fd, &address->any, address->length);
}

ssize_t address_send(
	int fd, const void *data, size_t size, int flags, const struct address *address)
{
	return sendto(fd, data, size, flags, &address->any, address->length);
}

struct address address_of(struct scene *scene, int fd)
{
	struct address address = { .length = sizeof(struct sockaddr_un) };

	SETUP(scene, getsockname(fd, &address.any, &address.length));
	return address;
}

struct address address_of_peer(struct scene *scene, int fd)
{
	struct address address = { .length = sizeof(struct sockaddr_un) };

	SETUP(scene, getpeername(fd, &address.any, &address.length));
	return address;
}

int socket_bound(struct scene *scene, int type, struct address *address)
{
	int fd = socket_new(scene, address->any.sa_family, type);

	SETUP(scene, address_bind(fd, address));
	if (address->any.sa_family != AF_UNIX)
		*address = address_of(scene, fd);
	return fd;
}

int socket_listening(struct scene *scene, int type, struct address *address, int backlog)
{
	int fd = socket_new(scene, address->any.sa_family, type);

	if (address->any.sa_family != AF_UNIX)
		socket_set(scene, fd, SOL_SOCKET, SO_REUSEADDR, 1);
	SETUP(scene, address_bind(fd, address));
	if (address->any.sa_family != AF_UNIX)
		*address = address_of(scene, fd);
	SETUP(scene, listen(fd, backlog));
	return fd;
}

void socket_connected(struct scene *scene, int listener, int type,
	const struct address *address, int end[2])
{
	end[1] = socket_new(scene, address->any.sa_family, type);
	PROMISED(scene, "a connection to a listening socket");
	SETUP(scene, address_connect(end[1], address));
	end[0] = SETUP(scene, accept(listener, NULL, NULL));
	arrived(scene);
}

void socket_tcp(struct scene *scene, int end[2])
{
	struct address address = address_ipv4();
	int listener = socket_listening(scene, SOCK_STREAM, &address, 1);

	socket_connected(scene, listener, SOCK_STREAM, &address, end);
	close(listener);
}
