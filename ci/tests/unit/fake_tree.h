/* fake_tree.h: a machine described in a private directory: files of /proc, /sys and /etc.
 */
#ifndef IPCMARK_TESTS_FAKE_TREE_H
#define IPCMARK_TESTS_FAKE_TREE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/environment_parts.h"
#include "scratch.h"

static char tree_root[256];

/* cmocka setup and teardown of each test: an empty machine, and its end. */
static inline int tree_setup(void **state)
{
	const char *parent = getenv("TMPDIR");

	(void)state;
	snprintf(tree_root, sizeof tree_root, "%s/ipcmark-test-XXXXXX",
		parent && *parent == '/' ? parent : "/tmp");
	if (!mkdtemp(tree_root))
		return -1;
	environment_root(tree_root);
	return 0;
}

static inline int tree_teardown(void **state)
{
	(void)state;
	environment_root("");
	return scratch_remove(tree_root);
}

/* Writes the file `path` (from "/") with its directories. */
static inline void tree_put(const char *path, const char *text)
{
	char whole[1024];
	FILE *file;

	snprintf(whole, sizeof whole, "%s%s", tree_root, path);
	for (char *slash = whole + strlen(tree_root) + 1; (slash = strchr(slash, '/'));
		slash++) {
		*slash = '\0';
		mkdir(whole, 0700);
		*slash = '/';
	}
	file = fopen(whole, "w");
	if (!file || fputs(text, file) < 0 || fclose(file)) {
		perror(whole);
		abort();
	}
}

#endif
