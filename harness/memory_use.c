#include "harness/memory_use.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness/base/text.h"

#define PROC_TEXT 8192

/* Some counters are kept by each CPU and added up now and then; whoever may asks for it.
 */
static void settle_counters(void)
{
	int fd = open("/proc/sys/vm/stat_refresh", O_RDONLY | O_CLOEXEC);
	char byte;

	if (fd < 0)
		return;
	(void)!read(fd, &byte, 1);
	close(fd);
}

/* "Name:   123 kB" of a file of procfs, in bytes; -1 where it has no such line. */
static int64_t field(const char *text, const char *name, int64_t unit)
{
	size_t length = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, length) == 0 && line[length] == ':')
			return strtoll(line + length + 1, NULL, 10) * unit;
	}
	return -1;
}

/* The same of a part that some systems do not have: then it is nothing. */
static int64_t part(const char *text, const char *name)
{
	int64_t bytes = field(text, name, 1024);

	return bytes < 0 ? 0 : bytes;
}

static int read_file(const char *path, char text[PROC_TEXT], struct why *why)
{
	int error = text_file(path, text, PROC_TEXT);

	return error ? why_say(why, -error, "read %s", path) : 0;
}

int memory_system(struct memory_system *use, struct why *why)
{
	char text[PROC_TEXT];
	int64_t total, free_bytes, cached, shared, slab;
	int error;

	settle_counters();
	error = read_file("/proc/meminfo", text, why);
	if (error)
		return error;
	total = field(text, "MemTotal", 1024);
	free_bytes = field(text, "MemFree", 1024);
	cached = field(text, "Cached", 1024);
	shared = field(text, "Shmem", 1024);
	slab = field(text, "Slab", 1024);
	if (total < 0 || free_bytes < 0 || cached < 0 || shared < 0 || slab < 0)
		return why_say(why, ENOTSUP,
			"/proc/meminfo does not tell MemTotal, MemFree, Cached, Shmem and Slab");
	use->objects = slab + part(text, "Percpu") + part(text, "VmallocUsed") -
		       part(text, "KernelStack");
	use->kernel = total - free_bytes - cached - part(text, "Buffers") -
		      part(text, "SwapCached") - part(text, "AnonPages") -
		      part(text, "PageTables") - part(text, "Hugetlb");
	use->shared = shared + (field(text, "HugePages_Total", 1) -
				       field(text, "HugePages_Free", 1)) *
				       part(text, "Hugepagesize");
	return 0;
}

/* A page of shared memory is divided among those that map it. Where several processes
 * come from one, that is done with nothing else: what they have inherited is the same for
 * all, and their shares of it are not. */
int memory_process(struct memory_process *use, struct why *why)
{
	char text[PROC_TEXT];
	struct rusage usage;
	int64_t files;
	int error = read_file("/proc/self/smaps_rollup", text, why);

	if (error)
		return error;
	use->shared = field(text, "Pss_Shmem", 1024);
	use->files = part(text, "Shared_Hugetlb") + part(text, "Private_Hugetlb");
	error = read_file("/proc/self/status", text, why);
	if (error)
		return error;
	files = field(text, "RssFile", 1024);
	if (use->shared < 0 || files < 0)
		return why_say(why, ENOTSUP,
			"/proc/self does not tell Pss_Shmem in smaps_rollup and RssFile in "
			"status, as Linux 5.9 does");
	use->tables = part(text, "VmPTE");
	use->files += files;
	getrusage(RUSAGE_SELF, &usage);
	use->faults = usage.ru_minflt;
	return 0;
}

int64_t memory_available(void)
{
	char text[PROC_TEXT];

	return read_file("/proc/meminfo", text, NULL) ? 0 : part(text, "MemAvailable");
}
