/* Which writes of several processes to one pipe may be mixed with each other. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/pipe_help.h"

/* Sizes that depend on PIPE_BUF are 0 and less. */
static const struct value sizes[] = { { "64", 64 }, { "511", 511 }, { "512", 512 },
	{ "513", 513 }, { "pipe_buf_less_1", -1 }, { "pipe_buf", 0 }, { NULL, 0 } };
static const struct value vector_sizes[] = { { "512", 512 }, { "pipe_buf", 0 },
	{ NULL, 0 } };

static void race(struct scene *scene, int parts)
{
	size_t size;
	int end[2];

	scene_pipe(scene, end);
	size = scene->number > 0 ? (size_t)scene->number
				 : pipe_buf(scene, end[1]) - (size_t)-scene->number;
	records_race(scene, end, NULL, size, parts);
}

static void not_interleaved(struct scene *scene)
{
	race(scene, 0);
}

static void writev_total(struct scene *scene)
{
	race(scene, 16);
}

static pid_t write_letters(
	struct scene *scene, const int end[2], char letter, size_t size)
{
	char *letters = scene_memory(scene, size);
	pid_t writer;

	memset(letters, letter, size);
	writer = scene_fork(scene);
	if (writer == 0) {
		close(end[0]);
		EXPECT_INT(scene, write(end[1], letters, size), size);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, writer, SYS_write);
	return writer;
}

static void large_may_interleave(struct scene *scene)
{
	size_t size, count[2] = { 0 };
	pid_t writer[2];
	int end[2], runs = 0;
	char got[4096], last = 0;
	ssize_t length;

	scene_pipe(scene, end);
	size = 2 * (size_t)pipe_fill(scene, end[1]);
	pipe_drain(scene, end[0], NULL, SIZE_MAX);
	for (int i = 0; i < 2; i++)
		writer[i] = write_letters(scene, end, (char)('A' + i), size);
	close(end[1]);
	PROMISED(scene, "both writes arrive");
	while ((length = read(end[0], got, sizeof got)) > 0)
		for (ssize_t i = 0; i < length; i++) {
			EXPECT(scene, got[i] == 'A' || got[i] == 'B',
				"a byte 0x%02x that nobody wrote", (unsigned char)got[i]);
			count[got[i] - 'A']++;
			runs += got[i] != last;
			last = got[i];
		}
	arrived(scene);
	EXPECT_INT(scene, count[0], size);
	EXPECT_INT(scene, count[1], size);
	for (int i = 0; i < 2; i++)
		EXPECT_EXIT(scene, writer[i], 0);
	note(scene, "two writes of %zu bytes came in %d runs: %s", size, runs,
		runs > 2 ? "interleaved" : "not interleaved");
}

enum { READ_END, WRITE_END, FIFO, DIRECTORY };
static const struct value things[] = { { "read_end", READ_END },
	{ "write_end", WRITE_END }, { "fifo", FIFO }, { "directory", DIRECTORY },
	{ NULL, 0 } };

static void min_512(struct scene *scene)
{
	int end[2];
	long got;

	scene_pipe(scene, end);
	SETUP(scene, mkfifo("fifo", 0600));
	errno = 0;
	if (scene->number == FIFO || scene->number == DIRECTORY)
		got = pathconf(scene->number == FIFO ? "fifo" : ".", _PC_PIPE_BUF);
	else
		got = fpathconf(end[scene->number], _PC_PIPE_BUF);
	EXPECT(scene, got >= _POSIX_PIPE_BUF || (got == -1 && errno == 0),
		"PIPE_BUF is %ld (%s)", got, strerror(errno));
	note(scene, "PIPE_BUF is %ld", got);
}

static const struct check checks[] = {
	{ .id = "pipe.atomic.pipe_buf_not_interleaved",
		.run = not_interleaved,
		.needs = NEED_PROC,
		.values = sizes },
	{ .id = "pipe.atomic.writev_counts_total",
		.run = writev_total,
		.needs = NEED_PROC,
		.values = vector_sizes },
	{ .id = "pipe.atomic.large_may_interleave",
		.run = large_may_interleave,
		.needs = NEED_PROC },
	{ .id = "pipe.atomic.min_512", .run = min_512, .values = things },
	{ .id = NULL },
};

const struct suite pipe_atomic_suite = { "pipe_atomic", checks };
