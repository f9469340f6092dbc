/* ring_ops.h: how a message passes through a ring.
 *
 * A message is a word of header and its bytes, eight-byte aligned, one after the other;
 * the smallest takes a line. The header says how long the message is and, by not being
 * zero, that it is there; the consumer looks at nothing else. The producer makes the word
 * behind a message zero before it publishes the header. A message is never split: where
 * it does not fit before the end, a header says WRAP and the message starts at the front.
 * The consumer publishes how far it has read; the producer looks at that only when the
 * space it knows of is used up.
 *
 * What makes a stream fast is that many lines are on their way at once:
 * - A message is mostly as long as the one before. The consumer compares its header with
 *   the last one and does not compute with it: so the processor need not have the line of
 *   a header to know where the next one is.
 * - The producer of a stream asks for the line SOON ahead, which the consumer had last.
 *   While it finds one small message after the other, the consumer asks for the line
 *   AHEAD. AHEAD is more than SOON, or it would take away what the producer has just
 *   fetched.
 * - A side that spins and finds the ring empty, or full, lets some messages, or some
 *   space, gather, so that the two do not fight over one line.
 * - The operations store little: a processor keeps only so many stores that wait. What
 *   the caller gets stays in registers, so what waits takes no address of it.
 * - The loops of transfer.h have the operations inlined: four calls through pointers take
 *   as long as the message.
 *
 * What makes a round trip fast:
 * - The word behind a message is made zero when its memory is reserved, while the sender
 *   still waits. Between the message and its header the header would wait for that line.
 * - Where the consumer answers each message, the producer turns back to the front after
 *   TURN bytes, as to the end of the ring: what is written again is still in a cache.
 * - A stream goes round the whole ring: what its consumer has just read would have to be
 *   taken from its cache again, which costs more than to get it from a shared one.
 *
 * A round trip moves two lines, one a direction. A loop that passes one line to and fro
 * takes a quarter less (`bare_two_lines` of ci/fidelity.sh shows it): who reads it is who
 * writes it next, while here the reader's look at the next header makes the writer fetch
 * that line once more. Waiting about as long as one way takes before the first look saves
 * most of that quarter if the moment is hit within a tenth, and costs time if not: tried
 * with a fixed and with a learned wait, and left alone. */
#ifndef IPCMARK_RING_OPS_H
#define IPCMARK_RING_OPS_H

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "mechanisms/ring.h"
#include "mechanisms/transfer.h"

#define UNLIKELY(condition) __builtin_expect(condition, 0)

#define WRAP   UINT64_MAX
#define CLOSE  (TURN / 8)
#define SOON   640 /* bytes */
#define AHEAD  2048
#define GATHER 32 /* pauses */

/* What a message takes of the ring. */
static ALWAYS_INLINE uint64_t padded(size_t size)
{
	uint64_t bytes = (HEADER + size + HEADER - 1) & ~(uint64_t)(HEADER - 1);

	return bytes < LINE ? LINE : bytes;
}

static ALWAYS_INLINE _Atomic uint64_t *word_at(unsigned char *at)
{
	return (_Atomic uint64_t *)(void *)at;
}

/* Does a side that waits here spin, with a CPU of its own? */
static ALWAYS_INLINE bool is_spinner(
	const struct channel *channel, const struct gate_ops *gate)
{
	return (!gate->notify || gate->is_patient) && !channel->shares_cpu;
}

/* How often a waiter looks again before it sleeps. */
static ALWAYS_INLINE uint64_t spins(
	const struct channel *channel, const struct gate_ops *gate)
{
	return gate->is_patient && !channel->shares_cpu
		       ? (uint64_t)channel->settings[RING_SPINS]
		       : 0;
}

/* --- the producer ----------------------------------------------------------------------
 */

static ALWAYS_INLINE uint64_t head_position(const struct ring_own *own)
{
	return (uint64_t)(uintptr_t)own->head + own->tx_lap;
}

static ALWAYS_INLINE uint64_t tail_position(const struct ring_own *own)
{
	return (uint64_t)(uintptr_t)own->tail + own->rx_lap;
}

/* Are `need` bytes behind head free, as far as known? */
static ALWAYS_INLINE bool has_space(const struct ring_own *own, uint64_t need)
{
	return head_position(own) + need - own->known_tail <= own->size;
}

static ALWAYS_INLINE void look_at_tail(struct ring_own *own)
{
	own->known_tail = atomic_load_explicit(&own->tx->tail, memory_order_acquire);
}

/* Waits until `need` bytes behind head are free. */
static ALWAYS_INLINE void await_space(struct channel *channel,
	const struct gate_ops *gate, struct ring_own *own, uint64_t need)
{
	uint64_t patience = spins(channel, gate);
	unsigned gather = is_spinner(channel, gate) ? GATHER : 0;

	while (!has_space(own, need)) {
		look_at_tail(own);
		if (has_space(own, need))
			return;
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
		gate->prepare(&own->tx->drained);
		look_at_tail(own);
		if (has_space(own, need))
			gate->cancel(&own->tx->drained);
		else
			gate->commit(&own->tx->drained, channel);
	}
}

static ALWAYS_INLINE void publish(unsigned char *at, uint64_t header)
{
	atomic_store_explicit(word_at(at), header, memory_order_release);
}

/* Nobody looks at the word before the header in front of it is published. */
static ALWAYS_INLINE void clear(unsigned char *at)
{
	atomic_store_explicit(word_at(at), 0, memory_order_relaxed);
}

/* Asks for a line that will be written soon. It may lie behind the end of the ring, and
 * even of the memory: that does no harm. */
static ALWAYS_INLINE void fetch(unsigned char *at)
{
#if defined(__x86_64__)
	/* The compiler would ask to read it, unless told of a newer processor; older ones
	 * take the instruction for a nop. */
	__asm__ volatile("prefetchw %0" ::"m"(*at));
#else
	__builtin_prefetch(at, 1);
#endif
}

/* Bytes from head to the end of the ring if `need` bytes must start at the front, else 0.
 */
static ALWAYS_INLINE uint64_t wrap_needed(const struct ring_own *own, uint64_t need)
{
	uint64_t to_end = own->size - (uint64_t)(own->head - own->tx_bytes);

	return need > to_end ? to_end : 0;
}

/* The same if they better start at the front already, because the consumer answers one
 * message after the other; else the producer goes on and looks again later. */
static ALWAYS_INLINE uint64_t turn_wanted(struct ring_own *own, uint64_t need)
{
	uint64_t offset = (uint64_t)(own->head - own->tx_bytes);
	uint64_t lag;

	if (offset + need <= own->limit)
		return 0;
	own->is_answered = tail_position(own) != own->turn_tail;
	own->turn_tail = tail_position(own);
	look_at_tail(own);
	lag = head_position(own) - own->known_tail;
	if (own->is_answered && (lag <= CLOSE || lag <= 2 * need) &&
		has_space(own, own->size - offset + need))
		return own->size - offset;
	own->limit = offset + need + TURN;
	return 0;
}

static ALWAYS_INLINE void wrap(struct ring_own *own)
{
	clear(own->tx_bytes);
	publish(own->head, WRAP);
	own->head = own->tx_bytes;
	own->tx_lap += own->size;
	own->limit = TURN;
}

/* Settles how far the producer may go before it must think again. */
static ALWAYS_INLINE void set_until(struct ring_own *own)
{
	uint64_t offset = (uint64_t)(own->head - own->tx_bytes);
	uint64_t most = own->limit < own->size ? own->limit : own->size;
	uint64_t space = own->size - (head_position(own) - own->known_tail);

	own->until = own->tx_bytes + (most < offset + space ? most : offset + space);
}

/* Waits for space, wraps where the message would not fit before the end or should not. */
static ALWAYS_INLINE void make_room(
	struct channel *channel, const struct gate_ops *gate, size_t size)
{
	struct ring_own *own = channel->own;
	uint64_t need = padded(size) + HEADER; /* with the word behind it */
	uint64_t to_end = wrap_needed(own, need);

	if (!to_end)
		to_end = turn_wanted(own, need);
	if (to_end) {
		await_space(channel, gate, own, to_end + HEADER);
		wrap(own);
		if (gate->notify)
			gate->notify(&own->tx->filled);
	}
	await_space(channel, gate, own, need);
	set_until(own);
}

/* Where the message may be written. The word behind it is made zero. */
static ALWAYS_INLINE int give(struct ring_own *own, size_t size, void **tx)
{
	clear(own->head + padded(size));
	*tx = own->head + HEADER;
	return 0;
}

static ALWAYS_INLINE int reserve(struct channel *channel,
	void (*make_room_of)(struct channel *, size_t), size_t size, void **tx)
{
	struct ring_own *own = channel->own;

	if (UNLIKELY(own->head + padded(size) + HEADER > own->until))
		make_room_of(channel, size);
	return give(own, size, tx);
}

/* The size is that of the last reserve(), which has cleared the word behind. */
static ALWAYS_INLINE int ring_send(
	struct channel *channel, const struct gate_ops *gate, size_t size)
{
	struct ring_own *own = channel->own;
	unsigned char *at = own->head;

	publish(at, size + 1);
	own->head = at + padded(size);
	if (gate->notify)
		gate->notify(&own->tx->filled);
	if (!own->is_answered)
		fetch(at + SOON);
	return 0;
}

/* --- the consumer ----------------------------------------------------------------------
 */

static ALWAYS_INLINE uint64_t await_header(struct channel *channel,
	const struct gate_ops *gate, struct ring_own *own, unsigned gather)
{
	_Atomic uint64_t *at = word_at(own->tail);
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

static ALWAYS_INLINE void give_back(struct ring_own *own, const struct gate_ops *gate)
{
	atomic_store_explicit(&own->rx->tail, tail_position(own), memory_order_release);
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
	bool gathers = head_position(own) == own->awaited_head &&
		       is_spinner(channel, gate);
	uint64_t header = await_header(channel, gate, own, gathers ? GATHER : 0);

	own->awaited_head = head_position(own);
	if (header == WRAP) {
		own->tail = own->rx_bytes;
		own->rx_lap += own->size;
		give_back(own, gate);
		header = await_header(channel, gate, own, 0);
	}
	return header;
}

static ALWAYS_INLINE void take(const struct ring_own *own, const void **rx, size_t *len)
{
	*rx = own->tail + HEADER;
	*len = (size_t)own->len;
}

static __attribute__((cold, noinline)) int bad_header(
	struct channel *channel, uint64_t header, size_t size)
{
	return why_say(channel->why, EPROTO,
		"%s: a header says %llu bytes where at most %zu were expected",
		channel->mechanism->name, (unsigned long long)(header - 1), size);
}

/* Waits for what is not there yet, or not like the message before. */
static ALWAYS_INLINE int look_slowly(
	struct channel *channel, const struct gate_ops *gate, size_t size)
{
	struct ring_own *own = channel->own;
	uint64_t header = await_message(channel, gate);

	if (UNLIKELY(header - 1 > size))
		return bad_header(channel, header, size);
	own->header = header;
	own->len = header - 1;
	own->step = padded((size_t)own->len);
	return 0;
}

/* Is the next message there, and like the one before? */
static ALWAYS_INLINE bool is_like_last(const struct ring_own *own, size_t size)
{
	return atomic_load_explicit(word_at(own->tail), memory_order_acquire) ==
		       own->header &&
	       own->len <= size;
}

static ALWAYS_INLINE void ask_ahead(const struct ring_own *own)
{
	if (own->step < 2 * LINE)
		__builtin_prefetch(own->tail + AHEAD);
}

/* One call of many in a loop that has this inlined. */
static ALWAYS_INLINE int recv_in_loop(struct channel *channel,
	int (*look_slowly_of)(struct channel *, size_t), size_t size, const void **rx,
	size_t *len)
{
	struct ring_own *own = channel->own;

	if (UNLIKELY(!is_like_last(own, size))) {
		int error = look_slowly_of(channel, size);

		if (error)
			return error;
	} else {
		ask_ahead(own);
	}
	take(own, rx, len);
	return 0;
}

/* A call by itself, which ends where the wait ends. */
static ALWAYS_INLINE int recv_slowly(struct channel *channel, const struct gate_ops *gate,
	size_t size, const void **rx, size_t *len)
{
	int error = look_slowly(channel, gate, size);

	take(channel->own, rx, len);
	return error;
}

static ALWAYS_INLINE int ring_recv(struct channel *channel,
	int (*recv_slowly_of)(struct channel *, size_t, const void **, size_t *),
	size_t size, const void **rx, size_t *len)
{
	struct ring_own *own = channel->own;

	if (UNLIKELY(!is_like_last(own, size)))
		return recv_slowly_of(channel, size, rx, len);
	ask_ahead(own);
	take(own, rx, len);
	return 0;
}

static ALWAYS_INLINE int release(struct channel *channel, const struct gate_ops *gate)
{
	struct ring_own *own = channel->own;

	own->tail += own->step;
	give_back(own, gate);
	return 0;
}

static ALWAYS_INLINE ssize_t offer(struct channel *channel, const struct gate_ops *gate,
	void (*make_room_of)(struct channel *, size_t), const void *bytes, size_t size)
{
	struct ring_own *own = channel->own;
	uint64_t need = padded(size) + HEADER;
	void *tx;

	look_at_tail(own);
	if (!has_space(own, wrap_needed(own, need) + need))
		return -EAGAIN;
	/* Whoever fills the ring wants all of it. */
	own->limit = own->size;
	make_room_of(channel, size);
	give(own, size, &tx);
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
	static __attribute__((noinline)) int kind##_look_slowly(                         \
		struct channel *channel, size_t size)                                    \
	{                                                                                \
		return look_slowly(channel, &(gate), size);                              \
	}                                                                                \
	static ALWAYS_INLINE int kind##_reserve(                                         \
		struct channel *channel, size_t size, void **tx)                         \
	{                                                                                \
		return reserve(channel, kind##_make_room, size, tx);                     \
	}                                                                                \
	static ALWAYS_INLINE int kind##_send(struct channel *channel, size_t size)       \
	{                                                                                \
		return ring_send(channel, &(gate), size);                                \
	}                                                                                \
	static __attribute__((noinline)) int kind##_recv_slowly(                         \
		struct channel *channel, size_t size, const void **rx, size_t *len)      \
	{                                                                                \
		return recv_slowly(channel, &(gate), size, rx, len);                     \
	}                                                                                \
	static int kind##_recv(                                                          \
		struct channel *channel, size_t size, const void **rx, size_t *len)      \
	{                                                                                \
		return ring_recv(channel, kind##_recv_slowly, size, rx, len);            \
	}                                                                                \
	static ALWAYS_INLINE int kind##_recv_in_loop(                                    \
		struct channel *channel, size_t size, const void **rx, size_t *len)      \
	{                                                                                \
		return recv_in_loop(channel, kind##_look_slowly, size, rx, len);         \
	}                                                                                \
	static ALWAYS_INLINE int kind##_release(struct channel *channel)                 \
	{                                                                                \
		return release(channel, &(gate));                                        \
	}                                                                                \
	static ssize_t kind##_offer(                                                     \
		struct channel *channel, const void *bytes, size_t size)                 \
	{                                                                                \
		return offer(channel, &(gate), kind##_make_room, bytes, size);           \
	}                                                                                \
	TRANSFER_OPS(                                                                    \
		kind, kind##_reserve, kind##_send, kind##_recv_in_loop, kind##_release)

#endif
