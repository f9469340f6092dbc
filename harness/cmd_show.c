#include "harness/command.h"
#include "results/run_directory.h"
#include "results/show.h"

static int show_command_run(const struct options *options)
{
	struct run_directory *run;
	struct why why = { "" };
	int error = run_directory_open(options->operands[0], false, &run, &why);

	if (!error) {
		error = show_run(run, stdout, command_colour(stdout), &why);
		run_directory_close(run);
	}
	if (!error)
		return EXIT_GOOD;
	command_error("%s", why.text);
	return EXIT_UNMEASURED;
}

const struct command show_command = {
	.name = "show",
	.synopsis = "RUN",
	.says = "Print the closing table of a run again.",
	.run = show_command_run,
	.operands_least = 1,
	.operands_most = 1,
};
