/* counters.h: what a stretch of work cost this process: CPU time, context switches and,
 * where the machine lets them be counted, cycles and instructions. */
#ifndef IPCMARK_COUNTERS_H
#define IPCMARK_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

struct counters {
	int cycles_fd; /* leads the group; -1: no hardware counters */
	int instructions_fd;
	bool is_user_only; /* the kernel's share may not be counted here */
};

struct cost {
	int64_t user_ns, system_ns;
	int64_t voluntary, involuntary; /* context switches */
	int64_t cycles, instructions; /* mean nothing unless has_hardware */
	bool has_hardware;
	bool is_user_only; /* so are the hardware counts */
	int32_t pieces; /* of a sum: how many differences are in it */
};

/* Opens the hardware counters of this process; without them, for whatever reason (no PMU,
 * perf_event_paranoid, seccomp, too few descriptors), the rest is counted alone. Counts
 * belong to the process that opened them: a forked child opens its own. */
void counters_open(struct counters *counters);
void counters_close(struct counters *counters);

/* The hardware counters count the thread that opened them, CPU time is that of all: where
 * there are several (a library's), the first are not read any more. */
void counters_leave_threads(struct counters *counters);

/* What this process used so far; one system call, and a second one with hardware
 * counters. User and system time have the precision of getrusage(2): where the kernel
 * accounts time by ticks the split is an estimate, the sum is not. A group that had to
 * share the PMU is scaled by the time it was counting; one that never counted is unknown.
 */
void counters_read(const struct counters *counters, struct cost *cost);

/* Adds what lies between two readings to a sum that starts as zeros. Its hardware counts
 * are known while every piece had them. */
void cost_add_difference(
	struct cost *sum, const struct cost *start, const struct cost *end);

/* Adds a sum to a sum. */
void cost_add(struct cost *sum, const struct cost *more);

#endif
