#include "plots/figure_one.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plots/figure_files.h"
#include "plots/gnuplot.h"

static const char *ending(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && (strcmp(dot, ".svg") == 0 || strcmp(dot, ".png") == 0) ? dot : NULL;
}

int figure_one_check(const char *path, struct why *why)
{
	if (ending(path))
		return 0;
	return why_say(
		why, 0, "'%s' is no name of a figure; it ends in .svg or .png", path);
}

/* Copies what was drawn beside `path` and renames it, so that a reader finds the old file
 * or the new one. */
static int put(const struct figure_files *files, const char *path, struct why *why)
{
	char name[FIGURE_NAME], beside[PATH_MAX], piece[65536];
	int from, to = -1, error = 0;
	ssize_t got = 0;

	snprintf(name, sizeof name, "figure%s", ending(path));
	from = openat(files->figures, name, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return why_say(why, errno, "read the drawn figure");
	if (snprintf(beside, sizeof beside, "%s.XXXXXX", path) >= (int)sizeof beside)
		error = why_say(why, ENAMETOOLONG, "write %s", path);
	if (!error) {
		to = mkostemp(beside, O_CLOEXEC);
		if (to < 0 || fchmod(to, 0644))
			error = why_say(why, errno, "write %s", path);
	}
	while (!error && (got = read(from, piece, sizeof piece)) > 0)
		if (write(to, piece, (size_t)got) != got)
			error = why_say(why, errno ? errno : EIO, "write %s", path);
	if (!error && (got < 0 || rename(beside, path)))
		error = why_say(why, errno, "write %s", path);
	if (error && to >= 0)
		(void)unlink(beside);
	if (to >= 0)
		close(to);
	close(from);
	return error;
}

static int draw_in(struct figure_files *files, const char *script,
	const struct page *page, const char *path, struct why *why)
{
	char scripts[PATH_MAX];
	FILE *csv;
	int error = gnuplot_scripts(scripts, why);

	if (!error)
		error = figure_files_begin(files, "figure", &csv, why);
	if (!error)
		error = figure_files_draw(
			files, scripts, script, "figure", page, csv, why);
	return error ? error : put(files, path, why);
}

int figure_one_draw(
	const char *script, const struct page *page, const char *path, struct why *why)
{
	struct figure_files files;
	int error = figure_one_check(path, why);

	if (!error)
		error = figure_files_open_private(&files, why);
	if (error)
		return error;
	error = draw_in(&files, script, page, path, why);
	figure_files_close(&files);
	return error;
}
