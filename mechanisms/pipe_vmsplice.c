/* pipe_vmsplice.c: bytes through a pipe without the copy into it. See vmsplice(2).
 *
 * The writer's own pages are put into the pipe and the reader copies out of them, so a
 * page must not be written again before that has happened. The reader counts the bytes
 * it has copied out in shared memory, and reserve waits until the count has passed the
 * last byte that was sent from a page. That vmsplice has returned says nothing of this,
 * and SPLICE_F_GIFT is not used: a gift must never be written again. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "mechanisms/descriptor.h"
#include "mechanisms/gate.h"
#include "mechanisms/pipe.h"

static const struct setting_spec settings[] = { PIPE_SIZE_SETTING, { .name = NULL } };
enum { SIZE };

struct pages_shared {
	struct descriptor_pairs pairs;
	size_t pool_pages; /* of each side */
	/* One a direction: how many bytes the reader has copied out, and the writer's
	 * bell. */
	struct {
		_Alignas(64) _Atomic uint64_t consumed;
		struct gate drained;
	} directions[2];
};

struct pages_own {
	struct descriptor_own ends; /* first: the operations of descriptor.h work too */
	unsigned char *pool;
	uint64_t *free_at; /* by page: `consumed` at which it is the writer's again */
	size_t page_size, pool_pages;
	size_t start, next; /* pages: of the reservation, and behind the last message */
	uint64_t sent; /* bytes */
	uint64_t received; /* bytes */
};

static size_t pages_of(size_t size, size_t page_size)
{
	return (size + page_size - 1) / page_size;
}

/* Some systems have the call and refuse it: one page goes through before anybody counts
 * on it. */
static int try_vmsplice(struct channel *channel, const struct descriptor_pairs *pairs)
{
	struct iovec one = { .iov_base = channel->tx, .iov_len = 1 };

	if (vmsplice(pairs->tx[0], &one, 1, SPLICE_F_NONBLOCK) != 1 ||
		read(pairs->rx[1], channel->rx, 1) != 1)
		return why_say(channel->why, errno, "%s: map a page into a pipe",
			channel->mechanism->name);
	return 0;
}

/* Pages for a full pipe, a message that is waiting to go in and one that is being
 * written. */
static int vmsplice_create(struct channel *channel)
{
	struct pages_shared *shared = channel->shared;
	size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
	int error = pipe_create_flags(channel, 0);

	if (error)
		return error;
	shared->pool_pages = 2 * pages_of(channel->size_max, page_size);
	shared->pool_pages += channel->settings[SIZE] == SETTING_UNSET
				      ? 16
				      : (size_t)channel->settings[SIZE] / page_size;
	return try_vmsplice(channel, &shared->pairs);
}

static int vmsplice_attach(struct channel *channel)
{
	const struct pages_shared *shared = channel->shared;
	struct pages_own *own = channel->own;
	void *pool;

	(void)descriptors_attach(channel);
	own->page_size = (size_t)sysconf(_SC_PAGESIZE);
	own->pool_pages = shared->pool_pages;
	own->free_at = calloc(own->pool_pages, sizeof *own->free_at);
	pool = mmap(NULL, own->pool_pages * own->page_size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	own->pool = pool == MAP_FAILED ? NULL : pool;
	if (!own->free_at || !own->pool)
		return why_say(channel->why, ENOMEM, "%s: map %zu pages to send from",
			channel->mechanism->name, own->pool_pages);
	/* Or all of them would be the one page of zeros. */
	memset(own->pool, 0x5a, own->pool_pages * own->page_size);
	return 0;
}

static void vmsplice_detach(struct channel *channel)
{
	struct pages_own *own = channel->own;

	free(own->free_at);
	if (own->pool)
		munmap(own->pool, own->pool_pages * own->page_size);
	descriptors_detach(channel);
}

/* What the reader must have copied out before `count` pages from `start` on are free. */
static uint64_t free_at(const struct pages_own *own, size_t start, size_t count)
{
	uint64_t latest = 0;

	for (size_t i = start; i < start + count; i++)
		if (own->free_at[i] > latest)
			latest = own->free_at[i];
	return latest;
}

static uint64_t consumed(const struct channel *channel)
{
	const struct pages_shared *shared = channel->shared;

	return atomic_load_explicit(
		&shared->directions[channel->side].consumed, memory_order_acquire);
}

/* Settles where the next message goes: the front of the pool when it is free, because it
 * is in the caches; else behind the last message, or the front where that does not fit.
 * Returns what must have been copied out before it may be written. */
static uint64_t choose_pages(const struct channel *channel, size_t size)
{
	struct pages_own *own = channel->own;
	size_t count = pages_of(size, own->page_size);
	uint64_t front = free_at(own, 0, count);

	own->start = 0;
	if (front <= consumed(channel) || own->next + count > own->pool_pages)
		return front;
	own->start = own->next;
	return free_at(own, own->start, count);
}

static int vmsplice_reserve(struct channel *channel, size_t size, void **tx)
{
	struct pages_shared *shared = channel->shared;
	struct pages_own *own = channel->own;
	struct gate *drained = &shared->directions[channel->side].drained;
	uint64_t awaited = choose_pages(channel, size);

	while (consumed(channel) < awaited) {
		gate_futex.prepare(drained);
		if (consumed(channel) < awaited)
			gate_futex.commit(drained, channel);
		else
			gate_futex.cancel(drained);
	}
	*tx = own->pool + own->start * own->page_size;
	return 0;
}

/* Notes that the first `size` reserved bytes are on their way. */
static void note_sent(struct pages_own *own, size_t size)
{
	size_t end = own->start + pages_of(size, own->page_size);

	own->sent += size;
	for (size_t i = own->start; i < end; i++)
		own->free_at[i] = own->sent;
	own->next = end;
}

static int vmsplice_send(struct channel *channel, size_t size)
{
	struct pages_own *own = channel->own;
	struct iovec rest = { .iov_base = own->pool + own->start * own->page_size,
		.iov_len = size };

	while (rest.iov_len) {
		ssize_t sent = vmsplice(own->ends.tx, &rest, 1, 0);

		if (sent < 0 && errno != EINTR)
			return why_say(channel->why, errno, "%s: vmsplice %zu bytes",
				channel->mechanism->name, size);
		if (sent > 0) {
			rest.iov_base = (unsigned char *)rest.iov_base + sent;
			rest.iov_len -= (size_t)sent;
		}
	}
	note_sent(own, size);
	return 0;
}

/* read(2) has copied the bytes when it returns: they are the writer's again at once. */
static int vmsplice_recv(
	struct channel *channel, size_t size, const void **rx, size_t *len)
{
	struct pages_shared *shared = channel->shared;
	struct pages_own *own = channel->own;
	unsigned direction = !channel->side;
	int error = descriptors_recv(channel, size, rx, len);

	if (error)
		return error;
	own->received += *len;
	atomic_store_explicit(&shared->directions[direction].consumed, own->received,
		memory_order_release);
	gate_futex.notify(&shared->directions[direction].drained);
	return 0;
}

static ssize_t vmsplice_offer(struct channel *channel, const void *bytes, size_t size)
{
	struct pages_own *own = channel->own;
	struct iovec rest = { .iov_len = size };
	ssize_t sent;

	if (choose_pages(channel, size) > consumed(channel))
		return -EAGAIN;
	rest.iov_base = own->pool + own->start * own->page_size;
	memcpy(rest.iov_base, bytes, size);
	sent = vmsplice(own->ends.tx, &rest, 1, SPLICE_F_NONBLOCK);
	if (sent > 0)
		note_sent(own, (size_t)sent);
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
