/* The table of options: without faults, and its numbers set and written as text. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/command.h"
#include "harness/options.h"

static struct why why;

static void shares_and_chances(void **state)
{
	static const char *const wrong[] = { "", "x", "-1", "nan", "inf", "0x10", "1e400",
		"2 %", "2%%", "1,5" };
	struct options made;
	char text[64];

	(void)state;
	options_default(&made);
	assert_true(fabs(made.margin - 0.02) < 1e-12);
	assert_true(fabs(made.alpha - 0.01) < 1e-12);
	assert_int_equal(options_set(&made, "margin", "0.5", &why), 0);
	assert_true(fabs(made.margin - 0.005) < 1e-12);
	assert_int_equal(options_set(&made, "margin", "12%", &why), 0);
	assert_true(fabs(made.margin - 0.12) < 1e-12);
	assert_int_equal(options_set(&made, "alpha", ".05", &why), 0);
	assert_true(fabs(made.alpha - 0.05) < 1e-12);
	for (size_t i = 0; i < option_count; i++)
		if (option_table[i].kind == OPTION_PERCENT) {
			assert_true(
				options_text(&made, &option_table[i], text, sizeof text));
			assert_string_equal(text, "12");
		} else if (option_table[i].kind == OPTION_CHANCE) {
			assert_true(
				options_text(&made, &option_table[i], text, sizeof text));
			assert_string_equal(text, "0.05");
		}
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		assert_int_equal(options_set(&made, "margin", wrong[i], NULL), -EINVAL);
		assert_int_equal(options_set(&made, "alpha", wrong[i], NULL), -EINVAL);
	}
	assert_int_equal(options_set(&made, "margin", "100.1", &why), -ERANGE);
	assert_int_equal(options_set(&made, "alpha", "0.51", &why), -ERANGE);
	assert_int_equal(options_set(&made, "alpha", "0", &why), -ERANGE);
	assert_true(fabs(made.margin - 0.12) < 1e-12);
}

/* Options of one name are another option for each command. */
static void assert_no_common_command(
	const struct option_spec *a, const struct option_spec *b)
{
	assert_non_null(a->commands);
	assert_non_null(b->commands);
	for (const char *const *name = a->commands; name && *name; name++)
		assert_false(option_applies(b, *name));
}

/* Faults of the table that would show only on some command lines. */
static void the_table_is_sound(void **state)
{
	struct options options = { .command = NULL };
	struct why none = { "" };

	(void)state;
	assert_true(option_count <= 64); /* WORDS_MAX of options.c */
	for (size_t i = 0; i < option_count; i++) {
		const struct option_spec *spec = &option_table[i];

		assert_non_null(spec->says);
		assert_int_equal(spec->kind == OPTION_FLAG, spec->value == NULL);
		assert_int_equal(spec->kind == OPTION_WORD, spec->words != NULL);
		if (spec->kind == OPTION_FLAG)
			assert_false(spec->has_variable);
		else
			assert_int_equal(!spec->standard, spec->otherwise != NULL);
		options.command = spec->commands ? spec->commands[0] : NULL;
		if (spec->standard)
			assert_int_equal(
				options_set(&options, spec->name, spec->standard, &none),
				0);
		for (const char *const *name = spec->commands; name && *name; name++)
			assert_non_null(command_find(*name));
		for (size_t j = 0; j < i; j++) {
			if (strcmp(spec->name, option_table[j].name) == 0 ||
				(spec->letter && spec->letter == option_table[j].letter))
				assert_no_common_command(spec, &option_table[j]);
		}
	}
	for (size_t i = 0; commands[i]; i++) {
		assert_non_null(commands[i]->run);
		assert_non_null(commands[i]->synopsis);
		assert_non_null(commands[i]->says);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_and_chances),
		cmocka_unit_test(the_table_is_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
