/* duet_extend.h: further launches of the cases that those planned leave open, until their
 * interval lies within the margin or the time for it is over.
 *
 * They are for precision only. Whether a case is slower or faster is tested once, on the
 * planned launches, so that how often that is wrong does not depend on what follows; a
 * case that is open (neither changed nor unchanged) can become `no change` by further
 * launches and nothing else. Where a case is slower there are none: the whole is decided.
 *
 * Who looks at an interval again and again until it lies within the margin is wrong more
 * often than one look is. So the looks are few: after the planned launches and after each
 * of EXTEND_ROUNDS rounds, of which each makes half as many more (16, 24, 36, 54, 81,
 * 122). A case that changed by just the margin falls inside at one look with alpha / 2 at
 * the most, so with (EXTEND_ROUNDS + 1) alpha / 2 at any of them: 3 % at the alpha of 1
 * %, whatever the launches are distributed like, as long as the interval holds. Simulated
 * for normal, double-exponential, Student's (3), mixed, skewed and two-moded launches
 * with deviations of 1.5 to 10 %, a thousand cases each, it was 0 to 2.5 %; one look, 0
 * to 1.2. When a round is cut short by the time, the look at its end is the last one.
 *
 * What it gives: in 16 stored suites of a build against itself (ci/error-rates.sh) 171 of
 * 320 cases between two CPUs were open after 16 launches. Drawn again from their own
 * launches, 64 of them were inside after 24, 98 after 36, 122 after 54 and 146 after 122.
 * More planned launches would cost all cases what these need. */
#ifndef IPCMARK_DUET_EXTEND_H
#define IPCMARK_DUET_EXTEND_H

#include "harness/duet.h"
#include "results/change.h"

#define EXTEND_ROUNDS 5

/* Launches of each case after the round, from 1, of those that were `planned`. */
size_t extend_launches(size_t planned, unsigned round);

/* The launches of a round: fresh ones, in random order, of the planned kinds and sizes
 * whose case is open in `changes`. `planned` is how many of each there were. The caller
 * frees further->launches, NULL where nothing is open or something is slower. 0 or -errno
 * in words. */
int extend_plan(const struct plan *plan, size_t planned, const struct changes *changes,
	unsigned round, struct plan *further, struct why *why);

/* After duet_run(): the rounds, as far as `options` gives them time, and *changes of all
 * launches then, the old ones freed. 0, -EINTR or -errno in words, as duet_run(). */
int duet_extend(struct duet *duet, const struct rule *rule, struct changes **changes,
	struct why *why);

#endif
