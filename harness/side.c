#include "harness/side.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "harness/base/memory.h"

#define BUFFER_SLACK 64

size_t side_buffer_size(const struct pair_spec *spec)
{
	return (spec->size_max > spec->chunk_max ? spec->size_max : spec->chunk_max) +
	       BUFFER_SLACK;
}

static int side_bind(const struct side_start *start, struct why *why)
{
	const struct placement *placement = &start->spec->placement;
	int cpu = placement->cpu[start->side];
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
		error = why_say(why, errno, "bind side %u to CPU %d", start->side, cpu);
	CPU_FREE(set);
	if (!error && start->context->topology)
		topology_bind_memory(
			start->context->topology, placement->node[start->side]);
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
	size_t size = side_buffer_size(spec);

	side->channel.own = memory_own(spec->mechanism->own_size);
	side->channel.tx = memory_own(size);
	side->channel.rx = side->rx_base = memory_own(size);
	side->samples = memory_own(SAMPLES_MAX * sizeof *side->samples);
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
	case SLICE_CONNECT:
	case SLICE_PIECES:
		return measure_latency(side, slice, report);
	case SLICE_THROUGHPUT:
		return measure_throughput(side, slice, report);
	case SLICE_CAPACITY:
		return measure_capacity(side, slice, report);
	case SLICE_SEND:
		return measure_send(side, slice, report);
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

/* What the messages of a slice cost, without its gaps. What the kernel accounts by ticks
 * may then come out below nothing. */
static void keep_cost(struct side *side, const struct cost *before,
	const struct cost *after, struct cost *cost)
{
	const struct cost nothing = { .has_hardware = side->idle.has_hardware };

	cost_add_difference(cost, before, after);
	if (!side->idle.pieces)
		return;
	cost_add_difference(cost, &side->idle, &nothing);
	cost->user_ns = cost->user_ns > 0 ? cost->user_ns : 0;
	cost->system_ns = cost->system_ns > 0 ? cost->system_ns : 0;
	side->idle = (struct cost) { 0 };
}

static void side_work(struct side *side, const struct side_start *start)
{
	struct control *control = side->control;
	unsigned number = side->channel.side;
	struct report *report = &control->reports[number];

	for (uint32_t seen = 0;;) {
		struct slice slice;
		struct cost before, after;
		int error = 0, here;
		int cpu = start->spec->placement.cpu[number];

		while (atomic_load(&control->go) == seen)
			(void)futex_wait(&control->go, seen, -1);
		seen = atomic_load(&control->go);
		slice = control->slice;
		if (slice.kind == SLICE_QUIT)
			return;
		if (takes_part(side, &slice)) {
			counters_read(side->counters, &before);
			error = side_slice(side, &slice, report);
			counters_read(side->counters, &after);
			keep_cost(side, &before, &after, &report->cost);
			here = sched_getcpu(); /* -1: the system cannot tell */
			report->left_cpu = cpu >= 0 && here >= 0 && here != cpu;
			if (!error && !slice.is_warm_up)
				measure_fold(side, &slice);
			side->sample_count = 0;
		}
		side_park(side, report, error, start->bell);
	}
}

/* For ps(1) and whoever has to find it: "ipcmark-1-pipe"; the kernel keeps 15 bytes. */
static void side_name(const struct side_start *start)
{
	char name[64];

	snprintf(name, sizeof name, "ipcmark-%u-%s", start->side,
		start->spec->mechanism->name);
	prctl(PR_SET_NAME, name);
}

int side_main(void *argument)
{
	const struct side_start *start = argument;
	const struct pair_spec *spec = start->spec;
	struct report *report = &start->control->reports[start->side];
	struct counters counters;
	struct side side = { .channel = *start->channel,
		.control = start->control,
		.clock = start->context->clock,
		.payload = spec->payload,
		.counters = &counters };
	int error;

	side_name(start);
	signal(SIGPIPE, SIG_IGN);
	side.channel.side = start->side;
	side.channel.why = &report->why;
	if (start->context->side_hook)
		start->context->side_hook(start->side);
	counters_open(&counters);
	error = side_bind(start, &report->why);
	if (!error)
		error = side_schedule(&spec->sched, &report->why);
	if (!error)
		error = side_memory(&side, spec);
	if (!error && spec->mechanism->attach)
		error = spec->mechanism->attach(&side.channel);
	counters_leave_threads(&counters);
	side_park(&side, report, error, start->bell);
	side_work(&side, start);
	if (spec->mechanism->detach)
		spec->mechanism->detach(&side.channel);
	counters_close(&counters);
	return 0;
}
