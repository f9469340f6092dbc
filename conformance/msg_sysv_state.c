/* What a System V message queue holds, tells of itself, lets be copied, and keeps. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/msg.h>
#include <time.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/namespace_help.h"
#include "conformance/sysv_help.h"

#ifndef MSG_COPY /* Linux 3.8 */
#define MSG_COPY 040000
#endif

static int make(struct scene *scene)
{
	return scene_sysv(scene, LEDGER_SYSV_MSG, 0);
}

static void put(struct scene *scene, int queue, long type, const char *text)
{
	EXPECT_INT(scene, sysv_help_send(queue, type, text, IPC_NOWAIT), 0);
}

/* The next message that `wanted` selects has this type and text. */
static void expect(struct scene *scene, int queue, long wanted, int flags, long type,
	const char *text)
{
	struct message message = { 0 };

	EXPECT_INT(scene,
		msgrcv(queue, &message, MESSAGE_TEXT, wanted, flags | IPC_NOWAIT),
		strlen(text));
	EXPECT_INT(scene, message.type, type);
	EXPECT_BYTES(scene, message.text, text, strlen(text));
}

static void expect_none(struct scene *scene, int queue, long wanted, int flags)
{
	struct message message;

	EXPECT_ERROR(scene,
		msgrcv(queue, &message, MESSAGE_TEXT, wanted, flags | IPC_NOWAIT),
		ENOMSG);
}

static struct msqid_ds status_of(struct scene *scene, int queue)
{
	struct msqid_ds status;

	SETUP(scene, msgctl(queue, IPC_STAT, &status));
	return status;
}

enum stat_case { STAT_NEW, STAT_LIMIT, STAT_SENT, STAT_RECEIVED };

/* A child sends two messages and, in one of the cases, receives the first. */
static struct msqid_ds after_traffic(struct scene *scene, int queue)
{
	struct message message;
	pid_t child = scene_fork(scene);

	if (child == 0) {
		put(scene, queue, 1, "abc");
		put(scene, queue, 2, "defgh");
		if (scene->number == STAT_RECEIVED)
			EXPECT_INT(scene, msgrcv(queue, &message, 8, 1, IPC_NOWAIT), 3);
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
	atomic_store(&scene->common->cells[0], child);
	return status_of(scene, queue);
}

static void stat_queue(struct scene *scene)
{
	time_t before_s = time(NULL);
	int queue = make(scene);
	struct msqid_ds status = status_of(scene, queue);

	switch ((enum stat_case)scene->number) {
	case STAT_NEW:
		EXPECT_INT(scene, status.msg_qnum, 0);
		EXPECT_INT(scene, status.msg_lspid, 0);
		EXPECT_INT(scene, status.msg_lrpid, 0);
		EXPECT_INT(scene, status.msg_stime, 0);
		EXPECT_INT(scene, status.msg_rtime, 0);
		/* A stamp may be of the tick before. */
		EXPECT(scene, status.msg_ctime >= before_s - 1, "%lld at %lld",
			(long long)status.msg_ctime, (long long)before_s);
		EXPECT_INT(scene, status.msg_perm.cuid, geteuid());
		EXPECT_INT(scene, status.msg_perm.uid, geteuid());
		EXPECT_INT(scene, status.msg_perm.mode & 0777, 0600);
		break;
	case STAT_LIMIT:
		EXPECT_INT(scene, status.msg_qbytes,
			namespace_help_ask(scene, "kernel/msgmnb"));
		break;
	case STAT_SENT:
		status = after_traffic(scene, queue);
		EXPECT_INT(scene, status.msg_qnum, 2);
		EXPECT_INT(
			scene, status.msg_lspid, atomic_load(&scene->common->cells[0]));
		EXPECT_INT(scene, status.msg_lrpid, 0);
		EXPECT(scene, status.msg_stime >= before_s - 1, "%lld at %lld",
			(long long)status.msg_stime, (long long)before_s);
		break;
	case STAT_RECEIVED:
		status = after_traffic(scene, queue);
		EXPECT_INT(scene, status.msg_qnum, 1);
		EXPECT_INT(
			scene, status.msg_lrpid, atomic_load(&scene->common->cells[0]));
		EXPECT(scene, status.msg_rtime >= before_s - 1, "%lld at %lld",
			(long long)status.msg_rtime, (long long)before_s);
		break;
	}
}

static const struct value stat_cases[] = {
	{ "new", STAT_NEW },
	{ "limit", STAT_LIMIT },
	{ "sent", STAT_SENT },
	{ "received", STAT_RECEIVED },
	{ NULL, 0 },
};

static void bytes_counted(struct scene *scene)
{
	struct message message;
	int queue = make(scene);

	put(scene, queue, 1, "abc");
	put(scene, queue, 2, "defgh");
	EXPECT_INT(scene, status_of(scene, queue).__msg_cbytes, 8);
	EXPECT_INT(scene, msgrcv(queue, &message, 8, 0, IPC_NOWAIT), 3);
	EXPECT_INT(scene, status_of(scene, queue).__msg_cbytes, 5);
}

enum copy_case { COPY_INDEX, COPY_PAST_END, COPY_WAITING, COPY_EXCEPT };

static void copy(struct scene *scene)
{
	struct message message = { 0 };
	int queue = make(scene);
	ssize_t got;

	put(scene, queue, 5, "five");
	put(scene, queue, 3, "three");
	got = msgrcv(queue, &message, MESSAGE_TEXT, 1, MSG_COPY | IPC_NOWAIT);
	if (got < 0 && errno == ENOSYS)
		SKIP(scene, "this kernel has no MSG_COPY (CONFIG_CHECKPOINT_RESTORE)");
	EXPECT_INT(scene, got, 5);
	switch ((enum copy_case)scene->number) {
	case COPY_INDEX:
		EXPECT_INT(scene, message.type, 3);
		EXPECT_BYTES(scene, message.text, "three", 5);
		expect(scene, queue, 0, MSG_COPY, 5, "five");
		EXPECT_INT(scene, status_of(scene, queue).msg_qnum, 2);
		expect(scene, queue, 0, 0, 5, "five");
		expect(scene, queue, 0, 0, 3, "three");
		break;
	case COPY_PAST_END:
		expect_none(scene, queue, 2, MSG_COPY);
		break;
	case COPY_WAITING:
		EXPECT_ERROR(scene, msgrcv(queue, &message, MESSAGE_TEXT, 0, MSG_COPY),
			EINVAL);
		break;
	case COPY_EXCEPT:
		EXPECT_ERROR(scene,
			msgrcv(queue, &message, MESSAGE_TEXT, 0,
				MSG_COPY | MSG_EXCEPT | IPC_NOWAIT),
			EINVAL);
		break;
	}
}

static const struct value copy_cases[] = {
	{ "index", COPY_INDEX },
	{ "past_end", COPY_PAST_END },
	{ "waiting", COPY_WAITING },
	{ "except", COPY_EXCEPT },
	{ NULL, 0 },
};

static void survives_exit(struct scene *scene)
{
	pid_t maker = scene_fork(scene);
	int queue;

	if (maker == 0) {
		queue = make(scene);
		put(scene, queue, 4, "stays");
		atomic_store(&scene->common->cells[0], queue);
		if (scene->number)
			kill(getpid(), SIGKILL);
		_exit(0);
	}
	if (scene->number)
		EXPECT_KILLED(scene, maker, SIGKILL);
	else
		EXPECT_EXIT(scene, maker, 0);
	expect(scene, (int)atomic_load(&scene->common->cells[0]), 0, 0, 4, "stays");
}

static const struct value ends[] = {
	{ "exit", 0 },
	{ "kill", 1 },
	{ NULL, 0 },
};

static const struct check checks[] = {
	{ .id = "msg.sysv.stat",
		.run = stat_queue,
		.needs = NEED_SYSV_MSG,
		.values = stat_cases },
	{ .id = "msg.sysv.bytes_counted", .run = bytes_counted, .needs = NEED_SYSV_MSG },
	{ .id = "msg.sysv.copy",
		.run = copy,
		.needs = NEED_SYSV_MSG,
		.values = copy_cases },
	{ .id = "msg.sysv.survives_exit",
		.run = survives_exit,
		.needs = NEED_SYSV_MSG,
		.values = ends },
	{ .id = NULL },
};

const struct suite msg_sysv_state_suite = { "msg_sysv_state", checks };
