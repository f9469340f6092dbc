/* The commonest thing built on shared memory: a ring of records, one producer, one
 * consumer, two counters and no lock. */
#include <limits.h>
#include <signal.h>
#include <unistd.h>

#include "conformance/check.h"
#include "harness/base/futex.h"

#define CAPACITY 4096
#define RECORDS  400
#define LONGEST  60 /* bytes of a record's content, where that fits */

/* A record is its length in a byte, and its content. The counters are of bytes since the
 * start; what lies between them is committed. */
struct ring {
	futex_word head, tail;
	uint32_t capacity;
	unsigned char bytes[CAPACITY];
};

static struct ring *new_ring(struct scene *scene, uint32_t capacity)
{
	struct ring *ring = scene_memory(scene, sizeof *ring);

	ring->capacity = capacity;
	return ring;
}

/* What both sides know of record i; xorshift32. */
static uint32_t length_of(const struct ring *ring, uint32_t *seed)
{
	uint32_t longest = ring->capacity - 1;

	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed % ((longest < LONGEST ? longest : LONGEST) + 1);
}

static unsigned char byte_of(uint32_t record, uint32_t at)
{
	return (unsigned char)(record * 31 + at * 7 + 1);
}

static void wait_for_room(struct ring *ring, uint32_t size)
{
	uint32_t tail;

	while ((tail = atomic_load(&ring->tail)),
		ring->capacity - (atomic_load(&ring->head) - tail) < size)
		futex_wait(&ring->tail, tail, -1);
}

/* Writes `written` bytes of the record where it would go, and commits nothing. */
static void write_record(
	struct ring *ring, uint32_t record, uint32_t length, uint32_t written)
{
	uint32_t head = atomic_load(&ring->head);

	for (uint32_t i = 0; i < written; i++)
		ring->bytes[(head + i) % ring->capacity] = i ? byte_of(record, i)
							     : (unsigned char)length;
}

static void produce(struct ring *ring, uint32_t record, uint32_t length)
{
	wait_for_room(ring, length + 1);
	write_record(ring, record, length, length + 1);
	atomic_fetch_add(&ring->head, length + 1);
	futex_wake(&ring->head, INT_MAX);
}

static bool is_empty(struct ring *ring)
{
	return atomic_load(&ring->head) == atomic_load(&ring->tail);
}

static void consume(
	struct scene *scene, struct ring *ring, uint32_t record, uint32_t length)
{
	uint32_t tail = atomic_load(&ring->tail);

	PROMISED(scene, "the next record of the ring");
	while (is_empty(ring))
		futex_wait(&ring->head, tail, -1);
	arrived(scene);
	EXPECT_INT(scene, ring->bytes[tail % ring->capacity], length);
	for (uint32_t i = 1; i <= length; i++)
		EXPECT(scene,
			ring->bytes[(tail + i) % ring->capacity] == byte_of(record, i),
			"byte %u of record %u is another", i, record);
	atomic_fetch_add(&ring->tail, length + 1);
	futex_wake(&ring->tail, INT_MAX);
}

static void no_loss_dup(struct scene *scene)
{
	struct ring *ring = new_ring(scene, (uint32_t)scene->number);
	pid_t producer = scene_fork(scene);
	uint32_t seed = 1;

	if (producer == 0) {
		for (uint32_t i = 0; i < RECORDS; i++)
			produce(ring, i, length_of(ring, &seed));
		_exit(0);
	}
	for (uint32_t i = 0; i < RECORDS; i++)
		consume(scene, ring, i, length_of(ring, &seed));
	EXPECT_EXIT(scene, producer, 0);
	EXPECT(scene, is_empty(ring), "bytes are left over");
}

static const struct value capacities[] = {
	{ "2", 2 },
	{ "3", 3 },
	{ "64", 64 },
	{ "4096", CAPACITY },
	{ NULL, 0 },
};

#define COMMITTED 3

static void committed_only(struct scene *scene)
{
	struct ring *ring = new_ring(scene, 64);
	uint32_t written = (uint32_t)scene->number, length = 9;
	pid_t producer = scene_fork(scene);

	if (producer == 0) {
		for (uint32_t i = 0; i < COMMITTED; i++)
			produce(ring, i, length);
		write_record(ring, COMMITTED, length, written);
		scene_open(scene, 0);
		for (;;)
			pause();
	}
	PROMISED(scene, "the producer comes to its last record");
	scene_wait(scene, 0);
	arrived(scene);
	SETUP(scene, kill(producer, SIGKILL));
	EXPECT_KILLED(scene, producer, SIGKILL);
	for (uint32_t i = 0; i < COMMITTED; i++)
		consume(scene, ring, i, length);
	EXPECT(scene, is_empty(ring), "a record that was not committed is there");
}

static const struct value written[] = {
	{ "header", 1 },
	{ "half", 5 },
	{ "all", 10 },
	{ NULL, 0 },
};

static const struct check checks[] = {
	{ .id = "ring.spsc.no_loss_dup", .run = no_loss_dup, .values = capacities },
	{ .id = "ring.crash.consumer_sees_committed_only",
		.run = committed_only,
		.values = written },
	{ .id = NULL },
};

const struct suite ring_suite = { "ring", checks };
