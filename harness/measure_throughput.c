/* measure_throughput.c: messages in one direction, timed at the receiver. */
#include "harness/measure.h"

/* Looks at the clock every slice->batch messages. At least one comes after the hand-over,
 * or there would be nothing to time. */
static int stream_out(struct side *side, const struct slice *slice, struct report *report)
{
	uint64_t first = side->sent;
	uint64_t end = clock_stamp(side->clock) +
		       clock_ticks(side->clock, slice->duration_ns);
	int error;

	do {
		error = send_some(side, slice->size, slice->batch);
		if (error)
			return error;
	} while (side->sent - first <= slice->handover || clock_stamp(side->clock) < end);
	announce_last(side, side->sent);
	error = send_some(side, slice->size, 1);
	report->cost_messages = side->sent - first;
	return error;
}

/* Whether the next message of a stream shall be the last one. */
static ALWAYS_INLINE bool is_time_up(struct side *side, const struct slice *slice,
	uint64_t first, uint64_t end, uint64_t *in_batch)
{
	if (++*in_batch < slice->batch)
		return false;
	*in_batch = 0;
	return side->sent - first > slice->handover && clock_stamp(side->clock) >= end;
}

/* The same with a buffer in user space: messages are written one behind the other and
 * leave together. The last one of the slice leaves alone, after all others. */
static ALWAYS_INLINE int joined_out(struct side *side, const struct slice *slice,
	struct report *report, enum payload payload)
{
	const struct mechanism *mechanism = side->channel.mechanism;
	uint64_t first = side->sent;
	uint64_t end = clock_stamp(side->clock) +
		       clock_ticks(side->clock, slice->duration_ns);
	uint64_t in_batch = 0;
	size_t room = (size_t)slice->coalesce * slice->size;
	size_t used = 0;
	bool is_last;

	do {
		int error = 0;

		is_last = is_time_up(side, slice, first, end, &in_batch);
		if (is_last && used) {
			error = mechanism->send(&side->channel, used);
			used = 0;
		}
		if (is_last)
			announce_last(side, side->sent);
		transfer_fill(&side->channel, side->channel.tx + used, slice->size,
			side->sent++, payload);
		used += slice->size;
		if (!error && (is_last || used == room)) {
			error = mechanism->send(&side->channel, used);
			used = 0;
		}
		if (error)
			return error;
	} while (!is_last);
	report->cost_messages = side->sent - first;
	return 0;
}

/* Fills in what a receiver timed from the end of the hand-over to the last byte. */
static void report_stream(struct side *side, struct report *report, uint64_t ticks,
	uint64_t messages, uint64_t bytes, uint64_t all_messages)
{
	report->messages = messages;
	report->bytes = bytes;
	report->elapsed_ns = (uint64_t)((double)ticks * side->clock->ns_per_tick);
	report->cost_messages = all_messages;
}

/* Receives messages until `count` have come or the last one of the slice has. Returns
 * -errno, 0 or 1 after the last. */
static int recv_some(struct side *side, size_t size, uint64_t count)
{
	const struct mechanism *mechanism = side->channel.mechanism;
	struct transfer transfer = { .size = size,
		.sequence = side->received,
		.end = side->received + count,
		.payload = side->payload,
		.last = &side->control->last };
	int result;

	if (mechanism->recv_some)
		result = mechanism->recv_some(&side->channel, &transfer);
	else
		result = transfer_recv(&side->channel, &transfer,
			(struct transfer_ops) {
				.recv = mechanism->recv, .release = mechanism->release });
	side->received = transfer.sequence;
	return result;
}

static int messages_in(
	struct side *side, const struct slice *slice, struct report *report)
{
	uint64_t first = side->received;
	uint64_t start, count;
	int result = recv_some(side, slice->size, slice->handover);

	start = clock_stamp(side->clock);
	if (!result)
		result = recv_some(side, slice->size, UINT64_MAX - side->received);
	if (result < 0)
		return result;
	count = side->received - first;
	report_stream(side, report, clock_stamp(side->clock) - start,
		count - slice->handover, (count - slice->handover) * slice->size, count);
	return 0;
}

/* Looks at `len` bytes of a stream that may belong to several messages. */
static ALWAYS_INLINE int look_stream(struct side *side, const unsigned char *rx,
	size_t len, uint64_t first, uint64_t position, size_t size, enum payload payload)
{
	if (payload != PAYLOAD_VERIFY)
		return transfer_look(&side->channel, rx, len, 0, 0, size, payload);
	while (len) {
		size_t offset = (size_t)(position % size);
		size_t part = size - offset < len ? size - offset : len;
		int error = transfer_look(&side->channel, rx, part,
			first + position / size, offset, size, payload);

		if (error)
			return error;
		rx += part;
		position += part;
		len -= part;
	}
	return 0;
}

/* A stream has no messages: reads of up to `chunk` bytes, whatever they hold. */
static ALWAYS_INLINE int bytes_in(struct side *side, const struct slice *slice,
	struct report *report, enum payload payload)
{
	const struct mechanism *mechanism = side->channel.mechanism;
	uint64_t first = side->received;
	uint64_t start = 0, start_position = 0, position = 0, last;
	bool is_started = false;

	do {
		const void *rx;
		size_t len;
		int error = mechanism->recv(&side->channel, slice->chunk, &rx, &len);

		if (!error)
			error = look_stream(
				side, rx, len, first, position, slice->size, payload);
		if (!error)
			error = let_go(side);
		if (error)
			return error;
		position += len;
		if (!is_started && position >= slice->handover * slice->size) {
			is_started = true;
			start_position = position;
			start = clock_stamp(side->clock);
		}
		atomic_thread_fence(memory_order_acquire);
		last = atomic_load_explicit(&side->control->last, memory_order_relaxed);
	} while (last == STOP_UNKNOWN || position < (last - first + 1) * slice->size);
	side->received = last + 1;
	report_stream(side, report, clock_stamp(side->clock) - start,
		(position - start_position) / slice->size, position - start_position,
		last - first + 1);
	return 0;
}

static int work_throughput(
	struct side *side, const struct slice *slice, struct report *report)
{
	const struct mechanism *mechanism = side->channel.mechanism;
	bool is_timed = side->channel.side == 1 || (mechanism->caps & CAP_SOLO);
	bool is_sender = side->channel.side == 0;
	uint64_t end = clock_stamp(side->clock) +
		       clock_ticks(side->clock, slice->duration_ns);
	uint64_t calls = 0, start = 0;
	uint64_t sequence;

	do {
		int error;

		sequence = is_sender ? side->sent++ : side->received++;
		if (is_sender && calls >= 2 && clock_stamp(side->clock) >= end)
			announce_last(side, sequence);
		error = mechanism->work(&side->channel, slice->size, slice->batch);
		if (error)
			return error;
		if (++calls == 1)
			start = clock_stamp(side->clock);
		atomic_thread_fence(memory_order_acquire);
	} while (!was_last(side, sequence));
	report->cost_messages = calls * slice->batch;
	if (is_timed)
		report_stream(side, report, clock_stamp(side->clock) - start,
			(calls - 1) * slice->batch,
			(calls - 1) * slice->batch * slice->size, calls * slice->batch);
	return 0;
}

int measure_throughput(
	struct side *side, const struct slice *slice, struct report *report)
{
	if (side->channel.mechanism->work)
		return work_throughput(side, slice, report);
	if (side->channel.side == 0)
		return slice->coalesce > 1 ? BY_PAYLOAD(joined_out)
					   : stream_out(side, slice, report);
	if (side->channel.mechanism->caps & CAP_BOUNDARIES)
		return messages_in(side, slice, report);
	return BY_PAYLOAD(bytes_in);
}
