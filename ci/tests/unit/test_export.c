/* Exporters: the golden run in each format, names that stay apart, text that is hostile.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "golden.h"
#include "results/export.h"
#include "runs.h"

static struct run_directory *directory;
static struct export_run run;
static struct why why;
static char *page;

static int enter(void **state)
{
	why_clear(&why);
	page = NULL;
	return runs_enter(state);
}

static int leave(void **state)
{
	export_close(&run);
	run_directory_close(directory);
	directory = NULL;
	free(page);
	return runs_leave(state);
}

static void open_run(void)
{
	if (export_open(directory, &run, &why))
		fail_msg("%s", why.text);
}

static void write_page(const struct export_format *format)
{
	size_t length;
	FILE *out;

	free(page);
	out = open_memstream(&page, &length);
	assert_non_null(out);
	if (format->write(&run, 1, out, &why))
		fail_msg("%s", why.text);
	fclose(out);
}

static bool is_json(const struct export_format *format)
{
	return strstr(format->says, "JSON") != NULL;
}

static void the_golden_run_in_each_format(void **state)
{
	(void)state;
	if (run_directory_open(
		    SOURCE_DIR "/ci/tests/golden/run-small", false, &directory, &why))
		fail_msg("%s", why.text);
	open_run();
	for (const struct export_format *format = export_formats; format->name;
		format++) {
		char name[128];

#if !IPCMARK_HAS_JSON
		if (is_json(format)) {
			assert_int_equal(format->write(&run, 1, stdout, &why), -ENOTSUP);
			assert_non_null(strstr(why.text, "libjansson"));
			why_clear(&why);
			continue;
		}
#endif
		write_page(format);
		snprintf(name, sizeof name, "export/%s.%s", format->name,
			is_json(format) ? "json" : "txt");
		golden_compare(name, page);
	}
}

static void words_and_formats_agree(void **state)
{
	size_t i = 0;

	(void)state;
	for (; export_formats[i].name; i++)
		assert_string_equal(export_format_names[i], export_formats[i].name);
	assert_null(export_format_names[i]);
}

/* Every walk passes what was measured, once, under a name of its own. */
static void names_stay_apart(void **state)
{
	struct result_row row = runs_row(0, 5000);
	struct export_case at = { .row = NULL }, found;
	size_t count = 0;

	(void)state;
	directory = runs_make("run", NULL);
	runs_append(directory, &row);
	row.launch = 1;
	row_text(row.settings, "pipe.size=4096"); /* what the system made of it */
	runs_append(directory, &row);
	row.launch = 2;
	row.gap_ns = 1000;
	runs_append(directory, &row);
	row.launch = 3;
	row.gap_ns = 0;
	row_text(row.mechanism, "fi fo");
	row_text(row.status, "failed");
	runs_append(directory, &row);
	open_run();
	while (export_next(&run, &at)) {
		assert_null(strchr(at.name, ' '));
		assert_true(export_find(&run, at.name, &found));
		assert_int_equal(found.index, at.index);
		count++;
	}
	assert_int_equal(count, 3);
	assert_true(export_find(&run, "pipe/latency/64/shared-l3/touch", &found));
	assert_true(export_find(&run, "pipe/latency/64/shared-l3/touch/again:2", &found));
	assert_true(
		export_find(&run, "pipe/latency/64/shared-l3/touch/gap:1000ns", &found));
	assert_false(export_find(&run, "fi_fo/latency/64/shared-l3/touch", &found));
}

static const struct export_format *format_named(const char *name)
{
	const struct export_format *format = export_formats;

	while (format->name && strcmp(format->name, name))
		format++;
	assert_non_null(format->name);
	return format;
}

static void hostile_text_is_quoted(void **state)
{
	static const char *const facts[] = { "time.utc", "2026\"\n", "build.commit",
		"a,b\"c", "cpu.model", "\"} 1\n# EOF\n", NULL };
	struct result_row row = runs_row(0, 5000);

	(void)state;
	directory = runs_make("run", facts);
	row_text(row.mechanism, "pi\"pe,\n\xff.");
	runs_append(directory, &row);
	open_run();
	write_page(format_named("openmetrics"));
	assert_non_null(strstr(page, "cpu=\"\\\"} 1?# EOF?\""));
	assert_non_null(strstr(page, "mechanism=\"pi\\\"pe,??.\""));
	write_page(format_named("otava"));
	assert_non_null(strstr(page, "\"a,b\"\"c\""));
	write_page(format_named("otava-config"));
	assert_non_null(strstr(page, "\"pi\\\"pe,??./latency/64/shared-l3/touch\":"));
#if IPCMARK_HAS_JSON
	write_page(format_named("bencher"));
	assert_non_null(strstr(page, "\"pi\\\"pe,??./latency"));
#endif
}

/* A column for what any of the runs has, a row a run, in the order of time. */
static void a_series_of_runs(void **state)
{
	static const char *const late[] = { "time.utc", "2026-02-01", "build.commit",
		"bb", NULL };
	static const char *const early[] = { "time.utc", "2026-01-01", "build.commit",
		"aa", NULL };
	struct run_directory *directories[2] = { runs_make("late", late),
		runs_make("early", early) };
	struct result_row row = runs_row(0, 5000);
	struct export_run runs[2];
	size_t length;
	FILE *out;

	(void)state;
	runs_append(directories[0], &row);
	row.median_ns = 4000;
	runs_append(directories[1], &row);
	row.size_bytes = 128;
	runs_append(directories[1], &row);
	for (int i = 0; i < 2; i++)
		if (export_open(directories[i], &runs[i], &why))
			fail_msg("%s", why.text);
	out = open_memstream(&page, &length);
	assert_int_equal(format_named("otava")->write(runs, 2, out, &why), 0);
	fclose(out);
	assert_string_equal(page, "time,commit,pipe/latency/64/shared-l3/touch,"
				  "pipe/latency/128/shared-l3/touch\n"
				  "2026-01-01,aa,4000,4000\n"
				  "2026-02-01,bb,5000,\n");
	for (int i = 0; i < 2; i++) {
		export_close(&runs[i]);
		run_directory_close(directories[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
		TEST(the_golden_run_in_each_format),
		TEST(words_and_formats_agree),
		TEST(names_stay_apart),
		TEST(hostile_text_is_quoted),
		TEST(a_series_of_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
