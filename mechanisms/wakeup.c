/* wakeup.c: wake-ups by an event counter, plain or behind epoll, and by a bare futex. See
 * eventfd(2), epoll(7), futex(2). */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "harness/base/futex.h"
#include "mechanisms/descriptor.h"
#include "mechanisms/wakeup.h"

static int make_counters(struct channel *channel, int flags)
{
	struct descriptor_pairs *pairs = channel->shared;

	descriptors_clear(pairs);
	for (unsigned side = 0; side < 2; side++) {
		int fd = eventfd(0, EFD_CLOEXEC | flags);

		if (fd < 0)
			return why_say(channel->why, errno, "%s: create",
				channel->mechanism->name);
		pairs->tx[side] = fd;
	}
	return 0;
}

static int eventfd_create(struct channel *channel)
{
	return make_counters(channel, 0);
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
			return why_say(channel->why, errno, "%s: write",
				channel->mechanism->name);
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
			return why_say(channel->why, errno, "%s: read",
				channel->mechanism->name);
	if (count != 1)
		return why_say(channel->why, 0, "%s: %llu wake-ups arrived as one",
			channel->mechanism->name, (unsigned long long)count);
	return wakeup_arrived(rx, len);
}

const struct mechanism eventfd_mechanism = {
	.name = "eventfd",
	.title = "eventfd",
	.cite = "eventfd(2)",
	.says = "event counter, one a direction",
	.caps = CAP_BLOCKS | CAP_POLLABLE | CAP_COALESCES,
	.shared_size = sizeof(struct descriptor_pairs),
	.own_size = sizeof(struct descriptor_own),
	.create = eventfd_create,
	.attach = eventfd_attach,
	.send = eventfd_send,
	.recv = eventfd_recv,
	.detach = descriptors_detach,
	WAKEUP_ROW,
};

struct epoll_own {
	struct descriptor_own ends; /* first: descriptors_detach() knows no more */
	int epoll;
};

/* As an event loop has it: nobody may sleep in read(2). */
static int eventfd_epoll_create(struct channel *channel)
{
	return make_counters(channel, EFD_NONBLOCK);
}

static int eventfd_epoll_attach(struct channel *channel)
{
	struct epoll_own *own = channel->own;
	struct epoll_event event = { .events = EPOLLIN };

	eventfd_attach(channel);
	own->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (own->epoll < 0)
		return why_say(channel->why, errno, "eventfd_epoll: epoll_create1");
	if (epoll_ctl(own->epoll, EPOLL_CTL_ADD, own->ends.rx, &event))
		return why_say(channel->why, errno, "eventfd_epoll: EPOLL_CTL_ADD");
	return 0;
}

static int eventfd_epoll_recv(
	struct channel *channel, size_t size, const void **rx, size_t *len)
{
	const struct epoll_own *own = channel->own;
	struct epoll_event event;
	int got;

	while ((got = epoll_wait(own->epoll, &event, 1, -1)) != 1)
		if (got < 0 && errno != EINTR)
			return why_say(channel->why, errno, "eventfd_epoll: epoll_wait");
	return eventfd_recv(channel, size, rx, len);
}

static void eventfd_epoll_detach(struct channel *channel)
{
	const struct epoll_own *own = channel->own;

	if (own->ends.is_attached && own->epoll >= 0)
		close(own->epoll);
	descriptors_detach(channel);
}

const struct mechanism eventfd_epoll_mechanism = {
	.name = "eventfd_epoll",
	.title = "eventfd, epoll",
	.cite = "epoll(7)",
	.says = "event counter awaited with epoll_wait, as in an event loop",
	.caps = CAP_BLOCKS | CAP_POLLABLE | CAP_COALESCES,
	.shared_size = sizeof(struct descriptor_pairs),
	.own_size = sizeof(struct epoll_own),
	.create = eventfd_epoll_create,
	.attach = eventfd_epoll_attach,
	.send = eventfd_send,
	.recv = eventfd_epoll_recv,
	.detach = eventfd_epoll_detach,
	WAKEUP_ROW,
};

/* By direction: 1 from the wake-up until it is consumed. */
struct futex_words {
	struct {
		_Alignas(WAKEUP_LINE) futex_word word;
	} directions[2];
};

/* Wakes whether anybody sleeps or not: what the bare system call costs is the question;
 * shm_futex shows what it costs to ask first. */
static int futex_send(struct channel *channel, size_t size)
{
	struct futex_words *shared = channel->shared;
	futex_word *word = &shared->directions[channel->side].word;

	(void)size;
	atomic_store_explicit(word, 1, memory_order_release);
	futex_wake(word, 1);
	return 0;
}

static int futex_recv(struct channel *channel, size_t size, const void **rx, size_t *len)
{
	struct futex_words *shared = channel->shared;
	futex_word *word = &shared->directions[!channel->side].word;

	(void)size;
	while (!atomic_load_explicit(word, memory_order_acquire)) {
		int error = futex_wait(word, 0, -1);

		if (error && error != -EINTR)
			return why_say(channel->why, -error, "futex: wait");
	}
	atomic_store_explicit(word, 0, memory_order_relaxed);
	return wakeup_arrived(rx, len);
}

const struct mechanism futex_mechanism = {
	.name = "futex",
	.title = "futex",
	.cite = "futex(2)",
	.says = "a word in shared memory, FUTEX_WAIT and FUTEX_WAKE",
	.caps = CAP_BLOCKS | CAP_COALESCES,
	.shared_size = sizeof(struct futex_words),
	.send = futex_send,
	.recv = futex_recv,
	.detach = wakeup_let_go,
	WAKEUP_ROW,
};
