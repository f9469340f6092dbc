/* The limits on what one user may have of pipes, and what a pipe that was cut by them can
 * still do. The settings are the whole machine's, and not for a check to change. */
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/pipe_help.h"

#define MAX_SIZE "/proc/sys/fs/pipe-max-size"
#define SOFT     "/proc/sys/fs/pipe-user-pages-soft"
#define HARD     "/proc/sys/fs/pipe-user-pages-hard"

/* Runs the body as a user of its own, with descriptors enough. */
static void as_nobody(struct scene *scene, void (*body)(struct scene *scene))
{
	const struct rlimit many = { 65536, 65536 };
	pid_t child = scene_fork(scene);
	struct rlimit limit;

	if (child == 0) {
		SETUP(scene, getrlimit(RLIMIT_NOFILE, &limit));
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &many))
			SETUP(scene, setrlimit(RLIMIT_NOFILE, &limit));
		scene_become_nobody(scene);
		body(scene);
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
}

static void small_default(struct scene *scene)
{
	int64_t most = pipe_setting(scene, MAX_SIZE);
	int end[2];

	EXPECT_OK(scene, pipe(end));
	EXPECT_INT(scene, fcntl(end[0], F_GETPIPE_SZ), most);
}

static void max_size_caps_new(struct scene *scene)
{
	int64_t most = pipe_setting(scene, MAX_SIZE);

	if (most >= 16 * (int64_t)pipe_page())
		SKIP(scene, "needs fs.pipe-max-size below 16 pages; it is %lld",
			(long long)most);
	as_nobody(scene, small_default);
}

/* Takes pipes until one is smaller than the first, which is left in `end`. Returns its
 * size. */
static int64_t exhaust(struct scene *scene, int end[2])
{
	int64_t soft = pipe_setting(scene, SOFT), most = pipe_setting(scene, MAX_SIZE);
	int64_t first = 0, got, pages = 0;

	if (!soft)
		SKIP(scene, "needs fs.pipe-user-pages-soft; it is 0, no limit");
	for (;;) {
		SETUP(scene, pipe(end));
		got = EXPECT_OK(scene, fcntl(end[0], F_GETPIPE_SZ));
		if (!first)
			first = got;
		if (got < first)
			return got;
		if (fcntl(end[0], F_SETPIPE_SZ, (int)most) > 0)
			got = most;
		pages += got / (int64_t)pipe_page();
		EXPECT(scene, pages <= soft + 1, "%lld pages, of %lld that are allowed",
			(long long)pages, (long long)soft);
	}
}

static void cut_to_two_pages(struct scene *scene)
{
	int end[2];

	EXPECT_INT(scene, exhaust(scene, end), 2 * pipe_page());
}

static void two_pages(struct scene *scene)
{
	as_nobody(scene, cut_to_two_pages);
}

static void try_to_grow(struct scene *scene)
{
	int end[2];

	exhaust(scene, end);
	EXPECT_ERROR(scene, fcntl(end[1], F_SETPIPE_SZ, (int)(16 * pipe_page())), EPERM);
	/* Less is always allowed. */
	EXPECT_INT(scene, fcntl(end[1], F_SETPIPE_SZ, (int)pipe_page()), pipe_page());
}

static void growth_eperm(struct scene *scene)
{
	as_nobody(scene, try_to_grow);
}

static void give_back(struct scene *scene)
{
	int64_t before;
	int end[2];

	SETUP(scene, pipe(end));
	before = EXPECT_OK(scene, fcntl(end[0], F_GETPIPE_SZ));
	exhaust(scene, end);
	for (int fd = 3; fd <= end[1]; fd++)
		close(fd);
	EXPECT_OK(scene, pipe(end));
	EXPECT_INT(scene, fcntl(end[0], F_GETPIPE_SZ), before);
}

static void given_back(struct scene *scene)
{
	as_nobody(scene, give_back);
}

static void refill(struct scene *scene)
{
	int64_t held;
	int end[2];

	exhaust(scene, end);
	held = pipe_fill(scene, end[1]);
	EXPECT_INT(scene, pipe_drain(scene, end[0], NULL, (size_t)held - 1), held - 1);
	scene_nonblock(scene, end[1], true);
	EXPECT_INT(scene, write(end[1], "x", 1), 1);
}

static void no_deadlock(struct scene *scene)
{
	as_nobody(scene, refill);
}

static void open_to_the_limit(struct scene *scene)
{
	int64_t hard = pipe_setting(scene, HARD), most = pipe_setting(scene, MAX_SIZE);
	int64_t pages = 0, got;
	int end[2];

	while (pipe(end) == 0) {
		got = EXPECT_OK(scene, fcntl(end[0], F_GETPIPE_SZ));
		if (fcntl(end[0], F_SETPIPE_SZ, (int)most) > 0)
			got = most;
		pages += got / (int64_t)pipe_page();
		EXPECT(scene, pages <= hard, "%lld pages, of %lld that are allowed",
			(long long)pages, (long long)hard);
	}
	if (errno == EMFILE)
		SKIP(scene, "needs more descriptors to reach fs.pipe-user-pages-hard");
	EXPECT_ERROR(scene, pipe(end), ENFILE);
}

static void hard_limit(struct scene *scene)
{
	if (!pipe_setting(scene, HARD))
		SKIP(scene, "needs fs.pipe-user-pages-hard; it is 0, no limit");
	as_nobody(scene, open_to_the_limit);
}

static const struct check checks[] = {
	{ .id = "pipe.setsz.max_size_caps_new",
		.run = max_size_caps_new,
		.needs = NEED_ROOT },
	{ .id = "pipe.softlimit.two_pages", .run = two_pages, .needs = NEED_ROOT },
	{ .id = "pipe.softlimit.growth_eperm", .run = growth_eperm, .needs = NEED_ROOT },
	{ .id = "pipe.softlimit.given_back", .run = given_back, .needs = NEED_ROOT },
	{ .id = "pipe.softlimit.no_deadlock", .run = no_deadlock, .needs = NEED_ROOT },
	{ .id = "pipe.hardlimit.enfile", .run = hard_limit, .needs = NEED_ROOT },
	{ .id = NULL },
};

const struct suite pipe_limits_suite = { "pipe_limits", checks };
