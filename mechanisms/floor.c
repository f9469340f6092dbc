/* floor.c: physical references. They pass no message; every figure can be read against
 * what the machine itself needs to move a cache line, stream lines, copy memory or enter
 * the kernel. What switches cost is in switch.c. */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mechanisms/gate.h"

#define LINE 64

/* A bare round trip of one cache line. 64 lines take turns: which slice of the last-level
 * cache is home to a line differs, and one line alone would be a throw of dice. */
#define LINES 64
struct lines {
	struct {
		_Alignas(LINE) _Atomic uint64_t value;
	} lines[LINES];
};

static int cacheline_work(struct channel *channel, size_t size, uint64_t count)
{
	struct lines *shared = channel->shared;
	uint64_t *done = channel->own;

	(void)size;
	for (uint64_t end = *done + count; *done < end; ++*done) {
		_Atomic uint64_t *line = &shared->lines[*done % LINES].value;
		uint64_t ping = 2 * (*done / LINES) + 1;
		uint64_t awaited = channel->side == 0 ? ping + 1 : ping;

		if (channel->side == 0)
			atomic_store_explicit(line, ping, memory_order_release);
		while (atomic_load_explicit(line, memory_order_acquire) != awaited)
			gate_relax(channel);
		if (channel->side == 1)
			atomic_store_explicit(line, ping + 1, memory_order_release);
	}
	return 0;
}

const struct mechanism floor_cacheline_mechanism = {
	.name = "floor_cacheline",
	.title = "cache line",
	.family = "floor",
	.cite = "memory",
	.says = "bare round trip of one cache line between two CPUs",
	.caps = CAP_FLOOR | CAP_SPINS | CAP_TWO_CPUS,
	.tests = TEST_BIT(TEST_LATENCY),
	.shared_size = sizeof(struct lines),
	.own_size = sizeof(uint64_t),
	.work = cacheline_work,
};

/* Lines written by one side and read by the other, with two shared counters and nothing
 * else. The window is as large as a message needs and small enough to stay in a cache. */
#define WINDOW ((size_t)4 << 20)
struct stream {
	_Alignas(LINE) _Atomic uint64_t head;
	_Alignas(LINE) _Atomic uint64_t tail;
	_Alignas(4096) unsigned char bytes[WINDOW];
};

struct stream_own {
	uint64_t position,
		known; /* in bytes: own counter, and the peer's when last seen */
	uint64_t sum; /* so that no read can be left out */
};

static void stream_produce(struct channel *channel, size_t lines)
{
	struct stream *shared = channel->shared;
	struct stream_own *own = channel->own;

	while (own->position + lines * LINE - own->known > WINDOW) {
		own->known = atomic_load_explicit(&shared->tail, memory_order_acquire);
		if (own->position + lines * LINE - own->known > WINDOW)
			gate_relax(channel);
	}
	for (size_t i = 0; i < lines; i++) {
		uint64_t offset = (own->position + i * LINE) % WINDOW;

		*(volatile uint64_t *)(void *)(shared->bytes + offset) = own->position;
	}
	own->position += lines * LINE;
	atomic_store_explicit(&shared->head, own->position, memory_order_release);
}

static void stream_consume(struct channel *channel, size_t lines)
{
	struct stream *shared = channel->shared;
	struct stream_own *own = channel->own;

	while (own->known - own->position < lines * LINE) {
		own->known = atomic_load_explicit(&shared->head, memory_order_acquire);
		if (own->known - own->position < lines * LINE)
			gate_relax(channel);
	}
	for (size_t i = 0; i < lines; i++) {
		uint64_t offset = (own->position + i * LINE) % WINDOW;

		own->sum += *(volatile uint64_t *)(void *)(shared->bytes + offset);
	}
	own->position += lines * LINE;
	atomic_store_explicit(&shared->tail, own->position, memory_order_release);
}

static int stream_work(struct channel *channel, size_t size, uint64_t count)
{
	size_t lines = (size + LINE - 1) / LINE;

	for (uint64_t i = 0; i < count; i++) {
		if (channel->side == 0)
			stream_produce(channel, lines);
		else
			stream_consume(channel, lines);
	}
	return 0;
}

/* The producer places the window on its node; then both map it, so that nothing of the
 * first lap is a page fault. */
static int stream_attach(struct channel *channel)
{
	struct stream *shared = channel->shared;

	if (channel->side == 0)
		memset(shared->bytes, 0, WINDOW);
	return 0;
}

static int stream_ready(struct channel *channel)
{
	const struct stream *shared = channel->shared;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t i = 0; i < WINDOW; i += page)
		(void)*(const volatile unsigned char *)(shared->bytes + i);
	return 0;
}

const struct mechanism floor_stream_mechanism = {
	.name = "floor_stream",
	.title = "line stream",
	.family = "floor",
	.cite = "memory",
	.says = "lines written by one CPU and read by another, two shared counters",
	.caps = CAP_FLOOR | CAP_PAYLOAD | CAP_SPINS | CAP_TWO_CPUS,
	.tests = TEST_BIT(TEST_THROUGHPUT),
	.shared_size = sizeof(struct stream),
	.own_size = sizeof(struct stream_own),
	.attach = stream_attach,
	.ready = stream_ready,
	.work = stream_work,
};

static int memcpy_work(struct channel *channel, size_t size, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		memcpy(channel->rx, channel->tx, size);
		/* The copy is wanted even though nobody looks at it. */
		__asm__ volatile("" ::"r"(channel->rx) : "memory");
	}
	return 0;
}

const struct mechanism floor_memcpy_mechanism = {
	.name = "floor_memcpy",
	.title = "memcpy",
	.family = "floor",
	.cite = "memcpy(3)",
	.says = "one CPU copies memory, the same two buffers each time",
	.caps = CAP_FLOOR | CAP_PAYLOAD | CAP_SOLO,
	.tests = TEST_BIT(TEST_THROUGHPUT),
	.work = memcpy_work,
};

static int syscall_work(struct channel *channel, size_t size, uint64_t count)
{
	(void)channel;
	(void)size;
	for (uint64_t i = 0; i < count; i++)
		syscall(SYS_getppid);
	return 0;
}

const struct mechanism floor_syscall_mechanism = {
	.name = "floor_syscall",
	.title = "system call",
	.family = "floor",
	.cite = "syscalls(2)",
	.says = "a system call that does next to nothing (getppid)",
	.caps = CAP_FLOOR | CAP_SOLO,
	.tests = TEST_BIT(TEST_LATENCY),
	.work = syscall_work,
};
