/* What work cost: readings only grow, work and sleep leave their marks, sums are exact,
 * and hardware that is not there is unknown and not 0. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/counters.h"

static int64_t cpu_ns(const struct cost *cost)
{
	return cost->user_ns + cost->system_ns;
}

static void readings_only_grow(void **state)
{
	struct counters counters;
	struct cost last, now;

	(void)state;
	counters_open(&counters);
	counters_read(&counters, &last);
	for (int i = 0; i < 1000; i++) {
		counters_read(&counters, &now);
		assert_true(now.user_ns >= last.user_ns);
		assert_true(now.system_ns >= last.system_ns);
		assert_true(now.voluntary >= last.voluntary);
		assert_true(now.involuntary >= last.involuntary);
		assert_int_equal(now.has_hardware, last.has_hardware);
		last = now;
	}
	counters_close(&counters);
}

/* Works until the kernel's own clock of this process has moved by 20 ms: the reading must
 * have moved by about as much. */
static void work_is_charged(void **state)
{
	struct counters counters;
	struct cost start, end;
	struct timespec first, now;
	int64_t used_ns;

	(void)state;
	counters_open(&counters);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &first);
	counters_read(&counters, &start);
	do {
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
		used_ns = (int64_t)(now.tv_sec - first.tv_sec) * 1000000000 +
			  now.tv_nsec - first.tv_nsec;
	} while (used_ns < 20000000);
	counters_read(&counters, &end);
	/* A kernel that accounts by ticks only may be a tick of 10 ms off. */
	assert_true(cpu_ns(&end) - cpu_ns(&start) >= 20000000 - 10000000);
	if (start.has_hardware) {
		assert_true(end.cycles > start.cycles);
		assert_true(end.instructions > start.instructions);
	}
	counters_close(&counters);
}

static void sleeps_are_voluntary_switches(void **state)
{
	struct counters counters;
	struct timespec shortly = { .tv_nsec = 100000 };
	struct cost start, end;

	(void)state;
	counters_open(&counters);
	counters_read(&counters, &start);
	for (int i = 0; i < 10; i++)
		nanosleep(&shortly, NULL);
	counters_read(&counters, &end);
	assert_true(end.voluntary - start.voluntary >= 10);
	counters_close(&counters);
}

static void hardware_that_is_not_there_is_unknown(void **state)
{
	struct counters counters = { .cycles_fd = -1, .instructions_fd = -1 };
	struct cost cost = { .has_hardware = true, .cycles = 7 };

	(void)state;
	counters_read(&counters, &cost);
	assert_false(cost.has_hardware);
}

/* No descriptors are left: the counters stay away, the rest works. In a child, because
 * the limit stays. */
static void descriptors_may_be_used_up(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct rlimit none = { 0, 0 };
		struct counters counters;
		struct cost cost;

		if (setrlimit(RLIMIT_NOFILE, &none))
			_exit(2);
		counters_open(&counters);
		counters_read(&counters, &cost);
		_exit(cost.has_hardware || counters.cycles_fd != -1 ||
			counters.instructions_fd != -1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void closing_twice_closes_nothing_else(void **state)
{
	struct counters counters;
	int next, again;

	(void)state;
	counters_open(&counters);
	counters_close(&counters);
	next = dup(0);
	counters_close(&counters);
	again = dup(0);
	assert_true(next < 0 || again != next);
	close(next);
	close(again);
}

static void sums_are_exact(void **state)
{
	struct cost start = { 100, 10, 1, 2, 1000, 2000, true, true, 0 };
	struct cost end = { 150, 40, 4, 7, 1600, 2900, true, true, 0 };
	struct cost sum = { 0 };

	(void)state;
	cost_add_difference(&sum, &start, &end);
	cost_add_difference(&sum, &start, &end);
	assert_int_equal(sum.user_ns, 100);
	assert_int_equal(sum.system_ns, 60);
	assert_int_equal(sum.voluntary, 6);
	assert_int_equal(sum.involuntary, 10);
	assert_true(sum.has_hardware);
	assert_int_equal(sum.cycles, 1200);
	assert_int_equal(sum.instructions, 1800);
	assert_true(sum.is_user_only);
	assert_int_equal(sum.pieces, 2);
}

static void one_unknown_piece_makes_the_sum_unknown(void **state)
{
	struct cost start = { .cycles = 1000, .has_hardware = true };
	struct cost end = { .cycles = 1600, .has_hardware = true };
	struct cost unknown = { .user_ns = 5 };
	struct cost sum = { 0 };

	(void)state;
	cost_add_difference(&sum, &start, &end);
	assert_true(sum.has_hardware);
	cost_add_difference(&sum, &end, &unknown);
	assert_false(sum.has_hardware);
	cost_add_difference(&sum, &start, &end);
	assert_false(sum.has_hardware);
	assert_int_equal(sum.user_ns, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readings_only_grow),
		cmocka_unit_test(work_is_charged),
		cmocka_unit_test(sleeps_are_voluntary_switches),
		cmocka_unit_test(hardware_that_is_not_there_is_unknown),
		cmocka_unit_test(descriptors_may_be_used_up),
		cmocka_unit_test(closing_twice_closes_nothing_else),
		cmocka_unit_test(sums_are_exact),
		cmocka_unit_test(one_unknown_piece_makes_the_sum_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
