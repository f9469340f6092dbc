#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/csv.h"
#include "results/run_directory.h"
#include "results/run_file.h"

#define ENVIRONMENT "environment.csv"

int run_directory_put_environment(struct run_directory *run, const char *const *keys,
	const char *const *values, size_t count, struct why *why)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	int error;

	if (!out)
		return why_say(
			why, errno, "write %s/%s", run_directory_path(run), ENVIRONMENT);
	fputs("key,value\n", out);
	for (size_t i = 0; i < count; i++) {
		csv_field(out, keys[i]);
		putc(',', out);
		csv_field(out, values[i]);
		putc('\n', out);
	}
	if (fclose(out))
		error = why_say(
			why, ENOMEM, "write %s/%s", run_directory_path(run), ENVIRONMENT);
	else
		error = run_file_replace(run_directory_fd(run), run_directory_path(run),
			ENVIRONMENT, text, length, why);
	free(text);
	return error;
}

bool run_directory_each_fact(const struct run_directory *run,
	void (*each)(const char *key, const char *value, void *context), void *context)
{
	char *text, *at, *fields[2];
	size_t length;
	bool is_title = true;
	int got;

	if (run_file_read(run_directory_fd(run), run_directory_path(run), ENVIRONMENT,
		    &text, &length, NULL))
		return false;
	at = text;
	while ((got = csv_record(&at, text + length, fields, 2)) > 0) {
		if (got == 2 && !is_title)
			each(fields[0], fields[1], context);
		is_title = false;
	}
	free(text);
	return got == 0;
}

struct wanted {
	const char *key;
	char *value;
	size_t size;
	bool is_found;
};

static void take_wanted(const char *key, const char *value, void *context)
{
	struct wanted *wanted = context;

	if (wanted->is_found || strcmp(key, wanted->key))
		return;
	snprintf(wanted->value, wanted->size, "%s", value);
	wanted->is_found = true;
}

bool run_directory_environment(
	const struct run_directory *run, const char *key, char *value, size_t size)
{
	struct wanted wanted = { key, value, size, false };

	*value = '\0';
	run_directory_each_fact(run, take_wanted, &wanted);
	return wanted.is_found;
}
