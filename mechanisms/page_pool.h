/* page_pool.h: pages that a writer passes on instead of copying them, vmsplice(2), and
 * may write again only when the reader has copied them out.
 *
 * The reader counts the bytes it has copied in shared memory, and the next reservation
 * waits until the count has passed the last byte that was sent from a page. That vmsplice
 * has returned says nothing of this, and SPLICE_F_GIFT is not used: a gift must never be
 * written again. */
#ifndef IPCMARK_PAGE_POOL_H
#define IPCMARK_PAGE_POOL_H

#include <stdatomic.h>

#include "mechanisms/gate.h"

/* In shared memory. One a direction: how many bytes the reader has copied out, and the
 * writer's bell. */
struct page_pool_shared {
	size_t pages; /* of each side; set by create */
	struct {
		_Alignas(64) _Atomic uint64_t consumed;
		struct gate drained;
	} directions[2];
};

/* One process's. */
struct page_pool {
	struct page_pool_shared *shared;
	unsigned char *memory;
	uint64_t *free_at; /* by page: `consumed` at which it is the writer's again */
	size_t page_size, pages;
	size_t start, next; /* pages: of the reservation, and behind the last message */
	uint64_t sent; /* bytes */
	uint64_t received; /* bytes */
};

/* Pages for `on_their_way` bytes, a message that is waiting to go and one that is being
 * written. */
size_t page_pool_size(const struct channel *channel, size_t on_their_way);

/* attach: maps shared->pages pages. 0 or -errno in words. */
int page_pool_attach(
	struct channel *channel, struct page_pool *pool, struct page_pool_shared *shared);

/* detach, also when attach failed or was never called. */
void page_pool_detach(struct page_pool *pool);

/* Settles where the next message goes and returns it; waits until it is free. */
void *page_pool_reserve(struct channel *channel, struct page_pool *pool, size_t size);

/* The same without waiting: NULL when nothing is free. */
void *page_pool_try(struct channel *channel, struct page_pool *pool, size_t size);

/* What was last reserved. */
void *page_pool_reserved(const struct page_pool *pool);

/* The first `size` reserved bytes are on their way. */
void page_pool_sent(struct page_pool *pool, size_t size);

/* `size` bytes are on their way that are in none of the pages; the peer counts them. */
void page_pool_passed_by(struct page_pool *pool, size_t size);

/* `size` bytes of the peer's have been copied: they are its own again. */
void page_pool_received(
	const struct channel *channel, struct page_pool *pool, size_t size);

/* Puts up to `size` bytes into a pipe without a copy: vmsplice(2) of one part. */
ssize_t page_pool_splice(int pipe, const void *bytes, size_t size, unsigned flags);

#endif
