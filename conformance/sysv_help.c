#include "conformance/sysv_help.h"

#include <errno.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/shm.h>

enum ledger_kind sysv_help_kind(const struct scene *scene)
{
	const char *id = scene->check->id;

	return strncmp(id, "shm", 3) == 0   ? LEDGER_SYSV_SHM
	       : strncmp(id, "sem", 3) == 0 ? LEDGER_SYSV_SEM
					    : LEDGER_SYSV_MSG;
}

int sysv_help_raw_get(enum ledger_kind kind, key_t key, size_t size, int flags)
{
	switch (kind) {
	case LEDGER_SYSV_SHM:
		return shmget(key, size, flags);
	case LEDGER_SYSV_SEM:
		return semget(key, (int)size, flags);
	default:
		return msgget(key, flags);
	}
}

int sysv_help_get(
	struct scene *scene, enum ledger_kind kind, key_t key, size_t size, int flags)
{
	bool is_new = key == IPC_PRIVATE ||
		      (sysv_help_raw_get(kind, key, 0, 0) < 0 && errno == ENOENT);
	int id = sysv_help_raw_get(kind, key, size, flags), error = errno;

	if (id >= 0 && is_new)
		scene_adopt_sysv(scene, kind, id);
	errno = error;
	return id;
}

int sysv_help_new(struct scene *scene, enum ledger_kind kind, key_t key, size_t size)
{
	int id = SETUP(
		scene, sysv_help_raw_get(kind, key, size, IPC_CREAT | IPC_EXCL | 0600));

	scene_adopt_sysv(scene, kind, id);
	return id;
}

/* One of the three; `perm` begins each of them. */
union status {
	struct shmid_ds segment;
	struct semid_ds set;
	struct msqid_ds queue;
};

static struct ipc_perm *perm_of(enum ledger_kind kind, union status *status)
{
	switch (kind) {
	case LEDGER_SYSV_SHM:
		return &status->segment.shm_perm;
	case LEDGER_SYSV_SEM:
		return &status->set.sem_perm;
	default:
		return &status->queue.msg_perm;
	}
}

static int control(enum ledger_kind kind, int id, int command, union status *status)
{
	switch (kind) {
	case LEDGER_SYSV_SHM:
		return shmctl(id, command, &status->segment);
	case LEDGER_SYSV_SEM:
		return semctl(
			id, 0, command, (union sem_argument) { .status = &status->set });
	default:
		return msgctl(id, command, &status->queue);
	}
}

struct ipc_perm sysv_help_perm(struct scene *scene, enum ledger_kind kind, int id)
{
	union status status;

	SETUP(scene, control(kind, id, IPC_STAT, &status));
	return *perm_of(kind, &status);
}

void sysv_help_chmod(
	struct scene *scene, enum ledger_kind kind, int id, unsigned short mode)
{
	union status status;

	SETUP(scene, control(kind, id, IPC_STAT, &status));
	perm_of(kind, &status)->mode = mode;
	SETUP(scene, control(kind, id, IPC_SET, &status));
}

int sysv_help_remove(enum ledger_kind kind, int id)
{
	union status status;

	return control(kind, id, IPC_RMID, &status);
}

int sysv_help_stat(enum ledger_kind kind, int id)
{
	union status status;

	return control(kind, id, IPC_STAT, &status);
}

int sysv_help_set(enum ledger_kind kind, int id, const struct ipc_perm *perm)
{
	union status status;

	memset(&status, 0, sizeof status);
	*perm_of(kind, &status) = *perm;
	/* A queue would be set to hold nothing at all. */
	if (kind == LEDGER_SYSV_MSG)
		status.queue.msg_qbytes = 1;
	return control(kind, id, IPC_SET, &status);
}

int sysv_help_semop(int set, int index, int delta, int flags)
{
	struct sembuf operation = { .sem_num = (unsigned short)index,
		.sem_op = (short)delta,
		.sem_flg = (short)flags };

	return semop(set, &operation, 1);
}

int sysv_help_send(int queue, long type, const char *text, int flags)
{
	struct message message = { .type = type };
	size_t size = strlen(text);

	memcpy(message.text, text, size);
	return msgsnd(queue, &message, size, flags);
}
