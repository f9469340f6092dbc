/* Rows in a run directory: whole launches, whatever cuts them short. */
#include "run_helper.h"

#include <signal.h>
#include <sys/resource.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rows_come_back),
		TEST(unknown_columns_are_passed_over),
		TEST(a_full_disk_leaves_whole_launches),
		TEST(a_full_disk_makes_no_run),
		TEST(any_cut_can_be_resumed),
		TEST(a_quote_can_be_cut_off),
		TEST(resuming_removes_temporary_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
