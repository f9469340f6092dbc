/* FIFOs as names in the file system. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/pipe_help.h"

static const struct value masks[] = { { "umask_000", 0 }, { "umask_022", 022 },
	{ "umask_077", 077 }, { "umask_777", 0777 }, { NULL, 0 } };

static void type_mode(struct scene *scene)
{
	mode_t mask = (mode_t)scene->number;
	struct stat status;

	umask(mask);
	EXPECT_OK(scene, mkfifo("fifo", 0764));
	EXPECT_OK(scene, stat("fifo", &status));
	EXPECT(scene, S_ISFIFO(status.st_mode), "mode 0%o", (unsigned)status.st_mode);
	EXPECT_INT(scene, status.st_mode & 07777, 0764 & ~mask);
	EXPECT_INT(scene, status.st_uid, geteuid());
	EXPECT_ERROR(scene, mkfifo("fifo", 0600), EEXIST);
}

enum { DANGLING, TO_FIFO };
static const struct value links[] = { { "dangling", DANGLING }, { "to_fifo", TO_FIFO },
	{ NULL, 0 } };

static void symlink_eexist(struct scene *scene)
{
	struct stat status;

	if (scene->number == TO_FIFO)
		SETUP(scene, mkfifo("target", 0600));
	SETUP(scene, symlink("target", "link"));
	EXPECT_ERROR(scene, mkfifo("link", 0600), EEXIST);
	EXPECT_OK(scene, lstat("link", &status));
	EXPECT(scene, S_ISLNK(status.st_mode), "mode 0%o", (unsigned)status.st_mode);
	if (scene->number == DANGLING)
		EXPECT_ERROR(scene, stat("target", &status), ENOENT);
}

/* Paths at which there can be no FIFO. */
static const struct value errors[] = { { "enoent", ENOENT }, { "enotdir", ENOTDIR },
	{ "enametoolong", ENAMETOOLONG }, { "eexist_file", EEXIST }, { NULL, 0 } };

static void create_errors(struct scene *scene)
{
	char long_name[4096];
	const char *path = "file";

	SETUP(scene, close(SETUP(scene, open("file", O_CREAT | O_WRONLY, 0600))));
	memset(long_name, 'n', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = '\0';
	if (scene->number == ENOENT)
		path = "missing/fifo";
	else if (scene->number == ENOTDIR)
		path = "file/fifo";
	else if (scene->number == ENAMETOOLONG)
		path = long_name;
	EXPECT_ERROR(scene, mkfifo(path, 0600), (int)scene->number);
}

/* A shell's command that says "p" or nothing, on a pipe. */
static const struct value commands[] = { { "ls", 0 }, { "test", 1 }, { NULL, 0 } };

static void type_p(struct scene *scene)
{
	static const char *const command[] = { "ls -ld fifo", "test -p fifo && echo p" };
	char got[16] = "";
	int end[2], status;
	ssize_t length;
	pid_t shell;

	SETUP(scene, mkfifo("fifo", 0600));
	scene_pipe(scene, end);
	shell = scene_fork(scene);
	if (shell == 0) {
		SETUP(scene, dup2(end[1], 1));
		close(end[0]);
		close(end[1]);
		execl("/bin/sh", "sh", "-c", command[scene->number], (char *)NULL);
		SKIP(scene, "needs /bin/sh");
	}
	close(end[1]);
	PROMISED(scene, "the command says the type");
	length = read(end[0], got, sizeof got);
	arrived(scene);
	close(end[0]);
	status = REAP(scene, shell, "the shell ends");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		SKIP(scene, "needs ls");
	EXPECT(scene, length > 0, "nothing is said");
	EXPECT_BYTES(scene, got, "p", 1);
}

static void open_both(struct scene *scene, int end[2])
{
	end[0] = EXPECT_OK(scene, open("fifo", O_RDONLY | O_NONBLOCK));
	end[1] = EXPECT_OK(scene, open("fifo", O_WRONLY | O_NONBLOCK));
}

static void unlink_while_open(struct scene *scene)
{
	int end[2], other[2];
	char got[4];

	SETUP(scene, mkfifo("fifo", 0600));
	open_both(scene, end);
	EXPECT_OK(scene, unlink("fifo"));
	EXPECT_ERROR(scene, open("fifo", O_RDONLY | O_NONBLOCK), ENOENT);
	EXPECT_OK(scene, mkfifo("fifo", 0600));
	EXPECT_ERROR(scene, open("fifo", O_WRONLY | O_NONBLOCK), ENXIO);
	open_both(scene, other);
	EXPECT_INT(scene, write(end[1], "ab", 2), 2);
	EXPECT_ERROR(scene, read(other[0], got, sizeof got), EAGAIN);
	EXPECT_INT(scene, read(end[0], got, sizeof got), 2);
	EXPECT_BYTES(scene, got, "ab", 2);
}

enum { LINKED, RENAMED, SYMBOLIC };
static const struct value names[] = { { "link", LINKED }, { "rename", RENAMED },
	{ "symlink", SYMBOLIC }, { NULL, 0 } };

/* By whatever name it is opened, it is the same FIFO. */
static void other_names(struct scene *scene)
{
	int reader, writer;
	char got[4];

	SETUP(scene, mkfifo("fifo", 0600));
	reader = EXPECT_OK(scene, open("fifo", O_RDONLY | O_NONBLOCK));
	if (scene->number == LINKED)
		EXPECT_OK(scene, link("fifo", "other"));
	else if (scene->number == RENAMED)
		EXPECT_OK(scene, rename("fifo", "other"));
	else
		EXPECT_OK(scene, symlink("fifo", "other"));
	writer = EXPECT_OK(scene, open("other", O_WRONLY | O_NONBLOCK));
	EXPECT_INT(scene, write(writer, "ab", 2), 2);
	EXPECT_INT(scene, read(reader, got, sizeof got), 2);
	EXPECT_BYTES(scene, got, "ab", 2);
}

static void not_on_disk(struct scene *scene)
{
	struct stat before, after;
	int64_t filled;
	int end[2];
	char got;

	SETUP(scene, mkfifo("fifo", 0600));
	SETUP(scene, stat("fifo", &before));
	open_both(scene, end);
	filled = pipe_fill(scene, end[1]);
	EXPECT_OK(scene, stat("fifo", &after));
	EXPECT_INT(scene, after.st_size, 0);
	EXPECT_INT(scene, after.st_blocks, before.st_blocks);
	note(scene, "%lld bytes in it", (long long)filled);
	close(end[0]);
	close(end[1]);
	open_both(scene, end);
	EXPECT_ERROR(scene, read(end[0], &got, 1), EAGAIN);
}

enum { O_TRUNC_OPEN, TRUNCATE, FTRUNCATE, LSEEK };
static const struct value cuts[] = { { "o_trunc", O_TRUNC_OPEN },
	{ "truncate", TRUNCATE }, { "ftruncate", FTRUNCATE }, { "lseek", LSEEK },
	{ NULL, 0 } };

static void no_cut(struct scene *scene)
{
	int end[2];
	char got[4];

	SETUP(scene, mkfifo("fifo", 0600));
	open_both(scene, end);
	SETUP(scene, write(end[1], "abc", 3));
	if (scene->number == O_TRUNC_OPEN)
		EXPECT_OK(scene, open("fifo", O_WRONLY | O_TRUNC | O_NONBLOCK));
	else if (scene->number == TRUNCATE)
		EXPECT_ERROR(scene, truncate("fifo", 0), EINVAL);
	else if (scene->number == FTRUNCATE)
		EXPECT_ERROR(scene, ftruncate(end[1], 0), EINVAL);
	else
		EXPECT_ERROR(scene, lseek(end[0], 0, SEEK_SET), ESPIPE);
	EXPECT_INT(scene, read(end[0], got, sizeof got), 3);
	EXPECT_BYTES(scene, got, "abc", 3);
}

static const struct check checks[] = {
	{ .id = "fifo.create.type_mode_umask", .run = type_mode, .values = masks },
	{ .id = "fifo.create.symlink_eexist", .run = symlink_eexist, .values = links },
	{ .id = "fifo.create.errors", .run = create_errors, .values = errors },
	{ .id = "fifo.shell.type_p", .run = type_p, .values = commands },
	{ .id = "fifo.unlink.while_open", .run = unlink_while_open },
	{ .id = "fifo.name.same_object", .run = other_names, .values = names },
	{ .id = "fifo.data.not_on_disk_discarded", .run = not_on_disk },
	{ .id = "fifo.trunc.noop_seek_espipe", .run = no_cut, .values = cuts },
	{ .id = NULL },
};

const struct suite fifo_name_suite = { "fifo_name", checks };
