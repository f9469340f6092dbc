/* exec_help.h: a child that has put another program in its place, and sits in it. */
#ifndef IPCMARK_EXEC_HELP_H
#define IPCMARK_EXEC_HELP_H

#include <sys/types.h>

struct scene;

/* Forks a child that runs before(scene, argument), if there is one, and then executes
 * cat(1), which reads a pipe until exec_help_end(). Returns when the program has been
 * replaced. Set-up. */
struct executed {
	pid_t pid;
	int input_fd; /* end of file for the program when it is closed */
};
struct executed exec_help_start(struct scene *scene,
	void (*before)(struct scene *scene, void *argument), void *argument);

/* Lets the program end, which exits with 0. */
void exec_help_end(struct scene *scene, const struct executed *executed);

#endif
