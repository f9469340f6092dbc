#include "harness/plan_choose.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "harness/options_value.h"
#include "harness/vocabulary.h"

#define ITEM      64
#define SIZE_MOST ((uint64_t)1 << 20)

static int no_mechanism(const char *option, const char *name, struct why *why)
{
	const char *names[256];
	const char *nearest;

	for (size_t i = 0; i < mechanism_count; i++)
		names[i] = mechanisms[i]->name;
	names[mechanism_count] = NULL;
	nearest = text_nearest(name, names);
	why_say(why, 0, "--%s: there is no mechanism '%s'%s%s%s", option, name,
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
			return no_mechanism("mechanisms", item, why);
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

int plan_choose_placements(const struct options *options, const struct topology *topology,
	const struct preset *preset, struct plan *plan, struct why *why)
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
				char range[SETTING_RANGE];
				int64_t least, most;

				names[count++] = spec->name;
				if (strcmp(spec->name, setting->name))
					continue;
				is_known = true;
				setting_range(spec, &least, &most);
				if (setting->value < least || setting->value > most)
					return why_say(why, 0,
						"--set %s=%" PRId64
						" is out of range; it can be %s",
						setting->name, setting->value,
						setting_range_text(spec, range));
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

/* A canary must sleep while the other pair is measured and have a round trip. */
static int choose_canary(
	const struct options *options, struct choice *choice, struct why *why)
{
	const struct mechanism *canary;

	if (!options->canary)
		return 0;
	canary = mechanism_find(options->canary);
	if (!canary)
		return no_mechanism("canary", options->canary, why);
	if (!(canary->tests & TEST_BIT(TEST_LATENCY)) ||
		(canary->caps & (CAP_FLOOR | CAP_SPINS | CAP_SOLO | CAP_SAME_CPU)))
		return why_say(why, 0,
			"--canary: %s cannot be one: a canary is a round trip of two "
			"processes that sleep while they wait, such as futex or pipe",
			canary->name);
	choice->canary = canary;
	return 0;
}

/* Is the name one of a preset's list of names and globs? */
static bool is_listed(const char *list, const char *name)
{
	char item[ITEM];

	while (list && text_next(&list, item, sizeof item) > 0)
		if (fnmatch(item, name, 0) == 0)
			return true;
	return false;
}

/* The preset measures some tests of some mechanisms only, unless these were chosen, and
 * some more or less often, unless it is said how often. */
static void choose_tests_of(const struct options *options, struct choice *choice)
{
	const struct preset *preset = choice->preset;

	choice->has_counts = !options->mechanisms && options->launches < 0;
	for (size_t i = 0; i < choice->mechanism_count; i++) {
		const struct mechanism *mechanism = choice->mechanisms[i];

		for (enum test test = 0; test < TESTS; test++) {
			const char *list = preset->tests[test].mechanisms;

			choice->has[test][i] = !list || options->mechanisms ||
					       options->tests ||
					       is_listed(list, mechanism->name);
		}
		choice->is_joined[i] = choice->tests[TEST_THROUGHPUT] &&
				       !options->sizes && options->batch <= 1 &&
				       launch_can_coalesce(mechanism) &&
				       is_listed(preset->joined.mechanisms,
					       mechanism->name);
	}
}

unsigned choice_launches(const struct choice *choice, enum test test, size_t index)
{
	const struct preset_count *count = choice->preset->counts;

	for (; choice->has_counts && count->mechanisms; count++)
		if ((count->tests & TEST_BIT(test)) &&
			is_listed(count->mechanisms, choice->mechanisms[index]->name))
			return count->launches;
	return choice->launches[test];
}

/* Of a run one launch says what the capacity is; a duet compares as many as it was asked
 * for. */
static bool has_few_capacities(const struct options *options)
{
	return !options->command || strcmp(options->command, "duet") != 0;
}

static int choose_amounts(
	const struct options *options, struct choice *choice, struct why *why)
{
	int error = 0;

	for (enum test test = 0; test < TESTS && !error; test++) {
		const struct preset_test *preset = &choice->preset->tests[test];
		unsigned asked = options->launches > 0 ? (unsigned)options->launches
						       : choice->preset->launches;
		bool is_fixed = preset->launches &&
				(options->launches < 0 ||
					(test == TEST_CAPACITY &&
						has_few_capacities(options)));

		choice->launches[test] = is_fixed && preset->launches < asked
						 ? preset->launches
						 : asked;
		error = choose_sizes(options->sizes ? options->sizes : preset->sizes,
			choice->sizes[test], &choice->size_counts[test], why);
	}
	if (!error && choice->preset->joined.batch)
		error = choose_sizes(choice->preset->joined.sizes, choice->joined_sizes,
			&choice->joined_size_count, why);
	return error;
}

int plan_choose(const struct options *options, struct choice *choice, struct why *why)
{
	int error;

	choice->preset = &presets[options->preset];
	error = choose_mechanisms(choice, options->mechanisms, why);
	if (!error)
		error = choose_tests(choice, options->tests, why);
	if (!error)
		error = choose_amounts(options, choice, why);
	if (!error)
		choose_tests_of(options, choice);
	if (!error)
		error = choose_canary(options, choice, why);
	return error ? error : check_settings(options, choice, why);
}
