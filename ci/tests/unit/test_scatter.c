/* Names beside points: none covers another, or a point, as long as there is room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/random.h"
#include "plots/scatter.h"

#define COUNT 50
#define WIDE  1100.0
#define HIGH  850.0

/* Fifty points, most of them in a crowd. */
static void make(struct scatter_name *names)
{
	struct random random = { 7 };

	for (size_t i = 0; i < COUNT; i++) {
		double range = i % 5 ? 250 : 700;

		names[i] = (struct scatter_name) {
			.x = 200 + (double)random_below(&random, (uint64_t)range),
			.y = 100 + (double)random_below(&random, (uint64_t)range),
			.width = 40 + (double)random_below(&random, 70),
		};
	}
}

static bool covers(const struct scatter_name *a, const struct scatter_name *b)
{
	return a->left < b->left + b->width && b->left < a->left + a->width &&
	       a->middle - 8 < b->middle + 8 && b->middle - 8 < a->middle + 8;
}

static bool covers_point(
	const struct scatter_name *name, const struct scatter_name *point)
{
	return name->left < point->x + 5 && point->x - 5 < name->left + name->width &&
	       name->middle - 8 < point->y + 5 && point->y - 5 < name->middle + 8;
}

static void names_cover_nothing(void **state)
{
	struct scatter_name names[COUNT], again[COUNT];

	(void)state;
	memset(names, 0, sizeof names);
	make(names);
	memcpy(again, names, sizeof again);
	scatter_place(names, COUNT, NULL, 0, 0, 0, WIDE, HIGH);
	for (size_t i = 0; i < COUNT; i++) {
		assert_true(names[i].left >= 0 && names[i].left + names[i].width <= WIDE);
		assert_true(names[i].middle >= 8 && names[i].middle <= HIGH - 8);
		for (size_t j = 0; j < COUNT; j++) {
			assert_false(j < i && covers(&names[i], &names[j]));
			assert_false(covers_point(&names[i], &names[j]));
		}
	}
	scatter_place(again, COUNT, NULL, 0, 0, 0, WIDE, HIGH);
	assert_memory_equal(names, again, sizeof names);
}

static void a_lonely_name_stands_at_its_point(void **state)
{
	struct scatter_name name = { .x = 100, .y = 100, .width = 50 };

	(void)state;
	scatter_place(&name, 1, NULL, 0, 0, 0, 400, 400);
	assert_false(name.has_leader);
	assert_true(name.left > 100 && name.left < 120);
}

/* It goes elsewhere where a line runs, and where the page ends. */
static void lines_and_ends_are_avoided(void **state)
{
	const struct scatter_line line = { 100, 100, 400, 100 };
	struct scatter_name name = { .x = 100, .y = 100, .width = 50 };

	(void)state;
	scatter_place(&name, 1, &line, 1, 0, 0, 400, 400);
	assert_true(name.left < 100 || name.middle < 95 || name.middle > 105);
	name = (struct scatter_name) { .x = 395, .y = 100, .width = 50 };
	scatter_place(&name, 1, NULL, 0, 0, 0, 400, 400);
	assert_true(name.left + name.width <= 400);
	scatter_place(NULL, 0, NULL, 0, 0, 0, 400, 400);
}

/* All at one place, and no room for them: an end all the same. */
static void no_room_is_no_hang(void **state)
{
	struct scatter_name names[COUNT];

	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		names[i] = (struct scatter_name) { .x = 10, .y = 10, .width = 90 };
	scatter_place(names, COUNT, NULL, 0, 0, 0, 100, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_cover_nothing),
		cmocka_unit_test(a_lonely_name_stands_at_its_point),
		cmocka_unit_test(lines_and_ends_are_avoided),
		cmocka_unit_test(no_room_is_no_hang),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
