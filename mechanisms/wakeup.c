/* wakeup.c: mechanisms that carry no payload, only "go". Every one is a strict ping-pong:
 * a side has consumed a wake-up before it sends the next. See eventfd(2). */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "mechanisms/descriptor.h"

static int eventfd_create(struct channel *channel)
{
	struct descriptor_pairs *pairs = channel->shared;

	descriptors_clear(pairs);
	for (unsigned side = 0; side < 2; side++) {
		int fd = eventfd(0, EFD_CLOEXEC);

		if (fd < 0)
			return why_say(channel->why, errno, "eventfd: create");
		pairs->tx[side] = fd;
	}
	return 0;
}

/* Unlike a pipe, an eventfd has one end only: each side keeps both descriptors. */
static int eventfd_attach(struct channel *channel)
{
	const struct descriptor_pairs *pairs = channel->shared;
	struct descriptor_own *own = channel->own;

	own->tx = pairs->tx[channel->side];
	own->rx = pairs->tx[!channel->side];
	own->is_attached = true;
	return 0;
}

static int eventfd_send(struct channel *channel, size_t size)
{
	const struct descriptor_own *own = channel->own;
	const uint64_t one = 1;

	(void)size;
	while (write(own->tx, &one, sizeof one) < 0)
		if (errno != EINTR)
			return why_say(channel->why, errno, "eventfd: write");
	return 0;
}

static int eventfd_recv(
	struct channel *channel, size_t size, const void **rx, size_t *len)
{
	const struct descriptor_own *own = channel->own;
	uint64_t count;

	(void)size;
	while (read(own->rx, &count, sizeof count) < 0)
		if (errno != EINTR)
			return why_say(channel->why, errno, "eventfd: read");
	if (count != 1)
		return why_say(channel->why, 0, "eventfd: %llu wake-ups arrived as one",
			(unsigned long long)count);
	*rx = NULL;
	*len = 0;
	return 0;
}

const struct mechanism eventfd_mechanism = {
	.name = "eventfd",
	.title = "eventfd",
	.family = "wake-up",
	.cite = "eventfd(2)",
	.says = "event counter, one a direction",
	.caps = CAP_BLOCKS | CAP_POLLABLE | CAP_COALESCES,
	.tests = TEST_BIT(TEST_LATENCY),
	.shared_size = sizeof(struct descriptor_pairs),
	.own_size = sizeof(struct descriptor_own),
	.create = eventfd_create,
	.attach = eventfd_attach,
	.send = eventfd_send,
	.recv = eventfd_recv,
	.detach = descriptors_detach,
};
