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

/* Waits for side 0. What is accepted inherits the options of the listener. */
static int accept_one(struct channel *channel, int *fd)
{
	const struct listener_shared *shared = channel->shared;

	do {
		*fd = accept4(shared->pairs.tx[1], NULL, NULL, SOCK_CLOEXEC);
	} while (*fd < 0 && errno == EINTR);
	return *fd < 0 ? why_say(channel->why, errno, "%s: accept",
				 channel->mechanism->name)
		       : 0;
}

static int connect_one(struct channel *channel, listener_options *set_options, int *fd)
{
	struct listener_shared *shared = channel->shared;
	int error;

	*fd = socket(shared->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return why_say(
			channel->why, errno, "%s: socket", channel->mechanism->name);
	/* Before the handshake: the sizes of buffers count from there on. */
	error = set_options(channel, *fd);
	if (error)
		return error;
	if (connect(*fd, (struct sockaddr *)&shared->address, shared->address_size)) {
		error = why_say(
			channel->why, errno, "%s: connect", channel->mechanism->name);
		if (error == -ENETUNREACH)
			why_add(channel->why, "the loopback interface is down");
	}
	return error;
}

int listener_reset(int fd)
{
	const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	return setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

/* Of those that will be dialled, listener.h. */
static int listen_on(struct channel *channel)
{
	const struct listener_shared *shared = channel->shared;
	const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	if (setsockopt(
		    shared->pairs.tx[1], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once))
		return why_say(channel->why, errno, "%s: set SO_LINGER",
			channel->mechanism->name);
	return 0;
}

int listener_attach(struct channel *channel, listener_options *set_options)
{
	const struct listener_shared *shared = channel->shared;
	struct descriptor_own *own = channel->own;
	int error;

	own->tx = own->rx = -1;
	own->is_attached = true;
	memcpy(channel->settings, shared->settings, sizeof shared->settings);
	if (channel->side == 0) {
		close(shared->pairs.tx[1]);
		error = connect_one(channel, set_options, &own->tx);
		own->rx = own->tx;
		return error;
	}
	error = accept_one(channel, &own->tx);
	own->rx = own->tx;
	if (!channel->mechanism->dial)
		close(shared->pairs.tx[1]);
	else if (!error)
		error = listen_on(channel);
	return error ? error : set_options(channel, own->tx);
}

/* Everything was read long ago: nobody needs the port of a connection for a minute more.
 */
void listener_detach(struct channel *channel)
{
	const struct listener_shared *shared = channel->shared;
	const struct descriptor_own *own = channel->own;

	if (own->is_attached) {
		(void)listener_reset(own->tx);
		if (own->kept_plus_1)
			close(own->kept_plus_1 - 1);
		if (channel->side == 1 && channel->mechanism->dial)
			close(shared->pairs.tx[1]);
	}
	descriptors_detach(channel);
}

int listener_dial(struct channel *channel, listener_options *set_options)
{
	struct descriptor_own *own = channel->own;
	int fd = -1;
	int error = channel->side == 1 ? accept_one(channel, &fd)
				       : connect_one(channel, set_options, &fd);

	if (error) {
		if (fd >= 0)
			close(fd);
		return error;
	}
	own->kept_plus_1 = own->tx + 1;
	own->tx = own->rx = fd;
	return 0;
}

/* Reads the end of file that says the peer has closed. */
static int await_end(struct channel *channel, int fd)
{
	unsigned char byte;
	ssize_t got;

	do {
		got = read(fd, &byte, 1);
	} while (got < 0 && errno == EINTR);
	if (got == 0)
		return 0;
	return why_say(channel->why, got < 0 ? errno : EBADMSG, "%s: %s",
		channel->mechanism->name,
		got < 0 ? "wait for the end of a connection"
			: "more came than the message of the connection");
}

int listener_hang_up(struct channel *channel)
{
	struct descriptor_own *own = channel->own;
	int error = channel->side == 1 ? await_end(channel, own->tx) : 0;

	close(own->tx);
	own->tx = own->rx = own->kept_plus_1 - 1;
	own->kept_plus_1 = 0;
	return error;
}
