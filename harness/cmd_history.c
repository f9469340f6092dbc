#include <limits.h>
#include <stdlib.h>

#include "harness/command.h"
#include "plots/figure_one.h"
#include "results/divisive.h"
#include "results/history.h"

static int show_history(const struct options *options, const struct history *history)
{
	struct why why = { "" };

	if (history->too_short == history->series_count) {
		command_error(
			"%zu runs are too few: a change of level takes at least %zu "
			"that measured the same case",
			history->run_count, divisive_values_least(history->rule.alpha));
		return EXIT_UNMEASURED;
	}
	history_print(history, stdout, command_colour(stdout));
	if (options->figure && figure_history(history, options->figure, &why)) {
		command_error("%s", why.text);
		return EXIT_UNMEASURED;
	}
	return history_ends_slower(history) ? EXIT_FINDING : EXIT_GOOD;
}

static int read_history(const struct options *options, struct run_directory **directories,
	int *code, struct why *why)
{
	struct rule rule = { options->alpha, options->margin };
	struct history history;
	int error = 0;

	for (size_t i = 0; !error && i < options->operand_count; i++)
		error = run_directory_open(
			options->operands[i], false, &directories[i], why);
	if (!error)
		error = history_open(
			directories, options->operand_count, &rule, &history, why);
	if (!error) {
		*code = show_history(options, &history);
		history_close(&history);
	}
	return error;
}

static int history_run(const struct options *options)
{
	struct run_directory **directories = calloc(
		options->operand_count, sizeof(void *));
	struct why why = { "" };
	int error = -1, code = EXIT_GOOD;

	if (options->figure && figure_one_check(options->figure, &why)) {
		command_error("--figure: %s", why.text);
		error = 0;
		code = EXIT_USAGE;
	} else if (options->alpha < DIVISIVE_ALPHA) {
		command_error(
			"--alpha: %.3g is less than shuffling can show; the least is %g",
			options->alpha, DIVISIVE_ALPHA);
		error = 0;
		code = EXIT_USAGE;
	} else if (directories) {
		error = read_history(options, directories, &code, &why);
	}
	if (error) {
		command_error("%s", *why.text ? why.text : "not enough memory");
		code = EXIT_UNMEASURED;
	}
	for (size_t i = 0; directories && i < options->operand_count; i++)
		run_directory_close(directories[i]);
	free(directories);
	return code;
}

const struct command history_command = {
	.name = "history",
	.synopsis = "RUN... [OPTION...]",
	.says = "Find the runs between which a case changed its level.",
	.run = history_run,
	.operands_least = 2,
	.operands_most = UINT_MAX,
};
