/* How System V objects are found and made: ftok(3), keys, IPC_CREAT, IPC_EXCL,
 * IPC_PRIVATE, and ids whose object is gone. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ipc.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/sysv_help.h"

static void make_file(struct scene *scene, const char *path)
{
	close(SETUP(scene, open(path, O_CREAT | O_EXCL | O_WRONLY, 0600)));
}

enum ftok_case { FTOK_SAME, FTOK_LINK, FTOK_IDS, FTOK_LOW_BITS, FTOK_MISSING };

static void ftok_of_file(struct scene *scene)
{
	key_t key;

	make_file(scene, "file");
	SETUP(scene, link("file", "link"));
	key = EXPECT_OK(scene, ftok("file", 'A'));
	switch ((enum ftok_case)scene->number) {
	case FTOK_SAME:
		EXPECT_INT(scene, ftok("./file", 'A'), key);
		break;
	case FTOK_LINK:
		EXPECT_INT(scene, ftok("link", 'A'), key);
		break;
	case FTOK_IDS:
		for (int id = 1; id < 256; id++)
			if (id != 'A')
				EXPECT(scene, ftok("file", id) != key,
					"the key of id %d is that of id %d", id, 'A');
		break;
	case FTOK_LOW_BITS:
		EXPECT_INT(scene, ftok("file", 'A' | 0x100), key);
		EXPECT_INT(scene, ftok("file", 'A' | 0x7fffff00), key);
		break;
	case FTOK_MISSING:
		EXPECT_ERROR(scene, ftok("nothing", 'A'), ENOENT);
		EXPECT_ERROR(scene, ftok("file/nothing", 'A'), ENOTDIR);
		break;
	}
}

static const struct value ftok_cases[] = {
	{ "same", FTOK_SAME },
	{ "link", FTOK_LINK },
	{ "ids", FTOK_IDS },
	{ "low_bits", FTOK_LOW_BITS },
	{ "missing", FTOK_MISSING },
	{ NULL, 0 },
};

static void ftok_recreate(struct scene *scene)
{
	key_t key;

	make_file(scene, "file");
	SETUP(scene, link("file", "link"));
	key = EXPECT_OK(scene, ftok("file", 'A'));
	SETUP(scene, unlink("file"));
	make_file(scene, "file");
	/* The key is the file's, not its path's. */
	EXPECT_INT(scene, ftok("link", 'A'), key);
	note(scene, "the key of the path %s",
		ftok("file", 'A') == key ? "stayed" : "changed");
}

/* What is asked for when there is an object of SIZE at the key, or nothing there. */
#define SIZE 8
static const struct {
	size_t size;
	int flags;
	bool is_missing;
	int error; /* 0: the id of what is there */
} asked[] = {
	{ SIZE, IPC_CREAT | 0600, false, 0 },
	{ SIZE, IPC_CREAT | IPC_EXCL | 0600, false, EEXIST },
	{ SIZE, 0, true, ENOENT },
	{ SIZE + 1, 0, false, EINVAL },
	{ 1, 0, false, 0 },
	{ 0, 0, false, 0 },
	{ 0, IPC_CREAT | 0600, true, EINVAL },
};

static void creat_excl(struct scene *scene)
{
	enum ledger_kind kind = sysv_help_kind(scene);
	key_t key = scene_key(scene, kind);
	size_t i = (size_t)scene->number;
	int id = -1;

	if (!asked[i].is_missing)
		id = sysv_help_new(scene, kind, key, SIZE);
	if (asked[i].error)
		EXPECT_ERROR(scene,
			sysv_help_get(scene, kind, key, asked[i].size, asked[i].flags),
			asked[i].error);
	else
		EXPECT_INT(scene,
			sysv_help_get(scene, kind, key, asked[i].size, asked[i].flags),
			id);
}

static const struct value sized_cases[] = {
	{ "same", 0 },
	{ "excl", 1 },
	{ "missing", 2 },
	{ "larger", 3 },
	{ "smaller", 4 },
	{ "zero", 5 },
	{ "new_zero", 6 },
	{ NULL, 0 },
};

static const struct value unsized_cases[] = {
	{ "same", 0 },
	{ "excl", 1 },
	{ "missing", 2 },
	{ NULL, 0 },
};

#define RACERS 16

static void excl_race(struct scene *scene)
{
	enum ledger_kind kind = sysv_help_kind(scene);
	key_t key = scene_key(scene, kind);
	pid_t racers[RACERS];
	int winners = 0, id;

	for (int i = 0; i < RACERS; i++) {
		racers[i] = scene_fork(scene);
		if (racers[i])
			continue;
		scene_wait(scene, 0);
		id = sysv_help_get(scene, kind, key, 1, IPC_CREAT | IPC_EXCL | 0600);
		if (id < 0)
			EXPECT_ERROR(scene, id, EEXIST);
		atomic_store(&scene->common->cells[i], id >= 0);
		_exit(0);
	}
	scene_open(scene, 0);
	for (int i = 0; i < RACERS; i++) {
		EXPECT_EXIT(scene, racers[i], 0);
		winners += (int)atomic_load(&scene->common->cells[i]);
	}
	EXPECT_INT(scene, winners, 1);
}

static void private_unique(struct scene *scene)
{
	enum ledger_kind kind = sysv_help_kind(scene);
	int flags = (int)scene->number | 0600, first, second;

	first = EXPECT_OK(scene, sysv_help_get(scene, kind, IPC_PRIVATE, 1, flags));
	second = EXPECT_OK(scene, sysv_help_get(scene, kind, IPC_PRIVATE, 1, flags));
	EXPECT(scene, first != second, "the id %d twice", first);
}

static const struct value private_flags[] = {
	{ "plain", 0 },
	{ "creat", IPC_CREAT },
	{ "excl", IPC_CREAT | IPC_EXCL },
	{ NULL, 0 },
};

static void stale_id(struct scene *scene)
{
	enum ledger_kind kind = sysv_help_kind(scene);
	int stale = scene_sysv(scene, kind, 1), fresh;

	EXPECT_INT(scene, sysv_help_remove(kind, stale), 0);
	fresh = scene_sysv(scene, kind, 1);
	EXPECT(scene, fresh != stale, "the id %d again, at once", fresh);
	EXPECT_INT(scene, sysv_help_stat(kind, stale), -1);
	EXPECT(scene, errno == EINVAL || errno == EIDRM,
		"errno %d for an id whose object is gone", errno);
}

static const struct check checks[] = {
	{ .id = "sysv.ftok", .run = ftok_of_file, .values = ftok_cases },
	{ .id = "sysv.ftok_recreate_unspecified", .run = ftok_recreate },
	{ .id = "shm.sysv.creat_excl_sizes",
		.run = creat_excl,
		.needs = NEED_SYSV_SHM,
		.values = sized_cases },
	{ .id = "sem.sysv.creat_excl_sizes",
		.run = creat_excl,
		.needs = NEED_SYSV_SEM,
		.values = sized_cases },
	{ .id = "msg.sysv.creat_excl",
		.run = creat_excl,
		.needs = NEED_SYSV_MSG,
		.values = unsized_cases },
	{ .id = "shm.sysv.excl_race", .run = excl_race, .needs = NEED_SYSV_SHM },
	{ .id = "sem.sysv.excl_race", .run = excl_race, .needs = NEED_SYSV_SEM },
	{ .id = "msg.sysv.excl_race", .run = excl_race, .needs = NEED_SYSV_MSG },
	{ .id = "shm.sysv.private_unique",
		.run = private_unique,
		.needs = NEED_SYSV_SHM,
		.values = private_flags },
	{ .id = "sem.sysv.private_unique",
		.run = private_unique,
		.needs = NEED_SYSV_SEM,
		.values = private_flags },
	{ .id = "msg.sysv.private_unique",
		.run = private_unique,
		.needs = NEED_SYSV_MSG,
		.values = private_flags },
	{ .id = "shm.sysv.stale_id_einval", .run = stale_id, .needs = NEED_SYSV_SHM },
	{ .id = "sem.sysv.stale_id_einval", .run = stale_id, .needs = NEED_SYSV_SEM },
	{ .id = "msg.sysv.stale_id_einval", .run = stale_id, .needs = NEED_SYSV_MSG },
	{ .id = NULL },
};

const struct suite sysv_get_suite = { "sysv_get", checks };
