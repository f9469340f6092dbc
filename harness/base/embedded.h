/* embedded.h: data files that are part of the program, so that it is one file that runs
 * anywhere. CMakeLists.txt lists them. */
#ifndef IPCMARK_BASE_EMBEDDED_H
#define IPCMARK_BASE_EMBEDDED_H

#include <stddef.h>

struct embedded {
	const char *name; /* its path in the source: "conformance/checks.csv" */
	const char *begin, *end;
};

/* Ends with a NULL name. */
extern const struct embedded embedded_files[];

/* A copy that can be changed and that the caller frees; NULL when there is no such file,
 * or no memory. */
char *embedded_copy(const char *name, size_t *length);

#endif
