#include "conformance/pass_help.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
	struct cmsghdr header; /* for its alignment */
	char bytes[CMSG_SPACE(PASS_MOST * sizeof(int))];
};

ssize_t pass_send(int fd, const void *data, size_t size, const int *fds, int count)
{
	struct iovec piece = { .iov_base = (void *)(uintptr_t)data, .iov_len = size };
	union control control;
	size_t length = (size_t)count * sizeof *fds;
	struct msghdr message = {
		.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.bytes
	};
	struct cmsghdr *header = &control.header;

	memset(&control, 0, sizeof control);
	message.msg_controllen = (socklen_t)CMSG_SPACE(length);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = (socklen_t)CMSG_LEN(length);
	memcpy(CMSG_DATA(header), fds, length);
	return sendmsg(fd, &message, 0);
}

ssize_t pass_receive(
	int fd, void *data, size_t size, int flags, int room, struct passed *passed)
{
	struct iovec piece = { .iov_base = data, .iov_len = size };
	union control control;
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
	const struct cmsghdr *header;
	ssize_t got;

	/* CMSG_LEN, not CMSG_SPACE, whose padding has room for one more. */
	if (room) {
		message.msg_control = control.bytes;
		message.msg_controllen = (socklen_t)CMSG_LEN((size_t)room * sizeof(int));
	}
	*passed = (struct passed) { .count = 0 };
	got = recvmsg(fd, &message, flags);
	if (got < 0)
		return got;
	passed->flags = message.msg_flags;
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_level == SOL_SOCKET &&
		header->cmsg_type == SCM_RIGHTS) {
		size_t length = header->cmsg_len - CMSG_LEN(0);

		memcpy(passed->fds, CMSG_DATA(header), length);
		passed->count = (int)(length / sizeof(int));
	}
	return got;
}

int pass_one(struct scene *scene, const int end[2], int fd)
{
	struct passed passed;
	char byte;

	SETUP(scene, pass_send(end[0], "x", 1, &fd, 1));
	PROMISED(scene, "a message with a descriptor");
	EXPECT_INT(scene, pass_receive(end[1], &byte, 1, 0, 1, &passed), 1);
	arrived(scene);
	EXPECT_INT(scene, passed.count, 1);
	return passed.fds[0];
}

void pass_expect_pipe_end(struct scene *scene, int read_end)
{
	char byte;

	PROMISED(scene, "the end of file of a pipe whose writers are all closed");
	EXPECT_INT(scene, read(read_end, &byte, 1), 0);
	arrived(scene);
}
