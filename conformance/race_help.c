#include "conformance/race_help.h"

#include <sched.h>
#include <unistd.h>

#include "conformance/check.h"

#define WORKERS 4
#define ROUNDS  150

struct counted {
	volatile int64_t count;
	_Atomic int inside;
};

static void count(struct scene *scene, struct counted *counted)
{
	int64_t seen;

	EXPECT_INT(scene, atomic_fetch_add(&counted->inside, 1), 0);
	seen = counted->count;
	sched_yield(); /* whoever may come in does so now */
	counted->count = seen + 1;
	EXPECT_INT(scene, atomic_fetch_sub(&counted->inside, 1), 1);
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
		for (int round = 0; round < ROUNDS; round++) {
			lock(scene, context);
			count(scene, counted);
			unlock(scene, context);
		}
		_exit(0);
	}
	scene_open(scene, 0);
	for (int i = 0; i < WORKERS; i++)
		EXPECT_EXIT(scene, workers[i], 0);
	EXPECT_INT(scene, counted->count, WORKERS * ROUNDS);
}
