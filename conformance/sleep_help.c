#include "conformance/sleep_help.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

pid_t sleep_start(struct scene *scene, const struct sleep *sleep, struct bed *bed)
{
	pid_t sleeper;

	if (sleep->prepare)
		sleep->prepare(scene, bed);
	sleeper = scene_fork(scene);
	if (sleeper == 0) {
		int64_t got = sleep->call(bed);

		_exit(got > 0            ? SLEEP_DONE
			: got == 0       ? 8
			: errno == EINTR ? SLEEP_INTERRUPTED
					 : 10);
	}
	EXPECT_BLOCKED(scene, sleeper, IN_ANY_SLEEP);
	return sleeper;
}

static _Atomic int64_t *handled;

static void tell(int number)
{
	(void)number;
	atomic_fetch_add(handled, 1);
}

void sleep_handle(struct scene *scene, int flags)
{
	struct sigaction action = { .sa_handler = tell, .sa_flags = flags };

	handled = &scene->common->cells[0];
	SETUP(scene, sigaction(SIGUSR1, &action, NULL));
}

int64_t sleep_handled(void)
{
	return atomic_load(handled);
}

void sleep_expect_eintr(struct scene *scene, const struct sleep *sleep, int flags)
{
	struct bed bed = { 0 };
	pid_t sleeper;

	sleep_handle(scene, flags);
	sleeper = sleep_start(scene, sleep, &bed);
	SETUP(scene, kill(sleeper, SIGUSR1));
	EXPECT_EXIT(scene, sleeper, SLEEP_INTERRUPTED);
	EXPECT_INT(scene, sleep_handled(), 1);
}
