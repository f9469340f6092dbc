/* Colours: text that can be read, members that differ. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plots/palette.h"

#define COUNT(array)                     (sizeof(array) / sizeof(array)[0])
#define assert_near(got, wanted, margin) assert_true(fabs((got) - (wanted)) <= (margin))

static void text_is_dark_enough_and_members_differ(void **state)
{
	static const char *const families[] = { "pipe", "socket", "queue",
		"shared memory", "wake-up", "floor", "something new" };
	struct look looks[36];

	(void)state;
	for (size_t f = 0; f < COUNT(families); f++) {
		for (size_t m = 0; m < COUNT(looks); m++) {
			palette_look(families[f], m, &looks[m]);
			assert_true(palette_contrast(looks[m].text) >= 4.5);
		}
		for (size_t m = 0; m < COUNT(looks); m++)
			for (size_t n = 0; n < m; n++)
				assert_true(looks[m].line != looks[n].line ||
					    looks[m].dash != looks[n].dash);
	}
	assert_near(palette_contrast(0x000000), 21, 0.01);
	assert_near(palette_contrast(0xffffff), 1, 0.01);
}

static void heat_grows_darker(void **state)
{
	(void)state;
	for (int i = 1; i <= 20; i++)
		assert_true(palette_contrast(palette_heat(i / 20.0)) >
			    palette_contrast(palette_heat((i - 1) / 20.0)));
	assert_int_equal(palette_heat(-1), palette_heat(0));
	assert_int_equal(palette_heat(2), palette_heat(1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_dark_enough_and_members_differ),
		cmocka_unit_test(heat_grows_darker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
