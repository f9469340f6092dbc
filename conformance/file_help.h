/* file_help.h: a file to try descriptors and locks on. */
#ifndef IPCMARK_FILE_HELP_H
#define IPCMARK_FILE_HELP_H

#include "conformance/check.h"

/* Opens "file" in the private directory for reading and writing, makes it if there is
 * none. Set-up. */
int file_help_open(struct scene *scene);

/* Likewise, with this in it, and the offset at its beginning. */
int file_help_of(struct scene *scene, const char *text);

#endif
