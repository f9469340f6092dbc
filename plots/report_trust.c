/* report_trust.c: how noisy the run was, what it could not measure, and how to make it
 * again. */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "harness/options.h"
#include "harness/statistics.h"
#include "plots/report_parts.h"

/* Half the width of the interval, in percent of the value; NAN without one. */
static double half_width(const struct summary_row *row, bool is_latency)
{
	struct report_value value = is_latency ? report_time(row) : report_rate(row);

	return 100 * fmax(value.high - value.value, value.value - value.low) /
	       value.value;
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/* Says how well the medians of a test are known. */
static void put_widths(
	struct report_page *page, const struct report_run *run, const char *test)
{
	double *widths = calloc(run->count + 1, sizeof *widths);
	size_t known = 0, measured = 0;
	char half[TEXT_QUANTITY], most[TEXT_QUANTITY];

	for (size_t i = 0; widths && i < run->count; i++) {
		const struct summary_row *row = &run->rows[i];
		double width;

		if (!show_is_ok(row) || strcmp(row->test, test) != 0)
			continue;
		width = half_width(row, show_is_latency(row));
		measured++;
		if (!isnan(width))
			widths[known++] = width;
	}
	if (known) {
		qsort(widths, known, sizeof *widths, compare);
		html_print(page->out,
			"<li>%s: half of the %zu medians are known to "
			"<strong>±%s&nbsp;%%</strong> or better, nine of ten to "
			"<strong>±%s&nbsp;%%</strong> (95&nbsp;%% intervals).</li>\n",
			test, known,
			report_number(statistics_quantile(widths, known, 0.5), half),
			report_number(statistics_quantile(widths, known, 0.9), most));
	}
	if (measured > known)
		html_print(page->out,
			"<li>%s: %zu of %zu cases have fewer than 6 launches and so no "
			"interval.</li>\n",
			test, measured - known, measured);
	free(widths);
}

static void put_launches(struct report_page *page, const struct report_run *run)
{
	int64_t least = INT64_MAX, most = 0, retries = 0;
	size_t measured = 0;

	for (size_t i = 0; i < run->count; i++) {
		const struct summary_row *row = &run->rows[i];

		if (row->retries > 0)
			retries += row->retries;
		if (!show_is_ok(row) || row->launches == ROW_UNKNOWN)
			continue;
		measured++;
		least = row->launches < least ? row->launches : least;
		most = row->launches > most ? row->launches : most;
	}
	html_print(page->out, "<li>%zu of %zu cases were measured", measured, run->count);
	if (measured)
		html_print(page->out, ", in %lld to %lld launches each", (long long)least,
			(long long)most);
	fputs(" (a launch is two fresh processes).", page->out);
	if (retries)
		html_print(page->out,
			" %lld launches were made again; results.csv keeps each "
			"with its cause.",
			(long long)retries);
	fputs("</li>\n", page->out);
	if (run->left_out)
		html_print(page->out,
			"<li>This page shows the first %zu cases; %zu more are in "
			"summary.csv.</li>\n",
			run->count, run->left_out);
}

static void put_circumstances(struct report_page *page, const struct report_run *run)
{
	const char *disturbed = report_fact(run, "run.disturbed");
	const char *steal = report_fact(run, "steal.percent");
	const char *load = report_fact(run, "load.1");

	if (*disturbed)
		html_print(page->out, "<li>⚠ When the run began: %s</li>\n", disturbed);
	if (*load)
		html_print(
			page->out, "<li>Load average before the run: %s.</li>\n", load);
	if (*steal && atof(steal) > 0)
		html_print(page->out,
			"<li>The hypervisor took %s&nbsp;%% of the CPU time before the "
			"run.</li>\n",
			steal);
}

static bool opens_reason(const struct report_run *run, size_t index)
{
	const struct summary_row *row = &run->rows[index];

	if (!*row->reason && show_is_ok(row))
		return false;
	/* The cases of a mechanism stand together. */
	for (size_t i = index; i-- > 0;) {
		const struct summary_row *other = &run->rows[i];

		if (strcmp(other->mechanism, row->mechanism) != 0)
			break;
		if ((*other->reason || !show_is_ok(other)) &&
			strcmp(other->status, row->status) == 0 &&
			show_same_words(other->reason, row->reason))
			return false;
	}
	return true;
}

static void put_not_measured(struct report_page *page, const struct report_run *run)
{
	size_t lines = 0;

	for (size_t i = 0; i < run->count && lines < REPORT_LINES; i++) {
		const struct summary_row *row = &run->rows[i];

		if (!opens_reason(run, i))
			continue;
		if (!lines++) {
			fputs("<h3>Not measured, or not in all launches</h3>\n",
				page->out);
			report_table(page, "not measured");
			fputs("<thead><tr><th scope=\"col\">Mechanism</th><th scope=\"col\" "
			      "class=\"words\">Test</th><th scope=\"col\" "
			      "class=\"words\">Status</th><th "
			      "scope=\"col\" class=\"words\">Why</th></tr></thead>\n<tbody>\n",
				page->out);
		}
		report_mechanism(page, row->mechanism);
		html_print(page->out,
			"<td class=\"words\">%s</td><td class=\"words\">%s</td><td "
			"class=\"words\">%s</td></tr>\n",
			row->test, show_is_ok(row) ? "partly" : row->status,
			*row->reason ? row->reason : "no reason was given");
	}
	if (!lines)
		return;
	fputs("</tbody>", page->out);
	report_table_end(page);
}

void report_trust(struct report_page *page, const struct report_run *run)
{
	report_begin(page, run, "trust", "How much to trust it");
	fputs("<ul>\n", page->out);
	put_launches(page, run);
	put_widths(page, run, "latency");
	put_widths(page, run, "throughput");
	put_circumstances(page, run);
	fputs("<li>Two results whose intervals overlap are a tie; do not read an order into "
	      "them.</li>\n<li>Compare within a run. Between runs, 'ipcmark compare' says "
	      "what counts as a change, and 'ipcmark duet' alternates two programs on one "
	      "machine.</li>\n</ul>\n",
		page->out);
	put_not_measured(page, run);
	report_end(page);
}

static const struct option_spec *find_option(const char *name)
{
	for (size_t i = 0; i < option_count; i++)
		if (strcmp(option_table[i].name, name) == 0 &&
			option_applies(&option_table[i], "run"))
			return &option_table[i];
	return NULL;
}

/* Quoted for a shell where it has to be. */
static void put_word(FILE *out, const char *text)
{
	bool is_plain = *text != '\0';

	for (const char *at = text; *at; at++)
		is_plain = is_plain &&
			   (isalnum((unsigned char)*at) || strchr("_,.:/+%=-", *at));
	if (is_plain) {
		html_text(out, text);
		return;
	}
	html_text(out, "'");
	for (; *text; text++)
		html_print(out, "%s",
			*text == '\''                 ? "'\\''"
			: (unsigned char)*text < 0x80 ? (char[]) { *text, '\0' }
						      : "?");
	html_text(out, "'");
}

/* The command that plans the same again: what was asked for that is no default. */
static void put_command(FILE *out, const struct report_run *run)
{
	static const char prefix[] = "option.";

	fputs("ipcmark run", out);
	for (size_t i = 0; i < run->facts.count; i++) {
		const struct fact *fact = &run->facts.items[i];
		const struct option_spec *option;

		if (strncmp(fact->key, prefix, sizeof prefix - 1) != 0)
			continue;
		option = find_option(fact->key + sizeof prefix - 1);
		if (!option || strcmp(option->name, "out") == 0 ||
			strcmp(option->name, "resume") == 0 || !*fact->value)
			continue;
		if (option->kind == OPTION_FLAG) {
			if (strcmp(fact->value, "1") == 0)
				html_print(out, " --%s", option->name);
			continue;
		}
		if (option->standard && strcmp(option->standard, fact->value) == 0 &&
			strcmp(option->name, "preset") != 0)
			continue;
		html_print(out, " --%s ", option->name);
		put_word(out, fact->value);
	}
}

void report_again(struct report_page *page, const struct report_run *run)
{
	const char *commit = report_fact(run, "build.commit");

	report_begin(page, run, "again", "How to make it again");
	if (*report_fact(run, "option.seed")) {
		fputs("<pre tabindex=\"0\"><code>", page->out);
		put_command(page->out, run);
		fputs("</code></pre>\n", page->out);
	} else {
		fputs("<p class=\"note\">The run does not say with which options it was "
		      "made.</p>\n",
			page->out);
	}
	html_print(page->out,
		"<dl class=\"facts\"><div><dt>ipcmark</dt><dd>%s%s%s</dd></div>"
		"<div><dt>Built</dt><dd>%s %s, %s</dd></div>"
		"<div><dt>Seed</dt><dd>%s</dd></div>"
		"<div><dt>Run</dt><dd>%s</dd></div>"
		"<div><dt>Begun</dt><dd>%s</dd></div></dl>\n",
		report_fact(run, "build.version"), *commit ? ", commit " : "", commit,
		report_fact(run, "build.type"), report_fact(run, "build.flags"),
		report_fact(run, "compiler"), report_fact(run, "option.seed"), run->name,
		report_fact(run, "time.utc"));
	report_end(page);
}
