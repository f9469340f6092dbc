/* measure.h: what the timed loops share. The payload policy is a constant of each copy of
 * a loop, so that the compiler leaves nothing of it inside; a mechanism costs one
 * indirect call an operation. */
#ifndef IPCMARK_MEASURE_H
#define IPCMARK_MEASURE_H

#include <errno.h>

#include "harness/side.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

static inline int wrong_bytes(
	struct side *side, uint64_t sequence, size_t offset, size_t size)
{
	return why_say(side->channel.why, EBADMSG,
		"%s: byte %zu of message %llu (%zu bytes) is not what was sent",
		side->channel.mechanism->name, offset, (unsigned long long)sequence,
		size);
}

static inline int wrong_length(struct side *side, size_t size, size_t len)
{
	return why_say(side->channel.why, EBADMSG,
		"%s: a message of %zu bytes arrived as one of %zu",
		side->channel.mechanism->name, size, len);
}

/* Where the next message will be written. */
static ALWAYS_INLINE int prepare(struct side *side, size_t size)
{
	const struct mechanism *mechanism = side->channel.mechanism;

	side->next_tx = side->channel.tx;
	return mechanism->reserve
		       ? mechanism->reserve(&side->channel, size, &side->next_tx)
		       : 0;
}

/* Writes the next message. */
static ALWAYS_INLINE void fill(const struct side *side, void *tx, size_t size,
	uint64_t sequence, enum payload payload)
{
	if (payload == PAYLOAD_TOUCH)
		payload_touch_write(tx, size, sequence);
	else if (payload == PAYLOAD_VERIFY)
		payload_fill(tx, size, side->channel.side, sequence, 0);
}

/* Fills and sends what was prepared. */
static ALWAYS_INLINE int send_prepared(
	struct side *side, size_t size, enum payload payload)
{
	fill(side, side->next_tx, size, side->sent++, payload);
	return side->channel.mechanism->send(&side->channel, size);
}

static ALWAYS_INLINE int let_go(struct side *side)
{
	const struct mechanism *mechanism = side->channel.mechanism;

	return mechanism->release ? mechanism->release(&side->channel) : 0;
}

static ALWAYS_INLINE int look(struct side *side, const void *rx, size_t len,
	uint64_t sequence, size_t offset, size_t size, enum payload payload)
{
	if (payload == PAYLOAD_TOUCH) {
		payload_touch_read(rx, len);
	} else if (payload == PAYLOAD_VERIFY) {
		size_t right = payload_check(
			rx, len, !side->channel.side, sequence, offset);

		if (right < len)
			return wrong_bytes(side, sequence, offset + right, size);
	}
	return 0;
}

/* Receives one whole message; a stream may deliver it in parts. The last part is held
 * until let_go(). */
static ALWAYS_INLINE int recv_one(struct side *side, size_t size, enum payload payload)
{
	const struct mechanism *mechanism = side->channel.mechanism;
	size_t got = 0;
	int error;

	for (;;) {
		const void *rx;
		size_t len;

		error = mechanism->recv(&side->channel, size - got, &rx, &len);
		if (error)
			return error;
		error = look(side, rx, len, side->received, got, size, payload);
		if (error)
			return error;
		got += len;
		if (got >= size)
			break;
		if (mechanism->caps & CAP_BOUNDARIES)
			return wrong_length(side, size, len);
		error = let_go(side);
		if (error)
			return error;
		side->channel.rx = side->rx_base + got;
	}
	side->channel.rx = side->rx_base;
	side->received++;
	/* The stop rule's number was stored before this message left. */
	atomic_thread_fence(memory_order_acquire);
	return 0;
}

/* Announces the sender's next message as the last of the slice. */
static inline void announce_last(struct side *side, uint64_t sequence)
{
	atomic_store_explicit(&side->control->last, sequence, memory_order_release);
}

static inline bool was_last(const struct side *side, uint64_t sequence)
{
	return atomic_load_explicit(&side->control->last, memory_order_relaxed) ==
	       sequence;
}

/* One copy of `loop` a payload policy. */
#define BY_PAYLOAD(loop)                                                                 \
	(side->payload == PAYLOAD_NONE ? loop(side, slice, report, PAYLOAD_NONE)         \
		: side->payload == PAYLOAD_TOUCH                                         \
			? loop(side, slice, report, PAYLOAD_TOUCH)                       \
			: loop(side, slice, report, PAYLOAD_VERIFY))

#endif
