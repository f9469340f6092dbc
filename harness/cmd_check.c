#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conformance/judge.h"
#include "conformance/junit.h"
#include "conformance/report.h"
#include "conformance/runner.h"
#include "conformance/tap.h"
#include "harness/command.h"
#include "harness/interrupt.h"

/* What report_point() is told. */
struct session {
	const struct options *options;
	const struct known *known;
	struct point *points;
	struct judgement *judgements; /* one a point */
	size_t count, reported;
	FILE *junit; /* or NULL */
};

static void report_point(struct point *point, void *context)
{
	struct session *session = context;
	struct judgement *judgement = &session->judgements[session->reported++];

	judge(point, session->known, session->options->strict, judgement);
	if (session->options->check_format == CHECK_CSV)
		report_csv_point(stdout, point, judgement);
	else
		tap_point(stdout, session->reported, point, judgement);
	fflush(stdout); /* whoever watches sees it now, and a killed run keeps it */
}

/* A broken check says nothing of the system; a deviation does, whatever else broke. */
static int exit_code(const struct session *session)
{
	int code = EXIT_GOOD;
	bool is_any = false;

	for (size_t i = 0; i < session->reported; i++) {
		if (session->judgements[i].is_finding)
			return EXIT_FINDING;
		if (session->judgements[i].kind == JUDGED_BROKEN)
			code = EXIT_UNMEASURED;
		is_any |= session->judgements[i].kind != JUDGED_SKIPPED;
	}
	return code == EXIT_GOOD && !is_any ? EXIT_NOTHING : code;
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int write_junit(const struct session *session)
{
	junit_write(
		session->junit, session->points, session->judgements, session->reported);
	if (!ferror(session->junit) && fflush(session->junit) == 0)
		return 0;
	command_error("write %s: %s", session->options->junit, strerror(errno));
	return EXIT_UNMEASURED;
}

static int check_all(struct session *session)
{
	const struct options *options = session->options;
	const struct runner_options how = {
		.jobs = options->jobs > 0 ? (int)options->jobs : runner_default_jobs(),
		.repeats = (int)options->repeat,
		.deadline_scale = options->deadline_scale,
		.sleep_mask = interrupt_mask(),
		.interrupted = interrupt_signal,
	};
	double since_s = now_s();
	struct why why = { "" };
	int error, code;

	interrupt_watch();
	if (options->check_format == CHECK_CSV)
		report_csv_begin(stdout);
	else
		tap_begin(stdout, options->tap_version == 0 ? 13 : 14, session->count);
	fflush(stdout);
	error = runner_run(
		session->points, session->count, &how, report_point, session, &why);
	if (error && error != -EINTR)
		printf("Bail out! %s\n", why.text);
	report_summary(stderr, session->points, session->judgements, session->reported,
		now_s() - since_s);
	code = exit_code(session);
	if (session->junit && write_junit(session))
		code = EXIT_UNMEASURED;
	if (error == -EINTR)
		command_error("interrupted: %zu of %zu points were checked",
			session->reported, session->count);
	else if (error)
		command_error("%s", why.text);
	return error ? EXIT_UNMEASURED : code;
}

static int explain(const struct session *session)
{
	for (size_t i = 0; i < session->count; i++) {
		if (i)
			putchar('\n');
		report_explain(stdout, &session->points[i]);
	}
	return EXIT_GOOD;
}

/* Opened before anything runs, so that a mistyped path costs nothing. */
static int open_junit(struct session *session)
{
	if (!session->options->junit)
		return 0;
	session->junit = fopen(session->options->junit, "we");
	if (session->junit)
		return 0;
	command_error("write %s: %s", session->options->junit, strerror(errno));
	return EXIT_UNMEASURED;
}

static int check_run(const struct options *options)
{
	struct session session = { .options = options };
	struct known *known = NULL;
	struct why why = { "" };
	int code;

	if (points_choose(options->operands, options->operand_count, &session.points,
		    &session.count, &why) ||
		known_load(options->target, &known, &why)) {
		command_error("%s", why.text);
		free(session.points);
		return EXIT_USAGE;
	}
	session.known = known;
	session.judgements = calloc(
		session.count ? session.count : 1, sizeof *session.judgements);
	if (!session.judgements) {
		command_error("no memory for %zu results", session.count);
		code = EXIT_UNMEASURED;
	} else if (options->explain) {
		code = explain(&session);
	} else {
		code = open_junit(&session);
		if (!code)
			code = check_all(&session);
	}
	if (session.junit)
		fclose(session.junit);
	free(session.judgements);
	known_free(known);
	free(session.points);
	return code;
}

const struct command check_command = {
	.name = "check",
	.synopsis = "[ID-GLOB...] [OPTION...]",
	.says = "Check whether this system keeps its promises; TAP on stdout.",
	.run = check_run,
	.operands_most = 1000,
};
