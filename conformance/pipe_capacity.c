/* How much a pipe holds, and how that is changed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/pipe_help.h"
#include "harness/base/text.h"

#define DEFAULT_PAGES 16
#define MAX_SIZE      "/proc/sys/fs/pipe-max-size"

/* What fcntl(2) says a request becomes. */
static size_t rounded(size_t request)
{
	size_t size = pipe_page();

	while (size < request)
		size *= 2;
	return size;
}

enum { ASKED, BY_LARGE_WRITES, BY_SINGLE_BYTES };
static const struct value measures[] = { { "asked", ASKED },
	{ "by_large_writes", BY_LARGE_WRITES }, { "by_single_bytes", BY_SINGLE_BYTES },
	{ NULL, 0 } };

static void default_64k(struct scene *scene)
{
	int64_t want = DEFAULT_PAGES * (int64_t)pipe_page(), got;
	int64_t most = text_file_number(MAX_SIZE, want);
	int end[2];

	scene_pipe(scene, end);
	if (geteuid() != 0 && most < want)
		want = most;
	if (scene->number == ASKED)
		got = EXPECT_OK(scene, fcntl(end[0], F_GETPIPE_SZ));
	else if (scene->number == BY_LARGE_WRITES)
		got = pipe_fill(scene, end[1]);
	else
		got = scene_fill(scene, end[1], 1);
	EXPECT_INT(scene, got, want);
}

static void page_slots(struct scene *scene)
{
	size_t chunk = pipe_page() / 2 + 1;
	int64_t slots, got;
	int end[2];

	scene_pipe(scene, end);
	slots = EXPECT_OK(scene, fcntl(end[1], F_GETPIPE_SZ)) / (int64_t)pipe_page();
	got = scene_fill(scene, end[1], chunk);
	note(scene, "writes of %zu bytes fill it with %lld of %lld bytes", chunk,
		(long long)got, (long long)slots * (long long)pipe_page());
	EXPECT_INT(scene, got, slots * (int64_t)chunk);
}

/* Requests in bytes, or in pages where they are negative. */
static const struct value requests[] = { { "0", 0 }, { "1_byte", 1 }, { "1_page", -1 },
	{ "2_pages", -2 }, { "3_pages", -3 }, { "5_pages", -5 }, { "70000_bytes", 70000 },
	{ NULL, 0 } };

static void rounds_up(struct scene *scene)
{
	size_t request = scene->number < 0 ? pipe_page() * (size_t)-scene->number
					   : (size_t)scene->number;
	size_t want = rounded(request);
	int end[2];

	scene_pipe(scene, end);
	EXPECT_INT(scene, pipe_resize(scene, end[1], request), want);
	EXPECT_INT(scene, fcntl(end[0], F_GETPIPE_SZ), want);
	EXPECT_INT(scene, fcntl(end[1], F_GETPIPE_SZ), want);
	EXPECT_INT(scene, pipe_fill(scene, end[1]), want);
}

static const struct value through[] = { { "read_end", 0 }, { "write_end", 1 },
	{ NULL, 0 } };

static void shrink_busy(struct scene *scene)
{
	size_t page = pipe_page(), size = 3 * page;
	char *stream = scene_memory(scene, size);
	int end[2];

	scene_pipe(scene, end);
	pipe_resize(scene, end[0], 4 * page);
	pattern_write(stream, size, 0);
	SETUP(scene, write(end[1], stream, size));
	EXPECT_ERROR(
		scene, fcntl(end[scene->number], F_SETPIPE_SZ, (int)(2 * page)), EBUSY);
	EXPECT_INT(scene, fcntl(end[0], F_GETPIPE_SZ), 4 * page);
	EXPECT_INT(scene, pipe_drain(scene, end[0], stream, size), size);
	EXPECT_PATTERN(scene, stream, size, 0);
	EXPECT_INT(scene, fcntl(end[scene->number], F_SETPIPE_SZ, (int)(2 * page)),
		2 * page);
}

static void grow_wakes(struct scene *scene)
{
	pid_t writer;
	int end[2];

	scene_pipe(scene, end);
	pipe_resize(scene, end[1], pipe_page());
	pipe_fill(scene, end[1]);
	writer = pipe_writer(scene, end[1], end[0], 1);
	EXPECT_BLOCKED(scene, writer, SYS_write);
	EXPECT_OK(scene, fcntl(end[0], F_SETPIPE_SZ, (int)(2 * pipe_page())));
	EXPECT_EXIT(scene, writer, 0);
	EXPECT_INT(scene, scene->common->cells[PIPE_WRITTEN], 1);
}

enum { GROW, SHRINK, WRAPPED };
static const struct value moves[] = { { "grow", GROW }, { "shrink", SHRINK },
	{ "wrapped", WRAPPED }, { NULL, 0 } };

/* Resizes that leave three pages where they are, in bytes and order. */
static void keeps_data(struct scene *scene)
{
	size_t page = pipe_page(), held = 3 * page - 7;
	char *got = scene_memory(scene, 4 * page);
	uint64_t at = 0;
	int end[2];

	scene_pipe(scene, end);
	pipe_resize(scene, end[1], (scene->number == SHRINK ? 16 : 4) * page);
	/* The ring's start moves on by a page and a bit. */
	for (int i = 0; scene->number == WRAPPED && i < 3; i++) {
		pattern_write(got, page + 9, at);
		SETUP(scene, write(end[1], got, page + 9));
		SETUP(scene, pipe_drain(scene, end[0], NULL, page + 9));
	}
	pattern_write(got, held, at);
	SETUP(scene, write(end[1], got, held));
	for (size_t pages = 4; pages <= 16; pages *= 2) {
		size_t next = scene->number == SHRINK ? 64 / pages : pages;

		EXPECT_INT(scene, pipe_resize(scene, end[1], next * page), next * page);
		/* One page leaves at the front, one comes at the back. */
		EXPECT_INT(scene, pipe_drain(scene, end[0], got, page), page);
		EXPECT_PATTERN(scene, got, page, at);
		at += page;
		pattern_write(got, page, at + held - page);
		SETUP(scene, write(end[1], got, page));
	}
	EXPECT_INT(scene, pipe_drain(scene, end[0], got, 4 * page), held);
	EXPECT_PATTERN(scene, got, held, at);
}

/* In a child where this is root, since nobody gets their rights back. */
static void unprivileged(struct scene *scene)
{
	int64_t most = pipe_setting(scene, MAX_SIZE), before;
	pid_t child;
	int end[2];

	scene_pipe(scene, end);
	before = SETUP(scene, fcntl(end[1], F_GETPIPE_SZ));
	if (most < before)
		most = before; /* what it has is not taken from it */
	child = scene_fork(scene);
	if (child == 0) {
		if (geteuid() == 0)
			scene_become_nobody(scene);
		EXPECT_ERROR(scene, fcntl(end[1], F_SETPIPE_SZ, (int)(most + 1)), EPERM);
		EXPECT_INT(scene, fcntl(end[1], F_GETPIPE_SZ), before);
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
}

static const struct value huge[] = { { "2_to_31_and_1", 0x80000001u },
	{ "2_to_32_less_1", 0xffffffffu }, { NULL, 0 } };

static void einval_huge(struct scene *scene)
{
	int64_t before;
	int end[2];

	scene_pipe(scene, end);
	before = SETUP(scene, fcntl(end[1], F_GETPIPE_SZ));
	EXPECT_ERROR(scene, fcntl(end[1], F_SETPIPE_SZ, (unsigned)scene->number), EINVAL);
	EXPECT_INT(scene, fcntl(end[1], F_GETPIPE_SZ), before);
}

enum { FILE_FD, SOCKET_FD, DIRECTORY_FD };
static const struct value others[] = { { "file", FILE_FD }, { "socket", SOCKET_FD },
	{ "directory", DIRECTORY_FD }, { NULL, 0 } };

static void nonpipe(struct scene *scene)
{
	int fd = -1;

	if (scene->number == FILE_FD)
		fd = SETUP(scene, open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	else if (scene->number == SOCKET_FD)
		fd = SETUP(scene, socket(AF_UNIX, SOCK_STREAM, 0));
	else
		fd = SETUP(scene, open(".", O_RDONLY | O_CLOEXEC));
	EXPECT_ERROR(scene, fcntl(fd, F_GETPIPE_SZ), EBADF);
	EXPECT_ERROR(scene, fcntl(fd, F_SETPIPE_SZ, (int)pipe_page()), EBADF);
}

static const struct check checks[] = {
	{ .id = "pipe.capacity.default_64k", .run = default_64k, .values = measures },
	{ .id = "pipe.capacity.page_slots_waste", .run = page_slots },
	{ .id = "pipe.setsz.rounds_up_pow2", .run = rounds_up, .values = requests },
	{ .id = "pipe.setsz.shrink_busy", .run = shrink_busy, .values = through },
	{ .id = "pipe.setsz.grow_wakes_writer", .run = grow_wakes, .needs = NEED_PROC },
	{ .id = "pipe.setsz.keeps_data", .run = keeps_data, .values = moves },
	{ .id = "pipe.setsz.unpriv_eperm", .run = unprivileged },
	{ .id = "pipe.setsz.einval_huge", .run = einval_huge, .values = huge },
	{ .id = "pipe.setsz.nonpipe_ebadf", .run = nonpipe, .values = others },
	{ .id = NULL },
};

const struct suite pipe_capacity_suite = { "pipe_capacity", checks };
