/* measure_send.c: what one send costs the sender alone.
 *
 * Nobody reads while the sender is timed, so that neither a wake-up nor a copy by the
 * receiver counts, and there is room, so that it never waits. The warm-up finds out how
 * many messages fit: side 0 offers until one is not accepted whole, side 1 drains. Timed
 * are bursts of a quarter of them (some senders keep a window of their own, below what
 * the system would take), at most 32 and 128 KiB; side 1 drains between them, untimed,
 * and the sender sleeps. One burst is one sample. */
#include <string.h>

#include "harness/measure.h"

#define ROOM_MOST  256u /* more is not needed */
#define ROOM_TRIES 3 /* a refusal may pass: buffers that grow */
#define BURST_MOST 32u
/* A ring that turns back to its front early leaves the rest of itself unused until the
 * reader is there; half of what it then still has (ring_ops.h). */
#define BURST_BYTES ((uint64_t)128 << 10)

static uint64_t least_of(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t measure_burst(uint64_t room, size_t size)
{
	uint64_t most = least_of(BURST_MOST, size ? BURST_BYTES / size : BURST_MOST);
	uint64_t burst = least_of(room / 4, most);

	return burst ? burst : 1;
}

/* Lets side 1 take what was sent, and sleeps meanwhile: so many messages, or so many
 * bytes of what was only offered. */
static void let_drain(struct side *side, uint64_t messages, uint64_t bytes)
{
	atomic_store(&side->control->burst, messages);
	atomic_store(&side->control->accepted, bytes);
	turn_pass(side, 1);
	(void)turn_await(side);
}

/* Offers until a message is not accepted whole; the bytes of one that was accepted in
 * part are drained with the rest, and it does not count. */
static int find_room(struct side *side, const struct slice *slice, uint64_t *room)
{
	const struct mechanism *mechanism = side->channel.mechanism;
	uint64_t bytes = 0;
	unsigned refused = 0;

	*room = 0;
	memset(side->channel.tx, 0, slice->size);
	while (*room < ROOM_MOST && refused < ROOM_TRIES) {
		ssize_t accepted = mechanism->offer(
			&side->channel, side->channel.tx, slice->size);

		if (accepted < 0 && accepted != -EAGAIN)
			return (int)accepted;
		if (accepted > 0)
			bytes += (uint64_t)accepted;
		if (accepted > 0 && (size_t)accepted < slice->size)
			break;
		if (accepted > 0)
			++*room;
		else
			refused++;
	}
	let_drain(side, 0, bytes);
	return 0;
}

static int bursts(struct side *side, const struct slice *slice, struct report *report)
{
	uint64_t count = slice->is_warm_up ? measure_burst(report->room, slice->size)
					   : slice->batch;
	uint64_t end = clock_stamp(side->clock) +
		       clock_ticks(side->clock, slice->duration_ns);
	uint64_t ticks = 0, start, now;

	do {
		int error;

		start = clock_stamp(side->clock);
		error = send_some(side, slice->size, count);
		now = clock_stamp(side->clock);
		if (error)
			return error;
		measure_sample(side, now - start);
		ticks += now - start;
		let_drain(side, count, 0);
	} while (now < end && side->sample_count < SAMPLES_MAX);
	report->messages = side->sample_count * count;
	report->bytes = report->messages * slice->size;
	report->elapsed_ns = (uint64_t)((double)ticks * side->clock->ns_per_tick);
	report->cost_messages = report->messages;
	return 0;
}

static int send_side(struct side *side, const struct slice *slice, struct report *report)
{
	int error = slice->is_warm_up ? find_room(side, slice, &report->room) : 0;

	if (!error && (!slice->is_warm_up || report->room))
		error = bursts(side, slice, report);
	turn_pass(side, TURN_END);
	return error;
}

static int drain_bytes(struct side *side, size_t size, uint64_t bytes)
{
	const struct mechanism *mechanism = side->channel.mechanism;
	int error = 0;

	for (uint64_t got = 0; got < bytes && !error;) {
		const void *rx;
		size_t len;

		error = mechanism->recv(&side->channel, size, &rx, &len);
		if (!error)
			error = let_go(side);
		got += len;
	}
	return error;
}

static int drain_messages(struct side *side, size_t size, uint64_t count)
{
	int error = 0;

	for (uint64_t i = 0; i < count && !error; i++) {
		error = recv_one(side, size, side->payload);
		if (!error)
			error = let_go(side);
	}
	return error;
}

static int drain_side(struct side *side, const struct slice *slice, struct report *report)
{
	while (turn_await(side) != TURN_END) {
		uint64_t count = atomic_load(&side->control->burst);
		int error = count ? drain_messages(side, slice->size, count)
				  : drain_bytes(side, slice->size,
					    atomic_load(&side->control->accepted));

		if (error)
			return error;
		report->cost_messages += count;
		turn_pass(side, 0);
	}
	return 0;
}

int measure_send(struct side *side, const struct slice *slice, struct report *report)
{
	return side->channel.side == 0 ? send_side(side, slice, report)
				       : drain_side(side, slice, report);
}
