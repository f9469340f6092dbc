/* figure_room.h: a private directory with a run in it, made row by row, a gnuplot that
 * pretends, and a look at what was drawn. */
#ifndef IPCMARK_TESTS_FIGURE_ROOM_H
#define IPCMARK_TESTS_FIGURE_ROOM_H

#include <errno.h>
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

#include "plots/figures.h"
#include "results/run_directory.h"
#include "scratch.h"

#define LAUNCHES 6
static const char hostile[] = "a'\"; system(\"touch pwned\") `touch pwned` {/:Bold x}";

struct room {
	char path[64]; /* private; everything is in here */
	char run_path[80];
	char *search_path; /* PATH of before */
	struct run_directory *run;
};

static inline struct result_row make_row(
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

static inline void append(struct room *room, const struct result_row *row)
{
	struct why why = { "" };

	if (run_directory_append(room->run, row, 1, &why))
		fail_msg("%s", why.text);
}

static inline void add_latency(
	struct room *room, const char *mechanism, int64_t size, double median_ns)
{
	struct histogram *histogram = malloc(sizeof *histogram);
	struct why why = { "" };

	assert_non_null(histogram);
	for (int64_t launch = 0; launch < LAUNCHES; launch++) {
		struct result_row row = make_row(mechanism, "latency", size, launch);

		row.median_ns = median_ns;
		row.samples = 100;
		row.user_a_ns = row.user_b_ns = median_ns / 10;
		row.system_a_ns = row.system_b_ns = median_ns / 5;
		row.voluntary_a = row.voluntary_b = 1;
		row.involuntary_a = row.involuntary_b = 0;
		row.messages = 100;
		row.elapsed_ns = 120 * median_ns; /* a fifth more than was timed */
		histogram_clear(histogram);
		for (int i = 0; i < 100; i++)
			histogram_add(histogram, (uint64_t)median_ns + (uint64_t)i);
		if (run_directory_merge_histogram(room->run, &row, histogram, &why))
			fail_msg("%s", why.text);
		append(room, &row);
	}
	free(histogram);
}

static inline void add_throughput(
	struct room *room, const char *mechanism, int64_t size, double bytes_per_s)
{
	for (int64_t launch = 0; launch < LAUNCHES; launch++) {
		struct result_row row = make_row(mechanism, "throughput", size, launch);

		row.bytes_per_s = bytes_per_s + 10 * (double)launch;
		append(room, &row);
	}
}

/* `setting` may be "": then nothing is swept. */
static inline void add_capacity(struct room *room, const char *mechanism, int64_t size,
	const char *setting, int64_t wanted, int64_t value)
{
	struct result_row row = make_row(mechanism, "capacity", size, 0);

	snprintf(row.sweep_setting, sizeof row.sweep_setting, "%s", setting);
	row.sweep_wanted = wanted;
	row.sweep_value = value;
	row.capacity_bytes = value;
	row.is_exact = 1;
	append(room, &row);
}

/* Everything that is looked for through PATH is put into a folder of its own. */
static inline void make_gnuplot(struct room *room, const char *script)
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

static inline int enter_room(void **state)
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

static inline int leave_room(void **state)
{
	struct room *room = *state;

	run_directory_close(room->run);
	setenv("PATH", room->search_path, 1);
	unsetenv("IPCMARK_PLOTS");
	free(room->search_path);
	scratch_remove(room->path);
	free(room);
	return 0;
}

static inline char *read_all(const struct room *room, const char *name)
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

static inline void assert_holds(
	const struct room *room, const char *name, const char *part)
{
	char *text = read_all(room, name);

	if (!strstr(text, part))
		fail_msg("%s has no '%s':\n%.2000s", name, part, text);
	free(text);
}

static inline bool is_there(const struct room *room, const char *name)
{
	char path[200];

	snprintf(path, sizeof path, "%s/%s", room->run_path, name);
	return access(path, F_OK) == 0;
}

#define PRETENDS "#!/bin/sh\necho \"$3 $4\" > \"$4\"\n"

#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, enter_room, leave_room)

#endif
