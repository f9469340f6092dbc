/* The other operations of futex(2): moving sleepers, waking by bits and by what a word
 * holds, waiting for several words, ownership. */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/futex_help.h"
#include "conformance/signal_help.h"

/* Younger than the headers of some C libraries. */
#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#define IN_FUTEX_WAITV IN_FUTEX, SYS_futex_waitv

static void wake(struct scene *scene, void *word, int count)
{
	EXPECT_INT(scene, futex_call(word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0), count);
}

/* Four sleepers: one is woken and two are moved. Returns what the call does. */
static long move_two(struct scene *scene, uint32_t *from, uint32_t *to, int operation)
{
	long got;

	for (int i = 0; i < 4; i++)
		futex_sleeper(scene, from, 0);
	got = futex_call(from, operation, 1, futex_count(2), to, 0);
	PROMISED(scene, "one of the sleepers ends");
	SETUP(scene, wait(NULL));
	arrived(scene);
	return got;
}

static void requeue(struct scene *scene)
{
	uint32_t *from = scene_memory(scene, sizeof *from);
	uint32_t *to = scene_memory(scene, sizeof *to);
	long got = move_two(scene, from, to, (int)scene->number);

	EXPECT_OK(scene, got);
	if (scene->number == FUTEX_CMP_REQUEUE)
		EXPECT_INT(scene, got, 3);
	wake(scene, from, 1);
	wake(scene, to, 2);
}

/* The plain one tells only how many were woken, says the manual page. */
static void requeue_returns_woken(struct scene *scene)
{
	uint32_t *from = scene_memory(scene, sizeof *from);
	uint32_t *to = scene_memory(scene, sizeof *to);

	EXPECT_INT(scene, move_two(scene, from, to, FUTEX_REQUEUE), 1);
}

static void requeue_changed(struct scene *scene)
{
	uint32_t *from = scene_memory(scene, sizeof *from);
	uint32_t *to = scene_memory(scene, sizeof *to);
	pid_t sleeper = futex_sleeper(scene, from, 0);

	EXPECT_ERROR(scene, futex_call(from, FUTEX_CMP_REQUEUE, 1, futex_count(1), to, 1),
		EAGAIN);
	EXPECT_BLOCKED(scene, sleeper, IN_FUTEX);
	wake(scene, to, 0);
	wake(scene, from, 1);
	EXPECT_EXIT(scene, sleeper, 0);
}

enum negative { NEGATIVE_WAKES, NEGATIVE_MOVES };

static void requeue_overflow(struct scene *scene)
{
	uint32_t *word = scene_memory(scene, 2 * sizeof *word);
	bool is_wakes = scene->number == NEGATIVE_WAKES;

	EXPECT_ERROR(scene,
		futex_call(word, FUTEX_CMP_REQUEUE, is_wakes ? UINT32_MAX : 1,
			futex_count(is_wakes ? 1 : -1), word + 1, 0),
		EINVAL);
}

/* A child that waits for any of some bits. */
static pid_t bit_sleeper(struct scene *scene, void *word, uint32_t bits)
{
	pid_t sleeper = scene_fork(scene);

	if (sleeper == 0) {
		EXPECT_INT(scene,
			futex_call(word, FUTEX_WAIT_BITSET, 0, NULL, NULL, bits), 0);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, sleeper, IN_FUTEX);
	return sleeper;
}

static void bitset(struct scene *scene)
{
	uint32_t *word = scene_memory(scene, sizeof *word);
	pid_t first = bit_sleeper(scene, word, 1), second = bit_sleeper(scene, word, 2);

	EXPECT_INT(scene, futex_call(word, FUTEX_WAKE_BITSET, INT_MAX, NULL, NULL, 4), 0);
	EXPECT_INT(scene, futex_call(word, FUTEX_WAKE_BITSET, INT_MAX, NULL, NULL, 6), 1);
	EXPECT_EXIT(scene, second, 0);
	wake(scene, word, 1);
	EXPECT_EXIT(scene, first, 0);
}

static void wake_op(struct scene *scene)
{
	uint32_t *first = scene_memory(scene, sizeof *first);
	uint32_t *second = scene_memory(scene, sizeof *second);
	bool is_true = scene->number;
	pid_t one, other;

	one = futex_sleeper(scene, first, 0);
	other = futex_sleeper(scene, second, 0);
	*second = 5;
	/* Adds 3 to the second word; wakes there if it was (not) 5. */
	EXPECT_INT(scene,
		futex_call(first, FUTEX_WAKE_OP, 1, futex_count(1), second,
			(uint32_t)FUTEX_OP(FUTEX_OP_ADD, 3,
				is_true ? FUTEX_OP_CMP_EQ : FUTEX_OP_CMP_NE, 5)),
		is_true ? 2 : 1);
	EXPECT_INT(scene, *second, 8);
	EXPECT_EXIT(scene, one, 0);
	wake(scene, second, is_true ? 0 : 1);
	EXPECT_EXIT(scene, other, 0);
}

/* struct futex_waitv, which old headers lack. */
struct waiter {
	uint64_t value, address;
	uint32_t flags, reserved;
};

#define WAITER_32 2 /* FUTEX_32: the size of the word */

static void fill_waiters(struct waiter *waiters, uint32_t *words, int count)
{
	for (int i = 0; i < count; i++)
		waiters[i] = (struct waiter) {
			.address = (uintptr_t)&words[16 * i],
			.flags = WAITER_32,
		};
}

static void waitv(struct scene *scene)
{
	uint32_t *words = scene_memory(scene, 4096);
	struct waiter waiters[4];
	int which = (int)scene->number;
	pid_t sleeper;

	fill_waiters(waiters, words, 4);
	/* Is there such a call? */
	SETUP(scene,
		syscall(SYS_futex_waitv, waiters, 0, 0, NULL, 0) == -1 && errno == ENOSYS
			? -1
			: 0);
	sleeper = scene_fork(scene);
	if (sleeper == 0) {
		EXPECT_INT(
			scene, syscall(SYS_futex_waitv, waiters, 4, 0, NULL, 0), which);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, sleeper, IN_FUTEX_WAITV);
	EXPECT_INT(
		scene, futex_call(&words[16 * which], FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	EXPECT_EXIT(scene, sleeper, 0);
}

static void waitv_refused(struct scene *scene)
{
	uint32_t *words = scene_memory(scene, 4096);
	struct waiter waiters[4];
	struct timespec past = { .tv_sec = 0, .tv_nsec = 1 };

	fill_waiters(waiters, words, 4);
	words[32] = 1;
	EXPECT_ERROR(scene, syscall(SYS_futex_waitv, waiters, 4, 0, NULL, 0), EAGAIN);
	words[32] = 0;
	EXPECT_ERROR(scene,
		syscall(SYS_futex_waitv, waiters, 4, 0, &past, CLOCK_MONOTONIC),
		ETIMEDOUT);
	EXPECT_ERROR(scene, syscall(SYS_futex_waitv, waiters, 0, 0, NULL, 0), EINVAL);
	EXPECT_ERROR(scene, syscall(SYS_futex_waitv, waiters, 129, 0, NULL, 0), EINVAL);
	waiters[1].flags = 0x80000000;
	EXPECT_ERROR(scene, syscall(SYS_futex_waitv, waiters, 4, 0, NULL, 0), EINVAL);
}

/* The word holds who owns it; that someone waits is in its highest bit. */
static void pi_ownership(struct scene *scene)
{
	uint32_t *word = scene_memory(scene, sizeof *word);
	pid_t waiter;

	EXPECT_OK(scene, futex_call(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	EXPECT_INT(scene, *word, signal_thread());
	EXPECT_ERROR(scene, futex_call(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EDEADLK);
	waiter = scene_fork(scene);
	if (waiter == 0) {
		EXPECT_ERROR(scene, futex_call(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0),
			EPERM);
		EXPECT_ERROR(scene, futex_call(word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0),
			EAGAIN);
		EXPECT_OK(scene, futex_call(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
		EXPECT_INT(scene, *word & FUTEX_TID_MASK, signal_thread());
		EXPECT_OK(scene, futex_call(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_FUTEX);
	EXPECT_INT(scene, *(volatile uint32_t *)word,
		(uint32_t)signal_thread() | FUTEX_WAITERS);
	EXPECT_OK(scene, futex_call(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	EXPECT_EXIT(scene, waiter, 0);
	EXPECT_INT(scene, *(volatile uint32_t *)word, 0);
}

/* What a thread lists as held is marked when it dies, and a sleeper is woken. */
static void robust_list(struct scene *scene)
{
	struct held {
		struct robust_list link;
		uint32_t word;
	} *held = scene_memory(scene, sizeof *held);
	struct robust_list_head *head = scene_memory(scene, sizeof *head);
	pid_t owner = scene_fork(scene), sleeper;

	if (owner == 0) {
		head->list.next = &held->link;
		held->link.next = &head->list;
		head->futex_offset = offsetof(struct held, word);
		held->word = (uint32_t)signal_thread() | FUTEX_WAITERS;
		EXPECT_OK(scene, syscall(SYS_set_robust_list, head, sizeof *head));
		scene_open(scene, 0);
		for (;;)
			pause();
	}
	scene_wait(scene, 0);
	sleeper = scene_fork(scene);
	if (sleeper == 0) {
		EXPECT_OK(scene,
			futex_call(&held->word, FUTEX_WAIT, held->word, NULL, NULL, 0));
		_exit(0);
	}
	EXPECT_BLOCKED(scene, sleeper, IN_FUTEX);
	SETUP(scene, kill(owner, SIGKILL));
	EXPECT_KILLED(scene, owner, SIGKILL);
	EXPECT_INT(scene, held->word, FUTEX_OWNER_DIED | FUTEX_WAITERS);
	EXPECT_EXIT(scene, sleeper, 0);
}

static const struct value requeues[] = { { "plain", FUTEX_REQUEUE },
	{ "compared", FUTEX_CMP_REQUEUE }, { NULL, 0 } };

static const struct value negatives[] = { { "wakes", NEGATIVE_WAKES },
	{ "moves", NEGATIVE_MOVES }, { NULL, 0 } };

static const struct value truths[] = { { "false", 0 }, { "true", 1 }, { NULL, 0 } };

static const struct value indices[] = { { "0", 0 }, { "1", 1 }, { "3", 3 }, { NULL, 0 } };

static const struct check checks[] = {
	{ .id = "futex.requeue", .run = requeue, .needs = NEED_PROC, .values = requeues },
	{ .id = "futex.requeue_returns_woken",
		.run = requeue_returns_woken,
		.needs = NEED_PROC },
	{ .id = "futex.requeue_changed", .run = requeue_changed, .needs = NEED_PROC },
	{ .id = "futex.requeue_overflow", .run = requeue_overflow, .values = negatives },
	{ .id = "futex.bitset", .run = bitset, .needs = NEED_PROC },
	{ .id = "futex.wake_op", .run = wake_op, .needs = NEED_PROC, .values = truths },
	{ .id = "futex.waitv", .run = waitv, .needs = NEED_PROC, .values = indices },
	{ .id = "futex.waitv_refused", .run = waitv_refused },
	{ .id = "futex.pi_ownership", .run = pi_ownership, .needs = NEED_PROC },
	{ .id = "futex.robust_list", .run = robust_list, .needs = NEED_PROC },
	{ .id = NULL },
};

const struct suite futex_more_suite = { "futex_more", checks };
