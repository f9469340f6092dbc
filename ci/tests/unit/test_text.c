/* Numbers as people write and read them, the nearest word, lists and small files. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/base/text.h"

static struct why why;

static void assert_says(const char *words)
{
	if (!strstr(why.text, words))
		fail_msg("'%s' does not say '%s'", why.text, words);
}

/* --- sizes
 * ---------------------------------------------------------------------------------- */

static void right_sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} cases[] = {
		{ "0", 0 },
		{ "1", 1 },
		{ "64", 64 },
		{ "007", 7 },
		{ "4K", 4096 },
		{ "1M", 1 << 20 },
		{ "2G", (uint64_t)2 << 30 },
		{ "9223372036854775807", INT64_MAX },
		{ "9007199254740991K", 9007199254740991u << 10 },
		{ "8589934591G", (uint64_t)8589934591u << 30 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint64_t bytes = 99;

		why_clear(&why);
		if (text_size(cases[i].text, &bytes, &why) || bytes != cases[i].bytes)
			fail_msg("'%s': %llu, %s", cases[i].text,
				(unsigned long long)bytes, why.text);
	}
}

static void wrong_sizes(void **state)
{
	static const struct {
		const char *text;
		int error;
		const char *words;
	} cases[] = {
		{ "", -EINVAL, "empty size" },
		{ "4KB", -EINVAL, "did you mean 4K?" },
		{ "4KiB", -EINVAL, "did you mean 4K?" },
		{ "4k", -EINVAL, "did you mean 4K?" },
		{ "12mb", -EINVAL, "did you mean 12M?" },
		{ "-1", -EINVAL, "'-1'" },
		{ "+1", -EINVAL, "'+1'" },
		{ " 1", -EINVAL, "' 1'" },
		{ "1e99", -EINVAL, "'1e99'" },
		{ "1.5K", -EINVAL, "'1.5K'" },
		{ "K", -EINVAL, "'K'" },
		{ "4 K", -EINVAL, "'4 K'" },
		{ "0x10", -EINVAL, "0x10" },
		{ "9223372036854775808", -ERANGE, "too large" },
		{ "99999999999999999999999", -ERANGE, "too large" },
		{ "9007199254740992K", -ERANGE, "too large" },
		{ "8589934592G", -ERANGE, "too large" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint64_t bytes = 99;

		why_clear(&why);
		if (text_size(cases[i].text, &bytes, &why) != cases[i].error)
			fail_msg("'%s' was taken as %llu", cases[i].text,
				(unsigned long long)bytes);
		assert_says(cases[i].words);
		assert_int_equal(bytes, 99);
		assert_true(text_size(cases[i].text, &bytes, NULL) < 0);
	}
}

static void short_sizes_are_read_back(void **state)
{
	static const uint64_t sizes[] = { 0, 1, 1023, 1024, 1025, 4096, 65536, 1 << 20,
		(1 << 20) - 1, (uint64_t)3 << 30, (uint64_t)1 << 40, INT64_MAX };
	char text[TEXT_QUANTITY];

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		uint64_t back = 99;

		assert_int_equal(
			text_size(text_size_short(sizes[i], text), &back, NULL), 0);
		assert_true(back == sizes[i]);
	}
	assert_string_equal(text_size_short(64, text), "64");
	assert_string_equal(text_size_short(4096, text), "4K");
	assert_string_equal(text_size_short(4097, text), "4097");
	assert_string_equal(text_size_short(1 << 20, text), "1M");
	assert_string_equal(text_size_short((uint64_t)1 << 40, text), "1024G");
}

/* --- times and numbers
 * ----------------------------------------------------------------------- */

static void right_times(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} cases[] = {
		{ "0", 0 },
		{ "250ns", 250 },
		{ "10us", 10000 },
		{ "10µs", 10000 },
		{ "1.5ms", 1500000 },
		{ "2s", 2000000000 },
		{ "0.1us", 100 },
		{ "0s", 0 },
		{ "0.4ns", 0 },
		{ "1e3ns", 1000 },
		{ "9e9s", 9000000000000000000u },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint64_t ns = 99;

		why_clear(&why);
		if (text_time(cases[i].text, &ns, &why) || ns != cases[i].ns)
			fail_msg("'%s': %llu, %s", cases[i].text, (unsigned long long)ns,
				why.text);
	}
}

static void wrong_times(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "", "not a time" },
		{ "10", "no unit" },
		{ "1.5", "no unit" },
		{ "-1ms", "not a time" },
		{ "ms", "not a time" },
		{ "1 ms", "not a time" },
		{ "1msx", "not a time" },
		{ "1min", "not a time" },
		{ "nan", "not a time" },
		{ "inf", "not a time" },
		{ ".5s", "not a time" },
		{ "1e99s", "not a time" },
		{ "9e18s", "not a time" },
		{ "1S", "not a time" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint64_t ns = 99;

		why_clear(&why);
		if (text_time(cases[i].text, &ns, &why) != -EINVAL)
			fail_msg("'%s' was taken as %llu", cases[i].text,
				(unsigned long long)ns);
		assert_says(cases[i].words);
		assert_int_equal(ns, 99);
	}
}

static void numbers(void **state)
{
	int64_t number = 99;

	(void)state;
	assert_int_equal(text_number("-5", -5, 5, &number, NULL), 0);
	assert_int_equal(number, -5);
	assert_int_equal(text_number("5", -5, 5, &number, NULL), 0);
	assert_int_equal(number, 5);
	why_clear(&why);
	assert_int_equal(text_number("6", -5, 5, &number, &why), -ERANGE);
	assert_says("6 is out of range; it can be -5 to 5");
	assert_int_equal(text_number("-6", -5, 5, &number, NULL), -ERANGE);
	assert_int_equal(
		text_number("99999999999999999999", INT64_MIN, INT64_MAX, &number, NULL),
		-ERANGE);
	assert_int_equal(text_number("", 0, 5, &number, NULL), -EINVAL);
	assert_int_equal(text_number("1x", 0, 5, &number, NULL), -EINVAL);
	assert_int_equal(text_number(" 1", 0, 5, &number, NULL), -EINVAL);
	assert_int_equal(text_number("1 ", 0, 5, &number, NULL), -EINVAL);
	assert_int_equal(text_number("1.0", 0, 5, &number, NULL), -EINVAL);
	assert_int_equal(number, 5);
}

/* --- quantities
 * ------------------------------------------------------------------------------ */

static void quantities(void **state)
{
	static const struct {
		char *(*write)(double value, char *text);
		double value;
		const char *text;
	} cases[] = {
		{ text_bytes, 0, "0 B" },
		{ text_bytes, 64, "64 B" },
		{ text_bytes, 1023, "1023 B" },
		{ text_bytes, 1024, "1 KiB" },
		{ text_bytes, 4096, "4 KiB" },
		{ text_bytes, 1536, "1.50 KiB" },
		{ text_bytes, 1048576, "1 MiB" },
		{ text_bytes, 1048575, "1.00 MiB" },
		{ text_bytes, 1100.0 * 1099511627776, "1100 TiB" },
		{ text_ns, 0, "0 ns" },
		{ text_ns, 1, "1 ns" },
		{ text_ns, 850, "850 ns" },
		{ text_ns, 1.234, "1.23 ns" },
		{ text_ns, 12.34, "12.3 ns" },
		{ text_ns, 9.994, "9.99 ns" },
		{ text_ns, 9.996, "10.0 ns" },
		{ text_ns, 99.94, "99.9 ns" },
		{ text_ns, 99.96, "100 ns" },
		{ text_ns, 123.4, "123 ns" },
		{ text_ns, 999.4, "999 ns" },
		{ text_ns, 999.6, "1.00 µs" },
		{ text_ns, 1000, "1 µs" },
		{ text_ns, 12345, "12.3 µs" },
		{ text_ns, 999499, "999 µs" },
		{ text_ns, 999600, "1.00 ms" },
		{ text_ns, 1.24e9, "1.24 s" },
		{ text_ns, 3600e9, "3600 s" },
		{ text_ns, -12345, "-12.3 µs" },
		{ text_ns, NAN, "-" },
		{ text_rate, 1.2e9, "1.20 GB/s" },
		{ text_rate, 999.96e6, "1.00 GB/s" },
		{ text_rate, 5e14, "500 TB/s" },
		{ text_rate, NAN, "-" },
		{ text_bytes, NAN, "-" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char text[TEXT_QUANTITY];

		if (strcmp(cases[i].write(cases[i].value, text), cases[i].text))
			fail_msg("%.17g: '%s' instead of '%s'", cases[i].value, text,
				cases[i].text);
	}
}

/* Whatever the value, no more than the buffer is written. */
static void extreme_quantities_fit(void **state)
{
	char text[TEXT_QUANTITY];

	(void)state;
	assert_non_null(text_ns(1e300, text));
	assert_true(strlen(text) < sizeof text);
	assert_non_null(text_bytes(-1e300, text));
	assert_true(strlen(text) < sizeof text);
	assert_non_null(text_rate(INFINITY, text));
	assert_true(strlen(text) < sizeof text);
}

/* --- words
 * ----------------------------------------------------------------------------------- */

static void nearest_words(void **state)
{
	static const char *const words[] = { "pipe", "fifo", "unix_stream", "unix_dgram",
		"tcp", "latency", "throughput", NULL };
	static const struct {
		const char *word, *nearest;
	} cases[] = {
		{ "pipe", "pipe" },
		{ "pip", "pipe" },
		{ "pipes", "pipe" },
		{ "piep", "pipe" },
		{ "ppie", "pipe" },
		{ "tpc", "tcp" },
		{ "fofi", "fifo" },
		{ "unix_steam", "unix_stream" },
		{ "unix_dgarm", "unix_dgram" },
		{ "unix-stream", "unix_stream" },
		{ "lat", "latency" },
		{ "th", "throughput" },
		{ "latancy", "latency" },
		{ "udp", NULL },
		{ "quux", NULL },
		{ "x", NULL },
		{ "", NULL },
		{ "a word that is far longer than any that anybody would ever type, really",
			NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *nearest = text_nearest(cases[i].word, words);

		if (!nearest != !cases[i].nearest ||
			(nearest && strcmp(nearest, cases[i].nearest)))
			fail_msg("'%s': %s instead of %s", cases[i].word,
				nearest ? nearest : "nothing",
				cases[i].nearest ? cases[i].nearest : "nothing");
	}
}

static void lists(void **state)
{
	const char *list = "a,bcd,e";
	char item[4];

	(void)state;
	assert_int_equal(text_next(&list, item, sizeof item), 1);
	assert_string_equal(item, "a");
	assert_int_equal(text_next(&list, item, sizeof item), 1);
	assert_string_equal(item, "bcd");
	assert_int_equal(text_next(&list, item, sizeof item), 1);
	assert_string_equal(item, "e");
	assert_int_equal(text_next(&list, item, sizeof item), 0);
	assert_int_equal(text_next(&list, item, sizeof item), 0);
	for (size_t i = 0; i < 5; i++) {
		static const char *const wrong[] = { "", ",a", "a,,b", "a,", "abcd" };

		int more;

		list = wrong[i];
		while ((more = text_next(&list, item, sizeof item)) > 0)
			;
		assert_int_equal(more, -EINVAL);
	}
}

static void files(void **state)
{
	char path[] = "/tmp/ipcmark-test-text-XXXXXX", text[8];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(text_file(path, text, sizeof text), 0);
	assert_string_equal(text, "");
	assert_int_equal(text_file_number(path, -7), -7);
	assert_int_equal(write(fd, "1234\n\n", 6), 6);
	assert_int_equal(text_file(path, text, sizeof text), 0);
	assert_string_equal(text, "1234");
	assert_int_equal(text_file_number(path, -7), 1234);
	assert_int_equal(write(fd, "more than fits", 14), 14);
	assert_int_equal(text_file(path, text, sizeof text), 0);
	assert_int_equal(strlen(text), 7);
	assert_int_equal(text_file_number(path, -7), -7);
	close(fd);
	unlink(path);
	assert_int_equal(text_file(path, text, sizeof text), -ENOENT);
	assert_int_equal(text_file_number(path, -7), -7);
}

static void sentences(void **state)
{
	(void)state;
	why_clear(&why);
	assert_int_equal(why_say(&why, ENOENT, "open %s", "x"), -ENOENT);
	assert_string_equal(why.text, "open x: No such file or directory");
	/* Whoever was first knew most. */
	assert_int_equal(why_say(&why, 0, "something else"), -EINVAL);
	assert_string_equal(why.text, "open x: No such file or directory");
	why_add(&why, "the limit is %d", 3);
	assert_string_equal(
		why.text, "open x: No such file or directory (the limit is 3)");
	assert_int_equal(why_say(NULL, EPERM, "nobody listens"), -EPERM);
	why_add(NULL, "nobody listens");
	why_clear(&why);
	why_add(&why, "to nothing");
	assert_string_equal(why.text, "");
	assert_int_equal(why_say(&why, E2BIG, "%0400d", 0), -E2BIG);
	assert_int_equal(strlen(why.text), sizeof why.text - 1);
	why_add(&why, "no room");
	assert_int_equal(strlen(why.text), sizeof why.text - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_sizes),
		cmocka_unit_test(wrong_sizes),
		cmocka_unit_test(short_sizes_are_read_back),
		cmocka_unit_test(right_times),
		cmocka_unit_test(wrong_times),
		cmocka_unit_test(numbers),
		cmocka_unit_test(quantities),
		cmocka_unit_test(extreme_quantities_fit),
		cmocka_unit_test(nearest_words),
		cmocka_unit_test(lists),
		cmocka_unit_test(files),
		cmocka_unit_test(sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
