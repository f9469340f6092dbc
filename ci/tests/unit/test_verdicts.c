/* What is said of outcomes: judged against a target, as TAP, JUnit, CSV and a summary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "ci/tests/unit/check_helper.h"
#include "conformance/junit.h"
#include "conformance/known.h"
#include "conformance/report.h"
#include "conformance/suites.h"
#include "conformance/tap.h"
#include "conformance/texts.h"

static const struct check check = { .id = "own.check" };
static struct text text;

static struct point point_of(enum verdict_kind kind, enum promise promise)
{
	struct point point;

	text = own_text(promise);
	point = own_point(&check, &text);
	point.outcome.kind = kind;
	point.repeats = point.same = 1;
	return point;
}

static struct known *known_from(const char *rows, struct why *why)
{
	char path[] = "/tmp/ipcmark-known-XXXXXX.csv";
	int fd = mkstemps(path, 4);
	struct known *known = NULL;

	assert_true(fd >= 0);
	dprintf(fd, "id,verdict,reason,reference\n%s", rows);
	close(fd);
	known_load(path, &known, why);
	unlink(path);
	return known;
}

static enum judgement_kind judged(enum verdict_kind kind, enum promise promise,
	const struct known *known, bool is_strict)
{
	struct point point = point_of(kind, promise);
	struct judgement judgement;

	judge(&point, known, is_strict, &judgement);
	return judgement.kind;
}

static void test_judged_by_promise_and_target(void **state)
{
	struct why why = { "" };
	struct known *always = known_from("own.check,deviates,\"so it is\",ref\n", &why);
	struct known *sometimes = known_from("own.check,varies,so,ref\n", &why);
	struct known *other = known_from("own.other,deviates,so,ref\n", &why);

	(void)state;
	assert_string_equal(why.text, "");
	assert_int_equal(
		judged(VERDICT_DEVIATES, PROMISE_POSIX, NULL, false), JUDGED_DEVIATES);
	assert_int_equal(
		judged(VERDICT_DEVIATES, PROMISE_OBSERVED, NULL, false), JUDGED_DIFFERS);
	assert_int_equal(
		judged(VERDICT_DEVIATES, PROMISE_OBSERVED, NULL, true), JUDGED_DEVIATES);
	assert_int_equal(
		judged(VERDICT_DEVIATES, PROMISE_POSIX, always, false), JUDGED_KNOWN);
	assert_int_equal(
		judged(VERDICT_DEVIATES, PROMISE_POSIX, sometimes, false), JUDGED_KNOWN);
	assert_int_equal(
		judged(VERDICT_DEVIATES, PROMISE_POSIX, other, false), JUDGED_DEVIATES);
	assert_int_equal(
		judged(VERDICT_OK, PROMISE_POSIX, always, false), JUDGED_UNEXPECTED);
	assert_int_equal(judged(VERDICT_OK, PROMISE_POSIX, sometimes, false), JUDGED_OK);
	assert_int_equal(
		judged(VERDICT_SKIPPED, PROMISE_POSIX, always, false), JUDGED_SKIPPED);
	assert_int_equal(
		judged(VERDICT_BROKEN, PROMISE_POSIX, always, false), JUDGED_BROKEN);
	known_free(always);
	known_free(sometimes);
	known_free(other);
}

static void test_a_wrong_target_is_refused(void **state)
{
	struct known *known = NULL;
	struct why why = { "" };

	(void)state;
	assert_null(known_from("own.check,perhaps,so,ref\n", &why));
	assert_non_null(strstr(why.text, "'perhaps'"));
	why_clear(&why);
	assert_null(known_from("own.check,deviates\n", &why));
	assert_non_null(strstr(why.text, "2 fields"));
	why_clear(&why);
	assert_int_not_equal(known_load("linx", &known, &why), 0);
	assert_non_null(strstr(why.text, "did you mean linux?"));
	why_clear(&why);
	assert_int_not_equal(known_load("/nowhere/x.csv", &known, &why), 0);
	assert_non_null(strstr(why.text, "/nowhere/x.csv"));
}

/* What a function writes, to be freed. */
struct written {
	char *text;
	size_t length;
	FILE *out;
};

static FILE *write_to(struct written *written)
{
	*written = (struct written) { NULL, 0, NULL };
	written->out = open_memstream(&written->text, &written->length);
	return written->out;
}

static void expect_written(struct written *written, const char *expected)
{
	fclose(written->out);
	assert_string_equal(written->text, expected);
	free(written->text);
}

static void test_tap(void **state)
{
	struct point point = point_of(VERDICT_DEVIATES, PROMISE_POSIX);
	struct judgement judgement;
	struct written written;
	FILE *out = write_to(&written);

	(void)state;
	tap_begin(out, 13, 3);
	snprintf(point.outcome.got, sizeof point.outcome.got, "a \"quote\"\n\\");
	point.outcome.error = 32;
	judge(&point, NULL, false, &judgement);
	tap_point(out, 1, &point, &judgement);
	point = point_of(VERDICT_SKIPPED, PROMISE_POSIX);
	snprintf(point.outcome.reason, sizeof point.outcome.reason, "needs #1");
	judge(&point, NULL, false, &judgement);
	tap_point(out, 2, &point, &judgement);
	point = point_of(VERDICT_OK, PROMISE_POSIX);
	judge(&point, NULL, false, &judgement);
	tap_point(out, 3, &point, &judgement);
	expect_written(&written,
		"TAP version 13\n1..3\n"
		"not ok 1 - own.check\n  ---\n  verdict: \"deviates\"\n"
		"  says: \"what is said holds\"\n  promise: \"POSIX\"\n"
		"  cite: \"nowhere(7)\"\n  got: \"a \\\"quote\\\"\\x0a\\\\\"\n"
		"  errno: \"EPIPE\"\n  ...\n"
		"ok 2 - own.check # SKIP needs  1\n"
		"ok 3 - own.check\n");
}

static void test_junit(void **state)
{
	struct point points[3] = { point_of(VERDICT_OK, PROMISE_POSIX),
		point_of(VERDICT_DEVIATES, PROMISE_POSIX),
		point_of(VERDICT_SKIPPED, PROMISE_POSIX) };
	struct judgement judgements[3];
	struct written written;
	FILE *out = write_to(&written);

	(void)state;
	snprintf(points[1].outcome.got, sizeof points[1].outcome.got, "<\"&\x01>");
	snprintf(points[2].outcome.reason, sizeof points[2].outcome.reason, "no luck");
	for (int i = 0; i < 3; i++)
		judge(&points[i], NULL, false, &judgements[i]);
	junit_write(out, points, judgements, 3);
	expect_written(&written,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuites name=\"ipcmark check\" tests=\"3\" failures=\"1\" "
		"errors=\"0\" time=\"0.000000\">\n"
		"  <testsuite name=\"own\" tests=\"3\" failures=\"1\" errors=\"0\" "
		"skipped=\"1\" time=\"0.000000\">\n"
		"    <testcase classname=\"own\" name=\"own.check\" time=\"0.000000\">\n"
		"    </testcase>\n"
		"    <testcase classname=\"own\" name=\"own.check\" time=\"0.000000\">\n"
		"      <failure type=\"deviates\" message=\"what is said holds\">\n"
		"says: what is said holds\ncite: nowhere(7)\n"
		"got: &lt;&quot;&amp;?&gt;\n"
		"      </failure>\n"
		"    </testcase>\n"
		"    <testcase classname=\"own\" name=\"own.check\" time=\"0.000000\">\n"
		"      <skipped type=\"skipped\" message=\"no luck\"/>\n"
		"    </testcase>\n"
		"  </testsuite>\n"
		"</testsuites>\n");
}

/* Every check has a text, and every text a check; ids are words with dots and belong to
 * one suite. */
static void test_texts_and_checks_agree(void **state)
{
	const struct text *texts;
	struct point *points;
	size_t text_count, count;
	struct why why = { "" };

	(void)state;
	if (points_choose(NULL, 0, &points, &count, &why))
		fail_msg("%s", why.text);
	texts = texts_all(&text_count);
	for (size_t i = 0; i < text_count; i++) {
		bool is_there = false;

		for (size_t p = 0; p < count; p++)
			is_there |= strcmp(points[p].check->id, texts[i].id) == 0;
		if (!is_there)
			fail_msg("checks.csv has a text for %s, which no suite has",
				texts[i].id);
		if (!*texts[i].says || !*texts[i].cite || !*texts[i].method ||
			!*texts[i].breaks)
			fail_msg("checks.csv: %s: an empty field", texts[i].id);
	}
	for (size_t p = 0; p < count; p++) {
		if (strspn(points[p].id, "abcdefghijklmnopqrstuvwxyz0123456789_.") !=
			strlen(points[p].id))
			fail_msg("%s: not lower case, digits, _ and .", points[p].id);
		for (size_t q = p + 1; q < count; q++)
			if (strcmp(points[p].id, points[q].id) == 0)
				fail_msg("%s is there twice", points[p].id);
	}
	free(points);
}

static void test_every_built_in_target_names_checks(void **state)
{
	struct known *known;
	struct why why = { "" };

	(void)state;
	if (known_load("linux", &known, &why))
		fail_msg("%s", why.text);
	known_free(known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judged_by_promise_and_target),
		cmocka_unit_test(test_a_wrong_target_is_refused),
		cmocka_unit_test(test_tap),
		cmocka_unit_test(test_junit),
		cmocka_unit_test(test_texts_and_checks_agree),
		cmocka_unit_test(test_every_built_in_target_names_checks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
