#include "harness/launch.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "harness/base/random.h"
#include "harness/environment.h"
#include "harness/side.h"

const char *const outcome_names[] = { "ok", "skipped", "failed", "inconclusive" };

#define DRIFT_PPM 100.0

struct histogram *launch_singles(struct launch *launch, size_t pair, size_t size)
{
	return pair_histogram(launch->pairs[pair], 2 * size);
}

struct histogram *launch_batches(struct launch *launch, size_t pair, size_t size)
{
	return pair_histogram(launch->pairs[pair], 2 * size + 1);
}

/* The side whose clock timed the slice. */
static unsigned timing_side(const struct launch_spec *spec, size_t pair)
{
	bool is_solo = spec->pairs[pair].mechanism->caps & CAP_SOLO;

	return spec->test == TEST_THROUGHPUT && !is_solo ? 1 : 0;
}

static void fail_size(struct launch *launch, size_t pair, size_t size,
	enum outcome outcome, const struct why *why)
{
	launch->measured[pair][size].outcome = outcome;
	launch->measured[pair][size].why = *why;
}

/* Nothing more can be measured: every size of every pair that is still open fails. What
 * is found at once stands where it was found. */
static void fail_all(struct launch *launch, const struct why *why, int error)
{
	for (size_t pair = 0; pair < launch->spec.pair_count; pair++)
		for (size_t size = 0; size < launch->spec.size_count; size++) {
			const struct measured *measured = &launch->measured[pair][size];

			if (launch_is_found_at_once(&launch->spec) && measured->slices)
				continue;
			if (measured->outcome == OUTCOME_OK)
				fail_size(launch, pair, size, OUTCOME_FAILED, why);
		}
	launch->is_interrupted = error == -EINTR;
}

static bool is_open(const struct launch *launch, size_t pair, size_t size)
{
	return launch->measured[pair][size].outcome == OUTCOME_OK;
}

/* How many messages of the pair leave in one send. */
static size_t coalesced(const struct launch_spec *spec, size_t pair)
{
	return spec->test == TEST_THROUGHPUT && spec->coalesce > 1 &&
			       launch_can_coalesce(spec->pairs[pair].mechanism)
		       ? (size_t)spec->coalesce
		       : 1;
}

/* Refuses what would be too much in one send, of a size. */
static void check_coalesced(struct launch *launch, size_t pair, size_t size)
{
	size_t count = coalesced(&launch->spec, pair);
	size_t bytes = launch->spec.sizes[size];
	struct why why = { "" };

	if (count == 1 || bytes <= COALESCE_BYTES / count)
		return;
	why_say(&why, 0,
		"%zu messages of %zu bytes are more than one send may take (--batch, %zu MiB)",
		count, bytes, COALESCE_BYTES >> 20);
	fail_size(launch, pair, size, OUTCOME_SKIPPED, &why);
}

/* What cannot be cut into so many pieces leaves in fewer, and would be another test. */
static void check_pieces(struct launch *launch, size_t pair, size_t size)
{
	const struct launch_spec *spec = &launch->spec;
	struct why why = { "" };

	if (spec->test != TEST_PIECES || spec->sizes[size] >= spec->pieces)
		return;
	why_say(&why, 0, "a message of %zu bytes does not make %llu pieces (--pieces)",
		spec->sizes[size], (unsigned long long)spec->pieces);
	fail_size(launch, pair, size, OUTCOME_SKIPPED, &why);
}

/* What a message of the size is to this pair: a canary may carry none. */
static size_t bytes_of(const struct launch_spec *spec, size_t pair, size_t size)
{
	return spec->pairs[pair].mechanism->caps & CAP_PAYLOAD ? spec->sizes[size] : 0;
}

/* The largest send of a pair; 0 where no size is left. */
static size_t largest_send(const struct launch *launch, size_t pair)
{
	const struct launch_spec *spec = &launch->spec;
	size_t largest = 0;

	for (size_t i = 0; i < spec->size_count; i++)
		if (is_open(launch, pair, i) && bytes_of(spec, pair, i) > largest)
			largest = bytes_of(spec, pair, i);
	return largest * coalesced(spec, pair);
}

static int start_pairs(const struct pair_context *context, struct launch *launch,
	uint64_t deadline_ns, struct why *why)
{
	struct launch_spec *spec = &launch->spec;

	for (size_t i = 0; i < spec->pair_count; i++) {
		const struct channel *channel;
		size_t largest;
		int error;

		for (size_t size = 0; size < spec->size_count; size++) {
			check_coalesced(launch, i, size);
			check_pieces(launch, i, size);
		}
		largest = largest_send(launch, i);
		spec->pairs[i].size_max = largest;
		spec->pairs[i].chunk_max = spec->chunk > largest ? spec->chunk : largest;
		spec->pairs[i].slots = 2 * spec->size_count;
		error = pair_start(
			context, &spec->pairs[i], deadline_ns, &launch->pairs[i], why);
		if (error)
			return error;
		channel = pair_channel(launch->pairs[i]);
		for (size_t size = 0; size < spec->size_count; size++)
			if (is_open(launch, i, size) &&
				bytes_of(spec, i, size) * coalesced(spec, i) >
					channel->size_max)
				fail_size(launch, i, size, OUTCOME_SKIPPED,
					&channel->size_limit);
	}
	return 0;
}

static const enum slice_kind slice_kinds[TESTS] = {
	[TEST_LATENCY] = SLICE_LATENCY,
	[TEST_THROUGHPUT] = SLICE_THROUGHPUT,
	[TEST_CAPACITY] = SLICE_CAPACITY,
	[TEST_CONNECT] = SLICE_CONNECT,
	[TEST_SEND] = SLICE_SEND,
	[TEST_PIECES] = SLICE_PIECES,
};

static struct slice plan_slice(const struct launch *launch, size_t pair, size_t size)
{
	const struct launch_spec *spec = &launch->spec;
	size_t largest = spec->pairs[pair].size_max;
	size_t bytes = bytes_of(spec, pair, size);

	return (struct slice) { .kind = slice_kinds[spec->test],
		.size = bytes,
		.duration_ns = launch_slice_planned_ns(spec),
		.handover = 1,
		.batch = 1,
		.gap_ns = spec->gap_ns,
		.chunk = spec->test == TEST_CAPACITY ? largest
			 : spec->chunk               ? spec->chunk
						     : bytes,
		.coalesce = coalesced(spec, pair),
		.pieces = spec->pieces,
		.slot = 2 * size };
}

/* Where not one message fits, its sender would wait for the receiver. */
static void check_room(
	struct launch *launch, size_t pair, size_t size, const struct report *report)
{
	struct why why = { "" };

	if (launch->spec.test != TEST_SEND || report->room)
		return;
	why_say(&why, 0,
		"%s does not take a message of %zu bytes whole while nobody reads, so that its "
		"sender waits for the receiver",
		launch->spec.pairs[pair].mechanism->title, launch->spec.sizes[size]);
	fail_size(launch, pair, size, OUTCOME_SKIPPED, &why);
}

/* One short slice a size, in shuffled order, none of it kept. */
static int warm_up(struct launch *launch, struct why *why)
{
	const struct launch_spec *spec = &launch->spec;
	size_t order[LAUNCH_SIZES];

	for (size_t i = 0; i < spec->size_count; i++)
		order[i] = i;
	for (size_t pair = 0; pair < spec->pair_count; pair++) {
		random_shuffle(&launch->random, order, spec->size_count, sizeof order[0]);
		for (size_t i = 0; i < spec->size_count; i++) {
			size_t size = order[i];
			struct slice slice = plan_slice(launch, pair, size);
			const struct report *report;
			int error;

			if (!is_open(launch, pair, size))
				continue;
			slice.is_warm_up = true;
			slice.gap_ns = 0;
			slice.duration_ns = spec->warm_up_ns / spec->size_count;
			error = pair_slice(
				launch->pairs[pair], &slice, launch->deadline_ns, why);
			if (error)
				return error;
			report = pair_report(
				launch->pairs[pair], timing_side(spec, pair));
			launch->paces[pair][size] = launch_pace(
				spec, spec->sizes[size], report);
			check_room(launch, pair, size, report);
		}
	}
	return 0;
}

static void keep_cost(struct launch *launch, size_t pair, size_t size)
{
	struct measured *measured = &launch->measured[pair][size];

	for (unsigned side = 0; side < 2; side++) {
		const struct report *report = pair_report(launch->pairs[pair], side);

		cost_add(&measured->cost[side], &report->cost);
		measured->cost_messages[side] += report->cost_messages;
		if (report->left_cpu)
			launch->retry_cause = "a side was found on another CPU";
	}
}

/* Runs one timed slice of one pair and size and keeps what it gave. Of a stream a slice
 * may time parts of messages, which are as good as whole ones. */
static int time_slice(
	struct launch *launch, size_t pair, size_t size, unsigned number, struct why *why)
{
	const struct launch_spec *spec = &launch->spec;
	const struct pace *pace = &launch->paces[pair][size];
	struct measured *measured = &launch->measured[pair][size];
	struct slice slice = plan_slice(launch, pair, size);
	const struct report *report;
	int error;

	slice.handover = pace->handover;
	slice.batch = pace->batch;
	if (spec->test != TEST_THROUGHPUT && pace->batch > 1) {
		/* Batches for the headline, round trips one by one for the percentiles,
		 * in turns. */
		if (number % 2 == 0 || spec->test == TEST_SEND)
			slice.slot = 2 * size + 1;
		else
			slice.batch = 1;
	}
	error = pair_slice(launch->pairs[pair], &slice, launch->deadline_ns, why);
	if (error)
		return error;
	report = pair_report(launch->pairs[pair], timing_side(spec, pair));
	measured->batch = spec->test == TEST_THROUGHPUT ? 1 : pace->batch;
	measured->slices++;
	measured->messages += report->messages;
	measured->bytes += report->bytes;
	measured->elapsed_ns += report->elapsed_ns;
	if (spec->test == TEST_THROUGHPUT && report->elapsed_ns && report->bytes)
		measured->slice_values[measured->slice_value_count++] =
			1e9 * (double)report->bytes / (double)slice.size /
			(double)report->elapsed_ns;
	keep_cost(launch, pair, size);
	return 0;
}

static int time_slices(struct launch *launch, struct why *why)
{
	const struct launch_spec *spec = &launch->spec;
	struct {
		uint16_t size, number;
	} order[LAUNCH_SIZES * LAUNCH_SLICES];
	size_t count = 0;

	for (uint16_t size = 0; size < spec->size_count; size++)
		for (uint16_t number = 0; number < spec->slices; number++) {
			order[count].size = size;
			order[count++].number = number;
		}
	random_shuffle(&launch->random, order, count, sizeof order[0]);
	for (size_t i = 0; i < count; i++) {
		size_t size = order[i].size;
		size_t first = (size_t)random_below(&launch->random, spec->pair_count);

		for (size_t turn = 0; turn < spec->pair_count; turn++) {
			size_t pair = (first + turn) % spec->pair_count;
			int error;

			if (!is_open(launch, pair, size))
				continue;
			error = time_slice(launch, pair, size, order[i].number, why);
			if (error)
				return error;
		}
	}
	return 0;
}

/* Reads of large chunks may take in all of a slice at once, the hand-over with it. */
static void check_rates(struct launch *launch)
{
	struct why why = { "" };

	why_say(&why, 0,
		"every slice arrived in one piece, so there was nothing to time; take a "
		"longer --slice or a smaller --chunk");
	for (size_t pair = 0; pair < launch->spec.pair_count; pair++)
		for (size_t size = 0; size < launch->spec.size_count; size++)
			if (is_open(launch, pair, size) &&
				!launch->measured[pair][size].slice_value_count)
				fail_size(launch, pair, size, OUTCOME_INCONCLUSIVE, &why);
}

static int find_capacity(struct launch *launch, size_t pair, size_t size, struct why *why)
{
	struct measured *measured = &launch->measured[pair][size];
	struct slice slice = plan_slice(launch, pair, size);
	int error = pair_slice(launch->pairs[pair], &slice, launch->deadline_ns, why);

	if (error)
		return error;
	measured->capacity = *pair_capacity(launch->pairs[pair]);
	measured->slices = 1;
	if (measured->capacity.is_unbounded) {
		measured->outcome = OUTCOME_INCONCLUSIVE;
		why_say(&measured->why, 0,
			"still accepting after %u s: %llu bytes in %llu writes",
			CAPACITY_FILL_S, (unsigned long long)measured->capacity.bytes,
			(unsigned long long)measured->capacity.messages);
	}
	return 0;
}

/* Its processes are its own; there is no pair. */
static int find_memory(struct launch *launch, size_t size, struct why *why)
{
	struct measured *measured = &launch->measured[0][size];
	struct pair_spec pair = launch->spec.pairs[0];
	int error;

	pair.size_max = pair.chunk_max = bytes_of(&launch->spec, 0, size);
	error = memory_cost_find(launch->context, &pair, pair.size_max,
		launch->deadline_ns, &measured->memory, why);
	if (error)
		return error;
	measured->slices = 1;
	if (measured->memory.doubt.text[0])
		fail_size(launch, 0, size, OUTCOME_INCONCLUSIVE, &measured->memory.doubt);
	else
		measured->why = measured->memory.used_doubt;
	return 0;
}

static int find_at_once(struct launch *launch, size_t pair, size_t size, struct why *why)
{
	return launch->spec.test == TEST_MEMORY ? find_memory(launch, size, why)
						: find_capacity(launch, pair, size, why);
}

static int find_all(struct launch *launch, struct why *why)
{
	int error = 0;

	for (size_t size = 0; size < launch->spec.size_count && !error; size++)
		if (is_open(launch, 0, size))
			error = find_at_once(launch, 0, size, why);
	return error;
}

static uint64_t steal_ns(const struct placement *placement, bool *is_known)
{
	uint64_t sum = 0;

	for (unsigned side = 0; side < 2; side++) {
		struct cpu_time time;

		if (side == 1 && placement->cpu[0] == placement->cpu[1])
			break;
		if (!environment_cpu_time(placement->cpu[side], &time))
			*is_known = false;
		else
			sum += time.steal_ns;
	}
	return sum;
}

int launch_begin(const struct pair_context *context, const struct launch_spec *spec,
	struct launch *launch, struct why *why)
{
	int error;

	memset(launch, 0, sizeof *launch);
	launch->spec = *spec;
	launch->random = (struct random) { spec->seed };
	launch->context = context;
	launch->clock = context->clock;
	launch->start = clock_point(context->clock);
	launch->is_steal_known = true;
	launch->start_steal_ns = steal_ns(
		&spec->pairs[0].placement, &launch->is_steal_known);
	launch->deadline_ns = clock_now_ns() + 2 * launch_planned_ns(spec) +
			      spec->deadline_ns;
	error = spec->test == TEST_MEMORY
			? 0
			: start_pairs(context, launch, launch->deadline_ns, why);
	if (!error && !launch_is_found_at_once(spec))
		error = warm_up(launch, why);
	if (error)
		fail_all(launch, why, error);
	return error;
}

int launch_slice(
	struct launch *launch, size_t pair, size_t size, unsigned number, struct why *why)
{
	int error = 0;

	if (is_open(launch, pair, size))
		error = launch_is_found_at_once(&launch->spec)
				? find_at_once(launch, pair, size, why)
				: time_slice(launch, pair, size, number, why);
	if (error)
		fail_all(launch, why, error);
	return error;
}

void launch_finish(struct launch *launch)
{
	uint64_t stolen_ns;

	if (launch->spec.test == TEST_THROUGHPUT)
		check_rates(launch);
	launch->clock_drift_ppm = clock_drift_ppm(
		launch->clock, launch->start, clock_point(launch->clock));
	if (launch->clock->is_tsc && fabs(launch->clock_drift_ppm) > DRIFT_PPM)
		launch->retry_cause = "the TSC drifted by more than 100 ppm";
	stolen_ns = steal_ns(&launch->spec.pairs[0].placement, &launch->is_steal_known);
	launch->steal_ms = launch->is_steal_known
				   ? (double)(stolen_ns - launch->start_steal_ns) / 1e6
				   : NAN;
}

void launch_run(const struct pair_context *context, const struct launch_spec *spec,
	struct launch *launch)
{
	struct why why = { "" };
	int error = launch_begin(context, spec, launch, &why);

	if (!error) {
		error = launch_is_found_at_once(spec) ? find_all(launch, &why)
						      : time_slices(launch, &why);
		if (error)
			fail_all(launch, &why, error);
	}
	launch_finish(launch);
}

void launch_end(struct launch *launch)
{
	for (size_t i = 0; i < LAUNCH_PAIRS; i++) {
		pair_stop(launch->pairs[i]);
		launch->pairs[i] = NULL;
	}
}
