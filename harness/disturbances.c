/* What on this machine disturbs measurements: environment_disturbances(). One function a
 * thing; each says what was found and, where it disturbs, what would change it. A thing
 * that cannot be read is said to be unknown, not fine. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/environment.h"

/* Waking a CPU from a state that takes longer to leave than this shows in a round trip.
 */
#define IDLE_LATENCY_US 10
#define STEAL_PERCENT   0.1
#define LOAD            0.5
/* As much as two sides, their samples and buffers of the largest messages need. */
#define LOCKED_BYTES (64ull << 20)
#define CAP_IPC_LOCK 14

__attribute__((format(printf, 2, 3))) static void find(
	struct disturbance *disturbance, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(
		disturbance->finding, sizeof disturbance->finding, format, arguments);
	va_end(arguments);
}

/* It disturbs; this would change it. */
__attribute__((format(printf, 2, 3))) static void disturbs(
	struct disturbance *disturbance, const char *format, ...)
{
	va_list arguments;

	disturbance->is_disturbing = true;
	va_start(arguments, format);
	(void)vsnprintf(
		disturbance->remedy, sizeof disturbance->remedy, format, arguments);
	va_end(arguments);
}

static void cpus(const struct facts *facts, struct disturbance *d)
{
	const char *count = facts_get(facts, "cpu.count");

	if (!*count) {
		find(d, "how many CPUs this process may use is unknown");
		return;
	}
	find(d, "this process may use %s CPU%s", count, atoi(count) == 1 ? "" : "s");
	if (atoi(count) == 1)
		disturbs(d,
			"give it a second one (taskset, cpuset, docker --cpuset-cpus): "
			"with one, both sides share it and nothing else can be measured");
	else if (atoi(count) == 2)
		find(d, "this process may use 2 CPUs: with both measured, everything "
			"else on the machine runs on them too");
}

static void governor(const struct facts *facts, struct disturbance *d)
{
	const char *governors = facts_get(facts, "cpufreq.governor");

	if (!*governors) {
		find(d, "no frequency governor is visible (no cpufreq here)");
		return;
	}
	find(d, "the frequency governor is %s", governors);
	if (strcmp(governors, "performance") != 0)
		disturbs(d, "cpupower frequency-set -g performance");
}

static void turbo(const struct facts *facts, struct disturbance *d)
{
	const char *state = facts_get(facts, "cpufreq.turbo");

	if (!*state) {
		find(d, "whether turbo is on cannot be seen here");
		return;
	}
	find(d, "turbo is %s", state);
	if (strcmp(state, "off") == 0)
		return;
	find(d, "turbo is on: the frequency depends on heat and on other cores");
	if (strstr(facts_get(facts, "cpufreq.driver"), "intel"))
		disturbs(d, "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo");
	else
		disturbs(d, "echo 0 > /sys/devices/system/cpu/cpufreq/boost");
}

static void smt(const struct facts *facts, struct disturbance *d)
{
	const char *active = facts_get(facts, "smt.active");

	if (!*active)
		find(d, "whether cores run two threads (SMT) cannot be seen here");
	else if (strcmp(active, "1") != 0)
		find(d, "no core runs two threads (SMT is off)");
	if (strcmp(active, "1") != 0)
		return;
	find(d, "SMT is on: whatever runs on the sibling of a measured CPU slows it");
	disturbs(d, "keep the siblings idle, or: echo off > "
		    "/sys/devices/system/cpu/smt/control");
}

static void cpuidle(const struct facts *facts, struct disturbance *d)
{
	const char *latency_us = facts_get(facts, "cpuidle.latency_max_us");

	if (!*latency_us) {
		find(d, "no idle states are visible (cpuidle driver: %s)",
			*facts_get(facts, "cpuidle.driver")
				? facts_get(facts, "cpuidle.driver")
				: "unknown");
		return;
	}
	find(d, "idle CPUs wake within %s us", latency_us);
	if (atoi(latency_us) < IDLE_LATENCY_US)
		return;
	find(d, "idle CPUs fall into states that take up to %s us to leave (%s)",
		latency_us, facts_get(facts, "cpuidle.states"));
	disturbs(d, "cpupower idle-set -D %d", IDLE_LATENCY_US);
}

static void heat(const struct facts *facts, struct disturbance *d)
{
	const char *count = facts_get(facts, "cpu.throttled_count");

	if (!*count) {
		find(d, "whether heat ever slowed the CPUs cannot be seen here");
		return;
	}
	find(d, "no CPU was slowed by heat since boot");
	if (atoll(count) == 0)
		return;
	find(d, "heat slowed a core %s times since boot", count);
	disturbs(d, "cool the machine, or lower its top frequency: cpupower "
		    "frequency-set -u FREQUENCY");
}

static void hypervisor(const struct facts *facts, struct disturbance *d)
{
	const char *name = facts_get(facts, "hypervisor");

	if (!*name) {
		find(d, "no hypervisor is visible");
		return;
	}
	find(d,
		"this is a virtual machine (%s): wake-ups across CPUs pass the "
		"hypervisor, and other guests may share the cores",
		name);
	disturbs(d, "measure on the bare machine, or on a guest whose CPUs are its own; "
		    "compare within one run only");
}

static void steal(const struct facts *facts, struct disturbance *d)
{
	const char *percent = facts_get(facts, "steal.percent");

	if (!*percent) {
		find(d, "how much time a hypervisor takes away (steal) is unknown");
		return;
	}
	find(d, "the hypervisor took %.2g %% of the CPU time since boot (steal)",
		atof(percent));
	if (atof(percent) >= STEAL_PERCENT)
		disturbs(d, "ask for CPUs of its own, or for a less crowded host; more "
			    "launches help little against a neighbour");
}

static void cgroup_quota(const struct facts *facts, struct disturbance *d)
{
	const char *text = facts_get(facts, "cgroup.cpu_max");
	const char *file = facts_get(facts, "cgroup.cpu_max_file");
	double quota_us, period_us, count = atof(facts_get(facts, "cpu.count"));
	bool is_v2 = strcmp(facts_get(facts, "cgroup.version"), "2") == 0;

	if (!*text) {
		find(d, "no CPU quota of a control group is visible");
		return;
	}
	find(d, "the control group sets no CPU quota");
	if (sscanf(text, "%lf %lf", &quota_us, &period_us) != 2 || period_us <= 0)
		return;
	find(d,
		"the control group may use %.3g CPUs of time; when that is used up all "
		"of it stops for the rest of each %.3g ms",
		quota_us / period_us, period_us / 1000);
	/* As much as all CPUs can never be used up. */
	if (count >= 1 && quota_us / period_us >= count)
		find(d, "the control group's CPU quota covers all %.0f CPUs", count);
	else
		disturbs(d,
			"echo %s > %s (from outside a container: start it without "
			"a CPU limit)",
			is_v2 ? "max" : "-1", file);
}

static void sched_fifo(const struct facts *facts, struct disturbance *d)
{
	const char *fifo = facts_get(facts, "sched.fifo");

	if (!*fifo) {
		find(d, "whether SCHED_FIFO is permitted could not be tried");
		return;
	}
	find(d, "SCHED_FIFO is %s", fifo);
	if (strcmp(fifo, "permitted") != 0)
		disturbs(d, "run as root, or: setcap cap_sys_nice+ep on the ipcmark "
			    "program, or raise RLIMIT_RTPRIO (rtprio in "
			    "/etc/security/limits.conf; docker --cap-add SYS_NICE)");
}

static void rt_throttling(const struct facts *facts, struct disturbance *d)
{
	const char *runtime = facts_get(facts, "sched.rt_runtime_us");
	int64_t runtime_us = atoll(runtime);
	int64_t period_us = atoll(facts_get(facts, "sched.rt_period_us"));

	if (!*runtime || period_us <= 0) {
		find(d, "the limit of real-time CPU time is unknown");
		return;
	}
	find(d, "real-time processes are never stopped");
	if (runtime_us < 0 || runtime_us >= period_us)
		return;
	find(d,
		"real-time processes that never sleep may be stopped for %.0f of every "
		"%.0f ms",
		(double)(period_us - runtime_us) / 1000, (double)period_us / 1000);
	/* Without SCHED_FIFO nothing of ours is real-time. */
	if (strcmp(facts_get(facts, "sched.fifo"), "permitted") == 0)
		disturbs(d, "sysctl kernel.sched_rt_runtime_us=-1 (a real-time process "
			    "that spins can then hold a CPU for ever)");
}

/* Only x86 has a choice that matters: elsewhere the one clock is the architecture's. */
static void clocksource(const struct facts *facts, struct disturbance *d)
{
	const char *source = facts_get(facts, "clocksource");
	const char *machine = facts_get(facts, "kernel.machine");
	bool is_x86 = strcmp(machine, "x86_64") == 0 ||
		      (machine[0] == 'i' && strcmp(machine + 2, "86") == 0);

	if (!*source) {
		find(d, "the kernel's clock source is not visible");
		return;
	}
	find(d, "the kernel's clock source is %s", source);
	if (!is_x86 || strcmp(source, "tsc") == 0)
		return;
	find(d, "the kernel's clock source is %s, not the TSC: stamps cost more", source);
	if (strstr(facts_get(facts, "clocksource.available"), "tsc"))
		disturbs(d, "echo tsc > /sys/devices/system/clocksource/clocksource0/"
			    "current_clocksource");
	else
		disturbs(d, "the kernel does not offer the TSC here: see 'dmesg | grep "
			    "-i tsc' for its reason, or boot with tsc=reliable where "
			    "the processor is known to be sound");
}

static bool may_lock_any(const struct facts *facts)
{
	const char *capabilities = facts_get(facts, "capabilities");

	return *capabilities && strtoull(capabilities, NULL, 16) >> CAP_IPC_LOCK & 1;
}

static void locked_memory(const struct facts *facts, struct disturbance *d)
{
	const char *limit = facts_get(facts, "limits.memlock");
	const char *swap = facts_get(facts, "memory.swap_total");

	if (may_lock_any(facts) || strcmp(limit, "unlimited") == 0) {
		find(d, "any amount of memory may be locked");
		return;
	}
	if (!*limit) {
		find(d, "how much memory may be locked is unknown");
		return;
	}
	find(d, "%.3g MiB of memory may be locked", strtod(limit, NULL) / 1048576);
	/* Without swap private memory stays where it is, locked or not. */
	if (strtoull(limit, NULL, 10) >= LOCKED_BYTES || strtoull(swap, NULL, 10) == 0)
		return;
	find(d, "only %.3g MiB of memory may be locked, and there is swap",
		strtod(limit, NULL) / 1048576);
	disturbs(d, "swapoff -a, or: ulimit -l unlimited (memlock in "
		    "/etc/security/limits.conf)");
}

static void huge_pages(const struct facts *facts, struct disturbance *d)
{
	const char *enabled = facts_get(facts, "thp.enabled");

	if (!*enabled) {
		find(d, "transparent huge pages are not visible");
		return;
	}
	find(d, "transparent huge pages: %s", enabled);
	if (strcmp(enabled, "always") != 0)
		return;
	find(d, "transparent huge pages are always used: whether a buffer gets one "
		"differs from launch to launch");
	disturbs(d, "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled");
}

static void numa_balancing(const struct facts *facts, struct disturbance *d)
{
	const char *balancing = facts_get(facts, "numa.balancing");
	const char *nodes = facts_get(facts, "numa.nodes");

	if (!strpbrk(nodes, ",-")) {
		find(d, *nodes ? "there is one NUMA node" : "NUMA nodes are not visible");
		return;
	}
	find(d, "NUMA balancing is %s",
		*balancing ? strcmp(balancing, "0") == 0 ? "off" : "on" : "not visible");
	if (!*balancing || strcmp(balancing, "0") == 0)
		return;
	find(d, "NUMA balancing is on: the kernel unmaps pages to see who uses them, and "
		"moves them");
	disturbs(d, "sysctl kernel.numa_balancing=0");
}

static void load(const struct facts *facts, struct disturbance *d)
{
	const char *average = facts_get(facts, "load.1");

	if (!*average) {
		find(d, "the load is unknown");
		return;
	}
	find(d, "the load of the last minute is %s", average);
	if (atof(average) >= LOAD)
		disturbs(d, "stop what runs (top shows it), or wait: the average "
			    "forgets within minutes");
}

/* Most machines set no CPU aside, and medians do not need it: said, not held against
 * them. */
static void isolation(const struct facts *facts, struct disturbance *d)
{
	const char *isolated = facts_get(facts, "cpu.isolated");

	if (*isolated)
		find(d, "CPUs %s are set aside (isolcpus): choose them with --cpus",
			isolated);
	else
		find(d, "no CPU is set aside (isolcpus), which matters for tails only");
}

static void build(const struct facts *facts, struct disturbance *d)
{
	const char *type = facts_get(facts, "build.type");
	const char *flags = facts_get(facts, "build.flags");

	find(d, "ipcmark was built as %s", *type ? type : "(no type)");
	if (strcmp(facts_get(facts, "build.is_optimized"), "0") == 0)
		find(d, "ipcmark was built without optimisation (%s)", type);
	else if (strstr(flags, "address") || strstr(flags, "undefined") ||
		 strstr(flags, "thread") || strstr(flags, "memory"))
		find(d, "ipcmark was built with sanitizers");
	else
		return;
	disturbs(d, "cmake --preset release && cmake --build --preset release");
}

/* In the order of how much they usually disturb. */
static const struct {
	const char *name;
	void (*look)(const struct facts *, struct disturbance *);
} things[] = {
	{ "build", build },
	{ "cpus", cpus },
	{ "load", load },
	{ "cgroup_quota", cgroup_quota },
	{ "hypervisor", hypervisor },
	{ "steal", steal },
	{ "governor", governor },
	{ "cpuidle", cpuidle },
	{ "sched_fifo", sched_fifo },
	{ "rt_throttling", rt_throttling },
	{ "clocksource", clocksource },
	{ "turbo", turbo },
	{ "smt", smt },
	{ "heat", heat },
	{ "numa_balancing", numa_balancing },
	{ "huge_pages", huge_pages },
	{ "locked_memory", locked_memory },
	{ "isolation", isolation },
};
#define THINGS (sizeof things / sizeof things[0])
_Static_assert(THINGS <= DISTURBANCES_MAX, "callers have room for DISTURBANCES_MAX");

size_t environment_disturbances(const struct facts *facts, struct disturbance *list)
{
	for (size_t i = 0; i < THINGS; i++) {
		list[i] = (struct disturbance) { .name = things[i].name };
		things[i].look(facts, &list[i]);
	}
	return THINGS;
}
