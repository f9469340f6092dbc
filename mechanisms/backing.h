/* backing.h: memory that two processes share, by the ways there are to get it. */
#ifndef IPCMARK_BACKING_H
#define IPCMARK_BACKING_H

#include "mechanisms/mechanism.h"

/* What the processes of a channel must know of its memory: two parts of the same size,
 * one for each side to send from. Part of channel->shared, zeroed at first. */
struct backing_memory {
	uint64_t part; /* bytes; create: in, at least; out, rounded to whole pages */
	char name[LEDGER_NAME]; /* where it has one */
	int handle; /* an inherited descriptor, or a System V id */
	bool is_made; /* the handle is one */
	uint64_t address; /* where it is mapped already in every process */
};

struct backing {
	/* Parent: makes the memory. */
	int (*create)(struct channel *channel, struct backing_memory *memory);
	/* Side: maps both parts and allocates its own, so that it is on its own node,
	 * and memory that is lacking is an error here instead of a SIGBUS later. */
	int (*attach)(struct channel *channel, const struct backing_memory *memory,
		unsigned char **map);
	/* Parent and sides, also half-way: what this process holds; `map` may be NULL.
	 * The parent's call removes the name: both sides have mapped the memory. */
	void (*detach)(struct channel *channel, struct backing_memory *memory,
		unsigned char *map, bool is_parent);
};

extern const struct backing backing_posix; /* shm_overview(7) */
extern const struct backing backing_sysv; /* shmget(2) */
extern const struct backing backing_memfd; /* memfd_create(2) */
extern const struct backing backing_file; /* mmap(2) of a file */
extern const struct backing backing_anon; /* mmap(2), MAP_ANONYMOUS */
extern const struct backing backing_huge; /* memfd_create(2), MFD_HUGETLB */

#endif
