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

/* attach: connects or accepts. descriptors_detach() undoes it. */
int listener_attach(struct channel *channel, listener_options *set_options);

#endif
