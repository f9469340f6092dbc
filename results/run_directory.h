/* run_directory.h: what a run leaves on disk, written and read.
 *
 *     results.csv      one row a launch and size, appended as each launch ends
 *     summary.csv      one row a case
 *     checks.csv       verdicts of the checks, if the run has them (stored_checks.h)
 *     environment.csv  key,value: the machine, the build and the options of the run
 *     topology.xml     hwloc
 *     histograms/      <case>.csv: low_ns,high_ns,count; merged over the launches
 *     figures/         drawn by `plot`
 *
 * CSV is RFC 4180 in the C locale: LF or CRLF is read, LF is written. */
#ifndef IPCMARK_RUN_DIRECTORY_H
#define IPCMARK_RUN_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/why.h"
#include "harness/histogram.h"
#include "results/row.h"

struct run_directory;

/* Makes the directory (its parents too) and empty tables in it. A directory that exists
 * must be empty. All writing is relative to a descriptor of the directory, opened without
 * following a link. 0, or -errno in words that name the path and the way out. */
int run_directory_create(const char *path, struct run_directory **run, struct why *why);

/* Takes back what run_directory_create() made, while no row has been appended, and closes
 * it. */
void run_directory_discard(struct run_directory *run);

/* Opens a run directory: to read only, or to append (`--resume`; a row that was cut off
 * by a kill is removed then). A directory that is none, has another schema or lacks
 * columns is an error in words; columns it does not know are passed over. */
int run_directory_open(
	const char *path, bool to_append, struct run_directory **run, struct why *why);
void run_directory_close(struct run_directory *run);

const char *run_directory_path(const struct run_directory *run);
int run_directory_fd(const struct run_directory *run);

/* Appends the rows of one launch by a single write, so that a kill leaves all or none. */
int run_directory_append(struct run_directory *run, const struct result_row *rows,
	size_t count, struct why *why);

/* Reads all complete rows; the caller frees *rows. An unfinished last line is passed
 * over. */
int run_directory_results(const struct run_directory *run, struct result_row **rows,
	size_t *count, struct why *why);
int run_directory_summary(const struct run_directory *run, struct summary_row **rows,
	size_t *count, struct why *why);

/* The environment: written once as a whole (`keys` and `values`, replaced atomically),
 * read by key. The text is the caller's buffer; returns false where the key is not there.
 */
int run_directory_put_environment(struct run_directory *run, const char *const *keys,
	const char *const *values, size_t count, struct why *why);
bool run_directory_environment(
	const struct run_directory *run, const char *key, char *value, size_t size);

/* Calls `each` for every key in the order of the file. False where there is no file or it
 * is broken from some line on. */
bool run_directory_each_fact(const struct run_directory *run,
	void (*each)(const char *key, const char *value, void *context), void *context);

/* The file name of a case's histogram, without the folder, made of letters, digits, '-',
 * '_' and '.' only. */
#define RUN_HISTOGRAM_NAME 256
void run_directory_histogram_name(const struct result_row *row, char *name);

/* Merges a launch's histogram into that of its case (written anew and renamed), and reads
 * it back. Reading a case that has none: -ENOENT. */
int run_directory_merge_histogram(struct run_directory *run, const struct result_row *row,
	const struct histogram *histogram, struct why *why);
int run_directory_histogram(const struct run_directory *run, const char *name,
	struct histogram *histogram, struct why *why);

/* Computes the summary from results.csv and the histograms and writes summary.csv
 * (atomically). */
int run_directory_summarize(struct run_directory *run, struct why *why);

#endif
