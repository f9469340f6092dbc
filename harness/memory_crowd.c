#include "harness/memory_crowd.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/base/futex.h"
#include "harness/base/memory.h"
#include "harness/interrupt.h"
#include "harness/memory_use.h"
#include "harness/side.h"

#define CROWD_SIDES 2

/* What the sides are told to do, one after the other. */
enum stage { ATTACH, READY, FILL, LEAVE };

struct crowd_control {
	futex_word stage;
	_Atomic uint32_t done; /* sides that have done it */
	_Atomic uint64_t filled;
	struct {
		int error;
		struct why why;
		struct memory_process use;
	} sides[CROWD_SIDES];
};

struct crowd {
	const struct crowd_spec *spec;
	struct crowd_control *control;
	struct channel *channels; /* of this process; spec->room */
	size_t count; /* channels that were made */
	unsigned char *shared, *own; /* of all channels, laid out */
	size_t shared_step, own_step;
	unsigned char *tx, *rx;
	struct why why;
	struct child sides[CROWD_SIDES];
	int bell;
	int64_t faults; /* of this process */
	bool has_left; /* the parent's ends */
	bool is_broken;
};

/* What a side that starts must know. */
struct crowd_side {
	struct crowd *crowd;
	unsigned side;
};

static size_t step(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (size + !size + page - 1) / page * page;
}

/* Maps each page for writing here and now, so that none is a channel's cost. */
static void touch(void *memory, size_t size)
{
	volatile unsigned char *bytes = memory;

	for (size_t i = 0; i < size; i += (size_t)sysconf(_SC_PAGESIZE))
		bytes[i] |= 0;
}

static void *lay_out(size_t size, bool is_shared)
{
	void *memory = is_shared ? memory_shared(size) : memory_own(size);

	if (memory)
		touch(memory, size);
	return memory;
}

/* --- a side
 * ------------------------------------------------------------------------------- */

/* The same places in memory of this side's own. */
static int take_own(struct crowd *crowd)
{
	const struct crowd_spec *spec = crowd->spec;

	touch(crowd->shared, crowd->shared_step * spec->room);
	touch(crowd->channels, spec->room * sizeof *crowd->channels);
	crowd->own = lay_out(crowd->own_step * spec->room, false);
	crowd->tx = lay_out(side_buffer_size(spec->pair), false);
	crowd->rx = lay_out(side_buffer_size(spec->pair), false);
	return crowd->own && crowd->tx && crowd->rx ? 0 : -ENOMEM;
}

static int for_all(struct crowd *crowd, int (*operation)(struct channel *))
{
	int error = 0;

	for (size_t i = 0; operation && i < crowd->count && !error; i++)
		error = operation(&crowd->channels[i]);
	return error;
}

static int attach_all(struct crowd *crowd, unsigned side, struct why *why)
{
	for (size_t i = 0; i < crowd->count; i++) {
		struct channel *channel = &crowd->channels[i];

		channel->side = side;
		channel->own = crowd->own + i * crowd->own_step;
		channel->tx = crowd->tx;
		channel->rx = crowd->rx;
		channel->why = why;
	}
	return for_all(crowd, crowd->spec->pair->mechanism->attach);
}

/* Side 0 fills one channel after the other, until each refuses or it was enough. */
static int fill_all(struct crowd *crowd)
{
	const struct mechanism *mechanism = crowd->spec->pair->mechanism;
	uint64_t bytes = 0;
	size_t i = 0;

	for (; i < crowd->count && bytes < crowd->spec->fill_bytes; i++) {
		struct channel *channel = &crowd->channels[i];
		size_t size = crowd->spec->size < channel->size_max ? crowd->spec->size
								    : channel->size_max;
		ssize_t accepted;

		do {
			accepted = mechanism->offer(channel, channel->tx, size);
			if (accepted > 0)
				bytes += (uint64_t)accepted;
		} while (accepted > 0);
		if (accepted < 0 && accepted != -EAGAIN)
			return (int)accepted;
	}
	atomic_store(&crowd->control->filled, i);
	return 0;
}

static int do_stage(struct crowd *crowd, uint32_t stage, unsigned side, struct why *why)
{
	const struct mechanism *mechanism = crowd->spec->pair->mechanism;
	int error = 0;

	if (stage == ATTACH)
		error = attach_all(crowd, side, why);
	else if (stage == READY)
		error = for_all(crowd, mechanism->ready);
	else if (stage == FILL && side == 0 && mechanism->offer)
		error = fill_all(crowd);
	return error;
}

static void report_stage(struct crowd *crowd, unsigned side, int error)
{
	const uint64_t one = 1;

	crowd->control->sides[side].error = error;
	if (atomic_fetch_add(&crowd->control->done, 1) == 1 || error)
		while (write(crowd->bell, &one, sizeof one) < 0 && errno == EINTR)
			;
}

static int crowd_side_main(void *argument)
{
	const struct crowd_side *start = argument;
	struct crowd *crowd = start->crowd;
	const struct mechanism *mechanism = crowd->spec->pair->mechanism;
	unsigned side = start->side;
	struct why *why = &crowd->control->sides[side].why;
	int error = take_own(crowd);

	if (error)
		why_say(why, -error, "map the memory of a side");
	signal(SIGPIPE, SIG_IGN);
	for (uint32_t stage = ATTACH; stage != LEAVE;) {
		if (!error)
			error = do_stage(crowd, stage, side, why);
		if (!error)
			error = memory_process(&crowd->control->sides[side].use, why);
		report_stage(crowd, side, error);
		while (atomic_load(&crowd->control->stage) == stage)
			(void)futex_wait(&crowd->control->stage, stage, -1);
		stage = atomic_load(&crowd->control->stage);
	}
	for (size_t i = 0; mechanism->detach && i < crowd->count; i++)
		mechanism->detach(&crowd->channels[i]);
	return 0;
}

/* --- the coordinator
 * ---------------------------------------------------------------------- */

static int lay_out_all(struct crowd *crowd)
{
	const struct crowd_spec *spec = crowd->spec;

	crowd->control = memory_shared(sizeof *crowd->control);
	crowd->shared = lay_out(crowd->shared_step * spec->room, true);
	crowd->own = lay_out(crowd->own_step * spec->room, false);
	crowd->tx = lay_out(side_buffer_size(spec->pair), false);
	crowd->rx = lay_out(side_buffer_size(spec->pair), false);
	crowd->channels = lay_out(spec->room * sizeof *crowd->channels, false);
	return crowd->control && crowd->shared && crowd->own && crowd->tx && crowd->rx &&
			       crowd->channels
		       ? 0
		       : -ENOMEM;
}

static int create_one(struct crowd *crowd, size_t index)
{
	const struct pair_spec *pair = crowd->spec->pair;
	struct janitor *janitor = crowd->spec->context->janitor;
	struct channel *channel = &crowd->channels[index];

	*channel = (struct channel) { .mechanism = pair->mechanism,
		.shared = crowd->shared + index * crowd->shared_step,
		.own = crowd->own + index * crowd->own_step,
		.tx = crowd->tx,
		.rx = crowd->rx,
		.size_max = pair->size_max ? pair->size_max : 1,
		.is_unpinned = true,
		.directory = janitor->directory,
		.ledger = janitor->ledger,
		.why = &crowd->why };
	memcpy(channel->settings, pair->settings, sizeof channel->settings);
	return pair->mechanism->create ? pair->mechanism->create(channel) : 0;
}

/* The parent's ends. */
static void leave(struct crowd *crowd)
{
	const struct mechanism *mechanism = crowd->spec->pair->mechanism;

	for (size_t i = 0; mechanism->detach && !crowd->has_left && i < crowd->count; i++)
		mechanism->detach(&crowd->channels[i]);
	crowd->has_left = true;
}

/* Beyond some number of them the system may make smaller ones, as of pipes, pipe(7). */
static int check_like_first(struct crowd *crowd, const struct channel *channel)
{
	if (!memcmp(channel->settings, crowd->channels[0].settings,
		    sizeof channel->settings))
		return 0;
	return why_say(&crowd->why, EDQUOT,
		"the system makes channel %zu with other settings than the first",
		crowd->count);
}

static int create_all(struct crowd *crowd, size_t count, struct why *why)
{
	struct memory_process before, after = { 0 };
	int error = memory_process(&before, why);

	while (!error && crowd->count < count) {
		error = create_one(crowd, crowd->count++);
		if (!error)
			error = check_like_first(
				crowd, &crowd->channels[crowd->count - 1]);
		if (error && why && !why->text[0])
			*why = crowd->why;
	}
	if (!error)
		error = memory_process(&after, why);
	if (!error)
		crowd->faults = after.faults - before.faults;
	return error;
}

static int say_late(const struct crowd *crowd, struct why *why)
{
	why_say(why, 0, "%s: %zu channels were not made ready before the deadline",
		crowd->spec->pair->mechanism->name, crowd->count);
	return -ETIMEDOUT;
}

/* Sleeps until both sides have done the stage. */
static int await_stage(struct crowd *crowd, struct why *why)
{
	const char *name = crowd->spec->pair->mechanism->name;
	struct pollfd events[1 + CROWD_SIDES] = { { .fd = crowd->bell, .events = POLLIN },
		{ .fd = crowd->sides[0].pidfd, .events = POLLIN },
		{ .fd = crowd->sides[1].pidfd, .events = POLLIN } };

	for (;;) {
		uint64_t now = clock_now_ns(), deadline = crowd->spec->deadline_ns, rings;
		uint64_t left = now < deadline ? deadline - now : 0;
		const struct timespec timeout = { .tv_sec = (time_t)(left / 1000000000),
			.tv_nsec = (long)(left % 1000000000) };
		int count;

		if (interrupt_signal())
			return why_say(why, EINTR, "the run was ended by a signal (%s)",
				strsignal(interrupt_signal()));
		count = ppoll(events, 1 + CROWD_SIDES, &timeout, interrupt_mask());
		if (count == 0)
			return say_late(crowd, why);
		if (count < 0 && errno != EINTR)
			return why_say(why, errno, "wait for the sides");
		if (count < 0)
			continue;
		if (events[0].revents)
			(void)!read(crowd->bell, &rings, sizeof rings);
		for (unsigned side = 0; side < CROWD_SIDES; side++) {
			int error = crowd->control->sides[side].error;

			if (error && why && !why->text[0])
				*why = crowd->control->sides[side].why;
			if (error)
				return error;
			if (events[1 + side].revents)
				return why_say(
					why, ECHILD, "%s: side %u died", name, side);
		}
		if (atomic_load(&crowd->control->done) == CROWD_SIDES)
			return 0;
	}
}

static int next_stage(struct crowd *crowd, struct why *why)
{
	atomic_store(&crowd->control->done, 0);
	atomic_fetch_add(&crowd->control->stage, 1);
	futex_wake(&crowd->control->stage, CROWD_SIDES);
	return await_stage(crowd, why);
}

/* Processes of crowds that come later must not inherit it, or they would be larger. */
static void keep_to_itself(struct crowd *crowd)
{
	const struct crowd_spec *spec = crowd->spec;
	size_t buffer = side_buffer_size(spec->pair);

	madvise(crowd->control, sizeof *crowd->control, MADV_DONTFORK);
	madvise(crowd->shared, crowd->shared_step * spec->room, MADV_DONTFORK);
	madvise(crowd->own, crowd->own_step * spec->room, MADV_DONTFORK);
	madvise(crowd->tx, buffer, MADV_DONTFORK);
	madvise(crowd->rx, buffer, MADV_DONTFORK);
	madvise(crowd->channels, spec->room * sizeof *crowd->channels, MADV_DONTFORK);
}

static int start_sides(struct crowd *crowd, struct why *why)
{
	struct janitor *janitor = crowd->spec->context->janitor;
	int error = 0;

	for (unsigned side = 0; side < CROWD_SIDES && !error; side++) {
		struct crowd_side start = { crowd, side };

		error = child_start(
			janitor, crowd_side_main, &start, &crowd->sides[side], why);
		if (!error)
			error = child_watch(&crowd->sides[side], why);
	}
	if (!error)
		error = await_stage(crowd, why);
	if (error)
		return error;
	leave(crowd);
	keep_to_itself(crowd);
	return next_stage(crowd, why);
}

int crowd_open(const struct crowd_spec *spec, size_t count, struct crowd **opened,
	struct why *why)
{
	struct crowd *crowd = calloc(1, sizeof *crowd);
	int error;

	if (!crowd)
		return why_say(why, ENOMEM, "make a crowd of channels");
	*crowd = (struct crowd) { .spec = spec,
		.shared_step = step(spec->pair->mechanism->shared_size),
		.own_step = step(spec->pair->mechanism->own_size),
		.sides = { { .pidfd = -1 }, { .pidfd = -1 } },
		.bell = eventfd(0, EFD_CLOEXEC) };
	error = crowd->bell < 0 ? -errno : lay_out_all(crowd);
	if (error)
		why_say(why, -error, "lay out %zu channels", spec->room);
	else
		error = create_all(crowd, count, why);
	if (!error)
		error = start_sides(crowd, why);
	if (error) {
		crowd->is_broken = true;
		crowd_close(crowd);
		return error;
	}
	*opened = crowd;
	return 0;
}

int crowd_fill(struct crowd *crowd, size_t *filled, struct why *why)
{
	int error = next_stage(crowd, why);

	crowd->is_broken = error != 0;
	*filled = (size_t)atomic_load(&crowd->control->filled);
	return error;
}

/* A file that both map is counted once. */
int64_t crowd_bytes(const struct crowd *crowd)
{
	const struct memory_process *a = &crowd->control->sides[0].use;
	const struct memory_process *b = &crowd->control->sides[1].use;

	return a->tables + b->tables + a->shared + b->shared +
	       (a->files > b->files ? a->files : b->files);
}

int64_t crowd_faults(const struct crowd *crowd)
{
	return crowd->faults + crowd->control->sides[0].use.faults +
	       crowd->control->sides[1].use.faults;
}

/* Whatever stage they are in, they go on to the end. A second is plenty for that. */
static void dismiss(struct crowd *crowd)
{
	atomic_store(&crowd->control->stage, LEAVE);
	futex_wake(&crowd->control->stage, CROWD_SIDES);
	for (unsigned side = 0; side < CROWD_SIDES; side++) {
		struct pollfd gone = { .fd = crowd->sides[side].pidfd, .events = POLLIN };

		while (poll(&gone, 1, 1000) < 0 && errno == EINTR)
			;
	}
}

void crowd_close(struct crowd *crowd)
{
	const struct crowd_spec *spec;
	const struct mechanism *mechanism;

	if (!crowd)
		return;
	spec = crowd->spec;
	mechanism = spec->pair->mechanism;
	if (!crowd->is_broken)
		dismiss(crowd);
	for (unsigned side = 0; side < CROWD_SIDES; side++)
		child_end(spec->context->janitor, &crowd->sides[side]);
	leave(crowd);
	for (size_t i = 0; mechanism->remove && i < crowd->count; i++)
		mechanism->remove(&crowd->channels[i]);
	if (crowd->bell >= 0)
		close(crowd->bell);
	memory_unmap(crowd->control, sizeof *crowd->control);
	memory_unmap(crowd->shared, crowd->shared_step * spec->room);
	memory_unmap(crowd->own, crowd->own_step * spec->room);
	memory_unmap(crowd->tx, side_buffer_size(spec->pair));
	memory_unmap(crowd->rx, side_buffer_size(spec->pair));
	memory_unmap(crowd->channels, spec->room * sizeof *crowd->channels);
	free(crowd);
}
