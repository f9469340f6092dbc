/* library_nng.c: nng, a pair0 socket on each side. See nng_pair(7).
 *
 * The library starts its threads with the first socket, and that is opened in attach:
 * they inherit the side's CPU. */
#include "mechanisms/library.h"

#if IPCMARK_HAS_NNG
#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>

struct nng_own {
	nng_socket socket;
	nng_msg *message; /* the last one received, until release */
	bool is_attached, is_open;
};

static int say(struct channel *channel, const char *what, int error)
{
	why_say(channel->why, 0, "%s: %s: %s", channel->mechanism->name, what,
		nng_strerror(error));
	/* A number of the system stands behind this bit. */
	return error & NNG_ESYSERR ? -(error & ~(int)NNG_ESYSERR) : -EIO;
}

static int create(struct channel *channel)
{
	struct library_meeting *meeting = channel->shared;

	if (channel->settings[0])
		library_bound_queue(channel, &channel->settings[0]);
	return library_ipc_url(channel, meeting->url, sizeof meeting->url);
}

static int open_socket(struct channel *channel)
{
	struct nng_own *own = channel->own;
	int queue = (int)channel->settings[0];
	int error = nng_pair0_open(&own->socket);

	if (error)
		return say(channel, "open a pair socket", error);
	own->is_open = true;
	error = nng_socket_set_int(own->socket, NNG_OPT_SENDBUF, queue);
	if (!error)
		error = nng_socket_set_int(own->socket, NNG_OPT_RECVBUF, queue);
	/* The sizes are the run's affair. */
	if (!error)
		error = nng_socket_set_size(own->socket, NNG_OPT_RECVMAXSZ, 0);
	return error ? say(channel, "set the queues", error) : 0;
}

/* Dialling waits until the peer has taken the connection; what names the socket may go
 * then. */
static int attach(struct channel *channel)
{
	struct library_meeting *meeting = channel->shared;
	struct nng_own *own = channel->own;
	int error;

	own->is_attached = true;
	error = library_descriptors(channel);
	if (!error)
		error = open_socket(channel);
	if (error)
		return error;
	if (channel->side == 0) {
		library_await(meeting);
		error = nng_dial(own->socket, meeting->url, NULL, 0);
		return error ? say(channel, "dial", error) : 0;
	}
	error = nng_listen(own->socket, meeting->url, NULL, 0);
	if (error)
		return say(channel, "listen", error);
	library_listens(meeting);
	return 0;
}

static int send_one(struct channel *channel, size_t size)
{
	const struct nng_own *own = channel->own;
	int error;

	do {
		error = nng_send(own->socket, channel->tx, size, 0);
	} while (error == NNG_EINTR);
	return error ? say(channel, "send", error) : 0;
}

static int recv_one(struct channel *channel, size_t size, const void **rx, size_t *len)
{
	struct nng_own *own = channel->own;
	int error;

	(void)size;
	do {
		error = nng_recvmsg(own->socket, &own->message, 0);
	} while (error == NNG_EINTR);
	if (error) {
		own->message = NULL;
		return say(channel, "receive", error);
	}
	*rx = nng_msg_body(own->message);
	*len = nng_msg_len(own->message);
	return 0;
}

static int release(struct channel *channel)
{
	struct nng_own *own = channel->own;

	nng_msg_free(own->message);
	own->message = NULL;
	return 0;
}

static ssize_t offer(struct channel *channel, const void *bytes, size_t size)
{
	const struct nng_own *own = channel->own;
	/* The library copies; it only lacks the word const. */
	int error = nng_send(
		own->socket, (void *)(uintptr_t)bytes, size, NNG_FLAG_NONBLOCK);

	if (!error)
		return (ssize_t)size;
	if (error == NNG_EAGAIN || error == NNG_EINTR)
		return -EAGAIN;
	return say(channel, "offer", error);
}

static void detach(struct channel *channel)
{
	const struct library_meeting *meeting = channel->shared;
	struct nng_own *own = channel->own;

	if (!own->is_attached) {
		library_unlink(meeting->url);
		return;
	}
	if (own->message)
		nng_msg_free(own->message);
	if (own->is_open)
		nng_close(own->socket);
	/* No nng_fini(): in 1.5 it destroys locks that the library's threads still take,
	 * and the process ends now. */
}

#define NNG_OPS                                                                          \
	.shared_size = sizeof(struct library_meeting),                                   \
	.own_size = sizeof(struct nng_own), .create = create, .attach = attach,          \
	.send = send_one, .recv = recv_one, .release = release, .offer = offer,          \
	.detach = detach
#else

static int is_built(struct why *why)
{
	return why_say(why, 0, "built without nng (libnng-dev)");
}

#define NNG_OPS .probe = is_built, LIBRARY_ABSENT, LIBRARY_ABSENT_OFFER
#endif

static const struct setting_spec settings[] = {
	{ .name = "nng.buffer",
		.unit = "messages",
		.says = "NNG_OPT_SENDBUF and NNG_OPT_RECVBUF, at most 64 MiB of messages",
		.standard = 0,
		.least = 0,
		.most = 8192 },
	{ .name = NULL },
};

const struct mechanism nng_ipc_mechanism = {
	.name = "nng_ipc",
	.title = "nng ipc",
	.family = "library",
	.cite = "nng_pair(7)",
	.says = "nng pair over ipc://; its threads share the side's CPU",
	.caps = CAP_PAYLOAD | CAP_BOUNDARIES | CAP_BLOCKS | CAP_NAMED | CAP_UNRELATED,
	.tests = TEST_BIT(TEST_LATENCY) | TEST_BIT(TEST_THROUGHPUT) |
		 TEST_BIT(TEST_CAPACITY),
	.settings = settings,
	.size_setting = "nng.buffer",
	NNG_OPS,
};
