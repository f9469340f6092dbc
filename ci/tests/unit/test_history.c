/* Runs become series: order, gaps, levels, and what counts as worse. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "results/history.h"
#include "runs.h"

#define RUNS 14

static const struct rule standard = RULE_STANDARD;
static struct run_directory *directories[RUNS];
static struct history history;
static struct why why;

static int enter(void **state)
{
	why_clear(&why);
	return runs_enter(state);
}

static int leave(void **state)
{
	history_close(&history);
	for (int i = 0; i < RUNS; i++) {
		run_directory_close(directories[i]);
		directories[i] = NULL;
	}
	return runs_leave(state);
}

/* Run i, made on day `day`. */
static void make(int i, int day)
{
	char path[16], time[32], commit[16];

	snprintf(path, sizeof path, "run-%d", i);
	snprintf(time, sizeof time, "2026-03-%02dT00:00:00Z", day);
	snprintf(commit, sizeof commit, "c%d", day);
	directories[i] = runs_make(path,
		(const char *const[]) { "time.utc", time, "build.commit", commit, NULL });
}

static double wobble(int i)
{
	return 1 + 0.002 * (i * 5 % 7 - 3);
}

static void open_history(void)
{
	if (history_open(directories, RUNS, &standard, &history, &why))
		fail_msg("%s", why.text);
}

static const struct history_series *series_named(const char *name)
{
	for (size_t i = 0; i < history.series_count; i++)
		if (strcmp(history.series[i].name, name) == 0)
			return &history.series[i];
	fail_msg("no series is called %s", name);
	return NULL;
}

/* The runs are handed over from the newest to the oldest; latency rises on day 9,
 * throughput does too (which is good), and a capacity falls. */
static void changes_are_told_by_what_is_better(void **state)
{
	(void)state;
	for (int i = 0; i < RUNS; i++) {
		int day = RUNS - i;
		double step = day >= 9 ? 1.2 : 1;
		struct result_row row = runs_row(0, 5000 * step * wobble(day));

		make(i, day);
		runs_append(directories[i], &row);
		row_text(row.test, "throughput");
		row.bytes_per_s = 1e9 * step * wobble(day);
		runs_append(directories[i], &row);
		row_text(row.test, "capacity");
		row.capacity_bytes = day >= 9 ? 61440 : 65536;
		row.is_exact = 1;
		runs_append(directories[i], &row);
	}
	open_history();
	assert_int_equal(history.series_count, 3);
	assert_int_equal(history.change_count, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct history_change *change = &history.changes[i];
		const struct history_series *series = &history.series[change->series];

		assert_string_equal(history.runs[change->at].commit, "c9");
		assert_string_equal(history.runs[change->before].commit, "c8");
		assert_int_equal(change->verdict, series->quantity == QUANTITY_RATE
							  ? VERDICT_FASTER
							  : VERDICT_SLOWER);
	}
	assert_true(history_ends_slower(&history));
	assert_true(fabs(series_named("pipe/latency/64/shared-l3/touch")->levels[0] -
			    5000) < 20);
	assert_true(
		fabs(series_named("pipe/latency/64/shared-l3/touch")->levels[RUNS - 1] -
			6000) < 20);
}

/* A case that runs leave out is a shorter series, not a change. */
static void gaps_are_passed_over(void **state)
{
	(void)state;
	for (int i = 0; i < RUNS; i++) {
		struct result_row row = runs_row(0, 5000 * wobble(i));

		make(i, i + 1);
		runs_append(directories[i], &row);
		row_text(row.mechanism, "fifo");
		row.median_ns = i < 7 ? 4000 * wobble(i) : 4400 * wobble(i);
		if (i != 6 && i != 7)
			runs_append(directories[i], &row);
		row_text(row.mechanism, "tcp");
		if (i < 5)
			runs_append(directories[i], &row);
	}
	open_history();
	assert_int_equal(history.too_short, 1);
	assert_int_equal(history.change_count, 1);
	assert_int_equal(history.changes[0].before, 5);
	assert_int_equal(history.changes[0].at, 8);
	assert_int_equal(series_named("fifo/latency/64/shared-l3/touch")->known, 12);
	assert_true(isnan(series_named("fifo/latency/64/shared-l3/touch")->values[6]));
	assert_true(isnan(series_named("fifo/latency/64/shared-l3/touch")->levels[7]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
		TEST(changes_are_told_by_what_is_better),
		TEST(gaps_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
