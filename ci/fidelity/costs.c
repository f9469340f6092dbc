#include "ci/fidelity/costs.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "harness/launch.h"
#include "harness/side.h"
#include "harness/statistics.h"

/* Stamps with and without a record of them, alternated; then the fold. What is left after
 * the stamps is the cost of one sample. */
bool costs_sample(const struct clock *clock)
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

bool costs_memory(const struct pair_context *context, const struct placement *placement)
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
