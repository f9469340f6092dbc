/* Signals that time sends: alarms, interval timers, timers of POSIX. Only lower bounds: a
 * signal is never early. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/signal_help.h"

#define MS_NS 1000000

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

/* Waits for the blocked signal of a timer. */
static siginfo_t arrival(struct scene *scene, int number)
{
	sigset_t set = signal_set(number);
	siginfo_t info;

	memset(&info, 0, sizeof info);
	PROMISED(scene, "the timer's signal arrives");
	SETUP(scene, sigwaitinfo(&set, &info));
	arrived(scene);
	return info;
}

static void alarm_counts(struct scene *scene)
{
	unsigned left;

	EXPECT_INT(scene, alarm(1000), 0);
	left = alarm(500);
	EXPECT(scene, left > 500 && left <= 1000, "%u s are left of 1000", left);
	left = alarm(0);
	EXPECT(scene, left > 0 && left <= 500, "%u s are left of 500", left);
	EXPECT_INT(scene, alarm(0), 0);
}

static void alarm_not_inherited(struct scene *scene)
{
	struct itimerval timer;
	pid_t child;

	SETUP(scene, alarm(1000));
	child = scene_fork(scene);
	if (child == 0) {
		EXPECT_OK(scene, getitimer(ITIMER_REAL, &timer));
		EXPECT_INT(scene, timer.it_value.tv_sec, 0);
		EXPECT_INT(scene, timer.it_value.tv_usec, 0);
		EXPECT_INT(scene, alarm(0), 0);
		_exit(0);
	}
	EXPECT_EXIT(scene, child, 0);
	EXPECT(scene, alarm(0) > 0, "the parent's alarm is gone");
}

/* The time of a process passes only while it works. */
static void work(void)
{
	for (volatile int i = 0; i < 20000; i++)
		;
}

/* The parameter's type is a C library's own. */
static int set_itimer(int which, const struct itimerval *timer)
{
	if (which == ITIMER_REAL)
		return setitimer(ITIMER_REAL, timer, NULL);
	return which == ITIMER_PROF ? setitimer(ITIMER_PROF, timer, NULL)
				    : setitimer(ITIMER_VIRTUAL, timer, NULL);
}

static void itimer_signals(struct scene *scene)
{
	static const int signals[] = { [ITIMER_REAL] = SIGALRM,
		[ITIMER_VIRTUAL] = SIGVTALRM,
		[ITIMER_PROF] = SIGPROF };
	int which = (int)scene->number;
	struct itimerval timer = { .it_value.tv_usec = 4000,
		.it_interval.tv_usec = 2000 };
	int64_t since_ns = now_ns(CLOCK_MONOTONIC);

	signal_record(scene, signals[which], 0);
	EXPECT_OK(scene, set_itimer(which, &timer));
	PROMISED(scene, "the timer's signal arrives, twice");
	while (signal_recorded() < 1)
		work();
	/* A clock of CPU time may count whole ticks, and so run ahead. */
	EXPECT(scene,
		which != ITIMER_REAL || now_ns(CLOCK_MONOTONIC) - since_ns >= 4 * MS_NS,
		"too early");
	while (signal_recorded() < 2)
		work();
	arrived(scene);
	EXPECT_INT(scene, signal_delivery(0).signal, signals[which]);
}

static timer_t timer_with(struct scene *scene, clockid_t clock, int notify, int value)
{
	struct sigevent event = { .sigev_notify = notify,
		.sigev_signo = SIGRTMIN,
		.sigev_value.sival_int = value };
	timer_t timer = NULL;

	signal_block(scene, SIGRTMIN);
	EXPECT_OK(scene, timer_create(clock, &event, &timer));
	return timer;
}

static void timer_siginfo(struct scene *scene)
{
	timer_t timer = timer_with(scene, CLOCK_MONOTONIC, SIGEV_SIGNAL, 4711);
	struct itimerspec once = in_ns(5 * MS_NS, 0);
	int64_t since_ns = now_ns(CLOCK_MONOTONIC);
	siginfo_t info;

	EXPECT_OK(scene, timer_settime(timer, 0, &once, NULL));
	info = arrival(scene, SIGRTMIN);
	EXPECT(scene, now_ns(CLOCK_MONOTONIC) - since_ns >= 5 * MS_NS, "too early");
	EXPECT_INT(scene, info.si_code, SI_TIMER);
	EXPECT_INT(scene, info.si_value.sival_int, 4711);
	EXPECT_OK(scene, timer_gettime(timer, &once));
	EXPECT_INT(scene, once.it_value.tv_nsec, 0);
	EXPECT_OK(scene, timer_delete(timer));
}

/* Expirations while the signal waits are not queued: they are counted. */
static void timer_overrun(struct scene *scene)
{
	timer_t timer = timer_with(scene, CLOCK_MONOTONIC, SIGEV_SIGNAL, 0);
	struct itimerspec often = in_ns(MS_NS, MS_NS);
	struct timespec pause = { .tv_nsec = 6 * MS_NS };

	EXPECT_OK(scene, timer_settime(timer, 0, &often, NULL));
	while (nanosleep(&pause, &pause))
		;
	/* It has expired six times at least: the signal and five overruns. */
	arrival(scene, SIGRTMIN);
	EXPECT(scene, timer_getoverrun(timer) >= 5, "%d overruns in 6 ms, once a ms",
		timer_getoverrun(timer));
}

static void timer_absolute_past(struct scene *scene)
{
	timer_t timer = timer_with(scene, CLOCK_MONOTONIC, SIGEV_SIGNAL, 1);
	struct itimerspec past = in_ns(1, 0);

	EXPECT_OK(scene, timer_settime(timer, TIMER_ABSTIME, &past, NULL));
	EXPECT_INT(scene, arrival(scene, SIGRTMIN).si_value.sival_int, 1);
}

static void timer_disarm(struct scene *scene)
{
	timer_t timer = timer_with(scene, CLOCK_MONOTONIC, (int)scene->number, 0);
	struct itimerspec hour = in_ns(3600LL * 1000 * MS_NS, 7 * MS_NS),
			  never = in_ns(0, 0), old;

	EXPECT_OK(scene, timer_settime(timer, 0, &hour, NULL));
	EXPECT_OK(scene, timer_gettime(timer, &old));
	EXPECT(scene, old.it_value.tv_sec >= 1800 && old.it_value.tv_sec <= 3600,
		"%lld s are left of 3600", (long long)old.it_value.tv_sec);
	EXPECT_INT(scene, old.it_interval.tv_nsec, 7 * MS_NS);
	EXPECT_OK(scene, timer_settime(timer, 0, &never, &old));
	EXPECT(scene, old.it_value.tv_sec >= 1800, "the old setting is not told");
	EXPECT_OK(scene, timer_gettime(timer, &old));
	EXPECT_INT(scene, old.it_value.tv_sec, 0);
	EXPECT_INT(scene, old.it_value.tv_nsec, 0);
}

static void timer_not_inherited(struct scene *scene)
{
	timer_t timer = timer_with(scene, CLOCK_MONOTONIC, SIGEV_SIGNAL, 0);
	struct itimerspec soon = in_ns(2 * MS_NS, 0);
	pid_t child;

	EXPECT_OK(scene, timer_settime(timer, 0, &soon, NULL));
	child = scene_fork(scene);
	if (child == 0) {
		/* When the parent has had the signal, its time has come. */
		scene_wait(scene, 0);
		EXPECT(scene, !signal_is_pending(scene, SIGRTMIN),
			"the child has a timer, too");
		_exit(0);
	}
	arrival(scene, SIGRTMIN);
	scene_open(scene, 0);
	EXPECT_EXIT(scene, child, 0);
}

enum refusal { BAD_NANOSECONDS, NEGATIVE_TIME, BAD_CLOCK, BAD_SIGNAL };

static void timer_refused(struct scene *scene)
{
	timer_t timer = timer_with(scene, CLOCK_MONOTONIC, SIGEV_NONE, 0), other;
	struct itimerspec bad = in_ns(1, 0);
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = -1 };

	switch ((enum refusal)scene->number) {
	case BAD_NANOSECONDS:
		bad.it_value.tv_nsec = 1000000000;
		EXPECT_ERROR(scene, timer_settime(timer, 0, &bad, NULL), EINVAL);
		break;
	case NEGATIVE_TIME:
		bad.it_value.tv_nsec = -1;
		EXPECT_ERROR(scene, timer_settime(timer, 0, &bad, NULL), EINVAL);
		break;
	case BAD_CLOCK:
		EXPECT_ERROR(scene, timer_create(12345, NULL, &other), EINVAL);
		break;
	case BAD_SIGNAL:
		EXPECT_ERROR(
			scene, timer_create(CLOCK_MONOTONIC, &event, &other), EINVAL);
		break;
	}
}

static const struct value kinds[] = { { "real", ITIMER_REAL },
	{ "virtual", ITIMER_VIRTUAL }, { "prof", ITIMER_PROF }, { NULL, 0 } };

static const struct value notices[] = { { "signal", SIGEV_SIGNAL },
	{ "none", SIGEV_NONE }, { NULL, 0 } };

static const struct value refusals[] = { { "nanoseconds", BAD_NANOSECONDS },
	{ "negative", NEGATIVE_TIME }, { "clock", BAD_CLOCK }, { "signal", BAD_SIGNAL },
	{ NULL, 0 } };

static const struct check checks[] = {
	{ .id = "signal.alarm_counts", .run = alarm_counts },
	{ .id = "signal.alarm_not_inherited", .run = alarm_not_inherited },
	{ .id = "signal.itimer_signals", .run = itimer_signals, .values = kinds },
	{ .id = "signal.timer_siginfo", .run = timer_siginfo },
	{ .id = "signal.timer_overrun", .run = timer_overrun },
	{ .id = "signal.timer_absolute_past", .run = timer_absolute_past },
	{ .id = "signal.timer_disarm", .run = timer_disarm, .values = notices },
	{ .id = "signal.timer_not_inherited", .run = timer_not_inherited },
	{ .id = "signal.timer_refused", .run = timer_refused, .values = refusals },
	{ .id = NULL },
};

const struct suite signal_timer_suite = { "signal_timer", checks };
