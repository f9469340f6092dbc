/* What a descriptor of a file allows, and what several of them do to each other. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/file_help.h"

/* Two opens of one file are two descriptions. */
static void open_twice(struct scene *scene)
{
	int fd = file_help_of(scene, "abc"), other = SETUP(scene, open("file", O_RDONLY));
	char bytes[4];

	EXPECT_INT(scene, read(fd, bytes, 2), 2);
	EXPECT_INT(scene, lseek(other, 0, SEEK_CUR), 0);
	SETUP(scene, fcntl(fd, F_SETFL, O_NONBLOCK));
	EXPECT_INT(scene, fcntl(other, F_GETFL) & O_NONBLOCK, 0);
	SETUP(scene, pwrite(fd, "X", 1, 0));
	EXPECT_INT(scene, read(other, bytes, 4), 3);
	EXPECT_BYTES(scene, bytes, "Xbc", 3);
}

static void access_mode(struct scene *scene)
{
	int mode = (int)scene->number, fd;
	char byte = 'x';

	SETUP(scene, close(file_help_of(scene, "abc")));
	fd = SETUP(scene, open("file", mode));
	EXPECT_INT(scene, fcntl(fd, F_GETFL) & O_ACCMODE, mode);
	/* It is for life. */
	SETUP(scene, fcntl(fd, F_SETFL, mode == O_RDONLY ? O_RDWR : O_RDONLY));
	EXPECT_INT(scene, fcntl(fd, F_GETFL) & O_ACCMODE, mode);
	if (mode == O_WRONLY)
		EXPECT_ERROR(scene, read(fd, &byte, 1), EBADF);
	else
		EXPECT_INT(scene, read(fd, &byte, 1), 1);
	if (mode == O_RDONLY)
		EXPECT_ERROR(scene, write(fd, &byte, 1), EBADF);
	else
		EXPECT_INT(scene, write(fd, &byte, 1), 1);
}

/* Many processes append, and nothing is written over. */
static void append_atomic(struct scene *scene)
{
	enum { WRITERS = 3, RECORDS = 200, SIZE = 40 };
	static char text[WRITERS * RECORDS * SIZE + 1];
	int fd = SETUP(scene, open("file", O_RDWR | O_CREAT, 0600)),
	    counts[WRITERS] = { 0 };
	pid_t writers[WRITERS];

	for (int i = 0; i < WRITERS; i++) {
		writers[i] = scene_fork(scene);
		if (writers[i] == 0) {
			int own = SETUP(scene, open("file", O_WRONLY | O_APPEND));
			char record[SIZE];

			memset(record, 'a' + i, SIZE);
			scene_wait(scene, 0);
			for (int n = 0; n < RECORDS; n++)
				EXPECT_INT(scene, write(own, record, SIZE), SIZE);
			_exit(0);
		}
	}
	scene_open(scene, 0);
	for (int i = 0; i < WRITERS; i++) {
		pid_t writer = writers[i];

		EXPECT_EXIT(scene, writer, 0);
	}
	EXPECT_INT(scene, read(fd, text, sizeof text), WRITERS * RECORDS * SIZE);
	for (int n = 0; n < WRITERS * RECORDS; n++) {
		const char *record = text + (size_t)n * SIZE;

		for (int i = 1; i < SIZE; i++)
			EXPECT_INT(scene, record[i], record[0]);
		counts[record[0] - 'a']++;
	}
	for (int i = 0; i < WRITERS; i++)
		EXPECT_INT(scene, counts[i], RECORDS);
}

static void positioned(struct scene *scene)
{
	int fd = file_help_of(scene, "abcdef"), end[2];
	char bytes[2];

	SETUP(scene, lseek(fd, 1, SEEK_SET));
	EXPECT_INT(scene, pread(fd, bytes, 2, 4), 2);
	EXPECT_BYTES(scene, bytes, "ef", 2);
	EXPECT_INT(scene, pwrite(fd, "X", 1, 0), 1);
	EXPECT_INT(scene, lseek(fd, 0, SEEK_CUR), 1);
	EXPECT_INT(scene, pread(fd, bytes, 2, 100), 0);
	EXPECT_ERROR(scene, pread(fd, bytes, 2, -1), EINVAL);
	scene_pipe(scene, end);
	EXPECT_ERROR(scene, pread(end[0], bytes, 1, 0), ESPIPE);
	EXPECT_ERROR(scene, lseek(end[0], 0, SEEK_CUR), ESPIPE);
}

/* A file without a name lives as long as a descriptor of it. */
static void unlinked_lives(struct scene *scene)
{
	int fd = file_help_of(scene, "abc");
	struct stat now;
	char byte;

	EXPECT_OK(scene, unlink("file"));
	EXPECT_ERROR(scene, open("file", O_RDONLY), ENOENT);
	EXPECT_OK(scene, fstat(fd, &now));
	EXPECT_INT(scene, now.st_nlink, 0);
	EXPECT_INT(scene, read(fd, &byte, 1), 1);
	EXPECT_BYTES(scene, &byte, "a", 1);
}

static const struct value modes[] = { { "read", O_RDONLY }, { "write", O_WRONLY },
	{ "both", O_RDWR }, { NULL, 0 } };

static const struct check checks[] = {
	{ .id = "fd.open_twice", .run = open_twice },
	{ .id = "fd.access_mode", .run = access_mode, .values = modes },
	{ .id = "fd.append_atomic", .run = append_atomic },
	{ .id = "fd.positioned", .run = positioned },
	{ .id = "fd.unlinked_lives", .run = unlinked_lives },
	{ .id = NULL },
};

const struct suite descriptor_file_suite = { "descriptor_file", checks };
