/* ledger.h: what must not outlive this run: names in the file system, in /dev/shm and in
 * the mqueue file system, System V objects, and processes.
 *
 * An entry is written before the thing is made, so that whoever is left standing (the
 * parent, or the janitor after a SIGKILL of the parent) can remove it. The ledger is
 * memory shared by every process of the run. Only names that this run made up at random
 * enter it, so nothing of anybody else's is ever removed; a System V key can be
 * anybody's, so what is there is looked at before it is removed (sysv.h). */
#ifndef IPCMARK_BASE_LEDGER_H
#define IPCMARK_BASE_LEDGER_H

#include <stddef.h>
#include <sys/types.h>

#include "harness/base/sysv.h"
#include "harness/base/why.h"

enum ledger_kind {
	LEDGER_FREE,
	LEDGER_DIRECTORY, /* a private directory and all it holds */
	LEDGER_SHM, /* shm_unlink(3) */
	LEDGER_MQ, /* mq_unlink(3) */
	LEDGER_SEM, /* sem_unlink(3) */
	LEDGER_PROCESS, /* a child: killed, and its process group */
	LEDGER_SYSV_SHM, /* shmctl(2), IPC_RMID */
	LEDGER_SYSV_SEM, /* semctl(2) */
	LEDGER_SYSV_MSG, /* msgctl(2) */
};

struct ledger;

/* An empty ledger, shared with all children forked from here on; NULL and `why` if there
 * is no memory. It lives as long as the process. */
struct ledger *ledger_create(struct why *why);

/* Makes up an unpredictable name ("/ipcmark-<16 hex digits>") of `kind`, enters it and
 * copies it to `name` (at least LEDGER_NAME bytes). Returns 0, or -ENOSPC in words when
 * the ledger is full. */
#define LEDGER_NAME 96
int ledger_name(
	struct ledger *ledger, enum ledger_kind kind, char *name, struct why *why);

/* Enters a name, or a process, that exists or is about to. Returns 0 or -ENOSPC. */
int ledger_add(
	struct ledger *ledger, enum ledger_kind kind, const char *name, struct why *why);
int ledger_add_process(struct ledger *ledger, pid_t pid, struct why *why);

/* Makes a private directory (0700) with an unpredictable name in TMPDIR, else in /tmp,
 * entered before. `path` has LEDGER_NAME bytes. 0 or -errno in words. */
int ledger_directory(struct ledger *ledger, char *path, struct why *why);

/* Removes the thing and then its entry; a thing that is gone already is no error. */
void ledger_remove(struct ledger *ledger, enum ledger_kind kind, const char *name);

/* Makes a System V object of `kind` under a random key that is entered before: a segment
 * of `size` bytes, a set of `size` semaphores, or a queue (`size` is not used). The
 * object is for this user alone. `id` is set on success only. Returns 0 or -errno in
 * words. */
int ledger_sysv(struct ledger *ledger, enum ledger_kind kind, size_t size, int *id,
	struct why *why);

/* Enters an object that this process has made by itself. 0, -ENOSPC, or -EINVAL when
 * there is no such object, in words. */
int ledger_adopt_sysv(
	struct ledger *ledger, enum ledger_kind kind, int id, struct why *why);

/* The kind of System V object that such a kind of entry is for. */
enum sysv_kind ledger_sysv_kind(enum ledger_kind kind);

/* Removes such an object and its entry. An id that is not in the ledger is left alone. */
void ledger_remove_sysv(struct ledger *ledger, enum ledger_kind kind, int id);

/* Strikes out a process that was killed and is about to be reaped: its number may soon be
 * somebody else's. */
void ledger_forget_process(struct ledger *ledger, pid_t pid);

/* Kills and removes everything that is entered; processes first. */
void ledger_clear(struct ledger *ledger);

/* How many entries there are (for tests). */
size_t ledger_count(const struct ledger *ledger);

#endif
