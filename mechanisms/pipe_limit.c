/* pipe_limit.c: what a pipe holds whose user has too many of them. Past
 * fs.pipe-user-pages-soft pages in all his pipes, whoever has neither CAP_SYS_RESOURCE
 * nor CAP_SYS_ADMIN gets new ones of a page or two; see pipe(7).
 *
 * A child uses the limit up, makes the two pipes of the channel and passes them on; with
 * its end the others are gone, but these two stay as small as they were made. Where it
 * may, the child first becomes a user that nobody else is, or the pipes that other
 * programs of the user make in that millisecond would be small as well. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/random.h"
#include "harness/base/text.h"
#include "mechanisms/descriptor.h"
#include "mechanisms/pipe.h"

#define USER_PAGES_SOFT "/proc/sys/fs/pipe-user-pages-soft"
#define USER_PAGES_HARD "/proc/sys/fs/pipe-user-pages-hard"

/* What a pipe has that is not limited. */
#define PIPE_PAGES 16
/* The limit where the system does not tell, and how many pipes are opened at most. */
#define SOFT_USUAL 16384
#define PIPES_MOST 4096

/* What the child sends: descriptors go with it where there is no error. */
struct answer {
	int error;
	struct why why;
};

union control {
	struct cmsghdr header; /* for its alignment */
	char bytes[CMSG_SPACE(4 * sizeof(int))];
};

/* Becomes somebody else where that is allowed: a user that nobody else is, from numbers
 * that are rarely given away; a container may have only small ones. Nobody keeps
 * privileges, but for a root that cannot become anybody else: his pipes are not used up.
 */
static void drop_privileges(void)
{
	static const uint32_t ranges[][2] = { { 1u << 30, 1u << 30 }, { 40000, 20000 } };
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	const struct __user_cap_data_struct none[2] = { { 0 } };
	int error = -1;

	for (size_t i = 0; i < 2 && error; i++) {
		uid_t user = ranges[i][0] + (uid_t)(random_secret() % ranges[i][1]);

		error = setresuid(user, user, user);
	}
	if (geteuid() != 0)
		(void)syscall(SYS_capset, &header, none);
	/* Asked for now: a change of the user forgets it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static int say_unlimited(const struct channel *channel, int64_t count, int64_t pages)
{
	return why_say(channel->why, 0,
		"%s: %lld pipes of %lld pages in all were opened, and the next is not smaller "
		"(fs.pipe-user-pages-soft is %lld)",
		channel->mechanism->name, (long long)count, (long long)pages,
		(long long)text_file_number(USER_PAGES_SOFT, -1));
}

static int say_refused(const struct channel *channel, int64_t count)
{
	int error = why_say(channel->why, errno, "%s: open pipe number %lld",
		channel->mechanism->name, (long long)count + 1);

	why_add(channel->why,
		"fs.pipe-user-pages-soft is %lld, fs.pipe-user-pages-hard %lld",
		(long long)text_file_number(USER_PAGES_SOFT, -1),
		(long long)text_file_number(USER_PAGES_HARD, -1));
	return error;
}

/* Opens pipes, as large as they can be, until one is smaller than pipes are: it is left
 * in `ends`. The others stay open, by one end each. */
static int open_small(struct channel *channel, int ends[2])
{
	int64_t soft = text_file_number(USER_PAGES_SOFT, SOFT_USUAL);
	int64_t page, most, count = 0, pages = 0;

	pipe_size_range(&page, &most);
	for (; count < PIPES_MOST && pages <= soft; count++) {
		int size;

		if (pipe2(ends, O_CLOEXEC))
			return say_refused(channel, count);
		size = fcntl(ends[1], F_GETPIPE_SZ);
		if (size < 0)
			return why_say(channel->why, errno, "%s: ask for the capacity",
				channel->mechanism->name);
		if (size < PIPE_PAGES * page)
			return 0;
		/* Refused when the limit is near; then smaller ones do the rest. */
		(void)fcntl(ends[1], F_SETPIPE_SZ, (int)most);
		pages += fcntl(ends[1], F_GETPIPE_SZ) / page;
		close(ends[0]);
	}
	return say_unlimited(channel, count, pages);
}

static int open_both(struct channel *channel, int ends[4])
{
	struct rlimit limit;
	int error;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (text_file_number(USER_PAGES_SOFT, -1) == 0)
		return why_say(channel->why, 0,
			"%s: there is no such limit here (fs.pipe-user-pages-soft is 0)",
			channel->mechanism->name);
	drop_privileges();
	error = open_small(channel, ends);
	return error ? error : open_small(channel, ends + 2);
}

/* The child: ends before the parent makes anything else of the channel. */
static _Noreturn void be_the_user(const struct channel *channel, int out)
{
	struct answer answer = { 0 };
	struct channel own = *channel;
	int ends[4];
	struct iovec bytes = { .iov_base = &answer, .iov_len = sizeof answer };
	union control control = { 0 };
	struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };

	own.why = &answer.why;
	answer.error = open_both(&own, ends);
	if (!answer.error) {
		struct cmsghdr *header = &control.header;

		message.msg_control = control.bytes;
		message.msg_controllen = sizeof control.bytes;
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof ends);
		memcpy(CMSG_DATA(header), ends, sizeof ends);
	}
	_exit(sendmsg(out, &message, MSG_NOSIGNAL) < 0);
}

/* Takes the two pipes, or the child's words. */
static int take_pipes(struct channel *channel, int in)
{
	struct descriptor_pairs *pairs = channel->shared;
	struct answer answer = { 0 };
	int ends[4] = { -1, -1, -1, -1 };
	struct iovec bytes = { .iov_base = &answer, .iov_len = sizeof answer };
	union control control = { 0 };
	struct msghdr message = { .msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes };
	ssize_t got;

	do {
		got = recvmsg(in, &message, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got != sizeof answer)
		return why_say(channel->why, got < 0 ? errno : 0,
			"%s: the child that uses up the limit says nothing",
			channel->mechanism->name);
	if (answer.error) {
		why_say(channel->why, 0, "%s", answer.why.text);
		return answer.error;
	}
	/* Some of them, where this process has no numbers left for all. */
	if (CMSG_FIRSTHDR(&message))
		memcpy(ends, CMSG_DATA(&control.header),
			control.header.cmsg_len - CMSG_LEN(0));
	for (unsigned side = 0; side < 2; side++) {
		pairs->rx[!side] = ends[2 * side];
		pairs->tx[side] = ends[2 * side + 1];
	}
	if (ends[3] < 0)
		return why_say(channel->why, EMFILE, "%s: take over two pipes",
			channel->mechanism->name);
	return 0;
}

static int limited_create(struct channel *channel)
{
	int sockets[2];
	int error;
	pid_t pid;

	descriptors_clear(channel->shared);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
		return why_say(
			channel->why, errno, "%s: socketpair", channel->mechanism->name);
	pid = fork();
	if (pid == 0)
		be_the_user(channel, sockets[1]);
	close(sockets[1]);
	if (pid < 0)
		error = why_say(
			channel->why, errno, "%s: fork", channel->mechanism->name);
	else
		error = take_pipes(channel, sockets[0]);
	close(sockets[0]);
	/* With its end the user's other pipes are gone. */
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return error;
}

const struct mechanism pipe_soft_limit_mechanism = {
	.name = "pipe_soft_limit",
	.title = "pipe, soft limit",
	.family = "pipe",
	.cite = "pipe(7)",
	.says = "anonymous pipe of a user whose pipes have reached fs.pipe-user-pages-soft",
	.caps = CAP_PAYLOAD | CAP_BLOCKS | CAP_POLLABLE | CAP_EXACT_CAPACITY,
	.tests = TEST_BIT(TEST_CAPACITY),
	.shared_size = sizeof(struct descriptor_pairs),
	.own_size = sizeof(struct descriptor_own),
	.create = limited_create,
	.attach = descriptors_attach,
	.send = descriptors_send,
	.recv = descriptors_recv,
	.offer = descriptors_offer,
	.detach = descriptors_detach,
};
