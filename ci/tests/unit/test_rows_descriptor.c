/* What is special about some rows whose ends are descriptors: pages that must not be
 * written too early, packets, loss that is counted, descriptors and paths. */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/pair.h"

#define MS       1000000ull
#define PATIENCE 20000000000ull /* only ends what would hang */

static struct janitor janitor;
static struct clock the_clock;
static struct pair_context context = { .janitor = &janitor, .clock = &the_clock };
static struct why why;

static int set_up(void **state)
{
	(void)state;
	clock_choose(false, &the_clock);
	return janitor_start(&janitor, &why);
}

static int tear_down(void **state)
{
	(void)state;
	janitor_stop(&janitor);
	return 0;
}

/* --- help ------------------------------------------------------------------------------
 */

static const struct mechanism *row(const char *name)
{
	const struct mechanism *mechanism = mechanism_find(name);

	assert_non_null(mechanism);
	return mechanism;
}

/* A row that is not usable here is skipped, with its reason. */
static struct pair *start_or(
	void (*otherwise)(void), const struct mechanism *mechanism, size_t size)
{
	struct pair_spec spec = { .mechanism = mechanism,
		.placement = { .cpu = { -1, -1 }, .node = { -1, -1 } },
		.payload = PAYLOAD_VERIFY,
		.size_max = size,
		.chunk_max = size,
		.slots = 1 };
	struct pair *pair = NULL;

	mechanism_defaults(mechanism, spec.settings);
	why_clear(&why);
	if (pair_start(&context, &spec, clock_now_ns() + PATIENCE, &pair, &why)) {
		print_message("%s is not usable here: %s\n", mechanism->name, why.text);
		otherwise();
	}
	return pair;
}

static void skip_it(void)
{
	skip();
}

static void fail_it(void)
{
	fail();
}

static struct pair *start(const struct mechanism *mechanism, size_t size)
{
	return start_or(skip_it, mechanism, size);
}

static int run_reading(struct pair *pair, enum slice_kind kind, size_t size,
	uint64_t duration_ns, size_t chunk)
{
	const struct slice slice = { .kind = kind,
		.size = size,
		.duration_ns = duration_ns,
		.handover = 1,
		.batch = 1,
		.chunk = chunk };

	why_clear(&why);
	return pair_slice(pair, &slice, clock_now_ns() + PATIENCE, &why);
}

static int run(struct pair *pair, enum slice_kind kind, size_t size, uint64_t duration_ns)
{
	return run_reading(pair, kind, size, duration_ns, size);
}

/* --- pages that are passed on --------------------------------------------------------
 */

static const char *const passing_rows[] = { "pipe_vmsplice", "pipe_splice" };
#define PASSING_ROWS (sizeof passing_rows / sizeof passing_rows[0])

/* A row without what is special about it: the same pages for every message, whether or
 * not the reader is done. */
static const struct mechanism *patient;
static void *first_pages; /* in each side */

static int hasty_reserve(struct channel *channel, size_t size, void **tx)
{
	int error = 0;

	if (!first_pages)
		error = patient->reserve(channel, size, &first_pages);
	*tx = first_pages;
	return error;
}

static void wait_for_the_reader(const struct mechanism *mechanism, size_t size)
{
	struct pair *pair = start(mechanism, size);

	/* By parts as well: the last page is still to be read when the others are not. */
	if (run(pair, SLICE_THROUGHPUT, size, 100 * MS) ||
		run_reading(pair, SLICE_THROUGHPUT, size, 100 * MS,
			size < 700 ? size : 700) ||
		run(pair, SLICE_LATENCY, size, 20 * MS))
		fail_msg("%s, %zu bytes: %s", mechanism->name, size, why.text);
	pair_stop(pair);
}

static void pages_wait_for_the_reader(void **state)
{
	static const size_t sizes[] = { 1, 64, 4097, 65536, 300000 };

	(void)state;
	for (size_t r = 0; r < PASSING_ROWS; r++)
		for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
			wait_for_the_reader(row(passing_rows[r]), sizes[i]);
}

static void pages_written_too_early_are_seen(void **state)
{
	(void)state;
	for (size_t r = 0; r < PASSING_ROWS; r++) {
		struct mechanism hasty = *row(passing_rows[r]);
		struct pair *pair;

		patient = row(passing_rows[r]);
		hasty.reserve = hasty_reserve;
		pair = start(&hasty, 64);
		/* A pipe holds sixteen such messages: the sender is ahead at once. Ends
		 * by being seen, or in PATIENCE. */
		assert_int_equal(run(pair, SLICE_THROUGHPUT, 64, 3600000 * MS), -EBADMSG);
		assert_non_null(strstr(why.text, "is not what was sent"));
		pair_stop(pair);
	}
}

/* --- packets ---------------------------------------------------------------------------
 */

/* Each packet has a page of its own, however small; an offer that lost O_DIRECT would put
 * many into one page. */
static void packets_do_not_share_pages(void **state)
{
	struct pair *pair = start(row("pipe_packet"), 64);
	const struct channel *channel = pair_channel(pair);
	uint64_t pages = (uint64_t)(channel->settings[0] / sysconf(_SC_PAGESIZE));

	(void)state;
	if (run(pair, SLICE_CAPACITY, 64, 0))
		fail_msg("%s", why.text);
	assert_int_equal(pair_capacity(pair)->messages, pages);
	assert_int_equal(pair_capacity(pair)->bytes, pages * 64);
	pair_stop(pair);
}

static void a_packet_is_at_most_pipe_buf(void **state)
{
	struct pair *pair = start(row("pipe_packet"), 100000);

	(void)state;
	assert_in_range(pair_channel(pair)->size_max, 512, 99999);
	assert_non_null(strstr(pair_channel(pair)->size_limit.text, "PIPE_BUF"));
	if (run(pair, SLICE_THROUGHPUT, pair_channel(pair)->size_max, 5 * MS))
		fail_msg("%s", why.text);
	pair_stop(pair);
}

static void the_largest_pipe_is_asked_for(void **state)
{
	const struct mechanism *mechanism = row("pipe_1m");
	int64_t least, most, settings[MECHANISM_SETTINGS];
	struct pair *pair;

	(void)state;
	setting_range(&mechanism->settings[0], &least, &most);
	mechanism_defaults(mechanism, settings);
	assert_int_equal(settings[0], most);
	pair = start(mechanism, 64);
	assert_true(pair_channel(pair)->settings[0] >= most);
	pair_stop(pair);
}

/* --- loss ------------------------------------------------------------------------------
 */

#define DATAGRAMS 500

/* Both sides in one process, so that nobody reads while everything is sent. */
static void count_loss(const struct mechanism *mechanism)
{
	struct channel sides[2] = {
		{ .mechanism = mechanism, .size_max = 64, .why = &why }
	};
	unsigned char bytes[2][64] = { "to send" };
	unsigned arrived = 0, told = 0, of = 0;
	const void *rx;
	size_t len;
	int error;

	mechanism_defaults(mechanism, sides[0].settings);
	sides[0].settings[mechanism_setting(mechanism, "udp.window")] = 2 * DATAGRAMS;
	sides[0].settings[mechanism_setting(mechanism, "udp.rcvbuf")] = 4096;
	sides[0].tx = bytes[0];
	sides[0].rx = bytes[1];
	/* The state has lines of its own. */
	sides[0].shared = aligned_alloc(64, (mechanism->shared_size + 63) / 64 * 64);
	assert_non_null(sides[0].shared);
	memset(sides[0].shared, 0, mechanism->shared_size);
	sides[0].own = test_calloc(1, mechanism->own_size);
	why_clear(&why);
	assert_int_equal(mechanism->create(&sides[0]), 0);
	sides[1] = sides[0];
	sides[1].side = 1;
	sides[1].own = test_calloc(1, mechanism->own_size);
	assert_int_equal(mechanism->attach(&sides[0]), 0);
	assert_int_equal(mechanism->attach(&sides[1]), 0);
	for (unsigned i = 0; i < DATAGRAMS; i++)
		assert_int_equal(mechanism->send(&sides[0], 64), 0);
	while (!(error = mechanism->recv(&sides[1], 64, &rx, &len)))
		arrived++;
	assert_int_equal(error, -EBADMSG);
	assert_in_range(arrived, 1, DATAGRAMS - 1);
	assert_non_null(strstr(why.text, "were lost"));
	assert_int_equal(
		sscanf(why.text + strlen(mechanism->name), ": %u of %u", &told, &of), 2);
	assert_int_equal(of, DATAGRAMS);
	assert_int_equal(told, DATAGRAMS - arrived);
	mechanism->detach(&sides[0]); /* closes what both have */
	test_free(sides[0].own);
	test_free(sides[1].own);
	free(sides[0].shared);
}

static void lost_datagrams_are_counted(void **state)
{
	(void)state;
	count_loss(row("udp"));
	count_loss(row("udp_connected"));
}

/* The smallest buffer, the row's own window: nothing is lost. */
static void a_window_prevents_loss(void **state)
{
	static const size_t sizes[] = { 1, 64, 1500, 9000, 65507 };
	struct mechanism small = *row("udp");

	(void)state;
	small.preset = "udp.rcvbuf=4K";
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct pair *pair = start(&small, sizes[i]);

		if (run(pair, SLICE_THROUGHPUT, sizes[i], 20 * MS))
			fail_msg("%zu bytes: %s", sizes[i], why.text);
		pair_stop(pair);
	}
}

/* --- descriptors -----------------------------------------------------------------------
 */

static unsigned open_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	unsigned count = 0;

	for (; directory && readdir(directory); count++)
		;
	if (directory)
		closedir(directory);
	return count;
}

/* How many are open after 10 and after 500 messages, in side 1. */
static unsigned *open_after, releases;

static int counting_release(struct channel *channel)
{
	int error = row("unix_fdpass")->release(channel);

	if (channel->side == 1 && ++releases == 10)
		open_after[0] = open_descriptors();
	if (channel->side == 1 && releases == 500)
		open_after[1] = open_descriptors();
	return error;
}

static void passed_descriptors_are_closed(void **state)
{
	struct mechanism counting = *row("unix_fdpass");
	struct pair *pair;

	(void)state;
	open_after = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(open_after != MAP_FAILED);
	counting.release = counting_release;
	pair = start(&counting, 100);
	for (unsigned i = 0; i < 1000 && !open_after[1]; i++)
		if (run(pair, SLICE_LATENCY, i % 100 + 1, 5 * MS))
			fail_msg("%s", why.text);
	pair_stop(pair);
	assert_int_equal(open_after[0], open_after[1]);
	munmap(open_after, 4096);
}

/* --- paths -----------------------------------------------------------------------------
 */

/* A directory as long as a private one can be: with the name of the socket it is more
 * than sun_path holds. */
static void a_long_path_is_no_obstacle(void **state)
{
	char top[] = "/tmp/ipcmark-test-XXXXXX";
	char kept[sizeof janitor.directory];
	struct pair *pair;
	size_t length;

	(void)state;
	if (access("/proc/self/fd", X_OK))
		skip();
	assert_non_null(mkdtemp(top));
	memcpy(kept, janitor.directory, sizeof kept);
	length = (size_t)snprintf(
		janitor.directory, sizeof janitor.directory, "%s/", top);
	memset(janitor.directory + length, 'x', sizeof janitor.directory - length - 1);
	janitor.directory[sizeof janitor.directory - 1] = '\0';
	assert_int_equal(mkdir(janitor.directory, 0700), 0);
	pair = start_or(fail_it, row("unix_stream_named"), 64);
	if (run(pair, SLICE_LATENCY, 64, MS))
		fail_msg("%s", why.text);
	pair_stop(pair);
	/* Empty again, or this fails. */
	assert_int_equal(rmdir(janitor.directory), 0);
	memcpy(janitor.directory, kept, sizeof kept);
	assert_int_equal(rmdir(top), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_wait_for_the_reader),
		cmocka_unit_test(pages_written_too_early_are_seen),
		cmocka_unit_test(packets_do_not_share_pages),
		cmocka_unit_test(a_packet_is_at_most_pipe_buf),
		cmocka_unit_test(the_largest_pipe_is_asked_for),
		cmocka_unit_test(lost_datagrams_are_counted),
		cmocka_unit_test(a_window_prevents_loss),
		cmocka_unit_test(passed_descriptors_are_closed),
		cmocka_unit_test(a_long_path_is_no_obstacle),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
