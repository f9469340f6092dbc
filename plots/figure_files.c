#include "plots/figure_files.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plots/gnuplot.h"

/* One figure is in the making at a time, so the names need not differ. gnuplot's terminal
 * goes by the ending. */
#define NEW_CSV "new.csv"
#define NEW_GP  "new.gp"
#define NEW_SVG "new.svg"
#define NEW_PNG "new.png"

void figure_files_name(const char *figure, const char *placement, char *name)
{
	size_t used;

	snprintf(name, FIGURE_NAME, "%s%s%s", figure, placement ? "-" : "",
		placement ? placement : "");
	used = strlen(figure);
	for (char *at = name + (used < FIGURE_NAME ? used : 0); *at; at++)
		if (!isalnum((unsigned char)*at) && *at != '_')
			*at = '-';
}

static int open_folder(int at, const char *name, int *fd, struct why *why)
{
	if (mkdirat(at, name, 0777) && errno != EEXIST)
		return why_say(why, errno, "make the folder %s of the run", name);
	*fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd < 0)
		return why_say(why, errno, "open the folder %s of the run", name);
	return 0;
}

static int open_at(int fd, const char *path, struct figure_files *files, struct why *why)
{
	int error;

	*files = (struct figure_files) { .figures = -1, .data = -1 };
	if (!realpath(path, files->path))
		return why_say(why, errno, "find the directory %s", path);
	/* Room for what follows, so that no path is ever cut. */
	if (strlen(files->path) + FIGURE_NAME + 32 > sizeof files->path)
		return why_say(why, ENAMETOOLONG, "draw figures in %s", files->path);
	error = open_folder(fd, "figures", &files->figures, why);
	if (!error)
		error = open_folder(files->figures, "data", &files->data, why);
	if (error)
		figure_files_close(files);
	return error;
}

int figure_files_open(
	const struct run_directory *run, struct figure_files *files, struct why *why)
{
	return open_at(run_directory_fd(run), run_directory_path(run), files, why);
}

int figure_files_open_private(struct figure_files *files, struct why *why)
{
	const char *wanted = getenv("TMPDIR");
	char path[PATH_MAX];
	int fd, error;

	*files = (struct figure_files) { .figures = -1, .data = -1 };
	snprintf(path, sizeof path, "%.4000s/ipcmark-XXXXXX",
		wanted && *wanted ? wanted : "/tmp");
	if (!mkdtemp(path))
		return why_say(why, errno, "make a private directory %s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	error = fd < 0 ? why_say(why, errno, "open %s", path)
		       : open_at(fd, path, files, why);
	if (fd >= 0)
		close(fd);
	if (error)
		(void)rmdir(path);
	files->is_private = !error;
	return error;
}

/* Removes the files of a folder; it has no folders but `data`, which is empty by then. */
static void empty(int folder)
{
	int fd = dup(folder);
	DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	if (!entries) {
		if (fd >= 0)
			close(fd);
		return;
	}
	rewinddir(entries);
	while ((entry = readdir(entries)))
		if (unlinkat(folder, entry->d_name, 0) && errno != ENOENT)
			(void)unlinkat(folder, entry->d_name, AT_REMOVEDIR);
	closedir(entries);
}

static void remove_private(const struct figure_files *files)
{
	char path[PATH_MAX + 16];

	empty(files->data);
	empty(files->figures);
	snprintf(path, sizeof path, "%s/figures", files->path);
	(void)rmdir(path);
	(void)rmdir(files->path);
}

void figure_files_close(struct figure_files *files)
{
	if (files->is_private)
		remove_private(files);
	if (files->figures >= 0)
		close(files->figures);
	if (files->data >= 0)
		close(files->data);
	files->figures = files->data = -1;
	files->is_private = false;
}

static int open_stream(int folder, const char *name, FILE **stream, struct why *why)
{
	int fd;

	(void)unlinkat(folder, name, 0); /* left by a run of ours that was killed */
	fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	*stream = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (*stream)
		return 0;
	int error = why_say(why, errno, "write figures/data/%s", name);

	if (fd >= 0)
		close(fd);
	return error;
}

static int close_stream(FILE *stream, struct why *why)
{
	bool is_bad = ferror(stream);

	if (fclose(stream) || is_bad)
		return why_say(why, errno ? errno : EIO, "write the data of a figure");
	return 0;
}

int figure_files_begin(
	struct figure_files *files, const char *name, FILE **csv, struct why *why)
{
	(void)name;
	return open_stream(files->data, NEW_CSV, csv, why);
}

void figure_files_abandon(struct figure_files *files, FILE *csv)
{
	fclose(csv);
	(void)unlinkat(files->data, NEW_CSV, 0);
}

/* An SVG is shown where Inter may not be: name what stands in for it, or browsers take a
 * serif font. */
static int add_fonts(const struct figure_files *files, struct why *why)
{
	static const char from[] = "font-family=\"Inter\"";
	static const char to[] = "font-family=\"Inter, 'DejaVu Sans', sans-serif\"";
	int fd = openat(files->figures, NEW_SVG, O_RDONLY | O_CLOEXEC);
	FILE *in = fd >= 0 ? fdopen(fd, "r") : NULL, *out = NULL;
	char *line = NULL;
	size_t size = 0;
	int error = in ? 0 : why_say(why, errno, "read the drawn SVG");

	if (!error)
		error = open_stream(files->figures, "fonts.svg", &out, why);
	while (!error && getline(&line, &size, in) > 0) {
		const char *at = line, *next;

		for (; (next = strstr(at, from)); at = next + sizeof from - 1)
			fprintf(out, "%.*s%s", (int)(next - at), at, to);
		fputs(at, out);
	}
	free(line);
	if (out)
		error = close_stream(out, why);
	if (in)
		fclose(in);
	if (!error && renameat(files->figures, "fonts.svg", files->figures, NEW_SVG))
		error = why_say(why, errno, "replace the drawn SVG");
	return error;
}

static int draw(const struct figure_files *files, const char *scripts, const char *figure,
	const char *file, struct why *why)
{
	char drawing[PATH_MAX + 64], numbers[PATH_MAX + 64];
	struct stat status;
	int error;

	snprintf(drawing, sizeof drawing, "%s/figures/%s", files->path, file);
	snprintf(numbers, sizeof numbers, "%s/figures/data/%s", files->path, NEW_GP);
	(void)unlinkat(files->figures, file, 0);
	error = gnuplot_run(scripts, figure, drawing, numbers, why);
	/* gnuplot leaves with 0 when it cannot write. */
	if (!error && (fstatat(files->figures, file, &status, 0) || !status.st_size))
		error = why_say(why, 0, "gnuplot drew nothing into %s", drawing);
	return error;
}

static int place(int folder, const char *from, const char *name, const char *ending,
	struct why *why)
{
	char to[FIGURE_NAME + 8];

	snprintf(to, sizeof to, "%s%s", name, ending);
	if (renameat(folder, from, folder, to))
		return why_say(why, errno, "replace the figure %s", to);
	return 0;
}

static void drop(const struct figure_files *files)
{
	(void)unlinkat(files->data, NEW_CSV, 0);
	(void)unlinkat(files->data, NEW_GP, 0);
	(void)unlinkat(files->figures, NEW_SVG, 0);
	(void)unlinkat(files->figures, NEW_PNG, 0);
	(void)unlinkat(files->figures, "fonts.svg", 0);
}

int figure_files_draw(struct figure_files *files, const char *scripts, const char *figure,
	const char *name, const struct page *page, FILE *csv, struct why *why)
{
	FILE *numbers;
	int error = close_stream(csv, why);

	if (!error)
		error = open_stream(files->data, NEW_GP, &numbers, why);
	if (!error) {
		page_write(page, numbers);
		error = close_stream(numbers, why);
	}
	if (!error)
		error = draw(files, scripts, figure, NEW_SVG, why);
	if (!error && !files->is_svg_only)
		error = draw(files, scripts, figure, NEW_PNG, why);
	if (!error)
		error = add_fonts(files, why);
	if (!error)
		error = place(files->data, NEW_CSV, name, ".csv", why);
	if (!error)
		error = place(files->data, NEW_GP, name, ".gp", why);
	if (!error)
		error = place(files->figures, NEW_SVG, name, ".svg", why);
	if (!error && !files->is_svg_only)
		error = place(files->figures, NEW_PNG, name, ".png", why);
	if (error)
		drop(files);
	return error;
}
