#include "mechanisms/page_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

static size_t pages_of(size_t size, size_t page_size)
{
	return (size + page_size - 1) / page_size;
}

size_t page_pool_size(const struct channel *channel, size_t on_their_way)
{
	size_t page_size = (size_t)sysconf(_SC_PAGESIZE);

	return 2 * pages_of(channel->size_max, page_size) +
	       pages_of(on_their_way, page_size);
}

int page_pool_attach(
	struct channel *channel, struct page_pool *pool, struct page_pool_shared *shared)
{
	void *memory;

	pool->shared = shared;
	pool->page_size = (size_t)sysconf(_SC_PAGESIZE);
	pool->pages = shared->pages;
	pool->free_at = calloc(pool->pages, sizeof *pool->free_at);
	memory = mmap(NULL, pool->pages * pool->page_size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pool->memory = memory == MAP_FAILED ? NULL : memory;
	if (!pool->free_at || !pool->memory)
		return why_say(channel->why, ENOMEM, "%s: map %zu pages to send from",
			channel->mechanism->name, pool->pages);
	/* Or all of them would be the one page of zeros. */
	memset(pool->memory, 0x5a, pool->pages * pool->page_size);
	return 0;
}

void page_pool_detach(struct page_pool *pool)
{
	free(pool->free_at);
	pool->free_at = NULL;
	if (pool->memory)
		munmap(pool->memory, pool->pages * pool->page_size);
	pool->memory = NULL;
}

/* What the reader must have copied out before `count` pages from `start` on are free. */
static uint64_t free_at(const struct page_pool *pool, size_t start, size_t count)
{
	uint64_t latest = 0;

	for (size_t i = start; i < start + count; i++)
		if (pool->free_at[i] > latest)
			latest = pool->free_at[i];
	return latest;
}

static uint64_t consumed(const struct channel *channel, const struct page_pool *pool)
{
	return atomic_load_explicit(
		&pool->shared->directions[channel->side].consumed, memory_order_acquire);
}

/* Settles where the next message goes: the front of the pool when it is free, because it
 * is in the caches; else behind the last message, or the front where that does not fit.
 * Returns what must have been copied out before it may be written. */
static uint64_t choose_pages(
	const struct channel *channel, struct page_pool *pool, size_t size)
{
	size_t count = pages_of(size, pool->page_size);
	uint64_t front = free_at(pool, 0, count);

	pool->start = 0;
	if (front <= consumed(channel, pool) || pool->next + count > pool->pages)
		return front;
	pool->start = pool->next;
	return free_at(pool, pool->start, count);
}

void *page_pool_reserved(const struct page_pool *pool)
{
	return pool->memory + pool->start * pool->page_size;
}

void *page_pool_reserve(struct channel *channel, struct page_pool *pool, size_t size)
{
	struct gate *drained = &pool->shared->directions[channel->side].drained;
	uint64_t awaited = choose_pages(channel, pool, size);

	while (consumed(channel, pool) < awaited) {
		gate_futex.prepare(drained);
		if (consumed(channel, pool) < awaited)
			gate_futex.commit(drained, channel);
		else
			gate_futex.cancel(drained);
	}
	return page_pool_reserved(pool);
}

void *page_pool_try(struct channel *channel, struct page_pool *pool, size_t size)
{
	return choose_pages(channel, pool, size) > consumed(channel, pool)
		       ? NULL
		       : page_pool_reserved(pool);
}

void page_pool_sent(struct page_pool *pool, size_t size)
{
	size_t end = pool->start + pages_of(size, pool->page_size);

	pool->sent += size;
	for (size_t i = pool->start; i < end; i++)
		pool->free_at[i] = pool->sent;
	pool->next = end;
}

void page_pool_passed_by(struct page_pool *pool, size_t size)
{
	pool->sent += size;
}

void page_pool_received(
	const struct channel *channel, struct page_pool *pool, size_t size)
{
	unsigned direction = !channel->side;

	pool->received += size;
	atomic_store_explicit(&pool->shared->directions[direction].consumed,
		pool->received, memory_order_release);
	gate_futex.notify(&pool->shared->directions[direction].drained);
}

ssize_t page_pool_splice(int pipe, const void *bytes, size_t size, unsigned flags)
{
	/* Only ever read. */
	const struct iovec part = { .iov_base = (void *)(uintptr_t)bytes,
		.iov_len = size };

	return vmsplice(pipe, &part, 1, flags);
}
