#include "harness/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/random.h"
#include "harness/plan_choose.h"
#include "harness/vocabulary.h"

#define SWEEP_MAX 40

/* Grows at each power of two, so that a plan of many thousand launches is not copied as
 * often. */
static struct planned *add(struct plan *plan, const struct planned *planned)
{
	if ((plan->count & (plan->count - 1)) == 0) {
		size_t room = plan->count ? 2 * plan->count : 1;
		struct planned *grown = realloc(
			plan->launches, room * sizeof *plan->launches);

		if (!grown)
			abort();
		plan->launches = grown;
	}
	plan->launches[plan->count] = *planned;
	return &plan->launches[plan->count++];
}

static void add_times(struct plan *plan, struct planned planned, unsigned launches)
{
	for (planned.repetition = 0; planned.repetition < launches; planned.repetition++)
		add(plan, &planned);
}

/* The system's own value, the least, the greatest and powers of two between; at most
 * `most` of them, spread evenly (0: all). */
static size_t sweep_values(
	const struct setting_spec *spec, unsigned most, int64_t *values)
{
	int64_t least, greatest;
	int64_t powers[SWEEP_MAX];
	size_t count = 0, kept = 0;

	setting_range(spec, &least, &greatest);
	powers[count++] = least;
	for (int64_t power = 1; power < greatest && count < SWEEP_MAX - 2; power *= 2)
		if (power > least)
			powers[count++] = power;
	if (greatest > least)
		powers[count++] = greatest;
	values[kept++] = SETTING_UNSET;
	if (!most || most - 1 >= count)
		most = (unsigned)count + 1;
	for (size_t i = 0; i + 1 < most; i++)
		values[kept++] = powers[most <= 2 ? 0 : i * (count - 1) / (most - 2)];
	return kept;
}

static void add_capacity(struct plan *plan, const struct options *options,
	const struct choice *choice, struct planned planned)
{
	const struct mechanism *mechanism = planned.mechanism;
	int64_t values[SWEEP_MAX] = { SETTING_UNSET };
	size_t count = 1;

	if (mechanism->size_setting) {
		planned.sweep = mechanism_setting(mechanism, mechanism->size_setting);
		count = sweep_values(&mechanism->settings[planned.sweep],
			choice->preset->sweep_values, values);
		/* A value that was set is not swept. */
		for (size_t i = 0; i < options->setting_count; i++)
			if (!strcmp(options->settings[i].name, mechanism->size_setting))
				count = 1;
	}
	for (size_t i = 0; i < count; i++) {
		planned.sweep_value = values[i];
		add_times(plan, planned, choice->launches[TEST_CAPACITY]);
	}
}

/* What does not depend on the placement is measured on one: capacity across two CPUs
 * where there are two, solo floors on the first CPU. */
static const struct placement *single_placement(const struct plan *plan, bool is_solo)
{
	const struct placements *placements = &plan->placements;

	for (size_t i = 0; i < placements->count && !is_solo; i++)
		if (placements->items[i].cpu[0] != placements->items[i].cpu[1])
			return &placements->items[i];
	return &placements->items[0];
}

/* Does --batch mean anything for the launch? What is no stream has no throughput by it;
 * floors, which pass no message, stand beside any number. */
static bool fits_batch(
	const struct options *options, const struct mechanism *mechanism, enum test test)
{
	return options->batch <= 1 || test != TEST_THROUGHPUT ||
	       (mechanism->caps & CAP_FLOOR) || launch_can_coalesce(mechanism);
}

/* What --batch leaves out, by name. */
static void note_batch(
	struct plan *plan, const struct options *options, const struct choice *choice)
{
	char names[sizeof plan->note / 2] = "";
	size_t used = 0, at = strlen(plan->note);

	for (size_t i = 0; i < choice->mechanism_count; i++) {
		const struct mechanism *mechanism = choice->mechanisms[i];

		if (!choice->tests[TEST_THROUGHPUT] ||
			!(mechanism->tests & TEST_BIT(TEST_THROUGHPUT)) ||
			fits_batch(options, mechanism, TEST_THROUGHPUT) ||
			used >= sizeof names)
			continue;
		used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
			used ? ", " : "", mechanism->name);
	}
	if (used)
		snprintf(plan->note + at, sizeof plan->note - at,
			"--batch joins messages of streams; left out of the throughput test, "
			"because their messages have ends or are written in place: %s%s.\n",
			names, used >= sizeof names ? "..." : "");
}

/* Options that shape tests none of which is made. */
static void note_unused(
	struct plan *plan, const struct options *options, const struct choice *choice)
{
	const struct {
		const char *name;
		bool is_given;
		unsigned tests;
	} uses[] = {
		{ "--gap", options->gap_ns > 0,
			TEST_BIT(TEST_LATENCY) | TEST_BIT(TEST_CONNECT) |
				TEST_BIT(TEST_PIECES) },
		{ "--canary", options->canary != NULL, TEST_BIT(TEST_LATENCY) },
		{ "--pieces", options->pieces != PIECES_LEAST, TEST_BIT(TEST_PIECES) },
		{ "--batch", options->batch > 1, TEST_BIT(TEST_THROUGHPUT) },
		{ "--chunk", options->chunk_bytes >= 0, TEST_BIT(TEST_THROUGHPUT) },
	};

	for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
		size_t at = strlen(plan->note);
		bool is_used = !uses[i].is_given;

		for (int test = 0; test < TESTS; test++)
			is_used |= choice->tests[test] &&
				   (uses[i].tests & TEST_BIT(test));
		if (!is_used)
			snprintf(plan->note + at, sizeof plan->note - at,
				"%s changes nothing: no test that it shapes is made.\n",
				uses[i].name);
	}
}

/* What the preset leaves out of tests of some mechanisms only. */
static void note_left_out(struct plan *plan, const struct choice *choice)
{
	unsigned tests = 0;
	size_t at = strlen(plan->note);
	char words[128];

	for (enum test test = 0; test < TESTS; test++)
		for (size_t i = 0; i < choice->mechanism_count; i++)
			if (!choice->has[test][i] &&
				(choice->mechanisms[i]->tests & TEST_BIT(test)))
				tests |= TEST_BIT(test);
	if (tests)
		snprintf(plan->note + at, sizeof plan->note - at,
			"The preset makes these tests of some mechanisms only: %s; --tests or "
			"--mechanisms make them of others.\n",
			test_words(tests, ", ", words, sizeof words));
}

/* In every place, or in its one. */
static void add_places(struct plan *plan, const struct choice *choice, size_t index,
	struct planned planned)
{
	enum test test = planned.test;
	bool is_single = (planned.mechanism->caps & CAP_SOLO) ||
			 choice->preset->tests[test].on_one_placement;

	for (size_t i = 0; i < (is_single ? 1 : plan->placements.count); i++) {
		if (!is_single)
			planned.placement = plan->placements.items[i];
		add_times(plan, planned, choice_launches(choice, test, index));
	}
}

/* What a buffered writer gains. */
static void add_joined(struct plan *plan, const struct choice *choice, size_t index)
{
	struct planned planned = { .mechanism = choice->mechanisms[index],
		.test = TEST_THROUGHPUT,
		.sweep = -1,
		.size_count = choice->joined_size_count,
		.joined = choice->preset->joined.batch };

	memcpy(planned.sizes, choice->joined_sizes, sizeof planned.sizes);
	add_places(plan, choice, index, planned);
}

static void add_mechanism(struct plan *plan, const struct options *options,
	const struct choice *choice, size_t index)
{
	const struct mechanism *mechanism = choice->mechanisms[index];
	bool is_solo = mechanism->caps & CAP_SOLO;

	for (enum test test = 0; test < TESTS; test++) {
		struct planned planned = {
			.mechanism = mechanism, .test = test, .sweep = -1, .size_count = 1
		};

		if (!choice->tests[test] || !(mechanism->tests & TEST_BIT(test)) ||
			!choice->has[test][index] ||
			!fits_batch(options, mechanism, test))
			continue;
		planned.placement = *single_placement(plan, is_solo);
		if (mechanism->caps & CAP_PAYLOAD) {
			memcpy(planned.sizes, choice->sizes[test], sizeof planned.sizes);
			planned.size_count = choice->size_counts[test];
		}
		if (test == TEST_CAPACITY) {
			add_capacity(plan, options, choice, planned);
			continue;
		}
		add_places(plan, choice, index, planned);
	}
	if (choice->is_joined[index])
		add_joined(plan, choice, index);
}

/* The map of core pairs: the bare cache line over all pairs, when nobody chose otherwise
 * and there are more CPUs than the placements show. */
static void add_core_pairs(struct plan *plan, const struct options *options,
	const struct topology *topology, const struct choice *choice)
{
	struct planned planned = { .mechanism = mechanism_find("floor_cacheline"),
		.test = TEST_LATENCY,
		.sweep = -1,
		.size_count = 1 };
	struct placements pairs = { 0 };
	size_t used;

	if (options->mechanisms || options->placements || options->cpus[0] >= 0 ||
		!choice->tests[TEST_LATENCY] || topology_cpus(topology) < 3)
		return;
	if (topology_place(topology, "all-pairs", choice->preset->pairs, &pairs, NULL))
		return;
	for (size_t i = 0; i < pairs.count; i++) {
		planned.placement = pairs.items[i];
		add_times(plan, planned, choice->preset->pair_launches);
	}
	used = strlen(plan->note);
	if (pairs.note[0])
		snprintf(plan->note + used, sizeof plan->note - used, "%s\n", pairs.note);
	placements_free(&pairs);
}

void plan_shuffle(struct plan *plan)
{
	struct random random = { plan->seed };

	for (size_t i = plan->count; i > 1; i--) {
		size_t j = (size_t)random_below(&random, i);
		struct planned kept = plan->launches[i - 1];

		plan->launches[i - 1] = plan->launches[j];
		plan->launches[j] = kept;
	}
	for (size_t i = 0; i < plan->count; i++)
		plan->launches[i].seed = random_next(&random);
}

int plan_make(const struct options *options, const struct topology *topology,
	struct plan *plan, struct why *why)
{
	struct choice choice = { 0 };
	int error = plan_choose(options, &choice, why);

	*plan = (struct plan) { 0 };
	if (!error)
		error = plan_choose_placements(
			options, topology, choice.preset, plan, why);
	if (error) {
		plan_free(plan);
		return error;
	}
	plan->canary = choice.canary;
	plan->seed = options->seed >= 0 ? (uint64_t)options->seed
					: random_secret() & (uint64_t)INT64_MAX;
	plan->slices = options->slices > 0 ? (unsigned)options->slices
					   : choice.preset->slices;
	if (plan->placements.note[0])
		snprintf(plan->note + strlen(plan->note),
			sizeof plan->note - strlen(plan->note), "%s\n",
			plan->placements.note);
	for (size_t i = 0; i < choice.mechanism_count; i++)
		add_mechanism(plan, options, &choice, i);
	note_batch(plan, options, &choice);
	note_unused(plan, options, &choice);
	note_left_out(plan, &choice);
	add_core_pairs(plan, options, topology, &choice);
	if (!plan->count) {
		plan_free(plan);
		why_say(why, 0,
			"nothing to run: none of the mechanisms takes part in the tests%s",
			options->batch > 1 ? ", with messages joined by --batch" : "");
		return -ENOENT;
	}
	plan_shuffle(plan);
	for (size_t i = 0; i < plan->count; i++) {
		struct launch_spec spec;

		plan_launch(options, plan, &plan->launches[i], &spec);
		if (!plan_is_pointless(&plan->launches[i], NULL))
			plan->planned_ns += launch_planned_ns(&spec);
	}
	return 0;
}

void plan_free(struct plan *plan)
{
	free(plan->launches);
	placements_free(&plan->placements);
	*plan = (struct plan) { 0 };
}

bool plan_is_pointless(const struct planned *planned, struct why *why)
{
	const int *cpu = planned->placement.cpu;
	unsigned caps = planned->mechanism->caps;

	if ((caps & CAP_SAME_CPU) && (cpu[0] != cpu[1] || cpu[0] < 0)) {
		why_say(why, 0, "%s needs both sides on one CPU",
			planned->mechanism->title);
		return true;
	}
	if ((caps & CAP_TWO_CPUS) && cpu[0] == cpu[1] && cpu[0] >= 0) {
		why_say(why, 0, "%s needs two CPUs", planned->mechanism->title);
		return true;
	}
	return false;
}

/* The canary stands beside what is measured: same CPUs, same policy, its own defaults. */
static void add_canary(
	const struct options *options, const struct plan *plan, struct launch_spec *spec)
{
	const struct mechanism *canary = plan->canary;
	struct pair_spec *pair = &spec->pairs[1];

	if (!canary || spec->test != TEST_LATENCY || canary == spec->pairs[0].mechanism ||
		(spec->pairs[0].mechanism->caps & CAP_SOLO))
		return;
	*pair = spec->pairs[0];
	pair->mechanism = canary;
	memset(pair->settings, 0, sizeof pair->settings);
	mechanism_defaults(canary, pair->settings);
	spec->pair_count = 2;
	if (options->warm_up_ns < 0 && spec->warm_up_ns < launch_warm_up_ns(canary))
		spec->warm_up_ns = launch_warm_up_ns(canary);
}

void plan_launch(const struct options *options, const struct plan *plan,
	const struct planned *planned, struct launch_spec *spec)
{
	const struct mechanism *mechanism = planned->mechanism;
	struct pair_spec *pair = &spec->pairs[0];

	*spec = (struct launch_spec) { .pair_count = 1,
		.test = planned->test,
		.size_count = planned->size_count,
		.chunk = options->chunk_bytes > 0 ? (size_t)options->chunk_bytes : 0,
		.coalesce = planned->joined ? planned->joined : (uint64_t)options->batch,
		.pieces = planned->test == TEST_PIECES ? (uint64_t)options->pieces : 0,
		.gap_ns = planned->test == TEST_LATENCY && !(mechanism->caps & CAP_FLOOR)
				  ? (uint64_t)options->gap_ns
				  : 0,
		.slice_ns = (uint64_t)options->slice_ns,
		.slices = plan->slices,
		.warm_up_ns = options->warm_up_ns >= 0 ? (uint64_t)options->warm_up_ns
						       : launch_warm_up_ns(mechanism),
		.deadline_ns = (uint64_t)options->deadline_ns,
		.seed = planned->seed };
	memcpy(spec->sizes, planned->sizes, sizeof spec->sizes);
	pair->mechanism = mechanism;
	pair->placement = planned->placement;
	pair->payload = (enum payload)options->payload;
	pair->sched.policy = (enum sched_policy)options->sched;
	pair->sched.priority = options->sched_priority;
	mechanism_defaults(mechanism, pair->settings);
	for (size_t i = 0; i < options->setting_count; i++) {
		int index = mechanism_setting(mechanism, options->settings[i].name);

		if (index >= 0)
			pair->settings[index] = options->settings[i].value;
	}
	if (planned->sweep >= 0 && planned->sweep_value != SETTING_UNSET)
		pair->settings[planned->sweep] = planned->sweep_value;
	add_canary(options, plan, spec);
}
