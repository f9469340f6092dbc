/* events.h: the transfers of descriptor.h as an event loop makes them: both ends
 * non-blocking, tried first, and epoll_wait(2) when there is nothing to read or no room
 * to write. */
#ifndef IPCMARK_EVENTS_H
#define IPCMARK_EVENTS_H

#include "mechanisms/descriptor.h"

/* The state of one process (as channel->own). */
struct event_own {
	struct descriptor_own ends; /* first: the operations of descriptor.h work too */
	int epoll;
	bool has_epoll;
};

/* Last line of attach, when this side has its ends: watches them. */
int events_watch(struct channel *channel);

/* attach for pairs that the parent made: descriptors_attach() and events_watch(). */
int events_attach(struct channel *channel);

/* detach, for the parent and for sides. */
void events_detach(struct channel *channel);

int events_send(struct channel *channel, size_t size);
int events_recv(struct channel *channel, size_t size, const void **rx, size_t *len);

#endif
