/* Histograms in a run directory: a file a case, merged over its launches. */
#include "run_helper.h"

#include <math.h>

static void histogram_names_part_the_cases(void **state)
{
	const int64_t number = INT64_MIN + 5;
	const double real = -1e300;
	static const char *const texts[] = { "mechanism", "test", "placement", "payload",
		"settings", "sweep_setting", "sched" };
	static const char *const numbers[] = { "size_bytes", "cpu_a", "cpu_b", "gap_ns",
		"chunk_bytes", "coalesce", "pieces", "sweep_wanted" };
	struct result_row row = make_row(0, 64), other;
	char name[RUN_HISTOGRAM_NAME], changed[RUN_HISTOGRAM_NAME];

	(void)state;
	run_directory_histogram_name(&row, name);
	assert_int_equal(strncmp(name, "pipe.latency.64.shared-l3.0-1.", 30), 0);
	for (size_t i = 0; i < result_table.column_count; i++) {
		const struct column *column = &result_table.columns[i];
		bool is_of_the_case = false;

		other = row;
		for (size_t j = 0; j < sizeof texts / sizeof texts[0]; j++)
			is_of_the_case |= strcmp(texts[j], column->name) == 0;
		for (size_t j = 0; j < sizeof numbers / sizeof numbers[0]; j++)
			is_of_the_case |= strcmp(numbers[j], column->name) == 0;
		if (column->type == COLUMN_TEXT)
			memset((char *)&other + column->offset, 'Z', ROW_TEXT - 1);
		else if (column->type == COLUMN_INT)
			memcpy((char *)&other + column->offset, &number, sizeof number);
		else
			memcpy((char *)&other + column->offset, &real, sizeof real);
		run_directory_histogram_name(&other, changed);
		if ((strcmp(name, changed) != 0) != is_of_the_case)
			fail_msg("column %s", column->name);
	}
	row_text(row.mechanism, "../../etc/pass wd\n\xc2\xb5");
	row_text(row.placement, "/");
	row.cpu_b = ROW_UNKNOWN;
	run_directory_histogram_name(&row, name);
	assert_int_equal(
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "0123456789-_."),
		strlen(name));
	assert_int_equal(strncmp(name, "______etc_pass_wd___.latency.64._.", 34), 0);
	for (size_t i = 0; i < result_table.column_count; i++)
		if (result_table.columns[i].type == COLUMN_TEXT)
			memset((char *)&row + result_table.columns[i].offset, 'x',
				ROW_TEXT - 1);
	run_directory_histogram_name(&row, name);
	assert_true(strlen(name) < RUN_HISTOGRAM_NAME);
	assert_string_equal(name + strlen(name) - 4, ".csv");
}

static void histograms_merge(void **state)
{
	static struct histogram written, read;
	struct run_directory *run = create("run");
	struct result_row row = make_row(0, 64);
	char name[RUN_HISTOGRAM_NAME];

	(void)state;
	run_directory_histogram_name(&row, name);
	assert_int_equal(run_directory_histogram(run, name, &read, &why), -ENOENT);
	histogram_clear(&written);
	for (uint64_t i = 0; i < 1000; i++)
		histogram_add(&written, 1000 + 7 * i);
	why_clear(&why);
	assert_int_equal(run_directory_merge_histogram(run, &row, &written, &why), 0);
	assert_int_equal(run_directory_histogram(run, name, &read, &why), 0);
	assert_int_equal(read.count, 1000);
	assert_int_equal(read.min, 1000);
	assert_int_equal(read.max, 7993);
	assert_memory_equal(read.buckets, written.buckets, sizeof read.buckets);
	assert_true(fabs(read.sum - written.sum) < 0.002 * written.sum);
	histogram_clear(&written);
	histogram_add(&written, 5);
	histogram_add(&written, (uint64_t)1 << 50);
	assert_int_equal(run_directory_merge_histogram(run, &row, &written, &why), 0);
	assert_int_equal(run_directory_histogram(run, name, &read, &why), 0);
	assert_int_equal(read.count, 1002);
	assert_int_equal(read.min, 5);
	assert_true(read.max == (uint64_t)1 << 50);
	assert_int_equal(read.buckets[5], 1);
	histogram_clear(&written);
	assert_int_equal(run_directory_merge_histogram(run, &row, &written, &why), 0);
	assert_int_equal(run_directory_histogram(run, name, &read, &why), 0);
	assert_int_equal(read.count, 1002);
	run_directory_close(run);
}

static void damaged_histograms_are_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "low_ns,count\n",
			"run/histograms/x.csv: line 1: column high_ns is missing" },
		{ "low_ns,high_ns,count\n1,2,x\n",
			"run/histograms/x.csv: line 2, column count: 'x' is not a whole "
			"number" },
		{ "low_ns,high_ns,count\n1,2,3\n1,700,1\n",
			"run/histograms/x.csv: row 2 is no bucket of this histogram" },
		{ "low_ns,high_ns,count\n2,2,3\n",
			"run/histograms/x.csv: row 1 is no bucket of this histogram" },
		{ "low_ns,high_ns,count\n2,3,\n",
			"run/histograms/x.csv: row 1 is no bucket of this histogram" },
		{ "low_ns,high_ns,count\n-5,3,1\n",
			"run/histograms/x.csv: row 1 is no bucket of this histogram" },
	};
	static struct histogram histogram;
	struct run_directory *run = create("run");

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		put("run/histograms/x.csv", rows[i].text);
		why_clear(&why);
		assert_int_equal(
			run_directory_histogram(run, "x.csv", &histogram, &why), -EINVAL);
		assert_string_equal(why.text, rows[i].says);
	}
	why_clear(&why);
	assert_int_equal(run_directory_histogram(run, "../summary.csv", &histogram, &why),
		-EINVAL);
	assert_string_equal(why.text, "'../summary.csv' is not the name of a histogram");
	run_directory_close(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(histogram_names_part_the_cases),
		TEST(histograms_merge),
		TEST(damaged_histograms_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
