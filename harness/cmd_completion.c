/* A completion script for bash, made from the option table, so that it never offers what
 * does not exist nor forgets what does. */
#include <string.h>

#include "harness/command.h"
#include "harness/topology.h"
#include "harness/vocabulary.h"
#include "mechanisms/mechanism.h"

static const char *const shells[] = { "bash", NULL };

static void print_words(const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		printf("%s%s", i ? " " : "", words[i]);
}

static void print_mechanisms(void)
{
	for (size_t i = 0; i < mechanism_count; i++)
		printf("%s%s", i ? " " : "", mechanisms[i]->name);
}

/* The words an item of the list can be. */
static void print_topic(const char *topic)
{
	if (strcmp(topic, "mechanisms") == 0)
		print_mechanisms();
	else if (strcmp(topic, "tests") == 0)
		print_words(test_names);
	else
		print_words(placement_names);
}

static bool takes_path(const struct option_spec *spec)
{
	return spec->value && (strstr(spec->value, "DIR") || strstr(spec->value, "FILE"));
}

/* What the value of an option can be: a case of the script's first question. */
static void print_value_case(const struct option_spec *spec)
{
	if (!spec->value)
		return;
	printf("\t\t");
	for (size_t i = 0; !i || (spec->commands && spec->commands[i]); i++) {
		const char *command = spec->commands ? spec->commands[i] : "*";

		printf("%s%s:--%s", i ? "|" : "", command, spec->name);
		if (spec->letter)
			printf("|%s:-%c", command, spec->letter);
	}
	printf(")\n\t\t\t");
	if (spec->topic) {
		printf("_ipcmark_list \"");
		print_topic(spec->topic);
		printf("\"; return 0");
	} else if (spec->kind == OPTION_WORD || spec->kind == OPTION_SCHED) {
		printf("words=\"");
		for (const char *c = spec->value; *c; c++)
			putchar(*c == '|' ? ' ' : *c);
		printf("\"");
	} else {
		printf("%s", takes_path(spec) ? "_ipcmark_paths; return 0" : "return 0");
	}
	printf(" ;;\n");
}

static void print_option_words(const char *command)
{
	bool is_first = true;

	for (size_t i = 0; i < option_count; i++) {
		if (!option_applies(&option_table[i], command))
			continue;
		printf("%s--%s", is_first ? "" : " ", option_table[i].name);
		is_first = false;
		if (option_table[i].letter)
			printf(" -%c", option_table[i].letter);
	}
}

/* What can stand where no value is awaited: another case of the script. */
static void print_command_case(const struct command *command)
{
	printf("\t\t%s)\n\t\t\tif [[ $cur == -* ]]; then\n\t\t\t\twords=\"",
		command->name);
	print_option_words(command->name);
	printf("\"\n\t\t\telse\n\t\t\t\t");
	if (command->operand_words && command->operand_words_most) {
		/* The first of them; then paths. */
		printf("if [[ ${COMP_WORDS[COMP_CWORD-%u]} == %s ]]; then\n"
		       "\t\t\t\t\twords=\"",
			command->operand_words_most, command->name);
		print_words(command->operand_words);
		printf("\"\n\t\t\t\telse\n\t\t\t\t\t_ipcmark_paths\n\t\t\t\tfi");
	} else if (command->operand_words) {
		printf("words=\"");
		print_words(command->operand_words);
		printf("\"");
	} else {
		printf("%s", command->operands_most ? "_ipcmark_paths" : ":");
	}
	printf("\n\t\t\tfi ;;\n");
}

static const char head[] =
	"# bash completion for ipcmark, written by 'ipcmark completion bash'\n"
	"\n"
	"_ipcmark_paths() {\n"
	"\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	"\tcompopt -o filenames 2>/dev/null\n"
	"}\n"
	"\n"
	"# Completes the last item of a list with commas between.\n"
	"_ipcmark_list() {\n"
	"\tlocal before=\"\"\n"
	"\t[[ $cur == *,* ]] && before=${cur%,*},\n"
	"\tmapfile -t COMPREPLY < <(compgen -P \"$before\" -W \"$1\" -- \"${cur##*,}\")\n"
	"\tcompopt -o nospace 2>/dev/null\n"
	"}\n"
	"\n"
	"_ipcmark() {\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	"\tlocal command=\"\" words=\"\" word\n"
	"\tCOMPREPLY=()\n"
	"\t# bash splits --name=value in three\n"
	"\tif [[ $cur == = ]]; then\n"
	"\t\tcur=\"\"\n"
	"\telif [[ $prev == = ]] && ((COMP_CWORD > 1)); then\n"
	"\t\tprev=${COMP_WORDS[COMP_CWORD-2]}\n"
	"\tfi\n"
	"\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
	"\t\tif [[ $word != -* ]]; then\n"
	"\t\t\tcommand=$word\n"
	"\t\t\tbreak\n"
	"\t\tfi\n"
	"\tdone\n"
	"\tcase \"$command:$prev\" in\n";

static int completion_run(const struct options *options)
{
	(void)options; /* bash is the only shell so far, and it was asked for */
	fputs(head, stdout);
	for (size_t i = 0; i < option_count; i++)
		print_value_case(&option_table[i]);
	printf("\tesac\n\t[[ $words ]] || case $command in\n"
	       "\t\t'')\n\t\t\twords=\"");
	for (size_t i = 0; commands[i]; i++)
		printf("%s ", commands[i]->name);
	print_option_words(NULL);
	printf("\" ;;\n");
	for (size_t i = 0; commands[i]; i++)
		print_command_case(commands[i]);
	fputs("\tesac\n"
	      "\t[[ $words ]] && mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	      "\treturn 0\n"
	      "}\n"
	      "complete -F _ipcmark ipcmark\n",
		stdout);
	return EXIT_GOOD;
}

const struct command completion_command = {
	.name = "completion",
	.synopsis = "bash",
	.says = "Print a completion script for the shell.",
	.run = completion_run,
	.operands_least = 1,
	.operands_most = 1,
	.operand_words = shells,
};
