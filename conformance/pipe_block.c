/* When reading from and writing to a pipe waits, and what O_NONBLOCK does instead. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/pipe_help.h"

enum { READ, READV };
static const struct value reads[] = { { "read", READ }, { "readv", READV }, { NULL, 0 } };

static void read_empty(struct scene *scene)
{
	pid_t reader;
	int end[2];
	char got[4];

	scene_pipe(scene, end);
	reader = scene_fork(scene);
	if (reader == 0) {
		const struct iovec into = { got, sizeof got };

		close(end[1]);
		if (scene->number == READ)
			EXPECT_INT(scene, read(end[0], got, sizeof got), 3);
		else
			EXPECT_INT(scene, readv(end[0], &into, 1), 3);
		EXPECT_BYTES(scene, got, "abc", 3);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, reader, SYS_read, SYS_readv);
	SETUP(scene, write(end[1], "abc", 3));
	EXPECT_EXIT(scene, reader, 0);
}

/* Sizes of one write, which depend on the pipe. */
enum { PIPE_BUF_LESS_1 = -4, PIPE_BUF_BYTES, PIPE_BUF_AND_1, TWICE_CAPACITY };

static size_t size_of(struct scene *scene, int fd, int64_t number, int64_t capacity)
{
	switch (number) {
	case PIPE_BUF_LESS_1:
		return pipe_buf(scene, fd) - 1;
	case PIPE_BUF_BYTES:
		return pipe_buf(scene, fd);
	case PIPE_BUF_AND_1:
		return pipe_buf(scene, fd) + 1;
	case TWICE_CAPACITY:
		return 2 * (size_t)capacity;
	default:
		return (size_t)number;
	}
}

static const struct value blocked_sizes[] = { { "1", 1 }, { "pipe_buf", PIPE_BUF_BYTES },
	{ "twice_capacity", TWICE_CAPACITY }, { NULL, 0 } };

static void write_full(struct scene *scene)
{
	int64_t capacity;
	size_t size;
	pid_t writer;
	char *got;
	int end[2];

	scene_pipe(scene, end);
	capacity = pipe_fill(scene, end[1]);
	size = size_of(scene, end[1], scene->number, capacity);
	got = scene_memory(scene, size);
	writer = pipe_writer(scene, end[1], end[0], size);
	EXPECT_BLOCKED(scene, writer, SYS_write);
	/* What filled it, and then what comes: the writer goes on when there is room. */
	PROMISED(scene, "what filled the pipe comes out");
	for (int64_t left = capacity; left;)
		left -= SETUP(scene,
			read(end[0], got, left < (int64_t)size ? (size_t)left : size));
	pipe_read_all(scene, end[0], got, size);
	EXPECT_PATTERN(scene, got, size, 0);
	EXPECT_EXIT(scene, writer, 0);
	EXPECT_INT(scene, scene->common->cells[PIPE_WRITTEN], size);
}

static const struct value write_sizes[] = { { "1", 1 }, { "pipe_buf", PIPE_BUF_BYTES },
	{ "pipe_buf_and_1", PIPE_BUF_AND_1 }, { "64k_and_1", (64 << 10) + 1 },
	{ "1m_and_1", (1 << 20) + 1 }, { NULL, 0 } };

static void write_returns_nbyte(struct scene *scene)
{
	char got[1021];
	size_t size, at = 0;
	ssize_t count;
	pid_t writer;
	int end[2];

	scene_pipe(scene, end);
	size = size_of(scene, end[1], scene->number, 0);
	writer = pipe_writer(scene, end[1], end[0], size);
	close(end[1]);
	PROMISED(scene, "all that was written arrives");
	while ((count = read(end[0], got, sizeof got)) > 0) {
		EXPECT_PATTERN(scene, got, (size_t)count, at);
		at += (size_t)count;
	}
	arrived(scene);
	EXPECT_INT(scene, at, size);
	EXPECT_EXIT(scene, writer, 0);
	EXPECT_INT(scene, scene->common->cells[PIPE_WRITTEN], size);
}

static void read_eagain(struct scene *scene)
{
	char got[4];
	int end[2];

	scene_pipe(scene, end);
	scene_nonblock(scene, end[0], true);
	EXPECT_ERROR(scene, read(end[0], got, sizeof got), EAGAIN);
	SETUP(scene, write(end[1], "ab", 2));
	EXPECT_INT(scene, read(end[0], got, sizeof got), 2);
	EXPECT_ERROR(scene, read(end[0], got, sizeof got), EAGAIN);
}

/* A stream that is written where there is room: how much was accepted, and all of it
 * comes out. */
struct stream {
	char *buffer;
	uint64_t written, taken;
	int end[2];
};

static void open_stream(struct scene *scene, struct stream *stream, size_t most)
{
	stream->buffer = scene_memory(scene, most);
	stream->written = stream->taken = 0;
	scene_pipe(scene, stream->end);
	scene_nonblock(scene, stream->end[1], true);
}

static ssize_t put(struct stream *stream, size_t size)
{
	ssize_t got;

	pattern_write(stream->buffer, size, stream->written);
	got = write(stream->end[1], stream->buffer, size);
	if (got > 0)
		stream->written += (uint64_t)got;
	return got;
}

static void take(struct scene *scene, struct stream *stream, size_t size)
{
	int64_t got = pipe_drain(scene, stream->end[0], stream->buffer, size);

	EXPECT_PATTERN(scene, stream->buffer, (size_t)got, stream->taken);
	stream->taken += (uint64_t)got;
}

/* All of it or nothing, and no trace of what was refused. */
static bool put_whole(struct scene *scene, struct stream *stream, size_t size)
{
	ssize_t got = put(stream, size);

	EXPECT(scene, got == (ssize_t)size || (got == -1 && errno == EAGAIN),
		"of %zu bytes %zd are written", size, got);
	return got > 0;
}

static const struct value small_sizes[] = { { "1", 1 }, { "2", 2 }, { "512", 512 },
	{ "pipe_buf_less_1", PIPE_BUF_LESS_1 }, { "pipe_buf", PIPE_BUF_BYTES },
	{ NULL, 0 } };

/* Room grows at the head by less than what is to be written, until it is enough. */
static void small_all_or_nothing(struct scene *scene)
{
	struct stream stream;
	size_t size, step;

	open_stream(scene, &stream, 65536);
	size = size_of(scene, stream.end[1], scene->number, 0);
	step = size > 1 ? size - 1 : 1;
	while (put(&stream, 4096) > 0)
		;
	while (put_whole(scene, &stream, size))
		;
	for (int written = 0; written < 2 && stream.taken < stream.written;) {
		take(scene, &stream, step);
		written += put_whole(scene, &stream, size);
	}
	take(scene, &stream, 65536);
	while (stream.taken < stream.written)
		take(scene, &stream, 65536);
	EXPECT_INT(scene, put_whole(scene, &stream, size), true);
	take(scene, &stream, 65536);
	EXPECT_INT(scene, stream.taken, stream.written);
}

static const struct value tail_sizes[] = { { "2", 2 }, { "200", 200 },
	{ "pipe_buf", PIPE_BUF_BYTES }, { NULL, 0 } };

/* Room is left at the tail, one byte less than what is to be written. */
static void tail_all_or_nothing(struct scene *scene)
{
	struct stream stream;
	size_t size, whole;
	int64_t left;

	open_stream(scene, &stream, 65536);
	whole = pipe_buf(scene, stream.end[1]);
	size = size_of(scene, stream.end[1], scene->number, 0);
	left = pipe_fill(scene, stream.end[1]) - (int64_t)size + 1;
	pipe_drain(scene, stream.end[0], NULL, SIZE_MAX);
	for (; left > 0; left -= (int64_t)whole)
		SETUP(scene, put(&stream, left < (int64_t)whole ? (size_t)left : whole));
	put_whole(scene, &stream, size);
	note(scene, "with %zu bytes of room %zu more are %s", size - 1, size - 1,
		put_whole(scene, &stream, size - 1) ? "taken" : "refused");
	while (stream.taken < stream.written)
		take(scene, &stream, 65536);
	take(scene, &stream, 1);
	EXPECT_INT(scene, stream.taken, stream.written);
}

enum { EMPTY, PARTLY_FULL, FULL };
static const struct value fillings[] = { { "empty", EMPTY },
	{ "partly_full", PARTLY_FULL }, { "full", FULL }, { NULL, 0 } };

static void large_partial(struct scene *scene)
{
	struct stream stream;
	size_t capacity;
	ssize_t got;

	open_stream(scene, &stream, 4 << 20);
	capacity = (size_t)pipe_fill(scene, stream.end[1]);
	pipe_drain(scene, stream.end[0], NULL, SIZE_MAX);
	if (scene->number == PARTLY_FULL)
		SETUP(scene, put(&stream, capacity / 2));
	else if (scene->number == FULL)
		while (put(&stream, 4096) > 0 || put(&stream, 1) > 0)
			;
	got = put(&stream, 2 * capacity);
	if (scene->number == FULL)
		EXPECT_ERROR(scene, got, EAGAIN);
	else
		EXPECT(scene, got >= 1 && got < (ssize_t)(2 * capacity),
			"of %zu bytes %zd are written", 2 * capacity, got);
	note(scene, "capacity %zu, %zd written", capacity, got < 0 ? 0 : got);
	while (stream.taken < stream.written)
		take(scene, &stream, 65536);
	take(scene, &stream, 1);
	EXPECT_INT(scene, stream.taken, stream.written);
}

enum { FRESH, USED, ONE_PAGE };
static const struct value pasts[] = { { "fresh", FRESH }, { "used", USED },
	{ "one_page", ONE_PAGE }, { NULL, 0 } };

static void large_after_drain(struct scene *scene)
{
	struct stream stream;
	ssize_t got;
	size_t least;

	open_stream(scene, &stream, 65536);
	least = pipe_buf(scene, stream.end[1]);
	if (scene->number == ONE_PAGE)
		pipe_resize(scene, stream.end[1], pipe_page());
	for (int i = 1; scene->number != FRESH && i < 40; i++) {
		SETUP(scene, put(&stream, 97 * (size_t)i));
		take(scene, &stream, 65536);
	}
	got = put(&stream, least + 1);
	EXPECT(scene, got >= (ssize_t)least, "of %zu bytes %zd are written", least + 1,
		got);
	take(scene, &stream, 65536);
	EXPECT_INT(scene, stream.taken, stream.written);
}

static const struct check checks[] = {
	{ .id = "pipe.block.read_empty",
		.run = read_empty,
		.needs = NEED_PROC,
		.values = reads },
	{ .id = "pipe.block.write_full",
		.run = write_full,
		.needs = NEED_PROC,
		.values = blocked_sizes },
	{ .id = "pipe.block.write_returns_nbyte",
		.run = write_returns_nbyte,
		.values = write_sizes },
	{ .id = "pipe.nonblock.read_eagain", .run = read_eagain },
	{ .id = "pipe.nonblock.small_all_or_nothing",
		.run = small_all_or_nothing,
		.values = small_sizes },
	{ .id = "pipe.nonblock.tail_all_or_nothing",
		.run = tail_all_or_nothing,
		.values = tail_sizes },
	{ .id = "pipe.nonblock.large_partial", .run = large_partial, .values = fillings },
	{ .id = "pipe.nonblock.large_after_drain_min_pipe_buf",
		.run = large_after_drain,
		.values = pasts },
	{ .id = NULL },
};

const struct suite pipe_block_suite = { "pipe_block", checks };
