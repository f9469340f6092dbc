/* Full and empty System V message queues: waiting, what ends it, and how much fits. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/msg.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/namespace_help.h"
#include "conformance/sysv_help.h"

static struct msqid_ds status_of(struct scene *scene, int queue)
{
	struct msqid_ds status;

	SETUP(scene, msgctl(queue, IPC_STAT, &status));
	return status;
}

static int set_bytes(struct scene *scene, int queue, int64_t bytes)
{
	struct msqid_ds status = status_of(scene, queue);

	status.msg_qbytes = (msglen_t)bytes;
	return msgctl(queue, IPC_SET, &status);
}

/* A queue that holds two messages of eight bytes, and is full. */
static int make_full(struct scene *scene)
{
	int queue = scene_sysv(scene, LEDGER_SYSV_MSG, 0);

	EXPECT_INT(scene, set_bytes(scene, queue, 16), 0);
	EXPECT_INT(scene, status_of(scene, queue).msg_qbytes, 16);
	EXPECT_INT(scene, sysv_help_send(queue, 1, "the 1st.", IPC_NOWAIT), 0);
	EXPECT_INT(scene, sysv_help_send(queue, 2, "the 2nd.", IPC_NOWAIT), 0);
	return queue;
}

static void expect_next(struct scene *scene, int queue, long type)
{
	struct message message;

	EXPECT_INT(scene, msgrcv(queue, &message, MESSAGE_TEXT, 0, IPC_NOWAIT), 8);
	EXPECT_INT(scene, message.type, type);
}

/* A child that sends, which ends in `error` or with 0; it is asleep. */
static pid_t sender(struct scene *scene, int queue, int error)
{
	pid_t waiter = scene_fork(scene);

	if (waiter == 0) {
		if (error)
			EXPECT_ERROR(
				scene, sysv_help_send(queue, 3, "the 3rd.", 0), error);
		else
			EXPECT_INT(scene, sysv_help_send(queue, 3, "the 3rd.", 0), 0);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_MSGSND);
	return waiter;
}

enum full_case { FULL_NOWAIT, FULL_BLOCKS, FULL_REMOVED, FULL_RAISED };

static void full(struct scene *scene)
{
	int queue = make_full(scene);
	pid_t waiter;

	switch ((enum full_case)scene->number) {
	case FULL_NOWAIT:
		EXPECT_ERROR(
			scene, sysv_help_send(queue, 3, "the 3rd.", IPC_NOWAIT), EAGAIN);
		EXPECT_INT(scene, status_of(scene, queue).msg_qnum, 2);
		break;
	case FULL_BLOCKS:
		waiter = sender(scene, queue, 0);
		expect_next(scene, queue, 1);
		EXPECT_EXIT(scene, waiter, 0);
		expect_next(scene, queue, 2);
		expect_next(scene, queue, 3);
		break;
	case FULL_REMOVED:
		waiter = sender(scene, queue, EIDRM);
		EXPECT_INT(scene, sysv_help_remove(LEDGER_SYSV_MSG, queue), 0);
		EXPECT_EXIT(scene, waiter, 0);
		break;
	case FULL_RAISED:
		waiter = sender(scene, queue, 0);
		EXPECT_INT(scene, set_bytes(scene, queue, 24), 0);
		EXPECT_EXIT(scene, waiter, 0);
		EXPECT_INT(scene, status_of(scene, queue).msg_qnum, 3);
		break;
	}
}

static const struct value full_cases[] = {
	{ "nowait", FULL_NOWAIT },
	{ "blocks", FULL_BLOCKS },
	{ "eidrm", FULL_REMOVED },
	{ NULL, 0 },
};

static const struct value raised[] = { { "ipc_set", FULL_RAISED }, { NULL, 0 } };

static void sender_interrupted(struct scene *scene)
{
	int queue = make_full(scene);
	pid_t waiter;

	scene_catch(scene, SIGUSR1, (int)scene->number);
	waiter = sender(scene, queue, EINTR);
	SETUP(scene, kill(waiter, SIGUSR1));
	EXPECT_EXIT(scene, waiter, 0);
	EXPECT_INT(scene, status_of(scene, queue).msg_qnum, 2);
}

static const struct value interrupt_flags[] = {
	{ "plain", 0 },
	{ "sa_restart", SA_RESTART },
	{ NULL, 0 },
};

/* A child that receives messages of a type, which ends in `error` or with that type. */
static pid_t receiver(struct scene *scene, int queue, long type, int error)
{
	pid_t waiter = scene_fork(scene);
	struct message message;

	if (waiter == 0) {
		ssize_t got = msgrcv(queue, &message, MESSAGE_TEXT, type, 0);

		if (error) {
			EXPECT_ERROR(scene, got, error);
		} else {
			EXPECT_INT(scene, got, 1);
			EXPECT_INT(scene, message.type, type);
		}
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_MSGRCV);
	return waiter;
}

enum empty_case { EMPTY_TYPE, EMPTY_INTERRUPTED, EMPTY_RESTART, EMPTY_REMOVED };

static void empty(struct scene *scene)
{
	int queue = scene_sysv(scene, LEDGER_SYSV_MSG, 0);
	pid_t waiter;

	switch ((enum empty_case)scene->number) {
	case EMPTY_TYPE:
		waiter = receiver(scene, queue, 5, 0);
		EXPECT_INT(scene, sysv_help_send(queue, 4, "x", 0), 0);
		EXPECT_BLOCKED(scene, waiter, IN_MSGRCV);
		EXPECT_INT(scene, sysv_help_send(queue, 5, "x", 0), 0);
		EXPECT_EXIT(scene, waiter, 0);
		EXPECT_INT(scene, status_of(scene, queue).msg_qnum, 1);
		break;
	case EMPTY_INTERRUPTED:
	case EMPTY_RESTART:
		scene_catch(
			scene, SIGUSR1, scene->number == EMPTY_RESTART ? SA_RESTART : 0);
		waiter = receiver(scene, queue, 5, EINTR);
		SETUP(scene, kill(waiter, SIGUSR1));
		EXPECT_EXIT(scene, waiter, 0);
		break;
	case EMPTY_REMOVED:
		waiter = receiver(scene, queue, 5, EIDRM);
		EXPECT_INT(scene, sysv_help_remove(LEDGER_SYSV_MSG, queue), 0);
		EXPECT_EXIT(scene, waiter, 0);
		break;
	}
}

static const struct value empty_cases[] = {
	{ "type", EMPTY_TYPE },
	{ "eintr", EMPTY_INTERRUPTED },
	{ "sa_restart", EMPTY_RESTART },
	{ "eidrm", EMPTY_REMOVED },
	{ NULL, 0 },
};

/* Each of two gets the type it waits for, whoever came first. */
static void own_types(struct scene *scene)
{
	int queue = scene_sysv(scene, LEDGER_SYSV_MSG, 0);
	pid_t first = receiver(scene, queue, 1, 0);
	pid_t second = receiver(scene, queue, 2, 0);

	EXPECT_INT(scene, sysv_help_send(queue, 2, "x", 0), 0);
	EXPECT_EXIT(scene, second, 0);
	EXPECT_BLOCKED(scene, first, IN_MSGRCV);
	EXPECT_INT(scene, sysv_help_send(queue, 1, "x", 0), 0);
	EXPECT_EXIT(scene, first, 0);
}

static void zero_length(struct scene *scene)
{
	int queue = scene_sysv(scene, LEDGER_SYSV_MSG, 0), sent = 0;

	EXPECT_INT(scene, set_bytes(scene, queue, 100), 0);
	while (sent <= 100 && sysv_help_send(queue, 1, "", IPC_NOWAIT) == 0)
		sent++;
	EXPECT(scene, sent <= 100, "%d messages in a queue of 100 bytes", sent);
	EXPECT_ERROR(scene, sysv_help_send(queue, 1, "", IPC_NOWAIT), EAGAIN);
	note(scene, "a queue of 100 bytes takes %d of them", sent);
}

/* A child without privilege that owns the queue. */
static void raise_bytes(struct scene *scene)
{
	int queue = scene_sysv(scene, LEDGER_SYSV_MSG, 0);
	int64_t most = namespace_help_ask(scene, "kernel/msgmnb");
	struct ipc_perm perm = { .mode = 0600 };
	pid_t owner = scene_fork(scene);

	if (owner == 0) {
		if (geteuid() == 0)
			scene_become_nobody(scene);
		atomic_store(&scene->common->cells[0], geteuid());
		scene_open(scene, 0);
		scene_wait(scene, 1);
		EXPECT_ERROR(scene, set_bytes(scene, queue, most + 1), EPERM);
		EXPECT_INT(scene, status_of(scene, queue).msg_qbytes, 1);
		EXPECT_INT(scene, set_bytes(scene, queue, most), 0);
		_exit(0);
	}
	scene_wait(scene, 0);
	perm.uid = (uid_t)atomic_load(&scene->common->cells[0]);
	SETUP(scene, sysv_help_set(LEDGER_SYSV_MSG, queue, &perm));
	scene_open(scene, 1);
	EXPECT_EXIT(scene, owner, 0);
	EXPECT_INT(scene, status_of(scene, queue).msg_qbytes, most);
}

#define WAITING (NEED_SYSV_MSG | NEED_PROC)

static const struct check checks[] = {
	{ .id = "msg.sysv.full_blocks_eidrm",
		.run = full,
		.needs = WAITING,
		.values = full_cases },
	{ .id = "msg.sysv.room_by_ipc_set",
		.run = full,
		.needs = WAITING,
		.values = raised },
	{ .id = "msg.sysv.snd_eintr",
		.run = sender_interrupted,
		.needs = WAITING,
		.values = interrupt_flags },
	{ .id = "msg.sysv.rcv_block_eintr_eidrm",
		.run = empty,
		.needs = WAITING,
		.values = empty_cases },
	{ .id = "msg.sysv.own_types", .run = own_types, .needs = WAITING },
	{ .id = "msg.sysv.zero_len_bounded_by_qbytes",
		.run = zero_length,
		.needs = NEED_SYSV_MSG },
	{ .id = "msg.sysv.qbytes_raise_eperm",
		.run = raise_bytes,
		.needs = NEED_SYSV_MSG },
	{ .id = NULL },
};

const struct suite msg_sysv_block_suite = { "msg_sysv_block", checks };
