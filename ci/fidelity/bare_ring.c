#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "ci/fidelity/bare.h"
#include "mechanisms/gate.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

#define LINE ((size_t)64)
#define RING ((uint64_t)2 << 20)

struct way {
	_Alignas(64) _Atomic uint64_t head;
	_Alignas(64) _Atomic uint64_t tail;
	_Alignas(4096) unsigned char bytes[RING];
};

struct ways {
	struct way ways[2];
};

/* One end of a way. What its fields mean is up to the kind of ring. */
struct end {
	uint64_t at; /* where the next message is */
	uint64_t known; /* of the other end, when last looked at */
	uint64_t number; /* of the next message */
	uint64_t slots; /* of this size in the ring */
};

struct ends {
	struct end tx, rx;
};

struct ring_kind {
	size_t header; /* bytes before each message */
	void (*send)(const struct channel *, struct way *, struct end *, size_t);
	void (*recv)(const struct channel *, struct way *, struct end *, size_t);
};

static ALWAYS_INLINE void touch_write(unsigned char *at, size_t size, uint64_t number)
{
	for (size_t i = 0; i < size; i += LINE)
		*(volatile uint64_t *)(void *)(at + i) = number;
}

static ALWAYS_INLINE void touch_read(const unsigned char *at, size_t size)
{
	for (size_t i = 0; i < size; i += LINE)
		(void)*(const volatile uint64_t *)(const void *)(at + i);
}

static ALWAYS_INLINE _Atomic uint64_t *word(struct way *way, uint64_t at)
{
	return (_Atomic uint64_t *)(void *)(way->bytes + at);
}

/* Packets: at and known are bytes since the start. A packet that reaches over the end
 * goes on at the front, line by line. */
#define READY ((uint64_t)1)

static ALWAYS_INLINE uint64_t packet_size(size_t size)
{
	return (size + LINE - 1) / LINE * LINE;
}

static ALWAYS_INLINE void packets_send(
	const struct channel *channel, struct way *way, struct end *tx, size_t size)
{
	uint64_t bytes = packet_size(size), next = tx->at + LINE + bytes;

	while (next + LINE - tx->known > RING) {
		while (atomic_load_explicit(
			       word(way, tx->known % RING), memory_order_acquire) &
			READY)
			gate_relax(channel);
		tx->known += LINE + bytes;
	}
	for (uint64_t i = 0; i < bytes; i += LINE)
		touch_write(way->bytes + (tx->at + LINE + i) % RING, 8, tx->number);
	atomic_store_explicit(word(way, next % RING), 0, memory_order_relaxed);
	atomic_store_explicit(
		word(way, tx->at % RING), bytes | READY, memory_order_release);
	tx->at = next;
	tx->number++;
}

static ALWAYS_INLINE void packets_recv(
	const struct channel *channel, struct way *way, struct end *rx, size_t size)
{
	_Atomic uint64_t *header = word(way, rx->at % RING);
	uint64_t bytes;

	(void)size;
	while (!((bytes = atomic_load_explicit(header, memory_order_acquire)) & READY))
		gate_relax(channel);
	bytes &= ~READY;
	for (uint64_t i = 0; i < bytes; i += LINE)
		touch_read(way->bytes + (rx->at + LINE + i) % RING, 8);
	atomic_store_explicit(header, bytes, memory_order_release);
	rx->at += LINE + bytes;
}

/* Indices: at, known, head and tail are numbers of slots; one slot stays empty. */
static ALWAYS_INLINE uint64_t slot_after(const struct end *end)
{
	return end->at + 1 == end->slots ? 0 : end->at + 1;
}

static ALWAYS_INLINE void indices_send(
	const struct channel *channel, struct way *way, struct end *tx, size_t size)
{
	uint64_t next = slot_after(tx);

	while (next == tx->known) {
		tx->known = atomic_load_explicit(&way->tail, memory_order_acquire);
		if (next == tx->known)
			gate_relax(channel);
	}
	touch_write(way->bytes + tx->at * size, size, tx->number++);
	atomic_store_explicit(&way->head, next, memory_order_release);
	tx->at = next;
}

static ALWAYS_INLINE void indices_recv(
	const struct channel *channel, struct way *way, struct end *rx, size_t size)
{
	while (rx->at == rx->known) {
		rx->known = atomic_load_explicit(&way->head, memory_order_acquire);
		if (rx->at == rx->known)
			gate_relax(channel);
	}
	touch_read(way->bytes + rx->at * size, size);
	rx->at = slot_after(rx);
	atomic_store_explicit(&way->tail, rx->at, memory_order_release);
}

/* Slots: at is the number of a slot; a flag that is not zero says that it is full. */
static ALWAYS_INLINE void slots_send(
	const struct channel *channel, struct way *way, struct end *tx, size_t size)
{
	size_t stride = size + sizeof(uint64_t);
	_Atomic uint64_t *flag = word(way, tx->at * stride);

	while (atomic_load_explicit(flag, memory_order_acquire))
		gate_relax(channel);
	touch_write(way->bytes + tx->at * stride + sizeof *flag, size, tx->number++);
	atomic_store_explicit(flag, 1, memory_order_release);
	tx->at = slot_after(tx);
}

static ALWAYS_INLINE void slots_recv(
	const struct channel *channel, struct way *way, struct end *rx, size_t size)
{
	size_t stride = size + sizeof(uint64_t);
	_Atomic uint64_t *flag = word(way, rx->at * stride);

	while (!atomic_load_explicit(flag, memory_order_acquire))
		gate_relax(channel);
	touch_read(way->bytes + rx->at * stride + sizeof *flag, size);
	atomic_store_explicit(flag, 0, memory_order_release);
	rx->at = slot_after(rx);
}

static ALWAYS_INLINE int ping(struct channel *channel, size_t size, uint64_t count,
	const struct ring_kind *kind)
{
	struct ways *shared = channel->shared;
	struct way *out = &shared->ways[channel->side],
		   *in = &shared->ways[!channel->side];
	struct ends *ends = channel->own, own = *ends;

	own.tx.slots = own.rx.slots = RING / (size + kind->header);
	if (channel->side == 0) {
		for (uint64_t i = 0; i < count; i++) {
			kind->send(channel, out, &own.tx, size);
			kind->recv(channel, in, &own.rx, size);
		}
	} else {
		for (uint64_t i = 0; i < count; i++) {
			kind->recv(channel, in, &own.rx, size);
			kind->send(channel, out, &own.tx, size);
		}
	}
	*ends = own;
	return 0;
}

static ALWAYS_INLINE int stream(struct channel *channel, size_t size, uint64_t count,
	const struct ring_kind *kind)
{
	struct ways *shared = channel->shared;
	struct ends *ends = channel->own, own = *ends;

	own.tx.slots = own.rx.slots = RING / (size + kind->header);
	if (channel->side == 0)
		for (uint64_t i = 0; i < count; i++)
			kind->send(channel, &shared->ways[0], &own.tx, size);
	else
		for (uint64_t i = 0; i < count; i++)
			kind->recv(channel, &shared->ways[0], &own.rx, size);
	*ends = own;
	return 0;
}

/* Each side places the way it sends into; then both map both, so that nothing of the
 * first lap is a page fault. */
static int ways_attach(struct channel *channel)
{
	struct ways *shared = channel->shared;

	memset(&shared->ways[channel->side], 0, sizeof shared->ways[0]);
	return 0;
}

static int ways_ready(struct channel *channel)
{
	const volatile unsigned char *page = channel->shared;
	size_t step = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t i = 0; i < sizeof(struct ways); i += step)
		(void)page[i];
	return 0;
}

#define BARE_RING_ROW(row, test, sentence)                                               \
	const struct mechanism bare_##row = {                                            \
		.name = "bare_" #row,                                                    \
		.title = "bare " #row " loop",                                           \
		.family = "bare",                                                        \
		.cite = "memory",                                                        \
		.says = sentence,                                                        \
		.caps = CAP_PAYLOAD | CAP_SPINS | CAP_TWO_CPUS,                          \
		.tests = TEST_BIT(test),                                                 \
		.shared_size = sizeof(struct ways),                                      \
		.own_size = sizeof(struct ends),                                         \
		.attach = ways_attach,                                                   \
		.ready = ways_ready,                                                     \
		.work = row##_work,                                                      \
	};

#define BARE_RING(kind, header, sentence)                                                \
	static const struct ring_kind ring_##kind = { header, kind##_send,               \
		kind##_recv };                                                           \
	static int kind##_ping_work(struct channel *channel, size_t size, uint64_t n)    \
	{                                                                                \
		return ping(channel, size, n, &ring_##kind);                             \
	}                                                                                \
	static int kind##_stream_work(struct channel *channel, size_t size, uint64_t n)  \
	{                                                                                \
		return stream(channel, size, n, &ring_##kind);                           \
	}                                                                                \
	BARE_RING_ROW(kind##_ping, TEST_LATENCY, sentence)                               \
	BARE_RING_ROW(kind##_stream, TEST_THROUGHPUT, sentence)

BARE_RING(packets, LINE, "packets, each behind a header line that both sides write")
BARE_RING(indices, 0, "slots, and two indices on lines of their own")
BARE_RING(slots, sizeof(uint64_t), "slots with a flag in front of the message")
