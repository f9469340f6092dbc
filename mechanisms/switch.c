/* switch.c: what it costs to switch: between processes, between threads, between stacks
 * of one thread, and into a function. Each row is a round trip, there and back, so that
 * they can be compared. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "harness/base/futex.h"
#include "mechanisms/mechanism.h"

/* Two processes on one CPU take turns by sched_yield(2): a round trip is two switches and
 * the two system calls that ask for them. The word makes sure that a switch took place.
 */
static int switch_work(struct channel *channel, size_t size, uint64_t count)
{
	_Atomic uint64_t *turn = channel->shared;
	uint64_t *done = channel->own;

	(void)size;
	for (uint64_t end = *done + count; *done < end; ++*done) {
		uint64_t ping = 2 * *done + 1;

		if (channel->side == 0)
			atomic_store(turn, ping);
		while (atomic_load(turn) != (channel->side == 0 ? ping + 1 : ping))
			sched_yield();
		if (channel->side == 1)
			atomic_store(turn, ping + 1);
	}
	return 0;
}

const struct mechanism floor_switch_mechanism = {
	.name = "floor_switch",
	.title = "process switch",
	.family = "floor",
	.cite = "sched_yield(2)",
	.says = "two processes on one CPU yield to each other: two switches a round trip",
	.caps = CAP_FLOOR | CAP_SPINS | CAP_SAME_CPU,
	.tests = TEST_BIT(TEST_LATENCY),
	.shared_size = sizeof(_Atomic uint64_t),
	.own_size = sizeof(uint64_t),
	.work = switch_work,
};

/* The same with two threads of side 0. The second one yields while there is something to
 * do and goes to sleep when nothing has come for a while: an idle pair costs nothing. */
#define YIELDS_MOST 1000
struct threads {
	pthread_t partner;
	bool is_started;
	_Atomic uint32_t turn; /* odd: the partner's */
	futex_word is_asleep;
	_Atomic bool is_over;
};

static void *partner(void *argument)
{
	struct threads *threads = argument;
	unsigned yields = 0;

	while (!atomic_load(&threads->is_over)) {
		uint32_t turn = atomic_load(&threads->turn);

		if (turn % 2) {
			atomic_store(&threads->turn, turn + 1);
			yields = 0;
		} else if (yields++ < YIELDS_MOST) {
			sched_yield();
		} else {
			/* Announced, then looked at once more, so that no turn is missed.
			 */
			atomic_store(&threads->is_asleep, 1);
			if (atomic_load(&threads->turn) == turn &&
				!atomic_load(&threads->is_over))
				(void)futex_wait(&threads->is_asleep, 1, -1);
			atomic_store(&threads->is_asleep, 0);
			yields = 0;
		}
	}
	return NULL;
}

static void wake_partner(struct threads *threads)
{
	if (atomic_exchange(&threads->is_asleep, 0))
		futex_wake(&threads->is_asleep, 1);
}

/* Both threads must be on one CPU: the one this side is pinned to, or the one it is on.
 */
static int stay_on_one_cpu(struct channel *channel)
{
	int cpu = sched_getcpu();
	cpu_set_t *set;
	size_t size;
	int error = 0;

	if (cpu < 0)
		return why_say(channel->why, errno, "floor_switch_thread: ask which CPU");
	set = CPU_ALLOC((size_t)cpu + 1);
	if (!set)
		return why_say(channel->why, ENOMEM, "floor_switch_thread: a CPU set");
	size = CPU_ALLOC_SIZE((size_t)cpu + 1);
	CPU_ZERO_S(size, set);
	CPU_SET_S((size_t)cpu, size, set);
	if (sched_setaffinity(0, size, set))
		error = why_say(
			channel->why, errno, "floor_switch_thread: stay on CPU %d", cpu);
	CPU_FREE(set);
	return error;
}

static int thread_attach(struct channel *channel)
{
	struct threads *threads = channel->own;
	int error;

	if (channel->side == 1)
		return 0;
	error = stay_on_one_cpu(channel);
	if (error)
		return error;
	error = pthread_create(&threads->partner, NULL, partner, threads);
	if (error)
		return why_say(
			channel->why, error, "floor_switch_thread: start a thread");
	threads->is_started = true;
	return 0;
}

static int thread_work(struct channel *channel, size_t size, uint64_t count)
{
	struct threads *threads = channel->own;

	(void)size;
	for (; count; count--) {
		uint32_t turn = atomic_load(&threads->turn);

		atomic_store(&threads->turn, turn + 1);
		if (atomic_load(&threads->is_asleep))
			wake_partner(threads);
		while (atomic_load(&threads->turn) != turn + 2)
			sched_yield();
	}
	return 0;
}

static void thread_detach(struct channel *channel)
{
	struct threads *threads = channel->own;

	if (!threads->is_started)
		return;
	atomic_store(&threads->is_over, true);
	wake_partner(threads);
	pthread_join(threads->partner, NULL);
	threads->is_started = false;
}

const struct mechanism floor_switch_thread_mechanism = {
	.name = "floor_switch_thread",
	.title = "thread switch",
	.family = "floor",
	.cite = "sched_yield(2)",
	.says = "two threads of a process on one CPU yield to each other: two switches",
	.caps = CAP_FLOOR | CAP_SOLO,
	.tests = TEST_BIT(TEST_LATENCY),
	.own_size = sizeof(struct threads),
	.attach = thread_attach,
	.work = thread_work,
	.detach = thread_detach,
};
