/* The page: no words leave their quotes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "plots/page.h"

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
	assert_quoted("a'\"; system(\"touch x\")", "'a’\"; system(\"touch x\")'");
	assert_quoted("'", "'’'");
	assert_quoted("''x", "'’’x'");
	assert_quoted("a\nb\rc\td", "'a b c d'");
	assert_quoted("{/:Bold x}", "'\\{/:Bold x\\}'");
	assert_quoted("\\", "'\\\\'");
	assert_quoted("a_b^c@d&e~f", "'a\\_b\\^c\\@d\\&e\\~f'");
	assert_quoted("µ ↔ …", "'µ ↔ …'");
	assert_quoted("\xff", "'\xef\xbf\xbd'");
	assert_quoted("\xc3'", "'\xef\xbf\xbd’'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_cannot_leave_their_quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
