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
#include "mechanisms/descriptor.h"

#define PIPE_MAX_SIZE "/proc/sys/fs/pipe-max-size"

static void size_range(int64_t *least, int64_t *most)
{
	*least = sysconf(_SC_PAGESIZE);
	*most = text_file_number(PIPE_MAX_SIZE, 1048576);
}

static const struct setting_spec settings[] = {
	{ .name = "pipe.size",
		.unit = "bytes",
		.says = "capacity, rounded up to a power of two of pages (F_SETPIPE_SZ)",
		.limit = "fs.pipe-max-size",
		.standard = SETTING_UNSET,
		.range = size_range },
	{ .name = NULL },
};
enum { SIZE };

/* Asks for the wanted capacity and notes the one there is. */
static int settle_size(struct channel *channel, int fd)
{
	int64_t *size = &channel->settings[SIZE];
	char wanted[TEXT_QUANTITY], limit[TEXT_QUANTITY];
	int actual;

	if (*size != SETTING_UNSET && fcntl(fd, F_SETPIPE_SZ, *size) < 0) {
		int error = why_say(channel->why, errno, "%s: set capacity to %s",
			channel->mechanism->name, text_bytes((double)*size, wanted));

		why_add(channel->why, "fs.pipe-max-size is %s",
			text_bytes((double)text_file_number(PIPE_MAX_SIZE, -1), limit));
		return error;
	}
	actual = fcntl(fd, F_GETPIPE_SZ);
	*size = actual < 0 ? SETTING_UNSET : actual;
	return 0;
}

static int pipe_create(struct channel *channel)
{
	struct descriptor_pairs *pairs = channel->shared;
	int64_t wanted = channel->settings[SIZE];

	descriptors_clear(pairs);
	for (unsigned side = 0; side < 2; side++) {
		int ends[2];
		int error;

		if (pipe2(ends, O_CLOEXEC))
			return why_say(channel->why, errno, "%s: create",
				channel->mechanism->name);
		pairs->tx[side] = ends[1];
		pairs->rx[!side] = ends[0];
		channel->settings[SIZE] = wanted;
		error = settle_size(channel, ends[1]);
		if (error)
			return error;
	}
	return 0;
}

const struct mechanism pipe_mechanism = {
	.name = "pipe",
	.title = "pipe",
	.family = "pipe",
	.cite = "pipe(7)",
	.says = "anonymous pipe, one a direction",
	.caps = CAP_PAYLOAD | CAP_BLOCKS | CAP_POLLABLE | CAP_EXACT_CAPACITY,
	.tests = TEST_BIT(TEST_LATENCY) | TEST_BIT(TEST_THROUGHPUT) |
		 TEST_BIT(TEST_CAPACITY),
	.settings = settings,
	.size_setting = "pipe.size",
	.shared_size = sizeof(struct descriptor_pairs),
	.own_size = sizeof(struct descriptor_own),
	.create = pipe_create,
	.attach = descriptors_attach,
	.send = descriptors_send,
	.recv = descriptors_recv,
	.offer = descriptors_offer,
	.detach = descriptors_detach,
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
		error = settle_size(channel, fd);
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
	.tests = TEST_BIT(TEST_LATENCY) | TEST_BIT(TEST_THROUGHPUT) |
		 TEST_BIT(TEST_CAPACITY),
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
