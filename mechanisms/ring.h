/* ring.h: messages of any size through shared memory, in place: one ring a direction, one
 * producer, one consumer.
 *
 * A message is a word of header and its bytes, eight-byte aligned, one after the other,
 * so that a small message and its header travel in one cache line. The header says how
 * long the message is and, by not being zero, that it is there: the words behind the last
 * message are zero, and the consumer looks at nothing else. The producer keeps the next
 * AHEAD bytes zero after it has sent, when nobody waits for it, so that a small message
 * costs one line and no more. A message is never split: where it does not fit before the
 * end, a header says WRAP and the message starts at the front. The consumer publishes how
 * far it has read; the producer looks at that only when the space it knows of is used up.
 *
 * Two habits keep the lines moving. Where the consumer is close behind, the producer
 * turns back to the front after TURN bytes, as to the end of the ring: what is written
 * again soon is still in a cache. And a spinning consumer of a stream that finds the ring
 * empty lets some messages gather, so that the two do not fight over the line being
 * written. */
#ifndef IPCMARK_RING_H
#define IPCMARK_RING_H

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "mechanisms/backing.h"
#include "mechanisms/gate_object.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

#define UNLIKELY(condition) __builtin_expect(condition, 0)

#define HEADER sizeof(uint64_t)
#define WRAP   UINT64_MAX
#define AHEAD  ((uint64_t)128)
#define TURN   ((uint64_t)256 << 10)
#define SOON   ((uint64_t)512) /* beyond AHEAD: lines to ask for now */
#define LINE   64
#define GATHER 32 /* pauses */

/* channel->settings. */
enum { RING_SIZE, RING_SPINS };

/* In shared memory, one a direction; the bytes follow on the next page. */
struct ring {
	_Alignas(64) _Atomic uint64_t tail; /* bytes consumed since the start */
	struct gate filled; /* the consumer waits here */
	struct gate drained; /* the producer waits here */
};

/* What makes a row of the ring. */
struct ring_variant {
	const struct backing *backing;
	const struct gate_kind *gates;
};

struct ring_shared {
	struct backing_memory memory; /* a part is a ring and its bytes */
	uint64_t size; /* of the bytes of one direction */
	uint64_t bytes_offset; /* from a ring to its bytes */
	bool has_objects;
	union gate_object objects[GATES];
};

struct ring_own {
	struct ring *tx, *rx;
	unsigned char *tx_bytes, *rx_bytes;
	uint64_t mask; /* size - 1 */
	uint64_t head; /* bytes produced since the start */
	uint64_t limit; /* offset beyond which a message makes the producer think */
	uint64_t known_tail; /* of the ring this side sends into, when last looked at */
	uint64_t tail; /* bytes consumed of the other */
	uint64_t next_tail; /* after release */
	uint64_t awaited_head; /* head when this side last waited for a message */
	unsigned char *map;
	bool is_attached;
};

int ring_create(struct channel *channel);
int ring_attach(struct channel *channel);
int ring_ready(struct channel *channel);
void ring_detach(struct channel *channel);
void ring_remove(struct channel *channel);

static ALWAYS_INLINE uint64_t padded(size_t size)
{
	return HEADER + ((size + HEADER - 1) & ~(uint64_t)(HEADER - 1));
}

static ALWAYS_INLINE _Atomic uint64_t *header_at(unsigned char *bytes, uint64_t offset)
{
	return (_Atomic uint64_t *)(void *)(bytes + offset);
}

/* How often a waiter looks again before it sleeps. */
static ALWAYS_INLINE uint64_t spins(
	const struct channel *channel, const struct gate_ops *gate)
{
	return gate->is_patient && !channel->shares_cpu
		       ? (uint64_t)channel->settings[RING_SPINS]
		       : 0;
}

/* Waits until `need` bytes behind head are free. */
static ALWAYS_INLINE void await_space(struct channel *channel,
	const struct gate_ops *gate, struct ring_own *own, uint64_t need)
{
	uint64_t patience = spins(channel, gate);

	while (own->head + need - own->known_tail > own->mask + 1) {
		own->known_tail = atomic_load_explicit(
			&own->tx->tail, memory_order_acquire);
		if (own->head + need - own->known_tail <= own->mask + 1)
			return;
		if (patience) {
			patience--;
			gate_relax(channel);
			continue;
		}
		gate->prepare(&own->tx->drained);
		own->known_tail = atomic_load_explicit(
			&own->tx->tail, memory_order_acquire);
		if (own->head + need - own->known_tail <= own->mask + 1)
			gate->cancel(&own->tx->drained);
		else
			gate->commit(&own->tx->drained, channel);
	}
}

static ALWAYS_INLINE void publish(struct ring_own *own, uint64_t offset, uint64_t header)
{
	atomic_store_explicit(
		header_at(own->tx_bytes, offset), header, memory_order_release);
}

/* Sets a range of positions to zero; both are multiples of eight. Nobody looks at these
 * words before a header is published after them, so wide stores will do: the fewer, the
 * more lines wait for their turn in the store buffer. */
static ALWAYS_INLINE void clear(struct ring_own *own, uint64_t from, uint64_t to)
{
	unsigned char *at = own->tx_bytes + (from & own->mask);

	if (UNLIKELY((from & own->mask) + (to - from) > own->mask + 1)) {
		for (; from < to; from += HEADER)
			memset(own->tx_bytes + (from & own->mask), 0, HEADER);
		return;
	}
	for (; from + 2 * HEADER <= to; from += 2 * HEADER, at += 2 * HEADER)
		memset(at, 0, 2 * HEADER);
	if (from < to)
		memset(at, 0, HEADER);
}

/* Asks for a line that will be written soon; the consumer had it last. */
static ALWAYS_INLINE void fetch(struct ring_own *own, uint64_t position)
{
	unsigned char *at = own->tx_bytes + (position & own->mask);

#if defined(__x86_64__)
	/* The compiler would ask to read it, unless told of a newer processor; older ones
	 * take the instruction for a nop. */
	__asm__ volatile("prefetchw %0" ::"m"(*at));
#else
	__builtin_prefetch(at, 1);
#endif
}

/* Bytes from head to the end of the ring if the message must start at the front, else 0.
 */
static ALWAYS_INLINE uint64_t wrap_needed(const struct ring_own *own, size_t size)
{
	uint64_t to_end = own->mask + 1 - (own->head & own->mask);

	return padded(size) > to_end ? to_end : 0;
}

static ALWAYS_INLINE void wrap(struct ring_own *own, uint64_t to_end)
{
	clear(own, own->head + to_end, own->head + to_end + AHEAD);
	publish(own, own->head & own->mask, WRAP);
	own->head += to_end;
	own->limit = TURN < own->mask + 1 ? TURN : own->mask + 1;
}

/* Bytes from head to the end of the ring if it is better to start at the front already,
 * else 0: then the producer goes on and looks again later. */
static ALWAYS_INLINE uint64_t turn_wanted(struct ring_own *own, size_t size)
{
	uint64_t offset = own->head & own->mask, end = offset + padded(size);
	uint64_t to_end = own->mask + 1 - offset;

	if (end <= own->limit)
		return 0;
	own->known_tail = atomic_load_explicit(&own->tx->tail, memory_order_acquire);
	if (own->head - own->known_tail <= TURN / 2 &&
		own->head + to_end + padded(size) + AHEAD - own->known_tail <=
			own->mask + 1)
		return to_end;
	own->limit = end + TURN < own->mask + 1 ? end + TURN : own->mask + 1;
	return 0;
}

/* Waits for space, wraps where the message would not fit before the end or should not. */
static ALWAYS_INLINE void make_room(
	struct channel *channel, const struct gate_ops *gate, size_t size)
{
	struct ring_own *own = channel->own;
	uint64_t to_end = wrap_needed(own, size);

	if (!to_end)
		to_end = turn_wanted(own, size);
	if (to_end) {
		await_space(channel, gate, own, to_end + AHEAD);
		wrap(own, to_end);
		if (gate->notify)
			gate->notify(&own->tx->filled);
	}
	await_space(channel, gate, own, padded(size) + AHEAD);
}

static ALWAYS_INLINE int reserve(struct channel *channel,
	void (*make_room_of)(struct channel *, size_t), size_t size, void **tx)
{
	struct ring_own *own = channel->own;
	uint64_t need = padded(size);
	uint64_t offset = own->head & own->mask;

	if (UNLIKELY(offset + need > own->limit ||
		     own->head + need + AHEAD - own->known_tail > own->mask + 1)) {
		make_room_of(channel, size);
		offset = own->head & own->mask;
	}
	/* Before the payload, not between it and the header, which may share the line
	 * that the consumer watches and should reach it together. */
	if (need >= AHEAD)
		clear(own, own->head + need, own->head + need + HEADER);
	*tx = own->tx_bytes + offset + HEADER;
	return 0;
}

static ALWAYS_INLINE int ring_send(
	struct channel *channel, const struct gate_ops *gate, size_t size)
{
	struct ring_own *own = channel->own;
	uint64_t start = own->head, need = padded(size), end = start + need;

	publish(own, start & own->mask, size + 1);
	if (gate->notify)
		gate->notify(&own->tx->filled);
	own->head = end;
	/* reserve() has cleared the word at the end of a message that is not small. */
	clear(own, need < AHEAD ? start + AHEAD : end + HEADER, end + AHEAD);
	if (need < AHEAD) {
		fetch(own, end + AHEAD + SOON);
		fetch(own, end + AHEAD + SOON + LINE);
	}
	return 0;
}

static ALWAYS_INLINE uint64_t await_header(struct channel *channel,
	const struct gate_ops *gate, struct ring_own *own, unsigned gather)
{
	_Atomic uint64_t *at = header_at(own->rx_bytes, own->tail & own->mask);
	uint64_t patience = spins(channel, gate);
	uint64_t header;

	while (!(header = atomic_load_explicit(at, memory_order_acquire))) {
		if (gather) {
			for (; gather; gather--)
				gate_relax(channel);
			continue;
		}
		if (patience) {
			patience--;
			gate_relax(channel);
			continue;
		}
		gate->prepare(&own->rx->filled);
		header = atomic_load_explicit(at, memory_order_acquire);
		if (header) {
			gate->cancel(&own->rx->filled);
			break;
		}
		gate->commit(&own->rx->filled, channel);
	}
	return header;
}

static ALWAYS_INLINE void give_back(
	struct ring_own *own, const struct gate_ops *gate, uint64_t tail)
{
	own->tail = tail;
	atomic_store_explicit(&own->rx->tail, tail, memory_order_release);
	if (gate->notify)
		gate->notify(&own->rx->drained);
}

/* Waits for the header of the next message, past the end of the ring if need be. */
static ALWAYS_INLINE uint64_t await_message(
	struct channel *channel, const struct gate_ops *gate)
{
	struct ring_own *own = channel->own;
	/* Who has sent nothing since the last wait reads a stream; who answers does not.
	 */
	bool gathers = own->head == own->awaited_head && !channel->shares_cpu &&
		       (!gate->notify || gate->is_patient);
	uint64_t header = await_header(channel, gate, own, gathers ? GATHER : 0);

	own->awaited_head = own->head;

	if (header == WRAP) {
		give_back(own, gate, (own->tail | own->mask) + 1);
		header = await_header(channel, gate, own, 0);
	}
	return header;
}

static __attribute__((cold, noinline)) int bad_header(
	struct channel *channel, uint64_t header, size_t size)
{
	return why_say(channel->why, EPROTO,
		"%s: a header says %llu bytes where at most %zu were expected",
		channel->mechanism->name, (unsigned long long)(header - 1), size);
}

static ALWAYS_INLINE int ring_recv(struct channel *channel,
	uint64_t (*await_message_of)(struct channel *), size_t size, const void **rx,
	size_t *len)
{
	struct ring_own *own = channel->own;
	uint64_t header = atomic_load_explicit(
		header_at(own->rx_bytes, own->tail & own->mask), memory_order_acquire);

	/* 0, which is no message, and WRAP both fail the test. */
	if (header - 1 >= WRAP - 1)
		header = await_message_of(channel);
	if (UNLIKELY(header - 1 > size))
		return bad_header(channel, header, size);
	*rx = own->rx_bytes + (own->tail & own->mask) + HEADER;
	*len = (size_t)(header - 1);
	own->next_tail = own->tail + padded(*len);
	return 0;
}

static ALWAYS_INLINE int release(struct channel *channel, const struct gate_ops *gate)
{
	struct ring_own *own = channel->own;

	give_back(own, gate, own->next_tail);
	return 0;
}

static ALWAYS_INLINE ssize_t offer(struct channel *channel, const struct gate_ops *gate,
	void (*make_room_of)(struct channel *, size_t), const void *bytes, size_t size)
{
	struct ring_own *own = channel->own;
	uint64_t to_end = wrap_needed(own, size);
	uint64_t need = to_end + padded(size) + AHEAD;
	void *tx;

	own->known_tail = atomic_load_explicit(&own->tx->tail, memory_order_acquire);
	if (own->head + need - own->known_tail > own->mask + 1)
		return -EAGAIN;
	/* Whoever fills the ring wants all of it. */
	own->limit = own->mask + 1;
	make_room_of(channel, size);
	reserve(channel, make_room_of, size, &tx);
	memcpy(tx, bytes, size);
	ring_send(channel, gate, size);
	return (ssize_t)size;
}

/* One set of operations a way of waiting, so that the compiler sees which it is. What
 * waits is out of line: it would cost the others their registers. */
#define RING_OPS(kind, gate)                                                             \
	static __attribute__((noinline)) void kind##_make_room(                          \
		struct channel *channel, size_t size)                                    \
	{                                                                                \
		make_room(channel, &(gate), size);                                       \
	}                                                                                \
	static __attribute__((noinline)) uint64_t kind##_await(struct channel *channel)  \
	{                                                                                \
		return await_message(channel, &(gate));                                  \
	}                                                                                \
	static int kind##_reserve(struct channel *channel, size_t size, void **tx)       \
	{                                                                                \
		return reserve(channel, kind##_make_room, size, tx);                     \
	}                                                                                \
	static int kind##_send(struct channel *channel, size_t size)                     \
	{                                                                                \
		return ring_send(channel, &(gate), size);                                \
	}                                                                                \
	static int kind##_recv(                                                          \
		struct channel *channel, size_t size, const void **rx, size_t *len)      \
	{                                                                                \
		return ring_recv(channel, kind##_await, size, rx, len);                  \
	}                                                                                \
	static int kind##_release(struct channel *channel)                               \
	{                                                                                \
		return release(channel, &(gate));                                        \
	}                                                                                \
	static ssize_t kind##_offer(                                                     \
		struct channel *channel, const void *bytes, size_t size)                 \
	{                                                                                \
		return offer(channel, &(gate), kind##_make_room, bytes, size);           \
	}

#endif
