/* pass_help.h: descriptors in messages. */
#ifndef IPCMARK_PASS_HELP_H
#define IPCMARK_PASS_HELP_H

#include "conformance/check.h"

#define PASS_MOST 254 /* one more than Linux takes */

/* Sends data and descriptors, as sendmsg(2). */
ssize_t pass_send(int fd, const void *data, size_t size, const int *fds, int count);

struct passed {
	int fds[PASS_MOST];
	int count; /* of descriptors received */
	int flags; /* of the message */
};

/* Receives data, and descriptors into a control buffer with room for so many; as
 * recvmsg(2). */
ssize_t pass_receive(
	int fd, void *data, size_t size, int flags, int room, struct passed *passed);

/* A descriptor sent and received, which is promised. */
int pass_one(struct scene *scene, const int end[2], int fd);

/* That nobody has the other end of a pipe open any more is promised. */
void pass_expect_pipe_end(struct scene *scene, int read_end);

#endif
