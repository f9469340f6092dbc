/* pipe_vmsplice.c: bytes through a pipe without the copy into it: the writer's own pages
 * are put into the pipe and the reader copies out of them. See vmsplice(2). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "mechanisms/descriptor.h"
#include "mechanisms/page_pool.h"
#include "mechanisms/pipe.h"

static const struct setting_spec settings[] = { PIPE_SIZE_SETTING, { .name = NULL } };
enum { SIZE };

struct pages_shared {
	struct descriptor_pairs pairs;
	struct page_pool_shared pool;
};

struct pages_own {
	struct descriptor_own ends; /* first: the operations of descriptor.h work too */
	struct page_pool pool;
};

/* Some systems have the call and refuse it: one page goes through before anybody counts
 * on it. */
static int try_vmsplice(struct channel *channel, const struct descriptor_pairs *pairs)
{
	if (page_pool_splice(pairs->tx[0], channel->tx, 1, SPLICE_F_NONBLOCK) != 1 ||
		read(pairs->rx[1], channel->rx, 1) != 1)
		return why_say(channel->why, errno, "%s: map a page into a pipe",
			channel->mechanism->name);
	return 0;
}

static int vmsplice_create(struct channel *channel)
{
	struct pages_shared *shared = channel->shared;
	int error = pipe_create_flags(channel, 0);

	if (error)
		return error;
	/* Linux has 16 pages where nobody asks for more. */
	shared->pool.pages = page_pool_size(
		channel, channel->settings[SIZE] == SETTING_UNSET
				 ? 16 * (size_t)sysconf(_SC_PAGESIZE)
				 : (size_t)channel->settings[SIZE]);
	return try_vmsplice(channel, &shared->pairs);
}

static int vmsplice_attach(struct channel *channel)
{
	struct pages_shared *shared = channel->shared;
	struct pages_own *own = channel->own;

	(void)descriptors_attach(channel);
	return page_pool_attach(channel, &own->pool, &shared->pool);
}

static void vmsplice_detach(struct channel *channel)
{
	struct pages_own *own = channel->own;

	page_pool_detach(&own->pool);
	descriptors_detach(channel);
}

static int vmsplice_reserve(struct channel *channel, size_t size, void **tx)
{
	struct pages_own *own = channel->own;

	*tx = page_pool_reserve(channel, &own->pool, size);
	return 0;
}

static int vmsplice_send(struct channel *channel, size_t size)
{
	struct pages_own *own = channel->own;
	const unsigned char *at = page_pool_reserved(&own->pool);

	for (size_t left = size; left;) {
		ssize_t sent = page_pool_splice(own->ends.tx, at, left, 0);

		if (sent < 0 && errno != EINTR)
			return why_say(channel->why, errno, "%s: vmsplice %zu bytes",
				channel->mechanism->name, size);
		if (sent > 0) {
			at += sent;
			left -= (size_t)sent;
		}
	}
	page_pool_sent(&own->pool, size);
	return 0;
}

/* read(2) has copied the bytes when it returns: they are the writer's again at once. */
static int vmsplice_recv(
	struct channel *channel, size_t size, const void **rx, size_t *len)
{
	struct pages_own *own = channel->own;
	int error = descriptors_recv(channel, size, rx, len);

	if (!error)
		page_pool_received(channel, &own->pool, *len);
	return error;
}

static ssize_t vmsplice_offer(struct channel *channel, const void *bytes, size_t size)
{
	struct pages_own *own = channel->own;
	void *pages = page_pool_try(channel, &own->pool, size);
	ssize_t sent;

	if (!pages)
		return -EAGAIN;
	memcpy(pages, bytes, size);
	sent = page_pool_splice(own->ends.tx, pages, size, SPLICE_F_NONBLOCK);
	if (sent > 0)
		page_pool_sent(&own->pool, (size_t)sent);
	if (sent >= 0)
		return sent;
	if (errno == EAGAIN)
		return -EAGAIN;
	return why_say(channel->why, errno, "%s: offer %zu bytes",
		channel->mechanism->name, size);
}

const struct mechanism pipe_vmsplice_mechanism = {
	.name = "pipe_vmsplice",
	.title = "pipe, vmsplice",
	.family = "pipe",
	.cite = "vmsplice(2)",
	.says = "the writer's pages in a pipe, read out; reused when the reader is done",
	.caps = CAP_PAYLOAD | CAP_BLOCKS | CAP_POLLABLE | CAP_EXACT_CAPACITY,
	.tests = TESTS_STREAM,
	.settings = settings,
	.size_setting = "pipe.size",
	.shared_size = sizeof(struct pages_shared),
	.own_size = sizeof(struct pages_own),
	.create = vmsplice_create,
	.attach = vmsplice_attach,
	.reserve = vmsplice_reserve,
	.send = vmsplice_send,
	.recv = vmsplice_recv,
	.offer = vmsplice_offer,
	.detach = vmsplice_detach,
};
