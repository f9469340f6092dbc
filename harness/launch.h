/* launch.h: fresh processes with fresh kernel objects for one mechanism, test and
 * placement; every message size in shuffled slices; one value a size.
 *
 * A launch holds one pair, or two that are alternated slice by slice on the same CPUs
 * (fidelity, canaries, duets). */
#ifndef IPCMARK_LAUNCH_H
#define IPCMARK_LAUNCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/random.h"
#include "harness/memory_cost.h"
#include "harness/pair.h"

#define LAUNCH_PAIRS  2
#define LAUNCH_SIZES  24
#define LAUNCH_SLICES 256 /* timed slices of one size */

/* The most messages that leave in one send, and the most bytes that they may be. */
#define COALESCE_MOST  65536
#define COALESCE_BYTES ((size_t)16 << 20)

/* The most sends that a message leaves in. */
#define PIECES_LEAST 2 /* and the default of --pieces */
#define PIECES_MOST  64

struct launch_spec {
	size_t pair_count;
	struct pair_spec
		pairs[LAUNCH_PAIRS]; /* size_max, chunk_max and slots are filled in */
	enum test test;
	size_t sizes[LAUNCH_SIZES]; /* bytes; a wake-up has the one size 0 */
	size_t size_count;
	size_t chunk; /* 0: the message size */
	uint64_t coalesce; /* messages that leave a stream in one send; 0 and 1: each by
			    * itself. Throughput only */
	uint64_t pieces; /* sends that a question leaves in; pieces only */
	uint64_t gap_ns;
	uint64_t slice_ns;
	unsigned slices; /* timed ones, a size */
	uint64_t warm_up_ns;
	uint64_t deadline_ns; /* beyond what is planned */
	uint64_t batch; /* 0: chosen in the warm-up; fidelity sets it */
	uint64_t seed; /* order of the slices */
};

enum outcome { OUTCOME_OK, OUTCOME_SKIPPED, OUTCOME_FAILED, OUTCOME_INCONCLUSIVE };
extern const char *const outcome_names[];

/* What a launch found for one pair and size. */
struct measured {
	enum outcome outcome;
	struct why why; /* where it is not OUTCOME_OK */
	uint64_t batch;
	unsigned slices;
	uint64_t messages, bytes, elapsed_ns;
	/* Messages per second of each timed slice that had something to time
	 * (throughput). */
	double slice_values[LAUNCH_SLICES];
	unsigned slice_value_count;
	struct cost cost[2]; /* of the timed slices */
	uint64_t cost_messages[2];
	struct capacity capacity;
	struct memory_cost memory;
};

/* What the warm-up says about one size: how many hand-over messages, and how many
 * messages between two looks at the clock. */
struct pace {
	uint64_t handover, batch;
	double message_ns;
};

struct launch {
	struct launch_spec spec;
	struct pair *pairs[LAUNCH_PAIRS];
	struct pace paces[LAUNCH_PAIRS][LAUNCH_SIZES];
	struct random random; /* of the order of slices */
	uint64_t deadline_ns; /* absolute */
	const struct pair_context *context; /* lives as long as the launch */
	const struct clock *clock;
	struct clock_point start;
	uint64_t start_steal_ns;
	bool is_steal_known;
	struct measured measured[LAUNCH_PAIRS][LAUNCH_SIZES];
	const char *retry_cause; /* NULL, or why the launch should not count */
	double clock_drift_ppm;
	double steal_ms; /* NAN where the system does not tell */
	bool is_interrupted;
};

/* Runs the launch. Whatever happens, every size has an outcome afterwards; what is wrong
 * is said there. The histograms live until launch_end(). */
void launch_run(const struct pair_context *context, const struct launch_spec *spec,
	struct launch *launch);
void launch_end(struct launch *launch);

/* The same step by step, for whoever alternates launches of several processes: start the
 * pairs and warm them up; one timed slice of a size of a pair, number 0.. of its kind
 * (the capacity test needs one); and the look at clock and steal at the end. Between
 * slices the pairs sleep. After an error, which is kept as the outcome of every size that
 * is still open, only launch_end() may follow. */
int launch_begin(const struct pair_context *context, const struct launch_spec *spec,
	struct launch *launch, struct why *why);
int launch_slice(struct launch *launch, size_t pair, size_t size, unsigned number,
	struct why *why);
void launch_finish(struct launch *launch);

/* Histograms of a size: round trips one by one, and sums over `batch` of them (empty
 * where batch is 1). */
struct histogram *launch_singles(struct launch *launch, size_t pair, size_t size);
struct histogram *launch_batches(struct launch *launch, size_t pair, size_t size);

/* Is a sample of the test a round trip, with percentiles and histograms of them? */
bool launch_is_round_trip(enum test test);

/* Does one slice of a size tell the whole, without a warm-up? */
bool launch_is_found_at_once(const struct launch_spec *spec);

/* Timed slices of a size: what one slice tells whole needs no more. */
unsigned launch_slices(const struct launch_spec *spec);

/* How long a slice is meant to take, and the longest that it may. */
uint64_t launch_slice_planned_ns(const struct launch_spec *spec);
uint64_t launch_slice_most_ns(const struct launch_spec *spec);

/* Can messages of this mechanism be joined in the sender's memory and leave in one send?
 * Only where neither their ends nor the memory they are written to are its own. */
bool launch_can_coalesce(const struct mechanism *mechanism);

/* About how long it will take. */
uint64_t launch_planned_ns(const struct launch_spec *spec);

/* The pace of the timed slices of a size, as the side that timed its warm-up reports. */
struct pace launch_pace(
	const struct launch_spec *spec, size_t size_bytes, const struct report *report);

/* How long the warm-up is by default: 50 ms, 5 ms for what spins. */
uint64_t launch_warm_up_ns(const struct mechanism *mechanism);

#endif
