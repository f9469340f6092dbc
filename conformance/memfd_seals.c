/* The seals of a memfd: what nobody may do to it any more. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conformance/check.h"

/* What is younger than some C library's headers. */
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define RW (PROT_READ | PROT_WRITE)

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

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

enum seal_case {
	SEAL_SHRINK,
	SEAL_GROW,
	SEAL_WRITE,
	SEAL_BUSY,
	SEAL_SEAL,
	SEAL_NONE,
	SEAL_READER,
	SEAL_COMMON
};

static void add(struct scene *scene, int fd, int seals)
{
	EXPECT_INT(scene, fcntl(fd, F_ADD_SEALS, seals), 0);
	EXPECT_INT(scene, fcntl(fd, F_GET_SEALS) & seals, seals);
}

static void seal_writing(struct scene *scene, int fd)
{
	void *memory = map(scene, fd, RW, MAP_SHARED);

	if (scene->number == SEAL_BUSY) {
		EXPECT_ERROR(scene, fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
		EXPECT_INT(scene, fcntl(fd, F_GET_SEALS), 0);
	}
	SETUP(scene, munmap(memory, 1));
	add(scene, fd, F_SEAL_WRITE);
	EXPECT_ERROR(scene, write(fd, "x", 1), EPERM);
	EXPECT_ERROR(scene, try_map(fd, RW, MAP_SHARED), EPERM);
	map(scene, fd, RW, MAP_PRIVATE);
}

static void seals(struct scene *scene)
{
	unsigned flags = scene->number == SEAL_NONE ? 0 : MFD_ALLOW_SEALING;
	int fd = make(scene, flags, 10);

	switch ((enum seal_case)scene->number) {
	case SEAL_SHRINK:
		add(scene, fd, F_SEAL_SHRINK);
		EXPECT_ERROR(scene, ftruncate(fd, 9), EPERM);
		EXPECT_INT(scene, ftruncate(fd, 11), 0);
		break;
	case SEAL_GROW:
		add(scene, fd, F_SEAL_GROW);
		EXPECT_ERROR(scene, ftruncate(fd, 11), EPERM);
		EXPECT_ERROR(scene, pwrite(fd, "x", 1, 10), EPERM);
		EXPECT_INT(scene, ftruncate(fd, 9), 0);
		break;
	case SEAL_WRITE:
	case SEAL_BUSY:
		seal_writing(scene, fd);
		break;
	case SEAL_SEAL:
		add(scene, fd, F_SEAL_SEAL);
		EXPECT_ERROR(scene, fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), EPERM);
		EXPECT_INT(scene, fcntl(fd, F_GET_SEALS), F_SEAL_SEAL);
		break;
	case SEAL_NONE:
		EXPECT_INT(scene, fcntl(fd, F_GET_SEALS), F_SEAL_SEAL);
		EXPECT_ERROR(scene, fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), EPERM);
		break;
	case SEAL_READER:
		fd = reopen(scene, fd, O_RDONLY);
		EXPECT_ERROR(scene, fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), EPERM);
		EXPECT_INT(scene, fcntl(fd, F_GET_SEALS), 0);
		break;
	case SEAL_COMMON:
		add(scene, reopen(scene, fd, O_RDWR), F_SEAL_SHRINK);
		EXPECT_INT(scene, fcntl(fd, F_GET_SEALS), F_SEAL_SHRINK);
		break;
	}
}

static const struct value seal_cases[] = {
	{ "shrink", SEAL_SHRINK },
	{ "grow", SEAL_GROW },
	{ "write", SEAL_WRITE },
	{ "busy", SEAL_BUSY },
	{ "seal", SEAL_SEAL },
	{ "not_allowed", SEAL_NONE },
	{ "reader", SEAL_READER },
	{ "common", SEAL_COMMON },
	{ NULL, 0 },
};

static void sealed_read_map(struct scene *scene)
{
	int fd = make(scene, MFD_ALLOW_SEALING, 10);
	char *memory;

	add(scene, fd, F_SEAL_WRITE);
	memory = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);
	EXPECT(scene, memory != MAP_FAILED, "%s", strerror(errno));
	EXPECT_INT(scene, *memory, 0);
	EXPECT_INT(scene, mprotect(memory, 1, RW), -1);
}

/* Who has it mapped already may go on writing; nobody else begins. */
static void future_write(struct scene *scene)
{
	int fd = make(scene, MFD_ALLOW_SEALING, 10);
	volatile char *old = map(scene, fd, RW, MAP_SHARED), *new;
	int got = fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE);

	if (got < 0 && errno == EINVAL)
		SKIP(scene, "there is no F_SEAL_FUTURE_WRITE (Linux 5.1)");
	EXPECT_INT(scene, got, 0);
	EXPECT_ERROR(scene, write(fd, "x", 1), EPERM);
	EXPECT_ERROR(scene, try_map(fd, RW, MAP_SHARED), EPERM);
	new = map(scene, fd, PROT_READ, MAP_SHARED);
	*old = 7;
	EXPECT_INT(scene, *new, 7);
}

static void noexec_seal(struct scene *scene)
{
	int fd = memfd_create("check", MFD_NOEXEC_SEAL);
	struct stat status;

	if (fd < 0 && errno == EINVAL)
		SKIP(scene, "there is no MFD_NOEXEC_SEAL (Linux 6.3)");
	EXPECT_OK(scene, fd);
	EXPECT_INT(scene, fcntl(fd, F_GET_SEALS), F_SEAL_EXEC);
	SETUP(scene, fstat(fd, &status));
	EXPECT_INT(scene, status.st_mode & 0111, 0);
	EXPECT_ERROR(scene, fchmod(fd, 0700), EPERM);
}

static void partial_write(struct scene *scene)
{
	size_t page = page_size();
	int fd = make(scene, MFD_ALLOW_SEALING, page);
	char *bytes = scene_memory(scene, 2 * page);
	struct stat status;
	ssize_t got;

	add(scene, fd, F_SEAL_GROW);
	got = write(fd, bytes, 2 * page);
	EXPECT(scene, got == (ssize_t)page || (got < 0 && errno == EPERM),
		"%zd (errno %d)", got, got < 0 ? errno : 0);
	note(scene, "%s", got < 0 ? "refused" : "written up to the end");
	SETUP(scene, fstat(fd, &status));
	EXPECT_INT(scene, status.st_size, page);
}

static const struct check checks[] = {
	{ .id = "memfd.seals", .run = seals, .needs = NEED_PROC, .values = seal_cases },
	{ .id = "memfd.sealed_read_map", .run = sealed_read_map },
	{ .id = "memfd.future_write", .run = future_write },
	{ .id = "memfd.noexec_seal", .run = noexec_seal },
	{ .id = "memfd.partial_write_at_seal", .run = partial_write },
	{ .id = NULL },
};

const struct suite memfd_seals_suite = { "memfd_seals", checks };
