#include <limits.h>
#include <stdlib.h>

#include "harness/command.h"
#include "plots/figure_one.h"
#include "results/compare.h"
#include "results/format.h"

/* Slower is worse than not known, and that is worse than the rest. */
static int worse(int a, int b)
{
	return a == EXIT_FINDING || b == EXIT_FINDING         ? EXIT_FINDING
	       : a == EXIT_UNMEASURED || b == EXIT_UNMEASURED ? EXIT_UNMEASURED
							      : EXIT_GOOD;
}

static int open_runs(
	const struct options *options, struct run_directory **runs, struct why *why)
{
	int error = 0;

	for (size_t i = 0; !error && i < options->operand_count; i++)
		error = run_directory_open(options->operands[i], false, &runs[i], why);
	return error;
}

static int compare_all(const struct options *options, struct run_directory **runs,
	struct changes **list, int *code, struct why *why)
{
	struct rule rule = { options->alpha, options->margin };
	size_t count = options->operand_count - 1;
	int error = open_runs(options, runs, why);

	for (size_t i = 0; !error && i < count; i++) {
		error = compare_runs(runs[0], runs[i + 1], &rule, &list[i], why);
		if (!error)
			*code = worse(*code, decision_exit(list[i]->whole));
	}
	if (!error)
		error = format_changes((enum format)options->change_format,
			(const struct changes *const *)list, count, stdout,
			command_colour(stdout), why);
	if (!error && options->figure)
		error = figure_changes(list[0], options->figure, why);
	return error;
}

/* Before anything is read: what cannot be drawn is a mistake of the command line. */
static int check_figure(const struct options *options)
{
	struct why why = { "" };

	if (!options->figure)
		return EXIT_GOOD;
	if (figure_one_check(options->figure, &why)) {
		command_error("--figure: %s", why.text);
		return EXIT_USAGE;
	}
	if (options->operand_count == 2)
		return EXIT_GOOD;
	command_error("--figure shows two runs; leave out '%s' and what follows",
		options->operands[2]);
	return EXIT_USAGE;
}

static int compare_run(const struct options *options)
{
	size_t count = options->operand_count;
	struct run_directory **runs = calloc(count, sizeof(void *));
	struct changes **list = calloc(count, sizeof(void *));
	struct why why = { "not enough memory" };
	int error = -1, code = check_figure(options);

	if (code != EXIT_GOOD) {
		error = 0;
	} else if (runs && list) {
		why_clear(&why);
		error = compare_all(options, runs, list, &code, &why);
	}
	if (error) {
		command_error("%s", why.text);
		code = EXIT_UNMEASURED;
	}
	for (size_t i = 0; list && i < count; i++)
		changes_free(list[i]);
	for (size_t i = 0; runs && i < count; i++)
		run_directory_close(runs[i]);
	free(list);
	free(runs);
	return code;
}

const struct command compare_command = {
	.name = "compare",
	.synopsis = "BASE NEW [MORE...] [OPTION...]",
	.says = "Say for each case whether a later run is slower.",
	.run = compare_run,
	.operands_least = 2,
	.operands_most = UINT_MAX,
};
