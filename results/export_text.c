/* The exporters that write plain text: Apache Otava, OpenMetrics. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/csv.h"
#include "results/export.h"
#include "results/format.h"

static int compare_times(const void *left, const void *right)
{
	const struct export_run *const *a = left, *const *b = right;

	return strcmp((*a)->time_utc, (*b)->time_utc);
}

/* Calls `each` for the name of every case, once: all of the first run, then what only the
 * next ones have. */
static void each_name(const struct export_run *runs, size_t count,
	void (*each)(const struct export_case *at, void *context), void *context)
{
	for (size_t i = 0; i < count; i++) {
		struct export_case at = { .row = NULL }, other;

		while (export_next(&runs[i], &at)) {
			bool is_known = false;

			for (size_t j = 0; j < i && !is_known; j++)
				is_known = export_find(&runs[j], at.name, &other);
			if (!is_known)
				each(&at, context);
		}
	}
}

static void put_title(const struct export_case *at, void *context)
{
	putc(',', context);
	csv_field(context, at->name);
}

struct cell {
	const struct export_run *run;
	FILE *out;
};

static void put_cell(const struct export_case *at, void *context)
{
	const struct cell *cell = context;
	struct export_case found;

	putc(',', cell->out);
	if (export_find(cell->run, at->name, &found))
		fprintf(cell->out, "%.10g", found.value);
}

/* A column a case, a row a run, in the order of time. */
int export_otava(const struct export_run *runs, size_t count, FILE *out, struct why *why)
{
	const struct export_run **ordered = calloc(count, sizeof(void *));

	if (!ordered)
		return why_say(why, ENOMEM, "export %zu runs", count);
	for (size_t i = 0; i < count; i++)
		ordered[i] = &runs[i];
	qsort(ordered, count, sizeof *ordered, compare_times);
	fputs("time,commit", out);
	each_name(runs, count, put_title, out);
	putc('\n', out);
	for (size_t i = 0; i < count; i++) {
		struct cell cell = { ordered[i], out };

		csv_field(out, ordered[i]->time_utc);
		putc(',', out);
		csv_field(out, ordered[i]->commit);
		each_name(runs, count, put_cell, &cell);
		putc('\n', out);
	}
	free(ordered);
	return 0;
}

static void put_quoted(FILE *out, const char *text)
{
	char clean[1024];

	putc('"', out);
	for (const char *c = format_clean(text, clean, sizeof clean); *c; c++) {
		if (*c == '"' || *c == '\\')
			putc('\\', out);
		putc(*c, out);
	}
	putc('"', out);
}

static void put_metric(const struct export_case *at, void *context)
{
	fputs("      ", context);
	put_quoted(context, at->name);
	fputs(":\n        column: ", context);
	put_quoted(context, at->name);
	fprintf(context, "\n        direction: %d\n",
		quantity_more_is_better(at->quantity) ? 1 : -1);
}

int export_otava_config(
	const struct export_run *runs, size_t count, FILE *out, struct why *why)
{
	(void)why;
	fputs("tests:\n"
	      "  ipcmark:\n"
	      "    type: csv\n"
	      "    file: ipcmark.csv\n"
	      "    time_column: time\n"
	      "    attributes: [commit]\n"
	      "    csv_options:\n"
	      "      delimiter: \",\"\n"
	      "      quote_char: '\"'\n"
	      "    metrics:\n",
		out);
	each_name(runs, count, put_metric, out);
	return 0;
}

/* One family of metrics: what a case says under its name. */
struct family {
	const char *name, *unit, *help;
	enum quantity quantity;
	bool is_send; /* times of the send test, which are no round trips */
	double scale; /* to the base unit */
	size_t offset; /* of a REAL of the summary; 0: the value of the case */
};

#define ROW(field) offsetof(struct summary_row, field)
static const struct family families[] = {
	{ "ipcmark_round_trip_seconds", "seconds", "Median round trip over the launches.",
		QUANTITY_TIME, false, 1e-9, 0 },
	{ "ipcmark_round_trip_low_seconds", "seconds",
		"Lower end of the interval of that median, from ranks of launches.",
		QUANTITY_TIME, false, 1e-9, ROW(median_low_ns) },
	{ "ipcmark_round_trip_high_seconds", "seconds", "Its upper end.", QUANTITY_TIME,
		false, 1e-9, ROW(median_high_ns) },
	{ "ipcmark_round_trip_p99_seconds", "seconds",
		"99th percentile of the round trips of all launches.", QUANTITY_TIME,
		false, 1e-9, ROW(p99_ns) },
	{ "ipcmark_round_trip_user_seconds", "seconds",
		"User time of both sides a round trip.", QUANTITY_TIME, false, 1e-9,
		ROW(user_ns) },
	{ "ipcmark_round_trip_system_seconds", "seconds",
		"System time of both sides a round trip.", QUANTITY_TIME, false, 1e-9,
		ROW(system_ns) },
	{ "ipcmark_send_seconds", "seconds",
		"Median time of one send while nobody reads, of the sender alone.",
		QUANTITY_TIME, true, 1e-9, 0 },
	{ "ipcmark_throughput_bytes_per_second", "bytes_per_second",
		"Median throughput over the launches, one direction.", QUANTITY_RATE,
		false, 1, ROW(bytes_per_s) },
	{ "ipcmark_throughput_messages_per_second", "messages_per_second",
		"The same in messages.", QUANTITY_RATE, false, 1, ROW(messages_per_s) },
	{ "ipcmark_capacity_bytes", "bytes", "Bytes accepted while nobody reads.",
		QUANTITY_CAPACITY, false, 1, 0 },
	{ "ipcmark_memory_bytes", "bytes", "What one channel takes at rest.",
		QUANTITY_MEMORY, false, 1, 0 },
};

/* Values of labels escape as OpenMetrics says. */
static void put_label(FILE *out, bool is_first, const char *name, const char *value)
{
	fprintf(out, "%s%s=", is_first ? "{" : ",", name);
	put_quoted(out, value);
}

static void put_labels(FILE *out, const struct export_case *at)
{
	const struct summary_row *row = at->row;
	char text[32];

	put_label(out, true, "case", at->name);
	put_label(out, false, "mechanism", row->mechanism);
	put_label(out, false, "test", row->test);
	snprintf(text, sizeof text, "%" PRId64, row->size_bytes);
	put_label(out, false, "size_bytes", text);
	put_label(out, false, "placement", row->placement);
	put_label(out, false, "payload", row->payload);
	putc('}', out);
}

static void put_family(
	FILE *out, const struct export_run *run, const struct family *family)
{
	struct export_case at = { .row = NULL };
	bool is_named = false;

	while (export_next(run, &at)) {
		double value = at.value;

		if (at.quantity != family->quantity ||
			(strcmp(at.row->test, "send") == 0) != family->is_send)
			continue;
		if (family->offset) {
			const void *field = (const char *)at.row + family->offset;

			value = *(const double *)field;
		}
		if (isnan(value))
			continue;
		if (!is_named)
			fprintf(out, "# TYPE %s gauge\n# UNIT %s %s\n# HELP %s %s\n",
				family->name, family->name, family->unit, family->name,
				family->help);
		is_named = true;
		fputs(family->name, out);
		put_labels(out, &at);
		fprintf(out, " %.10g\n", value * family->scale);
	}
}

int export_openmetrics(
	const struct export_run *runs, size_t count, FILE *out, struct why *why)
{
	static const struct {
		const char *key, *name;
	} facts[] = { { "build.version", "version" }, { "build.commit", "commit" },
		{ "kernel.release", "kernel" }, { "cpu.model", "cpu" },
		{ "host.name", "host" }, { "time.utc", "time" } };

	(void)count;
	(void)why;
	fputs("# TYPE ipcmark_run info\n# HELP ipcmark_run What was measured where.\n"
	      "ipcmark_run_info",
		out);
	for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
		char value[256];

		run_directory_environment(
			runs->directory, facts[i].key, value, sizeof value);
		put_label(out, i == 0, facts[i].name, value);
	}
	fputs("} 1\n", out);
	for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
		put_family(out, runs, &families[i]);
	fputs("# EOF\n", out);
	return 0;
}
