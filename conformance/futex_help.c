#include "conformance/futex_help.h"

#include <errno.h>
#include <linux/futex.h>
#include <unistd.h>

/* 32-bit systems with a 64-bit time_t speak the newer call's timespec. */
#if defined(SYS_futex_time64) && (!defined(SYS_futex) || __SIZEOF_LONG__ == 4)
#define FUTEX_CALL (sizeof(time_t) == 8 ? SYS_futex_time64 : SYS_futex)
#else
#define FUTEX_CALL SYS_futex
#endif

long futex_call(void *word, int operation, uint32_t value, const struct timespec *timeout,
	void *second, uint32_t third)
{
	return syscall(FUTEX_CALL, word, operation, value, timeout, second, third);
}

const struct timespec *futex_count(int count)
{
	return (const struct timespec *)(intptr_t)count;
}

pid_t futex_sleeper(struct scene *scene, void *word, int flags)
{
	pid_t sleeper = scene_fork(scene);

	if (sleeper == 0) {
		EXPECT_INT(
			scene, futex_call(word, FUTEX_WAIT | flags, 0, NULL, NULL, 0), 0);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, sleeper, IN_FUTEX);
	return sleeper;
}
