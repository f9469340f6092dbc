#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "conformance/report.h"
#include "harness/base/janitor.h"
#include "harness/base/text.h"
#include "harness/command.h"
#include "harness/probe.h"
#include "harness/topology.h"
#include "harness/vocabulary.h"
#include "mechanisms/mechanism.h"
#include "results/csv.h"

#define LIST_TEXT 512

static const char *const topics[] = { "mechanisms", "tests", "placements", "checks",
	NULL };

/* One CSV record; the fields end with NULL. */
static void record(const char *const *fields)
{
	for (size_t i = 0; fields[i]; i++) {
		if (i)
			putchar(',');
		csv_field(stdout, fields[i]);
	}
	putchar('\n');
}

/* "pipe.size=:4096..1048576:bytes;...": name, default (empty: the system's own), range
 * and unit. */
static void settings_text(const struct mechanism *mechanism, char *text, size_t size)
{
	int64_t standards[MECHANISM_SETTINGS];
	size_t used = 0;

	*text = '\0';
	mechanism_defaults(mechanism, standards);
	for (int i = 0; mechanism->settings && mechanism->settings[i].name; i++) {
		const struct setting_spec *spec = &mechanism->settings[i];
		char standard[24] = "";
		int64_t least, most;

		setting_range(spec, &least, &most);
		if (standards[i] != SETTING_UNSET)
			snprintf(standard, sizeof standard, "%" PRId64, standards[i]);
		if (used < size)
			used += (size_t)snprintf(text + used, size - used,
				"%s%s=%s:%" PRId64 "..%" PRId64 ":%s", used ? ";" : "",
				spec->name, standard, least, most, spec->unit);
	}
}

static void mechanism_record(const struct mechanism *mechanism, const struct why *why)
{
	char tests[LIST_TEXT], caps[LIST_TEXT], settings[LIST_TEXT];

	settings_text(mechanism, settings, sizeof settings);
	record((const char *const[]) { mechanism->name, mechanism->title,
		mechanism->family, mechanism->cite, mechanism->says,
		test_words(mechanism->tests, ";", tests, sizeof tests),
		cap_words(mechanism->caps, ";", caps, sizeof caps),
		mechanism->preset ? mechanism->preset : "", settings,
		mechanism->size_setting ? mechanism->size_setting : "",
		why->text[0] ? "no" : "yes", why->text, NULL });
}

static void mechanism_setting_line(const struct setting_spec *spec)
{
	int64_t least, most;

	setting_range(spec, &least, &most);
	printf("    --set %s=%" PRId64 "..%" PRId64 "%s%s: %s\n", spec->name, least, most,
		*spec->unit ? " " : "", spec->unit, spec->says);
}

static int names_width(void)
{
	size_t width = 0;

	for (size_t i = 0; i < mechanism_count; i++)
		if (strlen(mechanisms[i]->name) > width)
			width = strlen(mechanisms[i]->name);
	return (int)width;
}

static int tests_width(void)
{
	char tests[LIST_TEXT];
	size_t width = 0;

	for (size_t i = 0; i < mechanism_count; i++) {
		size_t length = strlen(
			test_words(mechanisms[i]->tests, ",", tests, sizeof tests));

		if (length > width)
			width = length;
	}
	return (int)width;
}

static void mechanism_lines(
	const struct mechanism *mechanism, const struct why *why, bool colour)
{
	char tests[LIST_TEXT], caps[LIST_TEXT];
	bool is_usable = !why->text[0];

	printf("%s%-*s%s %-14s %-*s %s\n", colour ? "\033[1m" : "", names_width(),
		mechanism->name, colour ? "\033[0m" : "", mechanism->family,
		tests_width(), test_words(mechanism->tests, ",", tests, sizeof tests),
		is_usable ? "yes" : "no");
	if (!is_usable)
		printf("    %snot usable here: %s%s\n", colour ? "\033[33m" : "",
			why->text, colour ? "\033[0m" : "");
	printf("    %s, %s: %s\n", mechanism->says, mechanism->cite,
		cap_words(mechanism->caps, ", ", caps, sizeof caps));
	for (int i = 0; mechanism->settings && mechanism->settings[i].name; i++)
		mechanism_setting_line(&mechanism->settings[i]);
}

static int list_mechanisms(const struct options *options)
{
	bool is_csv = options->format == LIST_CSV;
	bool colour = !is_csv && command_colour(stdout);
	struct janitor janitor;
	struct why why = { "" };

	if (janitor_start(&janitor, &why)) {
		command_error("%s", why.text);
		return EXIT_UNMEASURED;
	}
	if (is_csv)
		record((const char *const[]) { "mechanism", "title", "family", "cite",
			"says", "tests", "caps", "preset", "settings", "size_setting",
			"usable", "reason", NULL });
	else
		printf("%-*s %-14s %-*s %s\n", names_width(), "mechanism", "family",
			tests_width(), "tests", "usable here");
	for (size_t i = 0; i < mechanism_count; i++) {
		why_clear(&why);
		if (probe_mechanism(mechanisms[i], &janitor, &why))
			why_say(&why, 0, "%s: not usable", mechanisms[i]->name);
		if (is_csv)
			mechanism_record(mechanisms[i], &why);
		else
			mechanism_lines(mechanisms[i], &why, colour);
	}
	janitor_stop(&janitor);
	return EXIT_GOOD;
}

static int list_tests(const struct options *options)
{
	if (options->format == LIST_CSV)
		record((const char *const[]) { "test", "says", NULL });
	for (unsigned test = 0; test < TESTS; test++)
		if (options->format == LIST_CSV)
			record((const char *const[]) {
				test_names[test], test_meanings[test], NULL });
		else
			printf("%-12s %s\n", test_names[test], test_meanings[test]);
	return EXIT_GOOD;
}

static void placement_record(const struct topology *topology, size_t index)
{
	struct placements placements = { 0 };
	struct why why = { "" };
	char count[24], cpus[2][24] = { "", "" };

	/* Only whether there is one is asked, and which; not all of all-pairs. */
	if (topology_place(topology, placement_names[index], 1, &placements, &why) == 0 &&
		placements.count)
		for (int side = 0; side < 2; side++)
			if (placements.items[0].cpu[side] >= 0)
				snprintf(cpus[side], sizeof cpus[side], "%d",
					placements.items[0].cpu[side]);
	snprintf(count, sizeof count, "%s", placements.count ? "yes" : "no");
	record((const char *const[]) { placement_names[index], placement_meanings[index],
		count, cpus[0], cpus[1], why.text, NULL });
	placements_free(&placements);
}

static int list_placements(const struct options *options)
{
	struct topology *topology;
	struct why why = { "" };

	if (topology_load(NULL, &topology, &why)) {
		command_error("%s", why.text);
		return EXIT_UNMEASURED;
	}
	if (options->format == LIST_CSV) {
		record((const char *const[]) { "placement", "says", "usable", "cpu_a",
			"cpu_b", "reason", NULL });
		for (size_t i = 0; placement_names[i]; i++)
			placement_record(topology, i);
	} else {
		topology_list(topology, stdout);
	}
	topology_free(topology);
	return EXIT_GOOD;
}

static int list_checks(const struct options *options)
{
	struct point *points;
	size_t count;
	struct why why = { "" };

	if (points_choose(NULL, 0, &points, &count, &why)) {
		command_error("%s", why.text);
		return EXIT_UNMEASURED;
	}
	if (options->format == LIST_CSV)
		report_list_csv(stdout, points, count);
	else
		report_list(stdout, points, count);
	free(points);
	return EXIT_GOOD;
}

static int list_run(const struct options *options)
{
	const char *topic = options->operand_count ? options->operands[0] : topics[0];

	if (strcmp(topic, "tests") == 0)
		return list_tests(options);
	if (strcmp(topic, "placements") == 0)
		return list_placements(options);
	if (strcmp(topic, "checks") == 0)
		return list_checks(options);
	return list_mechanisms(options);
}

const struct command list_command = {
	.name = "list",
	.synopsis = "[mechanisms|tests|placements|checks] [OPTION...]",
	.says = "Name what can be measured and checked, and what is usable here.",
	.run = list_run,
	.operands_most = 1,
	.operand_words = topics,
};
