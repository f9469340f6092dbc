/* Where a System V segment is attached, and with which access. */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/fault_help.h"
#include "conformance/sysv_help.h"

static void rdonly(struct scene *scene)
{
	int id = scene_sysv(scene, LEDGER_SYSV_SHM, 1);
	void *memory = SETUP_POINTER(scene, shmat(id, NULL, SHM_RDONLY));

	if (scene->number)
		EXPECT_ERROR(scene, mprotect(memory, 1, PROT_READ | PROT_WRITE), EACCES);
	else
		fault_help_expect(scene, memory, FAULT_STORE, SIGSEGV);
}

static const struct value rdonly_cases[] = {
	{ "store", 0 },
	{ "mprotect", 1 },
	{ NULL, 0 },
};

static void detach_segv(struct scene *scene)
{
	int id = scene_sysv(scene, LEDGER_SYSV_SHM, 1);
	void *memory = SETUP_POINTER(scene, shmat(id, NULL, 0));

	EXPECT_INT(scene, shmdt(memory), 0);
	fault_help_expect(scene, memory, FAULT_LOAD, SIGSEGV);
}

/* An address at which a segment can be attached, and beyond it as much again. */
static char *free_address(struct scene *scene)
{
	size_t step = (size_t)SHMLBA, size = 4 * step;
	char *memory = SETUP_POINTER(
		scene, mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

	SETUP(scene, munmap(memory, size));
	return memory + (step - (uintptr_t)memory % step) % step;
}

enum address_case { AT_EXACT, AT_UNALIGNED, AT_ROUNDED };

static void at_address(struct scene *scene)
{
	int id = scene_sysv(scene, LEDGER_SYSV_SHM, 1);
	char *address = free_address(scene), *got;

	switch ((enum address_case)scene->number) {
	case AT_EXACT:
		got = shmat(id, address, 0);
		EXPECT(scene, got == address, "%p instead of %p", (void *)got,
			(void *)address);
		break;
	case AT_UNALIGNED:
		EXPECT_ERROR(scene, (intptr_t)shmat(id, address + 1, 0), EINVAL);
		break;
	case AT_ROUNDED:
		got = shmat(id, address + SHMLBA - 1, SHM_RND);
		EXPECT(scene, got == address, "%p instead of %p", (void *)got,
			(void *)address);
		break;
	}
}

static const struct value address_cases[] = {
	{ "exact", AT_EXACT },
	{ "unaligned", AT_UNALIGNED },
	{ "rounded", AT_ROUNDED },
	{ NULL, 0 },
};

static void at_remap(struct scene *scene)
{
	int id = scene_sysv(scene, LEDGER_SYSV_SHM, 1);
	char *address = free_address(scene), *got;
	struct shmid_ds status;

	SETUP_POINTER(scene, mmap(address, (size_t)SHMLBA, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	*address = 7;
	if (scene->number) {
		got = shmat(id, address, SHM_REMAP);
		EXPECT(scene, got == address, "%p instead of %p", (void *)got,
			(void *)address);
		EXPECT_INT(scene, *address, 0);
		EXPECT_INT(scene, shmctl(id, IPC_STAT, &status), 0);
		EXPECT_INT(scene, status.shm_nattch, 1);
	} else {
		EXPECT_ERROR(scene, (intptr_t)shmat(id, address, 0), EINVAL);
		EXPECT_INT(scene, *address, 7);
	}
}

static const struct value remap_cases[] = {
	{ "occupied", 0 },
	{ "replaced", 1 },
	{ NULL, 0 },
};

static void at_zero_page(struct scene *scene)
{
	int id = scene_sysv(scene, LEDGER_SYSV_SHM, 1);
	void *address = (void *)(uintptr_t)(scene->number & 1);
	int flags = SHM_RND | (scene->number & 2 ? SHM_REMAP : 0);
	pid_t stranger;

	sysv_help_chmod(scene, LEDGER_SYSV_SHM, id, 0666);
	stranger = scene_fork(scene);
	if (stranger == 0) {
		void *got;

		if (geteuid() == 0)
			scene_become_nobody(scene);
		got = shmat(id, address, flags);
		note(scene, "%s", (intptr_t)got == -1 ? "refused" : "attached elsewhere");
		EXPECT(scene, (uintptr_t)got >= (uintptr_t)sysconf(_SC_PAGESIZE),
			"attached at %p", got);
		_exit(0);
	}
	EXPECT_EXIT(scene, stranger, 0);
}

static const struct value zero_cases[] = {
	{ "null", 0 },
	{ "low", 1 },
	{ "null_remap", 2 },
	{ "low_remap", 3 },
	{ NULL, 0 },
};

static void two_addresses(struct scene *scene)
{
	int id = scene_sysv(scene, LEDGER_SYSV_SHM, 1);
	volatile char *first = SETUP_POINTER(scene, shmat(id, NULL, 0));
	volatile char *second = SETUP_POINTER(scene, shmat(id, NULL, 0));

	EXPECT(scene, first != second, "%p twice", (void *)first);
	*first = 7;
	EXPECT_INT(scene, *second, 7);
	*second = 8;
	EXPECT_INT(scene, *first, 8);
}

static const struct check checks[] = {
	{ .id = "shm.sysv.rdonly_segv",
		.run = rdonly,
		.needs = NEED_SYSV_SHM,
		.values = rdonly_cases },
	{ .id = "shm.sysv.detach_segv", .run = detach_segv, .needs = NEED_SYSV_SHM },
	{ .id = "shm.sysv.at_align_rnd_remap",
		.run = at_address,
		.needs = NEED_SYSV_SHM,
		.values = address_cases },
	{ .id = "shm.sysv.at_remap",
		.run = at_remap,
		.needs = NEED_SYSV_SHM,
		.values = remap_cases },
	{ .id = "shm.sysv.at_null_rnd_zero_page",
		.run = at_zero_page,
		.needs = NEED_SYSV_SHM,
		.values = zero_cases },
	{ .id = "shm.sysv.same_page_two_addrs",
		.run = two_addresses,
		.needs = NEED_SYSV_SHM },
	{ .id = NULL },
};

const struct suite shm_sysv_at_suite = { "shm_sysv_at", checks };
