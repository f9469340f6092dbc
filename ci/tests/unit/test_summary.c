/* Launches become cases: by hand-made rows, and by the golden run. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "results/csv.h"
#include "results/summary.h"
#include "scratch.h"

static struct why why;
static struct run_directory *run;
static struct summary_row *summary;
static size_t summary_count;

static int enter(void **state)
{
	(void)state;
	why_clear(&why);
	if (scratch_enter())
		return -1;
	summary = NULL;
	return run_directory_create("run", &run, &why);
}

static int leave(void **state)
{
	(void)state;
	free(summary);
	run_directory_close(run);
	return scratch_leave();
}

static struct result_row make_row(int64_t launch, const char *mechanism, int64_t size)
{
	struct result_row row;

	row_clear(&result_table, &row);
	row.launch = launch;
	row.attempt = 1;
	row_text(row.mechanism, mechanism);
	row_text(row.test, "latency");
	row.size_bytes = size;
	row_text(row.placement, "shared-l3");
	row_text(row.sched, "other");
	row_text(row.settings, "a=1");
	row_text(row.status, "ok");
	return row;
}

static void append(const struct result_row *row)
{
	if (run_directory_append(run, row, 1, &why))
		fail_msg("%s", why.text);
}

static void append_median(int64_t launch, double median_ns)
{
	struct result_row row = make_row(launch, "pipe", 64);

	row.median_ns = median_ns;
	append(&row);
}

static void append_fault(int64_t launch, int64_t attempt, const char *status)
{
	struct result_row row = make_row(launch, "pipe", 64);

	row.attempt = attempt;
	row.sched[0] = row.settings[0] = '\0';
	row_text(row.status, status);
	snprintf(row.reason, sizeof row.reason, "%s %d", status, (int)launch);
	append(&row);
}

static void summarize(size_t wanted)
{
	free(summary);
	if (summary_compute(run, &summary, &summary_count, &why))
		fail_msg("%s", why.text);
	assert_int_equal(summary_count, wanted);
}

static void an_empty_run_has_no_cases(void **state)
{
	(void)state;
	summarize(0);
}

static void five_launches_have_no_interval(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		append_median(i, 100 + i);
	summarize(1);
	assert_int_equal(summary[0].launches, 5);
	assert_true(summary[0].median_ns == 102);
	assert_true(isnan(summary[0].median_low_ns) && isnan(summary[0].coverage));
	assert_true(summary[0].samples == ROW_UNKNOWN);
	assert_true(isnan(summary[0].user_ns) && isnan(summary[0].switches));
	append_median(5, 50);
	summarize(1);
	assert_true(summary[0].median_ns == 101.5);
	assert_true(summary[0].median_low_ns == 50);
	assert_true(summary[0].median_high_ns == 104);
	assert_true(fabs(summary[0].coverage - 0.96875) < 1e-9);
}

static void retries_count_once(void **state)
{
	struct result_row row = make_row(1, "pipe", 64);

	(void)state;
	append_median(0, 10);
	append_fault(1, 1, "inconclusive");
	append_fault(1, 2, "failed");
	row.attempt = 3;
	row.median_ns = 20;
	append(&row);
	summarize(1);
	assert_int_equal(summary[0].launches, 2);
	assert_int_equal(summary[0].retries, 2);
	assert_true(summary[0].median_ns == 15);
	assert_string_equal(summary[0].status, "ok");
	assert_string_equal(summary[0].reason, "");
}

static void what_failed_early_joins_its_case(void **state)
{
	(void)state;
	append_fault(0, 1, "failed");
	append_median(1, 10);
	append_fault(2, 1, "inconclusive");
	append_fault(2, 2, "failed");
	summarize(1);
	assert_int_equal(summary[0].launches, 1);
	assert_int_equal(summary[0].retries, 1);
	assert_string_equal(summary[0].status, "ok");
	assert_string_equal(summary[0].settings, "a=1");
	assert_string_equal(summary[0].reason, "2 of 3 launches do not count: failed 2");
}

static void what_was_never_ok_has_its_last_reason(void **state)
{
	(void)state;
	append_fault(7, 1, "failed");
	append_fault(3, 1, "inconclusive");
	summarize(1);
	assert_int_equal(summary[0].launches, 0);
	assert_string_equal(summary[0].status, "inconclusive");
	assert_string_equal(summary[0].reason, "inconclusive 3");
	assert_true(isnan(summary[0].median_ns));
}

static void cases_are_told_apart_and_ordered(void **state)
{
	static const char *const order[] = { "pipe same-cpu 64", "pipe shared-l3 64",
		"pipe shared-l3 4096", "eventfd shared-l3 0", "a_stranger shared-l3 1",
		"stranger shared-l3 1" };
	struct result_row rows[] = { make_row(0, "stranger", 1),
		make_row(1, "eventfd", 0), make_row(2, "pipe", 4096),
		make_row(3, "pipe", 64), make_row(4, "pipe", 64),
		make_row(5, "a_stranger", 1) };
	char text[3 * ROW_TEXT];

	(void)state;
	row_text(rows[4].placement, "same-cpu");
	for (size_t i = 0; i < 6; i++)
		append(&rows[i]);
	summarize(6);
	for (size_t i = 0; i < 6; i++) {
		snprintf(text, sizeof text, "%s %s %d", summary[i].mechanism,
			summary[i].placement, (int)summary[i].size_bytes);
		assert_string_equal(text, order[i]);
	}
	row_text(rows[3].payload, "touch");
	append(&rows[3]);
	rows[3].gap_ns = 1000;
	append(&rows[3]);
	row_text(rows[3].settings, "a=2");
	append(&rows[3]);
	summarize(9);
}

static void sides_are_added(void **state)
{
	struct result_row row = make_row(0, "pipe", 64);

	(void)state;
	row.user_a_ns = 1;
	row.user_b_ns = 2;
	row.system_b_ns = 5;
	row.voluntary_a = 0.5;
	row.voluntary_b = 0.25;
	row.involuntary_a = 0.125;
	append(&row);
	summarize(1);
	assert_true(summary[0].user_ns == 3);
	assert_true(summary[0].system_ns == 5);
	assert_true(summary[0].switches == 0.875);
	assert_true(isnan(summary[0].busy_cpus));
}

/* 100 messages in 500 ns of which both sides together used 8 ns of CPU each. */
static void cpus_are_busy_by_wall_time(void **state)
{
	struct result_row row = make_row(0, "pipe", 64);

	(void)state;
	row.user_a_ns = 1;
	row.user_b_ns = 2;
	row.system_b_ns = 5;
	row.messages = 100;
	row.elapsed_ns = 500;
	row.median_ns = 4;
	append(&row);
	summarize(1);
	assert_true(summary[0].busy_cpus == 1.6);
}

static void percentiles_need_ten_samples_beyond(void **state)
{
	static struct histogram histogram;
	struct result_row row = make_row(0, "pipe", 64);

	(void)state;
	append(&row);
	histogram_clear(&histogram);
	for (uint64_t i = 0; i < 199; i++)
		histogram_add(&histogram, i);
	assert_int_equal(run_directory_merge_histogram(run, &row, &histogram, &why), 0);
	summarize(1);
	assert_true(isnan(summary[0].p05_ns) && isnan(summary[0].p95_ns));
	assert_true(summary[0].p50_ns == 99);
	histogram_clear(&histogram);
	histogram_add(&histogram, 199);
	assert_int_equal(run_directory_merge_histogram(run, &row, &histogram, &why), 0);
	summarize(1);
	assert_true(summary[0].p05_ns == 9);
	assert_true(summary[0].p95_ns == 189);
	assert_true(isnan(summary[0].p99_ns) && isnan(summary[0].p999_ns));
}

/* The rows of a launch are there and its histogram is not, or is there twice. */
static void samples_are_those_of_the_histogram(void **state)
{
	static struct histogram histogram;

	(void)state;
	histogram_clear(&histogram);
	for (uint64_t i = 0; i < 100; i++)
		histogram_add(&histogram, i);
	for (int i = 0; i < 2; i++) {
		struct result_row row = make_row(i, "pipe", 64);

		row.samples = 100;
		append(&row);
	}
	for (int i = 1; i <= 3; i++) {
		struct result_row row = make_row(0, "pipe", 64);

		assert_int_equal(
			run_directory_merge_histogram(run, &row, &histogram, &why), 0);
		summarize(1);
		assert_int_equal(summary[0].samples, i * 100);
		assert_string_equal(summary[0].status, "ok");
		if (i == 2)
			assert_string_equal(summary[0].reason, "");
		else
			assert_non_null(strstr(summary[0].reason,
				"samples where the launches have 200: "));
	}
}

static void capacities_have_a_range(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct result_row row = make_row(i, "tcp", 64);

		row_text(row.test, "capacity");
		snprintf(row.settings, sizeof row.settings, "grown=%d", i);
		row.capacity_bytes = 1000 - 100 * i * i;
		row.is_exact = i != 1;
		append(&row);
	}
	summarize(1);
	assert_int_equal(summary[0].capacity_bytes, 900);
	assert_int_equal(summary[0].capacity_bytes_least, 600);
	assert_int_equal(summary[0].capacity_bytes_most, 1000);
	assert_int_equal(summary[0].is_exact, 0);
	assert_true(summary[0].reopen_bytes == ROW_UNKNOWN);
}

static void the_summary_is_written(void **state)
{
	struct summary_row *read;
	size_t count;

	(void)state;
	append_median(0, 12.5);
	assert_int_equal(run_directory_summarize(run, &why), 0);
	assert_int_equal(run_directory_summary(run, &read, &count, &why), 0);
	summarize(1);
	assert_int_equal(count, 1);
	assert_memory_equal(read, summary, sizeof *read);
	free(read);
}

/* The golden run's summary.csv was checked by other means than this program. */
static void the_golden_run_agrees(void **state)
{
	static char wanted[1 << 16];
	struct run_directory *golden;
	char *text = NULL;
	size_t length = 0;
	FILE *file;

	(void)state;
	if (run_directory_open(
		    SOURCE_DIR "/ci/tests/golden/run-small", false, &golden, &why))
		fail_msg("%s", why.text);
	if (summary_compute(golden, &summary, &summary_count, &why))
		fail_msg("%s", why.text);
	run_directory_close(golden);
	file = open_memstream(&text, &length);
	csv_header(file, &summary_table);
	for (size_t i = 0; i < summary_count; i++)
		csv_row(file, &summary_table, &summary[i]);
	fclose(file);
	file = fopen(SOURCE_DIR "/ci/tests/golden/run-small/summary.csv", "r");
	assert_non_null(file);
	wanted[fread(wanted, 1, sizeof wanted - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(text, wanted);
	free(text);
}

static void append_rate(int64_t launch, int64_t size, int64_t joined)
{
	struct result_row row = make_row(launch, "pipe", size);

	row_text(row.test, "throughput");
	row.coalesce = joined;
	append(&row);
}

/* Beside the same without they are left out; alone they are all there is. */
static void joined_messages_are_left_out_of_tables(void **state)
{
	(void)state;
	append_rate(0, 64, 128);
	append_rate(1, 64, 1);
	append_rate(2, 4096, 1);
	append_rate(3, 65536, 128);
	summarize(4);
	assert_int_equal(summary_leave_joined(summary, summary_count), 3);
	assert_int_equal(summary[0].size_bytes, 64);
	assert_int_equal(summary[0].coalesce, 1);
	assert_int_equal(summary[1].size_bytes, 4096);
	assert_int_equal(summary[2].size_bytes, 65536);
	assert_int_equal(summary[2].coalesce, 128);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_run_has_no_cases),
		TEST(five_launches_have_no_interval),
		TEST(retries_count_once),
		TEST(what_failed_early_joins_its_case),
		TEST(what_was_never_ok_has_its_last_reason),
		TEST(cases_are_told_apart_and_ordered),
		TEST(sides_are_added),
		TEST(cpus_are_busy_by_wall_time),
		TEST(percentiles_need_ten_samples_beyond),
		TEST(samples_are_those_of_the_histogram),
		TEST(capacities_have_a_range),
		TEST(joined_messages_are_left_out_of_tables),
		TEST(the_summary_is_written),
		TEST(the_golden_run_agrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
