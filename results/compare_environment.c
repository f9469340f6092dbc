#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "harness/environment.h"
#include "results/compare.h"

/* What a difference is called; the most telling come first. A key that ends in '.' stands
 * for all that begin with it. */
static const struct {
	const char *key, *says;
} words[] = {
	{ "cpu.model", "CPU" },
	{ "machine.model", "machine" },
	{ "hypervisor", "hypervisor" },
	{ "container", "container" },
	{ "cpu.count", "number of CPUs" },
	{ "cpu.stepping", "CPU stepping" },
	{ "cpu.microcode", "microcode" },
	{ "kernel.release", "kernel" },
	{ "kernel.version", "kernel build" },
	{ "kernel.cmdline", "kernel command line" },
	{ "kernel.preempt", "kernel preemption" },
	{ "mitigation.", "mitigation" },
	{ "option.", "option" },
	{ "placement.", "CPUs" },
	{ "build.version", "ipcmark version" },
	{ "build.commit", "ipcmark commit" },
	{ "build.", "build" },
	{ "compiler", "compiler" },
	{ "libc", "C library" },
	{ "os.name", "system" },
	{ "host.name", "host" },
	{ "cpufreq.", "CPU frequency" },
	{ "cpuidle.", "CPU idle states" },
	{ "smt.", "SMT" },
	{ "clock", "clock" },
	{ "sched.", "scheduling" },
	{ "cgroup.", "control group" },
	{ "cache.", "cache" },
	{ "numa.", "NUMA" },
	{ "security.", "security" },
	{ "ipc.", "limit" },
};
#define WORDS (sizeof words / sizeof words[0])

/* What is another at each run, without being a difference. */
static const char *const passing[] = { "time.utc", "cpu.mhz", "clock.ns_per_tick",
	"clock.cost_ns", "clock.resolution_ns", "cpu.throttled_count",
	"cgroup.throttled_count", "cgroup.path", "cgroup.cpu_max_file", "load.", "steal.",
	"memory.available", "option.out", "option.command", "option.seed",
	"option.launches", "option.slices", "option.mechanisms", "option.tests",
	"option.sizes", "option.preset", "run.", "duet.id", "duet.role", "duet.planned",
	"duet.calibration" };

static bool begins(const char *key, const char *with)
{
	size_t length = strlen(with);

	return strncmp(key, with, length) == 0 &&
	       (with[length - 1] == '.' || !key[length]);
}

static bool is_passing(const char *key)
{
	for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
		if (begins(key, passing[i]))
			return true;
	return false;
}

/* WORDS where there are none. */
static size_t word_index(const char *key)
{
	size_t i = 0;

	while (i < WORDS && !begins(key, words[i].key))
		i++;
	return i;
}

static void take(const char *key, const char *value, void *context)
{
	if (!is_passing(key))
		facts_set(context, key, "%s", value);
}

static const struct fact *find(const struct facts *facts, const char *key)
{
	for (size_t i = 0; i < facts->count; i++)
		if (strcmp(facts->items[i].key, key) == 0)
			return &facts->items[i];
	return NULL;
}

/* "mitigation retbleed", "kernel". */
static int add(struct changes *changes, size_t index, const char *key, const char *base,
	const char *candidate)
{
	const char *dot = strchr(key, '.');
	char says[64];

	if (index == WORDS)
		snprintf(says, sizeof says, "%s", key);
	else if (words[index].key[strlen(words[index].key) - 1] == '.' && dot)
		snprintf(says, sizeof says, "%s %s", words[index].says, dot + 1);
	else
		snprintf(says, sizeof says, "%s", words[index].says);
	return changes_differ(changes, key, says, base, candidate);
}

/* "ipcmark 0.1.0 (4f2c9e1), Linux 6.1.0, 2026-11-21T03:00:00Z" */
static void describe(const struct run_directory *run, char *text, size_t size)
{
	static const struct {
		const char *key, *before, *after;
	} facts[] = {
		{ "build.version", "ipcmark ", "" },
		{ "build.commit", "commit ", "" },
		{ "kernel.release", "Linux ", "" },
		{ "time.utc", "", "" },
	};
	char value[80];
	size_t used = 0;

	*text = '\0';
	for (size_t i = 0; i < sizeof facts / sizeof facts[0] && used < size; i++)
		if (run_directory_environment(run, facts[i].key, value, sizeof value) &&
			*value)
			used += (size_t)snprintf(text + used, size - used, "%s%s%s%s",
				used ? ", " : "", facts[i].before, value, facts[i].after);
}

/* An option that is not there was left at its default; other facts that one of them does
 * not know at all were written by another version. */
static const char *value_in(const struct facts *facts, const char *key)
{
	const struct fact *fact = find(facts, key);

	return fact && (*fact->value || strncmp(key, "option.", 7)) ? fact->value
	       : strncmp(key, "option.", 7) == 0                    ? "the default"
								    : NULL;
}

/* Every key once: those of the first, then what only the other one has. */
static int add_differences(struct changes *changes, size_t index, const struct facts *one,
	const struct facts *other, bool is_second)
{
	const struct facts *walked = is_second ? other : one;
	int error = 0;

	for (size_t i = 0; !error && i < walked->count; i++) {
		const char *key = walked->items[i].key;
		const char *base = value_in(one, key), *candidate = value_in(other, key);

		if (word_index(key) == index && !(is_second && find(one, key)) && base &&
			candidate && strcmp(base, candidate))
			error = add(changes, index, key, base, candidate);
	}
	return error;
}

int compare_environments(struct changes *changes, const struct run_directory *base,
	const struct run_directory *candidate)
{
	struct facts one = { 0 }, other = { 0 };
	int error = 0;

	run_directory_each_fact(base, take, &one);
	run_directory_each_fact(candidate, take, &other);
	for (size_t index = 0; !error && index <= WORDS; index++) {
		error = add_differences(changes, index, &one, &other, false);
		if (!error)
			error = add_differences(changes, index, &one, &other, true);
	}
	facts_free(&one);
	facts_free(&other);
	describe(base, changes->base_says, sizeof changes->base_says);
	describe(candidate, changes->candidate_says, sizeof changes->candidate_says);
	return error;
}
