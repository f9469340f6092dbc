/* The table of mechanisms: what each row says of itself agrees, and what would not is
 * refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mechanisms/mechanism.h"

static struct why why;

static void every_row_is_consistent(void **state)
{
	(void)state;
	assert_true(mechanism_count > 0);
	for (size_t i = 0; i < mechanism_count; i++) {
		why_clear(&why);
		if (mechanism_check(mechanisms[i], &why))
			fail_msg("%s", why.text);
		assert_ptr_equal(mechanism_find(mechanisms[i]->name), mechanisms[i]);
	}
	assert_null(mechanism_find("no such row"));
	assert_null(mechanism_find(""));
}

static int transfer_send(struct channel *channel, size_t size)
{
	(void)channel;
	return size ? 0 : -EINVAL;
}

static int transfer_some(struct channel *channel, struct transfer *transfer)
{
	(void)channel;
	(void)transfer;
	return 0;
}

static int transfer_recv(
	struct channel *channel, size_t size, const void **rx, size_t *len)
{
	*rx = channel->rx;
	*len = size;
	return 0;
}

static int transfer_reserve(struct channel *channel, size_t size, void **tx)
{
	(void)size;
	*tx = channel->tx;
	return 0;
}

static ssize_t transfer_offer(struct channel *channel, const void *bytes, size_t size)
{
	(void)channel;
	(void)bytes;
	return (ssize_t)size;
}

static int floor_work(struct channel *channel, size_t size, uint64_t count)
{
	(void)channel;
	return size && count ? 0 : -EINVAL;
}

static void let_go(struct channel *channel)
{
	(void)channel;
}

static int dialled(struct channel *channel)
{
	(void)channel;
	return 0;
}

#define SETTING(label)                                                                   \
	{                                                                                \
		.name = label, .standard = 1, .least = 0, .most = 9                      \
	}
static const struct setting_spec one_setting[] = { SETTING("a.b"), { .name = NULL } };
static const struct setting_spec five_settings[] = { SETTING("a"), SETTING("b"),
	SETTING("c"), SETTING("d"), SETTING("e"), { .name = NULL } };

/* What all made-up rows begin with; each is right but for what follows. */
#define GOOD                                                                             \
	.name = "row", .title = "row", .family = "family", .cite = "row(7)",             \
	.says = "row", .caps = CAP_PAYLOAD | CAP_BLOCKS,                                 \
	.tests = TEST_BIT(TEST_LATENCY), .settings = one_setting, .send = transfer_send, \
	.recv = transfer_recv, .detach = let_go
#define WORKS .send = NULL, .recv = NULL, .work = floor_work

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
#ifdef __clang__
#pragma clang diagnostic ignored "-Winitializer-overrides"
#endif
static const struct mechanism right_rows[] = {
	{ GOOD },
	{ GOOD, .preset = "a.b=4K,a.b=7" },
	{ GOOD, .preset = "a.b=most" },
	{ GOOD, .reserve = transfer_reserve },
	{ GOOD, .size_setting = "a.b" },
	{ GOOD, WORKS, .detach = NULL },
	{ GOOD, WORKS, .caps = CAP_SOLO },
	{ GOOD, .reserve = transfer_reserve },
	{ GOOD, .reserve = transfer_reserve,
		.caps = CAP_PAYLOAD | CAP_INPLACE | CAP_SPINS },
	{ GOOD, .offer = transfer_offer, .tests = TEST_BIT(TEST_CAPACITY) },
	{ GOOD, .offer = transfer_offer, .tests = TESTS_CHANNEL },
	{ GOOD, .offer = transfer_offer, .tests = TESTS_STREAM },
	{ GOOD, .caps = CAP_BLOCKS,
		.tests = TEST_BIT(TEST_LATENCY) | TEST_BIT(TEST_MEMORY) },
	{ GOOD, .dial = dialled, .hang_up = dialled, .tests = TEST_BIT(TEST_CONNECT) },
};

static const struct {
	struct mechanism row;
	const char *words;
} wrong_rows[] = {
	{ { GOOD, .name = NULL }, "are needed" },
	{ { GOOD, .title = NULL }, "are needed" },
	{ { GOOD, .family = NULL }, "are needed" },
	{ { GOOD, .cite = NULL }, "are needed" },
	{ { GOOD, .says = NULL }, "are needed" },
	{ { GOOD, .settings = five_settings }, "more than MECHANISM_SETTINGS" },
	{ { GOOD, .preset = "a.b" }, "preset" },
	{ { GOOD, .preset = "a.c=1" }, "preset" },
	{ { GOOD, .preset = "a.b=4KB" }, "preset" },
	{ { GOOD, .preset = "a.b=" }, "preset" },
	{ { GOOD, .size_setting = "a.c" }, "size_setting" },
	{ { GOOD, .tests = 0 }, "no test" },
	{ { GOOD, .tests = TEST_BIT(TESTS) }, "no test" },
	{ { GOOD, .send = NULL }, "one of the two" },
	{ { GOOD, .recv = NULL }, "one of the two" },
	{ { GOOD, .work = floor_work }, "one of the two" },
	{ { GOOD, .work = floor_work, .recv = NULL }, "one of the two" },
	{ { GOOD, WORKS, .send_some = transfer_some }, "send_some" },
	{ { GOOD, WORKS, .recv_some = transfer_some }, "recv_some" },
	{ { GOOD, .detach = NULL }, "detach" },
	{ { GOOD, .tests = TEST_BIT(TEST_CAPACITY) }, "capacity needs offer" },
	{ { GOOD, .offer = transfer_offer }, "capacity needs offer" },
	{ { GOOD, .offer = transfer_offer, .caps = CAP_BLOCKS,
		  .tests = TEST_BIT(TEST_CAPACITY) },
		"CAP_PAYLOAD" },
	{ { GOOD, .caps = CAP_PAYLOAD | CAP_BLOCKS | CAP_EXACT_CAPACITY },
		"EXACT_CAPACITY" },
	{ { GOOD, .caps = CAP_PAYLOAD | CAP_BLOCKS | CAP_INPLACE }, "reserve" },
	{ { GOOD, .caps = CAP_PAYLOAD | CAP_BLOCKS | CAP_SOLO }, "CAP_SOLO" },
	{ { GOOD, .caps = CAP_PAYLOAD | CAP_BLOCKS | CAP_COALESCES,
		  .tests = TEST_BIT(TEST_THROUGHPUT) },
		"coalesces" },
	{ { GOOD, .caps = CAP_BLOCKS, .tests = TEST_BIT(TEST_THROUGHPUT) },
		"CAP_PAYLOAD" },
	{ { GOOD, .caps = CAP_BLOCKS, .tests = TEST_BIT(TEST_PIECES) }, "CAP_PAYLOAD" },
	{ { GOOD, .tests = TEST_BIT(TEST_CONNECT) }, "connect needs dial" },
	{ { GOOD, .dial = dialled, .hang_up = dialled }, "connect needs dial" },
	{ { GOOD, .dial = dialled, .tests = TEST_BIT(TEST_CONNECT) }, "both or none" },
	{ { GOOD, .hang_up = dialled }, "both or none" },
	{ { GOOD, .tests = TEST_BIT(TEST_SEND) }, "send needs offer" },
	{ { GOOD, .caps = CAP_PAYLOAD | CAP_BLOCKS | CAP_BOUNDARIES,
		  .tests = TEST_BIT(TEST_PIECES) },
		"stream of bytes" },
	{ { GOOD, WORKS, .tests = TEST_BIT(TEST_MEMORY) }, "memory needs a channel" },
	{ { GOOD, .caps = CAP_PAYLOAD }, "CAP_BLOCKS or CAP_SPINS" },
	{ { GOOD, .caps = CAP_PAYLOAD | CAP_BLOCKS | CAP_SPINS },
		"CAP_BLOCKS or CAP_SPINS" },
	{ { GOOD, .caps = CAP_PAYLOAD | CAP_BLOCKS | CAP_SAME_CPU | CAP_TWO_CPUS },
		"exclude each other" },
};
#pragma GCC diagnostic pop

static void wrong_rows_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof right_rows / sizeof right_rows[0]; i++) {
		why_clear(&why);
		if (mechanism_check(&right_rows[i], &why))
			fail_msg("right row %zu: %s", i, why.text);
	}
	for (size_t i = 0; i < sizeof wrong_rows / sizeof wrong_rows[0]; i++) {
		why_clear(&why);
		if (!mechanism_check(&wrong_rows[i].row, &why))
			fail_msg("row %zu (%s) was taken", i, wrong_rows[i].words);
		if (!strstr(why.text, wrong_rows[i].words))
			fail_msg("row %zu: '%s' does not say '%s'", i, why.text,
				wrong_rows[i].words);
	}
}

static void defaults_are_in_range(void **state)
{
	(void)state;
	for (size_t i = 0; i < mechanism_count; i++) {
		int64_t settings[MECHANISM_SETTINGS];
		const struct setting_spec *spec = mechanisms[i]->settings;

		mechanism_defaults(mechanisms[i], settings);
		for (size_t s = 0; spec && spec[s].name; s++) {
			int64_t least, most;

			setting_range(&spec[s], &least, &most);
			assert_true(least <= most);
			assert_int_equal(
				mechanism_setting(mechanisms[i], spec[s].name), s);
			if (settings[s] != SETTING_UNSET)
				assert_in_range(settings[s], least, most);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_consistent),
		cmocka_unit_test(wrong_rows_are_refused),
		cmocka_unit_test(defaults_are_in_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
