#include "results/witness.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same_place(const struct summary_row *a, const struct summary_row *b)
{
	return strcmp(a->placement, b->placement) == 0 && a->cpu_a == b->cpu_a &&
	       a->cpu_b == b->cpu_b && strcmp(a->sched, b->sched) == 0;
}

bool case_counts(const struct one_case *from)
{
	const struct summary_row *row = &from->row;

	return strcmp(row->status, "ok") == 0 && strcmp(row->payload, "none") != 0 &&
	       row->gap_ns <= 0 && row->sweep_wanted == ROW_UNKNOWN;
}

bool case_is_at(const struct one_case *from, const struct place *place)
{
	return same_place(&from->row, place->row);
}

static void name_place(struct witness *witness, struct place *place)
{
	const struct summary_row *row = place->row;
	size_t alike = 0;

	for (size_t i = 0; i < witness->place_count; i++)
		alike += strcmp(witness->places[i].row->placement, row->placement) == 0;
	if (alike > 1)
		snprintf(place->name, sizeof place->name,
			"%.100s %" PRId64 "-%" PRId64 "%s%.40s", row->placement,
			row->cpu_a, row->cpu_b, *row->sched ? " " : "", row->sched);
	else
		row_text(place->name, row->placement);
}

static int find_places(struct witness *witness, struct why *why)
{
	const struct cases *cases = &witness->cases;

	witness->places = calloc(cases->count + 1, sizeof *witness->places);
	if (!witness->places)
		return why_say(
			why, ENOMEM, "judge by %s", run_directory_path(witness->run));
	for (size_t i = 0; i < cases->count; i++) {
		const struct summary_row *row = &cases->items[i].row;
		size_t known = 0;

		if (strcmp(row->status, "ok") != 0)
			continue;
		while (known < witness->place_count &&
			!same_place(witness->places[known].row, row))
			known++;
		if (known == witness->place_count)
			witness->places[witness->place_count++].row = row;
	}
	for (size_t i = 0; i < witness->place_count; i++)
		name_place(witness, &witness->places[i]);
	return 0;
}

int witness_open(
	const struct run_directory *run, struct witness *witness, struct why *why)
{
	int error;

	*witness = (struct witness) { .run = run };
	error = cases_load(run, &witness->cases, why);
	if (error)
		return error;
	error = find_places(witness, why);
	if (!error) {
		error = stored_checks_read(run, &witness->checks, why);
		witness->has_checks = !error;
		if (error == -ENOENT)
			error = 0;
	}
	if (error)
		witness_close(witness);
	return error;
}

void witness_close(struct witness *witness)
{
	stored_checks_free(&witness->checks);
	free(witness->places);
	cases_free(&witness->cases);
	*witness = (struct witness) { 0 };
}
