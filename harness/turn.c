/* turn.c: one side works while the other sleeps. */
#include "harness/side.h"

/* Looks at the turn before sleeping: a few microseconds. */
#define LOOKS 500

void turn_pass(struct side *side, uint32_t to)
{
	atomic_store(&side->control->turn, to);
	futex_wake(&side->control->turn, 2);
}

/* Sleeps rather than yields: on a busy CPU whoever yields waits behind everybody, whoever
 * is woken goes first. */
uint32_t turn_await(struct side *side)
{
	for (unsigned looks = 0;; looks++) {
		uint32_t turn = atomic_load(&side->control->turn);

		if (turn == side->channel.side || turn == TURN_END)
			return turn;
		if (looks >= LOOKS || side->channel.shares_cpu)
			(void)futex_wait(&side->control->turn, turn, 10000000);
	}
}
