#include "harness/command.h"
#include "results/claims_print.h"

static int print(const struct judged_claims *judged, const struct options *options,
	struct why *why)
{
	switch (options->claims_format) {
	case CLAIMS_CSV:
		claims_print_csv(judged, stdout);
		return 0;
	case CLAIMS_JSON:
		return claims_print_json(judged, stdout, why);
	case CLAIMS_MARKDOWN:
		claims_print_markdown(judged, stdout);
		return 0;
	default:
		claims_print_table(judged,
			&(struct sheet) { stdout, command_colour(stdout) },
			options->explain);
		return 0;
	}
}

static int claims_run(const struct options *options)
{
	struct judged_claims judged;
	struct run_directory *run;
	struct why why = { "" };
	int error = run_directory_open(options->operands[0], false, &run, &why);

	if (!error) {
		error = claims_judge(run, &judged, &why);
		run_directory_close(run);
	}
	if (!error) {
		error = print(&judged, options, &why);
		judged_claims_free(&judged);
	}
	if (!error)
		return EXIT_GOOD;
	command_error("%s", why.text);
	return EXIT_UNMEASURED;
}

const struct command claims_command = {
	.name = "claims",
	.synopsis = "RUN [OPTION...]",
	.says = "Decide what people say of IPC by what a run has found.",
	.run = claims_run,
	.operands_least = 1,
	.operands_most = 1,
};
