/* A side, or the parent, that is killed, for every row: the pair ends with a named reason
 * before its deadline, and nothing is left. */
#include "misdeed_helper.h"

#include <pthread.h>

static void assert_killed(const struct mechanism *mechanism, int error, unsigned side)
{
	char words[32];

	if (error != -ECHILD)
		fail_msg("%s: error %d: %s", mechanism->name, error, why.text);
	snprintf(words, sizeof words, "side %u ", side);
	assert_says(mechanism, words);
	assert_says(mechanism, "killed by signal 9");
	assert_says(mechanism, mechanism->name);
}

/* --- a side dies
 * ---------------------------------------------------------------------------- */

static void die_in_send(const struct mechanism *mechanism)
{
	unsigned sides = mechanism->caps & CAP_SOLO ? 1 : 2;

	for (unsigned side = 0; side < sides; side++) {
		/* In a throughput slice only side 0 sends. */
		enum test test = side ? TEST_LATENCY : TEST_THROUGHPUT;
		struct plot wanted = { .misdeed = DIE, .side = side, .at = 20 };
		struct pair *pair;

		if (side && !(mechanism->tests & TEST_BIT(TEST_LATENCY)))
			continue;
		pair = start(wrap(mechanism, wanted));
		assert_killed(
			mechanism, long_slice(pair, mechanism, test, PATIENCE), side);
		pair_stop(pair);
	}
}

static void killed_in_send(void **state)
{
	(void)state;
	with_every_row(die_in_send);
}

static void die_in_recv(const struct mechanism *mechanism)
{
	struct plot wanted = { .misdeed = DIE, .side = 1, .at = 20, .is_in_recv = true };
	struct pair *pair;

	if (mechanism->caps & CAP_SOLO)
		return;
	pair = start(wrap(mechanism, wanted));
	assert_killed(
		mechanism, long_slice(pair, mechanism, TEST_THROUGHPUT, PATIENCE), 1);
	pair_stop(pair);
}

static void killed_in_recv(void **state)
{
	(void)state;
	with_every_row(die_in_recv);
}

/* Kills side 0 while it waits for an answer that cannot come, for its peer is stopped. */
static void *kill_waiting_side(void *argument)
{
	uint64_t end = from_now(PATIENCE);
	pid_t peer = pair_pid(argument, 1), victim = pair_pid(argument, 0);
	bool sleeps = base->caps & CAP_BLOCKS;

	while (clock_now_ns() < end &&
		!(atomic_load(&plot->misdeeds) && process_state(peer) == 'T'))
		sched_yield();
	while (clock_now_ns() < end && sleeps && process_state(victim) != 'S')
		sched_yield();
	kill(victim, SIGKILL);
	return NULL;
}

static void die_while_peer_is_stopped(const struct mechanism *mechanism)
{
	struct plot wanted = { .misdeed = STOP, .side = 1, .at = 5, .is_in_recv = true };
	struct pair *pair;
	pthread_t killer;

	if (mechanism->caps & CAP_SOLO)
		return;
	pair = start(wrap(mechanism, wanted));
	assert_int_equal(pthread_create(&killer, NULL, kill_waiting_side, pair), 0);
	assert_killed(mechanism, long_slice(pair, mechanism, TEST_LATENCY, PATIENCE), 0);
	pthread_join(killer, NULL);
	pair_stop(pair);
}

static void killed_while_peer_is_stopped(void **state)
{
	(void)state;
	with_every_row(die_while_peer_is_stopped);
}

static void die_between_slices(const struct mechanism *mechanism)
{
	for (unsigned side = 0; side < 2; side++) {
		struct pair *pair = start(mechanism);
		siginfo_t info;

		if (exercise_pair(pair, mechanism, 64, &why))
			fail_msg("%s", why.text);
		kill(pair_pid(pair, side), SIGKILL);
		assert_int_equal(waitid(P_PID, (id_t)pair_pid(pair, side), &info,
					 WEXITED | WNOWAIT),
			0);
		assert_killed(mechanism,
			long_slice(pair, mechanism, TEST_LATENCY, PATIENCE), side);
		pair_stop(pair);
	}
}

static void killed_between_slices(void **state)
{
	(void)state;
	with_every_row(die_between_slices);
}

static void die_unused(const struct mechanism *mechanism)
{
	struct pair *pair = start(mechanism);

	kill(pair_pid(pair, 0), SIGKILL);
	pair_stop(pair); /* polite, and one side will not answer */
}

static void killed_before_stop(void **state)
{
	(void)state;
	with_every_row(die_unused);
}

/* What a dying process had is gone before its pidfd tells that it died: the peer's error
 * comes first, and the death is the cause all the same. */
static int early_error;

static int early_send(struct channel *channel, size_t size)
{
	(void)channel;
	(void)size;
	plot->other = getpid();
	count_up(&plot->misdeeds);
	return -early_error;
}

/* Dies when the error has been reported, for its peer sleeps. */
static int dying_recv(struct channel *channel, size_t size, const void **rx, size_t *len)
{
	uint64_t end = from_now(PATIENCE);

	if (channel->side == 0)
		return base->recv(channel, size, rx, len);
	(void)await_count(&plot->misdeeds, 1);
	while (clock_now_ns() < end && process_state(plot->other) != 'S')
		sched_yield();
	raise(SIGKILL);
	return -EIO;
}

static void death_is_told_before_its_consequence(void **state)
{
	static const int errors[] = { EPIPE, ECONNRESET, ECONNREFUSED, ENOTCONN, ESRCH };
	struct mechanism row;

	(void)state;
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		struct pair *pair;

		*plot = (struct plot) { .misdeed = BEHAVE };
		base = row_with(CAP_PAYLOAD | CAP_BLOCKS, CAP_NAMED);
		row = *base;
		call_operations(&row);
		row.send = early_send;
		row.recv = dying_recv;
		early_error = errors[i];
		pair = start(&row);
		assert_killed(&row, long_slice(pair, &row, TEST_THROUGHPUT, PATIENCE), 1);
		pair_stop(pair);
	}
}

/* --- the parent dies
 * -------------------------------------------------------------------------- */

struct family {
	futex_word is_ready;
	pid_t janitor, sides[2];
	char directory[LEDGER_NAME];
};

static _Noreturn void be_parent(struct family *family, const struct mechanism *mechanism)
{
	struct pair_spec spec;
	struct ground own;
	struct pair *pair;

	if (ground_start(&own, &why))
		_exit(1);
	spec = spec_of(mechanism, -1, -1, 64);
	if (pair_start(&own.context, &spec, from_now(PATIENCE), &pair, &why))
		_exit(1);
	family->janitor = own.janitor.pid;
	family->sides[0] = pair_pid(pair, 0);
	family->sides[1] = pair_pid(pair, 1);
	strcpy(family->directory, own.janitor.directory);
	count_up(&family->is_ready);
	/* A slice ends when its samples are full: with fast rows in less than a
	 * millisecond, before anybody kills this process. */
	while (!long_slice(pair, mechanism, TEST_LATENCY, 3600 * S))
		;
	_exit(1);
}

static void kill_parent(const struct mechanism *mechanism)
{
	struct family *family = shared_memory(sizeof *family);
	const struct mechanism *noted = wrap(
		mechanism, (struct plot) { .misdeed = BEHAVE });
	int ends[3];
	pid_t parent;

	fflush(NULL);
	parent = fork();
	assert_true(parent >= 0);
	if (parent == 0)
		be_parent(family, noted);
	assert_true(await_count(&family->is_ready, 1));
	ends[0] = pidfd_of(family->janitor);
	ends[1] = pidfd_of(family->sides[0]);
	ends[2] = pidfd_of(family->sides[1]);
	/* In the middle of a slice, or of one of those that follow. */
	assert_true(await_count(&plot->sends, 50));
	assert_int_equal(access(family->directory, F_OK), 0);
	kill(parent, SIGKILL);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	for (unsigned i = 0; i < 3; i++)
		assert_true(await_end(ends[i]));
	while (waitpid(-1, NULL, WNOHANG) > 0)
		; /* orphans; this test's own janitor lives on */
	assert_int_equal(access(family->directory, F_OK), -1);
	munmap(family, sizeof *family);
}

static void killed_parent_leaves_nothing(void **state)
{
	(void)state;
	with_every_row(kill_parent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_in_send),
		cmocka_unit_test(killed_in_recv),
		cmocka_unit_test(killed_while_peer_is_stopped),
		cmocka_unit_test(killed_between_slices),
		cmocka_unit_test(killed_before_stop),
		cmocka_unit_test(death_is_told_before_its_consequence),
		cmocka_unit_test(killed_parent_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
