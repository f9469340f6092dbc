/* HTML: what comes from anywhere is text, wherever it stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plots/html.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static char *written;
static size_t length;

static FILE *begin(void)
{
	FILE *out = open_memstream(&written, &length);

	assert_non_null(out);
	return out;
}

static void expect(FILE *out, const char *wanted)
{
	assert_int_equal(fclose(out), 0);
	assert_string_equal(written, wanted);
	free(written);
	written = NULL;
}

static void text_stands_for_itself(void **state)
{
	static const char *const pairs[][2] = {
		{ "plain µs", "plain µs" },
		{ "<script>", "&lt;script&gt;" },
		{ "a & b &amp;", "a &amp; b &amp;amp;" },
		{ "\"'", "&quot;&#39;" },
		{ "tab\tline\n", "tab\tline\n" },
		{ "\x01\x1b[31m\x7f", "\xef\xbf\xbd\xef\xbf\xbd[31m\xef\xbf\xbd" },
		{ "\xff\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "cut \xe2\x82", "cut \xef\xbf\xbd\xef\xbf\xbd" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		FILE *out = begin();

		html_text(out, pairs[i][0]);
		expect(out, pairs[i][1]);
	}
}

static void only_formats_are_markup(void **state)
{
	FILE *out = begin();

	(void)state;
	html_print(out, "<b title=\"%s\">%s</b> %d%% %zu %.2f", "\"><i>", "<i>%s", -3,
		(size_t)7, 1.005);
	html_print(out, " %lld %ld %.*f|", (long long)INT64_MIN, 5L, 1, 2.25);
	expect(out, "<b title=\"&quot;&gt;&lt;i&gt;\">&lt;i&gt;%s</b> -3% 7 1.00"
		    " -9223372036854775808 5 2.2|");
}

static void names_hold_letters_digits_and_dashes(void **state)
{
	char name[HTML_NAME], wide[3 * HTML_NAME];

	(void)state;
	assert_string_equal(html_name("shared-l3, CPU 0", name), "shared-l3-CPU-0");
	assert_string_equal(html_name("\"><x", name), "x");
	memset(wide, 'a', sizeof wide);
	wide[sizeof wide - 1] = '\0';
	assert_int_equal(strlen(html_name(wide, name)), HTML_NAME - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_stands_for_itself),
		cmocka_unit_test(only_formats_are_markup),
		cmocka_unit_test(names_hold_letters_digits_and_dashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
