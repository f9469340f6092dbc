/* Facts: what machines in a directory say, and that a machine that says nothing is met
 * with empty facts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <sched.h>

#include "ci/tests/unit/fake_tree.h"
#include "harness/environment.h"

#define CPU "/sys/devices/system/cpu"

static const struct clock any_clock = {
	.ns_per_tick = 1, .cost_ns = 30, .resolution_ns = 1
};

static struct facts facts;

static int setup(void **state)
{
	facts = (struct facts) { .items = NULL };
	return tree_setup(state);
}

static int teardown(void **state)
{
	facts_free(&facts);
	return tree_teardown(state);
}

static void collect(void)
{
	environment_collect(&facts, &any_clock);
}

#define assert_fact(key, value) assert_string_equal(facts_get(&facts, key), value)

static bool is_there(const char *key)
{
	for (size_t i = 0; i < facts.count; i++)
		if (strcmp(facts.items[i].key, key) == 0)
			return true;
	return false;
}

static void facts_are_set_replaced_and_cut(void **state)
{
	char longer[2 * FACT_TEXT];

	(void)state;
	assert_string_equal(facts_get(&facts, "a.b"), "");
	facts_set(&facts, "a.b", "%d", 1);
	facts_set(&facts, "c.d", "two\nlines");
	facts_set(&facts, "a.b", "%s and more", facts_get(&facts, "a.b"));
	assert_fact("a.b", "1 and more");
	assert_fact("c.d", "two lines");
	assert_int_equal(facts.count, 2);
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	facts_set(&facts, "c.d", "%s", longer);
	assert_int_equal(strlen(facts_get(&facts, "c.d")), FACT_TEXT - 1);
	facts_free(&facts);
	assert_int_equal(facts.count, 0);
	assert_string_equal(facts_get(&facts, "a.b"), "");
}

static void a_machine_without_proc_and_sys_is_met_with_words(void **state)
{
	static const char *const unknown[] = { "cpu.model", "cpu.online", "cpu.mhz",
		"cpu.microcode", "cpu.flags_tsc", "cache.l1d", "cache.l2", "cache.l3",
		"kernel.cmdline", "os.name", "clocksource", "cpuidle.driver",
		"cpuidle.governor", "cpuidle.states", "cpufreq.driver",
		"cpufreq.governor", "cpufreq.turbo", "smt.active", "numa.nodes",
		"cgroup.path", "cgroup.cpu_max", "cgroup.cpuset", "sched.rt_runtime_us",
		"sched.autogroup", "ipc.pipe_max_size", "ipc.pipe_user_pages_soft",
		"ipc.mqueue_msg_max", "ipc.mqueue_msgsize_max", "ipc.wmem_max",
		"ipc.rmem_max", "ipc.shmmax", "memory.total", "thp.enabled", "load.1",
		"steal.percent", "capabilities", "cpu.isolated", "cpu.nohz_full",
		"container" };
	struct cpu_time time;

	(void)state;
	collect();
	for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
		if (!is_there(unknown[i]))
			fail_msg("%s is not a fact", unknown[i]);
		if (*facts_get(&facts, unknown[i]))
			fail_msg("%s is '%s'", unknown[i], facts_get(&facts, unknown[i]));
	}
	assert_false(environment_cpu_time(-1, &time));
	assert_false(environment_cpu_time(0, &time));
}

static void keys_are_lower_case_dotted_and_unique(void **state)
{
	(void)state;
	tree_put(CPU "/vulnerabilities/spectre_v2", "Mitigation: Retpolines\n");
	collect();
	for (size_t i = 0; i < facts.count; i++) {
		const char *key = facts.items[i].key;

		for (const char *c = key; *c; c++)
			if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) &&
				*c != '.' && *c != '_')
				fail_msg("'%s' is not a good key", key);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(key, facts.items[j].key);
	}
}

static void what_needs_no_files_is_known(void **state)
{
	static const char *const known[] = { "time.utc", "kernel.release",
		"kernel.version", "kernel.machine", "libc", "compiler", "build.version",
		"build.is_optimized", "cpu.count", "limits.nofile", "limits.memlock",
		"user.is_root", "sched.policy", "sched.fifo" };

	(void)state;
	collect();
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (!*facts_get(&facts, known[i]))
			fail_msg("%s is empty", known[i]);
	assert_fact("clock.kind", "monotonic");
	assert_fact("clock.cost_ns", "30.00");
	assert_fact("clock.resolution_ns", "1.00");
	assert_int_equal(strlen(facts_get(&facts, "time.utc")), 20);
}

/* The child asks, this process must not become real-time. */
static void asking_for_fifo_changes_nothing(void **state)
{
	int before = sched_getscheduler(0);

	(void)state;
	collect();
	assert_int_equal(sched_getscheduler(0), before);
}

static void processors_describe_themselves(void **state)
{
	(void)state;
	tree_put("/proc/cpuinfo",
		"processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\n"
		"model\t\t: 33\nmodel name\t: AMD Ryzen 9\nstepping\t: 2\n"
		"microcode\t: 0xa201205\ncpu MHz\t\t: 3400.000\n"
		"flags\t\t: fpu tsc constant_tsc sse nonstop_tsc rdtscp\n\n"
		"processor\t: 1\nmodel name\t: another\ncpu MHz\t\t: 2200.000\n"
		"flags\t\t: tsc_reliable\n");
	tree_put(CPU "/online", "0-1,4\n");
	tree_put(CPU "/cpu0/cache/index0/level", "1\n");
	tree_put(CPU "/cpu0/cache/index0/type", "Data\n");
	tree_put(CPU "/cpu0/cache/index0/size", "48K\n");
	tree_put(CPU "/cpu0/cache/index0/coherency_line_size", "64\n");
	tree_put(CPU "/cpu0/cache/index1/level", "1\n");
	tree_put(CPU "/cpu0/cache/index1/type", "Instruction\n");
	tree_put(CPU "/cpu0/cache/index1/size", "32K\n");
	tree_put(CPU "/cpu0/cache/index2/level", "2\n");
	tree_put(CPU "/cpu0/cache/index2/type", "Unified\n");
	tree_put(CPU "/cpu0/cache/index2/size", "512K\n");
	tree_put(CPU "/vulnerabilities/meltdown", "Not affected\n");
	tree_put(CPU "/isolated", "2-3\n");
	tree_put(CPU "/nohz_full", "  (null)\n");
	collect();
	assert_fact("cpu.model", "AMD Ryzen 9");
	assert_fact("cpu.vendor", "AuthenticAMD");
	assert_fact("cpu.family", "25");
	assert_fact("cpu.model_number", "33");
	assert_fact("cpu.mhz", "3400.000");
	assert_fact("cpu.microcode", "0xa201205");
	assert_fact("cpu.flags_tsc", "constant_tsc nonstop_tsc rdtscp");
	assert_fact("cpu.online", "0-1,4");
	assert_fact("cache.l1d", "48K");
	assert_fact("cache.l2", "512K");
	assert_fact("cache.l3", "");
	assert_fact("cache.line", "64");
	assert_fact("mitigation.meltdown", "Not affected");
	assert_fact("cpu.isolated", "2-3");
	assert_fact("cpu.nohz_full", "");
}

static void every_cpu_is_asked_for_its_power_settings(void **state)
{
	(void)state;
	tree_put(CPU "/cpuidle/current_driver", "intel_idle\n");
	tree_put(CPU "/cpuidle/current_governor_ro", "menu\n");
	for (int cpu = 0; cpu < 3; cpu++) {
		char path[128];

		snprintf(path, sizeof path, CPU "/cpu%d/cpufreq/scaling_driver", cpu);
		tree_put(path, "intel_cpufreq\n");
		snprintf(path, sizeof path, CPU "/cpu%d/cpufreq/scaling_governor", cpu);
		tree_put(path, cpu == 1 ? "powersave\n" : "performance\n");
	}
	tree_put(CPU "/cpu0/cpuidle/state0/name", "POLL\n");
	tree_put(CPU "/cpu0/cpuidle/state0/latency", "0\n");
	tree_put(CPU "/cpu0/cpuidle/state1/name", "C6\n");
	tree_put(CPU "/cpu0/cpuidle/state1/latency", "133\n");
	tree_put(CPU "/cpu0/cpuidle/state1/disable", "1\n");
	tree_put(CPU "/cpu2/cpuidle/state0/name", "POLL\n");
	tree_put(CPU "/cpu2/cpuidle/state0/latency", "0\n");
	tree_put(CPU "/cpu2/cpuidle/state1/name", "C1E\n");
	tree_put(CPU "/cpu2/cpuidle/state1/latency", "12\n");
	tree_put(CPU "/cpu2/thermal_throttle/core_throttle_count", "17\n");
	tree_put(CPU "/intel_pstate/no_turbo", "0\n");
	collect();
	assert_fact("cpuidle.driver", "intel_idle");
	assert_fact("cpuidle.governor", "menu");
	assert_fact("cpuidle.latency_max_us", "12");
	assert_fact("cpuidle.states", "POLL 0 us, C1E 12 us");
	assert_fact("cpufreq.driver", "intel_cpufreq");
	assert_non_null(strstr(facts_get(&facts, "cpufreq.governor"), "performance"));
	assert_non_null(strstr(facts_get(&facts, "cpufreq.governor"), "powersave"));
	assert_int_equal(strlen(facts_get(&facts, "cpufreq.governor")),
		strlen("performance, powersave"));
	assert_fact("cpu.throttled_count", "17");
	assert_fact("cpufreq.turbo", "on");
}

static void turbo_is_told_by_either_driver(void **state)
{
	(void)state;
	tree_put(CPU "/cpufreq/boost", "0\n");
	collect();
	assert_fact("cpufreq.turbo", "off");
	tree_put(CPU "/cpufreq/boost", "1\n");
	collect();
	assert_fact("cpufreq.turbo", "on");
	tree_put(CPU "/intel_pstate/no_turbo", "1\n");
	collect();
	assert_fact("cpufreq.turbo", "off");
}

static void systems_describe_themselves(void **state)
{
	(void)state;
	tree_put("/usr/lib/os-release", "PRETTY_NAME=\"Wrong\"\n");
	tree_put("/etc/os-release",
		"NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12\"\nVERSION_ID=\"12\"\n");
	tree_put("/proc/cmdline", "BOOT_IMAGE=/vmlinuz quiet\n");
	tree_put("/sys/kernel/debug/sched/preempt", "none (voluntary) full\n");
	tree_put("/sys/hypervisor/type", "xen\n");
	tree_put("/sys/kernel/mm/transparent_hugepage/enabled",
		"always [madvise] never\n");
	tree_put("/proc/loadavg", "0.42 0.50 0.60 1/100 1234\n");
	tree_put("/proc/meminfo", "MemTotal:       16316412 kB\nMemFree:  1 kB\n");
	tree_put("/proc/self/status", "Name:\tx\nCapEff:\t000001ffffffffff\n");
	tree_put("/proc/stat", "cpu  100 0 100 700 0 0 0 100 0 0\n");
	tree_put("/proc/sys/fs/pipe-max-size", "1048576\n");
	tree_put("/proc/self/cgroup", "0::/system.slice/docker-abc.scope\n");
	collect();
	assert_fact("os.name", "Debian GNU/Linux 12");
	assert_fact("kernel.cmdline", "BOOT_IMAGE=/vmlinuz quiet");
	assert_fact("kernel.preempt", "voluntary");
	assert_fact("hypervisor", "xen");
	assert_fact("thp.enabled", "madvise");
	assert_fact("load.1", "0.42");
	assert_fact("memory.total", "16316412 kB");
	assert_fact("capabilities", "000001ffffffffff");
	assert_fact("steal.percent", "10.000");
	assert_fact("ipc.pipe_max_size", "1048576");
	assert_fact("container", "docker");
}

static void version_2_groups_have_the_tightest_quota_above_them(void **state)
{
	(void)state;
	tree_put("/proc/self/cgroup", "0::/a/b/c\n");
	tree_put("/proc/self/mountinfo",
		"24 1 0:22 / /proc rw - proc proc rw\n"
		"30 24 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n");
	tree_put("/sys/fs/cgroup/a/b/c/cpu.max", "max 100000\n");
	tree_put("/sys/fs/cgroup/a/b/c/cpu.stat", "usage_usec 5\nnr_throttled 9\n");
	tree_put("/sys/fs/cgroup/a/b/c/cpuset.cpus.effective", "0-3\n");
	tree_put("/sys/fs/cgroup/a/b/cpu.max", "400000 100000\n");
	tree_put("/sys/fs/cgroup/a/cpu.max", "150000 100000\n");
	collect();
	assert_fact("cgroup.version", "2");
	assert_fact("cgroup.path", "/a/b/c");
	assert_fact("cgroup.cpu_max", "150000 100000");
	assert_fact("cgroup.cpu_max_file", "/sys/fs/cgroup/a/cpu.max");
	assert_fact("cgroup.cpuset", "0-3");
	assert_fact("cgroup.throttled_count", "9");
}

static void version_1_groups_say_the_same_in_other_files(void **state)
{
	(void)state;
	tree_put("/proc/self/cgroup",
		"5:cpuset:/docker/x\n4:cpu,cpuacct:/docker/x\n0::/ignored\n");
	/* Without a namespace of its own the container sees its part as "/". */
	tree_put("/proc/self/mountinfo",
		"31 24 0:27 /docker/x /sys/fs/cgroup/cpu rw - cgroup cgroup "
		"rw,cpu,cpuacct\n"
		"32 24 0:28 /docker/x /sys/fs/cgroup/cpuset rw - cgroup cgroup "
		"rw,cpuset\n");
	tree_put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n");
	tree_put("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
	tree_put("/sys/fs/cgroup/cpuset/cpuset.cpus", "1\n");
	collect();
	assert_fact("cgroup.version", "1");
	assert_fact("cgroup.path", "/docker/x");
	assert_fact("cgroup.cpu_max", "50000 100000");
	assert_fact("cgroup.cpu_max_file", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
	assert_fact("cgroup.cpuset", "1");
	tree_put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
	collect();
	assert_fact("cgroup.cpu_max", "max 100000");
}

#define checked(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		checked(facts_are_set_replaced_and_cut),
		checked(a_machine_without_proc_and_sys_is_met_with_words),
		checked(keys_are_lower_case_dotted_and_unique),
		checked(what_needs_no_files_is_known),
		checked(asking_for_fifo_changes_nothing),
		checked(processors_describe_themselves),
		checked(every_cpu_is_asked_for_its_power_settings),
		checked(turbo_is_told_by_either_driver),
		checked(systems_describe_themselves),
		checked(version_2_groups_have_the_tightest_quota_above_them),
		checked(version_1_groups_say_the_same_in_other_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
