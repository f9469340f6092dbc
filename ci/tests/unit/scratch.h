/* scratch.h: a directory of the test's own, in which it works, and its end. */
#ifndef IPCMARK_TESTS_SCRATCH_H
#define IPCMARK_TESTS_SCRATCH_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch[64];

static inline int scratch_remove_one(
	const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status;
	(void)kind;
	(void)where;
	return remove(path);
}

/* Removes a directory and all that is in it. */
static inline int scratch_remove(const char *path)
{
	return nftw(path, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Others may read in it. */
static inline int scratch_enter(void)
{
	strcpy(scratch, "/tmp/ipcmark-test-XXXXXX");
	if (!mkdtemp(scratch) || chmod(scratch, 0755))
		return -1;
	return chdir(scratch);
}

static inline int scratch_leave(void)
{
	return chdir("/") || scratch_remove(scratch);
}

#endif
