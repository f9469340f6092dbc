#include "conformance/point.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conformance/suites.h"
#include "harness/base/text.h"

struct list {
	struct point *items;
	size_t count, room;
};

static int add(struct list *list, const struct suite *suite, const struct check *check,
	const struct value *value, struct why *why)
{
	struct point *point;

	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 256;
		struct point *grown = realloc(list->items, room * sizeof *grown);

		if (!grown)
			return why_say(why, ENOMEM, "list the checks");
		list->items = grown;
		list->room = room;
	}
	point = &list->items[list->count];
	*point = (struct point) {
		.suite = suite, .check = check, .value = value, .text = text_of(check->id)
	};
	if (!point->text)
		return why_say(why, 0, "%s has no text in checks.csv", check->id);
	snprintf(point->id, sizeof point->id, "%s%s%s", check->id, value ? "." : "",
		value ? value->name : "");
	list->count++;
	return 0;
}

static int add_all(struct list *list, struct why *why)
{
	int error = 0;

	for (size_t s = 0; suites[s]; s++)
		for (const struct check *check = suites[s]->checks; check->id; check++) {
			const struct value *value = check->values;

			do {
				error = add(list, suites[s], check, value, why);
			} while (!error && value && (++value)->name);
			if (error)
				return error;
		}
	return 0;
}

/* "pipe" stands for the topic, as "pipe.*" does. */
static bool matches(const struct point *point, const char *glob)
{
	size_t length = strlen(glob);

	return fnmatch(glob, point->id, 0) == 0 ||
	       fnmatch(glob, point->check->id, 0) == 0 ||
	       fnmatch(glob, point->suite->name, 0) == 0 ||
	       (strncmp(point->id, glob, length) == 0 && point->id[length] == '.');
}

static int no_match(const struct list *all, const char *glob, struct why *why)
{
	const char **words = calloc(2 * all->count + 1, sizeof *words);
	const char *nearest = NULL;
	size_t count = 0;
	int error;

	for (size_t i = 0; words && i < all->count; i++) {
		words[count++] = all->items[i].check->id;
		words[count++] = all->items[i].suite->name;
	}
	if (words)
		nearest = text_nearest(glob, words);
	error = why_say(why, 0, "no check matches '%s'", glob);
	if (nearest)
		why_add(why, "did you mean %s?", nearest);
	else
		why_add(why, "'ipcmark list checks' names them all");
	free(words);
	return error;
}

int points_choose(char *const *globs, size_t glob_count, struct point **points,
	size_t *count, struct why *why)
{
	struct list all = { 0 };
	size_t kept = 0;
	int error = texts_load(why);

	if (!error)
		error = add_all(&all, why);
	for (size_t g = 0; !error && g < glob_count; g++) {
		bool is_found = false;

		for (size_t i = 0; i < all.count && !is_found; i++)
			is_found = matches(&all.items[i], globs[g]);
		if (!is_found)
			error = no_match(&all, globs[g], why);
	}
	if (error) {
		free(all.items);
		return error;
	}
	for (size_t i = 0; i < all.count; i++) {
		bool is_chosen = glob_count == 0;

		for (size_t g = 0; g < glob_count && !is_chosen; g++)
			is_chosen = matches(&all.items[i], globs[g]);
		if (is_chosen)
			all.items[kept++] = all.items[i];
	}
	*points = all.items;
	*count = kept;
	return 0;
}
