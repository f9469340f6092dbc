#include "conformance/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Reads the beginning of a file of /proc/PID; bytes or -errno. */
static long read_raw(pid_t pid, const char *name, char *text, size_t size)
{
	char path[64];
	long fd, got;
	int error;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	got = syscall(SYS_read, fd, text, size - 1);
	error = errno;
	syscall(SYS_close, fd);
	if (got < 0)
		return -error;
	text[got] = '\0';
	return got;
}

int proc_state(pid_t pid)
{
	char text[512];
	const char *name_end;
	long got = read_raw(pid, "stat", text, sizeof text);

	if (got == -ENOENT && syscall(SYS_faccessat, AT_FDCWD, "/proc/self/stat", 0) == 0)
		return -ESRCH;
	if (got < 0)
		return (int)got;
	/* The name, in parentheses, may hold any character. */
	name_end = strrchr(text, ')');
	return name_end && name_end[1] ? (unsigned char)name_end[2] : -EPROTO;
}

long proc_call(pid_t pid)
{
	char text[256];
	long got = read_raw(pid, "syscall", text, sizeof text);

	if (got < 0)
		return PROC_UNTOLD;
	if (text[0] < '0' || text[0] > '9')
		return PROC_RUNNING;
	return strtol(text, NULL, 10);
}

void proc_pause(void)
{
	const struct timespec pause = { .tv_nsec = 100000 };

	/* The C library's call: its number differs with the size of time_t. */
	nanosleep(&pause, NULL);
}
