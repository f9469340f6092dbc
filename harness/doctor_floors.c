#include "harness/doctor_floors.h"

#include <math.h>
#include <stdlib.h>

#include "harness/base/text.h"
#include "harness/command.h"
#include "harness/interrupt.h"
#include "harness/launch.h"

/* One line: the floor on the first placement where it means something. */
static void print_floor(
	FILE *out, struct launch *launch, const struct mechanism *mechanism)
{
	const struct measured *measured = &launch->measured[0][0];
	const struct placement *placement = &launch->spec.pairs[0].placement;
	char value[TEXT_QUANTITY];

	if (measured->outcome != OUTCOME_OK) {
		fprintf(out, "  %-15s %12s  %s\n", mechanism->title, "-",
			measured->why.text);
		return;
	}
	if (launch->spec.test == TEST_LATENCY) {
		const struct histogram *batches = launch_batches(launch, 0, 0);
		double ns = batches->count ? histogram_quantile(batches, .5) /
						     (double)measured->batch
					   : histogram_quantile(
						     launch_singles(launch, 0, 0), .5);

		text_ns(ns, value);
	} else {
		text_rate(1e9 * (double)measured->bytes / (double)measured->elapsed_ns,
			value);
	}
	fprintf(out, "  %-15s %12s  %s", mechanism->title, value, mechanism->says);
	if (!(mechanism->caps & CAP_SOLO))
		fprintf(out, " (%s)", placement->name);
	fputc('\n', out);
}

static const struct placement *suitable(
	const struct placements *placements, unsigned caps)
{
	for (size_t i = 0; i < placements->count; i++) {
		const struct placement *placement = &placements->items[i];
		bool is_one = placement->cpu[0] == placement->cpu[1];

		if (!(caps & (is_one ? CAP_TWO_CPUS : CAP_SAME_CPU)))
			return placement;
	}
	return NULL;
}

static void measure_floors(FILE *out, const struct pair_context *context,
	const struct placements *placements)
{
	struct launch *launch = malloc(sizeof *launch);

	if (!launch)
		abort();
	for (size_t i = 0; i < mechanism_count; i++) {
		const struct mechanism *mechanism = mechanisms[i];
		const struct placement *placement = suitable(placements, mechanism->caps);
		struct launch_spec spec = { .pair_count = 1,
			.test = mechanism->tests & TEST_BIT(TEST_LATENCY)
					? TEST_LATENCY
					: TEST_THROUGHPUT,
			.size_count = 1,
			.slice_ns = 10000000,
			.slices = 4,
			.warm_up_ns = 5000000,
			.deadline_ns = 5000000000,
			.seed = 1 };

		if (!(mechanism->caps & CAP_FLOOR))
			continue;
		if (!placement) {
			fprintf(out, "  %-15s %12s  needs %s\n", mechanism->title, "-",
				mechanism->caps & CAP_SAME_CPU ? "both sides on one CPU"
							       : "two CPUs");
			continue;
		}
		spec.sizes[0] = mechanism->caps & CAP_PAYLOAD ? 65536 : 0;
		spec.pairs[0].mechanism = mechanism;
		spec.pairs[0].placement = *placement;
		launch_run(context, &spec, launch);
		print_floor(out, launch, mechanism);
		launch_end(launch);
	}
	free(launch);
}

int doctor_floors(FILE *out)
{
	struct why why = { "" };
	struct clock clock;
	struct janitor janitor;
	struct topology *topology = NULL;
	struct placements placements = { 0 };
	int code = EXIT_UNMEASURED;

	clock_choose(true, &clock);
	interrupt_watch();
	if (topology_load(NULL, &topology, &why) ||
		topology_place_all(topology, &placements, &why) ||
		janitor_start(&janitor, &why)) {
		command_error("%s", why.text);
	} else {
		const struct pair_context context = {
			.janitor = &janitor, .topology = topology, .clock = &clock
		};

		fprintf(out, "\nFloors, what this machine itself needs:\n");
		measure_floors(out, &context, &placements);
		janitor_stop(&janitor);
		code = EXIT_GOOD;
	}
	placements_free(&placements);
	topology_free(topology);
	return code;
}
