/* Copying from and to the memory of another process. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/signal_help.h"

/* What the other process has, at the same addresses as this one had before the fork. */
struct target {
	pid_t pid;
	size_t page;
	char *memory; /* four pages, the third unreadable and the fourth read-only */
};

static void fill(char *bytes, size_t size, int seed)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)(seed + (int)(i * 7 + i / 251));
}

/* A child with private memory of its own pattern; it exits with 7 if the first page
 * is as `seed` + 1 has it in the end, with 8 otherwise. */
static struct target start_target(struct scene *scene)
{
	struct target target = { .page = (size_t)sysconf(_SC_PAGESIZE) };
	char *memory = SETUP_POINTER(
		scene, mmap(NULL, 4 * target.page, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

	target.memory = memory;
	target.pid = scene_fork(scene);
	if (target.pid == 0) {
		char *want = SETUP_POINTER(
			scene, mmap(NULL, target.page, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

		fill(memory, 4 * target.page, 1);
		fill(want, target.page, 2);
		SETUP(scene, mprotect(memory + 2 * target.page, target.page, PROT_NONE));
		SETUP(scene, mprotect(memory + 3 * target.page, target.page, PROT_READ));
		scene_open(scene, 0);
		scene_wait(scene, 1);
		_exit(memcmp(memory, want, target.page) ? 8 : 7);
	}
	scene_wait(scene, 0);
	return target;
}

static void end_target(struct scene *scene, const struct target *target, int code)
{
	pid_t other = target->pid;

	scene_open(scene, 1);
	EXPECT_EXIT(scene, other, code);
}

/* A try, which a machine may forbid even to a parent. */
static void try_once(struct scene *scene, const struct target *target)
{
	char byte;
	struct iovec local = { &byte, 1 }, remote = { target->memory, 1 };

	SETUP(scene, process_vm_readv(target->pid, &local, 1, &remote, 1, 0));
}

static void readv_whole(struct scene *scene)
{
	struct target target = start_target(scene);
	size_t size = 2 * target.page;
	char *got = scene_memory(scene, size), *want = scene_memory(scene, size);
	struct iovec local = { got, size }, remote = { target.memory, size };

	try_once(scene, &target);
	fill(want, size, 1);
	EXPECT_INT(scene, process_vm_readv(target.pid, &local, 1, &remote, 1, 0), size);
	EXPECT_BYTES(scene, got, want, size);
	/* What is private here is still zero. */
	EXPECT_INT(scene, target.memory[5], 0);
	end_target(scene, &target, 8);
}

static void writev_whole(struct scene *scene)
{
	struct target target = start_target(scene);
	char *bytes = scene_memory(scene, target.page);
	struct iovec local = { bytes, target.page },
		     remote = { target.memory, target.page };

	try_once(scene, &target);
	fill(bytes, target.page, 2);
	EXPECT_INT(scene, process_vm_writev(target.pid, &local, 1, &remote, 1, 0),
		target.page);
	end_target(scene, &target, 7);
}

/* The pieces of the two sides need not match: the bytes are one sequence. */
static void scatter(struct scene *scene)
{
	struct target target = start_target(scene);
	char got[100] = { 0 }, want[100];
	struct iovec local[3] = { { got, 13 }, { got + 13, 0 }, { got + 13, 87 } };
	struct iovec remote[3] = { { target.memory + target.page, 60 },
		{ target.memory, 30 }, { target.memory + 70, 10 } };

	try_once(scene, &target);
	fill(target.memory, 2 * target.page, 1);
	memcpy(want, target.memory + target.page, 60);
	memcpy(want + 60, target.memory, 30);
	memcpy(want + 90, target.memory + 70, 10);
	EXPECT_INT(scene, process_vm_readv(target.pid, local, 3, remote, 3, 0), 100);
	EXPECT_BYTES(scene, got, want, 100);
	/* The shorter side counts. */
	EXPECT_INT(scene, process_vm_readv(target.pid, local, 1, remote, 3, 0), 13);
	EXPECT_INT(scene, process_vm_readv(target.pid, local, 3, remote + 2, 1, 0), 10);
	EXPECT_INT(scene, process_vm_readv(target.pid, local, 0, remote, 3, 0), 0);
	end_target(scene, &target, 8);
}

/* As far as it goes: at least all pieces before the one that cannot be. */
static void partial(struct scene *scene)
{
	struct target target = start_target(scene);
	char got[64];
	struct iovec local = { got, sizeof got };
	struct iovec remote[2] = { { target.memory, 32 },
		{ target.memory + 2 * target.page, 32 } };

	try_once(scene, &target);
	EXPECT_INT(scene, process_vm_readv(target.pid, &local, 1, remote, 2, 0), 32);
	end_target(scene, &target, 8);
}

enum refusal {
	READ_FORBIDDEN,
	READ_UNMAPPED,
	WRITE_READ_ONLY,
	READ_LOCAL,
	FLAGS,
	MANY,
	GONE
};

static void refused(struct scene *scene)
{
	static struct iovec many[IOV_MAX + 1];
	struct target target = start_target(scene);
	char byte = 'x';
	struct iovec local = { &byte, 1 }, remote = { target.memory, 1 };
	pid_t pid = target.pid;

	try_once(scene, &target);
	switch ((enum refusal)scene->number) {
	case READ_FORBIDDEN:
		remote.iov_base = target.memory + 2 * target.page;
		EXPECT_ERROR(
			scene, process_vm_readv(pid, &local, 1, &remote, 1, 0), EFAULT);
		break;
	case READ_UNMAPPED:
		remote.iov_base = (void *)16;
		EXPECT_ERROR(
			scene, process_vm_readv(pid, &local, 1, &remote, 1, 0), EFAULT);
		break;
	case WRITE_READ_ONLY:
		remote.iov_base = target.memory + 3 * target.page;
		EXPECT_OK(scene, process_vm_readv(pid, &local, 1, &remote, 1, 0));
		EXPECT_ERROR(
			scene, process_vm_writev(pid, &local, 1, &remote, 1, 0), EFAULT);
		break;
	case READ_LOCAL:
		local.iov_base = (void *)16;
		EXPECT_ERROR(
			scene, process_vm_readv(pid, &local, 1, &remote, 1, 0), EFAULT);
		break;
	case FLAGS:
		EXPECT_ERROR(
			scene, process_vm_readv(pid, &local, 1, &remote, 1, 1), EINVAL);
		break;
	case MANY:
		EXPECT_ERROR(scene,
			process_vm_readv(pid, &local, 1, many, IOV_MAX + 1, 0), EINVAL);
		break;
	case GONE:
		EXPECT_ERROR(scene,
			process_vm_readv(
				signal_past_process(scene), &local, 1, &remote, 1, 0),
			ESRCH);
		break;
	}
	EXPECT_INT(scene, target.memory[3], 0);
	end_target(scene, &target, 8);
}

static void stranger_eperm(struct scene *scene)
{
	static char secret = 's';
	pid_t target = getpid(), stranger = scene_fork(scene);

	if (stranger == 0) {
		char byte = 'x';
		struct iovec local = { &byte, 1 }, remote = { &secret, 1 };

		scene_become_nobody(scene);
		EXPECT_ERROR(
			scene, process_vm_readv(target, &local, 1, &remote, 1, 0), EPERM);
		EXPECT_ERROR(scene, process_vm_writev(target, &local, 1, &remote, 1, 0),
			EPERM);
		EXPECT_INT(scene, byte, 'x');
		_exit(0);
	}
	EXPECT_EXIT(scene, stranger, 0);
	EXPECT_INT(scene, secret, 's');
}

static const struct value refusals[] = { { "forbidden", READ_FORBIDDEN },
	{ "unmapped", READ_UNMAPPED }, { "write_read_only", WRITE_READ_ONLY },
	{ "local", READ_LOCAL }, { "flags", FLAGS }, { "many", MANY }, { "gone", GONE },
	{ NULL, 0 } };

static const struct check checks[] = {
	{ .id = "cma.readv", .run = readv_whole },
	{ .id = "cma.writev", .run = writev_whole },
	{ .id = "cma.scatter", .run = scatter },
	{ .id = "cma.partial", .run = partial },
	{ .id = "cma.refused", .run = refused, .values = refusals },
	{ .id = "cma.stranger_eperm", .run = stranger_eperm, .needs = NEED_ROOT },
	{ .id = NULL },
};

const struct suite process_vm_suite = { "process_vm", checks };
