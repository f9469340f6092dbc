#include "mechanisms/gate.h"

static void nothing(struct gate *gate)
{
	(void)gate;
}

static void spin_commit(struct gate *gate, const struct channel *channel)
{
	(void)gate;
	gate_relax(channel);
}

const struct gate_ops gate_spin = {
	.prepare = nothing,
	.commit = spin_commit,
	.cancel = nothing,
};

static void futex_prepare(struct gate *gate)
{
	atomic_store_explicit(&gate->waiting, 1, memory_order_relaxed);
	/* The announcement is seen before the condition is looked at again; the notifier
	 * does the same the other way round (Dekker). */
	atomic_thread_fence(memory_order_seq_cst);
}

static void futex_commit(struct gate *gate, const struct channel *channel)
{
	(void)channel;
	(void)futex_wait(&gate->waiting, 1, -1);
}

static void futex_cancel(struct gate *gate)
{
	atomic_store_explicit(&gate->waiting, 0, memory_order_relaxed);
}

static void futex_notify(struct gate *gate)
{
	atomic_thread_fence(memory_order_seq_cst);
	if (!atomic_load_explicit(&gate->waiting, memory_order_relaxed))
		return;
	atomic_store_explicit(&gate->waiting, 0, memory_order_relaxed);
	futex_wake(&gate->waiting, 1);
}

const struct gate_ops gate_futex = {
	.prepare = futex_prepare,
	.commit = futex_commit,
	.cancel = futex_cancel,
	.notify = futex_notify,
};
