/* Memory without a name: memfd_create(2), and how it is handed on. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conformance/check.h"

#define RW (PROT_READ | PROT_WRITE)

static int make(struct scene *scene, unsigned flags, size_t size)
{
	int fd = SETUP(scene, memfd_create("check", flags));

	SETUP(scene, ftruncate(fd, (off_t)size));
	return fd;
}

static void *map(struct scene *scene, int fd, int protection, int flags)
{
	return SETUP_POINTER(scene, mmap(NULL, 1, protection, flags, fd, 0));
}

static intptr_t try_map(int fd, int protection, int flags)
{
	return (intptr_t)mmap(NULL, 1, protection, flags, fd, 0);
}

/* The same file with another mode, through /proc. */
static int reopen(struct scene *scene, int fd, int flags)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return SETUP(scene, open(path, flags | O_CLOEXEC));
}

static void fresh(struct scene *scene)
{
	int fd = EXPECT_OK(scene, memfd_create("check", (unsigned)scene->number));
	struct stat status;

	EXPECT_INT(
		scene, fcntl(fd, F_GETFD), scene->number & MFD_CLOEXEC ? FD_CLOEXEC : 0);
	EXPECT_INT(scene, fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	EXPECT_INT(scene, fstat(fd, &status), 0);
	EXPECT_INT(scene, status.st_size, 0);
	EXPECT_INT(scene, status.st_nlink, 0);
	EXPECT(scene, S_ISREG(status.st_mode), "mode 0%o", (unsigned)status.st_mode);
}

static const struct value fresh_flags[] = {
	{ "plain", 0 },
	{ "cloexec", MFD_CLOEXEC },
	{ "sealing", MFD_ALLOW_SEALING },
	{ NULL, 0 },
};

enum name_case { NAME_TWICE, NAME_SHOWN, NAME_LONG, NAME_FLAGS };

static void names(struct scene *scene)
{
	char name[251], path[64], link[64] = "";
	int fd = make(scene, 0, 1), other = make(scene, 0, 1);

	memset(name, 'x', sizeof name);
	name[250] = '\0';
	switch ((enum name_case)scene->number) {
	case NAME_TWICE:
		SETUP(scene, write(fd, "x", 1));
		EXPECT_INT(scene, *(char *)map(scene, fd, PROT_READ, MAP_SHARED), 'x');
		EXPECT_INT(scene, *(char *)map(scene, other, PROT_READ, MAP_SHARED), 0);
		break;
	case NAME_SHOWN:
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		EXPECT_OK(scene, readlink(path, link, sizeof link - 1));
		EXPECT(scene, strncmp(link, "/memfd:check", 12) == 0, "%s", link);
		break;
	case NAME_LONG:
		EXPECT_ERROR(scene, memfd_create(name, 0), EINVAL);
		name[249] = '\0';
		EXPECT_OK(scene, memfd_create(name, 0));
		break;
	case NAME_FLAGS:
		EXPECT_ERROR(scene, memfd_create("check", 0x40000000), EINVAL);
		break;
	}
}

static const struct value name_cases[] = {
	{ "twice", NAME_TWICE },
	{ "shown", NAME_SHOWN },
	{ "long", NAME_LONG },
	{ "bad_flags", NAME_FLAGS },
	{ NULL, 0 },
};

static void reopened(struct scene *scene)
{
	int fd = make(scene, 0, 10), reader = reopen(scene, fd, O_RDONLY);
	volatile char *memory = map(scene, fd, RW, MAP_SHARED);
	volatile char *seen = map(scene, reader, PROT_READ, MAP_SHARED);

	EXPECT_ERROR(scene, try_map(reader, RW, MAP_SHARED), EACCES);
	EXPECT_ERROR(scene, write(reader, "x", 1), EBADF);
	*memory = 7;
	EXPECT_INT(scene, *seen, 7);
}

union one_descriptor {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

static void send_descriptor(struct scene *scene, int to, int fd)
{
	union one_descriptor control = { .header = { .cmsg_len = CMSG_LEN(sizeof fd),
						 .cmsg_level = SOL_SOCKET,
						 .cmsg_type = SCM_RIGHTS } };
	struct iovec bytes = { "x", 1 };
	struct msghdr message = { .msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control };

	memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
	SETUP(scene, sendmsg(to, &message, 0));
}

static int receive_descriptor(struct scene *scene, int from)
{
	union one_descriptor control;
	char byte;
	struct iovec bytes = { &byte, 1 };
	struct msghdr message = { .msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control };
	struct cmsghdr *header;
	int fd = -1;

	EXPECT_INT(scene, recvmsg(from, &message, 0), 1);
	header = CMSG_FIRSTHDR(&message);
	EXPECT(scene, header && header->cmsg_type == SCM_RIGHTS, "no descriptor came");
	memcpy(&fd, CMSG_DATA(header), sizeof fd);
	return fd;
}

/* The maker sends it, and waits to see a store, or is gone when it is received. */
static void passed(struct scene *scene)
{
	bool is_gone = scene->number;
	volatile char *memory;
	int end[2];
	pid_t maker;

	SETUP(scene, socketpair(AF_UNIX, SOCK_STREAM, 0, end));
	maker = scene_fork(scene);
	if (maker == 0) {
		int fd = make(scene, 0, 1);

		memory = map(scene, fd, RW, MAP_SHARED);
		*memory = 6;
		send_descriptor(scene, end[1], fd);
		if (!is_gone) {
			scene_wait(scene, 0);
			EXPECT_INT(scene, *memory, 7);
		}
		_exit(0);
	}
	if (is_gone)
		EXPECT_EXIT(scene, maker, 0);
	memory = map(scene, receive_descriptor(scene, end[0]), RW, MAP_SHARED);
	EXPECT_INT(scene, *memory, 6);
	*memory = 7;
	scene_open(scene, 0);
	if (!is_gone)
		EXPECT_EXIT(scene, maker, 0);
}

static const struct value passed_cases[] = {
	{ "shared", 0 },
	{ "maker_gone", 1 },
	{ NULL, 0 },
};

static const struct check checks[] = {
	{ .id = "memfd.fresh", .run = fresh, .values = fresh_flags },
	{ .id = "memfd.names", .run = names, .needs = NEED_PROC, .values = name_cases },
	{ .id = "memfd.reopened", .run = reopened, .needs = NEED_PROC },
	{ .id = "memfd.fdpass_same_memory", .run = passed, .values = passed_cases },
	{ .id = NULL },
};

const struct suite memfd_suite = { "memfd", checks };
