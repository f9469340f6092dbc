#include "harness/plan.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/random.h"
#include "harness/base/text.h"
#include "harness/options_value.h"
#include "harness/presets.h"
#include "harness/vocabulary.h"

#define ITEM      64
#define SIZE_MOST ((uint64_t)1 << 20)
#define SWEEP_MAX 40

/* What is chosen before it is multiplied out. */
struct choice {
	const struct mechanism *mechanisms[256];
	size_t mechanism_count;
	bool tests[TESTS];
	size_t sizes[LAUNCH_SIZES], write_sizes[LAUNCH_SIZES];
	size_t size_count, write_size_count;
	const struct preset *preset;
	unsigned launches, capacity_launches;
};

static int no_mechanism(const char *name, struct why *why)
{
	const char *names[256];
	const char *nearest;

	for (size_t i = 0; i < mechanism_count; i++)
		names[i] = mechanisms[i]->name;
	names[mechanism_count] = NULL;
	nearest = text_nearest(name, names);
	why_say(why, 0, "--mechanisms: there is no mechanism '%s'%s%s%s", name,
		nearest ? "; did you mean " : "", nearest ? nearest : "",
		nearest ? "?" : "; see 'ipcmark list mechanisms'");
	return -EINVAL;
}

static void choose_mechanism(struct choice *choice, const struct mechanism *mechanism)
{
	for (size_t i = 0; i < choice->mechanism_count; i++)
		if (choice->mechanisms[i] == mechanism)
			return;
	choice->mechanisms[choice->mechanism_count++] = mechanism;
}

/* Names and globs ("shm_*"). */
static int choose_mechanisms(struct choice *choice, const char *list, struct why *why)
{
	char item[ITEM];
	int more;

	if (!list)
		list = "*";
	while ((more = text_next(&list, item, sizeof item)) > 0) {
		bool is_found = false;

		for (size_t i = 0; i < mechanism_count; i++) {
			if (fnmatch(item, mechanisms[i]->name, 0))
				continue;
			choose_mechanism(choice, mechanisms[i]);
			is_found = true;
		}
		if (!is_found)
			return no_mechanism(item, why);
	}
	if (more < 0)
		return why_say(why, 0, "--mechanisms: an empty name in the list");
	return 0;
}

static int choose_tests(struct choice *choice, const char *list, struct why *why)
{
	char item[ITEM];
	int more;

	for (int test = 0; test < TESTS; test++)
		choice->tests[test] = !list;
	if (!list)
		return 0;
	while ((more = text_next(&list, item, sizeof item)) > 0) {
		struct why wrong = { "" };
		int test;

		if (option_word(item, test_names, &test, &wrong))
			return why_say(why, 0, "--tests: %s", wrong.text);
		choice->tests[test] = true;
	}
	return more < 0 ? why_say(why, 0, "--tests: an empty name in the list") : 0;
}

static int choose_sizes(
	const char *list, size_t sizes[LAUNCH_SIZES], size_t *count, struct why *why)
{
	char item[ITEM];
	int more;

	*count = 0;
	while ((more = text_next(&list, item, sizeof item)) > 0) {
		struct why wrong = { "" };
		uint64_t bytes;
		bool is_new = true;

		if (text_size(item, &bytes, &wrong))
			return why_say(why, 0, "--sizes: %s", wrong.text);
		if (bytes < 1 || bytes > SIZE_MOST)
			return why_say(why, 0,
				"--sizes: %s is out of range; it can be 1 to 1M", item);
		for (size_t i = 0; i < *count; i++)
			is_new = is_new && sizes[i] != bytes;
		if (is_new && *count == LAUNCH_SIZES)
			return why_say(why, 0, "--sizes: at most %d sizes", LAUNCH_SIZES);
		if (is_new)
			sizes[(*count)++] = (size_t)bytes;
	}
	return more < 0 ? why_say(why, 0, "--sizes: an empty size in the list") : 0;
}

static int choose_placements(const struct options *options,
	const struct topology *topology, const struct preset *preset, struct plan *plan,
	struct why *why)
{
	const char *list = options->placements;
	char item[ITEM];
	int error = 0, more;

	if (options->cpus[0] >= 0)
		return topology_place_cpus(topology, options->cpus[0], options->cpus[1],
			&plan->placements, why);
	if (!list) {
		error = topology_place_all(topology, &plan->placements, why);
		/* On large machines the quick preset keeps the nearest and the farthest.
		 */
		if (!error && preset->placements &&
			plan->placements.count > preset->placements) {
			struct placement *items = plan->placements.items;

			items[preset->placements - 1] = items[plan->placements.count - 1];
			plan->placements.count = preset->placements;
			snprintf(plan->note + strlen(plan->note),
				sizeof plan->note - strlen(plan->note),
				"The preset takes %u placements; --placements names others.\n",
				preset->placements);
		}
		return error;
	}
	while (!error && (more = text_next(&list, item, sizeof item)) > 0) {
		struct why wrong = { "" };

		error = topology_place(
			topology, item, preset->pairs, &plan->placements, &wrong);
		if (error)
			why_say(why, 0, "--placements: %s", wrong.text);
	}
	if (!error && more < 0)
		error = why_say(why, 0, "--placements: an empty name in the list");
	return error;
}

/* A setting must be one of a chosen mechanism, and in the range of this system. */
static int check_settings(
	const struct options *options, const struct choice *choice, struct why *why)
{
	for (size_t i = 0; i < options->setting_count; i++) {
		const struct option_setting *setting = &options->settings[i];
		const char *names[256 * MECHANISM_SETTINGS + 1];
		const char *nearest;
		size_t count = 0;
		bool is_known = false;

		for (size_t m = 0; m < choice->mechanism_count && !is_known; m++) {
			const struct setting_spec *spec = choice->mechanisms[m]->settings;

			for (; spec && spec->name; spec++) {
				int64_t least, most;

				names[count++] = spec->name;
				if (strcmp(spec->name, setting->name))
					continue;
				is_known = true;
				setting_range(spec, &least, &most);
				if (setting->value < least || setting->value > most)
					return why_say(why, 0,
						"--set %s=%" PRId64
						" is out of range; it can be %" PRId64
						" to %" PRId64 "%s%s%s",
						setting->name, setting->value, least,
						most, spec->limit ? " (" : "",
						spec->limit ? spec->limit : "",
						spec->limit ? ")" : "");
			}
		}
		if (is_known)
			continue;
		names[count] = NULL;
		nearest = text_nearest(setting->name, names);
		return why_say(why, 0,
			"--set: no chosen mechanism has a setting '%s'%s%s%s",
			setting->name, nearest ? "; did you mean " : "",
			nearest ? nearest : "",
			nearest ? "?" : "; see 'ipcmark list mechanisms'");
	}
	return 0;
}

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

	memcpy(planned.sizes, choice->write_sizes, sizeof planned.sizes);
	planned.size_count = choice->write_size_count;
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
		add_times(plan, planned, choice->capacity_launches);
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

static void add_mechanism(struct plan *plan, const struct options *options,
	const struct choice *choice, const struct mechanism *mechanism)
{
	bool is_solo = mechanism->caps & CAP_SOLO;

	for (enum test test = 0; test < TESTS; test++) {
		struct planned planned = {
			.mechanism = mechanism, .test = test, .sweep = -1, .size_count = 1
		};

		if (!choice->tests[test] || !(mechanism->tests & TEST_BIT(test)))
			continue;
		planned.placement = *single_placement(plan, is_solo);
		if (test == TEST_CAPACITY) {
			add_capacity(plan, options, choice, planned);
			continue;
		}
		if (mechanism->caps & CAP_PAYLOAD) {
			memcpy(planned.sizes, choice->sizes, sizeof planned.sizes);
			planned.size_count = choice->size_count;
		}
		for (size_t i = 0; i < (is_solo ? 1 : plan->placements.count); i++) {
			if (!is_solo)
				planned.placement = plan->placements.items[i];
			add_times(plan, planned, choice->launches);
		}
	}
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

static int choose(const struct options *options, struct choice *choice, struct why *why)
{
	int error;

	choice->preset = &presets[options->preset];
	choice->launches = options->launches > 0 ? (unsigned)options->launches
						 : choice->preset->launches;
	choice->capacity_launches = choice->launches < choice->preset->capacity_launches
					    ? choice->launches
					    : choice->preset->capacity_launches;
	error = choose_mechanisms(choice, options->mechanisms, why);
	if (!error)
		error = choose_tests(choice, options->tests, why);
	if (!error)
		error = choose_sizes(
			options->sizes ? options->sizes : choice->preset->sizes,
			choice->sizes, &choice->size_count, why);
	if (!error)
		error = choose_sizes(
			options->sizes ? options->sizes : choice->preset->write_sizes,
			choice->write_sizes, &choice->write_size_count, why);
	return error ? error : check_settings(options, choice, why);
}

int plan_make(const struct options *options, const struct topology *topology,
	struct plan *plan, struct why *why)
{
	struct choice choice = { 0 };
	struct random random;
	int error = choose(options, &choice, why);

	*plan = (struct plan) { 0 };
	if (!error)
		error = choose_placements(options, topology, choice.preset, plan, why);
	if (error) {
		plan_free(plan);
		return error;
	}
	plan->seed = options->seed >= 0 ? (uint64_t)options->seed
					: random_secret() & (uint64_t)INT64_MAX;
	plan->slices = options->slices > 0 ? (unsigned)options->slices
					   : choice.preset->slices;
	if (plan->placements.note[0])
		snprintf(plan->note + strlen(plan->note),
			sizeof plan->note - strlen(plan->note), "%s\n",
			plan->placements.note);
	for (size_t i = 0; i < choice.mechanism_count; i++)
		add_mechanism(plan, options, &choice, choice.mechanisms[i]);
	add_core_pairs(plan, options, topology, &choice);
	if (!plan->count) {
		plan_free(plan);
		why_say(why, 0,
			"nothing to run: none of the mechanisms takes part in the tests");
		return -ENOENT;
	}
	random.state = plan->seed;
	for (size_t i = plan->count; i > 1; i--) {
		size_t j = (size_t)random_below(&random, i);
		struct planned kept = plan->launches[i - 1];

		plan->launches[i - 1] = plan->launches[j];
		plan->launches[j] = kept;
	}
	for (size_t i = 0; i < plan->count; i++) {
		struct launch_spec spec;

		plan->launches[i].seed = random_next(&random);
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

void plan_launch(const struct options *options, const struct plan *plan,
	const struct planned *planned, struct launch_spec *spec)
{
	const struct mechanism *mechanism = planned->mechanism;
	struct pair_spec *pair = &spec->pairs[0];

	*spec = (struct launch_spec) { .pair_count = 1,
		.test = planned->test,
		.size_count = planned->size_count,
		.chunk = options->chunk_bytes > 0 ? (size_t)options->chunk_bytes : 0,
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
}

char *plan_title(const struct planned *planned, char *title)
{
	const struct placement *placement = &planned->placement;
	size_t used = (size_t)snprintf(title, PLAN_TITLE, "%s %s %s",
		planned->mechanism->name, test_names[planned->test], placement->name);

	if (placement->cpu[0] >= 0 && used < PLAN_TITLE)
		used += (size_t)snprintf(title + used, PLAN_TITLE - used,
			" (CPU %d and %d)", placement->cpu[0], placement->cpu[1]);
	if (planned->sweep >= 0 && planned->sweep_value != SETTING_UNSET &&
		used < PLAN_TITLE)
		snprintf(title + used, PLAN_TITLE - used, " %s=%" PRId64,
			planned->mechanism->settings[planned->sweep].name,
			planned->sweep_value);
	return title;
}

static void print_placements(const struct plan *plan, FILE *out)
{
	fprintf(out, "%-16s %-16s %5s %5s %5s %5s\n", "placement", "relation", "cpu_a",
		"cpu_b", "node_a", "node_b");
	for (size_t i = 0; i < plan->placements.count; i++) {
		const struct placement *p = &plan->placements.items[i];

		if (p->cpu[0] < 0)
			fprintf(out, "%-16s %-16s %5s %5s\n", p->name, p->relation, "any",
				"any");
		else
			fprintf(out, "%-16s %-16s %5d %5d %5d %5d\n", p->name,
				p->relation, p->cpu[0], p->cpu[1], p->node[0],
				p->node[1]);
	}
}

static int by_kind(const void *a, const void *b)
{
	const struct planned *x = a, *y = b;

	if (x->mechanism != y->mechanism)
		return strcmp(x->mechanism->name, y->mechanism->name);
	return (int)x->test - (int)y->test;
}

void plan_print(const struct options *options, const struct plan *plan, FILE *out)
{
	struct planned *sorted = malloc(plan->count * sizeof *sorted);
	size_t start = 0;

	if (!sorted)
		abort();
	memcpy(sorted, plan->launches, plan->count * sizeof *sorted);
	qsort(sorted, plan->count, sizeof *sorted, by_kind);
	print_placements(plan, out);
	fprintf(out, "\n%-16s %-10s %8s %6s\n", "mechanism", "test", "launches", "sizes");
	for (size_t i = 0; i < plan->count; i++) {
		if (i + 1 < plan->count && by_kind(&sorted[i], &sorted[i + 1]) == 0)
			continue;
		fprintf(out, "%-16s %-10s %8zu %6zu\n", sorted[i].mechanism->name,
			test_names[sorted[i].test], i + 1 - start, sorted[i].size_count);
		start = i + 1;
	}
	fprintf(out,
		"\n%zu launches, about %.0f s; %u slices of %.3g ms a size and launch; "
		"seed %" PRIu64 "\n",
		plan->count, (double)plan->planned_ns / 1e9, plan->slices,
		(double)options->slice_ns / 1e6, plan->seed);
	fputs(plan->note, out);
	free(sorted);
}
