#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/environment.h"

static struct fact *find(const struct facts *facts, const char *key)
{
	for (size_t i = 0; i < facts->count; i++)
		if (strcmp(facts->items[i].key, key) == 0)
			return &facts->items[i];
	return NULL;
}

static struct fact *append(struct facts *facts, const char *key)
{
	struct fact *items = realloc(
		facts->items, (facts->count + 1) * sizeof facts->items[0]);
	struct fact *fact;

	if (!items) {
		fprintf(stderr, "ipcmark: out of memory\n");
		exit(3);
	}
	facts->items = items;
	fact = &items[facts->count++];
	snprintf(fact->key, sizeof fact->key, "%s", key);
	return fact;
}

void facts_set(struct facts *facts, const char *key, const char *format, ...)
{
	char value[FACT_TEXT];
	struct fact *fact = find(facts, key);
	va_list arguments;

	/* The new value may be made from the old one. */
	va_start(arguments, format);
	(void)vsnprintf(value, sizeof value, format, arguments);
	va_end(arguments);
	/* A fact is one line, whatever a firmware table holds. */
	for (char *c = value; *c; c++)
		if (iscntrl((unsigned char)*c))
			*c = ' ';
	if (!fact)
		fact = append(facts, key);
	memcpy(fact->value, value, strlen(value) + 1);
}

const char *facts_get(const struct facts *facts, const char *key)
{
	const struct fact *fact = find(facts, key);

	return fact ? fact->value : "";
}

void facts_free(struct facts *facts)
{
	free(facts->items);
	*facts = (struct facts) { .items = NULL };
}

int facts_put(const struct facts *facts, struct run_directory *directory, struct why *why)
{
	const char **keys = calloc(facts->count, sizeof *keys);
	const char **values = calloc(facts->count, sizeof *values);
	int error;

	if (!keys || !values)
		abort();
	for (size_t i = 0; i < facts->count; i++) {
		keys[i] = facts->items[i].key;
		values[i] = facts->items[i].value;
	}
	error = run_directory_put_environment(directory, keys, values, facts->count, why);
	free(keys);
	free(values);
	return error;
}
