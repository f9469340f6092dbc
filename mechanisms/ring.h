/* ring.h: messages of any size through shared memory, in place: one ring a direction, one
 * producer, one consumer. What a side keeps, and how a ring comes and goes; how messages
 * pass is in ring_ops.h. */
#ifndef IPCMARK_RING_H
#define IPCMARK_RING_H

#include <stdatomic.h>

#include "mechanisms/backing.h"
#include "mechanisms/gate_object.h"

#define HEADER sizeof(uint64_t)
#define LINE   ((uint64_t)64)
#define TURN   ((uint64_t)256 << 10) /* see ring_ops.h */

/* channel->settings. */
enum { RING_SIZE, RING_SPINS };

/* In shared memory, one a direction; the bytes follow on the next page. */
struct ring {
	_Alignas(64) _Atomic uint64_t tail; /* bytes consumed since the start */
	struct gate filled; /* the consumer waits here */
	struct gate drained; /* the producer waits here */
};

/* What makes a row of the ring. */
struct ring_variant {
	const struct backing *backing;
	const struct gate_kind *gates;
};

struct ring_shared {
	struct backing_memory memory; /* a part is a ring and its bytes */
	uint64_t size; /* of the bytes of one direction */
	uint64_t bytes_offset; /* from a ring to its bytes */
	bool has_objects;
	union gate_object objects[GATES];
};

/* A side works with addresses. A position is in bytes since the start of the ring: an
 * address plus the lap, which is the bytes of earlier laps minus the ring's address. */
struct ring_own {
	struct ring *tx, *rx;
	unsigned char *tx_bytes, *rx_bytes;
	uint64_t size;

	unsigned char *head; /* where the next header is written */
	unsigned char *until; /* a message that reaches beyond makes the producer think */
	uint64_t tx_lap;
	uint64_t limit; /* offset beyond which it thinks of turning */
	uint64_t known_tail; /* position of the consumer, when last looked at */

	unsigned char *tail; /* where the next header is read */
	uint64_t rx_lap;
	uint64_t header, len, step; /* of the last message: itself, bytes, padded */
	uint64_t awaited_head; /* position of head at the last wait for a message */

	/* Position of tail when this side last thought of turning, and whether it had
	 * received anything since the time before. */
	uint64_t turn_tail;
	bool is_answered;

	unsigned char *map;
	bool is_attached;
};

int ring_create(struct channel *channel);
int ring_attach(struct channel *channel);
int ring_ready(struct channel *channel);
void ring_detach(struct channel *channel);
void ring_remove(struct channel *channel);

#endif
