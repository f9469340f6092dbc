#include "conformance/texts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/embedded.h"
#include "results/csv.h"

#define TEXTS_FILE "conformance/checks.csv"

const char *const promise_names[] = { "POSIX", "LINUX", "OBSERVED", NULL };

enum { ID, PROMISE, SAYS, CITE, METHOD, DIFFERS, BREAKS, COLUMNS };

static const char *const columns[COLUMNS] = { "id", "promise", "says", "cite", "method",
	"differs", "breaks" };

static char *file; /* the words of all texts lie in it */
static struct text *texts;
static size_t text_count;

static int read_promise(const char *word, enum promise *promise)
{
	for (int i = 0; promise_names[i]; i++)
		if (strcmp(promise_names[i], word) == 0) {
			*promise = (enum promise)i;
			return 0;
		}
	return -EINVAL;
}

static int add(char **fields, int got, struct why *why)
{
	struct text *grown;
	enum promise promise;

	if (got != COLUMNS)
		return why_say(why, 0, TEXTS_FILE ": %s: %d fields instead of %d",
			fields[ID], got, COLUMNS);
	if (read_promise(fields[PROMISE], &promise))
		return why_say(why, 0, TEXTS_FILE ": %s: '%s' is no promise", fields[ID],
			fields[PROMISE]);
	grown = realloc(texts, (text_count + 1) * sizeof *texts);
	if (!grown)
		return why_say(why, ENOMEM, "read " TEXTS_FILE);
	texts = grown;
	texts[text_count++] = (struct text) { fields[ID], promise, fields[SAYS],
		fields[CITE], fields[METHOD], fields[DIFFERS], fields[BREAKS] };
	return 0;
}

int texts_load(struct why *why)
{
	char *fields[COLUMNS], *at;
	size_t length;
	int got, error = 0;

	if (texts)
		return 0;
	file = embedded_copy(TEXTS_FILE, &length);
	if (!file)
		return why_say(why, ENOMEM, "read " TEXTS_FILE);
	at = file;
	got = csv_record(&at, file + length, fields, COLUMNS);
	for (int i = 0; i < COLUMNS; i++)
		if (got != COLUMNS || strcmp(fields[i], columns[i]) != 0)
			return why_say(why, 0, TEXTS_FILE ": no column '%s'", columns[i]);
	while (!error && (got = csv_record(&at, file + length, fields, COLUMNS)) > 0)
		error = add(fields, got, why);
	if (!error && got < 0)
		error = why_say(why, 0, TEXTS_FILE ": a record does not end");
	return error;
}

const struct text *text_of(const char *id)
{
	for (size_t i = 0; i < text_count; i++)
		if (strcmp(texts[i].id, id) == 0)
			return &texts[i];
	return NULL;
}

const struct text *texts_all(size_t *count)
{
	*count = text_count;
	return texts;
}
