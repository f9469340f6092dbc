#include "harness/duet.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/random.h"
#include "harness/clock.h"
#include "harness/launch_row.h"
#include "harness/statistics.h"
#include "harness/vocabulary.h"

#define FIELDS 40
#define FIELD  512
/* Fresh processes read the topology and calibrate their clocks, both at a time. */
#define START_NS 40000000u

bool duet_takes(const struct planned *planned)
{
	if (planned->joined ||
		(planned->sweep >= 0 && planned->sweep_value != SETTING_UNSET))
		return false;
	return !plan_is_pointless(planned, NULL);
}

static uint64_t one_planned_ns(const struct options *options, const struct plan *plan,
	const struct planned *planned)
{
	struct launch_spec spec;

	plan_launch(options, plan, planned, &spec);
	return 2 * launch_planned_ns(&spec) + START_NS;
}

uint64_t duet_planned_ns(const struct options *options, const struct plan *plan)
{
	uint64_t sum_ns = 0;

	for (size_t i = 0; i < plan->count; i++)
		if (duet_takes(&plan->launches[i]))
			sum_ns += one_planned_ns(options, plan, &plan->launches[i]);
	return sum_ns;
}

/* The fields of a "launch" message. */
struct message {
	char texts[FIELDS][FIELD];
	const char *fields[FIELDS];
	size_t count;
};

static void put(struct message *message, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void put(struct message *message, const char *format, ...)
{
	char *text;
	va_list arguments;

	if (message->count >= FIELDS)
		abort(); /* more options than a message was made for */
	text = message->texts[message->count];
	va_start(arguments, format);
	vsnprintf(text, FIELD, format, arguments);
	va_end(arguments);
	message->fields[message->count++] = text;
}

/* Is it said for each launch by itself? */
static bool is_of_launch(const char *name)
{
	static const char *const names[] = { "preset", "mechanisms", "tests", "sizes",
		"placements", "cpus", "launches", "seed", "sched", "slices", NULL };

	for (size_t i = 0; names[i]; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static void put_sizes(struct message *message, const struct planned *planned)
{
	char sizes[FIELD / 2];
	size_t used = 0;

	for (size_t i = 0; i < planned->size_count; i++)
		used += (size_t)snprintf(sizes + used, sizeof sizes - used, "%s%zu",
			i ? "," : "", planned->sizes[i] ? planned->sizes[i] : 1);
	put(message, "sizes=%s", sizes);
}

static void put_sched(
	const struct duet *duet, struct message *message, const struct planned *planned)
{
	const struct options *options = duet->options;
	bool is_ours = duet->fifo.policy == SCHED_POLICY_FIFO;

	if (options->sched == RUN_SCHED_FIFO)
		put(message, "sched=fifo:%d", options->sched_priority);
	/* A spinner under SCHED_FIFO is decided by the real-time throttle. */
	else if (options->sched == RUN_SCHED_OTHER ||
		 (is_ours && (planned->mechanism->caps & CAP_SPINS)))
		put(message, "sched=other");
	else if (is_ours)
		put(message, "sched=fifo:%d", duet->fifo.priority);
	else
		put(message, "sched=inherit");
}

static void compose(const struct duet *duet, const struct planned *planned,
	const struct launch_spec *spec, struct message *message)
{
	message->count = 0;
	put(message, "launch");
	put(message, "mechanisms=%s", planned->mechanism->name);
	put(message, "tests=%s", test_names[planned->test]);
	put_sizes(message, planned);
	if (planned->placement.cpu[0] >= 0)
		put(message, "cpus=%d,%d", planned->placement.cpu[0],
			planned->placement.cpu[1]);
	else
		put(message, "placements=unpinned");
	put(message, "launches=1");
	put(message, "slices=%u", spec->slices);
	put(message, "seed=%llu",
		(unsigned long long)(planned->seed & (uint64_t)INT64_MAX));
	put_sched(duet, message, planned);
	for (size_t i = 0; i < option_count; i++) {
		const struct option_spec *option = &option_table[i];
		char text[FIELD / 2];

		/* The deadline, so that a slice that hangs fails there, not here. */
		if ((option->shapes_plan || strcmp(option->name, "deadline") == 0) &&
			option_applies(option, "serve") && !is_of_launch(option->name) &&
			options_text(duet->options, option, text, sizeof text))
			put(message, "%s=%s", option->name, text);
	}
}

static int reserve(struct duet *duet, size_t more, struct why *why)
{
	size_t room = duet->room ? duet->room : 256;

	while (room < duet->count + more)
		room *= 2;
	if (room == duet->room)
		return 0;
	for (int side = 0; side < 2; side++) {
		struct result_row *grown = realloc(
			duet->rows[side], room * sizeof *grown);

		if (!grown)
			return why_say(why, ENOMEM, "keep the rows of a duet");
		duet->rows[side] = grown;
	}
	duet->room = room;
	return 0;
}

/* What came of one launch. */
struct outcome_of {
	struct result_row rows[2][LAUNCH_SIZES];
	double ratios[LAUNCH_SIZES]; /* candidate over base; NAN where no slice tells */
	bool is_refused[2];
	struct why refusals[2];
};

static int ask_rows(struct duet *duet, const struct planned *planned, size_t number,
	const struct launch_spec *spec, struct outcome_of *got, int side, struct why *why)
{
	size_t count;
	char what[2 * ROW_TEXT];
	int error = duet_side_rows(
		&duet->sides[side], got->rows[side], LAUNCH_SIZES, &count, why);

	if (error)
		return error;
	snprintf(what, sizeof what, "it gives %zu row%s for %zu size%s", count,
		count == 1 ? "" : "s", spec->size_count,
		spec->size_count == 1 ? "" : "s");
	if (count != spec->size_count)
		return duet_side_wrong(&duet->sides[side], why, what);
	for (size_t i = 0; i < count; i++) {
		struct result_row *row = &got->rows[side][i];

		row->launch = (int64_t)number;
		row->duet_ratio = side ? got->ratios[i] : NAN;
		/* The side only knows which CPUs. */
		row_text(row->placement, planned->placement.name);
		snprintf(what, sizeof what, "it gives a row of '%.60s', asked for %s",
			row->mechanism, planned->mechanism->name);
		if (strcmp(row->mechanism, planned->mechanism->name) != 0)
			return duet_side_wrong(&duet->sides[side], why, what);
	}
	return 0;
}

/* One slice of a size on both sides, whichever first; the ratio of what they gave. */
static int time_both(struct duet *duet, const struct launch_spec *spec, size_t size,
	unsigned number, int first, double *ratio, bool *is_failed, struct why *why)
{
	double values[2] = { NAN, NAN };
	int error = 0;

	for (int turn = 0; turn < 2 && !error && !*is_failed; turn++) {
		int side = first ^ turn;

		error = duet_side_slice(&duet->sides[side], size, number,
			launch_slice_most_ns(spec), &values[side], is_failed, why);
		progress_tick(&duet->progress);
	}
	*ratio = values[0] > 0 && values[1] > 0 ? values[1] / values[0] : NAN;
	return error;
}

/* The machine changes pace within a launch, when others come and go on its cores: slices
 * that were beside each other met the same pace, whole launches a mixture of it. */
static double middle_ratio(double *ratios, unsigned count)
{
	size_t known = 0;

	for (unsigned i = 0; i < count; i++)
		if (isfinite(ratios[i]))
			ratios[known++] = ratios[i];
	return statistics_median(ratios, known);
}

/* Slices of all sizes in shuffled order. */
static int alternate(struct duet *duet, const struct launch_spec *spec,
	struct random *random, double medians[LAUNCH_SIZES], struct why *why)
{
	unsigned slices = launch_slices(spec);
	size_t total = spec->size_count * slices;
	uint32_t order[LAUNCH_SIZES * LAUNCH_SLICES];
	double ratios[LAUNCH_SIZES * LAUNCH_SLICES];
	bool is_failed = false;
	int error = 0;

	for (size_t i = 0; i < total; i++) {
		order[i] = (uint32_t)i;
		ratios[i] = NAN;
	}
	random_shuffle(random, order, total, sizeof *order);
	for (size_t i = 0; i < total && !error && !is_failed; i++)
		error = time_both(duet, spec, order[i] / slices, order[i] % slices,
			(int)random_below(random, 2), &ratios[order[i]], &is_failed, why);
	for (size_t size = 0; size < spec->size_count; size++)
		medians[size] = middle_ratio(ratios + size * slices, slices);
	return error;
}

static int begin(struct duet *duet, const struct planned *planned,
	const struct launch_spec *spec, struct outcome_of *got, struct random *random,
	struct why *why)
{
	struct message message;
	char version[64], ready[2][256] = { "", "" };
	int first = (int)random_below(random, 2);
	int error = 0;

	compose(duet, planned, spec, &message);
	for (int turn = 0; turn < 2 && !error; turn++)
		error = duet_side_start(
			&duet->sides[first ^ turn], &planned->placement, why);
	for (int turn = 0; turn < 2 && !error; turn++)
		error = duet_side_greet(&duet->sides[first ^ turn], version, why);
	for (int turn = 0; turn < 2 && !error; turn++) {
		int side = first ^ turn;

		if (!duet->facts[side].count)
			error = duet_side_facts(
				&duet->sides[side], &duet->facts[side], why);
		if (error)
			break;
		why_clear(&got->refusals[side]);
		error = duet_side_launch(&duet->sides[side], message.fields,
			message.count, spec->warm_up_ns, ready[side],
			&got->is_refused[side], &got->refusals[side]);
		if (error && why)
			*why = got->refusals[side];
	}
	if (!error && !got->is_refused[0] && !got->is_refused[1] &&
		strcmp(ready[0], ready[1]) != 0)
		error = why_say(why, 0,
			"the two do not measure the same: base %s; candidate %s",
			ready[0], ready[1]);
	return error;
}

static int keep(struct duet *duet, const struct planned *planned, size_t number,
	const struct launch_spec *spec, struct outcome_of *got, struct why *why)
{
	int error = reserve(duet, spec->size_count, why);

	for (int side = 0; side < 2 && !error; side++) {
		if (got->is_refused[side])
			for (size_t size = 0; size < spec->size_count; size++)
				launch_row_skipped(spec, planned, number, size,
					got->refusals[side].text, &got->rows[side][size]);
		memcpy(duet->rows[side] + duet->count, got->rows[side],
			spec->size_count * sizeof *got->rows[side]);
		error = run_directory_append(
			duet->directories[side], got->rows[side], spec->size_count, why);
	}
	if (!error)
		duet->count += spec->size_count;
	return error;
}

static int run_launch(
	struct duet *duet, const struct planned *planned, size_t number, struct why *why)
{
	struct outcome_of *got = calloc(1, sizeof *got);
	struct random random = { planned->seed };
	struct launch_spec spec;
	int error;

	if (!got)
		return why_say(why, ENOMEM, "keep the rows of a launch");
	plan_launch(duet->options, duet->plan, planned, &spec);
	error = begin(duet, planned, &spec, got, &random, why);
	if (!error && !got->is_refused[0] && !got->is_refused[1])
		error = alternate(duet, &spec, &random, got->ratios, why);
	for (int side = 0; side < 2 && !error; side++) {
		if (!got->is_refused[side] && !got->is_refused[!side])
			error = ask_rows(duet, planned, number, &spec, got, side, why);
		else if (!got->is_refused[side])
			why_say(&got->refusals[side], 0, "the other side cannot: %s",
				got->refusals[!side].text);
		got->is_refused[side] |= got->is_refused[!side];
	}
	for (int side = 0; side < 2; side++)
		duet_side_stop(&duet->sides[side]);
	if (!error)
		error = keep(duet, planned, number, &spec, got, why);
	free(got);
	return error;
}

int duet_run(struct duet *duet, struct why *why)
{
	int error = 0;

	for (size_t i = 0; i < duet->plan->count && !error; i++, duet->next++) {
		const struct planned *planned = &duet->plan->launches[i];
		char title[PLAN_TITLE];

		if (!duet_takes(planned))
			continue;
		if (duet->end_ns && clock_now_ns() + one_planned_ns(duet->options,
							     duet->plan, planned) >
					    duet->end_ns)
			break;
		progress_launch(&duet->progress, plan_title(planned, title));
		error = run_launch(duet, planned, duet->next, why);
		if (!error)
			progress_done(&duet->progress, title);
	}
	return error;
}

void duet_free(struct duet *duet)
{
	for (int side = 0; side < 2; side++) {
		free(duet->rows[side]);
		duet->rows[side] = NULL;
		facts_free(&duet->facts[side]);
	}
	duet->count = duet->room = 0;
}
