/* mechanism.h: one way two processes exchange bytes or wake-ups.
 *
 * A mechanism is a const struct of operations on a channel. A channel is two-way: side s
 * sends in direction s, so pipes and queues are two objects, one a direction. The harness
 * calls the operations in this order:
 *
 *     parent   create ................................................ detach .. remove
 *     side     attach (both at once) | ready | any of the transfers .. detach
 *
 * All operations return 0 (or what is said below) or -errno; the first function that
 * knows what failed writes the sentence into channel->why. */
#ifndef IPCMARK_MECHANISM_H
#define IPCMARK_MECHANISM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "harness/base/ledger.h"
#include "harness/base/why.h"

/* What the harness must know of a mechanism; code outside this folder reads these bits,
 * never names. */
enum mechanism_caps {
	CAP_PAYLOAD = 1 << 0, /* carries bytes; without it: wake-ups only, size 0 */
	CAP_BOUNDARIES = 1 << 1, /* a receive returns exactly one message */
	CAP_INPLACE = 1 << 2, /* reserve and recv give memory both sides share */
	CAP_BLOCKS = 1 << 3, /* a waiting side sleeps */
	CAP_SPINS = 1 << 4, /* a waiting side burns its CPU */
	CAP_POLLABLE = 1 << 5, /* a descriptor that poll(2) understands */
	CAP_LOSSY = 1 << 6, /* messages may be lost; receives have a time-out */
	CAP_COALESCES = 1 << 7, /* several wake-ups may arrive as one: no throughput */
	CAP_SOLO = 1 << 8, /* side 0 works alone; no peer takes part */
	CAP_SAME_CPU = 1 << 9, /* means something only with both sides on one CPU */
	CAP_TWO_CPUS = 1 << 10, /* means something only on two CPUs */
	CAP_EXACT_CAPACITY = 1 << 11, /* holds the same amount every time */
	CAP_NAMED = 1 << 12, /* has a name that others can open */
	CAP_UNRELATED = 1 << 13, /* works between processes with no common ancestor */
	CAP_CROSS_HOST = 1 << 14, /* the same calls reach another machine */
	CAP_FLOOR = 1 << 15, /* a physical reference, not a way to communicate */
};

enum test {
	TEST_LATENCY, /* closed-loop round trip */
	TEST_THROUGHPUT, /* one direction */
	TEST_CAPACITY, /* what is accepted while nobody reads */
	TEST_CONNECT, /* round trip on a connection of its own */
	TEST_SEND, /* what one send costs the sender alone */
	TEST_PIECES, /* round trip of a message that leaves in several sends */
	TEST_MEMORY, /* what one channel costs in memory */
	TESTS
};
#define TEST_BIT(test) (1u << (test))

/* What each channel of bytes takes part in, and what each stream of bytes does. */
#define TESTS_CHANNEL                                                                    \
	(TEST_BIT(TEST_LATENCY) | TEST_BIT(TEST_THROUGHPUT) | TEST_BIT(TEST_CAPACITY) |  \
		TEST_BIT(TEST_SEND) | TEST_BIT(TEST_MEMORY))
#define TESTS_STREAM (TESTS_CHANNEL | TEST_BIT(TEST_PIECES))

/* A setting that a mechanism has: `--set pipe.size=1M`. Units: "bytes", "messages", or ""
 * for a switch (0 or 1). SETTING_UNSET leaves the choice to the system. */
#define SETTING_UNSET      INT64_MIN
#define MECHANISM_SETTINGS 4
struct setting_spec {
	const char *name; /* "pipe.size" */
	const char *unit;
	const char *says; /* one line for `list` */
	const char *limit; /* what sets the greatest value: "fs.pipe-max-size" */
	int64_t standard; /* the value without --set */
	int64_t least, most; /* where `range` is NULL */
	void (*range)(int64_t *least, int64_t *most); /* asks this system */
};

struct mechanism;
struct transfer;

/* One process's view of a channel. Filled by the harness; operations write only what is
 * marked so. */
struct channel {
	const struct mechanism *mechanism;
	void *shared; /* shared_size bytes, zeroed, at the same address in all processes
		       */
	void *own; /* own_size bytes, zeroed, of this process alone */
	unsigned char *tx; /* what send() sends where there is no reserve(); attach may
			    * put a place of its own here */
	unsigned char *rx; /* where recv() puts bytes where it does not give its own */
	size_t size_max; /* create: in, the largest message wanted; out, what is possible
			  */
	struct why size_limit; /* create: the limit that lowered it, in words */
	int64_t settings[MECHANISM_SETTINGS]; /* create: in, wanted; out, what the system
					       * made of them; in the order of
					       * mechanism->settings */
	unsigned side; /* 0 or 1 */
	bool shares_cpu; /* both sides on one CPU: a spinner yields */
	bool is_unpinned; /* they may meet on one CPU: a spinner yields now and then */
	const char *directory; /* private, 0700 */
	struct ledger *ledger; /* names go in here before they exist */
	struct why *why;
};

struct mechanism {
	const char *name; /* "unix_stream" */
	const char *title; /* "UNIX stream", for figures */
	const char *family; /* "socket": one hue a family in figures */
	const char *cite; /* "unix(7)" */
	const char *says; /* one line for `list` */
	const char *preset; /* setting values that make this row, "tcp.nodelay=0,...", or
			       NULL; "most" is the greatest value this system has */
	unsigned caps; /* enum mechanism_caps */
	unsigned tests; /* TEST_BIT()s it takes part in */
	const struct setting_spec *settings; /* ends with a NULL name; NULL: none */
	const char *size_setting; /* the setting that the capacity test sweeps, or NULL */
	size_t shared_size, own_size;
	const void *variant; /* the family's own: what makes this row of its ops */

	/* Usable here? Runs in a child. NULL: usable where create() succeeds. */
	int (*probe)(struct why *why);
	/* Parent, before the sides start: makes the objects. No threads, no contexts. */
	int (*create)(struct channel *channel);
	/* Each side after pinning, both at once: takes its own ends, first touch,
	 * publishes. */
	int (*attach)(struct channel *channel);
	/* Each side, after both have attached: reads what the peer published. */
	int (*ready)(struct channel *channel);

	/* Where the next message of `size` bytes may be written; asked again before a
	 * send, perhaps with another size, it answers again. Not only for memory both
	 * sides share: also where a message's memory must not be written again before
	 * the peer is done. NULL: in channel->tx. */
	int (*reserve)(struct channel *channel, size_t size, void **tx);
	/* All of the message leaves. With reserve(), `size` is what was last reserved. */
	int (*send)(struct channel *channel, size_t size);
	/* Waits; *rx and *len are the message (CAP_BOUNDARIES) or the next 1..size bytes
	 * of the stream. */
	int (*recv)(struct channel *channel, size_t size, const void **rx, size_t *len);
	/* The bytes of the last recv() are no longer needed. NULL: nothing to do. */
	int (*release)(struct channel *channel);
	/* The loops of transfer.h over the operations above, inlined: for rows in which a
	 * message takes no longer than the calls. NULL: the harness calls them. */
	int (*send_some)(struct channel *channel, struct transfer *transfer);
	int (*recv_some)(struct channel *channel, struct transfer *transfer);
	/* Never waits: bytes accepted, or -EAGAIN. For TEST_CAPACITY, TEST_SEND and
	 * TEST_MEMORY. A side that has offered sends and offers from then on, and
	 * receives no more; where its send() would have to wait, it may fail with
	 * -EAGAIN. */
	ssize_t (*offer)(struct channel *channel, const void *bytes, size_t size);

	/* For TEST_CONNECT: a connection that the transfers use from then on (side 0
	 * connects, side 1 waits for it and accepts), and its end, after which they use
	 * again what attach made. Side 0 closes first; side 1 waits for that. */
	int (*dial)(struct channel *channel);
	int (*hang_up)(struct channel *channel);

	/* Instead of the transfers, for floors: `count` exchanges (latency) or messages
	 * (throughput) of `size` bytes, on both sides (CAP_SOLO: on side 0). */
	int (*work)(struct channel *channel, size_t size, uint64_t count);

	/* Each process that created or attached: lets go of what it holds. Called once,
	 * also after create or attach failed half-way; the parent's call removes the
	 * names. */
	void (*detach)(struct channel *channel);
	/* Parent, after both sides have ended, also when create failed or was never
	 * called (then `shared` is as create left it): removes what must stay while it is
	 * in use, as System V semaphores and queues must. NULL: detach removes it all. */
	void (*remove)(struct channel *channel);
};

/* All rows, in the order of mechanisms.def. */
extern const struct mechanism *const mechanisms[];
extern const size_t mechanism_count;

/* The row of that name, or NULL. */
const struct mechanism *mechanism_find(const char *name);

/* Index of the setting called `name`, or -1. */
int mechanism_setting(const struct mechanism *mechanism, const char *name);

/* The range of a setting on this system. */
void setting_range(const struct setting_spec *spec, int64_t *least, int64_t *most);

/* "4096 to 1048576 (fs.pipe-max-size)": that range in words. Returns `text`. */
#define SETTING_RANGE 128
char *setting_range_text(const struct setting_spec *spec, char text[SETTING_RANGE]);

/* The setting of that name of the first row that has one, or NULL. */
const struct setting_spec *setting_find(const char *name);

/* Fills `settings` with the row's own values: the standard ones, changed by its preset.
 */
void mechanism_defaults(
	const struct mechanism *mechanism, int64_t settings[MECHANISM_SETTINGS]);

/* Checks that caps, tests and operations agree. Returns 0 or -EINVAL in words. */
int mechanism_check(const struct mechanism *mechanism, struct why *why);

#endif
