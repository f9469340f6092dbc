#include "mechanisms/listener.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int listener_open(struct channel *channel, const struct sockaddr *address,
	socklen_t address_size, const char *says, listener_options *set_options)
{
	struct listener_shared *shared = channel->shared;
	struct sockaddr *own = (struct sockaddr *)&shared->address;
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error;

	descriptors_clear(&shared->pairs);
	if (fd < 0)
		return why_say(channel->why, errno, "%s: socket for %s",
			channel->mechanism->name, says);
	shared->pairs.tx[1] = shared->pairs.rx[1] = fd;
	memcpy(shared->settings, channel->settings, sizeof shared->settings);
	error = set_options(channel, fd);
	if (error)
		return error;
	memcpy(own, address, address_size);
	shared->address_size = sizeof shared->address;
	if (bind(fd, own, address_size) || listen(fd, 1) ||
		getsockname(fd, own, &shared->address_size))
		return why_say(channel->why, errno, "%s: listen on %s",
			channel->mechanism->name, says);
	return 0;
}

static int accept_peer(struct channel *channel, listener_options *set_options)
{
	struct listener_shared *shared = channel->shared;
	struct descriptor_own *own = channel->own;
	int listener = shared->pairs.tx[1];

	own->tx = own->rx = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (own->tx < 0) {
		int error = why_say(
			channel->why, errno, "%s: accept", channel->mechanism->name);

		close(listener);
		return error;
	}
	close(listener);
	return set_options(channel, own->tx);
}

static int connect_peer(struct channel *channel, listener_options *set_options)
{
	struct listener_shared *shared = channel->shared;
	struct descriptor_own *own = channel->own;
	int error;

	close(shared->pairs.tx[1]);
	own->tx = own->rx = socket(
		shared->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (own->tx < 0)
		return why_say(
			channel->why, errno, "%s: socket", channel->mechanism->name);
	/* Before the handshake: the sizes of buffers count from there on. */
	error = set_options(channel, own->tx);
	if (error)
		return error;
	if (connect(own->tx, (struct sockaddr *)&shared->address, shared->address_size)) {
		error = why_say(
			channel->why, errno, "%s: connect", channel->mechanism->name);
		if (error == -ENETUNREACH)
			why_add(channel->why, "the loopback interface is down");
	}
	return error;
}

int listener_attach(struct channel *channel, listener_options *set_options)
{
	const struct listener_shared *shared = channel->shared;
	struct descriptor_own *own = channel->own;

	own->tx = own->rx = -1;
	own->is_attached = true;
	memcpy(channel->settings, shared->settings, sizeof shared->settings);
	return channel->side == 1 ? accept_peer(channel, set_options)
				  : connect_peer(channel, set_options);
}
