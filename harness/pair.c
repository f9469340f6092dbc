#include "harness/pair.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/counters.h"
#include "harness/interrupt.h"
#include "harness/side.h"

/* A side's own memory: buffers for the largest message, samples, the mechanism's state.
 */
#define BUFFER_SLACK 64

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

struct side_start {
	struct pair *pair;
	unsigned side;
};

static void *map_shared(size_t size)
{
	void *memory = mmap(NULL, size ? size : 1, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static void *map_own(size_t size)
{
	void *memory = mmap(NULL, size ? size : 1, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static size_t buffer_size(const struct pair_spec *spec)
{
	return (spec->size_max > spec->chunk_max ? spec->size_max : spec->chunk_max) +
	       BUFFER_SLACK;
}

/* --- in a side -----------------------------------------------------------------------
 */

static int side_bind(const struct pair *pair, unsigned side, struct why *why)
{
	int cpu = pair->spec.placement.cpu[side];
	cpu_set_t *set;
	int error = 0;

	if (cpu < 0)
		return 0;
	set = CPU_ALLOC((size_t)cpu + 1);
	if (!set)
		return why_say(why, ENOMEM, "bind to CPU %d", cpu);
	CPU_ZERO_S(CPU_ALLOC_SIZE((size_t)cpu + 1), set);
	CPU_SET_S((size_t)cpu, CPU_ALLOC_SIZE((size_t)cpu + 1), set);
	if (sched_setaffinity(0, CPU_ALLOC_SIZE((size_t)cpu + 1), set))
		error = why_say(why, errno, "bind side %u to CPU %d", side, cpu);
	CPU_FREE(set);
	if (!error && pair->context.topology)
		topology_bind_memory(
			pair->context.topology, pair->spec.placement.node[side]);
	return error;
}

static int side_schedule(const struct sched *sched, struct why *why)
{
	struct sched_param parameter = { 0 };
	int error;

	if (sched->policy == SCHED_INHERIT)
		return 0;
	if (sched->policy == SCHED_POLICY_FIFO)
		parameter.sched_priority = sched->priority;
	if (sched_setscheduler(0,
		    sched->policy == SCHED_POLICY_FIFO ? SCHED_FIFO : SCHED_OTHER,
		    &parameter) == 0)
		return 0;
	error = why_say(why, errno, "set SCHED_%s, priority %d",
		sched->policy == SCHED_POLICY_FIFO ? "FIFO" : "OTHER",
		parameter.sched_priority);
	why_add(why, "it takes root, CAP_SYS_NICE or RLIMIT_RTPRIO");
	return error;
}

/* Fresh memory, touched here, so that it is on this side's node and takes no fault later.
 */
static int side_memory(struct side *side, const struct pair_spec *spec)
{
	size_t size = buffer_size(spec);

	side->channel.own = map_own(spec->mechanism->own_size);
	side->channel.tx = map_own(size);
	side->channel.rx = side->rx_base = map_own(size);
	side->samples = map_own(SAMPLES_MAX * sizeof *side->samples);
	if (!side->channel.own || !side->channel.tx || !side->channel.rx ||
		!side->samples)
		return why_say(side->channel.why, ENOMEM, "map the buffers of a side");
	memset(side->channel.tx, 0xa5, size);
	memset(side->channel.rx, 0x5a, size);
	memset(side->samples, 1, SAMPLES_MAX * sizeof *side->samples);
	return 0;
}

static int side_slice(struct side *side, const struct slice *slice, struct report *report)
{
	switch (slice->kind) {
	case SLICE_READY:
		return side->channel.mechanism->ready
			       ? side->channel.mechanism->ready(&side->channel)
			       : 0;
	case SLICE_LATENCY:
		return measure_latency(side, slice, report);
	case SLICE_THROUGHPUT:
		return measure_throughput(side, slice, report);
	case SLICE_CAPACITY:
		return measure_capacity(side, slice, report);
	case SLICE_ATTACH:
	case SLICE_QUIT:
		break;
	}
	return 0;
}

/* Does a side take part in the slice? The peer of a solo floor does not. */
static bool takes_part(const struct side *side, const struct slice *slice)
{
	return side->channel.side == 0 || slice->kind == SLICE_READY ||
	       !(side->channel.mechanism->caps & CAP_SOLO);
}

static void side_park(struct side *side, struct report *report, int error, int bell)
{
	const uint64_t one = 1;

	report->error = error;
	report->is_done = true;
	if (atomic_fetch_add(&side->control->parked, 1) == 1 || error)
		while (write(bell, &one, sizeof one) < 0 && errno == EINTR)
			;
}

static void side_work(
	struct side *side, struct pair *pair, const struct counters *counters)
{
	struct control *control = side->control;
	unsigned number = side->channel.side;
	struct report *report = &control->reports[number];

	for (uint32_t seen = 0;;) {
		struct slice slice;
		struct cost before, after;
		int error = 0;
		int cpu = pair->spec.placement.cpu[number];

		while (atomic_load(&control->go) == seen)
			(void)futex_wait(&control->go, seen, -1);
		seen = atomic_load(&control->go);
		slice = control->slice;
		if (slice.kind == SLICE_QUIT)
			return;
		if (takes_part(side, &slice)) {
			counters_read(counters, &before);
			error = side_slice(side, &slice, report);
			counters_read(counters, &after);
			cost_add_difference(&report->cost, &before, &after);
			report->left_cpu = cpu >= 0 && sched_getcpu() != cpu;
			if (!error && !slice.is_warm_up)
				measure_fold(side, &slice);
			side->sample_count = 0;
		}
		side_park(side, report, error, pair->bell);
	}
}

static int side_main(void *argument)
{
	const struct side_start *start = argument;
	struct pair *pair = start->pair;
	const struct pair_spec *spec = &pair->spec;
	struct report *report = &pair->control->reports[start->side];
	struct side side = { .channel = pair->channel,
		.control = pair->control,
		.clock = pair->context.clock,
		.payload = spec->payload };
	struct counters counters;
	int error;

	signal(SIGPIPE, SIG_IGN);
	side.channel.side = start->side;
	side.channel.why = &report->why;
	if (pair->context.side_hook)
		pair->context.side_hook(start->side);
	counters_open(&counters);
	error = side_bind(pair, start->side, &report->why);
	if (!error)
		error = side_schedule(&spec->sched, &report->why);
	if (!error)
		error = side_memory(&side, spec);
	if (!error && spec->mechanism->attach)
		error = spec->mechanism->attach(&side.channel);
	side_park(&side, report, error, pair->bell);
	side_work(&side, pair, &counters);
	if (spec->mechanism->detach)
		spec->mechanism->detach(&side.channel);
	counters_close(&counters);
	return 0;
}

/* --- in the coordinator ----------------------------------------------------------------
 */

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
 * dying process are closed a little before its pidfd tells, so an error that says "the
 * peer is gone" waits for the pidfd. */
static int say_failed(struct pair *pair, unsigned side, struct why *why)
{
	const struct report *report = &pair->control->reports[side];
	struct pollfd peer = { .fd = pair->sides[!side].pidfd, .events = POLLIN };
	bool says_gone = report->error == -EPIPE || report->error == -ECONNRESET ||
			 report->error == -ECONNREFUSED || report->error == -ENOTCONN;
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
		.directory = pair->context.janitor->directory,
		.ledger = pair->context.janitor->ledger,
		.why = &pair->channel_why };
	memcpy(channel->settings, spec->settings, sizeof channel->settings);
	channel->shared = map_shared(mechanism->shared_size);
	channel->own = map_own(mechanism->own_size);
	channel->tx = map_own(buffer_size(spec));
	channel->rx = map_own(buffer_size(spec));
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
	struct side_start starts[2] = { { pair, 0 }, { pair, 1 } };
	int error = 0;

	for (unsigned side = 0; side < 2 && !error; side++)
		error = child_start(pair->context.janitor, side_main, &starts[side],
			&pair->sides[side], why);
	if (!error)
		error = await_sides(pair, deadline_ns, why);
	leave_channel(pair);
	return error ? error : pair_slice(pair, &ready, deadline_ns, why);
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
	pair->control = map_shared(pair->control_size);
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
	if (pair->bell >= 0)
		close(pair->bell);
	if (pair->channel.shared)
		munmap(pair->channel.shared, pair->spec.mechanism->shared_size
						     ? pair->spec.mechanism->shared_size
						     : 1);
	if (pair->channel.own)
		munmap(pair->channel.own, pair->spec.mechanism->own_size
						  ? pair->spec.mechanism->own_size
						  : 1);
	if (pair->channel.tx)
		munmap(pair->channel.tx, buffer_size(&pair->spec));
	if (pair->channel.rx)
		munmap(pair->channel.rx, buffer_size(&pair->spec));
	if (pair->control)
		munmap(pair->control, pair->control_size);
	free(pair);
}
