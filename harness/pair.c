#include "harness/pair.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/memory.h"
#include "harness/interrupt.h"
#include "harness/side.h"

/* A side that says its peer is gone is believed when the peer has ended within this time.
 */
#define DEATH_MS 1000

struct pair {
	struct pair_context context;
	struct pair_spec spec;
	struct control *control;
	size_t control_size;
	struct channel channel; /* the parent's view */
	struct why channel_why;
	struct child sides[2];
	int bell; /* eventfd: a side has parked last, or failed */
	bool is_created, is_broken;
	uint32_t slice_number;
};

static const char *const slice_names[] = { "attach", "get ready", "a latency slice",
	"a throughput slice", "a capacity slice", "quit" };

static int say_dead(struct pair *pair, unsigned side, struct why *why)
{
	pid_t pid = pair->sides[side].pid;
	siginfo_t info = { 0 };
	const char *doing = slice_names[pair->control->slice.kind];

	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT);
	if (info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED)
		why_say(why, 0,
			"%s: side %u (process %d) was killed by signal %d (%s) in %s",
			pair->spec.mechanism->name, side, (int)pid, info.si_status,
			strsignal(info.si_status), doing);
	else
		why_say(why, 0, "%s: side %u (process %d) exited with %d in %s",
			pair->spec.mechanism->name, side, (int)pid, info.si_status,
			doing);
	return -ECHILD;
}

static int say_late(struct pair *pair, struct why *why)
{
	const struct slice *slice = &pair->control->slice;
	unsigned side = pair->control->reports[0].is_done ? 1 : 0;

	for (unsigned s = 0; s < 2; s++) {
		siginfo_t info = { 0 };

		if (waitid(P_PID, (id_t)pair->sides[s].pid, &info,
			    WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
			info.si_pid) {
			why_say(why, 0,
				"%s: side %u (process %d) is stopped (%s) and did not finish "
				"%s before the deadline",
				pair->spec.mechanism->name, s, (int)pair->sides[s].pid,
				strsignal(info.si_status), slice_names[slice->kind]);
			return -ETIMEDOUT;
		}
	}
	why_say(why, 0,
		"%s: side %u (process %d) did not finish %s of %zu bytes before the deadline",
		pair->spec.mechanism->name, side, (int)pair->sides[side].pid,
		slice_names[slice->kind], slice->size);
	return -ETIMEDOUT;
}

/* The first side that failed, or -1. */
static int failed_side(const struct pair *pair)
{
	for (int side = 0; side < 2; side++)
		if (pair->control->reports[side].is_done &&
			pair->control->reports[side].error)
			return side;
	return -1;
}

/* Tells the side's error, unless its peer is dead: then that is the cause. The ends of a
 * dying process are closed and its memory is given back a little before its pidfd tells,
 * so an error that says "the peer is gone" waits for the pidfd. */
static int say_failed(struct pair *pair, unsigned side, struct why *why)
{
	const struct report *report = &pair->control->reports[side];
	struct pollfd peer = { .fd = pair->sides[!side].pidfd, .events = POLLIN };
	bool says_gone = report->error == -EPIPE || report->error == -ECONNRESET ||
			 report->error == -ECONNREFUSED || report->error == -ENOTCONN ||
			 report->error == -ESRCH;
	int count;

	do {
		count = poll(&peer, 1, says_gone ? DEATH_MS : 0);
	} while (count < 0 && errno == EINTR);
	if (count > 0)
		return say_dead(pair, !side, why);
	if (why && !why->text[0])
		*why = report->why;
	why_say(why, -report->error, "%s: side %u failed in %s",
		pair->spec.mechanism->name, side, slice_names[pair->control->slice.kind]);
	return report->error;
}

/* Sleeps until both sides are parked. */
static int await_sides(struct pair *pair, uint64_t deadline_ns, struct why *why)
{
	struct pollfd events[3] = { { .fd = pair->bell, .events = POLLIN },
		{ .fd = pair->sides[0].pidfd, .events = POLLIN },
		{ .fd = pair->sides[1].pidfd, .events = POLLIN } };

	for (;;) {
		uint64_t now = clock_now_ns();
		uint64_t left = now < deadline_ns ? deadline_ns - now : 0;
		const struct timespec timeout = { .tv_sec = (time_t)(left / 1000000000),
			.tv_nsec = (long)(left % 1000000000) };
		uint64_t rings;
		int count;

		if (interrupt_signal())
			return why_say(why, EINTR, "the run was ended by a signal (%s)",
				strsignal(interrupt_signal()));
		count = ppoll(events, 3, &timeout, interrupt_mask());
		if (count < 0 && errno != EINTR)
			return why_say(why, errno, "wait for the sides");
		if (count <= 0) {
			if (count == 0)
				return say_late(pair, why);
			continue;
		}
		if (events[0].revents) {
			(void)!read(pair->bell, &rings, sizeof rings);
			if (failed_side(pair) >= 0)
				return say_failed(pair, (unsigned)failed_side(pair), why);
			if (atomic_load(&pair->control->parked) == 2)
				return 0;
		}
		for (unsigned side = 0; side < 2; side++)
			if (events[1 + side].revents)
				return say_dead(pair, side, why);
	}
}

static void post(struct pair *pair, const struct slice *slice)
{
	struct control *control = pair->control;

	control->slice = *slice;
	atomic_store(&control->last, STOP_UNKNOWN);
	atomic_store(&control->parked, 0);
	atomic_store(&control->turn, 0);
	for (unsigned side = 0; side < 2; side++)
		control->reports[side] = (struct report) { 0 };
	atomic_store(&control->go, ++pair->slice_number);
	futex_wake(&control->go, 2);
}

int pair_slice(struct pair *pair, const struct slice *slice, uint64_t deadline_ns,
	struct why *why)
{
	int error;

	post(pair, slice);
	error = await_sides(pair, deadline_ns, why);
	if (error)
		pair->is_broken = true;
	return error;
}

static bool shares_cpu(const struct placement *placement)
{
	cpu_set_t allowed;

	if (placement->cpu[0] >= 0)
		return placement->cpu[0] == placement->cpu[1];
	/* Not pinned: only where there is a single CPU anyway. */
	return sched_getaffinity(0, sizeof allowed, &allowed) == 0 &&
	       CPU_COUNT(&allowed) == 1;
}

static int create_channel(struct pair *pair, struct why *why)
{
	const struct pair_spec *spec = &pair->spec;
	const struct mechanism *mechanism = spec->mechanism;
	struct channel *channel = &pair->channel;
	int error = 0;

	*channel = (struct channel) { .mechanism = mechanism,
		.size_max = spec->size_max ? spec->size_max : 1,
		.shares_cpu = shares_cpu(&spec->placement),
		.is_unpinned = spec->placement.cpu[0] < 0,
		.directory = pair->context.janitor->directory,
		.ledger = pair->context.janitor->ledger,
		.why = &pair->channel_why };
	memcpy(channel->settings, spec->settings, sizeof channel->settings);
	channel->shared = memory_shared(mechanism->shared_size);
	channel->own = memory_own(mechanism->own_size);
	channel->tx = memory_own(side_buffer_size(spec));
	channel->rx = memory_own(side_buffer_size(spec));
	if (!channel->shared || !channel->own || !channel->tx || !channel->rx)
		return why_say(why, ENOMEM, "map the memory of a channel");
	pair->is_created = true;
	if (mechanism->create)
		error = mechanism->create(channel);
	if (error && why && !why->text[0])
		*why = pair->channel_why;
	if (error)
		why_say(why, -error, "%s: make the channel", mechanism->name);
	return error;
}

/* The parent's ends must go, or end of file and a broken pipe never come. */
static void leave_channel(struct pair *pair)
{
	const struct mechanism *mechanism = pair->spec.mechanism;

	if (pair->is_created && mechanism->detach)
		mechanism->detach(&pair->channel);
	pair->is_created = false;
}

static int start_sides(struct pair *pair, uint64_t deadline_ns, struct why *why)
{
	const struct slice ready = { .kind = SLICE_READY };
	struct side_start start = { .context = &pair->context,
		.spec = &pair->spec,
		.channel = &pair->channel,
		.control = pair->control,
		.bell = pair->bell };
	int error = 0;

	for (start.side = 0; start.side < 2 && !error; start.side++)
		error = child_start(pair->context.janitor, side_main, &start,
			&pair->sides[start.side], why);
	if (!error)
		error = await_sides(pair, deadline_ns, why);
	/* After a failure names go last, when no side can make them anew. */
	if (error)
		return error;
	leave_channel(pair);
	return pair_slice(pair, &ready, deadline_ns, why);
}

int pair_start(const struct pair_context *context, const struct pair_spec *spec,
	uint64_t deadline_ns, struct pair **started, struct why *why)
{
	struct pair *pair = calloc(1, sizeof *pair);
	int error;

	if (!pair)
		return why_say(why, ENOMEM, "start a pair");
	pair->context = *context;
	pair->spec = *spec;
	pair->sides[0].pidfd = pair->sides[1].pidfd = -1;
	pair->control_size = sizeof(struct control) +
			     spec->slots * sizeof(struct histogram);
	pair->control = memory_shared(pair->control_size);
	pair->bell = eventfd(0, EFD_CLOEXEC);
	if (!pair->control)
		error = why_say(why, ENOMEM, "map the control block");
	else if (pair->bell < 0)
		error = why_say(why, errno, "make the coordinator's bell");
	else
		error = create_channel(pair, why);
	if (!error)
		error = start_sides(pair, deadline_ns, why);
	if (error) {
		pair->is_broken = true;
		pair_stop(pair);
		return error;
	}
	*started = pair;
	return 0;
}

const struct report *pair_report(const struct pair *pair, unsigned side)
{
	return &pair->control->reports[side];
}

const struct capacity *pair_capacity(const struct pair *pair)
{
	return &pair->control->capacity;
}

struct histogram *pair_histogram(struct pair *pair, size_t slot)
{
	return &pair->control->histograms[slot];
}

const struct channel *pair_channel(const struct pair *pair)
{
	return &pair->channel;
}

pid_t pair_pid(const struct pair *pair, unsigned side)
{
	return pair->sides[side].pid;
}

/* Parked sides leave by themselves and undo what they did; a second is plenty for that.
 */
static void dismiss(struct pair *pair)
{
	const struct slice quit = { .kind = SLICE_QUIT };

	post(pair, &quit);
	for (unsigned side = 0; side < 2; side++) {
		struct pollfd gone = { .fd = pair->sides[side].pidfd, .events = POLLIN };

		while (poll(&gone, 1, 1000) < 0 && errno == EINTR)
			;
	}
}

void pair_stop(struct pair *pair)
{
	if (!pair)
		return;
	if (!pair->is_broken)
		dismiss(pair);
	for (unsigned side = 0; side < 2; side++)
		child_end(pair->context.janitor, &pair->sides[side]);
	leave_channel(pair);
	if (pair->channel.shared && pair->spec.mechanism->remove)
		pair->spec.mechanism->remove(&pair->channel);
	if (pair->bell >= 0)
		close(pair->bell);
	memory_unmap(pair->channel.shared, pair->spec.mechanism->shared_size);
	memory_unmap(pair->channel.own, pair->spec.mechanism->own_size);
	memory_unmap(pair->channel.tx, side_buffer_size(&pair->spec));
	memory_unmap(pair->channel.rx, side_buffer_size(&pair->spec));
	memory_unmap(pair->control, pair->control_size);
	free(pair);
}
