/* Wake-ups are a strict ping-pong: no round trip ends while the peer is stopped, whether
 * it has not begun to wait, sleeps in the wait, or has consumed the wake-up and not
 * answered. */
#include "ground_helper.h"

/* Which message; not the first, so that what a row begins with is used up. */
#define AT 7

enum moment { BEFORE_WAIT, IN_WAIT, AFTER_WAIT };

/* In memory that the sides share with the test. */
static struct scene {
	enum moment moment;
	unsigned stopped; /* the side that stops */
	_Atomic pid_t sides[2];
	_Atomic uint32_t waits[2]; /* receives begun */
	_Atomic uint32_t wakes[2]; /* receives that returned */
	_Atomic uint32_t is_stopped;
} * scene;
static const struct mechanism *base;
static struct mechanism wrapped;

static void stop_myself(void)
{
	atomic_store(&scene->is_stopped, 1);
	raise(SIGSTOP);
}

/* Waits until the peer sleeps in the receive of this message, and stops it there. */
static void stop_sleeper(void)
{
	pid_t peer = atomic_load(&scene->sides[scene->stopped]);
	uint64_t end = from_now(PATIENCE);

	while (atomic_load(&scene->waits[scene->stopped]) < AT ||
		process_state(peer) != 'S')
		if (clock_now_ns() > end)
			return;
	kill(peer, SIGSTOP);
	while (process_state(peer) != 'T')
		if (clock_now_ns() > end)
			return;
	atomic_store(&scene->is_stopped, 1);
}

static int noted_attach(struct channel *channel)
{
	atomic_store(&scene->sides[channel->side], getpid());
	return base->attach ? base->attach(channel) : 0;
}

static int noted_send(struct channel *channel, size_t size)
{
	static uint32_t own;

	if (++own == AT && scene->moment == IN_WAIT && channel->side != scene->stopped)
		stop_sleeper();
	return base->send(channel, size);
}

static int noted_recv(struct channel *channel, size_t size, const void **rx, size_t *len)
{
	bool is_it = channel->side == scene->stopped &&
		     atomic_load(&scene->waits[channel->side]) + 1 == AT;
	int error;

	if (is_it && scene->moment == BEFORE_WAIT)
		stop_myself();
	atomic_fetch_add(&scene->waits[channel->side], 1);
	error = base->recv(channel, size, rx, len);
	atomic_fetch_add(&scene->wakes[channel->side], 1);
	if (is_it && scene->moment == AFTER_WAIT)
		stop_myself();
	return error;
}

static int set_up(void **state)
{
	scene = shared_memory(sizeof *scene);
	return set_up_ground(state);
}

static bool is_wakeup(const struct mechanism *mechanism)
{
	return !(mechanism->caps & CAP_PAYLOAD) && mechanism->recv;
}

/* Runs a slice that only its deadline ends; false when the machine was too busy for the
 * side to stop before. */
static bool play(const struct mechanism *mechanism, enum moment moment, unsigned stopped,
	uint64_t patience_ns)
{
	struct slice slice = slice_of(TEST_LATENCY, 0, 3600 * S);
	struct pair_spec spec = spec_of(&wrapped, -1, -1, 0);
	struct pair *pair;
	uint32_t wakes;
	int error;

	base = mechanism;
	wrapped = *mechanism;
	wrapped.attach = noted_attach;
	call_operations(&wrapped);
	wrapped.send = noted_send;
	wrapped.recv = noted_recv;
	memset(scene, 0, sizeof *scene);
	scene->moment = moment;
	scene->stopped = stopped;
	why_clear(&why);
	if (pair_start(&ground.context, &spec, from_now(PATIENCE), &pair, &why))
		fail_msg("%s", why.text);
	error = pair_slice(pair, &slice, from_now(patience_ns), &why);
	/* Before a side is killed: its death lets go of its locks. */
	wakes = atomic_load(&scene->wakes[!stopped]);
	pair_stop(pair);
	if (error != -ETIMEDOUT)
		fail_msg("%s: error %d: %s", mechanism->name, error, why.text);
	/* Side 0 sends before it receives and side 1 afterwards: so many were sent. */
	if (wakes > AT - (stopped == 1))
		fail_msg("%s: side %u was woken %u times by a peer that stopped at %d",
			mechanism->name, !stopped, wakes, AT);
	return atomic_load(&scene->is_stopped);
}

static void play_patiently(
	const struct mechanism *mechanism, enum moment moment, unsigned stopped)
{
	uint64_t patience_ns = 100 * MS;

	while (!play(mechanism, moment, stopped, patience_ns)) {
		patience_ns *= 5;
		if (patience_ns > PATIENCE)
			fail_msg("%s: side %u did not stop", mechanism->name, stopped);
	}
	assert_non_null(strstr(why.text, "stopped"));
}

static void no_round_trip_without_the_peer(void **state)
{
	size_t descriptors = open_descriptors();
	unsigned rows = 0;

	(void)state;
	for (size_t i = 0; i < mechanism_count; i++) {
		if (!is_wakeup(mechanisms[i]) ||
			!is_usable(&ground.context, mechanisms[i]))
			continue;
		rows++;
		for (unsigned stopped = 0; stopped < 2; stopped++) {
			play_patiently(mechanisms[i], BEFORE_WAIT, stopped);
			play_patiently(mechanisms[i], IN_WAIT, stopped);
			play_patiently(mechanisms[i], AFTER_WAIT, stopped);
		}
		assert_only_ground(&ground, descriptors);
	}
	assert_true(rows > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_round_trip_without_the_peer),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down_ground);
}
