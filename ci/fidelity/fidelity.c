/* fidelity.c: what the harness itself costs, and what its mechanisms could do better.
 * Each comparison is a launch with two pairs on the same CPUs, alternated slice by slice:
 * ours, and a bare loop or another row. One launch gives one ratio; the interval is that
 * of the median ratio over the launches. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ci/fidelity/bare.h"
#include "ci/fidelity/costs.h"
#include "harness/base/text.h"
#include "harness/environment.h"
#include "harness/interrupt.h"
#include "harness/launch.h"
#include "harness/statistics.h"

#define LAUNCHES_MOST 200
#define PRIORITY      10 /* of the sides under --fifo; who watches them is above */
#define KIB           ((size_t)1024)
#define MIB           (1024 * KIB)
#define LARGE         (64 * KIB) /* from here on a slice is longer: few messages fit */

/* What is bounded: the ratio ours to other of round trips (at most) or rates (at least),
 * or ours alone in millions of messages a second. Nothing: the row explains another. */
enum bound { AT_MOST, AT_LEAST, MILLIONS, MILLIONS_AIM, NOTHING };

enum place { SAME = 1, APART = 2, BOTH = 3 }; /* one CPU, two CPUs */

struct options {
	int64_t launches; /* a comparison */
	const char *word; /* in the name of one of the rows compared */
	struct sched sched;
};

struct comparison {
	const char *ours, *other;
	enum test test;
	size_t size;
	enum place place;
	enum bound kind;
	double bound;
};

static const struct comparison comparisons[] = {
	/* The harness around a system call. */
	{ "pipe", "bare_pipe", TEST_LATENCY, 4, BOTH, AT_MOST, 1.03 },
	{ "pipe", "bare_pipe", TEST_LATENCY, 64, BOTH, AT_MOST, 1.03 },
	{ "unix_stream", "bare_unix_stream", TEST_LATENCY, 64, BOTH, AT_MOST, 1.03 },
	{ "tcp", "bare_tcp", TEST_LATENCY, 64, BOTH, AT_MOST, 1.03 },
	/* The ring against what the memory does. */
	{ "shm_spin", "floor_cacheline", TEST_LATENCY, 8, APART, AT_MOST, 1.15 },
	{ "bare_two_lines", "floor_cacheline", TEST_LATENCY, 8, APART, NOTHING, 0 },
	{ "shm_spin", "bare_two_lines", TEST_LATENCY, 8, APART, AT_MOST, 1.15 },
	{ "shm_spin", "floor_cacheline", TEST_LATENCY, 64, APART, AT_MOST, 1.50 },
	{ "shm_spin", "bare_line", TEST_LATENCY, 64, APART, AT_MOST, 1.10 },
	{ "shm_spin", "floor_stream", TEST_THROUGHPUT, 64, APART, MILLIONS, 20 },
	{ "shm_spin", "floor_stream", TEST_THROUGHPUT, 64, APART, MILLIONS_AIM, 100 },
	{ "shm_spin", "floor_stream", TEST_THROUGHPUT, LARGE, APART, AT_LEAST, 0.90 },
	/* The ring against the rings of others: not slower, with the margin that a duet
	 * has. */
	{ "shm_spin", "bare_packets_ping", TEST_LATENCY, 64, APART, AT_MOST, 1.02 },
	{ "shm_spin", "bare_indices_ping", TEST_LATENCY, 64, APART, AT_MOST, 1.02 },
	{ "shm_spin", "bare_slots_ping", TEST_LATENCY, 64, APART, AT_MOST, 1.02 },
	{ "shm_spin", "bare_packets_stream", TEST_THROUGHPUT, 64, APART, AT_LEAST, .98 },
	{ "shm_spin", "bare_indices_stream", TEST_THROUGHPUT, 64, APART, AT_LEAST, .98 },
	{ "shm_spin", "bare_slots_stream", TEST_THROUGHPUT, 64, APART, AT_LEAST, .98 },
	{ "shm_spin", "bare_packets_stream", TEST_THROUGHPUT, LARGE, APART, AT_LEAST,
		.98 },
	{ "shm_spin", "bare_indices_stream", TEST_THROUGHPUT, LARGE, APART, AT_LEAST,
		.98 },
	{ "shm_spin", "bare_slots_stream", TEST_THROUGHPUT, LARGE, APART, AT_LEAST, .98 },
	/* Copies that a pipe can do without. */
	{ "pipe_vmsplice", "pipe", TEST_THROUGHPUT, LARGE, BOTH, AT_LEAST, 1 },
	{ "pipe_vmsplice", "pipe", TEST_THROUGHPUT, MIB, BOTH, AT_LEAST, 1 },
	{ "pipe_splice", "pipe", TEST_THROUGHPUT, LARGE, BOTH, AT_LEAST, 1 },
	{ "pipe_splice", "pipe", TEST_THROUGHPUT, MIB, BOTH, AT_LEAST, 1 },
};
#define COMPARISONS (sizeof comparisons / sizeof comparisons[0])

static const struct mechanism *find(const char *name)
{
	static const struct mechanism *const bare[] = { &bare_pipe, &bare_unix_stream,
		&bare_tcp, &bare_line, &bare_two_lines, &bare_packets_ping,
		&bare_packets_stream, &bare_indices_ping, &bare_indices_stream,
		&bare_slots_ping, &bare_slots_stream };

	for (size_t i = 0; i < sizeof bare / sizeof bare[0]; i++)
		if (!strcmp(bare[i]->name, name))
			return bare[i];
	return mechanism_find(name);
}

/* --- one comparison --------------------------------------------------------------------
 */

static bool is_in_millions(const struct comparison *comparison)
{
	return comparison->kind == MILLIONS || comparison->kind == MILLIONS_AIM;
}

struct values {
	double of[2][LAUNCHES_MOST]; /* round trips in ns, or messages a second */
	double bounded[LAUNCHES_MOST];
	size_t count;
};

/* The launch-level value of one pair. */
static double value_of(struct launch *launch, size_t pair)
{
	struct measured *measured = &launch->measured[pair][0];
	struct histogram *batches;

	if (launch->spec.test == TEST_THROUGHPUT)
		return statistics_median(
			measured->slice_values, measured->slice_value_count);
	batches = launch_batches(launch, pair, 0);
	return batches->count ? histogram_quantile(batches, .5) / (double)measured->batch
			      : histogram_quantile(launch_singles(launch, pair, 0), .5);
}

static void keep(
	const struct comparison *comparison, struct launch *launch, struct values *values)
{
	double ours = value_of(launch, 0), other = value_of(launch, 1);

	values->of[0][values->count] = ours;
	values->of[1][values->count] = other;
	values->bounded[values->count++] = is_in_millions(comparison) ? ours / 1e6
								      : ours / other;
}

static void measure(const struct pair_context *context,
	const struct comparison *comparison, const struct placement *placement,
	const struct options *options, struct values *values)
{
	const struct mechanism *pair[2] = { find(comparison->ours),
		find(comparison->other) };
	struct launch *launch = malloc(sizeof *launch);

	if (!launch)
		abort();
	values->count = 0;
	for (size_t i = 0; i < (size_t)options->launches && !interrupt_signal(); i++) {
		struct launch_spec spec = { .pair_count = 2,
			.test = comparison->test,
			.size_count = 1,
			.sizes = { comparison->size },
			.slice_ns = comparison->size < LARGE ? 5000000 : 10000000,
			.slices = 20,
			.warm_up_ns = launch_warm_up_ns(pair[0]),
			.deadline_ns = 10000000000,
			.seed = i };

		if (comparison->test == TEST_LATENCY)
			spec.batch = pair[0]->caps & CAP_SPINS ? 16 : 1;
		for (size_t p = 0; p < 2; p++) {
			spec.pairs[p].mechanism = pair[p];
			spec.pairs[p].placement = *placement;
			spec.pairs[p].payload = PAYLOAD_TOUCH;
			spec.pairs[p].sched = options->sched;
			mechanism_defaults(pair[p], spec.pairs[p].settings);
		}
		launch_run(context, &spec, launch);
		if (!launch->measured[0][0].outcome && !launch->measured[1][0].outcome)
			keep(comparison, launch, values);
		else
			fprintf(stderr, "fidelity: %s\n",
				launch->measured[0][0].outcome
					? launch->measured[0][0].why.text
					: launch->measured[1][0].why.text);
		launch_end(launch);
	}
	free(launch);
}

/* --- what it says ----------------------------------------------------------------------
 */

/* Right-aligned; a micro sign has two bytes and one column. */
static void print_right(const char *text, int width)
{
	for (const char *c = text; *c; c++)
		if ((*c & 0xc0) != 0x80)
			width--;
	printf("%*s%s", width > 0 ? width : 0, "", text);
}

static void print_value(const struct comparison *comparison, double value)
{
	char text[TEXT_QUANTITY];

	print_right(comparison->test == TEST_LATENCY
			    ? text_ns(value, text)
			    : text_rate(value * (double)comparison->size, text),
		11);
}

enum verdict { REACHED, UNDECIDED, MISSED, NOT_MEASURED };

/* Missed is what the interval lies beyond; an aim cannot be missed. */
static enum verdict judge(
	const struct comparison *comparison, double median, struct interval interval)
{
	bool is_most = comparison->kind == AT_MOST;

	if (comparison->kind == NOTHING ||
		(is_most ? median <= comparison->bound : median >= comparison->bound))
		return REACHED;
	if (comparison->kind == MILLIONS_AIM)
		return UNDECIDED;
	return (is_most ? interval.low > comparison->bound
			: interval.high < comparison->bound)
		       ? MISSED
		       : UNDECIDED;
}

static void print_head(void)
{
	printf("%-15s%-21s%7s  %-12s%-11s%9s%12s  %-7s%-16s%-11s%s\n", "ours", "other",
		"size", "test", "placement", "ours", "other", "ratio", "95 % interval",
		"bound", "reached");
}

/* What is bounded: a ratio, or millions of messages a second. */
static char *quantity(
	const struct comparison *comparison, double value, char text[TEXT_QUANTITY])
{
	snprintf(text, TEXT_QUANTITY, is_in_millions(comparison) ? "%.1f M" : "%.3f",
		value);
	return text;
}

static char *bound_text(const struct comparison *comparison, char text[TEXT_QUANTITY])
{
	static const char *const signs[] = { "<= ", ">= ", ">= ", "aim: ", "" };

	snprintf(text, TEXT_QUANTITY,
		is_in_millions(comparison)    ? "%s%.0f M"
		: comparison->kind == NOTHING ? "%s"
					      : "%s%.2f",
		signs[comparison->kind], comparison->bound);
	return text;
}

static enum verdict print_row(const struct comparison *comparison,
	const struct placement *placement, struct values *values)
{
	static const char *const verdicts[] = { "yes", "not certain", "NO" };
	char text[3][TEXT_QUANTITY], range[2 * TEXT_QUANTITY + 2];
	struct interval interval;
	enum verdict verdict;
	double median;

	printf("%-15s%-21s%7s  %-12s%-11s", comparison->ours, comparison->other,
		text_bytes((double)comparison->size, text[0]),
		comparison->test == TEST_LATENCY ? "round trip" : "stream",
		placement->name);
	if (values->count < STATISTICS_LAUNCHES_MIN) {
		printf("not measured\n");
		return NOT_MEASURED;
	}
	for (size_t p = 0; p < 2; p++)
		print_value(comparison, statistics_median(values->of[p], values->count));
	median = statistics_median(values->bounded, values->count);
	interval = statistics_median_interval(values->bounded, values->count, .95);
	verdict = judge(comparison, median, interval);
	snprintf(range, sizeof range, "%s..%s",
		quantity(comparison, interval.low, text[0]),
		quantity(comparison, interval.high, text[1]));
	printf("  %-7s %-16s%-11s%s\n", quantity(comparison, median, text[0]), range,
		bound_text(comparison, text[2]),
		comparison->kind == NOTHING ? "" : verdicts[verdict]);
	fflush(stdout);
	return verdict;
}

/* Both placements that the comparison wants and the machine has. */
static enum verdict compare(const struct pair_context *context,
	const struct comparison *comparison, const struct placements *placements,
	const struct options *options)
{
	static struct values values;
	enum verdict worst = REACHED;
	/* The two CPUs closest to each other. */
	const struct placement *wanted[2] = { &placements->items[0],
		placements->count > 1 ? &placements->items[1] : NULL };

	for (size_t i = 0; i < 2 && !interrupt_signal(); i++) {
		enum verdict verdict;

		if (!wanted[i] ||
			!(comparison->place &
				(wanted[i]->cpu[0] == wanted[i]->cpu[1] ? SAME : APART)))
			continue;
		measure(context, comparison, wanted[i], options, &values);
		verdict = print_row(comparison, wanted[i], &values);
		if (verdict > worst)
			worst = verdict;
	}
	return worst;
}

static void print_conditions(const struct placements *placements,
	const struct clock *clock, const struct options *options)
{
	const struct placement *placement =
		&placements->items[placements->count > 1 ? 1 : 0];
	char quiet[1024];
	int cpus[2];

	memcpy(cpus, placement->cpu, sizeof cpus);
	environment_quiet(cpus, 2, 200000000, quiet, sizeof quiet);
	printf("%d launches a comparison, clock %s, scheduling %s%s%s\n",
		(int)options->launches, clock->is_tsc ? "tsc" : "monotonic",
		options->sched.policy ? "fifo" : "inherited",
		quiet[0] ? "; not quiet: " : "", quiet);
}

/* All comparisons that have `word` in one of their names. 0, 1: a bound is missed, 3:
 * something could not be measured. */
static int compare_all(const struct pair_context *context,
	const struct placements *placements, const struct options *options)
{
	enum verdict worst = REACHED;
	bool is_good;

	print_conditions(placements, context->clock, options);
	print_head();
	for (size_t i = 0; i < COMPARISONS; i++) {
		enum verdict verdict;

		if (!strstr(comparisons[i].ours, options->word) &&
			!strstr(comparisons[i].other, options->word))
			continue;
		verdict = compare(context, &comparisons[i], placements, options);
		if (verdict == MISSED || (verdict > worst && worst != MISSED))
			worst = verdict;
	}
	is_good = costs_sample(context->clock);
	is_good &= costs_memory(
		context, &placements->items[placements->count > 1 ? 1 : 0]);
	return worst == MISSED || !is_good ? 1 : worst == NOT_MEASURED ? 3 : 0;
}

/* [--fifo] [LAUNCHES [ROW]] */
static int parse(int argc, char **argv, struct options *options, struct why *why)
{
	const struct sched_param above = { .sched_priority = 2 * PRIORITY };

	*options = (struct options) { .launches = 20, .word = "" };
	if (argc > 1 && !strcmp(argv[1], "--fifo")) {
		if (sched_setscheduler(0, SCHED_FIFO, &above))
			return why_say(why, errno, "set SCHED_FIFO");
		options->sched.policy = SCHED_POLICY_FIFO;
		options->sched.priority = PRIORITY;
		argc--;
		argv++;
	}
	if (argc > 2)
		options->word = argv[2];
	return argc > 1 ? text_number(argv[1], STATISTICS_LAUNCHES_MIN, LAUNCHES_MOST,
				  &options->launches, why)
			: 0;
}

int main(int argc, char **argv)
{
	struct options options;
	struct why why = { "" };
	struct clock clock;
	struct janitor janitor;
	struct topology *topology;
	struct placements placements = { 0 };
	int status;

	if (parse(argc, argv, &options, &why)) {
		fprintf(stderr,
			"fidelity: %s\nusage: fidelity [--fifo] [LAUNCHES [ROW]]\n",
			why.text);
		return 2;
	}
	clock_choose(true, &clock);
	interrupt_watch();
	if (topology_load(NULL, &topology, &why) ||
		topology_place_all(topology, &placements, &why) ||
		janitor_start(&janitor, &why)) {
		fprintf(stderr, "fidelity: %s\n", why.text);
		return 3;
	}
	const struct pair_context context = {
		.janitor = &janitor, .topology = topology, .clock = &clock
	};

	status = compare_all(&context, &placements, &options);
	janitor_stop(&janitor);
	placements_free(&placements);
	topology_free(topology);
	return status;
}
