#include "harness/duet_changes.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/compare.h"

static bool is_same_case(const struct result_row *a, const struct result_row *b)
{
	return strcmp(a->mechanism, b->mechanism) == 0 && strcmp(a->test, b->test) == 0 &&
	       strcmp(a->placement, b->placement) == 0 && a->size_bytes == b->size_bytes;
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
	size_t count, known;
	const struct result_row *like; /* one that says what the case is */
	const char *reason; /* of a launch that did not count */
	bool is_realtime;
};

static void gather(
	const struct duet *duet, size_t first, bool *is_taken, struct gathered *gathered)
{
	gathered->count = gathered->known = 0;
	gathered->like = &duet->rows[0][first];
	gathered->reason = "";
	gathered->is_realtime = true;
	for (size_t i = first; i < duet->count; i++) {
		bool is_known = true;

		if (is_taken[i] || !is_same_case(&duet->rows[0][i], gathered->like))
			continue;
		is_taken[i] = true;
		for (int side = 0; side < 2; side++) {
			const struct result_row *row = &duet->rows[side][i];

			gathered->values[side][gathered->count] = value_of(row);
			if (isnan(gathered->values[side][gathered->count])) {
				is_known = false;
				gathered->reason = row->reason[0] ? row->reason
								  : row->retry_cause;
			}
			gathered->is_realtime &= strncmp(row->sched, "fifo", 4) == 0;
		}
		gathered->ratios[gathered->count] = duet->rows[1][i].duet_ratio;
		gathered->known += is_known;
		gathered->count++;
	}
}

static int add(struct changes *changes, const struct gathered *gathered)
{
	struct change *change;

	if (!gathered->known)
		return changes_add_unmeasured(changes, gathered->like, gathered->reason)
			       ? 0
			       : -ENOMEM;
	change = changes_add(changes, gathered->like, gathered->like->is_exact == 1,
		gathered->values[0], gathered->count, gathered->values[1],
		gathered->count, gathered->ratios);
	if (!change)
		return -ENOMEM;
	change->decision.is_realtime = gathered->is_realtime;
	return 0;
}

static int add_all(const struct duet *duet, struct changes *changes)
{
	double *room = calloc(3 * duet->count, sizeof *room);
	bool *is_taken = calloc(duet->count, sizeof *is_taken);
	struct gathered gathered = { .values = { room, room + duet->count },
		.ratios = room + 2 * duet->count };
	int error = room && is_taken ? 0 : -ENOMEM;

	for (size_t i = 0; i < duet->count && !error; i++) {
		if (is_taken[i])
			continue;
		gather(duet, i, is_taken, &gathered);
		error = add(changes, &gathered);
	}
	free(room);
	free(is_taken);
	return error;
}

int duet_changes(const struct duet *duet, const struct rule *rule,
	struct changes **changes, struct why *why)
{
	struct changes *made = duet->count ? changes_create(DESIGN_PAIRED, rule,
						     duet->sides[0].command,
						     duet->sides[1].command)
					   : NULL;
	int error;

	if (!duet->count)
		return why_say(why, 0, "no launch was measured");
	error = made ? add_all(duet, made) : -ENOMEM;
	if (!error)
		error = compare_environments(
			made, duet->directories[0], duet->directories[1]);
	if (error)
		why_say(why, -error, "compare the two sides");
	else
		error = changes_settle(made, why);
	if (error)
		changes_free(made);
	else
		*changes = made;
	return error;
}

void duet_spread(const struct changes *changes, char *sentence, size_t size)
{
	const struct change *change = NULL;
	double farthest = 0;
	size_t cases = 0, alarms = 0;

	while ((change = changes_next(changes, change))) {
		double distance = fabs(log(change->decision.ratio));

		alarms += change->decision.verdict == VERDICT_SLOWER ||
			  change->decision.verdict == VERDICT_FASTER;
		if (isnan(distance))
			continue;
		cases++;
		if (distance > farthest)
			farthest = distance;
	}
	snprintf(sentence, size,
		"calibration: the base against itself, %zu cases: the farthest comes out "
		"%.2f %% from no change, %zu false alarm%s",
		cases, 100 * (exp(farthest) - 1), alarms, alarms == 1 ? "" : "s");
}
