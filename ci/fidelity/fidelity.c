/* fidelity.c: what the harness itself costs. Each comparison is a launch with two pairs
 * on the same CPUs, alternated slice by slice: ours, and a bare loop. One launch gives
 * one ratio; the interval is that of the median ratio over the launches. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "ci/fidelity/bare.h"
#include "harness/base/text.h"
#include "harness/environment.h"
#include "harness/interrupt.h"
#include "harness/launch.h"
#include "harness/side.h"
#include "harness/statistics.h"

#define LAUNCHES_MOST 200

struct comparison {
	const char *name, *ours;
	const struct mechanism *bare; /* NULL: the row called `floor` */
	const char *floor;
	enum test test;
	size_t size;
	uint64_t batch;
	double bound;
	bool is_least; /* the ratio must be at least the bound, else at most */
};

static const struct comparison comparisons[] = {
	{ "pipe, 64 B: round trip", "pipe", &bare_pipe, NULL, TEST_LATENCY, 64, 1, 1.03,
		false },
	{ "shm_spin, 64 B: round trip", "shm_spin", &bare_line, NULL, TEST_LATENCY, 64,
		16, 1.10, false },
	{ "shm_spin, 64 KiB: throughput", "shm_spin", NULL, "floor_stream",
		TEST_THROUGHPUT, 65536, 0, 0.90, true },
};

/* The launch-level value of one pair: median round trip in ns, or bytes per second. */
static double value_of(struct launch *launch, size_t pair)
{
	struct measured *measured = &launch->measured[pair][0];

	if (launch->spec.test == TEST_LATENCY) {
		const struct histogram *batches = launch_batches(launch, pair, 0);

		return batches->count
			       ? histogram_quantile(batches, .5) / (double)measured->batch
			       : histogram_quantile(launch_singles(launch, pair, 0), .5);
	}
	return statistics_median(measured->slice_values, measured->slice_value_count) *
	       (double)launch->spec.sizes[0];
}

static void print_value(enum test test, double value)
{
	char text[TEXT_QUANTITY];

	printf("%12s",
		test == TEST_LATENCY ? text_ns(value, text) : text_rate(value, text));
}

static bool compare(const struct pair_context *context,
	const struct comparison *comparison, const struct placement *placement,
	size_t launches)
{
	const struct mechanism *pair[2] = { mechanism_find(comparison->ours),
		comparison->bare ? comparison->bare : mechanism_find(comparison->floor) };
	static double ratios[LAUNCHES_MOST], values[2][LAUNCHES_MOST];
	struct launch *launch = malloc(sizeof *launch);
	struct interval interval;
	size_t count = 0;
	double median;
	bool is_good;

	if (!launch)
		abort();
	for (size_t i = 0; i < launches && !interrupt_signal(); i++) {
		struct launch_spec spec = { .pair_count = 2,
			.test = comparison->test,
			.size_count = 1,
			.sizes = { comparison->size },
			.slice_ns = 5000000,
			.slices = 20,
			.batch = comparison->batch,
			.warm_up_ns = launch_warm_up_ns(pair[0]),
			.deadline_ns = 10000000000,
			.seed = i };

		for (size_t p = 0; p < 2; p++) {
			spec.pairs[p].mechanism = pair[p];
			spec.pairs[p].placement = *placement;
			spec.pairs[p].payload = PAYLOAD_TOUCH;
			mechanism_defaults(pair[p], spec.pairs[p].settings);
		}
		launch_run(context, &spec, launch);
		if (launch->measured[0][0].outcome || launch->measured[1][0].outcome) {
			fprintf(stderr, "fidelity: %s\n",
				launch->measured[0][0].why.text);
		} else {
			for (size_t p = 0; p < 2; p++)
				values[p][count] = value_of(launch, p);
			ratios[count] = values[0][count] / values[1][count];
			count++;
		}
		launch_end(launch);
	}
	free(launch);
	median = statistics_median(ratios, count);
	interval = statistics_median_interval(ratios, count, .95);
	is_good = comparison->is_least ? median >= comparison->bound
				       : median <= comparison->bound;
	printf("%-30s %-12s", comparison->name, placement->name);
	for (size_t p = 0; p < 2; p++)
		print_value(comparison->test, statistics_median(values[p], count));
	printf("  %.3f  %.3f..%.3f  %s %.2f  %s\n", median, interval.low, interval.high,
		comparison->is_least ? ">=" : "<=", comparison->bound,
		is_good ? "reached" : "MISSED");
	fflush(stdout);
	return is_good;
}

/* Stamps with and without a record of them, alternated; then the fold. What is left after
 * the stamps is the cost of one sample. */
static bool sample_cost(const struct clock *clock)
{
	enum { ROUNDS = 31, STAMPS = 20000 };
	struct control *control = calloc(
		1, sizeof *control + sizeof control->histograms[0]);
	static uint32_t samples[SAMPLES_MAX];
	struct side side = { .control = control, .clock = clock, .samples = samples };
	const struct slice slice = { .slot = 0 };
	double costs[ROUNDS], folds[ROUNDS];
	double cost, fold;

	if (!control)
		abort();
	for (size_t round = 0; round < ROUNDS; round++) {
		uint64_t start, bare, recorded, before;

		start = before = clock_stamp(clock);
		for (size_t i = 0; i < STAMPS; i++) {
			uint64_t now = clock_stamp(clock);

			__asm__ volatile("" ::"r"(now - before));
			before = now;
		}
		bare = before - start;
		start = before = clock_stamp(clock);
		for (size_t i = 0; i < STAMPS; i++) {
			uint64_t now = clock_stamp(clock);

			measure_sample(&side, now - before);
			before = now;
		}
		recorded = before - start;
		start = clock_stamp(clock);
		measure_fold(&side, &slice);
		folds[round] = (double)(clock_stamp(clock) - start) * clock->ns_per_tick /
			       STAMPS;
		costs[round] = ((double)recorded - (double)bare) * clock->ns_per_tick /
			       STAMPS;
	}
	free(control);
	cost = statistics_median(costs, ROUNDS);
	fold = statistics_median(folds, ROUNDS);
	printf("%-43s %.2f ns in the timed part, %.2f ns between slices  <= 5 ns  %s\n",
		"one sample beyond the clock:", cost, fold,
		cost + fold <= 5 ? "reached" : "MISSED");
	return cost + fold <= 5;
}

/* The greatest memory of a process of a launch with `slices` slices. */
static long memory_of(const struct pair_context *context,
	const struct placement *placement, unsigned slices)
{
	struct launch *launch = malloc(sizeof *launch);
	struct launch_spec spec = { .pair_count = 1,
		.test = TEST_LATENCY,
		.size_count = 1,
		.sizes = { 64 },
		.slice_ns = 5000000,
		.slices = slices,
		.warm_up_ns = 5000000,
		.deadline_ns = 10000000000,
		.seed = 1 };
	struct rusage usage;

	if (!launch)
		abort();
	spec.pairs[0].mechanism = mechanism_find("shm_spin");
	spec.pairs[0].placement = *placement;
	mechanism_defaults(spec.pairs[0].mechanism, spec.pairs[0].settings);
	launch_run(context, &spec, launch);
	launch_end(launch);
	free(launch);
	getrusage(RUSAGE_CHILDREN, &usage);
	return usage.ru_maxrss;
}

static bool memory_growth(
	const struct pair_context *context, const struct placement *placement)
{
	long little = memory_of(context, placement, 2);
	long much = memory_of(context, placement, 200);

	/* Pages of the histograms are touched as rare values occur; they end with them.
	 */
	bool is_good = much <= little + (long)(2 * sizeof(struct histogram) / 1024);

	printf("%-43s %ld KiB after 2 slices, %ld KiB after 200  %s\n",
		"greatest memory of a side:", little, much,
		is_good ? "does not grow" : "GROWS");
	return is_good;
}

int main(int argc, char **argv)
{
	size_t launches = argc > 1 ? (size_t)atoi(argv[1]) : 20;
	int only = argc > 2 ? atoi(argv[2]) : -1;
	struct why why = { "" };
	struct clock clock;
	struct janitor janitor;
	struct topology *topology;
	struct placements placements = { 0 };
	bool is_good = true;
	char quiet[1024];
	int cpus[2];

	if (launches < STATISTICS_LAUNCHES_MIN || launches > LAUNCHES_MOST) {
		fprintf(stderr,
			"usage: fidelity [LAUNCHES [COMPARISON]], %d to %d launches\n",
			STATISTICS_LAUNCHES_MIN, LAUNCHES_MOST);
		return 2;
	}
	clock_choose(true, &clock);
	interrupt_watch();
	if (topology_load(NULL, &topology, &why) ||
		topology_place_all(topology, &placements, &why) ||
		janitor_start(&janitor, &why)) {
		fprintf(stderr, "fidelity: %s\n", why.text);
		return 3;
	}
	const struct pair_context context = {
		.janitor = &janitor, .topology = topology, .clock = &clock
	};
	const struct placement *placement =
		&placements.items[placements.count > 1 ? 1 : 0];

	memcpy(cpus, placement->cpu, sizeof cpus);
	environment_quiet(cpus, 2, 200000000, quiet, sizeof quiet);
	printf("%zu launches a comparison, clock %s%s%s\n", launches,
		clock.is_tsc ? "tsc" : "monotonic", quiet[0] ? "; not quiet: " : "",
		quiet);
	printf("%-30s %-12s%12s%12s  %s\n", "ours against a bare loop", "placement",
		"ours", "bare", "ratio  95 % interval  bound");
	for (size_t i = 0; i < sizeof comparisons / sizeof comparisons[0]; i++) {
		if (only >= 0 && (size_t)only != i)
			continue;
		if (placements.items[0].cpu[0] == placements.items[0].cpu[1] &&
			comparisons[i].bare == &bare_pipe)
			is_good &= compare(&context, &comparisons[i],
				&placements.items[0], launches);
		if (placement->cpu[0] != placement->cpu[1])
			is_good &= compare(
				&context, &comparisons[i], placement, launches);
	}
	is_good &= sample_cost(&clock);
	is_good &= memory_growth(&context, placement);
	janitor_stop(&janitor);
	placements_free(&placements);
	topology_free(topology);
	return is_good ? 0 : 1;
}
