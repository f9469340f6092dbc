#include "results/summary.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/statistics.h"
#include "harness/vocabulary.h"
#include "results/csv.h"
#include "results/run_file.h"

/* The launches of a case that count, and room for a value of each. */
struct launches {
	const struct result_row *const *rows;
	double *values;
	size_t count;
};

static double real_at(const struct result_row *row, size_t offset)
{
	const void *field = (const char *)row + offset;

	return *(const double *)field;
}

static int64_t number_at(const struct result_row *row, size_t offset)
{
	const void *field = (const char *)row + offset;

	return *(const int64_t *)field;
}

/* Median of a REAL over the launches that know it; values[] is sorted then. */
static double median_real(struct launches *launches, size_t offset, size_t *known)
{
	*known = 0;
	for (size_t i = 0; i < launches->count; i++) {
		double value = real_at(launches->rows[i], offset);

		if (!isnan(value))
			launches->values[(*known)++] = value;
	}
	return statistics_median(launches->values, *known);
}

/* The same of an INT, with least and most. */
static int64_t median_number(
	struct launches *launches, size_t offset, int64_t *least, int64_t *most)
{
	size_t known = 0;
	double median;

	*least = *most = ROW_UNKNOWN;
	for (size_t i = 0; i < launches->count; i++) {
		int64_t value = number_at(launches->rows[i], offset);

		if (value == ROW_UNKNOWN)
			continue;
		if (!known || value < *least)
			*least = value;
		if (!known || value > *most)
			*most = value;
		launches->values[known++] = (double)value;
	}
	median = statistics_median(launches->values, known);
	return known ? (int64_t)llround(median) : ROW_UNKNOWN;
}

/* Median of a sum over both sides; a side that takes no part knows nothing. */
static double median_sum(struct launches *launches, const size_t *offsets, size_t count)
{
	size_t known = 0;

	for (size_t i = 0; i < launches->count; i++) {
		double sum = NAN;

		for (size_t j = 0; j < count; j++) {
			double value = real_at(launches->rows[i], offsets[j]);

			if (!isnan(value))
				sum = isnan(sum) ? value : sum + value;
		}
		if (!isnan(sum))
			launches->values[known++] = sum;
	}
	return statistics_median(launches->values, known);
}

/* CPUs that both sides of a launch kept busy. The median does not tell: what was timed
 * are the messages alone, what the CPU is charged for are the stamps between them as
 * well. In a stream it is charged for filling and draining too, so that it may seem
 * busier than it can be. */
static double busy_cpus(const struct result_row *row)
{
	double cpu_ns[] = { row->user_a_ns, row->system_a_ns, row->user_b_ns,
		row->system_b_ns };
	bool is_latency = strcmp(row->test, test_names[TEST_LATENCY]) == 0;
	bool is_one = row->cpu_a != ROW_UNKNOWN && row->cpu_a == row->cpu_b;
	double sum = NAN, message_ns = row->median_ns;

	if (!is_latency && strcmp(row->test, test_names[TEST_THROUGHPUT]) != 0)
		return NAN;
	for (size_t i = 0; i < sizeof cpu_ns / sizeof cpu_ns[0]; i++)
		if (!isnan(cpu_ns[i]))
			sum = isnan(sum) ? cpu_ns[i] : sum + cpu_ns[i];
	if (is_latency && row->messages > 0 && row->elapsed_ns > 0)
		message_ns = row->elapsed_ns / (double)row->messages;
	if (isnan(sum) || !(message_ns > 0))
		return NAN;
	return fmin(sum / message_ns, is_one ? 1 : 2);
}

double summary_busy_cpus(const struct result_row *const *rows, size_t count)
{
	double *values = calloc(count + 1, sizeof *values), median;
	size_t known = 0;

	if (!values)
		abort();
	for (size_t i = 0; i < count; i++) {
		double busy = busy_cpus(rows[i]);

		if (!isnan(busy))
			values[known++] = busy;
	}
	median = statistics_median(values, known);
	free(values);
	return median;
}

#define RESULT_AT(name) offsetof(struct result_row, name)

/* The median of a column over the launches, with its interval. */
static double known_median(struct launches *launches, size_t offset, double *low,
	double *high, double *coverage)
{
	size_t known;
	double median = median_real(launches, offset, &known);
	struct interval interval = statistics_median_interval(
		launches->values, known, SUMMARY_CONFIDENCE);

	*low = interval.low;
	*high = interval.high;
	if (interval.coverage > 0)
		*coverage = interval.coverage;
	return median;
}

static void summarize_times(struct launches *launches, struct summary_row *row)
{
	size_t known;

	row->median_ns = known_median(launches, RESULT_AT(median_ns), &row->median_low_ns,
		&row->median_high_ns, &row->coverage);
	row->bytes_per_s = known_median(launches, RESULT_AT(bytes_per_s),
		&row->bytes_per_s_low, &row->bytes_per_s_high, &row->coverage);
	row->messages_per_s = median_real(launches, RESULT_AT(messages_per_s), &known);
	median_real(launches, RESULT_AT(min_ns), &known);
	if (known)
		row->min_ns = launches->values[0];
	median_real(launches, RESULT_AT(max_ns), &known);
	if (known)
		row->max_ns = launches->values[known - 1];
}

static void summarize_memory(struct launches *launches, struct summary_row *row)
{
	size_t known;

	row->memory_bytes = known_median(launches, RESULT_AT(memory_bytes),
		&row->memory_bytes_low, &row->memory_bytes_high, &row->coverage);
	row->memory_used_bytes = median_real(
		launches, RESULT_AT(memory_used_bytes), &known);
	row->page_faults = median_real(launches, RESULT_AT(page_faults), &known);
}

static void summarize_rest(struct launches *launches, struct summary_row *row)
{
	static const size_t user[] = { RESULT_AT(user_a_ns), RESULT_AT(user_b_ns) };
	static const size_t system[] = { RESULT_AT(system_a_ns), RESULT_AT(system_b_ns) };
	static const size_t switches[] = { RESULT_AT(voluntary_a), RESULT_AT(voluntary_b),
		RESULT_AT(involuntary_a), RESULT_AT(involuntary_b) };
	int64_t least, most;

	row->capacity_bytes = median_number(launches, RESULT_AT(capacity_bytes),
		&row->capacity_bytes_least, &row->capacity_bytes_most);
	row->capacity_messages = median_number(
		launches, RESULT_AT(capacity_messages), &least, &most);
	row->reopen_bytes = median_number(
		launches, RESULT_AT(reopen_bytes), &least, &most);
	median_number(launches, RESULT_AT(is_exact), &row->is_exact, &most);
	row->user_ns = median_sum(launches, user, 2);
	row->system_ns = median_sum(launches, system, 2);
	row->switches = median_sum(launches, switches, 4);
	row->busy_cpus = summary_busy_cpus(launches->rows, launches->count);
	for (size_t i = 0; i < launches->count; i++) {
		int64_t samples = launches->rows[i]->samples;

		if (samples != ROW_UNKNOWN)
			row->samples = row->samples == ROW_UNKNOWN
					       ? samples
					       : row->samples + samples;
	}
}

static double percentile(const struct histogram *histogram, double q)
{
	double beyond = (double)histogram->count * fmin(q, 1 - q);

	return beyond >= SUMMARY_SAMPLES_BEYOND - 1e-6 ? histogram_quantile(histogram, q)
						       : NAN;
}

/* A run that is killed between the rows of a launch and its histograms leaves fewer
 * samples than the rows tell of; a machine that goes down may leave more, when the launch
 * is measured again whose rows had not reached the disk. */
static void compare_samples(const struct histogram *histogram, struct summary_row *row)
{
	int64_t samples = row->samples;

	row->samples = (int64_t)histogram->count;
	if (samples == ROW_UNKNOWN || samples == row->samples || row->reason[0])
		return;
	snprintf(row->reason, sizeof row->reason,
		"percentiles rest on %" PRId64 " samples where the launches have %" PRId64
		": the run was cut short while it kept a launch",
		row->samples, samples);
}

static int add_percentiles(const struct run_directory *run,
	const struct result_row *result, struct histogram *histogram,
	struct summary_row *row, struct why *why)
{
	char name[RUN_HISTOGRAM_NAME];
	struct why inner = { "" };
	int error;

	run_directory_histogram_name(result, name);
	error = run_directory_histogram(run, name, histogram, &inner);
	if (error == -ENOENT)
		return 0; /* throughput and capacity have none */
	if (error)
		return why_say(why, 0, "%s", inner.text), error;
	compare_samples(histogram, row);
	row->p05_ns = percentile(histogram, 0.05);
	row->p25_ns = percentile(histogram, 0.25);
	row->p50_ns = percentile(histogram, 0.5);
	row->p75_ns = percentile(histogram, 0.75);
	row->p95_ns = percentile(histogram, 0.95);
	row->p99_ns = percentile(histogram, 0.99);
	row->p999_ns = percentile(histogram, 0.999);
	return 0;
}

static int summarize_case(const struct run_directory *run, const struct one_case *from,
	double *values, struct histogram *histogram, struct summary_row *row,
	struct why *why)
{
	struct launches launches = { from->launches, values, from->launch_count };

	*row = from->row;
	if (!launches.count)
		return 0;
	summarize_times(&launches, row);
	summarize_memory(&launches, row);
	summarize_rest(&launches, row);
	return add_percentiles(run, launches.rows[0], histogram, row, why);
}

int summary_of_cases(const struct run_directory *run, const struct cases *cases,
	struct summary_row **rows, struct why *why)
{
	/* One more than needed: nothing may be there, and NULL means no memory. */
	struct summary_row *made = calloc(cases->count + 1, sizeof *made);
	double *values = calloc(cases->row_count + 1, sizeof *values);
	struct histogram *histogram = malloc(sizeof *histogram);
	int error = 0;

	if (made && values && histogram)
		for (size_t i = 0; !error && i < cases->count; i++)
			error = summarize_case(
				run, &cases->items[i], values, histogram, &made[i], why);
	else
		error = why_say(why, ENOMEM, "summarize %s", run_directory_path(run));
	free(values);
	free(histogram);
	if (error)
		free(made);
	else
		*rows = made;
	return error;
}

static bool is_same_joined(
	const struct summary_row *row, const struct summary_row *joined)
{
	return row->coalesce == 1 && joined->coalesce > 1 &&
	       strcmp(row->mechanism, joined->mechanism) == 0 &&
	       strcmp(row->test, joined->test) == 0 &&
	       strcmp(row->placement, joined->placement) == 0 &&
	       row->size_bytes == joined->size_bytes;
}

size_t summary_leave_joined(struct summary_row *rows, size_t count)
{
	size_t kept = 0;

	/* In the order of the summary one follows the other. */
	for (size_t i = 0; i < count; i++)
		if (!kept || !is_same_joined(&rows[kept - 1], &rows[i]))
			rows[kept++] = rows[i];
	return kept;
}

int summary_compute(const struct run_directory *run, struct summary_row **rows,
	size_t *count, struct why *why)
{
	struct cases cases;
	int error = cases_load(run, &cases, why);

	if (error)
		return error;
	error = summary_of_cases(run, &cases, rows, why);
	if (!error)
		*count = cases.count;
	cases_free(&cases);
	return error;
}

int run_directory_summarize(struct run_directory *run, struct why *why)
{
	struct summary_row *rows;
	size_t count, length = 0;
	char *text = NULL;
	FILE *out;
	int error = summary_compute(run, &rows, &count, why);

	if (error)
		return error;
	out = open_memstream(&text, &length);
	if (out) {
		csv_header(out, &summary_table);
		for (size_t i = 0; i < count; i++)
			csv_row(out, &summary_table, &rows[i]);
	}
	if (!out || fclose(out))
		error = why_say(why, ENOMEM, "summarize %s", run_directory_path(run));
	else
		error = run_file_replace(run_directory_fd(run), run_directory_path(run),
			"summary.csv", text, length, why);
	free(text);
	free(rows);
	return error;
}
