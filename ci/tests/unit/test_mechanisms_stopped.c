/* A side that is stopped, hangs or exits: it is named, and the pair ends at its deadline
 * with nothing left. */
#include "misdeed_helper.h"

/* A deadline that is waited for, and late enough for what must happen before it. */
#define NEAR (2 * S)

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
	call_operations(&hanging);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stopped_side_is_named),
		cmocka_unit_test(hanging_side_ends_at_the_deadline),
		cmocka_unit_test(side_that_exits_is_named),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
