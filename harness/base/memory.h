/* memory.h: pages, zeroed, from the kernel; 0 bytes are one page. */
#ifndef IPCMARK_BASE_MEMORY_H
#define IPCMARK_BASE_MEMORY_H

#include <stddef.h>

/* Shared with all children forked from here on. NULL when there is no memory. */
void *memory_shared(size_t size);

/* This process's own. NULL when there is no memory. */
void *memory_own(size_t size);

/* Gives back; NULL is fine. */
void memory_unmap(void *memory, size_t size);

#endif
