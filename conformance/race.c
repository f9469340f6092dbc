/* Shared memory without a lock: what goes wrong, made to go wrong; what may be relied on;
 * and what mends it. */
#include <sched.h>
#include <semaphore.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/race_help.h"

/* Hands the turn to the other process, and waits to have it again. */
struct turns {
	int to[2], back[2];
};

static void pass(struct scene *scene, const int from[2])
{
	SETUP(scene, write(from[1], "x", 1));
}

static void take(struct scene *scene, const int from[2])
{
	char byte;

	EXPECT_INT(scene, read(from[0], &byte, 1), 1);
}

static void make_turns(struct scene *scene, struct turns *turns)
{
	scene_pipe(scene, turns->to);
	scene_pipe(scene, turns->back);
}

static void lost_update(struct scene *scene)
{
	volatile int *count = scene_memory(scene, sizeof *count);
	struct turns turns;
	pid_t other;
	int seen;

	*count = 10;
	make_turns(scene, &turns);
	other = scene_fork(scene);
	if (other == 0) {
		take(scene, turns.to);
		EXPECT_INT(scene, *count, 10);
		*count = *count - 1;
		pass(scene, turns.back);
		_exit(0);
	}
	seen = *count;
	pass(scene, turns.to);
	take(scene, turns.back);
	EXPECT_INT(scene, *count, 9);
	*count = seen - 1;
	EXPECT_INT(scene, *count, 9);
	EXPECT_EXIT(scene, other, 0);
	note(scene, "two decrements of 10 gave %d", *count);
}

static void torn_read(struct scene *scene)
{
	struct pair {
		volatile int first, second;
	} *pair = scene_memory(scene, sizeof *pair);
	struct turns turns;
	pid_t reader;

	make_turns(scene, &turns);
	reader = scene_fork(scene);
	if (reader == 0) {
		take(scene, turns.to);
		EXPECT_INT(scene, pair->first, 1);
		EXPECT_INT(scene, pair->second, 0);
		note(scene, "half of a store of two words was seen");
		pass(scene, turns.back);
		_exit(0);
	}
	pair->first = 1;
	pass(scene, turns.to);
	take(scene, turns.back);
	pair->second = 1;
	EXPECT_EXIT(scene, reader, 0);
}

static void wait_semaphore(struct scene *scene, void *context)
{
	EXPECT_INT(scene, sem_wait(context), 0);
}

static void post_semaphore(struct scene *scene, void *context)
{
	EXPECT_INT(scene, sem_post(context), 0);
}

static void fixed_by_semaphore(struct scene *scene)
{
	sem_t *semaphore = scene_memory(scene, sizeof *semaphore);

	SETUP(scene, sem_init(semaphore, 1, 1));
	race_help_exclude(scene, wait_semaphore, post_semaphore, semaphore);
}

static void take_token(struct scene *scene, void *context)
{
	take(scene, context);
}

static void give_token(struct scene *scene, void *context)
{
	pass(scene, context);
}

static void fixed_by_pipe_gate(struct scene *scene)
{
	int end[2];

	scene_pipe(scene, end);
	pass(scene, end);
	race_help_exclude(scene, take_token, give_token, end);
}

#define ADDERS 4
#define ADDS   20000

static void atomic_no_loss(struct scene *scene)
{
	_Atomic int64_t *count = scene_memory(scene, sizeof *count);
	pid_t adders[ADDERS];

	for (int i = 0; i < ADDERS; i++) {
		adders[i] = scene_fork(scene);
		if (adders[i])
			continue;
		scene_wait(scene, 0);
		for (int j = 0; j < ADDS; j++)
			atomic_fetch_add(count, 1);
		_exit(0);
	}
	scene_open(scene, 0);
	for (int i = 0; i < ADDERS; i++)
		EXPECT_EXIT(scene, adders[i], 0);
	EXPECT_INT(scene, atomic_load(count), ADDS * ADDERS);
}

enum order { ORDER_ACQUIRE, ORDER_SEQ_CST, ORDER_FENCE };

#define MESSAGES 200000

struct messages {
	_Atomic uint32_t published;
	uint32_t payload[MESSAGES];
};

static uint32_t payload_of(uint32_t i)
{
	return i * 2654435761u + 1;
}

static void publish_all(struct messages *messages, enum order order)
{
	for (uint32_t i = 0; i < MESSAGES; i++) {
		messages->payload[i] = payload_of(i);
		if (order == ORDER_SEQ_CST) {
			atomic_store(&messages->published, i + 1);
		} else if (order == ORDER_ACQUIRE) {
			atomic_store_explicit(
				&messages->published, i + 1, memory_order_release);
		} else {
			atomic_thread_fence(memory_order_release);
			atomic_store_explicit(
				&messages->published, i + 1, memory_order_relaxed);
		}
	}
}

static uint32_t published(struct messages *messages, enum order order)
{
	uint32_t count;

	if (order == ORDER_SEQ_CST)
		return atomic_load(&messages->published);
	if (order == ORDER_ACQUIRE)
		return atomic_load_explicit(&messages->published, memory_order_acquire);
	count = atomic_load_explicit(&messages->published, memory_order_relaxed);
	atomic_thread_fence(memory_order_acquire);
	return count;
}

static void store_order(struct scene *scene)
{
	struct messages *messages = scene_memory(scene, sizeof *messages);
	enum order order = (enum order)scene->number;
	pid_t writer = scene_fork(scene);
	bool is_over = false;
	uint32_t seen = 0;

	if (writer == 0) {
		scene_wait(scene, 0);
		publish_all(messages, order);
		_exit(0);
	}
	scene_open(scene, 0);
	while (seen < MESSAGES) {
		uint32_t count = published(messages, order);

		EXPECT(scene, count > seen || !is_over, "%u of %d messages", count,
			MESSAGES);
		if (count == seen && !is_over) {
			is_over = waitpid(writer, NULL, WNOHANG) == writer;
			sched_yield();
		}
		for (; seen < count; seen++)
			EXPECT(scene, messages->payload[seen] == payload_of(seen),
				"message %u is announced and is not there", seen);
	}
}

static const struct value orders[] = {
	{ "acquire_release", ORDER_ACQUIRE },
	{ "seq_cst", ORDER_SEQ_CST },
	{ "fence", ORDER_FENCE },
	{ NULL, 0 },
};

#define STORES 20000
#define SPINS  200

/* Each side stores to its own word and then looks at the other's. */
struct crossing {
	_Atomic uint32_t word[2][STORES];
	_Atomic uint32_t saw[2][STORES];
	_Atomic uint32_t reached[2];
};

static void cross(struct crossing *crossing, int side)
{
	for (uint32_t i = 0; i < STORES; i++) {
		/* About at the same time, where both run at all. */
		atomic_store(&crossing->reached[side], i);
		for (int spin = 0;
			spin < SPINS && atomic_load(&crossing->reached[!side]) < i;
			spin++)
			;
		atomic_store(&crossing->word[side][i], 1);
		atomic_store(
			&crossing->saw[side][i], atomic_load(&crossing->word[!side][i]));
	}
}

static void store_buffer(struct scene *scene)
{
	struct crossing *crossing = scene_memory(scene, sizeof *crossing);
	pid_t other = scene_fork(scene);

	if (other == 0) {
		scene_wait(scene, 0);
		cross(crossing, 1);
		_exit(0);
	}
	scene_open(scene, 0);
	cross(crossing, 0);
	EXPECT_EXIT(scene, other, 0);
	for (int i = 0; i < STORES; i++)
		EXPECT(scene, crossing->saw[0][i] || crossing->saw[1][i],
			"neither side of round %d saw the store of the other", i);
}

#define LOADS 100000

static void word_not_torn(struct scene *scene)
{
	_Atomic uint64_t *word = scene_memory(scene, sizeof *word);
	uint64_t zeros = 0, ones = 0;
	pid_t writer = scene_fork(scene);

	if (writer == 0) {
		/* An odd number of stores between pauses: both values stand there. */
		for (uint64_t i = 0;; i++) {
			atomic_store_explicit(
				word, i & 1 ? UINT64_MAX : 0, memory_order_relaxed);
			if (i % 33 == 0)
				sched_yield();
		}
	}
	PROMISED(scene, "both values of the word");
	while (zeros + ones < LOADS || !zeros || !ones) {
		uint64_t value = atomic_load_explicit(word, memory_order_relaxed);

		EXPECT(scene, value == 0 || value == UINT64_MAX,
			"0x%016llx, which nobody stored", (unsigned long long)value);
		zeros += value == 0;
		ones += value != 0;
		if ((zeros + ones) % 1024 == 0)
			sched_yield();
	}
	arrived(scene);
	scene_end(scene, writer);
}

static const struct check checks[] = {
	{ .id = "shm.race.lost_update_forced", .run = lost_update },
	{ .id = "shm.race.torn_read_forced", .run = torn_read },
	{ .id = "shm.race.fixed_by_semaphore", .run = fixed_by_semaphore },
	{ .id = "shm.race.fixed_by_pipe_gate", .run = fixed_by_pipe_gate },
	{ .id = "shm.race.atomic_no_loss", .run = atomic_no_loss },
	{ .id = "shm.race.tas_gate_store_order", .run = store_order, .values = orders },
	{ .id = "shm.race.store_buffer_seq_cst", .run = store_buffer },
	{ .id = "shm.race.word_not_torn", .run = word_not_torn },
	{ .id = NULL },
};

const struct suite race_suite = { "race", checks };
