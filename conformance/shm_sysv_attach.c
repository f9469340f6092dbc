/* Attachments of a System V segment: how they are counted, stamped, and what is seen
 * through them. */
#include <errno.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <time.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/exec_help.h"
#include "conformance/sysv_help.h"

static struct shmid_ds status_of(struct scene *scene, int id)
{
	struct shmid_ds status;

	SETUP(scene, shmctl(id, IPC_STAT, &status));
	return status;
}

static int attaches(struct scene *scene, int id)
{
	return (int)status_of(scene, id).shm_nattch;
}

/* What still looks at a process that has ended holds its memory a little longer. */
static void await_attaches(struct scene *scene, int id, int want)
{
	PROMISED(scene, "the count of attachments goes down");
	while (attaches(scene, id) > want)
		sched_yield();
	arrived(scene);
	EXPECT_INT(scene, attaches(scene, id), want);
}

static void attach_in_child(struct scene *scene, void *argument)
{
	const int *id = argument;

	SETUP_POINTER(scene, shmat(*id, NULL, 0));
	EXPECT_INT(scene, attaches(scene, *id), 1);
}

enum count_case {
	COUNT_TWICE,
	COUNT_FORK,
	COUNT_EXIT,
	COUNT_KILL,
	COUNT_EXEC,
	COUNT_BAD
};

/* A child that has inherited the attachment. */
static void count_child(struct scene *scene, int id)
{
	pid_t child = scene_fork(scene);

	if (child == 0) {
		scene_open(scene, 0);
		scene_wait(scene, 1);
		_exit(0);
	}
	scene_wait(scene, 0);
	EXPECT_INT(scene, attaches(scene, id), 2);
	if (scene->number == COUNT_KILL) {
		scene_end(scene, child);
	} else {
		scene_open(scene, 1);
		EXPECT_EXIT(scene, child, 0);
	}
	if (scene->number != COUNT_FORK)
		await_attaches(scene, id, 1);
}

static void nattch(struct scene *scene)
{
	int id = scene_sysv(scene, LEDGER_SYSV_SHM, 1);
	struct executed executed;
	char *first, *second;

	if (scene->number == COUNT_EXEC) {
		executed = exec_help_start(scene, attach_in_child, &id);
		await_attaches(scene, id, 0);
		exec_help_end(scene, &executed);
		return;
	}
	first = SETUP_POINTER(scene, shmat(id, NULL, 0));
	EXPECT_INT(scene, attaches(scene, id), 1);
	switch ((enum count_case)scene->number) {
	case COUNT_TWICE:
		second = SETUP_POINTER(scene, shmat(id, NULL, 0));
		EXPECT_INT(scene, attaches(scene, id), 2);
		EXPECT_INT(scene, shmdt(second), 0);
		EXPECT_INT(scene, attaches(scene, id), 1);
		EXPECT_INT(scene, shmdt(first), 0);
		EXPECT_INT(scene, attaches(scene, id), 0);
		break;
	case COUNT_BAD:
		EXPECT_INT(scene, shmdt(first), 0);
		EXPECT_ERROR(scene, shmdt(first), EINVAL);
		EXPECT_ERROR(scene, shmdt(&id), EINVAL);
		EXPECT_INT(scene, attaches(scene, id), 0);
		break;
	default:
		count_child(scene, id);
	}
}

static const struct value count_cases[] = {
	{ "twice", COUNT_TWICE },
	{ "fork", COUNT_FORK },
	{ "exit", COUNT_EXIT },
	{ "kill", COUNT_KILL },
	{ "exec", COUNT_EXEC },
	{ "bad_address", COUNT_BAD },
	{ NULL, 0 },
};

static void nattch_mprotect(struct scene *scene)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = 8;
	int id = scene_sysv(scene, LEDGER_SYSV_SHM, pages * page);
	char *memory = SETUP_POINTER(scene, shmat(id, NULL, 0));

	/* Each turn splits the mapping in two or three, and then makes it one again. */
	for (size_t i = 0; i < pages; i++) {
		SETUP(scene, mprotect(memory + i * page, page, PROT_READ));
		SETUP(scene, mprotect(memory + i * page, page, PROT_NONE));
		SETUP(scene, mprotect(memory, pages * page, PROT_READ));
		SETUP(scene, mprotect(memory, pages * page, PROT_READ | PROT_WRITE));
	}
	/* Parts that are not merged again count each; a leak is what is left at the end.
	 */
	note(scene, "counted %d times while attached once", attaches(scene, id));
	SETUP(scene, shmdt(memory));
	EXPECT_INT(scene, attaches(scene, id), 0);
}

/* Attached before the fork, or by each for itself. */
static void visible(struct scene *scene)
{
	int id = scene_sysv(scene, LEDGER_SYSV_SHM, 1);
	volatile char *memory = SETUP_POINTER(scene, shmat(id, NULL, 0));
	pid_t child;

	*memory = 6;
	child = scene_fork(scene);
	if (child == 0) {
		if (scene->number)
			memory = SETUP_POINTER(scene, shmat(id, NULL, 0));
		EXPECT_INT(scene, *memory, 6);
		*memory = 7;
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
	EXPECT_INT(scene, *memory, 7);
}

static const struct value visible_cases[] = {
	{ "inherited", 0 },
	{ "attached", 1 },
	{ NULL, 0 },
};

static void stamps(struct scene *scene)
{
	int id = scene_sysv(scene, LEDGER_SYSV_SHM, 1);
	time_t before_s = time(NULL);
	pid_t child = scene_fork(scene);
	struct shmid_ds status;
	void *memory;

	if (child == 0) {
		memory = SETUP_POINTER(scene, shmat(id, NULL, 0));
		if (scene->number)
			SETUP(scene, shmdt(memory));
		scene_open(scene, 0);
		scene_wait(scene, 1);
		_exit(0);
	}
	scene_wait(scene, 0);
	status = status_of(scene, id);
	EXPECT_INT(scene, status.shm_lpid, child);
	EXPECT(scene, status.shm_atime >= before_s - 1, "attached at %lld, after %lld",
		(long long)status.shm_atime, (long long)before_s);
	if (scene->number)
		EXPECT(scene, status.shm_dtime >= before_s - 1,
			"detached at %lld, after %lld", (long long)status.shm_dtime,
			(long long)before_s);
	else
		EXPECT_INT(scene, status.shm_dtime, 0);
	scene_open(scene, 1);
	EXPECT_EXIT(scene, child, 0);
}

static const struct value stamp_cases[] = {
	{ "attach", 0 },
	{ "detach", 1 },
	{ NULL, 0 },
};

/* A limit of locked memory is the machine's affair. */
static void lock_segment(struct scene *scene, int id)
{
	int got = shmctl(id, SHM_LOCK, NULL);

	if (got < 0 && (errno == EPERM || errno == ENOMEM))
		SETUP(scene, got);
	EXPECT_INT(scene, got, 0);
}

static void lock_unlock(struct scene *scene)
{
	int id = scene_sysv(scene, LEDGER_SYSV_SHM, 1);

	lock_segment(scene, id);
	EXPECT(scene, status_of(scene, id).shm_perm.mode & SHM_LOCKED,
		"SHM_LOCKED is not set");
	EXPECT_INT(scene, shmctl(id, SHM_UNLOCK, NULL), 0);
	EXPECT(scene, !(status_of(scene, id).shm_perm.mode & SHM_LOCKED),
		"SHM_LOCKED is set");
}

static const struct check checks[] = {
	{ .id = "shm.sysv.nattch_fork_exec",
		.run = nattch,
		.needs = NEED_SYSV_SHM,
		.values = count_cases },
	{ .id = "shm.sysv.nattch_mprotect_leak",
		.run = nattch_mprotect,
		.needs = NEED_SYSV_SHM },
	{ .id = "shm.sysv.visible",
		.run = visible,
		.needs = NEED_SYSV_SHM,
		.values = visible_cases },
	{ .id = "shm.sysv.attach_stamps",
		.run = stamps,
		.needs = NEED_SYSV_SHM,
		.values = stamp_cases },
	{ .id = "shm.sysv.lock_unlock", .run = lock_unlock, .needs = NEED_SYSV_SHM },
	{ .id = NULL },
};

const struct suite shm_sysv_attach_suite = { "shm_sysv_attach", checks };
