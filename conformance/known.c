#include "conformance/known.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/embedded.h"
#include "harness/base/text.h"
#include "results/csv.h"

#define TARGETS 32

enum { ID, VERDICT, REASON, REFERENCE, COLUMNS };

static const char *const columns[COLUMNS] = { "id", "verdict", "reason", "reference" };

struct known {
	char *bytes;
	struct known_deviation *deviations;
	size_t count;
};

/* What `--target` can name without a path. */
static void target_names(char names[TARGETS][64], const char *words[TARGETS + 1])
{
	size_t count = 0;

	for (const struct embedded *file = embedded_files; file->name && count < TARGETS;
		file++)
		if (sscanf(file->name, "conformance/known/%63[^.].csv", names[count]) ==
			1) {
			words[count] = names[count];
			count++;
		}
	words[count] = NULL;
}

static int no_target(const char *target, struct why *why)
{
	char names[TARGETS][64];
	const char *words[TARGETS + 1], *nearest;
	int error = why_say(why, 0, "there is no target '%s'", target);

	target_names(names, words);
	nearest = text_nearest(target, words);
	if (nearest)
		why_add(why, "did you mean %s?", nearest);
	else
		why_add(why, "one of your own is named by its path, such as ./%s.csv",
			target);
	return error;
}

static char *read_path(const char *path, size_t *length, struct why *why)
{
	FILE *in = fopen(path, "re");
	char *bytes = NULL;
	size_t size;
	FILE *out;
	int c;

	if (!in) {
		why_say(why, errno, "read the known deviations of %s", path);
		return NULL;
	}
	out = open_memstream(&bytes, &size);
	while (out && (c = getc(in)) != EOF)
		putc(c, out);
	fclose(in);
	if (!out || fclose(out)) {
		why_say(why, ENOMEM, "read the known deviations of %s", path);
		return NULL;
	}
	*length = size;
	return bytes;
}

static int add(
	struct known *known, const char *target, char **fields, int got, struct why *why)
{
	struct known_deviation *grown;
	bool is_certain;

	if (got != COLUMNS)
		return why_say(why, 0,
			"known deviations of %s: %s: %d fields instead of %d", target,
			fields[ID], got, COLUMNS);
	is_certain = strcmp(fields[VERDICT], "deviates") == 0;
	if (!is_certain && strcmp(fields[VERDICT], "varies") != 0)
		return why_say(why, 0,
			"known deviations of %s: %s: verdict '%s' is neither 'deviates' "
			"nor 'varies'",
			target, fields[ID], fields[VERDICT]);
	grown = realloc(known->deviations, (known->count + 1) * sizeof *grown);
	if (!grown)
		return why_say(why, ENOMEM, "read the known deviations of %s", target);
	known->deviations = grown;
	grown[known->count++] = (struct known_deviation) { fields[ID], is_certain,
		fields[REASON], fields[REFERENCE] };
	return 0;
}

static int parse(struct known *known, const char *target, size_t length, struct why *why)
{
	char *fields[COLUMNS], *at = known->bytes, *end = known->bytes + length;
	int got = csv_record(&at, end, fields, COLUMNS), error = 0;

	for (int i = 0; i < COLUMNS; i++)
		if (got != COLUMNS || strcmp(fields[i], columns[i]) != 0)
			return why_say(why, 0, "known deviations of %s: no column '%s'",
				target, columns[i]);
	while (!error && (got = csv_record(&at, end, fields, COLUMNS)) > 0)
		error = add(known, target, fields, got, why);
	if (!error && got < 0)
		error = why_say(
			why, 0, "known deviations of %s: a record does not end", target);
	return error;
}

int known_load(const char *target, struct known **known, struct why *why)
{
	struct known *loaded = calloc(1, sizeof *loaded);
	bool is_path = strchr(target, '/') || strstr(target, ".csv");
	char name[96];
	size_t length;
	int error;

	if (!loaded)
		return why_say(why, ENOMEM, "read the known deviations of %s", target);
	snprintf(name, sizeof name, "conformance/known/%s.csv", target);
	loaded->bytes = is_path ? read_path(target, &length, why)
				: embedded_copy(name, &length);
	if (loaded->bytes)
		error = parse(loaded, target, length, why);
	else
		error = is_path ? -EINVAL : no_target(target, why);
	if (error)
		known_free(loaded);
	else
		*known = loaded;
	return error;
}

void known_free(struct known *known)
{
	if (!known)
		return;
	free(known->deviations);
	free(known->bytes);
	free(known);
}

const struct known_deviation *known_of(
	const struct known *known, const char *point_id, const char *check_id)
{
	for (size_t i = 0; known && i < known->count; i++)
		if (strcmp(known->deviations[i].id, point_id) == 0 ||
			strcmp(known->deviations[i].id, check_id) == 0)
			return &known->deviations[i];
	return NULL;
}
