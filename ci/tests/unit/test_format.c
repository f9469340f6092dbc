/* What a list of changes looks like: golden files, and text that would break a reader. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "golden.h"
#include "results/format.h"

#define LAUNCHES 16

static char *page;

static const struct rule standard = RULE_STANDARD;

static int leave(void **state)
{
	(void)state;
	free(page);
	page = NULL;
	return 0;
}

/* What each launch lies beside the median, in thousandths: the same on each machine. */
static const int scatter[LAUNCHES] = { -7, 3, 5, -2, 9, -4, 1, 6, -8, 2, -1, 4, -6, 8, -3,
	0 };

static struct change *add(struct changes *changes, const char *mechanism,
	const char *test, const char *payload, int64_t size_bytes, double base,
	double factor, double spread)
{
	double sides[2][LAUNCHES];
	struct result_row row;
	struct change *change;

	row_clear(&result_table, &row);
	row_text(row.mechanism, mechanism);
	row_text(row.test, test);
	row_text(row.payload, payload);
	row_text(row.placement, "shared-l3");
	row.size_bytes = size_bytes;
	for (int i = 0; i < LAUNCHES; i++) {
		sides[0][i] = base * (1 + spread * scatter[i] / 1000);
		sides[1][i] = base * factor *
			      (1 + spread * scatter[(i * 5 + 3) % LAUNCHES] / 1000);
	}
	change = changes_add(changes, &row, strcmp(test, "capacity") == 0, sides[0],
		LAUNCHES, sides[1], LAUNCHES, NULL);
	assert_non_null(change);
	return change;
}

static void add_two_modes(struct changes *changes)
{
	double base[LAUNCHES], candidate[LAUNCHES], ratios[LAUNCHES];
	struct result_row row;

	row_clear(&result_table, &row);
	row_text(row.mechanism, "unix_stream");
	row_text(row.test, "latency");
	row_text(row.payload, "touch");
	row_text(row.placement, "shared-l3");
	row.size_bytes = 4096;
	for (int i = 0; i < LAUNCHES; i++) {
		base[i] = (i < 9 ? 31e3 : 66e3) * (1 + scatter[i] / 1000.);
		candidate[i] = (i < 4 ? 31e3 : 66e3) * (1 + scatter[i] / 1000.);
		ratios[i] = candidate[i] / base[i];
	}
	assert_non_null(changes_add(
		changes, &row, false, base, LAUNCHES, candidate, LAUNCHES, ratios));
}

static struct changes *make(enum design design, const char *candidate)
{
	struct changes *changes = changes_create(
		design, &standard, "runs/base", candidate);
	struct result_row row;
	struct why why;

	assert_non_null(changes);
	strcpy(changes->base_says, "ipcmark 0.1.0, commit 4f2c9e1, Linux 6.1.0");
	strcpy(changes->candidate_says, "ipcmark 0.1.0, commit 8d07b3a, Linux 6.6.0");
	add(changes, "pipe", "latency", "touch", 64, 10300, 1.05, 1);
	add(changes, "pipe", "latency", "touch", 4096, 12300, 1, 1);
	add(changes, "pipe", "throughput", "touch", 65536, 2.5e9, 1.08, 2);
	strcpy(add(changes, "pipe", "capacity", "", 4096, 65536, 0.9375, 0)->detail,
		"pipe.size=65536");
	add(changes, "unix_stream_named_longest", "latency", "touch", 64, 15e3, 1.03, 20)
		->decision.is_realtime = true;
	strcpy(add(changes, "eventfd", "latency", "", 0, 900, 1.01, 8)->canary, "futex");
	changes->items[changes->count - 1].decision.raw_ratio = 1.234;
	add(changes, "tcp", "latency", "touch", 64, 21e3, 0.9, 1);
	add_two_modes(changes);
	strcpy(add(changes, "tcp", "throughput", "touch", 64, 120e6, 0.8, 1)->where,
		"gap 1 ms");
	row_clear(&result_table, &row);
	row_text(row.mechanism, "posix_mq");
	row_text(row.test, "latency");
	row_text(row.placement, "shared-l3");
	row.size_bytes = 65536;
	assert_non_null(changes_add_unmeasured(changes, &row,
		"skipped in the base: posix_mq: a message of 64 KiB is too long "
		"(msgsize_max is 8 KiB)"));
	assert_int_equal(
		changes_differ(changes, "kernel.release", "kernel", "6.1.0", "6.6.0"), 0);
	assert_int_equal(
		changes_differ(changes, "mitigation.retbleed", "mitigation retbleed",
			"Mitigation: <IBRS> | safe", "Vulnerable"),
		0);
	assert_int_equal(changes_note(changes, "2 cases are in runs/base only: udp"), 0);
	assert_int_equal(changes_settle(changes, &why), 0);
	return changes;
}

static void write_page(enum format format, const struct changes *const *list,
	size_t count, bool is_coloured)
{
	struct why why = { "" };
	size_t length;
	FILE *out;

	free(page);
	out = open_memstream(&page, &length);
	assert_non_null(out);
	if (format_changes(format, list, count, out, is_coloured, &why))
		fail_msg("%s", why.text);
	fclose(out);
}

static void write_one(enum format format, const char *golden)
{
	struct changes *changes = make(DESIGN_PAIRED, "runs/new");

	write_page(format, (const struct changes *const[]) { changes }, 1, false);
	changes_free(changes);
	golden_compare(golden, page);
}

/* No line is wider than 100 columns or ends in spaces. */
static void assert_fits(void)
{
	size_t width = 0;

	for (const char *at = page; *at; at++) {
		if (*at == '\n') {
			assert_true(at == page || at[-1] != ' ');
			width = 0;
			continue;
		}
		assert_true((unsigned char)*at >= ' ' && *at != 0x7f);
		width += ((unsigned char)*at & 0xc0) != 0x80;
		if (width > 100)
			fail_msg("too wide: %.100s", at - 99);
	}
}

static void a_table(void **state)
{
	(void)state;
	write_one(FORMAT_TABLE, "changes/table.txt");
	assert_fits();
}

static void a_table_of_many_runs(void **state)
{
	struct changes *changes[6];

	(void)state;
	for (int i = 0; i < 6; i++) {
		char name[24];

		snprintf(name, sizeof name, "runs/%d", i + 1);
		changes[i] = make(DESIGN_UNPAIRED, name);
	}
	changes[1]->count -= 2; /* a run that has less */
	write_page(FORMAT_TABLE, (const struct changes *const *)changes, 6, false);
	changes[1]->count += 2;
	for (int i = 0; i < 6; i++)
		changes_free(changes[i]);
	golden_compare("changes/table-many.txt", page);
	assert_fits();
}

static void markdown(void **state)
{
	(void)state;
	write_one(FORMAT_MARKDOWN, "changes/markdown.md");
}

static void junit(void **state)
{
	(void)state;
	write_one(FORMAT_JUNIT, "changes/junit.xml");
}

static void json(void **state)
{
	(void)state;
#if IPCMARK_HAS_JSON
	write_one(FORMAT_JSON, "changes/changes.json");
#else
	struct changes *changes = make(DESIGN_PAIRED, "runs/new");
	struct why why = { "" };

	assert_int_equal(
		format_changes(FORMAT_JSON, (const struct changes *const[]) { changes },
			1, stdout, false, &why),
		-ENOTSUP);
	assert_non_null(strstr(why.text, "libjansson"));
	changes_free(changes);
#endif
}

static void colour_where_it_is_asked_for(void **state)
{
	struct changes *changes = make(DESIGN_PAIRED, "runs/new");

	(void)state;
	write_page(FORMAT_TABLE, (const struct changes *const[]) { changes }, 1, true);
	changes_free(changes);
	assert_non_null(strstr(page, "\033[31msmaller\033[0m"));
	assert_non_null(strstr(page, "\033[33minconclusive\033[0m"));
	assert_non_null(strstr(page, "\033[34mfaster\033[0m"));
}

/* Names come from files that may come from anywhere. */
static void hostile_names_stay_text(void **state)
{
	static const char evil[] = "\033[31m<b>|\"&\xff\n]]>";
	struct changes *changes = changes_create(DESIGN_UNPAIRED, &standard, evil, evil);
	const struct changes *const list[] = { changes };
	struct why why;

	(void)state;
	add(changes, evil, "latency", "touch", 64, 1000, 1.2, 1);
	assert_int_equal(changes_differ(changes, evil, evil, evil, evil), 0);
	assert_int_equal(changes_note(changes, "%s", evil), 0);
	assert_int_equal(changes_settle(changes, &why), 0);
	write_page(FORMAT_TABLE, list, 1, false);
	assert_null(strchr(page, '\033'));
	write_page(FORMAT_MARKDOWN, list, 1, false);
	assert_null(strstr(page, "<b>"));
	assert_non_null(strstr(page, "\\<b\\>\\|"));
	assert_null(strchr(page, '\033'));
	assert_null(strstr(page, "\xff"));
	write_page(FORMAT_JUNIT, list, 1, false);
	assert_null(strstr(page, "<b>"));
	assert_null(strstr(page, "]]>"));
	assert_non_null(strstr(page, "&lt;b&gt;|&quot;&amp;?"));
#if IPCMARK_HAS_JSON
	write_page(FORMAT_JSON, list, 1, false);
	assert_non_null(strstr(page, "\"?[31m<b>|\\\"&??]]>\""));
#endif
	changes_free(changes);
}

static void text_is_made_valid(void **state)
{
	char clean[16];

	(void)state;
	assert_string_equal(
		format_clean("5 \xc2\xb5s", clean, sizeof clean), "5 \xc2\xb5s");
	assert_string_equal(format_clean("\xc2", clean, sizeof clean), "?");
	assert_string_equal(format_clean("\xc0\xaf", clean, sizeof clean), "??");
	assert_string_equal(format_clean("\xed\xa0\x80.", clean, sizeof clean), "???.");
	assert_string_equal(format_clean("\xf0\x9f\x98\x80", clean, sizeof clean),
		"\xf0\x9f\x98\x80");
	assert_string_equal(format_clean("a\tb\x7f", clean, sizeof clean), "a?b?");
	/* Cut between two characters. */
	assert_string_equal(format_clean("abc\xc2\xb5", clean, 5), "abc");
	assert_string_equal(format_clean("abc\xc2\xb5", clean, 6), "abc\xc2\xb5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_table, leave),
		cmocka_unit_test_teardown(a_table_of_many_runs, leave),
		cmocka_unit_test_teardown(markdown, leave),
		cmocka_unit_test_teardown(junit, leave),
		cmocka_unit_test_teardown(json, leave),
		cmocka_unit_test_teardown(colour_where_it_is_asked_for, leave),
		cmocka_unit_test_teardown(hostile_names_stay_text, leave),
		cmocka_unit_test(text_is_made_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
