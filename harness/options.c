#include "harness/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "harness/command.h"
#include "harness/options_value.h"

#define WORDS_MAX 64

/* Where the value of an option came from; the later goes before the earlier. */
enum source { FROM_DEFAULT, FROM_VARIABLE, FROM_LINE };

struct parser {
	struct options *options;
	struct why *why;
	enum source sources[WORDS_MAX];
	int argc;
	char **argv;
	int at; /* the argument being read */
	int command_at; /* the word that names the command; 0: none yet */
};

char *option_variable(const struct option_spec *spec, char *name)
{
	char *to = name + snprintf(name, OPTION_VARIABLE, "IPCMARK_");

	for (const char *from = spec->name; *from && to < name + OPTION_VARIABLE - 1;
		from++)
		*to++ = *from == '-' ? '_' : (char)toupper((unsigned char)*from);
	*to = '\0';
	return name;
}

bool option_applies(const struct option_spec *spec, const char *command)
{
	if (!spec->commands)
		return true;
	for (const char *const *name = spec->commands; command && *name; name++)
		if (strcmp(*name, command) == 0)
			return true;
	return false;
}

/* option_read(), with the option or the variable before what is wrong. */
static int set_named(struct options *options, const struct option_spec *spec,
	const char *name, const char *value, struct why *why)
{
	struct why inner = { "" };
	int error = option_read(options, spec, value, &inner);

	if (error)
		why_say(why, 0, "%s: %s", name, inner.text);
	return error;
}

/* The option of that name that `command` takes; else one of another command, or NULL. */
static const struct option_spec *spec_find(
	const char *name, size_t length, const char *command)
{
	const struct option_spec *found = NULL;

	for (size_t i = 0; i < option_count; i++) {
		const struct option_spec *spec = &option_table[i];

		if (strlen(spec->name) == length &&
			strncmp(spec->name, name, length) == 0 &&
			(!found || option_applies(spec, command)))
			found = spec;
	}
	return found;
}

int options_set(
	struct options *options, const char *name, const char *value, struct why *why)
{
	const struct option_spec *spec = spec_find(name, strlen(name), options->command);

	if (!spec)
		return why_say(why, 0, "no option is called '%s'", name);
	return set_named(options, spec, name, value, why);
}

void options_default(struct options *options)
{
	*options = (struct options) { .cpus = { -1, -1 } };
	for (size_t i = 0; i < option_count; i++) {
		const struct option_spec *spec = &option_table[i];

		if (spec->standard)
			(void)option_read(options, spec, spec->standard, NULL);
		else if (spec->kind == OPTION_NUMBER || spec->kind == OPTION_SIZE ||
			 spec->kind == OPTION_TIME)
			*(int64_t *)((char *)options + spec->offset) = -1;
	}
}

/* Options of one name can have another default for each command. */
static void default_for(struct options *options)
{
	for (size_t i = 0; i < option_count; i++) {
		const struct option_spec *spec = &option_table[i];

		if (spec->commands && spec->standard &&
			option_applies(spec, options->command))
			(void)option_read(options, spec, spec->standard, NULL);
	}
}

/* The option is unknown here: a slip of the pen, or one of another command. */
static int unknown_option(struct parser *parser, const char *name, size_t length)
{
	const char *command = parser->options->command;
	const struct option_spec *other = spec_find(name, length, command);
	const char *words[WORDS_MAX + 1];
	char word[64];
	const char *nearest;
	size_t count = 0;

	if (other)
		return why_say(parser->why, 0,
			"unknown option '--%s'; it belongs after 'ipcmark %s'",
			other->name, other->commands[0]);
	for (size_t i = 0; i < option_count; i++)
		if (option_applies(&option_table[i], command))
			words[count++] = option_table[i].name;
	words[count] = NULL;
	snprintf(word, sizeof word, "%.*s", (int)length, name);
	nearest = text_nearest(word, words);
	if (nearest)
		return why_say(parser->why, 0,
			"unknown option '--%.40s'; did you mean --%s?", word, nearest);
	return why_say(parser->why, 0,
		"unknown option '--%.40s'; 'ipcmark %s%s--help' names them all", word,
		command ? command : "", command ? " " : "");
}

/* Reads the value of the option at parser->at: `inline_value`, or the next argument. */
static int take_option(
	struct parser *parser, const struct option_spec *spec, const char *inline_value)
{
	const char *value = inline_value;
	char shown[64];

	snprintf(shown, sizeof shown, "--%s", spec->name);
	if (spec->kind == OPTION_FLAG) {
		if (value)
			return why_say(parser->why, 0, "%s takes no value", shown);
		value = "1";
	} else if (!value) {
		const char *next = parser->at + 1 < parser->argc
					   ? parser->argv[parser->at + 1]
					   : NULL;

		if (!next || strncmp(next, "--", 2) == 0)
			return why_say(parser->why, 0, "%s needs a value: %s %s", shown,
				shown, spec->value);
		value = next;
		parser->at++;
	}
	parser->sources[spec - option_table] = FROM_LINE;
	return set_named(parser->options, spec, shown, value, parser->why);
}

static int take_long(struct parser *parser, const char *argument)
{
	const char *name = argument + 2;
	size_t length = strcspn(name, "=");
	const struct option_spec *spec = spec_find(
		name, length, parser->options->command);

	if (!spec || !option_applies(spec, parser->options->command))
		return unknown_option(parser, name, length);
	return take_option(parser, spec, name[length] ? name + length + 1 : NULL);
}

static int take_short(struct parser *parser, const char *argument)
{
	const struct option_spec *spec = option_table;

	while (spec < option_table + option_count &&
		(spec->letter != argument[1] ||
			!option_applies(spec, parser->options->command)))
		spec++;
	if (spec < option_table + option_count &&
		!(argument[2] && spec->kind == OPTION_FLAG))
		return take_option(parser, spec, argument[2] ? argument + 2 : NULL);
	if (argument[2] && spec_find(argument + 1, strcspn(argument + 1, "="),
				   parser->options->command))
		return why_say(parser->why, 0, "unknown option '%s'; did you mean -%s?",
			argument, argument);
	return why_say(parser->why, 0, "unknown option '%s'", argument);
}

static int take_command(struct parser *parser, const char *word)
{
	const char *words[WORDS_MAX + 1];
	const char *nearest;
	size_t count = 0;

	if (command_find(word)) {
		parser->options->command = word;
		default_for(parser->options);
		return 0;
	}
	for (; count < WORDS_MAX && commands[count]; count++)
		words[count] = commands[count]->name;
	words[count] = NULL;
	nearest = text_nearest(word, words);
	if (nearest)
		return why_say(parser->why, 0, "unknown command '%s'; did you mean %s?",
			word, nearest);
	return why_say(parser->why, 0,
		"unknown command '%s'; 'ipcmark --help' names them all", word);
}

/* Does the next word belong to this option as its value? */
static bool takes_next(const char *argument)
{
	const struct option_spec *spec = NULL;

	if (argument[1] == '-' && !strchr(argument, '='))
		spec = spec_find(argument + 2, strlen(argument + 2), NULL);
	for (size_t i = 0; argument[1] != '-' && !argument[2] && i < option_count; i++)
		if (option_table[i].letter == argument[1])
			spec = &option_table[i];
	return spec && spec->kind != OPTION_FLAG;
}

/* Options can stand before the command, so that one can be put behind a whole command
 * line ("env X=1 ipcmark --set pipe.size=1M" and "serve"). */
static void find_command(struct parser *parser)
{
	for (int at = 1; at < parser->argc; at++) {
		const char *argument = parser->argv[at];

		if (strcmp(argument, "--") == 0)
			return;
		if (argument[0] != '-' || !argument[1]) {
			if (at > 1 && command_find(argument)) {
				parser->options->command = argument;
				parser->command_at = at;
				default_for(parser->options);
			}
			return;
		}
		at += takes_next(argument);
	}
}

static int take_operand(struct parser *parser, char *word)
{
	struct options *options = parser->options;
	const struct command *command;
	int index;

	if (!options->command)
		return take_command(parser, word);
	command = command_find(options->command);
	if (options->operand_count == command->operands_most)
		return why_say(parser->why, 0,
			"'%s' is one word too many: ipcmark %s%s%s", word, command->name,
			*command->synopsis ? " " : "", command->synopsis);
	if (command->operand_words &&
		(!command->operand_words_most ||
			options->operand_count < command->operand_words_most) &&
		option_word(word, command->operand_words, &index, parser->why))
		return -EINVAL;
	/* Operands move to the front; as many arguments have been read already. */
	options->operands[options->operand_count++] = word;
	return 0;
}

/* The variable counts where the line says neither the option nor its opposite. */
static bool variable_counts(const struct parser *parser, const struct option_spec *spec)
{
	const struct option_spec *other;

	if (!spec->has_variable || parser->sources[spec - option_table] == FROM_LINE ||
		!option_applies(spec, parser->options->command))
		return false;
	if (spec->shapes_plan && parser->options->resume)
		return false;
	if (!spec->excludes)
		return true;
	other = spec_find(
		spec->excludes, strlen(spec->excludes), parser->options->command);
	return parser->sources[other - option_table] != FROM_LINE;
}

static int read_variables(struct parser *parser)
{
	for (size_t i = 0; i < option_count; i++) {
		const struct option_spec *spec = &option_table[i];
		char variable[OPTION_VARIABLE];
		const char *value;

		if (!variable_counts(parser, spec))
			continue;
		value = getenv(option_variable(spec, variable));
		if (!value || !*value)
			continue;
		if (set_named(parser->options, spec, variable, value, parser->why))
			return -EINVAL;
		parser->sources[i] = FROM_VARIABLE;
	}
	return 0;
}

static int check_together(const struct parser *parser)
{
	const struct options *options = parser->options;

	for (size_t i = 0; i < option_count; i++) {
		const struct option_spec *spec = &option_table[i], *other;

		if (parser->sources[i] == FROM_DEFAULT)
			continue;
		if (options->resume && spec->shapes_plan)
			return why_say(parser->why, 0,
				"--resume finishes the plan the run was begun with; leave out "
				"--%s, or begin a new run",
				spec->name);
		other = spec->excludes ? spec_find(spec->excludes, strlen(spec->excludes),
						 parser->options->command)
				       : NULL;
		if (other && parser->sources[other - option_table] != FROM_DEFAULT)
			return why_say(parser->why, 0,
				"--%s and --%s exclude each other; leave one out",
				other->name, spec->name);
	}
	if (options->topology && !options->dry_run)
		return why_say(parser->why, 0,
			"--topology plans for another machine, where nothing can be measured; "
			"add --dry-run");
	return 0;
}

static int check_operands(const struct parser *parser)
{
	const struct options *options = parser->options;
	const struct command *command;

	if (!options->command)
		return why_say(parser->why, 0,
			"a command is missing; 'ipcmark --help' names them all");
	command = command_find(options->command);
	if (options->operand_count < command->operands_least)
		return why_say(parser->why, 0, "something is missing: ipcmark %s %s",
			command->name, command->synopsis);
	return 0;
}

int options_parse(int argc, char **argv, struct options *options, struct why *why)
{
	struct parser parser = {
		.options = options, .why = why, .argc = argc, .argv = argv
	};
	bool only_operands = false;
	int error = 0;

	options_default(options);
	options->operands = argv;
	find_command(&parser);
	for (parser.at = 1; parser.at < argc && !error; parser.at++) {
		char *argument = argv[parser.at];

		if (parser.at == parser.command_at)
			continue;
		if (only_operands || argument[0] != '-' || !argument[1])
			error = take_operand(&parser, argument);
		else if (strcmp(argument, "--") == 0)
			only_operands = true;
		else if (argument[1] == '-')
			error = take_long(&parser, argument);
		else
			error = take_short(&parser, argument);
		if (!error && (options->help || options->version))
			return 0;
	}
	if (!error)
		error = check_operands(&parser);
	if (!error)
		error = read_variables(&parser);
	if (!error)
		error = check_together(&parser);
	return error;
}
