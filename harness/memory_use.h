/* memory_use.h: how much memory this system and this process use, as procfs tells.
 *
 * A channel is paid for in places that are counted apart. Objects of the kernel are in
 * slabs, per-CPU memory and vmalloc, whose counters other processes move little; what a
 * process has itself, and has mapped, is asked of it. Data on its
 * way is in pages that no counter tells, those of pipes and of socket buffers: they are
 * what is left of the whole when everything is taken away that has a counter, and that
 * moves whenever anybody else takes or gives back memory. */
#ifndef IPCMARK_MEMORY_USE_H
#define IPCMARK_MEMORY_USE_H

#include <stdint.h>

#include "harness/base/why.h"

/* In bytes. */
struct memory_system {
	int64_t objects; /* slabs, per-CPU memory, vmalloc but for stacks */
	int64_t shared; /* pages of shared memory, mapped or not, and huge pages in use */
	int64_t kernel; /* all pages that no process and no file has, with the objects */
};
struct memory_process {
	int64_t tables; /* its page tables */
	int64_t shared; /* its share of the pages of shared memory that it maps */
	int64_t files; /* pages of files and huge pages that it maps, its own or not */
	int64_t faults; /* that took no reading from a disk, since its start */
};

/* 0, or -errno in words where the system does not tell. */
int memory_system(struct memory_system *use, struct why *why);
int memory_process(struct memory_process *use, struct why *why);

/* What memory the system could give without taking from anybody; 0 where it does not say.
 */
int64_t memory_available(void);

#endif
