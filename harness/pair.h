/* pair.h: two pinned processes with a channel between them, and the control block by
 * which they are told what to do.
 *
 * A pair is started idle. Each pair_slice() runs one slice on both sides and returns when
 * both are parked again, a side has failed, died or been stopped, the deadline has passed
 * or the run was interrupted; the reason is in words. After an error only pair_stop() may
 * follow. */
#ifndef IPCMARK_PAIR_H
#define IPCMARK_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/janitor.h"
#include "harness/base/payload.h"
#include "harness/clock.h"
#include "harness/control.h"
#include "harness/topology.h"
#include "mechanisms/mechanism.h"

enum sched_policy { SCHED_INHERIT, SCHED_POLICY_OTHER, SCHED_POLICY_FIFO };
struct sched {
	enum sched_policy policy;
	int priority; /* of the sides, FIFO only */
};

struct pair_spec {
	const struct mechanism *mechanism;
	int64_t settings[MECHANISM_SETTINGS];
	struct placement placement;
	enum payload payload;
	size_t size_max; /* largest message */
	size_t chunk_max; /* largest receive of a stream */
	size_t slots; /* histograms */
	struct sched sched;
};

/* What all pairs of a run share. */
struct pair_context {
	struct janitor *janitor;
	const struct topology *topology;
	const struct clock *clock;
	/* Called in each side before anything else; for tests that need a misbehaving
	 * side. NULL otherwise. */
	void (*side_hook)(unsigned side);
};

struct pair;

/* Creates the channel, starts both sides and waits until they are attached and ready. On
 * failure everything is undone. `deadline_ns` is an absolute CLOCK_MONOTONIC time. */
int pair_start(const struct pair_context *context, const struct pair_spec *spec,
	uint64_t deadline_ns, struct pair **started, struct why *why);

/* Runs one slice. 0 or -errno: -ETIMEDOUT at the deadline, -EINTR when interrupted,
 * -ECHILD when a side died, what the side said otherwise. */
int pair_slice(struct pair *pair, const struct slice *slice, uint64_t deadline_ns,
	struct why *why);

/* What the sides left, valid until the next slice. */
const struct report *pair_report(const struct pair *pair, unsigned side);
const struct capacity *pair_capacity(const struct pair *pair);
struct histogram *pair_histogram(struct pair *pair, size_t slot);

/* The channel as create() left it: size_max, size_limit and the settings. */
const struct channel *pair_channel(const struct pair *pair);

/* Processes of the sides, for tests. */
pid_t pair_pid(const struct pair *pair, unsigned side);

/* Ends both sides (politely if they are parked, else by SIGKILL), lets go of the channel
 * and removes its names. NULL is fine. */
void pair_stop(struct pair *pair);

#endif
