/* measure.h: what the timed loops share. The payload policy is a constant of each copy of
 * a loop, so that the compiler leaves nothing of it inside; a mechanism costs one
 * indirect call an operation, but in a stream where it brings its own (transfer.h). */
#ifndef IPCMARK_MEASURE_H
#define IPCMARK_MEASURE_H

#include <errno.h>

#include "harness/side.h"
#include "mechanisms/transfer.h"

/* Where the next message will be written. */
static ALWAYS_INLINE int prepare(struct side *side, size_t size)
{
	const struct mechanism *mechanism = side->channel.mechanism;

	side->next_tx = side->channel.tx;
	return mechanism->reserve
		       ? mechanism->reserve(&side->channel, size, &side->next_tx)
		       : 0;
}

/* Fills and sends what was prepared. */
static ALWAYS_INLINE int send_prepared(
	struct side *side, size_t size, enum payload payload)
{
	transfer_fill(&side->channel, side->next_tx, size, side->sent++, payload);
	return side->channel.mechanism->send(&side->channel, size);
}

static ALWAYS_INLINE int let_go(struct side *side)
{
	const struct mechanism *mechanism = side->channel.mechanism;

	return mechanism->release ? mechanism->release(&side->channel) : 0;
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
		error = transfer_look(
			&side->channel, rx, len, side->received, got, size, payload);
		if (error)
			return error;
		got += len;
		if (got >= size)
			break;
		if (mechanism->caps & CAP_BOUNDARIES)
			return transfer_wrong_length(&side->channel, size, len);
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

/* Sends `count` messages one by one. 0 or -errno. */
static ALWAYS_INLINE int send_some(struct side *side, size_t size, uint64_t count)
{
	const struct mechanism *mechanism = side->channel.mechanism;
	struct transfer transfer = { .size = size,
		.sequence = side->sent,
		.end = side->sent + count,
		.payload = side->payload };
	int error;

	if (mechanism->send_some)
		error = mechanism->send_some(&side->channel, &transfer);
	else
		error = transfer_send(&side->channel, &transfer,
			(struct transfer_ops) {
				.reserve = mechanism->reserve, .send = mechanism->send });
	side->sent = transfer.sequence;
	return error;
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
