#include "harness/base/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <mqueue.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/base/random.h"

#define ENTRIES 256

struct entry {
	_Atomic uint32_t
		kind; /* claimed first, so that two processes never share a slot */
	_Atomic int32_t is_written;
	_Atomic pid_t pid;
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
	case LEDGER_PROCESS:
	case LEDGER_FREE:
		break;
	}
}

void ledger_remove(struct ledger *ledger, enum ledger_kind kind, const char *name)
{
	for (size_t i = 0; i < ENTRIES; i++) {
		struct entry *entry = &ledger->entries[i];

		if (atomic_load(&entry->kind) == (uint32_t)kind &&
			atomic_load(&entry->is_written) &&
			strcmp(entry->name, name) == 0) {
			remove_thing(kind, name);
			strike(entry);
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
			kill(atomic_load(&entry->pid), SIGKILL);
			strike(entry);
		}
	}
	for (size_t i = 0; i < ENTRIES; i++) {
		struct entry *entry = &ledger->entries[i];

		if (atomic_load(&entry->is_written)) {
			remove_thing(
				(enum ledger_kind)atomic_load(&entry->kind), entry->name);
			strike(entry);
		}
	}
}

size_t ledger_count(const struct ledger *ledger)
{
	size_t count = 0;

	for (size_t i = 0; i < ENTRIES; i++)
		count += atomic_load(&ledger->entries[i].is_written) != 0;
	return count;
}
