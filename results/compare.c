#include "results/compare.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "harness/statistics.h"
#include "results/cases.h"
#include "results/pairs.h"

#define NONE SIZE_MAX

static const char not_alternated[] =
	"The runs were made one after the other, so that whatever drifted between them counts "
	"as a change. Where both sides can run on one machine, 'ipcmark duet' alternates "
	"them.";

static const char alternated[] =
	"The two are the sides of one duet, so that each launch is set against the one it was "
	"alternated with.";

/* What may differ between two runs of a case: the first pass that finds one and only one
 * counterpart decides. */
enum pass {
	PASS_EXACT,
	PASS_CPUS, /* a placement picks other CPUs on another machine */
	PASS_SETTINGS, /* which are what may be compared */
	PASSES
};

static bool may_match(
	const struct summary_row *a, const struct summary_row *b, enum pass pass)
{
	return strcmp(a->mechanism, b->mechanism) == 0 && strcmp(a->test, b->test) == 0 &&
	       a->size_bytes == b->size_bytes &&
	       strcmp(a->placement, b->placement) == 0 &&
	       strcmp(a->payload, b->payload) == 0 && a->gap_ns == b->gap_ns &&
	       a->chunk_bytes == b->chunk_bytes && a->coalesce == b->coalesce &&
	       a->pieces == b->pieces &&
	       strcmp(a->sweep_setting, b->sweep_setting) == 0 &&
	       a->sweep_wanted == b->sweep_wanted &&
	       (pass >= PASS_CPUS || (a->cpu_a == b->cpu_a && a->cpu_b == b->cpu_b)) &&
	       (pass >= PASS_SETTINGS || (strcmp(a->settings, b->settings) == 0 &&
						 strcmp(a->sched, b->sched) == 0));
}

/* The only one of `cases` that may match and is free, NONE where there is none or more.
 */
static size_t only_match(const struct cases *cases, const bool *is_taken,
	const struct summary_row *row, enum pass pass)
{
	size_t found = NONE;

	for (size_t i = 0; i < cases->count; i++) {
		if (is_taken[i] || !may_match(&cases->items[i].row, row, pass))
			continue;
		if (found != NONE)
			return NONE;
		found = i;
	}
	return found;
}

/* matches[i] is the case of `candidate` that is base's case i, or NONE. */
static int match(const struct cases *base, const struct cases *candidate, size_t *matches)
{
	bool *is_taken[2] = { calloc(base->count + 1, sizeof(bool)),
		calloc(candidate->count + 1, sizeof(bool)) };
	int error = is_taken[0] && is_taken[1] ? 0 : -ENOMEM;

	for (size_t i = 0; i < base->count; i++)
		matches[i] = NONE;
	for (enum pass pass = 0; !error && pass < PASSES; pass++)
		for (size_t i = 0; i < base->count; i++) {
			size_t found;

			if (is_taken[0][i])
				continue;
			found = only_match(
				candidate, is_taken[1], &base->items[i].row, pass);
			if (found == NONE ||
				only_match(base, is_taken[0],
					&candidate->items[found].row, pass) != i)
				continue;
			matches[i] = found;
			is_taken[0][i] = is_taken[1][found] = true;
		}
	free(is_taken[0]);
	free(is_taken[1]);
	return error;
}

/* Does every launch know the round trip of this canary in the same slices? */
static bool has_canary(const struct one_case *one, const char *name)
{
	for (size_t i = 0; i < one->launch_count; i++)
		if (strcmp(one->launches[i]->canary, name) != 0 ||
			!(one->launches[i]->canary_ns > 0))
			return false;
	return one->launch_count > 0 && *name && strcmp(one->row.test, "latency") == 0;
}

/* The canary that both have, or "". */
static const char *common_canary(
	const struct one_case *base, const struct one_case *candidate)
{
	const char *name = base->launch_count ? base->launches[0]->canary : "";

	return has_canary(base, name) && has_canary(candidate, name) ? name : "";
}

static double *launch_values(const struct one_case *one)
{
	double *values = calloc(one->launch_count + 1, sizeof *values);

	for (size_t i = 0; values && i < one->launch_count; i++)
		values[i] = quantity_value(one->launches[i]);
	return values;
}

/* The times as they would be if the canary had taken `canary_ns` in each launch. */
static void set_against_canary(
	const struct one_case *one, double canary_ns, double *values)
{
	for (size_t i = 0; i < one->launch_count; i++)
		values[i] *= canary_ns / one->launches[i]->canary_ns;
}

/* What the canary took in the base, which stays the measure. */
static double canary_median(const struct one_case *one, double *work)
{
	for (size_t i = 0; i < one->launch_count; i++)
		work[i] = one->launches[i]->canary_ns;
	return statistics_median(work, one->launch_count);
}

/* Is the placement one that holds several pairs of CPUs? */
static bool names_cpus(const char *placement)
{
	return strcmp(placement, "all-pairs") == 0;
}

static void append(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void append(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list arguments;

	if (used && used + 2 < size) {
		memcpy(text + used, ", ", 3);
		used += 2;
	}
	va_start(arguments, format);
	vsnprintf(text + used, size - used, format, arguments);
	va_end(arguments);
}

static void say_where(struct change *change, const struct summary_row *base,
	const struct summary_row *candidate)
{
	char quantity[TEXT_QUANTITY];
	size_t size = sizeof change->where;

	if (names_cpus(base->placement))
		append(change->where, size, "CPUs %" PRId64 "-%" PRId64, base->cpu_a,
			base->cpu_b);
	if (base->gap_ns > 0)
		append(change->where, size, "gap %s",
			text_ns((double)base->gap_ns, quantity));
	if (strncmp(base->sched, "fifo", 4) == 0 &&
		strncmp(candidate->sched, "fifo", 4) == 0) {
		append(change->where, size, "%.40s", base->sched);
		change->decision.is_realtime = true;
	}
	size = sizeof change->detail;
	if (base->sweep_wanted != ROW_UNKNOWN)
		append(change->detail, size, "%.100s=%" PRId64, base->sweep_setting,
			base->sweep_wanted);
	if (base->chunk_bytes > 0 && base->chunk_bytes != base->size_bytes)
		append(change->detail, size, "chunk %s",
			text_bytes((double)base->chunk_bytes, quantity));
	if (base->coalesce > 1)
		append(change->detail, size, "batch %" PRId64, base->coalesce);
	if (base->pieces > 0)
		append(change->detail, size, "%" PRId64 " pieces", base->pieces);
}

/* The summary's names as those of a launch. */
static void name_row(const struct summary_row *from, struct result_row *to)
{
	row_clear(&result_table, to);
	row_text(to->mechanism, from->mechanism);
	row_text(to->test, from->test);
	row_text(to->placement, from->placement);
	row_text(to->payload, from->payload);
	to->size_bytes = from->size_bytes;
}

static bool is_exact(const struct one_case *one)
{
	for (size_t i = 0; i < one->launch_count; i++)
		if (one->launches[i]->is_exact != 1)
			return false;
	return true;
}

static struct change *add_measured(struct changes *changes, const struct one_case *base,
	const struct one_case *candidate, const struct result_row *row, double *values[2])
{
	const char *canary = common_canary(base, candidate);
	bool is_counted = is_exact(base) && is_exact(candidate);
	struct decision raw = { .design = changes->design };
	struct change *change;

	if (*canary) {
		double *work = calloc(base->launch_count + 1, sizeof *work), canary_ns;

		if (!work)
			return NULL;
		canary_ns = canary_median(base, work);
		free(work);
		decision_measure(&raw, values[0], base->launch_count, values[1],
			candidate->launch_count, &changes->rule);
		set_against_canary(base, canary_ns, values[0]);
		set_against_canary(candidate, canary_ns, values[1]);
	}
	change = changes_add(changes, row, is_counted, values[0], base->launch_count,
		values[1], candidate->launch_count, NULL);
	if (change && *canary) {
		row_text(change->canary, canary);
		change->decision.raw_ratio = raw.ratio;
	}
	return change;
}

static int add_case(struct changes *changes, const struct one_case *base,
	const struct one_case *candidate)
{
	double *values[2] = { launch_values(base), launch_values(candidate) };
	const struct one_case *missing = base->launch_count ? candidate : base;
	struct change *change = NULL;
	struct result_row row;
	char why[DECISION_WHY];

	name_row(&base->row, &row);
	if (values[0] && values[1] && missing->launch_count) {
		change = add_measured(changes, base, candidate, &row, values);
	} else if (values[0] && values[1]) {
		snprintf(why, sizeof why, "%.24s in %s: %.180s", missing->row.status,
			missing == base ? "the base" : "the candidate",
			*missing->row.reason ? missing->row.reason
					     : "no reason was given");
		change = changes_add_unmeasured(changes, &row, why);
	}
	free(values[0]);
	free(values[1]);
	if (!change)
		return -ENOMEM;
	say_where(change, &base->row, &candidate->row);
	return 0;
}

/* "40 cases are only in runs/a: tcp, udp, ..." */
static int note_alone(struct changes *changes, const char *name,
	const struct cases *cases, const bool *is_alone)
{
	char names[160] = "";
	const char *last = "";
	size_t count = 0, mechanisms = 0;

	for (size_t i = 0; i < cases->count; i++) {
		const char *mechanism = cases->items[i].row.mechanism;

		if (!is_alone[i])
			continue;
		count++;
		/* Cases of a mechanism stand together. */
		if (strcmp(mechanism, last) == 0)
			continue;
		last = mechanism;
		if (++mechanisms <= 5)
			append(names, sizeof names, "%.24s", mechanism);
		else if (mechanisms == 6)
			append(names, sizeof names, "...");
	}
	return count ? changes_note(changes, "%zu case%s in %s only: %s", count,
			       count == 1 ? " is" : "s are", name, names)
		     : 0;
}

static int note_what_is_left(struct changes *changes, const struct cases *base,
	const struct cases *candidate, const size_t *matches)
{
	bool *is_alone[2] = { calloc(base->count + 1, sizeof(bool)),
		calloc(candidate->count + 1, sizeof(bool)) };
	size_t neither = 0;
	int error = is_alone[0] && is_alone[1] ? 0 : -ENOMEM;

	for (size_t i = 0; !error && i < candidate->count; i++)
		is_alone[1][i] = true;
	for (size_t i = 0; !error && i < base->count; i++) {
		is_alone[0][i] = matches[i] == NONE;
		if (matches[i] == NONE)
			continue;
		is_alone[1][matches[i]] = false;
		neither += !base->items[i].launch_count &&
			   !candidate->items[matches[i]].launch_count;
	}
	if (!error)
		error = note_alone(changes, changes->base_name, base, is_alone[0]);
	if (!error)
		error = note_alone(
			changes, changes->candidate_name, candidate, is_alone[1]);
	if (!error && neither)
		error = changes_note(changes, "%zu case%s measured in neither", neither,
			neither == 1 ? " was" : "s were");
	free(is_alone[0]);
	free(is_alone[1]);
	return error;
}

/* Canaries of one run only, or different ones, are of no use. */
static int note_canaries(
	struct changes *changes, const struct cases *base, const struct cases *candidate)
{
	const struct cases *sides[2] = { base, candidate };
	bool has[2] = { false, false }, is_used = false;

	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < sides[side]->row_count; i++)
			has[side] |= *sides[side]->rows[i].canary != '\0';
	for (size_t i = 0; i < changes->count; i++)
		is_used |= *changes->items[i].canary != '\0';
	if ((!has[0] && !has[1]) || is_used)
		return 0;
	if (has[0] && has[1])
		return changes_note(changes,
			"The canaries (--canary) are not the same, so "
			"the times are compared as they are.");
	return changes_note(changes,
		"Only %s has canaries (--canary), so the times are compared as they are.",
		has[0] ? changes->base_name : changes->candidate_name);
}

static int fill(
	struct changes *changes, const struct cases *base, const struct cases *candidate)
{
	size_t *matches = calloc(base->count + 1, sizeof *matches);
	int error = matches ? match(base, candidate, matches) : -ENOMEM;

	for (size_t i = 0; !error && i < base->count; i++) {
		const struct one_case *one = &base->items[i];
		const struct one_case *other = matches[i] == NONE
						       ? NULL
						       : &candidate->items[matches[i]];

		if (other && (one->launch_count || other->launch_count))
			error = add_case(changes, one, other);
	}
	if (!error)
		error = note_what_is_left(changes, base, candidate, matches);
	if (!error)
		error = note_canaries(changes, base, candidate);
	free(matches);
	return error;
}

/* Nothing to compare: says what the plans were, as far as that may be the reason. */
static int refuse(const struct changes *changes, struct why *why)
{
	why_say(why, 0, "no case was measured in both %s and %s", changes->base_name,
		changes->candidate_name);
	for (size_t i = 0; i < changes->difference_count; i++)
		if (strncmp(changes->differences[i].key, "option.", 7) == 0)
			why_add(why, "%s: '%.60s' and '%.60s'",
				changes->differences[i].says,
				changes->differences[i].base,
				changes->differences[i].candidate);
	return -ENOENT;
}

/* The two sides of one duet, launch by launch. */
static int compare_pairs(const struct run_directory *base,
	const struct run_directory *candidate, struct changes *changes, struct why *why)
{
	struct pairs pairs;
	int error = pairs_load(base, candidate, &pairs, why);

	if (!error && (compare_environments(changes, base, candidate) ||
			      pairs_add(&pairs, changes)))
		error = why_say(why, ENOMEM, "compare the sides of a duet");
	if (!error)
		error = changes_settle(changes, why);
	if (!error && (changes_note(changes, "%s", alternated) || pairs_note(changes)))
		error = why_say(why, ENOMEM, "compare the sides of a duet");
	free(pairs.rows[0]);
	free(pairs.rows[1]);
	return error;
}

static int compare_apart(const struct run_directory *base,
	const struct run_directory *candidate, struct changes *changes, struct why *why)
{
	struct cases one = { .items = NULL }, other = { .items = NULL };
	int error = cases_load(base, &one, why);

	if (!error)
		error = cases_load(candidate, &other, why);
	if (!error && (compare_environments(changes, base, candidate) ||
			      fill(changes, &one, &other)))
		error = why_say(why, ENOMEM, "compare runs");
	if (!error && !changes->count)
		error = refuse(changes, why);
	if (!error && changes_note(changes, "%s", not_alternated))
		error = why_say(why, ENOMEM, "compare runs");
	if (!error)
		error = changes_settle(changes, why);
	cases_free(&one);
	cases_free(&other);
	return error;
}

int compare_runs(const struct run_directory *base, const struct run_directory *candidate,
	const struct rule *rule, struct changes **changes, struct why *why)
{
	bool is_duet = pairs_are_duet(base, candidate);
	struct changes *made = changes_create(is_duet ? DESIGN_PAIRED : DESIGN_UNPAIRED,
		rule, run_directory_path(base), run_directory_path(candidate));
	int error;

	if (!made)
		return why_say(why, ENOMEM, "compare runs");
	error = is_duet ? compare_pairs(base, candidate, made, why)
			: compare_apart(base, candidate, made, why);
	if (error)
		changes_free(made);
	else
		*changes = made;
	return error;
}
