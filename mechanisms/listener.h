/* listener.h: what stream sockets share whose sides meet at an address: side 1 accepts
 * whom side 0 connects. */
#ifndef IPCMARK_LISTENER_H
#define IPCMARK_LISTENER_H

#include <sys/socket.h>

#include "mechanisms/descriptor.h"

/* The shared state (as channel->shared). */
struct listener_shared {
	struct descriptor_pairs pairs; /* the listener, in both places of side 1 */
	struct sockaddr_storage address;
	socklen_t address_size;
	int64_t settings[MECHANISM_SETTINGS]; /* as wanted */
};

/* Sets options of a socket from channel->settings; they are in force before the sides
 * meet. */
typedef int listener_options(struct channel *channel, int fd);

/* create: listens at `address`, which `says` names in errors; the system fills in what
 * was left open. 0 or -errno in words. */
int listener_open(struct channel *channel, const struct sockaddr *address,
	socklen_t address_size, const char *says, listener_options *set_options);

/* attach: connects or accepts. Where the mechanism dials, side 1 listens on. */
int listener_attach(struct channel *channel, listener_options *set_options);
void listener_detach(struct channel *channel);

/* Lets close(2) of a connection, or of those that a listener accepts, end it at once. 0
 * or -1 with errno. */
int listener_reset(int fd);

/* dial and hang_up. Side 0 connects, asks, reads the answer and closes first; side 1
 * reads to the end of file and closes then, with SO_LINGER and no time.
 *
 * That is for TCP, where whoever closes first would keep its port for a minute in
 * TIME_WAIT: tens of thousands of round trips would use up all ports of the system, and
 * looking for a free one would be what is measured. The reset that side 1 sends instead
 * of a FIN ends the wait of side 0, which has read all that there was; it is one segment
 * for another, and nothing is lost or left. Side 0 is timed to the return of its
 * close(2), as it would be with a FIN. */
int listener_dial(struct channel *channel, listener_options *set_options);
int listener_hang_up(struct channel *channel);

#endif
