/* Claims: each verdict from runs that are made up, what is missing, and that the rules
 * of claims.csv name what exists. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conformance/judge.h"
#include "conformance/point.h"
#include "mechanisms/mechanism.h"
#include "results/claim.h"
#include "results/csv.h"
#include "runs.h"

#define LAUNCHES 12

static struct run_directory *run;
static struct judged_claim judged;
static struct why why;
static int64_t next_launch;

static int enter(void **state)
{
	next_launch = 0;
	why_clear(&why);
	if (runs_enter(state))
		return -1;
	run = runs_make("run", NULL);
	return 0;
}

static int leave(void **state)
{
	judged_claim_free(&judged);
	run_directory_close(run);
	return runs_leave(state);
}

/* Launches of a mechanism whose medians lie within 1 % around `median_ns`. */
static void add(const char *mechanism, const char *placement, int64_t size_bytes,
	double median_ns)
{
	for (int i = 0; i < LAUNCHES; i++) {
		struct result_row row = runs_row(
			next_launch++, median_ns * (1 + 0.01 * (i - 5.5) / 6));

		row_text(row.mechanism, mechanism);
		row_text(row.placement, placement);
		row.size_bytes = size_bytes;
		row.cpu_b = strcmp(placement, "same-cpu") == 0 ? 0 : 1;
		runs_append(run, &row);
	}
}

/* id,verdict, ... NULL */
static void add_checks(const char *const *pairs)
{
	FILE *out = fopen("run/checks.csv", "w");

	assert_non_null(out);
	fputs("id,suite,promise,verdict,what,got,want,errno,reason,where,seen,cite\n",
		out);
	for (; *pairs; pairs += 2) {
		bool is_ok = strcmp(pairs[1], "ok") == 0;
		bool deviates = strcmp(pairs[1], "deviates") == 0;

		fprintf(out, "%s,s,POSIX,%s,call(),%s,%s,,%s,,,\n", pairs[0], pairs[1],
			deviates ? "2" : "", deviates ? "1" : "",
			is_ok ? "" : "\"the\nreason\"");
	}
	assert_int_equal(fclose(out), 0);
}

static enum claim_verdict judge_rule(const char *text)
{
	static struct claim claim;
	struct witness witness;

	claim = (struct claim) { .id = "x",
		.kind = "k",
		.claim = "c",
		.rule_text = text,
		.words = { "", "", "" } };
	why_clear(&why);
	if (rule_parse(text, &claim.rule, &why) || witness_open(run, &witness, &why))
		fail_msg("%s: %s", text, why.text);
	judged_claim_free(&judged);
	claim_judge(&claim, &witness, &judged);
	witness_close(&witness);
	return judged.verdict;
}

static void because_is(const char *wanted)
{
	if (strcmp(judged.because, wanted) != 0)
		fail_msg("'%s' and not '%s'", judged.because, wanted);
}

static void a_comparison_is_made_in_every_place_and_at_every_size(void **state)
{
	(void)state;
	add("pipe", "same-cpu", 64, 2000);
	add("tcp", "same-cpu", 64, 9000);
	add("pipe", "shared-l3", 64, 5000);
	add("tcp", "shared-l3", 64, 9000);
	assert_int_equal(judge_rule("latency(pipe) < latency(tcp)"), CLAIM_CONFIRMED);
	because_is("true on same-cpu and on shared-l3");
	assert_int_equal(judge_rule("latency(pipe) > latency(tcp)"), CLAIM_REFUTED);
	because_is("false on same-cpu and on shared-l3");
	assert_int_equal(judged.evidence_count, 2);
	assert_int_equal(judged.evidence[0].truth, TRUTH_FALSE);
	assert_string_equal(judged.evidence[0].text,
		"64 B, same-cpu: pipe 2 µs (1.99 to 2.01), not > tcp 9 µs (8.95 to 9.05)");
}

static void true_here_and_false_there_depends_on_where(void **state)
{
	(void)state;
	for (int64_t size = 64; size <= 65536; size *= 4) {
		add("pipe", "same-cpu", size, 2000);
		add("tcp", "same-cpu", size, size < 4096 ? 9000 : 1000);
	}
	add("pipe", "shared-l3", 64, 5000);
	add("tcp", "shared-l3", 64, 3000);
	assert_int_equal(judge_rule("latency(pipe) < latency(tcp)"), CLAIM_DEPENDS);
	because_is(
		"true on same-cpu at 64 B to 1 KiB; false on same-cpu at 4 KiB to 64 KiB "
		"and on shared-l3");
	/* First what speaks for it, then what speaks against it. */
	assert_int_equal(judged.evidence[0].truth, TRUTH_TRUE);
	assert_int_equal(judged.evidence[1].truth, TRUTH_FALSE);
	assert_int_equal(judge_rule("latency(pipe) < latency(tcp) at ..1K on same-cpu"),
		CLAIM_CONFIRMED);
	assert_int_equal(
		judge_rule("latency(pipe) < latency(tcp) on !same-cpu"), CLAIM_REFUTED);
	/* Parts of a claim that come out differently. */
	assert_int_equal(judge_rule("latency(pipe) < latency(tcp) at 64 on same-cpu; "
				    "latency(pipe) < latency(tcp) at 4K"),
		CLAIM_DEPENDS);
}

static void intervals_that_overlap_tell_nothing(void **state)
{
	(void)state;
	add("pipe", "same-cpu", 64, 2000);
	add("fifo", "same-cpu", 64, 2005);
	assert_int_equal(judge_rule("latency(pipe) < latency(fifo)"), CLAIM_UNDECIDED);
	assert_int_equal(judged.evidence[0].truth, TRUTH_TIE);
	because_is("it cannot be told in 1 of 1 comparisons; more --launches make the "
		   "intervals narrower");
	/* Half that can be told decides, less does not. */
	add("pipe", "shared-l3", 64, 4000);
	add("fifo", "shared-l3", 64, 5000);
	assert_int_equal(judge_rule("latency(pipe) < latency(fifo)"), CLAIM_CONFIRMED);
	because_is("true on shared-l3; not told apart on same-cpu");
	add("pipe", "same-cpu", 512, 2000);
	add("fifo", "same-cpu", 512, 2005);
	assert_int_equal(judge_rule("latency(pipe) < latency(fifo)"), CLAIM_UNDECIDED);
	because_is("it cannot be told in 2 of 3 comparisons; more --launches make the "
		   "intervals narrower");
	/* But not for a part of the claim that cannot be told at all. */
	assert_int_equal(judge_rule("latency(pipe) < latency(fifo) on shared-l3; "
				    "latency(pipe) < latency(fifo) on same-cpu"),
		CLAIM_UNDECIDED);
}

static void fewer_than_6_launches_decide_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		struct result_row row = runs_row(next_launch++, 1000);

		runs_append(run, &row);
		row = runs_row(next_launch++, 9000);
		row_text(row.mechanism, "tcp");
		runs_append(run, &row);
	}
	assert_int_equal(judge_rule("latency(pipe) < latency(tcp)"), CLAIM_UNDECIDED);
	because_is("fewer than 6 launches have no interval; to measure: --launches 6");
}

static void the_best_of_several_stands_for_them(void **state)
{
	(void)state;
	add("shm_spin", "shared-l3", 64, 300);
	add("shm_futex", "shared-l3", 64, 9000);
	add("pipe", "shared-l3", 64, 5000);
	add("floor_cacheline", "shared-l3", 64, 100);
	assert_int_equal(judge_rule("latency(shm_*) < latency(!shm_*)"), CLAIM_CONFIRMED);
	/* The interval is not that of the one that is named. */
	assert_non_null(strstr(judged.evidence[0].text, "shm_spin (best of 2) 300 ns"));
	/* A floor is meant only by its name. */
	assert_int_equal(
		judge_rule("latency(floor_*) < latency(shm_*)"), CLAIM_CONFIRMED);
	assert_int_equal(judge_rule("latency(shm_spin, pipe) < latency(shm_futex)"),
		CLAIM_CONFIRMED);
}

static void one_without_an_interval_does_not_take_that_of_all(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		struct result_row row = runs_row(next_launch++, 100);

		row_text(row.mechanism, "shm_anon_spin");
		runs_append(run, &row);
	}
	add("shm_spin", "shared-l3", 64, 300);
	add("pipe", "shared-l3", 64, 5000);
	assert_int_equal(judge_rule("latency(shm_*) < latency(pipe)"), CLAIM_CONFIRMED);
	assert_string_equal(judged.evidence[0].text,
		"64 B, shared-l3: shm_spin 300 ns (298 to 302) < pipe 5 µs (4.97 to 5.03)");
}

static void bounds_hold_the_whole_interval_or_nothing_of_it(void **state)
{
	(void)state;
	add("pipe", "same-cpu", 64, 2000);
	assert_int_equal(judge_rule("latency(pipe)/2 in 900ns..1100ns"), CLAIM_CONFIRMED);
	assert_string_equal(judged.evidence[0].text,
		"64 B, same-cpu: latency(pipe)/2 = 1 µs (994 ns to 1.01) within 900 ns to "
		"1.10 µs");
	assert_int_equal(judge_rule("latency(pipe)/2 in 2us..3us"), CLAIM_REFUTED);
	assert_int_equal(judge_rule("latency(pipe)/2 in 1us..3us"), CLAIM_UNDECIDED);
	assert_int_equal(judge_rule("latency(pipe) about 2.4us..9us"), CLAIM_CONFIRMED);
	assert_int_equal(judge_rule("latency(pipe) about 2.6us..9us"), CLAIM_REFUTED);
	assert_int_equal(judge_rule("latency(pipe) about 3.9us"), CLAIM_CONFIRMED);
	assert_int_equal(judge_rule("latency(pipe) about 4.1us"), CLAIM_REFUTED);
}

static void a_mechanism_without_payload_goes_with_any_size(void **state)
{
	(void)state;
	add("pipe", "same-cpu", 64, 2000);
	add("pipe", "same-cpu", 4096, 3000);
	add("eventfd", "same-cpu", 0, 1000);
	assert_int_equal(judge_rule("latency(eventfd) < latency(pipe)"), CLAIM_CONFIRMED);
	assert_int_equal(judged.evidence_count, 2);
	assert_int_equal(
		judge_rule("latency(eventfd) < latency(pipe at 4K)"), CLAIM_CONFIRMED);
	assert_int_equal(judged.evidence_count, 1);
	assert_string_equal(judged.evidence[0].text,
		"same-cpu: eventfd 1.00 µs (994 ns to 1.01) < pipe at 4 KiB: 3 µs (2.98 to "
		"3.02)");
}

static void what_is_counted_needs_no_interval(void **state)
{
	struct result_row row = runs_row(0, NAN);

	(void)state;
	row_text(row.test, "capacity");
	row.size_bytes = 4096;
	row.capacity_bytes = 65536;
	runs_append(run, &row);
	row.launch = 1;
	row.sweep_wanted = row.sweep_value = 4096;
	row.capacity_bytes = 4096;
	runs_append(run, &row);
	assert_int_equal(judge_rule("capacity(pipe at 4K) == 64K"), CLAIM_CONFIRMED);
	assert_string_equal(
		judged.evidence[0].text, "shared-l3: pipe at 4 KiB: 64 KiB == 64 KiB");
	assert_int_equal(judge_rule("capacity(pipe at 4K) == 16K"), CLAIM_REFUTED);
}

static void bytes_that_did_not_move_do_not_count(void **state)
{
	struct result_row row;

	(void)state;
	for (int i = 0; i < LAUNCHES; i++) {
		row = runs_row(i, 100);
		row_text(row.payload, "none");
		runs_append(run, &row);
		row = runs_row(LAUNCHES + i, 100);
		row.gap_ns = 1000000;
		runs_append(run, &row);
	}
	assert_int_equal(judge_rule("latency(pipe) < 1us"), CLAIM_UNDECIDED);
	because_is("missing: latency of pipe; to measure: ipcmark run --mechanisms pipe "
		   "--tests latency");
}

static void what_is_missing_is_named(void **state)
{
	struct result_row row = runs_row(0, NAN);

	(void)state;
	add("pipe", "same-cpu", 64, 2000);
	assert_int_equal(judge_rule("latency(pipe) < latency(udp)"), CLAIM_UNDECIDED);
	because_is(
		"missing: latency of udp; to measure: ipcmark run --mechanisms pipe,udp "
		"--tests latency");
	assert_int_equal(judge_rule("send(pipe at 1) < 1us; latency(shm_* at 64) < 1us"),
		CLAIM_UNDECIDED);
	because_is("missing: send of pipe at 1 B; to measure: ipcmark run --mechanisms "
		   "'pipe,shm_*' --tests send,latency");
	row_text(row.mechanism, "tcp");
	row_text(row.status, "skipped");
	row_text(row.reason, "no network");
	row.launch = next_launch++;
	runs_append(run, &row);
	assert_int_equal(judge_rule("latency(pipe) < latency(tcp)"), CLAIM_UNDECIDED);
	because_is(
		"missing: latency of tcp (skipped: no network); to measure: ipcmark run "
		"--mechanisms pipe,tcp --tests latency");
	/* Measured, but nowhere together. */
	add("udp", "shared-l3", 64, 2000);
	assert_int_equal(judge_rule("latency(pipe) < latency(udp)"), CLAIM_UNDECIDED);
	because_is("missing: a place and a size in which all of it was measured: "
		   "latency(pipe) < latency(udp); to measure: ipcmark run --mechanisms "
		   "pipe,udp --tests latency");
	assert_int_equal(judge_rule("kept(pipe.eof)"), CLAIM_UNDECIDED);
	because_is("missing: the checks; to add them: ipcmark run --with-checks");
	assert_int_equal(
		judge_rule("system(Darwin); latency(pipe) < 1s"), CLAIM_UNDECIDED);
	because_is("missing: a run on Darwin; this one is of Linux");
	assert_int_equal(
		judge_rule("system(Linux); latency(pipe) < 1s"), CLAIM_CONFIRMED);
}

static void checks_decide_by_all_being_kept(void **state)
{
	(void)state;
	add_checks((const char *const[]) { "a.x", "ok", "a.y", "unexpected pass", "b.x",
		"deviates", "c.x", "skipped", "d.x", "known", "e.x", "differs", NULL });
	assert_int_equal(judge_rule("kept(a)"), CLAIM_CONFIRMED);
	because_is("2 checks for it");
	assert_string_equal(judged.evidence[0].text, "a.x: ok");
	assert_int_equal(judge_rule("kept(a, b)"), CLAIM_REFUTED);
	assert_string_equal(
		judged.evidence[0].text, "b.x: deviates: call(): got 2, want 1");
	assert_int_equal(judge_rule("kept(d.x)"), CLAIM_REFUTED);
	assert_int_equal(judge_rule("kept(e.x)"), CLAIM_REFUTED);
	assert_int_equal(judge_rule("not kept(a.x)"), CLAIM_REFUTED);
	assert_int_equal(judge_rule("not kept(b.x)"), CLAIM_UNDECIDED);
	because_is("what would refute it is not as promised here, which does not make it "
		   "true");
	assert_int_equal(judge_rule("not kept(a.x, b.x)"), CLAIM_UNDECIDED);
	/* Right in part. */
	assert_int_equal(judge_rule("kept(a.x); not kept(a.y)"), CLAIM_DEPENDS);
	/* What is only shown decides nothing, missing or not. */
	assert_int_equal(judge_rule("kept(a); see(b.x, z)"), CLAIM_CONFIRMED);
	assert_int_equal(judged.evidence_count, 3);
	assert_int_equal(judge_rule("kept(a.x, c.x)"), CLAIM_UNDECIDED);
	because_is("missing: check c.x (skipped: the reason)");
	assert_int_equal(judge_rule("kept(a, z.*)"), CLAIM_UNDECIDED);
	because_is("missing: check z.*");
}

/* The verdicts that results/ reads are those that conformance/ writes. */
static void every_verdict_of_a_check_has_a_meaning(void **state)
{
	static const char *const kept[] = { "ok", "unexpected pass", NULL };
	static const char *const lost[] = { "differs", "known", "deviates", NULL };
	static const char *const open[] = { "skipped", "unstable", "broken", NULL };
	static const char *const *const meanings[] = { kept, lost, open };
	struct stored_checks checks;
	size_t told = 0;

	(void)state;
	for (int m = 0; m < 3; m++)
		for (size_t i = 0; meanings[m][i]; i++) {
			bool is_known = false;

			for (int j = 0; j < JUDGEMENTS; j++)
				is_known |= strcmp(judgement_names[j], meanings[m][i]) ==
					    0;
			assert_true(is_known);
			add_checks((const char *const[]) { "a.x", meanings[m][i], NULL });
			assert_int_equal(stored_checks_read(run, &checks, &why), 0);
			assert_int_equal(checks.count, 1);
			assert_int_equal(checks.items[0].kept, m);
			stored_checks_free(&checks);
			told++;
		}
	assert_int_equal(told, JUDGEMENTS);
}

static void broken_files_of_checks_are_refused(void **state)
{
	static const char *const texts[][2] = {
		{ "", "checks.csv: no column 'id'" },
		{ "id,suite,promise\n", "checks.csv: no column 'verdict'" },
		{ "id,suite,promise,verdict,what,got,want,reason,where,cite\na,b\n",
			"checks.csv: record 2 has 2 fields and no 'promise'" },
		{ "id,suite,promise,verdict,what,got,want,reason,where,cite\na,\"b\n",
			"checks.csv: record 2 does not end" },
	};
	struct stored_checks checks;

	(void)state;
	assert_int_equal(stored_checks_read(run, &checks, &why), -2);
	assert_string_equal(why.text, "");
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		FILE *out = fopen("run/checks.csv", "w");

		assert_non_null(out);
		fputs(texts[i][0], out);
		fclose(out);
		why_clear(&why);
		assert_int_equal(stored_checks_read(run, &checks, &why), -22);
		assert_string_equal(why.text, texts[i][1]);
	}
}

static bool names_a_mechanism(struct piece name)
{
	for (size_t i = 0; i < mechanism_count; i++)
		if (rule_name_matches(name, mechanisms[i]->name))
			return true;
	return false;
}

static bool names_a_check(const struct point *points, size_t count, struct piece name)
{
	for (size_t i = 0; i < count; i++)
		if (rule_name_matches(name, points[i].id))
			return true;
	return false;
}

/* A renamed check or row would leave its claims open for ever. */
static void every_rule_names_what_exists(void **state)
{
	const struct claim *claims;
	struct point *points;
	size_t count, point_count;

	(void)state;
	if (claims_load(&claims, &count, &why) ||
		points_choose(NULL, 0, &points, &point_count, &why))
		fail_msg("%s", why.text);
	assert_true(count >= 59);
	for (size_t c = 0; c < count; c++) {
		const struct claim_rule *rule = &claims[c].rule;

		for (size_t s = 0; s < rule->statement_count; s++) {
			const struct statement *statement = &rule->statements[s];
			struct names names = statement->names;

			for (size_t i = names.first; i < names.first + names.count &&
						     statement->kind != STATEMENT_SYSTEM;
				i++)
				if (!names_a_check(points, point_count, rule->names[i]))
					fail_msg("%s: no check %.*s", claims[c].id,
						(int)rule->names[i].length,
						rule->names[i].text);
		}
		for (size_t n = 0; n < rule->node_count; n++) {
			struct names names = rule->nodes[n].names;

			for (size_t i = names.first; i < names.first + names.count; i++) {
				struct piece name = rule->names[i];

				if (*name.text == '!')
					name = (struct piece) { name.text + 1,
						name.length - 1 };
				if (!names_a_mechanism(name))
					fail_msg("%s: no mechanism %.*s", claims[c].id,
						(int)name.length, name.text);
			}
		}
	}
	free(points);
}

static void claims_have_ids_of_their_own_and_words(void **state)
{
	const struct claim *claims;
	size_t count;

	(void)state;
	if (claims_load(&claims, &count, &why))
		fail_msg("%s", why.text);
	for (size_t c = 0; c < count; c++) {
		assert_true(*claims[c].id && *claims[c].kind && *claims[c].claim);
		for (size_t other = 0; other < c; other++)
			assert_string_not_equal(claims[c].id, claims[other].id);
	}
}

static void all_claims_are_judged_by_a_run(void **state)
{
	struct judged_claims all;
	size_t sum = 0;

	(void)state;
	add("pipe", "same-cpu", 64, 2000);
	add("unix_stream", "same-cpu", 64, 1000);
	assert_int_equal(claims_judge(run, &all, &why), 0);
	for (int i = 0; i < CLAIM_VERDICTS; i++)
		sum += all.counts[i];
	assert_int_equal(sum, all.count);
	for (size_t i = 0; i < all.count; i++) {
		assert_true(*all.items[i].because);
		if (strcmp(all.items[i].id, "perf.latency.unix") == 0)
			assert_int_equal(all.items[i].verdict, CLAIM_REFUTED);
	}
	judged_claims_free(&all);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_comparison_is_made_in_every_place_and_at_every_size),
		TEST(true_here_and_false_there_depends_on_where),
		TEST(intervals_that_overlap_tell_nothing),
		TEST(fewer_than_6_launches_decide_nothing),
		TEST(the_best_of_several_stands_for_them),
		TEST(one_without_an_interval_does_not_take_that_of_all),
		TEST(bounds_hold_the_whole_interval_or_nothing_of_it),
		TEST(a_mechanism_without_payload_goes_with_any_size),
		TEST(what_is_counted_needs_no_interval),
		TEST(bytes_that_did_not_move_do_not_count),
		TEST(what_is_missing_is_named),
		TEST(checks_decide_by_all_being_kept),
		TEST(every_verdict_of_a_check_has_a_meaning),
		TEST(broken_files_of_checks_are_refused),
		TEST(every_rule_names_what_exists),
		TEST(claims_have_ids_of_their_own_and_words),
		TEST(all_claims_are_judged_by_a_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
