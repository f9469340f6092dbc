/* A System V shared memory segment: what it is when new, and how long it lives. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/shm.h>
#include <time.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/sysv_help.h"

static struct shmid_ds status_of(struct scene *scene, int id)
{
	struct shmid_ds status;

	SETUP(scene, shmctl(id, IPC_STAT, &status));
	return status;
}

enum new_case { NEW_ZEROS, NEW_SIZE, NEW_UNATTACHED, NEW_MAKER };

#define ODD_SIZE ((size_t)sysconf(_SC_PAGESIZE) + 100)

/* Memory that was somebody's must not shine through. */
static void dirty_pages(struct scene *scene)
{
	int id = scene_sysv(scene, LEDGER_SYSV_SHM, ODD_SIZE);
	void *memory = SETUP_POINTER(scene, shmat(id, NULL, 0));

	memset(memory, 0xff, ODD_SIZE);
	SETUP(scene, sysv_help_remove(LEDGER_SYSV_SHM, id));
	SETUP(scene, shmdt(memory));
}

static void expect_zeros(struct scene *scene, int id)
{
	const unsigned char *bytes = SETUP_POINTER(scene, shmat(id, NULL, 0));

	for (size_t i = 0; i < ODD_SIZE; i++)
		EXPECT(scene, bytes[i] == 0, "byte %zu is 0x%02x", i, bytes[i]);
}

static void new_segment(struct scene *scene)
{
	time_t before_s = time(NULL);
	struct shmid_ds status;
	int id;

	dirty_pages(scene);
	id = scene_sysv(scene, LEDGER_SYSV_SHM, ODD_SIZE);
	status = status_of(scene, id);
	switch ((enum new_case)scene->number) {
	case NEW_ZEROS:
		expect_zeros(scene, id);
		break;
	case NEW_SIZE:
		EXPECT_INT(scene, status.shm_segsz, ODD_SIZE);
		break;
	case NEW_UNATTACHED:
		EXPECT_INT(scene, status.shm_nattch, 0);
		EXPECT_INT(scene, status.shm_lpid, 0);
		EXPECT_INT(scene, status.shm_atime, 0);
		EXPECT_INT(scene, status.shm_dtime, 0);
		break;
	case NEW_MAKER:
		EXPECT_INT(scene, status.shm_cpid, getpid());
		EXPECT_INT(scene, status.shm_perm.uid, geteuid());
		EXPECT_INT(scene, status.shm_perm.cuid, geteuid());
		EXPECT_INT(scene, status.shm_perm.gid, getegid());
		EXPECT_INT(scene, status.shm_perm.cgid, getegid());
		EXPECT_INT(scene, status.shm_perm.mode & 0777, 0600);
		/* A stamp may be of the tick before. */
		EXPECT(scene, status.shm_ctime >= before_s - 1, "%lld at %lld",
			(long long)status.shm_ctime, (long long)before_s);
		break;
	}
}

static const struct value new_cases[] = {
	{ "zeros", NEW_ZEROS },
	{ "size", NEW_SIZE },
	{ "unattached", NEW_UNATTACHED },
	{ "maker", NEW_MAKER },
	{ NULL, 0 },
};

static void tail_of_last_page(struct scene *scene)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int id = scene_sysv(scene, LEDGER_SYSV_SHM, 1);
	unsigned char *first = SETUP_POINTER(scene, shmat(id, NULL, 0));
	unsigned char *second = SETUP_POINTER(scene, shmat(id, NULL, 0));

	EXPECT_INT(scene, first[page - 1], 0);
	first[page - 1] = 7;
	EXPECT_INT(scene, second[page - 1], 7);
}

static void *attach(struct scene *scene, int id)
{
	void *memory = shmat(id, NULL, 0);

	EXPECT(scene, (intptr_t)memory != -1, "the segment %d cannot be attached: %s", id,
		strerror(errno));
	return memory;
}

static void survives_exit(struct scene *scene)
{
	bool is_killed = scene->number;
	pid_t maker = scene_fork(scene);
	int id;

	if (maker == 0) {
		id = scene_sysv(scene, LEDGER_SYSV_SHM, 6);
		memcpy(attach(scene, id), "stays", 6);
		atomic_store(&scene->common->cells[0], id);
		if (is_killed)
			kill(getpid(), SIGKILL);
		_exit(0);
	}
	if (is_killed)
		EXPECT_KILLED(scene, maker, SIGKILL);
	else
		EXPECT_EXIT(scene, maker, 0);
	id = (int)atomic_load(&scene->common->cells[0]);
	EXPECT_BYTES(scene, attach(scene, id), "stays", 6);
	EXPECT_INT(scene, status_of(scene, id).shm_cpid, maker);
}

static const struct value ends[] = {
	{ "exit", 0 },
	{ "kill", 1 },
	{ NULL, 0 },
};

enum removed_case { REMOVED_USABLE, REMOVED_KEYLESS, REMOVED_MARKED, REMOVED_LAST };

static void expect_usable(struct scene *scene, char *memory)
{
	pid_t child = scene_fork(scene);

	if (child == 0) {
		EXPECT_BYTES(scene, memory, "before", 7);
		memcpy(memory, "after", 6);
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
	EXPECT_BYTES(scene, memory, "after", 6);
}

static void rmid_deferred(struct scene *scene)
{
	key_t key = scene_key(scene, LEDGER_SYSV_SHM);
	int id = sysv_help_new(scene, LEDGER_SYSV_SHM, key, 7), other;
	char *memory = SETUP_POINTER(scene, shmat(id, NULL, 0));
	struct shmid_ds status;

	memcpy(memory, "before", 7);
	EXPECT_INT(scene, shmctl(id, IPC_RMID, NULL), 0);
	switch ((enum removed_case)scene->number) {
	case REMOVED_USABLE:
		expect_usable(scene, memory);
		break;
	case REMOVED_KEYLESS:
		EXPECT_ERROR(scene, shmget(key, 0, 0), ENOENT);
		other = EXPECT_OK(scene, sysv_help_get(scene, LEDGER_SYSV_SHM, key, 7,
						 IPC_CREAT | IPC_EXCL | 0600));
		EXPECT(scene, other != id, "the id %d, which is still attached", other);
		EXPECT_BYTES(scene, memory, "before", 7);
		break;
	case REMOVED_MARKED:
		EXPECT_INT(scene, shmctl(id, IPC_STAT, &status), 0);
		EXPECT(scene, status.shm_perm.mode & SHM_DEST, "mode 0%o",
			(unsigned)status.shm_perm.mode);
		EXPECT_INT(scene, status.shm_perm.__key, IPC_PRIVATE);
		EXPECT_INT(scene, status.shm_nattch, 1);
		break;
	case REMOVED_LAST:
		EXPECT_INT(scene, shmdt(memory), 0);
		EXPECT_ERROR(scene, shmctl(id, IPC_STAT, &status), EINVAL);
		EXPECT_ERROR(scene, (intptr_t)shmat(id, NULL, 0), EINVAL);
		break;
	}
}

static const struct value removed_cases[] = {
	{ "usable", REMOVED_USABLE },
	{ "keyless", REMOVED_KEYLESS },
	{ "marked", REMOVED_MARKED },
	{ "last_detach", REMOVED_LAST },
	{ NULL, 0 },
};

static void attach_after_rmid(struct scene *scene)
{
	int id = scene_sysv(scene, LEDGER_SYSV_SHM, 1);
	char *first = SETUP_POINTER(scene, shmat(id, NULL, 0)), *second;

	SETUP(scene, shmctl(id, IPC_RMID, NULL));
	second = attach(scene, id);
	*first = 7;
	EXPECT_INT(scene, *second, 7);
}

static const struct check checks[] = {
	{ .id = "shm.sysv.zero_fill_rounding_stat",
		.run = new_segment,
		.needs = NEED_SYSV_SHM,
		.values = new_cases },
	{ .id = "shm.sysv.tail_of_last_page",
		.run = tail_of_last_page,
		.needs = NEED_SYSV_SHM },
	{ .id = "shm.sysv.survives_exit",
		.run = survives_exit,
		.needs = NEED_SYSV_SHM,
		.values = ends },
	{ .id = "shm.sysv.rmid_deferred",
		.run = rmid_deferred,
		.needs = NEED_SYSV_SHM,
		.values = removed_cases },
	{ .id = "shm.sysv.attach_after_rmid_linux",
		.run = attach_after_rmid,
		.needs = NEED_SYSV_SHM },
	{ .id = NULL },
};

const struct suite shm_sysv_suite = { "shm_sysv", checks };
