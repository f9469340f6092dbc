/* What goes through a pipe: all of it, once, in order, and without boundaries. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/pipe_help.h"
#include "harness/base/random.h"

static void no_boundaries(struct scene *scene)
{
	char got[16];
	int end[2];

	scene_pipe(scene, end);
	EXPECT_INT(scene, write(end[1], "ab", 2), 2);
	EXPECT_INT(scene, write(end[1], "cd", 2), 2);
	PROMISED(scene, "all that was written arrives");
	EXPECT_INT(scene, read(end[0], got, 9), 4);
	EXPECT_BYTES(scene, got, "abcd", 4);
	EXPECT_INT(scene, write(end[1], "efgh", 4), 4);
	EXPECT_INT(scene, read(end[0], got, 1), 1);
	EXPECT_INT(scene, read(end[0], got + 1, 9), 3);
	EXPECT_BYTES(scene, got, "efgh", 4);
}

/* The greatest size of one write or read, in sixteenths of PIPE_BUF. */
static const struct value chunks[] = { { "small", 2 }, { "around_pipe_buf", 48 },
	{ "large", 768 }, { NULL, 0 } };

static void write_stream(struct scene *scene, int fd, size_t most, uint64_t total)
{
	struct random random = { 1 };
	char *buffer = scene_memory(scene, most);

	for (uint64_t at = 0; at < total;) {
		size_t size = 1 + (size_t)random_below(&random, most);

		if (size > total - at)
			size = (size_t)(total - at);
		pattern_write(buffer, size, at);
		EXPECT_INT(scene, write(fd, buffer, size), size);
		at += size;
	}
}

static void fifo_order(struct scene *scene)
{
	struct random random = { 2 };
	size_t most;
	uint64_t total, at = 0;
	char *buffer;
	pid_t writer;
	int end[2];
	ssize_t got;

	scene_pipe(scene, end);
	most = pipe_buf(scene, end[1]) * (size_t)scene->number / 16;
	total = (1 << 20) + (uint64_t)scene->number * 20480; /* 1 to 16 MiB */
	buffer = scene_memory(scene, most);
	writer = scene_fork(scene);
	if (writer == 0) {
		close(end[0]);
		write_stream(scene, end[1], most, total);
		_exit(0);
	}
	close(end[1]);
	PROMISED(scene, "the whole stream arrives");
	while ((got = read(end[0], buffer, 1 + (size_t)random_below(&random, most))) >
		0) {
		EXPECT_PATTERN(scene, buffer, (size_t)got, at);
		at += (uint64_t)got;
	}
	EXPECT_INT(scene, got, 0);
	EXPECT_INT(scene, at, total);
	arrived(scene);
	EXPECT_EXIT(scene, writer, 0);
}

static void readv_scatter(struct scene *scene)
{
	char a[2], b[3], c[4];
	const struct iovec into[] = { { a, 2 }, { NULL, 0 }, { b, 3 }, { c, 4 } };
	int end[2];

	scene_pipe(scene, end);
	SETUP(scene, write(end[1], "abc", 3));
	SETUP(scene, write(end[1], "defg", 4));
	PROMISED(scene, "all that was written arrives");
	EXPECT_INT(scene, readv(end[0], into, 4), 7);
	EXPECT_BYTES(scene, a, "ab", 2);
	EXPECT_BYTES(scene, b, "cde", 3);
	EXPECT_BYTES(scene, c, "fg", 2);
}

static void writev_gather(struct scene *scene)
{
	char ab[] = "ab", cde[] = "cde", f[] = "f", got[16];
	const struct iovec from[] = { { ab, 2 }, { cde, 3 }, { NULL, 0 }, { f, 1 } };
	int end[2];

	scene_pipe(scene, end);
	PROMISED(scene, "all that was written arrives");
	EXPECT_INT(scene, writev(end[1], from, 4), 6);
	EXPECT_INT(scene, read(end[0], got, sizeof got), 6);
	EXPECT_BYTES(scene, got, "abcdef", 6);
}

static const struct value ends[] = { { "read_end", 0 }, { "write_end", 1 }, { NULL, 0 } };

static void fionread(struct scene *scene)
{
	int end[2], count = -1, fd;
	char got[64];

	scene_pipe(scene, end);
	fd = end[scene->number];
	EXPECT_OK(scene, ioctl(fd, FIONREAD, &count));
	EXPECT_INT(scene, count, 0);
	SETUP(scene, write(end[1], "0123456789", 10));
	SETUP(scene, write(end[1], "abc", 3));
	EXPECT_OK(scene, ioctl(fd, FIONREAD, &count));
	EXPECT_INT(scene, count, 13);
	SETUP(scene, read(end[0], got, 4));
	EXPECT_OK(scene, ioctl(fd, FIONREAD, &count));
	EXPECT_INT(scene, count, 9);
}

/* The reader waits: an empty pipe takes nothing from a write of nothing. */
static void zero_write(struct scene *scene)
{
	pid_t reader;
	int end[2];
	char got;

	scene_pipe(scene, end);
	reader = scene_fork(scene);
	if (reader == 0) {
		close(end[1]);
		EXPECT_INT(scene, read(end[0], &got, 1), 1);
		EXPECT_BYTES(scene, &got, "x", 1);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, reader, SYS_read);
	EXPECT_INT(scene, write(end[1], "", 0), 0);
	EXPECT_BLOCKED(scene, reader, SYS_read);
	EXPECT_INT(scene, write(end[1], "x", 1), 1);
	EXPECT_EXIT(scene, reader, 0);
}

static const struct value fillings[] = { { "empty", 0 }, { "three_bytes", 3 },
	{ NULL, 0 } };

static void zero_read(struct scene *scene)
{
	size_t had = (size_t)scene->number;
	char got[8];
	int end[2];

	scene_pipe(scene, end);
	SETUP(scene, had ? write(end[1], "abc", had) : 0);
	PROMISED(scene, "a read of 0 bytes returns");
	EXPECT_INT(scene, read(end[0], got, 0), 0);
	PROMISED(scene, "all that was written arrives");
	EXPECT_INT(scene, write(end[1], "d", 1), 1);
	EXPECT_INT(scene, read(end[0], got, sizeof got), had + 1);
	EXPECT_BYTES(scene, got, had ? "abcd" : "d", had + 1);
}

enum { WITHIN_A_PAGE, AFTER_PAGES, ONE_PAGE_PIPE };
static const struct value bad_buffers[] = { { "within_a_page", WITHIN_A_PAGE },
	{ "after_three_pages", AFTER_PAGES }, { "one_page_pipe", ONE_PAGE_PIPE },
	{ NULL, 0 } };

/* Memory of which `good` bytes can be read, and what follows cannot. */
static char *half_bad(struct scene *scene, size_t good)
{
	size_t page = pipe_page(), pages = (good + page - 1) / page;
	char *memory = SETUP_POINTER(
		scene, mmap(NULL, (pages + 1) * page, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	char *bad = memory + pages * page;

	SETUP(scene, mprotect(bad, page, PROT_NONE));
	pattern_write(bad - good, good, 3);
	return bad - good;
}

static void efault_partial(struct scene *scene)
{
	size_t good = scene->number == AFTER_PAGES ? 3 * pipe_page() : 100;
	char *from = half_bad(scene, good), *got = scene_memory(scene, good + 16);
	char start[3], later[8];
	ssize_t wrote;
	int end[2];

	scene_pipe(scene, end);
	if (scene->number == ONE_PAGE_PIPE)
		pipe_resize(scene, end[1], pipe_page());
	scene_nonblock(scene, end[1], true);
	pattern_write(start, 3, 0);
	SETUP(scene, write(end[1], start, 3));
	wrote = write(end[1], from, good + 100);
	EXPECT(scene, wrote > 0 || (wrote == -1 && errno == EFAULT),
		"write() returns %zd, %s", wrote, strerror(errno));
	EXPECT(scene, wrote <= (ssize_t)good, "%zd bytes are written of %zu", wrote,
		good);
	note(scene, "of %zu good bytes %zd are written", good, wrote > 0 ? wrote : 0);
	if (wrote < 0)
		wrote = 0;
	pattern_write(later, 8, 3 + (uint64_t)wrote);
	EXPECT_INT(scene, write(end[1], later, 8), 8);
	EXPECT_INT(scene, pipe_drain(scene, end[0], got, good + 16), wrote + 11);
	EXPECT_PATTERN(scene, got, (size_t)wrote + 11, 0);
	EXPECT(scene, pipe_fill(scene, end[1]) >= (int64_t)pipe_buf(scene, end[1]),
		"an empty pipe takes less than PIPE_BUF");
}

static const struct check checks[] = {
	{ .id = "pipe.stream.no_boundaries", .run = no_boundaries },
	{ .id = "pipe.stream.fifo_order", .run = fifo_order, .values = chunks },
	{ .id = "pipe.readv_scatter", .run = readv_scatter },
	{ .id = "pipe.writev_gather", .run = writev_gather },
	{ .id = "pipe.fionread.count", .run = fionread, .values = ends },
	{ .id = "pipe.write.zero_len_noop", .run = zero_write, .needs = NEED_PROC },
	{ .id = "pipe.read.zero_len_takes_nothing",
		.run = zero_read,
		.values = fillings },
	{ .id = "pipe.efault_partial", .run = efault_partial, .values = bad_buffers },
	{ .id = NULL },
};

const struct suite pipe_data_suite = { "pipe_data", checks };
