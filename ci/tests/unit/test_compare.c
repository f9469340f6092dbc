/* Two runs: which cases belong together, what is named, what is refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "results/compare.h"
#include "runs.h"

#define LAUNCHES 12

static const struct rule standard = RULE_STANDARD;
static struct run_directory *base, *candidate;
static struct changes *changes;
static struct why why;
static int64_t next_launch;

static int enter(void **state)
{
	next_launch = 0;
	changes = NULL;
	why_clear(&why);
	return runs_enter(state);
}

static int leave(void **state)
{
	changes_free(changes);
	run_directory_close(base);
	run_directory_close(candidate);
	base = candidate = NULL;
	return runs_leave(state);
}

/* LAUNCHES launches like `row`, their medians around `median_ns`. */
static void add(struct run_directory *run, struct result_row row, double median_ns)
{
	for (int i = 0; i < LAUNCHES; i++) {
		row.launch = next_launch++;
		row.median_ns = median_ns * (1 + 0.0005 * (i * 5 % LAUNCHES));
		runs_append(run, &row);
	}
}

static void make_both(void)
{
	base = runs_make("base", NULL);
	candidate = runs_make("new", NULL);
}

static void compare(void)
{
	if (compare_runs(base, candidate, &standard, &changes, &why))
		fail_msg("%s", why.text);
}

static const struct change *only(void)
{
	assert_int_equal(changes->count, 1);
	return changes->items;
}

static void assert_noted(const char *words)
{
	for (size_t i = 0; i < changes->note_count; i++)
		if (strstr(changes->notes[i], words))
			return;
	fail_msg("no note says '%s'", words);
}

static void a_slower_run(void **state)
{
	(void)state;
	make_both();
	add(base, runs_row(0, 0), 5000);
	add(candidate, runs_row(0, 0), 5300);
	compare();
	assert_int_equal(only()->decision.verdict, VERDICT_SLOWER);
	assert_int_equal(only()->decision.base_count, LAUNCHES);
	assert_int_equal(changes->whole, VERDICT_SLOWER);
	assert_string_equal(changes->base_name, "base");
	assert_string_equal(changes->candidate_name, "new");
	assert_noted("one after the other");
}

/* Another machine numbers its CPUs otherwise; what is set is what may be compared. */
static void cases_meet_by_what_they_are(void **state)
{
	struct result_row row = runs_row(0, 0);

	(void)state;
	make_both();
	add(base, row, 5000);
	row.cpu_a = 4;
	row.cpu_b = 6;
	row_text(row.settings, "pipe.size=1048576");
	row_text(row.sched, "fifo:10");
	add(candidate, row, 5000);
	compare();
	assert_int_equal(only()->decision.verdict, VERDICT_NO_CHANGE);
	assert_false(only()->decision.is_realtime); /* one side only */
}

static void pairs_of_cpus_stay_apart(void **state)
{
	struct result_row row = runs_row(0, 0);

	(void)state;
	make_both();
	row_text(row.placement, "all-pairs");
	add(base, row, 5000);
	row.cpu_b = 2;
	add(base, row, 7000);
	add(candidate, row, 7000);
	row.cpu_b = 1;
	add(candidate, row, 5000);
	compare();
	assert_int_equal(changes->count, 2);
	assert_int_equal(changes->counts[VERDICT_NO_CHANGE], 2);
	assert_string_equal(changes->items[0].where, "CPUs 0-1");
	assert_string_equal(changes->items[1].where, "CPUs 0-2");
}

/* Without a counterpart that is sure, a case is left alone rather than mistaken. */
static void what_is_not_the_same_case_is_left_alone(void **state)
{
	struct result_row row = runs_row(0, 0);

	(void)state;
	make_both();
	add(base, row, 5000);
	add(candidate, row, 5000);
	row.size_bytes = 128;
	add(base, row, 6000);
	row_text(row.mechanism, "fifo");
	add(candidate, row, 6000);
	row.size_bytes = 64;
	row.gap_ns = 1000000;
	add(base, row, 6000);
	row.gap_ns = 0;
	add(candidate, row, 6000);
	compare();
	assert_int_equal(only()->size_bytes, 64);
	assert_noted("2 cases are in base only: pipe, fifo");
	assert_noted("2 cases are in new only: fifo");
}

static void what_was_not_measured_is_not_passed_over(void **state)
{
	struct result_row row = runs_row(0, 0), skipped;

	(void)state;
	make_both();
	add(base, row, 5000);
	skipped = row;
	skipped.launch = ROW_UNKNOWN;
	row_text(skipped.status, "skipped");
	row_text(skipped.reason, "pipes are out");
	runs_append(candidate, &skipped);
	row_text(skipped.mechanism, "fifo");
	runs_append(base, &skipped);
	runs_append(candidate, &skipped);
	compare();
	assert_int_equal(only()->decision.verdict, VERDICT_INCONCLUSIVE);
	assert_string_equal(
		only()->decision.why, "skipped in the candidate: pipes are out");
	assert_noted("1 case was measured in neither");
	assert_int_equal(changes->family, 0);
}

static void capacities_are_counted(void **state)
{
	struct result_row row = runs_row(0, 0);

	(void)state;
	make_both();
	row_text(row.test, "capacity");
	row_text(row.payload, "verify");
	row_text(row.sweep_setting, "pipe.size");
	row.sweep_wanted = 65536;
	row.median_ns = NAN;
	row.is_exact = 1;
	row.capacity_bytes = 65536;
	runs_append(base, &row);
	row.capacity_bytes = 65535;
	runs_append(candidate, &row);
	/* Not exact, and never another: no launches are missing. */
	row_text(row.mechanism, "tcp");
	row.is_exact = 0;
	runs_append(base, &row);
	runs_append(candidate, &row);
	compare();
	assert_int_equal(changes->count, 2);
	assert_int_equal(changes->items[0].decision.verdict, VERDICT_SLOWER);
	assert_string_equal(change_verdict(&changes->items[0]), "smaller");
	assert_string_equal(changes->items[0].detail, "pipe.size=65536");
	assert_string_equal(changes->items[0].payload, "");
	assert_int_equal(changes->items[1].decision.verdict, VERDICT_NO_CHANGE);
}

static void every_difference_is_named(void **state)
{
	static const char *const one[] = { "time.utc", "2026-01-01", "kernel.release",
		"6.1", "cpu.model", "Old CPU", "cpu.mhz", "2000", "mitigation.retbleed",
		"IBRS", "placement.shared-l3", "0,1", "build.commit", "4f2c9e1",
		"option.payload", "touch", "option.seed", "1", "only.here", "x",
		"thp.enabled", "madvise", "load.1", "0.1", "libc", "glibc 2.36", NULL };
	static const char *const other[] = { "time.utc", "2026-01-02", "kernel.release",
		"6.6", "cpu.model", "New CPU", "cpu.mhz", "2100", "mitigation.retbleed",
		"none", "placement.shared-l3", "2,3", "build.commit", "8d07b3a",
		"option.payload", "none", "option.seed", "2", "option.set",
		"pipe.size=4096", "option.gap", "", "thp.enabled", "always", "load.1",
		"0.9", "libc", "glibc 2.36", NULL };
	static const char *const says[] = { "CPU", "kernel", "mitigation retbleed",
		"option payload", "option set", "CPUs shared-l3", "ipcmark commit",
		"thp.enabled" };

	(void)state;
	base = runs_make("base", one);
	candidate = runs_make("new", other);
	add(base, runs_row(0, 0), 5000);
	add(candidate, runs_row(0, 0), 5000);
	compare();
	assert_int_equal(changes->difference_count, 8);
	for (size_t i = 0; i < 8; i++)
		assert_string_equal(changes->differences[i].says, says[i]);
	assert_string_equal(changes->differences[0].base, "Old CPU");
	assert_string_equal(changes->differences[0].candidate, "New CPU");
	assert_string_equal(changes->differences[4].base, "the default");
	assert_string_equal(changes->differences[4].candidate, "pipe.size=4096");
	assert_string_equal(changes->base_says, "commit 4f2c9e1, Linux 6.1, 2026-01-01");
}

/* Launches whose times drift together with their canary's. */
static void add_with_canary(struct run_directory *run, double median_ns, double canary_ns)
{
	struct result_row row = runs_row(0, 0);

	row_text(row.canary, "futex");
	for (int i = 0; i < LAUNCHES; i++) {
		double drift = 1 + 0.05 * (i * 5 % LAUNCHES);

		row.launch = i;
		row.median_ns = median_ns * drift;
		row.canary_ns = canary_ns * drift * (1 + 0.0005 * i);
		runs_append(run, &row);
	}
}

/* The second machine is slower by 30 % at everything; the canary knows. */
static void canaries_take_out_what_both_share(void **state)
{
	(void)state;
	make_both();
	add_with_canary(base, 5000, 4000);
	add_with_canary(candidate, 6500, 5200);
	compare();
	assert_int_equal(only()->decision.verdict, VERDICT_NO_CHANGE);
	assert_string_equal(only()->canary, "futex");
	assert_true(fabs(only()->decision.raw_ratio - 1.3) < 0.01);
	assert_true(fabs(only()->decision.ratio - 1) < 0.001);
	/* Still a time: what it is when the canary takes what it took in the base. */
	assert_in_range((int)only()->decision.base, 5000, 8000);
}

static void canaries_show_what_drift_hides(void **state)
{
	(void)state;
	make_both();
	add_with_canary(base, 5000, 4000);
	add_with_canary(candidate, 5250, 4000);
	compare();
	assert_int_equal(only()->decision.verdict, VERDICT_SLOWER);
	assert_true(fabs(only()->decision.ratio - 1.05) < 0.002);
}

/* The time is what it was, the canary became faster: that is no finding. */
static void a_canary_that_moved_is_told(void **state)
{
	(void)state;
	make_both();
	add_with_canary(base, 5000, 4000);
	add_with_canary(candidate, 5000, 3800);
	compare();
	assert_int_equal(only()->decision.verdict, VERDICT_INCONCLUSIVE);
	assert_non_null(strstr(only()->decision.why, "set against"));
}

/* The time became shorter, and the canary's more so: that is no slowdown. */
static void a_canary_does_not_turn_a_change_round(void **state)
{
	(void)state;
	make_both();
	add_with_canary(base, 5000, 10000);
	add_with_canary(candidate, 4750, 8500);
	compare();
	assert_true(only()->decision.ratio > 1.1);
	assert_int_equal(only()->decision.verdict, VERDICT_INCONCLUSIVE);
	assert_non_null(strstr(only()->decision.why, "moved by -5.0 %"));
}

static void canaries_of_one_run_are_no_use(void **state)
{
	(void)state;
	make_both();
	add(base, runs_row(0, 0), 5000);
	add_with_canary(candidate, 5000, 4000);
	compare();
	assert_string_equal(only()->canary, "");
	assert_true(isnan(only()->decision.raw_ratio));
	assert_noted("Only new has canaries");
}

/* The sides of a duet of `planned` launches and 8 further ones; the launches of both pace
 * alike, and their medians say something else than the slices beside each other. */
static void make_duet(int planned, double ratio)
{
	static const char *const facts[2][7] = {
		{ "duet.id", "7", "duet.role", "base", "duet.planned", "16", NULL },
		{ "duet.id", "7", "duet.role", "candidate", "duet.planned", "16", NULL }
	};

	base = runs_make("base", facts[0]);
	candidate = runs_make("new", facts[1]);
	for (int i = 0; i < planned + 8; i++) {
		struct result_row row = runs_row(i, 5000 + 400 * (i % 4));

		runs_append(base, &row);
		row.median_ns *= i % 2 ? 1.1 : 0.9;
		row.duet_ratio = ratio * (1 + 0.0001 * (i * 5 % 12));
		runs_append(candidate, &row);
	}
}

static void sides_of_a_duet_meet_launch_by_launch(void **state)
{
	(void)state;
	make_duet(16, 1.05);
	compare();
	assert_int_equal(changes->design, DESIGN_PAIRED);
	assert_int_equal(only()->decision.verdict, VERDICT_SLOWER);
	assert_true(fabs(only()->decision.ratio - 1.05) < 0.002);
	assert_int_equal(only()->decision.base_count, 16);
	assert_int_equal(only()->base_count, 24);
	assert_noted("sides of one duet");
}

static void a_duet_can_be_read_the_other_way_round(void **state)
{
	(void)state;
	make_duet(16, 1.05);
	if (compare_runs(candidate, base, &standard, &changes, &why))
		fail_msg("%s", why.text);
	assert_int_equal(only()->decision.verdict, VERDICT_FASTER);
	assert_true(fabs(only()->decision.ratio * 1.05 - 1) < 0.002);
}

/* A side that was cut off has a launch less; a side beside itself is no duet. */
static void what_a_duet_lacks_is_left_out(void **state)
{
	struct result_row row = runs_row(24, 5000);

	(void)state;
	make_duet(16, 1);
	runs_append(base, &row);
	compare();
	assert_int_equal(only()->base_count, 24);
	assert_int_equal(changes->whole, VERDICT_NO_CHANGE);
	changes_free(changes);
	changes = NULL;
	if (compare_runs(base, base, &standard, &changes, &why))
		fail_msg("%s", why.text);
	assert_int_equal(changes->design, DESIGN_UNPAIRED);
	assert_noted("one after the other");
}

static void nothing_in_common_is_refused(void **state)
{
	static const char *const one[] = { "option.payload", "touch", NULL };
	static const char *const other[] = { "option.payload", "none", NULL };
	struct result_row row = runs_row(0, 0);

	(void)state;
	base = runs_make("base", one);
	candidate = runs_make("new", other);
	add(base, row, 5000);
	row_text(row.payload, "none");
	add(candidate, row, 5000);
	assert_true(compare_runs(base, candidate, &standard, &changes, &why) < 0);
	assert_null(changes);
	assert_string_equal(why.text, "no case was measured in both base and new (option "
				      "payload: 'touch' and 'none')");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
		TEST(a_slower_run),
		TEST(cases_meet_by_what_they_are),
		TEST(pairs_of_cpus_stay_apart),
		TEST(what_is_not_the_same_case_is_left_alone),
		TEST(what_was_not_measured_is_not_passed_over),
		TEST(capacities_are_counted),
		TEST(every_difference_is_named),
		TEST(canaries_take_out_what_both_share),
		TEST(canaries_show_what_drift_hides),
		TEST(a_canary_that_moved_is_told),
		TEST(a_canary_does_not_turn_a_change_round),
		TEST(canaries_of_one_run_are_no_use),
		TEST(sides_of_a_duet_meet_launch_by_launch),
		TEST(a_duet_can_be_read_the_other_way_round),
		TEST(what_a_duet_lacks_is_left_out),
		TEST(nothing_in_common_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
