/* environment_parts.h: what the parts of environment.h share; nobody else includes it but
 * their tests. */
#ifndef IPCMARK_ENVIRONMENT_PARTS_H
#define IPCMARK_ENVIRONMENT_PARTS_H

#include <dirent.h>
#include <stdio.h>
#include <sys/types.h>

#include "harness/environment.h"

/* /proc, /sys, /etc and /run are looked for under `root` from now on ("" is this
 * machine), so that a test can describe a machine in a directory. The text must stay. */
void environment_root(const char *root);

/* Reads a small file, printf format for its path. Without it `text` is "" and the result
 * is -errno. */
int environment_read(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same as a number, or `otherwise`. */
int64_t environment_number(int64_t otherwise, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* NULL when it is not there. */
FILE *environment_open(const char *path);
DIR *environment_list(const char *path);

/* The facts of each part. */
void environment_cpu(struct facts *facts);
void environment_cgroup(struct facts *facts);
void environment_limits(struct facts *facts);

/* Every process and what the chosen CPUs did, at one moment. Snapshots are released with
 * snapshot_free(). */
struct process {
	pid_t pid, parent;
	char state, name[16];
	int cpu; /* where it ran last */
	uint64_t ticks; /* CPU time it used */
};
struct snapshot {
	struct process *processes;
	size_t process_count;
	struct cpu_time *times; /* one a chosen CPU */
	size_t time_count;
	bool is_known; /* false without procfs */
};
void snapshot_take(struct snapshot *snapshot, const int *cpus, size_t count);
void snapshot_free(struct snapshot *snapshot);
/* What happened between two snapshots, as environment_quiet() says it; `self` is the
 * process whose own family does not count. */
void snapshot_compare(const struct snapshot *before, const struct snapshot *after,
	const int *cpus, pid_t self, char *words, size_t words_size);

#endif
