#include "conformance/pipe_help.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "conformance/check.h"
#include "harness/base/text.h"

#define PARTS 16

size_t pipe_buf(struct scene *scene, int fd)
{
	long got;

	errno = 0;
	got = fpathconf(fd, _PC_PIPE_BUF);
	if (got < 0 && errno)
		SETUP(scene, got);
	return got < 0 ? _POSIX_PIPE_BUF : (size_t)got;
}

size_t pipe_page(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

int64_t pipe_fill(struct scene *scene, int fd)
{
	int64_t filled = scene_fill(scene, fd, 65536);

	return filled + scene_fill(scene, fd, 1);
}

int64_t pipe_drain(struct scene *scene, int fd, void *into, size_t size)
{
	static char nowhere[65536];
	int flags = SETUP(scene, fcntl(fd, F_GETFL));
	size_t drained = 0;
	ssize_t got = 0;

	SETUP(scene, fcntl(fd, F_SETFL, flags | O_NONBLOCK));
	while (drained < size) {
		size_t wanted = size - drained;

		if (!into && wanted > sizeof nowhere)
			wanted = sizeof nowhere;
		got = read(fd, into ? (char *)into + drained : nowhere, wanted);
		if (got <= 0)
			break;
		drained += (size_t)got;
	}
	if (got < 0 && errno != EAGAIN)
		SETUP(scene, got);
	SETUP(scene, fcntl(fd, F_SETFL, flags));
	return (int64_t)drained;
}

void pipe_read_all(struct scene *scene, int fd, void *into, size_t size)
{
	PROMISED(scene, "all that was written arrives");
	for (size_t at = 0; at < size;) {
		ssize_t got = read(fd, (char *)into + at, size - at);

		EXPECT(scene, got > 0, "read() returns %zd with %zu bytes to come", got,
			size - at);
		at += (size_t)got;
	}
	arrived(scene);
}

int64_t pipe_resize(struct scene *scene, int fd, size_t size)
{
	int got = fcntl(fd, F_SETPIPE_SZ, (int)size);

	if (got < 0 && (errno == EINVAL || errno == ENOSYS))
		SKIP(scene, "needs pipes whose capacity can be set");
	return SETUP(scene, got);
}

/* Multiples of the golden ratio are spread evenly, and so differ from their neighbours.
 */
static unsigned char pattern(uint64_t offset)
{
	return (unsigned char)(offset * 0x9e3779b97f4a7c15u >> 56);
}

void pattern_write(void *to, size_t size, uint64_t offset)
{
	unsigned char *byte = to;

	for (size_t i = 0; i < size; i++)
		byte[i] = pattern(offset + i);
}

size_t pattern_matches(const void *got, size_t size, uint64_t offset)
{
	const unsigned char *byte = got;
	size_t i = 0;

	while (i < size && byte[i] == pattern(offset + i))
		i++;
	return i;
}

pid_t pipe_writer(struct scene *scene, int fd, int unwanted, size_t size)
{
	void *stream = scene_memory(scene, size);
	pid_t writer;
	ssize_t got;

	pattern_write(stream, size, 0);
	writer = scene_fork(scene);
	if (writer)
		return writer;
	if (unwanted >= 0)
		close(unwanted);
	got = write(fd, stream, size);
	atomic_store(&scene->common->cells[PIPE_WRITTEN], got < 0 ? -errno : got);
	_exit(0);
}

/* Records are bytes that are all the same and tell whose they are: three bits of who,
 * five of when. */
#define WRITERS 8

static int record_byte(int writer, int turn)
{
	return writer << 5 | (turn & 31);
}

/* Of each writer: more than two pages, so that it has to wait twice. */
static int record_count(size_t size)
{
	return (int)(2 * pipe_page() / size) + 16;
}

static void write_records(struct scene *scene, int fd, int writer, size_t size, int parts)
{
	unsigned char *record = scene_memory(scene, size);
	struct iovec part[PARTS];

	for (int i = 0; i < parts; i++)
		part[i] = (struct iovec) { record + size * (size_t)i / (size_t)parts,
			size / (size_t)parts };
	for (int i = 0; i < record_count(size); i++) {
		memset(record, record_byte(writer, i), size);
		if (parts)
			EXPECT_INT(scene, writev(fd, part, parts), size);
		else
			EXPECT_INT(scene, write(fd, record, size), size);
	}
}

static void check_records(struct scene *scene, int fd, size_t size)
{
	int turn[WRITERS] = { 0 };
	size_t left = size * (size_t)record_count(size) * WRITERS, at = 0;
	unsigned char got[3001]; /* so that reads end anywhere in a record */
	int first = 0;

	PROMISED(scene, "all records arrive");
	while (left) {
		size_t wanted = left < sizeof got ? left : sizeof got;
		ssize_t count = read(fd, got, wanted);

		EXPECT(scene, count > 0, "read() returns %zd with %zu bytes to come",
			count, left);
		for (ssize_t i = 0; i < count; i++, at = (at + 1) % size) {
			int writer = got[i] >> 5;

			if (at == 0) {
				first = got[i];
				EXPECT_INT(scene, got[i],
					record_byte(writer, turn[writer]++));
			}
			EXPECT(scene, got[i] == first,
				"byte %zu of a record of writer %d is of writer %d", at,
				first >> 5, writer);
		}
		left -= (size_t)count;
	}
	arrived(scene);
}

void records_race(
	struct scene *scene, const int end[2], const char *path, size_t size, int parts)
{
	int64_t filled = pipe_fill(scene, end[1]) - (int64_t)size / 2;
	char *filler = scene_memory(scene, (size_t)filled);
	pid_t writer[WRITERS];

	pipe_drain(scene, end[0], NULL, SIZE_MAX);
	SETUP(scene, write(end[1], filler, (size_t)filled));
	for (int i = 0; i < WRITERS; i++) {
		writer[i] = scene_fork(scene);
		if (writer[i] == 0) {
			write_records(scene,
				path ? SETUP(scene, open(path, O_WRONLY)) : end[1], i,
				size, parts);
			_exit(0);
		}
	}
	/* A record that is written in pieces begins in the room of half of one, and ends
	 * after those of the other writers, when it has waited twice. */
	for (int turn = 0; turn < 3; turn++) {
		for (int i = 0; i < WRITERS; i++)
			EXPECT_BLOCKED(scene, writer[i], SYS_write, SYS_writev);
		filled -= pipe_drain(scene, end[0], NULL, pipe_page());
	}
	while (filled > 0)
		filled -= pipe_drain(scene, end[0], NULL, (size_t)filled);
	scene_nonblock(scene, end[0], false);
	check_records(scene, end[0], size);
	for (int i = 0; i < WRITERS; i++)
		EXPECT_EXIT(scene, writer[i], 0);
}

int64_t pipe_setting(struct scene *scene, const char *path)
{
	int64_t number = text_file_number(path, -1);

	if (number < 0)
		SKIP(scene, "needs %s, which tells the limit", path);
	return number;
}
