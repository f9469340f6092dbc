/* sysv.h: System V objects that belong to this run and nobody else. See sysvipc(7).
 *
 * A key is a number, and every process of the machine may use any number: a key that was
 * made up here may still be somebody else's. So an object is removed only when it is
 * certain that this run has made it. */
#ifndef IPCMARK_BASE_SYSV_H
#define IPCMARK_BASE_SYSV_H

#include <stddef.h>
#include <stdint.h>
#include <sys/ipc.h>
#include <sys/types.h>

enum sysv_kind { SYSV_SHM, SYSV_SEM, SYSV_MSG };

#define SYSV_NO_ID (-1)

/* Everything needed to recognise an object. */
struct sysv_object {
	enum sysv_kind kind;
	key_t key;
	int id; /* SYSV_NO_ID until it is known */
	pid_t maker;
	int64_t since_s; /* wall clock, before it was made */
};

/* A random key at which there is nothing now; never IPC_PRIVATE. Returns 0 or -errno:
 * -ENOSYS where the system has no System V IPC. */
int sysv_key(enum sysv_kind kind, key_t *key);

/* Makes a segment of `size` bytes, a set of `size` semaphores or a queue, for this user
 * alone, and sets object->id. Fails with -EEXIST if anything is at the key. */
int sysv_make(struct sysv_object *object, size_t size);

/* Describes the object `id`, which this process has made. 0 or -errno. */
int sysv_recognise(enum sysv_kind kind, int id, struct sysv_object *object);

/* Removes the object if it is certainly the one that was made: one whose id is known must
 * still have the key; one whose id is not (the maker died just then) must in addition be
 * as new and as unused as it would be. What is not ours, or gone, stays as it is. */
void sysv_remove(const struct sysv_object *object);

#endif
