#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "harness/command.h"
#include "plots/figures.h"
#include "results/run_directory.h"

static int is_figure(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return end && (strcmp(end, ".svg") == 0 || strcmp(end, ".png") == 0);
}

/* Prints the figures that were written since `start`; older ones are another call's. */
static void print_drawn(const struct run_directory *run, struct timespec start)
{
	char path[PATH_MAX];
	struct dirent **entries;
	int count;

	snprintf(path, sizeof path, "%s/figures", run_directory_path(run));
	count = scandir(path, &entries, is_figure, alphasort);
	for (int i = 0; i < count; i++) {
		struct stat status;

		snprintf(path, sizeof path, "%s/figures/%s", run_directory_path(run),
			entries[i]->d_name);
		if (stat(path, &status) == 0 &&
			(status.st_mtim.tv_sec > start.tv_sec ||
				(status.st_mtim.tv_sec == start.tv_sec &&
					status.st_mtim.tv_nsec >= start.tv_nsec)))
			puts(path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static int plot_one(const char *path)
{
	struct run_directory *run;
	struct why why = { "" };
	struct timespec start;
	size_t drawn = 0;
	int error;

	/* The clock of the file system's time stamps. */
	clock_gettime(CLOCK_REALTIME_COARSE, &start);
	error = run_directory_open(path, false, &run, &why);
	if (!error) {
		error = figures_draw(run, stderr, &drawn, &why);
		if (drawn)
			print_drawn(run, start);
		run_directory_close(run);
	}
	if (error) {
		command_error("%s", why.text);
		return EXIT_UNMEASURED;
	}
	if (!drawn) {
		command_error(
			"%s: nothing to draw; no case of this run was measured", path);
		return EXIT_NOTHING;
	}
	return EXIT_GOOD;
}

/* A run that cannot be drawn does not keep the others from being drawn. */
static int plot_run(const struct options *options)
{
	int worst = EXIT_GOOD;

	for (size_t i = 0; i < options->operand_count; i++) {
		int code = plot_one(options->operands[i]);

		if (code == EXIT_UNMEASURED || worst == EXIT_GOOD)
			worst = code;
	}
	return worst;
}

const struct command plot_command = {
	.name = "plot",
	.synopsis = "RUN...",
	.says = "Draw the figures of runs into their figures/ folders.",
	.run = plot_run,
	.operands_least = 1,
	.operands_most = UINT_MAX,
};
