/* Opening FIFOs: who waits for whom, and who may. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/pipe_help.h"

/* open(2) goes by either. */
#ifdef SYS_open
#define IN_OPEN SYS_open, SYS_openat
#else
#define IN_OPEN SYS_openat
#endif

static const struct value sides[] = { { "reader", O_RDONLY }, { "writer", O_WRONLY },
	{ NULL, 0 } };

static int other_side(const struct scene *scene)
{
	return scene->number == O_RDONLY ? O_WRONLY : O_RDONLY;
}

static void make(struct scene *scene)
{
	SETUP(scene, mkfifo("fifo", 0600));
}

static void blocks_until_peer(struct scene *scene)
{
	pid_t child;

	make(scene);
	child = scene_fork(scene);
	if (child == 0) {
		EXPECT_OK(scene, open("fifo", (int)scene->number));
		_exit(0);
	}
	EXPECT_BLOCKED(scene, child, IN_OPEN);
	PROMISED(scene, "the open returns");
	EXPECT_OK(scene, open("fifo", other_side(scene)));
	arrived(scene);
	EXPECT_EXIT(scene, child, 0);
}

static void nonblock(struct scene *scene)
{
	int reader, writer;
	char got;

	make(scene);
	EXPECT_ERROR(scene, open("fifo", O_WRONLY | O_NONBLOCK), ENXIO);
	PROMISED(scene, "the open of a reader returns");
	reader = EXPECT_OK(scene, open("fifo", O_RDONLY | O_NONBLOCK));
	arrived(scene);
	EXPECT_INT(scene, read(reader, &got, 1), 0);
	writer = EXPECT_OK(scene, open("fifo", O_WRONLY | O_NONBLOCK));
	EXPECT_ERROR(scene, read(reader, &got, 1), EAGAIN);
	EXPECT_INT(scene, write(writer, "x", 1), 1);
	EXPECT_INT(scene, read(reader, &got, 1), 1);
}

/* The reader has not run yet when the writer is gone again. */
static void fast_close(struct scene *scene)
{
	pid_t reader;
	int writer;

	make(scene);
	reader = scene_fork(scene);
	if (reader == 0) {
		int fd = EXPECT_OK(scene, open("fifo", O_RDONLY));
		char got;

		EXPECT_INT(scene, read(fd, &got, 1), 0);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, reader, IN_OPEN);
	writer = EXPECT_OK(scene, open("fifo", O_WRONLY | O_NONBLOCK));
	close(writer);
	EXPECT_EXIT(scene, reader, 0);
}

static struct scene *handled;

static void tell(int number)
{
	(void)number;
	scene_open(handled, 0);
}

static pid_t interrupted(struct scene *scene, int flags)
{
	struct sigaction action = { .sa_handler = tell, .sa_flags = flags };
	pid_t child;

	make(scene);
	handled = scene;
	SETUP(scene, sigaction(SIGUSR1, &action, NULL));
	child = scene_fork(scene);
	if (child == 0) {
		if (flags & SA_RESTART)
			EXPECT_OK(scene, open("fifo", (int)scene->number));
		else
			EXPECT_ERROR(scene, open("fifo", (int)scene->number), EINTR);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, child, IN_OPEN);
	SETUP(scene, kill(child, SIGUSR1));
	return child;
}

static void eintr(struct scene *scene)
{
	pid_t child = interrupted(scene, 0);

	EXPECT_EXIT(scene, child, 0);
	/* Nobody is there any more. */
	if (scene->number == O_RDONLY)
		EXPECT_ERROR(scene, open("fifo", O_WRONLY | O_NONBLOCK), ENXIO);
}

static void sa_restart(struct scene *scene)
{
	pid_t child = interrupted(scene, SA_RESTART);

	PROMISED(scene, "the handler runs");
	scene_wait(scene, 0);
	arrived(scene);
	EXPECT_BLOCKED(scene, child, IN_OPEN);
	PROMISED(scene, "the open returns");
	EXPECT_OK(scene, open("fifo", other_side(scene)));
	arrived(scene);
	EXPECT_EXIT(scene, child, 0);
}

static const struct value modes[] = { { "blocking", 0 }, { "nonblocking", O_NONBLOCK },
	{ NULL, 0 } };

static void rdwr(struct scene *scene)
{
	char got;
	int fd;

	make(scene);
	PROMISED(scene, "the open returns");
	fd = EXPECT_OK(scene, open("fifo", O_RDWR | (int)scene->number));
	arrived(scene);
	EXPECT_INT(scene, write(fd, "x", 1), 1);
	EXPECT_INT(scene, read(fd, &got, 1), 1);
	EXPECT_BYTES(scene, &got, "x", 1);
}

/* What the mode does not allow to anybody, its owner included. */
static const struct value rights[] = { { "read", 0222 }, { "write", 0444 },
	{ "read_and_write", 0 }, { NULL, 0 } };

static void try_to_open(struct scene *scene)
{
	bool may_read = scene->number & 04, may_write = scene->number & 02;

	if (geteuid() == 0)
		scene_become_nobody(scene);
	/* Rights come before the question whether there is a peer. */
	if (may_write)
		EXPECT_ERROR(scene, open("fifo", O_WRONLY | O_NONBLOCK), ENXIO);
	else
		EXPECT_ERROR(scene, open("fifo", O_WRONLY | O_NONBLOCK), EACCES);
	if (may_read)
		EXPECT_OK(scene, open("fifo", O_RDONLY | O_NONBLOCK));
	else
		EXPECT_ERROR(scene, open("fifo", O_RDONLY | O_NONBLOCK), EACCES);
	EXPECT_ERROR(scene, open("fifo", O_RDWR | O_NONBLOCK), EACCES);
}

static void eacces(struct scene *scene)
{
	pid_t child;

	make(scene);
	SETUP(scene, chmod("fifo", (mode_t)scene->number));
	SETUP(scene, chmod(".", 0711)); /* for whoever root becomes */
	child = scene_fork(scene);
	if (child == 0) {
		try_to_open(scene);
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
}

/* The shell tells how far it has come; it may be a program of another architecture, whose
 * system calls have other numbers, so its state has to do. */
static void echo_blocks(struct scene *scene)
{
	char got[8];
	pid_t shell;
	int fd, said[2];

	make(scene);
	scene_pipe(scene, said);
	shell = scene_fork(scene);
	if (shell == 0) {
		SETUP(scene, dup2(said[1], 1));
		execl("/bin/sh", "sh", "-c", "echo a; echo hi >fifo; echo b",
			(char *)NULL);
		SKIP(scene, "needs /bin/sh");
	}
	pipe_read_all(scene, said[0], got, 2);
	EXPECT_BYTES(scene, got, "a\n", 2);
	EXPECT_STATE(scene, shell, "S");
	scene_nonblock(scene, said[0], true);
	EXPECT_ERROR(scene, read(said[0], got, 2), EAGAIN);
	fd = EXPECT_OK(scene, open("fifo", O_RDONLY));
	pipe_read_all(scene, fd, got, 3);
	EXPECT_BYTES(scene, got, "hi\n", 3);
	EXPECT_EXIT(scene, shell, 0);
	EXPECT_INT(scene, read(fd, got, 1), 0);
	EXPECT_INT(scene, read(said[0], got, 2), 2);
	EXPECT_BYTES(scene, got, "b\n", 2);
}

static const struct check checks[] = {
	{ .id = "fifo.open.blocks_until_peer",
		.run = blocks_until_peer,
		.needs = NEED_PROC,
		.values = sides },
	{ .id = "fifo.open.nonblock_enxio_read_zero", .run = nonblock },
	{ .id = "fifo.open.pairing_survives_fast_close",
		.run = fast_close,
		.needs = NEED_PROC },
	{ .id = "fifo.open.eintr", .run = eintr, .needs = NEED_PROC, .values = sides },
	{ .id = "fifo.open.sa_restart",
		.run = sa_restart,
		.needs = NEED_PROC,
		.values = sides },
	{ .id = "fifo.open.rdwr_linux", .run = rdwr, .values = modes },
	{ .id = "fifo.perm.eacces", .run = eacces, .values = rights },
	{ .id = "fifo.shell.echo_blocks", .run = echo_blocks, .needs = NEED_PROC },
	{ .id = NULL },
};

const struct suite fifo_open_suite = { "fifo_open", checks };
