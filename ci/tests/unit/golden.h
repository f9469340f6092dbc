/* golden.h: what was written against a file of ci/tests/golden. With IPCMARK_GOLDEN=write
 * in the environment the files are written anew, to be looked at before they are
 * committed. */
#ifndef IPCMARK_TESTS_GOLDEN_H
#define IPCMARK_TESTS_GOLDEN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void golden_compare(const char *name, const char *got)
{
	static char wanted[1 << 18];
	char path[512];
	const char *mode = getenv("IPCMARK_GOLDEN");
	FILE *file;
	size_t at = 0;

	snprintf(path, sizeof path, "%s/ci/tests/golden/%s", SOURCE_DIR, name);
	if (mode && strcmp(mode, "write") == 0) {
		file = fopen(path, "w");
		assert_non_null(file);
		assert_int_equal(fputs(got, file) < 0, 0);
		assert_int_equal(fclose(file), 0);
		return;
	}
	file = fopen(path, "r");
	if (!file)
		fail_msg("%s cannot be read", path);
	wanted[fread(wanted, 1, sizeof wanted - 1, file)] = '\0';
	fclose(file);
	while (got[at] && got[at] == wanted[at])
		at++;
	if (got[at] == wanted[at])
		return;
	while (at && got[at - 1] != '\n')
		at--;
	fail_msg("%s: '%.120s' is wanted, and here is '%.120s'", name, wanted + at,
		got + at);
}

#endif
