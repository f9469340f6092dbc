/* Pipes made with O_DIRECT: packets instead of a stream. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/pipe_help.h"

/* How the pipe became one of packets. */
enum { BY_PIPE2, BY_FCNTL };
static const struct value ways[] = { { "by_pipe2", BY_PIPE2 }, { "by_fcntl", BY_FCNTL },
	{ NULL, 0 } };

static void packet_pipe(struct scene *scene, int end[2], int64_t way)
{
	bool has_packets = pipe2(end, O_DIRECT | O_NONBLOCK) == 0;

	/* pipe(2): what an older kernel answers. */
	if (!has_packets && errno == EINVAL)
		SKIP(scene, "needs pipes with O_DIRECT");
	SETUP(scene, has_packets ? 0 : -1);
	if (way == BY_PIPE2)
		return;
	close(end[0]);
	close(end[1]);
	SETUP(scene, pipe2(end, O_NONBLOCK));
	EXPECT_OK(scene, fcntl(end[1], F_SETFL, O_DIRECT | O_NONBLOCK));
}

static void packets(struct scene *scene)
{
	char got[64];
	int end[2];

	packet_pipe(scene, end, scene->number);
	SETUP(scene, write(end[1], "abcdef", 6));
	SETUP(scene, write(end[1], "gh", 2));
	SETUP(scene, write(end[1], "i", 1));
	EXPECT_INT(scene, read(end[0], got, sizeof got), 6);
	EXPECT_BYTES(scene, got, "abcdef", 6);
	EXPECT_INT(scene, read(end[0], got, sizeof got), 2);
	EXPECT_BYTES(scene, got, "gh", 2);
	EXPECT_INT(scene, read(end[0], got, sizeof got), 1);
	EXPECT_BYTES(scene, got, "i", 1);
	EXPECT_ERROR(scene, read(end[0], got, sizeof got), EAGAIN);
}

static void short_read(struct scene *scene)
{
	char got[64];
	int end[2];

	packet_pipe(scene, end, scene->number);
	SETUP(scene, write(end[1], "abcdef", 6));
	SETUP(scene, write(end[1], "gh", 2));
	EXPECT_INT(scene, read(end[0], got, 3), 3);
	EXPECT_BYTES(scene, got, "abc", 3);
	EXPECT_INT(scene, read(end[0], got, 3), 2);
	EXPECT_BYTES(scene, got, "gh", 2);
}

/* Sizes beyond PIPE_BUF. */
static const struct value excesses[] = { { "pipe_buf", 0 }, { "pipe_buf_and_1", 1 },
	{ "pipe_buf_and_100", 100 }, { NULL, 0 } };

static void splits_large(struct scene *scene)
{
	size_t limit, extra = (size_t)scene->number;
	char *data;
	int end[2];

	packet_pipe(scene, end, BY_PIPE2);
	limit = pipe_buf(scene, end[1]);
	data = scene_memory(scene, 4 * limit);
	pattern_write(data, 2 * limit, 0);
	EXPECT_INT(scene, write(end[1], data, limit + extra), limit + extra);
	EXPECT_INT(scene, read(end[0], data, 4 * limit), limit);
	EXPECT_PATTERN(scene, data, limit, 0);
	if (extra) {
		EXPECT_INT(scene, read(end[0], data, 4 * limit), extra);
		EXPECT_PATTERN(scene, data, extra, limit);
	}
	EXPECT_ERROR(scene, read(end[0], data, 1), EAGAIN);
}

static void nothing(struct scene *scene)
{
	char got[8];
	int end[2];

	packet_pipe(scene, end, BY_PIPE2);
	EXPECT_INT(scene, write(end[1], "", 0), 0);
	EXPECT_ERROR(scene, read(end[0], got, sizeof got), EAGAIN);
	SETUP(scene, write(end[1], "abc", 3));
	EXPECT_INT(scene, read(end[0], got, 0), 0);
	EXPECT_INT(scene, read(end[0], got, sizeof got), 3);
	EXPECT_BYTES(scene, got, "abc", 3);
}

static const struct check checks[] = {
	{ .id = "pipe.packet.o_direct", .run = packets, .values = ways },
	{ .id = "pipe.packet.short_read_discards", .run = short_read, .values = ways },
	{ .id = "pipe.packet.splits_large", .run = splits_large, .values = excesses },
	{ .id = "pipe.packet.no_empty_ones", .run = nothing },
	{ .id = NULL },
};

const struct suite pipe_packet_suite = { "pipe_packet", checks };
