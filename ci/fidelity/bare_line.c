#include <stdatomic.h>

#include "ci/fidelity/bare.h"
#include "mechanisms/gate.h"

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

/* As floor_cacheline, but the answer has a line of its own. */
#define TURNS 64
struct bare_turns {
	struct {
		_Alignas(64) _Atomic uint64_t word;
	} ways[2][TURNS];
};

static inline void turn_send(struct bare_turns *turns, unsigned way, uint64_t number)
{
	atomic_store_explicit(
		&turns->ways[way][number % TURNS].word, number + 1, memory_order_release);
}

static inline void turn_recv(struct channel *channel, unsigned way, uint64_t number)
{
	struct bare_turns *turns = channel->shared;

	while (atomic_load_explicit(&turns->ways[way][number % TURNS].word,
		       memory_order_acquire) != number + 1)
		gate_relax(channel);
}

static int turn_work(struct channel *channel, size_t size, uint64_t count)
{
	uint64_t *done = channel->own;

	(void)size;
	for (uint64_t end = *done + count; *done < end; ++*done) {
		if (channel->side == 0) {
			turn_send(channel->shared, 0, *done);
			turn_recv(channel, 1, *done);
		} else {
			turn_recv(channel, 0, *done);
			turn_send(channel->shared, 1, *done);
		}
	}
	return 0;
}

const struct mechanism bare_two_lines = {
	.name = "bare_two_lines",
	.title = "bare loop over two lines",
	.family = "bare",
	.cite = "memory",
	.says = "a word in a line each direction in a loop",
	.caps = CAP_PAYLOAD | CAP_SPINS | CAP_TWO_CPUS,
	.tests = TEST_BIT(TEST_LATENCY),
	.shared_size = sizeof(struct bare_turns),
	.own_size = sizeof(uint64_t),
	.work = turn_work,
};
