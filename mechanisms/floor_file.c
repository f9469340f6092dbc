/* floor_file.c: how fast the bytes of a file that is in memory come to a program: copied
 * by pread(2) into one buffer, or read where they are, through a mapping. The file is a
 * memory file of this process alone, larger than the inner caches; messages are taken
 * from it one after the other, and one word of each cache line is looked at in both rows.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/base/payload.h"
#include "mechanisms/mechanism.h"

#define LINE      64
#define FILE_SIZE ((size_t)4 << 20)

struct file_own {
	int fd_plus_1;
	const unsigned char *map;
	size_t at;
};

static int file_attach(struct channel *channel)
{
	struct file_own *own = channel->own;
	const char *name = channel->mechanism->name;
	void *map;
	int fd;

	if (channel->side == 1)
		return 0;
	fd = memfd_create("ipcmark", MFD_CLOEXEC);
	if (fd < 0)
		return why_say(channel->why, errno, "%s: memfd_create", name);
	own->fd_plus_1 = fd + 1;
	if (ftruncate(fd, (off_t)FILE_SIZE))
		return why_say(channel->why, errno, "%s: set the size of a file", name);
	map = mmap(NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
		0);
	if (map == MAP_FAILED)
		return why_say(channel->why, errno, "%s: map a file", name);
	own->map = map;
	/* Its pages come into being here, on this side's node. */
	for (size_t i = 0; i < FILE_SIZE; i += LINE)
		*(volatile uint64_t *)(void *)((unsigned char *)map + i) = i;
	return 0;
}

static void file_detach(struct channel *channel)
{
	struct file_own *own = channel->own;

	if (own->map)
		munmap((void *)(uintptr_t)own->map, FILE_SIZE);
	own->map = NULL;
	if (own->fd_plus_1)
		close(own->fd_plus_1 - 1);
	own->fd_plus_1 = 0;
}

/* Where the next message lies; none crosses the end. */
static size_t next(struct file_own *own, size_t size)
{
	size_t at = own->at + size <= FILE_SIZE ? own->at : 0;

	own->at = at + (size + LINE - 1) / LINE * LINE;
	return at;
}

static int read_work(struct channel *channel, size_t size, uint64_t count)
{
	struct file_own *own = channel->own;

	for (uint64_t i = 0; i < count; i++) {
		size_t at = next(own, size);
		ssize_t got = pread(own->fd_plus_1 - 1, channel->rx, size, (off_t)at);

		if (got != (ssize_t)size)
			return why_say(channel->why, got < 0 ? errno : EIO,
				"floor_file_read: read %zu bytes", size);
		payload_touch_read(channel->rx, size);
	}
	return 0;
}

static int map_work(struct channel *channel, size_t size, uint64_t count)
{
	struct file_own *own = channel->own;

	for (uint64_t i = 0; i < count; i++)
		payload_touch_read(own->map + next(own, size), size);
	return 0;
}

#define FILE_FLOOR                                                                       \
	.family = "floor", .caps = CAP_FLOOR | CAP_PAYLOAD | CAP_SOLO,                   \
	.tests = TEST_BIT(TEST_THROUGHPUT), .own_size = sizeof(struct file_own),         \
	.attach = file_attach, .detach = file_detach

const struct mechanism floor_file_read_mechanism = {
	.name = "floor_file_read",
	.title = "file, read",
	.cite = "pread(2)",
	.says = "one CPU copies a file that is in memory into a buffer and reads that",
	.work = read_work,
	FILE_FLOOR,
};

const struct mechanism floor_file_map_mechanism = {
	.name = "floor_file_map",
	.title = "file, mapped",
	.cite = "mmap(2)",
	.says = "one CPU reads a file that is in memory through a mapping",
	.work = map_work,
	FILE_FLOOR,
};
