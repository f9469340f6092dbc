/* network.c: TCP over the loopback. See tcp(7), ip(7), ipv6(7). */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "mechanisms/events.h"
#include "mechanisms/listener.h"
#include "mechanisms/socket_buffers.h"

static const struct setting_spec settings[] = {
	{ .name = "tcp.nodelay",
		.unit = "",
		.says = "TCP_NODELAY: send at once, do not wait for more (Nagle)",
		.standard = 1,
		.least = 0,
		.most = 1 },
	{ .name = "tcp.sndbuf",
		.unit = "bytes",
		.says = "SO_SNDBUF; set, it no longer grows by itself; the system doubles it",
		.limit = "net.core.wmem_max",
		.standard = SETTING_UNSET,
		.range = buffers_sndbuf_range },
	{ .name = "tcp.rcvbuf",
		.unit = "bytes",
		.says = "SO_RCVBUF; set, it no longer grows by itself; the system doubles it",
		.limit = "net.core.rmem_max",
		.standard = SETTING_UNSET,
		.range = buffers_rcvbuf_range },
	{ .name = NULL },
};
enum { NODELAY, SNDBUF, RCVBUF };

static int set_options(struct channel *channel, int fd)
{
	int nodelay = (int)channel->settings[NODELAY];
	int error = buffers_settle(channel, fd, SO_SNDBUF, &channel->settings[SNDBUF]);

	if (!error)
		error = buffers_settle(
			channel, fd, SO_RCVBUF, &channel->settings[RCVBUF]);
	if (!error && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, sizeof nodelay))
		error = why_say(channel->why, errno, "%s: set TCP_NODELAY",
			channel->mechanism->name);
	return error;
}

static int tcp_create(struct channel *channel)
{
	const struct sockaddr_in loopback = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return listener_open(channel, (const struct sockaddr *)&loopback, sizeof loopback,
		"127.0.0.1", set_options);
}

static int tcp6_create(struct channel *channel)
{
	const struct sockaddr_in6 loopback = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int error = listener_open(channel, (const struct sockaddr *)&loopback,
		sizeof loopback, "::1", set_options);

	if (error == -EAFNOSUPPORT)
		why_add(channel->why, "this kernel was started without IPv6");
	if (error == -EADDRNOTAVAIL)
		why_add(channel->why, "the loopback has no IPv6 address, see "
				      "net.ipv6.conf.lo.disable_ipv6");
	return error;
}

static int tcp_attach(struct channel *channel)
{
	return listener_attach(channel, set_options);
}

/* Only what is wanted, as a program would that connects for each request. */
static int dial_options(struct channel *channel, int fd)
{
	const struct listener_shared *shared = channel->shared;
	int nodelay = 1;
	int error = buffers_set(channel, fd, SO_SNDBUF, shared->settings[SNDBUF]);

	if (!error)
		error = buffers_set(channel, fd, SO_RCVBUF, shared->settings[RCVBUF]);
	if (!error && shared->settings[NODELAY] &&
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, sizeof nodelay))
		error = why_say(channel->why, errno, "%s: set TCP_NODELAY",
			channel->mechanism->name);
	return error;
}

static int tcp_dial(struct channel *channel)
{
	return listener_dial(channel, dial_options);
}

static int tcp_epoll_attach(struct channel *channel)
{
	int error = listener_attach(channel, set_options);

	return error ? error : events_watch(channel);
}

static void tcp_epoll_detach(struct channel *channel)
{
	const struct event_own *own = channel->own;

	if (own->ends.is_attached)
		(void)listener_reset(own->ends.tx);
	events_detach(channel);
}

#define TCP_COMMON                                                                       \
	.family = "socket", .settings = settings,                                        \
	.caps = CAP_PAYLOAD | CAP_BLOCKS | CAP_POLLABLE | CAP_NAMED | CAP_UNRELATED |    \
		CAP_CROSS_HOST,                                                          \
	.shared_size = sizeof(struct listener_shared), .offer = descriptors_offer

#define TCP_BLOCKING                                                                     \
	.tests = TESTS_STREAM | TEST_BIT(TEST_CONNECT),                                  \
	.own_size = sizeof(struct descriptor_own), .attach = tcp_attach,                 \
	.send = descriptors_send, .recv = descriptors_recv, .dial = tcp_dial,            \
	.hang_up = listener_hang_up, .detach = listener_detach

const struct mechanism tcp_mechanism = {
	.name = "tcp",
	.title = "TCP loopback",
	.cite = "tcp(7)",
	.says = "TCP over 127.0.0.1 without Nagle's delay",
	.size_setting = "tcp.sndbuf",
	.create = tcp_create,
	TCP_BLOCKING,
	TCP_COMMON,
};

/* A short last segment waits for the acknowledgement of those before it, which the peer
 * delays: messages just above a multiple of the segment size show it. */
const struct mechanism tcp_nagle_mechanism = {
	.name = "tcp_nagle",
	.title = "TCP, Nagle",
	.cite = "tcp(7)",
	.says = "TCP as it is without TCP_NODELAY: short segments may wait",
	.preset = "tcp.nodelay=0",
	.create = tcp_create,
	TCP_BLOCKING,
	TCP_COMMON,
};

const struct mechanism tcp_epoll_mechanism = {
	.name = "tcp_epoll",
	.title = "TCP + epoll",
	.cite = "tcp(7)",
	.says = "non-blocking TCP in an event loop: epoll_wait when empty or full",
	.tests = TESTS_STREAM,
	.own_size = sizeof(struct event_own),
	.create = tcp_create,
	.attach = tcp_epoll_attach,
	.send = events_send,
	.recv = events_recv,
	.detach = tcp_epoll_detach,
	TCP_COMMON,
};

const struct mechanism tcp_buf256k_mechanism = {
	.name = "tcp_buf256k",
	.title = "TCP, 256K buffers",
	.cite = "tcp(7)",
	.says = "TCP with fixed buffers instead of growing ones",
	.preset = "tcp.sndbuf=256K,tcp.rcvbuf=256K",
	.create = tcp_create,
	TCP_BLOCKING,
	TCP_COMMON,
};

const struct mechanism tcp6_mechanism = {
	.name = "tcp6",
	.title = "TCP over IPv6",
	.cite = "ipv6(7)",
	.says = "TCP over ::1 without Nagle's delay",
	.create = tcp6_create,
	TCP_BLOCKING,
	TCP_COMMON,
};
