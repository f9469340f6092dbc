/* Run directories: made, opened again, and refused in words. */
#include "run_helper.h"

#include <sys/wait.h>

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
	refuses_to_create(
		"full", -EEXIST, "'full' is not empty; give --out another directory");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(other_columns_are_not_appended_to),
		TEST(creation_makes_parents_and_tables),
		TEST(an_empty_directory_is_used),
		TEST(unfit_paths_are_refused),
		TEST(forbidden_directories_are_refused),
		TEST(foreign_directories_are_refused),
		TEST(two_writers_exclude_each_other),
		TEST(links_are_read_but_not_written),
		TEST(the_environment_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
