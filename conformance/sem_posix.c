/* POSIX semaphores without waiting: names, values, life. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/exec_help.h"

static sem_t *make(struct scene *scene, char name[LEDGER_NAME], unsigned value)
{
	scene_name(scene, LEDGER_SEM, name);
	return SETUP_POINTER(scene, sem_open(name, O_CREAT | O_EXCL, 0600, value));
}

static int value_of(struct scene *scene, sem_t *semaphore)
{
	int value = -1;

	EXPECT_INT(scene, sem_getvalue(semaphore, &value), 0);
	return value;
}

static void expect_no_open(struct scene *scene, const char *name, int flags, int error)
{
	sem_t *got = sem_open(name, flags, 0600, 0);

	EXPECT(scene, got == SEM_FAILED, "it was opened");
	EXPECT_ERROR(scene, -1, error);
}

enum named_case { NAMED_SAME, NAMED_EXCL, NAMED_GONE, NAMED_HANDLE, NAMED_ZERO };

static void named(struct scene *scene)
{
	char name[LEDGER_NAME];
	sem_t *semaphore = make(scene, name, 1), *other;

	switch ((enum named_case)scene->number) {
	case NAMED_SAME:
		other = sem_open(name, 0);
		EXPECT(scene, other == semaphore, "another address");
		break;
	case NAMED_EXCL:
		expect_no_open(scene, name, O_CREAT | O_EXCL, EEXIST);
		break;
	case NAMED_GONE:
		EXPECT_INT(scene, sem_unlink(name), 0);
		expect_no_open(scene, name, 0, ENOENT);
		EXPECT_ERROR(scene, sem_unlink(name), ENOENT);
		break;
	case NAMED_HANDLE:
		EXPECT_INT(scene, sem_unlink(name), 0);
		EXPECT_INT(scene, sem_post(semaphore), 0);
		EXPECT_INT(scene, value_of(scene, semaphore), 2);
		break;
	case NAMED_ZERO:
		EXPECT_INT(scene, sem_trywait(semaphore), 0);
		EXPECT_ERROR(scene, sem_trywait(semaphore), EAGAIN);
		EXPECT_INT(scene, value_of(scene, semaphore), 0);
		break;
	}
}

static const struct value named_cases[] = {
	{ "same", NAMED_SAME },
	{ "excl", NAMED_EXCL },
	{ "gone", NAMED_GONE },
	{ "handle", NAMED_HANDLE },
	{ "zero", NAMED_ZERO },
	{ NULL, 0 },
};

/* The one that exists keeps its value, and O_CREAT alone finds it. */
static void creat_existing(struct scene *scene)
{
	char name[LEDGER_NAME];
	sem_t *semaphore = make(scene, name, 3), *other;

	other = sem_open(name, O_CREAT, 0600, 9);
	EXPECT(scene, other != SEM_FAILED, "errno %d", errno);
	EXPECT_INT(scene, value_of(scene, other), 3);
	EXPECT_INT(scene, sem_trywait(other), 0);
	EXPECT_INT(scene, value_of(scene, semaphore), 2);
}

static void unlink_deferred(struct scene *scene)
{
	char name[LEDGER_NAME];
	sem_t *old = make(scene, name, 1), *new;

	EXPECT_INT(scene, sem_unlink(name), 0);
	new = sem_open(name, O_CREAT | O_EXCL, 0600, 5);
	EXPECT(scene, new != SEM_FAILED, "errno %d", errno);
	EXPECT(scene, new != old, "the same semaphore");
	EXPECT_INT(scene, sem_post(old), 0);
	EXPECT_INT(scene, value_of(scene, new), 5);
	EXPECT_INT(scene, sem_close(new), 0);
	EXPECT_INT(scene, value_of(scene, old), 2);
}

static void persist(struct scene *scene)
{
	char name[LEDGER_NAME];
	sem_t *semaphore;
	pid_t maker;

	scene_name(scene, LEDGER_SEM, name);
	maker = scene_fork(scene);
	if (maker == 0) {
		semaphore = SETUP_POINTER(
			scene, sem_open(name, O_CREAT | O_EXCL, 0600, 2));
		SETUP(scene, sem_post(semaphore));
		if (scene->number)
			kill(getpid(), SIGKILL);
		_exit(0);
	}
	if (scene->number)
		EXPECT_KILLED(scene, maker, SIGKILL);
	else
		EXPECT_EXIT(scene, maker, 0);
	semaphore = sem_open(name, 0);
	EXPECT(scene, semaphore != SEM_FAILED, "errno %d", errno);
	EXPECT_INT(scene, value_of(scene, semaphore), 3);
}

static void take(struct scene *scene, void *argument)
{
	EXPECT_INT(scene, sem_trywait(argument), 0);
}

enum end_case { END_EXIT, END_KILL, END_EXEC, END_CLOSE };

/* A token that was taken is gone, however its holder ends. */
static void taken_and_ended(struct scene *scene)
{
	char name[LEDGER_NAME];
	sem_t *semaphore = make(scene, name, 1);
	struct executed executed;
	pid_t holder;

	if (scene->number == END_EXEC) {
		executed = exec_help_start(scene, take, semaphore);
		EXPECT_INT(scene, value_of(scene, semaphore), 0);
		exec_help_end(scene, &executed);
		EXPECT_INT(scene, value_of(scene, semaphore), 0);
		return;
	}
	holder = scene_fork(scene);
	if (holder == 0) {
		take(scene, semaphore);
		if (scene->number == END_KILL)
			kill(getpid(), SIGKILL);
		if (scene->number == END_CLOSE)
			EXPECT_INT(scene, sem_close(semaphore), 0);
		_exit(0);
	}
	if (scene->number == END_KILL)
		EXPECT_KILLED(scene, holder, SIGKILL);
	else
		EXPECT_EXIT(scene, holder, 0);
	EXPECT_INT(scene, value_of(scene, semaphore), 0);
	EXPECT_ERROR(scene, sem_trywait(semaphore), EAGAIN);
}

static const struct value killed[] = { { "kill", END_KILL }, { NULL, 0 } };

static const struct value closing_ends[] = {
	{ "exit", END_EXIT },
	{ "exec", END_EXEC },
	{ "close", END_CLOSE },
	{ NULL, 0 },
};

static const struct value ends[] = {
	{ "exit", 0 },
	{ "kill", 1 },
	{ NULL, 0 },
};

enum value_case { VALUE_MOST, VALUE_ABOVE, VALUE_NAMED_ABOVE };

static void most(struct scene *scene)
{
	char name[LEDGER_NAME];
	sem_t semaphore;

	switch ((enum value_case)scene->number) {
	case VALUE_MOST:
		EXPECT_INT(scene, sem_init(&semaphore, 0, SEM_VALUE_MAX), 0);
		EXPECT_INT(scene, value_of(scene, &semaphore), SEM_VALUE_MAX);
		EXPECT_ERROR(scene, sem_post(&semaphore), EOVERFLOW);
		EXPECT_INT(scene, value_of(scene, &semaphore), SEM_VALUE_MAX);
		break;
	case VALUE_ABOVE:
		EXPECT_ERROR(scene, sem_init(&semaphore, 0, SEM_VALUE_MAX + 1u), EINVAL);
		break;
	case VALUE_NAMED_ABOVE:
		scene_name(scene, LEDGER_SEM, name);
		EXPECT(scene,
			sem_open(name, O_CREAT | O_EXCL, 0600, SEM_VALUE_MAX + 1u) ==
				SEM_FAILED,
			"it was made");
		EXPECT_ERROR(scene, -1, EINVAL);
		break;
	}
}

static const struct value most_cases[] = {
	{ "post", VALUE_MOST },
	{ "init", VALUE_ABOVE },
	{ "open", VALUE_NAMED_ABOVE },
	{ NULL, 0 },
};

static void perm(struct scene *scene)
{
	char name[LEDGER_NAME];
	pid_t stranger;

	sem_close(make(scene, name, 1));
	stranger = scene_fork(scene);
	if (stranger == 0) {
		scene_become_nobody(scene);
		if (scene->number)
			EXPECT_ERROR(scene, sem_unlink(name), EACCES);
		else
			expect_no_open(scene, name, 0, EACCES);
		_exit(0);
	}
	EXPECT_EXIT(scene, stranger, 0);
	EXPECT(scene, sem_open(name, 0) != SEM_FAILED, "errno %d", errno);
}

static const struct value perm_cases[] = {
	{ "open", 0 },
	{ "unlink", 1 },
	{ NULL, 0 },
};

static const struct check checks[] = {
	{ .id = "sem.posix.named_same_addr",
		.run = named,
		.needs = NEED_POSIX_SHM,
		.values = named_cases },
	{ .id = "sem.posix.creat_existing",
		.run = creat_existing,
		.needs = NEED_POSIX_SHM },
	{ .id = "sem.posix.unlink_deferred",
		.run = unlink_deferred,
		.needs = NEED_POSIX_SHM },
	{ .id = "sem.posix.persist",
		.run = persist,
		.needs = NEED_POSIX_SHM,
		.values = ends },
	{ .id = "sem.posix.no_undo",
		.run = taken_and_ended,
		.needs = NEED_POSIX_SHM,
		.values = killed },
	{ .id = "sem.posix.exec_exit_close",
		.run = taken_and_ended,
		.needs = NEED_POSIX_SHM,
		.values = closing_ends },
	{ .id = "sem.posix.value_max", .run = most, .values = most_cases },
	{ .id = "sem.posix.perm",
		.run = perm,
		.needs = NEED_ROOT | NEED_POSIX_SHM,
		.values = perm_cases },
	{ .id = NULL },
};

const struct suite sem_posix_suite = { "sem_posix", checks };
