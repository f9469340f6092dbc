/* capacity.c: how much a mechanism accepts while nobody reads.
 *
 * Side 0 offers until nothing has been accepted for 20 ms; then the sides take turns:
 * side 1 reads a little, side 0 offers once more, until one more write is accepted. At
 * the end side 1 drains everything. The bytes of the whole slice are one pattern, so that
 * loss, repetition and reordering are seen. */
#include <errno.h>
#include <sched.h>

#include "harness/side.h"

#define FULL_AFTER_NS 20000000u
#define FILL_MOST_NS  (UINT64_C(1000000000) * CAPACITY_FILL_S)
#define REOPEN_NS     1000000000u

/* Offers the next `size` bytes of the pattern. */
static ssize_t offer_next(struct side *side, size_t size, uint64_t position)
{
	payload_fill(side->channel.tx, size, 0, 0, (size_t)position);
	return side->channel.mechanism->offer(&side->channel, side->channel.tx, size);
}

static int fill(struct side *side, size_t size, struct capacity *found)
{
	uint64_t start = clock_now_ns(), last_accepted = start, now = start;

	while (now - last_accepted < FULL_AFTER_NS) {
		ssize_t accepted = offer_next(side, size, found->bytes);

		if (accepted < 0 && accepted != -EAGAIN)
			return (int)accepted;
		now = clock_now_ns();
		if (accepted > 0) {
			found->bytes += (uint64_t)accepted;
			found->messages++;
			last_accepted = now;
		} else {
			sched_yield();
		}
		if (now - start > FILL_MOST_NS) {
			found->is_unbounded = true;
			break;
		}
	}
	return 0;
}

static int offer_side(struct side *side, const struct slice *slice)
{
	struct control *control = side->control;
	struct capacity *found = &control->capacity;
	uint64_t position;
	int error;

	*found = (struct capacity) { 0 };
	error = fill(side, slice->size, found);
	if (error)
		return error;
	position = found->bytes;
	atomic_store(&control->accepted, position);
	atomic_store(&control->is_reopened, found->is_unbounded);
	turn_pass(side, 1);
	while (!atomic_load(&control->is_reopened) && turn_await(side) == 0) {
		ssize_t accepted = offer_next(side, slice->size, position);

		if (accepted < 0 && accepted != -EAGAIN)
			return (int)accepted;
		if (accepted > 0) {
			position += (uint64_t)accepted;
			atomic_store(&control->accepted, position);
			atomic_store(&control->is_reopened, 1);
		}
		turn_pass(side, 1);
	}
	return 0;
}

/* Reads up to `size` bytes, or one message, and compares them. */
static int read_some(struct side *side, size_t size, uint64_t *position)
{
	const struct mechanism *mechanism = side->channel.mechanism;
	const void *rx;
	size_t len, right;
	int error = mechanism->recv(&side->channel, size, &rx, &len);

	if (error)
		return error;
	right = payload_check(rx, len, 0, 0, (size_t)*position);
	if (right < len)
		return why_say(side->channel.why, EBADMSG,
			"%s: byte %llu that was accepted is not what came out",
			mechanism->name, (unsigned long long)(*position + right));
	*position += len;
	return mechanism->release ? mechanism->release(&side->channel) : 0;
}

static int read_side(struct side *side, const struct slice *slice)
{
	struct control *control = side->control;
	unsigned caps = side->channel.mechanism->caps;
	uint64_t position = 0;
	uint64_t drained_at_ns = 0;
	int error;

	while (turn_await(side) == 1 && !atomic_load(&control->is_reopened)) {
		/* Byte by byte where the answer is exact, else within 0.4 %. */
		size_t step = caps & CAP_BOUNDARIES ? slice->size
			      : (caps & CAP_EXACT_CAPACITY)
				      ? 1
				      : 1 + (size_t)(position / 256);

		if (position < atomic_load(&control->accepted)) {
			if (step > slice->chunk)
				step = slice->chunk;
			error = read_some(side, step, &position);
			if (error)
				return error;
		} else if (!drained_at_ns) {
			drained_at_ns = clock_now_ns();
		} else if (clock_now_ns() - drained_at_ns > REOPEN_NS) {
			return why_say(side->channel.why, ETIMEDOUT,
				"%s: all was read and yet no write of %zu bytes is accepted",
				side->channel.mechanism->name, slice->size);
		}
		turn_pass(side, 0);
	}
	control->capacity.reopen_bytes = position;
	while (position < atomic_load(&control->accepted)) {
		error = read_some(side,
			caps & CAP_BOUNDARIES ? slice->size : slice->chunk, &position);
		if (error)
			return error;
	}
	return 0;
}

int measure_capacity(struct side *side, const struct slice *slice, struct report *report)
{
	(void)report;
	return side->channel.side == 0 ? offer_side(side, slice) : read_side(side, slice);
}
