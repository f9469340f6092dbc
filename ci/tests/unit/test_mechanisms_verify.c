/* Does verification see what goes wrong? Rows that lose, repeat, reorder, change or cut
 * one message must fail; and rows whose set-up fails half-way must say so and leave
 * nothing. */
#include "ground_helper.h"

/* --- one wrong message
 * --------------------------------------------------------------------- */

enum misdeed { LOSE, REPEAT, REORDER, CHANGE_FIRST, CHANGE_LAST, CUT, PROMISE, MISDEEDS };
static const char *const misdeed_names[] = { "lose", "repeat", "reorder", "change first",
	"change last", "cut", "promise" };
#define AT 10 /* the message, from 1, or the receive that is wrong */

static const struct mechanism *base;
static enum misdeed misdeed;

/* In each side. */
static unsigned char *where, kept[256];
static unsigned sends, receives, offers;

static int bad_reserve(struct channel *channel, size_t size, void **tx)
{
	int error = base->reserve(channel, size, tx);

	where = *tx;
	return error;
}

/* Sends these bytes as one more message. */
static int send_again(struct channel *channel, const unsigned char *bytes, size_t size)
{
	void *tx = channel->tx;

	if (base->reserve) {
		int error = base->reserve(channel, size, &tx);

		if (error)
			return error;
	}
	memcpy(tx, bytes, size);
	return base->send(channel, size);
}

static int bad_send(struct channel *channel, size_t size)
{
	const unsigned char *tx = base->reserve ? where : channel->tx;
	bool is_it = ++sends == AT && channel->side == 0;
	int error;

	if (is_it)
		memcpy(kept, tx, size);
	if (is_it && (misdeed == LOSE || misdeed == REORDER))
		return 0;
	error = base->send(channel, size);
	if (!error && channel->side == 0 &&
		((is_it && misdeed == REPEAT) || (sends == AT + 1 && misdeed == REORDER)))
		error = send_again(channel, kept, size);
	return error;
}

static int bad_recv(struct channel *channel, size_t size, const void **rx, size_t *len)
{
	int error = base->recv(channel, size, rx, len);
	unsigned char *bytes;

	memcpy(&bytes, rx, sizeof bytes); /* it is ours to spoil */
	if (error || ++receives != AT || channel->side == 0)
		return error;
	if (misdeed == CHANGE_FIRST)
		bytes[0] ^= 1;
	if (misdeed == CHANGE_LAST)
		bytes[*len - 1] ^= 0x80;
	if (misdeed == CUT)
		--*len;
	return 0;
}

/* Accepts what it throws away. */
static ssize_t bad_offer(struct channel *channel, const void *bytes, size_t size)
{
	if (misdeed == PROMISE && ++offers == 2)
		return (ssize_t)size;
	return base->offer(channel, bytes, size);
}

static struct mechanism spoil(const struct mechanism *mechanism)
{
	struct mechanism bad = *mechanism;

	base = mechanism;
	bad.send = bad_send;
	bad.send_some = NULL;
	bad.recv = bad_recv;
	/* What the sender does must also be seen by a loop that has its operations
	 * inlined.
	 */
	if (misdeed >= CHANGE_FIRST && misdeed <= CUT)
		bad.recv_some = NULL;
	if (bad.reserve)
		bad.reserve = bad_reserve;
	if (bad.offer)
		bad.offer = bad_offer;
	return bad;
}

static int run_bad(const struct mechanism *mechanism, enum payload payload,
	enum test test, size_t size, uint64_t duration_ns)
{
	struct mechanism bad = spoil(mechanism);
	struct pair_spec spec = spec_of(&bad, -1, -1, size);
	struct slice slice = slice_of(test, size, duration_ns);
	struct pair *pair;
	int error;

	spec.payload = payload;
	slice.batch = 2 * AT; /* however short, it does not end before the misdeed has */
	why_clear(&why);
	if (pair_start(&ground.context, &spec, from_now(PATIENCE), &pair, &why))
		fail_msg("%s", why.text);
	error = pair_slice(pair, &slice, from_now(PATIENCE), &why);
	pair_stop(pair);
	return error;
}

static void assert_seen(
	const struct mechanism *mechanism, enum test test, size_t size, const char *words)
{
	/* Ends by being seen, or in PATIENCE. */
	int error = run_bad(mechanism, PAYLOAD_VERIFY, test, size, 3600 * S);

	if (error != -EBADMSG)
		fail_msg("%s, %s, test %d, %zu bytes: error %d: %s", mechanism->name,
			misdeed_names[misdeed], (int)test, size, error, why.text);
	if (!strstr(why.text, mechanism->name) || !strstr(why.text, words))
		fail_msg("'%s' does not say '%s'", why.text, words);
}

static bool carries(const struct mechanism *mechanism)
{
	return (mechanism->caps & CAP_PAYLOAD) && !mechanism->work &&
	       is_usable(&ground.context, mechanism);
}

static void one_wrong_message_is_seen(void **state)
{
	size_t descriptors = open_descriptors();

	(void)state;
	for (size_t i = 0; i < mechanism_count; i++) {
		if (!carries(mechanisms[i]))
			continue;
		for (misdeed = LOSE; misdeed < CUT; misdeed++) {
			assert_seen(
				mechanisms[i], TEST_THROUGHPUT, 64, "not what was sent");
			assert_seen(
				mechanisms[i], TEST_THROUGHPUT, 1, "not what was sent");
		}
		for (misdeed = CHANGE_FIRST; misdeed < CUT; misdeed++)
			assert_seen(mechanisms[i], TEST_LATENCY, 64, "not what was sent");
		assert_only_ground(&ground, descriptors);
	}
}

static void a_cut_message_is_seen(void **state)
{
	(void)state;
	misdeed = CUT;
	for (size_t i = 0; i < mechanism_count; i++) {
		if (!carries(mechanisms[i]))
			continue;
		assert_seen(mechanisms[i], TEST_THROUGHPUT, 64,
			mechanisms[i]->caps & CAP_BOUNDARIES
				? "of 64 bytes arrived as one of 63"
				: "not what was sent");
	}
}

/* The same changes pass where nobody looks: it is verification that sees them. */
static void nothing_is_seen_without_looking(void **state)
{
	static const enum payload blind[] = { PAYLOAD_NONE, PAYLOAD_TOUCH };

	(void)state;
	for (size_t i = 0; i < mechanism_count; i++) {
		if (!carries(mechanisms[i]))
			continue;
		for (misdeed = REORDER; misdeed < CUT; misdeed++)
			for (size_t p = 0; p < 2; p++)
				if (run_bad(mechanisms[i], blind[p], TEST_THROUGHPUT, 64,
					    1))
					fail_msg("%s, %s: %s", mechanisms[i]->name,
						misdeed_names[misdeed], why.text);
	}
}

static void wrong_capacity_is_seen(void **state)
{
	static const enum misdeed some[] = { CHANGE_FIRST, CHANGE_LAST, PROMISE };

	(void)state;
	for (size_t i = 0; i < mechanism_count; i++) {
		size_t size = mechanisms[i]->caps & CAP_BOUNDARIES ? 64 : 4096;

		if (!(mechanisms[i]->tests & TEST_BIT(TEST_CAPACITY)) ||
			!carries(mechanisms[i]))
			continue;
		for (size_t m = 0; m < sizeof some / sizeof some[0]; m++) {
			/* The tenth receive must come: queues may hold ten messages. */
			misdeed = some[m];
			assert_seen(mechanisms[i], TEST_CAPACITY, size, "what came out");
		}
	}
}

/* --- set-up that fails half-way
 * ------------------------------------------------------------ */

enum stage { CREATE, BEFORE_ATTACH, ATTACH, READY, STAGES };
static enum stage stage;
static unsigned failing_side;
static bool has_words;

static int fail_now(struct channel *channel)
{
	return has_words ? why_say(channel->why, EIO, "the made-up failure") : -EIO;
}

static int half_create(struct channel *channel)
{
	int error = base->create ? base->create(channel) : 0;

	return error || stage != CREATE ? error : fail_now(channel);
}

static int half_attach(struct channel *channel)
{
	int error;

	if (stage == BEFORE_ATTACH && channel->side == failing_side)
		return fail_now(channel);
	error = base->attach ? base->attach(channel) : 0;
	return error || stage != ATTACH || channel->side != failing_side
		       ? error
		       : fail_now(channel);
}

static int half_ready(struct channel *channel)
{
	int error = base->ready ? base->ready(channel) : 0;

	return error || stage != READY || channel->side != failing_side
		       ? error
		       : fail_now(channel);
}

static void fail_at_stage(const struct mechanism *mechanism)
{
	struct mechanism half = *mechanism;
	struct pair_spec spec = spec_of(&half, -1, -1, 64);
	struct pair *pair = NULL;
	int error;

	base = mechanism;
	half.create = half_create;
	half.attach = half_attach;
	half.ready = half_ready;
	why_clear(&why);
	error = pair_start(&ground.context, &spec, from_now(PATIENCE), &pair, &why);
	assert_null(pair);
	if (error != -EIO)
		fail_msg("%s, stage %d, side %u: error %d: %s", mechanism->name,
			(int)stage, failing_side, error, why.text);
	if (!strstr(why.text, has_words ? "the made-up failure: " : mechanism->name) ||
		!strstr(why.text, strerror(EIO)))
		fail_msg("%s: '%s'", mechanism->name, why.text);
}

static void half_a_start_leaves_nothing(void **state)
{
	size_t descriptors = open_descriptors();

	(void)state;
	for (size_t i = 0; i < mechanism_count; i++) {
		if (!is_usable(&ground.context, mechanisms[i]))
			continue;
		for (stage = CREATE; stage < STAGES; stage++)
			for (failing_side = 0; failing_side < 2; failing_side++) {
				has_words = !has_words;
				fail_at_stage(mechanisms[i]);
				has_words = !has_words;
				fail_at_stage(mechanisms[i]);
				assert_only_ground(&ground, descriptors);
			}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_wrong_message_is_seen),
		cmocka_unit_test(a_cut_message_is_seen),
		cmocka_unit_test(nothing_is_seen_without_looking),
		cmocka_unit_test(wrong_capacity_is_seen),
		cmocka_unit_test(half_a_start_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, set_up_ground, tear_down_ground);
}
