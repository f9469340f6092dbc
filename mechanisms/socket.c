/* socket.c: UNIX sockets and TCP over the loopback. See unix(7), tcp(7), socket(7). */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mechanisms/descriptor.h"
#include "mechanisms/socket_buffers.h"

static const struct setting_spec unix_settings[] = { UNIX_SNDBUF_SETTING,
	{ .name = NULL } };
enum { UNIX_SNDBUF };

static int unix_create(struct channel *channel, int type)
{
	struct descriptor_pairs *pairs = channel->shared;
	int64_t wanted = channel->settings[UNIX_SNDBUF];
	int ends[2];

	descriptors_clear(pairs);
	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends))
		return why_say(
			channel->why, errno, "%s: socketpair", channel->mechanism->name);
	for (unsigned side = 0; side < 2; side++) {
		pairs->tx[side] = pairs->rx[side] = ends[side];
		channel->settings[UNIX_SNDBUF] = wanted;
		if (buffers_settle(channel, ends[side], SO_SNDBUF,
			    &channel->settings[UNIX_SNDBUF]))
			return -EINVAL;
	}
	return type == SOCK_STREAM
		       ? 0
		       : buffers_settle_datagram(channel, ends[0], ends[1], NULL, 0);
}

static int unix_stream_create(struct channel *channel)
{
	return unix_create(channel, SOCK_STREAM);
}

static int unix_dgram_create(struct channel *channel)
{
	return unix_create(channel, SOCK_DGRAM);
}

#define UNIX_COMMON                                                                      \
	.family = "socket", .cite = "unix(7)", .settings = unix_settings,                \
	.size_setting = "unix.sndbuf", .shared_size = sizeof(struct descriptor_pairs),   \
	.own_size = sizeof(struct descriptor_own), .attach = descriptors_attach,         \
	.send = descriptors_send, .recv = descriptors_recv, .offer = descriptors_offer,  \
	.detach = descriptors_detach,                                                    \
	.tests = TEST_BIT(TEST_LATENCY) | TEST_BIT(TEST_THROUGHPUT) |                    \
		 TEST_BIT(TEST_CAPACITY)

const struct mechanism unix_stream_mechanism = {
	.name = "unix_stream",
	.title = "UNIX stream",
	.says = "stream socketpair",
	.caps = CAP_PAYLOAD | CAP_BLOCKS | CAP_POLLABLE,
	.create = unix_stream_create,
	UNIX_COMMON,
};

const struct mechanism unix_dgram_mechanism = {
	.name = "unix_dgram",
	.title = "UNIX datagram",
	.says = "datagram socketpair; never loses a message",
	.caps = CAP_PAYLOAD | CAP_BLOCKS | CAP_POLLABLE | CAP_BOUNDARIES,
	.create = unix_dgram_create,
	UNIX_COMMON,
};

static const struct setting_spec tcp_settings[] = {
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
enum { TCP_SET_NODELAY, TCP_SET_SNDBUF, TCP_SET_RCVBUF };

struct tcp_shared {
	struct descriptor_pairs pairs; /* the listener, in both places of side 1 */
	struct sockaddr_in address;
	int64_t settings[MECHANISM_SETTINGS]; /* as wanted; accept inherits the rest */
};

static int tcp_create(struct channel *channel)
{
	struct tcp_shared *shared = channel->shared;
	socklen_t size = sizeof shared->address;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error = 0;

	descriptors_clear(&shared->pairs);
	if (listener < 0)
		return why_say(channel->why, errno, "tcp: socket");
	shared->pairs.tx[1] = shared->pairs.rx[1] = listener;
	memcpy(shared->settings, channel->settings, sizeof shared->settings);
	shared->address = (struct sockaddr_in) { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	/* Buffer sizes count from before the handshake on: set here, accept inherits
	 * them. */
	error = buffers_settle(
		channel, listener, SO_SNDBUF, &channel->settings[TCP_SET_SNDBUF]);
	if (!error)
		error = buffers_settle(
			channel, listener, SO_RCVBUF, &channel->settings[TCP_SET_RCVBUF]);
	if (error)
		return error;
	if (bind(listener, (struct sockaddr *)&shared->address, size) ||
		listen(listener, 1) ||
		getsockname(listener, (struct sockaddr *)&shared->address, &size))
		return why_say(channel->why, errno, "tcp: listen on 127.0.0.1");
	return 0;
}

static int tcp_attach(struct channel *channel)
{
	struct tcp_shared *shared = channel->shared;
	struct descriptor_own *own = channel->own;
	int listener = shared->pairs.tx[1];
	int nodelay = (int)shared->settings[TCP_SET_NODELAY];
	int fd, error = 0;

	own->tx = own->rx = -1;
	own->is_attached = true;
	if (channel->side == 1) {
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			error = why_say(channel->why, errno, "tcp: accept");
	} else {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			error = why_say(channel->why, errno, "tcp: socket");
	}
	close(listener);
	if (error)
		return error;
	own->tx = own->rx = fd;
	if (channel->side == 0) {
		memcpy(channel->settings, shared->settings, sizeof shared->settings);
		error = buffers_settle(
			channel, fd, SO_SNDBUF, &channel->settings[TCP_SET_SNDBUF]);
		if (!error)
			error = buffers_settle(channel, fd, SO_RCVBUF,
				&channel->settings[TCP_SET_RCVBUF]);
		if (!error && connect(fd, (struct sockaddr *)&shared->address,
				      sizeof shared->address))
			error = why_say(channel->why, errno, "tcp: connect to 127.0.0.1");
	}
	if (!error && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, sizeof nodelay))
		error = why_say(channel->why, errno, "tcp: set TCP_NODELAY");
	return error;
}

const struct mechanism tcp_mechanism = {
	.name = "tcp",
	.title = "TCP loopback",
	.family = "socket",
	.cite = "tcp(7)",
	.says = "TCP over 127.0.0.1 without Nagle's delay",
	.caps = CAP_PAYLOAD | CAP_BLOCKS | CAP_POLLABLE | CAP_NAMED | CAP_UNRELATED |
		CAP_CROSS_HOST,
	.tests = TEST_BIT(TEST_LATENCY) | TEST_BIT(TEST_THROUGHPUT) |
		 TEST_BIT(TEST_CAPACITY),
	.settings = tcp_settings,
	.size_setting = "tcp.sndbuf",
	.shared_size = sizeof(struct tcp_shared),
	.own_size = sizeof(struct descriptor_own),
	.create = tcp_create,
	.attach = tcp_attach,
	.send = descriptors_send,
	.recv = descriptors_recv,
	.offer = descriptors_offer,
	.detach = descriptors_detach,
};
