#include "mechanisms/ring.h"

#include <unistd.h>

static const struct ring_variant *variant_of(const struct channel *channel)
{
	return channel->mechanism->variant;
}

int ring_create(struct channel *channel)
{
	const struct ring_variant *variant = variant_of(channel);
	struct ring_shared *shared = channel->shared;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t size = 4096;
	int error;

	while (size < (uint64_t)channel->settings[RING_SIZE])
		size *= 2;
	channel->settings[RING_SIZE] = (int64_t)size;
	/* Both sides make room for their next message before they read the last one: two
	 * must fit, wherever the first one ends, or each would wait for the other. */
	if (channel->size_max > size / 2 - LINE) {
		channel->size_max = (size_t)(size / 2 - LINE);
		why_say(&channel->size_limit, 0,
			"two messages and %llu bytes must fit the ring (ring.size is %llu)",
			(unsigned long long)(2 * LINE), (unsigned long long)size);
	}
	shared->size = size;
	shared->bytes_offset = (sizeof(struct ring) + page - 1) / page * page;
	shared->memory.part = shared->bytes_offset + size;
	error = variant->backing->create(channel, &shared->memory);
	if (error || !variant->gates->create)
		return error;
	shared->has_objects = true;
	return variant->gates->create(channel, shared->objects);
}

/* Each side makes the gates of the ring that it sends into. */
static int make_gates(struct channel *channel)
{
	const struct gate_kind *kind = variant_of(channel)->gates;
	const struct ring_shared *shared = channel->shared;
	struct ring_own *own = channel->own;
	struct gate *gates[2] = { &own->tx->filled, &own->tx->drained };

	for (unsigned i = 0; i < 2; i++) {
		int error;

		gates[i]->object = shared->objects[2 * channel->side + i];
		error = kind->init ? kind->init(channel, gates[i]) : 0;
		if (error)
			return error;
	}
	return 0;
}

int ring_attach(struct channel *channel)
{
	const struct ring_shared *shared = channel->shared;
	struct ring_own *own = channel->own;
	unsigned char *sides[2];
	int error;

	own->is_attached = true;
	error = variant_of(channel)->backing->attach(channel, &shared->memory, &own->map);
	if (error)
		return error;
	sides[0] = own->map;
	sides[1] = own->map + shared->memory.part;
	own->tx = (struct ring *)(void *)sides[channel->side];
	own->rx = (struct ring *)(void *)sides[!channel->side];
	own->tx_bytes = sides[channel->side] + shared->bytes_offset;
	own->rx_bytes = sides[!channel->side] + shared->bytes_offset;
	own->size = shared->size;
	own->limit = TURN;
	own->head = own->until = own->tx_bytes;
	own->tail = own->rx_bytes;
	own->len = UINT64_MAX; /* no message has been seen */
	/* Both at position 0. */
	own->tx_lap = -(uint64_t)(uintptr_t)own->tx_bytes;
	own->rx_lap = -(uint64_t)(uintptr_t)own->rx_bytes;
	return make_gates(channel);
}

/* Both have allocated: map the pages now, so that no transfer takes a fault. */
int ring_ready(struct channel *channel)
{
	const struct ring_shared *shared = channel->shared;
	struct ring_own *own = channel->own;
	volatile unsigned char *page = own->map;
	uint64_t step = (uint64_t)sysconf(_SC_PAGESIZE);

	for (uint64_t i = 0; i < 2 * shared->memory.part; i += step)
		(void)page[i];
	return 0;
}

void ring_detach(struct channel *channel)
{
	const struct ring_variant *variant = variant_of(channel);
	struct ring_shared *shared = channel->shared;
	struct ring_own *own = channel->own;

	variant->backing->detach(channel, &shared->memory, own->map, !own->is_attached);
	own->map = NULL;
	if (shared->has_objects && variant->gates->detach)
		variant->gates->detach(shared->objects);
}

void ring_remove(struct channel *channel)
{
	const struct gate_kind *gates = variant_of(channel)->gates;
	struct ring_shared *shared = channel->shared;

	if (shared->has_objects && gates->remove)
		gates->remove(channel, shared->objects);
}
