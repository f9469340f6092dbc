#include "harness/base/memory.h"

#include <sys/mman.h>

static void *map(size_t size, int flags)
{
	void *memory = mmap(NULL, size ? size : 1, PROT_READ | PROT_WRITE,
		flags | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void *memory_shared(size_t size)
{
	return map(size, MAP_SHARED);
}

void *memory_own(size_t size)
{
	return map(size, MAP_PRIVATE);
}

void memory_unmap(void *memory, size_t size)
{
	if (memory)
		munmap(memory, size ? size : 1);
}
