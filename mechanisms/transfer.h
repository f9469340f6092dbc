/* transfer.h: a run of messages of one size: the loop that sends them and the loop that
 * receives them, each written once.
 *
 * The harness calls a row's operations through pointers. That is nothing beside a system
 * call, but as much as the message itself where a message is a store to shared memory. A
 * row of that kind gives send_some and recv_some: the same loops, compiled with its
 * operations inlined, as a program would that uses it. TRANSFER_OPS() makes them. */
#ifndef IPCMARK_TRANSFER_H
#define IPCMARK_TRANSFER_H

#include <errno.h>
#include <stdatomic.h>

#include "harness/base/payload.h"
#include "mechanisms/mechanism.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

struct transfer {
	size_t size; /* of each message, in bytes */
	uint64_t sequence; /* number of the next message */
	uint64_t end; /* the run ends before this one */
	enum payload payload;
	const _Atomic uint64_t *last; /* receiving: the run also ends behind the message
				       * of this number, stored before that one left */
};

/* The operations of a loop; constants, where it is to be compiled for them. */
struct transfer_ops {
	int (*reserve)(struct channel *, size_t, void **);
	int (*send)(struct channel *, size_t);
	int (*recv)(struct channel *, size_t, const void **, size_t *);
	int (*release)(struct channel *);
};

/* Says that byte `offset` of a message of `size` bytes is wrong. Returns -EBADMSG. */
static __attribute__((cold, noinline, unused)) int transfer_wrong_bytes(
	const struct channel *channel, uint64_t sequence, size_t offset, size_t size)
{
	return why_say(channel->why, EBADMSG,
		"%s: byte %zu of message %llu (%zu bytes) is not what was sent",
		channel->mechanism->name, offset, (unsigned long long)sequence, size);
}

static __attribute__((cold, noinline, unused)) int transfer_wrong_length(
	const struct channel *channel, size_t size, size_t len)
{
	return why_say(channel->why, EBADMSG,
		"%s: a message of %zu bytes arrived as one of %zu",
		channel->mechanism->name, size, len);
}

/* Writes a message, as far as the policy wants it. */
static ALWAYS_INLINE void transfer_fill(const struct channel *channel, void *tx,
	size_t size, uint64_t sequence, enum payload payload)
{
	if (payload == PAYLOAD_TOUCH)
		payload_touch_write(tx, size, sequence);
	else if (payload == PAYLOAD_VERIFY)
		payload_fill(tx, size, channel->side, sequence, 0);
}

/* Looks at `len` bytes, from `offset` on, of a message of `size` bytes. 0 or -EBADMSG. */
static ALWAYS_INLINE int transfer_look(const struct channel *channel, const void *rx,
	size_t len, uint64_t sequence, size_t offset, size_t size, enum payload payload)
{
	if (payload == PAYLOAD_TOUCH) {
		payload_touch_read(rx, len);
	} else if (payload == PAYLOAD_VERIFY) {
		size_t right = payload_check(rx, len, !channel->side, sequence, offset);

		if (right < len)
			return transfer_wrong_bytes(
				channel, sequence, offset + right, size);
	}
	return 0;
}

/* What does not change is in variables: the compiler cannot know that the operations
 * leave it alone. */
static ALWAYS_INLINE int transfer_send_loop(struct channel *channel,
	struct transfer *transfer, const struct transfer_ops ops, enum payload payload)
{
	const size_t size = transfer->size;
	const uint64_t end = transfer->end;
	uint64_t sequence = transfer->sequence;
	void *tx = channel->tx;

	for (; sequence < end; sequence++) {
		int error = ops.reserve ? ops.reserve(channel, size, &tx) : 0;

		if (error)
			return error;
		transfer_fill(channel, tx, size, sequence, payload);
		error = ops.send(channel, size);
		if (error)
			return error;
	}
	transfer->sequence = sequence;
	return 0;
}

static ALWAYS_INLINE int transfer_recv_loop(struct channel *channel,
	struct transfer *transfer, const struct transfer_ops ops, enum payload payload)
{
	const size_t size = transfer->size;
	const uint64_t end = transfer->end;
	const _Atomic uint64_t *const last = transfer->last;
	uint64_t sequence = transfer->sequence;
	bool is_last = false;

	for (; sequence < end && !is_last; sequence++) {
		const void *rx;
		size_t len;
		int error = ops.recv(channel, size, &rx, &len);

		if (error)
			return error;
		if (len != size)
			return transfer_wrong_length(channel, size, len);
		error = transfer_look(channel, rx, len, sequence, 0, size, payload);
		if (error)
			return error;
		atomic_thread_fence(memory_order_acquire);
		is_last = atomic_load_explicit(last, memory_order_relaxed) == sequence;
		error = ops.release ? ops.release(channel) : 0;
		if (error)
			return error;
	}
	transfer->sequence = sequence;
	return is_last;
}

/* One copy of the loop a policy, so that nothing of it is left inside. */
#define TRANSFER_BY_PAYLOAD(loop, channel, transfer, ops)                                \
	((transfer)->payload == PAYLOAD_NONE                                             \
			? loop(channel, transfer, ops, PAYLOAD_NONE)                     \
		: (transfer)->payload == PAYLOAD_TOUCH                                   \
			? loop(channel, transfer, ops, PAYLOAD_TOUCH)                    \
			: loop(channel, transfer, ops, PAYLOAD_VERIFY))

/* Sends messages until `end`. Returns 0 or -errno. */
static ALWAYS_INLINE int transfer_send(
	struct channel *channel, struct transfer *transfer, const struct transfer_ops ops)
{
	return TRANSFER_BY_PAYLOAD(transfer_send_loop, channel, transfer, ops);
}

/* Receives messages until `end`. Returns 0, 1 after the last of all, or -errno. */
static ALWAYS_INLINE int transfer_recv(
	struct channel *channel, struct transfer *transfer, const struct transfer_ops ops)
{
	return TRANSFER_BY_PAYLOAD(transfer_recv_loop, channel, transfer, ops);
}

/* send_some and recv_some of a kind of mechanism, of these operations. */
#define TRANSFER_OPS(kind, reserve, send, recv, release)                                 \
	static const struct transfer_ops kind##_transfer = { reserve, send, recv,        \
		release };                                                               \
	static int kind##_send_some(struct channel *channel, struct transfer *transfer)  \
	{                                                                                \
		return transfer_send(channel, transfer, kind##_transfer);                \
	}                                                                                \
	static int kind##_recv_some(struct channel *channel, struct transfer *transfer)  \
	{                                                                                \
		return transfer_recv(channel, transfer, kind##_transfer);                \
	}

#endif
