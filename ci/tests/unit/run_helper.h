/* run_helper.h: run directories for tests, made in a directory of the test's own, and
 * rows to put into them. */
#ifndef IPCMARK_TESTS_RUN_HELPER_H
#define IPCMARK_TESTS_RUN_HELPER_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "results/run_directory.h"
#include "scratch.h"

static struct why why;

static inline int enter(void **state)
{
	(void)state;
	why_clear(&why);
	return scratch_enter();
}

static inline int leave(void **state)
{
	(void)state;
	return scratch_leave();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

static inline void put(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

static inline const char *get(const char *path)
{
	static char text[1 << 16];
	FILE *in = fopen(path, "r");

	assert_non_null(in);
	text[fread(text, 1, sizeof text - 1, in)] = '\0';
	fclose(in);
	return text;
}

static inline struct result_row make_row(int64_t launch, int64_t size_bytes)
{
	struct result_row row;

	row_clear(&result_table, &row);
	row.launch = launch;
	row.attempt = 1;
	row_text(row.mechanism, "pipe");
	row_text(row.test, "latency");
	row.size_bytes = size_bytes;
	row_text(row.placement, "shared-l3");
	row.cpu_a = 0;
	row.cpu_b = 1;
	row_text(row.payload, "none");
	row_text(row.status, "ok");
	row.median_ns = 1000.5;
	return row;
}

static inline struct run_directory *create(const char *path)
{
	struct run_directory *run;

	if (run_directory_create(path, &run, &why))
		fail_msg("%s", why.text);
	return run;
}

static inline void append(struct run_directory *run, int64_t launch, size_t rows)
{
	struct result_row made[8];

	for (size_t i = 0; i < rows; i++)
		made[i] = make_row(launch, (int64_t)1 << i);
	if (run_directory_append(run, made, rows, &why))
		fail_msg("%s", why.text);
}

static inline size_t count_rows(const struct run_directory *run)
{
	struct result_row *rows;
	size_t count;

	if (run_directory_results(run, &rows, &count, &why))
		fail_msg("%s", why.text);
	free(rows);
	return count;
}

static inline void refuses_to_create(const char *path, int error, const char *says)
{
	struct run_directory *run = NULL;

	why_clear(&why);
	assert_int_equal(run_directory_create(path, &run, &why), error);
	assert_string_equal(why.text, says);
	assert_null(run);
}

static inline void refuses_to_open(
	const char *path, bool to_append, int error, const char *says)
{
	struct run_directory *run = NULL;

	why_clear(&why);
	assert_int_equal(run_directory_open(path, to_append, &run, &why), error);
	assert_string_equal(why.text, says);
	assert_null(run);
}

#endif
