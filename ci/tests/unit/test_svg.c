/* Drawings: what may stand in a page stays, what may not is left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plots/svg.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct svg_inks inks;

/* What is made of this inside of a drawing, without the root; NULL: it is none. */
static char *clean(const char *inside)
{
	static const char ends[] = "</svg>\n";
	const struct svg_words words = { "f1", "T<", "S\"" };
	char *text = NULL, *written = NULL, *body;
	size_t length;
	FILE *out;
	int error;

	inks.count = 0;
	assert_true(asprintf(&text,
			    "<?xml version=\"1.0\"?>\n<svg viewBox='0 0 9 8'>%s</svg>",
			    inside) > 0);
	out = open_memstream(&written, &length);
	error = svg_clean(text, &words, &inks, out, NULL);
	assert_int_equal(fclose(out), 0);
	free(text);
	if (error) {
		free(written);
		return NULL;
	}
	body = strstr(written, "</desc>") + strlen("</desc>");
	length = strlen(body) - strlen(ends);
	assert_string_equal(body + length, ends);
	body = strndup(body, length);
	free(written);
	return body;
}

static void expect(const char *inside, const char *wanted)
{
	char *got = clean(inside);

	if (!got)
		fail_msg("%s: is refused", inside);
	assert_string_equal(got, wanted);
	free(got);
}

static void harmless_stays(void **state)
{
	(void)state;
	expect("<g stroke='rgb( 0,114,178)' stroke-width=\"1.60\"><rect x='1' width=\"2\"/></g>",
		"<g stroke=\"var(--x0072b2)\" stroke-width=\"1.60\">"
		"<rect x=\"1\" width=\"2\"/></g>");
	assert_int_equal(inks.count, 1);
	expect("<circle id='gpDot' r='0.5'/><use xlink:href='#gpDot' color='#1b1f24'/>",
		"<circle id=\"f1-gpDot\" r=\"0.5\"/>"
		"<use href=\"#f1-gpDot\" color=\"var(--x1b1f24)\"/>");
	expect("<text><tspan>a &amp; b &#181;s > 1</tspan></text>",
		"<text><tspan>a &amp; b &#181;s &gt; 1</tspan></text>");
	expect("words outside <!-- <rect/> --><g><g></g></g>", "");
}

static void harmful_is_left_out(void **state)
{
	static const char *const texts[] = {
		"<script>alert(1)</script>",
		"<script/>",
		"<g><style>@import 'x'</style></g>",
		"<foreignObject><rect/><iframe src='x'></iframe></foreignObject>",
		"<image xlink:href='http://x/'/>",
		"<a xlink:href='javascript:x'><rect/></a>",
		"<animate attributeName='href'/>",
		"<![CDATA[<script>]]>",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		expect(texts[i], "");
	expect("<rect onload='x' style='x' class='y' x='1'/>", "<rect x=\"1\"/>");
	expect("<use xlink:href='http://x/#a'/>", "<use/>");
	expect("<use xlink:href='#a b'/>", "<use/>");
	expect("<rect fill='url(http://x)' x='1\"&gt;'/>", "<rect/>");
	expect("<text>&lt;script&gt; &evil; \x01</text>",
		"<text>&lt;script&gt; &amp;evil; \xef\xbf\xbd</text>");
}

static void what_is_broken_is_refused(void **state)
{
	static const char *const texts[] = { "<g>", "</g>", "<g></rect>", "<rect x=1/>",
		"<rect x='1", "<", "<rect x='1<'/>", "<!-- ", "</svg" };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		char *got = clean(texts[i]);

		if (got)
			fail_msg("%s: became %s", texts[i], got);
	}
}

static void words_are_read_to_who_does_not_see(void **state)
{
	const struct svg_words words = { "f1", "T<", "S\"" };
	char *written = NULL;
	size_t length;
	FILE *out = open_memstream(&written, &length);

	(void)state;
	assert_int_equal(
		svg_clean("<svg viewBox='0 0 9 8'></svg>", &words, &inks, out, NULL), 0);
	fclose(out);
	assert_non_null(strstr(written, "role=\"img\" aria-labelledby=\"f1-t f1-d\" "
					"viewBox=\"0 0 9 8\""));
	assert_non_null(strstr(written, "<title id=\"f1-t\">T&lt;</title>"));
	assert_non_null(strstr(written, "<desc id=\"f1-d\">S&quot;</desc>"));
	free(written);
}

static void expect_path(const char *path, const char *wanted)
{
	char *written = NULL;
	size_t length;
	FILE *out = open_memstream(&written, &length);
	bool is_path = svg_path(path, out);

	fclose(out);
	assert_string_equal(written, wanted);
	assert_int_equal(is_path, *wanted != '\0');
	free(written);
}

static void lines_are_shorter_and_the_same(void **state)
{
	(void)state;
	expect_path("M101.00,755.12 L1138.98,755.12  ", "M101 755.1l1038 0");
	expect_path("M0,0 L10,0 L20,0 L20,-10 z", "M0 0l20 0 0-10z");
	/* Off the line by a pixel is a turn, by a tenth of one is none. */
	expect_path("M0,0 L10,0 L20,1 L30,0", "M0 0l10 0 10 1 10-1");
	expect_path("M0,0 L10,0 L20,0.1 L30,0", "M0 0l30 0");
	expect_path("M0,0 L10,0 L5,0", "M0 0l10 0-5 0");
	expect_path("M1,1 L2,2 M5.55,5 L6,5", "M1 1l1 1M5.6 5l.4 0");
	expect_path("M-1,0 h2 M0,-1 v2", "");
	expect_path("L1,1", "");
	expect_path("M1", "");
	expect_path("M1e9,0", "");
}

static void what_comes_again_is_referred_to(void **state)
{
	static const char line[] =
		"<path d='M0,0 L1,9 L2,0 L3,9 L4,0 L5,9 L6,0 L7,9'/>"
		"<path d='M10,5 L11,14 L12,5 L13,14 L14,5 L15,14 L16,5 "
		"L17,14.1'/>"
		"<path d='M0,0 L1,9 L2,0 L3,9 L4,0 L5,9 L6,0 L7,8'/>";

	(void)state;
	expect(line, "<path id=\"f1-s0\" d=\"M0 0l1 9 1-9 1 9 1-9 1 9 1-9 1 9\"/>"
		     "<use href=\"#f1-s0\" x=\"10\" y=\"5\"/>"
		     "<path id=\"f1-s1\" d=\"M0 0l1 9 1-9 1 9 1-9 1 9 1-9 1 8\"/>");
}

static void inks_have_a_dark_side(void **state)
{
	struct svg_inks two = { { 0xffffff, 0x0072b2 }, 2 };
	char *written = NULL;
	size_t length;
	FILE *out = open_memstream(&written, &length);

	(void)state;
	svg_inks_write(&two, false, out);
	fclose(out);
	assert_string_equal(written, "--xffffff:#ffffff;--x0072b2:#0072b2;");
	free(written);
	out = open_memstream(&written, &length);
	svg_inks_write(&two, true, out);
	fclose(out);
	assert_non_null(strstr(written, "--xffffff:#15181c;"));
	assert_null(strstr(written, "#0072b2"));
	free(written);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(harmless_stays),
		cmocka_unit_test(harmful_is_left_out),
		cmocka_unit_test(what_is_broken_is_refused),
		cmocka_unit_test(words_are_read_to_who_does_not_see),
		cmocka_unit_test(lines_are_shorter_and_the_same),
		cmocka_unit_test(what_comes_again_is_referred_to),
		cmocka_unit_test(inks_have_a_dark_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
