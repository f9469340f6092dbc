/* fdpass.c: each message is a memory file of its own, whose descriptor goes through a
 * UNIX socket; the payload is never copied, but every message is created, mapped twice
 * and given back to the system. See memfd_create(2), unix(7), cmsg(3).
 *
 * A memory file that is on its way costs memory and counts against RLIMIT_NOFILE of its
 * sender, so few can be: the sockets have a small send buffer. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mechanisms/descriptor.h"
#include "mechanisms/socket_buffers.h"

#define SNDBUF 8192 /* the system doubles it: some twenty messages */

/* A memory file that this process has open and mapped. */
struct memory {
	int fd;
	unsigned char *bytes; /* NULL: none */
	size_t size;
};

struct fdpass_own {
	struct descriptor_own ends;
	struct memory reserved; /* to be sent next */
	struct memory received; /* until release */
};

static void let_go(struct memory *memory)
{
	if (!memory->bytes)
		return;
	munmap(memory->bytes, memory->size);
	close(memory->fd);
	memory->bytes = NULL;
}

static int fdpass_create(struct channel *channel)
{
	struct descriptor_pairs *pairs = channel->shared;
	int ends[2];
	int fd = memfd_create("ipcmark", MFD_CLOEXEC);
	int error = 0;

	descriptors_clear(pairs);
	if (fd < 0)
		return why_say(channel->why, errno, "%s: create a memory file",
			channel->mechanism->name);
	close(fd);
	/* A sequence of packets: one message, one descriptor. */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return why_say(
			channel->why, errno, "%s: socketpair", channel->mechanism->name);
	for (unsigned side = 0; side < 2; side++)
		pairs->tx[side] = pairs->rx[side] = ends[side];
	for (unsigned side = 0; side < 2 && !error; side++) {
		int64_t sndbuf = SNDBUF;

		error = buffers_settle(channel, ends[side], SO_SNDBUF, &sndbuf);
	}
	return error;
}

static void fdpass_detach(struct channel *channel)
{
	struct fdpass_own *own = channel->own;

	let_go(&own->reserved);
	let_go(&own->received);
	descriptors_detach(channel);
}

static int map(struct channel *channel, struct memory *memory)
{
	void *bytes = mmap(
		NULL, memory->size, PROT_READ | PROT_WRITE, MAP_SHARED, memory->fd, 0);

	if (bytes == MAP_FAILED)
		return why_say(channel->why, errno, "%s: map %zu bytes",
			channel->mechanism->name, memory->size);
	memory->bytes = bytes;
	return 0;
}

static int fdpass_reserve(struct channel *channel, size_t size, void **tx)
{
	struct fdpass_own *own = channel->own;
	struct memory *memory = &own->reserved;
	int error = 0;

	if (!memory->bytes || memory->size != size) {
		let_go(memory);
		memory->size = size;
		memory->fd = memfd_create("ipcmark", MFD_CLOEXEC);
		if (memory->fd < 0)
			return why_say(channel->why, errno, "%s: create a memory file",
				channel->mechanism->name);
		if (ftruncate(memory->fd, (off_t)size))
			error = why_say(channel->why, errno, "%s: set the size to %zu",
				channel->mechanism->name, size);
		if (!error)
			error = map(channel, memory);
		if (error)
			close(memory->fd);
	}
	*tx = memory->bytes;
	return error;
}

/* The descriptor travels with a word that says how long the message is. */
union control {
	struct cmsghdr header; /* for its alignment */
	char bytes[CMSG_SPACE(sizeof(int))];
};

static ssize_t pass(const struct fdpass_own *own, int flags)
{
	uint64_t size = own->reserved.size;
	struct iovec word = { .iov_base = &size, .iov_len = sizeof size };
	union control control = { 0 };
	struct msghdr message = { .msg_iov = &word,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	ssize_t sent;

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &own->reserved.fd, sizeof(int));
	do {
		sent = sendmsg(own->ends.tx, &message, flags);
	} while (sent < 0 && errno == EINTR);
	return sent;
}

static int say_pass(struct channel *channel)
{
	int error = why_say(
		channel->why, errno, "%s: pass a descriptor", channel->mechanism->name);

	if (error == -ETOOMANYREFS)
		why_add(channel->why,
			"descriptors on their way count against RLIMIT_NOFILE");
	return error;
}

static int fdpass_send(struct channel *channel, size_t size)
{
	struct fdpass_own *own = channel->own;

	(void)size;
	if (pass(own, 0) < 0)
		return say_pass(channel);
	let_go(&own->reserved);
	return 0;
}

/* Takes the descriptor and the size out of the next packet. */
static int take(struct channel *channel, struct memory *memory)
{
	const struct fdpass_own *own = channel->own;
	uint64_t size;
	struct iovec word = { .iov_base = &size, .iov_len = sizeof size };
	union control control;
	struct msghdr message = { .msg_iov = &word,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes };
	const struct cmsghdr *header;
	ssize_t got;

	do {
		got = recvmsg(own->ends.rx, &message, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return why_say(channel->why, errno, "%s: receive a descriptor",
			channel->mechanism->name);
	if (got == 0)
		return why_say(channel->why, EPIPE, "%s: the peer closed its end",
			channel->mechanism->name);
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS || got != sizeof size) {
		int error = why_say(channel->why, EPROTO,
			"%s: a message arrived without its descriptor",
			channel->mechanism->name);

		/* So the kernel tells that this process has no number left for it. */
		if (message.msg_flags & MSG_CTRUNC)
			why_add(channel->why, "RLIMIT_NOFILE may be reached");
		return error;
	}
	memcpy(&memory->fd, CMSG_DATA(header), sizeof memory->fd);
	memory->size = (size_t)size;
	return 0;
}

static int fdpass_recv(struct channel *channel, size_t size, const void **rx, size_t *len)
{
	struct fdpass_own *own = channel->own;
	int error = take(channel, &own->received);

	(void)size;
	if (error)
		return error;
	error = map(channel, &own->received);
	if (error) {
		close(own->received.fd);
		return error;
	}
	*rx = own->received.bytes;
	*len = own->received.size;
	return 0;
}

static int fdpass_release(struct channel *channel)
{
	struct fdpass_own *own = channel->own;

	let_go(&own->received);
	return 0;
}

static ssize_t fdpass_offer(struct channel *channel, const void *bytes, size_t size)
{
	struct fdpass_own *own = channel->own;
	void *tx = NULL;
	int error = fdpass_reserve(channel, size, &tx);

	if (error || !tx)
		return error;
	memcpy(tx, bytes, size);
	if (pass(own, MSG_DONTWAIT) < 0)
		return errno == EAGAIN ? -EAGAIN : say_pass(channel);
	let_go(&own->reserved);
	return (ssize_t)size;
}

const struct mechanism unix_fdpass_mechanism = {
	.name = "unix_fdpass",
	.title = "UNIX fd passing",
	.family = "socket",
	.cite = "unix(7)",
	.says = "a memory file a message, its descriptor passed by SCM_RIGHTS",
	.caps = CAP_PAYLOAD | CAP_BOUNDARIES | CAP_INPLACE | CAP_BLOCKS | CAP_POLLABLE,
	.tests = TESTS_CHANNEL,
	.shared_size = sizeof(struct descriptor_pairs),
	.own_size = sizeof(struct fdpass_own),
	.create = fdpass_create,
	.attach = descriptors_attach,
	.reserve = fdpass_reserve,
	.send = fdpass_send,
	.recv = fdpass_recv,
	.release = fdpass_release,
	.offer = fdpass_offer,
	.detach = fdpass_detach,
};
