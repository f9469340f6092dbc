/* library_dbus.c: D-Bus without a bus: two ends of a socketpair that speak its protocol
 * through sd-bus. See sd-bus(3), sd_bus_set_server(3).
 *
 * A message is a signal with an array of bytes, so that nothing but the peer's own
 * message answers it. The connections are made in attach. */
#include "mechanisms/library.h"

#if IPCMARK_HAS_DBUS
#include <sys/socket.h>
#include <systemd/sd-bus.h>

#include "mechanisms/descriptor.h"

#define OBJECT "/ipcmark"
#define FACE   "ipcmark.Channel"
#define MEMBER "Bytes"

struct dbus_own {
	sd_bus *bus;
	sd_bus_message *message; /* the last one received, until release */
	int fd; /* until the bus has it */
	bool is_attached;
};

static int say(struct channel *channel, const char *what, int error)
{
	return why_say(channel->why, -error, "%s: %s", channel->mechanism->name, what);
}

static int create(struct channel *channel)
{
	struct descriptor_pairs *pairs = channel->shared;
	int ends[2];

	descriptors_clear(pairs);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends))
		return say(channel, "socketpair", -errno);
	for (unsigned side = 0; side < 2; side++)
		pairs->tx[side] = pairs->rx[side] = ends[side];
	return 0;
}

static int open_bus(struct channel *channel)
{
	struct dbus_own *own = channel->own;
	int error = sd_bus_new(&own->bus);

	if (error < 0)
		return say(channel, "make a connection", error);
	error = sd_bus_set_fd(own->bus, own->fd, own->fd);
	if (error >= 0)
		own->fd = -1;
	if (error >= 0 && channel->side == 1) {
		sd_id128_t id;

		error = sd_id128_randomize(&id);
		if (error >= 0)
			error = sd_bus_set_server(own->bus, 1, id);
	}
	/* Both ends are ours: whoever holds the descriptor is let in. */
	if (error >= 0)
		error = sd_bus_set_anonymous(own->bus, 1);
	if (error >= 0)
		error = sd_bus_negotiate_fds(own->bus, 0);
	if (error >= 0)
		error = sd_bus_start(own->bus);
	return error < 0 ? say(channel, "start the connection", error) : 0;
}

static int attach(struct channel *channel)
{
	const struct descriptor_pairs *pairs = channel->shared;
	struct dbus_own *own = channel->own;
	int error;

	own->is_attached = true;
	own->fd = pairs->tx[channel->side];
	close(pairs->tx[!channel->side]);
	error = library_descriptors(channel);
	return error ? error : open_bus(channel);
}

/* The handshake takes both sides, and flushing waits for it. */
static int ready(struct channel *channel)
{
	const struct dbus_own *own = channel->own;
	int error = sd_bus_flush(own->bus);

	return error < 0 ? say(channel, "shake hands", error) : 0;
}

/* Copies the bytes into a message; what the socket does not take at once waits in the
 * connection until it is flushed. */
static int send_one(struct channel *channel, size_t size)
{
	const struct dbus_own *own = channel->own;
	sd_bus_message *message = NULL;
	int error = sd_bus_message_new_signal(own->bus, &message, OBJECT, FACE, MEMBER);

	if (error >= 0)
		error = sd_bus_message_append_array(message, 'y', channel->tx, size);
	if (error >= 0)
		error = sd_bus_send(own->bus, message, NULL);
	if (error >= 0)
		error = sd_bus_flush(own->bus);
	sd_bus_message_unref(message);
	return error < 0 ? say(channel, "send", error) : 0;
}

/* The next message that is one of ours; the library tells of its own life too. */
static int next_message(struct dbus_own *own)
{
	for (;;) {
		int error = sd_bus_process(own->bus, &own->message);

		if (error > 0 && own->message) {
			if (sd_bus_message_is_signal(own->message, FACE, MEMBER))
				return 0;
			own->message = sd_bus_message_unref(own->message);
		} else if (error == 0) {
			error = sd_bus_wait(own->bus, UINT64_MAX);
		}
		if (error < 0 && error != -EINTR)
			return error;
	}
}

static int recv_one(struct channel *channel, size_t size, const void **rx, size_t *len)
{
	struct dbus_own *own = channel->own;
	int error = next_message(own);

	(void)size;
	if (error >= 0)
		error = sd_bus_message_read_array(own->message, 'y', rx, len);
	return error < 0 ? say(channel, "receive", error) : 0;
}

static int release(struct channel *channel)
{
	struct dbus_own *own = channel->own;

	own->message = sd_bus_message_unref(own->message);
	return 0;
}

static void detach(struct channel *channel)
{
	struct dbus_own *own = channel->own;

	if (!own->is_attached) {
		struct descriptor_own ends = { .is_attached = false };

		channel->own = &ends;
		descriptors_detach(channel);
		channel->own = own;
		return;
	}
	sd_bus_message_unref(own->message);
	/* Closes at once: what was not sent does not hold it up. */
	if (own->bus)
		sd_bus_close(own->bus);
	sd_bus_unref(own->bus);
	if (own->fd >= 0)
		close(own->fd);
}

#define DBUS_OPS                                                                         \
	.shared_size = sizeof(struct descriptor_pairs),                                  \
	.own_size = sizeof(struct dbus_own), .create = create, .attach = attach,         \
	.ready = ready, .send = send_one, .recv = recv_one, .release = release,          \
	.detach = detach
#else

static int is_built(struct why *why)
{
	return why_say(why, 0, "built without sd-bus (libsystemd-dev)");
}

#define DBUS_OPS .probe = is_built, LIBRARY_ABSENT
#endif

/* No capacity: a connection queues without bound in the sender's own memory. */
const struct mechanism dbus_peer_mechanism = {
	.name = "dbus_peer",
	.title = "D-Bus peer",
	.family = "library",
	.cite = "sd-bus(3)",
	.says = "D-Bus signals over a socketpair (sd-bus), without a bus daemon",
	.caps = CAP_PAYLOAD | CAP_BOUNDARIES | CAP_BLOCKS | CAP_POLLABLE,
	.tests = TEST_BIT(TEST_LATENCY) | TEST_BIT(TEST_THROUGHPUT),
	DBUS_OPS,
};
