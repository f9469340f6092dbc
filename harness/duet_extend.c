#include "harness/duet_extend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/clock.h"
#include "harness/duet_changes.h"
#include "harness/vocabulary.h"

size_t extend_launches(size_t planned, unsigned round)
{
	for (; round; round--)
		planned += (planned + 1) / 2;
	return planned;
}

static bool is_of(
	const struct change *change, const struct planned *planned, size_t size_bytes)
{
	return change->size_bytes == (int64_t)size_bytes &&
	       strcmp(change->mechanism, planned->mechanism->name) == 0 &&
	       strcmp(change->test, test_names[planned->test]) == 0 &&
	       strcmp(change->placement, planned->placement.name) == 0 &&
	       (change->cpu_a == ROW_UNKNOWN ||
		       (change->cpu_a == planned->placement.cpu[0] &&
			       change->cpu_b == planned->placement.cpu[1]));
}

static bool is_still_open(const struct change *change)
{
	return change->decision.verdict == VERDICT_INCONCLUSIVE &&
	       change->decision.is_open;
}

static bool is_open(
	const struct changes *changes, const struct planned *planned, size_t size_bytes)
{
	const struct change *change = NULL;

	while ((change = changes_next(changes, change)))
		if (is_of(change, planned, size_bytes))
			return is_still_open(change);
	return false;
}

static size_t count_open(const struct changes *changes)
{
	const struct change *change = NULL;
	size_t count = 0;

	while ((change = changes_next(changes, change)))
		count += is_still_open(change);
	return count;
}

/* The sizes of the launch whose cases are open. */
static struct planned only_open(
	const struct changes *changes, const struct planned *planned)
{
	struct planned open = *planned;

	open.size_count = 0;
	for (size_t i = 0; i < planned->size_count; i++)
		if (is_open(changes, planned, planned->sizes[i]))
			open.sizes[open.size_count++] = planned->sizes[i];
	return open;
}

int extend_plan(const struct plan *plan, size_t planned, const struct changes *changes,
	unsigned round, struct plan *further, struct why *why)
{
	size_t from = extend_launches(planned, round - 1);
	size_t more = extend_launches(planned, round) - from;

	*further = (struct plan) { .seed = plan->seed + round, .slices = plan->slices };
	if (changes->counts[VERDICT_SLOWER])
		return 0;
	for (size_t i = 0; i < plan->count; i++) {
		const struct planned *one = &plan->launches[i];
		struct planned open, *grown;

		if (one->repetition != 0 || !duet_takes(one))
			continue;
		open = only_open(changes, one);
		if (!open.size_count)
			continue;
		grown = realloc(further->launches,
			(further->count + more) * sizeof *further->launches);
		if (!grown) {
			free(further->launches);
			return why_say(why, ENOMEM, "plan further launches");
		}
		further->launches = grown;
		for (size_t j = 0; j < more; j++) {
			open.repetition = (unsigned)(from + j);
			further->launches[further->count++] = open;
		}
	}
	plan_shuffle(further);
	return 0;
}

/* One round, and what all launches say after it. */
static int run_round(struct duet *duet, const struct rule *rule, struct plan *further,
	struct changes **changes, struct why *why)
{
	const struct plan *plan = duet->plan;
	struct changes *after = NULL;
	double planned_s = (double)duet_planned_ns(duet->options, further) / 1e9;
	size_t open = count_open(*changes);
	int error;

	duet->plan = further;
	progress_start(&duet->progress, further->count, planned_s);
	progress_note(&duet->progress,
		"%zu case%s open: %zu launches more, about %.0f s, as far as --extend gives "
		"them time",
		open, open == 1 ? " is" : "s are", further->count, planned_s);
	error = duet_run(duet, why);
	progress_end(&duet->progress);
	duet->plan = plan;
	if (!error)
		error = duet_changes(duet, rule, &after, why);
	if (!error) {
		changes_free(*changes);
		*changes = after;
	}
	return error;
}

int duet_extend(struct duet *duet, const struct rule *rule, struct changes **changes,
	struct why *why)
{
	int64_t budget_ns = duet->options->extend_ns;
	bool is_over = budget_ns <= 0;
	int error = 0;

	duet->end_ns = clock_now_ns() + (uint64_t)budget_ns;
	for (unsigned round = 1; round <= EXTEND_ROUNDS && !error && !is_over; round++) {
		struct plan further;
		size_t from = duet->next;

		error = extend_plan(duet->plan, (size_t)duet->options->launches, *changes,
			round, &further, why);
		if (error)
			break;
		is_over = !further.count;
		if (further.count)
			error = run_round(duet, rule, &further, changes, why);
		is_over |= duet->next < from + further.count;
		free(further.launches);
	}
	duet->end_ns = 0;
	return error;
}
