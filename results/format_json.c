#include <math.h>

#include "results/format.h"
#include "results/json.h"

#if IPCMARK_HAS_JSON

#define FORMAT_JSON_SCHEMA 1

static json_t *numbers(const double *values, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_number(values[i]));
	return list;
}

static json_t *side(double median, const double *values, size_t count)
{
	json_t *made = json_object();

	json_object_set_new(made, "median", json_number(median));
	json_object_set_new(made, "launches", numbers(values, count));
	return made;
}

/* An interval that is not there is null. */
static json_t *interval(const struct decision *decision)
{
	json_t *made;

	if (!(decision->coverage > 0))
		return json_null();
	made = json_object();
	json_object_set_new(made, "low", json_number(decision->low));
	json_object_set_new(made, "high", json_number(decision->high));
	json_object_set_new(made, "coverage", json_number(decision->coverage));
	return made;
}

static json_t *modes_value(const struct modes *modes)
{
	json_t *list = json_array();

	for (size_t i = 0; i < modes->count; i++) {
		const struct mode *mode = &modes->mode[i];
		json_t *made = json_object();

		json_object_set_new(made, "level", json_number(mode->level));
		json_object_set_new(
			made, "base_launches", json_integer((json_int_t)mode->base));
		json_object_set_new(made, "candidate_launches",
			json_integer((json_int_t)mode->candidate));
		json_object_set_new(made, "ratio", json_number(mode->ratio));
		json_array_append_new(list, made);
	}
	return list;
}

static json_t *case_value(const struct change *change)
{
	const struct decision *decision = &change->decision;
	char name[CHANGE_NAME];
	json_t *made = json_object();

	json_object_set_new(made, "name", json_text(change_name(change, name)));
	json_object_set_new(made, "mechanism", json_text(change->mechanism));
	json_object_set_new(made, "test", json_text(change->test));
	json_object_set_new(made, "size_bytes", json_integer(change->size_bytes));
	json_object_set_new(made, "placement", json_text(change->placement));
	json_object_set_new(made, "payload", json_text(change->payload));
	json_object_set_new(made, "where", json_text(change->where));
	json_object_set_new(made, "detail", json_text(change->detail));
	json_object_set_new(made, "canary", json_text(change->canary));
	json_object_set_new(made, "raw_ratio", json_number(decision->raw_ratio));
	json_object_set_new(made, "unit", json_text(change->unit));
	json_object_set_new(
		made, "better", json_text(decision->more_is_better ? "more" : "less"));
	json_object_set_new(
		made, "base", side(decision->base, change->base, change->base_count));
	json_object_set_new(made, "candidate",
		side(decision->candidate, change->candidate, change->candidate_count));
	json_object_set_new(made, "ratio", json_number(decision->ratio));
	if (change->ratios) {
		json_object_set_new(
			made, "ratios", numbers(change->ratios, change->base_count));
		json_object_set_new(made, "planned_launches",
			json_integer(
				(json_int_t)(decision->planned ? decision->planned
							       : change->base_count)));
	}
	json_object_set_new(made, "interval", interval(decision));
	json_object_set_new(made, "modes", modes_value(&change->modes));
	json_object_set_new(made, "p", json_number(decision->p));
	json_object_set_new(made, "p_holm", json_number(decision->p_holm));
	json_object_set_new(made, "visible_ratio", json_number(change->visible));
	json_object_set_new(made, "verdict", json_text(verdict_name(decision->verdict)));
	json_object_set_new(made, "why", json_text(decision->why));
	return made;
}

static json_t *rule_value(const struct changes *changes)
{
	json_t *made = json_object();

	json_object_set_new(made, "test",
		json_text(changes->design == DESIGN_PAIRED ? "Wilcoxon signed-rank"
							   : "Mann-Whitney"));
	json_object_set_new(made, "correction", json_text("Holm"));
	json_object_set_new(made, "alpha", json_number(changes->rule.alpha));
	json_object_set_new(made, "margin", json_number(changes->rule.margin));
	json_object_set_new(made, "family", json_integer((json_int_t)changes->family));
	return made;
}

static json_t *side_name(const char *name, const char *says)
{
	json_t *made = json_object();

	json_object_set_new(made, "name", json_text(name));
	json_object_set_new(made, "is", json_text(says));
	return made;
}

static json_t *differences_value(const struct changes *changes)
{
	json_t *list = json_array();

	for (size_t i = 0; i < changes->difference_count; i++) {
		const struct difference *difference = &changes->differences[i];
		json_t *made = json_object();

		json_object_set_new(made, "key", json_text(difference->key));
		json_object_set_new(made, "says", json_text(difference->says));
		json_object_set_new(made, "base", json_text(difference->base));
		json_object_set_new(made, "candidate", json_text(difference->candidate));
		json_array_append_new(list, made);
	}
	return list;
}

static json_t *comparison_value(const struct changes *changes)
{
	json_t *made = json_object(), *cases = json_array(), *notes = json_array();
	json_t *counts = json_object();

	for (int i = 0; i < VERDICTS; i++)
		json_object_set_new(counts, verdict_name((enum verdict)i),
			json_integer((json_int_t)changes->counts[i]));
	for (size_t i = 0; i < changes->note_count; i++)
		json_array_append_new(notes, json_text(changes->notes[i]));
	for (const struct change *change = changes_next(changes, NULL); change;
		change = changes_next(changes, change))
		json_array_append_new(cases, case_value(change));
	json_object_set_new(
		made, "base", side_name(changes->base_name, changes->base_says));
	json_object_set_new(made, "candidate",
		side_name(changes->candidate_name, changes->candidate_says));
	json_object_set_new(made, "verdict", json_text(verdict_name(changes->whole)));
	json_object_set_new(made, "exit", json_integer(decision_exit(changes->whole)));
	json_object_set_new(made, "counts", counts);
	json_object_set_new(made, "rule", rule_value(changes));
	json_object_set_new(made, "differences", differences_value(changes));
	json_object_set_new(made, "notes", notes);
	json_object_set_new(made, "cases", cases);
	return made;
}

int format_json(
	const struct changes *const *list, size_t count, FILE *out, struct why *why)
{
	json_t *made = json_object(), *comparisons = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(comparisons, comparison_value(list[i]));
	json_object_set_new(made, "schema", json_integer(FORMAT_JSON_SCHEMA));
	json_object_set_new(made, "comparisons", comparisons);
	return json_write(made, out, why);
}

#else

int format_json(
	const struct changes *const *list, size_t count, FILE *out, struct why *why)
{
	(void)list;
	(void)count;
	(void)out;
	return json_missing(why);
}

#endif
