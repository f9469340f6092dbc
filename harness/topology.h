/* topology.h: where the two sides of a pair can run.
 *
 * Placements are found by walking caches, packages and NUMA nodes (hwloc), never by CPU
 * numbers. Without hwloc only `unpinned` and explicit pairs of CPUs are known. */
#ifndef IPCMARK_TOPOLOGY_H
#define IPCMARK_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "harness/base/why.h"

struct topology;

#define PLACEMENT_NAME 24
struct placement {
	char name[PLACEMENT_NAME]; /* "shared-l3", "cpus" for an explicit pair, "pair" for
				    * one of all-pairs */
	int cpu[2]; /* as the operating system numbers them; -1: not pinned */
	int node[2]; /* NUMA node beside each, -1: unknown */
	char relation[PLACEMENT_NAME]; /* the closest of the two: "shared-l3"; "": unknown
					*/
};

struct placements {
	struct placement *items; /* the caller frees them with placements_free() */
	size_t count;
	char note[320]; /* what was left out, in words, or "" */
};

/* One logical CPU. What encloses it is numbered; -1: the machine does not say. */
struct pu {
	int cpu; /* as the operating system numbers it */
	int node; /* the closest NUMA node, as the operating system numbers it */
	int core, l2, l3, package;
};

/* The names of all placements in the order of closeness, ends with NULL:
 * same-cpu smt shared-l2 shared-l3 same-package cross-package cross-numa unpinned
 * all-pairs. */
extern const char *const placement_names[];
/* One line about each, in the same order. */
extern const char *const placement_meanings[];

/* Loads this machine (`source` NULL), an hwloc XML file or a synthetic description. On
 * this machine only CPUs that the process may use count (cpuset and affinity mask).
 * Returns 0 and a topology that the caller frees, or -errno in words. */
int topology_load(const char *source, struct topology **topology, struct why *why);
void topology_free(struct topology *topology);

/* Is it this machine, so that sides can be bound? */
bool topology_is_here(const struct topology *topology);

/* Number of usable PUs. */
size_t topology_cpus(const struct topology *topology);

/* The usable PUs, neighbours together; topology_cpus() of them. */
const struct pu *topology_pus(const struct topology *topology);

/* Adds what `name` stands for. A name the machine cannot satisfy is an error in words:
 * what it would need, and which placements there are; `placements` is unchanged then. At
 * most `pairs_max` pairs come from all-pairs; the note says how they were chosen. */
int topology_place(const struct topology *topology, const char *name, size_t pairs_max,
	struct placements *placements, struct why *why);

/* Adds the explicit pair; CPUs that do not exist or are not allowed are an error in words
 * with the allowed ones. */
int topology_place_cpus(const struct topology *topology, int cpu_a, int cpu_b,
	struct placements *placements, struct why *why);

/* Adds each placement that the machine has, closest first, without all-pairs and unpinned
 * and without a second name for a pair of CPUs that is there already. */
int topology_place_all(
	const struct topology *topology, struct placements *placements, struct why *why);

void placements_free(struct placements *placements);

/* Binds this process's future memory to the node, best effort; nothing without hwloc. */
void topology_bind_memory(const struct topology *topology, int node);

/* Writes the hwloc XML of this machine to `path`. -ENOTSUP without hwloc. */
int topology_export(const struct topology *topology, const char *path, struct why *why);

/* A line a placement, what it picks here or why it is not there (`list placements`). */
void topology_list(const struct topology *topology, FILE *out);

#endif
