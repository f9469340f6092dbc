/* topology.c: which PUs there are, and how two of them lie to each other. */
#include "harness/topology.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/topology_inside.h"

const char *const placement_names[] = {
	[PLACE_SAME_CPU] = "same-cpu",
	[PLACE_SMT] = "smt",
	[PLACE_SHARED_L2] = "shared-l2",
	[PLACE_SHARED_L3] = "shared-l3",
	[PLACE_SAME_PACKAGE] = "same-package",
	[PLACE_CROSS_PACKAGE] = "cross-package",
	[PLACE_CROSS_NUMA] = "cross-numa",
	[PLACE_UNPINNED] = "unpinned",
	[PLACE_ALL_PAIRS] = "all-pairs",
	[PLACEMENT_KINDS] = NULL,
};

const char *const placement_meanings[] = {
	[PLACE_SAME_CPU] = "both sides on one CPU: they take turns",
	[PLACE_SMT] = "two hardware threads of one core",
	[PLACE_SHARED_L2] = "two cores that share an L2 cache",
	[PLACE_SHARED_L3] = "two cores that share an L3 cache, but no L2",
	[PLACE_SAME_PACKAGE] = "two cores of one package (socket) that share no L2 or L3",
	[PLACE_CROSS_PACKAGE] = "two cores in different packages (sockets)",
	[PLACE_CROSS_NUMA] =
		"two cores in different NUMA nodes, in one package if possible",
	[PLACE_UNPINNED] = "wherever the scheduler puts them",
	[PLACE_ALL_PAIRS] = "each pair of CPUs, for a map of the machine",
	[PLACEMENT_KINDS] = NULL,
};

/* What a machine must have; "smt needs ...". */
const char *const placement_needs[PLACEMENT_KINDS] = {
	[PLACE_SAME_CPU] = "a CPU",
	[PLACE_SMT] = "two CPUs in one core",
	[PLACE_SHARED_L2] = "two cores that share an L2 cache",
	[PLACE_SHARED_L3] = "two cores that share an L3 cache, but no L2",
	[PLACE_SAME_PACKAGE] = "two cores of one package that share no L2 or L3 cache",
	[PLACE_CROSS_PACKAGE] = "CPUs in two packages",
	[PLACE_CROSS_NUMA] = "CPUs in two NUMA nodes",
	[PLACE_UNPINNED] = "nothing",
	[PLACE_ALL_PAIRS] = "two CPUs",
};

int topology_affinity(cpu_set_t **set, size_t *set_bytes)
{
	/* The kernel refuses a set that is shorter than its own. */
	for (size_t cpus = 1024; cpus <= 1u << 20; cpus *= 2) {
		size_t bytes = CPU_ALLOC_SIZE(cpus);
		cpu_set_t *mask = CPU_ALLOC(cpus);
		int error;

		if (!mask)
			return -ENOMEM;
		CPU_ZERO_S(bytes, mask);
		if (sched_getaffinity(0, bytes, mask) == 0) {
			*set = mask;
			*set_bytes = bytes;
			return 0;
		}
		error = -errno;
		CPU_FREE(mask);
		if (error != -EINVAL)
			return error;
	}
	return -EINVAL;
}

/* Keeps the PUs that the process may run on. Where the mask cannot be asked for, pinning
 * will tell. */
static void apply_affinity(struct topology *topology)
{
	cpu_set_t *set;
	size_t set_bytes;
	size_t kept = 0;

	if (topology_affinity(&set, &set_bytes))
		return;
	for (size_t i = 0; i < topology->count; i++)
		if (CPU_ISSET_S((size_t)topology->pus[i].cpu, set_bytes, set))
			topology->pus[kept++] = topology->pus[i];
	topology->masked = topology->count - kept;
	topology->count = kept;
	CPU_FREE(set);
}

static bool is_shared(int a, int b)
{
	return a >= 0 && a == b;
}

enum placement_kind topology_relation(const struct pu *a, const struct pu *b)
{
	if (a->cpu == b->cpu)
		return PLACE_SAME_CPU;
	if (is_shared(a->core, b->core))
		return PLACE_SMT;
	if (is_shared(a->l2, b->l2))
		return PLACE_SHARED_L2;
	if (is_shared(a->l3, b->l3))
		return PLACE_SHARED_L3;
	/* A machine that tells of no packages (some virtual ones) counts as one. */
	return a->package == b->package ? PLACE_SAME_PACKAGE : PLACE_CROSS_PACKAGE;
}

static void keep_first(const struct pu *pair[2], const struct pu *a, const struct pu *b)
{
	if (pair[0])
		return;
	pair[0] = a;
	pair[1] = b;
}

/* Finds what each placement picks: the first PU that has a partner, and its first
 * partner. Relations are symmetric, so that the partner always comes later. One pass for
 * all, because on a large machine most of the time goes into what is not there. */
static void find_pairs(struct topology *topology)
{
	const struct pu *end = topology->pus + topology->count;
	const struct pu *across[2] = { NULL, NULL };
	const struct pu **numa = topology->pairs[PLACE_CROSS_NUMA];

	keep_first(topology->pairs[PLACE_SAME_CPU], topology->pus, topology->pus);
	if (!topology->is_walked)
		return;
	for (const struct pu *a = topology->pus; a < end; a++)
		for (const struct pu *b = a + 1; b < end; b++) {
			keep_first(topology->pairs[topology_relation(a, b)], a, b);
			if (a->node >= 0 && b->node >= 0 && a->node != b->node)
				keep_first(
					a->package == b->package ? numa : across, a, b);
		}
	keep_first(numa, across[0], across[1]);
}

int topology_load(const char *source, struct topology **topology, struct why *why)
{
	struct topology *made = calloc(1, sizeof *made);
	int error;

	if (!made)
		return why_say(why, ENOMEM, "hold the topology");
	error = topology_open(source, made, why);
	if (!error && made->is_here)
		apply_affinity(made);
	if (!error && !made->count)
		error = why_say(why, ENODEV,
			"find a CPU that this process may use in the topology");
	if (error) {
		topology_free(made);
		return error;
	}
	find_pairs(made);
	*topology = made;
	return 0;
}

void topology_free(struct topology *topology)
{
	if (!topology)
		return;
	topology_close(topology);
	free(topology);
}

bool topology_is_here(const struct topology *topology)
{
	return topology->is_here;
}

size_t topology_cpus(const struct topology *topology)
{
	return topology->count;
}

const struct pu *topology_pus(const struct topology *topology)
{
	return topology->pus;
}

bool topology_find(const struct topology *topology, enum placement_kind kind,
	const struct pu *pair[2])
{
	pair[0] = topology->pairs[kind][0];
	pair[1] = topology->pairs[kind][1];
	return pair[0];
}

bool topology_offers(const struct topology *topology, enum placement_kind kind)
{
	const struct pu *pair[2];

	if (kind == PLACE_UNPINNED)
		return true;
	if (kind == PLACE_ALL_PAIRS)
		return topology->is_walked && topology->count >= 2;
	return topology_find(topology, kind, pair);
}

uint64_t topology_pairs(size_t pus)
{
	return pus ? (uint64_t)pus * (pus - 1) / 2 : 0;
}

void topology_list(const struct topology *topology, FILE *out)
{
	for (enum placement_kind kind = 0; kind < PLACEMENT_KINDS; kind++) {
		const struct pu *pair[2];

		fprintf(out, "%-14s ", placement_names[kind]);
		if (!topology_offers(topology, kind)) {
			fprintf(out, "not here: needs %s\n",
				topology->is_walked ? placement_needs[kind]
						    : "a build with hwloc");
		} else if (kind == PLACE_UNPINNED) {
			fprintf(out, "%s\n", placement_meanings[kind]);
		} else if (kind == PLACE_ALL_PAIRS) {
			fprintf(out, "%llu pair%s of %zu CPUs\n",
				(unsigned long long)topology_pairs(topology->count),
				topology->count > 2 ? "s" : "", topology->count);
		} else if (topology_find(topology, kind, pair)) {
			fprintf(out, "CPU %d <-> CPU %d", pair[0]->cpu, pair[1]->cpu);
			if (kind == PLACE_CROSS_NUMA)
				fprintf(out, " (%s, nodes %d and %d)",
					placement_names[topology_relation(
						pair[0], pair[1])],
					pair[0]->node, pair[1]->node);
			fputc('\n', out);
		}
	}
}
