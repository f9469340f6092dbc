#include "results/export.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "results/format.h"
#include "results/summary.h"

#define FORMATS(FORMAT)                                                                  \
	FORMAT("github-action-benchmark",                                                \
		"JSON for the tool customSmallerIsBetter: times and memory", 1,          \
		export_github_smaller)                                                   \
	FORMAT("github-action-benchmark-bigger",                                         \
		"JSON for the tool customBiggerIsBetter: throughputs and capacities", 1, \
		export_github_bigger)                                                    \
	FORMAT("google-benchmark", "JSON as Google Benchmark writes it", 1,              \
		export_google)                                                           \
	FORMAT("bencher", "Bencher Metric Format, JSON", 1, export_bencher)              \
	FORMAT("otava", "CSV for Apache Otava (Hunter), a row a run", SIZE_MAX,          \
		export_otava)                                                            \
	FORMAT("otava-config", "the test definition that goes with it, YAML", SIZE_MAX,  \
		export_otava_config)                                                     \
	FORMAT("openmetrics", "OpenMetrics text", 1, export_openmetrics)

#define ENTRY(name, says, runs_most, write) { name, says, runs_most, write },
#define NAME(name, says, runs_most, write)  name,
const struct export_format export_formats[] = { FORMATS(ENTRY) { NULL, NULL, 0, NULL } };
const char *const export_format_names[] = { FORMATS(NAME) NULL };

static void append(char *name, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void append(char *name, const char *format, ...)
{
	size_t used = strlen(name);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(name + used, EXPORT_NAME - used, format, arguments);
	va_end(arguments);
}

/* Only what was asked for, nothing of what the machine made of it: the name is to be the
 * same in every run. */
static void name_case(const struct summary_row *row, char *name)
{
	char clean[EXPORT_NAME];

	snprintf(name, EXPORT_NAME, "%.60s/%.20s", row->mechanism, row->test);
	if (row->size_bytes > 0)
		append(name, "/%" PRId64, row->size_bytes);
	append(name, "/%.40s", row->placement);
	if (strcmp(row->placement, "all-pairs") == 0)
		append(name, "/cpus:%" PRId64 "-%" PRId64, row->cpu_a, row->cpu_b);
	if (*row->payload && strcmp(row->test, "capacity"))
		append(name, "/%.20s", row->payload);
	if (row->gap_ns > 0)
		append(name, "/gap:%" PRId64 "ns", row->gap_ns);
	if (row->chunk_bytes > 0 && row->chunk_bytes != row->size_bytes)
		append(name, "/chunk:%" PRId64, row->chunk_bytes);
	if (row->coalesce > 1)
		append(name, "/batch:%" PRId64, row->coalesce);
	if (row->pieces > 0)
		append(name, "/pieces:%" PRId64, row->pieces);
	if (row->sweep_wanted != ROW_UNKNOWN)
		append(name, "/%.60s:%" PRId64, row->sweep_setting, row->sweep_wanted);
	format_clean(name, clean, sizeof clean);
	for (char *c = clean; *c; c++)
		if (*c == ' ')
			*c = '_';
	memcpy(name, clean, strlen(clean) + 1);
}

/* What a run holds twice under one name (the system made other settings of it) is told
 * apart. */
static void name_all(struct export_run *run)
{
	for (size_t i = 0; i < run->cases.count; i++) {
		size_t alike = 1;

		name_case(&run->rows[i], run->names[i]);
		for (size_t j = 0; j < i; j++)
			alike += strcmp(run->names[j], run->names[i]) == 0;
		if (alike > 1)
			append(run->names[i], "/again:%zu", alike);
	}
}

int export_open(
	const struct run_directory *directory, struct export_run *run, struct why *why)
{
	struct export_run made = { .directory = directory };
	int error = cases_load(directory, &made.cases, why);

	if (error)
		return error;
	error = summary_of_cases(directory, &made.cases, &made.rows, why);
	made.names = calloc(made.cases.count + 1, sizeof *made.names);
	if (!error && !made.names) {
		why_say(why, ENOMEM, "export a run");
		error = -ENOMEM;
	}
	if (error) {
		export_close(&made);
		return error;
	}
	name_all(&made);
	run_directory_environment(
		directory, "time.utc", made.time_utc, sizeof made.time_utc);
	run_directory_environment(
		directory, "build.commit", made.commit, sizeof made.commit);
	*run = made;
	return 0;
}

void export_close(struct export_run *run)
{
	cases_free(&run->cases);
	free(run->rows);
	free(run->names);
	*run = (struct export_run) { .rows = NULL };
}

static void take_value(const struct summary_row *row, struct export_case *at)
{
	bool has_bytes = row->size_bytes > 0;

	at->low = at->high = NAN;
	if (strcmp(row->test, "capacity") == 0) {
		at->quantity = QUANTITY_CAPACITY;
		at->unit = "B";
		at->value = row->capacity_bytes == ROW_UNKNOWN
				    ? NAN
				    : (double)row->capacity_bytes;
	} else if (strcmp(row->test, "memory") == 0) {
		at->quantity = QUANTITY_MEMORY;
		at->unit = "B";
		at->value = row->memory_bytes;
		at->low = row->memory_bytes_low;
		at->high = row->memory_bytes_high;
	} else if (strcmp(row->test, "throughput") == 0) {
		at->quantity = QUANTITY_RATE;
		at->unit = has_bytes ? "B/s" : "messages/s";
		at->value = has_bytes ? row->bytes_per_s : row->messages_per_s;
		if (has_bytes) {
			at->low = row->bytes_per_s_low;
			at->high = row->bytes_per_s_high;
		}
	} else {
		at->quantity = QUANTITY_TIME;
		at->unit = "ns";
		at->value = row->median_ns;
		at->low = row->median_low_ns;
		at->high = row->median_high_ns;
	}
}

bool export_next(const struct export_run *run, struct export_case *at)
{
	for (size_t i = at->row ? at->index + 1 : 0; i < run->cases.count; i++) {
		at->index = i;
		at->row = &run->rows[i];
		at->launches = &run->cases.items[i];
		if (!at->launches->launch_count)
			continue;
		take_value(at->row, at);
		if (isnan(at->value))
			continue;
		at->name = run->names[i];
		return true;
	}
	return false;
}

bool export_find(
	const struct export_run *run, const char *name, struct export_case *found)
{
	struct export_case at = { .row = NULL };

	while (export_next(run, &at))
		if (strcmp(at.name, name) == 0) {
			*found = at;
			return true;
		}
	return false;
}
