/* Which launches a run is made of: complete, reproducible, bounded, and errors in words.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/presets.h"
#include "harness/vocabulary.h"
#include "plan_room.h"

#if IPCMARK_HAS_HWLOC
#define HAS_SYNTHETIC 1
#else
#define HAS_SYNTHETIC 0
#endif

static void assert_refused(const struct options *options, int error, const char *words)
{
	struct topology *topology = load(NULL);
	struct plan plan;

	why_clear(&why);
	assert_int_equal(plan_make(options, topology, &plan, &why), error);
	if (!strstr(why.text, words))
		fail_msg("'%s' does not say '%s'", why.text, words);
	assert_null(plan.launches);
	assert_int_equal(plan.count, 0);
	topology_free(topology);
}

static bool is_same(const struct planned *a, const struct planned *b)
{
	return a->mechanism == b->mechanism && a->test == b->test &&
	       a->sweep == b->sweep && a->sweep_value == b->sweep_value &&
	       a->repetition == b->repetition && a->size_count == b->size_count &&
	       a->seed == b->seed &&
	       !memcmp(a->sizes, b->sizes, a->size_count * sizeof a->sizes[0]) &&
	       !strcmp(a->placement.name, b->placement.name) &&
	       !memcmp(a->placement.cpu, b->placement.cpu, sizeof a->placement.cpu);
}

/* --- order
 * ------------------------------------------------------------------------------------ */

static void the_seed_decides_the_order(void **state)
{
	struct options options = defaults();
	struct plan one = make(&options, NULL), same = make(&options, NULL), other;
	size_t moved = 0;

	(void)state;
	options.seed = 2;
	other = make(&options, NULL);
	assert_int_equal(one.count, same.count);
	assert_int_equal(one.count, other.count);
	assert_int_equal(one.seed, 1);
	assert_int_equal(other.seed, 2);
	for (size_t i = 0; i < one.count; i++) {
		assert_true(is_same(&one.launches[i], &same.launches[i]));
		moved += one.launches[i].mechanism != other.launches[i].mechanism;
	}
	assert_true(moved > one.count / 2);
	plan_free(&one);
	plan_free(&same);
	plan_free(&other);
}

static void without_a_seed_one_is_drawn(void **state)
{
	struct options options = defaults();
	struct plan one, other;

	(void)state;
	options.seed = -1;
	one = make(&options, NULL);
	other = make(&options, NULL);
	assert_true(one.seed != other.seed);
	assert_true(one.seed <= INT64_MAX);
	plan_free(&one);
	plan_free(&other);
}

/* --- completeness
 * ------------------------------------------------------------------------------ */

static size_t count_launches(const struct plan *plan, const struct mechanism *mechanism,
	enum test test, const struct placement *placement)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++) {
		const struct planned *planned = &plan->launches[i];

		if (planned->mechanism != mechanism || planned->test != test)
			continue;
		if (placement && strcmp(planned->placement.name, placement->name))
			continue;
		count++;
		if (test == TEST_CAPACITY)
			continue;
		if (mechanism->caps & CAP_PAYLOAD) {
			assert_int_equal(planned->size_count, 3);
			assert_int_equal(planned->sizes[0], 1);
			assert_int_equal(planned->sizes[1], 64);
			assert_int_equal(planned->sizes[2], 4096);
		} else {
			assert_int_equal(planned->size_count, 1);
			assert_int_equal(planned->sizes[0], 0);
		}
	}
	return count;
}

/* Tests that the preset makes on one placement, and as often as it likes. */
static size_t planned_times(
	const struct options *options, const struct mechanism *mechanism, enum test test)
{
	const struct preset_test *preset = &presets[options->preset].tests[test];

	return (size_t)options->launches *
	       ((mechanism->caps & CAP_SOLO) || preset->on_one_placement ? 1 : 2);
}

static void everything_is_planned(void **state)
{
	struct options options = defaults();
	struct plan plan;

	(void)state;
	options.sizes = "1,64,4K,64"; /* twice the same counts once */
	options.launches = 3;
	options.placements = "unpinned,same-cpu";
	options.tests = "latency,throughput,capacity,connect,send,pieces,memory";
	plan = make(&options, NULL);
	assert_int_equal(plan.placements.count, 2);
	for (size_t m = 0; m < mechanism_count; m++)
		for (enum test test = 0; test < TESTS; test++) {
			const struct mechanism *mechanism = mechanisms[m];
			size_t times = planned_times(&options, mechanism, test);

			if (!(mechanism->tests & TEST_BIT(test))) {
				assert_int_equal(
					count_launches(&plan, mechanism, test, NULL), 0);
				continue;
			}
			if (test == TEST_CAPACITY) {
				assert_true(
					count_launches(&plan, mechanism, test, NULL) > 0);
				continue;
			}
			assert_int_equal(
				count_launches(&plan, mechanism, test, NULL), times);
			for (size_t p = 0; p < 2 && times == 6; p++)
				assert_int_equal(count_launches(&plan, mechanism, test,
							 &plan.placements.items[p]),
					3);
		}
	assert_true(plan.planned_ns > 0);
	plan_free(&plan);
}

/* What a placement cannot do stays in the plan; the run tells it as skipped. */
static void pointless_launches_stay_and_say_why(void **state)
{
	struct options options = defaults();
	size_t pointless = 0;
	struct plan plan;

	(void)state;
	options.placements = "same-cpu";
	options.tests = "latency";
	plan = make(&options, NULL);
	for (size_t i = 0; i < plan.count; i++) {
		why_clear(&why);
		if (plan_is_pointless(&plan.launches[i], &why)) {
			pointless++;
			assert_true(plan.launches[i].mechanism->caps & CAP_TWO_CPUS);
			assert_non_null(strstr(why.text, "needs two CPUs"));
		} else {
			assert_false(plan.launches[i].mechanism->caps & CAP_TWO_CPUS);
		}
	}
	assert_true(pointless > 0);
	plan_free(&plan);
}

/* --- sweeps
 * ------------------------------------------------------------------------------------ */

static void sweep_of(const struct mechanism *mechanism, const char *preset, unsigned most)
{
	struct options options = defaults();
	bool is_unset = false, is_least = false, is_greatest = false;
	int sweep = mechanism_setting(mechanism, mechanism->size_setting);
	int64_t least, greatest;
	size_t different = 0;
	struct plan plan;

	assert_int_equal(options_set(&options, "preset", preset, &why), 0);
	options.mechanisms = mechanism->name;
	options.tests = "capacity";
	options.launches = 1;
	plan = make(&options, NULL);
	setting_range(&mechanism->settings[sweep], &least, &greatest);
	for (size_t i = 0; i < plan.count; i++) {
		int64_t value = plan.launches[i].sweep_value;
		struct launch_spec spec;

		assert_int_equal(plan.launches[i].sweep, sweep);
		is_unset = is_unset || value == SETTING_UNSET;
		is_least = is_least || value == least;
		is_greatest = is_greatest || value == greatest;
		if (value != SETTING_UNSET)
			assert_in_range(value, least, greatest);
		plan_launch(&options, &plan, &plan.launches[i], &spec);
		if (value != SETTING_UNSET)
			assert_int_equal(spec.pairs[0].settings[sweep], value);
		/* One launch of each: no value twice. */
		different++;
		for (size_t j = 0; j < i; j++)
			assert_true(plan.launches[j].sweep_value != value);
	}
	assert_true(is_unset && is_least && is_greatest);
	assert_true(!most || different <= most);
	plan_free(&plan);
	/* A value that was set is not swept. */
	options.setting_count = 1;
	snprintf(options.settings[0].name, sizeof options.settings[0].name, "%s",
		mechanism->size_setting);
	options.settings[0].value = greatest;
	plan = make(&options, NULL);
	assert_int_equal(plan.count, 1);
	plan_free(&plan);
}

static void sweeps_reach_both_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < mechanism_count; i++) {
		if (!mechanisms[i]->size_setting)
			continue;
		sweep_of(mechanisms[i], "quick", presets[PRESET_QUICK].sweep_values);
		sweep_of(mechanisms[i], "full", 0);
	}
}

/* --- choices
 * ----------------------------------------------------------------------------------- */

static void globs_choose(void **state)
{
	struct options options = defaults();
	struct plan plan;
	size_t floors = 0;

	(void)state;
	options.mechanisms = "floor_*,floor_memcpy";
	options.tests = "latency,throughput";
	options.launches = 1;
	options.placements = "unpinned";
	plan = make(&options, NULL);
	for (size_t i = 0; i < plan.count; i++)
		assert_int_equal(
			strncmp(plan.launches[i].mechanism->name, "floor_", 6), 0);
	for (size_t i = 0; i < mechanism_count; i++)
		for (enum test test = 0; test < TESTS; test++)
			floors += !strncmp(mechanisms[i]->name, "floor_", 6) &&
				  (mechanisms[i]->tests & TEST_BIT(test));
	assert_int_equal(plan.count, floors); /* named twice, planned once */
	plan_free(&plan);
}

static void wrong_choices_are_named(void **state)
{
	static const struct {
		const char *name, *value, *words;
	} cases[] = {
		{ "mechanisms", "pip", "did you mean pipe?" },
		{ "mechanisms", "pipe,quux", "'quux'; see 'ipcmark list mechanisms'" },
		{ "mechanisms", "zzz*", "'zzz*'" },
		{ "mechanisms", "pipe,,tcp", "empty name" },
		{ "mechanisms", "pipe,", "empty name" },
		{ "tests", "latancy", "latency" },
		{ "tests", "latency,", "empty name" },
		{ "sizes", "4KB", "did you mean 4K?" },
		{ "sizes", "0", "1 to 1M" },
		{ "sizes", "2M", "1 to 1M" },
		{ "sizes", "-1", "'-1'" },
		{ "sizes", "1e99", "'1e99'" },
		{ "sizes", "64,,1K", "empty size" },
		{ "sizes",
			"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25",
			"at most 24" },
		{ "placements", "same-cup", "same-cpu" },
		{ "placements", "unpinned,", "empty" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct options options = defaults();

		assert_int_equal(
			options_set(&options, cases[i].name, cases[i].value, &why), 0);
		assert_refused(&options, -EINVAL, cases[i].words);
		assert_non_null(strstr(why.text, cases[i].name));
	}
}

static void settings_are_checked(void **state)
{
	struct options options = defaults();

	(void)state;
	options.setting_count = 1;
	options.settings[0] = (struct option_setting) { "pipe.sise", 4096 };
	assert_refused(&options, -EINVAL, "did you mean pipe.size?");
	options.settings[0] = (struct option_setting) { "pipe.size", INT64_MAX };
	assert_refused(&options, -EINVAL, "fs.pipe-max-size");
	options.settings[0] = (struct option_setting) { "pipe.size", 0 };
	assert_refused(&options, -EINVAL, "--set pipe.size=0 is out of range");
	/* Right, but of a mechanism that was not chosen. */
	options.settings[0] = (struct option_setting) { "pipe.size", 65536 };
	options.mechanisms = "tcp";
	assert_refused(
		&options, -EINVAL, "no chosen mechanism has a setting 'pipe.size'");
	options.mechanisms = "eventfd";
	options.tests = "capacity";
	options.setting_count = 0;
	assert_refused(&options, -ENOENT, "nothing to run");
}

static void options_reach_the_launch(void **state)
{
	struct options options = defaults();
	const struct mechanism *pipe = mechanism_find("pipe");
	struct launch_spec spec;
	struct plan plan;

	(void)state;
	options.mechanisms = "pipe";
	options.placements = "unpinned";
	options.tests = "latency";
	options.chunk_bytes = 777;
	options.gap_ns = 888;
	options.slices = 9;
	options.payload = RUN_PAYLOAD_VERIFY;
	options.setting_count = 1;
	options.settings[0] = (struct option_setting) { "pipe.size", 65536 };
	plan = make(&options, NULL);
	plan_launch(&options, &plan, &plan.launches[0], &spec);
	assert_ptr_equal(spec.pairs[0].mechanism, pipe);
	assert_int_equal(spec.chunk, 777);
	assert_int_equal(spec.gap_ns, 888);
	assert_int_equal(spec.slices, 9);
	assert_int_equal(spec.pair_count, 1);
	assert_int_equal(spec.pairs[0].payload, PAYLOAD_VERIFY);
	assert_int_equal(spec.pairs[0].settings[0], 65536);
	assert_int_equal(spec.pairs[0].settings[1], SETTING_UNSET);
	assert_int_equal(spec.warm_up_ns, launch_warm_up_ns(pipe));
	assert_true(spec.seed == plan.launches[0].seed);
	plan_free(&plan);
}

/* --- machines one does not have
 * ----------------------------------------------------------------- */

static size_t core_pairs(const struct plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++)
		count += !strcmp(plan->launches[i].placement.name, "pair");
	return count;
}

static void core_pairs_need_three_cpus(void **state)
{
	struct options options = defaults();
	struct plan plan;

	(void)state;
	if (!HAS_SYNTHETIC)
		skip();
	plan = make(&options, "core:1 pu:1");
	assert_int_equal(core_pairs(&plan), 0);
	plan_free(&plan);
	plan = make(&options, "core:2 pu:1");
	assert_int_equal(core_pairs(&plan), 0);
	plan_free(&plan);
	plan = make(&options, "core:4 pu:1");
	assert_int_equal(core_pairs(&plan), 6);
	for (size_t i = 0; i < plan.count; i++)
		if (!strcmp(plan.launches[i].placement.name, "pair"))
			assert_true(plan.launches[i].mechanism->caps & CAP_FLOOR);
	plan_free(&plan);
	/* Not where somebody chose. */
	options.placements = "same-cpu";
	plan = make(&options, "core:4 pu:1");
	assert_int_equal(core_pairs(&plan), 0);
	plan_free(&plan);
	options.placements = NULL;
	options.mechanisms = "floor_*";
	plan = make(&options, "core:4 pu:1");
	assert_int_equal(core_pairs(&plan), 0);
	plan_free(&plan);
}

static void large_machines_are_bounded(void **state)
{
	struct options options = defaults();
	struct plan plan;

	(void)state;
	if (!HAS_SYNTHETIC)
		skip();
	for (options.preset = PRESET_QUICK; options.preset <= PRESET_FULL;
		options.preset++) {
		const struct preset *preset = &presets[options.preset];

		plan = make(&options, "pack:2 numa:4 l3:4 core:9 pu:2");
		assert_in_range(core_pairs(&plan), 1,
			(size_t)preset->pairs * preset->pair_launches);
		assert_true(plan.note[0] != '\0');
		if (preset->placements)
			assert_true(plan.placements.count <= preset->placements);
		plan_free(&plan);
	}
}

static void the_plan_is_printed(void **state)
{
	struct options options = defaults();
	struct plan plan = make(&options, NULL);
	char *text = NULL, words[64], title[PLAN_TITLE];
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	plan_print(&options, &plan, out);
	fclose(out);
	for (size_t i = 0; i < mechanism_count; i++)
		assert_non_null(strstr(text, mechanisms[i]->name));
	snprintf(words, sizeof words, "%zu launches", plan.count);
	assert_non_null(strstr(text, words));
	assert_non_null(strstr(text, "seed 1"));
	free(text);
	plan_title(&plan.launches[0], title);
	assert_non_null(strstr(title, plan.launches[0].mechanism->name));
	assert_non_null(strstr(title, test_names[plan.launches[0].test]));
	plan_free(&plan);
}

/* One capacity is enough to be shown; to be compared it takes as many as the rest. */
static void a_duet_gets_the_launches_it_asks_for(void **state)
{
	struct options options = defaults();
	struct plan plan;

	(void)state;
	options.mechanisms = "unix_stream";
	options.tests = "capacity";
	options.sizes = "4K";
	options.placements = "unpinned";
	options.launches = 16;
	options.command = "run";
	plan = make(&options, NULL);
	for (size_t i = 0; i < plan.count; i++)
		assert_int_equal(plan.launches[i].repetition, 0);
	plan_free(&plan);
	options.command = "duet";
	plan = make(&options, NULL);
	assert_int_equal(plan.count % 16, 0);
	assert_true(plan.count > 0);
	plan_free(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_duet_gets_the_launches_it_asks_for),
		cmocka_unit_test(the_seed_decides_the_order),
		cmocka_unit_test(without_a_seed_one_is_drawn),
		cmocka_unit_test(everything_is_planned),
		cmocka_unit_test(pointless_launches_stay_and_say_why),
		cmocka_unit_test(sweeps_reach_both_ends),
		cmocka_unit_test(globs_choose),
		cmocka_unit_test(wrong_choices_are_named),
		cmocka_unit_test(settings_are_checked),
		cmocka_unit_test(options_reach_the_launch),
		cmocka_unit_test(core_pairs_need_three_cpus),
		cmocka_unit_test(large_machines_are_bounded),
		cmocka_unit_test(the_plan_is_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
