/* The row of pipes past the soft limit of a user: as root, without privileges, where the
 * limit cannot be met; and nobody else's pipes become small. */
#include "ground_helper.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "harness/base/random.h"
#include "harness/base/text.h"

#define ROW  "pipe_soft_limit"
#define SOFT "/proc/sys/fs/pipe-user-pages-soft"

/* Bytes of a pipe that this process makes now. */
static int new_pipe(void)
{
	int ends[2];
	int size;

	assert_int_equal(pipe(ends), 0);
	size = fcntl(ends[1], F_GETPIPE_SZ);
	close(ends[0]);
	close(ends[1]);
	return size;
}

/* Without opening another one. */
static size_t count_open(void)
{
	size_t count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* Makes the channel, without sides. The child's descriptors stay in no process. */
static int make(struct channel *channel, int sizes[2], struct why *words)
{
	int ends[4]; /* as the family keeps them: both tx, both rx */
	size_t before = count_open();
	int error;

	*channel = (struct channel) {
		.mechanism = mechanism_find(ROW), .size_max = 64, .why = words
	};
	channel->shared = calloc(1, channel->mechanism->shared_size);
	channel->own = calloc(1, channel->mechanism->own_size);
	assert_non_null(channel->shared);
	error = channel->mechanism->create(channel);
	if (!error) {
		memcpy(ends, channel->shared, sizeof ends);
		for (unsigned side = 0; side < 2; side++)
			sizes[side] = fcntl(ends[side], F_GETPIPE_SZ);
		if (count_open() != before + 4)
			error = why_say(words, EEXIST, "more than two pipes are open");
	}
	channel->mechanism->detach(channel);
	if (!error && count_open() != before)
		error = why_say(words, EEXIST, "a descriptor is left");
	free(channel->shared);
	free(channel->own);
	return error;
}

static void skip_without_limit(void)
{
	if (text_file_number(SOFT, 0) == 0)
		skip();
}

static int both_are_small(struct why *words)
{
	int usual = new_pipe(), sizes[2];
	struct channel channel;
	int error = make(&channel, sizes, words);

	if (error)
		return error;
	if (sizes[0] >= usual || sizes[1] != sizes[0] ||
		sizes[0] % (int)sysconf(_SC_PAGESIZE))
		return why_say(words, EINVAL, "%d and %d bytes where %d are usual",
			sizes[0], sizes[1], usual);
	/* The limit is no longer reached when the channel is made; a user that is not
	 * this test's alone may be making another one. */
	for (unsigned i = 0; i < 1000; i++)
		if (new_pipe() == usual)
			return 0;
	return why_say(words, EINVAL, "others are small too");
}

static void assert_child(int (*run)(struct why *why))
{
	int error;

	why_clear(&why);
	error = in_child(run, &why);
	if (error)
		fail_msg("error %d: %s", error, why.text);
}

static void pipes_are_small(void **state)
{
	(void)state;
	skip_without_limit();
	assert_child(both_are_small);
}

/* Not nobody, who may be somebody else at this moment. */
static int become_someone(struct why *words)
{
	uid_t user = 100000 + (uid_t)(random_secret() % 1000000);

	return geteuid() == 0 && setresuid(user, user, user)
		       ? why_say(words, errno, "become another user")
		       : 0;
}

static int small_for_anybody(struct why *words)
{
	int error = become_someone(words);

	return error ? error : both_are_small(words);
}

/* A user who is not root and may do what root may. */
static int small_for_the_privileged(struct why *words)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct sets[2];
	int error = prctl(PR_SET_KEEPCAPS, 1) ? -errno : become_someone(words);

	if (!error && syscall(SYS_capget, &header, sets) == 0) {
		for (unsigned i = 0; i < 2; i++)
			sets[i].effective = sets[i].permitted;
		error = syscall(SYS_capset, &header, sets) ? -errno : 0;
	}
	return error ? error : both_are_small(words);
}

static void pipes_are_small_without_privileges(void **state)
{
	(void)state;
	skip_without_limit();
	assert_child(small_for_anybody);
	if (geteuid() == 0)
		assert_child(small_for_the_privileged);
}

/* Bytes that are accepted, and the size of the pipes as the kernel tells it. */
static void capacity_is_that_of_a_small_pipe(void **state)
{
	static const size_t sizes[] = { 1, 64, 4096, 4097, 65536 };
	struct pair_spec spec = spec_of(mechanism_find(ROW), -1, -1, 65536);
	struct pair *pair;

	(void)state;
	skip_without_limit();
	why_clear(&why);
	if (pair_start(&ground.context, &spec, from_now(PATIENCE), &pair, &why))
		fail_msg("%s", why.text);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct slice slice = slice_of(TEST_CAPACITY, sizes[i], 0);

		if (pair_slice(pair, &slice, from_now(PATIENCE), &why))
			fail_msg("%s", why.text);
		assert_true(pair_capacity(pair)->bytes < (uint64_t)new_pipe());
	}
	pair_stop(pair);
}

/* --- where the limit cannot be met
 * ----------------------------------------------------------- */

static int expect(const char *sentence, struct why *words)
{
	struct why refused = { "" };
	struct channel channel;
	int sizes[2];

	if (!make(&channel, sizes, &refused))
		return why_say(words, EPROTO, "it worked without '%s'", sentence);
	return strstr(refused.text, sentence) && strstr(refused.text, ROW)
		       ? 0
		       : why_say(words, EPROTO, "'%s'", refused.text);
}

/* Root stays root, whom the limit does not bind. */
static int root_for_ever(struct why *words)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct sets[2];

	if (syscall(SYS_capget, &header, sets))
		return why_say(words, errno, "ask for capabilities");
	sets[0].effective &= ~(1u << CAP_SETUID);
	sets[0].permitted &= ~(1u << CAP_SETUID);
	if (syscall(SYS_capset, &header, sets))
		return why_say(words, errno, "give up a capability");
	return expect("is not smaller (fs.pipe-user-pages-soft is ", words);
}

static int few_descriptors(struct why *words)
{
	const struct rlimit few = { 24, 24 };
	int error = become_someone(words);

	if (!error && setrlimit(RLIMIT_NOFILE, &few))
		error = why_say(words, errno, "limit descriptors");
	return error ? error : expect("RLIMIT_NOFILE", words);
}

/* The limit that the child may raise: the parent needs room for its own alone. */
static int few_for_the_parent(struct why *words)
{
	rlim_t open = count_open();

	for (rlim_t count = open; count < open + 10; count++) {
		const struct rlimit few = { count, 1024 };
		struct why refused = { "" };
		size_t before = count_open();
		struct channel channel;
		int sizes[2];

		if (setrlimit(RLIMIT_NOFILE, &few))
			return why_say(words, errno, "limit descriptors");
		if (!make(&channel, sizes, &refused))
			return 0;
		if (!strstr(refused.text, "RLIMIT_NOFILE") || count_open() != before)
			return why_say(words, EPROTO, "%d descriptors: '%s', %d left",
				(int)count, refused.text, (int)(count_open() - before));
	}
	return why_say(words, EPROTO, "ten descriptors are not enough");
}

static void reasons_are_told(void **state)
{
	(void)state;
	skip_without_limit();
	if (geteuid() == 0)
		assert_child(root_for_ever);
	assert_child(few_descriptors);
	assert_child(few_for_the_parent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pipes_are_small),
		cmocka_unit_test(pipes_are_small_without_privileges),
		cmocka_unit_test(capacity_is_that_of_a_small_pipe),
		cmocka_unit_test(reasons_are_told),
	};

	return cmocka_run_group_tests(tests, set_up_ground, tear_down_ground);
}
