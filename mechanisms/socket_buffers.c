#include "mechanisms/socket_buffers.h"

#include <errno.h>

#include "harness/base/text.h"

static void buffer_range(const char *limit, int64_t *least, int64_t *most)
{
	*least = 4096;
	*most = text_file_number(limit, 212992);
}

void buffers_sndbuf_range(int64_t *least, int64_t *most)
{
	buffer_range("/proc/sys/net/core/wmem_max", least, most);
}

void buffers_rcvbuf_range(int64_t *least, int64_t *most)
{
	buffer_range("/proc/sys/net/core/rmem_max", least, most);
}

static const char *name_of(int name)
{
	return name == SO_SNDBUF ? "SO_SNDBUF" : "SO_RCVBUF";
}

int buffers_set(struct channel *channel, int fd, int name, int64_t value)
{
	int number = (int)value;

	if (value != SETTING_UNSET &&
		setsockopt(fd, SOL_SOCKET, name, &number, sizeof number))
		return why_say(channel->why, errno, "%s: set %s to %d",
			channel->mechanism->name, name_of(name), number);
	return 0;
}

int buffers_settle(struct channel *channel, int fd, int name, int64_t *value)
{
	int number;
	socklen_t size = sizeof number;
	int error = buffers_set(channel, fd, name, *value);

	if (error)
		return error;
	if (getsockopt(fd, SOL_SOCKET, name, &number, &size))
		return why_say(channel->why, errno, "%s: get %s",
			channel->mechanism->name, name_of(name));
	*value = number;
	return 0;
}

/* Found by trying: the overhead that counts against the buffers is the kernel's own
 * affair. */
int buffers_settle_datagram(struct channel *channel, int from, int to,
	const struct sockaddr *address, socklen_t address_size)
{
	size_t good = 0, bad = channel->size_max + 1;
	int error = 0;

	for (size_t size = channel->size_max; size && good + 1 < bad;
		size = good + (bad - good) / 2) {
		ssize_t sent = sendto(
			from, channel->tx, size, MSG_DONTWAIT, address, address_size);

		if (sent == (ssize_t)size) {
			good = size;
			if (recv(to, channel->rx, size, 0) != sent)
				return why_say(channel->why, errno,
					"%s: receive %zu bytes", channel->mechanism->name,
					size);
		} else {
			bad = size;
			error = errno;
		}
	}
	if (!good)
		return why_say(channel->why, error, "%s: send one byte",
			channel->mechanism->name);
	if (good < channel->size_max)
		why_say(&channel->size_limit, 0,
			"%s takes at most %zu bytes in one message",
			channel->mechanism->name, good);
	channel->size_max = good;
	return 0;
}
