/* Timers whose expirations are read from a descriptor. Only lower bounds of time. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "conformance/check.h"

#define MS_NS  1000000
#define HOUR_S 3600

static int64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct itimerspec in_ns(int64_t first_ns, int64_t interval_ns)
{
	return (struct itimerspec) {
		.it_value = { (time_t)(first_ns / 1000000000),
			(long)(first_ns % 1000000000) },
		.it_interval = { (time_t)(interval_ns / 1000000000),
			(long)(interval_ns % 1000000000) },
	};
}

static int armed(struct scene *scene, int flags, struct itimerspec when)
{
	int fd = EXPECT_OK(scene, timerfd_create(CLOCK_MONOTONIC, flags));

	EXPECT_OK(scene, timerfd_settime(fd, 0, &when, NULL));
	return fd;
}

/* How often it has expired; waits until it has. */
static uint64_t expirations(struct scene *scene, int fd)
{
	uint64_t count = 0;

	PROMISED(scene, "the timer expires");
	EXPECT_INT(scene, read(fd, &count, sizeof count), sizeof count);
	arrived(scene);
	return count;
}

static void sleep_ms(int64_t ms)
{
	struct timespec left = { .tv_nsec = (long)(ms * MS_NS) };

	while (nanosleep(&left, &left))
		;
}

static void expirations_counted(struct scene *scene)
{
	clockid_t clock = (clockid_t)scene->number;
	int fd = EXPECT_OK(scene, timerfd_create(clock, 0));
	struct itimerspec once = in_ns(5 * MS_NS, 0);
	/* The time of day may be set; how fast it goes is the same. */
	clockid_t measure = clock == CLOCK_REALTIME ? CLOCK_MONOTONIC : clock;
	int64_t since_ns = now_ns(measure);

	EXPECT_OK(scene, timerfd_settime(fd, 0, &once, NULL));
	EXPECT_INT(scene, expirations(scene, fd), 1);
	EXPECT(scene, now_ns(measure) - since_ns >= 5 * MS_NS, "%lld ns too early",
		(long long)(5 * MS_NS - (now_ns(measure) - since_ns)));
}

static void interval(struct scene *scene)
{
	int64_t since_ns = now_ns(CLOCK_MONOTONIC), passed_ns;
	int fd = armed(scene, 0, in_ns(2 * MS_NS, MS_NS));
	uint64_t count;

	sleep_ms(6);
	/* Expired after 2, 3, 4, 5 and 6 ms at least; not more often than there was time.
	 */
	count = expirations(scene, fd);
	EXPECT(scene, count >= 5, "only %llu in 6 ms", (unsigned long long)count);
	count += expirations(scene, fd);
	passed_ns = now_ns(CLOCK_MONOTONIC) - since_ns;
	EXPECT(scene, (int64_t)count <= passed_ns / MS_NS - 1, "%llu in %lld ns",
		(unsigned long long)count, (long long)passed_ns);
}

static void absolute(struct scene *scene)
{
	int fd = EXPECT_OK(scene, timerfd_create(CLOCK_MONOTONIC, 0));
	int64_t now = now_ns(CLOCK_MONOTONIC);
	struct itimerspec when = in_ns(now + scene->number * MS_NS, 0);

	EXPECT_OK(scene, timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL));
	EXPECT_INT(scene, expirations(scene, fd), 1);
	EXPECT(scene, now_ns(CLOCK_MONOTONIC) - now >= scene->number * MS_NS,
		"too early");
}

static void read_refused(struct scene *scene)
{
	int fd = armed(scene, TFD_NONBLOCK, in_ns((int64_t)HOUR_S * 1000 * MS_NS, 0));
	int expired = armed(scene, TFD_NONBLOCK, in_ns(1, 0));
	struct pollfd polled = { .fd = expired, .events = POLLIN };
	uint64_t count = 77;

	EXPECT_ERROR(scene, read(fd, &count, sizeof count), EAGAIN);
	PROMISED(scene, "the timer expires");
	EXPECT_INT(scene, poll(&polled, 1, -1), 1);
	arrived(scene);
	EXPECT_ERROR(scene, read(expired, &count, sizeof count - 1), EINVAL);
	EXPECT_INT(scene, expirations(scene, expired), 1);
	EXPECT_ERROR(scene, read(expired, &count, sizeof count), EAGAIN);
	EXPECT_ERROR(scene, write(fd, &count, sizeof count), EINVAL);
}

static void gettime(struct scene *scene)
{
	int fd = armed(
		scene, TFD_NONBLOCK, in_ns((int64_t)HOUR_S * 1000 * MS_NS, 7 * MS_NS));
	struct itimerspec now, never = in_ns(0, 0);

	EXPECT_OK(scene, timerfd_gettime(fd, &now));
	EXPECT(scene, now.it_value.tv_sec > 0 && now.it_value.tv_sec <= HOUR_S,
		"%lld s left of an hour", (long long)now.it_value.tv_sec);
	EXPECT_INT(scene, now.it_interval.tv_nsec, 7 * MS_NS);
	EXPECT_OK(scene, timerfd_settime(fd, 0, &never, &now));
	EXPECT_INT(scene, now.it_interval.tv_nsec, 7 * MS_NS);
	EXPECT_OK(scene, timerfd_gettime(fd, &now));
	EXPECT_INT(scene, now.it_value.tv_sec, 0);
	EXPECT_INT(scene, now.it_value.tv_nsec, 0);
}

/* A new setting forgets what had expired under the old one. */
static void settime_clears(struct scene *scene)
{
	int fd = armed(scene, TFD_NONBLOCK, in_ns(MS_NS, 0));
	struct pollfd polled = { .fd = fd, .events = POLLIN };
	struct itimerspec hour = in_ns((int64_t)HOUR_S * 1000 * MS_NS, 0);
	uint64_t count;

	PROMISED(scene, "the timer expires");
	EXPECT_INT(scene, poll(&polled, 1, -1), 1);
	arrived(scene);
	EXPECT_INT(scene, polled.revents, POLLIN);
	EXPECT_OK(scene, timerfd_settime(fd, 0, &hour, NULL));
	EXPECT_INT(scene, poll(&polled, 1, 0), 0);
	EXPECT_ERROR(scene, read(fd, &count, sizeof count), EAGAIN);
}

enum refusal { BAD_CLOCK, BAD_FLAGS, BAD_NANOSECONDS, BAD_SET_FLAGS, NOT_A_TIMER };

static void refused(struct scene *scene)
{
	int fd = SETUP(scene, timerfd_create(CLOCK_MONOTONIC, 0)), end[2];
	struct itimerspec when = in_ns(1, 0);

	scene_pipe(scene, end);
	switch ((enum refusal)scene->number) {
	case BAD_CLOCK:
		EXPECT_ERROR(scene, timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0), EINVAL);
		break;
	case BAD_FLAGS:
		EXPECT_ERROR(scene, timerfd_create(CLOCK_MONOTONIC, 0x40000000), EINVAL);
		break;
	case BAD_NANOSECONDS:
		when.it_value.tv_nsec = 1000000000;
		EXPECT_ERROR(scene, timerfd_settime(fd, 0, &when, NULL), EINVAL);
		break;
	case BAD_SET_FLAGS:
		EXPECT_ERROR(scene, timerfd_settime(fd, 0x40000000, &when, NULL), EINVAL);
		break;
	case NOT_A_TIMER:
		EXPECT_ERROR(scene, timerfd_settime(end[0], 0, &when, NULL), EINVAL);
		EXPECT_ERROR(scene, timerfd_settime(-1, 0, &when, NULL), EBADF);
		break;
	}
}

static void flags(struct scene *scene)
{
	int plain = EXPECT_OK(scene, timerfd_create(CLOCK_MONOTONIC, 0));
	int both = EXPECT_OK(
		scene, timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));

	EXPECT_INT(scene, fcntl(plain, F_GETFL) & O_NONBLOCK, 0);
	EXPECT_INT(scene, fcntl(plain, F_GETFD), 0);
	EXPECT_INT(scene, fcntl(both, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	EXPECT_INT(scene, fcntl(both, F_GETFD), FD_CLOEXEC);
}

/* One timer for all who hold the descriptor: what one reads, no other does. */
static void shared_by_fork(struct scene *scene)
{
	int fd = armed(scene, TFD_NONBLOCK, in_ns((int64_t)HOUR_S * 1000 * MS_NS, 0));
	uint64_t count;
	pid_t child = scene_fork(scene);

	if (child == 0) {
		struct itimerspec soon = in_ns(MS_NS, 0);
		struct pollfd polled = { .fd = fd, .events = POLLIN };

		SETUP(scene, timerfd_settime(fd, 0, &soon, NULL));
		PROMISED(scene, "the timer expires");
		EXPECT_INT(scene, poll(&polled, 1, -1), 1);
		arrived(scene);
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
	EXPECT_INT(scene, expirations(scene, fd), 1);
	EXPECT_ERROR(scene, read(fd, &count, sizeof count), EAGAIN);
}

static void blocks(struct scene *scene)
{
	struct itimerspec hour = in_ns((int64_t)HOUR_S * 1000 * MS_NS, 0),
			  soon = in_ns(1, 0);
	int fd = armed(scene, 0, hour);
	pid_t reader = scene_fork(scene);

	if (reader == 0) {
		EXPECT_INT(scene, expirations(scene, fd), 1);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, reader, SYS_read);
	SETUP(scene, timerfd_settime(fd, 0, &soon, NULL));
	EXPECT_EXIT(scene, reader, 0);
}

static const struct value clocks[] = { { "monotonic", CLOCK_MONOTONIC },
	{ "realtime", CLOCK_REALTIME }, { "boottime", CLOCK_BOOTTIME }, { NULL, 0 } };

static const struct value moments[] = { { "past", -10 }, { "future", 4 }, { NULL, 0 } };

static const struct value refusals[] = { { "clock", BAD_CLOCK }, { "flags", BAD_FLAGS },
	{ "nanoseconds", BAD_NANOSECONDS }, { "set_flags", BAD_SET_FLAGS },
	{ "no_timer", NOT_A_TIMER }, { NULL, 0 } };

static const struct check checks[] = {
	{ .id = "timerfd.expirations", .run = expirations_counted, .values = clocks },
	{ .id = "timerfd.interval", .run = interval },
	{ .id = "timerfd.absolute", .run = absolute, .values = moments },
	{ .id = "timerfd.read_refused", .run = read_refused },
	{ .id = "timerfd.gettime", .run = gettime },
	{ .id = "timerfd.settime_clears", .run = settime_clears },
	{ .id = "timerfd.refused", .run = refused, .values = refusals },
	{ .id = "timerfd.flags", .run = flags },
	{ .id = "timerfd.fork", .run = shared_by_fork },
	{ .id = "timerfd.blocks", .run = blocks, .needs = NEED_PROC },
	{ .id = NULL },
};

const struct suite timerfd_suite = { "timerfd", checks };
