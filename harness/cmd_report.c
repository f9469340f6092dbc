#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/command.h"
#include "plots/report.h"
#include "results/run_directory.h"
#include "results/run_file.h"

/* Before all of it is read into memory: is the run one for a page? */
static int check_rows(const char *path, struct why *why)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t lines = 0;
	int error = 0;

	if (fd < 0)
		return 0; /* run_directory_open() says it better */
	if (run_file_lines(fd, "results.csv", &lines) == 0 && lines > REPORT_ROWS)
		error = why_say(why, 0,
			"%s/results.csv has %zu lines; a report takes %d at the most. "
			"'ipcmark show' and 'ipcmark claims' take them all; for a page, measure "
			"less in one run",
			path, lines, REPORT_ROWS);
	close(fd);
	return error;
}

static int write_runs(const struct options *options, FILE *out, struct why *why)
{
	size_t count = options->operand_count;
	struct run_directory **runs = calloc(count, sizeof(void *));
	int error = runs ? 0 : why_say(why, ENOMEM, "read the runs");

	for (size_t i = 0; !error && i < count; i++) {
		error = check_rows(options->operands[i], why);
		if (!error)
			error = run_directory_open(
				options->operands[i], false, &runs[i], why);
	}
	if (!error)
		error = report_write(runs, count, out, why);
	for (size_t i = 0; runs && i < count; i++)
		run_directory_close(runs[i]);
	free(runs);
	return error;
}

/* The folder and the name of a file. */
static int open_folder(const char *path, const char **name, struct why *why)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int fd;

	*name = slash ? slash + 1 : path;
	if (!**name || strlen(path) >= sizeof folder)
		return why_say(why, 0, "'%s' is no name of a file", path);
	snprintf(folder, sizeof folder, "%.*s",
		slash ? (int)(slash - path) + (slash == path) : 1, slash ? path : ".");
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? why_say(why, errno, "write %s", path) : fd;
}

static int write_file(const struct options *options, struct why *why)
{
	char *text = NULL;
	const char *name;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	int folder, error;

	if (!out)
		return why_say(why, errno, "write the report");
	folder = open_folder(options->output, &name, why);
	error = folder < 0 ? folder : write_runs(options, out, why);
	if (fclose(out) && !error)
		error = why_say(why, ENOMEM, "write the report");
	if (!error)
		error = run_file_replace(folder, ".", name, text, length, why);
	if (folder >= 0)
		close(folder);
	free(text);
	if (!error)
		puts(options->output);
	return error;
}

static int report_run(const struct options *options)
{
	struct why why = { "" };
	bool is_stdout = strcmp(options->output, "-") == 0;
	int error = is_stdout ? write_runs(options, stdout, &why)
			      : write_file(options, &why);

	if (!error)
		return EXIT_GOOD;
	command_error("%s", why.text);
	return EXIT_UNMEASURED;
}

const struct command report_command = {
	.name = "report",
	.synopsis = "RUN... [-o FILE]",
	.says = "Write a page of HTML about a run, or about several side by side.",
	.run = report_run,
	.operands_least = 1,
	.operands_most = UINT_MAX,
};
