#include "conformance/strays.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_ours(pid_t pid, const pid_t *ours, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ours[i] == pid)
			return true;
	return false;
}

static void reap(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Without /proc/.../children (CONFIG_PROC_CHILDREN) only the dead are seen. */
static size_t end_dead(const pid_t *ours, size_t count)
{
	size_t ended = 0;

	for (;;) {
		siginfo_t info = { 0 };

		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) ||
			!info.si_pid || is_ours(info.si_pid, ours, count))
			return ended;
		reap(info.si_pid);
		ended++;
	}
}

size_t strays_end(const pid_t *ours, size_t count)
{
	char path[64];
	FILE *children;
	size_t ended = 0;
	int pid;

	snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
	children = fopen(path, "re");
	while (children && fscanf(children, "%d", &pid) == 1)
		if (!is_ours(pid, ours, count)) {
			/* A child is not reaped by anybody else: the number is its own.
			 */
			kill(pid, SIGKILL);
			reap(pid);
			ended++;
		}
	if (children)
		fclose(children);
	return ended + end_dead(ours, count);
}
