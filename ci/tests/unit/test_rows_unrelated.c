/* What claims to work between processes without a common ancestor, or across hosts, sends
 * nothing through memory that the sides have inherited: once both know of each other they
 * only read it. */
#include "ground_helper.h"

#include <sys/resource.h>

static const struct mechanism *base;

static int protected_ready(struct channel *channel)
{
	const struct rlimit no_core = { 0, 0 };
	int error = base->ready ? base->ready(channel) : 0;

	/* A sanitizer would have its own idea of what happens then. */
	signal(SIGSEGV, SIG_DFL);
	setrlimit(RLIMIT_CORE, &no_core);
	if (!error && base->shared_size &&
		mprotect(channel->shared, base->shared_size, PROT_READ))
		error = why_say(channel->why, errno, "protect what is inherited");
	return error;
}

/* 0, or why a side ended where it wrote. */
static int exercise_protected(const struct mechanism *mechanism)
{
	struct mechanism row = *mechanism;

	base = mechanism;
	row.ready = protected_ready;
	why_clear(&why);
	return exercise(&ground.context, &row, -1, -1, 64, &why);
}

static void who_is_unrelated_inherits_nothing(void **state)
{
	unsigned rows = 0;

	(void)state;
	for (size_t i = 0; i < mechanism_count; i++) {
		unsigned caps = mechanisms[i]->caps;

		assert_true(!(caps & CAP_CROSS_HOST) || (caps & CAP_UNRELATED));
		if (!(caps & CAP_UNRELATED) || !is_usable(&ground.context, mechanisms[i]))
			continue;
		rows++;
		if (exercise_protected(mechanisms[i]))
			fail_msg("%s", why.text);
	}
	assert_true(rows > 0);
}

/* That it would be seen: what sleeps on a word it has inherited. */
static void who_inherits_is_seen(void **state)
{
	(void)state;
	assert_int_equal(exercise_protected(mechanism_find("udp")), -ECHILD);
	assert_non_null(strstr(why.text, "killed by signal 11"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_unrelated_inherits_nothing),
		cmocka_unit_test(who_inherits_is_seen),
	};

	return cmocka_run_group_tests(tests, set_up_ground, tear_down_ground);
}
