/* pair_helper.h: what the tests of mechanisms, pairs and launches share: a context to
 * start pairs in, one round of everything a row can do, mechanisms made from another one
 * by changing an operation, children to misbehave in, and a look at what was left behind.
 */
#ifndef IPCMARK_TESTS_PAIR_HELPER_H
#define IPCMARK_TESTS_PAIR_HELPER_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/launch.h"
#include "harness/pair.h"

#define MS 1000000ull
#define S  1000000000ull

/* Nothing here takes nearly so long; it only ends what would hang. */
#define PATIENCE (20 * S)

static inline uint64_t from_now(uint64_t ns)
{
	return clock_now_ns() + ns;
}

/* --- a context
 * -------------------------------------------------------------------------- */

struct ground {
	struct janitor janitor;
	struct clock clock;
	struct pair_context context;
};

static inline int ground_start(struct ground *ground, struct why *why)
{
	int error = janitor_start(&ground->janitor, why);

	if (error)
		return error;
	/* The monotonic clock is there everywhere and needs no calibration. */
	clock_choose(false, &ground->clock);
	ground->context = (struct pair_context) { .janitor = &ground->janitor,
		.clock = &ground->clock };
	return 0;
}

static inline struct pair_spec spec_of(
	const struct mechanism *mechanism, int cpu_a, int cpu_b, size_t size_max)
{
	struct pair_spec spec = { .mechanism = mechanism,
		.placement = { .cpu = { cpu_a, cpu_b }, .node = { -1, -1 } },
		.payload = PAYLOAD_VERIFY,
		.size_max = size_max,
		.chunk_max = size_max,
		.slots = 1 };

	mechanism_defaults(mechanism, spec.settings);
	return spec;
}

/* A copy of a row whose operations are replaced: none of the others has them inlined. */
static inline void call_operations(struct mechanism *copy)
{
	copy->send_some = NULL;
	copy->recv_some = NULL;
}

static inline size_t some_size(const struct mechanism *mechanism, size_t size)
{
	return mechanism->caps & CAP_PAYLOAD ? size : 0;
}

static inline enum slice_kind kind_of(enum test test)
{
	return test == TEST_LATENCY      ? SLICE_LATENCY
	       : test == TEST_THROUGHPUT ? SLICE_THROUGHPUT
	       : test == TEST_CONNECT    ? SLICE_CONNECT
	       : test == TEST_SEND       ? SLICE_SEND
	       : test == TEST_PIECES     ? SLICE_PIECES
					 : SLICE_CAPACITY;
}

static inline struct slice slice_of(enum test test, size_t size, uint64_t duration_ns)
{
	return (struct slice) { .kind = kind_of(test),
		.size = size,
		.duration_ns = duration_ns,
		.handover = 3,
		.batch = 1,
		.pieces = 2,
		.chunk = size };
}

/* A short slice of each test of a pair that the row takes part in, messages of `size`
 * bytes. Whoever has offered receives no more, so those tests come last. */
static inline int exercise_pair(struct pair *pair, const struct mechanism *mechanism,
	size_t size, struct why *why)
{
	static const enum test tests[] = { TEST_LATENCY, TEST_THROUGHPUT, TEST_CONNECT,
		TEST_PIECES, TEST_SEND, TEST_CAPACITY };
	int error = 0;

	for (size_t i = 0; i < sizeof tests / sizeof tests[0] && !error; i++) {
		struct slice slice = slice_of(
			tests[i], some_size(mechanism, size), MS / 5);

		slice.is_warm_up = tests[i] == TEST_SEND;
		if (mechanism->tests & TEST_BIT(tests[i]))
			error = pair_slice(pair, &slice, from_now(PATIENCE), why);
	}
	return error;
}

static inline int exercise(const struct pair_context *context,
	const struct mechanism *mechanism, int cpu_a, int cpu_b, size_t size,
	struct why *why)
{
	struct pair_spec spec = spec_of(mechanism, cpu_a, cpu_b, size);
	struct pair *pair;
	int error = pair_start(context, &spec, from_now(PATIENCE), &pair, why);

	if (error)
		return error;
	error = exercise_pair(pair, mechanism, size, why);
	pair_stop(pair);
	return error;
}

/* Is the row usable on this machine? Says so when it is not. */
static inline bool is_usable(
	const struct pair_context *context, const struct mechanism *mechanism)
{
	struct pair_spec spec = spec_of(mechanism, -1, -1, 64);
	struct why why = { "" };
	struct pair *pair;

	if (!pair_start(context, &spec, from_now(PATIENCE), &pair, &why)) {
		pair_stop(pair);
		return true;
	}
	assert_true(why.text[0] != '\0');
	print_message("%s is not usable here: %s\n", mechanism->name, why.text);
	return false;
}

/* The first row that has all of `with` and none of `without`. */
static inline const struct mechanism *row_with(unsigned with, unsigned without)
{
	for (size_t i = 0; i < mechanism_count; i++)
		if ((mechanisms[i]->caps & with) == with &&
			!(mechanisms[i]->caps & without))
			return mechanisms[i];
	fail_msg("no row has caps %#x without %#x", with, without);
	return NULL;
}

/* --- memory that children share with the test
 * --------------------------------------------- */

static inline void *shared_memory(size_t size)
{
	void *memory = mmap(
		NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(memory != MAP_FAILED);
	return memory;
}

/* Sleeps until the word is at least `least`; false when it takes longer than PATIENCE. */
static inline bool await_count(futex_word *word, uint32_t least)
{
	uint64_t end = from_now(PATIENCE);

	for (;;) {
		uint32_t value = atomic_load(word);

		if (value >= least)
			return true;
		if (clock_now_ns() > end)
			return false;
		(void)futex_wait(word, value, (int64_t)(S / 10));
	}
}

static inline void count_up(futex_word *word)
{
	atomic_fetch_add(word, 1);
	futex_wake(word, INT32_MAX);
}

/* --- children
 * ----------------------------------------------------------------------------- */

/* Runs `run` in a child that ends with what it returns; its words come back. */
static inline int in_child(int (*run)(struct why *why), struct why *why)
{
	struct why *words = shared_memory(sizeof *words);
	pid_t pid;
	int status = 0;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(-run(words));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*why = *words;
	munmap(words, sizeof *words);
	if (WIFSIGNALED(status))
		fail_msg("the child was killed by signal %d: %s", WTERMSIG(status),
			why->text);
	return -WEXITSTATUS(status);
}

static inline int pidfd_of(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	assert_true(fd >= 0);
	return fd;
}

/* Waits for the end of a process that may be anybody's child, and closes the pidfd. */
static inline bool await_end(int pidfd)
{
	struct pollfd end = { .fd = pidfd, .events = POLLIN };
	int got;

	do {
		got = poll(&end, 1, (int)(PATIENCE / MS));
	} while (got < 0 && errno == EINTR);
	close(pidfd);
	return got == 1;
}

/* The letter of the process state: 'S' asleep, 'R' running, 'T' stopped. */
static inline char process_state(pid_t pid)
{
	char path[64], text[256] = "";
	const char *at;
	ssize_t got;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return '?';
	got = read(fd, text, sizeof text - 1);
	close(fd);
	text[got > 0 ? got : 0] = '\0';
	at = strrchr(text, ')');
	return at && at[1] ? at[2] : '?';
}

static inline bool has_children(void)
{
	return waitpid(-1, NULL, WNOHANG | __WALL) != -1 || errno != ECHILD;
}

/* --- what is left behind
 * ------------------------------------------------------------------ */

static inline size_t count_entries(const char *path, const char *prefix)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;
	size_t count = 0;

	if (!directory)
		return 0;
	while ((entry = readdir(directory)))
		count += !strncmp(entry->d_name, prefix, strlen(prefix));
	closedir(directory);
	return count;
}

static inline size_t open_descriptors(void)
{
	return count_entries("/proc/self/fd", "");
}

static inline size_t count_lines(const char *path)
{
	FILE *file = fopen(path, "re");
	size_t count = 0;

	for (int c; file && (c = getc(file)) != EOF;)
		count += c == '\n';
	if (file)
		fclose(file);
	return count;
}

/* A place of the test's own. Where it may, the test program gets its own IPC and mount
 * namespace with an empty /dev/shm and a view of the POSIX queues, so that nobody else's
 * objects are counted; elsewhere the ledger tells alone. */
struct place {
	char directory[64]; /* TMPDIR */
	char queues[96];
	bool is_private;
};
static struct place place;

static inline int place_make(void)
{
	strcpy(place.directory, "/tmp/ipcmark-test-XXXXXX");
	if (!mkdtemp(place.directory) || chmod(place.directory, 01777))
		return -1;
	setenv("TMPDIR", place.directory, 1);
	snprintf(place.queues, sizeof place.queues, "%s/queues", place.directory);
	if (mkdir(place.queues, 0755))
		return -1;
	place.is_private = unshare(CLONE_NEWNS | CLONE_NEWIPC) == 0 &&
			   mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
			   mount("tmpfs", "/dev/shm", "tmpfs", 0, "mode=1777") == 0 &&
			   mount("mqueue", place.queues, "mqueue", 0, NULL) == 0;
	return 0;
}

static inline int place_remove(void)
{
	umount(place.queues);
	rmdir(place.queues);
	return rmdir(place.directory);
}

/* Everything that was ever made here is gone again: names, files, IPC objects. */
static inline void assert_nothing_named(void)
{
	assert_int_equal(count_entries(place.directory, "ipcmark-"), 0);
	if (!place.is_private)
		return;
	assert_int_equal(count_entries("/dev/shm", "ipcmark"), 0);
	assert_int_equal(count_entries("/dev/shm", "sem."), 0);
	assert_int_equal(count_entries(place.queues, "ipcmark"), 0);
	/* Each has one line of headings. */
	assert_true(count_lines("/proc/sysvipc/shm") <= 1);
	assert_true(count_lines("/proc/sysvipc/sem") <= 1);
	assert_true(count_lines("/proc/sysvipc/msg") <= 1);
}

/* After pair_stop(): the private directory is the only entry, and it is empty. */
static inline void assert_only_ground(const struct ground *ground, size_t descriptors)
{
	assert_int_equal(ledger_count(ground->janitor.ledger), 1);
	assert_int_equal(count_entries(ground->janitor.directory, ""), 2); /* . and .. */
	assert_int_equal(open_descriptors(), descriptors);
	if (!place.is_private)
		return;
	assert_int_equal(count_entries("/dev/shm", "ipcmark"), 0);
	assert_int_equal(count_entries("/dev/shm", "sem."), 0);
	assert_int_equal(count_entries(place.queues, "ipcmark"), 0);
}

/* For cmocka's set-up and tear-down of all tests of a file: a place of the test's own and
 * a context in it, and nothing left of both. */
static inline int ground_make(struct ground *ground, struct why *why)
{
	return place_make() || ground_start(ground, why);
}

static inline int ground_remove(struct ground *ground)
{
	janitor_stop(&ground->janitor);
	assert_nothing_named();
	assert_false(has_children());
	return place_remove();
}

#endif
