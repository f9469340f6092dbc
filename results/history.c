#include "results/history.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/statistics.h"
#include "results/divisive.h"

#define SEED 1

/* Time stamps are ISO 8601, so that they sort as text; equal ones stay as given. */
static int compare_runs(const void *left, const void *right)
{
	const struct export_run *a = left, *b = right;

	return strcmp(a->time_utc, b->time_utc);
}

/* A few runs at the most, and stable, which qsort is not. */
static void sort_runs(struct export_run *runs, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct export_run run = runs[i];
		size_t at = i;

		for (; at > 0 && compare_runs(&runs[at - 1], &run) > 0; at--)
			runs[at] = runs[at - 1];
		runs[at] = run;
	}
}

static bool has_series(const struct history *history, const char *name)
{
	for (size_t i = 0; i < history->series_count; i++)
		if (strcmp(history->series[i].name, name) == 0)
			return true;
	return false;
}

static int add_series(struct history *history, const struct export_case *at)
{
	struct history_series *grown, *series;

	grown = realloc(history->series, (history->series_count + 1) * sizeof *grown);
	if (!grown)
		return -ENOMEM;
	history->series = grown;
	series = &grown[history->series_count];
	*series = (struct history_series) { .quantity = at->quantity, .unit = at->unit };
	snprintf(series->name, sizeof series->name, "%s", at->name);
	series->values = calloc(history->run_count, sizeof *series->values);
	series->levels = calloc(history->run_count, sizeof *series->levels);
	history->series_count++; /* what was made of it is freed with the rest */
	if (!series->values || !series->levels)
		return -ENOMEM;
	for (size_t i = 0; i < history->run_count; i++) {
		struct export_case found;

		series->levels[i] = NAN;
		series->values[i] = export_find(&history->runs[i], series->name, &found)
					    ? found.value
					    : NAN;
		series->known += isnan(series->values[i]) ? 0 : 1;
	}
	return 0;
}

static int collect_series(struct history *history)
{
	for (size_t i = 0; i < history->run_count; i++) {
		struct export_case at = { .row = NULL };

		while (export_next(&history->runs[i], &at))
			if (!has_series(history, at.name) && add_series(history, &at))
				return -ENOMEM;
	}
	return 0;
}

/* The known values of a series, and which run each is of. */
struct track {
	double *logs, *work;
	size_t *runs;
	size_t count;
	struct change_point *points;
};

static double median_between(struct track *track, size_t low, size_t high)
{
	for (size_t i = low; i < high; i++)
		track->work[i - low] = exp(track->logs[i]);
	return statistics_median(track->work, high - low);
}

static void set_levels(struct history_series *series, struct track *track, size_t points)
{
	for (size_t i = 0; i <= points; i++) {
		size_t low = i ? track->points[i - 1].at : 0;
		size_t high = i < points ? track->points[i].at : track->count;
		double level = median_between(track, low, high);

		for (size_t j = low; j < high; j++)
			series->levels[track->runs[j]] = level;
	}
}

static int add_change(struct history *history, size_t index, const struct track *track,
	const struct change_point *point)
{
	const struct history_series *series = &history->series[index];
	struct history_change *grown, *change;

	grown = realloc(history->changes, (history->change_count + 1) * sizeof *grown);
	if (!grown)
		return -ENOMEM;
	history->changes = grown;
	change = &grown[history->change_count++];
	*change = (struct history_change) { .series = index,
		.at = track->runs[point->at],
		.before = track->runs[point->at - 1],
		.p = point->p };
	change->low_level = series->levels[change->before];
	change->high_level = series->levels[change->at];
	change->verdict = (change->high_level > change->low_level) ==
					  quantity_more_is_better(series->quantity)
				  ? VERDICT_FASTER
				  : VERDICT_SLOWER;
	return 0;
}

static int search_series(struct history *history, size_t index, struct track *track)
{
	const struct divisive_rule rule = { history->rule.alpha,
		log1p(history->rule.margin), SEED };
	struct history_series *series = &history->series[index];
	int found, error = 0;

	track->count = 0;
	for (size_t i = 0; i < history->run_count; i++) {
		/* What holds nothing has no logarithm, and is no level to compare. */
		if (!(series->values[i] > 0))
			continue;
		track->logs[track->count] = log(series->values[i]);
		track->runs[track->count++] = i;
	}
	if (track->count < divisive_values_least(rule.alpha)) {
		history->too_short++;
		set_levels(series, track, 0);
		return 0;
	}
	found = divisive_find(track->logs, track->count, &rule, track->points);
	if (found < 0)
		return found;
	set_levels(series, track, (size_t)found);
	for (int i = 0; i < found && !error; i++)
		error = add_change(history, index, track, &track->points[i]);
	return error;
}

static int compare_changes(const void *left, const void *right)
{
	const struct history_change *a = left, *b = right;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return (a->series > b->series) - (a->series < b->series);
}

static int search_all(struct history *history)
{
	size_t room = history->run_count + 1;
	struct track track = { .logs = calloc(room, sizeof *track.logs),
		.work = calloc(room, sizeof *track.work),
		.runs = calloc(room, sizeof *track.runs),
		.points = calloc(room, sizeof *track.points) };
	int error = track.logs && track.work && track.runs && track.points ? 0 : -ENOMEM;

	for (size_t i = 0; i < history->series_count && !error; i++)
		error = search_series(history, i, &track);
	if (!error && history->change_count)
		qsort(history->changes, history->change_count, sizeof *history->changes,
			compare_changes);
	free(track.logs);
	free(track.work);
	free(track.runs);
	free(track.points);
	return error;
}

int history_open(struct run_directory *const *directories, size_t count,
	const struct rule *rule, struct history *history, struct why *why)
{
	int error = 0;

	*history = (struct history) { .rule = *rule };
	history->runs = calloc(count + 1, sizeof *history->runs);
	if (!history->runs)
		return why_say(why, ENOMEM, "read %zu runs", count);
	for (size_t i = 0; i < count && !error; i++) {
		error = export_open(directories[i], &history->runs[i], why);
		if (!error)
			history->run_count++;
	}
	sort_runs(history->runs, history->run_count);
	if (!error && (collect_series(history) || search_all(history)))
		error = why_say(why, ENOMEM, "look through %zu runs", count);
	if (error)
		history_close(history);
	return error;
}

void history_close(struct history *history)
{
	for (size_t i = 0; i < history->run_count; i++)
		export_close(&history->runs[i]);
	for (size_t i = 0; i < history->series_count; i++) {
		free(history->series[i].values);
		free(history->series[i].levels);
	}
	free(history->runs);
	free(history->series);
	free(history->changes);
	*history = (struct history) { .runs = NULL };
}

bool history_ends_slower(const struct history *history)
{
	/* Changes are in the order of runs: the last one of a series comes last. */
	for (size_t i = 0; i < history->change_count; i++) {
		bool is_last = true;

		for (size_t j = i + 1; j < history->change_count; j++)
			is_last &= history->changes[j].series !=
				   history->changes[i].series;
		if (is_last && history->changes[i].verdict == VERDICT_SLOWER)
			return true;
	}
	return false;
}
