/* Verdicts: their rule, their mirror, their words, and what could have been seen. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/random.h"
#include "results/change.h"
#include "results/decision.h"
#include "results/power.h"

#define LAUNCHES 16
#define CASES    40

static const struct rule standard = RULE_STANDARD;

static void assert_near(double got, double wanted, double tolerance)
{
	if (!(fabs(got - wanted) <= tolerance))
		fail_msg("%.17g is not %.17g", got, wanted);
}

/* Between -1 and 1, mostly near 0. */
static double noise(struct random *random)
{
	return (double)random_below(random, 1000001) / 1e6 -
	       (double)random_below(random, 1000001) / 1e6;
}

struct sides {
	double base[LAUNCHES], candidate[LAUNCHES];
};

/* Paired launches: both drift alike, each pair differs by `factor` and a little. */
static void draw_pairs(
	struct random *random, double factor, double spread, struct sides *sides)
{
	for (int i = 0; i < LAUNCHES; i++) {
		sides->base[i] = 5000 * exp(0.2 * noise(random));
		sides->candidate[i] = sides->base[i] * factor *
				      exp(spread * noise(random));
	}
}

/* One case of a family of `cases`; the others are alike on both sides. */
static struct decision decide(enum design design, bool more_is_better,
	const struct sides *sides, size_t count, size_t cases)
{
	static struct decision decisions[CASES];
	struct decision *list[CASES];
	double flat[LAUNCHES], other[LAUNCHES];

	assert_true(cases <= CASES);
	for (int i = 0; i < LAUNCHES; i++) {
		flat[i] = 1000 + i;
		other[i] = 1000 + i + (i % 2 ? 0.5 : -0.5);
	}
	memset(decisions, 0, sizeof decisions);
	for (size_t i = 0; i < cases; i++) {
		decisions[i].design = design;
		decisions[i].more_is_better = more_is_better;
		decision_measure(&decisions[i], i ? flat : sides->base, count,
			i ? other : sides->candidate, count, &standard);
		list[i] = &decisions[i];
	}
	assert_int_equal(decision_settle(list, cases, &standard), 0);
	return decisions[0];
}

static void changes_are_found(void **state)
{
	struct random random = { 1 };
	struct sides sides;
	struct decision decision;

	(void)state;
	draw_pairs(&random, 1.05, 0.01, &sides);
	decision = decide(DESIGN_PAIRED, false, &sides, LAUNCHES, CASES);
	assert_int_equal(decision.verdict, VERDICT_SLOWER);
	assert_near(decision.ratio, 1.05, 0.01);
	assert_near(decision.p, exp2(-15), 1e-12);
	assert_near(decision.p_holm, CASES * exp2(-15), 1e-12);
	assert_string_equal(decision.why, "");
	decision = decide(DESIGN_PAIRED, true, &sides, LAUNCHES, CASES);
	assert_int_equal(decision.verdict, VERDICT_FASTER);
	draw_pairs(&random, 1 / 1.05, 0.01, &sides);
	decision = decide(DESIGN_PAIRED, false, &sides, LAUNCHES, CASES);
	assert_int_equal(decision.verdict, VERDICT_FASTER);
}

/* Significance without size, and size without significance, are no change of verdict. */
static void the_margin_and_the_test_must_both_agree(void **state)
{
	struct random random = { 2 };
	struct sides sides;
	struct decision decision;

	(void)state;
	draw_pairs(&random, 1.01, 0.002, &sides);
	decision = decide(DESIGN_PAIRED, false, &sides, LAUNCHES, CASES);
	assert_true(decision.p_holm <= standard.alpha);
	assert_int_equal(decision.verdict, VERDICT_NO_CHANGE);
	draw_pairs(&random, 1.05, 0.3, &sides);
	decision = decide(DESIGN_PAIRED, false, &sides, LAUNCHES, CASES);
	assert_true(decision.ratio > 1.02);
	assert_true(decision.p_holm > standard.alpha);
	assert_int_equal(decision.verdict, VERDICT_INCONCLUSIVE);
}

/* Thirteen launches pass among 40 cases when all agree, twelve cannot. */
static void few_launches_say_how_many_it_takes(void **state)
{
	struct random random = { 3 };
	struct sides sides;
	struct decision decision;

	(void)state;
	draw_pairs(&random, 1.05, 0.01, &sides);
	decision = decide(DESIGN_PAIRED, false, &sides, 13, CASES);
	assert_int_equal(decision.verdict, VERDICT_SLOWER);
	decision = decide(DESIGN_PAIRED, false, &sides, 12, CASES);
	assert_int_equal(decision.verdict, VERDICT_INCONCLUSIVE);
	assert_non_null(strstr(decision.why, "among 40 cases; at least 13"));
	decision = decide(DESIGN_PAIRED, false, &sides, 5, 1);
	assert_int_equal(decision.verdict, VERDICT_INCONCLUSIVE);
	assert_true(isnan(decision.low));
	assert_non_null(strstr(decision.why, "among 1 case; at least 8"));
	decision = decide(DESIGN_PAIRED, false, &sides, 0, 1);
	assert_int_equal(decision.verdict, VERDICT_INCONCLUSIVE);
	assert_non_null(strstr(decision.why, "no launch of either side"));
}

static void the_number_of_launches(void **state)
{
	(void)state;
	assert_int_equal(decision_launches(DESIGN_PAIRED, 40, &standard), 13);
	assert_int_equal(decision_launches(DESIGN_PAIRED, 120, &standard), 15);
	assert_int_equal(decision_launches(DESIGN_PAIRED, 400, &standard), 17);
	assert_int_equal(decision_launches(DESIGN_PAIRED, 1, &standard), 8);
	assert_int_equal(decision_launches(DESIGN_PAIRED, 0, &standard), 8);
	/* 2 / C(10, 5) = .0079; 2 / C(16, 8) = .00016 <= .01 / 40 */
	assert_int_equal(decision_launches(DESIGN_UNPAIRED, 1, &standard), 5);
	assert_int_equal(decision_launches(DESIGN_UNPAIRED, 40, &standard), 8);
	assert_int_equal(decision_launches(DESIGN_EXACT, 40, &standard), 1);
}

static enum verdict mirrored(enum verdict verdict)
{
	return verdict == VERDICT_SLOWER   ? VERDICT_FASTER
	       : verdict == VERDICT_FASTER ? VERDICT_SLOWER
					   : verdict;
}

/* Whatever was measured, exchanging the sides mirrors the verdict, and the unit does not
 * matter. Changes near the margin are among the draws. */
static void exchanging_mirrors_and_scaling_changes_nothing(void **state)
{
	static const double factors[] = { 1, 1.0199, 1.02, 1.0201, 1 / 1.02, 1.05, 0.9 };
	static const double spreads[] = { 0, 0.001, 0.02, 0.1 };
	struct random random = { 4 };
	size_t seen[VERDICTS] = { 0 };

	(void)state;
	for (int round = 0; round < 600; round++) {
		enum design design = round % 2 ? DESIGN_PAIRED : DESIGN_UNPAIRED;
		struct sides sides, back, scaled;
		struct decision one, other, third;

		draw_pairs(&random, factors[round % 7], spreads[round % 4], &sides);
		for (int i = 0; i < LAUNCHES; i++) {
			if (design == DESIGN_UNPAIRED)
				sides.base[i] = 5000 *
						exp(spreads[round % 4] * noise(&random));
			back.base[i] = sides.candidate[i];
			back.candidate[i] = sides.base[i];
			scaled.base[i] = sides.base[i] * 1024;
			scaled.candidate[i] = sides.candidate[i] * 1024;
		}
		one = decide(design, round % 3 == 0, &sides, LAUNCHES, 6);
		other = decide(design, round % 3 == 0, &back, LAUNCHES, 6);
		third = decide(design, round % 3 == 0, &scaled, LAUNCHES, 6);
		assert_int_equal(other.verdict, mirrored(one.verdict));
		assert_near(other.p, one.p, 1e-12);
		assert_near(other.ratio * one.ratio, 1, 1e-9);
		assert_near(other.low * one.high, 1, 1e-9);
		assert_int_equal(third.verdict, one.verdict);
		assert_near(third.ratio, one.ratio, 1e-9);
		seen[one.verdict]++;
	}
	for (int i = 0; i < VERDICTS; i++)
		assert_true(seen[i] > 10);
}

/* Two sides from one source: alarms stay rare, and the drift of both does not matter. */
static void identical_sides_raise_no_alarm(void **state)
{
	struct random random = { 7 };
	int alarms = 0;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct sides sides;
		struct decision decision;

		draw_pairs(&random, 1, 0.1, &sides);
		decision = decide(DESIGN_PAIRED, false, &sides, LAUNCHES, 1);
		alarms += decision.verdict == VERDICT_SLOWER ||
			  decision.verdict == VERDICT_FASTER;
	}
	/* At most 1 % expected: 20, with a standard deviation of 4.5. */
	assert_in_range(alarms, 1, 40);
}

static void unusable_launches_drop_out(void **state)
{
	struct random random = { 8 };
	struct sides sides;
	struct decision decision;

	(void)state;
	draw_pairs(&random, 1.05, 0.01, &sides);
	sides.base[3] = NAN;
	sides.candidate[5] = 0;
	decision = decide(DESIGN_PAIRED, false, &sides, LAUNCHES, 1);
	assert_int_equal(decision.base_count, LAUNCHES - 2);
	assert_int_equal(decision.candidate_count, LAUNCHES - 2);
	assert_int_equal(decision.verdict, VERDICT_SLOWER);
	decision = decide(DESIGN_UNPAIRED, false, &sides, LAUNCHES, 1);
	assert_int_equal(decision.base_count, LAUNCHES - 1);
	assert_int_equal(decision.candidate_count, LAUNCHES - 1);
}

/* Launches in two paces, as they come; slices beside each other know what changed. */
static void known_ratios_go_before_quotients(void **state)
{
	struct random random = { 21 };
	double ratios[LAUNCHES];
	struct sides sides;
	struct decision decision = { .design = DESIGN_PAIRED };
	struct decision *list[] = { &decision };

	(void)state;
	draw_pairs(&random, 1, 0.5, &sides);
	for (int i = 0; i < LAUNCHES; i++)
		ratios[i] = 1.05 * exp(0.005 * noise(&random));
	decision_measure(
		&decision, sides.base, LAUNCHES, sides.candidate, LAUNCHES, &standard);
	assert_int_equal(decision_settle(list, 1, &standard), 0);
	assert_int_equal(decision.verdict, VERDICT_INCONCLUSIVE);
	decision.ratios = ratios;
	decision_measure(
		&decision, sides.base, LAUNCHES, sides.candidate, LAUNCHES, &standard);
	assert_int_equal(decision_settle(list, 1, &standard), 0);
	assert_int_equal(decision.verdict, VERDICT_SLOWER);
	assert_near(decision.ratio, 1.05, 0.005);
	assert_true(power_visible(&decision, sides.base, LAUNCHES, sides.candidate,
			    LAUNCHES, 1, &standard) < 1.03);
	/* Where it is not known the quotient stands in; without a value there is none. */
	ratios[2] = NAN;
	ratios[3] = -1;
	assert_near(decision_pair_ratio(&decision, sides.base, sides.candidate, 2),
		sides.candidate[2] / sides.base[2], 1e-12);
	assert_near(decision_pair_ratio(&decision, sides.base, sides.candidate, 3),
		sides.candidate[3] / sides.base[3], 1e-12);
	assert_near(decision_pair_ratio(&decision, sides.base, sides.candidate, 4),
		ratios[4], 1e-12);
	sides.base[4] = NAN;
	assert_true(
		isnan(decision_pair_ratio(&decision, sides.base, sides.candidate, 4)));
}

#define FURTHER (3 * LAUNCHES)

/* LAUNCHES planned pairs that scatter around `planned`, and FURTHER around `further`. */
static struct decision narrow(double planned, double further, double spread, size_t count)
{
	double base[LAUNCHES + FURTHER], candidate[LAUNCHES + FURTHER];
	struct decision decision = { .design = DESIGN_PAIRED, .planned = LAUNCHES };
	struct decision *list[] = { &decision };
	struct random random = { 31 };

	for (size_t i = 0; i < count; i++) {
		base[i] = 5000;
		candidate[i] = 5000 * (i < LAUNCHES ? planned : further) *
			       exp(spread * noise(&random));
	}
	decision_measure(&decision, base, count, candidate, count, &standard);
	assert_int_equal(decision_settle(list, 1, &standard), 0);
	return decision;
}

static void further_launches_settle_what_is_open(void **state)
{
	struct decision before = narrow(1, 1, 0.05, LAUNCHES);
	struct decision after = narrow(1, 1, 0.05, LAUNCHES + FURTHER);

	(void)state;
	assert_int_equal(before.verdict, VERDICT_INCONCLUSIVE);
	assert_true(before.is_open);
	assert_int_equal(before.narrowed.count, 0);
	assert_int_equal(after.verdict, VERDICT_NO_CHANGE);
	assert_true(after.is_open);
	assert_int_equal(after.base_count, LAUNCHES + FURTHER);
	assert_string_equal(after.why, "with 48 launches beyond the planned 16");
	assert_true(after.high - after.low < before.high - before.low);
	assert_near(after.p, before.p, 0); /* of the planned ones */
}

/* However plain they are: the error rate is that of one test. */
static void further_launches_raise_no_alarm(void **state)
{
	struct decision decision = narrow(1, 1.2, 0.05, LAUNCHES + FURTHER);

	(void)state;
	assert_int_equal(decision.verdict, VERDICT_INCONCLUSIVE);
	assert_true(decision.ratio > 1.05);
	assert_non_null(strstr(decision.why, "--launches 64 tests that"));
	decision = narrow(1, 1 / 1.2, 0.05, LAUNCHES + FURTHER);
	assert_int_equal(decision.verdict, VERDICT_INCONCLUSIVE);
	decision = narrow(1, 1.01, 0.2, LAUNCHES + FURTHER);
	assert_int_equal(decision.verdict, VERDICT_INCONCLUSIVE);
	assert_non_null(strstr(decision.why, "even with 48 launches beyond"));
}

/* What the planned ones decide stays, and is shown as they have it. */
static void further_launches_take_nothing_back(void **state)
{
	struct decision decision = narrow(1.05, 0.9, 0.01, LAUNCHES + FURTHER);

	(void)state;
	assert_int_equal(decision.verdict, VERDICT_SLOWER);
	assert_false(decision.is_open);
	assert_int_equal(decision.base_count, LAUNCHES);
	assert_near(decision.ratio, 1.05, 0.01);
	decision = narrow(1, 1.2, 0.001, LAUNCHES + FURTHER);
	assert_int_equal(decision.verdict, VERDICT_NO_CHANGE);
	assert_near(decision.ratio, 1, 0.001);
}

static struct decision exact(const double *base, size_t base_count,
	const double *candidate, size_t candidate_count)
{
	static struct decision decision;
	struct decision *list[] = { &decision };

	memset(&decision, 0, sizeof decision);
	decision.design = DESIGN_EXACT;
	decision.more_is_better = true;
	decision_measure(
		&decision, base, base_count, candidate, candidate_count, &standard);
	assert_int_equal(decision_settle(list, 1, &standard), 0);
	return decision;
}

static void any_difference_of_an_exact_capacity_counts(void **state)
{
	const double pipe[] = { 65536, 65536 }, less[] = { 65535, 65535 }, none[] = { 0 };
	const double unsteady[] = { 65536, 61440 };

	(void)state;
	assert_int_equal(exact(pipe, 2, pipe, 1).verdict, VERDICT_NO_CHANGE);
	assert_int_equal(exact(pipe, 2, less, 2).verdict, VERDICT_SLOWER);
	assert_int_equal(exact(less, 2, pipe, 2).verdict, VERDICT_FASTER);
	assert_int_equal(exact(none, 1, none, 1).verdict, VERDICT_NO_CHANGE);
	assert_int_equal(exact(none, 1, pipe, 2).verdict, VERDICT_FASTER);
	assert_int_equal(exact(pipe, 2, none, 1).verdict, VERDICT_SLOWER);
	assert_int_equal(exact(pipe, 2, unsteady, 2).verdict, VERDICT_INCONCLUSIVE);
	assert_non_null(strstr(exact(pipe, 2, unsteady, 2).why, "differ"));
	assert_int_equal(exact(pipe, 2, NULL, 0).verdict, VERDICT_INCONCLUSIVE);
	assert_true(isnan(exact(pipe, 2, less, 2).p)); /* in no family */
}

static void one_for_all(void **state)
{
	struct decision decisions[4] = { { .verdict = VERDICT_NO_CHANGE },
		{ .verdict = VERDICT_FASTER }, { .verdict = VERDICT_INCONCLUSIVE },
		{ .verdict = VERDICT_SLOWER } };
	struct decision *list[] = { &decisions[0], &decisions[1], &decisions[2],
		&decisions[3] };
	static const enum verdict wholes[] = { VERDICT_NO_CHANGE, VERDICT_FASTER,
		VERDICT_INCONCLUSIVE, VERDICT_SLOWER };
	static const int codes[] = { 0, 0, 3, 1 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(decision_whole(list, i + 1), wholes[i]);
		assert_int_equal(decision_exit(wholes[i]), codes[i]);
	}
	assert_int_equal(decision_whole(list, 0), VERDICT_INCONCLUSIVE);
}

/* What power says can be seen is seen about as often as it says. */
static void visible_changes_are_seen(void **state)
{
	struct random random = { 9 };
	struct decision decision = { .design = DESIGN_PAIRED };
	struct sides sides;
	double visible = 0, few;
	int found = 0;

	(void)state;
	for (int i = 0; i < 50; i++) {
		draw_pairs(&random, 1, 0.05, &sides);
		visible += log(power_visible(&decision, sides.base, LAUNCHES,
				   sides.candidate, LAUNCHES, CASES, &standard)) /
			   50;
	}
	for (int i = 0; i < 200; i++) {
		draw_pairs(&random, exp(visible), 0.05, &sides);
		found += decide(DESIGN_PAIRED, false, &sides, LAUNCHES, CASES).verdict ==
			 VERDICT_SLOWER;
	}
	assert_in_range(found, 120, 195);
	assert_true(visible > log(1.02));
	/* What did change is not in the way of what could have been seen. */
	draw_pairs(&random, 1, 0.05, &sides);
	few = power_visible(&decision, sides.base, LAUNCHES, sides.candidate, LAUNCHES,
		CASES, &standard);
	for (int i = 0; i < LAUNCHES; i++)
		sides.candidate[i] *= 3;
	assert_near(power_visible(&decision, sides.base, LAUNCHES, sides.candidate,
			    LAUNCHES, CASES, &standard),
		few, 1e-9);
	few = power_visible(
		&decision, sides.base, 12, sides.candidate, 12, CASES, &standard);
	assert_true(isinf(few));
	decision.design = DESIGN_UNPAIRED;
	few = power_visible(
		&decision, sides.base, 7, sides.candidate, 7, CASES, &standard);
	assert_true(isinf(few));
	/* Unpaired, the drift that pairs share is in the way. */
	assert_true(power_visible(&decision, sides.base, LAUNCHES, sides.candidate,
			    LAUNCHES, CASES, &standard) > 2 * visible);
}

static void the_list(void **state)
{
	struct changes *changes = changes_create(DESIGN_PAIRED, &standard, "old", "new");
	struct random random = { 10 };
	struct result_row row;
	struct sides sides;
	struct change *added;
	const struct change *change = NULL;
	struct why why = { "" };

	(void)state;
	assert_non_null(changes);
	assert_null(changes_next(changes, NULL));
	row_clear(&result_table, &row);
	row_text(row.mechanism, "pipe");
	row_text(row.test, "throughput");
	row.size_bytes = 4096;
	draw_pairs(&random, 0.9, 0.01, &sides);
	added = changes_add(changes, &row, false, sides.base, LAUNCHES, sides.candidate,
		LAUNCHES, NULL);
	assert_non_null(added);
	assert_string_equal(added->unit, "B/s");
	row_text(row.test, "capacity");
	added = changes_add(changes, &row, true, (double[]) { 65536 }, 1,
		(double[]) { 4096 }, 1, NULL);
	assert_non_null(added);
	row_text(row.test, "latency");
	assert_non_null(changes_add_unmeasured(changes, &row, "skipped: no pipes here"));
	assert_int_equal(changes_differ(changes, "kernel", "kernel", "6.1", "6.6"), 0);
	assert_int_equal(changes_note(changes, "%d cases", 3), 0);
	assert_int_equal(changes_settle(changes, &why), 0);
	assert_int_equal(changes->family, 1);
	assert_int_equal(changes->whole, VERDICT_SLOWER);
	assert_int_equal(changes->counts[VERDICT_SLOWER], 2);
	assert_int_equal(changes->counts[VERDICT_INCONCLUSIVE], 1);
	change = changes_next(changes, change);
	assert_string_equal(change_verdict(change), "slower");
	assert_near(change_percent(change->decision.ratio), -10, 1);
	change = changes_next(changes, change);
	assert_string_equal(change_verdict(change), "smaller");
	change = changes_next(changes, change);
	assert_string_equal(change->decision.why, "skipped: no pipes here");
	assert_null(changes_next(changes, change));
	changes_free(changes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_are_found),
		cmocka_unit_test(the_margin_and_the_test_must_both_agree),
		cmocka_unit_test(few_launches_say_how_many_it_takes),
		cmocka_unit_test(the_number_of_launches),
		cmocka_unit_test(exchanging_mirrors_and_scaling_changes_nothing),
		cmocka_unit_test(identical_sides_raise_no_alarm),
		cmocka_unit_test(unusable_launches_drop_out),
		cmocka_unit_test(known_ratios_go_before_quotients),
		cmocka_unit_test(further_launches_settle_what_is_open),
		cmocka_unit_test(further_launches_raise_no_alarm),
		cmocka_unit_test(further_launches_take_nothing_back),
		cmocka_unit_test(any_difference_of_an_exact_capacity_counts),
		cmocka_unit_test(one_for_all),
		cmocka_unit_test(visible_changes_are_seen),
		cmocka_unit_test(the_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
