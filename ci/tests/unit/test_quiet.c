/* Who keeps the CPUs busy: /proc/stat and the processes of machines in a directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ci/tests/unit/fake_tree.h"
#include "harness/environment.h"

static const int both[] = { 0, 1 };

#define SELF 100

static void put_process(
	int pid, int parent, const char *name, char state, unsigned long ticks, int cpu)
{
	char path[64], text[512];

	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	/* proc_pid_stat(5): fields 3 to 39; 14 and 15 are the times, 39 the CPU. */
	snprintf(text, sizeof text,
		"%d (%s) %c %d 1 1 0 -1 4194304 9 0 0 0 %lu 0 0 0 20 0 1 0 127931 3133440 "
		"376 18446744073709551615 1 2 3 0 0 0 0 0 0 0 0 0 17 %d 0 0 0 0 0\n",
		pid, name, state, parent, ticks, cpu);
	tree_put(path, text);
}

static void compare(
	const struct snapshot *before, const struct snapshot *after, char *words)
{
	snapshot_compare(before, after, both, SELF, words, 512);
}

static void cpu_time_is_in_nanoseconds(void **state)
{
	const uint64_t tick_ns = 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);
	struct cpu_time time;

	(void)state;
	tree_put("/proc/stat", "cpu  11 22 33 44 55 66 77 88 1 1\n"
			       "cpu10 9 9 9 9 9 9 9 9 0 0\n"
			       "cpu1 1 2 3 4 5 6 7 8 0 0\nintr 1 2 3\n");
	assert_true(environment_cpu_time(1, &time));
	assert_int_equal(time.busy_ns, (1 + 2 + 3 + 6 + 7) * tick_ns);
	assert_int_equal(time.idle_ns, (4 + 5) * tick_ns);
	assert_int_equal(time.steal_ns, 8 * tick_ns);
	assert_true(environment_cpu_time(-1, &time));
	assert_int_equal(time.steal_ns, 88 * tick_ns);
	assert_true(environment_cpu_time(10, &time));
	assert_int_equal(time.steal_ns, 9 * tick_ns);
	assert_false(environment_cpu_time(0, &time));
	assert_false(environment_cpu_time(2, &time));
}

static void a_garbled_stat_is_unknown(void **state)
{
	struct cpu_time time;

	(void)state;
	tree_put("/proc/stat", "cpu  a b c\ncpu0\ncpu1 1 2\n");
	assert_false(environment_cpu_time(-1, &time));
	assert_false(environment_cpu_time(0, &time));
	assert_false(environment_cpu_time(1, &time));
}

static void the_busy_cpu_and_who_makes_it_busy_are_named(void **state)
{
	struct snapshot before, after;
	char words[512];

	(void)state;
	tree_put("/proc/stat", "cpu  0\ncpu0 0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0\n");
	put_process(7, 1, "old hand", 'S', 5000, 1);
	put_process(8, 1, "a) b (c", 'R', 10, 1);
	snapshot_take(&before, both, 2);
	tree_put(
		"/proc/stat", "cpu  0\ncpu0 5 0 5 90 0 0 0 0\ncpu1 60 0 20 20 0 0 0 0\n");
	put_process(7, 1, "old hand", 'S', 5001, 1);
	put_process(8, 1, "a) b (c", 'R', 85, 1);
	put_process(9, 1, "elsewhere", 'R', 99, 0);
	snapshot_take(&after, both, 2);
	compare(&before, &after, words);
	assert_string_equal(words, "CPU 1 is 80 % busy (most of it a) b (c, process 8)");
	snapshot_free(&before);
	snapshot_free(&after);
}

static void steal_is_named_apart(void **state)
{
	struct snapshot before, after;
	char words[512];

	(void)state;
	tree_put("/proc/stat", "cpu0 0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0\n");
	snapshot_take(&before, both, 2);
	tree_put("/proc/stat", "cpu0 0 0 0 75 0 0 0 25\ncpu1 20 0 0 80 0 0 0 0\n");
	snapshot_take(&after, both, 2);
	compare(&before, &after, words);
	assert_string_equal(
		words, "CPU 0 loses 25 % to the hypervisor; CPU 1 is 20 % busy");
	snapshot_free(&before);
	snapshot_free(&after);
}

static void words_of(char *words)
{
	struct snapshot now;

	snapshot_take(&now, both, 2);
	compare(&now, &now, words);
	snapshot_free(&now);
}

static void another_ipcmark_is_named_once(void **state)
{
	char words[512];

	(void)state;
	put_process(SELF, 1, "ipcmark", 'R', 0, 0);
	put_process(200, 1, "ipcmark", 'S', 0, 0);
	put_process(201, 200, "ipcmark", 'R', 0, 0);
	put_process(202, 1, "ipcmark-helper", 'R', 0, 0);
	words_of(words);
	assert_string_equal(words, "another ipcmark runs (process 200)");
}

static void the_own_family_and_the_dead_do_not_count(void **state)
{
	char words[512];

	(void)state;
	put_process(50, 1, "ipcmark", 'S', 0, 0);
	put_process(60, 50, "sh", 'S', 0, 0);
	put_process(SELF, 60, "ipcmark", 'R', 0, 0);
	put_process(101, SELF, "sh", 'R', 0, 0);
	put_process(102, 101, "ipcmark", 'R', 0, 0);
	put_process(300, 1, "ipcmark", 'Z', 0, 0);
	words_of(words);
	assert_string_equal(words, "");
}

static void parents_in_a_ring_end(void **state)
{
	char words[512];

	(void)state;
	put_process(400, 401, "ipcmark", 'R', 0, 0);
	put_process(401, 400, "sh", 'R', 0, 0);
	words_of(words);
	assert_string_equal(words, "another ipcmark runs (process 400)");
}

static void few_words_are_cut_not_overrun(void **state)
{
	struct snapshot now;
	char words[16];

	(void)state;
	for (int pid = 500; pid < 520; pid++)
		put_process(pid, 1, "ipcmark", 'R', 0, 0);
	snapshot_take(&now, both, 2);
	snapshot_compare(&now, &now, both, SELF, words, sizeof words);
	assert_int_equal(strlen(words), sizeof words - 1);
	snapshot_free(&now);
}

static void a_machine_without_proc_is_quiet(void **state)
{
	char words[64] = "left over";

	(void)state;
	environment_quiet(both, 2, 1000, words, sizeof words);
	assert_string_equal(words, "");
	environment_quiet(NULL, 0, 0, words, sizeof words);
	assert_string_equal(words, "");
}

/* On the real machine; what it says is not known beforehand. */
static void this_machine_can_be_watched(void **state)
{
	struct cpu_time time;
	char words[512];

	(void)state;
	environment_root("");
	environment_quiet(both, 1, 1000000, words, sizeof words);
	assert_true(strlen(words) < sizeof words);
	if (access("/proc/stat", R_OK) == 0)
		assert_true(environment_cpu_time(-1, &time));
}

#define checked(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		checked(cpu_time_is_in_nanoseconds),
		checked(a_garbled_stat_is_unknown),
		checked(the_busy_cpu_and_who_makes_it_busy_are_named),
		checked(steal_is_named_apart),
		checked(another_ipcmark_is_named_once),
		checked(the_own_family_and_the_dead_do_not_count),
		checked(parents_in_a_ring_end),
		checked(few_words_are_cut_not_overrun),
		checked(a_machine_without_proc_is_quiet),
		checked(this_machine_can_be_watched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
