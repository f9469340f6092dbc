/* The closing table: against the golden run, and on rows that would break a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "results/show.h"
#include "scratch.h"

static char *page;
static struct why why;

static int enter(void **state)
{
	(void)state;
	why_clear(&why);
	page = NULL;
	return scratch_enter();
}

static int leave(void **state)
{
	(void)state;
	free(page);
	return scratch_leave();
}

static void show(const struct run_directory *run, bool is_coloured)
{
	size_t length;
	FILE *out;

	free(page);
	out = open_memstream(&page, &length);
	if (show_run(run, out, is_coloured, &why))
		fail_msg("%s", why.text);
	fclose(out);
}

/* No line is wider than 100 columns or ends in spaces, and nothing commands a terminal.
 */
static void assert_fits(void)
{
	size_t width = 0;

	for (const char *at = page; *at; at++) {
		if (*at == '\n') {
			assert_true(at == page || at[-1] != ' ');
			width = 0;
			continue;
		}
		assert_true((unsigned char)*at >= ' ' && *at != 0x7f);
		width += ((unsigned char)*at & 0xc0) != 0x80;
		if (width > 100)
			fail_msg("too wide: %.100s", at - 99);
	}
}

static void the_golden_run_looks_so(void **state)
{
	static char wanted[1 << 16];
	struct run_directory *run;
	FILE *in = fopen(SOURCE_DIR "/ci/tests/golden/run-small.show.txt", "r");

	(void)state;
	assert_non_null(in);
	wanted[fread(wanted, 1, sizeof wanted - 1, in)] = '\0';
	fclose(in);
	assert_int_equal(chdir(SOURCE_DIR "/ci/tests/golden"), 0);
	if (run_directory_open("run-small", false, &run, &why))
		fail_msg("%s", why.text);
	show(run, false);
	assert_string_equal(page, wanted);
	assert_fits();
	show(run, true);
	assert_non_null(strstr(page, "\033[1m"));
	assert_non_null(strstr(page, "\033[31mfailed"));
	run_directory_close(run);
}

/* Undoes the line breaks, which fall anywhere. */
static void assert_says(const char *words)
{
	char *flat = strdup(page), *to = flat;

	for (const char *from = page; *from; from++)
		if (*from != '\n' && (*from != ' ' || (to > flat && to[-1] != ' ')))
			*to++ = *from;
		else if (*from == '\n' && to > flat && to[-1] != ' ')
			*to++ = ' ';
	*to = '\0';
	if (!strstr(flat, words))
		fail_msg("'%s' is not in '%s'", words, flat);
	free(flat);
}

static struct result_row make_row(int64_t launch, const char *mechanism, double median_ns)
{
	struct result_row row;

	row_clear(&result_table, &row);
	row.launch = launch;
	row.attempt = 1;
	row_text(row.mechanism, mechanism);
	row_text(row.test, "latency");
	row.size_bytes = 64;
	row_text(row.placement, "unpinned");
	row_text(row.status, "ok");
	row.median_ns = median_ns;
	return row;
}

static void nothing_was_measured(void **state)
{
	struct run_directory *run;

	(void)state;
	assert_int_equal(run_directory_create("run", &run, &why), 0);
	show(run, false);
	assert_string_equal(page, "run: run\nNothing was measured.\n");
	run_directory_close(run);
}

static void an_order_is_claimed_only_where_intervals_are_apart(void **state)
{
	struct run_directory *run;

	(void)state;
	assert_int_equal(run_directory_create("run", &run, &why), 0);
	for (int i = 0; i < 6; i++) {
		struct result_row rows[] = { make_row(3 * i, "pipe", 1000 + 10 * i),
			make_row(3 * i + 1, "fifo", 1040 + 10 * i) };

		assert_int_equal(run_directory_append(run, rows, 2, &why), 0);
	}
	show(run, false);
	assert_non_null(
		strstr(page, "pipe, 1.02 µs (1 µs to 1.05 µs); then fifo, 1.06 µs"));
	assert_says("(the intervals overlap: no order is claimed)");
	run_directory_close(run);
	assert_int_equal(run_directory_create("apart", &run, &why), 0);
	for (int i = 0; i < 6; i++) {
		struct result_row rows[] = { make_row(3 * i, "pipe", 1000 + 10 * i),
			make_row(3 * i + 1, "fifo", 1060 + 10 * i) };

		assert_int_equal(run_directory_append(run, rows, 2, &why), 0);
	}
	show(run, false);
	assert_says("; then fifo, 1.08 µs unpinned round trip");
	run_directory_close(run);
}

static void append(struct run_directory *run, const struct result_row *row)
{
	if (run_directory_append(run, row, 1, &why))
		fail_msg("%s", why.text);
}

static struct result_row make_throughput(int64_t launch, const char *mechanism)
{
	struct result_row row = make_row(launch, mechanism, 0);

	row_text(row.test, "throughput");
	row_text(row.payload, "touch");
	row.median_ns = 100;
	row.bytes_per_s = 64e7;
	return row;
}

static size_t count_of(const char *words)
{
	size_t count = 0;

	for (const char *at = page; (at = strstr(at, words)); at++)
		count++;
	return count;
}

/* The line that begins so has both. */
static void assert_line(const char *begin, const char *one, const char *other)
{
	const char *at = strstr(page, begin);
	char line[300];

	if (!at) {
		fail_msg("'%s' is not in '%s'", begin, page);
		return;
	}
	snprintf(line, sizeof line, "%.*s", (int)strcspn(at + 1, "\n"), at + 1);
	if (!strstr(line, one) || !strstr(line, other))
		fail_msg("'%s' and '%s' are not in '%s'", one, other, line);
}

/* The gap is between round trips: throughput, which has none, stands beside them. */
static void throughput_stands_beside_round_trips_of_any_gap(void **state)
{
	struct result_row wakeup = make_row(0, "eventfd", 3000);
	struct result_row latency = make_row(1, "pipe", 4000);
	struct result_row throughput = make_throughput(2, "pipe");
	struct run_directory *run;

	(void)state;
	assert_int_equal(run_directory_create("run", &run, &why), 0);
	wakeup.size_bytes = 0;
	wakeup.gap_ns = latency.gap_ns = 1000000;
	throughput.gap_ns = 0;
	row_text(latency.payload, "touch");
	append(run, &wakeup);
	append(run, &latency);
	append(run, &throughput);
	show(run, false);
	assert_int_equal(count_of("  mechanism "), 1);
	assert_non_null(strstr(page, "\nunpinned, payload touch, gap 1 ms\n"));
	assert_line("\n  pipe ", "4 µs", "640 MB/s 64 B");
	assert_line("\n  eventfd ", "3 µs", " - ");
	assert_fits();
	run_directory_close(run);
}

static void what_was_not_asked_for_has_no_column(void **state)
{
	struct result_row row = make_throughput(0, "pipe");
	struct run_directory *run;

	(void)state;
	assert_int_equal(run_directory_create("run", &run, &why), 0);
	append(run, &row);
	show(run, false);
	assert_null(strstr(page, "round trip"));
	assert_null(strstr(page, "wake-up"));
	assert_non_null(strstr(page, "a message"));
	run_directory_close(run);
	assert_int_equal(run_directory_create("other", &run, &why), 0);
	row = make_row(0, "pipe", 4000);
	append(run, &row);
	show(run, false);
	assert_non_null(strstr(page, "a round trip"));
	assert_null(strstr(page, "throughput"));
	run_directory_close(run);
}

/* A name and what stands beside it. */
static void assert_apart(const char *line)
{
	if (!strstr(page, line))
		fail_msg("'%s' is not in '%s'", line, page);
}

static void long_names_touch_nothing(void **state)
{
	static const char *const name = "pipe_nonblock_epoll_of_a_kind";
	struct run_directory *run;

	(void)state;
	assert_int_equal(run_directory_create("run", &run, &why), 0);
	for (int i = 0; i < 3; i++) {
		struct result_row row = make_row(i, i ? name : "pipe", 4000);

		if (i == 2)
			row_text(row.status, "failed");
		append(run, &row);
		row_text(row.test, "capacity");
		row.capacity_bytes = 65536;
		row.capacity_messages = 1024;
		append(run, &row);
	}
	show(run, false);
	assert_apart("\n  pipe                                4 µs ");
	assert_apart("\n  pipe_nonblock_epoll_of_a_kind       4 µs ");
	assert_apart("\n  pipe_nonblock_epoll_of_a_kind  64 KiB in 1024 x 64 B ");
	assert_apart("\n  pipe_nonblock_epoll_of_a_kind  partly ");
	assert_fits();
	run_directory_close(run);
}

/* There is no room for this one beside four sizes and throughput. */
static void too_long_names_stand_alone(void **state)
{
	char name[90] = "", line[120];
	struct result_row row = make_throughput(9, "pipe");
	struct run_directory *run;

	(void)state;
	memset(name, 'n', sizeof name - 1);
	row_text(row.mechanism, name);
	assert_int_equal(run_directory_create("run", &run, &why), 0);
	append(run, &row);
	show(run, false);
	snprintf(line, sizeof line, "\n  %s\n", name);
	assert_apart(line);
	assert_fits();
	run_directory_close(run);
}

static void foreign_text_does_no_harm(void **state)
{
	struct run_directory *run;
	const char *const key = "cpu.model";
	const char *const model = "evil\033[31m\r";

	(void)state;
	assert_int_equal(run_directory_create("run", &run, &why), 0);
	assert_int_equal(run_directory_put_environment(run, &key, &model, 1, &why), 0);
	for (int i = 0; i < 40; i++) {
		struct result_row row = make_row(i, "", 1e15 * i);

		memset(row.mechanism, 'a' + i % 26, 30);
		row_text(row.reason, i % 2 ? "words\033[2J and\nmore " : "");
		row_text(row.status, i % 3 ? "ok" : "failed");
		memset(row.placement, 'p', i % 5 ? 10 : ROW_TEXT - 1);
		row.size_bytes = (int64_t)1 << i;
		row.bytes_per_s = 1e300;
		row.voluntary_a = 1e200;
		row.capacity_bytes = INT64_MAX;
		if (i > 30)
			row_text(row.test, "capacity");
		assert_int_equal(run_directory_append(run, &row, 1, &why), 0);
	}
	show(run, false);
	for (const char *at = page; *at; at++)
		assert_true(*at == '\n' || ((unsigned char)*at >= ' ' && *at != 0x7f));
	run_directory_close(run);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_golden_run_looks_so),
		TEST(nothing_was_measured),
		TEST(an_order_is_claimed_only_where_intervals_are_apart),
		TEST(throughput_stands_beside_round_trips_of_any_gap),
		TEST(what_was_not_asked_for_has_no_column),
		TEST(long_names_touch_nothing),
		TEST(too_long_names_stand_alone),
		TEST(foreign_text_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
