/* SEM_UNDO: what a process did to a semaphore is taken back when it ends. */
#include <signal.h>
#include <sys/sem.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/exec_help.h"
#include "conformance/sysv_help.h"

/* A set of one semaphore that is `value`. */
static int make(struct scene *scene, int value)
{
	int set = scene_sysv(scene, LEDGER_SYSV_SEM, 1);

	SETUP(scene, semctl(set, 0, SETVAL, (union sem_argument) { .value = value }));
	return set;
}

static void operate(struct scene *scene, int set, int delta, int flags)
{
	EXPECT_INT(scene, sysv_help_semop(set, 0, delta, flags), 0);
}

/* A child that has done as many operations as there are; it ends when the second gate
 * opens. */
static pid_t start_holder(struct scene *scene, int set, const int *deltas, int flags)
{
	pid_t holder = scene_fork(scene);

	if (holder == 0) {
		for (; *deltas; deltas++)
			operate(scene, set, *deltas, flags);
		scene_open(scene, 0);
		scene_wait(scene, 1);
		_exit(0);
	}
	PROMISED(scene, "the operations are done");
	scene_wait(scene, 0);
	arrived(scene);
	return holder;
}

static void finish(struct scene *scene, pid_t holder)
{
	scene_open(scene, 1);
	EXPECT_EXIT(scene, holder, 0);
}

static const int take_one[] = { -1, 0 };
static const int several[] = { -2, -3, 1, 0 };
static const int give_one[] = { 1, 0 };

static void at_end(struct scene *scene)
{
	int set = make(scene, 1);
	pid_t holder = start_holder(scene, set, take_one, SEM_UNDO);

	EXPECT_INT(scene, semctl(set, 0, GETVAL), 0);
	if (scene->number) {
		SETUP(scene, kill(holder, SIGKILL));
		EXPECT_KILLED(scene, holder, SIGKILL);
	} else {
		finish(scene, holder);
	}
	EXPECT_INT(scene, semctl(set, 0, GETVAL), 1);
}

static const struct value ends[] = {
	{ "exit", 0 },
	{ "kill", 1 },
	{ NULL, 0 },
};

static void adds_up(struct scene *scene)
{
	int set = make(scene, 6);
	pid_t holder = start_holder(scene, set, several, SEM_UNDO);

	EXPECT_INT(scene, semctl(set, 0, GETVAL), 2);
	finish(scene, holder);
	EXPECT_INT(scene, semctl(set, 0, GETVAL), 6);
}

static void unflagged(struct scene *scene)
{
	int set = make(scene, 2);
	pid_t holder = scene_fork(scene);

	if (holder == 0) {
		operate(scene, set, -1, 0);
		operate(scene, set, -1, SEM_UNDO);
		_exit(0);
	}
	EXPECT_EXIT(scene, holder, 0);
	EXPECT_INT(scene, semctl(set, 0, GETVAL), 1);
}

static void not_forked(struct scene *scene)
{
	int set = make(scene, 1);
	pid_t holder = scene_fork(scene), child;

	if (holder == 0) {
		operate(scene, set, -1, SEM_UNDO);
		child = scene_fork(scene);
		if (child == 0)
			_exit(0);
		EXPECT_EXIT(scene, child, 0);
		EXPECT_INT(scene, semctl(set, 0, GETVAL), 0);
		_exit(0);
	}
	EXPECT_EXIT(scene, holder, 0);
	EXPECT_INT(scene, semctl(set, 0, GETVAL), 1);
}

static void take_with_undo(struct scene *scene, void *argument)
{
	operate(scene, *(int *)argument, -1, SEM_UNDO);
}

static void survives_exec(struct scene *scene)
{
	int set = make(scene, 1);
	struct executed holder = exec_help_start(scene, take_with_undo, &set);

	EXPECT_INT(scene, semctl(set, 0, GETVAL), 0);
	exec_help_end(scene, &holder);
	EXPECT_INT(scene, semctl(set, 0, GETVAL), 1);
}

static void cleared(struct scene *scene)
{
	int set = make(scene, 1);
	pid_t holder = start_holder(scene, set, take_one, SEM_UNDO);
	unsigned short value = 5;

	if (scene->number)
		SETUP(scene, semctl(set, 0, SETALL,
				     (union sem_argument) { .values = &value }));
	else
		SETUP(scene,
			semctl(set, 0, SETVAL, (union sem_argument) { .value = value }));
	finish(scene, holder);
	EXPECT_INT(scene, semctl(set, 0, GETVAL), 5);
}

static const struct value setters[] = {
	{ "setval", 0 },
	{ "setall", 1 },
	{ NULL, 0 },
};

static void clamped(struct scene *scene)
{
	int set = make(scene, 0);
	pid_t holder = start_holder(scene, set, give_one, SEM_UNDO);

	operate(scene, set, -1, IPC_NOWAIT);
	finish(scene, holder);
	EXPECT_INT(scene, semctl(set, 0, GETVAL), 0);
}

static void wakes_waiter(struct scene *scene)
{
	int set = make(scene, 1);
	pid_t holder = start_holder(scene, set, take_one, SEM_UNDO);
	pid_t waiter = scene_fork(scene);

	if (waiter == 0) {
		operate(scene, set, -1, 0);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_SEMOP);
	if (scene->number) {
		SETUP(scene, kill(holder, SIGKILL));
		EXPECT_KILLED(scene, holder, SIGKILL);
	} else {
		finish(scene, holder);
	}
	EXPECT_EXIT(scene, waiter, 0);
	EXPECT_INT(scene, semctl(set, 0, GETVAL), 0);
}

static const struct check checks[] = {
	{ .id = "sem.sysv.undo_exit_kill",
		.run = at_end,
		.needs = NEED_SYSV_SEM,
		.values = ends },
	{ .id = "sem.sysv.undo_adds_up", .run = adds_up, .needs = NEED_SYSV_SEM },
	{ .id = "sem.sysv.undo_unflagged", .run = unflagged, .needs = NEED_SYSV_SEM },
	{ .id = "sem.sysv.undo_not_forked", .run = not_forked, .needs = NEED_SYSV_SEM },
	{ .id = "sem.sysv.undo_survives_exec",
		.run = survives_exec,
		.needs = NEED_SYSV_SEM },
	{ .id = "sem.sysv.setval_clears_undo",
		.run = cleared,
		.needs = NEED_SYSV_SEM,
		.values = setters },
	{ .id = "sem.sysv.undo_clamp_zero", .run = clamped, .needs = NEED_SYSV_SEM },
	{ .id = "sem.sysv.undo_wakes_waiter",
		.run = wakes_waiter,
		.needs = NEED_SYSV_SEM | NEED_PROC,
		.values = ends },
	{ .id = NULL },
};

const struct suite sem_sysv_undo_suite = { "sem_sysv_undo", checks };
