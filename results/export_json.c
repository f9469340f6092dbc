/* The exporters that write JSON: github-action-benchmark, Google Benchmark, Bencher. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/export.h"
#include "results/json.h"

#if IPCMARK_HAS_JSON

/* "± 3.1 %" of the wider side, which the charts show beside the value. */
static json_t *github_entry(const struct export_case *at)
{
	json_t *made = json_object();
	char text[200];

	json_object_set_new(made, "name", json_text(at->name));
	json_object_set_new(made, "unit", json_text(at->unit));
	json_object_set_new(made, "value", json_number(at->value));
	if (!isnan(at->low)) {
		snprintf(text, sizeof text, "± %.3g %%",
			100 * fmax(at->high - at->value, at->value - at->low) /
				at->value);
		json_object_set_new(made, "range", json_text(text));
	}
	snprintf(text, sizeof text, "median of %zu launches", at->launches->launch_count);
	json_object_set_new(made, "extra", json_text(text));
	return made;
}

/* The action takes a file where all values are better small, or all big. */
static int export_github(
	const struct export_run *run, bool is_bigger, FILE *out, struct why *why)
{
	struct export_case at = { .row = NULL };
	json_t *list = json_array();

	while (export_next(run, &at))
		if (quantity_more_is_better(at.quantity) == is_bigger)
			json_array_append_new(list, github_entry(&at));
	return json_write(list, out, why);
}

int export_github_smaller(
	const struct export_run *runs, size_t count, FILE *out, struct why *why)
{
	(void)count;
	return export_github(runs, false, out, why);
}

int export_github_bigger(
	const struct export_run *runs, size_t count, FILE *out, struct why *why)
{
	(void)count;
	return export_github(runs, true, out, why);
}

static double sum(double a, double b)
{
	return isnan(a) ? b : isnan(b) ? a : a + b;
}

/* CPU time of both sides. The format cannot say that it is unknown. */
static double cpu_ns(const struct result_row *row)
{
	double user = sum(row->user_a_ns, row->user_b_ns);
	double total = sum(user, sum(row->system_a_ns, row->system_b_ns));

	return isnan(total) ? 0 : total;
}

/* A launch is a repetition; its time is that of a round trip, or of one message. */
static json_t *google_entry(const struct export_case *at, size_t launch)
{
	const struct result_row *row = at->launches->launches[launch];
	double time = at->quantity == QUANTITY_TIME ? row->median_ns
						    : 1e9 / row->messages_per_s;
	json_t *made;

	if (!isfinite(time))
		return NULL;
	made = json_object();
	json_object_set_new(made, "name", json_text(at->name));
	json_object_set_new(made, "family_index", json_integer((json_int_t)at->index));
	json_object_set_new(made, "per_family_instance_index", json_integer(0));
	json_object_set_new(made, "run_name", json_text(at->name));
	json_object_set_new(made, "run_type", json_text("iteration"));
	json_object_set_new(made, "repetitions",
		json_integer((json_int_t)at->launches->launch_count));
	json_object_set_new(made, "repetition_index", json_integer((json_int_t)launch));
	json_object_set_new(made, "threads", json_integer(1));
	json_object_set_new(made, "iterations",
		json_integer(row->messages == ROW_UNKNOWN ? 0 : row->messages));
	json_object_set_new(made, "real_time", json_number(time));
	json_object_set_new(made, "cpu_time", json_number(cpu_ns(row)));
	json_object_set_new(made, "time_unit", json_text("ns"));
	if (at->quantity == QUANTITY_RATE && !isnan(row->bytes_per_s))
		json_object_set_new(
			made, "bytes_per_second", json_number(row->bytes_per_s));
	if (at->quantity == QUANTITY_RATE)
		json_object_set_new(
			made, "items_per_second", json_number(row->messages_per_s));
	return made;
}

static json_t *google_context(const struct export_run *run)
{
	static const struct {
		const char *key, *name;
	} facts[] = { { "host.name", "host_name" }, { "cpu.model", "cpu_model" },
		{ "kernel.release", "kernel_release" },
		{ "build.version", "ipcmark_version" },
		{ "build.commit", "ipcmark_commit" } };
	json_t *made = json_object();
	char value[256];

	json_object_set_new(made, "date", json_text(run->time_utc));
	json_object_set_new(made, "executable", json_text("ipcmark"));
	for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
		run_directory_environment(
			run->directory, facts[i].key, value, sizeof value);
		json_object_set_new(made, facts[i].name, json_text(value));
	}
	run_directory_environment(run->directory, "cpu.count", value, sizeof value);
	json_object_set_new(
		made, "num_cpus", json_integer((json_int_t)strtol(value, NULL, 10)));
	run_directory_environment(run->directory, "cpu.mhz", value, sizeof value);
	json_object_set_new(made, "mhz_per_cpu",
		json_integer((json_int_t)lround(strtod(value, NULL))));
	run_directory_environment(
		run->directory, "cpufreq.governor", value, sizeof value);
	json_object_set_new(made, "cpu_scaling_enabled",
		json_boolean(*value && strcmp(value, "performance") != 0));
	run_directory_environment(
		run->directory, "build.is_optimized", value, sizeof value);
	json_object_set_new(made, "library_build_type",
		json_text(strcmp(value, "0") ? "release" : "debug"));
	return made;
}

/* Capacities are no times and stay out. */
int export_google(const struct export_run *runs, size_t count, FILE *out, struct why *why)
{
	struct export_case at = { .row = NULL };
	json_t *made = json_object(), *list = json_array();

	(void)count;
	while (export_next(runs, &at)) {
		if (at.quantity == QUANTITY_CAPACITY || at.quantity == QUANTITY_MEMORY)
			continue;
		for (size_t i = 0; i < at.launches->launch_count; i++) {
			json_t *entry = google_entry(&at, i);

			if (entry)
				json_array_append_new(list, entry);
		}
	}
	json_object_set_new(made, "context", google_context(runs));
	json_object_set_new(made, "benchmarks", list);
	return json_write(made, out, why);
}

/* `latency` in ns is a measure that every project has; the others are made as they come.
 */
int export_bencher(
	const struct export_run *runs, size_t count, FILE *out, struct why *why)
{
	static const char *const measures[] = { [QUANTITY_TIME] = "latency",
		[QUANTITY_RATE] = "bytes-per-second",
		[QUANTITY_CAPACITY] = "capacity-bytes",
		[QUANTITY_MEMORY] = "memory-bytes" };
	struct export_case at = { .row = NULL };
	json_t *made = json_object();

	(void)count;
	while (export_next(runs, &at)) {
		json_t *measure = json_object(), *metric = json_object();
		const char *name = strcmp(at.unit, "messages/s") ? measures[at.quantity]
								 : "throughput";

		json_object_set_new(metric, "value", json_number(at.value));
		if (!isnan(at.low)) {
			json_object_set_new(metric, "lower_value", json_number(at.low));
			json_object_set_new(metric, "upper_value", json_number(at.high));
		}
		json_object_set_new(measure, name, metric);
		json_object_set_new(made, at.name, measure);
	}
	return json_write(made, out, why);
}

#else

#define WITHOUT_JSON(name)                                                               \
	int name(                                                                        \
		const struct export_run *runs, size_t count, FILE *out, struct why *why) \
	{                                                                                \
		(void)runs;                                                              \
		(void)count;                                                             \
		(void)out;                                                               \
		return json_missing(why);                                                \
	}
WITHOUT_JSON(export_github_smaller)
WITHOUT_JSON(export_github_bigger)
WITHOUT_JSON(export_google)
WITHOUT_JSON(export_bencher)

#endif
