/* sendfile(2) and copy_file_range(2). */
#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "conformance/socket_help.h"
#include "conformance/splice_help.h"

static void semantics(struct scene *scene)
{
	int fd = splice_file_with(scene, "file", "abcdefgh", 8), end[2];
	off_t offset = 4;
	char got[16];

	socket_pair(scene, SOCK_STREAM, end);
	EXPECT_INT(scene, sendfile(end[0], fd, &offset, 3), 3);
	EXPECT_INT(scene, offset, 7);
	EXPECT_INT(scene, lseek(fd, 0, SEEK_CUR), 0);
	EXPECT_INT(scene, sendfile(end[0], fd, NULL, 2), 2);
	EXPECT_INT(scene, lseek(fd, 0, SEEK_CUR), 2);
	EXPECT_INT(scene, sendfile(end[0], fd, &offset, 100), 1);
	EXPECT_INT(scene, offset, 8);
	EXPECT_INT(scene, sendfile(end[0], fd, &offset, 100), 0);
	EXPECT_INT(scene, offset, 8);
	EXPECT_INT(scene, socket_receive(scene, end[1], got, 6, MSG_WAITALL), 6);
	EXPECT_BYTES(scene, got, "efgabh", 6);
	EXPECT_ERROR(scene, recv(end[1], got, 1, MSG_DONTWAIT), EAGAIN);
}

enum mistake { FROM_PIPE, FROM_SOCKET, TO_APPEND, NOT_READABLE, NOT_WRITABLE, OFFSET };

static void errors(struct scene *scene)
{
	int fd = splice_file_with(scene, "file", "abcdefgh", 8), end[2], peer[2];
	off_t offset = 0;

	scene_pipe(scene, end);
	SETUP(scene, write(end[1], "abc", 3));
	socket_pair(scene, SOCK_STREAM, peer);
	SETUP(scene, send(peer[1], "abc", 3, 0));
	switch ((enum mistake)scene->number) {
	case FROM_PIPE:
		EXPECT_ERROR(scene, sendfile(peer[0], end[0], NULL, 1), EINVAL);
		break;
	case FROM_SOCKET:
		EXPECT_ERROR(scene, sendfile(fd, peer[0], NULL, 1), EINVAL);
		break;
	case TO_APPEND:
		peer[0] = SETUP(scene, open("to", O_WRONLY | O_CREAT | O_APPEND, 0600));
		EXPECT_ERROR(scene, sendfile(peer[0], fd, NULL, 1), EINVAL);
		break;
	case NOT_READABLE:
		fd = SETUP(scene, open("file", O_WRONLY | O_CLOEXEC));
		EXPECT_ERROR(scene, sendfile(peer[0], fd, NULL, 1), EBADF);
		break;
	case NOT_WRITABLE:
		EXPECT_ERROR(scene, sendfile(end[0], fd, NULL, 1), EBADF);
		break;
	default:
		EXPECT_ERROR(scene, sendfile(peer[0], end[0], &offset, 1), ESPIPE);
	}
	EXPECT_INT(scene, offset, 0);
}

static void out_offset_correct(struct scene *scene)
{
	int from = splice_file_with(scene, "from", "abcdefgh", 8);
	int to = splice_file_with(scene, "to", "----------", 10);
	off_t offset = 4;
	char got[10];

	SETUP(scene, lseek(to, 1, SEEK_SET));
	EXPECT_INT(scene, sendfile(to, from, &offset, 3), 3);
	EXPECT_INT(scene, lseek(to, 0, SEEK_CUR), 4);
	EXPECT_INT(scene, sendfile(to, from, &offset, 1), 1);
	EXPECT_INT(scene, pread(to, got, 10, 0), 10);
	EXPECT_BYTES(scene, got, "-efgh-----", 10);
}

static void large_offset(struct scene *scene)
{
	const off_t start = (off_t)3 << 30;
	int fd = splice_file_with(scene, "file", "", 0), end[2];
	off_t offset = start;
	char got[8];

	SETUP(scene, pwrite(fd, "abcd", 4, start));
	socket_pair(scene, SOCK_STREAM, end);
	EXPECT_INT(scene, sendfile(end[0], fd, &offset, 2), 2);
	EXPECT_INT(scene, offset, start + 2);
	SETUP(scene, lseek(fd, start + 2, SEEK_SET));
	EXPECT_INT(scene, sendfile(end[0], fd, NULL, 100), 2);
	EXPECT_INT(scene, lseek(fd, 0, SEEK_CUR), start + 4);
	EXPECT_INT(scene, socket_receive(scene, end[1], got, 4, MSG_WAITALL), 4);
	EXPECT_BYTES(scene, got, "abcd", 4);
}

static void eagain_full(struct scene *scene)
{
	const size_t size = 1 << 24;
	int fd = splice_file_with(scene, "file", "", 0), end[2];
	off_t offset = 0;
	int64_t sent = 0;
	ssize_t got;

	SETUP(scene, ftruncate(fd, (off_t)size));
	socket_pair(scene, SOCK_STREAM, end);
	scene_nonblock(scene, end[0], true);
	PROMISED(scene, "EAGAIN of a full socket");
	while ((got = sendfile(end[0], fd, &offset, size)) > 0) {
		sent += got;
		EXPECT_INT(scene, offset, sent);
	}
	EXPECT_ERROR(scene, got, EAGAIN);
	arrived(scene);
	note(scene, "%lld bytes", (long long)sent);
	EXPECT_INT(scene, offset, sent);
	EXPECT_INT(scene, socket_drain(scene, end[1]), sent);
}

static void zero_copy_alias(struct scene *scene)
{
	int fd = splice_file_with(scene, "file", "old!", 4), end[2];
	char got[4];

	socket_pair(scene, SOCK_STREAM, end);
	EXPECT_INT(scene, sendfile(end[0], fd, NULL, 4), 4);
	SETUP(scene, pwrite(fd, "new!", 4, 0));
	EXPECT_INT(scene, socket_receive(scene, end[1], got, 4, MSG_WAITALL), 4);
	splice_expect_old_or_new(scene, got);
}

static void to_pipe(struct scene *scene)
{
	int fd = splice_file_with(scene, "file", "abcdefgh", 8), end[2];
	char got[8];

	scene_pipe(scene, end);
	EXPECT_INT(scene, sendfile(end[1], fd, NULL, 5), 5);
	EXPECT_INT(scene, read(end[0], got, 8), 5);
	EXPECT_BYTES(scene, got, "abcde", 5);
}

static void range_pipe(struct scene *scene)
{
	int fd = splice_file_with(scene, "file", "abcdefgh", 8), end[2];

	scene_pipe(scene, end);
	SETUP(scene, write(end[1], "abc", 3));
	if (scene->number)
		EXPECT_ERROR(
			scene, copy_file_range(end[0], NULL, fd, NULL, 1, 0), EINVAL);
	else
		EXPECT_ERROR(
			scene, copy_file_range(fd, NULL, end[1], NULL, 1, 0), EINVAL);
}

static void range_offsets(struct scene *scene)
{
	int from = splice_file_with(scene, "from", "abcdefgh", 8);
	int to = splice_file_with(scene, "to", "----------", 10);
	loff_t in = 4, out = 6;
	char got[10];

	EXPECT_INT(scene, copy_file_range(from, &in, to, &out, 3, 0), 3);
	EXPECT_INT(scene, in, 7);
	EXPECT_INT(scene, out, 9);
	EXPECT_INT(scene, lseek(from, 0, SEEK_CUR), 0);
	EXPECT_INT(scene, lseek(to, 0, SEEK_CUR), 0);
	EXPECT_INT(scene, copy_file_range(from, NULL, to, NULL, 2, 0), 2);
	EXPECT_INT(scene, lseek(from, 0, SEEK_CUR), 2);
	EXPECT_INT(scene, lseek(to, 0, SEEK_CUR), 2);
	EXPECT_INT(scene, pread(to, got, 10, 0), 10);
	EXPECT_BYTES(scene, got, "ab----efg-", 10);
	in = 8;
	EXPECT_INT(scene, copy_file_range(from, &in, to, &out, 3, 0), 0);
}

static void range_append(struct scene *scene)
{
	int from = splice_file_with(scene, "from", "abcdefgh", 8);
	int to = SETUP(
		scene, open("to", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));

	EXPECT_ERROR(scene, copy_file_range(from, NULL, to, NULL, 1, 0), EBADF);
}

static void range_overlap(struct scene *scene)
{
	int fd = splice_file_with(scene, "file", "abcdefgh", 8);
	loff_t in = 0, out = 2;

	EXPECT_ERROR(scene, copy_file_range(fd, &in, fd, &out, 4, 0), EINVAL);
	EXPECT_INT(scene, in, 0);
}

static const struct value mistakes[] = {
	{ "from_pipe", FROM_PIPE },
	{ "from_socket", FROM_SOCKET },
	{ "to_append", TO_APPEND },
	{ "not_readable", NOT_READABLE },
	{ "not_writable", NOT_WRITABLE },
	{ "offset_of_pipe", OFFSET },
	{ NULL, 0 },
};

static const struct value directions[] = {
	{ "from", 1 },
	{ "to", 0 },
	{ NULL, 0 },
};

static const struct check checks[] = {
	{ .id = "sendfile.semantics", .run = semantics },
	{ .id = "sendfile.out_offset_correct", .run = out_offset_correct },
	{ .id = "sendfile.large_offset", .run = large_offset },
	{ .id = "sendfile.eagain_full", .run = eagain_full },
	{ .id = "sendfile.zero_copy_alias", .run = zero_copy_alias },
	{ .id = "sendfile.errors", .run = errors, .values = mistakes },
	{ .id = "sendfile.to_pipe", .run = to_pipe },
	{ .id = "copy_file_range.pipe_einval", .run = range_pipe, .values = directions },
	{ .id = "copy_file_range.offsets", .run = range_offsets },
	{ .id = "copy_file_range.append", .run = range_append },
	{ .id = "copy_file_range.overlap", .run = range_overlap },
	{ .id = NULL },
};

const struct suite sendfile_suite = { "sendfile", checks };
