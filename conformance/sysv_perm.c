/* Who may do what with a System V object: mode bits, owner, creator. */
#include <errno.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/sysv_help.h"

enum attempt {
	TRY_GET,
	TRY_STAT,
	TRY_SET,
	TRY_REMOVE,
	TRY_ATTACH,
	TRY_ATTACH_RDONLY,
	TRY_OPERATE,
	TRY_GETVAL,
	TRY_SETVAL,
	TRY_SEND,
	TRY_RECEIVE,
};

static int attempt(struct scene *scene, enum attempt what, key_t key, int id)
{
	enum ledger_kind kind = sysv_help_kind(scene);
	struct ipc_perm perm = { .mode = 0666 };
	struct message message;

	switch (what) {
	case TRY_GET:
		return sysv_help_get(scene, kind, key, 0, 0600);
	case TRY_STAT:
		return sysv_help_stat(kind, id);
	case TRY_SET:
		return sysv_help_set(kind, id, &perm);
	case TRY_REMOVE:
		return sysv_help_remove(kind, id);
	case TRY_ATTACH:
		return (intptr_t)shmat(id, NULL, 0) == -1 ? -1 : 0;
	case TRY_ATTACH_RDONLY:
		return (intptr_t)shmat(id, NULL, SHM_RDONLY) == -1 ? -1 : 0;
	case TRY_OPERATE:
		return sysv_help_semop(id, 0, 1, 0);
	case TRY_GETVAL:
		return semctl(id, 0, GETVAL);
	case TRY_SETVAL:
		return semctl(id, 0, SETVAL, (union sem_argument) { .value = 1 });
	case TRY_SEND:
		return sysv_help_send(id, 1, "x", IPC_NOWAIT);
	case TRY_RECEIVE:
		return (int)msgrcv(id, &message, MESSAGE_TEXT, 0, IPC_NOWAIT);
	}
	return 0;
}

static bool is_for_owner(enum attempt what)
{
	return what == TRY_SET || what == TRY_REMOVE;
}

static void refused(struct scene *scene)
{
	enum ledger_kind kind = sysv_help_kind(scene);
	enum attempt what = (enum attempt)scene->number;
	key_t key = scene_key(scene, kind);
	int id = sysv_help_new(scene, kind, key, 1);
	pid_t stranger = scene_fork(scene);

	if (stranger == 0) {
		scene_become_nobody(scene);
		EXPECT_ERROR(scene, attempt(scene, what, key, id),
			is_for_owner(what) ? EPERM : EACCES);
		_exit(0);
	}
	EXPECT_EXIT(scene, stranger, 0);
}

/* The bits for others give them what they say, and no more. */
static void granted(struct scene *scene)
{
	enum ledger_kind kind = sysv_help_kind(scene);
	enum attempt what = (enum attempt)(scene->number & 0xff);
	bool is_allowed = scene->number >> 8 & 1;
	key_t key = scene_key(scene, kind);
	int id = sysv_help_new(scene, kind, key, 1);
	pid_t stranger;

	if (kind == LEDGER_SYSV_MSG)
		SETUP(scene, sysv_help_send(id, 1, "x", 0));
	sysv_help_chmod(scene, kind, id, (unsigned short)(scene->number >> 16));
	stranger = scene_fork(scene);
	if (stranger == 0) {
		scene_become_nobody(scene);
		if (is_allowed)
			EXPECT_OK(scene, attempt(scene, what, key, id));
		else
			EXPECT_ERROR(scene, attempt(scene, what, key, id), EACCES);
		_exit(0);
	}
	EXPECT_EXIT(scene, stranger, 0);
}

#define ALLOWED(mode, what) ((int64_t)(mode) << 16 | 1 << 8 | (what))
#define DENIED(mode, what)  ((int64_t)(mode) << 16 | (what))

enum set_case { SET_MODE, SET_OWNER, SET_CREATOR };

/* IPC_SET by the owner of a set of any kind. */
static void ipc_set(struct scene *scene)
{
	enum ledger_kind kind = sysv_help_kind(scene);
	int id = scene_sysv(scene, kind, 1);
	struct ipc_perm before = sysv_help_perm(scene, kind, id), after, asked = before;
	bool is_owner = scene->number == SET_OWNER;

	asked.mode = 0170642;
	asked.cuid = before.cuid + 1;
	asked.cgid = before.cgid + 1;
	if (is_owner) {
		asked.uid = before.uid + 1;
		asked.gid = before.gid + 1;
		scene_need_ids(scene, asked.uid, asked.gid);
	}
	EXPECT_INT(scene, sysv_help_set(kind, id, &asked), 0);
	/* The creator may still look, whoever owns it now. */
	after = sysv_help_perm(scene, kind, id);
	switch ((enum set_case)scene->number) {
	case SET_MODE:
		EXPECT_INT(scene, after.mode & 0777, 0642);
		EXPECT_INT(scene, after.mode & ~0777u, before.mode & ~0777u);
		break;
	case SET_OWNER:
		EXPECT_INT(scene, after.uid, before.uid + 1);
		EXPECT_INT(scene, after.gid, before.gid + 1);
		break;
	case SET_CREATOR:
		EXPECT_INT(scene, after.cuid, before.cuid);
		EXPECT_INT(scene, after.cgid, before.cgid);
		EXPECT_INT(scene, after.uid, before.uid);
		break;
	}
}

static const struct value set_cases[] = {
	{ "mode", SET_MODE },
	{ "owner", SET_OWNER },
	{ "creator", SET_CREATOR },
	{ NULL, 0 },
};

static const struct value segment_attempts[] = {
	{ "get", TRY_GET },
	{ "attach", TRY_ATTACH },
	{ "attach_rdonly", TRY_ATTACH_RDONLY },
	{ "stat", TRY_STAT },
	{ "set", TRY_SET },
	{ "rmid", TRY_REMOVE },
	{ NULL, 0 },
};

static const struct value set_attempts[] = {
	{ "get", TRY_GET },
	{ "semop", TRY_OPERATE },
	{ "getval", TRY_GETVAL },
	{ "setval", TRY_SETVAL },
	{ "stat", TRY_STAT },
	{ "set", TRY_SET },
	{ "rmid", TRY_REMOVE },
	{ NULL, 0 },
};

static const struct value queue_attempts[] = {
	{ "get", TRY_GET },
	{ "send", TRY_SEND },
	{ "receive", TRY_RECEIVE },
	{ "stat", TRY_STAT },
	{ "set", TRY_SET },
	{ "rmid", TRY_REMOVE },
	{ NULL, 0 },
};

static const struct value segment_grants[] = {
	{ "read", ALLOWED(0604, TRY_ATTACH_RDONLY) },
	{ "read_no_write", DENIED(0604, TRY_ATTACH) },
	{ "write", ALLOWED(0606, TRY_ATTACH) },
	{ NULL, 0 },
};

static const struct value set_grants[] = {
	{ "read", ALLOWED(0604, TRY_GETVAL) },
	{ "read_no_alter", DENIED(0604, TRY_OPERATE) },
	{ "alter", ALLOWED(0602, TRY_OPERATE) },
	{ "alter_no_read", DENIED(0602, TRY_GETVAL) },
	{ NULL, 0 },
};

static const struct value queue_grants[] = {
	{ "read", ALLOWED(0604, TRY_RECEIVE) },
	{ "read_no_write", DENIED(0604, TRY_SEND) },
	{ "write", ALLOWED(0602, TRY_SEND) },
	{ "write_no_read", DENIED(0602, TRY_RECEIVE) },
	{ NULL, 0 },
};

#define PERM(prefix, need, attempts, grants)                                             \
	{ .id = prefix ".sysv.perm",                                                     \
		.run = refused,                                                          \
		.needs = NEED_ROOT | (need),                                             \
		.values = attempts },                                                    \
		{ .id = prefix ".sysv.perm_granted",                                     \
			.run = granted,                                                  \
			.needs = NEED_ROOT | (need),                                     \
			.values = grants },                                              \
	{                                                                                \
		.id = prefix ".sysv.ipc_set_mode", .run = ipc_set, .needs = need,        \
		.values = set_cases                                                      \
	}

static const struct check checks[] = {
	PERM("shm", NEED_SYSV_SHM, segment_attempts, segment_grants),
	PERM("sem", NEED_SYSV_SEM, set_attempts, set_grants),
	PERM("msg", NEED_SYSV_MSG, queue_attempts, queue_grants),
	{ .id = NULL },
};

const struct suite sysv_perm_suite = { "sysv_perm", checks };
