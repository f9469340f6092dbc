/* file_pages.c: messages written into a mapped file and sent from there, without a copy
 * by the sender: sendfile(2) to a socket, splice(2) to a pipe; and what these spare, a
 * copy of the file's bytes into a buffer that is then written to a socket.
 *
 * The kernel hands on the pages themselves, so that what is written to them before the
 * peer has read them is what the peer will read. The peer therefore counts, in shared
 * memory, the bytes that it has consumed, and reserve() gives no page that they do not
 * cover. Each direction has a window of memory in a file, used in turn; a record of every
 * message on its way says how far the window is free when so many bytes are consumed. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/base/text.h"
#include "mechanisms/descriptor.h"
#include "mechanisms/gate.h"

#define LINE    64u
#define RECORDS 1024u

static const struct setting_spec settings[] = {
	{ .name = "file.window",
		.unit = "bytes",
		.says = "bytes of the file of each direction, a power of two; four messages fit",
		.standard = 1 << 20,
		.least = 16 << 10,
		.most = 64 << 20 },
	{ .name = NULL },
};
enum { FILE_WINDOW };

struct window_shared {
	struct descriptor_pairs pairs; /* first: descriptors_attach() knows no more */
	int file[2]; /* by the side that sends from it */
	uint64_t size; /* of a window */
	struct {
		_Alignas(64) _Atomic uint64_t consumed; /* bytes since the start */
		struct gate drained; /* the sender waits here */
	} directions[2];
};

struct record {
	uint64_t bytes; /* sent up to here, since the start... */
	uint64_t position; /* ...from the window up to here */
};

struct window_own {
	struct descriptor_own ends; /* first, as above */
	int file;
	unsigned char *map;
	uint64_t size, page;
	uint64_t start, head; /* position of the next message, end of the last one */
	uint64_t free_to; /* position before which the peer has read everything */
	uint64_t sent, received, last_len;
	unsigned char *buffer; /* of read and write only; of a window's size */
	uint64_t first_record, next_record;
	struct record records[RECORDS];
};

static int make_window(struct channel *channel, unsigned side)
{
	struct window_shared *shared = channel->shared;
	int fd = memfd_create("ipcmark", MFD_CLOEXEC);

	if (fd < 0)
		return why_say(channel->why, errno, "%s: memfd_create",
			channel->mechanism->name);
	shared->file[side] = fd;
	if (ftruncate(fd, (off_t)shared->size))
		return why_say(channel->why, errno, "%s: set the size of a file",
			channel->mechanism->name);
	return 0;
}

static int make_windows(struct channel *channel)
{
	struct window_shared *shared = channel->shared;
	int error;

	shared->file[0] = shared->file[1] = -1;
	/* A side prepares its next message while the peer, who answers first, still holds
	 * the last one; and one more may be lost before the end of the window. */
	shared->size = 4096;
	while (shared->size < (uint64_t)channel->settings[FILE_WINDOW] ||
		shared->size < 4 * (uint64_t)channel->size_max)
		shared->size *= 2;
	channel->settings[FILE_WINDOW] = (int64_t)shared->size;
	error = make_window(channel, 0);
	return error ? error : make_window(channel, 1);
}

static int socket_create(struct channel *channel)
{
	struct window_shared *shared = channel->shared;
	int ends[2];
	int error;

	descriptors_clear(&shared->pairs);
	error = make_windows(channel);
	if (error)
		return error;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return why_say(
			channel->why, errno, "%s: socketpair", channel->mechanism->name);
	for (unsigned side = 0; side < 2; side++)
		shared->pairs.tx[side] = shared->pairs.rx[side] = ends[side];
	return 0;
}

static int splice_file_create(struct channel *channel)
{
	struct window_shared *shared = channel->shared;
	int error;

	descriptors_clear(&shared->pairs);
	error = make_windows(channel);
	for (unsigned side = 0; side < 2 && !error; side++) {
		int ends[2];

		if (pipe2(ends, O_CLOEXEC))
			return why_say(channel->why, errno, "splice_file: create a pipe");
		shared->pairs.tx[side] = ends[1];
		shared->pairs.rx[!side] = ends[0];
	}
	return error;
}

/* Each side allocates what it sends from, on its own node; a lack of memory is an error
 * here instead of a SIGBUS later. */
static int window_attach(struct channel *channel)
{
	const struct window_shared *shared = channel->shared;
	struct window_own *own = channel->own;
	char size[TEXT_QUANTITY];
	int error;

	descriptors_attach(channel);
	own->file = shared->file[channel->side];
	close(shared->file[!channel->side]);
	own->size = shared->size;
	own->page = (uint64_t)sysconf(_SC_PAGESIZE);
	error = posix_fallocate(own->file, 0, (off_t)own->size);
	if (error)
		return why_say(channel->why, error, "%s: allocate %s of memory",
			channel->mechanism->name, text_bytes((double)own->size, size));
	own->map = mmap(NULL, (size_t)own->size, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_POPULATE, own->file, 0);
	if (own->map == MAP_FAILED) {
		own->map = NULL;
		return why_say(
			channel->why, errno, "%s: map a file", channel->mechanism->name);
	}
	return 0;
}

static void window_detach(struct channel *channel)
{
	const struct window_shared *shared = channel->shared;
	struct window_own *own = channel->own;

	if (own->map)
		munmap(own->map, (size_t)own->size);
	own->map = NULL;
	if (own->buffer)
		munmap(own->buffer, (size_t)own->size);
	own->buffer = NULL;
	if (own->ends.is_attached)
		close(own->file);
	for (unsigned side = 0; side < 2; side++)
		if (!own->ends.is_attached && shared->file[side] >= 0)
			close(shared->file[side]);
	descriptors_detach(channel);
}

/* Takes back what the peer has read. */
static void collect(struct channel *channel)
{
	struct window_shared *shared = channel->shared;
	struct window_own *own = channel->own;
	uint64_t consumed = atomic_load_explicit(
		&shared->directions[channel->side].consumed, memory_order_acquire);

	while (own->first_record != own->next_record &&
		own->records[own->first_record % RECORDS].bytes <= consumed)
		own->free_to = own->records[own->first_record++ % RECORDS].position;
}

static bool has_room(struct channel *channel, size_t size)
{
	struct window_own *own = channel->own;

	if (own->start + size - own->free_to <= own->size &&
		own->next_record - own->first_record < RECORDS)
		return true;
	collect(channel);
	return own->start + size - own->free_to <= own->size &&
	       own->next_record - own->first_record < RECORDS;
}

/* Small messages begin on a cache line, large ones on a page, none crosses the end. */
static void place(struct window_own *own, size_t size)
{
	uint64_t unit = size < own->page ? LINE : own->page;

	own->start = (own->head + unit - 1) / unit * unit;
	if (own->start % own->size + size > own->size)
		own->start = (own->start / own->size + 1) * own->size;
}

static int window_reserve(struct channel *channel, size_t size, void **tx)
{
	struct window_shared *shared = channel->shared;
	struct gate *drained = &shared->directions[channel->side].drained;
	struct window_own *own = channel->own;

	place(own, size);
	while (!has_room(channel, size)) {
		futex_prepare(drained);
		if (has_room(channel, size))
			futex_cancel(drained);
		else
			futex_commit(drained, channel);
	}
	*tx = own->map + own->start % own->size;
	return 0;
}

/* Notes that `size` bytes from own->start on are on their way. */
static void note(struct window_own *own, size_t size)
{
	own->head = own->start + size;
	own->sent += size;
	own->records[own->next_record++ % RECORDS] = (struct record) { own->sent,
		own->head };
}

typedef ssize_t pass_on(struct window_own *own, uint64_t offset, size_t size);

static ssize_t by_sendfile(struct window_own *own, uint64_t offset, size_t size)
{
	off_t at = (off_t)offset;

	return sendfile(own->ends.tx, own->file, &at, size);
}

static ssize_t by_splice(struct window_own *own, uint64_t offset, size_t size)
{
	off_t at = (off_t)offset;

	return splice(own->file, &at, own->ends.tx, NULL, size,
		own->ends.is_nonblocking ? SPLICE_F_NONBLOCK : 0);
}

static ssize_t by_file_write(struct window_own *own, uint64_t offset, size_t size)
{
	ssize_t got = pread(own->file, own->buffer, size, (off_t)offset);

	return got <= 0 ? got : write(own->ends.tx, own->buffer, (size_t)got);
}

static int failed(struct channel *channel, size_t size, ssize_t passed)
{
	/* The file is as long as the window: its end is never met. */
	return why_say(channel->why, passed < 0 ? errno : EIO, "%s: send %zu bytes",
		channel->mechanism->name, size);
}

static int window_send(struct channel *channel, size_t size, pass_on *pass)
{
	struct window_own *own = channel->own;
	uint64_t offset = own->start % own->size;

	for (size_t left = size; left;) {
		ssize_t passed = pass(own, offset, left);

		if (passed <= 0) {
			if (passed < 0 && errno == EINTR)
				continue;
			return failed(channel, left, passed);
		}
		offset += (uint64_t)passed;
		left -= (size_t)passed;
	}
	note(own, size);
	return 0;
}

static ssize_t window_offer(
	struct channel *channel, const void *bytes, size_t size, pass_on *pass)
{
	struct window_own *own = channel->own;
	ssize_t passed;

	if (!own->ends.is_nonblocking && fcntl(own->ends.tx, F_SETFL, O_NONBLOCK))
		return why_say(channel->why, errno, "%s: set O_NONBLOCK",
			channel->mechanism->name);
	own->ends.is_nonblocking = true;
	place(own, size);
	if (!has_room(channel, size))
		return -EAGAIN;
	memcpy(own->map + own->start % own->size, bytes, size);
	passed = pass(own, own->start % own->size, size);
	if (passed > 0)
		note(own, (size_t)passed);
	else if (passed == 0 || errno != EAGAIN)
		return failed(channel, size, passed);
	else
		return -EAGAIN;
	return passed;
}

static int window_recv(struct channel *channel, size_t size, const void **rx, size_t *len)
{
	struct window_own *own = channel->own;
	int error = descriptors_recv(channel, size, rx, len);

	own->last_len = error ? 0 : *len;
	return error;
}

static int window_release(struct channel *channel)
{
	struct window_shared *shared = channel->shared;
	struct window_own *own = channel->own;

	own->received += own->last_len;
	own->last_len = 0;
	atomic_store_explicit(&shared->directions[!channel->side].consumed, own->received,
		memory_order_release);
	futex_notify(&shared->directions[!channel->side].drained);
	return 0;
}

static int file_write_attach(struct channel *channel)
{
	struct window_own *own = channel->own;
	int error = window_attach(channel);

	if (error)
		return error;
	own->buffer = mmap(NULL, (size_t)own->size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (own->buffer != MAP_FAILED)
		return 0;
	own->buffer = NULL;
	return why_say(channel->why, errno, "file_write: map a buffer");
}

#define WINDOW_OPS(name)                                                                 \
	static int name##_send(struct channel *channel, size_t size)                     \
	{                                                                                \
		return window_send(channel, size, by_##name);                            \
	}                                                                                \
	static ssize_t name##_offer(                                                     \
		struct channel *channel, const void *bytes, size_t size)                 \
	{                                                                                \
		return window_offer(channel, bytes, size, by_##name);                    \
	}

#define WINDOW_ROW                                                                       \
	.family = "kernel copy", .tests = TESTS_STREAM, .settings = settings,            \
	.shared_size = sizeof(struct window_shared),                                     \
	.own_size = sizeof(struct window_own), .reserve = window_reserve,                \
	.recv = window_recv, .release = window_release, .detach = window_detach

WINDOW_OPS(sendfile)

const struct mechanism sendfile_mechanism = {
	.name = "sendfile",
	.title = "sendfile",
	.cite = "sendfile(2)",
	.says = "pages of a mapped file sent to a UNIX stream socket, then read",
	.caps = CAP_PAYLOAD | CAP_BLOCKS | CAP_POLLABLE,
	.create = socket_create,
	.attach = window_attach,
	.send = sendfile_send,
	.offer = sendfile_offer,
	WINDOW_ROW,
};

WINDOW_OPS(splice)

const struct mechanism splice_file_mechanism = {
	.name = "splice_file",
	.title = "splice of a file",
	.cite = "splice(2)",
	.says = "pages of a mapped file spliced into a pipe, then read",
	.caps = CAP_PAYLOAD | CAP_BLOCKS | CAP_POLLABLE | CAP_EXACT_CAPACITY,
	.create = splice_file_create,
	.attach = window_attach,
	.send = splice_send,
	.offer = splice_offer,
	WINDOW_ROW,
};

WINDOW_OPS(file_write)

const struct mechanism file_write_mechanism = {
	.name = "file_write",
	.title = "read + write",
	.cite = "read(2)",
	.says = "pages of a file read into a buffer and written to a UNIX stream socket, then read",
	.caps = CAP_PAYLOAD | CAP_BLOCKS | CAP_POLLABLE,
	.create = socket_create,
	.attach = file_write_attach,
	.send = file_write_send,
	.offer = file_write_offer,
	WINDOW_ROW,
};
