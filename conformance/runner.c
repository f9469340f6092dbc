#include "conformance/runner.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "conformance/errors.h"
#include "conformance/needs.h"
#include "conformance/strays.h"
#include "conformance/subject.h"
#include "harness/base/janitor.h"
#include "harness/base/memory.h"

#define JOBS 64

/* Where one check at a time runs. */
struct slot {
	struct janitor janitor;
	struct subject subject; /* what its child is told */
	struct child child;
	struct point *point; /* NULL: idle */
	uint64_t since_ns;
	bool is_late;
};

struct runner {
	struct point *points;
	size_t count, reported;
	bool *is_ready;
	const struct runner_options *options;
	void (*done)(struct point *point, void *context);
	void *context;
	struct slot slots[JOBS];
	int slot_count;
	sigset_t sleep_mask; /* of ppoll(2): all that may interrupt, and SIGCHLD */
	sigset_t old_mask;
	struct sigaction old_action;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t deadline_ns(const struct runner *runner)
{
	return (uint64_t)(DEADLINE_S * 1e9 * runner->options->deadline_scale);
}

/* Reports in order what is ready. */
static void report(struct runner *runner)
{
	while (runner->reported < runner->count && runner->is_ready[runner->reported]) {
		struct point *point = &runner->points[runner->reported++];

		runner->done(point, runner->context);
	}
}

static void finish_point(struct runner *runner, struct point *point)
{
	runner->is_ready[point - runner->points] = true;
	report(runner);
}

/* A need that is not met, without trying. */
static bool is_passed_over(struct point *point)
{
	struct why why = { "" };
	int error = needs_met(point->check->needs, &why);
	struct outcome *outcome = &point->outcome;

	if (!error)
		return false;
	outcome->kind = error == -ENOSYS && point->text->promise == PROMISE_POSIX
				? VERDICT_DEVIATES
				: VERDICT_SKIPPED;
	outcome->error = error == -ENOSYS ? ENOSYS : 0;
	snprintf(outcome->reason, sizeof outcome->reason, "%.*s", VERDICT_WORDS - 1,
		why.text[0] ? why.text : "not possible here");
	return true;
}

static int start(
	struct runner *runner, struct slot *slot, struct point *point, struct why *why)
{
	int error = subject_prepare(&slot->subject, point, slot->janitor.ledger, why);

	if (!error)
		error = child_start(
			&slot->janitor, subject_run, &slot->subject, &slot->child, why);
	if (error) {
		ledger_clear(slot->janitor.ledger);
		return error;
	}
	slot->point = point;
	slot->since_ns = now_ns();
	slot->is_late = false;
	(void)runner;
	return 0;
}

/* Folds one repetition into the point. */
static void fold(struct point *point, const struct outcome *outcome)
{
	struct outcome *all = &point->outcome;
	uint64_t spent_ns = all->duration_ns + outcome->duration_ns;

	if (++point->repeats == 1)
		point->first = outcome->kind;
	point->same += outcome->kind == point->first;
	if (point->repeats == 1 ||
		(all->kind == VERDICT_OK && outcome->kind != VERDICT_OK))
		*all = *outcome;
	all->duration_ns = spent_ns;
}

/* Its child has ended, or has to. */
static void end(struct runner *runner, struct slot *slot)
{
	struct point *point = slot->point;
	struct outcome outcome;
	int status;

	/* The group first: while its leader is not reaped, its number is nobody else's.
	 */
	kill(-slot->child.pid, SIGKILL);
	status = child_end(&slot->janitor, &slot->child);
	slot->point = NULL;
	subject_outcome(&slot->subject, status,
		slot->is_late ? deadline_ns(runner) / 1000000u : 0, &outcome);
	outcome.duration_ns = now_ns() - slot->since_ns;
	ledger_clear(slot->janitor.ledger);
	fold(point, &outcome);
}

/* Processes that a check left behind came to us; those of the other slots did not. */
static void end_strays(const struct runner *runner)
{
	pid_t ours[2 * JOBS];
	size_t count = 0;

	for (int i = 0; i < runner->slot_count; i++) {
		ours[count++] = runner->slots[i].janitor.pid;
		if (runner->slots[i].point)
			ours[count++] = runner->slots[i].child.pid;
	}
	strays_end(ours, count);
}

/* Sleeps until a child ends, a deadline passes or a signal arrives. The ends of children
 * are told by SIGCHLD, which every system has, and not by pidfds. */
static void sleep_until_news(struct runner *runner)
{
	uint64_t now = now_ns(), nearest = UINT64_MAX, limit = deadline_ns(runner);
	struct timespec timeout;

	for (int i = 0; i < runner->slot_count; i++) {
		const struct slot *slot = &runner->slots[i];
		uint64_t left = slot->since_ns + limit > now
					? slot->since_ns + limit - now
					: 0;

		if (slot->point && left < nearest)
			nearest = left;
	}
	timeout = (struct timespec) { (time_t)(nearest / 1000000000u),
		(long)(nearest % 1000000000u) };
	ppoll(NULL, 0, &timeout, &runner->sleep_mask);
}

static bool has_ended(const struct slot *slot)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)slot->child.pid, &info, WEXITED | WNOHANG | WNOWAIT) ==
		       0 &&
	       info.si_pid == slot->child.pid;
}

static bool is_interrupted(const struct runner *runner)
{
	return runner->options->interrupted && runner->options->interrupted();
}

/* Ends what is to end; a point that has repetitions left starts again. */
static int tend(struct runner *runner, struct slot *slot, struct why *why)
{
	struct point *point = slot->point;

	if (!point)
		return 0;
	slot->is_late = !has_ended(slot);
	if (slot->is_late && now_ns() - slot->since_ns < deadline_ns(runner))
		return 0;
	end(runner, slot);
	end_strays(runner);
	if (point->repeats < runner->options->repeats && !is_interrupted(runner))
		return start(runner, slot, point, why);
	finish_point(runner, point);
	return 0;
}

/* The next point of this phase that has to be run, or NULL. */
static struct point *next_point(struct runner *runner, bool is_serial, size_t *at)
{
	while (*at < runner->count) {
		struct point *point = &runner->points[(*at)++];

		if (point->check->is_serial != is_serial)
			continue;
		if (!is_passed_over(point))
			return point;
		finish_point(runner, point);
	}
	return NULL;
}

static int run_phase(struct runner *runner, bool is_serial, int jobs, struct why *why)
{
	size_t at = 0;
	int busy = 0, error = 0;

	do {
		busy = 0;
		for (int i = 0; i < jobs && !error; i++) {
			struct slot *slot = &runner->slots[i];
			struct point *point;

			error = tend(runner, slot, why);
			if (!error && !slot->point &&
				(point = next_point(runner, is_serial, &at)))
				error = start(runner, slot, point, why);
			busy += slot->point != NULL;
		}
		if (!error && is_interrupted(runner))
			error = -EINTR;
		if (!error && busy)
			sleep_until_news(runner);
	} while (!error && busy);
	return error;
}

static int open_slots(struct runner *runner, int jobs, struct why *why)
{
	int error = 0;

	for (runner->slot_count = 0; runner->slot_count < jobs && !error;
		runner->slot_count++) {
		struct slot *slot = &runner->slots[runner->slot_count];

		error = subject_open(&slot->subject, why);
		if (!error) {
			error = janitor_start(&slot->janitor, why);
			if (error)
				subject_close(&slot->subject);
		}
		if (error)
			break;
	}
	return error;
}

static void close_slots(struct runner *runner)
{
	for (int i = 0; i < runner->slot_count; i++) {
		struct slot *slot = &runner->slots[i];

		if (slot->point)
			end(runner, slot);
	}
	end_strays(runner);
	for (int i = 0; i < runner->slot_count; i++) {
		janitor_stop(&runner->slots[i].janitor);
		subject_close(&runner->slots[i].subject);
	}
}

static void note_end(int number)
{
	(void)number; /* it interrupts ppoll(2), that is all */
}

/* SIGCHLD arrives while the runner sleeps and at no other time, so none is missed. */
static void watch_children(struct runner *runner)
{
	struct sigaction action = { .sa_handler = note_end };
	sigset_t child;

	sigemptyset(&action.sa_mask);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &runner->old_mask);
	sigaction(SIGCHLD, &action, &runner->old_action);
	runner->sleep_mask = runner->options->sleep_mask ? *runner->options->sleep_mask
							 : runner->old_mask;
	sigdelset(&runner->sleep_mask, SIGCHLD);
}

static void unwatch_children(const struct runner *runner)
{
	sigaction(SIGCHLD, &runner->old_action, NULL);
	sigprocmask(SIG_SETMASK, &runner->old_mask, NULL);
}

int runner_run(struct point *points, size_t count, const struct runner_options *options,
	void (*done)(struct point *point, void *context), void *context, struct why *why)
{
	struct runner *runner = calloc(1, sizeof *runner);
	bool *is_ready = calloc(count ? count : 1, sizeof *is_ready);
	int jobs = options->jobs < JOBS ? options->jobs : JOBS;
	int error;

	if (!runner || !is_ready) {
		free(runner);
		free(is_ready);
		return why_say(why, ENOMEM, "run the checks");
	}
	*runner = (struct runner) { .points = points,
		.count = count,
		.options = options,
		.done = done,
		.context = context,
		.is_ready = is_ready };
	/* Whatever a check leaves running becomes our child when the check has ended. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	watch_children(runner);
	error = open_slots(runner, jobs, why);
	if (!error)
		error = run_phase(runner, false, jobs, why);
	if (!error)
		error = run_phase(runner, true, 1, why);
	close_slots(runner);
	unwatch_children(runner);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	free(is_ready);
	free(runner);
	return error;
}
