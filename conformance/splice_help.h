/* splice_help.h: files for what the kernel moves by itself, and pages that two may share.
 */
#ifndef IPCMARK_SPLICE_HELP_H
#define IPCMARK_SPLICE_HELP_H

#include "conformance/check.h"

/* A new file with these bytes, open for reading and writing, its offset 0. Set-up. */
int splice_file_with(
	struct scene *scene, const char *name, const char *bytes, size_t size);

/* What a reader got of a page that was overwritten after it was sent is "old!" or
 * "new!"; both are permitted, and which it was is noted. */
void splice_expect_old_or_new(struct scene *scene, const char got[4]);

#endif
