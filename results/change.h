/* change.h: what changed between two sides, case by case: the one list that every format
 * of `compare` and `duet`, and the figure, walks through.
 *
 *     changes_create() -> changes_add() for each case -> changes_settle() -> a format
 */
#ifndef IPCMARK_CHANGE_H
#define IPCMARK_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/why.h"
#include "results/decision.h"
#include "results/modes.h"
#include "results/row.h"

/* Which number of a launch is compared. */
enum quantity {
	QUANTITY_TIME, /* median_ns: of a round trip, or of a send */
	QUANTITY_RATE, /* bytes_per_s, or messages_per_s where there are no bytes */
	QUANTITY_CAPACITY, /* capacity_bytes */
	QUANTITY_MEMORY, /* memory_bytes */
	QUANTITIES
};

struct change {
	char mechanism[ROW_TEXT];
	char test[ROW_TEXT];
	char placement[ROW_TEXT];
	char payload[ROW_TEXT]; /* "" for wake-ups and floors */
	char where[ROW_TEXT]; /* what else it was measured under: "CPUs 0-1, gap 1 ms" */
	char detail[ROW_TEXT]; /* what tells the case from its neighbours:
				* "pipe.size=1048576"; or "" */
	size_t block; /* cases of one placement, payload and `where` stand together */
	int64_t size_bytes;
	int64_t cpu_a, cpu_b; /* ROW_UNKNOWN: not pinned, or of several runs */
	enum quantity quantity;
	const char *unit; /* "ns", "B/s", "messages/s" or "B"; static */

	char canary[ROW_TEXT]; /* the mechanism whose round trip in the same launch the
				* values were set against; "": none was */
	double *base, *candidate; /* of the launches, in `unit` */
	size_t base_count, candidate_count;
	double *ratios; /* of each pair of launches that were alternated; or NULL */
	struct decision decision;
	struct modes modes; /* two groups of launches, where they are to be told apart */
	double visible; /* the least change that would have been found, as a factor;
			 * INFINITY: none; NAN: not known */
};

/* Something beside the measured that is not the same on both sides. */
struct difference {
	char key[64]; /* as in environment.csv: "kernel.release" */
	char says[64]; /* in words: "kernel" */
	char base[256], candidate[256]; /* "" where unknown */
};

struct changes {
	struct rule rule;
	enum design
		design; /* DESIGN_PAIRED or DESIGN_UNPAIRED; exact is up to the case */
	/* What the two sides are called, as the user does: a path, a command; and what
	 * they are: "ipcmark 0.1.0 (4f2c9e1), Linux 6.1.0"; or "". */
	char base_name[256], candidate_name[256];
	char base_says[256], candidate_says[256];
	struct change *items;
	size_t count;
	struct difference *differences;
	size_t difference_count;
	char **notes; /* sentences for the reader below the table */
	size_t note_count;
	size_t family; /* cases that were tested together */
	size_t counts[VERDICTS];
	enum verdict whole;
};

/* An empty list, or NULL without memory. */
struct changes *changes_create(enum design design, const struct rule *rule,
	const char *base_name, const char *candidate_name);
void changes_free(struct changes *changes);

/* Adds a case of which only the names are filled in from `like` (mechanism, test, size,
 * placement, payload) with the launch values of both sides, which are copied: ns for
 * times, B/s for throughput, B for capacity and memory. is_exact: the row holds the same
 * every time. `ratios`, copied too, is decision.ratios. Returns the case, valid until the
 * next one is added (set `detail`, `decision.is_realtime`), or NULL without memory. */
struct change *changes_add(struct changes *changes, const struct result_row *like,
	bool is_exact, const double *base, size_t base_count, const double *candidate,
	size_t candidate_count, const double *ratios);

/* Only the first `planned` pairs of launches of the case were planned, and are tested;
 * those after them may narrow its interval (decision.h). */
void changes_narrow(const struct changes *changes, struct change *change, size_t planned);

/* Adds a case that could not be compared, and why. */
struct change *changes_add_unmeasured(
	struct changes *changes, const struct result_row *like, const char *why);

/* Names an environment difference, or leaves a sentence for the reader. 0 or -ENOMEM. */
int changes_differ(struct changes *changes, const char *key, const char *says,
	const char *base, const char *candidate);
int changes_note(struct changes *changes, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Brings the cases into blocks and tests them together; then the verdicts, their words
 * and `whole` are there. 0 or -ENOMEM in words. */
int changes_settle(struct changes *changes, struct why *why);

/* The cases in the order they are shown: the first after NULL, NULL after the last. */
const struct change *changes_next(
	const struct changes *changes, const struct change *previous);

/* The same case in another list, or NULL. */
const struct change *changes_find(
	const struct changes *changes, const struct change *like);

bool quantity_more_is_better(enum quantity quantity);

/* The verdict as people say it: "smaller" and "larger" for capacity and memory. */
const char *quantity_verdict(enum quantity quantity, enum verdict verdict);
const char *change_verdict(const struct change *change);

/* "pipe latency 64 B, shared-l3, payload touch": names the case among all of the list.
 * `text` has CHANGE_NAME bytes; returns it. */
#define CHANGE_NAME 640
char *change_name(const struct change *change, char *text);

/* "shared-l3, payload touch, gap 1 ms": what the cases of its block share. */
char *change_block_name(const struct change *change, char *text);

/* "against the canary futex; +12.3 % as it was measured", "two modes: 31.2 µs (9 launches
 * of the base, 4 of the candidate, +0.3 %) and 66.0 µs (7 and 12, -0.1 %)", both or "".
 * `text` has CHANGE_REMARK bytes; returns it. */
#define CHANGE_REMARK 480
char *change_remark(const struct change *change, char *text);

/* Change of the quantity as it is measured, in percent: +5 is more time, or more
 * throughput. NAN where unknown. */
double change_percent(double ratio);

/* Which number of a launch the test compares, its unit, and whether more is better. */
enum quantity quantity_of(const struct result_row *row);
const char *quantity_unit(const struct result_row *row);

/* The value of a launch that is compared; NAN where it is not known. */
double quantity_value(const struct result_row *row);

/* Writes a value in its unit as people read it ("5.23 µs"); `text` has TEXT_QUANTITY. */
char *quantity_text(const struct change *change, double value, char *text);

#endif
