#include "plots/figure_data.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/vocabulary.h"
#include "results/summary.h"

static bool is_shown(const struct summary_row *row)
{
	return strcmp(row->status, "ok") == 0 && row->mechanism[0];
}

static size_t subject_index(const struct figure_data *data, const char *name)
{
	size_t i = 0;

	while (i < data->subject_count && strcmp(data->subjects[i].name, name) != 0)
		i++;
	return i;
}

static size_t placement_index(const struct figure_data *data, const char *name)
{
	size_t i = 0;

	while (i < data->placement_count && strcmp(data->placements[i], name) != 0)
		i++;
	return i;
}

static void add_subject(struct figure_data *data, const char *name)
{
	const struct mechanism *mechanism = mechanism_find(name);
	struct subject *subject;

	data->subjects = page_grow(
		data->subjects, data->subject_count, sizeof *data->subjects);
	subject = &data->subjects[data->subject_count++];
	*subject = (struct subject) { 0 };
	snprintf(subject->name, sizeof subject->name, "%s", name);
	snprintf(subject->title, sizeof subject->title, "%s",
		mechanism ? mechanism->title : name);
	snprintf(subject->family, sizeof subject->family, "%s",
		mechanism ? mechanism->family : "unknown");
	subject->is_floor = mechanism && (mechanism->caps & CAP_FLOOR);
}

static void add_names(struct figure_data *data)
{
	for (size_t i = 0; i < data->row_count; i++) {
		const struct summary_row *row = &data->rows[i];

		if (!is_shown(row))
			continue;
		if (placement_index(data, row->placement) == data->placement_count) {
			data->placements = page_grow(data->placements,
				data->placement_count, sizeof *data->placements);
			memcpy(data->placements[data->placement_count++], row->placement,
				ROW_TEXT);
		}
		if (subject_index(data, row->mechanism) == data->subject_count)
			add_subject(data, row->mechanism);
	}
}

/* Place in mechanisms.def; unknown ones come last. */
static size_t rank(const char *name)
{
	const struct mechanism *mechanism = mechanism_find(name);
	size_t i = 0;

	while (i < mechanism_count && mechanisms[i] != mechanism)
		i++;
	return i;
}

/* A family stands where its first member of mechanisms.def does. */
static size_t family_rank(const struct subject *subject)
{
	size_t i = 0;

	while (i < mechanism_count && strcmp(mechanisms[i]->family, subject->family) != 0)
		i++;
	return i;
}

static int subject_order(const void *a, const void *b)
{
	const struct subject *x = a, *y = b;
	size_t x_family = family_rank(x), y_family = family_rank(y);
	size_t x_rank = rank(x->name), y_rank = rank(y->name);

	if (x_family != y_family)
		return x_family < y_family ? -1 : 1;
	if (x_rank != y_rank)
		return x_rank < y_rank ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* The member number comes from the whole table, not from this run: a mechanism keeps its
 * look in every figure of every run of one version. */
static size_t member(const struct figure_data *data, const struct subject *subject)
{
	size_t number = 0;

	for (size_t i = 0; i < mechanism_count; i++) {
		if (strcmp(mechanisms[i]->name, subject->name) == 0)
			return number;
		number += strcmp(mechanisms[i]->family, subject->family) == 0;
	}
	for (size_t i = 0; i < data->subject_count; i++) {
		if (&data->subjects[i] == subject)
			break;
		number += strcmp(data->subjects[i].family, subject->family) == 0;
	}
	return number;
}

/* qsort() passes no context. */
static _Thread_local const struct figure_data *ordering;

static int compare_numbers(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int row_order(const void *a, const void *b)
{
	const struct summary_row *x = a, *y = b;
	int order;

	order = compare_numbers((int64_t)subject_index(ordering, x->mechanism),
		(int64_t)subject_index(ordering, y->mechanism));
	if (!order)
		order = strcmp(x->test, y->test);
	if (!order)
		order = compare_numbers((int64_t)placement_index(ordering, x->placement),
			(int64_t)placement_index(ordering, y->placement));
	if (!order)
		order = compare_numbers(x->size_bytes, y->size_bytes);
	if (!order)
		order = compare_numbers(x->sweep_value, y->sweep_value);
	return order;
}

int figure_data_open(
	const struct run_directory *run, struct figure_data *data, struct why *why)
{
	int error;

	*data = (struct figure_data) { .run = run };
	error = run_directory_summary(run, &data->rows, &data->row_count, why);
	if (!error && !data->row_count) {
		/* The run was cut short, or is still on. */
		free(data->rows);
		data->rows = NULL;
		error = summary_compute(run, &data->rows, &data->row_count, why);
	}
	if (error)
		return error;
	data->row_count = summary_leave_joined(data->rows, data->row_count);
	if (run_directory_results(run, &data->results, &data->result_count, NULL)) {
		data->results = NULL;
		data->result_count = 0;
	}
	add_names(data);
	if (data->subject_count)
		qsort(data->subjects, data->subject_count, sizeof *data->subjects,
			subject_order);
	for (size_t i = 0; i < data->subject_count; i++)
		palette_look(data->subjects[i].family, member(data, &data->subjects[i]),
			&data->subjects[i].look);
	ordering = data;
	if (data->row_count)
		qsort(data->rows, data->row_count, sizeof *data->rows, row_order);
	ordering = NULL;
	return 0;
}

void figure_data_close(struct figure_data *data)
{
	free(data->rows);
	free(data->results);
	free(data->subjects);
	free(data->placements);
	*data = (struct figure_data) { 0 };
}

const struct summary_row *figure_row(const struct figure_data *data,
	const struct summary_row *after, enum test test, const char *placement,
	const char *mechanism)
{
	for (size_t i = after ? (size_t)(after - data->rows) + 1 : 0; i < data->row_count;
		i++) {
		const struct summary_row *row = &data->rows[i];

		if (is_shown(row) && strcmp(row->test, test_names[test]) == 0 &&
			(!placement || strcmp(row->placement, placement) == 0) &&
			(!mechanism || strcmp(row->mechanism, mechanism) == 0))
			return row;
	}
	return NULL;
}

const struct summary_row *figure_small_row(
	const struct figure_data *data, const char *placement, const char *mechanism)
{
	const struct summary_row *row = NULL, *best = NULL;
	double best_distance = INFINITY;

	while ((row = figure_row(data, row, TEST_LATENCY, placement, mechanism))) {
		double distance = fabs(
			log2(fmax(1, (double)row->size_bytes)) - log2(FIGURE_SMALL));

		if (row->size_bytes == 0)
			distance += 100;
		if (distance >= best_distance)
			continue;
		best = row;
		best_distance = distance;
	}
	return best;
}

bool figure_has(const struct result_row *row, enum test test, const char *placement,
	const char *mechanism)
{
	return strcmp(row->status, "ok") == 0 &&
	       strcmp(row->test, test_names[test]) == 0 &&
	       (!placement || strcmp(row->placement, placement) == 0) &&
	       (!mechanism || strcmp(row->mechanism, mechanism) == 0);
}

size_t figure_cpu_pairs(
	const struct figure_data *data, enum test test, const char *placement)
{
	const struct summary_row *row = NULL, *first = NULL;
	size_t pairs = 0;

	while ((row = figure_row(data, row, test, placement, NULL))) {
		if (!first)
			first = row;
		if (!pairs || row->cpu_a != first->cpu_a || row->cpu_b != first->cpu_b)
			pairs++;
	}
	return pairs;
}

const struct result_row *figure_result(
	const struct figure_data *data, const struct summary_row *row)
{
	for (size_t i = 0; i < data->result_count; i++) {
		const struct result_row *result = &data->results[i];

		if (strcmp(result->mechanism, row->mechanism) == 0 &&
			strcmp(result->test, row->test) == 0 &&
			strcmp(result->placement, row->placement) == 0 &&
			strcmp(result->payload, row->payload) == 0 &&
			strcmp(result->status, "ok") == 0 &&
			result->size_bytes == row->size_bytes &&
			result->gap_ns == row->gap_ns &&
			result->coalesce == row->coalesce &&
			result->cpu_a == row->cpu_a && result->cpu_b == row->cpu_b)
			return result;
	}
	return NULL;
}
