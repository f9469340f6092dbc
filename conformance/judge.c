#include "conformance/judge.h"

#include <stdio.h>

const char *const judgement_names[JUDGEMENTS] = { "ok", "differs", "skipped", "known",
	"deviates", "unexpected pass", "unstable", "broken" };

static enum judgement_kind kind_of(
	const struct point *point, const struct known_deviation *known, bool is_strict)
{
	bool is_expected_to_vary = known && !known->is_certain;

	if (point->same < point->repeats && !is_expected_to_vary)
		return JUDGED_UNSTABLE;
	switch (point->outcome.kind) {
	case VERDICT_OK:
		return known && known->is_certain ? JUDGED_UNEXPECTED : JUDGED_OK;
	case VERDICT_SKIPPED:
		return JUDGED_SKIPPED;
	case VERDICT_DEVIATES:
		if (known)
			return JUDGED_KNOWN;
		return point->text->promise == PROMISE_OBSERVED && !is_strict
			       ? JUDGED_DIFFERS
			       : JUDGED_DEVIATES;
	case VERDICT_NONE:
	case VERDICT_BROKEN:
		break;
	}
	return JUDGED_BROKEN;
}

void judge(const struct point *point, const struct known *known, bool is_strict,
	struct judgement *judgement)
{
	const struct known_deviation *deviation = known_of(
		known, point->id, point->check->id);

	*judgement = (struct judgement) { .kind = kind_of(point, deviation, is_strict) };
	judgement->is_finding = judgement->kind == JUDGED_DEVIATES ||
				judgement->kind == JUDGED_UNEXPECTED ||
				judgement->kind == JUDGED_UNSTABLE;
	judgement->is_not_ok = judgement->is_finding ||
			       judgement->kind == JUDGED_BROKEN ||
			       judgement->kind == JUDGED_KNOWN;
	if (judgement->kind == JUDGED_KNOWN)
		snprintf(judgement->words, sizeof judgement->words, "%s%s%s%s",
			deviation->reason, *deviation->reference ? " (" : "",
			deviation->reference, *deviation->reference ? ")" : "");
	else if (judgement->kind == JUDGED_UNEXPECTED)
		snprintf(judgement->words, sizeof judgement->words,
			"it holds here, but is listed as a known deviation: %s; take the "
			"row out of the target's file",
			deviation->reason);
	else if (judgement->kind == JUDGED_UNSTABLE)
		snprintf(judgement->words, sizeof judgement->words,
			"%d of %d repetitions ended as the first; shown is the first that "
			"was not ok",
			point->same, point->repeats);
	else
		snprintf(judgement->words, sizeof judgement->words, "%s",
			point->outcome.reason);
}
