#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "harness/command.h"
#include "results/export.h"

static const struct export_format *find(const char *name)
{
	const struct export_format *format = export_formats;

	while (strcmp(format->name, name))
		format++;
	return format; /* the word was checked */
}

static int open_all(const struct options *options, struct run_directory **directories,
	struct export_run *runs, size_t *opened, struct why *why)
{
	int error = 0;

	for (size_t i = 0; !error && i + 1 < options->operand_count; i++) {
		error = run_directory_open(
			options->operands[i + 1], false, &directories[i], why);
		if (!error)
			error = export_open(directories[i], &runs[i], why);
		if (!error)
			++*opened;
	}
	return error;
}

static bool is_empty(const struct export_run *runs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct export_case at = { .row = NULL };

		if (export_next(&runs[i], &at))
			return false;
	}
	return true;
}

static int export_all(const struct options *options, const struct export_format *format)
{
	size_t count = options->operand_count - 1, opened = 0;
	struct run_directory **directories = calloc(count, sizeof(void *));
	struct export_run *runs = calloc(count, sizeof *runs);
	struct why why = { "not enough memory" };
	int error = -1, code = EXIT_GOOD;

	if (directories && runs) {
		why_clear(&why);
		error = open_all(options, directories, runs, &opened, &why);
		if (!error && is_empty(runs, count)) {
			command_error("%s: nothing to export; no case of this run was "
				      "measured",
				options->operands[1]);
			code = EXIT_NOTHING;
		} else if (!error) {
			error = format->write(runs, count, stdout, &why);
		}
	}
	if (error) {
		command_error("%s", why.text);
		code = EXIT_UNMEASURED;
	}
	for (size_t i = 0; i < opened; i++)
		export_close(&runs[i]);
	for (size_t i = 0; directories && i < count; i++)
		run_directory_close(directories[i]);
	free(directories);
	free(runs);
	return code;
}

static int export_run_command(const struct options *options)
{
	const struct export_format *format = find(options->operands[0]);

	if (options->operand_count - 1 > format->runs_most) {
		command_error("%s takes one run; '%s' is one too many", format->name,
			options->operands[2]);
		return EXIT_USAGE;
	}
	return export_all(options, format);
}

const struct command export_command = {
	.name = "export",
	.synopsis = "FORMAT RUN...",
	.says = "Write a run for another tool: a CI action, a dashboard.",
	.run = export_run_command,
	.operands_least = 2,
	.operands_most = UINT_MAX,
	.operand_words = export_format_names,
	.operand_words_most = 1,
};
