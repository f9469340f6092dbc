/* misdeed_helper.h: rows one of whose sides misbehaves, inside an operation and at a
 * message that is counted, so that no test waits and hopes. */
#ifndef IPCMARK_TESTS_MISDEED_HELPER_H
#define IPCMARK_TESTS_MISDEED_HELPER_H

#include "pair_helper.h"

#include <sys/prctl.h>

static struct ground ground;
static struct why why;

/* What a side does at the operation number `at` (from 1). */
enum misdeed { BEHAVE, DIE, STOP };
struct plot {
	enum misdeed misdeed;
	unsigned side;
	uint32_t at;
	bool is_in_recv;
	pid_t other; /* process, where the scene needs it */
	futex_word sends, receives, misdeeds;
};

/* In memory that the sides share with the test; the row that is wrapped. */
static struct plot *plot;
static const struct mechanism *base;
static struct mechanism wrapped;

static inline void misbehave(const struct channel *channel, uint32_t number, bool is_recv)
{
	if (plot->misdeed == BEHAVE || channel->side != plot->side ||
		number != plot->at || is_recv != plot->is_in_recv)
		return;
	count_up(&plot->misdeeds);
	raise(plot->misdeed == DIE ? SIGKILL : SIGSTOP);
}

static inline uint32_t note(futex_word *word, uint32_t *own)
{
	/* Waiters look for 50; the count of one side is its own. */
	if (atomic_fetch_add(word, 1) + 1 == 50)
		futex_wake(word, INT32_MAX);
	return ++*own;
}

static inline int noted_send(struct channel *channel, size_t size)
{
	static uint32_t own;

	misbehave(channel, note(&plot->sends, &own), false);
	return base->send(channel, size);
}

static inline int noted_recv(
	struct channel *channel, size_t size, const void **rx, size_t *len)
{
	static uint32_t own;

	misbehave(channel, note(&plot->receives, &own), true);
	return base->recv(channel, size, rx, len);
}

static inline int noted_work(struct channel *channel, size_t size, uint64_t count)
{
	static uint32_t own;
	uint32_t number = note(&plot->sends, &own);

	misbehave(channel, number, false);
	misbehave(channel, number, true);
	return base->work(channel, size, count);
}

static inline const struct mechanism *wrap(
	const struct mechanism *mechanism, struct plot wanted)
{
	*plot = wanted;
	base = mechanism;
	wrapped = *mechanism;
	if (mechanism->work) {
		wrapped.work = noted_work;
	} else {
		call_operations(&wrapped);
		wrapped.send = noted_send;
		wrapped.recv = noted_recv;
	}
	return &wrapped;
}

static inline int set_up(void **state)
{
	(void)state;
	plot = shared_memory(sizeof *plot);
	/* Orphans of a parent that is killed come here, so that they can be waited for.
	 */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	return ground_make(&ground, &why);
}

static inline int tear_down(void **state)
{
	(void)state;
	return ground_remove(&ground);
}

static inline struct pair *start(const struct mechanism *mechanism)
{
	struct pair_spec spec = spec_of(mechanism, -1, -1, 64);
	struct pair *pair = NULL;

	why_clear(&why);
	if (pair_start(&ground.context, &spec, from_now(PATIENCE), &pair, &why))
		fail_msg("%s", why.text);
	return pair;
}

static inline enum test a_test(const struct mechanism *mechanism, enum test wanted)
{
	return mechanism->tests & TEST_BIT(wanted) ? wanted
	       : wanted == TEST_LATENCY            ? TEST_THROUGHPUT
						   : TEST_LATENCY;
}

/* A slice that only ends because of what happens in it. */
static inline int long_slice(struct pair *pair, const struct mechanism *mechanism,
	enum test wanted, uint64_t deadline_ns)
{
	struct slice slice = slice_of(
		a_test(mechanism, wanted), some_size(mechanism, 64), 3600 * S);

	why_clear(&why);
	return pair_slice(pair, &slice, from_now(deadline_ns), &why);
}

static inline void assert_says(const struct mechanism *mechanism, const char *words)
{
	if (!strstr(why.text, words))
		fail_msg("%s: '%s' does not say '%s'", mechanism->name, why.text, words);
}

/* Runs `scene` with every row that is usable here; nothing may be left behind. */
static inline void with_every_row(void (*scene)(const struct mechanism *mechanism))
{
	for (size_t i = 0; i < mechanism_count; i++) {
		size_t descriptors = open_descriptors();

		if (!is_usable(&ground.context, mechanisms[i]))
			continue;
		scene(mechanisms[i]);
		assert_only_ground(&ground, descriptors);
	}
}

#endif
