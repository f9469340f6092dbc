#include "harness/base/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <mqueue.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/random.h"
#include "harness/base/sysv.h"
#include "harness/base/text.h"

#define ENTRIES 256

struct entry {
	_Atomic uint32_t
		kind; /* claimed first, so that two processes never share a slot */
	_Atomic int32_t is_written;
	_Atomic pid_t pid; /* a process, or the maker of a System V object */
	_Atomic key_t key;
	_Atomic int id; /* SYSV_NO_ID until the object has been made */
	_Atomic int64_t since_s; /* wall clock, when it was entered */
	char name[LEDGER_NAME];
};

struct ledger {
	struct entry entries[ENTRIES];
};

struct ledger *ledger_create(struct why *why)
{
	struct ledger *ledger = mmap(NULL, sizeof *ledger, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (ledger == MAP_FAILED) {
		why_say(why, errno, "map the ledger of names");
		return NULL;
	}
	return ledger;
}

static struct entry *claim(struct ledger *ledger, enum ledger_kind kind, struct why *why)
{
	for (size_t i = 0; i < ENTRIES; i++) {
		uint32_t is_free = LEDGER_FREE;

		if (atomic_compare_exchange_strong(
			    &ledger->entries[i].kind, &is_free, (uint32_t)kind))
			return &ledger->entries[i];
	}
	why_say(why, ENOSPC, "the ledger of names is full (%d entries)", ENTRIES);
	return NULL;
}

static void strike(struct entry *entry)
{
	atomic_store(&entry->is_written, 0);
	atomic_store(&entry->kind, (uint32_t)LEDGER_FREE);
}

int ledger_add(
	struct ledger *ledger, enum ledger_kind kind, const char *name, struct why *why)
{
	struct entry *entry = claim(ledger, kind, why);

	if (!entry)
		return -ENOSPC;
	if (strlen(name) >= sizeof entry->name) {
		strike(entry);
		return why_say(why, ENAMETOOLONG, "enter '%s' in the ledger", name);
	}
	strcpy(entry->name, name);
	atomic_store(&entry->is_written, 1);
	return 0;
}

int ledger_name(struct ledger *ledger, enum ledger_kind kind, char *name, struct why *why)
{
	snprintf(name, LEDGER_NAME, "/ipcmark-%016" PRIx64, random_secret());
	return ledger_add(ledger, kind, name, why);
}

int ledger_directory(struct ledger *ledger, char *path, struct why *why)
{
	const char *parent = getenv("TMPDIR");
	int error;

	if (!parent || parent[0] != '/')
		parent = "/tmp";
	if (snprintf(path, LEDGER_NAME, "%s/ipcmark-%016" PRIx64, parent,
		    random_secret()) >= LEDGER_NAME) {
		error = why_say(
			why, ENAMETOOLONG, "make a private directory in %s", parent);
		why_add(why, "set TMPDIR to a shorter path");
		return error;
	}
	error = ledger_add(ledger, LEDGER_DIRECTORY, path, why);
	if (error)
		return error;
	/* mkdir follows no link at the last step and fails if anything is there. */
	if (mkdir(path, 0700)) {
		error = why_say(why, errno, "make the private directory %s", path);
		why_add(why, "set TMPDIR to a directory that can be written");
		return error;
	}
	return 0;
}

int ledger_add_process(struct ledger *ledger, pid_t pid, struct why *why)
{
	struct entry *entry = claim(ledger, LEDGER_PROCESS, why);

	if (!entry)
		return -ENOSPC;
	atomic_store(&entry->pid, pid);
	atomic_store(&entry->is_written, 1);
	return 0;
}

void ledger_forget_process(struct ledger *ledger, pid_t pid)
{
	for (size_t i = 0; i < ENTRIES; i++) {
		struct entry *entry = &ledger->entries[i];

		if (atomic_load(&entry->kind) == LEDGER_PROCESS &&
			atomic_load(&entry->is_written) &&
			atomic_load(&entry->pid) == pid)
			strike(entry);
	}
}

static bool is_sysv(uint32_t kind)
{
	return kind == LEDGER_SYSV_SHM || kind == LEDGER_SYSV_SEM ||
	       kind == LEDGER_SYSV_MSG;
}

enum sysv_kind ledger_sysv_kind(enum ledger_kind kind)
{
	return kind == LEDGER_SYSV_SHM   ? SYSV_SHM
	       : kind == LEDGER_SYSV_SEM ? SYSV_SEM
					 : SYSV_MSG;
}

static struct sysv_object sysv_object(const struct entry *entry)
{
	uint32_t kind = atomic_load(&entry->kind);

	return (struct sysv_object) {
		.kind = ledger_sysv_kind((enum ledger_kind)kind),
		.key = atomic_load(&entry->key),
		.id = atomic_load(&entry->id),
		.maker = atomic_load(&entry->pid),
		.since_s = atomic_load(&entry->since_s),
	};
}

static int enter_and_make(struct entry *entry, size_t size)
{
	struct timespec now;
	struct sysv_object object = sysv_object(entry);
	key_t key;
	int error = sysv_key(object.kind, &key);

	if (error)
		return error;
	clock_gettime(CLOCK_REALTIME, &now);
	atomic_store(&entry->key, key);
	atomic_store(&entry->id, SYSV_NO_ID);
	atomic_store(&entry->pid, getpid());
	atomic_store(&entry->since_s, (int64_t)now.tv_sec);
	atomic_store(&entry->is_written, 1);
	object = sysv_object(entry);
	error = sysv_make(&object, size);
	if (error)
		atomic_store(&entry->is_written, 0);
	else
		atomic_store(&entry->id, object.id);
	return error;
}

/* The limits, as the first who knows that one of them was hit; see sysvipc(7). */
static void add_sysv_limits(struct why *why, enum ledger_kind kind)
{
	char limits[128];

	if (kind == LEDGER_SYSV_SHM)
		why_add(why,
			"kernel.shmmax is %lld bytes, kernel.shmall %lld pages, "
			"kernel.shmmni %lld segments",
			(long long)text_file_number("/proc/sys/kernel/shmmax", -1),
			(long long)text_file_number("/proc/sys/kernel/shmall", -1),
			(long long)text_file_number("/proc/sys/kernel/shmmni", -1));
	else if (kind == LEDGER_SYSV_MSG)
		why_add(why, "kernel.msgmni is %lld queues",
			(long long)text_file_number("/proc/sys/kernel/msgmni", -1));
	else if (text_file("/proc/sys/kernel/sem", limits, sizeof limits) == 0)
		why_add(why, "kernel.sem is %s", limits);
}

int ledger_sysv(struct ledger *ledger, enum ledger_kind kind, size_t size, int *id,
	struct why *why)
{
	struct entry *entry = claim(ledger, kind, why);
	int error;

	if (!entry)
		return -ENOSPC;
	do {
		error = enter_and_make(entry, size);
	} while (error == -EEXIST); /* somebody was faster: another key */
	if (!error) {
		*id = atomic_load(&entry->id);
		return 0;
	}
	strike(entry);
	why_say(why, -error, "make a System V %s",
		kind == LEDGER_SYSV_SHM   ? "shared memory segment"
		: kind == LEDGER_SYSV_SEM ? "semaphore set"
					  : "message queue");
	if (error == -ENOSYS)
		why_add(why, "this kernel has no System V IPC");
	else
		add_sysv_limits(why, kind);
	return error;
}

int ledger_adopt_sysv(
	struct ledger *ledger, enum ledger_kind kind, int id, struct why *why)
{
	struct sysv_object object;
	struct entry *entry;
	int error = sysv_recognise(ledger_sysv_kind(kind), id, &object);

	if (error)
		return why_say(why, -error, "look at the System V object %d", id);
	entry = claim(ledger, kind, why);
	if (!entry)
		return -ENOSPC;
	atomic_store(&entry->key, object.key);
	atomic_store(&entry->id, id);
	atomic_store(&entry->pid, object.maker);
	atomic_store(&entry->since_s, object.since_s);
	atomic_store(&entry->is_written, 1);
	return 0;
}

void ledger_remove_sysv(struct ledger *ledger, enum ledger_kind kind, int id)
{
	for (size_t i = 0; i < ENTRIES; i++) {
		struct entry *entry = &ledger->entries[i];

		if (atomic_load(&entry->kind) == (uint32_t)kind &&
			atomic_load(&entry->is_written) &&
			atomic_load(&entry->id) == id && id != SYSV_NO_ID) {
			const struct sysv_object object = sysv_object(entry);

			sysv_remove(&object);
			strike(entry);
			return;
		}
	}
}

static int remove_one(
	const char *path, const struct stat *status, int flag, struct FTW *ftw)
{
	(void)status;
	(void)ftw;
	if (flag == FTW_DP || flag == FTW_D)
		rmdir(path);
	else
		unlink(path);
	return 0;
}

static void remove_thing(enum ledger_kind kind, const char *name)
{
	switch (kind) {
	case LEDGER_DIRECTORY:
		/* Physical walk: what a symbolic link points to is not ours. */
		nftw(name, remove_one, 8, FTW_DEPTH | FTW_PHYS);
		break;
	case LEDGER_SHM:
		shm_unlink(name);
		break;
	case LEDGER_MQ:
		mq_unlink(name);
		break;
	case LEDGER_SEM:
		sem_unlink(name);
		break;
	case LEDGER_PROCESS:
	case LEDGER_FREE:
	case LEDGER_SYSV_SHM:
	case LEDGER_SYSV_SEM:
	case LEDGER_SYSV_MSG:
		break;
	}
}

static void remove_entry(struct entry *entry)
{
	uint32_t kind = atomic_load(&entry->kind);

	if (is_sysv(kind)) {
		const struct sysv_object object = sysv_object(entry);

		sysv_remove(&object);
	} else {
		remove_thing((enum ledger_kind)kind, entry->name);
	}
	strike(entry);
}

void ledger_remove(struct ledger *ledger, enum ledger_kind kind, const char *name)
{
	for (size_t i = 0; i < ENTRIES; i++) {
		struct entry *entry = &ledger->entries[i];

		if (atomic_load(&entry->kind) == (uint32_t)kind &&
			atomic_load(&entry->is_written) &&
			strcmp(entry->name, name) == 0) {
			remove_entry(entry);
			return;
		}
	}
}

void ledger_clear(struct ledger *ledger)
{
	for (size_t i = 0; i < ENTRIES; i++) {
		struct entry *entry = &ledger->entries[i];

		if (atomic_load(&entry->kind) == LEDGER_PROCESS &&
			atomic_load(&entry->is_written)) {
			/* With all that it started, such as what a shell was given. */
			kill(-atomic_load(&entry->pid), SIGKILL);
			kill(atomic_load(&entry->pid), SIGKILL);
			strike(entry);
		}
	}
	for (size_t i = 0; i < ENTRIES; i++) {
		struct entry *entry = &ledger->entries[i];

		if (atomic_load(&entry->is_written))
			remove_entry(entry);
	}
}

size_t ledger_count(const struct ledger *ledger)
{
	size_t count = 0;

	for (size_t i = 0; i < ENTRIES; i++)
		count += atomic_load(&ledger->entries[i].is_written) != 0;
	return count;
}
