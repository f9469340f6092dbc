#include "harness/base/sysv.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include "harness/base/random.h"

/* semctl(2): the caller has to define it. */
union semaphore_argument {
	int value;
	struct semid_ds *status;
	unsigned short *values;
};

static int get(enum sysv_kind kind, key_t key, size_t size, int flags)
{
	int id = -1;

	switch (kind) {
	case SYSV_SHM:
		id = shmget(key, size, flags);
		break;
	case SYSV_SEM:
		id = semget(key, (int)size, flags);
		break;
	case SYSV_MSG:
		id = msgget(key, flags);
		break;
	}
	return id < 0 ? -errno : id;
}

int sysv_key(enum sysv_kind kind, key_t *key)
{
	for (;;) {
		key_t tried = (key_t)random_secret();
		int found;

		if (tried == IPC_PRIVATE)
			continue;
		found = get(kind, tried, 0, 0);
		if (found == -ENOENT) {
			*key = tried;
			return 0;
		}
		/* Somebody's, open to us or not: another number then. */
		if (found < 0 && found != -EACCES && found != -EINVAL)
			return found;
	}
}

int sysv_make(struct sysv_object *object, size_t size)
{
	int id = get(object->kind, object->key, size, IPC_CREAT | IPC_EXCL | 0600);

	if (id < 0)
		return id;
	object->id = id;
	return 0;
}

/* What the kernel tells of an object. */
struct facts {
	struct ipc_perm perm;
	bool is_used; /* attached, operated on, sent to or received from */
	bool is_of_maker; /* where the kernel keeps the process that made it */
	int64_t changed_s;
};

static bool ask(const struct sysv_object *object, int id, struct facts *facts)
{
	struct shmid_ds segment;
	struct semid_ds set;
	struct msqid_ds queue;

	switch (object->kind) {
	case SYSV_SHM:
		if (shmctl(id, IPC_STAT, &segment))
			return false;
		*facts = (struct facts) { segment.shm_perm, segment.shm_atime != 0,
			segment.shm_cpid == object->maker, segment.shm_ctime };
		return true;
	case SYSV_SEM:
		if (semctl(id, 0, IPC_STAT,
			    (union semaphore_argument) { .status = &set }))
			return false;
		*facts = (struct facts) { set.sem_perm, set.sem_otime != 0, true,
			set.sem_ctime };
		return true;
	case SYSV_MSG:
		if (msgctl(id, IPC_STAT, &queue))
			return false;
		*facts = (struct facts) { queue.msg_perm,
			queue.msg_stime || queue.msg_rtime, true, queue.msg_ctime };
		return true;
	}
	return false;
}

int sysv_recognise(enum sysv_kind kind, int id, struct sysv_object *object)
{
	struct facts facts;

	*object = (struct sysv_object) { .kind = kind, .id = id, .maker = getpid() };
	if (!ask(object, id, &facts))
		return -errno;
	object->key = facts.perm.__key;
	object->since_s = facts.changed_s;
	return 0;
}

static bool is_ours(const struct sysv_object *object, const struct facts *facts)
{
	if (facts->perm.__key != object->key || facts->perm.cuid != geteuid() ||
		!facts->is_of_maker)
		return false;
	/* The kernel's stamps are of its last tick: up to a second older. */
	return object->id != SYSV_NO_ID ||
	       (!facts->is_used && facts->changed_s + 1 >= object->since_s);
}

void sysv_remove(const struct sysv_object *object)
{
	struct facts facts;
	int id = object->id;

	if (id == SYSV_NO_ID)
		id = get(object->kind, object->key, 0, 0);
	if (id < 0 || !ask(object, id, &facts) || !is_ours(object, &facts))
		return;
	switch (object->kind) {
	case SYSV_SHM:
		shmctl(id, IPC_RMID, NULL);
		break;
	case SYSV_SEM:
		semctl(id, 0, IPC_RMID);
		break;
	case SYSV_MSG:
		msgctl(id, IPC_RMID, NULL);
		break;
	}
}
