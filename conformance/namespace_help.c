#include "conformance/namespace_help.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conformance/check.h"

/* 0 or an error number. */
static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), error = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		error = errno;
	close(fd);
	return error;
}

#define IDENTITY 64

static void identify(struct scene *scene, char identity[IDENTITY])
{
	memset(identity, 0, IDENTITY);
	SETUP(scene, readlink("/proc/self/ns/ipc", identity, IDENTITY - 1));
}

static bool is_elsewhere; /* than where the machine's own limits are */

void namespace_help_enter(struct scene *scene)
{
	uid_t user = geteuid();
	gid_t group = getegid();
	char map[64], before[IDENTITY], after[IDENTITY];

	identify(scene, before);
	SETUP(scene, unshare(CLONE_NEWIPC | (user ? CLONE_NEWUSER : 0)));
	identify(scene, after);
	is_elsewhere = strcmp(before, after) != 0;
	if (user == 0)
		return;
	/* Without an identity there, it may not make files: a queue is one. */
	snprintf(map, sizeof map, "0 %lu 1", (unsigned long)user);
	SETUP_CODE(scene, write_text("/proc/self/uid_map", map));
	SETUP_CODE(scene, write_text("/proc/self/setgroups", "deny"));
	snprintf(map, sizeof map, "0 %lu 1", (unsigned long)group);
	SETUP_CODE(scene, write_text("/proc/self/gid_map", map));
}

void namespace_help_limit(struct scene *scene, const char *limit, const char *text)
{
	char path[64];
	int error;

	if (!is_elsewhere)
		BROKEN(scene, "%s of the whole machine is not to be changed", limit);
	snprintf(path, sizeof path, "/proc/sys/%s", limit);
	error = write_text(path, text);
	if (error)
		SKIP(scene, "%s cannot be set: %s", path, strerror(error));
}

int64_t namespace_help_ask(struct scene *scene, const char *limit)
{
	char path[64], text[32];
	ssize_t got = -1;
	int fd;

	snprintf(path, sizeof path, "/proc/sys/%s", limit);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		got = read(fd, text, sizeof text - 1);
		close(fd);
	}
	if (got <= 0)
		SKIP(scene, "%s cannot be read", path);
	text[got] = '\0';
	return (int64_t)strtoll(text, NULL, 10);
}
