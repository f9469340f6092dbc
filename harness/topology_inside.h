/* topology_inside.h: what the files of the topology module share.
 *
 * topology_hwloc.c, or topology_none.c, fills a plain table of PUs; topology.c finds
 * pairs in it; topology_place.c turns names into pairs, and failures into words. */
#ifndef IPCMARK_TOPOLOGY_INSIDE_H
#define IPCMARK_TOPOLOGY_INSIDE_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/topology.h"

/* In the order of placement_names. Up to PLACE_CROSS_PACKAGE they are relations too. */
enum placement_kind {
	PLACE_SAME_CPU,
	PLACE_SMT,
	PLACE_SHARED_L2,
	PLACE_SHARED_L3,
	PLACE_SAME_PACKAGE,
	PLACE_CROSS_PACKAGE,
	PLACE_CROSS_NUMA,
	PLACE_UNPINNED,
	PLACE_ALL_PAIRS,
	PLACEMENT_KINDS
};

struct topology {
	struct pu *pus; /* depth first, so that neighbours stand together */
	size_t count;
	size_t masked; /* how many PUs the affinity mask took away */
	bool is_here; /* this machine: sides can be bound */
	bool is_walked; /* caches, packages and nodes were looked at */
	/* What each placement picks; NULL: not there. */
	const struct pu *pairs[PLACE_CROSS_NUMA + 1][2];
	void *walk; /* the backend's own */
};

/* Fills `topology` (zeroed) with all PUs that the cpuset allows; topology.c applies the
 * affinity mask. 0 or -errno in words; topology_close() is called in either case. */
int topology_open(const char *source, struct topology *topology, struct why *why);
void topology_close(struct topology *topology);

/* The affinity mask of this process, of any length. The caller frees *set with
 * CPU_FREE(). 0 or -errno. See sched_getaffinity(2). */
int topology_affinity(cpu_set_t **set, size_t *set_bytes);

/* What a machine must have for each: "two CPUs in one core". */
extern const char *const placement_needs[PLACEMENT_KINDS];

/* The closest relation of two PUs. */
enum placement_kind topology_relation(const struct pu *a, const struct pu *b);

/* The pair that a placement picks; false where the machine has none. Not for unpinned and
 * all-pairs, which are no pair. */
bool topology_find(const struct topology *topology, enum placement_kind kind,
	const struct pu *pair[2]);
bool topology_offers(const struct topology *topology, enum placement_kind kind);

/* How many unordered pairs so many PUs make. */
uint64_t topology_pairs(size_t pus);

#endif
