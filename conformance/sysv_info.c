/* What Linux tells of System V objects beside IPC_STAT: the tables that ipcs(1) reads. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/sysv_help.h"

/* Linux 4.17; C libraries know them or not. */
#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif
#ifndef SEM_STAT_ANY
#define SEM_STAT_ANY 20
#endif
#ifndef MSG_STAT_ANY
#define MSG_STAT_ANY 13
#endif

enum info_case { INFO_STAT, INFO_STAT_ANY, INFO_PROC };

static const struct value info_cases[] = {
	{ "stat", INFO_STAT },
	{ "stat_any", INFO_STAT_ANY },
	{ "proc", INFO_PROC },
	{ NULL, 0 },
};

/* The line of /proc/sysvipc/NAME that is about the object: its second field is the id. */
static bool is_in_proc(struct scene *scene, const char *name, int id, const char *fourth)
{
	char path[64], line[512];
	bool is_there = false;
	FILE *file;

	snprintf(path, sizeof path, "/proc/sysvipc/%s", name);
	file = fopen(path, "re");
	EXPECT(scene, file, "%s: %s", path, strerror(errno));
	while (fgets(line, sizeof line, file)) {
		char *rest, *field = strtok_r(line, " ", &rest);

		if (!field || !(field = strtok_r(NULL, " ", &rest)) || atoi(field) != id)
			continue;
		(void)strtok_r(NULL, " ", &rest); /* the mode */
		field = strtok_r(NULL, " ", &rest);
		is_there = field && strcmp(field, fourth) == 0;
	}
	fclose(file);
	return is_there;
}

/* Looks through all indices for the object: objects of others come and go, ours stays. */
static bool is_found(int id, int highest,
	int (*look)(int index, int command, bool *is_it), int command)
{
	for (int index = 0; index <= highest; index++) {
		bool is_it = false;

		if (look(index, command, &is_it) == id && is_it)
			return true;
	}
	return false;
}

#define BYTES 4321

static int look_segment(int index, int command, bool *is_it)
{
	struct shmid_ds status = { 0 };
	int id = shmctl(index, command, &status);

	*is_it = status.shm_segsz == BYTES;
	return id;
}

static void segment_info(struct scene *scene)
{
	int id = scene_sysv(scene, LEDGER_SYSV_SHM, BYTES), highest;
	struct shm_info info;

	if (scene->number == INFO_PROC) {
		EXPECT(scene, is_in_proc(scene, "shm", id, "4321"),
			"no line of %d bytes for the id %d", BYTES, id);
		return;
	}
	highest = EXPECT_OK(scene, shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&info));
	EXPECT(scene, info.used_ids >= 1, "%d segments", info.used_ids);
	EXPECT(scene,
		is_found(id, highest, look_segment,
			scene->number == INFO_STAT ? SHM_STAT : SHM_STAT_ANY),
		"no index up to %d has the id %d", highest, id);
}

#define SEMAPHORES 3

static int look_set(int index, int command, bool *is_it)
{
	struct semid_ds status = { 0 };
	int id = semctl(index, 0, command, (union sem_argument) { .status = &status });

	*is_it = status.sem_nsems == SEMAPHORES;
	return id;
}

static void set_info(struct scene *scene)
{
	int id = scene_sysv(scene, LEDGER_SYSV_SEM, SEMAPHORES), highest;
	struct seminfo info;

	if (scene->number == INFO_PROC) {
		EXPECT(scene, is_in_proc(scene, "sem", id, "3"),
			"no line of %d semaphores for the id %d", SEMAPHORES, id);
		return;
	}
	highest = EXPECT_OK(
		scene, semctl(0, 0, SEM_INFO, (union sem_argument) { .limits = &info }));
	EXPECT(scene, info.semusz >= 1, "%d sets", info.semusz);
	EXPECT(scene,
		is_found(id, highest, look_set,
			scene->number == INFO_STAT ? SEM_STAT : SEM_STAT_ANY),
		"no index up to %d has the id %d", highest, id);
}

static int look_queue(int index, int command, bool *is_it)
{
	struct msqid_ds status = { 0 };
	int id = msgctl(index, command, &status);

	*is_it = status.msg_qnum == 1 && status.msg_lspid == getpid();
	return id;
}

static void queue_info(struct scene *scene)
{
	int id = scene_sysv(scene, LEDGER_SYSV_MSG, 0), highest;
	struct msginfo info;

	SETUP(scene, sysv_help_send(id, 1, "seven b", 0));
	if (scene->number == INFO_PROC) {
		EXPECT(scene, is_in_proc(scene, "msg", id, "7"),
			"no line of 7 bytes for the id %d", id);
		return;
	}
	highest = EXPECT_OK(scene, msgctl(0, MSG_INFO, (struct msqid_ds *)(void *)&info));
	EXPECT(scene, info.msgpool >= 1, "%d queues", info.msgpool);
	EXPECT(scene,
		is_found(id, highest, look_queue,
			scene->number == INFO_STAT ? MSG_STAT : MSG_STAT_ANY),
		"no index up to %d has the id %d", highest, id);
}

static const struct check checks[] = {
	{ .id = "shm.sysv.info_proc",
		.run = segment_info,
		.needs = NEED_SYSV_SHM | NEED_PROC,
		.values = info_cases },
	{ .id = "sem.sysv.info_proc",
		.run = set_info,
		.needs = NEED_SYSV_SEM | NEED_PROC,
		.values = info_cases },
	{ .id = "msg.sysv.info_proc",
		.run = queue_info,
		.needs = NEED_SYSV_MSG | NEED_PROC,
		.values = info_cases },
	{ .id = NULL },
};

const struct suite sysv_info_suite = { "sysv_info", checks };
