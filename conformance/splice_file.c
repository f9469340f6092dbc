/* splice(2) between a pipe and a file, a device or a socket. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "conformance/socket_help.h"
#include "conformance/splice_help.h"

static void offsets_in(struct scene *scene)
{
	int fd = splice_file_with(scene, "file", "abcdefgh", 8), end[2];
	loff_t offset = 4;
	char got[8];

	scene_pipe(scene, end);
	EXPECT_INT(scene, splice(fd, NULL, end[1], NULL, 2, 0), 2);
	EXPECT_INT(scene, lseek(fd, 0, SEEK_CUR), 2);
	EXPECT_INT(scene, splice(fd, &offset, end[1], NULL, 3, 0), 3);
	EXPECT_INT(scene, offset, 7);
	EXPECT_INT(scene, lseek(fd, 0, SEEK_CUR), 2);
	EXPECT_INT(scene, read(end[0], got, 8), 5);
	EXPECT_BYTES(scene, got, "abefg", 5);
	offset = 8;
	EXPECT_INT(scene, splice(fd, &offset, end[1], NULL, 3, 0), 0);
	EXPECT_INT(scene, offset, 8);
}

static void offsets_out(struct scene *scene)
{
	int fd = splice_file_with(scene, "file", "--------", 8), end[2];
	loff_t offset = 5;
	char got[8];

	scene_pipe(scene, end);
	SETUP(scene, write(end[1], "abcd", 4));
	EXPECT_INT(scene, splice(end[0], NULL, fd, NULL, 2, 0), 2);
	EXPECT_INT(scene, lseek(fd, 0, SEEK_CUR), 2);
	EXPECT_INT(scene, splice(end[0], NULL, fd, &offset, 8, 0), 2);
	EXPECT_INT(scene, offset, 7);
	EXPECT_INT(scene, lseek(fd, 0, SEEK_CUR), 2);
	EXPECT_INT(scene, pread(fd, got, 8, 0), 8);
	EXPECT_BYTES(scene, got, "ab---cd-", 8);
}

static void small_pipe_partial(struct scene *scene)
{
	const size_t size = 1 << 20;
	int fd = splice_file_with(scene, "file", "", 0), end[2], capacity;
	loff_t offset = 0;

	SETUP(scene, ftruncate(fd, (off_t)size));
	scene_pipe(scene, end);
	SETUP(scene, fcntl(end[1], F_SETPIPE_SZ, 1));
	capacity = SETUP(scene, fcntl(end[1], F_GETPIPE_SZ));
	PROMISED(scene, "splice returns what fits");
	EXPECT_INT(scene, splice(fd, &offset, end[1], NULL, size, 0), capacity);
	arrived(scene);
	EXPECT_INT(scene, offset, capacity);
	PROMISED(scene, "EAGAIN of a full pipe");
	EXPECT_ERROR(scene, splice(fd, &offset, end[1], NULL, size, SPLICE_F_NONBLOCK),
		EAGAIN);
	arrived(scene);
	EXPECT_INT(scene, offset, capacity);
}

static void aliases_pagecache(struct scene *scene)
{
	int fd = splice_file_with(scene, "file", "old!", 4), end[2];
	char got[4];

	scene_pipe(scene, end);
	EXPECT_INT(scene, splice(fd, NULL, end[1], NULL, 4, 0), 4);
	SETUP(scene, pwrite(fd, "new!", 4, 0));
	EXPECT_INT(scene, read(end[0], got, 4), 4);
	splice_expect_old_or_new(scene, got);
}

/* CVE-2022-0847: buffers of the pipe that were once filled by write(2), and so may be
 * added to, are used again for a page of a file. */
static void dirtypipe(struct scene *scene)
{
	static char bytes[65536];
	int64_t filled;
	char got[8];
	int fd, end[2];

	splice_file_with(scene, "file", "original", 8);
	fd = SETUP(scene, open("file", O_RDONLY | O_CLOEXEC));
	scene_pipe(scene, end);
	filled = scene_fill(scene, end[1], 4096);
	while (filled > 0)
		filled -= SETUP(scene, read(end[0], bytes, sizeof bytes));
	EXPECT_INT(scene, splice(fd, NULL, end[1], NULL, 1, 0), 1);
	EXPECT_INT(scene, write(end[1], "DIRTY", 5), 5);
	EXPECT_INT(scene, pread(fd, got, 8, 0), 8);
	EXPECT_BYTES(scene, got, "original", 8);
	EXPECT_INT(scene, read(end[0], got, 8), 6);
	EXPECT_BYTES(scene, got, "oDIRTY", 6);
}

/* The one takes, the others give. */
enum device { DEVICE_NULL, DEVICE_ZERO, DEVICE_FULL };

static void devices(struct scene *scene)
{
	static const char *const paths[] = { "/dev/null", "/dev/zero", "/dev/full" };
	int fd = open(paths[scene->number], O_RDWR | O_CLOEXEC), end[2], left = -1;
	char got[8] = "--------";

	if (fd < 0 && errno == ENOENT)
		SKIP(scene, "needs %s", paths[scene->number]);
	SETUP(scene, fd);
	scene_pipe(scene, end);
	if (scene->number != DEVICE_NULL) {
		EXPECT_INT(scene, splice(fd, NULL, end[1], NULL, 8, 0), 8);
		EXPECT_INT(scene, read(end[0], got, 8), 8);
		EXPECT_BYTES(scene, got, "\0\0\0\0\0\0\0", 8);
		return;
	}
	SETUP(scene, write(end[1], "abc", 3));
	EXPECT_INT(scene, splice(end[0], NULL, fd, NULL, 3, 0), 3);
	SETUP(scene, ioctl(end[0], FIONREAD, &left));
	EXPECT_INT(scene, left, 0);
}

static void proc_read(struct scene *scene)
{
	int fd = SETUP(scene, open("/proc/version", O_RDONLY | O_CLOEXEC)), end[2];
	char got[4096], want[4096];
	ssize_t size = SETUP(scene, pread(fd, want, sizeof want, 0));

	scene_pipe(scene, end);
	EXPECT_INT(scene, splice(fd, NULL, end[1], NULL, sizeof got, 0), size);
	EXPECT_INT(scene, read(end[0], got, sizeof got), size);
	EXPECT_BYTES(scene, got, want, (size_t)size);
}

static void socket_out(struct scene *scene)
{
	int end[2], peer[2];
	char got[8];

	scene_pipe(scene, end);
	socket_pair(scene, (int)scene->number, peer);
	SETUP(scene, write(end[1], "abcde", 5));
	EXPECT_INT(scene, splice(end[0], NULL, peer[0], NULL, 5, 0), 5);
	EXPECT_INT(scene, socket_receive(scene, peer[1], got, 8, 0), 5);
	EXPECT_BYTES(scene, got, "abcde", 5);
}

static void socket_in(struct scene *scene)
{
	int end[2], peer[2];
	char got[8];

	scene_pipe(scene, end);
	socket_pair(scene, SOCK_STREAM, peer);
	SETUP(scene, send(peer[0], "abcde", 5, 0));
	EXPECT_INT(scene, splice(peer[1], NULL, end[1], NULL, 3, 0), 3);
	EXPECT_INT(scene, splice(peer[1], NULL, end[1], NULL, 8, 0), 2);
	EXPECT_INT(scene, read(end[0], got, 8), 5);
	EXPECT_BYTES(scene, got, "abcde", 5);
	close(peer[0]);
	PROMISED(scene, "the end of file of a closed socket");
	EXPECT_INT(scene, splice(peer[1], NULL, end[1], NULL, 8, 0), 0);
	arrived(scene);
}

static const struct value device_values[] = {
	{ "from_zero", DEVICE_ZERO },
	{ "from_full", DEVICE_FULL },
	{ "to_null", DEVICE_NULL },
	{ NULL, 0 },
};

static const struct check checks[] = {
	{ .id = "splice.file.offsets", .run = offsets_in },
	{ .id = "splice.file.offsets_out", .run = offsets_out },
	{ .id = "splice.file.small_pipe_partial", .run = small_pipe_partial },
	{ .id = "splice.page.aliases_pagecache", .run = aliases_pagecache },
	{ .id = "splice.dirtypipe.cve_2022_0847", .run = dirtypipe },
	{ .id = "splice.dev.zero_null_full", .run = devices, .values = device_values },
	{ .id = "splice.proc.read", .run = proc_read, .needs = NEED_PROC },
	{ .id = "splice.socket.out",
		.run = socket_out,
		.values = socket_connection_types },
	{ .id = "splice.socket.in", .run = socket_in },
	{ .id = NULL },
};

const struct suite splice_file_suite = { "splice_file", checks };
