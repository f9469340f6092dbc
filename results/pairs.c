#include "results/pairs.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_same_case(const struct result_row *a, const struct result_row *b)
{
	return strcmp(a->mechanism, b->mechanism) == 0 && strcmp(a->test, b->test) == 0 &&
	       strcmp(a->placement, b->placement) == 0 &&
	       a->size_bytes == b->size_bytes && a->cpu_a == b->cpu_a &&
	       a->cpu_b == b->cpu_b;
}

/* The value of a launch, NAN where it does not count. */
static double value_of(const struct result_row *row)
{
	if (strcmp(row->status, "ok") != 0 || row->retry_cause[0])
		return NAN;
	return quantity_value(row);
}

/* What was alternated for the case of row `first`. */
struct gathered {
	double *values[2], *ratios;
	size_t count, planned, known;
	const struct result_row *like; /* one that says what the case is */
	const char *reason; /* of a launch that did not count */
	bool is_realtime;
};

static void gather(const struct pairs *pairs, size_t first, bool *is_taken,
	struct gathered *gathered)
{
	gathered->count = gathered->planned = gathered->known = 0;
	gathered->like = &pairs->rows[0][first];
	gathered->reason = "";
	gathered->is_realtime = true;
	for (size_t i = first; i < pairs->count; i++) {
		bool is_known = true;

		if (is_taken[i] || !is_same_case(&pairs->rows[0][i], gathered->like))
			continue;
		is_taken[i] = true;
		for (int side = 0; side < 2; side++) {
			const struct result_row *row = &pairs->rows[side][i];

			gathered->values[side][gathered->count] = value_of(row);
			if (isnan(gathered->values[side][gathered->count])) {
				is_known = false;
				gathered->reason = row->reason[0] ? row->reason
								  : row->retry_cause;
			}
			gathered->is_realtime &= strncmp(row->sched, "fifo", 4) == 0;
		}
		gathered->ratios[gathered->count] = pairs->rows[1][i].duet_ratio;
		gathered->known += is_known;
		gathered->planned += pairs->rows[0][i].launch < pairs->planned;
		gathered->count++;
	}
}

static int add(struct changes *changes, const struct gathered *gathered)
{
	struct change *change;

	if (!gathered->known)
		change = changes_add_unmeasured(
			changes, gathered->like, gathered->reason);
	else
		change = changes_add(changes, gathered->like,
			gathered->like->is_exact == 1, gathered->values[0],
			gathered->count, gathered->values[1], gathered->count,
			gathered->ratios);
	if (!change)
		return -ENOMEM;
	/* The one placement that holds several pairs of CPUs. */
	if (strcmp(change->placement, "all-pairs") == 0)
		snprintf(change->where, sizeof change->where, "CPUs %" PRId64 "-%" PRId64,
			change->cpu_a, change->cpu_b);
	change->decision.is_realtime = gathered->is_realtime;
	if (gathered->known && gathered->planned < gathered->count)
		changes_narrow(changes, change, gathered->planned);
	return 0;
}

int pairs_add(const struct pairs *pairs, struct changes *changes)
{
	double *room = calloc(3 * pairs->count, sizeof *room);
	bool *is_taken = calloc(pairs->count, sizeof *is_taken);
	struct gathered gathered = { .values = { room, room + pairs->count },
		.ratios = room + 2 * pairs->count };
	int error = room && is_taken ? 0 : -ENOMEM;

	for (size_t i = 0; i < pairs->count && !error; i++) {
		if (is_taken[i])
			continue;
		gather(pairs, i, is_taken, &gathered);
		error = add(changes, &gathered);
	}
	free(room);
	free(is_taken);
	return error;
}

int pairs_note(struct changes *changes)
{
	const struct change *change = NULL;
	size_t cases = 0, settled = 0, most = 0;
	char count[24] = "none";

	while ((change = changes_next(changes, change))) {
		const struct decision *decision = &change->decision;
		size_t further = change->base_count - decision->planned;

		if (!decision->planned || !further || !decision->is_open)
			continue;
		cases++;
		settled += decision->verdict == VERDICT_NO_CHANGE;
		most = further > most ? further : most;
	}
	if (!cases)
		return 0;
	if (settled)
		snprintf(count, sizeof count, "%zu", settled);
	return changes_note(changes,
		"%zu case%s that the planned launches left open got up to %zu further "
		"launches, after which %s came out without change; a change is found by the "
		"planned launches only.",
		cases, cases == 1 ? "" : "s", most, count);
}

static bool is_role(const struct run_directory *run, const char *role)
{
	char text[16];

	return run_directory_environment(run, PAIRS_ROLE, text, sizeof text) &&
	       strcmp(text, role) == 0;
}

bool pairs_are_duet(
	const struct run_directory *base, const struct run_directory *candidate)
{
	char ids[2][64];

	return run_directory_environment(base, PAIRS_DUET, ids[0], sizeof ids[0]) &&
	       run_directory_environment(candidate, PAIRS_DUET, ids[1], sizeof ids[1]) &&
	       *ids[0] && strcmp(ids[0], ids[1]) == 0 &&
	       ((is_role(base, "base") && is_role(candidate, "candidate")) ||
		       (is_role(base, "candidate") && is_role(candidate, "base")));
}

static bool is_same_launch(const struct result_row *a, const struct result_row *b)
{
	return a->launch == b->launch && a->size_bytes == b->size_bytes &&
	       strcmp(a->mechanism, b->mechanism) == 0 && strcmp(a->test, b->test) == 0;
}

/* Rows of both are in the order of launches: what one side lacks is at its end. */
static void keep_common(struct pairs *pairs, const size_t counts[2])
{
	size_t most = counts[0] < counts[1] ? counts[0] : counts[1];

	pairs->count = 0;
	while (pairs->count < most && is_same_launch(&pairs->rows[0][pairs->count],
					      &pairs->rows[1][pairs->count]))
		pairs->count++;
}

int pairs_load(const struct run_directory *base, const struct run_directory *candidate,
	struct pairs *pairs, struct why *why)
{
	const struct run_directory *runs[2] = { base, candidate };
	bool is_turned = is_role(base, "candidate");
	size_t counts[2] = { 0, 0 };
	char planned[32];
	int error = 0;

	*pairs = (struct pairs) { .planned = INT64_MAX };
	if (run_directory_environment(base, PAIRS_PLANNED, planned, sizeof planned))
		pairs->planned = strtoll(planned, NULL, 10);
	for (int side = 0; side < 2 && !error; side++)
		error = run_directory_results(
			runs[side], &pairs->rows[side], &counts[side], why);
	if (error)
		return error;
	keep_common(pairs, counts);
	for (size_t i = 0; i < pairs->count && is_turned; i++)
		pairs->rows[1][i].duet_ratio = 1 / pairs->rows[0][i].duet_ratio;
	return pairs->count ? 0 : why_say(why, 0, "the duet has no launch");
}
