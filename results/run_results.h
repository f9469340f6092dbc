/* run_results.h: the text of results.csv: which version wrote it, whether more rows can
 * follow, where its last whole launch ends.
 *
 * `where` is the path of its directory, for the sentences only. */
#ifndef IPCMARK_RUN_RESULTS_H
#define IPCMARK_RUN_RESULTS_H

#include <stddef.h>

#include "harness/base/why.h"

#define RUN_RESULTS "results.csv"

/* A table of another version would be refused for its columns; its version says more. 0,
 * -EPROTO or -ENOMEM. */
int run_results_check_schema(
	const char *where, const char *text, size_t length, struct why *why);

/* Rows that are appended must stand under the names that are there. 0, -EPROTO or
 * -ENOMEM. */
int run_results_check_header(
	const char *where, const char *text, size_t length, struct why *why);

/* The length of the text up to the end of its last whole launch. A kill in the midst of a
 * write cuts off a row, and rows of the same launch may stand before it. The text is
 * taken apart on the way. */
size_t run_results_whole(char *text, size_t length);

#endif
