/* udp.c: datagrams over the loopback. See udp(7), ip(7).
 *
 * UDP loses what does not fit the receiver's buffer and tells nobody. Here loss is made
 * rare and is never hidden:
 * - The sender has at most a window of datagrams on their way, by default as many as
 *   surely fit the receive buffer. The receiver counts what it has taken out in shared
 *   memory, which stands for the acknowledgements of a protocol above UDP; a sender whose
 *   window is full sleeps on that count. So these rows need a common ancestor and one
 *   host, which UDP itself does not.
 * - The sender counts what it has sent. A receive has a time-out: when two pass in a row
 *   and not even what was sent before the second has arrived, the difference is lost; the
 *   case fails and says how many. A loss in the midst of others is noticed at the latest
 *   when the last one does not arrive; with `verify`, at the next datagram.
 * - Capacity is the receive buffer: a datagram that the kernel counts as dropped was not
 *   accepted. A sender that does not look there would have lost it. */
#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "mechanisms/descriptor.h"
#include "mechanisms/gate.h"
#include "mechanisms/socket_buffers.h"

#define TIMEOUT_US 100000

static void window_range(int64_t *least, int64_t *most)
{
	*least = 1;
	*most = 1000000;
}

static const struct setting_spec settings[] = {
	{ .name = "udp.window",
		.unit = "messages",
		.says = "datagrams on their way at most; unset: what fits the buffer",
		.standard = SETTING_UNSET,
		.range = window_range },
	{ .name = "udp.rcvbuf",
		.unit = "bytes",
		.says = "SO_RCVBUF of both ends; the system doubles it",
		.limit = "net.core.rmem_max",
		.standard = SETTING_UNSET,
		.range = buffers_rcvbuf_range },
	{ .name = NULL },
};
enum { WINDOW, RCVBUF };

struct udp_shared {
	struct descriptor_pairs pairs;
	struct sockaddr_in address[2]; /* of each side's socket */
	/* One a direction. */
	struct {
		_Alignas(64) _Atomic uint64_t sent; /* counted when send has returned */
		_Alignas(64) _Atomic uint64_t taken;
		struct gate opened; /* the sender waits here for its window */
	} directions[2];
};

struct udp_own {
	struct descriptor_own ends;
	struct sockaddr_in peer;
	int peer_socket; /* to ask what it dropped */
	uint64_t sent, taken;
	uint64_t known_taken; /* by the peer, when last looked at */
	bool has_offered; /* what fits was found out, and is kept to: no window */
};

static int open_socket(struct channel *channel, unsigned side)
{
	struct udp_shared *shared = channel->shared;
	const struct timeval timeout = { .tv_usec = TIMEOUT_US };
	struct sockaddr_in *address = &shared->address[side];
	socklen_t size = sizeof *address;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return why_say(
			channel->why, errno, "%s: socket", channel->mechanism->name);
	shared->pairs.tx[side] = shared->pairs.rx[side] = fd;
	*address = (struct sockaddr_in) { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (bind(fd, (struct sockaddr *)address, size) ||
		getsockname(fd, (struct sockaddr *)address, &size))
		return why_say(channel->why, errno, "%s: bind to 127.0.0.1",
			channel->mechanism->name);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout))
		return why_say(channel->why, errno, "%s: set SO_RCVTIMEO",
			channel->mechanism->name);
	return buffers_settle(channel, fd, SO_RCVBUF, &channel->settings[RCVBUF]);
}

static int udp_create(struct channel *channel)
{
	struct udp_shared *shared = channel->shared;
	int64_t rcvbuf = channel->settings[RCVBUF];

	descriptors_clear(&shared->pairs);
	for (unsigned side = 0; side < 2; side++) {
		int error;

		channel->settings[RCVBUF] = rcvbuf;
		error = open_socket(channel, side);
		if (error)
			return error;
	}
	return buffers_settle_datagram(channel, shared->pairs.tx[0], shared->pairs.rx[1],
		(struct sockaddr *)&shared->address[1], sizeof shared->address[1]);
}

static int udp_attach(struct channel *channel)
{
	const struct udp_shared *shared = channel->shared;
	struct udp_own *own = channel->own;

	own->ends.tx = own->ends.rx = shared->pairs.tx[channel->side];
	own->ends.is_attached = true;
	own->peer = shared->address[!channel->side];
	own->peer_socket = shared->pairs.tx[!channel->side];
	return 0;
}

static int udp_connected_attach(struct channel *channel)
{
	struct udp_own *own = channel->own;

	(void)udp_attach(channel);
	if (connect(own->ends.tx, (struct sockaddr *)&own->peer, sizeof own->peer))
		return why_say(
			channel->why, errno, "%s: connect", channel->mechanism->name);
	return 0;
}

static void udp_detach(struct channel *channel)
{
	struct udp_own *own = channel->own;

	if (own->ends.is_attached)
		close(own->peer_socket);
	descriptors_detach(channel);
}

/* How many datagrams of `size` bytes fit the receive buffer in any case. A datagram is
 * charged with the memory that it occupies: a power of two at least, and some hundred
 * bytes of bookkeeping; and up to a quarter of the buffer is given back late. */
static uint64_t window(const struct channel *channel, size_t size)
{
	uint64_t most = (uint64_t)channel->settings[RCVBUF] / 2 / (2 * size + 2048);

	if (channel->settings[WINDOW] != SETTING_UNSET)
		return (uint64_t)channel->settings[WINDOW];
	return most ? most : 1;
}

static void await_window(struct channel *channel, size_t size)
{
	struct udp_shared *shared = channel->shared;
	struct udp_own *own = channel->own;
	_Atomic uint64_t *taken = &shared->directions[channel->side].taken;
	struct gate *opened = &shared->directions[channel->side].opened;
	uint64_t most = window(channel, size);

	while (own->sent - own->known_taken >= most) {
		own->known_taken = atomic_load_explicit(taken, memory_order_acquire);
		if (own->sent - own->known_taken < most)
			return;
		gate_futex.prepare(opened);
		own->known_taken = atomic_load_explicit(taken, memory_order_acquire);
		if (own->sent - own->known_taken < most)
			gate_futex.cancel(opened);
		else
			gate_futex.commit(opened, channel);
	}
}

static void count_sent(struct channel *channel)
{
	struct udp_shared *shared = channel->shared;
	struct udp_own *own = channel->own;

	atomic_store_explicit(&shared->directions[channel->side].sent, ++own->sent,
		memory_order_release);
}

typedef ssize_t put_call(const struct udp_own *own, const void *bytes, size_t size);
typedef ssize_t get_call(const struct udp_own *own, void *bytes, size_t size);

static ssize_t put(const struct udp_own *own, const void *bytes, size_t size)
{
	return sendto(own->ends.tx, bytes, size, 0, (const struct sockaddr *)&own->peer,
		sizeof own->peer);
}

/* Anybody may send to the port; what is not the peer's does not count. */
static ssize_t get(const struct udp_own *own, void *bytes, size_t size)
{
	struct sockaddr_in from;
	socklen_t from_size;
	ssize_t got;

	do {
		from_size = sizeof from;
		got = recvfrom(own->ends.rx, bytes, size, 0, (struct sockaddr *)&from,
			&from_size);
	} while (got >= 0 && (from.sin_port != own->peer.sin_port ||
				     from.sin_addr.s_addr != own->peer.sin_addr.s_addr));
	return got;
}

static ssize_t put_connected(const struct udp_own *own, const void *bytes, size_t size)
{
	return send(own->ends.tx, bytes, size, 0);
}

static ssize_t get_connected(const struct udp_own *own, void *bytes, size_t size)
{
	return recv(own->ends.rx, bytes, size, 0);
}

static inline __attribute__((always_inline)) int send_by(
	struct channel *channel, size_t size, put_call *put_it)
{
	const struct udp_own *own = channel->own;

	if (!own->has_offered)
		await_window(channel, size);
	while (put_it(own, channel->tx, size) < 0)
		if (errno != EINTR)
			return why_say(channel->why, errno, "%s: send %zu bytes",
				channel->mechanism->name, size);
	count_sent(channel);
	return 0;
}

/* Two time-outs in a row; so many had been sent before the second. */
static int say_lost(const struct channel *channel, uint64_t sent)
{
	const struct udp_own *own = channel->own;
	unsigned long long lost = sent - own->taken;

	why_say(channel->why, 0,
		"%s: %llu of %llu datagrams were lost: they did not arrive in %d ms",
		channel->mechanism->name, lost, (unsigned long long)sent,
		TIMEOUT_US / 1000);
	why_add(channel->why, "the receive buffer has %lld bytes, see udp.rcvbuf",
		(long long)channel->settings[RCVBUF]);
	return -EBADMSG;
}

static inline __attribute__((always_inline)) int recv_by(struct channel *channel,
	size_t size, const void **rx, size_t *len, get_call *get_it)
{
	struct udp_shared *shared = channel->shared;
	struct udp_own *own = channel->own;
	unsigned direction = !channel->side;
	uint64_t sent_before = 0;
	ssize_t got;

	while ((got = get_it(own, channel->rx, size)) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return why_say(channel->why, errno, "%s: receive %zu bytes",
				channel->mechanism->name, size);
		if (errno == EINTR)
			continue;
		if (sent_before > own->taken)
			return say_lost(channel, sent_before);
		sent_before = atomic_load_explicit(
			&shared->directions[direction].sent, memory_order_acquire);
	}
	atomic_store_explicit(
		&shared->directions[direction].taken, ++own->taken, memory_order_release);
	gate_futex.notify(&shared->directions[direction].opened);
	*rx = channel->rx;
	*len = (size_t)got;
	return 0;
}

static int udp_send(struct channel *channel, size_t size)
{
	return send_by(channel, size, put);
}

static int udp_recv(struct channel *channel, size_t size, const void **rx, size_t *len)
{
	return recv_by(channel, size, rx, len, get);
}

static int udp_connected_send(struct channel *channel, size_t size)
{
	return send_by(channel, size, put_connected);
}

static int udp_connected_recv(
	struct channel *channel, size_t size, const void **rx, size_t *len)
{
	return recv_by(channel, size, rx, len, get_connected);
}

static int ask_peer(struct channel *channel, uint32_t info[SK_MEMINFO_VARS])
{
	const struct udp_own *own = channel->own;
	socklen_t size = SK_MEMINFO_VARS * sizeof *info;

	if (getsockopt(own->peer_socket, SOL_SOCKET, SO_MEMINFO, info, &size))
		return why_say(channel->why, errno,
			"%s: ask what the receive buffer holds (SO_MEMINFO)",
			channel->mechanism->name);
	return 0;
}

/* Sends, and looks at the receiver's socket until the datagram is either in its buffer or
 * counted as dropped; nobody reads meanwhile. */
static ssize_t udp_offer(struct channel *channel, const void *bytes, size_t size)
{
	struct udp_own *own = channel->own;
	uint32_t before[SK_MEMINFO_VARS] = { 0 }, after[SK_MEMINFO_VARS] = { 0 };
	int error = ask_peer(channel, before);

	own->has_offered = true;
	if (error)
		return error;
	while (sendto(own->ends.tx, bytes, size, MSG_DONTWAIT,
		       (const struct sockaddr *)&own->peer, sizeof own->peer) < 0) {
		if (errno == EAGAIN || errno == ENOBUFS)
			return -EAGAIN;
		if (errno != EINTR)
			return why_say(channel->why, errno, "%s: offer %zu bytes",
				channel->mechanism->name, size);
	}
	do {
		error = ask_peer(channel, after);
		if (error)
			return error;
		if (after[SK_MEMINFO_DROPS] != before[SK_MEMINFO_DROPS])
			return -EAGAIN;
	} while (after[SK_MEMINFO_RMEM_ALLOC] == before[SK_MEMINFO_RMEM_ALLOC] &&
		 sched_yield() == 0);
	count_sent(channel);
	return (ssize_t)size;
}

#define UDP_COMMON                                                                       \
	.family = "socket", .cite = "udp(7)",                                            \
	.caps = CAP_PAYLOAD | CAP_BOUNDARIES | CAP_BLOCKS | CAP_POLLABLE | CAP_LOSSY |   \
		CAP_NAMED,                                                               \
	.tests = TESTS_CHANNEL, .settings = settings,                                    \
	.shared_size = sizeof(struct udp_shared), .own_size = sizeof(struct udp_own),    \
	.create = udp_create, .offer = udp_offer, .detach = udp_detach

const struct mechanism udp_mechanism = {
	.name = "udp",
	.title = "UDP loopback",
	.says = "UDP over 127.0.0.1, as many on their way as the receive buffer holds",
	.size_setting = "udp.rcvbuf",
	.attach = udp_attach,
	.send = udp_send,
	.recv = udp_recv,
	UDP_COMMON,
};

const struct mechanism udp_connected_mechanism = {
	.name = "udp_connected",
	.title = "UDP, connected",
	.says = "UDP whose sockets know their peer: no address with each datagram",
	.attach = udp_connected_attach,
	.send = udp_connected_send,
	.recv = udp_connected_recv,
	UDP_COMMON,
};
