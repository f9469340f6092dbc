/* Mapped memory: what is shared, what is private, and where it ends. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/fault_help.h"

#ifndef MAP_FIXED_NOREPLACE /* Linux 4.17 */
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define RW (PROT_READ | PROT_WRITE)

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* A file of `size` bytes 'f' in the private directory. */
static int make_file(struct scene *scene, size_t size)
{
	int fd = SETUP(scene, open("file", O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600));

	for (size_t i = 0; i < size; i++)
		SETUP(scene, write(fd, "f", 1));
	return fd;
}

static char *map(struct scene *scene, size_t size, int protection, int flags, int fd)
{
	return SETUP_POINTER(scene, mmap(NULL, size, protection, flags, fd, 0));
}

static void anonymous(struct scene *scene)
{
	int flags = (int)scene->number | MAP_ANONYMOUS;
	volatile char *memory = map(scene, 1, RW, flags, -1);
	pid_t child;

	EXPECT_INT(scene, *memory, 0);
	*memory = 6;
	child = scene_fork(scene);
	if (child == 0) {
		EXPECT_INT(scene, *memory, 6);
		*memory = 7;
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
	EXPECT_INT(scene, *memory, scene->number == MAP_SHARED ? 7 : 6);
}

static const struct value sharing[] = {
	{ "shared", MAP_SHARED },
	{ "private", MAP_PRIVATE },
	{ NULL, 0 },
};

enum view { VIEW_MAP, VIEW_READ, VIEW_WRITE };

static void file_shared(struct scene *scene)
{
	int fd = make_file(scene, 3);
	volatile char *memory = map(scene, 3, RW, MAP_SHARED, fd);
	volatile char *other = map(scene, 3, PROT_READ, MAP_SHARED, fd);
	char byte = 0;

	switch ((enum view)scene->number) {
	case VIEW_MAP:
		memory[1] = 'm';
		EXPECT_INT(scene, other[1], 'm');
		break;
	case VIEW_READ:
		memory[1] = 'm';
		EXPECT_INT(scene, pread(fd, &byte, 1, 1), 1);
		EXPECT_INT(scene, byte, 'm');
		break;
	case VIEW_WRITE:
		EXPECT_INT(scene, pwrite(fd, "w", 1, 1), 1);
		EXPECT_INT(scene, memory[1], 'w');
		break;
	}
}

static const struct value views[] = {
	{ "map", VIEW_MAP },
	{ "read", VIEW_READ },
	{ "write", VIEW_WRITE },
	{ NULL, 0 },
};

static void file_private(struct scene *scene)
{
	int fd = make_file(scene, 3);
	char *memory = map(scene, 3, RW, MAP_PRIVATE, fd), byte = 0;
	const char *shared = map(scene, 3, PROT_READ, MAP_SHARED, fd);

	EXPECT_BYTES(scene, memory, "fff", 3);
	memory[1] = 'm';
	EXPECT_INT(scene, pread(fd, &byte, 1, 1), 1);
	EXPECT_INT(scene, byte, 'f');
	EXPECT_BYTES(scene, shared, "fff", 3);
}

/* The mapping is longer than the file by a page. */
static void hole(struct scene *scene)
{
	size_t page = page_size();
	int fd = make_file(scene, 3);
	char *memory = map(scene, 2 * page, RW, MAP_SHARED, fd);

	fault_help_expect(scene, memory + page, (enum fault_access)scene->number, SIGBUS);
}

static const struct value accesses[] = {
	{ "load", FAULT_LOAD },
	{ "store", FAULT_STORE },
	{ NULL, 0 },
};

static void tail_zero(struct scene *scene)
{
	size_t page = page_size();
	int fd = make_file(scene, 3);
	char *memory = map(scene, page, RW, MAP_SHARED, fd), byte;
	struct stat status;

	for (size_t i = 3; i < page; i++)
		EXPECT(scene, memory[i] == 0, "byte %zu is 0x%02x", i,
			(unsigned char)memory[i]);
	memory[3] = 'x';
	SETUP(scene, fstat(fd, &status));
	EXPECT_INT(scene, status.st_size, 3);
	EXPECT_INT(scene, pread(fd, &byte, 1, 3), 0);
}

static void grows(struct scene *scene)
{
	size_t page = page_size();
	int fd = make_file(scene, 3);
	volatile char *memory = map(scene, 2 * page, RW, MAP_SHARED, fd);
	pid_t toucher;

	SETUP(scene, ftruncate(fd, (off_t)(2 * page)));
	toucher = scene_fork(scene);
	if (toucher == 0) {
		signal(SIGBUS, SIG_DFL);
		EXPECT_INT(scene, memory[page], 0);
		memory[page] = 7;
		_exit(0);
	}
	EXPECT_EXIT(scene, toucher, 0);
	EXPECT_INT(scene, memory[page], 7);
}

/* What the protection does not allow. */
static void protection(struct scene *scene)
{
	enum fault_access access = scene->number & 1 ? FAULT_STORE : FAULT_LOAD;
	int allowed = scene->number & 2 ? PROT_READ : PROT_NONE;
	char *memory = map(scene, 1, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	EXPECT_INT(scene, mprotect(memory, 1, allowed), 0);
	fault_help_expect(scene, memory, access, SIGSEGV);
}

static const struct value protections[] = {
	{ "none_load", 0 },
	{ "none_store", 1 },
	{ "read_store", 3 },
	{ NULL, 0 },
};

static void unmapped(struct scene *scene)
{
	size_t page = page_size();
	char *memory = map(scene, 3 * page, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	memset(memory, 7, 3 * page);
	EXPECT_INT(scene, munmap(memory + page, page), 0);
	EXPECT_INT(scene, memory[0] + memory[2 * page], 14);
	fault_help_expect(scene, memory + page, FAULT_LOAD, SIGSEGV);
	EXPECT_INT(scene, munmap(memory + page, page), 0); /* nothing there: no error */
}

enum refusal {
	REFUSE_RO_FILE,
	REFUSE_WO_FILE,
	REFUSE_EMPTY,
	REFUSE_OFFSET,
	REFUSE_KIND,
	REFUSE_CLOSED,
	REFUSE_PIPE,
};

static intptr_t try_map(size_t size, int protection, int flags, int fd, off_t offset)
{
	return (intptr_t)mmap(NULL, size, protection, flags, fd, offset);
}

static void refused(struct scene *scene)
{
	int fd = make_file(scene, 3), end[2];

	switch ((enum refusal)scene->number) {
	case REFUSE_RO_FILE:
		fd = SETUP(scene, open("file", O_RDONLY));
		EXPECT_ERROR(scene, try_map(3, RW, MAP_SHARED, fd, 0), EACCES);
		break;
	case REFUSE_WO_FILE:
		fd = SETUP(scene, open("file", O_WRONLY));
		EXPECT_ERROR(scene, try_map(3, PROT_WRITE, MAP_SHARED, fd, 0), EACCES);
		EXPECT_ERROR(scene, try_map(3, PROT_READ, MAP_PRIVATE, fd, 0), EACCES);
		break;
	case REFUSE_EMPTY:
		EXPECT_ERROR(scene, try_map(0, PROT_READ, MAP_SHARED, fd, 0), EINVAL);
		break;
	case REFUSE_OFFSET:
		EXPECT_ERROR(scene, try_map(3, PROT_READ, MAP_SHARED, fd, 1), EINVAL);
		break;
	case REFUSE_KIND:
		EXPECT_ERROR(scene, try_map(3, PROT_READ, 0, fd, 0), EINVAL);
		break;
	case REFUSE_CLOSED:
		close(fd);
		EXPECT_ERROR(scene, try_map(3, PROT_READ, MAP_SHARED, fd, 0), EBADF);
		break;
	case REFUSE_PIPE:
		scene_pipe(scene, end);
		EXPECT_ERROR(scene, try_map(3, PROT_READ, MAP_SHARED, end[0], 0), ENODEV);
		break;
	}
}

static const struct value refusals[] = {
	{ "read_only_file", REFUSE_RO_FILE },
	{ "write_only_file", REFUSE_WO_FILE },
	{ "no_length", REFUSE_EMPTY },
	{ "odd_offset", REFUSE_OFFSET },
	{ "no_kind", REFUSE_KIND },
	{ "closed", REFUSE_CLOSED },
	{ "pipe", REFUSE_PIPE },
	{ NULL, 0 },
};

static void outlives(struct scene *scene)
{
	int fd = make_file(scene, 3);
	char *memory = map(scene, 3, RW, MAP_SHARED, fd);

	SETUP(scene, close(fd));
	if (scene->number)
		SETUP(scene, unlink("file"));
	EXPECT_BYTES(scene, memory, "fff", 3);
	memory[1] = 'm';
	EXPECT_BYTES(scene, memory, "fmf", 3);
}

static const struct value lives[] = {
	{ "closed", 0 },
	{ "unlinked", 1 },
	{ NULL, 0 },
};

static void fixed(struct scene *scene)
{
	int more = scene->number ? MAP_FIXED_NOREPLACE : MAP_FIXED;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	char *memory = map(scene, 1, RW, flags, -1), *got;

	*memory = 7;
	got = mmap(memory, 1, RW, flags | more, -1, 0);
	if (scene->number) {
		EXPECT_ERROR(scene, (intptr_t)got, EEXIST);
		EXPECT_INT(scene, *memory, 7);
	} else {
		EXPECT(scene, got == memory, "elsewhere");
		EXPECT_INT(scene, *memory, 0);
	}
}

static void sync_range(struct scene *scene)
{
	size_t page = page_size();
	/* Without a file: that the disk is slow is not the point. */
	char *memory = map(scene, 2 * page, RW, MAP_SHARED | MAP_ANONYMOUS, -1);

	*memory = 'm';
	EXPECT_INT(scene, msync(memory, page, MS_SYNC), 0);
	EXPECT_ERROR(scene, msync(memory + 1, page, MS_SYNC), EINVAL);
	EXPECT_ERROR(scene, msync(memory, page, MS_SYNC | MS_ASYNC), EINVAL);
	SETUP(scene, munmap(memory + page, page));
	EXPECT_ERROR(scene, msync(memory, 2 * page, MS_SYNC), ENOMEM);
}

static const struct check checks[] = {
	{ .id = "mmap.shared_anon_fork", .run = anonymous, .values = sharing },
	{ .id = "mmap.file_shared", .run = file_shared, .values = views },
	{ .id = "mmap.file_private", .run = file_private },
	{ .id = "mmap.hole_sigbus", .run = hole, .values = accesses },
	{ .id = "mmap.tail_zero", .run = tail_zero },
	{ .id = "mmap.grows", .run = grows },
	{ .id = "mmap.protection_segv", .run = protection, .values = protections },
	{ .id = "mmap.unmapped_segv", .run = unmapped },
	{ .id = "mmap.refused", .run = refused, .values = refusals },
	{ .id = "mmap.outlives", .run = outlives, .values = lives },
	{ .id = "mmap.fixed_replaces", .run = fixed },
	{ .id = "mmap.fixed_noreplace",
		.run = fixed,
		.values = (const struct value[]) { { "eexist", 1 }, { NULL, 0 } } },
	{ .id = "mmap.msync", .run = sync_range },
	{ .id = NULL },
};

const struct suite mmap_suite = { "mmap", checks };
