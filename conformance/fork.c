/* What a child has of its parent: copies, shares, and what it has not. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/file_help.h"

static volatile int global = 1;

static void cow(struct scene *scene)
{
	volatile int *heap = SETUP_POINTER(scene, malloc(sizeof *heap));
	volatile int stack = 3;
	volatile int *mapped = SETUP_POINTER(
		scene, mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	pid_t child;

	*heap = 2;
	*mapped = 4;
	child = scene_fork(scene);
	if (child == 0) {
		EXPECT_INT(
			scene, global * 1000 + *heap * 100 + stack * 10 + *mapped, 1234);
		global = *heap = stack = *mapped = 9;
		scene_open(scene, 0);
		scene_wait(scene, 1);
		/* Nor does the child see what the parent changes now. */
		EXPECT_INT(scene, global + *heap + stack + *mapped, 36);
		_exit(0);
	}
	scene_wait(scene, 0);
	EXPECT_INT(scene, global * 1000 + *heap * 100 + stack * 10 + *mapped, 1234);
	global = *heap = stack = *mapped = 5;
	scene_open(scene, 1);
	EXPECT_EXIT(scene, child, 0);
	free((void *)heap);
}

static void shared_offset(struct scene *scene)
{
	int fd = file_help_of(scene, "abcdefgh"),
	    other = SETUP(scene, open("file", O_RDONLY));
	pid_t child = scene_fork(scene);
	char bytes[4];

	if (child == 0) {
		EXPECT_INT(scene, read(fd, bytes, 3), 3);
		SETUP(scene, fcntl(fd, F_SETFL, O_APPEND));
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
	EXPECT_INT(scene, lseek(fd, 0, SEEK_CUR), 3);
	EXPECT_INT(scene, read(fd, bytes, 1), 1);
	EXPECT_BYTES(scene, bytes, "d", 1);
	EXPECT_INT(scene, fcntl(fd, F_GETFL) & O_APPEND, O_APPEND);
	EXPECT_INT(scene, lseek(other, 0, SEEK_CUR), 0);
}

/* The descriptors themselves are copies: closing one leaves the other. */
static void own_descriptors(struct scene *scene)
{
	int fd = file_help_of(scene, "abc"), copy = SETUP(scene, dup(fd));
	pid_t child = scene_fork(scene);
	char byte;

	if (child == 0) {
		SETUP(scene, close(fd));
		SETUP(scene, fcntl(copy, F_SETFD, FD_CLOEXEC));
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
	EXPECT_INT(scene, read(fd, &byte, 1), 1);
	EXPECT_INT(scene, fcntl(copy, F_GETFD), 0);
}

static volatile int vfork_shared;

static void vfork_shares(struct scene *scene)
{
	pid_t child;

	vfork_shared = 0;
	/* That a child by vfork() can change its parent's memory is what is tested.
	 * NOLINTNEXTLINE(clang-analyzer-*,bugprone-*,cert-*) */
	child = vfork();
	if (child == 0) {
		vfork_shared = 7; /* NOLINT(clang-analyzer-unix.Vfork) */
		_exit(7); /* NOLINT(clang-analyzer-unix.Vfork) */
	}
	SETUP(scene, child);
	EXPECT_INT(scene, vfork_shared, 7);
	EXPECT_EXIT(scene, child, 7);
}

enum advice { SHARED, DONTFORK, DOFORK, WIPEONFORK, KEEPONFORK };

static void advise(struct scene *scene, char *memory, size_t size)
{
	enum advice advice = (enum advice)scene->number;

	if (advice == DONTFORK || advice == DOFORK)
		SETUP(scene, madvise(memory, size, MADV_DONTFORK));
	if (advice == DOFORK)
		SETUP(scene, madvise(memory, size, MADV_DOFORK));
	if (advice == WIPEONFORK || advice == KEEPONFORK)
		SETUP(scene, madvise(memory, size, MADV_WIPEONFORK));
	if (advice == KEEPONFORK)
		SETUP(scene, madvise(memory, size, MADV_KEEPONFORK));
}

static void mmap_shared_dontfork(struct scene *scene)
{
	enum advice advice = (enum advice)scene->number;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *memory = SETUP_POINTER(scene,
		mmap(NULL, page, PROT_READ | PROT_WRITE,
			(advice == SHARED ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS, -1,
			0));
	int end[2];
	pid_t child;

	scene_pipe(scene, end);
	memory[0] = 'p';
	advise(scene, memory, page);
	child = scene_fork(scene);
	if (child == 0) {
		/* The kernel reads for us: what is not there is an error, not a crash. */
		ssize_t got = write(end[1], memory, 1);

		if (advice == DONTFORK) {
			EXPECT_ERROR(scene, got, EFAULT);
			_exit(0);
		}
		EXPECT_INT(scene, got, 1);
		EXPECT_INT(scene, memory[0], advice == WIPEONFORK ? 0 : 'p');
		memory[0] = 'c';
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
	EXPECT_INT(scene, memory[0], advice == SHARED ? 'c' : 'p');
}

static void ids(struct scene *scene)
{
	pid_t parent = getpid(), group = getpgrp(), session = getsid(0);
	pid_t child = scene_fork(scene);

	EXPECT(scene, child != parent, "both have the same number");
	if (child == 0) {
		EXPECT_INT(scene, getppid(), parent);
		EXPECT(scene, getpid() != parent, "both have the same number");
		EXPECT_INT(scene, getpgrp(), group);
		EXPECT_INT(scene, getsid(0), session);
		atomic_store(&scene->common->cells[0], getpid());
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
	EXPECT_INT(scene, atomic_load(&scene->common->cells[0]), child);
	EXPECT_INT(scene, getpid(), parent);
}

static void surroundings(struct scene *scene)
{
	struct rlimit limit, got;
	struct stat here, there;
	const char *value;
	pid_t child;

	SETUP(scene, mkdir("inner", 0700));
	SETUP(scene, chdir("inner"));
	umask(0123);
	SETUP(scene, getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = 57;
	SETUP(scene, setrlimit(RLIMIT_NOFILE, &limit));
	SETUP(scene, setenv("IPCMARK_FORK", "as it was", 1));
	SETUP(scene, stat(".", &here));
	child = scene_fork(scene);
	if (child == 0) {
		EXPECT_INT(scene, umask(0), 0123);
		SETUP(scene, getrlimit(RLIMIT_NOFILE, &got));
		EXPECT_INT(scene, got.rlim_cur, 57);
		SETUP(scene, stat(".", &there));
		EXPECT(scene, here.st_ino == there.st_ino, "another directory");
		value = getenv("IPCMARK_FORK");
		EXPECT(scene, value && strcmp(value, "as it was") == 0,
			"another environment");
		/* What a child changes stays its own. */
		SETUP(scene, chdir("/"));
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
	SETUP(scene, stat(".", &there));
	EXPECT(scene, here.st_ino == there.st_ino, "the child changed the directory");
	EXPECT_INT(scene, umask(0), 0123);
}

static void *count_on(void *argument)
{
	atomic_long *counter = argument;

	for (;;)
		atomic_fetch_add(counter, 1);
	return NULL;
}

static int count_threads(struct scene *scene)
{
	DIR *tasks = SETUP_POINTER(scene, opendir("/proc/self/task"));
	const struct dirent *entry;
	int count = 0;

	while ((entry = readdir(tasks)))
		count += entry->d_name[0] != '.';
	closedir(tasks);
	return count;
}

/* Only the thread that forks is there in the child. */
static void one_thread(struct scene *scene)
{
	static atomic_long counter;
	pthread_t thread;
	pid_t child;

	SETUP_CODE(scene, pthread_create(&thread, NULL, count_on, &counter));
	while (atomic_load(&counter) == 0)
		sched_yield();
	EXPECT_INT(scene, count_threads(scene), 2);
	child = scene_fork(scene);
	if (child == 0) {
		EXPECT_INT(scene, count_threads(scene), 1);
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
}

static char order[8];

static void note_letter(char letter)
{
	order[strlen(order)] = letter;
}

static void prepare_first(void)
{
	note_letter('1');
}

static void prepare_second(void)
{
	note_letter('2');
}

static void parent_first(void)
{
	note_letter('p');
}

static void parent_second(void)
{
	note_letter('P');
}

static void child_first(void)
{
	note_letter('c');
}

static void child_second(void)
{
	note_letter('C');
}

static void atfork_order(struct scene *scene)
{
	pid_t child;

	SETUP_CODE(scene, pthread_atfork(prepare_first, parent_first, child_first));
	SETUP_CODE(scene, pthread_atfork(prepare_second, parent_second, child_second));
	child = scene_fork(scene);
	if (child == 0) {
		EXPECT_BYTES(scene, order, "21cC", 5);
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
	EXPECT_BYTES(scene, order, "21pP", 5);
}

static struct timespec work_8_ms(struct scene *scene)
{
	struct timespec spent;

	do
		SETUP(scene, clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent));
	while (spent.tv_sec == 0 && spent.tv_nsec < 8000000);
	return spent;
}

/* The child's clock of CPU time begins at zero, and so do the times of its children. */
static void times_cleared(struct scene *scene)
{
	struct timespec spent, begun;
	struct tms all;
	pid_t child = scene_fork(scene);

	if (child == 0) {
		work_8_ms(scene);
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
	spent = work_8_ms(scene);
	child = scene_fork(scene);
	if (child == 0) {
		EXPECT_OK(scene, clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begun));
		EXPECT(scene, begun.tv_sec == 0 && begun.tv_nsec < spent.tv_nsec,
			"the child's clock begins at %ld ns", begun.tv_nsec);
		EXPECT(scene, times(&all) != (clock_t)-1, "times() fails");
		EXPECT_INT(scene, all.tms_cutime + all.tms_cstime, 0);
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
}

static const struct value advices[] = { { "shared", SHARED }, { "dontfork", DONTFORK },
	{ "dofork", DOFORK }, { "wipeonfork", WIPEONFORK }, { "keeponfork", KEEPONFORK },
	{ NULL, 0 } };

static const struct check checks[] = {
	{ .id = "fork.cow", .run = cow },
	{ .id = "fork.shared_offset", .run = shared_offset },
	{ .id = "fork.own_descriptors", .run = own_descriptors },
	{ .id = "fork.vfork_shares", .run = vfork_shares },
	{ .id = "fork.mmap_shared_dontfork",
		.run = mmap_shared_dontfork,
		.values = advices },
	{ .id = "fork.ids", .run = ids },
	{ .id = "fork.surroundings", .run = surroundings, .needs = NEED_DESCRIPTORS },
	{ .id = "fork.one_thread", .run = one_thread, .needs = NEED_PROC },
	{ .id = "fork.atfork_order", .run = atfork_order },
	{ .id = "fork.times_cleared", .run = times_cleared },
	{ .id = NULL },
};

const struct suite fork_suite = { "fork", checks };
