/* measure_latency.c: round trips, timed: on the channel as it is, on a connection that
 * each makes for itself, or with a question that leaves in several sends. */
#include <time.h>

#include "harness/measure.h"

/* One round trip of what was prepared; prepares the next one while the peer is at work,
 * as anybody would who has the time. */
static ALWAYS_INLINE int exchange_plain(
	struct side *side, size_t size, enum payload payload)
{
	int error = send_prepared(side, size, payload);

	if (!error)
		error = prepare(side, size);
	if (!error)
		error = recv_one(side, size, payload);
	return error ? error : let_go(side);
}

/* How a round trip is made; like the payload policy, a constant of each copy of a loop.
 */
enum manner { PLAIN, CONNECTED, IN_PIECES };

static int exchange_connected(struct side *side, size_t size, enum payload payload)
{
	const struct mechanism *mechanism = side->channel.mechanism;
	int error = mechanism->dial(&side->channel);

	if (!error)
		error = exchange_plain(side, size, payload);
	return error ? error : mechanism->hang_up(&side->channel);
}

/* The question as a header and a body, or more parts; each is written when it leaves. */
static int send_pieces(struct side *side, const struct slice *slice, enum payload payload)
{
	const struct mechanism *mechanism = side->channel.mechanism;
	uint64_t sequence = side->sent++;
	size_t at = 0;

	for (uint64_t i = 1; i <= slice->pieces; i++) {
		size_t end = i == slice->pieces
				     ? slice->size
				     : (size_t)(slice->size / slice->pieces * i);
		int error = prepare(side, end - at);

		if (error)
			return error;
		if (payload == PAYLOAD_TOUCH)
			payload_touch_write(side->next_tx, end - at, sequence);
		else if (payload == PAYLOAD_VERIFY)
			payload_fill(side->next_tx, end - at, side->channel.side,
				sequence, at);
		error = mechanism->send(&side->channel, end - at);
		if (error)
			return error;
		at = end;
	}
	return 0;
}

static int exchange_pieces(
	struct side *side, const struct slice *slice, enum payload payload)
{
	int error = send_pieces(side, slice, payload);

	if (!error)
		error = recv_one(side, slice->size, payload);
	return error ? error : let_go(side);
}

static ALWAYS_INLINE int exchange(struct side *side, const struct slice *slice,
	enum payload payload, enum manner manner)
{
	return manner == PLAIN       ? exchange_plain(side, slice->size, payload)
	       : manner == CONNECTED ? exchange_connected(side, slice->size, payload)
				     : exchange_pieces(side, slice, payload);
}

/* Short gaps are spun away; in longer ones this CPU idles too, as a real client would.
 * What that costs is kept apart. */
static void idle(struct side *side, uint64_t gap_ns)
{
	struct cost before, after;
	const struct timespec gap = { .tv_sec = (time_t)(gap_ns / 1000000000),
		.tv_nsec = (long)(gap_ns % 1000000000) };
	uint64_t end = clock_now_ns() + gap_ns;

	counters_read(side->counters, &before);
	if (gap_ns >= 20000)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &gap, NULL);
	while (clock_now_ns() < end)
		;
	counters_read(side->counters, &after);
	cost_add_difference(&side->idle, &before, &after);
}

static ALWAYS_INLINE int ping(struct side *side, const struct slice *slice,
	struct report *report, enum payload payload, enum manner manner)
{
	uint64_t in_batch = 0;
	uint64_t start, before, now, end;
	int error = prepare(side, slice->size);

	if (error)
		return error;
	for (uint64_t i = 0; i < slice->handover; i++) {
		error = exchange(side, slice, payload, manner);
		if (error)
			return error;
	}
	if (slice->gap_ns)
		idle(side, slice->gap_ns);
	start = before = clock_stamp(side->clock);
	end = start + clock_ticks(side->clock, slice->duration_ns);
	for (;;) {
		error = exchange(side, slice, payload, manner);
		if (error)
			return error;
		if (++in_batch < slice->batch)
			continue;
		in_batch = 0;
		now = clock_stamp(side->clock);
		measure_sample(side, now - before);
		before = now;
		if (now >= end || side->sample_count == SAMPLES_MAX)
			break;
		if (slice->gap_ns) {
			idle(side, slice->gap_ns);
			before = clock_stamp(side->clock);
		}
	}
	report->messages = side->sample_count * slice->batch;
	report->bytes = report->messages * slice->size;
	report->elapsed_ns = (uint64_t)((double)(now - start) * side->clock->ns_per_tick);
	report->cost_messages = slice->handover + report->messages + 1;
	announce_last(side, side->sent);
	return exchange(side, slice, payload, manner);
}

/* Answers first and lets go of the question afterwards. */
static ALWAYS_INLINE int answer(struct side *side, size_t size, enum payload payload)
{
	int error = recv_one(side, size, payload);

	if (!error)
		error = send_prepared(side, size, payload);
	if (!error)
		error = let_go(side);
	return error;
}

static int answer_connected(struct side *side, size_t size, enum payload payload)
{
	const struct mechanism *mechanism = side->channel.mechanism;
	int error = mechanism->dial(&side->channel);

	if (!error)
		error = answer(side, size, payload);
	return error ? error : mechanism->hang_up(&side->channel);
}

static ALWAYS_INLINE int pong(struct side *side, const struct slice *slice,
	struct report *report, enum payload payload, enum manner manner)
{
	uint64_t first = side->received;
	uint64_t sequence;
	int error = prepare(side, slice->size);

	while (!error) {
		sequence = side->received;
		error = manner == CONNECTED ? answer_connected(side, slice->size, payload)
					    : answer(side, slice->size, payload);
		if (error || was_last(side, sequence))
			break;
		error = prepare(side, slice->size);
	}
	report->cost_messages = side->received - first;
	return error;
}

/* Floors do `batch` exchanges, or messages, in one call; the stop rule counts calls. */
static int work_latency(
	struct side *side, const struct slice *slice, struct report *report)
{
	const struct mechanism *mechanism = side->channel.mechanism;
	uint64_t calls = 0, start, before, now, end;
	uint64_t sequence;
	int error;

	if (side->channel.side == 1) {
		do {
			sequence = side->received++;
			error = mechanism->work(
				&side->channel, slice->size, slice->batch);
			calls++;
			atomic_thread_fence(memory_order_acquire);
		} while (!error && !was_last(side, sequence));
		report->cost_messages = calls * slice->batch;
		return error;
	}
	side->sent++;
	error = mechanism->work(&side->channel, slice->size, slice->batch);
	start = before = clock_stamp(side->clock);
	end = start + clock_ticks(side->clock, slice->duration_ns);
	do {
		side->sent++;
		if (error)
			return error;
		error = mechanism->work(&side->channel, slice->size, slice->batch);
		now = clock_stamp(side->clock);
		measure_sample(side, now - before);
		before = now;
	} while (now < end && side->sample_count < SAMPLES_MAX);
	report->messages = side->sample_count * slice->batch;
	report->elapsed_ns = (uint64_t)((double)(now - start) * side->clock->ns_per_tick);
	report->cost_messages = report->messages + 2 * slice->batch;
	announce_last(side, side->sent++);
	return error ? error : mechanism->work(&side->channel, slice->size, slice->batch);
}

static ALWAYS_INLINE int plain_ping(struct side *side, const struct slice *slice,
	struct report *report, enum payload payload)
{
	return ping(side, slice, report, payload, PLAIN);
}

static ALWAYS_INLINE int plain_pong(struct side *side, const struct slice *slice,
	struct report *report, enum payload payload)
{
	return pong(side, slice, report, payload, PLAIN);
}

int measure_latency(struct side *side, const struct slice *slice, struct report *report)
{
	if (side->channel.mechanism->work)
		return work_latency(side, slice, report);
	if (slice->kind == SLICE_CONNECT)
		return side->channel.side == 0
			       ? ping(side, slice, report, side->payload, CONNECTED)
			       : pong(side, slice, report, side->payload, CONNECTED);
	if (slice->kind == SLICE_PIECES)
		return side->channel.side == 0
			       ? ping(side, slice, report, side->payload, IN_PIECES)
			       : pong(side, slice, report, side->payload, PLAIN);
	return side->channel.side == 0 ? BY_PAYLOAD(plain_ping) : BY_PAYLOAD(plain_pong);
}

void measure_fold(struct side *side, const struct slice *slice)
{
	histogram_add_scaled(&side->control->histograms[slice->slot], side->samples,
		side->sample_count, side->clock->ns_per_tick);
	side->sample_count = 0;
}
