#include "harness/doctor.h"

#include <string.h>

#define WIDTH 88

/* Wraps at spaces; the first line starts at `column`, the next ones `indent` spaces in.
 */
static void wrap(FILE *out, const char *text, int column, int indent)
{
	bool is_first = true;

	while (*text) {
		int length = (int)strcspn(text, " ");

		if (!is_first && column + 1 + length > WIDTH) {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
		} else if (!is_first) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", length, text);
		column += length;
		is_first = false;
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void print_machine(FILE *out, const struct facts *facts)
{
	const char *const keys[] = { "cpu.model", "kernel.release", "os.name" };
	bool is_first = true;

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		const char *value = facts_get(facts, keys[i]);

		if (!*value)
			continue;
		fprintf(out, "%s%s%s", is_first ? "" : ", ", i == 1 ? "Linux " : "",
			value);
		is_first = false;
	}
	if (!is_first)
		fputc('\n', out);
}

static void print_disturbing(FILE *out, const struct disturbance *thing, bool colour)
{
	fprintf(out, "\n  %s%-15s%s ", colour ? "\033[1;33m" : "", thing->name,
		colour ? "\033[0m" : "");
	wrap(out, thing->finding, 18, 18);
	if (thing->remedy[0]) {
		fprintf(out, "%18s%s", "", colour ? "\033[2m-> \033[0m" : "-> ");
		wrap(out, thing->remedy, 21, 21);
	}
}

static void print_fine(
	FILE *out, const struct disturbance *list, size_t count, bool colour)
{
	bool is_first = true;

	for (size_t i = 0; i < count; i++) {
		if (list[i].is_disturbing)
			continue;
		if (is_first)
			fprintf(out, "\n%sNot held against this machine%s\n",
				colour ? "\033[1m" : "", colour ? "\033[0m" : "");
		is_first = false;
		fprintf(out, "  %-15s ", list[i].name);
		wrap(out, list[i].finding, 18, 18);
	}
}

static void print_clock(FILE *out, const struct facts *facts, bool colour)
{
	const char *kind = facts_get(facts, "clock.kind");
	const char *cost_ns = facts_get(facts, "clock.cost_ns");
	const char *resolution_ns = facts_get(facts, "clock.resolution_ns");

	fprintf(out, "\n%sClock%s\n  %s", colour ? "\033[1m" : "",
		colour ? "\033[0m" : "",
		strcmp(kind, "tsc") == 0 ? "the processor's TSC (rdtscp)"
					 : "CLOCK_MONOTONIC (clock_gettime)");
	if (*cost_ns)
		fprintf(out, "; a stamp costs %s ns", cost_ns);
	if (*resolution_ns)
		fprintf(out, "; it resolves %s ns", resolution_ns);
	fputc('\n', out);
}

void doctor_print(FILE *out, const struct facts *facts, const struct disturbance *list,
	size_t count, bool colour)
{
	size_t disturbing = 0;

	for (size_t i = 0; i < count; i++)
		disturbing += list[i].is_disturbing;
	print_machine(out, facts);
	if (colour)
		fputs(disturbing ? "\033[1;33m" : "\033[1;32m", out);
	if (disturbing)
		fprintf(out, "%zu thing%s here will disturb measurements", disturbing,
			disturbing == 1 ? "" : "s");
	else
		fprintf(out, "Nothing found here that disturbs measurements");
	fprintf(out, "%s\n", colour ? "\033[0m" : "");
	for (size_t i = 0; i < count; i++)
		if (list[i].is_disturbing)
			print_disturbing(out, &list[i], colour);
	print_fine(out, list, count, colour);
	print_clock(out, facts, colour);
}
