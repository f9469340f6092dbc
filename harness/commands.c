#include "harness/command.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct command *const commands[] = {
	&run_command,
	&check_command,
	&show_command,
	&plot_command,
	&report_command,
	&claims_command,
	&advise_command,
	&duet_command,
	&compare_command,
	&history_command,
	&export_command,
	&list_command,
	&doctor_command,
	&serve_command,
	&completion_command,
	NULL,
};

const struct command *command_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

void command_error(const char *format, ...)
{
	va_list arguments;

	fflush(stdout); /* what was printed before comes first */
	fputs("ipcmark: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

bool command_colour(FILE *out)
{
	const char *terminal = getenv("TERM");
	const char *refused = getenv("NO_COLOR");

	return isatty(fileno(out)) && terminal && strcmp(terminal, "dumb") != 0 &&
	       !(refused && *refused);
}
