/* What goes through a FIFO while its readers and writers come and go. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/pipe_help.h"

static int open_reader(struct scene *scene)
{
	return EXPECT_OK(scene, open("fifo", O_RDONLY | O_NONBLOCK));
}

static int open_writer(struct scene *scene)
{
	return EXPECT_OK(scene, open("fifo", O_WRONLY | O_NONBLOCK));
}

static int events_of(struct scene *scene, int fd)
{
	struct pollfd polled = { fd, POLLIN, 0 };

	EXPECT_OK(scene, poll(&polled, 1, 0));
	return polled.revents;
}

static void hup_and_cleared(struct scene *scene)
{
	int reader, writer;

	SETUP(scene, mkfifo("fifo", 0600));
	reader = open_reader(scene);
	EXPECT_INT(scene, events_of(scene, reader), 0);
	writer = open_writer(scene);
	EXPECT_INT(scene, events_of(scene, reader), 0);
	close(writer);
	EXPECT_INT(scene, events_of(scene, reader), POLLHUP);
	writer = open_writer(scene);
	EXPECT_INT(scene, events_of(scene, reader), 0);
	SETUP(scene, write(writer, "x", 1));
	EXPECT_INT(scene, events_of(scene, reader), POLLIN);
}

static void no_stale_hup(struct scene *scene)
{
	int reader, late, writer;

	SETUP(scene, mkfifo("fifo", 0600));
	reader = open_reader(scene);
	writer = open_writer(scene);
	close(writer);
	late = open_reader(scene);
	EXPECT_INT(scene, events_of(scene, reader), POLLHUP);
	EXPECT_INT(scene, events_of(scene, late), 0);
}

static void sticky_eof(struct scene *scene)
{
	int reader, writer;
	char got[4];

	SETUP(scene, mkfifo("fifo", 0600));
	reader = open_reader(scene);
	for (int turn = 0; turn < 2; turn++) {
		writer = open_writer(scene);
		EXPECT_ERROR(scene, read(reader, got, sizeof got), EAGAIN);
		EXPECT_INT(scene, write(writer, "ab", 2), 2);
		EXPECT_INT(scene, read(reader, got, sizeof got), 2);
		close(writer);
		for (int i = 0; i < 3; i++)
			EXPECT_INT(scene, read(reader, got, sizeof got), 0);
	}
}

static void survives_reopen(struct scene *scene)
{
	int reader, writer;
	char got[8];

	SETUP(scene, mkfifo("fifo", 0600));
	reader = open_reader(scene);
	writer = open_writer(scene);
	EXPECT_INT(scene, write(writer, "ab", 2), 2);
	close(writer);
	writer = open_writer(scene);
	EXPECT_INT(scene, write(writer, "cd", 2), 2);
	EXPECT_INT(scene, read(reader, got, sizeof got), 4);
	EXPECT_BYTES(scene, got, "abcd", 4);
	EXPECT_ERROR(scene, read(reader, got, sizeof got), EAGAIN);
}

/* Every second process leads a session of its own, in another directory; they know but
 * the path. */
static pid_t stranger(struct scene *scene, const char *path, bool is_writer)
{
	pid_t middle = scene_fork(scene), child;
	char got[8];
	int fd;

	if (middle)
		return middle;
	SETUP(scene, setsid());
	SETUP(scene, chdir("/"));
	child = scene_fork(scene);
	if (child) {
		EXPECT_EXIT(scene, child, 0);
		_exit(0);
	}
	PROMISED(scene, "the open returns");
	fd = EXPECT_OK(scene, open(path, is_writer ? O_WRONLY : O_RDONLY));
	if (is_writer)
		EXPECT_INT(scene, write(fd, "hello", 5), 5);
	else
		pipe_read_all(scene, fd, got, 5);
	EXPECT_BYTES(scene, is_writer ? "hello" : got, "hello", 5);
	_exit(0);
}

static void unrelated(struct scene *scene)
{
	char path[LEDGER_NAME + 8];
	pid_t reader, writer;

	SETUP(scene, mkfifo("fifo", 0600));
	snprintf(path, sizeof path, "%s/fifo", scene->directory);
	reader = stranger(scene, path, false);
	writer = stranger(scene, path, true);
	EXPECT_EXIT(scene, reader, 0);
	EXPECT_EXIT(scene, writer, 0);
}

#define READERS         4
#define RECORDS_WRITTEN 512
#define VALUES          256 /* of a byte */

/* Reads to the end, and adds how often each value came to what is of all readers. */
static void count(struct scene *scene, int reader, _Atomic uint32_t *came)
{
	uint32_t own[VALUES] = { 0 };
	unsigned char got[1021];
	int fd = EXPECT_OK(scene, open("fifo", O_RDONLY));
	ssize_t length;

	scene_open(scene, reader);
	while ((length = read(fd, got, sizeof got)) > 0)
		for (ssize_t i = 0; i < length; i++)
			own[got[i]]++;
	EXPECT_INT(scene, length, 0);
	for (int i = 0; i < VALUES; i++)
		atomic_fetch_add(&came[i], own[i]);
}

static void each_byte_once(struct scene *scene)
{
	_Atomic uint32_t *came = scene_memory(scene, VALUES * sizeof *came);
	unsigned char *record;
	size_t size;
	pid_t reader[READERS];
	int fd;

	SETUP(scene, mkfifo("fifo", 0600));
	size = (size_t)SETUP(scene, pathconf("fifo", _PC_PIPE_BUF));
	record = scene_memory(scene, size);
	for (int i = 0; i < READERS; i++) {
		reader[i] = scene_fork(scene);
		if (reader[i] == 0) {
			count(scene, i, came);
			_exit(0);
		}
	}
	fd = EXPECT_OK(scene, open("fifo", O_WRONLY));
	/* All of them are there; one that came after the writer left would wait. */
	for (int i = 0; i < READERS; i++)
		scene_wait(scene, i);
	for (int i = 0; i < RECORDS_WRITTEN; i++) {
		memset(record, i % VALUES, size);
		EXPECT_INT(scene, write(fd, record, size), size);
	}
	close(fd);
	for (int i = 0; i < READERS; i++)
		EXPECT_EXIT(scene, reader[i], 0);
	for (int i = 0; i < VALUES; i++)
		EXPECT_INT(scene, came[i], size * (RECORDS_WRITTEN / VALUES));
}

static const struct value sizes[] = { { "64", 64 }, { "512", 512 }, { "pipe_buf", 0 },
	{ NULL, 0 } };

/* Each writer opens the FIFO itself. */
static void not_interleaved(struct scene *scene)
{
	int end[2];

	SETUP(scene, mkfifo("fifo", 0600));
	end[0] = open_reader(scene);
	end[1] = open_writer(scene);
	scene_nonblock(scene, end[1], false);
	records_race(scene, end, "fifo",
		scene->number ? (size_t)scene->number : pipe_buf(scene, end[0]), 0);
}

enum { DEFAULT, IGNORED };
static const struct value dispositions[] = { { "default", DEFAULT },
	{ "ignored", IGNORED }, { NULL, 0 } };

static void no_reader(struct scene *scene)
{
	int reader, writer;
	pid_t child;

	SETUP(scene, mkfifo("fifo", 0600));
	reader = open_reader(scene);
	writer = open_writer(scene);
	close(reader);
	signal(SIGPIPE, scene->number == IGNORED ? SIG_IGN : SIG_DFL);
	child = scene_fork(scene);
	if (child == 0) {
		EXPECT_ERROR(scene, write(writer, "x", 1), EPIPE);
		_exit(0);
	}
	if (scene->number == IGNORED)
		EXPECT_EXIT(scene, child, 0);
	else
		EXPECT_KILLED(scene, child, SIGPIPE);
}

static const struct check checks[] = {
	{ .id = "fifo.poll.hup_only_after_writer_and_cleared", .run = hup_and_cleared },
	{ .id = "fifo.poll.new_reader_no_stale_hup", .run = no_stale_hup },
	{ .id = "fifo.eof.sticky_until_reopen", .run = sticky_eof },
	{ .id = "fifo.data.survives_writer_reopen", .run = survives_reopen },
	{ .id = "fifo.unrelated.processes", .run = unrelated },
	{ .id = "fifo.multi_reader.each_byte_once", .run = each_byte_once },
	{ .id = "fifo.atomic.pipe_buf_not_interleaved",
		.run = not_interleaved,
		.needs = NEED_PROC,
		.values = sizes },
	{ .id = "fifo.sigpipe.no_reader", .run = no_reader, .values = dispositions },
	{ .id = NULL },
};

const struct suite fifo_data_suite = { "fifo_data", checks };
