#include "harness/cmd_run_checks.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "conformance/judge.h"
#include "conformance/report.h"
#include "conformance/runner.h"
#include "harness/interrupt.h"
#include "results/run_file.h"
#include "results/stored_checks.h"

/* What keep_point() is told. */
struct keeping {
	FILE *out;
	const struct known *known;
};

static void keep_point(struct point *point, void *context)
{
	const struct keeping *keeping = context;
	struct judgement judgement;

	judge(point, keeping->known, false, &judgement);
	report_csv_point(keeping->out, point, &judgement);
}

static int check_points(struct point *points, size_t count, const struct known *known,
	char **text, size_t *length, struct why *why)
{
	const struct runner_options how = {
		.jobs = runner_default_jobs(),
		.repeats = 1,
		/* Nobody waits for it, and a busy machine must not look like one that
		 * breaks promises. */
		.deadline_scale = 4,
		.sleep_mask = interrupt_mask(),
		.interrupted = interrupt_signal,
	};
	struct keeping keeping = { open_memstream(text, length), known };
	int error;

	if (!keeping.out)
		return why_say(why, ENOMEM, "keep the checks");
	report_csv_begin(keeping.out);
	error = runner_run(points, count, &how, keep_point, &keeping, why);
	if (fclose(keeping.out) && !error)
		error = why_say(why, ENOMEM, "keep the checks");
	return error;
}

static bool has_checks(const struct run_directory *directory)
{
	return faccessat(run_directory_fd(directory), STORED_CHECKS_FILE, F_OK,
		       AT_SYMLINK_NOFOLLOW) == 0;
}

int run_checks(
	struct run_directory *directory, const struct options *options, struct why *why)
{
	const struct sched_param parameter = { 0 };
	struct point *points = NULL;
	struct known *known = NULL;
	char *text = NULL;
	size_t count, length;
	int error;

	if (has_checks(directory))
		return 0;
	/* Whoever stands above the sides must not stand above what checks wait for. */
	if (options->sched == RUN_SCHED_FIFO)
		sched_setscheduler(0, SCHED_OTHER, &parameter);
	error = points_choose(NULL, 0, &points, &count, why);
	if (!error)
		error = known_load(options->target, &known, why);
	if (!error) {
		fprintf(stderr, "ipcmark: %zu checks\n", count);
		error = check_points(points, count, known, &text, &length, why);
	}
	if (!error)
		error = run_file_replace(run_directory_fd(directory),
			run_directory_path(directory), STORED_CHECKS_FILE, text, length,
			why);
	free(text);
	known_free(known);
	free(points);
	return error;
}
