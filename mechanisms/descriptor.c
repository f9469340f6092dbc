#include "mechanisms/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void descriptors_clear(struct descriptor_pairs *pairs)
{
	*pairs = (struct descriptor_pairs) { { -1, -1 }, { -1, -1 } };
}

/* The table is shared memory, but each process has its own descriptors: the numbers stay
 * as they are, only this process's copies are closed. */
static void close_side(const struct descriptor_pairs *pairs, unsigned side)
{
	int tx = pairs->tx[side], rx = pairs->rx[side];

	if (rx != tx)
		close_end(&rx);
	close_end(&tx);
}

int descriptors_attach(struct channel *channel)
{
	const struct descriptor_pairs *pairs = channel->shared;
	struct descriptor_own *own = channel->own;

	own->tx = pairs->tx[channel->side];
	own->rx = pairs->rx[channel->side];
	own->is_attached = true;
	close_side(pairs, !channel->side);
	return 0;
}

void descriptors_detach(struct channel *channel)
{
	struct descriptor_own *own = channel->own;

	if (!own->is_attached) {
		close_side(channel->shared, 0);
		close_side(channel->shared, 1);
		return;
	}
	if (own->rx != own->tx)
		close_end(&own->rx);
	close_end(&own->tx);
}

int descriptors_send(struct channel *channel, size_t size)
{
	const struct descriptor_own *own = channel->own;
	const unsigned char *at = channel->tx;

	while (size) {
		ssize_t sent = write(own->tx, at, size);

		if (sent < 0) {
			if (errno == EINTR)
				continue;
			return why_say(channel->why, errno, "%s: write %zu bytes",
				channel->mechanism->name, size);
		}
		at += sent;
		size -= (size_t)sent;
	}
	return 0;
}

int descriptors_recv(struct channel *channel, size_t size, const void **rx, size_t *len)
{
	const struct descriptor_own *own = channel->own;
	ssize_t got;

	do {
		got = read(own->rx, channel->rx, size);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return why_say(channel->why, errno, "%s: read %zu bytes",
			channel->mechanism->name, size);
	if (got == 0 && size)
		return why_say(channel->why, EPIPE, "%s: the peer closed its end",
			channel->mechanism->name);
	*rx = channel->rx;
	*len = (size_t)got;
	return 0;
}

/* The other status flags stay: without O_DIRECT a pipe would no longer carry packets. */
int descriptor_unblock(struct channel *channel, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK))
		return why_say(channel->why, errno, "%s: set O_NONBLOCK",
			channel->mechanism->name);
	return 0;
}

ssize_t descriptors_offer(struct channel *channel, const void *bytes, size_t size)
{
	struct descriptor_own *own = channel->own;
	ssize_t sent;
	int error = own->is_nonblocking ? 0 : descriptor_unblock(channel, own->tx);

	if (error)
		return error;
	own->is_nonblocking = true;
	sent = write(own->tx, bytes, size);
	if (sent >= 0)
		return sent;
	/* A datagram that does not fit the buffer now (ENOBUFS) may fit later. */
	if (errno == EAGAIN || errno == ENOBUFS)
		return -EAGAIN;
	return why_say(channel->why, errno, "%s: offer %zu bytes",
		channel->mechanism->name, size);
}
