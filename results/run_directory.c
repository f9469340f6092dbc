#include "results/run_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "results/csv.h"
#include "results/run_file.h"
#include "results/run_results.h"

#define SUMMARY    "summary.csv"
#define HISTOGRAMS "histograms"
/* How long a writer that is being cleaned up may keep the lock. */
#define LOCK_TRIES   20
#define LOCK_WAIT_NS 100000000

struct run_directory {
	char *path;
	int fd;
	int results_fd; /* -1: to read only */
	bool is_new; /* the directory itself was made, not only what is in it */
};

static struct run_directory *make(const char *path, struct why *why)
{
	struct run_directory *run = calloc(1, sizeof *run);
	size_t length = strlen(path);

	if (run) {
		run->fd = run->results_fd = -1;
		run->path = strdup(path);
	}
	if (!run || !run->path) {
		free(run);
		why_say(why, ENOMEM, "open the run directory '%s'", path);
		return NULL;
	}
	/* "link/" would be followed. */
	while (length > 1 && path[length - 1] == '/')
		run->path[--length] = '\0';
	return run;
}

void run_directory_close(struct run_directory *run)
{
	if (!run)
		return;
	if (run->results_fd >= 0)
		close(run->results_fd);
	if (run->fd >= 0)
		close(run->fd);
	free(run->path);
	free(run);
}

const char *run_directory_path(const struct run_directory *run)
{
	return run->path;
}

int run_directory_fd(const struct run_directory *run)
{
	return run->fd;
}

static int open_directory(struct run_directory *run, bool follows, struct why *why)
{
	struct stat status;
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follows ? 0 : O_NOFOLLOW);

	run->fd = open(run->path, flags);
	if (run->fd >= 0)
		return 0;
	if (errno != ENOTDIR && errno != ELOOP)
		return why_say(why, errno, "open the directory '%s'", run->path);
	if (!follows && lstat(run->path, &status) == 0 && S_ISLNK(status.st_mode))
		return why_say(why, 0,
			"'%s' is a symbolic link; give the directory it points to",
			run->path);
	why_say(why, 0, "'%s' is not a directory", run->path);
	return -ENOTDIR;
}

/* What else to give --out, unless another place would help as little. */
static void add_way_out(struct why *why, int error)
{
	switch (-error) {
	case ENOSPC:
	case EDQUOT:
		why_add(why, "make room, or give --out a directory elsewhere");
		break;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case EFBIG: /* RLIMIT_FSIZE */
		break;
	default:
		why_add(why, "give --out a directory that can be written");
	}
}

/* Makes the parents as `mkdir -p` does, then the directory itself. */
static int make_directories(const char *path, bool *is_new, struct why *why)
{
	char *part = strdup(path);
	int error = part ? 0 : ENOMEM;

	for (char *slash = part; !error && (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		/* On a read-only file system a directory that is there may be answered
		 * with EROFS. */
		error = mkdir(part, 0777) ? errno : 0;
		if (error == EEXIST || (error && access(part, F_OK) == 0))
			error = 0;
		*slash = '/';
	}
	free(part);
	*is_new = !error && mkdir(path, 0755) == 0;
	if (!error && !*is_new && errno != EEXIST)
		error = errno;
	if (!error)
		return 0;
	error = why_say(why, error, "make the directory '%s'", path);
	add_way_out(why, error);
	return error;
}

static int demand_empty(const struct run_directory *run, struct why *why)
{
	int fd = openat(run->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	bool is_empty = true;

	if (!directory) {
		int error = why_say(why, errno, "list the directory '%s'", run->path);

		if (fd >= 0)
			close(fd);
		return error;
	}
	while (is_empty && (entry = readdir(directory)))
		is_empty = strcmp(entry->d_name, ".") == 0 ||
			   strcmp(entry->d_name, "..") == 0;
	closedir(directory);
	if (is_empty)
		return 0;
	why_say(why, 0, "'%s' is not empty; give --out another directory", run->path);
	return -EEXIST;
}

static int put_empty_table(struct run_directory *run, const char *name,
	const struct table *table, struct why *why)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	int error;

	if (!out)
		return why_say(why, errno, "write %s/%s", run->path, name);
	csv_header(out, table);
	if (fclose(out))
		error = why_say(why, ENOMEM, "write %s/%s", run->path, name);
	else
		error = run_file_replace(run->fd, run->path, name, text, length, why);
	free(text);
	return error;
}

/* Opens results.csv to append. Two writers would count each launch twice. */
static int open_results(struct run_directory *run, struct why *why)
{
	run->results_fd = openat(
		run->fd, RUN_RESULTS, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	if (run->results_fd < 0)
		return why_say(
			why, errno, "open %s/%s to append", run->path, RUN_RESULTS);
	for (int i = 0; flock(run->results_fd, LOCK_EX | LOCK_NB); i++) {
		if (errno != EWOULDBLOCK)
			return 0; /* a file system without locks */
		if (i == LOCK_TRIES) {
			why_say(why, 0, "'%s' is being written by another ipcmark",
				run->path);
			return -EBUSY;
		}
		nanosleep(&(struct timespec) { 0, LOCK_WAIT_NS }, NULL);
	}
	return 0;
}

/* results.csv comes last: it is what makes a directory a run. */
static int fill(struct run_directory *run, struct why *why)
{
	int error;

	if (mkdirat(run->fd, HISTOGRAMS, 0755))
		return why_say(why, errno, "make %s/%s", run->path, HISTOGRAMS);
	error = run_directory_put_environment(run, NULL, NULL, 0, why);
	if (!error)
		error = put_empty_table(run, SUMMARY, &summary_table, why);
	if (!error)
		error = put_empty_table(run, RUN_RESULTS, &result_table, why);
	if (!error)
		error = open_results(run, why);
	return error;
}

void run_directory_discard(struct run_directory *run)
{
	/* The directory was empty, so all of this is ours. */
	unlinkat(run->fd, RUN_RESULTS, 0);
	unlinkat(run->fd, SUMMARY, 0);
	unlinkat(run->fd, "environment.csv", 0);
	unlinkat(run->fd, "topology.xml", 0);
	unlinkat(run->fd, HISTOGRAMS, AT_REMOVEDIR);
	if (run->is_new)
		rmdir(run->path);
	run_directory_close(run);
}

int run_directory_create(const char *path, struct run_directory **run, struct why *why)
{
	struct run_directory *made;
	int error;

	if (!*path)
		return why_say(why, 0, "the path of the run directory is empty");
	made = make(path, why);
	if (!made)
		return -ENOMEM;
	error = make_directories(made->path, &made->is_new, why);
	if (!error)
		error = open_directory(made, false, why);
	if (!error)
		error = demand_empty(made, why);
	if (!error) {
		error = fill(made, why);
		if (error) {
			add_way_out(why, error);
			run_directory_discard(made);
			return error;
		}
	}
	if (error) {
		if (made->is_new)
			rmdir(made->path);
		run_directory_close(made);
		return error;
	}
	*run = made;
	return 0;
}

static int read_results(
	const struct run_directory *run, char **text, size_t *length, struct why *why)
{
	struct why inner = { "" };
	int error = run_file_read(run->fd, run->path, RUN_RESULTS, text, length, &inner);

	/* A duet holds a run of each side. */
	if (error == -ENOENT && faccessat(run->fd, "base/" RUN_RESULTS, F_OK, 0) == 0)
		why_say(why, 0,
			"'%s' is a duet; name its sides, %s/base and %s/candidate",
			run->path, run->path, run->path);
	else if (error == -ENOENT)
		why_say(why, 0, "'%s' is not a run directory: it has no %s", run->path,
			RUN_RESULTS);
	else if (error)
		why_say(why, 0, "%s", inner.text);
	return error;
}

static int read_table(const struct run_directory *run, const char *name,
	const struct table *table, char *text, size_t length, void **rows, size_t *count,
	struct why *why)
{
	struct why inner = { "" };
	int error = csv_table(table, text, length, rows, count, &inner);

	return error ? why_say(why, 0, "%s/%s: %s", run->path, name, inner.text),
	       error : 0;
}

int run_directory_results(const struct run_directory *run, struct result_row **rows,
	size_t *count, struct why *why)
{
	void *read;
	char *text;
	size_t length;
	int error = read_results(run, &text, &length, why);

	if (error)
		return error;
	error = run_results_check_schema(run->path, text, length, why);
	if (!error)
		error = read_table(
			run, RUN_RESULTS, &result_table, text, length, &read, count, why);
	free(text);
	if (!error)
		*rows = read;
	return error;
}

int run_directory_summary(const struct run_directory *run, struct summary_row **rows,
	size_t *count, struct why *why)
{
	void *read;
	char *text;
	size_t length;
	int error = run_file_read(run->fd, run->path, SUMMARY, &text, &length, why);

	if (error)
		return error;
	error = read_table(run, SUMMARY, &summary_table, text, length, &read, count, why);
	free(text);
	if (!error)
		*rows = read;
	return error;
}

/* Left by a writer that was killed between writing and renaming. */
static void remove_temporary(const struct run_directory *run, const char *folder)
{
	int fd = openat(run->fd, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!directory) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(directory)))
		if (strlen(entry->d_name) == 21 && entry->d_name[0] == '.' &&
			strcmp(entry->d_name + 17, ".tmp") == 0)
			unlinkat(fd, entry->d_name, 0);
	closedir(directory);
}

static int prepare_to_append(struct run_directory *run, struct why *why)
{
	int error = open_results(run, why);
	char *text;
	size_t length;

	if (!error)
		error = read_results(run, &text, &length, why);
	if (error)
		return error;
	error = run_results_check_header(run->path, text, length, why);
	if (error) {
		free(text);
		return error;
	}
	if (ftruncate(run->results_fd, (off_t)run_results_whole(text, length)))
		error = why_say(why, errno, "cut the unfinished row off %s/%s", run->path,
			RUN_RESULTS);
	free(text);
	remove_temporary(run, ".");
	remove_temporary(run, HISTOGRAMS);
	return error;
}

int run_directory_open(
	const char *path, bool to_append, struct run_directory **run, struct why *why)
{
	struct run_directory *opened;
	struct result_row *rows;
	size_t count;
	int error;

	if (!*path)
		return why_say(why, 0, "the path of the run directory is empty");
	opened = make(path, why);
	if (!opened)
		return -ENOMEM;
	/* People keep links to their last run; only writing must not follow one. */
	error = open_directory(opened, !to_append, why);
	if (!error)
		error = run_directory_results(opened, &rows, &count, why);
	if (!error) {
		free(rows);
		if (to_append)
			error = prepare_to_append(opened, why);
	}
	if (error) {
		run_directory_close(opened);
		return error;
	}
	*run = opened;
	return 0;
}

int run_directory_append(struct run_directory *run, const struct result_row *rows,
	size_t count, struct why *why)
{
	struct stat before;
	char *text = NULL;
	size_t length = 0;
	FILE *out;
	int error;

	if (run->results_fd < 0)
		return why_say(why, EBADF, "append to %s/%s, which is open to read only",
			run->path, RUN_RESULTS);
	if (fstat(run->results_fd, &before))
		return why_say(why, errno, "look at %s/%s", run->path, RUN_RESULTS);
	out = open_memstream(&text, &length);
	if (!out)
		return why_say(why, errno, "append to %s/%s", run->path, RUN_RESULTS);
	for (size_t i = 0; i < count; i++)
		csv_row(out, &result_table, &rows[i]);
	error = fclose(out) ? -ENOMEM : run_file_write(run->results_fd, text, length);
	free(text);
	if (!error)
		return 0;
	why_say(why, -error, "append to %s/%s", run->path, RUN_RESULTS);
	/* Half a launch would pass for a whole one. */
	if (ftruncate(run->results_fd, before.st_size))
		why_add(why, "and its last launch is incomplete");
	why_add(why, "make room, then finish with --resume %s", run->path);
	return error;
}
