#include "ci/fidelity/bare.h"

#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#include "mechanisms/descriptor.h"
#include "mechanisms/gate.h"

#define BARE_MOST 4096

static int pipe_create(struct channel *channel)
{
	struct descriptor_pairs *pairs = channel->shared;

	descriptors_clear(pairs);
	for (unsigned side = 0; side < 2; side++) {
		int ends[2];

		if (pipe(ends))
			return why_say(channel->why, errno, "bare pipe: create");
		pairs->tx[side] = ends[1];
		pairs->rx[!side] = ends[0];
	}
	return 0;
}

static int pipe_work(struct channel *channel, size_t size, uint64_t count)
{
	const struct descriptor_own *own = channel->own;
	char bytes[BARE_MOST];
	int tx = own->tx, rx = own->rx;

	if (channel->side == 0) {
		for (uint64_t i = 0; i < count; i++)
			if (write(tx, bytes, size) != (ssize_t)size ||
				read(rx, bytes, size) != (ssize_t)size)
				return why_say(
					channel->why, errno, "bare pipe: transfer");
	} else {
		for (uint64_t i = 0; i < count; i++)
			if (read(rx, bytes, size) != (ssize_t)size ||
				write(tx, bytes, size) != (ssize_t)size)
				return why_say(
					channel->why, errno, "bare pipe: transfer");
	}
	return 0;
}

const struct mechanism bare_pipe = {
	.name = "bare_pipe",
	.title = "bare pipe loop",
	.family = "bare",
	.cite = "pipe(7)",
	.says = "write and read in a loop",
	.caps = CAP_PAYLOAD | CAP_BLOCKS,
	.tests = TEST_BIT(TEST_LATENCY),
	.shared_size = sizeof(struct descriptor_pairs),
	.own_size = sizeof(struct descriptor_own),
	.create = pipe_create,
	.attach = descriptors_attach,
	.work = pipe_work,
	.detach = descriptors_detach,
};

#define LINES 1024
struct bare_lines {
	struct {
		_Alignas(64) _Atomic uint64_t flag;
		_Alignas(64) uint64_t payload[8];
	} ways[2][LINES];
};

/* The sender writes, and the receiver reads, one word of the payload line: it moves, as
 * it does under the payload policy `touch`. */
static inline void line_send(struct bare_lines *lines, unsigned way, uint64_t number)
{
	size_t i = number % LINES;

	*(volatile uint64_t *)lines->ways[way][i].payload = number;
	atomic_store_explicit(
		&lines->ways[way][i].flag, number / LINES + 1, memory_order_release);
}

static inline void line_recv(struct channel *channel, unsigned way, uint64_t number)
{
	struct bare_lines *lines = channel->shared;
	size_t i = number % LINES;

	while (atomic_load_explicit(&lines->ways[way][i].flag, memory_order_acquire) !=
		number / LINES + 1)
		gate_relax(channel);
	(void)*(volatile uint64_t *)lines->ways[way][i].payload;
}

static int line_work(struct channel *channel, size_t size, uint64_t count)
{
	uint64_t *done = channel->own;

	(void)size;
	for (uint64_t end = *done + count; *done < end; ++*done) {
		if (channel->side == 0) {
			line_send(channel->shared, 0, *done);
			line_recv(channel, 1, *done);
		} else {
			line_recv(channel, 0, *done);
			line_send(channel->shared, 1, *done);
		}
	}
	return 0;
}

const struct mechanism bare_line = {
	.name = "bare_line",
	.title = "bare line loop",
	.family = "bare",
	.cite = "memory",
	.says = "a flag line and a payload line in a loop",
	.caps = CAP_PAYLOAD | CAP_SPINS | CAP_TWO_CPUS,
	.tests = TEST_BIT(TEST_LATENCY),
	.shared_size = sizeof(struct bare_lines),
	.own_size = sizeof(uint64_t),
	.work = line_work,
};
