/* lock_help.h: locks on bytes of "file" in the private directory, by fcntl(). */
#ifndef IPCMARK_LOCK_HELP_H
#define IPCMARK_LOCK_HELP_H

#include <fcntl.h>

#include "conformance/check.h"

struct flock lock_help_range(int type, off_t start, off_t length);

/* fcntl(): F_SETLK, F_SETLKW and their like. */
int64_t lock_help(int fd, int command, int type, off_t start, off_t length);

/* What another process would be told is in its way; F_UNLCK: nothing. */
struct flock lock_help_in_the_way(
	struct scene *scene, int type, off_t start, off_t length);

/* Nothing there is in the way of a write lock; or a lock of this kind and owner. */
void lock_help_expect_free(struct scene *scene, off_t start, off_t length);
void lock_help_expect_locked(
	struct scene *scene, int type, off_t start, off_t length, pid_t holder);

#endif
