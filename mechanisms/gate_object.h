/* gate_object.h: gates made of objects of the C library or the kernel.
 *
 * All but the mutex pass a token: a waiter announces itself by the gate's word, whoever
 * takes the announcement back owes it a token. A waiter takes it before it announces
 * itself again, so there is never more than one, and none while nobody waits. */
#ifndef IPCMARK_GATE_OBJECT_H
#define IPCMARK_GATE_OBJECT_H

#include "mechanisms/gate.h"

#define GATES 4 /* of a channel */

/* How the objects of a channel come and go; NULL: nothing to do. */
struct gate_kind {
	/* Parent: makes objects that sides inherit. */
	int (*create)(struct channel *channel, union gate_object objects[GATES]);
	/* The side in whose memory the gate is: makes an object in place. */
	int (*init)(struct channel *channel, struct gate *gate);
	/* Each process, also half-way. */
	void (*detach)(union gate_object objects[GATES]);
	/* Parent, when both sides have ended. */
	void (*remove)(struct channel *channel, union gate_object objects[GATES]);
};

extern const struct gate_kind gate_kind_none; /* spin, futex */
extern const struct gate_kind gate_kind_mutex; /* pthread_cond_init(3) */
extern const struct gate_kind gate_kind_semaphore; /* sem_overview(7) */
extern const struct gate_kind gate_kind_sysv; /* semop(2) */
extern const struct gate_kind gate_kind_eventfd; /* eventfd(2) */
extern const struct gate_kind gate_kind_pipe; /* pipe(7) */

/* Takes a token, waiting for it; gives one. */
void semaphore_take(struct gate *gate);
void semaphore_give(struct gate *gate);
void sysv_take(struct gate *gate);
void sysv_give(struct gate *gate);
void eventfd_take(struct gate *gate);
void eventfd_give(struct gate *gate);
void pipe_take(struct gate *gate);
void pipe_give(struct gate *gate);

#define GATE_OF_TOKENS(kind)                                                             \
	static inline void kind##_commit(                                                \
		struct gate *gate, const struct channel *channel)                        \
	{                                                                                \
		(void)channel;                                                           \
		kind##_take(gate);                                                       \
	}                                                                                \
	/* Too late to cancel: the token is on its way. */                               \
	static inline void kind##_cancel(struct gate *gate)                              \
	{                                                                                \
		if (!atomic_exchange(&gate->waiting, 0))                                 \
			kind##_take(gate);                                               \
	}                                                                                \
	static inline void kind##_notify(struct gate *gate)                              \
	{                                                                                \
		atomic_thread_fence(memory_order_seq_cst);                               \
		if (atomic_load_explicit(&gate->waiting, memory_order_relaxed) &&        \
			atomic_exchange(&gate->waiting, 0))                              \
			kind##_give(gate);                                               \
	}                                                                                \
	static const struct gate_ops gate_##kind = {                                     \
		.prepare = futex_prepare,                                                \
		.commit = kind##_commit,                                                 \
		.cancel = kind##_cancel,                                                 \
		.notify = kind##_notify,                                                 \
	};

GATE_OF_TOKENS(semaphore)
GATE_OF_TOKENS(sysv)
GATE_OF_TOKENS(eventfd)
GATE_OF_TOKENS(pipe)

/* The mutex is held from prepare on, as pthread_cond_wait(3) wants it. Who notifies takes
 * it too, every time: that is what this way of waiting costs. */
void mutex_prepare(struct gate *gate);
void mutex_commit(struct gate *gate, const struct channel *channel);
void mutex_cancel(struct gate *gate);
void mutex_notify(struct gate *gate);

static const struct gate_ops gate_mutex = {
	.prepare = mutex_prepare,
	.commit = mutex_commit,
	.cancel = mutex_cancel,
	.notify = mutex_notify,
};

#endif
