/* figure_words.c: how a figure was measured, in words: subtitle and footnote. */
#include <inttypes.h>
#include <string.h>

#include "harness/base/text.h"
#include "plots/figure_data.h"

char *figure_count(int64_t count, char *text)
{
	char digits[TEXT_QUANTITY];
	size_t length, used = 0;

	snprintf(digits, sizeof digits, "%" PRId64, count);
	length = strlen(digits);
	for (size_t i = 0; i < length && used + 2 < TEXT_QUANTITY; i++) {
		if (i && (length - i) % 3 == 0 && digits[i - 1] != '-')
			text[used++] = ' ';
		text[used++] = digits[i];
	}
	text[used] = '\0';
	return text;
}

#define SPAN_TEXT (2 * TEXT_QUANTITY + 8)
struct span {
	int64_t least, most;
};

static void span_add(struct span *span, int64_t value)
{
	if (value == ROW_UNKNOWN)
		return;
	if (span->least == ROW_UNKNOWN || value < span->least)
		span->least = value;
	if (span->most == ROW_UNKNOWN || value > span->most)
		span->most = value;
}

/* "12", or "6–12" where the cases differ; "" where nothing is known. */
static char *span_text(const struct span *span, char *text)
{
	char least[TEXT_QUANTITY], most[TEXT_QUANTITY];

	text[0] = '\0';
	if (span->least == ROW_UNKNOWN)
		return text;
	figure_count(span->least, least);
	figure_count(span->most, most);
	if (span->least == span->most)
		snprintf(text, SPAN_TEXT, "%s", least);
	else
		snprintf(text, SPAN_TEXT, "%s–%s", least, most);
	return text;
}

static void add(char *text, size_t size, const char *part)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s", part);
}

static void add_cpus(const struct figure_data *data, enum test test,
	const char *placement, char *text, size_t size)
{
	const struct summary_row *row = figure_row(data, NULL, test, placement, NULL);
	char part[96];

	if (!row || row->cpu_a == ROW_UNKNOWN || row->cpu_b == ROW_UNKNOWN)
		return;
	if (row->cpu_a == row->cpu_b)
		snprintf(part, sizeof part, ", both sides on CPU %" PRId64, row->cpu_a);
	else
		snprintf(part, sizeof part, ", CPU %" PRId64 " ↔ %" PRId64, row->cpu_a,
			row->cpu_b);
	add(text, size, part);
}

void figure_how(const struct figure_data *data, enum test test, const char *placement,
	const char *mechanism, char *text, size_t size)
{
	struct span launches = { ROW_UNKNOWN, ROW_UNKNOWN };
	struct span slices = { ROW_UNKNOWN, ROW_UNKNOWN };
	const struct summary_row *row = NULL;
	char number[SPAN_TEXT], part[SPAN_TEXT + 32];

	while ((row = figure_row(data, row, test, placement, mechanism)))
		span_add(&launches, row->launches);
	for (size_t i = 0; i < data->result_count; i++)
		if (figure_has(&data->results[i], test, placement, mechanism))
			span_add(&slices, data->results[i].slices);
	text[0] = '\0';
	if (placement) {
		snprintf(text, size, "Placement %s", placement);
		add_cpus(data, test, placement, text, size);
	}
	if (launches.most != ROW_UNKNOWN) {
		snprintf(part, sizeof part, "%s%s launch%s", placement ? "; " : "",
			span_text(&launches, number), launches.most == 1 ? "" : "es");
		add(text, size, part);
	}
	if (slices.most != ROW_UNKNOWN && slices.most > 0) {
		snprintf(part, sizeof part, " of %s slice%s", span_text(&slices, number),
			slices.most == 1 ? "" : "s");
		add(text, size, part);
	}
	add(text, size, text[0] ? "." : "");
}

/* Adds "  ·  words" for an environment key, between `before` and `after`. */
static void add_fact(const struct figure_data *data, const char *key, const char *before,
	char *text, size_t size)
{
	char value[160], part[480];
	size_t used;

	if (!run_directory_environment(data->run, key, value, sizeof value) || !value[0])
		return;
	if (strcmp(key, "build.commit") == 0 && strspn(value, "0123456789abcdef") == 40)
		value[12] = '\0';
	/* Lines are broken between facts, never inside one: no-break spaces. */
	used = (size_t)snprintf(
		part, sizeof part, "%s%s", text[0] ? "  ·  " : "", before);
	for (const char *at = value; *at && used + 3 < sizeof part; at++)
		used += (size_t)snprintf(part + used, sizeof part - used, "%s%.*s",
			*at == ' ' ? "\u00a0" : "", *at != ' ', at);
	add(text, size, part);
}

void figure_note(const struct figure_data *data, enum test test, const char *placement,
	const char *mechanism, char *text, size_t size)
{
	struct span samples = { ROW_UNKNOWN, ROW_UNKNOWN };
	const struct summary_row *row = NULL;
	char number[SPAN_TEXT], part[SPAN_TEXT + 48];

	while ((row = figure_row(data, row, test, placement, mechanism)))
		if (row->samples > 0)
			span_add(&samples, row->samples);
	text[0] = '\0';
	add_fact(data, "host.name", "", text, size);
	add_fact(data, "cpu.model", "", text, size);
	add_fact(data, "kernel.release", "Linux\u00a0", text, size);
	if (samples.most != ROW_UNKNOWN) {
		snprintf(part, sizeof part, "%s%s samples per case",
			text[0] ? "  ·  " : "", span_text(&samples, number));
		add(text, size, part);
	}
	add_fact(data, "build.commit", "ipcmark\u00a0", text, size);
	add_fact(data, "load", "load\u00a0", text, size);
}
