#include "harness/launch.h"

#include "harness/side.h"

#define HANDOVER_MOST 20
#define HANDOVER_NS   1000000.0 /* and no more than about this much time of them */
#define BATCH_NS      4000.0 /* below 1 us, stamps are this far apart */
#define LOOK_NS       20000.0 /* a sender looks at the clock this often */
#define BATCH_MOST    1024.0
#define CAPACITY_NS   60000000u /* planned for one capacity slice */
#define CAPACITY_MOST 3000000000u
#define MEMORY_NS     500000000u /* planned for one size of the memory test */
#define MEMORY_MOST   20000000000u
#define DELAYED_NS    40000000u /* planned for one delayed acknowledgement */
#define DELAYS_MOST   50u /* in a slice of pieces */
#define START_NS      6000000u /* to start and stop a pair */
#define GAP_SAMPLES   10 /* at least so many where round trips have gaps */

uint64_t launch_warm_up_ns(const struct mechanism *mechanism)
{
	/* A spinner's caches are warm at once; a kernel path takes 50 ms to settle. */
	return mechanism->caps & (CAP_SPINS | CAP_SOLO) ? 5000000 : 50000000;
}

bool launch_can_coalesce(const struct mechanism *mechanism)
{
	return (mechanism->caps & CAP_PAYLOAD) && !mechanism->work &&
	       !mechanism->reserve && !(mechanism->caps & (CAP_BOUNDARIES | CAP_INPLACE));
}

bool launch_is_round_trip(enum test test)
{
	return test == TEST_LATENCY || test == TEST_CONNECT || test == TEST_PIECES;
}

bool launch_is_found_at_once(const struct launch_spec *spec)
{
	return spec->test == TEST_CAPACITY || spec->test == TEST_MEMORY;
}

unsigned launch_slices(const struct launch_spec *spec)
{
	return launch_is_found_at_once(spec) ? 1 : spec->slices;
}

uint64_t launch_slice_planned_ns(const struct launch_spec *spec)
{
	uint64_t with_gaps = GAP_SAMPLES * spec->gap_ns;

	return spec->test == TEST_CAPACITY  ? CAPACITY_NS
	       : spec->test == TEST_MEMORY  ? MEMORY_NS
	       : with_gaps > spec->slice_ns ? with_gaps
					    : spec->slice_ns;
}

uint64_t launch_slice_most_ns(const struct launch_spec *spec)
{
	return spec->test == TEST_CAPACITY ? CAPACITY_MOST
	       : spec->test == TEST_MEMORY ? MEMORY_MOST
	       : spec->test == TEST_PIECES ? launch_slice_planned_ns(spec) +
						     DELAYS_MOST * (uint64_t)DELAYED_NS
					   : launch_slice_planned_ns(spec);
}

/* Of pieces some rows wait for delayed acknowledgements, three in the shortest slice, and
 * most do not: one a slice is about right for all. */
uint64_t launch_planned_ns(const struct launch_spec *spec)
{
	unsigned slices = launch_slices(spec);
	uint64_t one = spec->size_count * slices *
		       (launch_slice_planned_ns(spec) * 6 / 5);

	if (!launch_is_found_at_once(spec))
		one += spec->warm_up_ns;
	if (spec->test == TEST_PIECES)
		one += spec->size_count * (slices + 1) * (uint64_t)DELAYED_NS;
	return spec->pair_count * (one + START_NS);
}

static uint64_t clamp(double value, double least, double most)
{
	return (uint64_t)(value < least ? least : value > most ? most : value);
}

struct pace launch_pace(
	const struct launch_spec *spec, size_t size_bytes, const struct report *report)
{
	double message_ns = (double)(report->elapsed_ns + 1) /
			    (double)(report->messages ? report->messages : 1);
	struct pace pace = { .message_ns = message_ns,
		.handover = clamp(HANDOVER_NS / message_ns, 1, HANDOVER_MOST),
		.batch = 1 };

	if (spec->test == TEST_THROUGHPUT)
		pace.batch = clamp(LOOK_NS / message_ns, 1, BATCH_MOST);
	else if (spec->test == TEST_SEND)
		pace.batch = measure_burst(report->room, size_bytes);
	else if (message_ns < 1000 && !spec->gap_ns)
		pace.batch = clamp(BATCH_NS / message_ns, 1, BATCH_MOST);
	if (spec->batch)
		pace.batch = spec->batch;
	return pace;
}
