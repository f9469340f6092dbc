/* pipe_splice.c: the writer puts a message into a pipe of its own and moves the pages
 * from there into a UNIX stream socket without another copy, as a proxy does; the reader
 * reads the socket. See splice(2). Moved on to /dev/null instead, where nobody reads
 * them, pages are a floor: floor_splice.c. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mechanisms/descriptor.h"
#include "mechanisms/pipe.h"
#include "mechanisms/socket_buffers.h"

static const struct setting_spec settings[] = { PIPE_SIZE_SETTING, UNIX_SNDBUF_SETTING,
	{ .name = NULL } };
enum { SIZE, SNDBUF };

struct splice_shared {
	struct descriptor_pairs pairs; /* of the sockets */
	int64_t pipe_size; /* as wanted */
};

struct splice_own {
	struct descriptor_own ends; /* first: of the socket */
	int in, out; /* of this side's pipe */
	size_t pipe_size;
	bool has_pipe;
};

static int open_pipe(struct channel *channel, int ends[2], int64_t *size)
{
	int error;

	if (pipe2(ends, O_CLOEXEC))
		return why_say(channel->why, errno, "%s: create a pipe",
			channel->mechanism->name);
	error = pipe_settle_size(channel, ends[1], size);
	if (error) {
		close(ends[0]);
		close(ends[1]);
	}
	return error;
}

/* Some systems have the call and refuse it for sockets: one byte goes through before
 * anybody counts on it. */
static int try_splice(struct channel *channel, const struct descriptor_pairs *pairs)
{
	int ends[2];
	int error = open_pipe(channel, ends, &channel->settings[SIZE]);

	if (error)
		return error;
	if (write(ends[1], channel->tx, 1) != 1 ||
		splice(ends[0], NULL, pairs->tx[0], NULL, 1, SPLICE_F_NONBLOCK) != 1 ||
		recv(pairs->rx[1], channel->rx, 1, MSG_DONTWAIT) != 1)
		error = why_say(channel->why, errno, "%s: move a byte to a socket",
			channel->mechanism->name);
	close(ends[0]);
	close(ends[1]);
	return error;
}

static int splice_create(struct channel *channel)
{
	struct splice_shared *shared = channel->shared;
	int64_t sndbuf = channel->settings[SNDBUF];
	int ends[2];

	descriptors_clear(&shared->pairs);
	shared->pipe_size = channel->settings[SIZE];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return why_say(
			channel->why, errno, "%s: socketpair", channel->mechanism->name);
	for (unsigned side = 0; side < 2; side++)
		shared->pairs.tx[side] = shared->pairs.rx[side] = ends[side];
	for (unsigned side = 0; side < 2; side++) {
		int error;

		channel->settings[SNDBUF] = sndbuf;
		error = buffers_settle(
			channel, ends[side], SO_SNDBUF, &channel->settings[SNDBUF]);
		if (error)
			return error;
	}
	return try_splice(channel, &shared->pairs);
}

static int splice_attach(struct channel *channel)
{
	const struct splice_shared *shared = channel->shared;
	struct splice_own *own = channel->own;
	int64_t size = shared->pipe_size;
	int ends[2];
	int error;

	(void)descriptors_attach(channel);
	error = open_pipe(channel, ends, &size);
	if (error)
		return error;
	own->in = ends[1];
	own->out = ends[0];
	own->has_pipe = true;
	/* What an empty pipe takes in one write; every page of it is used. */
	own->pipe_size = size == SETTING_UNSET ? (size_t)sysconf(_SC_PAGESIZE)
					       : (size_t)size;
	return 0;
}

static void splice_detach(struct channel *channel)
{
	struct splice_own *own = channel->own;

	if (own->has_pipe) {
		close(own->in);
		close(own->out);
	}
	own->has_pipe = false;
	descriptors_detach(channel);
}

/* Fills the empty pipe with the first bytes of `size` and returns how many, or -errno. */
static ssize_t fill_pipe(struct channel *channel, const void *bytes, size_t size)
{
	const struct splice_own *own = channel->own;
	ssize_t filled;

	if (size > own->pipe_size)
		size = own->pipe_size;
	do {
		filled = write(own->in, bytes, size);
	} while (filled < 0 && errno == EINTR);
	if (filled < 0)
		return why_say(channel->why, errno, "%s: write %zu bytes to the pipe",
			channel->mechanism->name, size);
	return filled;
}

static int splice_send(struct channel *channel, size_t size)
{
	const struct splice_own *own = channel->own;
	const unsigned char *at = channel->tx;

	while (size) {
		ssize_t filled = fill_pipe(channel, at, size);

		if (filled < 0)
			return (int)filled;
		at += filled;
		size -= (size_t)filled;
		while (filled) {
			ssize_t moved = splice(own->out, NULL, own->ends.tx, NULL,
				(size_t)filled, SPLICE_F_MOVE);

			if (moved < 0 && errno != EINTR)
				return why_say(channel->why, errno,
					"%s: move %zd bytes to the socket",
					channel->mechanism->name, filled);
			if (moved > 0)
				filled -= moved;
		}
	}
	return 0;
}

/* What the socket does not take goes out of the pipe again. */
static ssize_t splice_offer(struct channel *channel, const void *bytes, size_t size)
{
	struct splice_own *own = channel->own;
	ssize_t filled, accepted = 0;
	int reason = 0;

	if (!own->ends.is_nonblocking) {
		int error = descriptor_unblock(channel, own->ends.tx);

		if (error)
			return error;
		own->ends.is_nonblocking = true;
	}
	filled = fill_pipe(channel, bytes, size);
	if (filled < 0)
		return filled;
	while (accepted < filled && !reason) {
		ssize_t moved = splice(own->out, NULL, own->ends.tx, NULL,
			(size_t)(filled - accepted), SPLICE_F_MOVE | SPLICE_F_NONBLOCK);

		if (moved > 0)
			accepted += moved;
		else if (errno != EINTR)
			reason = errno;
	}
	for (ssize_t left = filled - accepted; left > 0;) {
		ssize_t taken = read(own->out, channel->rx, (size_t)left);

		if (taken < 0 && errno != EINTR)
			return why_say(channel->why, errno, "%s: empty the pipe",
				channel->mechanism->name);
		if (taken > 0)
			left -= taken;
	}
	if (accepted || reason == EAGAIN)
		return accepted ? accepted : -EAGAIN;
	return why_say(channel->why, reason, "%s: offer %zu bytes",
		channel->mechanism->name, size);
}

const struct mechanism pipe_splice_mechanism = {
	.name = "pipe_splice",
	.title = "pipe, splice",
	.family = "pipe",
	.cite = "splice(2)",
	.says = "written to a pipe, its pages moved to a UNIX stream socket, read there",
	.caps = CAP_PAYLOAD | CAP_BLOCKS | CAP_POLLABLE,
	.tests = TEST_BIT(TEST_LATENCY) | TEST_BIT(TEST_THROUGHPUT) |
		 TEST_BIT(TEST_CAPACITY),
	.settings = settings,
	.size_setting = "unix.sndbuf",
	.shared_size = sizeof(struct splice_shared),
	.own_size = sizeof(struct splice_own),
	.create = splice_create,
	.attach = splice_attach,
	.send = splice_send,
	.recv = descriptors_recv,
	.offer = splice_offer,
	.detach = splice_detach,
};
