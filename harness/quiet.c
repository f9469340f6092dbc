/* What the CPUs did and who made them: environment_cpu_time(), environment_quiet(). */
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/environment_parts.h"

#define BUSY_PERCENT 10.0

/* proc_stat(5): user nice system idle iowait irq softirq steal; guest time is in user. */
static bool parse_cpu_time(const char *numbers, struct cpu_time *time)
{
	const long hz = sysconf(_SC_CLK_TCK);
	uint64_t t[8] = { 0 };
	uint64_t tick_ns;

	if (hz <= 0 ||
		sscanf(numbers,
			"%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
			" %" SCNu64 " %" SCNu64 " %" SCNu64,
			&t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &t[6], &t[7]) < 4)
		return false;
	tick_ns = 1000000000u / (uint64_t)hz;
	time->busy_ns = (t[0] + t[1] + t[2] + t[5] + t[6]) * tick_ns;
	time->idle_ns = (t[3] + t[4]) * tick_ns;
	time->steal_ns = t[7] * tick_ns;
	return true;
}

bool environment_cpu_time(int cpu, struct cpu_time *time)
{
	FILE *file = environment_open("/proc/stat");
	char name[16] = "cpu";
	char *line = NULL;
	size_t size = 0, length;
	bool is_known = false;

	if (cpu >= 0)
		snprintf(name, sizeof name, "cpu%d", cpu);
	length = strlen(name);
	/* The lines of CPUs come first; the long ones of interrupts are not waited for.
	 */
	while (file && getline(&line, &size, file) > 0 && strncmp(line, "cpu", 3) == 0) {
		if (strncmp(line, name, length) != 0 || line[length] != ' ')
			continue;
		is_known = parse_cpu_time(line + length, time);
		break;
	}
	free(line);
	if (file)
		fclose(file);
	return is_known;
}

/* proc_pid_stat(5): the name may hold anything, so fields are counted from the last ')'.
 */
static bool parse_process(char *text, struct process *process)
{
	char *open = strchr(text, '('), *close = strrchr(text, ')');
	uint64_t user, system;
	int parent;

	if (!open || !close || close < open)
		return false;
	*close = '\0';
	if (sscanf(close + 1,
		    " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64
		    " %*d %*d %*d %*d %*d %*d %*u %*u %*d %*u %*u %*u %*u %*u %*u %*u %*u"
		    " %*u %*u %*u %*u %*u %*d %d",
		    &process->state, &parent, &user, &system, &process->cpu) != 5)
		return false;
	process->pid = (pid_t)strtol(text, NULL, 10);
	process->parent = (pid_t)parent;
	process->ticks = user + system;
	snprintf(process->name, sizeof process->name, "%s", open + 1);
	return true;
}

static void take_processes(struct snapshot *snapshot)
{
	DIR *directory = environment_list("/proc");
	const struct dirent *entry;
	size_t room = 0;
	char text[1024];

	while (directory && (entry = readdir(directory))) {
		struct process process;

		if (!isdigit((unsigned char)entry->d_name[0]) ||
			environment_read(
				text, sizeof text, "/proc/%s/stat", entry->d_name) ||
			!parse_process(text, &process))
			continue;
		if (snapshot->process_count == room) {
			size_t more = room ? 2 * room : 256;
			struct process *bigger = realloc(snapshot->processes,
				more * sizeof snapshot->processes[0]);

			if (!bigger)
				break;
			snapshot->processes = bigger;
			room = more;
		}
		snapshot->processes[snapshot->process_count++] = process;
	}
	if (directory)
		closedir(directory);
}

void snapshot_take(struct snapshot *snapshot, const int *cpus, size_t count)
{
	*snapshot = (struct snapshot) { .processes = NULL };
	snapshot->times = calloc(count ? count : 1, sizeof snapshot->times[0]);
	if (!snapshot->times)
		return;
	snapshot->time_count = count;
	snapshot->is_known = true;
	for (size_t i = 0; i < count; i++)
		if (!environment_cpu_time(cpus[i], &snapshot->times[i]))
			snapshot->is_known = false;
	take_processes(snapshot);
}

void snapshot_free(struct snapshot *snapshot)
{
	free(snapshot->processes);
	free(snapshot->times);
	*snapshot = (struct snapshot) { .processes = NULL };
}

static const struct process *find_process(const struct snapshot *snapshot, pid_t pid)
{
	for (size_t i = 0; i < snapshot->process_count; i++)
		if (snapshot->processes[i].pid == pid)
			return &snapshot->processes[i];
	return NULL;
}

/* Is `pid` the process `elder` or does it come from it? */
static bool descends(const struct snapshot *snapshot, pid_t pid, pid_t elder)
{
	/* Processes come and go while the table is read: a chain may even be a ring. */
	for (int generation = 0; generation < 64 && pid > 0; generation++) {
		const struct process *process;

		if (pid == elder)
			return true;
		process = find_process(snapshot, pid);
		pid = process ? process->parent : 0;
	}
	return false;
}

static bool is_family(const struct snapshot *snapshot, pid_t pid, pid_t self)
{
	return descends(snapshot, pid, self) || descends(snapshot, self, pid);
}

/* Who used most of this CPU: the process that ran on it last and used most time. */
static const struct process *busiest(
	const struct snapshot *before, const struct snapshot *after, int cpu, pid_t self)
{
	const struct process *most = NULL;
	uint64_t most_ticks = 0;

	for (size_t i = 0; i < after->process_count; i++) {
		const struct process *now = &after->processes[i];
		const struct process *then = find_process(before, now->pid);
		uint64_t ticks = now->ticks - (then ? then->ticks : 0);

		if ((cpu >= 0 && now->cpu != cpu) || now->pid == self ||
			(then && then->ticks > now->ticks) || ticks <= most_ticks)
			continue;
		most = now;
		most_ticks = ticks;
	}
	return most;
}

__attribute__((format(printf, 3, 4))) static void say(
	char *words, size_t size, const char *format, ...)
{
	size_t used = strlen(words);
	va_list arguments;

	if (used && used + 2 < size) {
		memcpy(words + used, "; ", 3);
		used += 2;
	}
	va_start(arguments, format);
	(void)vsnprintf(words + used, size - used, format, arguments);
	va_end(arguments);
}

static void say_cpu(const struct snapshot *before, const struct snapshot *after, size_t i,
	int cpu, pid_t self, char *words, size_t words_size)
{
	double busy = (double)after->times[i].busy_ns - (double)before->times[i].busy_ns;
	double idle = (double)after->times[i].idle_ns - (double)before->times[i].idle_ns;
	double steal = (double)after->times[i].steal_ns -
		       (double)before->times[i].steal_ns;
	double whole = busy + idle + steal;
	const struct process *by = busiest(before, after, cpu, self);
	char name[32] = "the machine";

	if (cpu >= 0)
		snprintf(name, sizeof name, "CPU %d", cpu);
	/* Idle time is estimated and may step back (proc_stat(5), iowait). */
	if (whole <= 0)
		return;
	if (busy / whole * 100 > BUSY_PERCENT && by)
		say(words, words_size, "%s is %.0f %% busy (most of it %s, process %d)",
			name, busy / whole * 100, by->name, (int)by->pid);
	else if (busy / whole * 100 > BUSY_PERCENT)
		say(words, words_size, "%s is %.0f %% busy", name, busy / whole * 100);
	if (steal / whole * 100 > BUSY_PERCENT)
		say(words, words_size, "%s loses %.0f %% to the hypervisor", name,
			steal / whole * 100);
}

void snapshot_compare(const struct snapshot *before, const struct snapshot *after,
	const int *cpus, pid_t self, char *words, size_t words_size)
{
	words[0] = '\0';
	if (before->is_known && after->is_known)
		for (size_t i = 0; i < after->time_count; i++)
			say_cpu(before, after, i, cpus[i], self, words, words_size);
	for (size_t i = 0; i < after->process_count; i++) {
		const struct process *other = &after->processes[i];
		const struct process *parent = find_process(after, other->parent);

		/* Its sides have its name too: the eldest speaks for all. */
		if (strcmp(other->name, "ipcmark") != 0 || other->state == 'Z' ||
			(parent && strcmp(parent->name, "ipcmark") == 0) ||
			is_family(after, other->pid, self))
			continue;
		say(words, words_size, "another ipcmark runs (process %d)",
			(int)other->pid);
	}
}

void environment_quiet(
	const int *cpus, size_t count, uint64_t watch_ns, char *words, size_t words_size)
{
	struct timespec left = { .tv_sec = (time_t)(watch_ns / 1000000000u),
		.tv_nsec = (long)(watch_ns % 1000000000u) };
	struct snapshot before, after;

	snapshot_take(&before, cpus, count);
	while (nanosleep(&left, &left))
		;
	snapshot_take(&after, cpus, count);
	snapshot_compare(&before, &after, cpus, getpid(), words, words_size);
	snapshot_free(&before);
	snapshot_free(&after);
}
