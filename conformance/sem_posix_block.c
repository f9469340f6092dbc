/* Waiting for POSIX semaphores, and what ends it. */
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "conformance/check.h"

/* One in memory that this check's processes share. */
static sem_t *make(struct scene *scene, unsigned value)
{
	sem_t *semaphore = scene_memory(scene, sizeof *semaphore);

	EXPECT_INT(scene, sem_init(semaphore, 1, value), 0);
	return semaphore;
}

static int value_of(struct scene *scene, sem_t *semaphore)
{
	int value = -1;

	EXPECT_INT(scene, sem_getvalue(semaphore, &value), 0);
	return value;
}

/* A child that waits, which ends in `error` or with 0; it is asleep. */
static pid_t sleeper(struct scene *scene, sem_t *semaphore, int error)
{
	pid_t waiter = scene_fork(scene);

	if (waiter == 0) {
		if (error)
			EXPECT_ERROR(scene, sem_wait(semaphore), error);
		else
			EXPECT_INT(scene, sem_wait(semaphore), 0);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_FUTEX);
	return waiter;
}

static void pshared(struct scene *scene)
{
	sem_t *semaphore = make(scene, 0);
	pid_t waiter = sleeper(scene, semaphore, 0);

	EXPECT_INT(scene, sem_post(semaphore), 0);
	EXPECT_EXIT(scene, waiter, 0);
	EXPECT_INT(scene, value_of(scene, semaphore), 0);
}

/* The name is opened by each for itself. */
static void named(struct scene *scene)
{
	char name[LEDGER_NAME];
	sem_t *semaphore;
	pid_t waiter;

	scene_name(scene, LEDGER_SEM, name);
	waiter = scene_fork(scene);
	if (waiter == 0) {
		semaphore = sem_open(name, O_CREAT, 0600, 0);
		EXPECT(scene, semaphore != SEM_FAILED, "errno %d", errno);
		scene_open(scene, 0);
		EXPECT_INT(scene, sem_wait(semaphore), 0);
		_exit(0);
	}
	scene_wait(scene, 0);
	EXPECT_BLOCKED(scene, waiter, IN_FUTEX);
	semaphore = sem_open(name, O_CREAT, 0600, 7);
	EXPECT(scene, semaphore != SEM_FAILED, "errno %d", errno);
	EXPECT_INT(scene, sem_post(semaphore), 0);
	EXPECT_EXIT(scene, waiter, 0);
	EXPECT_INT(scene, value_of(scene, semaphore), 0);
}

/* Several mappings of one object, at any addresses. */
static void two_mappings(struct scene *scene)
{
	char name[LEDGER_NAME];
	sem_t *first, *second;
	pid_t waiter;
	int fd;

	scene_name(scene, LEDGER_SHM, name);
	fd = SETUP(scene, shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600));
	SETUP(scene, ftruncate(fd, sizeof *first));
	first = SETUP_POINTER(scene,
		mmap(NULL, sizeof *first, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	second = SETUP_POINTER(scene,
		mmap(NULL, sizeof *first, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	EXPECT_INT(scene, sem_init(first, 1, 0), 0);
	waiter = sleeper(scene, first, 0);
	EXPECT_INT(scene, sem_post(second), 0);
	EXPECT_EXIT(scene, waiter, 0);
}

static void pshared_case(struct scene *scene)
{
	void (*const cases[])(struct scene *) = { pshared, two_mappings, named };

	cases[scene->number](scene);
}

static const struct value pshared_cases[] = {
	{ "forked", 0 },
	{ "two_mappings", 1 },
	{ "named", 2 },
	{ NULL, 0 },
};

#define WAITERS 3

static void wakes_one(struct scene *scene)
{
	sem_t *semaphore = make(scene, 0);
	int left = WAITERS;

	for (int i = 0; i < WAITERS; i++)
		sleeper(scene, semaphore, 0);
	while (left) {
		EXPECT_INT(scene, sem_post(semaphore), 0);
		PROMISED(scene, "one of the waiters ends");
		SETUP(scene, wait(NULL));
		arrived(scene);
		left--;
		EXPECT_INT(scene, waitpid(-1, NULL, WNOHANG), left ? 0 : -1);
		EXPECT_INT(scene, value_of(scene, semaphore), 0);
	}
}

/* Who is killed while waiting has taken nothing. */
static void killed_waiter(struct scene *scene)
{
	sem_t *semaphore = make(scene, 0);
	pid_t first = sleeper(scene, semaphore, 0), second;

	scene_end(scene, first);
	second = sleeper(scene, semaphore, 0);
	EXPECT_INT(scene, sem_post(semaphore), 0);
	EXPECT_EXIT(scene, second, 0);
	EXPECT_INT(scene, sem_post(semaphore), 0);
	EXPECT_INT(scene, sem_trywait(semaphore), 0);
}

static struct timespec after_ns(clockid_t clock, int64_t ns)
{
	struct timespec time;
	int64_t all;

	clock_gettime(clock, &time);
	all = time.tv_nsec + ns;
	time.tv_sec += (time_t)(all / 1000000000);
	time.tv_nsec = (long)(all % 1000000000);
	return time;
}

static bool is_reached(clockid_t clock, const struct timespec *time)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec > time->tv_sec ||
	       (now.tv_sec == time->tv_sec && now.tv_nsec >= time->tv_nsec);
}

enum timed_case { TIMED_OUT, TIMED_PAST, TIMED_INVALID, TIMED_NEGATIVE, TIMED_FREE };

static void timed(struct scene *scene)
{
	sem_t *semaphore = make(scene, scene->number == TIMED_FREE);
	struct timespec until = after_ns(CLOCK_REALTIME, 20000000);

	switch ((enum timed_case)scene->number) {
	case TIMED_OUT:
		EXPECT_ERROR(scene, sem_timedwait(semaphore, &until), ETIMEDOUT);
		EXPECT(scene, is_reached(CLOCK_REALTIME, &until), "before its time");
		break;
	case TIMED_PAST:
		until = (struct timespec) { 1, 0 };
		EXPECT_ERROR(scene, sem_timedwait(semaphore, &until), ETIMEDOUT);
		break;
	case TIMED_INVALID:
		until.tv_nsec = 1000000000;
		EXPECT_ERROR(scene, sem_timedwait(semaphore, &until), EINVAL);
		break;
	case TIMED_NEGATIVE:
		until.tv_nsec = -1;
		EXPECT_ERROR(scene, sem_timedwait(semaphore, &until), EINVAL);
		break;
	case TIMED_FREE:
		until = (struct timespec) { 1, 0 };
		EXPECT_INT(scene, sem_timedwait(semaphore, &until), 0);
		break;
	}
	EXPECT_INT(scene, value_of(scene, semaphore), 0);
}

static const struct value timed_cases[] = {
	{ "out", TIMED_OUT },
	{ "past", TIMED_PAST },
	{ "invalid", TIMED_INVALID },
	{ "negative", TIMED_NEGATIVE },
	{ "free", TIMED_FREE },
	{ NULL, 0 },
};

static void validity(struct scene *scene)
{
	sem_t *semaphore = make(scene, 1);
	struct timespec until = { 1, 1000000000 };
	int got = sem_timedwait(semaphore, &until);

	note(scene, "%s", got ? "refused" : "not looked at");
	EXPECT(scene, got == 0 || errno == EINVAL, "errno %d", errno);
	EXPECT_INT(scene, value_of(scene, semaphore), got ? 1 : 0);
}

static sem_t *posted;

static void post(int signal)
{
	(void)signal;
	sem_post(posted);
}

static void post_in_handler(struct scene *scene)
{
	struct sigaction action = { .sa_handler = post };
	pid_t waiter;

	posted = make(scene, 0);
	waiter = sleeper(scene, posted, 0);
	SETUP(scene, sigaction(SIGUSR1, &action, NULL));
	EXPECT_INT(scene, raise(SIGUSR1), 0);
	EXPECT_EXIT(scene, waiter, 0);
	EXPECT_INT(scene, value_of(scene, posted), 0);
}

static void interrupted(struct scene *scene)
{
	sem_t *semaphore = make(scene, 0);
	bool is_restarted = scene->number & SA_RESTART;
	pid_t waiter;

	scene_catch(scene, SIGUSR1, (int)scene->number);
	waiter = scene_fork(scene);
	if (waiter == 0) {
		if (is_restarted)
			EXPECT_INT(scene, sem_wait(semaphore), 0);
		else
			EXPECT_ERROR(scene, sem_wait(semaphore), EINTR);
		EXPECT_INT(scene, scene_caught(SIGUSR1), 1);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, waiter, IN_FUTEX);
	SETUP(scene, kill(waiter, SIGUSR1));
	if (is_restarted)
		EXPECT_INT(scene, sem_post(semaphore), 0);
	EXPECT_EXIT(scene, waiter, 0);
	EXPECT_INT(scene, value_of(scene, semaphore), 0);
}

static const struct value interrupt_flags[] = {
	{ "plain", 0 },
	{ "sa_restart", SA_RESTART },
	{ NULL, 0 },
};

static const struct check checks[] = {
	{ .id = "sem.posix.pshared",
		.run = pshared_case,
		.needs = NEED_PROC | NEED_POSIX_SHM,
		.values = pshared_cases },
	{ .id = "sem.posix.wakes_one", .run = wakes_one, .needs = NEED_PROC },
	{ .id = "sem.posix.killed_waiter", .run = killed_waiter, .needs = NEED_PROC },
	{ .id = "sem.posix.timed_values", .run = timed, .values = timed_cases },
	{ .id = "sem.posix.timeout_validity_with_room", .run = validity },
	{ .id = "sem.posix.post_async_signal_safe",
		.run = post_in_handler,
		.needs = NEED_PROC },
	{ .id = "sem.posix.eintr",
		.run = interrupted,
		.needs = NEED_PROC,
		.values = interrupt_flags },
	{ .id = NULL },
};

const struct suite sem_posix_block_suite = { "sem_posix_block", checks };
