/* Rows that send pages of a file by reference: in a window so small that the kernel would
 * hold all of it unread, no page is written again before the peer has read it. */
#include "ground_helper.h"

static void carry(const struct mechanism *mechanism, int window, size_t size)
{
	struct pair_spec spec = spec_of(mechanism, -1, -1, size);
	struct slice slice = slice_of(TEST_THROUGHPUT, size, 20 * MS);
	struct pair *pair = NULL;
	uint64_t bytes = 0;

	why_clear(&why);
	spec.settings[window] = mechanism->settings[window].least;
	if (pair_start(&ground.context, &spec, from_now(PATIENCE), &pair, &why))
		fail_msg("%s", why.text);
	/* Several times round. */
	while (bytes < 64 * (uint64_t)pair_channel(pair)->settings[window]) {
		if (pair_slice(pair, &slice, from_now(PATIENCE), &why))
			fail_msg("%s, %zu bytes: %s", mechanism->name, size, why.text);
		bytes += pair_report(pair, 1)->bytes;
	}
	pair_stop(pair);
}

static void no_page_is_written_before_it_is_read(void **state)
{
	static const size_t sizes[] = { 9, 1000, 4096, 5000, 20000 };
	unsigned rows = 0;

	(void)state;
	for (size_t i = 0; i < mechanism_count; i++) {
		int window = mechanism_setting(mechanisms[i], "file.window");

		if (window < 0 || !is_usable(&ground.context, mechanisms[i]))
			continue;
		rows++;
		for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
			carry(mechanisms[i], window, sizes[s]);
	}
	assert_true(rows > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_page_is_written_before_it_is_read),
	};

	return cmocka_run_group_tests(tests, set_up_ground, tear_down_ground);
}
