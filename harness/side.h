/* side.h: what a side does in a slice. */
#ifndef IPCMARK_SIDE_H
#define IPCMARK_SIDE_H

#include "harness/base/payload.h"
#include "harness/clock.h"
#include "harness/control.h"
#include "harness/pair.h"
#include "mechanisms/mechanism.h"

/* Samples of one slice; a slice that would take more ends early. 32-bit ticks: longer
 * ones (more than a second) are kept as the largest value. */
#define SAMPLES_MAX 32768

/* A mechanism that still accepts after so many seconds is told to be without bound. */
#define CAPACITY_FILL_S 2u

struct side {
	struct channel channel;
	struct control *control;
	const struct clock *clock;
	enum payload payload;
	void *next_tx; /* where the next message is written */
	unsigned char *rx_base; /* channel.rx at the start of a message */
	uint64_t sent, received; /* sequence numbers of the next message each way */
	uint32_t *samples; /* SAMPLES_MAX, prefaulted */
	size_t sample_count;
	const struct counters *counters;
	struct cost idle; /* of the gaps of a slice, which is not that of its messages */
};

/* What the coordinator hands to a side that starts. */
struct side_start {
	const struct pair_context *context;
	const struct pair_spec *spec;
	const struct channel *channel; /* as create() left it */
	struct control *control;
	int bell; /* eventfd: the last to park, or the first to fail, rings it */
	unsigned side;
};

/* The whole life of a side: binds itself, attaches, runs slices until it is told to quit.
 * For child_start(); returns the exit status. */
int side_main(void *argument);

/* Bytes of each of a side's private buffers. */
size_t side_buffer_size(const struct pair_spec *spec);

/* Run one slice; fill messages, bytes and elapsed_ns of this side's report. 0 or -errno.
 */
int measure_latency(struct side *side, const struct slice *slice, struct report *report);
int measure_throughput(
	struct side *side, const struct slice *slice, struct report *report);
int measure_capacity(struct side *side, const struct slice *slice, struct report *report);
int measure_send(struct side *side, const struct slice *slice, struct report *report);

/* How many messages are sent in a burst where `room` of them fit. */
uint64_t measure_burst(uint64_t room, size_t size);

/* Taking turns (capacity and send): one side works while the other sleeps. */
#define TURN_END 2u /* nobody's */
void turn_pass(struct side *side, uint32_t to);

/* Returns whose turn it is: this side's, or TURN_END. */
uint32_t turn_await(struct side *side);

/* Keeps one sample: the only thing that is done with it inside the timed part. */
static inline void measure_sample(struct side *side, uint64_t ticks)
{
	side->samples[side->sample_count++] = ticks < UINT32_MAX ? (uint32_t)ticks
								 : UINT32_MAX;
}

/* Folds the samples of the slice into the slot's histogram. */
void measure_fold(struct side *side, const struct slice *slice);

#endif
