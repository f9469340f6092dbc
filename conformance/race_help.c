#include "conformance/race_help.h"

#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "conformance/check.h"

#define WORKERS   4
#define ROUNDS    150
#define ENOUGH_MS 1000

struct counted {
	volatile int64_t count;
	_Atomic int inside;
	_Atomic int64_t rounds;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void count(struct scene *scene, struct counted *counted)
{
	int64_t seen;

	EXPECT_INT(scene, atomic_fetch_add(&counted->inside, 1), 0);
	seen = counted->count;
	sched_yield(); /* whoever may come in does so now */
	counted->count = seen + 1;
	EXPECT_INT(scene, atomic_fetch_sub(&counted->inside, 1), 1);
}

/* Each yield may cost a time slice of everything else that runs: fewer rounds then. */
static void work(struct scene *scene, struct counted *counted,
	void (*lock)(struct scene *scene, void *context),
	void (*unlock)(struct scene *scene, void *context), void *context)
{
	int64_t end_ms = now_ms() + ENOUGH_MS;

	for (int round = 0; round < ROUNDS && (!round || now_ms() < end_ms); round++) {
		lock(scene, context);
		count(scene, counted);
		unlock(scene, context);
		atomic_fetch_add(&counted->rounds, 1);
	}
}

void race_help_exclude(struct scene *scene,
	void (*lock)(struct scene *scene, void *context),
	void (*unlock)(struct scene *scene, void *context), void *context)
{
	struct counted *counted = scene_memory(scene, sizeof *counted);
	pid_t workers[WORKERS];

	for (int i = 0; i < WORKERS; i++) {
		workers[i] = scene_fork(scene);
		if (workers[i])
			continue;
		scene_wait(scene, 0);
		work(scene, counted, lock, unlock, context);
		_exit(0);
	}
	scene_open(scene, 0);
	for (int i = 0; i < WORKERS; i++)
		EXPECT_EXIT(scene, workers[i], 0);
	EXPECT_INT(scene, counted->count, counted->rounds);
	EXPECT(scene, counted->rounds >= WORKERS, "%d rounds", (int)counted->rounds);
}
