/* ring.c: the rows of the ring: every memory with spinning and with a futex, every way of
 * waiting on POSIX shared memory. */
#include "mechanisms/ring_ops.h"

#define RING_MOST ((int64_t)64 << 20)

static void size_range(int64_t *least, int64_t *most)
{
	*least = 4096;
	*most = RING_MOST;
}

#define SIZE_SETTING                                                                     \
	{                                                                                \
		.name = "ring.size", .unit = "bytes",                                    \
		.says = "bytes of the ring of each direction, a power of two",           \
		.standard = 4 << 20, .range = size_range                                 \
	}

static const struct setting_spec settings[] = {
	[RING_SIZE] = SIZE_SETTING,
	{ .name = NULL },
};

static const struct setting_spec patient_settings[] = {
	[RING_SIZE] = SIZE_SETTING,
	[RING_SPINS] = { .name = "ring.spins",
		.unit = "looks",
		.says = "looks at the ring, a pause after each, before a side sleeps",
		.standard = 200,
		.least = 0,
		.most = 1000000 },
	{ .name = NULL },
};

RING_OPS(spin, gate_spin)
RING_OPS(spin_futex, gate_spin_futex)
RING_OPS(futex, gate_futex)
RING_OPS(mutex, gate_mutex)
RING_OPS(semaphore, gate_semaphore)
RING_OPS(sysv, gate_sysv)
RING_OPS(eventfd, gate_eventfd)
RING_OPS(pipe, gate_pipe)

#define RING_CAPS (CAP_PAYLOAD | CAP_BOUNDARIES | CAP_INPLACE | CAP_EXACT_CAPACITY)
#define OPEN      (CAP_NAMED | CAP_UNRELATED) /* whoever knows the name can map it */
#define INHERITED 0u

#define RING(row, memory, objects, kind, specs, swept, more_caps, words, page, sentence) \
	static const struct ring_variant row##_variant = { &backing_##memory,            \
		&gate_kind_##objects };                                                  \
	const struct mechanism row##_mechanism = {                                       \
		.name = #row,                                                            \
		.title = words,                                                          \
		.family = "shared memory",                                               \
		.cite = page,                                                            \
		.says = sentence,                                                        \
		.caps = RING_CAPS | (more_caps),                                         \
		.tests = TESTS_CHANNEL,                                                  \
		.settings = specs,                                                       \
		.size_setting = swept,                                                   \
		.shared_size = sizeof(struct ring_shared),                               \
		.own_size = sizeof(struct ring_own),                                     \
		.variant = &row##_variant,                                               \
		.create = ring_create,                                                   \
		.attach = ring_attach,                                                   \
		.ready = ring_ready,                                                     \
		.reserve = kind##_reserve,                                               \
		.send = kind##_send,                                                     \
		.recv = kind##_recv,                                                     \
		.release = kind##_release,                                               \
		.send_some = kind##_send_some,                                           \
		.recv_some = kind##_recv_some,                                           \
		.offer = kind##_offer,                                                   \
		.detach = ring_detach,                                                   \
		.remove = ring_remove,                                                   \
	};

/* The capacity of a ring does not depend on memory or waiting: one row is swept. */
/* A row: its memory, its gate's objects, its operations and settings. */
RING(shm_spin, posix, none, spin, settings, "ring.size", OPEN | CAP_SPINS, "shm + spin",
	"shm_overview(7)", "ring in POSIX shared memory; a waiting side spins")
RING(shm_spin_futex, posix, none, spin_futex, patient_settings, NULL, OPEN | CAP_BLOCKS,
	"shm + spin, futex", "shm_overview(7)",
	"ring in POSIX shared memory; a waiting side spins a while, then sleeps on a futex")
RING(shm_futex, posix, none, futex, settings, NULL, OPEN | CAP_BLOCKS, "shm + futex",
	"shm_overview(7)",
	"ring in POSIX shared memory; a waiting side sleeps on a futex")
RING(shm_mutex, posix, mutex, mutex, settings, NULL, OPEN | CAP_BLOCKS,
	"shm + mutex, cond", "shm_overview(7)",
	"ring in POSIX shared memory; a waiting side sleeps on a condition variable")
RING(shm_sem, posix, semaphore, semaphore, settings, NULL, OPEN | CAP_BLOCKS,
	"shm + POSIX sem", "shm_overview(7)",
	"ring in POSIX shared memory; a waiting side sleeps on a POSIX semaphore")
RING(shm_sysvsem, posix, sysv, sysv, settings, NULL, OPEN | CAP_BLOCKS, "shm + SysV sem",
	"shm_overview(7)",
	"ring in POSIX shared memory; a waiting side sleeps on a System V semaphore")
RING(shm_eventfd, posix, eventfd, eventfd, settings, NULL, INHERITED | CAP_BLOCKS,
	"shm + eventfd", "shm_overview(7)",
	"ring in POSIX shared memory; a waiting side sleeps on an eventfd")
RING(shm_pipe, posix, pipe, pipe, settings, NULL, INHERITED | CAP_BLOCKS, "shm + pipe",
	"shm_overview(7)", "ring in POSIX shared memory; a waiting side sleeps on a pipe")
RING(shm_sysv_spin, sysv, none, spin, settings, NULL, OPEN | CAP_SPINS, "SysV shm + spin",
	"shmget(2)", "ring in System V shared memory; a waiting side spins")
RING(shm_sysv_futex, sysv, none, futex, settings, NULL, OPEN | CAP_BLOCKS,
	"SysV shm + futex", "shmget(2)",
	"ring in System V shared memory; a waiting side sleeps on a futex")
RING(shm_memfd_spin, memfd, none, spin, settings, NULL, INHERITED | CAP_SPINS,
	"memfd + spin", "memfd_create(2)", "ring in a memory file; a waiting side spins")
RING(shm_memfd_futex, memfd, none, futex, settings, NULL, INHERITED | CAP_BLOCKS,
	"memfd + futex", "memfd_create(2)",
	"ring in a memory file; a waiting side sleeps on a futex")
RING(shm_file_spin, file, none, spin, settings, NULL, OPEN | CAP_SPINS,
	"mapped file + spin", "mmap(2)", "ring in a mapped file; a waiting side spins")
RING(shm_file_futex, file, none, futex, settings, NULL, OPEN | CAP_BLOCKS,
	"mapped file + futex", "mmap(2)",
	"ring in a mapped file; a waiting side sleeps on a futex")
RING(shm_anon_spin, anon, none, spin, settings, NULL, INHERITED | CAP_SPINS,
	"anon. map + spin", "mmap(2)",
	"ring in an inherited anonymous mapping; a waiting side spins")
RING(shm_anon_futex, anon, none, futex, settings, NULL, INHERITED | CAP_BLOCKS,
	"anon. map + futex", "mmap(2)",
	"ring in an inherited anonymous mapping; a waiting side sleeps on a futex")
RING(shm_huge_spin, huge, none, spin, settings, NULL, INHERITED | CAP_SPINS,
	"huge pages + spin", "memfd_create(2)",
	"ring in a memory file of huge pages; a waiting side spins")
RING(shm_huge_futex, huge, none, futex, settings, NULL, INHERITED | CAP_BLOCKS,
	"huge pages + futex", "memfd_create(2)",
	"ring in a memory file of huge pages; a waiting side sleeps on a futex")
