/* The pattern of messages: any part of it, at any offset, and every wrong byte in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "harness/base/payload.h"

#define GUARD 0xee

/* A part is what the whole holds there, wherever it starts and ends, and no more is
 * written. */
static void parts_are_cut_from_one_whole(void **state)
{
	unsigned char whole[96], part[96 + 16];

	(void)state;
	payload_fill(whole, sizeof whole, 1, 77, 0);
	for (size_t offset = 0; offset < 40; offset++)
		for (size_t size = 0; offset + size <= sizeof whole; size++) {
			/* At every alignment of the memory too. */
			unsigned char *at = part + 1 + size % 8;

			memset(part, GUARD, sizeof part);
			payload_fill(at, size, 1, 77, offset);
			assert_memory_equal(at, whole + offset, size);
			assert_int_equal(at[-1], GUARD);
			assert_int_equal(at[size], GUARD);
			assert_int_equal(payload_check(at, size, 1, 77, offset), size);
		}
}

static void every_wrong_byte_is_found(void **state)
{
	unsigned char bytes[64];

	(void)state;
	for (size_t offset = 0; offset < 17; offset++)
		for (size_t size = 1; size <= sizeof bytes; size++) {
			payload_fill(bytes, size, 0, 5, offset);
			for (size_t wrong = 0; wrong < size; wrong++) {
				unsigned char bit = (unsigned char)(1u << (wrong + size) %
										  8);

				bytes[wrong] ^= bit;
				assert_int_equal(
					payload_check(bytes, size, 0, 5, offset), wrong);
				/* A later one does not hide the first. */
				bytes[size - 1] ^= 0xff;
				if (wrong + 1 < size)
					assert_int_equal(
						payload_check(bytes, size, 0, 5, offset),
						wrong);
				bytes[size - 1] ^= 0xff;
				bytes[wrong] ^= bit;
			}
			assert_int_equal(payload_check(bytes, size, 0, 5, offset), size);
		}
}

/* A message of one byte that is lost, repeated or out of order is seen: 256 in a row have
 * different first bytes. */
static void the_first_byte_tells_messages_apart(void **state)
{
	(void)state;
	for (uint64_t first = 0; first < 3; first++) {
		bool seen[256] = { false };

		for (uint64_t i = 0; i < 256; i++) {
			unsigned char byte;

			payload_fill(&byte, 1, 0, (first << 40) + first * 1000 + i, 0);
			assert_false(seen[byte]);
			seen[byte] = true;
		}
	}
}

static void other_messages_differ_everywhere(void **state)
{
	unsigned char bytes[4096];

	(void)state;
	payload_fill(bytes, sizeof bytes, 0, 9, 0);
	/* Another direction, the neighbours, and a shift by a word or a page. */
	assert_true(payload_check(bytes, sizeof bytes, 1, 9, 0) < 8);
	assert_int_equal(payload_check(bytes, sizeof bytes, 0, 8, 0), 0);
	assert_int_equal(payload_check(bytes, sizeof bytes, 0, 10, 0), 0);
	assert_true(payload_check(bytes, sizeof bytes, 0, 9, 8) < 8);
	assert_true(payload_check(bytes, sizeof bytes, 0, 9, 1) < 8);
	assert_true(payload_check(bytes, sizeof bytes, 0, 9, 4096) < 8);
	/* No word comes twice in a message. */
	for (size_t i = 8; i < sizeof bytes; i += 8)
		assert_int_not_equal(memcmp(bytes, bytes + i, 8), 0);
}

/* Offsets beyond 32 bits, as the capacity test of a long stream has them. */
static void far_offsets_are_told_apart(void **state)
{
#if SIZE_MAX > UINT32_MAX
	unsigned char bytes[64];
	size_t far = (size_t)5 << 32;

	payload_fill(bytes, sizeof bytes, 0, 0, far + 3);
	assert_int_equal(payload_check(bytes, sizeof bytes, 0, 0, far + 3), sizeof bytes);
	assert_true(payload_check(bytes, sizeof bytes, 0, 0, 3) < 8);
#endif
	(void)state;
}

/* One word of each line is written, and nothing beyond the end. */
static void touch_stays_inside(void **state)
{
	(void)state;
	for (size_t size = 0; size <= 200; size++) {
		unsigned char bytes[256];

		memset(bytes, GUARD, sizeof bytes);
		payload_touch_write(bytes, size, 0x1122334455667788);
		for (size_t i = size; i < sizeof bytes; i++)
			assert_int_equal(bytes[i], GUARD);
		for (size_t line = 0; line < size; line += PAYLOAD_LINE)
			assert_int_not_equal(bytes[line], GUARD);
		payload_touch_read(bytes, size);
	}
}

static void names_match_policies(void **state)
{
	(void)state;
	assert_string_equal(payload_names[PAYLOAD_NONE], "none");
	assert_string_equal(payload_names[PAYLOAD_TOUCH], "touch");
	assert_string_equal(payload_names[PAYLOAD_VERIFY], "verify");
	assert_null(payload_names[PAYLOADS]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_cut_from_one_whole),
		cmocka_unit_test(every_wrong_byte_is_found),
		cmocka_unit_test(the_first_byte_tells_messages_apart),
		cmocka_unit_test(other_messages_differ_everywhere),
		cmocka_unit_test(far_offsets_are_told_apart),
		cmocka_unit_test(touch_stays_inside),
		cmocka_unit_test(names_match_policies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
