/* control.h: the memory that a coordinator and the two sides of a pair share.
 *
 * The coordinator describes a slice, counts `go` up and sleeps; both sides wake, work,
 * write their reports and park on `go` again; the last to park, or the first to fail,
 * rings the coordinator's bell. Nobody is inside a receive between slices, so an idle
 * pair costs nothing. */
#ifndef IPCMARK_CONTROL_H
#define IPCMARK_CONTROL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/base/futex.h"
#include "harness/base/why.h"
#include "harness/counters.h"
#include "harness/histogram.h"

enum slice_kind {
	SLICE_ATTACH, /* implied at the start */
	SLICE_READY,
	SLICE_LATENCY,
	SLICE_THROUGHPUT,
	SLICE_CAPACITY,
	SLICE_CONNECT,
	SLICE_SEND,
	SLICE_PIECES,
	SLICE_QUIT
};

struct slice {
	enum slice_kind kind;
	size_t size; /* message size in bytes; 0 for wake-ups */
	uint64_t duration_ns; /* about how long */
	uint64_t handover; /* messages before the timed ones, at least 1 */
	uint64_t batch; /* messages between two looks at the clock */
	uint64_t gap_ns; /* idle time before each round trip; then batch is 1 */
	size_t chunk; /* largest receive of a stream, throughput */
	uint64_t coalesce; /* messages that leave in one send; 1: each by itself */
	uint64_t pieces; /* sends that a question leaves in, SLICE_PIECES */
	size_t slot; /* which of the pair's histograms takes the samples */
	bool is_warm_up; /* the samples are not kept */
};

/* What a side leaves after a slice. */
struct report {
	int error; /* 0 or -errno; then `why` says it */
	struct why why;
	bool is_done;
	bool left_cpu; /* found elsewhere than it is pinned to */
	uint64_t messages; /* timed round trips or messages */
	uint64_t bytes; /* timed bytes */
	uint64_t elapsed_ns;
	uint64_t room; /* messages that fit while nobody reads: a warm-up of SLICE_SEND */
	struct cost cost; /* of the whole slice... */
	uint64_t cost_messages; /* ...and for so many messages */
};

/* What one capacity slice found. */
struct capacity {
	uint64_t bytes, messages; /* accepted while nobody read */
	uint64_t reopen_bytes; /* read before one more write was accepted */
	bool is_unbounded; /* still accepting when the time was up */
};

#define STOP_UNKNOWN UINT64_MAX

struct control {
	/* Coordinator to sides. */
	_Alignas(64) futex_word go;
	struct slice slice;

	/* The stop rule: the sender stores the sequence number of the slice's last
	 * message before it sends it; the receiver compares. Alone on its line, which
	 * stays shared and unmodified in both caches until the end. */
	_Alignas(64) _Atomic uint64_t last;

	/* Sides to coordinator. */
	_Alignas(64) _Atomic uint32_t parked;
	_Alignas(64) struct report reports[2];

	/* Capacity and send: whose turn it is, and what side 0 tells side 1. */
	_Alignas(64) futex_word turn;
	_Atomic uint64_t accepted; /* bytes */
	_Atomic uint64_t burst; /* messages; 0: drain what was accepted */
	_Atomic uint32_t is_reopened;
	struct capacity capacity;

	size_t slots;
	struct histogram histograms[]; /* of the timed samples, one a slot */
};

#endif
