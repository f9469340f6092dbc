/* The rings do not believe a header that says more than was expected: who reads on would
 * read what the peer never wrote, or beyond the ring. */
#include "ground_helper.h"
#include "mechanisms/ring_ops.h"

#define SIZE 64
#define AT   10 /* the message, from 1, whose header is wrong */

static const struct mechanism *base;
static size_t says; /* bytes, in that header */
static unsigned char *reserved; /* where this side's next message goes */

static int wrong_reserve(struct channel *channel, size_t size, void **tx)
{
	int error = base->reserve(channel, size, tx);

	reserved = *tx;
	return error;
}

/* The wrong header stands behind a good message before that one is published and its
 * receiver woken; nothing is sent after it. */
static int wrong_send(struct channel *channel, size_t size)
{
	static unsigned sends;
	uint64_t header = says + 1;

	if (++sends >= AT)
		return 0;
	if (sends == AT - 1)
		memcpy(reserved - HEADER + padded(size), &header, HEADER);
	return base->send(channel, size);
}

static void assert_refused(enum test test, size_t bytes)
{
	struct mechanism wrong = *base;
	struct pair_spec spec = spec_of(&wrong, -1, -1, SIZE);
	struct slice slice = slice_of(test, SIZE, 3600 * S);
	struct pair *pair = NULL;
	char words[96];
	int error;

	says = bytes;
	wrong.reserve = wrong_reserve;
	wrong.send_some = NULL;
	wrong.send = wrong_send;
	/* Nobody looks at the bytes: it is the header that is wrong. */
	spec.payload = PAYLOAD_NONE;
	why_clear(&why);
	if (pair_start(&ground.context, &spec, from_now(PATIENCE), &pair, &why))
		fail_msg("%s", why.text);
	error = pair_slice(pair, &slice, from_now(PATIENCE), &why);
	pair_stop(pair);
	snprintf(words, sizeof words, "%s: a header says %zu bytes where at most %d",
		base->name, bytes, SIZE);
	if (error != -EPROTO || !strstr(why.text, words))
		fail_msg("error %d: '%s' does not say '%s'", error, why.text, words);
}

static void a_header_that_says_too_much_is_refused(void **state)
{
	/* One too many; more than the ring has; nearly what a turn to the front is. */
	static const size_t too_much[] = { SIZE + 1, SIZE_MAX / 2, SIZE_MAX - 2 };
	unsigned rings = 0;

	(void)state;
	for (size_t i = 0; i < mechanism_count; i++) {
		base = mechanisms[i];
		if (mechanism_setting(base, "ring.size") < 0 ||
			!is_usable(&ground.context, base))
			continue;
		rings++;
		for (size_t s = 0; s < sizeof too_much / sizeof too_much[0]; s++)
			assert_refused(TEST_THROUGHPUT, too_much[s]);
		assert_refused(TEST_LATENCY, SIZE + 1);
	}
	assert_true(rings >= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_that_says_too_much_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up_ground, tear_down_ground);
}
