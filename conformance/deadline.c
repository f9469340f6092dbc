/* Calls with a time-out do not return before it. They may return any time later, for a
 * machine may be busy: only the lower bound is promised. */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/signal_help.h"
#include "conformance/sync_help.h"

#define LIMIT_MS 5
/* More for a time-out in ticks: some of them may be due when it begins. */
#define TICKS_MS 20

/* One call that is to take LIMIT_MS; `until` is when it may return, on `clock`. */
struct timing {
	clockid_t clock;
	struct timespec until;
};

static struct timespec relative(void)
{
	return (struct timespec) { .tv_nsec = LIMIT_MS * 1000000 };
}

static void by_poll(struct scene *scene, const struct timing *timing)
{
	(void)timing;
	EXPECT_INT(scene, poll(NULL, 0, LIMIT_MS), 0);
}

static void by_ppoll(struct scene *scene, const struct timing *timing)
{
	struct timespec limit = relative();

	(void)timing;
	EXPECT_INT(scene, ppoll(NULL, 0, &limit, NULL), 0);
}

static void by_select(struct scene *scene, const struct timing *timing)
{
	struct timeval limit = { .tv_usec = LIMIT_MS * 1000 };

	(void)timing;
	EXPECT_INT(scene, select(0, NULL, NULL, NULL, &limit), 0);
}

static void by_pselect(struct scene *scene, const struct timing *timing)
{
	struct timespec limit = relative();

	(void)timing;
	EXPECT_INT(scene, pselect(0, NULL, NULL, NULL, &limit, NULL), 0);
}

static void by_nanosleep(struct scene *scene, const struct timing *timing)
{
	struct timespec limit = relative();

	(void)timing;
	EXPECT_OK(scene, nanosleep(&limit, NULL));
}

static void by_clock_nanosleep(struct scene *scene, const struct timing *timing)
{
	EXPECT_CODE(scene,
		clock_nanosleep(timing->clock, TIMER_ABSTIME, &timing->until, NULL), 0);
}

static void by_sigtimedwait(struct scene *scene, const struct timing *timing)
{
	sigset_t set = signal_set(SIGUSR1);
	struct timespec limit = relative();

	(void)timing;
	signal_block(scene, SIGUSR1);
	EXPECT_ERROR(scene, sigtimedwait(&set, NULL, &limit), EAGAIN);
}

static void by_sem(struct scene *scene, const struct timing *timing)
{
	sem_t semaphore;

	SETUP(scene, sem_init(&semaphore, 0, 0));
	EXPECT_ERROR(scene, sem_timedwait(&semaphore, &timing->until), ETIMEDOUT);
}

static void *lock_for_ever(void *argument)
{
	pthread_mutex_lock(argument);
	return NULL;
}

static void by_mutex(struct scene *scene, const struct timing *timing)
{
	struct shared *shared = sync_shared(
		scene, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE);
	pthread_t thread;

	SETUP_CODE(scene, pthread_create(&thread, NULL, lock_for_ever, &shared->mutex));
	SETUP_CODE(scene, pthread_join(thread, NULL));
	EXPECT_CODE(scene, pthread_mutex_timedlock(&shared->mutex, &timing->until),
		ETIMEDOUT);
}

static void by_cond(struct scene *scene, const struct timing *timing)
{
	struct shared *shared = sync_shared(
		scene, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE);
	int got = 0;

	SETUP_CODE(scene, pthread_mutex_lock(&shared->mutex));
	/* It may return without a reason, too. */
	while (got == 0)
		got = pthread_cond_timedwait(
			&shared->condition, &shared->mutex, &timing->until);
	EXPECT_CODE(scene, got, ETIMEDOUT);
}

static void by_rwlock(struct scene *scene, const struct timing *timing)
{
	static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

	SETUP_CODE(scene, pthread_rwlock_rdlock(&lock));
	EXPECT_CODE(scene, pthread_rwlock_timedwrlock(&lock, &timing->until), ETIMEDOUT);
}

static void by_mq(struct scene *scene, const struct timing *timing)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 8 };
	char name[LEDGER_NAME], message[8];
	mqd_t queue;

	scene_name(scene, LEDGER_MQ, name);
	queue = (mqd_t)SETUP(scene, mq_open(name, O_RDWR | O_CREAT, 0600, &attr));
	EXPECT_ERROR(scene,
		mq_timedreceive(queue, message, sizeof message, NULL, &timing->until),
		ETIMEDOUT);
}

enum kind {
	POLL,
	PPOLL,
	SELECT,
	PSELECT,
	NANOSLEEP,
	CLOCK_NANOSLEEP,
	SIGTIMEDWAIT,
	SEM_TIMEDWAIT,
	MUTEX_TIMEDLOCK,
	COND_TIMEDWAIT,
	RWLOCK_TIMEDWRLOCK,
	MQ_TIMEDRECEIVE,
	RCVTIMEO,
	EPOLL_WAIT,
	SEMTIMEDOP
};

static void by_rcvtimeo(struct scene *scene, const struct timing *timing)
{
	struct timeval limit = { .tv_usec = (LIMIT_MS + TICKS_MS) * 1000 };
	int end[2];
	char byte;

	(void)timing;
	SETUP(scene, socketpair(AF_UNIX, SOCK_STREAM, 0, end));
	SETUP(scene, setsockopt(end[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
	EXPECT_ERROR(scene, recv(end[0], &byte, 1, 0), EAGAIN);
}

static void by_epoll(struct scene *scene, const struct timing *timing)
{
	int epoll = SETUP(scene, epoll_create1(0));
	struct epoll_event event;

	(void)timing;
	EXPECT_INT(scene, epoll_wait(epoll, &event, 1, LIMIT_MS), 0);
}

static void by_semtimedop(struct scene *scene, const struct timing *timing)
{
	int set = scene_sysv(scene, LEDGER_SYSV_SEM, 1);
	struct sembuf take = { .sem_op = -1 };
	struct timespec limit = relative();

	(void)timing;
	EXPECT_ERROR(scene, semtimedop(set, &take, 1, &limit), EAGAIN);
}

static const struct {
	void (*call)(struct scene *scene, const struct timing *timing);
	clockid_t clock;
} kinds[] = {
	[POLL] = { by_poll, CLOCK_MONOTONIC },
	[PPOLL] = { by_ppoll, CLOCK_MONOTONIC },
	[SELECT] = { by_select, CLOCK_MONOTONIC },
	[PSELECT] = { by_pselect, CLOCK_MONOTONIC },
	[NANOSLEEP] = { by_nanosleep, CLOCK_MONOTONIC },
	[CLOCK_NANOSLEEP] = { by_clock_nanosleep, CLOCK_MONOTONIC },
	[SIGTIMEDWAIT] = { by_sigtimedwait, CLOCK_MONOTONIC },
	[SEM_TIMEDWAIT] = { by_sem, CLOCK_REALTIME },
	[MUTEX_TIMEDLOCK] = { by_mutex, CLOCK_REALTIME },
	[COND_TIMEDWAIT] = { by_cond, CLOCK_MONOTONIC },
	[RWLOCK_TIMEDWRLOCK] = { by_rwlock, CLOCK_REALTIME },
	[MQ_TIMEDRECEIVE] = { by_mq, CLOCK_REALTIME },
	[RCVTIMEO] = { by_rcvtimeo, CLOCK_MONOTONIC },
	[EPOLL_WAIT] = { by_epoll, CLOCK_MONOTONIC },
	[SEMTIMEDOP] = { by_semtimedop, CLOCK_MONOTONIC },
};

static void lower_bound(struct scene *scene)
{
	struct timing timing = { .clock = kinds[scene->number].clock };

	timing.until = sync_after_ms(timing.clock, LIMIT_MS);
	PROMISED(scene, "the call returns when its time is up");
	kinds[scene->number].call(scene, &timing);
	arrived(scene);
	EXPECT(scene, sync_is_past(timing.clock, &timing.until),
		"it returned before its time");
}

static const struct value posix[] = { { "poll", POLL }, { "select", SELECT },
	{ "pselect", PSELECT }, { "nanosleep", NANOSLEEP },
	{ "clock_nanosleep", CLOCK_NANOSLEEP }, { "sigtimedwait", SIGTIMEDWAIT },
	{ "sem_timedwait", SEM_TIMEDWAIT },
	{ "pthread_mutex_timedlock", MUTEX_TIMEDLOCK },
	{ "pthread_cond_timedwait", COND_TIMEDWAIT },
	{ "pthread_rwlock_timedwrlock", RWLOCK_TIMEDWRLOCK },
	{ "mq_timedreceive", MQ_TIMEDRECEIVE }, { "so_rcvtimeo", RCVTIMEO },
	{ NULL, 0 } };

static const struct value others[] = { { "ppoll", PPOLL }, { "epoll_wait", EPOLL_WAIT },
	{ "semtimedop", SEMTIMEDOP }, { NULL, 0 } };

static const struct check checks[] = {
	{ .id = "time.deadline_lower_bound", .run = lower_bound, .values = posix },
	{ .id = "time.deadline_lower_bound_linux", .run = lower_bound, .values = others },
	{ .id = NULL },
};

const struct suite deadline_suite = { "deadline", checks };
