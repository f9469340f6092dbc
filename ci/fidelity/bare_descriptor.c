#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ci/fidelity/bare.h"
#include "mechanisms/descriptor.h"

#define BARE_MOST 4096

static int pipe_create(struct channel *channel)
{
	struct descriptor_pairs *pairs = channel->shared;

	descriptors_clear(pairs);
	for (unsigned side = 0; side < 2; side++) {
		int ends[2];

		if (pipe(ends))
			return why_say(channel->why, errno, "bare pipe: create");
		pairs->tx[side] = ends[1];
		pairs->rx[!side] = ends[0];
	}
	return 0;
}

static int unix_stream_create(struct channel *channel)
{
	struct descriptor_pairs *pairs = channel->shared;
	int ends[2];

	descriptors_clear(pairs);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		return why_say(channel->why, errno, "bare socket: socketpair");
	for (unsigned side = 0; side < 2; side++)
		pairs->tx[side] = pairs->rx[side] = ends[side];
	return 0;
}

static int tcp_create(struct channel *channel)
{
	struct descriptor_pairs *pairs = channel->shared;
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof address;
	const int yes = 1;
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	int ends[2] = { socket(AF_INET, SOCK_STREAM, 0), -1 };

	descriptors_clear(pairs);
	if (listener < 0 || ends[0] < 0 ||
		bind(listener, (struct sockaddr *)&address, size) ||
		listen(listener, 1) ||
		getsockname(listener, (struct sockaddr *)&address, &size) ||
		connect(ends[0], (struct sockaddr *)&address, size))
		return why_say(channel->why, errno, "bare TCP: connect");
	ends[1] = accept(listener, NULL, NULL);
	close(listener);
	for (unsigned side = 0; side < 2; side++) {
		pairs->tx[side] = pairs->rx[side] = ends[side];
		if (setsockopt(ends[side], IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes))
			return why_say(channel->why, errno, "bare TCP: accept");
	}
	return 0;
}

static int descriptor_work(struct channel *channel, size_t size, uint64_t count)
{
	const struct descriptor_own *own = channel->own;
	char bytes[BARE_MOST];
	int tx = own->tx, rx = own->rx;

	if (channel->side == 0) {
		for (uint64_t i = 0; i < count; i++)
			if (write(tx, bytes, size) != (ssize_t)size ||
				read(rx, bytes, size) != (ssize_t)size)
				return why_say(
					channel->why, errno, "bare loop: transfer");
	} else {
		for (uint64_t i = 0; i < count; i++)
			if (read(rx, bytes, size) != (ssize_t)size ||
				write(tx, bytes, size) != (ssize_t)size)
				return why_say(
					channel->why, errno, "bare loop: transfer");
	}
	return 0;
}

#define BARE_DESCRIPTOR(kind, page)                                                      \
	const struct mechanism bare_##kind = {                                           \
		.name = "bare_" #kind,                                                   \
		.title = "bare " #kind " loop",                                          \
		.family = "bare",                                                        \
		.cite = page,                                                            \
		.says = "write and read in a loop",                                      \
		.caps = CAP_PAYLOAD | CAP_BLOCKS,                                        \
		.tests = TEST_BIT(TEST_LATENCY),                                         \
		.shared_size = sizeof(struct descriptor_pairs),                          \
		.own_size = sizeof(struct descriptor_own),                               \
		.create = kind##_create,                                                 \
		.attach = descriptors_attach,                                            \
		.work = descriptor_work,                                                 \
		.detach = descriptors_detach,                                            \
	};

BARE_DESCRIPTOR(pipe, "pipe(7)")
BARE_DESCRIPTOR(unix_stream, "unix(7)")
BARE_DESCRIPTOR(tcp, "tcp(7)")
