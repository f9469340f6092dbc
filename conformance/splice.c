/* splice(2) and tee(2) between pipes. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "conformance/check.h"

/* Two pipes, the first with these bytes in it. */
static void two_pipes(
	struct scene *scene, const char *bytes, size_t size, int in[2], int out[2])
{
	scene_pipe(scene, in);
	scene_pipe(scene, out);
	if (size)
		SETUP(scene, write(in[1], bytes, size));
}

static int bytes_in(struct scene *scene, int fd)
{
	int count = -1;

	SETUP(scene, ioctl(fd, FIONREAD, &count));
	return count;
}

static void pipe_moves(struct scene *scene)
{
	int in[2], out[2];
	char got[8];

	two_pipes(scene, "abcde", 5, in, out);
	EXPECT_INT(scene, splice(in[0], NULL, out[1], NULL, 3, 0), 3);
	EXPECT_INT(scene, bytes_in(scene, in[0]), 2);
	EXPECT_INT(scene, bytes_in(scene, out[0]), 3);
	EXPECT_INT(scene, splice(in[0], NULL, out[1], NULL, 100, 0), 2);
	EXPECT_INT(scene, bytes_in(scene, in[0]), 0);
	EXPECT_INT(scene, read(out[0], got, 8), 5);
	EXPECT_BYTES(scene, got, "abcde", 5);
}

enum mistake {
	SAME_PIPE,
	NO_PIPE,
	TO_APPEND,
	OFFSET_IN,
	OFFSET_OUT,
	BAD_IN,
	BAD_OUT,
	NOT_READABLE,
	NOT_WRITABLE
};

static void pipe_errors(struct scene *scene)
{
	int in[2], out[2], file, append;
	loff_t offset = 0;

	two_pipes(scene, "abc", 3, in, out);
	file = SETUP(scene, open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	append = SETUP(scene, open("file", O_WRONLY | O_APPEND | O_CLOEXEC));
	switch ((enum mistake)scene->number) {
	case SAME_PIPE:
		EXPECT_ERROR(scene, splice(in[0], NULL, in[1], NULL, 1, 0), EINVAL);
		break;
	case NO_PIPE:
		EXPECT_ERROR(scene, splice(file, NULL, file, NULL, 1, 0), EINVAL);
		break;
	case TO_APPEND:
		EXPECT_ERROR(scene, splice(in[0], NULL, append, NULL, 1, 0), EINVAL);
		break;
	case OFFSET_IN:
		EXPECT_ERROR(scene, splice(in[0], &offset, out[1], NULL, 1, 0), ESPIPE);
		break;
	case OFFSET_OUT:
		EXPECT_ERROR(scene, splice(in[0], NULL, out[1], &offset, 1, 0), ESPIPE);
		break;
	case BAD_IN:
		EXPECT_ERROR(scene, splice(-1, NULL, out[1], NULL, 1, 0), EBADF);
		break;
	case BAD_OUT:
		EXPECT_ERROR(scene, splice(in[0], NULL, -1, NULL, 1, 0), EBADF);
		break;
	case NOT_READABLE:
		EXPECT_ERROR(scene, splice(in[1], NULL, out[1], NULL, 1, 0), EBADF);
		break;
	default:
		EXPECT_ERROR(scene, splice(in[0], NULL, out[0], NULL, 1, 0), EBADF);
	}
	EXPECT_INT(scene, bytes_in(scene, in[0]), 3);
}

static void empty_eagain_eof_zero(struct scene *scene)
{
	int in[2], out[2];

	two_pipes(scene, "", 0, in, out);
	PROMISED(scene, "EAGAIN of an empty pipe");
	EXPECT_ERROR(
		scene, splice(in[0], NULL, out[1], NULL, 1, SPLICE_F_NONBLOCK), EAGAIN);
	arrived(scene);
	close(in[1]);
	PROMISED(scene, "the end of file of a pipe without writers");
	EXPECT_INT(scene, splice(in[0], NULL, out[1], NULL, 1, 0), 0);
	arrived(scene);
}

static void full_eagain(struct scene *scene)
{
	int in[2], out[2];

	two_pipes(scene, "abc", 3, in, out);
	scene_fill(scene, out[1], 4096);
	PROMISED(scene, "EAGAIN of a full pipe");
	EXPECT_ERROR(
		scene, splice(in[0], NULL, out[1], NULL, 3, SPLICE_F_NONBLOCK), EAGAIN);
	arrived(scene);
	EXPECT_INT(scene, bytes_in(scene, in[0]), 3);
}

static void empty_blocks(struct scene *scene)
{
	int in[2], out[2];
	pid_t mover;

	two_pipes(scene, "", 0, in, out);
	mover = scene_fork(scene);
	if (mover == 0) {
		EXPECT_INT(scene, splice(in[0], NULL, out[1], NULL, 8, 0), 1);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, mover, SYS_splice);
	SETUP(scene, write(in[1], "x", 1));
	EXPECT_EXIT(scene, mover, 0);
	EXPECT_INT(scene, bytes_in(scene, out[0]), 1);
}

static void nothing(struct scene *scene)
{
	int in[2], out[2];

	two_pipes(scene, "abc", 3, in, out);
	EXPECT_INT(scene, splice(in[0], NULL, out[1], NULL, 0, 0), 0);
	EXPECT_INT(scene, bytes_in(scene, in[0]), 3);
}

static void no_reader(struct scene *scene)
{
	int in[2], out[2];

	two_pipes(scene, "abc", 3, in, out);
	close(out[0]);
	scene_catch(scene, SIGPIPE, 0);
	EXPECT_ERROR(scene, splice(in[0], NULL, out[1], NULL, 3, 0), EPIPE);
	EXPECT_INT(scene, scene_caught(SIGPIPE), 1);
}

static void to_eventfd(struct scene *scene)
{
	int in[2], out[2], event = SETUP(scene, eventfd(0, EFD_CLOEXEC));

	two_pipes(scene, "12345678", 8, in, out);
	EXPECT_ERROR(scene, splice(in[0], NULL, event, NULL, 8, 0), EINVAL);
	EXPECT_INT(scene, bytes_in(scene, in[0]), 8);
}

static void tee_dup(struct scene *scene)
{
	int in[2], out[2];
	char got[8];

	two_pipes(scene, "abcde", 5, in, out);
	EXPECT_INT(scene, tee(in[0], out[1], 3, 0), 3);
	EXPECT_INT(scene, tee(in[0], out[1], 100, 0), 5);
	EXPECT_INT(scene, read(out[0], got, 8), 8);
	EXPECT_BYTES(scene, got, "abcabcde", 8);
	EXPECT_INT(scene, read(in[0], got, 8), 5);
	EXPECT_BYTES(scene, got, "abcde", 5);
}

static void tee_errors(struct scene *scene)
{
	int in[2], out[2], file;

	two_pipes(scene, "abc", 3, in, out);
	file = SETUP(scene, open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	switch ((enum mistake)scene->number) {
	case SAME_PIPE:
		EXPECT_ERROR(scene, tee(in[0], in[1], 1, 0), EINVAL);
		break;
	case NO_PIPE:
		EXPECT_ERROR(scene, tee(file, out[1], 1, 0), EINVAL);
		EXPECT_ERROR(scene, tee(in[0], file, 1, 0), EINVAL);
		break;
	default:
		EXPECT_ERROR(scene, tee(-1, out[1], 1, 0), EBADF);
	}
	EXPECT_INT(scene, bytes_in(scene, in[0]), 3);
}

static void tee_block_nonblock(struct scene *scene)
{
	int in[2], out[2];
	pid_t mover;

	two_pipes(scene, "", 0, in, out);
	PROMISED(scene, "EAGAIN of an empty pipe");
	EXPECT_ERROR(scene, tee(in[0], out[1], 1, SPLICE_F_NONBLOCK), EAGAIN);
	arrived(scene);
	mover = scene_fork(scene);
	if (mover == 0) {
		close(in[1]);
		EXPECT_INT(scene, tee(in[0], out[1], 8, 0), 1);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, mover, SYS_tee);
	SETUP(scene, write(in[1], "x", 1));
	EXPECT_EXIT(scene, mover, 0);
	SETUP(scene, read(in[0], &(char) { 0 }, 1));
	close(in[1]);
	PROMISED(scene, "the end of file of a pipe without writers");
	EXPECT_INT(scene, tee(in[0], out[1], 1, 0), 0);
	arrived(scene);
}

static const struct value mistakes[] = {
	{ "same_pipe", SAME_PIPE },
	{ "no_pipe", NO_PIPE },
	{ "to_append", TO_APPEND },
	{ "offset_in", OFFSET_IN },
	{ "offset_out", OFFSET_OUT },
	{ "bad_in", BAD_IN },
	{ "bad_out", BAD_OUT },
	{ "not_readable", NOT_READABLE },
	{ "not_writable", NOT_WRITABLE },
	{ NULL, 0 },
};

static const struct value tee_mistakes[] = {
	{ "same_pipe", SAME_PIPE },
	{ "no_pipe", NO_PIPE },
	{ "bad_in", BAD_IN },
	{ NULL, 0 },
};

static const struct check checks[] = {
	{ .id = "splice.pipe.basic_and_errors", .run = pipe_errors, .values = mistakes },
	{ .id = "splice.pipe.empty_eagain_eof_zero", .run = empty_eagain_eof_zero },
	{ .id = "splice.pipe.moves", .run = pipe_moves },
	{ .id = "splice.pipe.full_eagain", .run = full_eagain },
	{ .id = "splice.pipe.empty_blocks", .run = empty_blocks, .needs = NEED_PROC },
	{ .id = "splice.pipe.nothing", .run = nothing },
	{ .id = "splice.pipe.no_reader", .run = no_reader },
	{ .id = "splice.eventfd.einval", .run = to_eventfd },
	{ .id = "tee.dup_without_consume", .run = tee_dup },
	{ .id = "tee.errors", .run = tee_errors, .values = tee_mistakes },
	{ .id = "tee.block_nonblock", .run = tee_block_nonblock, .needs = NEED_PROC },
	{ .id = NULL },
};

const struct suite splice_suite = { "splice", checks };
