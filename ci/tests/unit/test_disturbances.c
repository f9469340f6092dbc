/* What disturbs: each thing on a machine where it does and on one where it does not; and
 * the page that doctor prints of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ci/tests/unit/fake_tree.h"
#include "harness/doctor.h"
#include "harness/environment.h"

#define FACTS 5

/* A machine by its facts, and what must be said of one thing there. */
static const struct situation {
	const char *name;
	struct {
		const char *key, *value;
	} facts[FACTS];
	bool is_disturbing;
	const char *finding, *remedy; /* parts of the sentences */
} situations[] = {
	{ "build", { { "build.is_optimized", "0" }, { "build.type", "Debug" } }, true,
		"without optimisation (Debug)", "cmake" },
	{ "build",
		{ { "build.is_optimized", "1" },
			{ "build.flags", " address,undefined" } },
		true, "sanitizers", "cmake" },
	{ "build", { { "build.is_optimized", "1" }, { "build.type", "Release" } }, false,
		"built as Release", "" },
	{ "cpus", { { "cpu.count", "1" } }, true, "1 CPU", "cpuset" },
	{ "cpus", { { "cpu.count", "2" } }, false, "2 CPUs", "" },
	{ "cpus", { { "cpu.count", "16" } }, false, "16 CPUs", "" },
	{ "cpus", { { NULL, NULL } }, false, "unknown", "" },
	{ "load", { { "load.1", "3.20" } }, true, "3.20", "top" },
	{ "load", { { "load.1", "0.08" } }, false, "0.08", "" },
	{ "load", { { NULL, NULL } }, false, "unknown", "" },
	{ "cgroup_quota",
		{ { "cgroup.version", "2" }, { "cgroup.cpu_max", "150000 100000" },
			{ "cpu.count", "8" },
			{ "cgroup.cpu_max_file", "/sys/fs/cgroup/a/cpu.max" } },
		true, "1.5 CPUs", "echo max > /sys/fs/cgroup/a/cpu.max" },
	{ "cgroup_quota",
		{ { "cgroup.version", "1" }, { "cgroup.cpu_max", "50000 100000" },
			{ "cpu.count", "1" }, { "cgroup.cpu_max_file", "/cg/q" } },
		true, "0.5 CPUs", "echo -1 > /cg/q" },
	{ "cgroup_quota", { { "cgroup.cpu_max", "400000 100000" }, { "cpu.count", "4" } },
		false, "covers all 4", "" },
	{ "cgroup_quota", { { "cgroup.cpu_max", "max 100000" }, { "cpu.count", "4" } },
		false, "no CPU quota", "" },
	{ "cgroup_quota", { { NULL, NULL } }, false, "visible", "" },
	{ "hypervisor", { { "hypervisor", "KVM" } }, true, "KVM", "bare machine" },
	{ "hypervisor", { { NULL, NULL } }, false, "no hypervisor", "" },
	{ "steal", { { "steal.percent", "2.500" } }, true, "2.5 %", "host" },
	{ "steal", { { "steal.percent", "0.010" } }, false, "0.01 %", "" },
	{ "steal", { { NULL, NULL } }, false, "unknown", "" },
	{ "governor", { { "cpufreq.governor", "powersave" } }, true, "powersave",
		"cpupower frequency-set -g performance" },
	{ "governor", { { "cpufreq.governor", "performance, schedutil" } }, true,
		"schedutil", "cpupower frequency-set -g performance" },
	{ "governor", { { "cpufreq.governor", "performance" } }, false, "performance",
		"" },
	{ "governor", { { NULL, NULL } }, false, "no frequency governor", "" },
	{ "cpuidle",
		{ { "cpuidle.latency_max_us", "133" },
			{ "cpuidle.states", "C6 133 us" } },
		true, "133 us to leave (C6 133 us)", "cpupower idle-set -D 10" },
	{ "cpuidle", { { "cpuidle.latency_max_us", "2" } }, false, "within 2 us", "" },
	{ "cpuidle", { { "cpuidle.driver", "none" } }, false, "driver: none", "" },
	{ "cpuidle", { { NULL, NULL } }, false, "driver: unknown", "" },
	{ "sched_fifo", { { "sched.fifo", "refused: Operation not permitted" } }, true,
		"refused: Operation not permitted", "setcap cap_sys_nice" },
	{ "sched_fifo", { { "sched.fifo", "permitted" } }, false, "permitted", "" },
	{ "sched_fifo", { { NULL, NULL } }, false, "could not be tried", "" },
	{ "rt_throttling",
		{ { "sched.fifo", "permitted" }, { "sched.rt_runtime_us", "950000" },
			{ "sched.rt_period_us", "1000000" } },
		true, "50 of every 1000 ms", "sysctl kernel.sched_rt_runtime_us=-1" },
	{ "rt_throttling",
		{ { "sched.fifo", "refused: x" }, { "sched.rt_runtime_us", "950000" },
			{ "sched.rt_period_us", "1000000" } },
		false, "50 of every 1000 ms", "" },
	{ "rt_throttling",
		{ { "sched.fifo", "permitted" }, { "sched.rt_runtime_us", "-1" },
			{ "sched.rt_period_us", "1000000" } },
		false, "never stopped", "" },
	{ "rt_throttling", { { "sched.fifo", "permitted" } }, false, "unknown", "" },
	{ "clocksource",
		{ { "kernel.machine", "x86_64" }, { "clocksource", "hpet" },
			{ "clocksource.available", "hpet acpi_pm" } },
		true, "hpet", "tsc=reliable" },
	{ "clocksource",
		{ { "kernel.machine", "i686" }, { "clocksource", "kvm-clock" },
			{ "clocksource.available", "kvm-clock tsc acpi_pm" } },
		true, "kvm-clock", "echo tsc > /sys/devices/system/clocksource" },
	{ "clocksource", { { "kernel.machine", "x86_64" }, { "clocksource", "tsc" } },
		false, "is tsc", "" },
	{ "clocksource",
		{ { "kernel.machine", "aarch64" },
			{ "clocksource", "arch_sys_counter" } },
		false, "arch_sys_counter", "" },
	{ "clocksource", { { "kernel.machine", "x86_64" } }, false, "not visible", "" },
	{ "turbo", { { "cpufreq.turbo", "on" }, { "cpufreq.driver", "intel_pstate" } },
		true, "turbo is on", "intel_pstate/no_turbo" },
	{ "turbo", { { "cpufreq.turbo", "on" }, { "cpufreq.driver", "acpi-cpufreq" } },
		true, "turbo is on", "echo 0 > /sys/devices/system/cpu/cpufreq/boost" },
	{ "turbo", { { "cpufreq.turbo", "off" } }, false, "turbo is off", "" },
	{ "turbo", { { NULL, NULL } }, false, "cannot be seen", "" },
	{ "smt", { { "smt.active", "1" } }, true, "SMT is on", "smt/control" },
	{ "smt", { { "smt.active", "0" } }, false, "off", "" },
	{ "smt", { { NULL, NULL } }, false, "cannot be seen", "" },
	{ "heat", { { "cpu.throttled_count", "12" } }, true, "12 times", "cpupower" },
	{ "heat", { { "cpu.throttled_count", "0" } }, false, "no CPU", "" },
	{ "heat", { { NULL, NULL } }, false, "cannot be seen", "" },
	{ "numa_balancing", { { "numa.nodes", "0-1" }, { "numa.balancing", "1" } }, true,
		"is on", "sysctl kernel.numa_balancing=0" },
	{ "numa_balancing", { { "numa.nodes", "0-1" }, { "numa.balancing", "0" } }, false,
		"is off", "" },
	{ "numa_balancing", { { "numa.nodes", "0" }, { "numa.balancing", "1" } }, false,
		"one NUMA node", "" },
	{ "numa_balancing", { { NULL, NULL } }, false, "not visible", "" },
	{ "huge_pages", { { "thp.enabled", "always" } }, true, "always",
		"echo madvise > /sys/kernel/mm/transparent_hugepage/enabled" },
	{ "huge_pages", { { "thp.enabled", "never" } }, false, "never", "" },
	{ "huge_pages", { { NULL, NULL } }, false, "not visible", "" },
	{ "locked_memory",
		{ { "limits.memlock", "8388608" }, { "memory.swap_total", "1000 kB" },
			{ "capabilities", "0000000000000000" } },
		true, "only 8 MiB", "ulimit -l unlimited" },
	{ "locked_memory",
		{ { "limits.memlock", "8388608" }, { "memory.swap_total", "0 kB" } },
		false, "8 MiB", "" },
	{ "locked_memory",
		{ { "limits.memlock", "1073741824" },
			{ "memory.swap_total", "1000 kB" } },
		false, "MiB", "" },
	{ "locked_memory",
		{ { "limits.memlock", "unlimited" }, { "memory.swap_total", "1000 kB" } },
		false, "any amount", "" },
	{ "locked_memory",
		{ { "limits.memlock", "65536" }, { "memory.swap_total", "1000 kB" },
			{ "capabilities", "0000000000004000" } },
		false, "any amount", "" },
	{ "locked_memory", { { NULL, NULL } }, false, "unknown", "" },
	{ "isolation", { { "cpu.isolated", "2-3" } }, false, "CPUs 2-3", "" },
	{ "isolation", { { NULL, NULL } }, false, "no CPU is set aside", "" },
};
#define SITUATIONS (sizeof situations / sizeof situations[0])

static const struct disturbance *find(
	const struct disturbance *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].name, name) == 0)
			return &list[i];
	fail_msg("nothing is called %s", name);
	return NULL;
}

static void check(const struct situation *situation, const struct disturbance *thing)
{
	if (thing->is_disturbing != situation->is_disturbing)
		fail_msg("situation %td: %s must %sdisturb: %s", situation - situations,
			situation->name, situation->is_disturbing ? "" : "not ",
			thing->finding);
	if (!strstr(thing->finding, situation->finding))
		fail_msg("%s: '%s' does not say '%s'", situation->name, thing->finding,
			situation->finding);
	if (!strstr(thing->remedy, situation->remedy))
		fail_msg("%s: '%s' does not say '%s'", situation->name, thing->remedy,
			situation->remedy);
	if (!thing->is_disturbing)
		assert_string_equal(thing->remedy, "");
}

static void each_situation_is_told_as_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < SITUATIONS; i++) {
		struct disturbance list[DISTURBANCES_MAX];
		struct facts facts = { .items = NULL };
		size_t count;

		for (size_t j = 0; j < FACTS && situations[i].facts[j].key; j++)
			facts_set(&facts, situations[i].facts[j].key, "%s",
				situations[i].facts[j].value);
		count = environment_disturbances(&facts, list);
		check(&situations[i], find(list, count, situations[i].name));
		facts_free(&facts);
	}
}

/* Each thing is told of a disturbed machine, of a fine one and of one that says nothing;
 * and no sentence is cut. */
static void each_thing_has_situations_in_both_directions(void **state)
{
	struct disturbance list[DISTURBANCES_MAX];
	struct facts nothing = { .items = NULL };
	size_t count = environment_disturbances(&nothing, list);

	(void)state;
	assert_true(count > 0 && count <= DISTURBANCES_MAX);
	for (size_t i = 0; i < count; i++) {
		size_t disturbing = 0, fine = 0;

		assert_true(list[i].finding[0] != '\0');
		assert_false(list[i].is_disturbing);
		for (size_t j = 0; j < SITUATIONS; j++)
			if (strcmp(situations[j].name, list[i].name) == 0)
				*(situations[j].is_disturbing ? &disturbing : &fine) += 1;
		if (!fine || (!disturbing && strcmp(list[i].name, "isolation") != 0))
			fail_msg("%s: %zu disturbing, %zu fine", list[i].name, disturbing,
				fine);
	}
}

static void no_sentence_is_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < SITUATIONS; i++) {
		struct disturbance list[DISTURBANCES_MAX];
		struct facts facts = { .items = NULL };
		size_t count;

		for (size_t j = 0; j < FACTS && situations[i].facts[j].key; j++)
			facts_set(&facts, situations[i].facts[j].key, "%s",
				situations[i].facts[j].value);
		count = environment_disturbances(&facts, list);
		for (size_t j = 0; j < count; j++) {
			assert_true(strlen(list[j].finding) < sizeof list[j].finding - 1);
			assert_true(strlen(list[j].remedy) < sizeof list[j].remedy - 1);
		}
		facts_free(&facts);
	}
}

/* From files to words: what collecting finds is what the sentences are made of. */
static void files_become_words(void **state)
{
	const struct clock clock = { .ns_per_tick = 1 };
	struct disturbance list[DISTURBANCES_MAX];
	struct facts facts = { .items = NULL };
	size_t count;

	(void)state;
	assert_int_equal(tree_setup(NULL), 0);
	tree_put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "schedutil\n");
	tree_put("/sys/devices/system/cpu/cpu0/cpuidle/state0/name", "C10\n");
	tree_put("/sys/devices/system/cpu/cpu0/cpuidle/state0/latency", "890\n");
	tree_put("/sys/devices/system/cpu/smt/active", "1\n");
	tree_put("/sys/devices/system/cpu/cpufreq/boost", "1\n");
	tree_put("/sys/kernel/mm/transparent_hugepage/enabled",
		"[always] madvise never\n");
	tree_put("/proc/loadavg", "7.00 1.00 1.00 1/2 3\n");
	tree_put("/proc/stat", "cpu  50 0 0 45 0 0 0 5\n");
	tree_put("/proc/sys/kernel/numa_balancing", "1\n");
	tree_put("/sys/devices/system/node/online", "0-3\n");
	environment_collect(&facts, &clock);
	count = environment_disturbances(&facts, list);
	assert_true(find(list, count, "governor")->is_disturbing);
	assert_true(find(list, count, "cpuidle")->is_disturbing);
	assert_true(find(list, count, "smt")->is_disturbing);
	assert_true(find(list, count, "turbo")->is_disturbing);
	assert_true(find(list, count, "huge_pages")->is_disturbing);
	assert_true(find(list, count, "load")->is_disturbing);
	assert_true(find(list, count, "steal")->is_disturbing);
	assert_true(find(list, count, "numa_balancing")->is_disturbing);
	assert_false(find(list, count, "heat")->is_disturbing);
	facts_free(&facts);
	assert_int_equal(tree_teardown(NULL), 0);
}

static char page[16384];

static const char *printed(const struct facts *facts, const struct disturbance *list,
	size_t count, bool colour)
{
	FILE *out = fmemopen(page, sizeof page, "w");

	assert_non_null(out);
	doctor_print(out, facts, list, count, colour);
	fclose(out);
	return page;
}

static const struct disturbance three[] = {
	{ .name = "quiet_one", .finding = "all is well with this" },
	{ .name = "governor",
		.finding = "the governor is powersave",
		.remedy = "cpupower it",
		.is_disturbing = true },
	{ .name = "load", .finding = "much runs", .is_disturbing = true },
};

static void the_page_tells_what_disturbs_first(void **state)
{
	struct facts facts = { .items = NULL };
	const char *summary, *disturbing, *remedy, *fine, *clock;
	const char *text;

	(void)state;
	facts_set(&facts, "cpu.model", "Some CPU");
	facts_set(&facts, "clock.kind", "tsc");
	facts_set(&facts, "clock.cost_ns", "23.10");
	facts_set(&facts, "clock.resolution_ns", "0.50");
	text = printed(&facts, three, 3, false);
	summary = strstr(text, "2 things here will disturb measurements");
	disturbing = strstr(text, "the governor is powersave");
	remedy = strstr(text, "-> cpupower it");
	fine = strstr(text, "all is well with this");
	clock = strstr(text, "rdtscp");
	assert_non_null(strstr(text, "Some CPU"));
	assert_non_null(summary);
	assert_true(disturbing > summary && remedy > disturbing && fine > remedy);
	assert_true(clock > fine);
	assert_non_null(strstr(text, "23.10 ns"));
	assert_non_null(strstr(text, "0.50 ns"));
	assert_null(strchr(text, '\033'));
	text = printed(&facts, three, 2, true);
	assert_non_null(strstr(text, "1 thing here"));
	assert_non_null(strchr(text, '\033'));
	facts_free(&facts);
}

static void a_fine_machine_and_an_unknown_one_are_told_too(void **state)
{
	const struct facts nothing = { .items = NULL };
	const char *text = printed(&nothing, three, 1, false);

	(void)state;
	assert_non_null(strstr(text, "Nothing found here that disturbs"));
	assert_null(strstr(text, "->"));
	assert_non_null(strstr(text, "CLOCK_MONOTONIC"));
	assert_null(strstr(text, "costs"));
}

static void lines_fit_a_terminal(void **state)
{
	struct disturbance wide = { .name = "wide", .is_disturbing = true };
	const struct facts nothing = { .items = NULL };
	const char *text;

	(void)state;
	for (size_t i = 0; i + 6 < sizeof wide.finding; i += 5)
		memcpy(wide.finding + i, "four ", 6);
	memcpy(wide.remedy, wide.finding, sizeof wide.finding);
	text = printed(&nothing, &wide, 1, false);
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 90);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_situation_is_told_as_it_is),
		cmocka_unit_test(each_thing_has_situations_in_both_directions),
		cmocka_unit_test(no_sentence_is_cut),
		cmocka_unit_test(files_become_words),
		cmocka_unit_test(the_page_tells_what_disturbs_first),
		cmocka_unit_test(a_fine_machine_and_an_unknown_one_are_told_too),
		cmocka_unit_test(lines_fit_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
