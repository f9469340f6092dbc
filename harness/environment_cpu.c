/* The facts about processors: what they are, how their frequency and their sleep are
 * governed, and whether they are real. */
#include <ctype.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include "harness/environment_parts.h"

#define SYS_CPU "/sys/devices/system/cpu"

/* Keeps the first value of a line "name : value" of /proc/cpuinfo. */
static void take_cpuinfo(struct facts *facts, const char *name, const char *value)
{
	static const struct {
		const char *name, *key;
	} wanted[] = { { "model name", "cpu.model" }, { "cpu MHz", "cpu.mhz" },
		{ "microcode", "cpu.microcode" }, { "vendor_id", "cpu.vendor" },
		{ "cpu family", "cpu.family" }, { "model", "cpu.model_number" },
		{ "stepping", "cpu.stepping" },
		/* POWER, then Arm, which has numbers instead of names */
		{ "cpu", "cpu.model" }, { "CPU implementer", "cpu.vendor" },
		{ "CPU part", "cpu.model_number" }, { "CPU revision", "cpu.stepping" } };

	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
		if (strcmp(name, wanted[i].name) == 0 &&
			!*facts_get(facts, wanted[i].key))
			facts_set(facts, wanted[i].key, "%s", value);
}

static void take_flags(struct facts *facts, char *flags)
{
	static const char *const about_tsc[] = { "constant_tsc", "nonstop_tsc", "rdtscp",
		"tsc_reliable", "tsc_known_freq", "tsc_adjust" };

	if (*facts_get(facts, "cpu.flags_tsc"))
		return;
	for (char *rest, *flag = strtok_r(flags, " ", &rest); flag;
		flag = strtok_r(NULL, " ", &rest))
		for (size_t i = 0; i < sizeof about_tsc / sizeof about_tsc[0]; i++)
			if (strcmp(flag, about_tsc[i]) == 0)
				facts_set(facts, "cpu.flags_tsc", "%s%s%s",
					facts_get(facts, "cpu.flags_tsc"),
					*facts_get(facts, "cpu.flags_tsc") ? " " : "",
					flag);
}

static void collect_cpuinfo(struct facts *facts)
{
	static const char *const keys[] = { "cpu.model", "cpu.vendor", "cpu.family",
		"cpu.model_number", "cpu.stepping", "cpu.microcode", "cpu.mhz",
		"cpu.flags_tsc" };
	FILE *file = environment_open("/proc/cpuinfo");
	char *line = NULL;
	size_t size = 0;

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		facts_set(facts, keys[i], "%s", "");
	while (file && getline(&line, &size, file) > 0) {
		char *value = strchr(line, ':');
		char *end = value;

		if (!value)
			continue;
		while (end > line && isspace((unsigned char)end[-1]))
			end--;
		*end = '\0';
		value += 1 + strspn(value + 1, " \t");
		value[strcspn(value, "\n")] = '\0';
		if (strcmp(line, "flags") == 0)
			take_flags(facts, value);
		else
			take_cpuinfo(facts, line, value);
	}
	free(line);
	if (file)
		fclose(file);
}

/* The kernel refuses a mask shorter than its own; this one is longer than any. */
#define CPUS_MOST 8192u

static void collect_affinity(struct facts *facts)
{
	size_t size = CPU_ALLOC_SIZE(CPUS_MOST);
	cpu_set_t *mask = CPU_ALLOC(CPUS_MOST);

	facts_set(facts, "cpu.count", "%s", "");
	if (mask && sched_getaffinity(0, size, mask) == 0)
		facts_set(facts, "cpu.count", "%d", CPU_COUNT_S(size, mask));
	CPU_FREE(mask);
}

/* The caches of the first CPU that describes them: on hybrid processors one kind of core.
 */
static void collect_caches(struct facts *facts)
{
	char type[16], size[32];

	facts_set(facts, "cache.l1d", "%s", "");
	facts_set(facts, "cache.l2", "%s", "");
	facts_set(facts, "cache.l3", "%s", "");
	facts_set(facts, "cache.line", "%s", "");
	for (int index = 0; index < 16; index++) {
		int64_t level = environment_number(
			0, SYS_CPU "/cpu0/cache/index%d/level", index);
		int64_t line = environment_number(
			0, SYS_CPU "/cpu0/cache/index%d/coherency_line_size", index);
		char key[48];

		if (level < 1 || level > 4 ||
			environment_read(type, sizeof type,
				SYS_CPU "/cpu0/cache/index%d/type", index) ||
			environment_read(size, sizeof size,
				SYS_CPU "/cpu0/cache/index%d/size", index) ||
			strcmp(type, "Instruction") == 0)
			continue;
		snprintf(key, sizeof key, "cache.l%d%s", (int)level,
			strcmp(type, "Data") == 0 && level == 1 ? "d" : "");
		facts_set(facts, key, "%s", size);
		if (line > 0)
			facts_set(facts, "cache.line", "%d", (int)line);
	}
}

static void collect_mitigations(struct facts *facts)
{
	DIR *directory = environment_list(SYS_CPU "/vulnerabilities");
	char key[48], text[FACT_TEXT];
	const struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.' || strlen(entry->d_name) > 32)
			continue;
		snprintf(key, sizeof key, "mitigation.%.32s", entry->d_name);
		(void)environment_read(
			text, sizeof text, SYS_CPU "/vulnerabilities/%s", entry->d_name);
		facts_set(facts, key, "%s", text);
	}
	if (directory)
		closedir(directory);
}

/* Adds a word to a list "a, b" unless it is there. */
static void add_word(struct facts *facts, const char *key, const char *word)
{
	const char *words = facts_get(facts, key), *at = words;
	size_t length = strlen(word);

	while (*at) {
		size_t here = strcspn(at, ",");

		if (here == length && strncmp(at, word, length) == 0)
			return;
		at += here + strspn(at + here, ", ");
	}
	facts_set(facts, key, "%s%s%s", words, *words ? ", " : "", word);
}

/* Of the CPU with the deepest sleep: the greatest exit latency of a state that is not
 * disabled. Returns -1 where there are no states. */
static int64_t collect_idle_states(int cpu, char *words, size_t size)
{
	int64_t deepest = -1;
	size_t used = 0;

	words[0] = '\0';
	for (int state = 0; state < 16; state++) {
		char name[32];
		int64_t latency_us, disable;

		if (environment_read(name, sizeof name,
			    SYS_CPU "/cpu%d/cpuidle/state%d/name", cpu, state))
			break;
		latency_us = environment_number(
			-1, SYS_CPU "/cpu%d/cpuidle/state%d/latency", cpu, state);
		disable = environment_number(
			0, SYS_CPU "/cpu%d/cpuidle/state%d/disable", cpu, state);
		if (!disable && latency_us > deepest)
			deepest = latency_us;
		if (used < size)
			used += (size_t)snprintf(words + used, size - used,
				"%s%s %d us%s", used ? ", " : "", name, (int)latency_us,
				disable ? " off" : "");
	}
	return deepest;
}

static void collect_one_cpu(struct facts *facts, int cpu, int64_t *deepest_us)
{
	char text[FACT_TEXT];
	int64_t latency_us;

	if (!environment_read(
		    text, sizeof text, SYS_CPU "/cpu%d/cpufreq/scaling_driver", cpu))
		add_word(facts, "cpufreq.driver", text);
	if (!environment_read(
		    text, sizeof text, SYS_CPU "/cpu%d/cpufreq/scaling_governor", cpu))
		add_word(facts, "cpufreq.governor", text);
	if (!environment_read(
		    text, sizeof text, SYS_CPU "/cpu%d/cpufreq/scaling_min_freq", cpu))
		add_word(facts, "cpufreq.min_khz", text);
	if (!environment_read(
		    text, sizeof text, SYS_CPU "/cpu%d/cpufreq/scaling_max_freq", cpu))
		add_word(facts, "cpufreq.max_khz", text);
	latency_us = collect_idle_states(cpu, text, sizeof text);
	if (latency_us > *deepest_us) {
		*deepest_us = latency_us;
		facts_set(facts, "cpuidle.states", "%s", text);
		facts_set(facts, "cpuidle.latency_max_us", "%d", (int)latency_us);
	}
}

static void collect_turbo(struct facts *facts)
{
	int64_t no_turbo = environment_number(-1, SYS_CPU "/intel_pstate/no_turbo");
	int64_t boost = environment_number(-1, SYS_CPU "/cpufreq/boost");

	facts_set(facts, "cpufreq.turbo", "%s", "");
	if (no_turbo >= 0)
		facts_set(facts, "cpufreq.turbo", "%s", no_turbo ? "off" : "on");
	else if (boost >= 0)
		facts_set(facts, "cpufreq.turbo", "%s", boost ? "on" : "off");
}

/* Every CPU is asked: one left in powersave is enough to disturb. */
static void collect_power(struct facts *facts)
{
	static const char *const keys[] = { "cpuidle.driver", "cpuidle.governor",
		"cpuidle.states", "cpuidle.latency_max_us", "cpufreq.driver",
		"cpufreq.governor", "cpufreq.min_khz", "cpufreq.max_khz" };
	DIR *directory = environment_list(SYS_CPU);
	const struct dirent *entry;
	int64_t deepest_us = -1, throttled = -1;
	char text[64];

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		facts_set(facts, keys[i], "%s", "");
	if (!environment_read(text, sizeof text, SYS_CPU "/cpuidle/current_driver"))
		facts_set(facts, "cpuidle.driver", "%s", text);
	if (!environment_read(text, sizeof text, SYS_CPU "/cpuidle/current_governor") ||
		!environment_read(
			text, sizeof text, SYS_CPU "/cpuidle/current_governor_ro"))
		facts_set(facts, "cpuidle.governor", "%s", text);
	while (directory && (entry = readdir(directory))) {
		int64_t count;
		int cpu;

		if (strncmp(entry->d_name, "cpu", 3) != 0 ||
			!isdigit((unsigned char)entry->d_name[3]))
			continue;
		cpu = atoi(entry->d_name + 3);
		collect_one_cpu(facts, cpu, &deepest_us);
		count = environment_number(
			-1, SYS_CPU "/cpu%d/thermal_throttle/core_throttle_count", cpu);
		if (count > throttled)
			throttled = count;
	}
	if (directory)
		closedir(directory);
	facts_set(facts, "cpu.throttled_count", "%s", "");
	if (throttled >= 0)
		facts_set(facts, "cpu.throttled_count", "%lld", (long long)throttled);
	collect_turbo(facts);
}

#if defined(__x86_64__) || defined(__i386__)
/* Leaf 1 ECX bit 31 is set by hypervisors only; leaf 0x40000000 holds their name. Returns
 * whether there is one. */
static bool ask_processor(char name[static 32])
{
	static const struct {
		const char *signature, *name;
	} known[] = { { "KVMKVMKVM", "KVM" }, { "Microsoft Hv", "Hyper-V" },
		{ "VMwareVMware", "VMware" }, { "XenVMMXenVMM", "Xen" },
		{ "TCGTCGTCGTCG", "QEMU TCG" }, { "VBoxVBoxVBox", "VirtualBox" },
		{ "bhyve bhyve ", "bhyve" }, { " lrpepyh  vr", "Parallels" },
		{ "ACRNACRNACRN", "ACRN" } };
	unsigned eax, ebx, ecx, edx;
	char signature[13] = "";

	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & 1u << 31))
		return false;
	__cpuid(0x40000000, eax, ebx, ecx, edx);
	memcpy(signature, &ebx, 4);
	memcpy(signature + 4, &ecx, 4);
	memcpy(signature + 8, &edx, 4);
	snprintf(name, 32, "%s", signature[0] ? signature : "unnamed");
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcmp(signature, known[i].signature) == 0)
			snprintf(name, 32, "%s", known[i].name);
	return true;
}
#else
static bool ask_processor(char name[static 32])
{
	(void)name;
	return false;
}
#endif

/* Of the firmware's names only those count that no real machine has. */
static const char *virtual_product(const char *product)
{
	static const char *const products[] = { "QEMU", "KVM", "VMware", "VirtualBox",
		"Virtual Machine", "Bochs", "BHYVE", "HVM domU", "Firecracker",
		"OpenStack" };

	for (size_t i = 0; i < sizeof products / sizeof products[0]; i++)
		if (strstr(product, products[i]))
			return products[i];
	return "";
}

static void collect_machine(struct facts *facts)
{
	char vendor[128], product[256], type[32] = "";

	(void)environment_read(vendor, sizeof vendor, "/sys/class/dmi/id/sys_vendor");
	if (environment_read(product, sizeof product, "/sys/class/dmi/id/product_name"))
		(void)environment_read(
			product, sizeof product, "/proc/device-tree/model");
	facts_set(facts, "machine.model", "%s%s%s", vendor,
		*vendor && *product ? " " : "", product);
	facts_set(facts, "hypervisor", "%s", virtual_product(product));
	if (!*facts_get(facts, "hypervisor"))
		facts_set(facts, "hypervisor", "%s", virtual_product(vendor));
	if (!environment_read(type, sizeof type, "/sys/hypervisor/type") ||
		ask_processor(type))
		facts_set(facts, "hypervisor", "%s", type);
}

static void collect_steal(struct facts *facts)
{
	struct cpu_time time;
	double whole;

	facts_set(facts, "steal.percent", "%s", "");
	if (!environment_cpu_time(-1, &time))
		return;
	whole = (double)time.busy_ns + (double)time.idle_ns + (double)time.steal_ns;
	if (whole > 0)
		facts_set(facts, "steal.percent", "%.3f",
			100 * (double)time.steal_ns / whole);
}

void environment_cpu(struct facts *facts)
{
	collect_machine(facts);
	collect_cpuinfo(facts);
	collect_affinity(facts);
	collect_caches(facts);
	collect_mitigations(facts);
	collect_power(facts);
	collect_steal(facts);
}
