#include "mechanisms/backing.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/random.h"
#include "harness/base/text.h"

static void round_part(struct backing_memory *memory, uint64_t page)
{
	memory->part = (memory->part + page - 1) / page * page;
}

static uint64_t page_size(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

static size_t whole(const struct backing_memory *memory)
{
	return (size_t)(2 * memory->part);
}

/* First touch: the pages are taken from this side's node, and where writing is tracked
 * (a file), it has begun. */
static void touch_own(const struct channel *channel, const struct backing_memory *memory,
	unsigned char *map)
{
	volatile unsigned char *own = map + channel->side * memory->part;
	uint64_t step = page_size();

	for (uint64_t i = 0; i < memory->part; i += step)
		own[i] = 0;
}

/* --- what is reached by a descriptor -------------------------------------------------
 */

static int set_size(struct channel *channel, const struct backing_memory *memory, int fd)
{
	char size[TEXT_QUANTITY];

	if (ftruncate(fd, (off_t)whole(memory)) == 0)
		return 0;
	return why_say(channel->why, errno, "%s: set the size to %s",
		channel->mechanism->name, text_bytes((double)whole(memory), size));
}

static int map_descriptor(struct channel *channel, const struct backing_memory *memory,
	int fd, const char *place, unsigned char **map)
{
	char size[TEXT_QUANTITY];
	void *mapped;
	int error = posix_fallocate(
		fd, (off_t)(channel->side * memory->part), (off_t)memory->part);

	if (error) {
		why_say(channel->why, error, "%s: allocate %s of shared memory",
			channel->mechanism->name, text_bytes((double)memory->part, size));
		why_add(channel->why, "%s may be too small", place);
		return -error;
	}
	mapped = mmap(NULL, whole(memory), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mapped == MAP_FAILED)
		return why_say(channel->why, errno, "%s: map", channel->mechanism->name);
	*map = mapped;
	touch_own(channel, memory, mapped);
	return 0;
}

static void unmap(const struct backing_memory *memory, unsigned char *map)
{
	if (map)
		munmap(map, whole(memory));
}

/* --- POSIX shared memory --------------------------------------------------------------
 */

static int posix_create(struct channel *channel, struct backing_memory *memory)
{
	int error, fd;

	round_part(memory, page_size());
	error = ledger_name(channel->ledger, LEDGER_SHM, memory->name, channel->why);
	if (error) {
		memory->name[0] = '\0';
		return error;
	}
	fd = shm_open(memory->name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	/* The name stays: detach strikes it from the ledger. */
	if (fd < 0) {
		error = why_say(channel->why, errno, "%s: create in /dev/shm",
			channel->mechanism->name);
		if (error != -EMFILE)
			why_add(channel->why,
				"it needs a tmpfs there that this user can write");
		return error;
	}
	error = set_size(channel, memory, fd);
	close(fd);
	return error;
}

static int posix_attach(
	struct channel *channel, const struct backing_memory *memory, unsigned char **map)
{
	int fd = shm_open(memory->name, O_RDWR | O_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return why_say(channel->why, errno, "%s: open", channel->mechanism->name);
	error = map_descriptor(channel, memory, fd, "/dev/shm", map);
	close(fd);
	return error;
}

static void posix_detach(struct channel *channel, struct backing_memory *memory,
	unsigned char *map, bool is_parent)
{
	unmap(memory, map);
	if (is_parent && memory->name[0])
		ledger_remove(channel->ledger, LEDGER_SHM, memory->name);
}

const struct backing backing_posix = { posix_create, posix_attach, posix_detach };

/* --- System V shared memory -----------------------------------------------------------
 */

static int sysv_create(struct channel *channel, struct backing_memory *memory)
{
	int error;

	round_part(memory, page_size());
	error = ledger_sysv(channel->ledger, LEDGER_SYSV_SHM, whole(memory),
		&memory->handle, channel->why);
	memory->is_made = !error;
	return error;
}

static int sysv_attach(
	struct channel *channel, const struct backing_memory *memory, unsigned char **map)
{
	void *mapped = shmat(memory->handle, NULL, 0);

	if (mapped == (void *)-1)
		return why_say(channel->why, errno, "%s: attach the segment",
			channel->mechanism->name);
	*map = mapped;
	touch_own(channel, memory, mapped);
	return 0;
}

/* Linux keeps a removed segment until the last process lets go of it; see shmctl(2). */
static void sysv_detach(struct channel *channel, struct backing_memory *memory,
	unsigned char *map, bool is_parent)
{
	if (map)
		shmdt(map);
	if (is_parent && memory->is_made)
		ledger_remove_sysv(channel->ledger, LEDGER_SYSV_SHM, memory->handle);
}

const struct backing backing_sysv = { sysv_create, sysv_attach, sysv_detach };

/* --- memory files, of small and of huge pages -----------------------------------------
 */

static int memfd_make(
	struct channel *channel, struct backing_memory *memory, unsigned flags)
{
	memory->handle = memfd_create("ipcmark", MFD_CLOEXEC | flags);
	memory->is_made = memory->handle >= 0;
	if (memory->is_made)
		return 0;
	return why_say(channel->why, errno, "%s: make a memory file%s",
		channel->mechanism->name, flags ? " of huge pages" : "");
}

static int memfd_create_small(struct channel *channel, struct backing_memory *memory)
{
	int error = memfd_make(channel, memory, 0);

	round_part(memory, page_size());
	return error ? error : set_size(channel, memory, memory->handle);
}

static int memfd_attach(
	struct channel *channel, const struct backing_memory *memory, unsigned char **map)
{
	return map_descriptor(channel, memory, memory->handle, "memory", map);
}

static void memfd_detach(struct channel *channel, struct backing_memory *memory,
	unsigned char *map, bool is_parent)
{
	(void)channel;
	(void)is_parent;
	unmap(memory, map);
	if (memory->is_made)
		close(memory->handle);
}

const struct backing backing_memfd = { memfd_create_small, memfd_attach, memfd_detach };

static int say_no_huge_pages(
	struct channel *channel, const struct backing_memory *memory, int error)
{
	int64_t reserved = text_file_number("/proc/sys/vm/nr_hugepages", -1);
	char size[TEXT_QUANTITY];

	if (error == ENOMEM && reserved == 0) {
		why_say(channel->why, 0,
			"no huge pages are reserved (vm.nr_hugepages is 0)");
		return -ENOMEM;
	}
	why_say(channel->why, error, "%s: reserve %s of huge pages",
		channel->mechanism->name, text_bytes((double)whole(memory), size));
	if (reserved >= 0)
		why_add(channel->why, "vm.nr_hugepages is %lld", (long long)reserved);
	return -error;
}

static int huge_create(struct channel *channel, struct backing_memory *memory)
{
	struct stat status;
	void *mapped;
	int error = memfd_make(channel, memory, MFD_HUGETLB);

	if (!error && fstat(memory->handle, &status))
		error = why_say(channel->why, errno, "%s: ask for the page size",
			channel->mechanism->name);
	if (error)
		return error;
	round_part(memory, (uint64_t)status.st_blksize);
	error = set_size(channel, memory, memory->handle);
	if (error)
		return error;
	/* Mapping reserves the pages, and the file keeps the reservation; without one, a
	 * side would be killed when it touches what is not there. */
	mapped = mmap(NULL, whole(memory), PROT_READ | PROT_WRITE, MAP_SHARED,
		memory->handle, 0);
	if (mapped == MAP_FAILED)
		return say_no_huge_pages(channel, memory, errno);
	munmap(mapped, whole(memory));
	return 0;
}

const struct backing backing_huge = { huge_create, memfd_attach, memfd_detach };

/* --- a file in the private directory --------------------------------------------------
 */

static int file_create(struct channel *channel, struct backing_memory *memory)
{
	char path[LEDGER_NAME];
	int error, fd;

	round_part(memory, page_size());
	/* The directory is in the ledger, with all it holds. */
	if (snprintf(path, sizeof path, "%s/ring-%016" PRIx64, channel->directory,
		    random_secret()) >= (int)sizeof path)
		return why_say(channel->why, ENAMETOOLONG, "%s: name a file in %s",
			channel->mechanism->name, channel->directory);
	fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return why_say(channel->why, errno, "%s: create a file in %s",
			channel->mechanism->name, channel->directory);
	memcpy(memory->name, path, sizeof path);
	error = set_size(channel, memory, fd);
	close(fd);
	return error;
}

static int file_attach(
	struct channel *channel, const struct backing_memory *memory, unsigned char **map)
{
	int fd = open(memory->name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	int error;

	if (fd < 0)
		return why_say(channel->why, errno, "%s: open %s",
			channel->mechanism->name, memory->name);
	error = map_descriptor(channel, memory, fd, "the file system of TMPDIR", map);
	close(fd);
	return error;
}

static void file_detach(struct channel *channel, struct backing_memory *memory,
	unsigned char *map, bool is_parent)
{
	(void)channel;
	unmap(memory, map);
	if (is_parent && memory->name[0])
		unlink(memory->name);
}

const struct backing backing_file = { file_create, file_attach, file_detach };

/* --- memory without a name, inherited -------------------------------------------------
 */

static int anon_create(struct channel *channel, struct backing_memory *memory)
{
	char size[TEXT_QUANTITY];
	void *mapped;

	round_part(memory, page_size());
	mapped = mmap(NULL, whole(memory), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (mapped == MAP_FAILED)
		return why_say(channel->why, errno, "%s: map %s",
			channel->mechanism->name,
			text_bytes((double)whole(memory), size));
	memory->address = (uint64_t)(uintptr_t)mapped;
	return 0;
}

static int anon_attach(
	struct channel *channel, const struct backing_memory *memory, unsigned char **map)
{
	*map = (unsigned char *)(uintptr_t)memory->address;
	touch_own(channel, memory, *map);
	return 0;
}

static void anon_detach(struct channel *channel, struct backing_memory *memory,
	unsigned char *map, bool is_parent)
{
	(void)channel;
	(void)map;
	(void)is_parent;
	if (memory->address)
		unmap(memory, (unsigned char *)(uintptr_t)memory->address);
}

const struct backing backing_anon = { anon_create, anon_attach, anon_detach };
