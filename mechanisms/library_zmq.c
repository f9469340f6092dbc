/* library_zmq.c: ZeroMQ, a PAIR socket on each side. See zmq(7), zmq_socket(3).
 *
 * A message passes through a queue and an I/O thread on either side. The context, and
 * with it the thread, is made in attach: it inherits the side's CPU. */
#include "mechanisms/library.h"

#if IPCMARK_HAS_ZMQ
#include <zmq.h>

struct zmq_own {
	void *context, *socket;
	zmq_msg_t message; /* the last one received */
	bool is_attached, is_held;
};

static int say(struct channel *channel, const char *what)
{
	int error = zmq_errno();

	/* Numbers above ZMQ_HAUSNUMERO are the library's own. */
	if (error < ZMQ_HAUSNUMERO)
		return why_say(
			channel->why, error, "%s: %s", channel->mechanism->name, what);
	why_say(channel->why, 0, "%s: %s: %s", channel->mechanism->name, what,
		zmq_strerror(error));
	return -EIO;
}

static int ipc_create(struct channel *channel)
{
	struct library_meeting *meeting = channel->shared;

	library_bound_queue(channel, &channel->settings[0]);
	return library_ipc_url(channel, meeting->url, sizeof meeting->url);
}

static int tcp_create(struct channel *channel)
{
	struct library_meeting *meeting = channel->shared;

	library_bound_queue(channel, &channel->settings[0]);
	snprintf(meeting->url, sizeof meeting->url, "tcp://127.0.0.1:*");
	return 0;
}

static int open_socket(struct channel *channel)
{
	const int hwm = (int)channel->settings[0], none = 0;
	struct zmq_own *own = channel->own;

	own->context = zmq_ctx_new();
	if (!own->context)
		return say(channel, "make a context");
	/* What was not sent yet does not hold up the end. */
	zmq_ctx_set(own->context, ZMQ_BLOCKY, 0);
	own->socket = zmq_socket(own->context, ZMQ_PAIR);
	if (!own->socket)
		return say(channel, "make a PAIR socket");
	if (zmq_setsockopt(own->socket, ZMQ_LINGER, &none, sizeof none) ||
		zmq_setsockopt(own->socket, ZMQ_SNDHWM, &hwm, sizeof hwm) ||
		zmq_setsockopt(own->socket, ZMQ_RCVHWM, &hwm, sizeof hwm))
		return say(channel, "set the high-water marks");
	return 0;
}

/* The first message is no one's: when it is here, both are connected, and what names the
 * socket may go. */
static int listen_here(struct channel *channel)
{
	struct library_meeting *meeting = channel->shared;
	struct zmq_own *own = channel->own;
	size_t size = sizeof meeting->url;

	if (zmq_bind(own->socket, meeting->url))
		return say(channel, "bind");
	/* The port that the system chose. */
	if (zmq_getsockopt(own->socket, ZMQ_LAST_ENDPOINT, meeting->url, &size))
		return say(channel, "ask for the endpoint");
	library_listens(meeting);
	while (zmq_recv(own->socket, NULL, 0, 0) < 0)
		if (zmq_errno() != EINTR)
			return say(channel, "wait for the peer");
	return 0;
}

static int connect_there(struct channel *channel)
{
	struct library_meeting *meeting = channel->shared;
	const struct zmq_own *own = channel->own;

	/* Tried too early, the library tries again only after 100 ms. */
	library_await(meeting);
	if (zmq_connect(own->socket, meeting->url))
		return say(channel, "connect");
	while (zmq_send(own->socket, NULL, 0, 0) < 0)
		if (zmq_errno() != EINTR)
			return say(channel, "greet the peer");
	return 0;
}

static int attach(struct channel *channel)
{
	struct zmq_own *own = channel->own;
	int error;

	own->is_attached = true;
	error = library_descriptors(channel);
	if (!error)
		error = open_socket(channel);
	if (error)
		return error;
	return channel->side == 1 ? listen_here(channel) : connect_there(channel);
}

static int send_one(struct channel *channel, size_t size)
{
	const struct zmq_own *own = channel->own;

	while (zmq_send(own->socket, channel->tx, size, 0) < 0)
		if (zmq_errno() != EINTR)
			return say(channel, "send");
	return 0;
}

static int recv_one(struct channel *channel, size_t size, const void **rx, size_t *len)
{
	struct zmq_own *own = channel->own;

	(void)size;
	zmq_msg_init(&own->message);
	own->is_held = true;
	while (zmq_msg_recv(&own->message, own->socket, 0) < 0)
		if (zmq_errno() != EINTR)
			return say(channel, "receive");
	*rx = zmq_msg_data(&own->message);
	*len = zmq_msg_size(&own->message);
	return 0;
}

static int release(struct channel *channel)
{
	struct zmq_own *own = channel->own;

	own->is_held = false;
	zmq_msg_close(&own->message);
	return 0;
}

static ssize_t offer(struct channel *channel, const void *bytes, size_t size)
{
	const struct zmq_own *own = channel->own;

	if (zmq_send(own->socket, bytes, size, ZMQ_DONTWAIT) >= 0)
		return (ssize_t)size;
	if (zmq_errno() == EAGAIN || zmq_errno() == EINTR)
		return -EAGAIN;
	return say(channel, "offer");
}

static void detach(struct channel *channel)
{
	const struct library_meeting *meeting = channel->shared;
	struct zmq_own *own = channel->own;

	if (!own->is_attached) {
		library_unlink(meeting->url);
		return;
	}
	if (own->is_held)
		zmq_msg_close(&own->message);
	if (own->socket)
		zmq_close(own->socket);
	if (own->context)
		zmq_ctx_term(own->context);
}

#define ZMQ_OPS                                                                          \
	.shared_size = sizeof(struct library_meeting),                                   \
	.own_size = sizeof(struct zmq_own), .attach = attach, .send = send_one,          \
	.recv = recv_one, .release = release, .detach = detach
#define IPC_OPS .create = ipc_create, .offer = offer, ZMQ_OPS
#define TCP_OPS .create = tcp_create, ZMQ_OPS
#else

static int is_built(struct why *why)
{
	return why_say(why, 0, "built without ZeroMQ (libzmq3-dev)");
}

#define IPC_OPS .probe = is_built, LIBRARY_ABSENT, LIBRARY_ABSENT_OFFER
#define TCP_OPS .probe = is_built, LIBRARY_ABSENT
#endif

static const struct setting_spec settings[] = {
	{ .name = "zmq.hwm",
		.unit = "messages",
		.says = "high-water mark of each queue, at most 64 MiB of messages",
		.standard = 1000,
		.least = 1,
		.most = 65536 },
	{ .name = NULL },
};

#define ZMQ_COMMON .family = "library", .cite = "zmq_socket(3)", .settings = settings
#define ZMQ_CAPS   (CAP_PAYLOAD | CAP_BOUNDARIES | CAP_BLOCKS | CAP_NAMED | CAP_UNRELATED)
#define ZMQ_TESTS  (TEST_BIT(TEST_LATENCY) | TEST_BIT(TEST_THROUGHPUT))

const struct mechanism zmq_ipc_mechanism = {
	.name = "zmq_ipc",
	.title = "ZeroMQ ipc",
	.says = "ZeroMQ PAIR over ipc://; its I/O thread shares the side's CPU",
	.caps = ZMQ_CAPS,
	.tests = ZMQ_TESTS | TEST_BIT(TEST_CAPACITY),
	.size_setting = "zmq.hwm",
	ZMQ_COMMON,
	IPC_OPS,
};

/* No capacity: small messages go on trickling into TCP's buffers for longer than anybody
 * waits, as the kernel makes room by joining them. */
const struct mechanism zmq_tcp_mechanism = {
	.name = "zmq_tcp",
	.title = "ZeroMQ tcp",
	.says = "ZeroMQ PAIR over tcp://127.0.0.1; its I/O thread shares the side's CPU",
	.caps = ZMQ_CAPS | CAP_CROSS_HOST,
	.tests = ZMQ_TESTS,
	ZMQ_COMMON,
	TCP_OPS,
};
