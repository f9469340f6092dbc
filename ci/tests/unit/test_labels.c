/* Names at line ends: apart, inside, and cut where they do not fit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plots/labels.h"

#define COUNT(array)                     (sizeof(array) / sizeof(array)[0])
#define assert_near(got, wanted, margin) assert_true(fabs((got) - (wanted)) <= (margin))

static void labels_keep_their_places_where_there_is_room(void **state)
{
	double places[] = { 50, 10, 90 };

	(void)state;
	labels_spread(places, 3, 20, 0, 100);
	assert_near(places[0], 50, 1e-9);
	assert_near(places[1], 10, 1e-9);
	assert_near(places[2], 90, 1e-9);
}

static void labels_move_apart_evenly(void **state)
{
	double places[] = { 50, 50, 52 };

	(void)state;
	labels_spread(places, 3, 20, 0, 100);
	/* The mean of the moves is 0: 152 / 3 is the middle one's place. */
	assert_near(places[1], 152.0 / 3, 1e-9);
	assert_near(places[0], 152.0 / 3 - 20, 1e-9);
	assert_near(places[2], 152.0 / 3 + 20, 1e-9);
}

static void labels_stay_inside_and_apart(void **state)
{
	double places[] = { 99, 98, 1, 97, 2, 96 };

	(void)state;
	labels_spread(places, COUNT(places), 15, 0, 100);
	for (size_t i = 0; i < COUNT(places); i++) {
		assert_true(places[i] >= 0 && places[i] <= 100);
		for (size_t j = 0; j < i; j++)
			assert_true(fabs(places[i] - places[j]) >= 15 - 1e-9);
	}
	assert_true(places[2] < places[4] && places[4] < places[5]);
	assert_true(places[5] < places[3] && places[3] < places[1]);
}

static void labels_shrink_the_gap_where_not_all_fit(void **state)
{
	double places[] = { 5, 5, 5, 5, 5 };

	(void)state;
	labels_spread(places, COUNT(places), 100, 0, 40);
	for (size_t i = 0; i < COUNT(places); i++)
		assert_near(places[i], 10.0 * (double)i, 1e-9);
	labels_spread(places, 0, 100, 0, 40);
}

static void labels_are_cut_between_characters(void **state)
{
	char fitted[64];
	double width = labels_width("µµµµ", 10);

	(void)state;
	labels_fit("µµµµ", 10, width + 0.1, fitted, sizeof fitted);
	assert_string_equal(fitted, "µµµµ");
	labels_fit("µµµµµ", 10, width + 0.1, fitted, sizeof fitted);
	assert_string_equal(fitted, "µµµ…");
	labels_fit("a name longer than the buffer", 10, 1e6, fitted, 12);
	assert_true(strlen(fitted) < 12);
	assert_non_null(strstr(fitted, "…"));
}

static void lines_break_at_spaces_and_where_asked(void **state)
{
	double width = labels_width("one two", 14);

	(void)state;
	assert_int_equal(labels_break("one two three", 14, width + 0.1), 7);
	assert_int_equal(labels_break("one\ntwo", 14, width + 0.1), 3);
	assert_int_equal(labels_break("indivisible", 14, 10), 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_keep_their_places_where_there_is_room),
		cmocka_unit_test(labels_move_apart_evenly),
		cmocka_unit_test(labels_stay_inside_and_apart),
		cmocka_unit_test(labels_shrink_the_gap_where_not_all_fit),
		cmocka_unit_test(labels_are_cut_between_characters),
		cmocka_unit_test(lines_break_at_spaces_and_where_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
