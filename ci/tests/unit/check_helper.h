/* check_helper.h: runs one check of a test's own as `ipcmark check` would. */
#ifndef CHECK_HELPER_H
#define CHECK_HELPER_H

#include <stdio.h>
#include <string.h>

#include "conformance/judge.h"
#include "conformance/runner.h"

static const struct suite own_suite = { "own", NULL };

static struct text own_text(enum promise promise)
{
	return (struct text) { .id = "own.check",
		.promise = promise,
		.says = "what is said holds",
		.cite = "nowhere(7)",
		.method = "",
		.differs = "",
		.breaks = "" };
}

/* A point of `check`, whose text says that it is promised by `text->promise`. */
static struct point own_point(const struct check *check, const struct text *text)
{
	struct point point = { .suite = &own_suite, .check = check, .text = text };

	snprintf(point.id, sizeof point.id, "%s", check->id);
	return point;
}

static inline void count_done(struct point *point, void *context)
{
	(void)point;
	++*(size_t *)context;
}

/* For bodies that hang, a test makes it small; for others a loaded machine needs all of
 * it.
 */
static double deadline_scale = 1;

/* Runs all points; each has to be reported. */
static inline void run_points(struct point *points, size_t count, int jobs, int repeats)
{
	const struct runner_options options = {
		.jobs = jobs, .repeats = repeats, .deadline_scale = deadline_scale
	};
	struct why why = { "" };
	size_t done = 0;

	if (runner_run(points, count, &options, count_done, &done, &why))
		fail_msg("%s", why.text);
	assert_int_equal(done, count);
}

/* The outcome of one run of the body. */
static inline struct outcome run_body(
	void (*body)(struct scene *), enum promise promise, unsigned needs)
{
	const struct check check = { .id = "own.check", .run = body, .needs = needs };
	const struct text text = own_text(promise);
	struct point point = own_point(&check, &text);

	run_points(&point, 1, 1, 1);
	return point.outcome;
}

#endif
