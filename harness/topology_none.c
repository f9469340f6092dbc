/* topology_none.c: the build without hwloc knows the CPUs of the process, not how they
 * lie. */
#include "harness/topology_inside.h"

#if !IPCMARK_HAS_HWLOC

#include <errno.h>
#include <stdlib.h>

static int fill(struct topology *topology, const cpu_set_t *set, size_t set_bytes)
{
	int count = CPU_COUNT_S(set_bytes, set);

	topology->pus = calloc((size_t)count + 1, sizeof *topology->pus);
	if (!topology->pus)
		return -ENOMEM;
	for (size_t cpu = 0; cpu < set_bytes * 8 && topology->count < (size_t)count;
		cpu++)
		if (CPU_ISSET_S(cpu, set_bytes, set))
			topology->pus[topology->count++] = (struct pu) {
				.cpu = (int)cpu,
				.node = -1,
				.core = -1,
				.l2 = -1,
				.l3 = -1,
				.package = -1,
			};
	return 0;
}

int topology_open(const char *source, struct topology *topology, struct why *why)
{
	cpu_set_t *set;
	size_t set_bytes;
	int error;

	if (source) {
		why_say(why, 0, "the topology '%.100s' needs a build with hwloc", source);
		return -ENOTSUP;
	}
	topology->is_here = true;
	error = topology_affinity(&set, &set_bytes);
	if (error)
		return why_say(why, -error, "ask which CPUs this process may use");
	error = fill(topology, set, set_bytes);
	CPU_FREE(set);
	return error ? why_say(why, -error, "hold the topology") : 0;
}

void topology_close(struct topology *topology)
{
	free(topology->pus);
}

void topology_bind_memory(const struct topology *topology, int node)
{
	(void)topology;
	(void)node;
}

int topology_export(const struct topology *topology, const char *path, struct why *why)
{
	(void)topology;
	why_say(why, 0, "writing the topology to '%.100s' needs a build with hwloc",
		path);
	return -ENOTSUP;
}

#endif
