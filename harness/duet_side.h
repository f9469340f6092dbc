/* duet_side.h: one of the two commands of a duet, and what is said to it. See protocol.h.
 *
 * Every function returns 0, -EINTR when the run was interrupted, or another -errno in
 * words that begin with the role ("candidate: ..."); afterwards only duet_side_stop() may
 * follow. */
#ifndef IPCMARK_DUET_SIDE_H
#define IPCMARK_DUET_SIDE_H

#include <stdbool.h>
#include <stdio.h>

#include "harness/base/janitor.h"
#include "harness/environment.h"
#include "harness/protocol.h"
#include "harness/topology.h"
#include "results/row.h"

#define DUET_COMMAND 1024

struct duet_side {
	const char *role; /* "base" or "candidate" */
	char command[DUET_COMMAND]; /* for the shell, "serve" included */
	struct janitor *janitor;
	int priority; /* it is begun under SCHED_FIFO at this, or 0: begun as it comes */
	uint64_t timeout_ns; /* for an answer that takes no time of its own; twice that
			      * where it has the same time to give up by itself */

	/* While it runs. */
	struct child child;
	FILE *to;
	int from;
	char *buffer; /* what has arrived; the message that was read last is in it */
	size_t filled, used;
	char *fields[PROTOCOL_FIELDS];
	size_t field_count;
	bool is_known; /* it greeted as one that ends by itself when its input does */
};

/* Starts the command, allowed on the two CPUs of the placement only. */
int duet_side_start(
	struct duet_side *side, const struct placement *placement, struct why *why);

/* Hears who it is; `version` has 64 bytes. */
int duet_side_greet(struct duet_side *side, char version[64], struct why *why);

/* Asks for the facts of its machine and build. */
int duet_side_facts(struct duet_side *side, struct facts *facts, struct why *why);

/* Asks for a launch: fields of the "launch" message. *is_refused says that it cannot be
 * there, in words without the role; `ready` (256 bytes) is what it will measure. */
int duet_side_launch(struct duet_side *side, const char *const *fields, size_t count,
	uint64_t warm_up_ns, char ready[256], bool *is_refused, struct why *why);

/* One slice, and its value (protocol.h), NAN if it has none. *is_failed: the launch is
 * over there, and its rows say why. */
int duet_side_slice(struct duet_side *side, size_t index, unsigned number,
	uint64_t slice_ns, double *value, bool *is_failed, struct why *why);

/* The rows of the launch, which is ended: at most `most`; columns that are not known here
 * are passed over. */
int duet_side_rows(struct duet_side *side, struct result_row *rows, size_t most,
	size_t *count, struct why *why);

/* Says in words what is wrong with what it answered, the role and the command before it.
 * Returns a -errno. */
int duet_side_wrong(const struct duet_side *side, struct why *why, const char *what);

/* Lets the command go, by the end of its input, or else by force, at once where it never
 * greeted. Safe at any time. */
void duet_side_stop(struct duet_side *side);

#endif
