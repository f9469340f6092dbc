/* Figures: what is computed for them, what reaches gnuplot, and what is left on disk. */
#include "figure_room.h"

#include "plots/figure_files.h"
#include "plots/gnuplot.h"

static void file_names_are_plain(void **state)
{
	char name[FIGURE_NAME];

	(void)state;
	figure_files_name("percentiles", NULL, name);
	assert_string_equal(name, "percentiles");
	figure_files_name("percentiles", "shared-l2", name);
	assert_string_equal(name, "percentiles-shared-l2");
	figure_files_name("percentiles", "../../x y", name);
	assert_string_equal(name, "percentiles-------x-y");
}

static void fill(struct room *room)
{
	struct why why = { "" };

	add_latency(room, "pipe", 1, 9000);
	add_latency(room, "pipe", 64, 10000);
	add_latency(room, "eventfd", 0, 8000);
	add_latency(room, "floor_cacheline", 0, 400);
	add_latency(room, hostile, 64, 20000);
	add_throughput(room, "pipe", 64, 1e8);
	add_capacity(room, "pipe", 4096, "pipe.size", 4096, 4096);
	add_capacity(room, "pipe", 4096, "pipe.size", ROW_UNKNOWN, 65536);
	add_capacity(room, "pipe_1m", 4096, "", ROW_UNKNOWN, 1 << 20);
	if (run_directory_summarize(room->run, &why))
		fail_msg("%s", why.text);
}

static void the_data_of_the_figures_is_written(void **state)
{
	struct room *room = *state;
	struct why why = { "" };
	size_t drawn = 0;

	fill(room);
	make_gnuplot(room, PRETENDS);
	if (figures_draw(room->run, NULL, &drawn, &why))
		fail_msg("%s", why.text);
	assert_int_equal(drawn, 6);
	assert_holds(room, "figures/data/latency_by_size-shared-l2.csv",
		"mechanism,title,family,size_bytes,median_ns,p05_ns,"
		"p25_ns,p75_ns,p95_ns\n"
		"pipe,");
	assert_holds(room, "figures/data/latency_by_size-shared-l2.csv", ",64,10000,");
	assert_holds(room, "figures/data/throughput_by_size-shared-l2.csv",
		",64,100000025,100000000,100000050\n");
	assert_holds(room, "figures/data/capacity.csv", ",4096,4096,1,4096,0\n");
	assert_holds(room, "figures/data/capacity.csv", ",65536,65536,1,4096,1\n");
	assert_holds(room, "figures/data/capacity.csv", ",1048576,1,4096,1\n");
	/* User and system time of both sides, and one switch of each. */
	assert_holds(room, "figures/data/cost-shared-l2.csv",
		",6000,10000,2000,4000,64,2,0.5\n");
	assert_holds(room, "figures/data/core_pairs.csv",
		"cpu_a,cpu_b,median_ns\n0,1,400\n1,0,400\n");
	/* 600 samples: the last percentile rests on ten, 98.33 %. */
	assert_holds(
		room, "figures/data/percentiles-shared-l2.csv", ",1,10000,0,64,600\n");
	assert_holds(room, "figures/data/percentiles-shared-l2.csv", ",98.");
	assert_holds(room, "figures/capacity.svg", "capacity.gp ");
	assert_false(is_there(room, "figures/data/new.csv"));
	assert_false(is_there(room, "figures/data/new.gp"));
}

static void what_is_not_there_is_said(void **state)
{
	struct room *room = *state;
	struct why why = { "" };
	char *words = NULL;
	size_t size = 0, drawn = 0;
	FILE *progress = open_memstream(&words, &size);

	add_throughput(room, "pipe", 64, 1e8);
	assert_int_equal(run_directory_summarize(room->run, NULL), 0);
	make_gnuplot(room, PRETENDS);
	assert_non_null(progress);
	assert_int_equal(figures_draw(room->run, progress, &drawn, &why), 0);
	fclose(progress);
	assert_int_equal(drawn, 1);
	assert_non_null(strstr(words, "figure capacity: capacity was not measured\n"));
	assert_non_null(
		strstr(words, "figure latency_by_size: latency was not measured\n"));
	assert_non_null(strstr(words, "figure throughput_by_size-shared-l2: drawn\n"));
	free(words);
}

static void without_gnuplot_there_are_words(void **state)
{
	struct room *room = *state;
	struct why why = { "" };
	size_t drawn = 7;

	fill(room);
	make_gnuplot(room, NULL);
	assert_int_equal(figures_draw(room->run, NULL, &drawn, &why), -ENOENT);
	assert_non_null(strstr(why.text, "gnuplot-nox"));
	assert_int_equal(drawn, 7);
	assert_false(is_there(room, "figures/data/new.csv"));
}

static void a_failure_keeps_the_old_figures(void **state)
{
	struct room *room = *state;
	struct why why = { "" };
	size_t drawn;

	fill(room);
	make_gnuplot(room, PRETENDS);
	assert_int_equal(figures_draw(room->run, NULL, &drawn, &why), 0);
	make_gnuplot(room,
		"#!/bin/sh\necho half > \"$4\"\necho 'no such terminal' >&2\nexit 1\n");
	assert_true(figures_draw(room->run, NULL, &drawn, &why) < 0);
	assert_non_null(strstr(why.text, "no such terminal"));
	assert_holds(room, "figures/latency_by_size-shared-l2.png", "latency_by_size.gp");
	assert_false(is_there(room, "figures/new.png"));
	assert_false(is_there(room, "figures/new.svg"));
	/* gnuplot may fail without saying so. */
	why_clear(&why);
	make_gnuplot(room, "#!/bin/sh\nexit 0\n");
	assert_true(figures_draw(room->run, NULL, &drawn, &why) < 0);
	assert_non_null(strstr(why.text, "drew nothing"));
}

static void links_are_not_followed(void **state)
{
	struct room *room = *state;
	struct why why = { "" };
	char link[200];
	size_t drawn;

	fill(room);
	make_gnuplot(room, PRETENDS);
	snprintf(link, sizeof link, "%s/figures", room->run_path);
	assert_true(rmdir(link) == 0 || errno == ENOENT);
	assert_int_equal(symlink("/tmp", link), 0);
	assert_true(figures_draw(room->run, NULL, &drawn, &why) < 0);
	assert_non_null(strstr(why.text, "figures"));
}

static void scripts_are_found_or_asked_for(void **state)
{
	char path[PATH_MAX];
	struct why why = { "" };

	(void)state;
	setenv("IPCMARK_PLOTS", SOURCE_DIR "/plots", 1);
	assert_int_equal(gnuplot_scripts(path, &why), 0);
	assert_non_null(strstr(path, "/plots"));
	/* Not those of another place, although there are some. */
	setenv("IPCMARK_PLOTS", "/nonexistent", 1);
	assert_int_equal(gnuplot_scripts(path, &why), -ENOENT);
	assert_non_null(strstr(why.text, "IPCMARK_PLOTS: read '/nonexistent/style.gp'"));
	why_clear(&why);
	setenv("IPCMARK_PLOTS", SOURCE_DIR, 1); /* is there, and has no scripts */
	assert_int_equal(gnuplot_scripts(path, &why), -ENOENT);
	/* Set to nothing is not set. */
	why_clear(&why);
	setenv("IPCMARK_PLOTS", "", 1);
	if (gnuplot_scripts(path, &why))
		assert_non_null(strstr(why.text, "are not found"));
	else
		assert_non_null(strstr(path, "plots"));
}

/* With the real one: names that look like code are shown, not run. */
static void hostile_names_are_only_shown(void **state)
{
	struct room *room = *state;
	struct why why = { "" };
	char pwned[100];
	size_t drawn = 0;
	int error;

	fill(room);
	error = figures_draw(room->run, NULL, &drawn, &why);
	if (error == -ENOENT)
		skip();
	if (error)
		fail_msg("%s", why.text);
	assert_int_equal(drawn, 6);
	snprintf(pwned, sizeof pwned, "%s/pwned", room->path);
	assert_int_not_equal(access("pwned", F_OK), 0);
	assert_int_not_equal(access(SOURCE_DIR "/plots/pwned", F_OK), 0);
	assert_int_not_equal(access(pwned, F_OK), 0);
	/* In one piece, with no-break spaces; the panel's title is cut to its width. */
	assert_holds(room, "figures/latency_by_size-shared-l2.svg",
		"a\u2019\";\u00a0system(\"touch\u00a0pwned\")"
		"\u00a0`touch\u00a0pwned`\u00a0{/:Bold\u00a0x}");
	assert_holds(
		room, "figures/latency_by_size-shared-l2.svg", "a\u2019\"; system(\"t");
	assert_holds(room, "figures/latency_by_size-shared-l2.svg", "'DejaVu Sans'");
	assert_holds(room, "figures/latency_by_size-shared-l2.png", "\x89PNG");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_names_are_plain),
		cmocka_unit_test(scripts_are_found_or_asked_for),
		IN_ROOM(the_data_of_the_figures_is_written),
		IN_ROOM(what_is_not_there_is_said),
		IN_ROOM(without_gnuplot_there_are_words),
		IN_ROOM(a_failure_keeps_the_old_figures),
		IN_ROOM(links_are_not_followed),
		IN_ROOM(hostile_names_are_only_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
