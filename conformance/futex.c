/* Sleeping on a word of memory and being woken: futex(2). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/futex_help.h"
#include "conformance/signal_help.h"

#define MS_NS 1000000

static int64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct timespec at_ns(int64_t time_ns)
{
	return (struct timespec) { (time_t)(time_ns / 1000000000),
		(long)(time_ns % 1000000000) };
}

static void basic(struct scene *scene)
{
	uint32_t *word = scene_memory(scene, sizeof *word);
	pid_t sleeper;

	EXPECT_INT(scene, futex_call(word, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
	sleeper = futex_sleeper(scene, word, 0);
	EXPECT_INT(scene, futex_call(word, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	EXPECT_EXIT(scene, sleeper, 0);
	EXPECT_INT(scene, futex_call(word, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
}

/* A wait that returns at once must not look as if it had slept. */
static void mismatch_eagain(struct scene *scene)
{
	uint32_t *word = scene_memory(scene, sizeof *word);

	*word = (uint32_t)scene->number;
	EXPECT_ERROR(scene,
		futex_call(word, FUTEX_WAIT, *word ^ 0x80000000u, NULL, NULL, 0), EAGAIN);
	EXPECT_ERROR(
		scene, futex_call(word, FUTEX_WAIT, *word + 1, NULL, NULL, 0), EAGAIN);
}

static void timeout(struct scene *scene)
{
	uint32_t *word = scene_memory(scene, sizeof *word);
	struct timespec limit = { .tv_nsec = 5 * MS_NS };
	int64_t since_ns = now_ns(CLOCK_MONOTONIC);

	PROMISED(scene, "the wait ends after 5 ms");
	EXPECT_ERROR(scene, futex_call(word, FUTEX_WAIT, 0, &limit, NULL, 0), ETIMEDOUT);
	arrived(scene);
	EXPECT(scene, now_ns(CLOCK_MONOTONIC) - since_ns >= 5 * MS_NS, "too early");
}

static void timeout_absolute(struct scene *scene)
{
	bool is_realtime = scene->number;
	uint32_t *word = scene_memory(scene, sizeof *word);
	clockid_t clock = is_realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC;
	int operation = FUTEX_WAIT_BITSET | (is_realtime ? FUTEX_CLOCK_REALTIME : 0);
	int64_t until_ns = now_ns(clock) + 5 * MS_NS;
	struct timespec until = at_ns(until_ns), past = at_ns(1);

	PROMISED(scene, "the wait ends when its time has come");
	EXPECT_ERROR(scene,
		futex_call(word, operation, 0, &until, NULL, FUTEX_BITSET_MATCH_ANY),
		ETIMEDOUT);
	EXPECT(scene, now_ns(clock) >= until_ns, "too early");
	EXPECT_ERROR(scene,
		futex_call(word, operation, 0, &past, NULL, FUTEX_BITSET_MATCH_ANY),
		ETIMEDOUT);
	arrived(scene);
}

static void wake_exact(struct scene *scene)
{
	uint32_t *word = scene_memory(scene, sizeof *word);
	uint32_t count = (uint32_t)scene->number;
	pid_t sleepers[4];
	int still = 0;

	for (int i = 0; i < 4; i++)
		sleepers[i] = futex_sleeper(scene, word, 0);
	EXPECT_INT(scene, futex_call(word, FUTEX_WAKE, count, NULL, NULL, 0),
		count < 4 ? count : 4);
	for (uint32_t i = 0; i < count && i < 4; i++) {
		PROMISED(scene, "as many end as were woken");
		SETUP(scene, wait(NULL));
		arrived(scene);
	}
	/* All the others sleep. */
	for (int i = 0; i < 4; i++)
		still += kill(sleepers[i], 0) == 0;
	EXPECT_INT(scene, still, count < 4 ? 4 - (int)count : 0);
	EXPECT_INT(scene, futex_call(word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0), still);
}

enum refusal {
	UNALIGNED_1,
	UNALIGNED_2,
	UNALIGNED_3,
	NO_SUCH_OPERATION,
	BAD_TIME,
	NO_BITS,
	NO_MEMORY
};

static void refused(struct scene *scene)
{
	char *memory = scene_memory(scene, 64);
	struct timespec bad = { .tv_nsec = 1000000000 };
	int way = (int)scene->number, offset = way <= UNALIGNED_3 ? way + 1 : 0;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *gone = scene_memory(scene, page);

	if (way <= UNALIGNED_3) {
		EXPECT_ERROR(scene,
			futex_call(memory + offset, FUTEX_WAIT, 0, NULL, NULL, 0),
			EINVAL);
		EXPECT_ERROR(scene,
			futex_call(memory + offset, FUTEX_WAKE, 1, NULL, NULL, 0),
			EINVAL);
	}
	if (way == NO_SUCH_OPERATION)
		EXPECT_ERROR(scene, futex_call(memory, 0x7f, 0, NULL, NULL, 0), ENOSYS);
	if (way == BAD_TIME)
		EXPECT_ERROR(
			scene, futex_call(memory, FUTEX_WAIT, 0, &bad, NULL, 0), EINVAL);
	if (way == NO_BITS) {
		EXPECT_ERROR(scene,
			futex_call(memory, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0), EINVAL);
		EXPECT_ERROR(scene,
			futex_call(memory, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0), EINVAL);
	}
	if (way == NO_MEMORY) {
		SETUP(scene, munmap(gone, page));
		EXPECT_ERROR(
			scene, futex_call(gone, FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);
	}
}

/* A private wait is not found by a shared wake, nor the other way round. */
static void private_not_crossproc(struct scene *scene)
{
	uint32_t *word = scene_memory(scene, sizeof *word);
	int sleeps = (int)scene->number, wakes = sleeps ? 0 : FUTEX_PRIVATE_FLAG;
	pid_t sleeper = futex_sleeper(scene, word, sleeps);

	EXPECT_INT(scene, futex_call(word, FUTEX_WAKE | wakes, 1, NULL, NULL, 0), 0);
	EXPECT_BLOCKED(scene, sleeper, IN_FUTEX);
	scene_end(scene, sleeper);
}

/* The word is one, wherever it is mapped: a shared futex is known by what is behind. */
static void two_mappings(struct scene *scene)
{
	char path[] = "fileXXXXXX";
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int fd = SETUP(scene, mkstemp(path));
	char *here, *there;
	pid_t sleeper;

	SETUP(scene, ftruncate(fd, (off_t)page));
	here = SETUP_POINTER(
		scene, mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	there = SETUP_POINTER(
		scene, mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	sleeper = futex_sleeper(scene, here + 64, 0);
	EXPECT_INT(scene, futex_call(there + 60, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
	EXPECT_INT(scene, futex_call(there + 64, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	EXPECT_EXIT(scene, sleeper, 0);
}

/* After a fork, private memory is another memory, even at the same address. */
static void cow_not_shared(struct scene *scene)
{
	static uint32_t word;
	pid_t sleeper = futex_sleeper(scene, &word, 0);

	EXPECT_INT(scene, futex_call(&word, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
	EXPECT_BLOCKED(scene, sleeper, IN_FUTEX);
	scene_end(scene, sleeper);
}

/* Word by word in one huge page: each has sleepers of its own. */
static void hugepage_keys(struct scene *scene)
{
	size_t size = 2 << 20;
	char *huge = SETUP_POINTER(
		scene, mmap(NULL, size, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0));
	pid_t sleeper = futex_sleeper(scene, huge, 0);

	for (size_t at = 4096; at < size; at *= 2)
		EXPECT_INT(scene, futex_call(huge + at, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
	EXPECT_INT(scene, futex_call(huge, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	EXPECT_EXIT(scene, sleeper, 0);
}

static _Atomic int64_t *handled;

static void tell(int number)
{
	(void)number;
	atomic_fetch_add(handled, 1);
}

/* Without a time-out it goes on where the handler asks for it; with an absolute one, too;
 * otherwise it ends. */
static void eintr(struct scene *scene)
{
	bool is_restarted = scene->number;
	uint32_t *word = scene_memory(scene, sizeof *word);
	struct sigaction action = { .sa_handler = tell,
		.sa_flags = is_restarted ? SA_RESTART : 0 };
	pid_t sleeper;

	handled = &scene->common->cells[0];
	SETUP(scene, sigaction(SIGUSR1, &action, NULL));
	sleeper = scene_fork(scene);
	if (sleeper == 0) {
		long got = futex_call(word, FUTEX_WAIT, 0, NULL, NULL, 0);

		_exit(got == 0 ? 7 : errno == EINTR ? 9 : 10);
	}
	EXPECT_BLOCKED(scene, sleeper, IN_FUTEX);
	SETUP(scene, kill(sleeper, SIGUSR1));
	if (is_restarted) {
		PROMISED(scene, "the handler runs");
		while (!atomic_load(handled))
			sched_yield();
		arrived(scene);
		EXPECT_BLOCKED(scene, sleeper, IN_FUTEX);
		EXPECT_INT(scene, futex_call(word, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	}
	EXPECT_EXIT(scene, sleeper, is_restarted ? 7 : 9);
}

static const struct value words[] = { { "0", 0 }, { "1", 1 }, { "2147483648", 1LL << 31 },
	{ "4294967295", 4294967295 }, { NULL, 0 } };

static const struct value clocks[] = { { "monotonic", 0 }, { "realtime", 1 },
	{ NULL, 0 } };

static const struct value counts[] = { { "1", 1 }, { "2", 2 }, { "3", 3 },
	{ "all", INT_MAX }, { NULL, 0 } };

static const struct value refusals[] = { { "unaligned_1", UNALIGNED_1 },
	{ "unaligned_2", UNALIGNED_2 }, { "unaligned_3", UNALIGNED_3 },
	{ "operation", NO_SUCH_OPERATION }, { "nanoseconds", BAD_TIME },
	{ "no_bits", NO_BITS }, { "unmapped", NO_MEMORY }, { NULL, 0 } };

static const struct value privacy[] = { { "shared_sleeper", 0 },
	{ "private_sleeper", FUTEX_PRIVATE_FLAG }, { NULL, 0 } };

static const struct value restarts[] = { { "ends", 0 }, { "goes_on", 1 }, { NULL, 0 } };

static const struct check checks[] = {
	{ .id = "futex.basic", .run = basic, .needs = NEED_PROC },
	{ .id = "futex.mismatch_eagain", .run = mismatch_eagain, .values = words },
	{ .id = "futex.timeout", .run = timeout },
	{ .id = "futex.timeout_absolute", .run = timeout_absolute, .values = clocks },
	{ .id = "futex.wake_exact",
		.run = wake_exact,
		.needs = NEED_PROC,
		.values = counts },
	{ .id = "futex.refused", .run = refused, .values = refusals },
	{ .id = "futex.private_not_crossproc",
		.run = private_not_crossproc,
		.needs = NEED_PROC,
		.values = privacy },
	{ .id = "futex.two_mappings", .run = two_mappings, .needs = NEED_PROC },
	{ .id = "futex.cow_not_shared", .run = cow_not_shared, .needs = NEED_PROC },
	{ .id = "futex.hugepage_keys",
		.run = hugepage_keys,
		.needs = NEED_HUGE_PAGES | NEED_PROC },
	{ .id = "futex.eintr", .run = eintr, .needs = NEED_PROC, .values = restarts },
	{ .id = NULL },
};

const struct suite futex_suite = { "futex", checks };
