#include "results/stored_checks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "results/csv.h"
#include "results/run_file.h"

#define FIELDS_MOST 32

/* The columns that are read, and where they go. */
static const struct {
	const char *name;
	size_t offset;
} columns[] = {
	{ "id", offsetof(struct stored_check, id) },
	{ "suite", offsetof(struct stored_check, suite) },
	{ "promise", offsetof(struct stored_check, promise) },
	{ "verdict", offsetof(struct stored_check, verdict) },
	{ "what", offsetof(struct stored_check, what) },
	{ "got", offsetof(struct stored_check, got) },
	{ "want", offsetof(struct stored_check, want) },
	{ "reason", offsetof(struct stored_check, reason) },
	{ "where", offsetof(struct stored_check, where) },
	{ "cite", offsetof(struct stored_check, cite) },
};
#define COLUMNS (sizeof columns / sizeof columns[0])

static const struct {
	const char *verdict;
	enum kept kept;
} meanings[] = {
	{ "ok", KEPT_YES },
	{ "unexpected pass", KEPT_YES },
	{ "deviates", KEPT_NO },
	{ "known", KEPT_NO },
	{ "differs", KEPT_NO },
};

static enum kept meaning_of(const char *verdict)
{
	for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
		if (strcmp(meanings[i].verdict, verdict) == 0)
			return meanings[i].kept;
	return KEPT_UNKNOWN;
}

/* Which field each column is. */
static int read_header(char **at, char *end, size_t fields[COLUMNS], struct why *why)
{
	char *names[FIELDS_MOST];
	int got = csv_record(at, end, names, FIELDS_MOST);

	if (got < 0 || got > FIELDS_MOST)
		return why_say(
			why, 0, STORED_CHECKS_FILE ": the first line is no header");
	for (size_t c = 0; c < COLUMNS; c++) {
		size_t field = 0;

		while (field < (size_t)got && strcmp(names[field], columns[c].name) != 0)
			field++;
		if (field == (size_t)got)
			return why_say(why, 0, STORED_CHECKS_FILE ": no column '%s'",
				columns[c].name);
		fields[c] = field;
	}
	return 0;
}

static int add(struct stored_checks *checks, size_t *room, char *const *values,
	size_t got, const size_t fields[COLUMNS], struct why *why)
{
	struct stored_check *check;

	if (checks->count == *room) {
		size_t wanted = *room ? 2 * *room : 1024;

		check = realloc(checks->items, wanted * sizeof *check);
		if (!check)
			return why_say(why, ENOMEM, "read " STORED_CHECKS_FILE);
		checks->items = check;
		*room = wanted;
	}
	check = &checks->items[checks->count];
	for (size_t c = 0; c < COLUMNS; c++) {
		if (fields[c] >= got)
			return why_say(why, 0,
				STORED_CHECKS_FILE
				": record %zu has %zu fields and no '%s'",
				checks->count + 2, got, columns[c].name);
		*(const char **)((char *)check + columns[c].offset) = values[fields[c]];
	}
	check->kept = meaning_of(check->verdict);
	checks->count++;
	return 0;
}

int stored_checks_read(
	const struct run_directory *run, struct stored_checks *checks, struct why *why)
{
	size_t length, room = 0, fields[COLUMNS];
	struct why inner = { "" };
	char *at, *values[FIELDS_MOST];
	int error, got;

	*checks = (struct stored_checks) { 0 };
	error = run_file_read(run_directory_fd(run), run_directory_path(run),
		STORED_CHECKS_FILE, &checks->text, &length, &inner);
	if (error == -ENOENT)
		return error;
	if (error)
		return why_say(why, 0, "%s", inner.text), error;
	at = checks->text;
	error = read_header(&at, checks->text + length, fields, why);
	while (!error && (got = csv_record(&at, checks->text + length, values,
				  FIELDS_MOST)) != 0) {
		if (got < 0)
			error = why_say(why, 0,
				STORED_CHECKS_FILE ": record %zu does not end",
				checks->count + 2);
		else
			error = add(checks, &room, values,
				(size_t)(got < FIELDS_MOST ? got : FIELDS_MOST), fields,
				why);
	}
	if (error)
		stored_checks_free(checks);
	return error;
}

void stored_checks_free(struct stored_checks *checks)
{
	free(checks->items);
	free(checks->text);
	*checks = (struct stored_checks) { 0 };
}

static size_t count_of(const struct stored_checks *checks, const char *verdict)
{
	size_t count = 0;

	for (size_t i = 0; i < checks->count; i++)
		count += strcmp(checks->items[i].verdict, verdict) == 0;
	return count;
}

/* The verdicts in the order in which they appear, with their numbers. */
static void put_counts(const struct stored_checks *checks, FILE *out)
{
	const char *before = "";

	for (size_t i = 0; i < checks->count; i++) {
		const char *verdict = checks->items[i].verdict;
		bool is_first = true;

		for (size_t j = 0; j < i && is_first; j++)
			is_first = strcmp(checks->items[j].verdict, verdict) != 0;
		if (!is_first)
			continue;
		fprintf(out, "%s%zu %s", before, count_of(checks, verdict), verdict);
		before = ", ";
	}
}

void stored_checks_show(const struct stored_checks *checks, const struct sheet *sheet)
{
	const char *before = "; ";
	size_t length;
	char *line = NULL;
	FILE *out = open_memstream(&line, &length);

	if (!out)
		abort();
	put_counts(checks, out);
	for (size_t i = 0; i < checks->count; i++) {
		const struct stored_check *check = &checks->items[i];

		if (strcmp(check->verdict, "deviates") != 0 &&
			strcmp(check->verdict, "broken") != 0)
			continue;
		fprintf(out, "%s%s", before, check->id);
		before = ", ";
	}
	if (fclose(out))
		abort();
	putc('\n', sheet->out);
	sheet_style(sheet, STYLE_BOLD);
	fputs("Checks: ", sheet->out);
	sheet_plain(sheet);
	sheet_wrap(sheet, 8, 2, line);
	free(line);
}
