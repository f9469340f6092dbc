#include <string.h>

#include "harness/command.h"
#include "harness/options.h"

#define HELP_COLUMNS 80
#define HELP_INDENT  10

/* Prints words from column HELP_INDENT on, broken at HELP_COLUMNS; *column is where the
 * line has got to. */
static void wrap(FILE *out, const char *text, int *column)
{
	while (*text) {
		int length = (int)strcspn(text, " ");

		if (*column && *column + 1 + length > HELP_COLUMNS) {
			fputc('\n', out);
			*column = 0;
		}
		if (*column)
			*column += fprintf(out, " %.*s", length, text);
		else
			*column = fprintf(out, "%*s%.*s", HELP_INDENT, "", length, text);
		text += length;
		text += *text == ' ';
	}
}

static void option_help(
	FILE *out, const struct command *command, const struct option_spec *spec)
{
	const char *standard = spec->standard ? spec->standard : spec->otherwise;
	char variable[OPTION_VARIABLE], text[128];
	int column = 0;

	if (command && spec->in_duet && strcmp(command->name, "duet") == 0)
		standard = spec->in_duet;

	fputs("  ", out);
	if (spec->letter)
		fprintf(out, "-%c, ", spec->letter);
	fprintf(out, "--%s%s%s\n", spec->name, spec->value ? " " : "",
		spec->value ? spec->value : "");
	wrap(out, spec->says, &column);
	if (standard) {
		snprintf(text, sizeof text, "Default: %s.", standard);
		wrap(out, text, &column);
	}
	if (spec->has_variable) {
		snprintf(text, sizeof text, "Environment: %s.",
			option_variable(spec, variable));
		wrap(out, text, &column);
	}
	fputc('\n', out);
}

static void general_help(FILE *out)
{
	fputs("Usage: ipcmark COMMAND [OPTION...]\n\n"
	      "Measures how fast processes on this machine can talk to each other.\n\n"
	      "Commands:\n",
		out);
	for (size_t i = 0; commands[i]; i++)
		fprintf(out, "  %-12s%s\n", commands[i]->name, commands[i]->says);
	fputs("\n'ipcmark COMMAND --help' tells more about a command.\n", out);
}

/* What the first operand can be, where the synopsis has no room for it. */
static void operand_help(FILE *out, const struct command *command)
{
	int column = 0;

	if (!command->operand_words_most)
		return;
	fprintf(out, "\n%.*s:\n", (int)strcspn(command->synopsis, " "),
		command->synopsis);
	for (size_t i = 0; command->operand_words[i]; i++)
		wrap(out, command->operand_words[i], &column);
	fputc('\n', out);
}

void options_help(FILE *out, const struct command *command)
{
	if (command)
		fprintf(out, "Usage: ipcmark %s%s%s\n\n%s\n", command->name,
			*command->synopsis ? " " : "", command->synopsis, command->says);
	else
		general_help(out);
	if (command)
		operand_help(out, command);
	fputs("\nOptions:\n", out);
	for (size_t i = 0; i < option_count; i++)
		if (option_applies(&option_table[i], command ? command->name : NULL))
			option_help(out, command, &option_table[i]);
	if (command)
		fputs("\nAn option goes before its environment variable, which goes before the "
		      "default.\n",
			out);
}
