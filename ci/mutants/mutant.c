#include "ci/mutants/mutant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ci/mutants/words.h"

_Noreturn void mutant_misspelt(const char *what)
{
	dprintf(2, "interpose: IPCMARK_MUTANT: '%s' is not understood\n", what);
	_exit(2);
}

static long value_of(const char *text)
{
	long value;

	if (!word_value(text, &value))
		mutant_misspelt(text);
	return value;
}

static void read_condition(struct mutant *mutant, const char *text)
{
	struct condition *condition = &mutant->conditions[mutant->condition_count];
	bool is_negated = *text == '!';
	const char *at = text + is_negated;
	size_t length = strcspn(at, "=<>&");

	if (mutant->condition_count++ == MUTANT_TERMS || !at[length])
		mutant_misspelt(text);
	condition->operator= is_negated ? 'n' : at[length];
	condition->value = value_of(at + length + 1);
	if (length == 4 && strncmp(at, "arg", 3) == 0 && at[3] >= '0' && at[3] <= '5') {
		condition->subject = ARGUMENT;
		condition->argument = at[3] - '0';
	} else if (strncmp(at, "result", length) == 0) {
		condition->subject = RESULT;
	} else if (strncmp(at, "errno", length) == 0) {
		condition->subject = ERROR;
	} else if (strncmp(at, "nth", length) == 0) {
		condition->subject = NTH;
	} else if (strncmp(at, "from", length) == 0) {
		condition->subject = FROM;
	} else {
		mutant_misspelt(text);
	}
}

static const struct {
	const char *name;
	enum verb verb;
	bool has_value;
} verbs[] = {
	{ "quiet=", QUIET, true },
	{ "skip", SKIP, false },
	{ "twice", TWICE, false },
	{ "hang", HANG, false },
	{ "return=", RETURN, true },
	{ "fail=", FAIL, true },
	{ "add=", ADD, true },
	{ "flip=", FLIP, false },
	{ "apart=", APART, true },
	{ "raise=", RAISE, true },
};

static bool read_change(const char *text, struct action *action)
{
	const char *operator= text + 4;

	if (strncmp(text, "arg", 3) != 0 || text[3] < '0' || text[3] > '5')
		return false;
	action->argument = text[3] - '0';
	if (strncmp(operator, ":=", 2) == 0) {
		action->verb = SET;
		action->value = value_of(operator+ 2);
	} else if (strncmp(operator, "|=", 2) == 0) {
		action->verb = ADD_BITS;
		action->value = value_of(operator+ 2);
	} else if (strncmp(operator, "&~=", 3) == 0) {
		action->verb = CLEAR_BITS;
		action->value = value_of(operator+ 3);
	} else {
		return false;
	}
	return true;
}

static bool read_place(const char *text, struct action *action)
{
	char argument, value[32];

	if (sscanf(text, "halves=%d:%li", &action->argument, &action->size) == 2) {
		action->verb = HALVES;
		return true;
	}
	if (sscanf(text, "poke=%c+%li:%li:%31s", &argument, &action->offset,
		    &action->size, value) == 4) {
		action->verb = POKE;
		action->argument = argument == 'R' ? AT_RESULT : argument - '0';
	} else if (sscanf(text, "plant=%d+%li:%li:%31s", &action->argument,
			   &action->offset, &action->size, value) == 4)
		action->verb = PLANT;
	else
		return false;
	action->value = value_of(value);
	return true;
}

static void read_action(struct mutant *mutant, const char *text)
{
	struct action *action = &mutant->actions[mutant->action_count];

	if (mutant->action_count++ == MUTANT_TERMS)
		mutant_misspelt(text);
	if (read_change(text, action))
		return;
	if (read_place(text, action))
		return;
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		size_t length = strlen(verbs[i].name);

		if (strncmp(text, verbs[i].name, length) != 0)
			continue;
		action->verb = verbs[i].verb;
		if (verbs[i].has_value)
			action->value = value_of(text + length);
		else if (action->verb == FLIP)
			action->argument = (int)value_of(text + length);
		else if (text[length])
			mutant_misspelt(text);
		return;
	}
	mutant_misspelt(text);
}

void mutant_read(struct mutant *mutant)
{
	const char *text = getenv("IPCMARK_MUTANT");
	char copy[512], *call, *terms, *actions, *at, *rest;

	if (!text || !*text)
		return;
	if (snprintf(copy, sizeof copy, "%s", text) >= (int)sizeof copy)
		mutant_misspelt(text);
	call = copy;
	terms = strchr(call, '|');
	actions = terms ? strchr(terms + 1, '|') : NULL;
	if (!terms || !actions) {
		mutant_misspelt(text);
		return;
	}
	*terms++ = '\0';
	*actions++ = '\0';
	if (strlen(call) >= sizeof mutant->call)
		mutant_misspelt(call);
	for (at = strtok_r(terms, " ", &rest); at; at = strtok_r(NULL, " ", &rest))
		read_condition(mutant, at);
	for (at = strtok_r(actions, " ", &rest); at; at = strtok_r(NULL, " ", &rest))
		read_action(mutant, at);
	strcpy(mutant->call, call);
}
