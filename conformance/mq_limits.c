/* Who may open a POSIX message queue, how many there may be, and of which size; and what
 * an IPC namespace has to do with it. */
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/mq_help.h"
#include "conformance/namespace_help.h"

static void umask_mode(struct scene *scene)
{
	char name[LEDGER_NAME];
	struct mq_attr asked = { .mq_maxmsg = 1, .mq_msgsize = 1 };
	struct stat status;
	mqd_t queue;

	scene_name(scene, LEDGER_MQ, name);
	umask(027);
	queue = EXPECT_OK(scene, mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0666, &asked));
	EXPECT_INT(scene, fstat((int)queue, &status), 0);
	EXPECT_INT(scene, status.st_mode & 0777, 0640);
	EXPECT_INT(scene, status.st_uid, geteuid());
}

static void perm(struct scene *scene)
{
	char name[LEDGER_NAME];
	pid_t stranger;

	mq_help_make(scene, name, 0);
	stranger = scene_fork(scene);
	if (stranger == 0) {
		scene_become_nobody(scene);
		if (scene->number)
			EXPECT_ERROR(scene, mq_unlink(name), EACCES);
		else
			EXPECT_ERROR(scene, mq_open(name, O_RDONLY), EACCES);
		_exit(0);
	}
	EXPECT_EXIT(scene, stranger, 0);
	EXPECT_OK(scene, mq_open(name, O_RDONLY));
}

static const struct value perm_cases[] = {
	{ "open", 0 },
	{ "unlink", 1 },
	{ NULL, 0 },
};

/* Whoever may pass them is asked to be somebody else. */
static void unprivileged(struct scene *scene)
{
	long messages = (long)namespace_help_ask(scene, "fs/mqueue/msg_max");
	long size = (long)namespace_help_ask(scene, "fs/mqueue/msgsize_max");
	char name[LEDGER_NAME];
	pid_t stranger;
	mqd_t queue;

	scene_name(scene, LEDGER_MQ, name);
	stranger = scene_fork(scene);
	if (stranger == 0) {
		if (geteuid() == 0)
			scene_become_nobody(scene);
		EXPECT_ERROR(scene,
			scene->number ? mq_help_create(name, 1, size + 1)
				      : mq_help_create(name, messages + 1, 1),
			EINVAL);
		queue = scene->number ? mq_help_create(name, 1, size)
				      : mq_help_create(name, messages, 1);
		/* RLIMIT_MSGQUEUE may be lower than what the system allows. */
		if (queue < 0 && errno == EMFILE)
			SETUP(scene, queue);
		EXPECT_OK(scene, queue);
		_exit(0);
	}
	EXPECT_EXIT(scene, stranger, 0);
}

static const struct value unprivileged_cases[] = {
	{ "messages", 0 },
	{ "size", 1 },
	{ NULL, 0 },
};

static void rlimit(struct scene *scene)
{
	const struct rlimit none = { 1, 1 };
	char name[LEDGER_NAME];

	scene_name(scene, LEDGER_MQ, name);
	SETUP(scene, setrlimit(RLIMIT_MSGQUEUE, &none));
	EXPECT_ERROR(scene, mq_help_create(name, 1, 1), EMFILE);
}

static void rlimit_sum(struct scene *scene)
{
	const struct rlimit some = { 8192, 8192 };
	char first[LEDGER_NAME], second[LEDGER_NAME];
	pid_t stranger;

	scene_name(scene, LEDGER_MQ, first);
	scene_name(scene, LEDGER_MQ, second);
	stranger = scene_fork(scene);
	if (stranger == 0) {
		mqd_t queue;

		SETUP(scene, setrlimit(RLIMIT_MSGQUEUE, &some));
		scene_become_nobody(scene);
		queue = EXPECT_OK(scene, mq_help_create(first, 1, 5000));
		EXPECT_ERROR(scene, mq_help_create(second, 1, 5000), EMFILE);
		/* What is gone is not counted. */
		EXPECT_INT(scene, mq_unlink(first), 0);
		EXPECT_ERROR(scene, mq_help_create(second, 1, 5000), EMFILE);
		EXPECT_INT(scene, mq_close(queue), 0);
		EXPECT_OK(scene, mq_help_create(second, 1, 5000));
		_exit(0);
	}
	EXPECT_EXIT(scene, stranger, 0);
}

static void isolated(struct scene *scene)
{
	char name[LEDGER_NAME];
	mqd_t queue = mq_help_make(scene, name, O_NONBLOCK);
	pid_t stranger;

	EXPECT_INT(scene, mq_help_send(queue, "outside", 0), 0);
	stranger = scene_fork(scene);
	if (stranger == 0) {
		namespace_help_enter(scene);
		EXPECT_ERROR(scene, mq_open(name, O_RDWR), ENOENT);
		EXPECT_ERROR(scene, mq_unlink(name), ENOENT);
		queue = EXPECT_OK(scene, mq_help_create(name, 1, MQ_SIZE));
		EXPECT_INT(scene, mq_help_send(queue, "inside", 0), 0);
		_exit(0);
	}
	EXPECT_EXIT(scene, stranger, 0);
	mq_help_expect(scene, queue, "outside", 0);
	EXPECT_ERROR(scene, mq_help_receive(queue), EAGAIN);
}

/* A descriptor from outside goes on leading to the same queue. */
static void keeps_open(struct scene *scene)
{
	char name[LEDGER_NAME];
	mqd_t queue = mq_help_make(scene, name, O_NONBLOCK);
	pid_t stranger = scene_fork(scene);

	if (stranger == 0) {
		namespace_help_enter(scene);
		EXPECT_INT(scene, mq_help_send(queue, "x", 0), 0);
		_exit(0);
	}
	EXPECT_EXIT(scene, stranger, 0);
	mq_help_expect(scene, queue, "x", 0);
}

enum limit_case { LIMIT_QUEUES, LIMIT_DEFAULTS };

static void limits(struct scene *scene)
{
	bool is_root = geteuid() == 0;
	struct mq_attr got;
	mqd_t queue;

	namespace_help_enter(scene);
	if (scene->number == LIMIT_DEFAULTS) {
		namespace_help_limit(scene, "fs/mqueue/msg_default", "5");
		namespace_help_limit(scene, "fs/mqueue/msgsize_default", "200");
		queue = EXPECT_OK(
			scene, mq_open("/queue", O_CREAT | O_EXCL | O_RDWR, 0600, NULL));
		EXPECT_INT(scene, mq_getattr(queue, &got), 0);
		EXPECT_INT(scene, got.mq_maxmsg, 5);
		EXPECT_INT(scene, got.mq_msgsize, 200);
		return;
	}
	namespace_help_limit(scene, "fs/mqueue/queues_max", "1");
	/* Root may pass it; who is root in a user namespace may not. */
	if (is_root)
		scene_become_nobody(scene);
	EXPECT_OK(scene, mq_help_create("/first", 1, 1));
	EXPECT_ERROR(scene, mq_help_create("/second", 1, 1), ENOSPC);
	EXPECT_INT(scene, mq_unlink("/first"), 0);
}

static const struct value queues[] = { { "queues_max", LIMIT_QUEUES }, { NULL, 0 } };
static const struct value defaults[] = { { "null", LIMIT_DEFAULTS }, { NULL, 0 } };

#define APART (NEED_POSIX_MQ | NEED_NAMESPACES)

static const struct check checks[] = {
	{ .id = "mq.umask_mode", .run = umask_mode, .needs = NEED_POSIX_MQ },
	{ .id = "mq.perm",
		.run = perm,
		.needs = NEED_POSIX_MQ | NEED_ROOT,
		.values = perm_cases },
	{ .id = "mq.limits.unpriv",
		.run = unprivileged,
		.needs = NEED_POSIX_MQ,
		.values = unprivileged_cases },
	{ .id = "mq.limits.rlimit_emfile", .run = rlimit, .needs = NEED_POSIX_MQ },
	{ .id = "mq.limits.rlimit_sum",
		.run = rlimit_sum,
		.needs = NEED_POSIX_MQ | NEED_ROOT },
	{ .id = "mq.msgq_isolation_ipcns", .run = isolated, .needs = APART },
	{ .id = "mq.open_across_namespaces", .run = keeps_open, .needs = APART },
	{ .id = "mq.limits.enospc", .run = limits, .needs = APART, .values = queues },
	{ .id = "mq.default_attributes",
		.run = limits,
		.needs = APART,
		.values = defaults },
	{ .id = NULL },
};

const struct suite mq_limits_suite = { "mq_limits", checks };
