/* Where a topology comes from and goes to: XML files and synthetic descriptions, good and
 * bad ones. */
#include "topology_helper.h"

static void this_machine_is_exported_and_read(void **state)
{
	const struct files *files = *state;
	struct topology *here = load(NULL), *read;

	assert_int_equal(topology_export(here, files->xml, NULL), 0);
	read = load(files->xml);
	assert_false(topology_is_here(read));
	assert_true(topology_cpus(read) >= topology_cpus(here));
	topology_free(read);
	topology_free(here);
}

static void export_failures_are_told(void **state)
{
	struct topology *topology = load("core:2 pu:1");
	struct why why = { 0 };

	(void)state;
	assert_int_equal(topology_export(topology, "/nowhere/at/all.xml", &why), -ENOENT);
	assert_says(why.text, "'/nowhere/at/all.xml'");
	assert_says(why.text, "No such file");
	why_clear(&why);
	assert_int_equal(topology_export(topology, "/dev/full", &why), -ENOSPC);
	assert_says(why.text, "No space left");
	topology_free(topology);
}

static void assert_refused(const char *source, const char *part)
{
	struct topology *topology = NULL;
	struct why why = { 0 };

	assert_true(topology_load(source, &topology, &why) < 0);
	assert_null(topology);
	assert_says(why.text, part);
}

/* Standard error while `run` works, read back from an unnamed file. */
static void assert_silent(void (*run)(const struct files *), const struct files *files)
{
	FILE *file = tmpfile();
	int kept = dup(STDERR_FILENO);
	long written;

	assert_non_null(file);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	run(files);
	fflush(stderr);
	dup2(kept, STDERR_FILENO);
	close(kept);
	written = lseek(fileno(file), 0, SEEK_END);
	fclose(file);
	assert_int_equal(written, 0);
}

static void refuse_truncated(const struct files *files)
{
	char text[8192];
	FILE *file = fopen(files->xml, "r");
	size_t length;

	assert_non_null(file);
	length = fread(text, 1, sizeof text, file);
	fclose(file);
	/* 0: an empty file. */
	for (size_t size = 0; size < length - 20; size += 97) {
		file = fopen(files->other, "w");
		assert_non_null(file);
		fwrite(text, 1, size, file);
		fclose(file);
		assert_refused(files->other, "is not a whole hwloc XML file");
	}
}

static void truncated_xml_is_refused(void **state)
{
	static const int missing[] = { 1, -1 };
	const struct files *files = *state;

	write_without("pack:1 l3:1 core:2 pu:1", missing, files->xml);
	assert_silent(refuse_truncated, files);
}

static void refuse_sources(const struct files *files)
{
	FILE *file = fopen(files->other, "w");

	assert_non_null(file);
	fputs("<?xml version=\"1.0\"?>\n<html><body>no</body></html>\n", file);
	fclose(file);
	assert_refused(files->other, "is not a whole hwloc XML file");
	assert_refused(files->directory, "Is a directory");
	assert_refused("foo",
		"'foo' is neither a readable hwloc XML file nor a synthetic topology "
		"such as \"pack:2 l3:2 core:4 pu:2\"");
	assert_refused("", "'' is neither");
	assert_refused("  ", "'  ' is neither");
	assert_refused("/nowhere/at/all.xml", "is neither");
	assert_refused("core:2 pu:-1", "is neither");
	assert_refused("core:0 pu:1", "is neither");
	assert_refused("pu:2 core:2", "is neither");
	assert_refused("pack:2 core:64 pu:33", "the most is 4096");
	assert_refused("core:99999999999999999999 pu:2", "the most is 4096");
	assert_refused("4096 4096 4096 4096 4096 4096", "the most is 4096");
}

static void bad_sources_are_refused(void **state)
{
	assert_silent(refuse_sources, *state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FILES(this_machine_is_exported_and_read),
		cmocka_unit_test(export_failures_are_told),
		IN_FILES(truncated_xml_is_refused),
		IN_FILES(bad_sources_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
