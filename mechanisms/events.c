/* Reading is watched all the time, edge-triggered: one wait for each time a read found
 * nothing, and data that nobody asks for yet does not wake a waiting writer again and
 * again. Writing is watched only while there is no room, as event loops do: an end that
 * is nearly always writable would wake a waiting reader for nothing. See epoll(7). */
#include "mechanisms/events.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

static int control(struct channel *channel, int operation, int fd, uint32_t events)
{
	const struct event_own *own = channel->own;
	struct epoll_event event = { .events = events | EPOLLET, .data.fd = fd };

	if (epoll_ctl(own->epoll, operation, fd, &event))
		return why_say(channel->why, errno, "%s: watch a descriptor (epoll_ctl)",
			channel->mechanism->name);
	return 0;
}

int events_watch(struct channel *channel)
{
	struct event_own *own = channel->own;
	int error = descriptor_unblock(channel, own->ends.tx);

	if (!error)
		error = descriptor_unblock(channel, own->ends.rx);
	if (error)
		return error;
	own->ends.is_nonblocking = true;
	own->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (own->epoll < 0)
		return why_say(channel->why, errno, "%s: epoll_create1",
			channel->mechanism->name);
	own->has_epoll = true;
	error = control(channel, EPOLL_CTL_ADD, own->ends.rx, EPOLLIN);
	if (!error && own->ends.tx != own->ends.rx)
		error = control(channel, EPOLL_CTL_ADD, own->ends.tx, 0);
	return error;
}

int events_attach(struct channel *channel)
{
	int error = descriptors_attach(channel);

	return error ? error : events_watch(channel);
}

void events_detach(struct channel *channel)
{
	struct event_own *own = channel->own;

	if (own->has_epoll)
		close(own->epoll);
	own->has_epoll = false;
	descriptors_detach(channel);
}

/* Sleeps until something happens; whoever calls tries again, whatever it was. */
static int await_event(struct channel *channel)
{
	const struct event_own *own = channel->own;
	struct epoll_event event;

	if (epoll_wait(own->epoll, &event, 1, -1) < 0 && errno != EINTR)
		return why_say(
			channel->why, errno, "%s: epoll_wait", channel->mechanism->name);
	return 0;
}

static int await_room(struct channel *channel)
{
	const struct event_own *own = channel->own;
	uint32_t always = own->ends.tx == own->ends.rx ? EPOLLIN : 0;
	int error = control(channel, EPOLL_CTL_MOD, own->ends.tx, always | EPOLLOUT);

	if (!error)
		error = await_event(channel);
	return error ? error : control(channel, EPOLL_CTL_MOD, own->ends.tx, always);
}

int events_send(struct channel *channel, size_t size)
{
	const struct event_own *own = channel->own;
	const unsigned char *at = channel->tx;

	while (size) {
		ssize_t sent = write(own->ends.tx, at, size);
		int error = 0;

		if (sent >= 0) {
			at += sent;
			size -= (size_t)sent;
		} else if (errno == EAGAIN) {
			error = await_room(channel);
		} else if (errno != EINTR) {
			error = why_say(channel->why, errno, "%s: write %zu bytes",
				channel->mechanism->name, size);
		}
		if (error)
			return error;
	}
	return 0;
}

int events_recv(struct channel *channel, size_t size, const void **rx, size_t *len)
{
	const struct event_own *own = channel->own;
	ssize_t got;

	while ((got = read(own->ends.rx, channel->rx, size)) < 0) {
		int error = 0;

		if (errno == EAGAIN)
			error = await_event(channel);
		else if (errno != EINTR)
			error = why_say(channel->why, errno, "%s: read %zu bytes",
				channel->mechanism->name, size);
		if (error)
			return error;
	}
	if (got == 0 && size)
		return why_say(channel->why, EPIPE, "%s: the peer closed its end",
			channel->mechanism->name);
	*rx = channel->rx;
	*len = (size_t)got;
	return 0;
}
