/* socket_buffers.h: what all sockets share: the sizes of their buffers, and the largest
 * datagram that these take. */
#ifndef IPCMARK_SOCKET_BUFFERS_H
#define IPCMARK_SOCKET_BUFFERS_H

#include <sys/socket.h>

#include "mechanisms/mechanism.h"

/* What this system lets SO_SNDBUF and SO_RCVBUF be. */
void buffers_sndbuf_range(int64_t *least, int64_t *most);
void buffers_rcvbuf_range(int64_t *least, int64_t *most);

/* The setting "unix.sndbuf". */
#define UNIX_SNDBUF_SETTING                                                              \
	{                                                                                \
		.name = "unix.sndbuf", .unit = "bytes",                                  \
		.says = "SO_SNDBUF of both ends; the system doubles it",                 \
		.limit = "net.core.wmem_max", .standard = SETTING_UNSET,                 \
		.range = buffers_sndbuf_range                                            \
	}

/* Sets SO_SNDBUF or SO_RCVBUF, unless `value` leaves it to the system. 0 or -errno in
 * words. */
int buffers_set(struct channel *channel, int fd, int name, int64_t value);

/* Sets SO_SNDBUF or SO_RCVBUF where wanted and notes what the system made of it: Linux
 * doubles the value for its own bookkeeping, socket(7). 0 or -errno in words. */
int buffers_settle(struct channel *channel, int fd, int name, int64_t *value);

/* create: lowers channel->size_max to the largest datagram that goes from one socket to
 * the other, where the second is bound (NULL: they are connected). 0 or -errno in words.
 */
int buffers_settle_datagram(struct channel *channel, int from, int to,
	const struct sockaddr *address, socklen_t address_size);

#endif
