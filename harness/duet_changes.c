#include "harness/duet_changes.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "results/compare.h"
#include "results/pairs.h"

int duet_changes(const struct duet *duet, const struct rule *rule,
	struct changes **changes, struct why *why)
{
	const struct pairs pairs = { .rows = { duet->rows[0], duet->rows[1] },
		.count = duet->count,
		.planned = (int64_t)duet->planned };
	struct changes *made = duet->count ? changes_create(DESIGN_PAIRED, rule,
						     duet->sides[0].command,
						     duet->sides[1].command)
					   : NULL;
	int error;

	if (!duet->count)
		return why_say(why, 0, "no launch was measured");
	error = made ? pairs_add(&pairs, made) : -ENOMEM;
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
		"calibration: the base against itself, %zu case%s: the farthest comes out "
		"%.2f %% from no change, %zu false alarm%s",
		cases, cases == 1 ? "" : "s", 100 * (exp(farthest) - 1), alarms,
		alarms == 1 ? "" : "s");
}
