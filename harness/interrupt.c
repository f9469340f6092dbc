#include "harness/interrupt.h"

#include <stddef.h>

static volatile sig_atomic_t arrived;
static sigset_t sleeping_mask;

static void note(int number)
{
	arrived = number;
}

void interrupt_watch(void)
{
	static const int watched[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = note };
	sigset_t blocked;

	sigemptyset(&action.sa_mask);
	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof watched / sizeof watched[0]; i++) {
		struct sigaction old;

		/* nohup(1) has SIGHUP ignored; so it stays. */
		sigaction(watched[i], NULL, &old);
		if (old.sa_handler == SIG_IGN)
			continue;
		sigaction(watched[i], &action, NULL);
		sigaddset(&blocked, watched[i]);
	}
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &blocked, &sleeping_mask);
}

int interrupt_signal(void)
{
	sigset_t pending;

	if (!arrived && sigpending(&pending) == 0) {
		/* Blocked ones that arrived while the coordinator was awake. */
		static const int watched[] = { SIGINT, SIGTERM, SIGHUP };

		for (size_t i = 0; i < sizeof watched / sizeof watched[0]; i++)
			if (sigismember(&pending, watched[i]) == 1)
				arrived = watched[i];
	}
	return (int)arrived;
}

const sigset_t *interrupt_mask(void)
{
	return &sleeping_mask;
}
