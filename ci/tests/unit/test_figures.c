/* Figures: what is computed for them, what reaches gnuplot, and what is left on disk. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <math.h>
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

#include "plots/axis.h"
#include "plots/figure_files.h"
#include "plots/figures.h"
#include "plots/gnuplot.h"
#include "plots/labels.h"
#include "plots/page.h"
#include "plots/palette.h"
#include "results/run_directory.h"

#define COUNT(array)                     (sizeof(array) / sizeof(array)[0])
#define assert_near(got, wanted, margin) assert_true(fabs((got) - (wanted)) <= (margin))

/* --- labels ------------------------------------------------------------------------ */

static void labels_keep_their_places_where_there_is_room(void **state)
{
	double places[] = { 50, 10, 90 };

	(void)state;
	labels_spread(places, 3, 20, 0, 100);
	assert_near(places[0], 50, 1e-9);
	assert_near(places[1], 10, 1e-9);
	assert_near(places[2], 90, 1e-9);
}

static void labels_move_apart_evenly(void **state)
{
	double places[] = { 50, 50, 52 };

	(void)state;
	labels_spread(places, 3, 20, 0, 100);
	/* The mean of the moves is 0: 152 / 3 is the middle one's place. */
	assert_near(places[1], 152.0 / 3, 1e-9);
	assert_near(places[0], 152.0 / 3 - 20, 1e-9);
	assert_near(places[2], 152.0 / 3 + 20, 1e-9);
}

static void labels_stay_inside_and_apart(void **state)
{
	double places[] = { 99, 98, 1, 97, 2, 96 };

	(void)state;
	labels_spread(places, COUNT(places), 15, 0, 100);
	for (size_t i = 0; i < COUNT(places); i++) {
		assert_true(places[i] >= 0 && places[i] <= 100);
		for (size_t j = 0; j < i; j++)
			assert_true(fabs(places[i] - places[j]) >= 15 - 1e-9);
	}
	assert_true(places[2] < places[4] && places[4] < places[5]);
	assert_true(places[5] < places[3] && places[3] < places[1]);
}

static void labels_shrink_the_gap_where_not_all_fit(void **state)
{
	double places[] = { 5, 5, 5, 5, 5 };

	(void)state;
	labels_spread(places, COUNT(places), 100, 0, 40);
	for (size_t i = 0; i < COUNT(places); i++)
		assert_near(places[i], 10.0 * (double)i, 1e-9);
	labels_spread(places, 0, 100, 0, 40);
}

static void labels_are_cut_between_characters(void **state)
{
	char fitted[64];
	double width = labels_width("µµµµ", 10);

	(void)state;
	labels_fit("µµµµ", 10, width + 0.1, fitted, sizeof fitted);
	assert_string_equal(fitted, "µµµµ");
	labels_fit("µµµµµ", 10, width + 0.1, fitted, sizeof fitted);
	assert_string_equal(fitted, "µµµ…");
	labels_fit("a name longer than the buffer", 10, 1e6, fitted, 12);
	assert_true(strlen(fitted) < 12);
	assert_non_null(strstr(fitted, "…"));
}

static void lines_break_at_spaces_and_where_asked(void **state)
{
	double width = labels_width("one two", 14);

	(void)state;
	assert_int_equal(labels_break("one two three", 14, width + 0.1), 7);
	assert_int_equal(labels_break("one\ntwo", 14, width + 0.1), 3);
	assert_int_equal(labels_break("indivisible", 14, 10), 11);
}

/* --- axes -------------------------------------------------------------------------- */

static void assert_ticks(const struct axis *axis, const char *words)
{
	char text[1024] = "";
	size_t used = 0;

	for (size_t i = 0; i < axis->tick_count; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "%s%s",
			i ? "|" : "", axis->ticks[i].text);
	assert_string_equal(text, words);
}

static void byte_ticks_are_powers_of_two(void **state)
{
	struct axis axis;

	(void)state;
	axis_log(&axis, AXIS_BYTES, 1, 1 << 20, 0, 4);
	assert_ticks(&axis, "1 B|64 B|4 KiB|256 KiB");
	axis_trim(&axis, 0.1);
	assert_ticks(&axis, "64 B|4 KiB|256 KiB");
	axis_log(&axis, AXIS_BYTES, 64, 64, 0, 4);
	assert_true(axis.low < 64 && axis.high > 64);
	assert_ticks(&axis, "32 B|64 B|128 B");
}

static void time_ticks_fit_the_range(void **state)
{
	struct axis axis;

	(void)state;
	axis_log(&axis, AXIS_NS, 300, 2e6, 0, 8);
	assert_ticks(&axis, "1 µs|10 µs|100 µs|1 ms");
	axis_log(&axis, AXIS_NS, 900, 6000, 0, 8);
	assert_ticks(&axis, "1 µs|2 µs|5 µs");
	axis_log(&axis, AXIS_NS, 1, 1e9, 0, 5);
	assert_ticks(&axis, "1 ns|100 ns|10 µs|1 ms|100 ms");
	axis_log(&axis, AXIS_COUNT, 0.8, 120, 0, 3);
	assert_ticks(&axis, "1|10|100");
}

static void tail_ticks_are_nines(void **state)
{
	struct axis axis;

	(void)state;
	axis_log(&axis, AXIS_TAIL, 1, 3e4, 0, 11);
	assert_ticks(&axis, "min|50 %|90 %|99 %|99.9 %|99.99 %");
	axis_log(&axis, AXIS_TAIL, 1, 3e4, 0, 4);
	assert_ticks(&axis, "min|99 %|99.99 %");
}

static void places_are_logarithmic(void **state)
{
	struct axis axis;

	(void)state;
	axis_log(&axis, AXIS_NS, 10, 1000, 0, 8);
	assert_near(axis_place(&axis, 100), 0.5, 1e-9);
	axis_linear_ns(&axis, 400, 6);
	assert_ticks(&axis, "0 ns|100 ns|200 ns|300 ns|400 ns");
	assert_near(axis_place(&axis, 100), 0.25, 1e-9);
}

/* --- colours ----------------------------------------------------------------------- */

static void text_is_dark_enough_and_members_differ(void **state)
{
	static const char *const families[] = { "pipe", "socket", "queue",
		"shared memory", "wake-up", "floor", "something new" };
	struct look looks[36];

	(void)state;
	for (size_t f = 0; f < COUNT(families); f++) {
		for (size_t m = 0; m < COUNT(looks); m++) {
			palette_look(families[f], m, &looks[m]);
			assert_true(palette_contrast(looks[m].text) >= 4.5);
		}
		for (size_t m = 0; m < COUNT(looks); m++)
			for (size_t n = 0; n < m; n++)
				assert_true(looks[m].line != looks[n].line ||
					    looks[m].dash != looks[n].dash);
	}
	assert_near(palette_contrast(0x000000), 21, 0.01);
	assert_near(palette_contrast(0xffffff), 1, 0.01);
}

static void heat_grows_darker(void **state)
{
	(void)state;
	for (int i = 1; i <= 20; i++)
		assert_true(palette_contrast(palette_heat(i / 20.0)) >
			    palette_contrast(palette_heat((i - 1) / 20.0)));
	assert_int_equal(palette_heat(-1), palette_heat(0));
	assert_int_equal(palette_heat(2), palette_heat(1));
}

/* --- quoting ----------------------------------------------------------------------- */

static void assert_quoted(const char *text, const char *wanted)
{
	char *got = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&got, &size);

	assert_non_null(out);
	page_quote(out, text);
	fclose(out);
	assert_string_equal(got, wanted);
	free(got);
}

static void words_cannot_leave_their_quotes(void **state)
{
	(void)state;
	assert_quoted("pipe", "'pipe'");
	assert_quoted("a'\"; system(\"touch x\")", "'a''\"; system(\"touch x\")'");
	assert_quoted("'", "''''");
	assert_quoted("a\nb\rc\td", "'a b c d'");
	assert_quoted("{/:Bold x}", "'\\{/:Bold x\\}'");
	assert_quoted("\\", "'\\\\'");
	assert_quoted("a_b^c@d&e~f", "'a\\_b\\^c\\@d\\&e\\~f'");
	assert_quoted("µ ↔ …", "'µ ↔ …'");
	assert_quoted("\xff", "'\xef\xbf\xbd'");
	assert_quoted("\xc3'", "'\xef\xbf\xbd'''");
}

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

/* --- a run ------------------------------------------------------------------------- */

#define LAUNCHES 6
static const char hostile[] = "a'\"; system(\"touch pwned\") `touch pwned` {/:Bold x}";

struct room {
	char path[64]; /* private; everything is in here */
	char run_path[80];
	char *search_path; /* PATH of before */
	struct run_directory *run;
};

static int remove_entry(
	const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static struct result_row make_row(
	const char *mechanism, const char *test, int64_t size, int64_t launch)
{
	struct result_row row;

	row_clear(&result_table, &row);
	snprintf(row.mechanism, sizeof row.mechanism, "%s", mechanism);
	snprintf(row.test, sizeof row.test, "%s", test);
	snprintf(row.placement, sizeof row.placement, "shared-l2");
	snprintf(row.payload, sizeof row.payload, "touch");
	snprintf(row.sched, sizeof row.sched, "other");
	snprintf(row.status, sizeof row.status, "ok");
	row.launch = launch;
	row.attempt = 1;
	row.size_bytes = size;
	row.cpu_a = 0;
	row.cpu_b = 1;
	row.gap_ns = 0;
	row.slices = 40;
	return row;
}

static void append(struct room *room, const struct result_row *row)
{
	struct why why = { "" };

	if (run_directory_append(room->run, row, 1, &why))
		fail_msg("%s", why.text);
}

static void add_latency(
	struct room *room, const char *mechanism, int64_t size, double median_ns)
{
	struct histogram *histogram = malloc(sizeof *histogram);
	struct why why = { "" };

	assert_non_null(histogram);
	for (int64_t launch = 0; launch < LAUNCHES; launch++) {
		struct result_row row = make_row(mechanism, "latency", size, launch);

		row.median_ns = median_ns;
		row.samples = 100;
		histogram_clear(histogram);
		for (int i = 0; i < 100; i++)
			histogram_add(histogram, (uint64_t)median_ns + (uint64_t)i);
		if (run_directory_merge_histogram(room->run, &row, histogram, &why))
			fail_msg("%s", why.text);
		append(room, &row);
	}
	free(histogram);
}

static void add_throughput(
	struct room *room, const char *mechanism, int64_t size, double bytes_per_s)
{
	for (int64_t launch = 0; launch < LAUNCHES; launch++) {
		struct result_row row = make_row(mechanism, "throughput", size, launch);

		row.bytes_per_s = bytes_per_s + 10 * (double)launch;
		append(room, &row);
	}
}

static void add_capacity(struct room *room, int64_t wanted, int64_t value)
{
	struct result_row row = make_row("pipe", "capacity", 4096, 0);

	snprintf(row.sweep_setting, sizeof row.sweep_setting, "pipe.size");
	row.sweep_wanted = wanted;
	row.sweep_value = value;
	row.capacity_bytes = value;
	row.is_exact = 1;
	append(room, &row);
}

/* Everything that is looked for through PATH is put into a folder of its own. */
static void make_gnuplot(struct room *room, const char *script)
{
	char folder[80], file[96];
	FILE *out;

	snprintf(folder, sizeof folder, "%s/bin", room->path);
	snprintf(file, sizeof file, "%s/gnuplot", folder);
	assert_true(mkdir(folder, 0700) == 0 || errno == EEXIST);
	if (script) {
		out = fopen(file, "w");
		assert_non_null(out);
		fputs(script, out);
		assert_int_equal(fclose(out), 0);
		assert_int_equal(chmod(file, 0700), 0);
	}
	setenv("PATH", folder, 1);
}

static int enter_room(void **state)
{
	struct room *room = calloc(1, sizeof *room);
	const char *search_path, *keys[] = { "cpu.model", "host.name" };
	const char *values[] = { "Test CPU", hostile };

	if (!room)
		return -1;
	strcpy(room->path, "/tmp/ipcmark-figures-XXXXXX");
	if (!mkdtemp(room->path)) {
		free(room);
		return -1;
	}
	search_path = getenv("PATH");
	room->search_path = strdup(search_path ? search_path : "/usr/bin:/bin");
	snprintf(room->run_path, sizeof room->run_path, "%s/a'run", room->path);
	setenv("IPCMARK_PLOTS", SOURCE_DIR "/plots", 1);
	*state = room;
	return run_directory_create(room->run_path, &room->run, NULL) ||
	       run_directory_put_environment(room->run, keys, values, 2, NULL);
}

static int leave_room(void **state)
{
	struct room *room = *state;

	run_directory_close(room->run);
	setenv("PATH", room->search_path, 1);
	unsetenv("IPCMARK_PLOTS");
	free(room->search_path);
	nftw(room->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(room);
	return 0;
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
	add_capacity(room, 4096, 4096);
	add_capacity(room, ROW_UNKNOWN, 65536);
	if (run_directory_summarize(room->run, &why))
		fail_msg("%s", why.text);
}

static char *read_all(const struct room *room, const char *name)
{
	char path[200], *text = calloc(1, 1 << 20);
	FILE *in;

	assert_non_null(text);
	snprintf(path, sizeof path, "%s/%s", room->run_path, name);
	in = fopen(path, "r");
	assert_non_null(in);
	assert_true(fread(text, 1, (1 << 20) - 1, in) > 0);
	fclose(in);
	return text;
}

static void assert_holds(const struct room *room, const char *name, const char *part)
{
	char *text = read_all(room, name);

	if (!strstr(text, part))
		fail_msg("%s has no '%s':\n%.2000s", name, part, text);
	free(text);
}

static bool is_there(const struct room *room, const char *name)
{
	char path[200];

	snprintf(path, sizeof path, "%s/%s", room->run_path, name);
	return access(path, F_OK) == 0;
}

#define PRETENDS "#!/bin/sh\necho \"$3 $4\" > \"$4\"\n"

static void the_data_of_the_figures_is_written(void **state)
{
	struct room *room = *state;
	struct why why = { "" };
	size_t drawn = 0;

	fill(room);
	make_gnuplot(room, PRETENDS);
	if (figures_draw(room->run, NULL, &drawn, &why))
		fail_msg("%s", why.text);
	assert_int_equal(drawn, 5);
	assert_holds(room, "figures/data/latency_by_size-shared-l2.csv",
		"mechanism,title,family,size_bytes,median_ns,p05_ns,"
		"p25_ns,p75_ns,p95_ns\n"
		"pipe,");
	assert_holds(room, "figures/data/latency_by_size-shared-l2.csv", ",64,10000,");
	assert_holds(room, "figures/data/throughput_by_size-shared-l2.csv",
		",64,100000025,100000000,100000050\n");
	assert_holds(room, "figures/data/capacity.csv", ",4096,4096,1,4096,0\n");
	assert_holds(room, "figures/data/capacity.csv", ",65536,65536,1,4096,1\n");
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
	assert_int_equal(drawn, 5);
	snprintf(pwned, sizeof pwned, "%s/pwned", room->path);
	assert_int_not_equal(access("pwned", F_OK), 0);
	assert_int_not_equal(access(SOURCE_DIR "/plots/pwned", F_OK), 0);
	assert_int_not_equal(access(pwned, F_OK), 0);
	/* In one piece, with no-break spaces; the panel's title is cut to its width. */
	assert_holds(room, "figures/latency_by_size-shared-l2.svg",
		"a'\";\u00a0system(\"touch\u00a0pwned\")"
		"\u00a0`touch\u00a0pwned`\u00a0{/:Bold\u00a0x}");
	assert_holds(room, "figures/latency_by_size-shared-l2.svg", "a'\"; system(\"t");
	assert_holds(room, "figures/latency_by_size-shared-l2.svg", "'DejaVu Sans'");
	assert_holds(room, "figures/latency_by_size-shared-l2.png", "\x89PNG");
}

#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, enter_room, leave_room)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_keep_their_places_where_there_is_room),
		cmocka_unit_test(labels_move_apart_evenly),
		cmocka_unit_test(labels_stay_inside_and_apart),
		cmocka_unit_test(labels_shrink_the_gap_where_not_all_fit),
		cmocka_unit_test(labels_are_cut_between_characters),
		cmocka_unit_test(lines_break_at_spaces_and_where_asked),
		cmocka_unit_test(byte_ticks_are_powers_of_two),
		cmocka_unit_test(time_ticks_fit_the_range),
		cmocka_unit_test(tail_ticks_are_nines),
		cmocka_unit_test(places_are_logarithmic),
		cmocka_unit_test(text_is_dark_enough_and_members_differ),
		cmocka_unit_test(heat_grows_darker),
		cmocka_unit_test(words_cannot_leave_their_quotes),
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
