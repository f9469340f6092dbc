/* What an IPC namespace holds and how much: each check here makes one of its own, so that
 * limits can be lowered that are otherwise the whole machine's. */
#include <errno.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/namespace_help.h"
#include "conformance/sysv_help.h"

static void isolated(struct scene *scene)
{
	enum ledger_kind kind = sysv_help_kind(scene);
	key_t key = scene_key(scene, kind);
	int id = sysv_help_new(scene, kind, key, 1);
	pid_t stranger = scene_fork(scene);

	if (stranger == 0) {
		namespace_help_enter(scene);
		EXPECT_ERROR(scene, sysv_help_raw_get(kind, key, 1, 0), ENOENT);
		id = EXPECT_OK(scene,
			sysv_help_raw_get(kind, key, 1, IPC_CREAT | IPC_EXCL | 0600));
		scene_open(scene, 0);
		scene_wait(scene, 1);
		EXPECT_INT(scene, sysv_help_raw_get(kind, key, 1, 0), id);
		_exit(0);
	}
	PROMISED(scene, "another object at the same key");
	scene_wait(scene, 0);
	arrived(scene);
	EXPECT_INT(scene, sysv_help_raw_get(kind, key, 1, 0), id);
	EXPECT_INT(scene, sysv_help_remove(kind, id), 0);
	EXPECT_ERROR(scene, sysv_help_raw_get(kind, key, 1, 0), ENOENT);
	scene_open(scene, 1);
	EXPECT_EXIT(scene, stranger, 0);
}

static int new_private(enum ledger_kind kind, size_t size)
{
	return sysv_help_raw_get(kind, IPC_PRIVATE, size, IPC_CREAT | 0600);
}

enum segment_limit { SHMMAX, SHMMNI, SHMALL };

static void segment_limits(struct scene *scene)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int got;

	namespace_help_enter(scene);
	switch ((enum segment_limit)scene->number) {
	case SHMMAX:
		namespace_help_limit(scene, "kernel/shmmax", "4096");
		EXPECT_OK(scene, new_private(LEDGER_SYSV_SHM, 4096));
		EXPECT_ERROR(scene, new_private(LEDGER_SYSV_SHM, 4097), EINVAL);
		break;
	case SHMMNI:
		namespace_help_limit(scene, "kernel/shmmni", "2");
		EXPECT_OK(scene, new_private(LEDGER_SYSV_SHM, 1));
		EXPECT_OK(scene, new_private(LEDGER_SYSV_SHM, 1));
		EXPECT_ERROR(scene, new_private(LEDGER_SYSV_SHM, 1), ENOSPC);
		break;
	case SHMALL:
		namespace_help_limit(scene, "kernel/shmall", "4");
		EXPECT_OK(scene, new_private(LEDGER_SYSV_SHM, 4 * page));
		got = new_private(LEDGER_SYSV_SHM, 1);
		EXPECT_INT(scene, got, -1);
		EXPECT(scene, errno == ENOSPC || errno == ENOMEM, "errno %d", errno);
		break;
	}
}

static const struct value segment_values[] = {
	{ "shmmax", SHMMAX },
	{ "shmmni", SHMMNI },
	{ "shmall", SHMALL },
	{ NULL, 0 },
};

enum set_limit { SEMMSL, SEMMNS, SEMOPM, SEMMNI };

static void set_limits(struct scene *scene)
{
	struct sembuf operations[3] = { { 0, 1, 0 }, { 0, 1, 0 }, { 0, 1, 0 } };
	int set;

	namespace_help_enter(scene);
	switch ((enum set_limit)scene->number) {
	case SEMMSL:
		namespace_help_limit(scene, "kernel/sem", "4 100 10 10");
		EXPECT_OK(scene, new_private(LEDGER_SYSV_SEM, 4));
		EXPECT_ERROR(scene, new_private(LEDGER_SYSV_SEM, 5), EINVAL);
		break;
	case SEMMNS:
		namespace_help_limit(scene, "kernel/sem", "10 4 10 10");
		EXPECT_OK(scene, new_private(LEDGER_SYSV_SEM, 3));
		EXPECT_ERROR(scene, new_private(LEDGER_SYSV_SEM, 2), ENOSPC);
		EXPECT_OK(scene, new_private(LEDGER_SYSV_SEM, 1));
		break;
	case SEMOPM:
		namespace_help_limit(scene, "kernel/sem", "10 100 2 10");
		set = SETUP(scene, new_private(LEDGER_SYSV_SEM, 1));
		EXPECT_INT(scene, semop(set, operations, 2), 0);
		EXPECT_ERROR(scene, semop(set, operations, 3), E2BIG);
		EXPECT_INT(scene, semctl(set, 0, GETVAL), 2);
		break;
	case SEMMNI:
		namespace_help_limit(scene, "kernel/sem", "10 100 10 2");
		EXPECT_OK(scene, new_private(LEDGER_SYSV_SEM, 1));
		EXPECT_OK(scene, new_private(LEDGER_SYSV_SEM, 1));
		EXPECT_ERROR(scene, new_private(LEDGER_SYSV_SEM, 1), ENOSPC);
		break;
	}
}

static const struct value set_values[] = {
	{ "semmsl", SEMMSL },
	{ "semmns", SEMMNS },
	{ "semopm", SEMOPM },
	{ "semmni", SEMMNI },
	{ NULL, 0 },
};

enum queue_limit { MSGMNI, MSGMAX_, MSGMNB_ };

static void queue_limits(struct scene *scene)
{
	int queue;

	namespace_help_enter(scene);
	switch ((enum queue_limit)scene->number) {
	case MSGMNI:
		namespace_help_limit(scene, "kernel/msgmni", "2");
		EXPECT_OK(scene, new_private(LEDGER_SYSV_MSG, 0));
		EXPECT_OK(scene, new_private(LEDGER_SYSV_MSG, 0));
		EXPECT_ERROR(scene, new_private(LEDGER_SYSV_MSG, 0), ENOSPC);
		break;
	case MSGMAX_:
		namespace_help_limit(scene, "kernel/msgmax", "4");
		queue = SETUP(scene, new_private(LEDGER_SYSV_MSG, 0));
		EXPECT_INT(scene, sysv_help_send(queue, 1, "four", IPC_NOWAIT), 0);
		EXPECT_ERROR(
			scene, sysv_help_send(queue, 1, "fives", IPC_NOWAIT), EINVAL);
		break;
	case MSGMNB_:
		namespace_help_limit(scene, "kernel/msgmnb", "8");
		queue = SETUP(scene, new_private(LEDGER_SYSV_MSG, 0));
		EXPECT_INT(scene, sysv_help_send(queue, 1, "four", IPC_NOWAIT), 0);
		EXPECT_ERROR(
			scene, sysv_help_send(queue, 1, "fives", IPC_NOWAIT), EAGAIN);
		EXPECT_INT(scene, sysv_help_send(queue, 1, "four", IPC_NOWAIT), 0);
		break;
	}
}

static const struct value queue_values[] = {
	{ "msgmni", MSGMNI },
	{ "msgmax", MSGMAX_ },
	{ "msgmnb", MSGMNB_ },
	{ NULL, 0 },
};

/* kernel.shm_rmid_forced: what nobody has attached goes by itself. */
static void rmid_forced(struct scene *scene)
{
	struct shmid_ds status;
	void *memory;
	int id;

	namespace_help_enter(scene);
	namespace_help_limit(scene, "kernel/shm_rmid_forced", "1");
	id = SETUP(scene, new_private(LEDGER_SYSV_SHM, 1));
	memory = SETUP_POINTER(scene, shmat(id, NULL, 0));
	EXPECT_INT(scene, shmctl(id, IPC_STAT, &status), 0);
	SETUP(scene, shmdt(memory));
	EXPECT_ERROR(scene, shmctl(id, IPC_STAT, &status), EINVAL);
}

static const struct check checks[] = {
	{ .id = "shm.sysv.namespace_isolated",
		.run = isolated,
		.needs = NEED_SYSV_SHM | NEED_NAMESPACES },
	{ .id = "sem.sysv.namespace_isolated",
		.run = isolated,
		.needs = NEED_SYSV_SEM | NEED_NAMESPACES },
	{ .id = "msg.sysv.namespace_isolated",
		.run = isolated,
		.needs = NEED_SYSV_MSG | NEED_NAMESPACES },
	{ .id = "shm.sysv.limits",
		.run = segment_limits,
		.needs = NEED_SYSV_SHM | NEED_NAMESPACES,
		.values = segment_values },
	{ .id = "sem.sysv.limits",
		.run = set_limits,
		.needs = NEED_SYSV_SEM | NEED_NAMESPACES,
		.values = set_values },
	{ .id = "msg.sysv.limits",
		.run = queue_limits,
		.needs = NEED_SYSV_MSG | NEED_NAMESPACES,
		.values = queue_values },
	{ .id = "shm.sysv.rmid_forced",
		.run = rmid_forced,
		.needs = NEED_SYSV_SHM | NEED_NAMESPACES },
	{ .id = NULL },
};

const struct suite sysv_limits_suite = { "sysv_limits", checks };
