/* The command line: what is read, what is refused and in which words. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/text.h"
#include "harness/command.h"
#include "harness/options.h"

#define ARGUMENTS_MAX 64

static struct options options;
static struct why why;
static char line_text[1024];
static char *arguments[ARGUMENTS_MAX];

/* Parses "ipcmark" and the words of `line` (single spaces; "''" is an empty word). */
static int parse(const char *line)
{
	static char name[] = "ipcmark";
	char *rest = line_text, *word;
	int count = 1;

	arguments[0] = name;
	snprintf(line_text, sizeof line_text, "%s", line);
	while ((word = strsep(&rest, " ")) && count < ARGUMENTS_MAX - 1)
		if (*word)
			arguments[count++] = strcmp(word, "''") == 0 ? word + 2 : word;
	arguments[count] = NULL;
	why_clear(&why);
	return options_parse(count, arguments, &options, &why);
}

static void assert_refused(const char *line, const char *sentence)
{
	assert_true(parse(line) < 0);
	assert_string_equal(why.text, sentence);
}

static int clear_variables(void **state)
{
	char variable[OPTION_VARIABLE];

	(void)state;
	for (size_t i = 0; i < option_count; i++)
		unsetenv(option_variable(&option_table[i], variable));
	return 0;
}

static void defaults_are_what_the_table_says(void **state)
{
	(void)state;
	assert_int_equal(parse("run"), 0);
	assert_string_equal(options.command, "run");
	assert_int_equal(options.preset, PRESET_QUICK);
	assert_int_equal(options.payload, RUN_PAYLOAD_TOUCH);
	assert_int_equal(options.sched, RUN_SCHED_INHERIT);
	assert_int_equal(options.clock, RUN_CLOCK_AUTO);
	assert_int_equal(options.gap_ns, 0);
	assert_int_equal(options.deadline_ns, 10000000000);
	assert_int_equal(options.slice_ns, 5000000);
	assert_int_equal(options.launches, -1);
	assert_int_equal(options.chunk_bytes, -1);
	assert_int_equal(options.seed, -1);
	assert_int_equal(options.warm_up_ns, -1);
	assert_int_equal(options.slices, -1);
	assert_int_equal(options.cpus[0], -1);
	assert_int_equal(options.cpus[1], -1);
	assert_int_equal(options.setting_count, 0);
	assert_null(options.mechanisms);
	assert_null(options.tests);
	assert_null(options.sizes);
	assert_null(options.placements);
	assert_null(options.out);
	assert_null(options.resume);
	assert_null(options.topology);
	assert_false(options.dry_run);
}

static void every_value_is_read(void **state)
{
	(void)state;
	assert_int_equal(parse("run --preset full --mechanisms=pipe,tcp --tests latency "
			       "--sizes 1,4K --cpus 3,0 --launches 7 --payload verify "
			       "--gap 1.5ms --chunk 64K --sched fifo:9 --clock monotonic "
			       "--seed=0 -o dir --deadline 2s --slice 1ms --slices 3"),
		0);
	assert_int_equal(options.preset, PRESET_FULL);
	assert_string_equal(options.mechanisms, "pipe,tcp");
	assert_string_equal(options.tests, "latency");
	assert_string_equal(options.sizes, "1,4K");
	assert_int_equal(options.cpus[0], 3);
	assert_int_equal(options.cpus[1], 0);
	assert_int_equal(options.launches, 7);
	assert_int_equal(options.payload, RUN_PAYLOAD_VERIFY);
	assert_int_equal(options.gap_ns, 1500000);
	assert_int_equal(options.chunk_bytes, 65536);
	assert_int_equal(options.sched, RUN_SCHED_FIFO);
	assert_int_equal(options.sched_priority, 9);
	assert_int_equal(options.clock, RUN_CLOCK_MONOTONIC);
	assert_int_equal(options.seed, 0);
	assert_string_equal(options.out, "dir");
	assert_int_equal(options.deadline_ns, 2000000000);
	assert_int_equal(options.slice_ns, 1000000);
	assert_int_equal(options.slices, 3);
	assert_int_equal(parse("run -odir --placements smt --warm-up 0 --dry-run "
			       "--topology node:2"),
		0);
	assert_string_equal(options.out, "dir");
	assert_string_equal(options.placements, "smt");
	assert_int_equal(options.warm_up_ns, 0);
	assert_true(options.dry_run);
	assert_string_equal(options.topology, "node:2");
	assert_int_equal(parse("run --out --dry-run"), -EINVAL);
	assert_int_equal(parse("run --out=--dry-run"), 0);
	assert_string_equal(options.out, "--dry-run");
	assert_int_equal(parse("run --seed 1 --seed 2"), 0);
	assert_int_equal(options.seed, 2);
	assert_int_equal(parse("list tests --format csv"), 0);
	assert_int_equal(options.format, LIST_CSV);
}

static void settings_are_gathered(void **state)
{
	(void)state;
	assert_int_equal(
		parse("run --set pipe.size=1M --set tcp.nodelay=0,mq.maxmsg=3"), 0);
	assert_int_equal(options.setting_count, 3);
	assert_string_equal(options.settings[0].name, "pipe.size");
	assert_int_equal(options.settings[0].value, 1048576);
	assert_string_equal(options.settings[2].name, "mq.maxmsg");
	assert_int_equal(options.settings[2].value, 3);
	assert_int_equal(parse("run --set a=1 --set a=2"), 0);
	assert_int_equal(options.setting_count, 1);
	assert_int_equal(options.settings[0].value, 2);
	assert_refused("run --set pipe.size",
		"--set: 'pipe.size' is not NAME=VALUE, such as pipe.size=1M");
	assert_refused(
		"run --set =1", "--set: '=1' is not NAME=VALUE, such as pipe.size=1M");
	assert_refused("run --set a=b",
		"--set: a: 'b' is not a size; sizes are written 64, 4K or 1M");
	assert_refused("run --set tcp.nodelay=-1",
		"--set: tcp.nodelay: '-1' is not a size; sizes are written 64, 4K or 1M; "
		"it can be 0 to 1");
	assert_refused("run --set a=1,,b=1",
		"--set: an empty or too long setting; it is written NAME=VALUE, such as "
		"pipe.size=1M");
}

static void too_many_settings_are_refused(void **state)
{
	char text[600] = "run --set a0=1";

	(void)state;
	for (int i = 1; i <= OPTION_SETTINGS; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), ",a%d=1", i);
	assert_refused(text, "--set: more than 32 settings");
	*strrchr(text, ',') = '\0';
	assert_int_equal(parse(text), 0);
	assert_int_equal(options.setting_count, OPTION_SETTINGS);
}

static void operands_are_found_among_options(void **state)
{
	(void)state;
	assert_int_equal(parse("plot a b -- --c"), 0);
	assert_int_equal(options.operand_count, 3);
	assert_string_equal(options.operands[0], "a");
	assert_string_equal(options.operands[1], "b");
	assert_string_equal(options.operands[2], "--c");
	assert_int_equal(parse("list --format csv tests"), 0);
	assert_int_equal(options.operand_count, 1);
	assert_string_equal(options.operands[0], "tests");
}

static void help_stops_the_reading(void **state)
{
	(void)state;
	assert_int_equal(parse("run -h --nonsense"), 0);
	assert_true(options.help);
	assert_string_equal(options.command, "run");
	assert_int_equal(parse("--help"), 0);
	assert_null(options.command);
	assert_int_equal(parse("show --help"), 0);
	assert_int_equal(parse("-V"), 0);
	assert_true(options.version);
	assert_refused("--version=2", "--version takes no value");
}

static void misspelt_words_get_the_nearest(void **state)
{
	(void)state;
	assert_refused("run --mechansims",
		"unknown option '--mechansims'; did you mean --mechanisms?");
	assert_refused("run --pre=1", "unknown option '--pre'; did you mean --preset?");
	assert_refused("run -seed 4", "unknown option '-seed'; did you mean --seed?");
	assert_refused("rnu", "unknown command 'rnu'; did you mean run?");
	assert_refused("lsit", "unknown command 'lsit'; did you mean list?");
	assert_refused("zzz", "unknown command 'zzz'; 'ipcmark --help' names them all");
	assert_refused("''", "unknown command ''; 'ipcmark --help' names them all");
	assert_refused("run --preset quik",
		"--preset: 'quik' is none of quick, standard, full; did you mean quick?");
	assert_refused(
		"run --preset zzz", "--preset: 'zzz' is none of quick, standard, full");
	assert_refused("list mechanism",
		"'mechanism' is none of mechanisms, tests, placements, checks; did you mean "
		"mechanisms?");
	assert_refused("run --zzzzzz",
		"unknown option '--zzzzzz'; 'ipcmark run --help' names them all");
	assert_refused(
		"--zzzzzz", "unknown option '--zzzzzz'; 'ipcmark --help' names them all");
	assert_refused("run -z", "unknown option '-z'");
	assert_refused("run -hz", "unknown option '-hz'");
	assert_refused("show -o x", "unknown option '-o'");
	assert_refused("show --seed 1",
		"unknown option '--seed'; it belongs after 'ipcmark run'");
}

static void values_out_of_range_are_refused(void **state)
{
	(void)state;
	assert_refused("run --seed -1",
		"--seed: -1 is out of range; it can be 0 to 9223372036854775807");
	assert_refused("run --launches 0",
		"--launches: 0 is out of range; it can be 1 to 100000");
	assert_refused("run --launches 1e99", "--launches: '1e99' is not a whole number");
	assert_refused("run --slice 20us",
		"--slice: 20us is out of range; it can be 100us to 10s");
	assert_refused("run --slice 5",
		"--slice: '5' has no unit; times are written 250ns, 10us, 1.5ms or 2s");
	assert_refused("run --chunk 4KB",
		"--chunk: '4KB' is not a size; did you mean 4K? (powers of 1024)");
	assert_refused(
		"run --chunk 2G", "--chunk: 2G is out of range; it can be 1 to 1G");
	assert_refused("run --cpus 1",
		"--cpus: a pair of CPUs is wanted, such as 0,1 (the same twice for one CPU)");
	assert_refused(
		"run --cpus 0,1,2", "--cpus: two CPUs are wanted, and here are more");
	assert_refused(
		"run --cpus 0,-1", "--cpus: -1 is out of range; it can be 0 to 1048575");
	assert_refused("run --cpus=0,x", "--cpus: 'x' is not a whole number");
	assert_refused(
		"run --sched fifo:98", "--sched: 98 is out of range; it can be 1 to 97");
	assert_refused(
		"run --sched fifo", "--sched: fifo needs a priority, such as fifo:10");
	assert_refused("run --sched othr",
		"--sched: 'othr' is none of inherit, other, fifo:N; did you mean other?");
	assert_refused("run --sched fifo:N", "--sched: 'N' is not a whole number");
	assert_refused("run --sizes ''", "--sizes: an empty value; LIST is wanted");
	assert_refused("run --seed", "--seed needs a value: --seed N");
	assert_refused("run --seed --dry-run", "--seed needs a value: --seed N");
	assert_refused("run --dry-run=1", "--dry-run takes no value");
}

static void what_does_not_go_together_is_refused(void **state)
{
	(void)state;
	assert_refused("run --cpus 0,1 --placements smt",
		"--cpus and --placements exclude each other; leave one out");
	assert_refused("run --topology x",
		"--topology plans for another machine, where nothing can be measured; add "
		"--dry-run");
	assert_refused("", "a command is missing; 'ipcmark --help' names them all");
	assert_refused("show", "something is missing: ipcmark show RUN");
	assert_refused("show a b", "'b' is one word too many: ipcmark show RUN");
	assert_refused("plot", "something is missing: ipcmark plot RUN...");
	assert_refused("doctor x", "'x' is one word too many: ipcmark doctor");
}

/* --resume beside each option in turn: those that would change the plan are refused. */
static void a_resumed_plan_is_fixed(void **state)
{
	size_t refused = 0;

	(void)state;
	for (size_t i = 0; i < option_count; i++) {
		const struct option_spec *spec = &option_table[i];
		char line[200], sentence[200];

		if (!option_applies(spec, "run") || !spec->commands)
			continue;
		snprintf(line, sizeof line, "run --resume d --%s%s%s%s", spec->name,
			spec->kind == OPTION_SETTING ? "=a=1"
			: spec->value                ? "="
						     : "",
			spec->kind == OPTION_CPUS                      ? "0,1"
			: spec->kind == OPTION_SIZE                    ? "64"
			: spec->standard                               ? spec->standard
			: spec->kind == OPTION_TIME                    ? "1s"
			: !spec->value || spec->kind == OPTION_SETTING ? ""
								       : "1",
			spec->shapes_plan && strcmp(spec->name, "topology") == 0
				? " --dry-run"
				: "");
		snprintf(sentence, sizeof sentence,
			"--resume finishes the plan the run was begun with; leave out --%s, "
			"or begin a new run",
			spec->name);
		if (spec->shapes_plan)
			assert_refused(line, sentence);
		else
			assert_int_equal(parse(line), 0);
		refused += spec->shapes_plan;
	}
	assert_true(refused >= 17);
}

static void variables_stand_in(void **state)
{
	(void)state;
	setenv("IPCMARK_SEED", "7", 1);
	setenv("IPCMARK_WARM_UP", "3ms", 1);
	setenv("IPCMARK_SET", "a=1,b=2", 1);
	setenv("IPCMARK_SIZES", "", 1);
	assert_int_equal(parse("run"), 0);
	assert_int_equal(options.seed, 7);
	assert_int_equal(options.warm_up_ns, 3000000);
	assert_int_equal(options.setting_count, 2);
	assert_null(options.sizes);
	assert_int_equal(parse("run --seed 8 --set c=3"), 0);
	assert_int_equal(options.seed, 8);
	assert_int_equal(options.setting_count, 1);
	assert_string_equal(options.settings[0].name, "c");
	/* Neither of another command's business, nor against the line. */
	assert_int_equal(parse("list"), 0);
	assert_int_equal(options.seed, -1);
	assert_int_equal(parse("run --resume d"), 0);
	assert_int_equal(options.seed, -1);
	setenv("IPCMARK_PRESET", "quik", 1);
	assert_refused("run",
		"IPCMARK_PRESET: 'quik' is none of quick, standard, full; did you mean "
		"quick?");
}

static void variables_yield_to_what_excludes_them(void **state)
{
	(void)state;
	setenv("IPCMARK_PLACEMENTS", "smt", 1);
	assert_int_equal(parse("run --cpus 0,1"), 0);
	assert_null(options.placements);
	setenv("IPCMARK_CPUS", "0,1", 1);
	assert_int_equal(parse("run --placements same-cpu"), 0);
	assert_int_equal(options.cpus[0], -1);
	assert_refused(
		"run", "--cpus and --placements exclude each other; leave one out");
}

/* What options_text() writes, options_set() reads: a run is resumed by it. */
static void values_survive_as_text(void **state)
{
	struct options again;
	char first[512], second[512];

	(void)state;
	assert_int_equal(
		parse("run --preset standard --sizes 1,2 --cpus 3,4 --gap 1500ns "
		      "--chunk 3K --set a=1,b=2K --sched fifo:3 --seed 5 "
		      "--warm-up 90us --dry-run --deadline 61s"),
		0);
	options_default(&again);
	again.command = "run";
	for (size_t i = 0; i < option_count; i++)
		if (option_applies(&option_table[i], "run") &&
			options_text(&options, &option_table[i], first, sizeof first)) {
			char *kept = test_malloc(sizeof first);

			memcpy(kept, first, sizeof first);
			assert_int_equal(
				options_set(&again, option_table[i].name, kept, &why), 0);
			assert_true(options_text(
				&again, &option_table[i], second, sizeof second));
			assert_string_equal(first, second);
			test_free(kept);
		}
	assert_int_equal(again.gap_ns, 1500);
	assert_int_equal(again.warm_up_ns, 90000);
	assert_int_equal(again.deadline_ns, 61000000000);
	assert_int_equal(again.settings[1].value, 2048);
	assert_int_equal(again.sched_priority, 3);
	assert_true(again.dry_run);
	why_clear(&why);
	assert_int_equal(options_set(&again, "sizzes", "1", &why), -EINVAL);
	assert_string_equal(why.text, "no option is called 'sizzes'");
}

/* A command line of its own can be followed by the command. */
static void options_can_stand_before_the_command(void **state)
{
	(void)state;
	assert_int_equal(parse("--set pipe.size=1M serve"), 0);
	assert_string_equal(options.command, "serve");
	assert_int_equal(options.settings[0].value, 1 << 20);
	assert_int_equal(parse("--seed 1 -o show run --launches 3"), 0);
	assert_string_equal(options.command, "run");
	assert_string_equal(options.out, "show");
	assert_int_equal(options.seed, 1);
	assert_refused("--seed 1 show", "unknown option '--seed'; it belongs after "
					"'ipcmark run'");
	assert_int_equal(parse("duet"), 0);
	assert_int_equal(options.sched, RUN_SCHED_AUTO);
	assert_int_equal(parse("run"), 0);
	assert_int_equal(options.sched, RUN_SCHED_INHERIT);
	assert_refused(
		"run --sched auto", "--sched: 'auto' is none of inherit, other, fifo:N");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, clear_variables, clear_variables)
	const struct CMUnitTest tests[] = {
		TEST(defaults_are_what_the_table_says),
		TEST(every_value_is_read),
		TEST(settings_are_gathered),
		TEST(too_many_settings_are_refused),
		TEST(operands_are_found_among_options),
		TEST(help_stops_the_reading),
		TEST(misspelt_words_get_the_nearest),
		TEST(values_out_of_range_are_refused),
		TEST(what_does_not_go_together_is_refused),
		TEST(a_resumed_plan_is_fixed),
		TEST(variables_stand_in),
		TEST(variables_yield_to_what_excludes_them),
		TEST(values_survive_as_text),
		TEST(options_can_stand_before_the_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
