#include "harness/base/futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* 32-bit systems with a 64-bit time_t (musl) speak the newer call's timespec. */
#if defined(SYS_futex_time64) && (!defined(SYS_futex) || __SIZEOF_LONG__ == 4)
#define FUTEX_CALL(timeout)                                                              \
	(sizeof((timeout)->tv_sec) == 8 ? SYS_futex_time64 : SYS_futex)
#else
#define FUTEX_CALL(timeout) SYS_futex
#endif

int futex_wait(futex_word *word, uint32_t expected, int64_t timeout_ns)
{
	struct timespec timeout = { .tv_sec = (time_t)(timeout_ns / 1000000000),
		.tv_nsec = (long)(timeout_ns % 1000000000) };

	if (syscall(FUTEX_CALL(&timeout), word, FUTEX_WAIT, expected,
		    timeout_ns < 0 ? NULL : &timeout, NULL, 0) == 0)
		return 0;
	return errno == EAGAIN ? 0 : -errno;
}

void futex_wake(futex_word *word, int count)
{
	syscall(FUTEX_CALL((struct timespec *)0), word, FUTEX_WAKE, count, NULL, NULL, 0);
}
