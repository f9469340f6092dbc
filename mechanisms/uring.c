/* uring.c: transfers asked for through an io_uring(7), one operation at a time: a write
 * and a read of a pipe, a send and a receive of a socket, and a message from ring to ring
 * that is nothing but a wake-up with a word. Each side makes its own ring. Built without
 * liburing, the rows are there and say so. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/base/text.h"
#include "mechanisms/descriptor.h"
#include "mechanisms/wakeup.h"

#if IPCMARK_HAS_URING
#include <liburing.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "mechanisms/peer.h"

#define ENTRIES 8

struct uring_own {
	struct descriptor_own ends; /* first: descriptors_attach() knows no more */
	struct io_uring ring;
	bool has_ring;
};

static int no_ring(struct why *why, const char *name, int error)
{
	int64_t disabled = text_file_number("/proc/sys/kernel/io_uring_disabled", 0);
	int result = why_say(why, error, "%s: set up an io_uring", name);

	if (error == EPERM && disabled)
		why_add(why, "kernel.io_uring_disabled is %d", (int)disabled);
	else if (error == EPERM || error == ENOSYS)
		why_add(why, "a sandbox may forbid it, or the kernel has none");
	else if (error == ENOMEM)
		why_add(why, "RLIMIT_MEMLOCK may be too low");
	return result;
}

static int probe(struct why *why, const char *name, int operation)
{
	struct io_uring ring;
	struct io_uring_probe *known;
	int error = io_uring_queue_init(ENTRIES, &ring, 0);

	if (error)
		return no_ring(why, name, -error);
	known = io_uring_get_probe_ring(&ring);
	if (!known || !io_uring_opcode_supported(known, operation))
		error = why_say(why, ENOTSUP,
			"%s: this kernel's io_uring has no such operation", name);
	if (known)
		io_uring_free_probe(known);
	io_uring_queue_exit(&ring);
	return error;
}

static int make_ring(struct channel *channel, struct io_uring *ring, bool *has_ring)
{
	int error = io_uring_queue_init(ENTRIES, ring, 0);

	if (error)
		return no_ring(channel->why, channel->mechanism->name, -error);
	*has_ring = true;
	return 0;
}

static int uring_attach(struct channel *channel)
{
	struct uring_own *own = channel->own;

	descriptors_attach(channel);
	return make_ring(channel, &own->ring, &own->has_ring);
}

static void uring_detach(struct channel *channel)
{
	struct uring_own *own = channel->own;

	if (own->has_ring)
		io_uring_queue_exit(&own->ring);
	own->has_ring = false;
	descriptors_detach(channel);
}

/* An entry of the submission queue, which is never full: all were submitted. */
static struct io_uring_sqe *entry(struct uring_own *own)
{
	return io_uring_get_sqe(&own->ring);
}

/* Waits for a completion; takes it from the queue. 0, or -errno of the wait. */
static int complete(struct io_uring *ring, struct io_uring_cqe *done)
{
	struct io_uring_cqe *cqe;
	int error;

	do {
		error = io_uring_wait_cqe(ring, &cqe);
	} while (error == -EINTR);
	if (error)
		return error;
	done->user_data = cqe->user_data;
	done->res = cqe->res;
	io_uring_cqe_seen(ring, cqe);
	return 0;
}

/* Submits the one entry and waits for its result, in one system call. */
static int perform(struct uring_own *own)
{
	struct io_uring_cqe done = { 0 };
	int submitted;
	int error;

	do {
		submitted = io_uring_submit_and_wait(&own->ring, 1);
	} while (submitted == -EINTR);
	if (submitted < 0)
		return submitted;
	error = complete(&own->ring, &done);
	return error ? error : done.res;
}

static bool is_again(int result)
{
	return result == -EINTR || result == -EAGAIN;
}

static int send_all(struct channel *channel, size_t size, bool is_socket)
{
	struct uring_own *own = channel->own;
	const unsigned char *at = channel->tx;

	while (size) {
		struct io_uring_sqe *sqe = entry(own);
		int sent;

		if (is_socket)
			io_uring_prep_send(sqe, own->ends.tx, at, size, 0);
		else
			io_uring_prep_write(sqe, own->ends.tx, at, (unsigned)size, 0);
		sent = perform(own);
		if (is_again(sent))
			continue;
		if (sent < 0)
			return why_say(channel->why, -sent, "%s: send %zu bytes",
				channel->mechanism->name, size);
		at += sent;
		size -= (size_t)sent;
	}
	return 0;
}

static int receive(struct channel *channel, size_t size, const void **rx, size_t *len,
	bool is_socket)
{
	struct uring_own *own = channel->own;
	int got;

	do {
		struct io_uring_sqe *sqe = entry(own);

		if (is_socket)
			io_uring_prep_recv(sqe, own->ends.rx, channel->rx, size, 0);
		else
			io_uring_prep_read(
				sqe, own->ends.rx, channel->rx, (unsigned)size, 0);
		got = perform(own);
	} while (is_again(got));
	if (got < 0)
		return why_say(channel->why, -got, "%s: receive %zu bytes",
			channel->mechanism->name, size);
	if (got == 0 && size)
		return why_say(channel->why, EPIPE, "%s: the peer closed its end",
			channel->mechanism->name);
	*rx = channel->rx;
	*len = (size_t)got;
	return 0;
}

static int io_uring_pipe_create(struct channel *channel)
{
	struct descriptor_pairs *pairs = channel->shared;

	descriptors_clear(pairs);
	for (unsigned side = 0; side < 2; side++) {
		int ends[2];

		if (pipe2(ends, O_CLOEXEC))
			return why_say(
				channel->why, errno, "io_uring_pipe: create a pipe");
		pairs->tx[side] = ends[1];
		pairs->rx[!side] = ends[0];
	}
	return 0;
}

static int io_uring_pipe_probe(struct why *why)
{
	return probe(why, "io_uring_pipe", IORING_OP_READ);
}

static int io_uring_pipe_send(struct channel *channel, size_t size)
{
	return send_all(channel, size, false);
}

static int io_uring_pipe_recv(
	struct channel *channel, size_t size, const void **rx, size_t *len)
{
	return receive(channel, size, rx, len, false);
}

static int io_uring_socket_create(struct channel *channel)
{
	struct descriptor_pairs *pairs = channel->shared;
	int ends[2];

	descriptors_clear(pairs);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return why_say(channel->why, errno, "io_uring_socket: socketpair");
	for (unsigned side = 0; side < 2; side++)
		pairs->tx[side] = pairs->rx[side] = ends[side];
	return 0;
}

static int io_uring_socket_probe(struct why *why)
{
	return probe(why, "io_uring_socket", IORING_OP_RECV);
}

static int io_uring_socket_send(struct channel *channel, size_t size)
{
	return send_all(channel, size, true);
}

static int io_uring_socket_recv(
	struct channel *channel, size_t size, const void **rx, size_t *len)
{
	return receive(channel, size, rx, len, true);
}

/* What the peer must know to get hold of a ring. */
struct msg_shared {
	struct {
		_Atomic pid_t pid;
		_Atomic int fd; /* of its ring, in its own table */
	} sides[2];
};

struct msg_own {
	struct io_uring ring;
	int peer_ring;
	uint32_t sent, received; /* words */
	bool has_ring, has_peer;
};

/* Marks completions of this side's own requests, which only come when they fail. */
#define OWN_REQUEST UINT64_MAX

static int io_uring_msg_ring_probe(struct why *why)
{
	return probe(why, "io_uring_msg_ring", IORING_OP_MSG_RING);
}

static int io_uring_msg_ring_attach(struct channel *channel)
{
	struct msg_shared *shared = channel->shared;
	struct msg_own *own = channel->own;
	int error = make_ring(channel, &own->ring, &own->has_ring);

	if (error)
		return error;
	peer_let_in();
	atomic_store(&shared->sides[channel->side].pid, getpid());
	atomic_store(&shared->sides[channel->side].fd, own->ring.ring_fd);
	return 0;
}

/* A ring cannot be sent over a socket; the peer's descriptor is taken from its table. */
static int io_uring_msg_ring_ready(struct channel *channel)
{
	struct msg_shared *shared = channel->shared;
	struct msg_own *own = channel->own;
	pid_t pid = atomic_load(&shared->sides[!channel->side].pid);
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int error = 0;

	if (pidfd < 0)
		return why_say(channel->why, errno, "io_uring_msg_ring: open the peer");
	own->peer_ring = (int)syscall(SYS_pidfd_getfd, pidfd,
		atomic_load(&shared->sides[!channel->side].fd), 0);
	if (own->peer_ring < 0) {
		error = why_say(channel->why, errno,
			"io_uring_msg_ring: get the peer's ring by pidfd_getfd");
		peer_add_limit(channel->why, -error);
	}
	own->has_peer = !error;
	close(pidfd);
	return error;
}

static void io_uring_msg_ring_detach(struct channel *channel)
{
	struct msg_own *own = channel->own;

	if (own->has_peer)
		close(own->peer_ring);
	if (own->has_ring)
		io_uring_queue_exit(&own->ring);
	own->has_peer = own->has_ring = false;
}

static int io_uring_msg_ring_send(struct channel *channel, size_t size)
{
	struct msg_own *own = channel->own;
	struct io_uring_sqe *sqe = io_uring_get_sqe(&own->ring);
	int submitted;

	(void)size;
	io_uring_prep_msg_ring(sqe, own->peer_ring, 0, own->sent, 0);
	io_uring_sqe_set_flags(sqe, IOSQE_CQE_SKIP_SUCCESS);
	sqe->user_data = OWN_REQUEST;
	do {
		submitted = io_uring_submit(&own->ring);
	} while (submitted == -EINTR);
	if (submitted < 0)
		return why_say(channel->why, -submitted, "io_uring_msg_ring: submit");
	own->sent++;
	return 0;
}

static int io_uring_msg_ring_recv(
	struct channel *channel, size_t size, const void **rx, size_t *len)
{
	struct msg_own *own = channel->own;
	struct io_uring_cqe done = { 0 };
	int error = complete(&own->ring, &done);

	(void)size;
	if (error)
		return why_say(
			channel->why, -error, "io_uring_msg_ring: wait for a message");
	if (done.user_data == OWN_REQUEST)
		return why_say(channel->why, -done.res,
			"io_uring_msg_ring: send to the peer's ring");
	if (done.user_data != own->received)
		return why_say(channel->why, EBADMSG,
			"io_uring_msg_ring: the word %llu arrived where %u was sent",
			(unsigned long long)done.user_data, own->received);
	own->received++;
	return wakeup_arrived(rx, len);
}

#else
#include "mechanisms/library.h"

struct uring_own {
	struct descriptor_own ends;
};
struct msg_shared {
	char nothing;
};
struct msg_own {
	char nothing;
};

static int absent(struct why *why)
{
	why_say(why, 0, "built without liburing");
	return -ENOTSUP;
}

#define io_uring_pipe_probe      absent
#define io_uring_pipe_create     library_absent_create
#define io_uring_pipe_send       library_absent_send
#define io_uring_pipe_recv       library_absent_recv
#define io_uring_socket_probe    absent
#define io_uring_socket_create   library_absent_create
#define io_uring_socket_send     library_absent_send
#define io_uring_socket_recv     library_absent_recv
#define io_uring_msg_ring_probe  absent
#define io_uring_msg_ring_attach library_absent_create
#define io_uring_msg_ring_ready  library_absent_create
#define io_uring_msg_ring_send   library_absent_send
#define io_uring_msg_ring_recv   library_absent_recv
#define io_uring_msg_ring_detach library_absent_detach
#define uring_attach             library_absent_create
#define uring_detach             library_absent_detach
#endif

#define URING_ROW                                                                        \
	.family = "kernel copy", .cite = "io_uring(7)", .tests = TESTS_STREAM,           \
	.shared_size = sizeof(struct descriptor_pairs),                                  \
	.own_size = sizeof(struct uring_own), .attach = uring_attach,                    \
	.offer = descriptors_offer, .detach = uring_detach

const struct mechanism io_uring_pipe_mechanism = {
	.name = "io_uring_pipe",
	.title = "io_uring, pipe",
	.says = "pipe written and read through an io_uring",
	.caps = CAP_PAYLOAD | CAP_BLOCKS | CAP_POLLABLE | CAP_EXACT_CAPACITY,
	.probe = io_uring_pipe_probe,
	.create = io_uring_pipe_create,
	.send = io_uring_pipe_send,
	.recv = io_uring_pipe_recv,
	URING_ROW,
};

const struct mechanism io_uring_socket_mechanism = {
	.name = "io_uring_socket",
	.title = "io_uring, socket",
	.says = "UNIX stream socket, sent and received through an io_uring",
	.caps = CAP_PAYLOAD | CAP_BLOCKS | CAP_POLLABLE,
	.probe = io_uring_socket_probe,
	.create = io_uring_socket_create,
	.send = io_uring_socket_send,
	.recv = io_uring_socket_recv,
	URING_ROW,
};

const struct mechanism io_uring_msg_ring_mechanism = {
	.name = "io_uring_msg_ring",
	.title = "io_uring message",
	.cite = "io_uring_prep_msg_ring(3)",
	.says = "a word posted from ring to ring, IORING_OP_MSG_RING; the word is checked",
	.caps = CAP_BLOCKS | CAP_POLLABLE | CAP_UNRELATED,
	.shared_size = sizeof(struct msg_shared),
	.own_size = sizeof(struct msg_own),
	.probe = io_uring_msg_ring_probe,
	.attach = io_uring_msg_ring_attach,
	.ready = io_uring_msg_ring_ready,
	.send = io_uring_msg_ring_send,
	.recv = io_uring_msg_ring_recv,
	.detach = io_uring_msg_ring_detach,
	WAKEUP_ROW,
};
