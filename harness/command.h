/* command.h: a subcommand. Each has a file of its own, harness/cmd_<name>.c, that ends in
 * its const struct. */
#ifndef IPCMARK_COMMAND_H
#define IPCMARK_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "harness/options.h"

/* What ipcmark exits with. */
enum exit_code {
	EXIT_GOOD = 0,
	EXIT_FINDING = 1, /* a regression, a deviation */
	EXIT_USAGE = 2, /* the command line is wrong */
	EXIT_UNMEASURED = 3, /* could not measure, read or write */
	EXIT_NOTHING = 77, /* nothing to run */
};

struct command {
	const char *name;
	const char *synopsis; /* what follows the name: "[OPTION...] RUN..." */
	const char *says; /* one line */
	int (*run)(const struct options *options); /* returns an enum exit_code */

	unsigned operands_least, operands_most;
	const char *const *operand_words; /* what an operand can be; NULL: anything */
	unsigned operand_words_most; /* only the first of them are words; 0: all are */
};

extern const struct command advise_command;
extern const struct command check_command;
extern const struct command claims_command;
extern const struct command compare_command;
extern const struct command completion_command;
extern const struct command doctor_command;
extern const struct command duet_command;
extern const struct command export_command;
extern const struct command history_command;
extern const struct command list_command;
extern const struct command plot_command;
extern const struct command report_command;
extern const struct command run_command;
extern const struct command serve_command;
extern const struct command show_command;

/* All of them, in the order of `--help`; ends with NULL. */
extern const struct command *const commands[];

/* The command of that name, or NULL. */
const struct command *command_find(const char *name);

/* Says "ipcmark: sentence" on stderr. */
void command_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Is colour wanted on `out`? Only on a terminal that has it and without NO_COLOR
 * (no-color.org). */
bool command_colour(FILE *out);

#endif
