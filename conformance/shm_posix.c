/* POSIX shared memory objects: their life and their size. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/fault_help.h"

/* A new object under a name of its own. */
static int make(struct scene *scene, char name[LEDGER_NAME])
{
	scene_name(scene, LEDGER_SHM, name);
	return SETUP(scene, shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600));
}

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static char *map(struct scene *scene, int fd, size_t size)
{
	return SETUP_POINTER(
		scene, mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
}

static void new_object(struct scene *scene)
{
	char name[LEDGER_NAME];
	int lowest = SETUP(scene, dup(0)), fd;
	struct stat status;

	close(lowest);
	scene_name(scene, LEDGER_SHM, name);
	fd = EXPECT_OK(scene, shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600));
	EXPECT_INT(scene, fd, lowest);
	EXPECT_INT(scene, fcntl(fd, F_GETFD), FD_CLOEXEC);
	EXPECT_INT(scene, fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	EXPECT_INT(scene, fstat(fd, &status), 0);
	EXPECT_INT(scene, status.st_size, 0);
	EXPECT_INT(scene, status.st_uid, geteuid());
	EXPECT_INT(scene, status.st_gid, getegid());
}

static void excl(struct scene *scene)
{
	char name[LEDGER_NAME];
	int fd = make(scene, name);
	struct stat status;

	EXPECT_ERROR(scene, shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600), EEXIST);
	SETUP(scene, ftruncate(fd, 100));
	fd = EXPECT_OK(scene, shm_open(name, O_CREAT | O_RDWR, 0600));
	SETUP(scene, fstat(fd, &status));
	EXPECT_INT(scene, status.st_size, 100);
}

static void unlinked(struct scene *scene)
{
	char name[LEDGER_NAME];

	close(make(scene, name));
	EXPECT_INT(scene, shm_unlink(name), 0);
	EXPECT_ERROR(scene, shm_open(name, O_RDWR, 0), ENOENT);
	EXPECT_ERROR(scene, shm_unlink(name), ENOENT);
}

/* What has lost its name stays, and is not what gets the name next. */
static void stays_and_differs(struct scene *scene)
{
	char name[LEDGER_NAME], *old, *new;
	int fd = make(scene, name);

	SETUP(scene, ftruncate(fd, 1));
	old = map(scene, fd, 1);
	*old = 7;
	EXPECT_INT(scene, shm_unlink(name), 0);
	EXPECT_INT(scene, *old, 7);
	fd = EXPECT_OK(scene, shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600));
	SETUP(scene, ftruncate(fd, 1));
	new = map(scene, fd, 1);
	EXPECT_INT(scene, *new, 0);
	*new = 8;
	EXPECT_INT(scene, *old, 7);
}

static void lifecycle(struct scene *scene)
{
	void (*const cases[])(
		struct scene *) = { new_object, excl, unlinked, stays_and_differs };

	cases[scene->number](scene);
}

static const struct value lifecycle_cases[] = {
	{ "new", 0 },
	{ "excl", 1 },
	{ "unlinked", 2 },
	{ "stays", 3 },
	{ NULL, 0 },
};

static void persist(struct scene *scene)
{
	char name[LEDGER_NAME];
	pid_t maker;
	int fd;

	scene_name(scene, LEDGER_SHM, name);
	maker = scene_fork(scene);
	if (maker == 0) {
		fd = SETUP(scene, shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600));
		SETUP(scene, ftruncate(fd, 6));
		memcpy(map(scene, fd, 6), "stays", 6);
		if (scene->number)
			kill(getpid(), SIGKILL);
		_exit(0);
	}
	if (scene->number)
		EXPECT_KILLED(scene, maker, SIGKILL);
	else
		EXPECT_EXIT(scene, maker, 0);
	fd = EXPECT_OK(scene, shm_open(name, O_RDWR, 0));
	EXPECT_BYTES(scene, map(scene, fd, 6), "stays", 6);
}

static const struct value ends[] = {
	{ "exit", 0 },
	{ "kill", 1 },
	{ NULL, 0 },
};

static void visible(struct scene *scene)
{
	char name[LEDGER_NAME];
	int fd = make(scene, name);
	volatile char *memory;
	pid_t other;

	SETUP(scene, ftruncate(fd, 1));
	memory = map(scene, fd, 1);
	*memory = 6;
	other = scene_fork(scene);
	if (other == 0) {
		fd = SETUP(scene, shm_open(name, O_RDWR, 0));
		memory = map(scene, fd, 1);
		EXPECT_INT(scene, *memory, 6);
		*memory = 7;
		_exit(0);
	}
	EXPECT_EXIT(scene, other, 0);
	EXPECT_INT(scene, *memory, 7);
}

static void expect_zeros(struct scene *scene, const char *memory, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		EXPECT(scene, memory[i] == 0, "byte %zu is 0x%02x", i,
			(unsigned char)memory[i]);
}

static void zero_fill_grow(struct scene *scene)
{
	size_t size = 2 * page_size(), kept = 10;
	char name[LEDGER_NAME], *memory;
	int fd = make(scene, name);

	EXPECT_INT(scene, ftruncate(fd, (off_t)size), 0);
	memory = map(scene, fd, size);
	expect_zeros(scene, memory, 0, size);
	memset(memory, 0xff, size);
	EXPECT_INT(scene, ftruncate(fd, (off_t)kept), 0);
	EXPECT_INT(scene, ftruncate(fd, (off_t)size), 0);
	/* What a mapping from before shows of it is not specified. */
	memory = map(scene, fd, size);
	for (size_t i = 0; i < kept; i++)
		EXPECT_INT(scene, (unsigned char)memory[i], 0xff);
	expect_zeros(scene, memory, kept, size);
}

static void truncate_sigbus(struct scene *scene)
{
	size_t page = page_size();
	char name[LEDGER_NAME], *memory;
	int fd = make(scene, name);

	SETUP(scene, ftruncate(fd, (off_t)(2 * page)));
	memory = map(scene, fd, 2 * page);
	memset(memory, 0xff, 2 * page);
	SETUP(scene, ftruncate(fd, (off_t)page));
	EXPECT_INT(scene, (unsigned char)memory[page - 1], 0xff);
	if (scene->number) {
		SETUP(scene, ftruncate(fd, (off_t)(2 * page)));
		memory = map(scene, fd, 2 * page);
		expect_zeros(scene, memory, page, 2 * page);
	} else {
		fault_help_expect(scene, memory + page, FAULT_LOAD, SIGBUS);
	}
}

static const struct value truncate_cases[] = {
	{ "beyond", 0 },
	{ "regrown", 1 },
	{ NULL, 0 },
};

static void empties(struct scene *scene)
{
	char name[LEDGER_NAME];
	int fd = make(scene, name);
	struct stat status;

	SETUP(scene, ftruncate(fd, 100));
	EXPECT_OK(scene, shm_open(name, O_RDWR | O_TRUNC, 0));
	SETUP(scene, fstat(fd, &status));
	EXPECT_INT(scene, status.st_size, 0);
}

static const struct check checks[] = {
	{ .id = "shm.posix.lifecycle",
		.run = lifecycle,
		.needs = NEED_POSIX_SHM,
		.values = lifecycle_cases },
	{ .id = "shm.posix.persist",
		.run = persist,
		.needs = NEED_POSIX_SHM,
		.values = ends },
	{ .id = "shm.posix.visible", .run = visible, .needs = NEED_POSIX_SHM },
	{ .id = "shm.posix.zero_fill_grow",
		.run = zero_fill_grow,
		.needs = NEED_POSIX_SHM },
	{ .id = "shm.posix.truncate_sigbus",
		.run = truncate_sigbus,
		.needs = NEED_POSIX_SHM,
		.values = truncate_cases },
	{ .id = "shm.posix.o_trunc", .run = empties, .needs = NEED_POSIX_SHM },
	{ .id = NULL },
};

const struct suite shm_posix_suite = { "shm_posix", checks };
