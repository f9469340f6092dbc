/* The facts about the control group this process is in: how much CPU it may use, and
 * which. cgroups(7), Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/environment_parts.h"

#define PATH_SIZE 512

struct hierarchy {
	bool is_v2;
	char path[PATH_SIZE]; /* of the group, as the kernel tells it */
	char mount[PATH_SIZE]; /* where it is seen */
	char root[PATH_SIZE]; /* the group that is seen there */
};

static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	while (*list) {
		size_t here = strcspn(list, ",\n");

		if (here == length && strncmp(list, word, length) == 0)
			return true;
		list += here + (list[here] != '\0');
	}
	return false;
}

/* Lines of /proc/self/cgroup are "number:controllers:path"; version 2 is "0::path". A
 * controller that a version 1 hierarchy holds is not in version 2. */
static bool find_path(const char *controller, struct hierarchy *found)
{
	FILE *file = environment_open("/proc/self/cgroup");
	char *line = NULL;
	size_t size = 0;
	bool is_found = false;

	while (file && getline(&line, &size, file) > 0) {
		char *controllers = strchr(line, ':');
		char *path = controllers ? strchr(controllers + 1, ':') : NULL;
		bool is_v2;

		if (!path)
			continue;
		*controllers++ = '\0';
		*path++ = '\0';
		path[strcspn(path, "\n")] = '\0';
		is_v2 = strcmp(line, "0") == 0 && !*controllers;
		if (!has_word(controllers, controller) && !(is_v2 && !is_found))
			continue;
		is_found = true;
		found->is_v2 = is_v2;
		snprintf(found->path, sizeof found->path, "%s", path);
	}
	free(line);
	if (file)
		fclose(file);
	return is_found;
}

/* proc_pid_mountinfo(5): "id parent dev root mount options ... - type source super". */
static bool find_mount(const char *controller, struct hierarchy *found)
{
	FILE *file = environment_open("/proc/self/mountinfo");
	char *line = NULL;
	size_t size = 0;
	bool is_found = false;

	while (file && !is_found && getline(&line, &size, file) > 0) {
		char root[PATH_SIZE], mount[PATH_SIZE], type[32], super[512];
		const char *tail = strstr(line, " - ");

		if (!tail || sscanf(line, "%*s %*s %*s %511s %511s", root, mount) != 2 ||
			sscanf(tail, " - %31s %*s %511s", type, super) != 2)
			continue;
		if (found->is_v2 ? strcmp(type, "cgroup2") != 0
				 : strcmp(type, "cgroup") != 0 ||
					   !has_word(super, controller))
			continue;
		is_found = true;
		memcpy(found->root, root, sizeof root);
		memcpy(found->mount, mount, sizeof mount);
	}
	free(line);
	if (file)
		fclose(file);
	return is_found;
}

/* Finds the group of a controller; `path` becomes relative to the mount. */
static bool find_group(const char *controller, struct hierarchy *found)
{
	size_t length;

	memset(found, 0, sizeof *found);
	if (!find_path(controller, found))
		return false;
	if (!find_mount(controller, found))
		return false;
	length = strlen(found->root);
	/* Without a namespace of its own a container sees a part of the tree only. */
	if (length > 1 && strncmp(found->path, found->root, length) == 0)
		memmove(found->path, found->path + length,
			strlen(found->path + length) + 1);
	return true;
}

/* CPUs' worth of time the group may use; false when there is no limit or no file. */
static bool read_quota(
	const struct hierarchy *group, char *text, size_t size, double *cpus)
{
	int64_t quota_us, period_us;

	if (group->is_v2) {
		if (environment_read(
			    text, size, "%s%s/cpu.max", group->mount, group->path))
			return false;
	} else {
		quota_us = environment_number(
			0, "%s%s/cpu.cfs_quota_us", group->mount, group->path);
		period_us = environment_number(
			0, "%s%s/cpu.cfs_period_us", group->mount, group->path);
		if (!quota_us || period_us <= 0)
			return false;
		if (quota_us < 0)
			snprintf(text, size, "max %" PRId64, period_us);
		else
			snprintf(text, size, "%" PRId64 " %" PRId64, quota_us, period_us);
	}
	*cpus = 0;
	if (sscanf(text, "%" SCNd64 " %" SCNd64, &quota_us, &period_us) == 2 &&
		period_us > 0)
		*cpus = (double)quota_us / (double)period_us;
	return true;
}

/* The tightest quota from the group up to what can be seen: each ancestor's counts. */
static void collect_quota(struct facts *facts, struct hierarchy *group)
{
	double tightest = 0;

	for (;;) {
		char text[64], *slash;
		double cpus;

		if (read_quota(group, text, sizeof text, &cpus)) {
			bool is_first = !*facts_get(facts, "cgroup.cpu_max");

			if (is_first ||
				(cpus > 0 && (tightest == 0 || cpus < tightest))) {
				facts_set(facts, "cgroup.cpu_max", "%s", text);
				facts_set(facts, "cgroup.cpu_max_file", "%s%s/%s",
					group->mount,
					strcmp(group->path, "/") == 0 ? "" : group->path,
					group->is_v2 ? "cpu.max" : "cpu.cfs_quota_us");
			}
			if (cpus > 0 && (tightest == 0 || cpus < tightest))
				tightest = cpus;
		}
		slash = strrchr(group->path, '/');
		if (!slash)
			break;
		*slash = '\0';
	}
}

static void collect_throttled(struct facts *facts, const struct hierarchy *group)
{
	char text[512];
	const char *count;

	(void)environment_read(
		text, sizeof text, "%s%s/cpu.stat", group->mount, group->path);
	count = strstr(text, "nr_throttled ");
	if (count)
		facts_set(facts, "cgroup.throttled_count", "%lld",
			atoll(count + strlen("nr_throttled ")));
}

void environment_cgroup(struct facts *facts)
{
	static const char *const keys[] = { "cgroup.version", "cgroup.path",
		"cgroup.cpu_max", "cgroup.cpu_max_file", "cgroup.cpuset",
		"cgroup.throttled_count" };
	struct hierarchy group;
	char text[FACT_TEXT];

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		facts_set(facts, keys[i], "%s", "");
	if (find_path("cpu", &group)) {
		facts_set(facts, "cgroup.version", "%d", group.is_v2 ? 2 : 1);
		facts_set(facts, "cgroup.path", "%s", group.path);
	}
	if (find_group("cpuset", &group)) {
		if (environment_read(text, sizeof text, "%s%s/cpuset.cpus.effective",
			    group.mount, group.path) &&
			environment_read(text, sizeof text, "%s%s/cpuset.effective_cpus",
				group.mount, group.path))
			(void)environment_read(text, sizeof text, "%s%s/cpuset.cpus",
				group.mount, group.path);
		facts_set(facts, "cgroup.cpuset", "%s", text);
	}
	if (find_group("cpu", &group)) {
		collect_throttled(facts, &group);
		collect_quota(facts, &group);
	}
}
