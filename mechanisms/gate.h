/* gate.h: ways of waiting for a change in shared memory.
 *
 * A gate is an event count: a waiter announces itself (prepare), looks at the condition
 * once more, and only then sleeps (commit) or takes the announcement back (cancel);
 * whoever changes the condition calls notify afterwards. A change between prepare and
 * commit makes commit return at once, so no wake-up is lost. Commit may return early:
 * callers loop. */
#ifndef IPCMARK_GATE_H
#define IPCMARK_GATE_H

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

#include "harness/base/futex.h"
#include "mechanisms/mechanism.h"

struct gate {
	_Alignas(64) futex_word waiting;
};

struct gate_ops {
	void (*prepare)(struct gate *gate);
	void (*commit)(struct gate *gate, const struct channel *channel);
	void (*cancel)(struct gate *gate);
	void (*notify)(struct gate *gate); /* NULL: waiters look by themselves */
};

/* One turn of a spinner: lets the other hyper-thread run; on a shared CPU the peer cannot
 * change anything until this side yields, and unpinned sides may share one for a while.
 */
static inline void gate_relax(const struct channel *channel)
{
	static unsigned turns; /* of this process */

	if (channel->shares_cpu || (channel->is_unpinned && ++turns % 256 == 0)) {
		sched_yield();
		return;
	}
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("isb" ::: "memory");
#else
	atomic_signal_fence(memory_order_seq_cst);
#endif
}

/* The ways. They stand in the header so that the compiler sees through them: an indirect
 * call inside a spinning loop would be felt. */
static inline void gate_nothing(struct gate *gate)
{
	(void)gate;
}

static inline void spin_commit(struct gate *gate, const struct channel *channel)
{
	(void)gate;
	gate_relax(channel);
}

static const struct gate_ops gate_spin = {
	.prepare = gate_nothing,
	.commit = spin_commit,
	.cancel = gate_nothing,
};

static inline void futex_prepare(struct gate *gate)
{
	atomic_store_explicit(&gate->waiting, 1, memory_order_relaxed);
	/* The announcement is seen before the condition is looked at again; the notifier
	 * does the same the other way round (Dekker). */
	atomic_thread_fence(memory_order_seq_cst);
}

static inline void futex_commit(struct gate *gate, const struct channel *channel)
{
	(void)channel;
	(void)futex_wait(&gate->waiting, 1, -1);
}

static inline void futex_cancel(struct gate *gate)
{
	atomic_store_explicit(&gate->waiting, 0, memory_order_relaxed);
}

static inline void futex_notify(struct gate *gate)
{
	atomic_thread_fence(memory_order_seq_cst);
	if (!atomic_load_explicit(&gate->waiting, memory_order_relaxed))
		return;
	atomic_store_explicit(&gate->waiting, 0, memory_order_relaxed);
	futex_wake(&gate->waiting, 1);
}

static const struct gate_ops gate_futex = {
	.prepare = futex_prepare,
	.commit = futex_commit,
	.cancel = futex_cancel,
	.notify = futex_notify,
};

#endif
