/* The closing table: against the golden run, and on rows that would break a terminal. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "results/show.h"

static char home[64];
static char *page;
static struct why why;

static int remove_one(
	const char *path, const struct stat *status, int flag, struct FTW *ftw)
{
	(void)status;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int enter(void **state)
{
	(void)state;
	why_clear(&why);
	page = NULL;
	strcpy(home, "/tmp/ipcmark-test-XXXXXX");
	return !mkdtemp(home) || chdir(home);
}

static int leave(void **state)
{
	(void)state;
	free(page);
	return chdir("/") || nftw(home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
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
		TEST(foreign_text_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
