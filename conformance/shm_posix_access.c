/* POSIX shared memory objects: who may open them, under which names, and for what. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conformance/check.h"

/* A new object under a name of its own. */
static int make(struct scene *scene, char name[LEDGER_NAME])
{
	scene_name(scene, LEDGER_SHM, name);
	return SETUP(scene, shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600));
}

enum reader_case { READER_MAP, READER_PRIVATE, READER_TRUNCATE };

static void read_only(struct scene *scene)
{
	char name[LEDGER_NAME], *memory;
	int fd = make(scene, name);

	SETUP(scene, ftruncate(fd, 1));
	fd = SETUP(scene, shm_open(name, O_RDONLY, 0));
	switch ((enum reader_case)scene->number) {
	case READER_MAP:
		EXPECT_ERROR(scene,
			(intptr_t)mmap(
				NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0),
			EACCES);
		memory = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);
		EXPECT(scene, memory != MAP_FAILED, "%s", strerror(errno));
		EXPECT_ERROR(scene, mprotect(memory, 1, PROT_WRITE), EACCES);
		break;
	case READER_PRIVATE:
		memory = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
		EXPECT(scene, memory != MAP_FAILED, "%s", strerror(errno));
		*memory = 7;
		break;
	case READER_TRUNCATE:
		EXPECT_INT(scene, ftruncate(fd, 2), -1);
		EXPECT(scene, errno == EINVAL || errno == EBADF, "errno %d", errno);
		break;
	}
}

static const struct value reader_cases[] = {
	{ "shared_map", READER_MAP },
	{ "private_map", READER_PRIVATE },
	{ "ftruncate", READER_TRUNCATE },
	{ NULL, 0 },
};

static void umask_mode(struct scene *scene)
{
	char name[LEDGER_NAME];
	struct stat status;
	int fd;

	scene_name(scene, LEDGER_SHM, name);
	umask((mode_t)scene->number);
	fd = EXPECT_OK(scene, shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0666));
	SETUP(scene, fstat(fd, &status));
	EXPECT_INT(scene, status.st_mode & 0777, 0666 & ~scene->number);
}

static const struct value masks[] = {
	{ "000", 0 },
	{ "027", 027 },
	{ "777", 0777 },
	{ NULL, 0 },
};

static void perm(struct scene *scene)
{
	char name[LEDGER_NAME];
	pid_t stranger;

	close(make(scene, name));
	stranger = scene_fork(scene);
	if (stranger == 0) {
		scene_become_nobody(scene);
		if (scene->number)
			EXPECT_ERROR(scene, shm_unlink(name), EACCES);
		else
			EXPECT_ERROR(scene, shm_open(name, O_RDONLY, 0), EACCES);
		_exit(0);
	}
	EXPECT_EXIT(scene, stranger, 0);
	EXPECT_OK(scene, shm_open(name, O_RDONLY, 0));
}

static const struct value perm_cases[] = {
	{ "open", 0 },
	{ "unlink", 1 },
	{ NULL, 0 },
};

static void name_rules(struct scene *scene)
{
	char name[NAME_MAX + 8];

	if (scene->number == 0) {
		EXPECT_ERROR(scene, shm_open("/", O_CREAT | O_RDWR, 0600), EINVAL);
	} else if (scene->number == 1) {
		scene_name(scene, LEDGER_SHM, name);
		strcat(name, "/b");
		EXPECT_ERROR(scene, shm_open(name, O_CREAT | O_RDWR, 0600), EINVAL);
	} else {
		memset(name, 'x', sizeof name);
		name[0] = '/';
		name[sizeof name - 1] = '\0';
		EXPECT_INT(scene, shm_open(name, O_CREAT | O_RDWR, 0600), -1);
		EXPECT(scene, errno == EINVAL || errno == ENAMETOOLONG, "errno %d",
			errno);
	}
}

static const struct value name_cases[] = {
	{ "empty", 0 },
	{ "slash_inside", 1 },
	{ "too_long", 2 },
	{ NULL, 0 },
};

static const struct check checks[] = {
	{ .id = "shm.posix.ro_map",
		.run = read_only,
		.needs = NEED_POSIX_SHM,
		.values = reader_cases },
	{ .id = "shm.posix.umask_mode",
		.run = umask_mode,
		.needs = NEED_POSIX_SHM,
		.values = masks },
	{ .id = "shm.posix.perm",
		.run = perm,
		.needs = NEED_ROOT | NEED_POSIX_SHM,
		.values = perm_cases },
	{ .id = "shm.posix.name_rules",
		.run = name_rules,
		.needs = NEED_POSIX_SHM,
		.values = name_cases },
	{ .id = NULL },
};

const struct suite shm_posix_access_suite = { "shm_posix_access", checks };
