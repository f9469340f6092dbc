#include "harness/counters.h"

#include <dirent.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* perf_event_open(2): what a read of the group returns with these bits of read_format. */
struct reading {
	uint64_t count;
	uint64_t enabled_ns, running_ns;
	uint64_t values[2];
};

static int open_event(uint64_t config, int group_fd, bool is_user_only)
{
	struct perf_event_attr attr;

	memset(&attr, 0, sizeof attr);
	attr.size = sizeof attr;
	attr.type = PERF_TYPE_HARDWARE;
	attr.config = config;
	attr.exclude_kernel = is_user_only;
	attr.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED |
			   PERF_FORMAT_TOTAL_TIME_RUNNING;
	return (int)syscall(
		SYS_perf_event_open, &attr, 0, -1, group_fd, PERF_FLAG_FD_CLOEXEC);
}

static bool open_group(struct counters *counters, bool is_user_only)
{
	counters->is_user_only = is_user_only;
	counters->cycles_fd = open_event(PERF_COUNT_HW_CPU_CYCLES, -1, is_user_only);
	if (counters->cycles_fd < 0)
		return false;
	counters->instructions_fd = open_event(
		PERF_COUNT_HW_INSTRUCTIONS, counters->cycles_fd, is_user_only);
	if (counters->instructions_fd >= 0)
		return true;
	close(counters->cycles_fd);
	counters->cycles_fd = -1;
	return false;
}

void counters_open(struct counters *counters)
{
	*counters = (struct counters) { .cycles_fd = -1, .instructions_fd = -1 };
	/* perf_event_paranoid 2 leaves the process its own user mode only. */
	if (!open_group(counters, false))
		(void)open_group(counters, true);
}

void counters_close(struct counters *counters)
{
	if (counters->instructions_fd >= 0)
		close(counters->instructions_fd);
	if (counters->cycles_fd >= 0)
		close(counters->cycles_fd);
	*counters = (struct counters) { .cycles_fd = -1, .instructions_fd = -1 };
}

void counters_leave_threads(struct counters *counters)
{
	DIR *threads = counters->cycles_fd >= 0 ? opendir("/proc/self/task") : NULL;
	const struct dirent *entry;
	size_t count = 0;

	if (!threads)
		return;
	while ((entry = readdir(threads)))
		count += entry->d_name[0] != '.';
	closedir(threads);
	if (count > 1)
		counters_close(counters);
}

static int64_t scaled(const struct reading *reading, uint64_t value)
{
	if (reading->running_ns == reading->enabled_ns)
		return (int64_t)value;
	return (int64_t)((double)value * (double)reading->enabled_ns /
			 (double)reading->running_ns);
}

static void read_hardware(const struct counters *counters, struct cost *cost)
{
	struct reading reading;

	if (counters->cycles_fd < 0 ||
		read(counters->cycles_fd, &reading, sizeof reading) !=
			(ssize_t)sizeof reading ||
		reading.count != 2 || !reading.running_ns)
		return;
	cost->cycles = scaled(&reading, reading.values[0]);
	cost->instructions = scaled(&reading, reading.values[1]);
	cost->has_hardware = true;
	cost->is_user_only = counters->is_user_only;
}

static int64_t in_ns(struct timeval time)
{
	return (int64_t)time.tv_sec * 1000000000 + (int64_t)time.tv_usec * 1000;
}

void counters_read(const struct counters *counters, struct cost *cost)
{
	struct rusage usage;

	memset(cost, 0, sizeof *cost);
	/* It fails for a wrong argument only. */
	if (getrusage(RUSAGE_SELF, &usage) == 0) {
		cost->user_ns = in_ns(usage.ru_utime);
		cost->system_ns = in_ns(usage.ru_stime);
		cost->voluntary = usage.ru_nvcsw;
		cost->involuntary = usage.ru_nivcsw;
	}
	read_hardware(counters, cost);
}

void cost_add_difference(
	struct cost *sum, const struct cost *start, const struct cost *end)
{
	sum->user_ns += end->user_ns - start->user_ns;
	sum->system_ns += end->system_ns - start->system_ns;
	sum->voluntary += end->voluntary - start->voluntary;
	sum->involuntary += end->involuntary - start->involuntary;
	sum->has_hardware = (sum->has_hardware || !sum->pieces) && start->has_hardware &&
			    end->has_hardware;
	sum->is_user_only |= end->is_user_only;
	sum->pieces++;
	if (!sum->has_hardware)
		return;
	sum->cycles += end->cycles - start->cycles;
	sum->instructions += end->instructions - start->instructions;
}

void cost_add(struct cost *sum, const struct cost *more)
{
	const struct cost nothing = { .has_hardware = more->has_hardware };

	if (more->pieces)
		cost_add_difference(sum, &nothing, more);
}
