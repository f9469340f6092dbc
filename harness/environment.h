/* environment.h: what machine, system and build a run was made with. */
#ifndef IPCMARK_ENVIRONMENT_H
#define IPCMARK_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/clock.h"
#include "results/run_directory.h"

#define FACT_TEXT 1024
struct fact {
	char key[48]; /* "cpu.model", "kernel.release", "mitigation.spectre_v2" */
	char value[FACT_TEXT]; /* "" when the machine does not say */
};
struct facts {
	struct fact *items; /* freed by facts_free() */
	size_t count;
};

/* Adds or replaces a fact; printf format. Out of memory ends the program. */
void facts_set(struct facts *facts, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The value, or "" when there is none. */
const char *facts_get(const struct facts *facts, const char *key);
void facts_free(struct facts *facts);

/* Writes them as the environment of a run. 0 or -errno in words. */
int facts_put(
	const struct facts *facts, struct run_directory *directory, struct why *why);

/* Collects everything: CPU, caches, kernel, command line, mitigations, microcode,
 * hypervisor, clocksource, cpuidle, cpufreq, SMT, NUMA, cgroup limits, rlimits, IPC
 * limits, capabilities, scheduling limits, load, steal, libc, compiler, flags, commit. */
void environment_collect(struct facts *facts, const struct clock *clock);

/* CPU time of one CPU (or of all: cpu -1) since boot in nanoseconds, from /proc/stat.
 * Returns false without procfs. */
struct cpu_time {
	uint64_t busy_ns, idle_ns, steal_ns;
};
bool environment_cpu_time(int cpu, struct cpu_time *time);

/* Watches the CPUs for `watch_ns` and says in words which of them are busy (above 10 %)
 * and whether another ipcmark runs; "" when all is quiet. */
void environment_quiet(
	const int *cpus, size_t count, uint64_t watch_ns, char *words, size_t words_size);

/* One thing that disturbs measurements here. */
struct disturbance {
	const char *name; /* "governor" */
	char finding[256]; /* "the governor is powersave" */
	char remedy[320]; /* "cpupower frequency-set -g performance", or "" */
	bool is_disturbing;
};
#define DISTURBANCES_MAX 24
/* Looks at governor, turbo, SMT siblings, steal, cpuidle, cgroup quota, SCHED_FIFO,
 * locked memory, clocksource, hypervisor, load, isolated CPUs, ASLR-independent things
 * that matter. Returns how many were written. */
size_t environment_disturbances(const struct facts *facts, struct disturbance *list);

#endif
