/* Opening POSIX message queues: names, modes, life. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/exec_help.h"
#include "conformance/mq_help.h"

enum life_case { LIFE_GONE, LIFE_OPEN, LIFE_NEW };

static void unlinked(struct scene *scene)
{
	char name[LEDGER_NAME];
	mqd_t queue = mq_help_make(scene, name, O_NONBLOCK), new;

	EXPECT_INT(scene, mq_help_send(queue, "old", 1), 0);
	EXPECT_INT(scene, mq_unlink(name), 0);
	switch ((enum life_case)scene->number) {
	case LIFE_GONE:
		EXPECT_ERROR(scene, mq_open(name, O_RDWR), ENOENT);
		EXPECT_ERROR(scene, mq_unlink(name), ENOENT);
		break;
	case LIFE_OPEN:
		EXPECT_INT(scene, mq_help_send(queue, "new", 0), 0);
		mq_help_expect(scene, queue, "old", 1);
		mq_help_expect(scene, queue, "new", 0);
		break;
	case LIFE_NEW:
		new = EXPECT_OK(scene, mq_help_create(name, 1, MQ_SIZE));
		EXPECT_INT(scene, mq_help_count(scene, new), 0);
		EXPECT_INT(scene, mq_help_send(new, "new", 0), 0);
		mq_help_expect(scene, queue, "old", 1);
		EXPECT_ERROR(scene, mq_help_receive(queue), EAGAIN);
		break;
	}
}

static const struct value life_cases[] = {
	{ "gone", LIFE_GONE },
	{ "open", LIFE_OPEN },
	{ "new", LIFE_NEW },
	{ NULL, 0 },
};

enum persist_case { PERSIST_EXIT, PERSIST_KILL, PERSIST_RDONLY, PERSIST_WRONLY };

static void persist(struct scene *scene, bool is_killed)
{
	char name[LEDGER_NAME];
	pid_t maker;
	mqd_t queue;

	scene_name(scene, LEDGER_MQ, name);
	maker = scene_fork(scene);
	if (maker == 0) {
		queue = SETUP(scene, mq_help_create(name, 1, MQ_SIZE));
		EXPECT_INT(scene, mq_help_send(queue, "stays", 4), 0);
		if (is_killed)
			kill(getpid(), SIGKILL);
		_exit(0);
	}
	if (is_killed)
		EXPECT_KILLED(scene, maker, SIGKILL);
	else
		EXPECT_EXIT(scene, maker, 0);
	queue = EXPECT_OK(scene, mq_open(name, O_RDONLY | O_NONBLOCK));
	mq_help_expect(scene, queue, "stays", 4);
}

static void persist_modes(struct scene *scene)
{
	bool is_killed = scene->number == PERSIST_KILL;
	char name[LEDGER_NAME];
	mqd_t queue, other;

	if (scene->number == PERSIST_EXIT || is_killed) {
		persist(scene, is_killed);
		return;
	}
	queue = mq_help_make(scene, name, O_NONBLOCK);
	EXPECT_INT(scene, mq_help_send(queue, "x", 0), 0);
	if (scene->number == PERSIST_RDONLY) {
		other = SETUP(scene, mq_open(name, O_RDONLY | O_NONBLOCK));
		EXPECT_ERROR(scene, mq_help_send(other, "y", 0), EBADF);
	} else {
		other = SETUP(scene, mq_open(name, O_WRONLY | O_NONBLOCK));
		EXPECT_ERROR(scene, mq_help_receive(other), EBADF);
	}
	EXPECT_INT(scene, mq_help_count(scene, queue), 1);
}

static const struct value persist_cases[] = {
	{ "exit", PERSIST_EXIT },
	{ "kill", PERSIST_KILL },
	{ "rdonly_send", PERSIST_RDONLY },
	{ "wronly_receive", PERSIST_WRONLY },
	{ NULL, 0 },
};

enum creat_case { CREAT_EXCL, CREAT_SAME, CREAT_MISSING };

static void creat_excl(struct scene *scene)
{
	char name[LEDGER_NAME];
	mqd_t queue = mq_help_make(scene, name, O_NONBLOCK), other;
	struct mq_attr asked = { .mq_maxmsg = 1, .mq_msgsize = 1 }, got;

	switch ((enum creat_case)scene->number) {
	case CREAT_EXCL:
		EXPECT_ERROR(scene, mq_help_create(name, 1, 1), EEXIST);
		break;
	case CREAT_SAME:
		EXPECT_INT(scene, mq_help_send(queue, "x", 0), 0);
		other = EXPECT_OK(scene, mq_open(name, O_CREAT | O_RDWR, 0600, &asked));
		EXPECT_INT(scene, mq_getattr(other, &got), 0);
		EXPECT_INT(scene, got.mq_maxmsg, MQ_MESSAGES);
		EXPECT_INT(scene, got.mq_msgsize, MQ_SIZE);
		EXPECT_INT(scene, got.mq_curmsgs, 1);
		break;
	case CREAT_MISSING:
		scene_name(scene, LEDGER_MQ, name);
		EXPECT_ERROR(scene, mq_open(name, O_RDWR), ENOENT);
		break;
	}
}

static const struct value creat_cases[] = {
	{ "excl", CREAT_EXCL },
	{ "same", CREAT_SAME },
	{ "missing", CREAT_MISSING },
	{ NULL, 0 },
};

enum name_case { NAME_NO_SLASH, NAME_INNER_SLASH, NAME_EMPTY, NAME_LONG };

static void names(struct scene *scene)
{
	char name[LEDGER_NAME], longer[300];

	switch ((enum name_case)scene->number) {
	case NAME_NO_SLASH:
		mq_help_make(scene, name, 0);
		EXPECT_ERROR(scene, mq_open(name + 1, O_RDWR), EINVAL);
		break;
	case NAME_INNER_SLASH:
		scene_name(scene, LEDGER_MQ, name);
		strcat(name, "/b");
		EXPECT_ERROR(scene, mq_help_create(name, 1, 1), EACCES);
		break;
	case NAME_EMPTY:
		EXPECT_ERROR(scene, mq_help_create("/", 1, 1), ENOENT);
		break;
	case NAME_LONG:
		memset(longer, 'x', sizeof longer);
		longer[0] = '/';
		longer[sizeof longer - 1] = '\0';
		EXPECT_ERROR(scene, mq_help_create(longer, 1, 1), ENAMETOOLONG);
		break;
	}
}

static const struct value name_cases[] = {
	{ "no_slash", NAME_NO_SLASH },
	{ "slash_inside", NAME_INNER_SLASH },
	{ "empty", NAME_EMPTY },
	{ "long", NAME_LONG },
	{ NULL, 0 },
};

static void sizes(struct scene *scene)
{
	static const long asked[][2] = { { 0, 1 }, { 1, 0 }, { -1, 1 }, { 1, -1 } };
	char name[LEDGER_NAME];

	scene_name(scene, LEDGER_MQ, name);
	EXPECT_ERROR(scene,
		mq_help_create(name, asked[scene->number][0], asked[scene->number][1]),
		EINVAL);
}

static const struct value size_cases[] = {
	{ "no_messages", 0 },
	{ "no_size", 1 },
	{ "negative_messages", 2 },
	{ "negative_size", 3 },
	{ NULL, 0 },
};

static const struct sigevent in_silence = { .sigev_notify = SIGEV_NONE };

static void register_silently(struct scene *scene, void *argument)
{
	EXPECT_INT(scene, mq_notify(*(mqd_t *)argument, &in_silence), 0);
}

/* Closing ends the registration of a process, as exiting would. */
static void exec_closes(struct scene *scene)
{
	char name[LEDGER_NAME];
	mqd_t queue = mq_help_make(scene, name, 0);
	struct executed executed = exec_help_start(scene, register_silently, &queue);
	int got;

	PROMISED(scene, "exec closes the queue");
	while ((got = mq_notify(queue, &in_silence)) < 0 && errno == EBUSY)
		sched_yield();
	arrived(scene);
	EXPECT_INT(scene, got, 0);
	exec_help_end(scene, &executed);
}

static const struct check checks[] = {
	{ .id = "mq.unlink.deferred_new_object",
		.run = unlinked,
		.needs = NEED_POSIX_MQ,
		.values = life_cases },
	{ .id = "mq.persist_modes",
		.run = persist_modes,
		.needs = NEED_POSIX_MQ,
		.values = persist_cases },
	{ .id = "mq.creat_excl",
		.run = creat_excl,
		.needs = NEED_POSIX_MQ,
		.values = creat_cases },
	{ .id = "mq.names", .run = names, .needs = NEED_POSIX_MQ, .values = name_cases },
	{ .id = "mq.sizes_positive",
		.run = sizes,
		.needs = NEED_POSIX_MQ,
		.values = size_cases },
	{ .id = "mq.exec_closes", .run = exec_closes, .needs = NEED_POSIX_MQ },
	{ .id = NULL },
};

const struct suite mq_open_suite = { "mq_open", checks };
