#include "conformance/exec_help.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "conformance/check.h"

/* Says why on `told_fd` if it cannot; a program that runs has closed that. */
static _Noreturn void become_cat(int input_fd, int told_fd)
{
	int error;

	dup2(input_fd, STDIN_FILENO);
	execlp("cat", "cat", (char *)NULL);
	error = errno;
	(void)!write(told_fd, &error, sizeof error);
	_exit(1);
}

struct executed exec_help_start(struct scene *scene,
	void (*before)(struct scene *scene, void *argument), void *argument)
{
	struct executed executed;
	int input[2], told[2], error = 0;

	SETUP(scene, pipe2(input, O_CLOEXEC));
	SETUP(scene, pipe2(told, O_CLOEXEC));
	executed.pid = scene_fork(scene);
	if (executed.pid == 0) {
		if (before)
			before(scene, argument);
		become_cat(input[0], told[1]);
	}
	close(input[0]);
	close(told[1]);
	if (SETUP(scene, read(told[0], &error, sizeof error)))
		SKIP(scene, "cat(1) cannot be executed: %s", strerror(error));
	close(told[0]);
	executed.input_fd = input[1];
	return executed;
}

void exec_help_end(struct scene *scene, const struct executed *executed)
{
	pid_t program = executed->pid;

	close(executed->input_fd);
	EXPECT_EXIT(scene, program, 0);
}
