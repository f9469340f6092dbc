#include "harness/launch_row.h"

#include <inttypes.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "harness/statistics.h"
#include "harness/vocabulary.h"

static void put_now(char field[ROW_TEXT])
{
	time_t now = time(NULL);
	struct tm utc;

	gmtime_r(&now, &utc);
	strftime(field, ROW_TEXT, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

/* The effective policy: what "inherit" means is asked. */
static void put_sched(char field[ROW_TEXT], const struct sched *sched)
{
	struct sched_param parameter = { 0 };
	int policy = sched->policy == SCHED_POLICY_FIFO ? SCHED_FIFO : SCHED_OTHER;

	parameter.sched_priority = sched->priority;
	if (sched->policy == SCHED_INHERIT) {
		policy = sched_getscheduler(0);
		sched_getparam(0, &parameter);
	}
	switch (policy) {
	case SCHED_FIFO:
		snprintf(field, ROW_TEXT, "fifo:%d", parameter.sched_priority);
		break;
	case SCHED_RR:
		snprintf(field, ROW_TEXT, "rr:%d", parameter.sched_priority);
		break;
	case SCHED_BATCH:
		row_text(field, "batch");
		break;
	case SCHED_IDLE:
		row_text(field, "idle");
		break;
	default:
		row_text(field, "other");
	}
}

static void put_settings(char field[ROW_TEXT], const struct mechanism *mechanism,
	const int64_t settings[MECHANISM_SETTINGS])
{
	size_t used = 0;

	field[0] = '\0';
	for (int i = 0; mechanism->settings && mechanism->settings[i].name; i++)
		if (settings[i] != SETTING_UNSET && used < ROW_TEXT)
			used += (size_t)snprintf(field + used, ROW_TEXT - used,
				"%s%s=%" PRId64, used ? ";" : "",
				mechanism->settings[i].name, settings[i]);
}

/* What is known before anything ran. */
static void put_case(const struct launch_spec *spec, const struct planned *planned,
	size_t number, size_t size, struct result_row *row)
{
	const struct placement *placement = &spec->pairs[0].placement;
	const struct mechanism *mechanism = planned->mechanism;
	bool is_floor = mechanism->caps & CAP_FLOOR;

	row_clear(&result_table, row);
	row->launch = (int64_t)number;
	put_now(row->utc);
	row_text(row->mechanism, mechanism->name);
	row_text(row->test, test_names[planned->test]);
	row->size_bytes = (int64_t)spec->sizes[size];
	row_text(row->placement, placement->name);
	row_text(row->relation, placement->relation);
	if (placement->cpu[0] >= 0) {
		row->cpu_a = placement->cpu[0];
		row->cpu_b = placement->cpu[1];
	}
	if (placement->node[0] >= 0)
		row->node_a = placement->node[0];
	if (placement->node[1] >= 0)
		row->node_b = placement->node[1];
	if (planned->test == TEST_PIECES)
		row->pieces = (int64_t)spec->pieces;
	if (planned->test == TEST_CAPACITY)
		row_text(row->payload, payload_names[PAYLOAD_VERIFY]);
	else if (planned->test != TEST_MEMORY && (mechanism->caps & CAP_PAYLOAD) &&
		 !is_floor)
		row_text(row->payload, payload_names[spec->pairs[0].payload]);
	row->gap_ns = (int64_t)spec->gap_ns;
	if (planned->test == TEST_THROUGHPUT &&
		!(mechanism->caps & (CAP_BOUNDARIES | CAP_FLOOR)))
		row->chunk_bytes = (int64_t)(spec->chunk ? spec->chunk
							 : spec->sizes[size]);
	if (planned->test == TEST_THROUGHPUT && launch_can_coalesce(mechanism))
		row->coalesce = spec->coalesce > 1 ? (int64_t)spec->coalesce : 1;
	put_sched(row->sched, &spec->pairs[0].sched);
	put_settings(row->settings, mechanism, spec->pairs[0].settings);
	if (planned->sweep >= 0) {
		row_text(row->sweep_setting, mechanism->settings[planned->sweep].name);
		if (planned->sweep_value != SETTING_UNSET)
			row->sweep_wanted = planned->sweep_value;
	}
}

/* The headline of a pair: the median of batches where there are some. */
static double median_of(struct launch *launch, size_t pair, size_t size)
{
	const struct histogram *singles = launch_singles(launch, pair, size);
	const struct histogram *batches = launch_batches(launch, pair, size);

	return batches->count ? histogram_quantile(batches, .5) /
					(double)launch->measured[pair][size].batch
			      : histogram_quantile(singles, .5);
}

static void put_latency(struct launch *launch, size_t size, struct result_row *row)
{
	const struct measured *measured = &launch->measured[0][size];
	const struct histogram *singles = launch_singles(launch, 0, size);
	static const double quantiles[] = { .01, .05, .25, .5, .75, .95, .99, .999 };
	double *const fields[] = { &row->p01_ns, &row->p05_ns, &row->p25_ns, &row->p50_ns,
		&row->p75_ns, &row->p95_ns, &row->p99_ns, &row->p999_ns };

	row->batch = (int64_t)measured->batch;
	row->samples = (int64_t)singles->count;
	row->median_ns = median_of(launch, 0, size);
	if (!singles->count)
		return;
	row->mean_ns = histogram_mean(singles);
	row->min_ns = (double)singles->min;
	row->max_ns = (double)singles->max;
	/* A percentile that rests on fewer than ten samples beyond it is left out. */
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		double beyond = quantiles[i] < .5 ? quantiles[i] : 1 - quantiles[i];

		if (quantiles[i] == .5 || beyond * (double)singles->count >= 10)
			*fields[i] = histogram_quantile(singles, quantiles[i]);
	}
}

/* A sample is a burst, so that there are no percentiles of one message. */
static void put_send(struct launch *launch, size_t size, struct result_row *row)
{
	const struct measured *measured = &launch->measured[0][size];
	const struct histogram *singles = launch_singles(launch, 0, size);
	const struct histogram *batches = launch_batches(launch, 0, size);

	row->batch = (int64_t)measured->batch;
	row->samples = (int64_t)(batches->count ? batches->count : singles->count);
	row->median_ns = median_of(launch, 0, size);
	if (measured->messages)
		row->mean_ns = (double)measured->elapsed_ns / (double)measured->messages;
}

static void put_memory(const struct memory_cost *memory, struct result_row *row)
{
	row->channels = (int64_t)memory->channels;
	row->memory_bytes = memory->rest_bytes;
	row->memory_used_bytes = memory->used_bytes;
	row->memory_noise_bytes = memory->noise_bytes;
	row->page_faults = memory->faults;
}

static void put_canary(struct launch *launch, size_t size, struct result_row *row)
{
	if (launch->spec.pair_count < 2 || !launch->pairs[1] ||
		launch->measured[1][size].outcome != OUTCOME_OK)
		return;
	row_text(row->canary, launch->spec.pairs[1].mechanism->name);
	row->canary_ns = median_of(launch, 1, size);
}

static void put_throughput(const struct measured *measured, struct result_row *row)
{
	double values[LAUNCH_SLICES];
	double bytes_a_message = (double)row->size_bytes;

	memcpy(values, measured->slice_values, sizeof values);
	row->messages_per_s = statistics_median(values, measured->slice_value_count);
	row->bytes_per_s = row->messages_per_s * bytes_a_message;
	row->median_ns = 1e9 / row->messages_per_s;
}

static void put_capacity(const struct launch *launch, const struct planned *planned,
	const struct measured *measured, struct result_row *row)
{
	const struct capacity *capacity = &measured->capacity;

	row->capacity_bytes = (int64_t)capacity->bytes;
	row->capacity_messages = (int64_t)capacity->messages;
	if (!capacity->is_unbounded)
		row->reopen_bytes = (int64_t)capacity->reopen_bytes;
	row->is_exact = (planned->mechanism->caps & CAP_EXACT_CAPACITY) != 0;
	if (planned->sweep >= 0)
		row->sweep_value =
			pair_channel(launch->pairs[0])->settings[planned->sweep];
}

static void put_cost(const struct measured *measured, struct result_row *row)
{
	double *const user[] = { &row->user_a_ns, &row->user_b_ns };
	double *const system[] = { &row->system_a_ns, &row->system_b_ns };
	double *const voluntary[] = { &row->voluntary_a, &row->voluntary_b };
	double *const involuntary[] = { &row->involuntary_a, &row->involuntary_b };
	double *const cycles[] = { &row->cycles_a, &row->cycles_b };
	double *const instructions[] = { &row->instructions_a, &row->instructions_b };

	for (unsigned side = 0; side < 2; side++) {
		const struct cost *cost = &measured->cost[side];
		double messages = (double)measured->cost_messages[side];

		if (!cost->pieces || !(messages > 0))
			continue;
		*user[side] = (double)cost->user_ns / messages;
		*system[side] = (double)cost->system_ns / messages;
		*voluntary[side] = (double)cost->voluntary / messages;
		*involuntary[side] = (double)cost->involuntary / messages;
		if (!cost->has_hardware)
			continue;
		*cycles[side] = (double)cost->cycles / messages;
		*instructions[side] = (double)cost->instructions / messages;
		row->is_user_only = row->is_user_only == 1 || cost->is_user_only;
	}
}

void launch_row(struct launch *launch, const struct planned *planned, size_t number,
	size_t size, unsigned attempt, const char *retry_cause, const struct clock *clock,
	struct result_row *row)
{
	const struct measured *measured = &launch->measured[0][size];

	put_case(&launch->spec, planned, number, size, row);
	row->attempt = attempt;
	row_text(row->clock, clock->is_tsc ? "tsc" : "monotonic");
	row_text(row->retry_cause, retry_cause ? retry_cause : "");
	row_text(row->status, outcome_names[measured->outcome]);
	row_text(row->reason, measured->why.text);
	row->clock_drift_ppm = clock->is_tsc ? launch->clock_drift_ppm : NAN;
	row->steal_ms = launch->steal_ms;
	if (launch->pairs[0])
		put_settings(row->settings, planned->mechanism,
			pair_channel(launch->pairs[0])->settings);
	if (measured->outcome != OUTCOME_OK && measured->outcome != OUTCOME_INCONCLUSIVE)
		return;
	row->slices = measured->slices;
	if (planned->test == TEST_CAPACITY) {
		put_capacity(launch, planned, measured, row);
		return;
	}
	if (planned->test == TEST_MEMORY) {
		if (measured->outcome == OUTCOME_OK)
			put_memory(&measured->memory, row);
		return;
	}
	row->messages = (int64_t)measured->messages;
	row->bytes = (int64_t)measured->bytes;
	row->elapsed_ns = (double)measured->elapsed_ns;
	put_cost(measured, row);
	if (launch_is_round_trip(planned->test)) {
		put_latency(launch, size, row);
		put_canary(launch, size, row);
	} else if (planned->test == TEST_SEND) {
		put_send(launch, size, row);
	} else {
		put_throughput(measured, row);
	}
}

void launch_row_skipped(const struct launch_spec *spec, const struct planned *planned,
	size_t number, size_t size, const char *reason, struct result_row *row)
{
	put_case(spec, planned, number, size, row);
	row->attempt = 1;
	row_text(row->status, outcome_names[OUTCOME_SKIPPED]);
	row_text(row->reason, reason);
}
