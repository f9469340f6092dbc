/* A side, or the parent, that is killed, stopped or hangs, for every row: the pair ends
 * with a named reason before its deadline, and nothing is left. Where a side misbehaves
 * it does so inside an operation, at a message that is counted, so that no test waits and
 * hopes. */
#include "pair_helper.h"

#include <pthread.h>
#include <sys/prctl.h>

/* A deadline that is waited for, and late enough for what must happen before it. */
#define NEAR (2 * S)

static struct ground ground;
static struct why why;

/* --- a row with one operation changed
 * -------------------------------------------------------- */

/* What a side does at the operation number `at` (from 1). */
enum misdeed { BEHAVE, DIE, STOP };
struct plot {
	enum misdeed misdeed;
	unsigned side;
	uint32_t at;
	bool is_in_recv;
	futex_word sends, receives, misdeeds;
};

/* In memory that the sides share with the test; the row that is wrapped. */
static struct plot *plot;
static const struct mechanism *base;
static struct mechanism wrapped;

static void misbehave(const struct channel *channel, uint32_t number, bool is_recv)
{
	if (plot->misdeed == BEHAVE || channel->side != plot->side ||
		number != plot->at || is_recv != plot->is_in_recv)
		return;
	count_up(&plot->misdeeds);
	raise(plot->misdeed == DIE ? SIGKILL : SIGSTOP);
}

static uint32_t note(futex_word *word, uint32_t *own)
{
	/* Waiters look for 50; the count of one side is its own. */
	if (atomic_fetch_add(word, 1) + 1 == 50)
		futex_wake(word, INT32_MAX);
	return ++*own;
}

static int noted_send(struct channel *channel, size_t size)
{
	static uint32_t own;

	misbehave(channel, note(&plot->sends, &own), false);
	return base->send(channel, size);
}

static int noted_recv(struct channel *channel, size_t size, const void **rx, size_t *len)
{
	static uint32_t own;

	misbehave(channel, note(&plot->receives, &own), true);
	return base->recv(channel, size, rx, len);
}

static int noted_work(struct channel *channel, size_t size, uint64_t count)
{
	static uint32_t own;
	uint32_t number = note(&plot->sends, &own);

	misbehave(channel, number, false);
	misbehave(channel, number, true);
	return base->work(channel, size, count);
}

static const struct mechanism *wrap(const struct mechanism *mechanism, struct plot wanted)
{
	*plot = wanted;
	base = mechanism;
	wrapped = *mechanism;
	if (mechanism->work) {
		wrapped.work = noted_work;
	} else {
		wrapped.send = noted_send;
		wrapped.recv = noted_recv;
	}
	return &wrapped;
}

static int set_up(void **state)
{
	(void)state;
	plot = shared_memory(sizeof *plot);
	/* Orphans of a parent that is killed come here, so that they can be waited for.
	 */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	return place_make() || ground_start(&ground, &why);
}

static int tear_down(void **state)
{
	(void)state;
	janitor_stop(&ground.janitor);
	assert_nothing_named();
	assert_false(has_children());
	return place_remove();
}

static struct pair *start(const struct mechanism *mechanism)
{
	struct pair_spec spec = spec_of(mechanism, -1, -1, 64);
	struct pair *pair = NULL;

	why_clear(&why);
	if (pair_start(&ground.context, &spec, from_now(PATIENCE), &pair, &why))
		fail_msg("%s", why.text);
	return pair;
}

static enum test a_test(const struct mechanism *mechanism, enum test wanted)
{
	return mechanism->tests & TEST_BIT(wanted) ? wanted
	       : wanted == TEST_LATENCY            ? TEST_THROUGHPUT
						   : TEST_LATENCY;
}

/* A slice that only ends because of what happens in it. */
static int long_slice(struct pair *pair, const struct mechanism *mechanism,
	enum test wanted, uint64_t deadline_ns)
{
	struct slice slice = slice_of(
		a_test(mechanism, wanted), some_size(mechanism, 64), 3600 * S);

	why_clear(&why);
	return pair_slice(pair, &slice, from_now(deadline_ns), &why);
}

static void assert_says(const struct mechanism *mechanism, const char *words)
{
	if (!strstr(why.text, words))
		fail_msg("%s: '%s' does not say '%s'", mechanism->name, why.text, words);
}

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

/* Runs `scene` with every row that is usable here; nothing may be left behind. */
static void with_every_row(void (*scene)(const struct mechanism *mechanism))
{
	for (size_t i = 0; i < mechanism_count; i++) {
		size_t descriptors = open_descriptors();

		if (!is_usable(&ground.context, mechanisms[i]))
			continue;
		scene(mechanisms[i]);
		assert_only_ground(&ground, descriptors);
	}
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

/* --- a side is stopped or hangs
 * -------------------------------------------------------------- */

static void assert_stopped(const struct mechanism *mechanism, int error)
{
	if (error != -ETIMEDOUT)
		fail_msg("%s: error %d: %s", mechanism->name, error, why.text);
	assert_says(mechanism, "side 0 ");
	assert_says(mechanism, "stopped");
}

/* Stopped before the slice begins, so that the deadline may be near. */
static void stop_between_slices(const struct mechanism *mechanism)
{
	struct pair *pair = start(mechanism);
	pid_t pid = pair_pid(pair, 0);
	siginfo_t info;

	kill(pid, SIGSTOP);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOWAIT), 0);
	assert_stopped(mechanism, long_slice(pair, mechanism, TEST_LATENCY, 20 * MS));
	pair_stop(pair);
}

static void stop_in_slice(const struct mechanism *mechanism)
{
	struct plot wanted = { .misdeed = STOP, .side = 0, .at = 20 };
	struct pair *pair = start(wrap(mechanism, wanted));

	assert_stopped(mechanism, long_slice(pair, mechanism, TEST_LATENCY, NEAR));
	pair_stop(pair);
}

static void stopped_side_is_named(void **state)
{
	(void)state;
	with_every_row(stop_between_slices);
	stop_in_slice(row_with(CAP_PAYLOAD | CAP_BLOCKS, CAP_NAMED));
	stop_in_slice(row_with(CAP_PAYLOAD | CAP_SPINS, CAP_FLOOR));
}

/* Nothing changes in a shared word that nobody else knows: sleeps for ever. */
static void hang(void)
{
	futex_word *word = shared_memory(sizeof *word);

	for (;;)
		(void)futex_wait(word, 0, -1);
}

static int hanging_recv(
	struct channel *channel, size_t size, const void **rx, size_t *len)
{
	hang();
	return base->recv(channel, size, rx, len);
}

static int hanging_operation(struct channel *channel)
{
	hang();
	return channel->side ? 0 : -EIO;
}

static void hang_in_side_1(unsigned side)
{
	if (side == 1)
		hang();
}

static void assert_late(int error, const char *doing)
{
	if (error != -ETIMEDOUT)
		fail_msg("error %d: %s", error, why.text);
	assert_non_null(strstr(why.text, "before the deadline"));
	assert_non_null(strstr(why.text, doing));
	assert_null(strstr(why.text, "stopped"));
}

static int start_late(struct mechanism *mechanism, void (*hook)(unsigned side))
{
	struct pair_spec spec = spec_of(mechanism, -1, -1, 64);
	struct pair_context context = ground.context;
	struct pair *pair = NULL;
	int error;

	context.side_hook = hook;
	why_clear(&why);
	error = pair_start(&context, &spec, from_now(NEAR), &pair, &why);
	assert_null(pair);
	return error;
}

static void hanging_side_ends_at_the_deadline(void **state)
{
	const struct mechanism *mechanism = row_with(CAP_PAYLOAD | CAP_BLOCKS, CAP_NAMED);
	size_t descriptors = open_descriptors();
	struct mechanism hanging = *mechanism;
	struct pair *pair;

	(void)state;
	base = mechanism;
	assert_late(start_late(&hanging, hang_in_side_1), "attach");
	assert_non_null(strstr(why.text, "side 1 "));
	assert_only_ground(&ground, descriptors);
	hanging.ready = hanging_operation;
	assert_late(start_late(&hanging, NULL), "get ready");
	hanging.ready = mechanism->ready;
	hanging.recv = hanging_recv;
	pair = start(&hanging);
	assert_late(
		long_slice(pair, mechanism, TEST_LATENCY, 20 * MS), "a latency slice");
	pair_stop(pair);
	assert_only_ground(&ground, descriptors);
}

static void exit_in_attach(unsigned side)
{
	if (side == 1)
		_exit(7);
}

static void side_that_exits_is_named(void **state)
{
	struct mechanism mechanism = *row_with(CAP_PAYLOAD | CAP_BLOCKS, 0);

	(void)state;
	assert_int_equal(start_late(&mechanism, exit_in_attach), -ECHILD);
	assert_says(&mechanism, "side 1 ");
	assert_says(&mechanism, "exited with 7");
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
	(void)long_slice(pair, mechanism, TEST_LATENCY, 3600 * S);
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
	/* In the middle of a slice. */
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
		cmocka_unit_test(stopped_side_is_named),
		cmocka_unit_test(hanging_side_ends_at_the_deadline),
		cmocka_unit_test(side_that_exits_is_named),
		cmocka_unit_test(killed_parent_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
