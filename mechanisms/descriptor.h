/* descriptor.h: what mechanisms share whose two ends are file descriptors. */
#ifndef IPCMARK_DESCRIPTOR_H
#define IPCMARK_DESCRIPTOR_H

#include "mechanisms/mechanism.h"

/* The shared state of such a channel (as channel->shared): for each side the descriptor
 * it sends into and the one it receives from, as the parent made them; -1 where there is
 * none. A socket is both. */
struct descriptor_pairs {
	int tx[2], rx[2];
};

/* The state of one process (as channel->own). */
struct descriptor_own {
	int tx, rx;
	bool is_attached;
	bool is_nonblocking;
	/* 1 + what attach made, while a dialled connection is in its place (listener.h).
	 */
	int kept_plus_1;
};

/* First line of create: no descriptor is open yet. */
void descriptors_clear(struct descriptor_pairs *pairs);

/* attach: keeps the ends of this side, closes the peer's. */
int descriptors_attach(struct channel *channel);

/* detach, for the parent and for sides. */
void descriptors_detach(struct channel *channel);

/* read(2) and write(2); short ones are continued. End of file is -EPIPE in words. */
int descriptors_send(struct channel *channel, size_t size);
int descriptors_recv(struct channel *channel, size_t size, const void **rx, size_t *len);
ssize_t descriptors_offer(struct channel *channel, const void *bytes, size_t size);

/* Sets O_NONBLOCK. It belongs to the open file description: to this end alone of a pipe,
 * and of a socket, whose peer is another description. 0 or -errno in words. */
int descriptor_unblock(struct channel *channel, int fd);

#endif
