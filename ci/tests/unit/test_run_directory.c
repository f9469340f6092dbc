/* Run directories: made, resumed after a kill, and refused in words. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "results/run_directory.h"

static char home[64];
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
	strcpy(home, "/tmp/ipcmark-test-XXXXXX");
	if (!mkdtemp(home) || chmod(home, 0755))
		return -1;
	return chdir(home);
}

static int leave(void **state)
{
	(void)state;
	return chdir("/") || nftw(home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void put(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

static const char *get(const char *path)
{
	static char text[1 << 16];
	FILE *in = fopen(path, "r");

	assert_non_null(in);
	text[fread(text, 1, sizeof text - 1, in)] = '\0';
	fclose(in);
	return text;
}

static struct result_row make_row(int64_t launch, int64_t size_bytes)
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

static struct run_directory *create(const char *path)
{
	struct run_directory *run;

	if (run_directory_create(path, &run, &why))
		fail_msg("%s", why.text);
	return run;
}

static void append(struct run_directory *run, int64_t launch, size_t rows)
{
	struct result_row made[8];

	for (size_t i = 0; i < rows; i++)
		made[i] = make_row(launch, (int64_t)1 << i);
	if (run_directory_append(run, made, rows, &why))
		fail_msg("%s", why.text);
}

static size_t count_rows(const struct run_directory *run)
{
	struct result_row *rows;
	size_t count;

	if (run_directory_results(run, &rows, &count, &why))
		fail_msg("%s", why.text);
	free(rows);
	return count;
}

static void refuses_to_create(const char *path, int error, const char *says)
{
	struct run_directory *run = NULL;

	why_clear(&why);
	assert_int_equal(run_directory_create(path, &run, &why), error);
	assert_string_equal(why.text, says);
	assert_null(run);
}

static void refuses_to_open(const char *path, bool to_append, int error, const char *says)
{
	struct run_directory *run = NULL;

	why_clear(&why);
	assert_int_equal(run_directory_open(path, to_append, &run, &why), error);
	assert_string_equal(why.text, says);
	assert_null(run);
}

static void creation_makes_parents_and_tables(void **state)
{
	struct run_directory *run = create("deep/er/run/");
	struct summary_row *summary;
	struct stat status;
	size_t count = 7;

	(void)state;
	assert_string_equal(run_directory_path(run), "deep/er/run");
	assert_int_equal(fstat(run_directory_fd(run), &status), 0);
	assert_true(S_ISDIR(status.st_mode));
	assert_int_equal(count_rows(run), 0);
	assert_int_equal(run_directory_summary(run, &summary, &count, &why), 0);
	assert_int_equal(count, 0);
	free(summary);
	assert_string_equal(get("deep/er/run/environment.csv"), "key,value\n");
	assert_int_equal(
		strncmp(get("deep/er/run/results.csv"), "schema,launch,attempt,", 22), 0);
	assert_int_equal(access("deep/er/run/histograms", F_OK), 0);
	run_directory_close(run);
	run_directory_close(NULL);
}

static void an_empty_directory_is_used(void **state)
{
	(void)state;
	mkdir("empty", 0700);
	run_directory_close(create("empty"));
}

static void unfit_paths_are_refused(void **state)
{
	(void)state;
	mkdir("full", 0755);
	put("full/x", "");
	put("file", "");
	assert_int_equal(symlink("full", "link"), 0);
	assert_int_equal(symlink("nowhere", "dangling"), 0);
	refuses_to_create("", -EINVAL, "the path of the run directory is empty");
	refuses_to_create("full", -EEXIST,
		"'full' is not empty; give --out another directory, or finish that run "
		"with --resume full");
	refuses_to_create("file", -ENOTDIR, "'file' is not a directory");
	refuses_to_create("file/run", -ENOTDIR,
		"make the directory 'file/run': Not a directory (give --out a directory "
		"that can be written)");
	refuses_to_create("link", -EINVAL,
		"'link' is a symbolic link; give the directory it points to");
	refuses_to_create("link/", -EINVAL,
		"'link' is a symbolic link; give the directory it points to");
	refuses_to_create("dangling", -EINVAL,
		"'dangling' is a symbolic link; give the directory it points to");
	assert_int_equal(access("nowhere", F_OK), -1);
}

/* Root may write everywhere, so the deed is done by somebody else. */
static int as_nobody(const char *path)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct run_directory *run;

		if (geteuid() == 0 && setuid(65534))
			_exit(1);
		if (run_directory_create(path, &run, &why) != -EACCES)
			_exit(2);
		_exit(!strstr(why.text, "Permission denied"));
	}
	waitpid(pid, &status, 0);
	return status;
}

static void forbidden_directories_are_refused(void **state)
{
	(void)state;
	mkdir("locked", 0555);
	assert_int_equal(as_nobody("locked/run"), 0);
	assert_int_equal(as_nobody("locked"), 0);
}

static void rows_come_back(void **state)
{
	struct run_directory *run = create("run"), *reader;
	struct result_row *rows;
	size_t count;

	(void)state;
	append(run, 3, 2);
	append(run, 1, 1);
	assert_int_equal(run_directory_open("run", false, &reader, &why), 0);
	assert_int_equal(run_directory_results(reader, &rows, &count, &why), 0);
	assert_int_equal(count, 3);
	assert_int_equal(rows[1].launch, 3);
	assert_int_equal(rows[1].size_bytes, 2);
	assert_int_equal(rows[2].launch, 1);
	assert_true(rows[2].median_ns == 1000.5);
	assert_true(rows[2].gap_ns == ROW_UNKNOWN);
	assert_int_equal(run_directory_append(reader, rows, 1, &why), -EBADF);
	free(rows);
	run_directory_close(reader);
	run_directory_close(run);
}

static void a_full_disk_leaves_whole_launches(void **state)
{
	struct run_directory *run = create("run");
	struct result_row rows[4];
	struct rlimit limit, low;
	struct stat before, after;
	int error;

	(void)state;
	append(run, 0, 2);
	stat("run/results.csv", &before);
	for (size_t i = 0; i < 4; i++)
		rows[i] = make_row(1, (int64_t)i);
	/* A file size limit cuts the write short as a full disk does. */
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	low = limit;
	low.rlim_cur = (rlim_t)before.st_size + 100;
	setrlimit(RLIMIT_FSIZE, &low);
	error = run_directory_append(run, rows, 4, &why);
	setrlimit(RLIMIT_FSIZE, &limit);
	assert_int_equal(error, -EFBIG);
	assert_string_equal(why.text,
		"append to run/results.csv: File too large (make room, then finish with "
		"--resume run)");
	stat("run/results.csv", &after);
	assert_int_equal(after.st_size, before.st_size);
	append(run, 1, 4);
	assert_int_equal(count_rows(run), 6);
	run_directory_close(run);
}

static void a_full_disk_makes_no_run(void **state)
{
	struct rlimit limit, low;
	struct run_directory *run = NULL;
	int error;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	low = limit;
	low.rlim_cur = 100;
	setrlimit(RLIMIT_FSIZE, &low);
	error = run_directory_create("run", &run, &why);
	setrlimit(RLIMIT_FSIZE, &limit);
	assert_int_equal(error, -EFBIG);
	assert_string_equal(why.text, "write run/summary.csv: File too large");
	assert_int_equal(access("run", F_OK), -1);
}

static void foreign_directories_are_refused(void **state)
{
	struct run_directory *run;
	char *header;

	(void)state;
	put("file", "");
	mkdir("empty", 0755);
	refuses_to_open("", false, -EINVAL, "the path of the run directory is empty");
	refuses_to_open("file", false, -ENOTDIR, "'file' is not a directory");
	refuses_to_open("none", false, -ENOENT,
		"open the directory 'none': No such file or directory");
	refuses_to_open("empty", false, -ENOENT,
		"'empty' is not a run directory: it has no results.csv");
	put("empty/results.csv", "a,b\n1,2\n");
	refuses_to_open("empty", true, -EINVAL,
		"empty/results.csv: line 1: column schema is missing");
	put("empty/results.csv", "schema,b\n2,2\n");
	refuses_to_open("empty", false, -EPROTO,
		"empty/results.csv has schema 2, this ipcmark reads schema 1; use the "
		"version that wrote it");
	put("empty/results.csv", "");
	refuses_to_open("empty", false, -EINVAL,
		"empty/results.csv: line 1: the names of the columns are missing");
	remove("empty/results.csv");
	assert_int_equal(mkfifo("empty/results.csv", 0600), 0);
	refuses_to_open(
		"empty", false, -EINVAL, "empty/results.csv is not a regular file");
	remove("empty/results.csv");
	assert_int_equal(symlink("/etc/passwd", "empty/results.csv"), 0);
	refuses_to_open("empty", false, -ELOOP,
		"empty/results.csv is a symbolic link: "
		"Too many levels of symbolic links");
	run = create("run");
	append(run, 0, 1);
	run_directory_close(run);
	header = strdup(get("run/results.csv"));
	memcpy(strstr(header, "median_ns"), "mediam_ns", 9);
	put("run/results.csv", header);
	free(header);
	refuses_to_open("run", false, -EINVAL,
		"run/results.csv: line 1: column median_ns is missing");
}

static void unknown_columns_are_passed_over(void **state)
{
	struct run_directory *run = create("run");
	char *text, *row, header[8192];

	(void)state;
	append(run, 0, 1);
	run_directory_close(run);
	text = strdup(get("run/results.csv"));
	row = strchr(text, '\n');
	*row++ = '\0';
	snprintf(header, sizeof header, "new,%s\nwhatever,%s", text, row);
	free(text);
	put("run/results.csv", header);
	assert_int_equal(run_directory_open("run", false, &run, &why), 0);
	assert_int_equal(count_rows(run), 1);
	run_directory_close(run);
}

/* A kill can end the file at any byte: no row may be lost but those of the last launch.
 */
static void any_cut_can_be_resumed(void **state)
{
	struct run_directory *run = create("run");
	size_t first, second, third;
	char *text;

	(void)state;
	first = strlen(get("run/results.csv"));
	append(run, 10, 2);
	second = strlen(get("run/results.csv"));
	append(run, 11, 3);
	third = strlen(get("run/results.csv"));
	run_directory_close(run);
	text = strdup(get("run/results.csv"));
	for (size_t length = third; length >= first; length--) {
		size_t rows = length < second ? 0 : length < third ? 2 : 5;
		size_t left;

		text[length] = '\0';
		put("run/results.csv", text);
		if (run_directory_open("run", true, &run, &why))
			fail_msg("%zu bytes: %s", length, why.text);
		left = count_rows(run);
		/* A cut between two rows cannot be seen. A rest that does not name its
		 * launch takes the launch before with it. */
		if (length == first || length == second || length == third)
			assert_int_equal(left, rows);
		else
			assert_true(left <= rows || text[length - 1] == '\n');
		if (length > second + strlen("1,11,1,"))
			assert_true(left >= 2);
		append(run, 12, 1);
		assert_int_equal(count_rows(run), left + 1);
		run_directory_close(run);
	}
	free(text);
}

static void a_quote_can_be_cut_off(void **state)
{
	struct run_directory *run = create("run");
	struct result_row row = make_row(1, 1);
	char *text;

	(void)state;
	append(run, 0, 1);
	row_text(row.reason, "no, really");
	assert_int_equal(run_directory_append(run, &row, 1, &why), 0);
	run_directory_close(run);
	text = strdup(get("run/results.csv"));
	*strstr(text, " really") = '\0';
	put("run/results.csv", text);
	free(text);
	assert_int_equal(run_directory_open("run", true, &run, &why), 0);
	assert_int_equal(count_rows(run), 1);
	append(run, 1, 1);
	assert_int_equal(count_rows(run), 2);
	run_directory_close(run);
}

/* What can still be read cannot be gone on with: rows would stand under other names. */
static void other_columns_are_not_appended_to(void **state)
{
	struct run_directory *run = create("run");
	char *text;

	(void)state;
	append(run, 0, 1);
	run_directory_close(run);
	text = strdup(get("run/results.csv"));
	memcpy(strstr(text, "mechanism,test"), "test,mechanism", 14);
	put("run/results.csv", text);
	free(text);
	assert_int_equal(run_directory_open("run", false, &run, &why), 0);
	run_directory_close(run);
	refuses_to_open("run", true, -EPROTO,
		"run/results.csv has other columns than this ipcmark writes; finish the run "
		"with the version that began it");
}

static void two_writers_exclude_each_other(void **state)
{
	struct run_directory *run = create("run");

	(void)state;
	refuses_to_open("run", true, -EBUSY, "'run' is being written by another ipcmark");
	run_directory_close(run);
	assert_int_equal(run_directory_open("run", true, &run, &why), 0);
	run_directory_close(run);
}

static void links_are_read_but_not_written(void **state)
{
	struct run_directory *run = create("run");

	(void)state;
	run_directory_close(run);
	assert_int_equal(symlink("run", "latest"), 0);
	assert_int_equal(run_directory_open("latest", false, &run, &why), 0);
	run_directory_close(run);
	refuses_to_open("latest", true, -EINVAL,
		"'latest' is a symbolic link; give the directory it points to");
}

static void the_environment_comes_back(void **state)
{
	const char *const keys[] = { "cpu.model", "empty", "quoted" };
	const char *const values[] = { "Fast, \"very\"", "", "a\nb" };
	struct run_directory *run = create("run");
	char value[16];

	(void)state;
	assert_false(run_directory_environment(run, "cpu.model", value, sizeof value));
	assert_string_equal(value, "");
	assert_int_equal(run_directory_put_environment(run, keys, values, 3, &why), 0);
	assert_true(run_directory_environment(run, "cpu.model", value, sizeof value));
	assert_string_equal(value, "Fast, \"very\"");
	assert_true(run_directory_environment(run, "empty", value, sizeof value));
	assert_string_equal(value, "");
	assert_true(run_directory_environment(run, "quoted", value, 3));
	assert_string_equal(value, "a\n");
	assert_false(run_directory_environment(run, "cpu", value, sizeof value));
	run_directory_close(run);
}

static void resuming_removes_temporary_files(void **state)
{
	struct run_directory *run = create("run");

	(void)state;
	run_directory_close(run);
	put("run/.0123456789abcdef.tmp", "x");
	put("run/histograms/.0123456789abcdef.tmp", "x");
	put("run/.hidden", "x");
	assert_int_equal(run_directory_open("run", true, &run, &why), 0);
	assert_int_equal(access("run/.0123456789abcdef.tmp", F_OK), -1);
	assert_int_equal(access("run/histograms/.0123456789abcdef.tmp", F_OK), -1);
	assert_int_equal(access("run/.hidden", F_OK), 0);
	run_directory_close(run);
}

static void histogram_names_part_the_cases(void **state)
{
	const int64_t number = INT64_MIN + 5;
	const double real = -1e300;
	static const char *const texts[] = { "mechanism", "test", "placement", "payload",
		"settings", "sweep_setting", "sched" };
	static const char *const numbers[] = { "size_bytes", "cpu_a", "cpu_b", "gap_ns",
		"chunk_bytes", "coalesce", "sweep_wanted" };
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(creation_makes_parents_and_tables),
		TEST(an_empty_directory_is_used),
		TEST(unfit_paths_are_refused),
		TEST(forbidden_directories_are_refused),
		TEST(rows_come_back),
		TEST(a_full_disk_leaves_whole_launches),
		TEST(a_full_disk_makes_no_run),
		TEST(foreign_directories_are_refused),
		TEST(unknown_columns_are_passed_over),
		TEST(any_cut_can_be_resumed),
		TEST(a_quote_can_be_cut_off),
		TEST(two_writers_exclude_each_other),
		TEST(links_are_read_but_not_written),
		TEST(the_environment_comes_back),
		TEST(other_columns_are_not_appended_to),
		TEST(resuming_removes_temporary_files),
		TEST(histogram_names_part_the_cases),
		TEST(histograms_merge),
		TEST(damaged_histograms_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
