#include "results/summary.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/statistics.h"
#include "harness/topology.h"
#include "mechanisms/mechanism.h"
#include "results/csv.h"
#include "results/run_file.h"

/* A row of results.csv and the number of its case. */
struct member {
	const struct result_row *row;
	size_t group;
};

/* A launch that failed early does not know what the system made of its settings, its
 * policy or its chunk. */
static bool same_text(const char *a, const char *b, bool is_lenient)
{
	return strcmp(a, b) == 0 || (is_lenient && (!*a || !*b));
}

static bool same_number(int64_t a, int64_t b, bool is_lenient)
{
	return a == b || (is_lenient && (a == ROW_UNKNOWN || b == ROW_UNKNOWN));
}

/* Are both of one case? With is_lenient, what one of them does not know does not part
 * them. */
static bool same_case(
	const struct result_row *a, const struct result_row *b, bool is_lenient)
{
	return strcmp(a->mechanism, b->mechanism) == 0 && strcmp(a->test, b->test) == 0 &&
	       a->size_bytes == b->size_bytes &&
	       strcmp(a->placement, b->placement) == 0 && a->gap_ns == b->gap_ns &&
	       strcmp(a->payload, b->payload) == 0 &&
	       strcmp(a->sweep_setting, b->sweep_setting) == 0 &&
	       a->sweep_wanted == b->sweep_wanted &&
	       same_number(a->cpu_a, b->cpu_a, is_lenient) &&
	       same_number(a->cpu_b, b->cpu_b, is_lenient) &&
	       same_number(a->chunk_bytes, b->chunk_bytes, is_lenient) &&
	       same_number(a->coalesce, b->coalesce, is_lenient) &&
	       same_text(a->sched, b->sched, is_lenient) &&
	       (strcmp(a->test, "capacity") == 0 ||
		       same_text(a->settings, b->settings, is_lenient));
}

static bool is_ok(const struct result_row *row)
{
	return strcmp(row->status, "ok") == 0;
}

static int compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* Cases one after the other; in a case the attempts of a launch one after the other. */
static int compare_members(const void *left, const void *right)
{
	const struct member *a = left, *b = right;
	int order = compare_numbers((int64_t)a->group, (int64_t)b->group);

	if (!order)
		order = compare_numbers(a->row->launch, b->row->launch);
	if (!order)
		order = compare_numbers(a->row->attempt, b->row->attempt);
	return order ? order : (a->row > b->row) - (a->row < b->row);
}

/* Gives each row its case and sorts. What was measured makes the cases; what was not
 * joins one of them where it can. `firsts` has room for a row a case. */
static void group_rows(const struct result_row *rows, size_t count,
	const struct result_row **firsts, struct member *members)
{
	size_t groups = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < count; i++) {
			size_t group = 0;

			if (is_ok(&rows[i]) != (pass == 0))
				continue;
			while (group < groups &&
				!same_case(firsts[group], &rows[i], pass == 1))
				group++;
			if (group == groups)
				firsts[groups++] = &rows[i];
			members[i] = (struct member) { &rows[i], group };
		}
	}
	qsort(members, count, sizeof *members, compare_members);
}

/* The launches of a case that count, and room for a value of each. */
struct launches {
	const struct result_row **rows;
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

#define RESULT_AT(name) offsetof(struct result_row, name)

static void summarize_times(struct launches *launches, struct summary_row *row)
{
	struct interval interval;
	size_t known;

	row->median_ns = median_real(launches, RESULT_AT(median_ns), &known);
	interval = statistics_median_interval(
		launches->values, known, SUMMARY_CONFIDENCE);
	row->median_low_ns = interval.low;
	row->median_high_ns = interval.high;
	if (interval.coverage > 0)
		row->coverage = interval.coverage;
	row->bytes_per_s = median_real(launches, RESULT_AT(bytes_per_s), &known);
	interval = statistics_median_interval(
		launches->values, known, SUMMARY_CONFIDENCE);
	row->bytes_per_s_low = interval.low;
	row->bytes_per_s_high = interval.high;
	if (interval.coverage > 0)
		row->coverage = interval.coverage;
	row->messages_per_s = median_real(launches, RESULT_AT(messages_per_s), &known);
	median_real(launches, RESULT_AT(min_ns), &known);
	if (known)
		row->min_ns = launches->values[0];
	median_real(launches, RESULT_AT(max_ns), &known);
	if (known)
		row->max_ns = launches->values[known - 1];
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

/* Copies what names the case. */
static void copy_case(const struct result_row *from, struct summary_row *to)
{
	row_text(to->mechanism, from->mechanism);
	row_text(to->test, from->test);
	to->size_bytes = from->size_bytes;
	row_text(to->placement, from->placement);
	row_text(to->relation, from->relation);
	to->cpu_a = from->cpu_a;
	to->cpu_b = from->cpu_b;
	row_text(to->payload, from->payload);
	to->gap_ns = from->gap_ns;
	to->chunk_bytes = from->chunk_bytes;
	to->coalesce = from->coalesce;
	row_text(to->settings, from->settings);
	row_text(to->sweep_setting, from->sweep_setting);
	to->sweep_wanted = from->sweep_wanted;
	to->sweep_value = from->sweep_value;
	row_text(to->sched, from->sched);
	row_text(to->status, from->status);
}

/* Chooses the attempt that counts of each launch and says why others do not. */
static void choose_launches(const struct member *members, size_t count,
	struct launches *launches, struct summary_row *row)
{
	const struct result_row *last = members[0].row, *left_out = NULL;
	size_t planned = 0;

	launches->count = 0;
	row->retries = 0;
	for (size_t i = 0, next; i < count; i = next) {
		const struct result_row *chosen = NULL, *failed = NULL;

		for (next = i; next < count; next++) {
			const struct result_row *attempt = members[next].row;

			/* Cases that were never launched have no number. */
			if (next > i &&
				(attempt->launch == ROW_UNKNOWN ||
					attempt->launch != members[i].row->launch))
				break;
			if (is_ok(attempt))
				chosen = attempt;
			else
				failed = attempt;
			if (attempt > last)
				last = attempt;
		}
		planned++;
		row->retries += (int64_t)(next - i - 1);
		if (chosen)
			launches->rows[launches->count++] = chosen;
		else
			left_out = failed;
	}
	row->launches = (int64_t)launches->count;
	copy_case(launches->count ? launches->rows[launches->count - 1] : last, row);
	if (!launches->count) {
		row_text(row->reason, last->reason);
	} else if (left_out) {
		char words[2 * ROW_TEXT];

		snprintf(words, sizeof words, "%zu of %zu launches do not count: %s",
			planned - launches->count, planned, left_out->reason);
		row_text(row->reason, words);
	}
}

static int summarize_case(const struct run_directory *run, const struct member *members,
	size_t count, struct launches *launches, struct histogram *histogram,
	struct summary_row *row, struct why *why)
{
	row_clear(&summary_table, row);
	choose_launches(members, count, launches, row);
	if (!launches->count)
		return 0;
	summarize_times(launches, row);
	summarize_rest(launches, row);
	return add_percentiles(run, launches->rows[0], histogram, row, why);
}

static size_t index_of(const char *const *names, const char *name)
{
	size_t i = 0;

	while (names[i] && strcmp(names[i], name))
		i++;
	return i;
}

static size_t mechanism_index(const char *name)
{
	size_t i = 0;

	while (i < mechanism_count && strcmp(mechanisms[i]->name, name))
		i++;
	return i;
}

static int compare_names(const char *a, const char *b, size_t index_a, size_t index_b)
{
	return index_a == index_b ? strcmp(a, b) : index_a < index_b ? -1 : 1;
}

static int compare_cases(const void *left, const void *right)
{
	static const char *const tests[] = { "latency", "throughput", "capacity", NULL };
	const struct summary_row *a = left, *b = right;
	int order = compare_names(a->mechanism, b->mechanism,
		mechanism_index(a->mechanism), mechanism_index(b->mechanism));

	if (!order)
		order = compare_names(a->test, b->test, index_of(tests, a->test),
			index_of(tests, b->test));
	if (!order)
		order = compare_names(a->placement, b->placement,
			index_of(placement_names, a->placement),
			index_of(placement_names, b->placement));
	if (!order)
		order = compare_numbers(a->cpu_a, b->cpu_a);
	if (!order)
		order = compare_numbers(a->cpu_b, b->cpu_b);
	if (!order)
		order = compare_numbers(a->size_bytes, b->size_bytes);
	if (!order)
		order = strcmp(a->sweep_setting, b->sweep_setting);
	if (!order)
		order = compare_numbers(a->sweep_wanted, b->sweep_wanted);
	if (!order)
		order = strcmp(a->payload, b->payload);
	if (!order)
		order = compare_numbers(a->gap_ns, b->gap_ns);
	if (!order)
		order = compare_numbers(a->chunk_bytes, b->chunk_bytes);
	if (!order)
		order = compare_numbers(a->coalesce, b->coalesce);
	if (!order)
		order = strcmp(a->settings, b->settings);
	return order ? order : strcmp(a->sched, b->sched);
}

static int compute(const struct run_directory *run, const struct result_row *rows,
	size_t count, struct summary_row **summary, size_t *summary_count,
	struct why *why)
{
	/* One more than needed: nothing may be there, and NULL means no memory. */
	const struct result_row **firsts = calloc(count + 1, sizeof *firsts);
	struct member *members = calloc(count + 1, sizeof *members);
	struct launches launches = { calloc(count + 1, sizeof *launches.rows),
		calloc(count + 1, sizeof *launches.values), 0 };
	struct histogram *histogram = malloc(sizeof *histogram);
	struct summary_row *made = NULL;
	size_t groups = 0;
	int error = -ENOMEM;

	if (firsts && members && launches.rows && launches.values && histogram) {
		group_rows(rows, count, firsts, members);
		groups = count ? members[count - 1].group + 1 : 0;
		made = calloc(groups + 1, sizeof *made);
		error = made ? 0 : -ENOMEM;
	}
	for (size_t i = 0, next; !error && i < count; i = next) {
		for (next = i; next < count && members[next].group == members[i].group;)
			next++;
		error = summarize_case(run, members + i, next - i, &launches, histogram,
			&made[members[i].group], why);
	}
	free(firsts);
	free(members);
	free(launches.rows);
	free(launches.values);
	free(histogram);
	if (error) {
		free(made);
		return why_say(why, -error, "summarize %s", run_directory_path(run));
	}
	qsort(made, groups, sizeof *made, compare_cases);
	*summary = made;
	*summary_count = groups;
	return 0;
}

int summary_compute(const struct run_directory *run, struct summary_row **rows,
	size_t *count, struct why *why)
{
	struct result_row *results;
	size_t result_count;
	int error = run_directory_results(run, &results, &result_count, why);

	if (error)
		return error;
	error = compute(run, results, result_count, rows, count, why);
	free(results);
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
