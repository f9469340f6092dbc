/* run_file.h: whole files in a directory: read without following a link, replaced at
 * once.
 *
 * `where` is the path of the directory, for the sentences only. */
#ifndef IPCMARK_RUN_FILE_H
#define IPCMARK_RUN_FILE_H

#include <stddef.h>

#include "harness/base/why.h"

/* Reads a regular file; the caller frees *text, which is ended by a NUL that *length does
 * not count. 0 or -errno. */
int run_file_read(int directory_fd, const char *where, const char *name, char **text,
	size_t *length, struct why *why);

/* Counts the line feeds of a regular file without holding it. 0 or -errno. */
int run_file_lines(int directory_fd, const char *name, size_t *lines);

/* Writes all bytes, also where the system takes them in pieces. 0 or -errno. */
int run_file_write(int fd, const char *text, size_t length);

/* Writes a file anew under a temporary name and renames it, so that a reader, or a kill,
 * finds the old one or the new one. 0 or -errno. */
int run_file_replace(int directory_fd, const char *where, const char *name,
	const char *text, size_t length, struct why *why);

#endif
