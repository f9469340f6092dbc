#include "harness/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "harness/interrupt.h"
#include "harness/launch_row.h"
#include "harness/probe.h"

#define ATTEMPTS 3

/* Is the mechanism usable here? Asked once for each. */
struct usable {
	bool is_asked;
	struct why why; /* "" : usable */
};

static int append(
	struct run *run, const struct result_row *rows, size_t count, struct why *why)
{
	return run_directory_append(run->directory, rows, count, why);
}

static int skip(struct run *run, size_t number, const char *reason, struct why *why)
{
	const struct planned *planned = &run->plan->launches[number];
	struct result_row rows[LAUNCH_SIZES];
	struct launch_spec spec;

	plan_launch(run->options, run->plan, planned, &spec);
	for (size_t size = 0; size < spec.size_count; size++)
		launch_row_skipped(&spec, planned, number, size, reason, &rows[size]);
	return append(run, rows, spec.size_count, why);
}

/* "median 12.3 µs at 64 B" of a middle size, for logs. */
static void describe(const struct launch *launch, const struct result_row *rows,
	const char *title, char *line, size_t line_size)
{
	size_t middle = 0;
	char size[TEXT_QUANTITY], value[TEXT_QUANTITY];
	const struct result_row *row;

	for (size_t i = 0; i < launch->spec.size_count; i++)
		if (launch->spec.sizes[i] == 64)
			middle = i;
	row = &rows[middle];
	text_bytes((double)row->size_bytes, size);
	if (launch->measured[0][middle].outcome != OUTCOME_OK)
		snprintf(line, line_size, "%s: %s: %s", title, row->status, row->reason);
	else if (launch_is_round_trip(launch->spec.test))
		snprintf(line, line_size, "%s: %s: round trip %s", title, size,
			text_ns(row->median_ns, value));
	else if (launch->spec.test == TEST_SEND)
		snprintf(line, line_size, "%s: %s: %s", title, size,
			text_ns(row->median_ns, value));
	else if (launch->spec.test == TEST_MEMORY)
		snprintf(line, line_size, "%s: %s a channel", title,
			text_bytes(row->memory_bytes, value));
	else if (launch->spec.test == TEST_THROUGHPUT)
		snprintf(line, line_size, "%s: %s: %s", title, size,
			text_rate(row->bytes_per_s, value));
	else
		snprintf(line, line_size, "%s: writes of %s: %s accepted", title, size,
			text_bytes((double)row->capacity_bytes, value));
}

static int keep_histograms(struct run *run, struct launch *launch,
	const struct result_row *rows, struct why *why)
{
	for (size_t size = 0; size < launch->spec.size_count; size++) {
		int error;

		if (launch->measured[0][size].outcome != OUTCOME_OK)
			continue;
		error = run_directory_merge_histogram(run->directory, &rows[size],
			launch_singles(launch, 0, size), why);
		if (error == -ENOSPC || error == -EDQUOT)
			why_add(why, "make room, then finish with --resume %s",
				run_directory_path(run->directory));
		if (error)
			return error;
	}
	return 0;
}

/* Rows first, histograms second: a kill between the two costs a launch's tail, never a
 * row, and nothing is counted twice, because --resume goes by the rows. Only where the
 * machine itself goes down may the histograms reach the disk alone; the summary says when
 * the two differ. */
static int keep(struct run *run, struct launch *launch, size_t number, unsigned attempt,
	const char *earlier_cause, bool counts, char *line, size_t line_size,
	struct why *why)
{
	const struct planned *planned = &run->plan->launches[number];
	struct result_row rows[LAUNCH_SIZES];
	char title[PLAN_TITLE];
	int error;

	for (size_t size = 0; size < launch->spec.size_count; size++) {
		struct measured *measured = &launch->measured[0][size];

		if (!counts && measured->outcome == OUTCOME_OK) {
			measured->outcome = OUTCOME_INCONCLUSIVE;
			why_say(&measured->why, 0, "%s", launch->retry_cause);
		}
		launch_row(launch, planned, number, size, attempt, earlier_cause,
			run->context.clock, &rows[size]);
		run->measured += measured->outcome == OUTCOME_OK;
	}
	describe(launch, rows, plan_title(planned, title), line, line_size);
	error = append(run, rows, launch->spec.size_count, why);
	if (!error && launch_is_round_trip(launch->spec.test))
		error = keep_histograms(run, launch, rows, why);
	return error;
}

/* Retried only for causes that launch_run() names; each attempt is recorded. */
static int measure(struct run *run, size_t number, struct why *why)
{
	const struct planned *planned = &run->plan->launches[number];
	struct launch_spec spec;
	struct launch *launch = malloc(sizeof *launch);
	const char *cause = NULL;
	char line[512] = "";
	int error = 0;

	if (!launch)
		return why_say(why, ENOMEM, "run a launch");
	plan_launch(run->options, run->plan, planned, &spec);
	for (unsigned attempt = 1; attempt <= ATTEMPTS && !error; attempt++) {
		const char *earlier_cause = cause;

		launch_run(&run->context, &spec, launch);
		cause = launch->retry_cause;
		/* A launch that a signal cut short is no result: it is run again by
		 * --resume. */
		if (launch->is_interrupted)
			error = -EINTR;
		else
			error = keep(run, launch, number, attempt, earlier_cause, !cause,
				line, sizeof line, why);
		launch_end(launch);
		if (!cause)
			break;
	}
	free(launch);
	if (!error)
		progress_done(&run->progress, line);
	return error;
}

static const char *why_unusable(
	struct run *run, struct usable *usable, const struct mechanism *mechanism)
{
	if (!usable->is_asked) {
		usable->is_asked = true;
		if (probe_mechanism(mechanism, run->context.janitor, &usable->why))
			progress_note(&run->progress, "%s is skipped: %s",
				mechanism->name, usable->why.text);
	}
	return usable->why.text[0] ? usable->why.text : NULL;
}

static size_t index_of(const struct mechanism *mechanism)
{
	size_t index = 0;

	while (mechanisms[index] != mechanism)
		index++;
	return index;
}

/* Without its canary a launch says less than was asked for. */
static int check_canary(struct run *run, struct usable *usable, struct why *why)
{
	const struct mechanism *canary = run->plan->canary;
	const char *reason = canary ? why_unusable(run, &usable[index_of(canary)], canary)
				    : NULL;

	return reason ? why_say(why, 0, "--canary: %s: %s", canary->name, reason) : 0;
}

int run_all(struct run *run, struct why *why)
{
	struct usable *usable = calloc(mechanism_count, sizeof *usable);
	int error = 0;

	if (!usable)
		return why_say(why, ENOMEM, "run the plan");
	error = check_canary(run, usable, why);
	for (size_t number = 0; number < run->plan->count && !error; number++) {
		const struct planned *planned = &run->plan->launches[number];
		struct why pointless = { "" };
		const char *reason = NULL;
		char title[PLAN_TITLE];

		if (run->is_done && run->is_done[number])
			continue;
		if (interrupt_signal()) {
			error = -EINTR;
			break;
		}
		progress_launch(&run->progress, plan_title(planned, title));
		if (plan_is_pointless(planned, &pointless))
			reason = pointless.text;
		else
			reason = why_unusable(run, &usable[index_of(planned->mechanism)],
				planned->mechanism);
		if (!reason) {
			error = measure(run, number, why);
			continue;
		}
		error = skip(run, number, reason, why);
		if (!error)
			progress_done(&run->progress, NULL);
	}
	free(usable);
	return error;
}
