/* pipe.c: anonymous pipes and FIFOs, one object a direction. See pipe(7), fifo(7). */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/random.h"
#include "harness/base/text.h"
#include "mechanisms/events.h"
#include "mechanisms/pipe.h"

#define PIPE_MAX_SIZE   "/proc/sys/fs/pipe-max-size"
#define PIPE_USER_PAGES "/proc/sys/fs/pipe-user-pages-soft"

void pipe_size_range(int64_t *least, int64_t *most)
{
	*least = sysconf(_SC_PAGESIZE);
	*most = text_file_number(PIPE_MAX_SIZE, 1048576);
}

static const struct setting_spec settings[] = { PIPE_SIZE_SETTING, { .name = NULL } };
enum { SIZE };

int pipe_settle_size(struct channel *channel, int fd, int64_t *size)
{
	char wanted[TEXT_QUANTITY], limit[TEXT_QUANTITY];
	int actual;

	if (*size != SETTING_UNSET && fcntl(fd, F_SETPIPE_SZ, (int)*size) < 0) {
		int error = why_say(channel->why, errno, "%s: set capacity to %s",
			channel->mechanism->name, text_bytes((double)*size, wanted));

		why_add(channel->why,
			"fs.pipe-max-size is %s, fs.pipe-user-pages-soft %lld pages",
			text_bytes((double)text_file_number(PIPE_MAX_SIZE, -1), limit),
			(long long)text_file_number(PIPE_USER_PAGES, -1));
		return error;
	}
	actual = fcntl(fd, F_GETPIPE_SZ);
	*size = actual < 0 ? SETTING_UNSET : actual;
	return 0;
}

int pipe_create_flags(struct channel *channel, int flags)
{
	struct descriptor_pairs *pairs = channel->shared;
	int64_t wanted = channel->settings[SIZE];

	descriptors_clear(pairs);
	for (unsigned side = 0; side < 2; side++) {
		int ends[2];
		int error;

		if (pipe2(ends, flags | O_CLOEXEC))
			return why_say(channel->why, errno, "%s: create",
				channel->mechanism->name);
		pairs->tx[side] = ends[1];
		pairs->rx[!side] = ends[0];
		channel->settings[SIZE] = wanted;
		error = pipe_settle_size(channel, ends[1], &channel->settings[SIZE]);
		if (error)
			return error;
	}
	return 0;
}

static int pipe_create(struct channel *channel)
{
	return pipe_create_flags(channel, 0);
}

/* In packet mode a write of up to PIPE_BUF bytes is one packet and a read takes exactly
 * one; a larger write would be several, pipe(2). */
static int pipe_packet_create(struct channel *channel)
{
	const struct descriptor_pairs *pairs = channel->shared;
	int error = pipe_create_flags(channel, O_DIRECT);
	long most;

	if (error)
		return error;
	most = fpathconf(pairs->tx[0], _PC_PIPE_BUF);
	if (most <= 0)
		return why_say(channel->why, errno, "%s: ask for PIPE_BUF",
			channel->mechanism->name);
	if (channel->size_max > (size_t)most) {
		channel->size_max = (size_t)most;
		why_say(&channel->size_limit, 0,
			"a packet in a pipe has at most %ld bytes (PIPE_BUF)", most);
	}
	return 0;
}

#define PIPE_COMMON                                                                      \
	.family = "pipe", .cite = "pipe(7)", .settings = settings,                       \
	.shared_size = sizeof(struct descriptor_pairs), .offer = descriptors_offer

#define PIPE_BLOCKING                                                                    \
	.own_size = sizeof(struct descriptor_own), .attach = descriptors_attach,         \
	.send = descriptors_send, .recv = descriptors_recv, .detach = descriptors_detach

#define PIPE_CAPS (CAP_PAYLOAD | CAP_BLOCKS | CAP_POLLABLE | CAP_EXACT_CAPACITY)

const struct mechanism pipe_mechanism = {
	.name = "pipe",
	.title = "pipe",
	.says = "anonymous pipe, one a direction",
	.caps = PIPE_CAPS,
	.tests = TESTS_STREAM,
	.size_setting = "pipe.size",
	.create = pipe_create,
	PIPE_BLOCKING,
	PIPE_COMMON,
};

const struct mechanism pipe_packet_mechanism = {
	.name = "pipe_packet",
	.title = "pipe, packets",
	.says = "anonymous pipe that keeps messages apart (O_DIRECT)",
	.caps = PIPE_CAPS | CAP_BOUNDARIES,
	.tests = TESTS_CHANNEL,
	.size_setting = "pipe.size",
	.create = pipe_packet_create,
	PIPE_BLOCKING,
	PIPE_COMMON,
};

/* The capacity of this row and the next is found by the sweep of `pipe`. */
const struct mechanism pipe_1m_mechanism = {
	.name = "pipe_1m",
	.title = "pipe, largest",
	.says = "anonymous pipe of the greatest size permitted, mostly 1 MiB",
	.preset = "pipe.size=most",
	.caps = PIPE_CAPS,
	.tests = TESTS_STREAM,
	.create = pipe_create,
	PIPE_BLOCKING,
	PIPE_COMMON,
};

const struct mechanism pipe_nonblock_epoll_mechanism = {
	.name = "pipe_nonblock_epoll",
	.title = "pipe + epoll",
	.says = "non-blocking pipe in an event loop: epoll_wait when empty or full",
	.caps = PIPE_CAPS,
	.tests = TESTS_STREAM,
	.own_size = sizeof(struct event_own),
	.create = pipe_create,
	.attach = events_attach,
	.send = events_send,
	.recv = events_recv,
	.detach = events_detach,
	PIPE_COMMON,
};

struct fifo_shared {
	struct descriptor_pairs pairs; /* of the parent, which holds the size */
	char path[2][LEDGER_NAME + 32];
};

static int fifo_create(struct channel *channel)
{
	struct fifo_shared *shared = channel->shared;
	int64_t wanted = channel->settings[SIZE];

	descriptors_clear(&shared->pairs);
	for (unsigned side = 0; side < 2; side++) {
		char *path = shared->path[side];
		int error, fd;

		/* The private directory is in the ledger with all it holds. */
		snprintf(path, sizeof shared->path[side], "%s/fifo-%016" PRIx64,
			channel->directory, random_secret());
		if (mkfifo(path, 0600)) {
			error = why_say(channel->why, errno, "fifo: create %s", path);
			path[0] = '\0';
			return error;
		}
		/* The parent keeps the FIFO open until both sides are attached, or the
		 * capacity would be forgotten. Linux opens both ends by O_RDWR, fifo(7).
		 */
		fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			return why_say(channel->why, errno, "fifo: open %s", path);
		shared->pairs.tx[side] = fd;
		channel->settings[SIZE] = wanted;
		error = pipe_settle_size(channel, fd, &channel->settings[SIZE]);
		if (error)
			return error;
	}
	return 0;
}

static int fifo_attach(struct channel *channel)
{
	struct fifo_shared *shared = channel->shared;
	struct descriptor_own *own = channel->own;

	own->tx = own->rx = -1;
	own->is_attached = true;
	/* Inherited from the parent, and both ends at once: must go, or no EOF is seen.
	 */
	for (unsigned side = 0; side < 2; side++)
		close(shared->pairs.tx[side]);
	/* Both sides open direction 0 first, so neither waits for the other in vain. */
	for (unsigned direction = 0; direction < 2; direction++) {
		bool is_mine = direction == channel->side;
		int fd = open(shared->path[direction],
			(is_mine ? O_WRONLY : O_RDONLY) | O_CLOEXEC);

		if (fd < 0)
			return why_say(channel->why, errno, "fifo: open %s",
				shared->path[direction]);
		*(is_mine ? &own->tx : &own->rx) = fd;
	}
	return 0;
}

static void fifo_detach(struct channel *channel)
{
	struct fifo_shared *shared = channel->shared;
	const struct descriptor_own *own = channel->own;

	if (!own->is_attached)
		for (unsigned side = 0; side < 2; side++)
			if (shared->path[side][0])
				unlink(shared->path[side]);
	descriptors_detach(channel);
}

const struct mechanism fifo_mechanism = {
	.name = "fifo",
	.title = "FIFO",
	.family = "pipe",
	.cite = "fifo(7)",
	.says = "named pipe in a private directory, one a direction",
	.caps = CAP_PAYLOAD | CAP_BLOCKS | CAP_POLLABLE | CAP_EXACT_CAPACITY | CAP_NAMED |
		CAP_UNRELATED,
	.tests = TESTS_STREAM,
	.settings = settings,
	.size_setting = "pipe.size",
	.shared_size = sizeof(struct fifo_shared),
	.own_size = sizeof(struct descriptor_own),
	.create = fifo_create,
	.attach = fifo_attach,
	.send = descriptors_send,
	.recv = descriptors_recv,
	.offer = descriptors_offer,
	.detach = fifo_detach,
};
