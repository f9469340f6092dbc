/* vmsplice(2): pages of a process in a pipe. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "conformance/splice_help.h"

/* A page of this process alone. */
static char *own_page(struct scene *scene, size_t *size)
{
	*size = (size_t)sysconf(_SC_PAGESIZE);
	return SETUP_POINTER(scene, mmap(NULL, *size, PROT_READ | PROT_WRITE,
					    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

static void aliases_source(struct scene *scene)
{
	size_t size;
	char *page = own_page(scene, &size), got[4];
	struct iovec piece = { page, 4 };
	int end[2];

	scene_pipe(scene, end);
	memcpy(page, "old!", 4);
	EXPECT_INT(scene, vmsplice(end[1], &piece, 1, 0), 4);
	memcpy(page, "new!", 4);
	EXPECT_INT(scene, read(end[0], got, 4), 4);
	splice_expect_old_or_new(scene, got);
}

enum parting { PART_MUNMAP, PART_EXIT };

static void survives(struct scene *scene)
{
	size_t size;
	char *page = own_page(scene, &size), *got = scene_memory(scene, size);
	struct iovec piece = { page, size };
	int end[2];
	pid_t child;

	scene_pipe(scene, end);
	memset(page, 'a', size);
	page[size - 1] = 'z';
	if (scene->number == PART_MUNMAP) {
		EXPECT_INT(scene, vmsplice(end[1], &piece, 1, 0), size);
		SETUP(scene, munmap(page, size));
		/* Whoever gets the frame next writes over it. */
		memset(own_page(scene, &size), 'b', size);
	} else {
		child = scene_fork(scene);
		if (child == 0) {
			page[0] = 'c'; /* now its own */
			EXPECT_INT(scene, vmsplice(end[1], &piece, 1, 0), size);
			_exit(0);
		}
		EXPECT_EXIT(scene, child, 0);
		page[0] = 'c';
		memset(own_page(scene, &size), 'b', size);
	}
	EXPECT_INT(scene, read(end[0], got, size), size);
	EXPECT_INT(scene, got[0], scene->number == PART_MUNMAP ? 'a' : 'c');
	EXPECT_INT(scene, got[1], 'a');
	EXPECT_INT(scene, got[size - 1], 'z');
}

enum mistake { NO_PIPE, BAD_FD, TOO_MANY, FULL };

static void errors(struct scene *scene)
{
	size_t size;
	char *page = own_page(scene, &size);
	struct iovec piece = { page, 4 }, *pieces;
	long most = sysconf(_SC_IOV_MAX);
	int end[2], fd;

	scene_pipe(scene, end);
	switch ((enum mistake)scene->number) {
	case NO_PIPE:
		fd = SETUP(scene, open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
		EXPECT_ERROR(scene, vmsplice(fd, &piece, 1, 0), EBADF);
		break;
	case BAD_FD:
		EXPECT_ERROR(scene, vmsplice(-1, &piece, 1, 0), EBADF);
		break;
	case TOO_MANY:
		pieces = scene_memory(scene, (size_t)(most + 1) * sizeof *pieces);
		EXPECT_ERROR(
			scene, vmsplice(end[1], pieces, (size_t)most + 1, 0), EINVAL);
		break;
	default:
		scene_fill(scene, end[1], 4096);
		PROMISED(scene, "EAGAIN of a full pipe");
		EXPECT_ERROR(
			scene, vmsplice(end[1], &piece, 1, SPLICE_F_NONBLOCK), EAGAIN);
		arrived(scene);
	}
}

static void full_blocks(struct scene *scene)
{
	static char bytes[65536];
	size_t size;
	char *page = own_page(scene, &size);
	struct iovec piece = { page, 4 };
	int end[2];
	int64_t left;
	pid_t writer;

	scene_pipe(scene, end);
	left = scene_fill(scene, end[1], 4096);
	writer = scene_fork(scene);
	if (writer == 0) {
		EXPECT_INT(scene, vmsplice(end[1], &piece, 1, 0), 4);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, writer, SYS_vmsplice);
	while (left > 0)
		left -= SETUP(scene, read(end[0], bytes, sizeof bytes));
	EXPECT_EXIT(scene, writer, 0);
}

static void several(struct scene *scene)
{
	size_t size;
	char *page = own_page(scene, &size), got[8];
	struct iovec pieces[] = { { page, 3 }, { page + 100, 2 }, { page + 200, 1 } };
	int end[2];

	memcpy(page, "abc", 3);
	memcpy(page + 100, "de", 2);
	memcpy(page + 200, "f", 1);
	scene_pipe(scene, end);
	EXPECT_INT(scene, vmsplice(end[1], pieces, 3, 0), 6);
	EXPECT_INT(scene, read(end[0], got, 8), 6);
	EXPECT_BYTES(scene, got, "abcdef", 6);
}

static void from_pipe(struct scene *scene)
{
	char first[3] = "", second[3] = "";
	struct iovec pieces[] = { { first, 2 }, { second, 3 } };
	int end[2];

	scene_pipe(scene, end);
	SETUP(scene, write(end[1], "abcd", 4));
	EXPECT_INT(scene, vmsplice(end[0], pieces, 2, 0), 4);
	EXPECT_BYTES(scene, first, "ab", 2);
	EXPECT_BYTES(scene, second, "cd", 2);
}

static const struct value partings[] = {
	{ "munmap", PART_MUNMAP },
	{ "exit", PART_EXIT },
	{ NULL, 0 },
};

static const struct value mistakes[] = {
	{ "no_pipe", NO_PIPE },
	{ "bad_fd", BAD_FD },
	{ "too_many", TOO_MANY },
	{ "full", FULL },
	{ NULL, 0 },
};

static const struct check checks[] = {
	{ .id = "vmsplice.page.aliases_source", .run = aliases_source },
	{ .id = "vmsplice.page.survives_munmap", .run = survives, .values = partings },
	{ .id = "vmsplice.errors", .run = errors, .values = mistakes },
	{ .id = "vmsplice.full_blocks", .run = full_blocks, .needs = NEED_PROC },
	{ .id = "vmsplice.several", .run = several },
	{ .id = "vmsplice.from_pipe", .run = from_pipe },
	{ .id = NULL },
};

const struct suite vmsplice_suite = { "vmsplice", checks };
