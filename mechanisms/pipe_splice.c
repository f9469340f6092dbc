/* pipe_splice.c: the writer puts its own pages into a pipe of its own and moves them from
 * there into a UNIX stream socket, as a proxy moves what it does not look at; the reader
 * reads the socket, and its copy is the only one. See splice(2). Moved on to /dev/null
 * instead, where nobody reads them, pages are a floor: floor_splice.c.
 *
 * Why not write(2) into the pipe: that is a copy, so nothing would be saved but switches,
 * and that only as far as the socket holds more than a pipe. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mechanisms/descriptor.h"
#include "mechanisms/page_pool.h"
#include "mechanisms/pipe.h"
#include "mechanisms/socket_buffers.h"

static const struct setting_spec settings[] = { PIPE_SIZE_SETTING, UNIX_SNDBUF_SETTING,
	{ .name = NULL } };
enum { SIZE, SNDBUF };

struct splice_shared {
	struct descriptor_pairs pairs; /* of the sockets */
	int64_t pipe_size; /* as wanted */
	struct page_pool_shared pool;
};

struct splice_own {
	struct descriptor_own ends; /* first: of the socket */
	int in, out; /* of this side's pipe */
	size_t pipe_size;
	bool has_pipe;
	struct page_pool pool;
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
	if (page_pool_splice(ends[1], channel->tx, 1, SPLICE_F_NONBLOCK) != 1 ||
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
	/* Besides what the socket holds; the pipe is empty between messages. */
	shared->pool.pages = page_pool_size(channel, (size_t)channel->settings[SNDBUF]);
	return try_splice(channel, &shared->pairs);
}

static int splice_attach(struct channel *channel)
{
	struct splice_shared *shared = channel->shared;
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
	/* What an empty pipe takes at once; every page of it is used. */
	own->pipe_size = size == SETTING_UNSET ? (size_t)sysconf(_SC_PAGESIZE)
					       : (size_t)size;
	return page_pool_attach(channel, &own->pool, &shared->pool);
}

static void splice_detach(struct channel *channel)
{
	struct splice_own *own = channel->own;

	if (own->has_pipe) {
		close(own->in);
		close(own->out);
	}
	own->has_pipe = false;
	page_pool_detach(&own->pool);
	descriptors_detach(channel);
}

static int splice_reserve(struct channel *channel, size_t size, void **tx)
{
	struct splice_own *own = channel->own;

	*tx = page_pool_reserve(channel, &own->pool, size);
	return 0;
}

/* Puts the first pages of `size` bytes into the empty pipe: how many bytes, or -errno. */
static ssize_t fill_pipe(struct channel *channel, const void *bytes, size_t size)
{
	const struct splice_own *own = channel->own;
	ssize_t filled;

	if (size > own->pipe_size)
		size = own->pipe_size;
	do {
		filled = page_pool_splice(own->in, bytes, size, 0);
	} while (filled < 0 && errno == EINTR);
	if (filled < 0)
		return why_say(channel->why, errno, "%s: vmsplice %zu bytes",
			channel->mechanism->name, size);
	return filled;
}

static int splice_send(struct channel *channel, size_t size)
{
	struct splice_own *own = channel->own;
	const unsigned char *at = page_pool_reserved(&own->pool);

	for (size_t left = size; left;) {
		ssize_t filled = fill_pipe(channel, at, left);

		if (filled < 0)
			return (int)filled;
		at += filled;
		left -= (size_t)filled;
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
	page_pool_sent(&own->pool, size);
	return 0;
}

/* read(2) has copied the bytes when it returns: they are the writer's again at once. */
static int splice_recv(struct channel *channel, size_t size, const void **rx, size_t *len)
{
	struct splice_own *own = channel->own;
	int error = descriptors_recv(channel, size, rx, len);

	if (!error)
		page_pool_received(channel, &own->pool, *len);
	return error;
}

/* A pool large enough for all that a socket holds of single bytes would be of no other
 * use, so what is offered is copied into the pipe: whose pages they are does not matter
 * to the socket. What it does not take goes out of the pipe again. */
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
	if (size > own->pipe_size)
		size = own->pipe_size;
	filled = write(own->in, bytes, size);
	if (filled < 0)
		return why_say(channel->why, errno, "%s: write %zu bytes to the pipe",
			channel->mechanism->name, size);
	while (accepted < filled && !reason) {
		ssize_t moved = splice(own->out, NULL, own->ends.tx, NULL,
			(size_t)(filled - accepted), SPLICE_F_MOVE | SPLICE_F_NONBLOCK);

		if (moved > 0)
			accepted += moved;
		else if (errno != EINTR)
			reason = errno;
	}
	page_pool_passed_by(&own->pool, (size_t)accepted);
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
	.says = "the writer's pages, through a pipe to a UNIX stream socket, read there",
	.caps = CAP_PAYLOAD | CAP_BLOCKS | CAP_POLLABLE,
	.tests = TESTS_STREAM,
	.settings = settings,
	.size_setting = "unix.sndbuf",
	.shared_size = sizeof(struct splice_shared),
	.own_size = sizeof(struct splice_own),
	.create = splice_create,
	.attach = splice_attach,
	.reserve = splice_reserve,
	.send = splice_send,
	.recv = splice_recv,
	.offer = splice_offer,
	.detach = splice_detach,
};
