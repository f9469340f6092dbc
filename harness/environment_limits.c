/* The facts about what the system allows: limits of memory, IPC and scheduling, rights.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/environment_parts.h"

/* One file, one fact; of "always [madvise] never" the chosen word counts. */
static const struct {
	const char *key, *path;
} files[] = {
	{ "cpu.online", "/sys/devices/system/cpu/online" },
	{ "cpu.isolated", "/sys/devices/system/cpu/isolated" },
	{ "cpu.nohz_full", "/sys/devices/system/cpu/nohz_full" },
	{ "smt.active", "/sys/devices/system/cpu/smt/active" },
	{ "smt.control", "/sys/devices/system/cpu/smt/control" },
	{ "numa.nodes", "/sys/devices/system/node/online" },
	{ "numa.balancing", "/proc/sys/kernel/numa_balancing" },
	{ "thp.enabled", "/sys/kernel/mm/transparent_hugepage/enabled" },
	{ "sched.rt_runtime_us", "/proc/sys/kernel/sched_rt_runtime_us" },
	{ "sched.rt_period_us", "/proc/sys/kernel/sched_rt_period_us" },
	{ "sched.autogroup", "/proc/sys/kernel/sched_autogroup_enabled" },
	{ "kernel.perf_event_paranoid", "/proc/sys/kernel/perf_event_paranoid" },
	{ "kernel.nmi_watchdog", "/proc/sys/kernel/nmi_watchdog" },
	{ "kernel.randomize_va_space", "/proc/sys/kernel/randomize_va_space" },
	{ "security.lsm", "/sys/kernel/security/lsm" },
	{ "ipc.pipe_max_size", "/proc/sys/fs/pipe-max-size" },
	{ "ipc.pipe_user_pages_soft", "/proc/sys/fs/pipe-user-pages-soft" },
	{ "ipc.pipe_user_pages_hard", "/proc/sys/fs/pipe-user-pages-hard" },
	{ "ipc.mqueue_msg_max", "/proc/sys/fs/mqueue/msg_max" },
	{ "ipc.mqueue_msgsize_max", "/proc/sys/fs/mqueue/msgsize_max" },
	{ "ipc.mqueue_queues_max", "/proc/sys/fs/mqueue/queues_max" },
	{ "ipc.wmem_default", "/proc/sys/net/core/wmem_default" },
	{ "ipc.wmem_max", "/proc/sys/net/core/wmem_max" },
	{ "ipc.rmem_default", "/proc/sys/net/core/rmem_default" },
	{ "ipc.rmem_max", "/proc/sys/net/core/rmem_max" },
	{ "ipc.tcp_wmem", "/proc/sys/net/ipv4/tcp_wmem" },
	{ "ipc.tcp_rmem", "/proc/sys/net/ipv4/tcp_rmem" },
	{ "ipc.unix_max_dgram_qlen", "/proc/sys/net/unix/max_dgram_qlen" },
	{ "ipc.shmmax", "/proc/sys/kernel/shmmax" },
	{ "ipc.shmall", "/proc/sys/kernel/shmall" },
	{ "ipc.msgmax", "/proc/sys/kernel/msgmax" },
	{ "ipc.msgmnb", "/proc/sys/kernel/msgmnb" },
	{ "ipc.sem", "/proc/sys/kernel/sem" },
};

#ifdef __GLIBC__
#define RESOURCE __rlimit_resource_t
#else
#define RESOURCE int
#endif
static const struct {
	const char *key;
	RESOURCE resource;
} limits[] = {
	{ "limits.nofile", RLIMIT_NOFILE },
	{ "limits.msgqueue", RLIMIT_MSGQUEUE },
	{ "limits.memlock", RLIMIT_MEMLOCK },
	{ "limits.rtprio", RLIMIT_RTPRIO },
	{ "limits.sigpending", RLIMIT_SIGPENDING },
	{ "limits.nproc", RLIMIT_NPROC },
	{ "limits.as", RLIMIT_AS },
};

static void collect_files(struct facts *facts)
{
	char text[256];

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		char *chosen;

		(void)environment_read(text, sizeof text, "%s", files[i].path);
		/* Some kernels print a missing nohz_full mask so. */
		if (strstr(text, "(null)"))
			text[0] = '\0';
		chosen = strchr(text, '[');
		if (chosen)
			chosen[1 + strcspn(chosen + 1, "]")] = '\0';
		facts_set(facts, files[i].key, "%s", chosen ? chosen + 1 : text);
	}
}

static void collect_rlimits(struct facts *facts)
{
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		struct rlimit limit;

		facts_set(facts, limits[i].key, "%s", "");
		if (getrlimit(limits[i].resource, &limit))
			continue;
		if (limit.rlim_cur == RLIM_INFINITY)
			facts_set(facts, limits[i].key, "unlimited");
		else
			facts_set(facts, limits[i].key, "%llu",
				(unsigned long long)limit.rlim_cur);
	}
}

/* Whether the kernel grants SCHED_FIFO depends on capabilities, RLIMIT_RTPRIO, cgroups
 * and seccomp; a child asks, so that this process stays as it is. */
static void collect_fifo(struct facts *facts)
{
	const struct sched_param lowest = { .sched_priority = 1 };
	pid_t pid;
	int status;

	facts_set(facts, "sched.fifo", "%s", "");
	pid = fork();
	if (pid == 0)
		_exit(sched_setscheduler(0, SCHED_FIFO, &lowest) ? errno : 0);
	if (pid < 0)
		return;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return;
	if (!WIFEXITED(status))
		return;
	if (WEXITSTATUS(status))
		facts_set(facts, "sched.fifo", "refused: %s",
			strerror(WEXITSTATUS(status)));
	else
		facts_set(facts, "sched.fifo", "permitted");
}

static const char *policy_name(int policy)
{
	switch (policy & ~SCHED_RESET_ON_FORK) {
	case SCHED_OTHER:
		return "other";
	case SCHED_FIFO:
		return "fifo";
	case SCHED_RR:
		return "rr";
	case SCHED_BATCH:
		return "batch";
	case SCHED_IDLE:
		return "idle";
	default:
		return "";
	}
}

/* Takes the value of the lines "Name:  value" of a file of procfs. */
static void collect_lines(
	struct facts *facts, const char *path, const char *name, const char *key)
{
	FILE *file = environment_open(path);
	char *line = NULL;
	size_t size = 0, length = strlen(name);

	facts_set(facts, key, "%s", "");
	while (file && getline(&line, &size, file) > 0) {
		char *value = line + length;

		if (strncmp(line, name, length) != 0 || *value != ':')
			continue;
		value += 1 + strspn(value + 1, " \t");
		value[strcspn(value, "\n")] = '\0';
		facts_set(facts, key, "%s", value);
	}
	free(line);
	if (file)
		fclose(file);
}

static bool exists(const char *path)
{
	FILE *file = environment_open(path);

	if (!file)
		return false;
	fclose(file);
	return true;
}

/* Hints only: nothing tells for certain, and "" may still be a container. */
static void collect_container(struct facts *facts)
{
	static const char *const kinds[] = { "kubepods", "docker", "libpod", "lxc",
		"containerd", "garden" };
	char text[4096];

	facts_set(facts, "container", "%s", "");
	(void)environment_read(text, sizeof text, "/proc/self/cgroup");
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strstr(text, kinds[i])) {
			facts_set(facts, "container", "%s", kinds[i]);
			return;
		}
	if (exists("/run/.containerenv"))
		facts_set(facts, "container", "podman");
	else if (exists("/.dockerenv"))
		facts_set(facts, "container", "docker");
	else if (!environment_read(text, sizeof text, "/run/systemd/container"))
		facts_set(facts, "container", "%s", text);
}

static void collect_load(struct facts *facts)
{
	char text[128];

	(void)environment_read(text, sizeof text, "/proc/loadavg");
	facts_set(facts, "load.1", "%.*s", (int)strcspn(text, " "), text);
}

void environment_limits(struct facts *facts)
{
	collect_files(facts);
	collect_rlimits(facts);
	collect_fifo(facts);
	facts_set(facts, "sched.policy", "%s", policy_name(sched_getscheduler(0)));
	facts_set(facts, "user.is_root", "%d", geteuid() == 0);
	collect_lines(facts, "/proc/self/status", "CapEff", "capabilities");
	collect_lines(facts, "/proc/self/status", "Cpus_allowed_list", "cpu.allowed");
	collect_lines(facts, "/proc/self/status", "Seccomp", "security.seccomp");
	collect_lines(facts, "/proc/meminfo", "MemTotal", "memory.total");
	collect_lines(facts, "/proc/meminfo", "MemAvailable", "memory.available");
	collect_lines(facts, "/proc/meminfo", "SwapTotal", "memory.swap_total");
	collect_container(facts);
	collect_load(facts);
}
