/* floor_splice.c: what it costs to pass pages through a pipe when nobody wants the bytes.
 * The writer puts its pages into the pipe, vmsplice(2); the reader moves them on to
 * /dev/null, splice(2), which lets go of them unread.
 *
 * Nothing is copied and no byte arrives anywhere, so there is nothing to touch or to
 * verify: this is no way to communicate, it is what is left of a pipe without its copies.
 * Published rates of pipes that are above those of memcpy() are mostly of this kind. As
 * nobody reads them, the same pages can be sent again at once. */
#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "mechanisms/descriptor.h"
#include "mechanisms/pipe.h"

static const struct setting_spec settings[] = { PIPE_SIZE_SETTING, { .name = NULL } };

struct null_own {
	struct descriptor_own ends; /* first: the operations of descriptor.h work too */
	int null;
	bool has_null;
};

static int open_null(struct channel *channel, int *null)
{
	*null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	return *null < 0 ? why_say(channel->why, errno, "%s: open /dev/null",
				   channel->mechanism->name)
			 : 0;
}

static int put(struct channel *channel, int pipe, size_t size)
{
	struct iovec rest = { .iov_base = channel->tx, .iov_len = size };

	while (rest.iov_len) {
		ssize_t sent = vmsplice(pipe, &rest, 1, 0);

		if (sent < 0 && errno != EINTR)
			return why_say(channel->why, errno, "%s: vmsplice %zu bytes",
				channel->mechanism->name, size);
		if (sent > 0) {
			rest.iov_base = (unsigned char *)rest.iov_base + sent;
			rest.iov_len -= (size_t)sent;
		}
	}
	return 0;
}

static int drop(struct channel *channel, int pipe, int null, size_t size)
{
	while (size) {
		ssize_t moved = splice(pipe, NULL, null, NULL, size, SPLICE_F_MOVE);

		if (moved == 0)
			return why_say(channel->why, EPIPE, "%s: the peer is gone",
				channel->mechanism->name);
		if (moved < 0 && errno != EINTR)
			return why_say(channel->why, errno,
				"%s: move %zu bytes to /dev/null",
				channel->mechanism->name, size);
		if (moved > 0)
			size -= (size_t)moved;
	}
	return 0;
}

/* Some systems have the calls and refuse them: one byte goes through before anybody
 * counts on it. */
static int splice_create(struct channel *channel)
{
	const struct descriptor_pairs *pairs = channel->shared;
	int error = pipe_create_flags(channel, 0);
	int null;

	if (!error)
		error = open_null(channel, &null);
	if (error)
		return error;
	error = put(channel, pairs->tx[0], 1);
	if (!error)
		error = drop(channel, pairs->rx[1], null, 1);
	close(null);
	return error;
}

static int splice_attach(struct channel *channel)
{
	struct null_own *own = channel->own;
	int error;

	(void)descriptors_attach(channel);
	error = open_null(channel, &own->null);
	own->has_null = !error;
	return error;
}

static void splice_detach(struct channel *channel)
{
	struct null_own *own = channel->own;

	if (own->has_null)
		close(own->null);
	own->has_null = false;
	descriptors_detach(channel);
}

static int splice_work(struct channel *channel, size_t size, uint64_t count)
{
	const struct null_own *own = channel->own;
	int error = 0;

	for (uint64_t i = 0; i < count && !error; i++)
		error = channel->side == 0 ? put(channel, own->ends.tx, size)
					   : drop(channel, own->ends.rx, own->null, size);
	return error;
}

const struct mechanism floor_splice_mechanism = {
	.name = "floor_splice",
	.title = "splice to null",
	.family = "floor",
	.cite = "splice(2)",
	.says = "the writer's pages through a pipe to /dev/null: no copy, no byte is read",
	.caps = CAP_FLOOR | CAP_PAYLOAD | CAP_BLOCKS,
	.tests = TEST_BIT(TEST_THROUGHPUT),
	.settings = settings,
	.shared_size = sizeof(struct descriptor_pairs),
	.own_size = sizeof(struct null_own),
	.create = splice_create,
	.attach = splice_attach,
	.work = splice_work,
	.detach = splice_detach,
};
