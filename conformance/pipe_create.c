/* What pipe() and pipe2() make, and what they leave alone when they fail. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/pipe_help.h"

/* The next descriptor that the system would give. */
static int next_fd(struct scene *scene)
{
	int fd = SETUP(scene, dup(0));

	close(fd);
	return fd;
}

static void lowest_fds_flags_inode(struct scene *scene)
{
	/* Free are two numbers that are not neighbours. */
	int low = SETUP(scene, dup(0)), between = SETUP(scene, dup(0)),
	    high = SETUP(scene, dup(0));
	struct stat status[2];
	int end[2];

	close(low);
	close(high);
	EXPECT_INT(scene, pipe(end), 0);
	EXPECT_INT(scene, end[0] < end[1] ? end[0] : end[1], low);
	EXPECT_INT(scene, end[0] < end[1] ? end[1] : end[0], high);
	for (int i = 0; i < 2; i++) {
		EXPECT_INT(scene, fcntl(end[i], F_GETFD) & FD_CLOEXEC, 0);
		EXPECT_INT(scene, fcntl(end[i], F_GETFL) & O_NONBLOCK, 0);
		EXPECT_OK(scene, fstat(end[i], &status[i]));
		EXPECT(scene, S_ISFIFO(status[i].st_mode), "mode 0%o",
			(unsigned)status[i].st_mode);
	}
	EXPECT_INT(scene, status[0].st_ino, status[1].st_ino);
	close(between);
}

static const struct value slots_left[] = { { "none_left", 0 }, { "one_left", 1 },
	{ NULL, 0 } };

static void emfile_untouched(struct scene *scene)
{
	const struct rlimit limit = { 32, 32 };
	int end[2] = { -11, -22 }, last = -1, fd;

	SETUP(scene, setrlimit(RLIMIT_NOFILE, &limit));
	while ((fd = dup(0)) >= 0)
		last = fd;
	if (scene->number)
		close(last);
	EXPECT_ERROR(scene, pipe(end), EMFILE);
	EXPECT_INT(scene, end[0], -11);
	EXPECT_INT(scene, end[1], -22);
	if (scene->number)
		EXPECT_INT(scene, dup(0), last);
	EXPECT_ERROR(scene, dup(0), EMFILE);
}

static const struct value both_flags[] = { { "none", 0 }, { "cloexec", O_CLOEXEC },
	{ "nonblock", O_NONBLOCK }, { "both", O_CLOEXEC | O_NONBLOCK }, { NULL, 0 } };

static void cloexec_nonblock(struct scene *scene)
{
	int flags = (int)scene->number, end[2];

	EXPECT_OK(scene, pipe2(end, flags));
	for (int i = 0; i < 2; i++) {
		EXPECT_INT(scene, fcntl(end[i], F_GETFD) & FD_CLOEXEC,
			flags & O_CLOEXEC ? FD_CLOEXEC : 0);
		EXPECT_INT(
			scene, fcntl(end[i], F_GETFL) & O_NONBLOCK, flags & O_NONBLOCK);
	}
}

static const struct value wrong_flags[] = { { "o_append", O_APPEND },
	{ "o_trunc", O_TRUNC }, { "o_rdwr", O_RDWR }, { "o_creat", O_CREAT },
	{ NULL, 0 } };

static void unknown_flag(struct scene *scene)
{
	int next = next_fd(scene), end[2] = { -11, -22 };

	EXPECT_ERROR(scene, pipe2(end, (int)scene->number), EINVAL);
	EXPECT_INT(scene, end[0], -11);
	EXPECT_INT(scene, end[1], -22);
	EXPECT_INT(scene, dup(0), next);
}

enum { UNMAPPED, READ_ONLY, HALF };
static const struct value bad_places[] = { { "unmapped", UNMAPPED },
	{ "read_only", READ_ONLY }, { "half_mapped", HALF }, { NULL, 0 } };

/* The system call itself: a C library may touch the array before the kernel does. */
static void efault(struct scene *scene)
{
	size_t page = pipe_page();
	char *memory = SETUP_POINTER(scene, mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
						    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	int next = next_fd(scene);
	void *bad = memory + page;

	SETUP(scene,
		mprotect(bad, page, scene->number == READ_ONLY ? PROT_READ : PROT_NONE));
	if (scene->number == HALF)
		bad = memory + page - sizeof(int);
	EXPECT_ERROR(scene, syscall(SYS_pipe2, bad, 0), EFAULT);
	EXPECT_INT(scene, dup(0), next);
	EXPECT_INT(scene, dup(0), next + 1);
}

enum { WRITE, READ };
static const struct value wrong_ways[] = { { "write_to_read_end", WRITE },
	{ "read_from_write_end", READ }, { NULL, 0 } };

static void half_duplex(struct scene *scene)
{
	char byte = 'x';
	int end[2];

	scene_pipe(scene, end);
	scene_nonblock(scene, end[1], true);
	if (scene->number == WRITE)
		EXPECT_ERROR(scene, write(end[0], &byte, 1), EBADF);
	else
		EXPECT_ERROR(scene, read(end[1], &byte, 1), EBADF);
}

enum { PREAD = -1, PWRITE = -2 };
static const struct value offsets[] = { { "lseek_set", SEEK_SET },
	{ "lseek_cur", SEEK_CUR }, { "lseek_end", SEEK_END }, { "pread", PREAD },
	{ "pwrite", PWRITE }, { NULL, 0 } };

static void espipe(struct scene *scene)
{
	char got[4] = "";
	int end[2];

	scene_pipe(scene, end);
	SETUP(scene, write(end[1], "ab", 2));
	if (scene->number == PREAD) {
		EXPECT_ERROR(scene, pread(end[0], got, 1, 0), ESPIPE);
	} else if (scene->number == PWRITE) {
		EXPECT_ERROR(scene, pwrite(end[1], "x", 1, 0), ESPIPE);
	} else {
		EXPECT_ERROR(scene, lseek(end[0], 0, (int)scene->number), ESPIPE);
		EXPECT_ERROR(scene, lseek(end[1], 0, (int)scene->number), ESPIPE);
	}
	/* Nothing has been taken or added. */
	PROMISED(scene, "the two bytes are still there");
	EXPECT_INT(scene, read(end[0], got, sizeof got), 2);
	EXPECT_BYTES(scene, got, "ab", 2);
}

static void nlink_size(struct scene *scene)
{
	struct stat status;
	int end[2];

	scene_pipe(scene, end);
	SETUP(scene, write(end[1], "abc", 3));
	for (int i = 0; i < 2; i++) {
		EXPECT_OK(scene, fstat(end[i], &status));
		EXPECT_INT(scene, status.st_size, 0);
		EXPECT_INT(scene, status.st_nlink, 1);
	}
}

static const struct check checks[] = {
	{ .id = "pipe.create.lowest_fds_flags_inode", .run = lowest_fds_flags_inode },
	{ .id = "pipe.create.emfile_untouched",
		.run = emfile_untouched,
		.values = slots_left },
	{ .id = "pipe.create.cloexec_nonblock_atomic",
		.run = cloexec_nonblock,
		.values = both_flags },
	{ .id = "pipe.create.unknown_flag_einval",
		.run = unknown_flag,
		.values = wrong_flags },
	{ .id = "pipe.create.efault", .run = efault, .values = bad_places },
	{ .id = "pipe.half_duplex.ebadf", .run = half_duplex, .values = wrong_ways },
	{ .id = "pipe.seek.espipe", .run = espipe, .values = offsets },
	{ .id = "pipe.stat.nlink_size", .run = nlink_size },
	{ .id = NULL },
};

const struct suite pipe_create_suite = { "pipe_create", checks };
