#include "results/run_results.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "results/csv.h"
#include "results/row.h"

#define FIELDS 256 /* that are looked through for a name */

/* Where, among the columns that the first record names, `name` is; -1: nowhere. */
static int position(char *const *fields, int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (strcmp(fields[i], name) == 0)
			return i;
	return -1;
}

int run_results_check_schema(
	const char *where, const char *text, size_t length, struct why *why)
{
	char *copy = malloc(length + 1), *at = copy, *end, *fields[FIELDS];
	int count, schema;
	long version = ROW_SCHEMA;

	if (!copy)
		return why_say(why, ENOMEM, "read %s/%s", where, RUN_RESULTS);
	memcpy(copy, text, length);
	end = copy + length;
	count = csv_record(&at, end, fields, FIELDS);
	schema = position(fields, count < FIELDS ? count : FIELDS, "schema");
	if (schema >= 0 && csv_record(&at, end, fields, FIELDS) > schema)
		version = strtol(fields[schema], NULL, 10);
	free(copy);
	if (version == ROW_SCHEMA)
		return 0;
	why_say(why, 0,
		"%s/%s has schema %ld, this ipcmark reads schema %d; use the version "
		"that wrote it",
		where, RUN_RESULTS, version, ROW_SCHEMA);
	return -EPROTO;
}

int run_results_check_header(
	const char *where, const char *text, size_t length, struct why *why)
{
	char *copy = malloc(length + 1), *at = copy, *fields[FIELDS];
	const struct table *table = &result_table;
	bool is_same;
	int count;

	if (!copy)
		return why_say(why, ENOMEM, "read %s/%s", where, RUN_RESULTS);
	memcpy(copy, text, length);
	count = csv_record(&at, copy + length, fields, FIELDS);
	is_same = count == (int)table->column_count;
	for (int i = 0; i < count && is_same; i++)
		is_same = strcmp(fields[i], table->columns[i].name) == 0;
	free(copy);
	if (is_same)
		return 0;
	why_say(why, 0,
		"%s/%s has other columns than this ipcmark writes; finish the run with the "
		"version that began it",
		where, RUN_RESULTS);
	return -EPROTO;
}

size_t run_results_whole(char *text, size_t length)
{
	char *at = text, *end = text + length, *fields[FIELDS], *launch_start;
	char *last[2] = { NULL, NULL };
	int count = csv_record(&at, end, fields, FIELDS);
	int columns[2] = { position(fields, count < FIELDS ? count : FIELDS, "launch"),
		position(fields, count < FIELDS ? count : FIELDS, "attempt") };

	for (launch_start = at;;) {
		char *start = at;
		bool is_known, is_same;

		memset(fields, 0, sizeof fields);
		count = csv_record(&at, end, fields, FIELDS);
		if (count == 0)
			return length;
		is_known = columns[0] >= 0 && columns[1] >= 0 && fields[columns[0]] &&
			   fields[columns[1]];
		is_same = is_known && last[0] &&
			  strcmp(last[0], fields[columns[0]]) == 0 &&
			  strcmp(last[1], fields[columns[1]]) == 0;
		/* A rest too short to say its launch: to measure one again costs little.
		 */
		if (count < 0)
			return (size_t)((is_known && !is_same ? start : launch_start) -
					text);
		if (is_same)
			continue;
		launch_start = start;
		last[0] = is_known ? fields[columns[0]] : NULL;
		last[1] = is_known ? fields[columns[1]] : NULL;
	}
}
