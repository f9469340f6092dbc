#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "harness/command.h"
#include "harness/environment.h"
#include "harness/interrupt.h"
#include "harness/run.h"
#include "results/show.h"

#define PATH 512

/* "runs/20261121T101500Z-host" */
static void default_directory(char path[PATH])
{
	struct utsname name;
	time_t now = time(NULL);
	struct tm utc;
	char stamp[32];

	gmtime_r(&now, &utc);
	strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
	if (uname(&name))
		strcpy(name.nodename, "unknown");
	/* A host name is text from outside: it must stay one file name. */
	for (char *c = name.nodename; *c; c++)
		if (*c == '/' || *c == '.')
			*c = '_';
	snprintf(path, PATH, "runs/%s-%.64s", stamp, name.nodename);
}

/* Every option that shapes the plan goes into the environment, so that --resume can make
 * the same plan again. */
static void add_options(struct facts *facts, const struct options *options, uint64_t seed)
{
	for (size_t i = 0; i < option_count; i++) {
		char text[FACT_TEXT], key[48];

		if (!option_table[i].shapes_plan)
			continue;
		snprintf(key, sizeof key, "option.%s", option_table[i].name);
		if (options_text(options, &option_table[i], text, sizeof text))
			facts_set(facts, key, "%s", text);
	}
	facts_set(facts, "option.seed", "%" PRIu64, seed);
}

static void add_plan(struct facts *facts, const struct plan *plan)
{
	facts_set(facts, "run.launches", "%zu", plan->count);
	facts_set(facts, "run.planned_s", "%.1f", (double)plan->planned_ns / 1e9);
	for (size_t i = 0; i < plan->placements.count; i++) {
		const struct placement *placement = &plan->placements.items[i];
		char key[48];

		snprintf(key, sizeof key, "placement.%.30s", placement->name);
		facts_set(facts, key, "%d,%d", placement->cpu[0], placement->cpu[1]);
	}
}

static int put_environment(struct run_directory *directory, const struct options *options,
	const struct plan *plan, const struct clock *clock, const char *quiet,
	struct why *why)
{
	struct facts facts = { 0 };
	const char **keys, **values;
	int error;

	environment_collect(&facts, clock);
	facts_set(&facts, "run.disturbed", "%s", quiet);
	add_options(&facts, options, plan->seed);
	add_plan(&facts, plan);
	keys = calloc(facts.count, sizeof *keys);
	values = calloc(facts.count, sizeof *values);
	if (!keys || !values)
		abort();
	for (size_t i = 0; i < facts.count; i++) {
		keys[i] = facts.items[i].key;
		values[i] = facts.items[i].value;
	}
	error = run_directory_put_environment(directory, keys, values, facts.count, why);
	free(keys);
	free(values);
	facts_free(&facts);
	return error;
}

/* The options of the run that is to be finished; `texts` keeps their values alive. */
static int restore_options(const struct run_directory *directory, struct options *options,
	char (*texts)[FACT_TEXT], struct why *why)
{
	for (size_t i = 0; i < option_count; i++) {
		char key[48];
		int error;

		if (!option_table[i].shapes_plan)
			continue;
		snprintf(key, sizeof key, "option.%s", option_table[i].name);
		if (!run_directory_environment(directory, key, texts[i], FACT_TEXT) ||
			!texts[i][0])
			continue;
		error = options_set(options, option_table[i].name, texts[i], why);
		if (error)
			return error;
	}
	return 0;
}

/* Which launches are in results.csv already. */
static bool *find_done(
	const struct run_directory *directory, const struct plan *plan, struct why *why)
{
	struct result_row *rows = NULL;
	bool *is_done = calloc(plan->count, sizeof *is_done);
	size_t count = 0;

	if (!is_done)
		abort();
	if (run_directory_results(directory, &rows, &count, why)) {
		free(is_done);
		return NULL;
	}
	for (size_t i = 0; i < count; i++)
		if (rows[i].launch >= 0 && rows[i].launch < (int64_t)plan->count)
			is_done[rows[i].launch] = true;
	free(rows);
	return is_done;
}

static void warn_if_busy(const struct plan *plan, char *words, size_t size)
{
	int cpus[64];
	size_t count = 0;

	for (size_t i = 0; i < plan->placements.count; i++)
		for (unsigned side = 0; side < 2; side++) {
			int cpu = plan->placements.items[i].cpu[side];
			bool is_new = cpu >= 0 && count < 64;

			for (size_t j = 0; j < count; j++)
				is_new = is_new && cpus[j] != cpu;
			if (is_new)
				cpus[count++] = cpu;
		}
	environment_quiet(cpus, count, 200000000, words, size);
}

/* Whoever watches deadlines runs above the sides. */
static int rise_above(const struct options *options, struct why *why)
{
	struct sched_param parameter = { .sched_priority = options->sched_priority + 2 };
	int error;

	if (options->sched != RUN_SCHED_FIFO)
		return 0;
	if (sched_setscheduler(0, SCHED_FIFO, &parameter) == 0)
		return 0;
	error = why_say(why, errno, "--sched fifo:%d: set SCHED_FIFO, priority %d",
		options->sched_priority, parameter.sched_priority);
	why_add(why, "it takes root, CAP_SYS_NICE or 'ulimit -r 99'");
	return error;
}

/* What is open while a run is on. */
struct session {
	struct options options;
	char (*texts)[FACT_TEXT]; /* one an option: values restored from the run */
	struct topology *topology;
	struct plan plan;
	struct run_directory *directory;
	struct clock clock;
	struct janitor janitor;
	bool *is_done;
	char quiet[FACT_TEXT];
};

static int dry_run(struct session *session)
{
	plan_print(&session->options, &session->plan, stdout);
	return EXIT_GOOD;
}

static int begin_directory(struct session *session, struct why *why)
{
	char path[PATH];
	int error;

	if (session->options.resume) {
		session->is_done = find_done(session->directory, &session->plan, why);
		return session->is_done ? 0 : -EINVAL;
	}
	default_directory(path);
	error = run_directory_create(session->options.out ? session->options.out : path,
		&session->directory, why);
	if (error)
		return error;
	error = put_environment(session->directory, &session->options, &session->plan,
		&session->clock, session->quiet, why);
	if (!error) {
		char file[PATH * 2];
		struct why ignored = { "" };

		snprintf(file, sizeof file, "%s/topology.xml",
			run_directory_path(session->directory));
		/* Without hwloc a run has no topology.xml, and is complete all the same.
		 */
		(void)topology_export(session->topology, file, &ignored);
	}
	return error;
}

static void print_plan_line(const struct session *session)
{
	const struct plan *plan = &session->plan;

	fprintf(stderr, "ipcmark: %zu launches, about %.0f s, into %s\n", plan->count,
		(double)plan->planned_ns / 1e9, run_directory_path(session->directory));
	fputs(plan->note, stderr);
	if (session->quiet[0])
		fprintf(stderr, "ipcmark: warning: %s\n", session->quiet);
}

static int finish(struct session *session, struct run *run, int error, struct why *why)
{
	struct why other = { "" };
	int code = run->measured ? EXIT_GOOD : EXIT_UNMEASURED;

	if (error && error != -EINTR) {
		command_error("%s", why->text);
		code = EXIT_UNMEASURED;
	}
	if (run_directory_summarize(session->directory, &other) ||
		show_run(session->directory, stdout, command_colour(stdout), &other)) {
		command_error("%s", other.text);
		code = EXIT_UNMEASURED;
	}
	if (error == -EINTR) {
		command_error("ended by a signal; every finished launch is kept, and "
			      "'ipcmark run --resume %s' does the rest",
			run_directory_path(session->directory));
		code = 128 + interrupt_signal();
	} else if (!error && !run->measured && !session->is_done) {
		command_error("nothing could be measured; the reasons are above");
	}
	return code;
}

static int measure_all(struct session *session, struct why *why)
{
	struct run run = { .options = &session->options,
		.plan = &session->plan,
		.context = { .janitor = &session->janitor,
			.topology = session->topology,
			.clock = &session->clock },
		.directory = session->directory,
		.is_done = session->is_done };
	size_t left = session->plan.count;
	int error;

	for (size_t i = 0; session->is_done && i < session->plan.count; i++)
		left -= session->is_done[i];
	/* A resumed run that lacks nothing is a good one. */
	run.measured = session->is_done ? 1 : 0;
	print_plan_line(session);
	progress_start(&run.progress, left,
		(double)session->plan.planned_ns / 1e9 * (double)left /
			(double)session->plan.count);
	error = run_all(&run, why);
	progress_end(&run.progress);
	return finish(session, &run, error, why);
}

/* Opens what is needed step by step; 0, or an exit code with the reason in words. */
static int prepare(struct session *session, struct why *why)
{
	const char *resume = session->options.resume;
	int error = 0;

	if (resume)
		error = run_directory_open(resume, true, &session->directory, why);
	if (!error && resume)
		error = restore_options(
			session->directory, &session->options, session->texts, why);
	if (!error)
		error = topology_load(session->options.topology, &session->topology, why);
	if (!error)
		error = plan_make(
			&session->options, session->topology, &session->plan, why);
	if (error)
		return error == -ENOENT && !resume ? EXIT_NOTHING : EXIT_USAGE;
	return EXIT_GOOD;
}

static int begin(struct session *session, struct why *why)
{
	clock_choose(session->options.clock != RUN_CLOCK_MONOTONIC, &session->clock);
	if (session->options.clock == RUN_CLOCK_TSC && !session->clock.is_tsc) {
		why_say(why, 0,
			"--clock tsc: the TSC is not constant, nonstop and the "
			"kernel's clocksource here; use --clock monotonic");
		return EXIT_UNMEASURED;
	}
	warn_if_busy(&session->plan, session->quiet, sizeof session->quiet);
	if (begin_directory(session, why))
		return EXIT_USAGE;
	interrupt_watch();
	if (janitor_start(&session->janitor, why))
		return EXIT_UNMEASURED;
	if (rise_above(&session->options, why)) {
		janitor_stop(&session->janitor);
		return EXIT_UNMEASURED;
	}
	return EXIT_GOOD;
}

static void end(struct session *session)
{
	free(session->is_done);
	free(session->texts);
	run_directory_close(session->directory);
	plan_free(&session->plan);
	topology_free(session->topology);
}

static int run_run(const struct options *options)
{
	struct session session = { .options = *options };
	struct why why = { "" };
	int code;

	session.texts = calloc(option_count, sizeof *session.texts);
	if (!session.texts)
		abort();
	code = prepare(&session, &why);
	if (code == EXIT_GOOD && options->dry_run) {
		code = dry_run(&session);
	} else if (code == EXIT_GOOD) {
		code = begin(&session, &why);
		if (code == EXIT_GOOD) {
			code = measure_all(&session, &why);
			janitor_stop(&session.janitor);
			why_clear(&why);
		}
	}
	if (code != EXIT_GOOD && why.text[0])
		command_error("%s", why.text);
	end(&session);
	return code;
}

const struct command run_command = {
	.name = "run",
	.synopsis = "[OPTION...]",
	.says = "measure and write a run directory",
	.run = run_run,
};
