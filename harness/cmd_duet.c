#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/command.h"
#include "harness/duet.h"
#include "harness/duet_changes.h"
#include "harness/duet_extend.h"
#include "harness/duet_record.h"
#include "harness/interrupt.h"
#include "harness/run_name.h"
#include "plots/figure_one.h"
#include "results/format.h"
#include "results/pairs.h"

/* What is compared when nobody says: kernel paths people meet, small and of a page. */
#define CASES_MECHANISMS                                                                 \
	"pipe,unix_stream,unix_dgram,tcp,posix_mq,sysv_msg,shm_spin,shm_futex,eventfd,futex"
#define CASES_SIZES    "64,4K"
#define CASES_TESTS    "latency"
#define LAUNCHES_LEAST 16
#define FIFO_PRIORITY  10

/* What is open while a duet is on. */
struct session {
	const struct options *asked;
	struct options options; /* with what was not said filled in */
	struct topology *topology;
	struct plan plan;
	struct clock clock;
	struct janitor janitor;
	struct rule rule;
	struct sched fifo;
	size_t cases; /* of one repetition */
	char path[RUN_NAME];
	char commands[2][DUET_COMMAND];
	struct changes *changes;
	char calibration[256]; /* in a sentence, or "" */
};

/* This program, for the shell. */
static int own_command(char *command, size_t size, struct why *why)
{
	char path[DUET_COMMAND / 2];
	ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);

	if (length < 0)
		return why_say(why, errno,
			"find this program by /proc/self/exe; name it by --base and "
			"--candidate");
	path[length] = '\0';
	if (strchr(path, '\''))
		return why_say(why, 0,
			"the path of this program has a quote in it; name it by --base and "
			"--candidate");
	snprintf(command, size, "'%s'", path);
	return 0;
}

/* "CMD --set a=1 serve". The settings are written anew from what was understood, so that
 * the shell finds nothing in them. */
static int compose_command(struct session *session, int side, struct why *why)
{
	const char *given = side ? session->asked->candidate : session->asked->base;
	const char *set = side ? session->asked->candidate_set : session->asked->base_set;
	char command[DUET_COMMAND], settings[DUET_COMMAND / 4] = "";
	struct options only = { .command = "run" };
	int length, error = 0;

	if (given)
		snprintf(command, sizeof command, "%s", given);
	else
		error = own_command(command, sizeof command, why);
	if (!error && set) {
		struct why inner = { "" };

		error = options_set(&only, "set", set, &inner);
		if (error)
			return why_say(why, 0, "--%s-%s", side ? "candidate" : "base",
				inner.text[0] ? inner.text : "set");
		for (size_t i = 0; i < option_count; i++)
			if (option_table[i].kind == OPTION_SETTING)
				options_text(&only, &option_table[i], settings,
					sizeof settings);
	}
	if (error)
		return error;
	length = snprintf(session->commands[side], DUET_COMMAND, "%s%s%s serve", command,
		*settings ? " --set " : "", settings);
	if (length >= DUET_COMMAND || (given && strlen(given) >= sizeof command))
		return why_say(why, 0, "--%s: more than %d bytes",
			side ? "candidate" : "base", DUET_COMMAND);
	return 0;
}

/* Settings that no chosen mechanism has are refused before anything runs. */
static int check_settings(const struct session *session, int side, struct why *why)
{
	const char *set = side ? session->asked->candidate_set : session->asked->base_set;
	struct options options = session->options;
	struct plan plan = { 0 };
	struct why inner = { "" };
	int error = 0;

	if (!set)
		return 0;
	error = options_set(&options, "set", set, &inner);
	if (!error)
		error = plan_make(&options, session->topology, &plan, &inner);
	plan_free(&plan);
	if (error)
		why_say(why, 0, "--%s-set: %s", side ? "candidate" : "base",
			strncmp(inner.text, "--set: ", 7) ? inner.text : inner.text + 7);
	return error;
}

static size_t count_cases(const struct plan *plan)
{
	size_t cases = 0;

	for (size_t i = 0; i < plan->count; i++)
		if (plan->launches[i].repetition == 0 && duet_takes(&plan->launches[i]))
			cases += plan->launches[i].size_count;
	return cases;
}

/* Fills in what was not said; the number of launches follows from that of the cases. */
static int make_plan(struct session *session, struct why *why)
{
	struct options *options = &session->options;
	size_t least;
	int error;

	if (!options->mechanisms)
		options->mechanisms = CASES_MECHANISMS;
	if (!options->sizes)
		options->sizes = CASES_SIZES;
	if (!options->tests)
		options->tests = CASES_TESTS;
	if (options->launches < 0) {
		options->launches = 1;
		error = plan_make(options, session->topology, &session->plan, why);
		if (error)
			return error;
		session->cases = count_cases(&session->plan);
		plan_free(&session->plan);
		least = decision_launches(DESIGN_PAIRED, session->cases, &session->rule);
		options->launches = (int64_t)(least + 3 > LAUNCHES_LEAST
						      ? least + 3
						      : LAUNCHES_LEAST);
	}
	error = plan_make(options, session->topology, &session->plan, why);
	if (error)
		return error;
	session->cases = count_cases(&session->plan);
	return session->cases ? 0 : why_say(why, 0, "nothing is left to compare");
}

/* Above the servers, which are above the sides. */
static int rise(struct session *session, struct why *why)
{
	bool is_auto = session->asked->sched == RUN_SCHED_AUTO;
	int priority = is_auto ? FIFO_PRIORITY : session->options.sched_priority;
	struct sched_param parameter = {
		.sched_priority = priority + 2 > 99 ? 99 : priority + 2
	};

	session->fifo = (struct sched) { SCHED_INHERIT, 0 };
	if (!is_auto && session->asked->sched != RUN_SCHED_FIFO)
		return 0;
	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &parameter) == 0) {
		session->fifo = (struct sched) { SCHED_POLICY_FIFO, priority };
		return 0;
	}
	if (is_auto)
		return 0;
	return why_say(why, errno, "--sched fifo:%d: set SCHED_FIFO, priority %d",
		priority, parameter.sched_priority);
}

static void ready_sides(
	struct session *session, struct duet *duet, const char *const lines[2])
{
	static const char *const roles[] = { "base", "candidate" };

	for (int side = 0; side < 2; side++) {
		struct duet_side *one = &duet->sides[side];

		one->role = roles[side];
		snprintf(one->command, sizeof one->command, "%s", lines[side]);
		one->janitor = &session->janitor;
		if (session->fifo.policy == SCHED_POLICY_FIFO)
			one->priority = session->fifo.priority + 1;
		one->timeout_ns = (uint64_t)session->options.deadline_ns;
		one->from = -1;
		one->child.pidfd = -1;
	}
}

static int measure_planned(struct session *session, struct duet *duet, struct why *why)
{
	double planned_s = (double)duet_planned_ns(&session->options, &session->plan) /
			   1e9;
	size_t launches = 0;
	int error;

	for (size_t i = 0; i < session->plan.count; i++)
		launches += duet_takes(&session->plan.launches[i]);
	fprintf(stderr,
		"ipcmark: %zu case%s, %zu launches of both sides, about %.0f s, into %s\n",
		session->cases, session->cases == 1 ? "" : "s", launches, planned_s,
		session->path);
	progress_start(&duet->progress, launches, planned_s);
	error = duet_run(duet, why);
	progress_end(&duet->progress);
	return error;
}

/* One duet into two run directories, and its changes; a calibration (the sides are the
 * same) asks for the spread of the planned launches only. */
static int play(struct session *session, const char *const lines[2],
	const char *const names[2], struct changes **changes, struct why *why)
{
	struct duet duet = { .options = &session->options,
		.plan = &session->plan,
		.planned = session->plan.count,
		.janitor = &session->janitor,
		.fifo = session->fifo,
		.calibration = session->calibration };
	int error;

	ready_sides(session, &duet, lines);
	error = duet_record_open(&duet, session->path, names, why);
	if (!error)
		error = measure_planned(session, &duet, why);
	/* What the sides are is known now, and is compared too. */
	if (duet.count && duet_record_summarize(&duet, why) && !error)
		error = -EIO;
	if (!error)
		error = duet_changes(&duet, &session->rule, changes, why);
	if (!error && lines[0] != lines[1])
		error = duet_extend(&duet, &session->rule, changes, why);
	if (duet.next > duet.planned && duet_record_summarize(&duet, why) && !error)
		error = -EIO;
	duet_record_close(&duet, session->path);
	duet_free(&duet);
	return error;
}

/* How far the same command comes out from itself. */
static int calibrate(struct session *session, struct why *why)
{
	static const char *const names[] = { "calibration-a", "calibration-b" };
	const char *const lines[] = { session->commands[0], session->commands[0] };
	struct changes *changes = NULL;
	int error = play(session, lines, names, &changes, why);

	if (error)
		return error;
	duet_spread(changes, session->calibration, sizeof session->calibration);
	fprintf(stderr, "ipcmark: %s\n", session->calibration);
	changes_free(changes);
	return 0;
}

static int finish(struct session *session, struct why *why)
{
	const struct changes *list[] = { session->changes };
	int error = pairs_note(session->changes);

	if (session->calibration[0] && !error)
		error = changes_note(session->changes, "%s", session->calibration);
	if (session->fifo.policy != SCHED_POLICY_FIFO && !error)
		error = changes_note(session->changes,
			"measured without SCHED_FIFO, which would have narrowed the intervals "
			"(root, or ulimit -r)");
	if (!error)
		error = format_changes((enum format)session->options.change_format, list,
			1, stdout, command_colour(stdout), why);
	if (!error && session->options.figure)
		error = figure_changes(session->changes, session->options.figure, why);
	return error;
}

static int interrupted(const struct session *session)
{
	command_error(
		"ended by a signal; the rows of every finished launch, if any, are in %s",
		session->path);
	return 128 + interrupt_signal();
}

static int perform(struct session *session, struct why *why)
{
	static const char *const names[] = { "base", "candidate" };
	const char *const lines[] = { session->commands[0], session->commands[1] };
	int error = rise(session, why);

	if (!error && session->options.calibrate)
		error = calibrate(session, why);
	if (!error)
		error = play(session, lines, names, &session->changes, why);
	if (error == -EINTR)
		return interrupted(session);
	if (!error)
		error = finish(session, why);
	if (error == -EEXIST)
		return EXIT_USAGE;
	return error ? EXIT_UNMEASURED : decision_exit(session->changes->whole);
}

/* What can be wrong with the command line. */
static int prepare(struct session *session, struct why *why)
{
	struct why inner = { "" };
	int error = 0;

	if (session->options.figure && figure_one_check(session->options.figure, &inner))
		return why_say(why, 0, "--figure: %s", inner.text);
	error = topology_load(NULL, &session->topology, why);

	if (session->options.sched == RUN_SCHED_AUTO)
		session->options.sched = RUN_SCHED_INHERIT;
	if (session->options.out)
		snprintf(session->path, sizeof session->path, "%s", session->options.out);
	else
		run_name("-duet", session->path);
	if (!error)
		error = make_plan(session, why);
	for (int side = 0; side < 2 && !error; side++) {
		error = compose_command(session, side, why);
		if (!error)
			error = check_settings(session, side, why);
	}
	return error;
}

static int duet_main(const struct options *options)
{
	struct session session = { .asked = options,
		.options = *options,
		.rule = { options->alpha, options->margin } };
	struct why why = { "" };
	int code = EXIT_USAGE, error;

	interrupt_watch();
	error = prepare(&session, &why);
	if (error == -ENOENT && session.topology && !session.plan.launches)
		code = EXIT_NOTHING;
	if (!error) {
		if (janitor_start(&session.janitor, &why)) {
			code = EXIT_UNMEASURED;
		} else {
			code = perform(&session, &why);
			janitor_stop(&session.janitor);
		}
	}
	if (code != EXIT_GOOD && why.text[0])
		command_error("%s", why.text);
	changes_free(session.changes);
	plan_free(&session.plan);
	topology_free(session.topology);
	return code;
}

const struct command duet_command = {
	.name = "duet",
	.synopsis = "[--base CMD] [--candidate CMD] [OPTION...]",
	.says = "Say whether one ipcmark is slower than another, measured in turns.",
	.run = duet_main,
};
