/* System V semaphores that nobody waits for: values, arrays of operations, errors. */
#include <errno.h>
#include <signal.h>
#include <sys/sem.h>
#include <time.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/race_help.h"
#include "conformance/sysv_help.h"

static int value_of(struct scene *scene, int set, int index)
{
	return SETUP(scene, semctl(set, index, GETVAL));
}

static int set_value(int set, int index, int value)
{
	return semctl(set, index, SETVAL, (union sem_argument) { .value = value });
}

static struct semid_ds status_of(struct scene *scene, int set)
{
	struct semid_ds status;

	SETUP(scene,
		semctl(set, 0, IPC_STAT, (union sem_argument) { .status = &status }));
	return status;
}

/* What the system allows; see semctl(2). */
static struct seminfo limits(struct scene *scene)
{
	struct seminfo info = { 0 };

	SETUP(scene, semctl(0, 0, IPC_INFO, (union sem_argument) { .limits = &info }));
	return info;
}

#define SEMAPHORES 5

static void getall_setall(struct scene *scene)
{
	unsigned short values[SEMAPHORES] = { 3, 0, 1, 300, 2 }, got[SEMAPHORES];
	int set = scene_sysv(scene, LEDGER_SYSV_SEM, SEMAPHORES);

	EXPECT_INT(scene,
		semctl(set, 0, SETALL, (union sem_argument) { .values = values }), 0);
	EXPECT_INT(
		scene, semctl(set, 0, GETALL, (union sem_argument) { .values = got }), 0);
	EXPECT_BYTES(scene, got, values, sizeof values);
	EXPECT_INT(scene, set_value(set, 1, 9), 0);
	values[1] = 9;
	for (int i = 0; i < SEMAPHORES; i++)
		EXPECT_INT(scene, semctl(set, i, GETVAL), values[i]);
}

static void initial_zero(struct scene *scene)
{
	int set = scene_sysv(scene, LEDGER_SYSV_SEM, SEMAPHORES);

	for (int i = 0; i < SEMAPHORES; i++)
		EXPECT_INT(scene, semctl(set, i, GETVAL), 0);
}

enum stat_case { STAT_NEW, STAT_SEMOP, STAT_SETVAL, STAT_MAKER };

static void otime(struct scene *scene)
{
	int set = scene_sysv(scene, LEDGER_SYSV_SEM, SEMAPHORES);
	time_t before_s = time(NULL);
	struct semid_ds status = status_of(scene, set);

	switch ((enum stat_case)scene->number) {
	case STAT_NEW:
		EXPECT_INT(scene, status.sem_otime, 0);
		break;
	case STAT_SEMOP:
		SETUP(scene, sysv_help_semop(set, 0, 1, 0));
		status = status_of(scene, set);
		/* A stamp may be of the tick before. */
		EXPECT(scene, status.sem_otime >= before_s - 1, "%lld at %lld",
			(long long)status.sem_otime, (long long)before_s);
		break;
	case STAT_SETVAL:
		SETUP(scene, set_value(set, 0, 1));
		EXPECT_INT(scene, status_of(scene, set).sem_otime, 0);
		break;
	case STAT_MAKER:
		EXPECT_INT(scene, status.sem_nsems, SEMAPHORES);
		EXPECT_INT(scene, status.sem_perm.uid, geteuid());
		EXPECT_INT(scene, status.sem_perm.cuid, geteuid());
		EXPECT_INT(scene, status.sem_perm.gid, getegid());
		EXPECT_INT(scene, status.sem_perm.cgid, getegid());
		EXPECT_INT(scene, status.sem_perm.mode & 0777, 0600);
		EXPECT(scene, status.sem_ctime >= before_s - 1, "%lld at %lld",
			(long long)status.sem_ctime, (long long)before_s);
		break;
	}
}

static const struct value stat_cases[] = {
	{ "new", STAT_NEW },
	{ "semop", STAT_SEMOP },
	{ "setval", STAT_SETVAL },
	{ "maker", STAT_MAKER },
	{ NULL, 0 },
};

enum array_case { ARRAY_EAGAIN, ARRAY_ERANGE, ARRAY_EFBIG, ARRAY_ORDER, ARRAY_ALL };

static void array_atomic(struct scene *scene)
{
	short most = (short)limits(scene).semvmx;
	int set = scene_sysv(scene, LEDGER_SYSV_SEM, 2);
	struct sembuf arrays[][2] = {
		[ARRAY_EAGAIN] = { { 0, 1, 0 }, { 1, -1, IPC_NOWAIT } },
		[ARRAY_ERANGE] = { { 0, 1, 0 }, { 1, most, 0 } },
		[ARRAY_EFBIG] = { { 0, 1, 0 }, { 2, 1, 0 } },
		/* Each sees what those before it did. */
		[ARRAY_ORDER] = { { 0, 1, 0 }, { 0, -1, IPC_NOWAIT } },
		[ARRAY_ALL] = { { 0, 2, 0 }, { 1, 3, 0 } },
	};
	static const int errors[] = { EAGAIN, ERANGE, EFBIG, 0, 0 };
	size_t which = (size_t)scene->number;

	if (which == ARRAY_ERANGE)
		SETUP(scene, set_value(set, 1, 1));
	if (errors[which]) {
		EXPECT_ERROR(scene, semop(set, arrays[which], 2), errors[which]);
		EXPECT_INT(scene, semctl(set, 0, GETVAL), 0);
		EXPECT_INT(scene, semctl(set, 1, GETVAL), which == ARRAY_ERANGE);
		return;
	}
	EXPECT_INT(scene, semop(set, arrays[which], 2), 0);
	EXPECT_INT(scene, semctl(set, 0, GETVAL), which == ARRAY_ALL ? 2 : 0);
	EXPECT_INT(scene, semctl(set, 1, GETVAL), which == ARRAY_ALL ? 3 : 0);
}

static const struct value array_cases[] = {
	{ "eagain", ARRAY_EAGAIN },
	{ "erange", ARRAY_ERANGE },
	{ "efbig", ARRAY_EFBIG },
	{ "order", ARRAY_ORDER },
	{ "all", ARRAY_ALL },
	{ NULL, 0 },
};

enum error_case {
	ERROR_INDEX,
	ERROR_NEGATIVE_INDEX,
	ERROR_NOWAIT,
	ERROR_NOWAIT_ZERO,
	ERROR_ABOVE_MOST,
	ERROR_SETVAL,
	ERROR_SETVAL_NEGATIVE,
	ERROR_TOO_MANY,
	ERROR_REMOVED,
};

static void too_many(struct scene *scene, int set)
{
	static struct sembuf operations[65536]; /* all are { 0, 0, 0 }: wait for zero */
	int most = limits(scene).semopm;

	if (most >= 65536)
		SKIP(scene, "%d operations are allowed at a time", most);
	EXPECT_INT(scene, semop(set, operations, (size_t)most), 0);
	EXPECT_ERROR(scene, semop(set, operations, (size_t)most + 1), E2BIG);
}

static void errors_of(struct scene *scene)
{
	int most = limits(scene).semvmx;
	int set = scene_sysv(scene, LEDGER_SYSV_SEM, 2);

	switch ((enum error_case)scene->number) {
	case ERROR_INDEX:
		EXPECT_ERROR(scene, sysv_help_semop(set, 2, 1, 0), EFBIG);
		break;
	case ERROR_NEGATIVE_INDEX:
		EXPECT_ERROR(scene, semctl(set, -1, GETVAL), EINVAL);
		EXPECT_ERROR(scene, semctl(set, 2, GETVAL), EINVAL);
		break;
	case ERROR_NOWAIT:
		EXPECT_ERROR(scene, sysv_help_semop(set, 0, -1, IPC_NOWAIT), EAGAIN);
		break;
	case ERROR_NOWAIT_ZERO:
		EXPECT_INT(scene, sysv_help_semop(set, 0, 0, IPC_NOWAIT), 0);
		SETUP(scene, set_value(set, 0, 1));
		EXPECT_ERROR(scene, sysv_help_semop(set, 0, 0, IPC_NOWAIT), EAGAIN);
		break;
	case ERROR_ABOVE_MOST:
		SETUP(scene, set_value(set, 0, most));
		EXPECT_ERROR(scene, sysv_help_semop(set, 0, 1, 0), ERANGE);
		EXPECT_INT(scene, semctl(set, 0, GETVAL), most);
		break;
	case ERROR_SETVAL:
		EXPECT_ERROR(scene, set_value(set, 0, most + 1), ERANGE);
		break;
	case ERROR_SETVAL_NEGATIVE:
		EXPECT_ERROR(scene, set_value(set, 0, -1), ERANGE);
		break;
	case ERROR_TOO_MANY:
		too_many(scene, set);
		break;
	case ERROR_REMOVED:
		SETUP(scene, sysv_help_remove(LEDGER_SYSV_SEM, set));
		EXPECT_ERROR(scene, sysv_help_semop(set, 0, 1, 0), EINVAL);
		EXPECT_ERROR(scene, semctl(set, 0, GETVAL), EINVAL);
		break;
	}
}

static const struct value error_cases[] = {
	{ "index", ERROR_INDEX },
	{ "semctl_index", ERROR_NEGATIVE_INDEX },
	{ "nowait", ERROR_NOWAIT },
	{ "nowait_zero", ERROR_NOWAIT_ZERO },
	{ "above_most", ERROR_ABOVE_MOST },
	{ "setval_above_most", ERROR_SETVAL },
	{ "setval_negative", ERROR_SETVAL_NEGATIVE },
	{ "too_many", ERROR_TOO_MANY },
	{ "removed", ERROR_REMOVED },
	{ NULL, 0 },
};

static void survives_exit(struct scene *scene)
{
	pid_t maker = scene_fork(scene);
	int set;

	if (maker == 0) {
		set = scene_sysv(scene, LEDGER_SYSV_SEM, 1);
		SETUP(scene, sysv_help_semop(set, 0, 3, 0));
		atomic_store(&scene->common->cells[0], set);
		if (scene->number)
			kill(getpid(), SIGKILL);
		_exit(0);
	}
	if (scene->number)
		EXPECT_KILLED(scene, maker, SIGKILL);
	else
		EXPECT_EXIT(scene, maker, 0);
	set = (int)atomic_load(&scene->common->cells[0]);
	EXPECT_INT(scene, semctl(set, 0, GETVAL), 3);
}

static const struct value ends[] = {
	{ "exit", 0 },
	{ "kill", 1 },
	{ NULL, 0 },
};

static void lock(struct scene *scene, void *context)
{
	EXPECT_INT(scene, sysv_help_semop(*(int *)context, 0, -1, 0), 0);
}

static void unlock(struct scene *scene, void *context)
{
	EXPECT_INT(scene, sysv_help_semop(*(int *)context, 0, 1, 0), 0);
}

static void mutex(struct scene *scene)
{
	int set = scene_sysv(scene, LEDGER_SYSV_SEM, 1);

	SETUP(scene, sysv_help_semop(set, 0, 1, 0));
	race_help_exclude(scene, lock, unlock, &set);
	EXPECT_INT(scene, value_of(scene, set, 0), 1);
}

static const struct check checks[] = {
	{ .id = "sem.sysv.getall_setall", .run = getall_setall, .needs = NEED_SYSV_SEM },
	{ .id = "sem.sysv.initial_zero_linux",
		.run = initial_zero,
		.needs = NEED_SYSV_SEM },
	{ .id = "sem.sysv.otime_zero_initial",
		.run = otime,
		.needs = NEED_SYSV_SEM,
		.values = stat_cases },
	{ .id = "sem.sysv.array_atomic",
		.run = array_atomic,
		.needs = NEED_SYSV_SEM,
		.values = array_cases },
	{ .id = "sem.sysv.errors",
		.run = errors_of,
		.needs = NEED_SYSV_SEM,
		.values = error_cases },
	{ .id = "sem.sysv.survives_exit",
		.run = survives_exit,
		.needs = NEED_SYSV_SEM,
		.values = ends },
	{ .id = "sem.sysv.mutex", .run = mutex, .needs = NEED_SYSV_SEM },
	{ .id = NULL },
};

const struct suite sem_sysv_suite = { "sem_sysv", checks };
