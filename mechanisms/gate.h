/* gate.h: ways of waiting for a change in shared memory.
 *
 * A gate is an event count: a waiter announces itself (prepare), looks at the condition once
 * more, and only then sleeps (commit) or takes the announcement back (cancel); whoever
 * changes the condition calls notify afterwards. A change between prepare and commit makes
 * commit return at once, so no wake-up is lost. Commit may return early: callers loop. */
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

extern const struct gate_ops gate_spin, gate_futex;

/* One turn of a spinner: lets the other hyper-thread run; on a shared CPU the peer cannot
 * change anything until this side yields. */
static inline void gate_relax(const struct channel *channel)
{
	if (channel->shares_cpu) {
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

#endif
