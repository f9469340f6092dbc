#include "harness/environment.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include "build_info.h"
#include "harness/base/text.h"
#include "harness/environment_parts.h"

static const char *environment_prefix = "";

void environment_root(const char *root)
{
	environment_prefix = root;
}

__attribute__((format(printf, 3, 0))) static int rooted(
	char *path, size_t size, const char *format, va_list arguments)
{
	size_t used = strlen(environment_prefix);

	if (used >= size)
		return -ENAMETOOLONG;
	memcpy(path, environment_prefix, used);
	if (vsnprintf(path + used, size - used, format, arguments) >= (int)(size - used))
		return -ENAMETOOLONG;
	return 0;
}

int environment_read(char *text, size_t size, const char *format, ...)
{
	char path[1024];
	va_list arguments;
	int error;

	va_start(arguments, format);
	error = rooted(path, sizeof path, format, arguments);
	va_end(arguments);
	if (!error)
		error = text_file(path, text, size);
	if (error)
		text[0] = '\0';
	return error;
}

int64_t environment_number(int64_t otherwise, const char *format, ...)
{
	char path[1024];
	va_list arguments;
	int error;

	va_start(arguments, format);
	error = rooted(path, sizeof path, format, arguments);
	va_end(arguments);
	return error ? otherwise : text_file_number(path, otherwise);
}

FILE *environment_open(const char *path)
{
	char whole[1024];

	if (snprintf(whole, sizeof whole, "%s%s", environment_prefix, path) >=
		(int)sizeof whole)
		return NULL;
	return fopen(whole, "re");
}

DIR *environment_list(const char *path)
{
	char whole[1024];

	if (snprintf(whole, sizeof whole, "%s%s", environment_prefix, path) >=
		(int)sizeof whole)
		return NULL;
	return opendir(whole);
}

/* os-release(5): shell-like assignments; the first of the two files that exists counts.
 */
static void collect_os(struct facts *facts)
{
	FILE *file = environment_open("/etc/os-release");
	char *line = NULL;
	size_t size = 0;

	facts_set(facts, "os.name", "%s", "");
	if (!file)
		file = environment_open("/usr/lib/os-release");
	while (file && getline(&line, &size, file) > 0) {
		char *value = line + strlen("PRETTY_NAME=");

		if (strncmp(line, "PRETTY_NAME=", strlen("PRETTY_NAME=")) != 0)
			continue;
		value += strspn(value, "\"'");
		value[strcspn(value, "\"'\n")] = '\0';
		facts_set(facts, "os.name", "%s", value);
	}
	free(line);
	if (file)
		fclose(file);
}

/* What can be switched at run time is in debugfs, which only root sees; else the version
 * string says what the kernel was built with. */
static void collect_preempt(struct facts *facts, const char *version)
{
	char text[128], *open, *word;

	facts_set(facts, "kernel.preempt", "%s", "");
	if (environment_number(0, "/sys/kernel/realtime") == 1) {
		facts_set(facts, "kernel.preempt", "rt");
		return;
	}
	if (!environment_read(text, sizeof text, "/sys/kernel/debug/sched/preempt")) {
		open = strchr(text, '(');
		if (open)
			facts_set(facts, "kernel.preempt", "%.*s",
				(int)strcspn(open + 1, ")"), open + 1);
		return;
	}
	snprintf(text, sizeof text, "%s", version);
	word = strstr(text, "PREEMPT");
	if (word) {
		word[strcspn(word, " ")] = '\0';
		facts_set(facts, "kernel.preempt", "%s", word);
	}
}

static void collect_kernel(struct facts *facts)
{
	struct utsname name;
	char text[FACT_TEXT];

	if (uname(&name))
		memset(&name, 0, sizeof name);
	facts_set(facts, "host.name", "%s", name.nodename);
	collect_os(facts);
	facts_set(facts, "kernel.name", "%s", name.sysname);
	facts_set(facts, "kernel.release", "%s", name.release);
	facts_set(facts, "kernel.version", "%s", name.version);
	facts_set(facts, "kernel.machine", "%s", name.machine);
	(void)environment_read(text, sizeof text, "/proc/cmdline");
	facts_set(facts, "kernel.cmdline", "%s", text);
	collect_preempt(facts, name.version);
}

static void collect_clock(struct facts *facts, const struct clock *clock)
{
	char text[256];

	(void)environment_read(text, sizeof text,
		"/sys/devices/system/clocksource/clocksource0/current_clocksource");
	facts_set(facts, "clocksource", "%s", text);
	(void)environment_read(text, sizeof text,
		"/sys/devices/system/clocksource/clocksource0/available_clocksource");
	facts_set(facts, "clocksource.available", "%s", text);
	facts_set(facts, "clock.kind", "%s", clock->is_tsc ? "tsc" : "monotonic");
	facts_set(facts, "clock.ns_per_tick", "%.9g", clock->ns_per_tick);
	facts_set(facts, "clock.cost_ns", "%.2f", clock->cost_ns);
	facts_set(facts, "clock.resolution_ns", "%.2f", clock->resolution_ns);
}

static void collect_build(struct facts *facts)
{
#ifdef __GLIBC__
	facts_set(facts, "libc", "glibc %s", gnu_get_libc_version());
#else
	facts_set(facts, "libc", "not glibc (musl or another)");
#endif
#ifdef __clang__
	facts_set(facts, "compiler", "%s", __VERSION__);
#else
	facts_set(facts, "compiler", "GCC %s", __VERSION__);
#endif
	facts_set(facts, "build.version", "%s", BUILD_VERSION);
	facts_set(facts, "build.commit", "%s", BUILD_COMMIT);
	facts_set(facts, "build.type", "%s", BUILD_TYPE);
	facts_set(facts, "build.flags", "%s", BUILD_FLAGS);
#ifdef __OPTIMIZE__
	facts_set(facts, "build.is_optimized", "1");
#else
	facts_set(facts, "build.is_optimized", "0");
#endif
}

static void collect_time(struct facts *facts)
{
	time_t now = time(NULL);
	struct tm utc;
	char text[32];

	if (now == (time_t)-1 || !gmtime_r(&now, &utc) ||
		!strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc))
		text[0] = '\0';
	facts_set(facts, "time.utc", "%s", text);
}

void environment_collect(struct facts *facts, const struct clock *clock)
{
	collect_time(facts);
	collect_kernel(facts);
	collect_build(facts);
	environment_cpu(facts);
	collect_clock(facts, clock);
	environment_cgroup(facts);
	environment_limits(facts);
}
