#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cmd_run_checks.h"
#include "harness/command.h"
#include "harness/environment.h"
#include "harness/interrupt.h"
#include "harness/run.h"
#include "harness/run_name.h"
#include "harness/vocabulary.h"
#include "results/pairs.h"
#include "results/show.h"

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
	int error;

	environment_collect(&facts, clock);
	facts_set(&facts, "run.disturbed", "%s", quiet);
	add_options(&facts, options, plan->seed);
	add_plan(&facts, plan);
	facts_set(&facts, "run.with_checks", "%d", options->with_checks);
	error = facts_put(&facts, directory, why);
	facts_free(&facts);
	return error;
}

/* The options of the run that is to be finished; `texts` keeps their values alive. */
static int restore_options(const struct run_directory *directory, struct options *options,
	char (*texts)[FACT_TEXT], struct why *why)
{
	char seed[FACT_TEXT], checks[FACT_TEXT];

	if (run_directory_environment(
		    directory, "run.with_checks", checks, sizeof checks) &&
		strcmp(checks, "1") == 0)
		options->with_checks = true;
	/* The seed is drawn when it is not given, so that every plan has one. */
	if (!run_directory_environment(directory, "option.seed", seed, sizeof seed))
		return why_say(why, 0,
			"%s/environment.csv does not say how the run was begun (option.seed "
			"is missing); begin a new run",
			run_directory_path(directory));
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
	bool was_measured; /* is any launch of the resumed run good? */
	char quiet[FACT_TEXT];
};

/* Is it a row of that launch? */
static bool is_row_of(const struct result_row *row, const struct planned *planned)
{
	const int *cpu = planned->placement.cpu;
	int64_t wanted = planned->sweep >= 0 && planned->sweep_value != SETTING_UNSET
				 ? planned->sweep_value
				 : ROW_UNKNOWN;

	return strcmp(row->mechanism, planned->mechanism->name) == 0 &&
	       strcmp(row->test, test_names[planned->test]) == 0 &&
	       strcmp(row->placement, planned->placement.name) == 0 &&
	       row->cpu_a == (cpu[0] >= 0 ? cpu[0] : ROW_UNKNOWN) &&
	       row->cpu_b == (cpu[0] >= 0 ? cpu[1] : ROW_UNKNOWN) &&
	       row->sweep_wanted == wanted;
}

/* Other CPUs, another limit or another version make another plan of the same options:
 * launch n would be counted as what it is not. */
static int check_plan(const struct session *session, const struct result_row *rows,
	size_t count, struct why *why)
{
	const struct plan *plan = &session->plan;
	const char *path = run_directory_path(session->directory);
	char planned[FACT_TEXT] = "";
	bool is_same = true;

	if (run_directory_environment(
		    session->directory, "run.launches", planned, sizeof planned) &&
		strtoull(planned, NULL, 10) != plan->count)
		return why_say(why, 0,
			"'%s' was planned as %s launches, and its options make %zu here and "
			"now; finish it on the machine and under the limits it was begun with, "
			"or begin a new run",
			path, planned, plan->count);
	for (size_t i = 0; i < count && is_same; i++)
		is_same = rows[i].launch >= 0 && rows[i].launch < (int64_t)plan->count &&
			  is_row_of(&rows[i], &plan->launches[rows[i].launch]);
	if (is_same)
		return 0;
	return why_say(why, 0,
		"'%s' has results that its options do not lead to here and now; finish it on "
		"the machine and under the limits it was begun with, or begin a new run",
		path);
}

/* Which launches are in results.csv already. */
static int find_done(struct session *session, struct why *why)
{
	struct result_row *rows = NULL;
	size_t count = 0;
	int error = run_directory_results(session->directory, &rows, &count, why);

	if (error)
		return error;
	error = check_plan(session, rows, count, why);
	if (!error) {
		session->is_done = calloc(session->plan.count, sizeof *session->is_done);
		if (!session->is_done)
			abort();
		for (size_t i = 0; i < count; i++) {
			session->is_done[rows[i].launch] = true;
			session->was_measured |= strcmp(rows[i].status, "ok") == 0;
		}
	}
	free(rows);
	return error;
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

static int dry_run(struct session *session)
{
	plan_print(&session->options, &session->plan, stdout);
	return EXIT_GOOD;
}

static void discard(struct session *session)
{
	run_directory_discard(session->directory);
	session->directory = NULL;
}

static int begin_directory(struct session *session, struct why *why)
{
	struct why ignored = { "" };
	char path[RUN_NAME * 2];
	int error;

	if (session->options.resume)
		return 0;
	run_name("", path);
	error = run_directory_create(session->options.out ? session->options.out : path,
		&session->directory, why);
	if (error == -EEXIST)
		why_add(why, "or finish that run with --resume %s",
			session->options.out ? session->options.out : path);
	if (error)
		return error;
	error = put_environment(session->directory, &session->options, &session->plan,
		&session->clock, session->quiet, why);
	if (error) {
		if (error == -ENOSPC || error == -EDQUOT)
			why_add(why, "make room, or give --out a directory elsewhere");
		discard(session);
		return error;
	}
	snprintf(path, sizeof path, "%s/topology.xml",
		run_directory_path(session->directory));
	/* Without hwloc a run has no topology.xml, and is complete all the same. */
	(void)topology_export(session->topology, path, &ignored);
	return 0;
}

static void print_plan_line(const struct session *session, size_t left, double left_s)
{
	const struct plan *plan = &session->plan;
	const char *path = run_directory_path(session->directory);

	if (!left) {
		fprintf(stderr, "ipcmark: nothing is left to measure in %s\n", path);
		return;
	}
	fprintf(stderr, "ipcmark: %zu launch%s%s, about %.0f s, into %s\n", left,
		left == 1 ? "" : "es", left < plan->count ? " left" : "", left_s, path);
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
	} else if (!error && !run->measured) {
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
	double left_s;
	int error;

	for (size_t i = 0; session->is_done && i < session->plan.count; i++)
		left -= session->is_done[i];
	/* A resumed run that lacks nothing is as good as it was. */
	run.measured = session->was_measured;
	left_s = (double)session->plan.planned_ns / 1e9 * (double)left /
		 (double)session->plan.count;
	print_plan_line(session, left, left_s);
	progress_start(&run.progress, left, left_s);
	error = run_all(&run, why);
	progress_end(&run.progress);
	if (!error && session->options.with_checks)
		error = run_checks(session->directory, &session->options, why);
	return finish(session, &run, error, why);
}

static int refuse_duet(const struct run_directory *run, struct why *why)
{
	char role[16];

	if (!run_directory_environment(run, PAIRS_ROLE, role, sizeof role))
		return 0;
	return why_say(why, 0,
		"'%s' is the %s of a duet, which cannot be finished; 'ipcmark compare' "
		"judges what it has",
		run_directory_path(run), role);
}

/* Opens what is needed step by step; 0, or an exit code with the reason in words. */
static int prepare(struct session *session, struct why *why)
{
	const char *resume = session->options.resume;
	int error = 0;

	if (resume)
		error = run_directory_open(resume, true, &session->directory, why);
	if (!error && resume)
		error = refuse_duet(session->directory, why);
	if (!error && resume)
		error = restore_options(
			session->directory, &session->options, session->texts, why);
	if (!error)
		error = topology_load(session->options.topology, &session->topology, why);
	if (!error)
		error = plan_make(
			&session->options, session->topology, &session->plan, why);
	if (error == -ENOENT && session->topology)
		return EXIT_NOTHING;
	if (!error && resume)
		error = find_done(session, why);
	return error ? EXIT_USAGE : EXIT_GOOD;
}

/* Is --out the wrong word, or has the system run out of something? */
static int directory_code(int error)
{
	switch (-error) {
	case ENOSPC:
	case EDQUOT:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case EIO:
		return EXIT_UNMEASURED;
	default:
		return EXIT_USAGE;
	}
}

static int begin(struct session *session, struct why *why)
{
	int error, code;

	clock_choose(session->options.clock != RUN_CLOCK_MONOTONIC, &session->clock);
	if (session->options.clock == RUN_CLOCK_TSC && !session->clock.is_tsc) {
		why_say(why, 0,
			"--clock tsc: the TSC is not constant, nonstop and the "
			"kernel's clocksource here; use --clock monotonic");
		return EXIT_UNMEASURED;
	}
	warn_if_busy(&session->plan, session->quiet, sizeof session->quiet);
	interrupt_watch();
	/* Last of all the directory, so that none is left when nothing can be run. */
	if (janitor_start(&session->janitor, why))
		return EXIT_UNMEASURED;
	error = begin_directory(session, why);
	code = error ? directory_code(error) : EXIT_GOOD;
	if (!error && rise_above(&session->options, why)) {
		code = EXIT_UNMEASURED;
		if (!session->options.resume)
			discard(session);
	}
	if (code != EXIT_GOOD)
		janitor_stop(&session->janitor);
	return code;
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
