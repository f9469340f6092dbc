#include "conformance/lock_help.h"

#include <unistd.h>

#include "conformance/file_help.h"

struct flock lock_help_range(int type, off_t start, off_t length)
{
	return (struct flock) { .l_type = (short)type,
		.l_whence = SEEK_SET,
		.l_start = start,
		.l_len = length };
}

int64_t lock_help(int fd, int command, int type, off_t start, off_t length)
{
	struct flock lock = lock_help_range(type, start, length);

	return fcntl(fd, command, &lock);
}

/* A process of its own asks, for nobody is in his own way. */
struct flock lock_help_in_the_way(
	struct scene *scene, int type, off_t start, off_t length)
{
	struct flock *answer = scene_memory(scene, sizeof *answer);
	pid_t asker = scene_fork(scene);

	if (asker == 0) {
		int fd = file_help_open(scene);

		*answer = lock_help_range(type, start, length);
		EXPECT_OK(scene, fcntl(fd, F_GETLK, answer));
		_exit(0);
	}
	EXPECT_EXIT(scene, asker, 0);
	return *answer;
}

void lock_help_expect_free(struct scene *scene, off_t start, off_t length)
{
	EXPECT_INT(scene, lock_help_in_the_way(scene, F_WRLCK, start, length).l_type,
		F_UNLCK);
}

void lock_help_expect_locked(
	struct scene *scene, int type, off_t start, off_t length, pid_t holder)
{
	struct flock got = lock_help_in_the_way(scene, F_WRLCK, start, length);

	EXPECT_INT(scene, got.l_type, type);
	EXPECT_INT(scene, got.l_pid, holder);
}
