#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "harness/command.h"
#include "results/advice.h"

static int add_wish(const char *word, struct advice_need *need, struct why *why)
{
	const char *words[16] = { NULL }, *nearest;
	char list[128] = "";

	for (size_t i = 0; advice_wishes[i].word; i++) {
		size_t used = strlen(list);

		words[i] = advice_wishes[i].word;
		snprintf(
			list + used, sizeof list - used, "%s%s", i ? ", " : "", words[i]);
		if (strcmp(word, words[i]) == 0) {
			need->needs |= advice_wishes[i].needs;
			need->forbids |= advice_wishes[i].forbids;
			return 0;
		}
	}
	why_say(why, 0, "--need: '%s' is none of %s", word, list);
	nearest = text_nearest(word, words);
	if (nearest)
		why_add(why, "did you mean %s?", nearest);
	return -1;
}

static int read_wishes(const char *list, struct advice_need *need, struct why *why)
{
	char word[48];
	int got;

	while (list && (got = text_next(&list, word, sizeof word)) != 0) {
		if (got < 0)
			return why_say(why, 0, "--need: an item is empty or too long");
		if (add_wish(word, need, why))
			return -1;
	}
	return 0;
}

/* "120%" of one CPU, or a time a message. */
static int read_cpu(const char *text, struct advice_need *need, struct why *why)
{
	struct why inner = { "" };
	uint64_t ns;
	double percent;
	char *end;

	if (!text)
		return 0;
	percent = strtod(text, &end);
	if (end != text && strcmp(end, "%") == 0 && percent > 0 && percent <= 200) {
		need->max_cpu_share = percent / 100;
		return 0;
	}
	if (text_time(text, &ns, &inner) == 0) {
		need->max_cpu_ns = (double)ns;
		return 0;
	}
	return why_say(why, 0,
		"--max-cpu: '%.40s' is neither a share of one CPU by both sides, above 0%% "
		"and up to 200%%, nor a time a message, such as 5us",
		text);
}

static int read_need(
	const struct options *options, struct advice_need *need, struct why *why)
{
	*need = (struct advice_need) { .pattern = (enum advice_pattern)options->pattern,
		.size_bytes = options->advise_size,
		.max_cpu_ns = NAN,
		.max_cpu_share = NAN,
		.placement = options->placement };
	if (read_wishes(options->need, need, why))
		return -1;
	return read_cpu(options->max_cpu, need, why);
}

/* The run has no such place: names those it has. */
static int no_place(
	const struct witness *witness, const struct advice_need *need, struct why *why)
{
	const char **words = calloc(witness->place_count + 1, sizeof *words);
	const char *nearest;
	char list[512] = "";

	if (!words)
		abort();
	for (size_t i = 0; i < witness->place_count; i++) {
		size_t used = strlen(list);

		words[i] = witness->places[i].row->placement;
		if (!i || strcmp(words[i], words[i - 1]) != 0)
			snprintf(list + used, sizeof list - used, "%s%s",
				used ? ", " : "", words[i]);
	}
	why_say(why, 0,
		"--placement: nothing was measured on '%.48s' in this run; it has %.150s",
		need->placement, *list ? list : "nothing");
	nearest = text_nearest(need->placement, words);
	if (nearest)
		why_add(why, "did you mean %s?", nearest);
	free(words);
	return EXIT_USAGE;
}

static int advise(
	const struct witness *witness, const struct advice_need *need, struct why *why)
{
	const struct sheet sheet = { stdout, command_colour(stdout) };
	size_t shown = 0, looked = 0;

	for (size_t i = 0; i < witness->place_count; i++) {
		const struct place *place = &witness->places[i];
		struct advice advice;

		if (need->placement &&
			strcmp(need->placement, place->row->placement) != 0)
			continue;
		looked++;
		if (!advice_make(witness, place, need, &advice))
			continue;
		if (shown++)
			putchar('\n');
		advice_print(&advice, need, &sheet);
		advice_free(&advice);
	}
	if (!looked && need->placement)
		return no_place(witness, need, why);
	if (shown)
		return EXIT_GOOD;
	why_say(why, 0,
		"this run measured nothing to advise by; to measure: ipcmark run "
		"--tests %s",
		need->pattern == ADVICE_STREAM ? "throughput" : "latency");
	return EXIT_NOTHING;
}

static int advise_run(const struct options *options)
{
	struct run_directory *run;
	struct advice_need need;
	struct witness witness;
	struct why why = { "" };
	int code = EXIT_USAGE;

	if (read_need(options, &need, &why) == 0) {
		code = EXIT_UNMEASURED;
		if (run_directory_open(options->operands[0], false, &run, &why) == 0) {
			if (witness_open(run, &witness, &why) == 0) {
				code = advise(&witness, &need, &why);
				witness_close(&witness);
			}
			run_directory_close(run);
		}
	}
	if (why.text[0])
		command_error("%s", why.text);
	return code;
}

const struct command advise_command = {
	.name = "advise",
	.synopsis = "RUN [OPTION...]",
	.says = "Rank mechanisms for a need by what a run has measured.",
	.run = advise_run,
	.operands_least = 1,
	.operands_most = 1,
};
