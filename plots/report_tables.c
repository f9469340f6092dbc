/* report_tables.c: the numbers behind the figures, a mechanism a row, a size a column. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "plots/report_matrix.h"

static void put_time(FILE *out, const struct report_matrix *matrix,
	const struct summary_row *row, bool is_best)
{
	char text[TEXT_QUANTITY];

	(void)matrix;
	report_cell(out, row->median_ns, is_best);
	html_text(out, text_ns(row->median_ns, text));
	report_matrix_interval(out, report_time(row), text_ns);
}

static void put_rate(FILE *out, const struct report_matrix *matrix,
	const struct summary_row *row, bool is_best)
{
	char text[TEXT_QUANTITY];

	(void)matrix;
	report_cell(out, row->bytes_per_s, is_best);
	html_text(out, text_rate(row->bytes_per_s, text));
	report_matrix_interval(out, report_rate(row), text_rate);
}

static void put_tail(FILE *out, const struct report_matrix *matrix,
	const struct summary_row *row, bool is_best)
{
	char text[TEXT_QUANTITY];

	(void)matrix;
	report_cell(out, row->p99_ns, is_best);
	html_print(out, "%s</td>", isnan(row->p99_ns) ? "" : text_ns(row->p99_ns, text));
}

static struct report_value tail(const struct summary_row *row)
{
	return (struct report_value) { row->p99_ns, NAN, NAN, false };
}

static const struct report_matrix_kind times = { .test = "latency",
	.name = "median round trip by message size",
	.value = report_time,
	.put = put_time };
static const struct report_matrix_kind tails = { .test = "latency",
	.name = "99th percentile of the round trip by message size",
	.value = tail,
	.put = put_tail };
static const struct report_matrix_kind rates = { .test = "throughput",
	.name = "throughput by message size",
	.value = report_rate,
	.put = put_rate };

static const char best_means[] =
	" Shaded and bold: the best of its column, and what its interval does not tell from "
	"it.";

static void put_times(struct report_page *page, const struct report_run *run)
{
	report_begin(page, run, "round-trips", "Round trips");
	html_print(page->out,
		"<p>How long a message takes <strong>there and back</strong>: the median of "
		"the launches, with the 95&nbsp;%% interval of that median (± is its longer "
		"side; wide ones are written out). A wake-up carries no bytes.%s</p>\n",
		best_means);
	report_block_links(page, run, "round-trips");
	for (size_t i = 0; i < run->block_count; i++) {
		report_block_heading(page, run, &run->blocks[i], "round-trips");
		if (!report_matrix(page, run, &run->blocks[i], &times)) {
			fputs("<p class=\"note\">No round trips were measured "
			      "here.</p>\n",
				page->out);
			continue;
		}
		fputs("<details><summary>99th percentiles</summary><p class=\"note\">From "
		      "all samples together; they describe and have no interval. A "
		      "percentile with fewer than ten samples beyond it is left "
		      "out.</p>\n",
			page->out);
		report_matrix(page, run, &run->blocks[i], &tails);
		fputs("</details>\n", page->out);
	}
	report_end(page);
}

static void put_rates(struct report_page *page, const struct report_run *run)
{
	report_begin(page, run, "throughput", "Throughput");
	html_print(page->out,
		"<p>One direction, timed at the receiver; the median of the launches with its "
		"95&nbsp;%% interval. GB/s are powers of 1000.%s</p>\n",
		best_means);
	report_block_links(page, run, "throughput");
	for (size_t i = 0; i < run->block_count; i++) {
		report_block_heading(page, run, &run->blocks[i], "throughput");
		if (!report_matrix(page, run, &run->blocks[i], &rates))
			fputs("<p class=\"note\">No throughput was measured here.</p>\n",
				page->out);
	}
	report_end(page);
}

void report_tables(struct report_page *page, const struct report_run *run)
{
	put_times(page, run);
	put_rates(page, run);
}
