/* sysv_help.h: System V objects that a check makes itself, because making them is what it
 * tests; those of scene_sysv() are under random keys and for this user alone. */
#ifndef IPCMARK_SYSV_HELP_H
#define IPCMARK_SYSV_HELP_H

#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/types.h>

#include "conformance/check.h"

/* semctl(2): the caller has to define it. */
union sem_argument {
	int value;
	struct semid_ds *status;
	unsigned short *values;
	struct seminfo *limits;
};

/* What holds for all three has one body; its check's id ("sem.sysv...") says which. */
enum ledger_kind sysv_help_kind(const struct scene *scene);

/* shmget(2), semget(2) with `size` semaphores, msgget(2). The return value and errno are
 * those of the call. What the second makes is entered into the ledger. */
int sysv_help_raw_get(enum ledger_kind kind, key_t key, size_t size, int flags);
int sysv_help_get(
	struct scene *scene, enum ledger_kind kind, key_t key, size_t size, int flags);

/* A new object at the key, with mode 0600. Set-up. */
int sysv_help_new(struct scene *scene, enum ledger_kind kind, key_t key, size_t size);

/* What IPC_STAT says of the permissions. Set-up. */
struct ipc_perm sysv_help_perm(struct scene *scene, enum ledger_kind kind, int id);

/* Opens the object of this user to all others as well: mode bits by IPC_SET. Set-up. */
void sysv_help_chmod(
	struct scene *scene, enum ledger_kind kind, int id, unsigned short mode);

/* shmctl(2), semctl(2) or msgctl(2) with IPC_RMID; what the call returns. */
int sysv_help_remove(enum ledger_kind kind, int id);

/* IPC_STAT into nowhere in particular, or IPC_SET to what it is already: may the caller?
 * What the call returns. */
int sysv_help_stat(enum ledger_kind kind, int id);
int sysv_help_set(enum ledger_kind kind, int id, const struct ipc_perm *perm);

/* -- Semaphores. ----------------------------------------------------------------------
 */

/* One operation on one semaphore: what semop(2) returns. */
int sysv_help_semop(int set, int index, int delta, int flags);

/* What a blocked semop(2) or semtimedop(2) is seen in; for EXPECT_BLOCKED. */
#ifdef SYS_semop
#define IN_SEMOP_OLD SYS_semop
#else
#define IN_SEMOP_OLD -2
#endif
#ifdef SYS_semtimedop
#define IN_SEMTIMEDOP_OLD SYS_semtimedop
#else
#define IN_SEMTIMEDOP_OLD -2
#endif
#ifdef SYS_semtimedop_time64
#define IN_SEMTIMEDOP_NEW SYS_semtimedop_time64
#else
#define IN_SEMTIMEDOP_NEW -2
#endif
#ifdef SYS_ipc /* older architectures have one call for all */
#define IN_IPC SYS_ipc
#else
#define IN_IPC -2
#endif
#define IN_SEMOP IN_SEMOP_OLD, IN_SEMTIMEDOP_OLD, IN_SEMTIMEDOP_NEW, IN_IPC

/* -- Messages. ------------------------------------------------------------------------
 */

#ifdef SYS_msgsnd
#define IN_MSGSND SYS_msgsnd, IN_IPC
#else
#define IN_MSGSND IN_IPC
#endif
#ifdef SYS_msgrcv
#define IN_MSGRCV SYS_msgrcv, IN_IPC
#else
#define IN_MSGRCV IN_IPC
#endif

#define MESSAGE_TEXT 256

struct message {
	long type;
	char text[MESSAGE_TEXT];
};

/* msgsnd(2) of a message of `type` that is the string, without its end. */
int sysv_help_send(int queue, long type, const char *text, int flags);

#endif
